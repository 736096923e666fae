#include "../record.h"
#include "../unit.h"

#include <string.h>

#include "base/mailbox.h"
#include "base/must.h"
#include "route/loading.h"
#include "route/script.h"

/*
 * The model is a script; the thread that opens it waits for a letter: 'o' gives it, 'f' fails, 'p'
 * tells of progress and asks for the next letter. 'w' waits until nobody wants the model any more.
 */

enum { MOST = 3 };

struct asker {
	struct fixture *fixture;
	struct record record;
	struct backend_call *call;
};

struct fixture {
	struct loop *loop;
	struct backend *script, *loading;
	struct mailbox *orders;
	struct arena *arena;
	struct chat_request *request;
	struct trace *trace;
	struct asker askers[MOST];
	size_t over; /* answers that have ended */
	size_t stop_after;
	bool is_told, has_failed, is_freed;
};

static bool tell_progress(struct engine_watcher watcher)
{
	return watcher.tell(watcher.owner, ENGINE_LOADING, 0.25);
}

static struct backend *open_script(void *ctx, struct engine_watcher watcher, struct err *e)
{
	struct fixture *f = ctx;
	char order = 0;
	while (mailbox_receive(f->orders, &order) && order == 'p')
		tell_progress(watcher);
	while (order == 'w' && tell_progress(watcher))
		;
	if (order == 'o')
		return f->script;
	fail(e, ERR_NO_ROOM, LAYER_ENGINE, "it does not fit");
	return NULL;
}

static void attach(struct backend *b, struct loop *loop)
{
	(void)b;
	(void)loop;
}

static void free_ctx(void *ctx)
{
	((struct fixture *)ctx)->is_freed = true;
}

static void on_end(void *owner, const struct err *e)
{
	struct fixture *f = owner;
	f->is_told = true;
	f->has_failed = e != NULL;
	if (!f->stop_after)
		loop_stop(f->loop);
}

static int set_up_as(void **state, bool is_on_demand)
{
	struct err e = { 0 };
	struct fixture *f = must_calloc(1, sizeof *f);
	f->loop = loop_new();
	f->arena = arena_new();
	f->request = chat_request_new(f->arena);
	f->trace = trace_new();
	f->orders = mailbox_new(1, 0, NULL);
	chat_add_text(f->request, CHAT_USER, STR("hello"));
	f->script = script_new(f->loop,
		STR("{\"models\":[\"m\"],\"turns\":[{\"text\":\"hi\",\"repeat\":true,\"usage\":"
		    "null}]}"),
		&e);
	f->loading = loading_new(f->loop, &(struct loading_work){ .model = "m",
						  .is_on_demand = is_on_demand,
						  .open = open_script,
						  .attach = attach,
						  .free = free_ctx,
						  .ctx = f,
						  .on_end = on_end,
						  .owner = f });
	for (size_t i = 0; i < MOST; i++) {
		f->askers[i].fixture = f;
		record_init(&f->askers[i].record);
	}
	*state = f;
	return 0;
}

static int set_up(void **state)
{
	return set_up_as(state, false);
}

static int set_up_on_demand(void **state)
{
	return set_up_as(state, true);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < MOST; i++) {
		if (f->askers[i].call)
			f->loading->ops->end(f->askers[i].call);
		record_clear(&f->askers[i].record);
	}
	mailbox_close(f->orders);
	f->loading->ops->free(f->loading);
	assert_true(f->is_freed);
	trace_free(f->trace);
	chat_request_free(f->request);
	arena_free(f->arena);
	mailbox_free(f->orders);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void take(void *owner, const struct chat_event *event)
{
	struct asker *a = owner;
	record_take(&a->record, event);
	if (!a->record.is_over)
		return;
	if (++a->fixture->over == a->fixture->stop_after)
		loop_stop(a->fixture->loop);
}

static void ask(struct fixture *f, size_t i)
{
	struct err e = { 0 };
	struct asker *a = &f->askers[i];
	a->call = f->loading->ops->start(
		f->loading, f->request, f->trace, (struct chat_sink){ take, a }, &e);
	assert_non_null(a->call);
}

static void order(struct fixture *f, char letter)
{
	mailbox_send(f->orders, &letter);
}

static bool is_ready(struct fixture *f, struct backend_progress *out)
{
	return f->loading->ops->is_ready(f->loading, out);
}

static void requests_wait_for_the_model(void **state)
{
	struct fixture *f = *state;
	struct backend_progress progress;
	ask(f, 0);
	ask(f, 1);
	assert_false(is_ready(f, &progress));
	assert_string_equal(progress.model, "m");
	f->stop_after = 2;
	order(f, 'p');
	order(f, 'o');
	loop_run(f->loop);
	assert_true(is_ready(f, &progress));
	assert_true(f->is_told && !f->has_failed);
	assert_record(&f->askers[0].record, "text hi\nstop end");
	assert_record(&f->askers[1].record, "text hi\nstop end");
	f->stop_after = 3;
	ask(f, 2);
	loop_run(f->loop);
	assert_record(&f->askers[2].record, "text hi\nstop end");
}

static void it_is_listed_before_it_is_there(void **state)
{
	struct fixture *f = *state;
	json_t *models = json_array();
	f->loading->ops->list(f->loading, models);
	assert_str(js_text(json_object_get(json_array_get(models, 0), "id")), "m");
	json_decref(models);
	order(f, 'o');
	loop_run(f->loop);
	models = json_array();
	f->loading->ops->list(f->loading, models);
	assert_int_equal(json_array_size(models), 1);
	json_decref(models);
}

static void who_leaves_while_waiting_is_forgotten(void **state)
{
	struct fixture *f = *state;
	for (size_t i = 0; i < MOST; i++)
		ask(f, i);
	f->loading->ops->end(f->askers[2].call);
	f->loading->ops->end(f->askers[0].call);
	f->askers[0].call = f->askers[2].call = NULL;
	ask(f, 0); /* behind the one that stayed */
	f->stop_after = 2;
	order(f, 'o');
	loop_run(f->loop);
	assert_record(&f->askers[0].record, "text hi\nstop end");
	assert_record(&f->askers[1].record, "text hi\nstop end");
	assert_record(&f->askers[2].record, "");
}

static void a_model_that_cannot_be_opened_fails_those_who_wait_and_those_who_come(void **state)
{
	struct fixture *f = *state;
	struct backend_progress progress;
	struct err e = { 0 };
	ask(f, 0);
	f->stop_after = 1;
	order(f, 'f');
	loop_run(f->loop);
	assert_record(&f->askers[0].record, "fail no_room engine");
	assert_true(f->is_told && f->has_failed);
	assert_null(f->loading->ops->start(
		f->loading, f->request, f->trace, (struct chat_sink){ take, &f->askers[1] }, &e));
	assert_err(e, ERR_NO_ROOM, LAYER_ENGINE);
	assert_false(is_ready(f, &progress));
	assert_string_equal(progress.stage, "failed");
	f->script->ops->free(f->script);
}

static void opening_can_be_given_up(void **state)
{
	struct fixture *f = *state;
	ask(f, 0);
	order(f, 'w');
	loading_cancel(f->loading);
	assert_record(&f->askers[0].record, "fail busy route");
	loading_cancel(f->loading);
	assert_false(f->is_told);
	f->script->ops->free(f->script);
}

static void it_may_be_freed_while_it_opens(void **state)
{
	struct fixture *f = *state;
	order(f, 'w');
	f->script->ops->free(f->script);
}

static void on_demand_it_is_opened_for_the_first_request(void **state)
{
	struct fixture *f = *state;
	struct backend_progress progress;
	assert_true(is_ready(f, &progress));
	ask(f, 0);
	assert_false(is_ready(f, &progress));
	f->stop_after = 1;
	order(f, 'o');
	loop_run(f->loop);
	assert_true(is_ready(f, &progress));
	assert_record(&f->askers[0].record, "text hi\nstop end");
}

static void on_demand_a_failure_is_not_for_ever(void **state)
{
	struct fixture *f = *state;
	struct backend_progress progress;
	ask(f, 0);
	f->stop_after = 1;
	order(f, 'f');
	loop_run(f->loop);
	assert_record(&f->askers[0].record, "fail no_room engine");
	assert_true(f->has_failed && is_ready(f, &progress));
	ask(f, 1);
	f->stop_after = 2;
	order(f, 'o');
	loop_run(f->loop);
	assert_record(&f->askers[1].record, "text hi\nstop end");
	assert_false(f->has_failed);
}

static void on_demand_it_may_never_be_asked(void **state)
{
	struct fixture *f = *state;
	struct err e = { 0 };
	loading_cancel(f->loading);
	assert_null(f->loading->ops->start(
		f->loading, f->request, f->trace, (struct chat_sink){ take, &f->askers[0] }, &e));
	assert_err(e, ERR_BUSY, LAYER_ROUTE);
	f->script->ops->free(f->script);
}

#define with_fixture(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define on_demand(name)    cmocka_unit_test_setup_teardown(name, set_up_on_demand, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_fixture(requests_wait_for_the_model),
		with_fixture(it_is_listed_before_it_is_there),
		with_fixture(who_leaves_while_waiting_is_forgotten),
		with_fixture(a_model_that_cannot_be_opened_fails_those_who_wait_and_those_who_come),
		with_fixture(opening_can_be_given_up),
		with_fixture(it_may_be_freed_while_it_opens),
		on_demand(on_demand_it_is_opened_for_the_first_request),
		on_demand(on_demand_a_failure_is_not_for_ever),
		on_demand(on_demand_it_may_never_be_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
