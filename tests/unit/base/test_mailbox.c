#include "../unit.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/loop.h"
#include "base/mailbox.h"
#include "base/worker.h"

enum { SENDERS = 4, EACH = 5000 };

struct note {
	int sender, number;
};

static void messages_come_in_order_through_a_growing_ring(void **state)
{
	(void)state;
	struct mailbox *m = mailbox_new(sizeof(int), 0, NULL);
	int next = 0, got;
	for (int i = 0; i < 100; i++) {
		assert_true(mailbox_send(m, &i));
		if (i % 3 == 0) {
			assert_true(mailbox_take(m, &got));
			assert_int_equal(got, next++);
		}
	}
	while (mailbox_take(m, &got))
		assert_int_equal(got, next++);
	assert_int_equal(next, 100);
	mailbox_free(m);
}

static void a_full_or_closed_box_refuses(void **state)
{
	(void)state;
	struct mailbox *m = mailbox_new(sizeof(int), 2, NULL);
	int one = 1, got;
	assert_true(mailbox_send(m, &one));
	assert_true(mailbox_send(m, &one));
	assert_false(mailbox_send(m, &one));
	assert_int_equal(mailbox_count(m), 2);
	mailbox_close(m);
	assert_false(mailbox_send_wait(m, &one));
	assert_false(mailbox_is_closed(m));
	assert_true(mailbox_receive(m, &got));
	assert_true(mailbox_receive(m, &got));
	assert_false(mailbox_receive(m, &got));
	assert_true(mailbox_is_closed(m));
	mailbox_free(m);
}

static void free_text(void *message)
{
	free(*(void **)message);
}

static void what_nobody_received_is_dropped(void **state)
{
	(void)state;
	struct mailbox *m = mailbox_new(sizeof(void *), 0, free_text);
	for (int i = 0; i < 3; i++) {
		void *p = malloc(10);
		assert_true(mailbox_send(m, &p));
	}
	void *first;
	assert_true(mailbox_take(m, &first));
	free(first);
	mailbox_free(m); /* the leak checker sees what is left */
}

struct sender {
	struct mailbox *m;
	int id;
	bool may_wait;
};

static void *send_all(void *ctx)
{
	struct sender *s = ctx;
	for (int i = 0; i < EACH; i++) {
		struct note n = { s->id, i };
		bool ok = s->may_wait ? mailbox_send_wait(s->m, &n) : mailbox_send(s->m, &n);
		if (!ok)
			return s;
	}
	return NULL;
}

static void start_senders(pthread_t threads[SENDERS], struct sender senders[SENDERS],
	struct mailbox *m, bool may_wait)
{
	for (int i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){ m, i, may_wait };
		assert_int_equal(pthread_create(&threads[i], NULL, send_all, &senders[i]), 0);
	}
}

static void join_senders(pthread_t threads[SENDERS])
{
	for (int i = 0; i < SENDERS; i++) {
		void *failed;
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
}

static void many_threads_send_to_one_that_waits(void **state)
{
	(void)state;
	struct mailbox *m = mailbox_new(sizeof(struct note), 8, NULL);
	pthread_t threads[SENDERS];
	struct sender senders[SENDERS];
	start_senders(threads, senders, m, true);
	int next[SENDERS] = { 0 };
	for (int i = 0; i < SENDERS * EACH; i++) {
		struct note n;
		assert_true(mailbox_receive(m, &n));
		assert_int_equal(n.number, next[n.sender]++);
	}
	join_senders(threads);
	mailbox_free(m);
}

struct reader {
	struct loop *loop;
	struct mailbox *m;
	int got, wakes, next[SENDERS];
	bool has_ended;
};

static void read_notes(void *ctx)
{
	struct reader *r = ctx;
	struct note n;
	r->wakes++;
	while (mailbox_take(r->m, &n)) {
		assert_int_equal(n.number, r->next[n.sender]++);
		r->got++;
	}
	r->has_ended = mailbox_is_closed(r->m);
	if (r->got == SENDERS * EACH || r->has_ended)
		loop_stop(r->loop);
}

static void many_threads_send_to_a_loop(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	struct mailbox *m = mailbox_new(sizeof(struct note), 0, NULL);
	struct reader r = { .loop = l, .m = m };
	mailbox_on_loop(m, l, read_notes, &r);
	pthread_t threads[SENDERS];
	struct sender senders[SENDERS];
	start_senders(threads, senders, m, false);
	loop_run(l);
	join_senders(threads);
	assert_int_equal(r.got, SENDERS * EACH);
	mailbox_free(m);
	loop_free(l);
}

static void one_wake_up_serves_many_messages(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	struct mailbox *m = mailbox_new(sizeof(struct note), 0, NULL);
	struct reader r = { .loop = l, .m = m };
	struct note n = { 0, 0 };
	assert_true(mailbox_send(m, &n)); /* one that was there before the loop */
	mailbox_on_loop(m, l, read_notes, &r);
	for (n.number = 1; n.number < 100; n.number++)
		assert_true(mailbox_send(m, &n));
	mailbox_close(m);
	loop_run(l);
	assert_int_equal(r.got, 100);
	assert_int_equal(r.wakes, 1);
	assert_true(r.has_ended);
	mailbox_free(m);
	loop_free(l);
}

struct sum {
	struct loop *loop;
	int value, done;
	bool has_run;
};

static void add_up(void *ctx)
{
	struct sum *s = ctx;
	s->value = 42;
}

static void summed(void *ctx, bool has_run)
{
	struct sum *s = ctx;
	s->done++;
	s->has_run = has_run;
	loop_stop(s->loop);
}

static void a_worker_works_off_the_loop_and_reports_on_it(void **state)
{
	(void)state;
	struct loop *l = loop_new();
	struct worker *w = worker_new(l);
	struct sum first = { .loop = l }, last = { .loop = l };
	worker_do(w, (struct job){ add_up, summed, &first });
	loop_run(l);
	assert_int_equal(first.value, 42);
	assert_true(first.has_run);
	worker_do(w, (struct job){ add_up, summed, &last });
	worker_free(w);
	assert_int_equal(last.done, 1);
	assert_int_equal(last.value, last.has_run ? 42 : 0);
	loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_come_in_order_through_a_growing_ring),
		cmocka_unit_test(a_full_or_closed_box_refuses),
		cmocka_unit_test(what_nobody_received_is_dropped),
		cmocka_unit_test(many_threads_send_to_one_that_waits),
		cmocka_unit_test(many_threads_send_to_a_loop),
		cmocka_unit_test(one_wake_up_serves_many_messages),
		cmocka_unit_test(a_worker_works_off_the_loop_and_reports_on_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
