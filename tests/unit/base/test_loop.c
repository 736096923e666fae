#include "../unit.h"

#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/loop.h"

/* A run that must end by itself: the fail-safe stops it and the test sees that it fired. */
enum { FAIL_SAFE_MS = 10000 };

struct fixture {
	struct loop *loop;
	struct loop_timer *fail_safe;
	bool is_late;
	int count;
	char order[16];
	struct loop_timer *timer;
	struct loop_fd *watch;
	int fds[2];
};

static void too_late(void *ctx)
{
	struct fixture *f = ctx;
	f->is_late = true;
	loop_stop(f->loop);
}

static int set_up(void **state)
{
	static struct fixture f;
	f = (struct fixture){ .loop = loop_new(), .fds = { -1, -1 } };
	f.fail_safe = loop_timer_new(f.loop, too_late, &f);
	loop_timer_start(f.fail_safe, FAIL_SAFE_MS);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	loop_timer_free(f->timer);
	loop_fd_free(f->watch);
	loop_timer_free(f->fail_safe);
	loop_free(f->loop);
	fd_close(&f->fds[0]);
	fd_close(&f->fds[1]);
	return f->is_late ? -1 : 0;
}

static void stop(void *ctx)
{
	struct fixture *f = ctx;
	loop_stop(f->loop);
}

static void add_a(void *ctx)
{
	struct fixture *f = ctx;
	f->order[f->count++] = 'a';
}

static void add_b(void *ctx)
{
	struct fixture *f = ctx;
	f->order[f->count++] = 'b';
	loop_defer(f->loop, add_a, f);
	loop_defer(f->loop, stop, f);
}

static void deferred_calls_come_later_and_in_order(void **state)
{
	struct fixture *f = *state;
	loop_defer(f->loop, add_a, f);
	loop_defer(f->loop, add_b, f);
	assert_int_equal(f->count, 0);
	loop_run(f->loop);
	assert_string_equal(f->order, "aba");
}

static void stop_on_third(void *ctx)
{
	struct fixture *f = ctx;
	if (++f->count < 3)
		return;
	loop_timer_stop(f->timer);
	loop_defer(f->loop, stop, f);
}

static void a_repeating_timer_fires_until_stopped(void **state)
{
	struct fixture *f = *state;
	f->timer = loop_timer_new(f->loop, stop_on_third, f);
	assert_false(loop_timer_is_running(f->timer));
	loop_timer_repeat(f->timer, 1);
	assert_true(loop_timer_is_running(f->timer));
	loop_run(f->loop);
	assert_int_equal(f->count, 3);
	assert_false(loop_timer_is_running(f->timer));
}

static void a_stopped_timer_never_fires(void **state)
{
	struct fixture *f = *state;
	f->timer = loop_timer_new(f->loop, add_a, f);
	loop_timer_start(f->timer, 0);
	loop_timer_stop(f->timer);
	struct loop_timer *end = loop_timer_new(f->loop, stop, f);
	loop_timer_start(end, 5);
	loop_run(f->loop);
	loop_timer_free(end);
	assert_int_equal(f->count, 0);
}

static void free_own_timer(void *ctx)
{
	struct fixture *f = ctx;
	loop_timer_free(f->timer);
	f->timer = NULL;
	f->count++;
	loop_stop(f->loop);
}

static void a_timer_may_be_freed_in_its_own_callback(void **state)
{
	struct fixture *f = *state;
	f->timer = loop_timer_new(f->loop, free_own_timer, f);
	loop_timer_start(f->timer, 0);
	loop_run(f->loop);
	assert_int_equal(f->count, 1);
}

static void take_byte(void *ctx, int ready)
{
	struct fixture *f = ctx;
	char byte;
	assert_int_equal(ready, LOOP_READ);
	assert_int_equal(read(f->fds[0], &byte, 1), 1);
	f->count++;
	loop_fd_free(f->watch);
	f->watch = NULL;
	loop_stop(f->loop);
}

static void a_descriptor_is_watched_only_for_what_is_wanted(void **state)
{
	struct fixture *f = *state;
	assert_true(fd_pipe(f->fds));
	assert_int_equal(write(f->fds[1], "x", 1), 1);
	f->watch = loop_fd_new(f->loop, f->fds[0], take_byte, f);
	loop_fd_want(f->watch, LOOP_READ);
	loop_fd_want(f->watch, 0);
	loop_defer(f->loop, stop, f);
	loop_run(f->loop);
	assert_int_equal(f->count, 0);
	loop_fd_want(f->watch, LOOP_READ);
	loop_run(f->loop);
	assert_int_equal(f->count, 1);
}

static void a_signal_is_an_ordinary_callback(void **state)
{
	struct fixture *f = *state;
	struct loop_signal *s = loop_signal_new(f->loop, SIGTERM, stop, f);
	raise(SIGTERM);
	loop_run(f->loop);
	loop_signal_free(s);
	assert_false(f->is_late);
}

static void call_again(void *ctx)
{
	struct fixture *f = ctx;
	f->count++;
	loop_defer(f->loop, call_again, f);
	loop_timer_start(f->timer, 0);
}

static void nothing(void *ctx)
{
	(void)ctx;
}

static void calls_that_start_each_other_do_not_starve_the_clock(void **state)
{
	(void)state;
	struct fixture *f = *state;
	f->timer = loop_timer_new(f->loop, nothing, f);
	struct loop_timer *end = loop_timer_new(f->loop, stop, f);
	loop_timer_start(end, 5);
	loop_defer(f->loop, call_again, f);
	loop_run(f->loop);
	loop_timer_free(end);
	assert_true(f->count > 1);
	assert_false(f->is_late);
}

static void a_stop_before_the_run_counts(void **state)
{
	struct fixture *f = *state;
	loop_stop(f->loop);
	loop_run(f->loop);
	assert_false(f->is_late);
	loop_defer(f->loop, stop, f);
	loop_run(f->loop);
}

static void a_loop_with_nothing_to_wait_for_returns(void **state)
{
	struct fixture *f = *state;
	loop_timer_stop(f->fail_safe);
	loop_run(f->loop);
	loop_defer(f->loop, add_a, f);
	loop_run(f->loop);
	assert_int_equal(f->count, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(deferred_calls_come_later_and_in_order),
		TEST(a_repeating_timer_fires_until_stopped),
		TEST(a_stopped_timer_never_fires),
		TEST(a_timer_may_be_freed_in_its_own_callback),
		TEST(a_descriptor_is_watched_only_for_what_is_wanted),
		TEST(a_signal_is_an_ordinary_callback),
		TEST(calls_that_start_each_other_do_not_starve_the_clock),
		TEST(a_stop_before_the_run_counts),
		TEST(a_loop_with_nothing_to_wait_for_returns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
