#include "../record.h"
#include "../unit.h"

#include <string.h>

#include "base/must.h"
#include "route/script.h"

struct fixture {
	struct loop *loop;
	struct router *router;
	struct arena *arena;
	struct chat_request *request;
	struct trace *trace;
	struct record record;
	struct route_call *call; /* for the sink that ends it */
	struct err e;
};

static int set_up(void **state)
{
	struct fixture *f = must_calloc(1, sizeof *f);
	f->loop = loop_new();
	f->router = router_new(f->loop);
	f->arena = arena_new();
	f->request = chat_request_new(f->arena);
	f->trace = trace_new();
	chat_add_text(f->request, CHAT_USER, STR("hello"));
	record_init(&f->record);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	record_clear(&f->record);
	trace_free(f->trace);
	chat_request_free(f->request);
	arena_free(f->arena);
	router_free(f->router);
	loop_free(f->loop);
	free(f);
	return 0;
}

static void add(struct fixture *f, const char *name, const char *script)
{
	struct backend *b = script_new(f->loop, str_z(script), &f->e);
	assert_non_null(b);
	router_add(f->router, name, b, false);
}

/* Asks for a model, plays the answer to its end and gives the name of who answered. */
static const char *ask(struct fixture *f, const char *model)
{
	static char name[64];
	err_clear(&f->e);
	f->request->model = str_z(model);
	struct route_call *call =
		route_start(f->router, f->request, f->trace, record_sink(&f->record), &f->e);
	if (!call)
		return NULL;
	loop_run(f->loop);
	snprintf(name, sizeof name, "%s", route_upstream(call));
	route_end(call);
	return name;
}

static bool trace_says(const struct trace *t, const char *words)
{
	for (size_t i = 0; i < trace_count(t); i++)
		if (str_find(trace_get(t, i)->text, str_z(words)) != SIZE_MAX)
			return true;
	return false;
}

#define SAYS(models, text)                                                                         \
	"{\"models\":[" models "],\"turns\":[{\"text\":\"" text                                    \
	"\",\"usage\":null,\"repeat\":true}]}"
#define FAILS(models, members)                                                                     \
	"{\"models\":[" models "],\"turns\":[{\"usage\":null,\"repeat\":true," members "}]}"

static void the_model_name_chooses(void **state)
{
	struct fixture *f = *state;
	add(f, "one", SAYS("\"a\",\"b\"", "1"));
	add(f, "two", SAYS("\"b\",\"c\"", "2"));
	assert_string_equal(ask(f, "b"), "one");
	assert_string_equal(ask(f, "c"), "two");
	assert_string_equal(ask(f, ""), "one");
	assert_record(&f->record, "text 1\nstop end\ntext 2\nstop end\ntext 1\nstop end");
	assert_true(trace_says(f->trace, "model 'c': upstream 'two' (script), 1 of 1"));
}

static void who_names_the_model_comes_before_who_serves_any(void **state)
{
	struct fixture *f = *state;
	struct backend *any =
		script_new(f->loop, STR("{\"turns\":[{\"text\":\"any\",\"repeat\":true}]}"), &f->e);
	router_add(f->router, "any", any, true);
	add(f, "one", SAYS("\"a\"", "1"));
	assert_string_equal(ask(f, "a"), "one");
	assert_string_equal(ask(f, "b"), "any");
}

static void an_unknown_model_is_refused_with_those_there_are(void **state)
{
	struct fixture *f = *state;
	assert_null(ask(f, "a"));
	assert_err(f->e, ERR_NOT_FOUND, LAYER_ROUTE);
	add(f, "one", SAYS("\"a\",\"b\"", "1"));
	assert_null(ask(f, "x"));
	assert_err(f->e, ERR_NOT_FOUND, LAYER_ROUTE);
	assert_string_equal(f->e.mend, "ask for one of: a, b");
	assert_non_null(trace_get_fault(f->trace));
}

static void models_name_their_upstream(void **state)
{
	struct fixture *f = *state;
	add(f, "one", SAYS("\"a\"", "1"));
	add(f, "two", SAYS("\"b\"", "2"));
	json_t *models = router_models(f->router);
	assert_int_equal(json_array_size(models), 2);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(models, 1), "id")), "b");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(models, 1), "upstream")), "two");
	json_decref(models);
}

static void a_failure_before_the_first_word_asks_the_next(void **state)
{
	struct fixture *f = *state;
	add(f, "refuses", FAILS("\"a\"", "\"refuse\":{\"kind\":\"busy\"}"));
	add(f, "fails",
		FAILS("\"a\"", "\"delay_ms\":2,\"alive\":1,\"fail\":{\"kind\":\"unreachable\"}"));
	add(f, "works", SAYS("\"a\"", "3"));
	assert_string_equal(ask(f, "a"), "works");
	assert_record(&f->record, "text 3\nstop end");
	assert_string_equal(ask(f, "a"), "works");
	assert_true(trace_says(f->trace, "model 'a': upstream 'works' (script), 1 of 3"));
}

static void a_failure_after_the_first_word_is_told(void **state)
{
	struct fixture *f = *state;
	add(f, "cut", FAILS("\"a\"", "\"text\":\"x\",\"cut\":true"));
	add(f, "works", SAYS("\"a\"", "2"));
	assert_string_equal(ask(f, "a"), "cut");
	assert_record(&f->record, "text x\nfail cut wire");
	assert_string_equal(ask(f, "a"), "works");
}

static void a_fault_of_the_request_is_not_tried_elsewhere(void **state)
{
	struct fixture *f = *state;
	add(f, "one",
		FAILS("\"a\",\"b\"",
			"\"refuse\":{\"kind\":\"context_exceeded\",\"layer\":\"prompt\"}"));
	add(f, "two", FAILS("\"c\"", "\"fail\":{\"kind\":\"usage\",\"layer\":\"client\"}"));
	add(f, "three", SAYS("\"a\",\"c\"", "3"));
	assert_null(ask(f, "a"));
	assert_err(f->e, ERR_CONTEXT, LAYER_PROMPT);
	assert_string_equal(ask(f, "c"), "two");
	assert_record(&f->record, "fail usage client");
}

static void when_all_fail_the_last_failure_is_told(void **state)
{
	struct fixture *f = *state;
	add(f, "one", FAILS("\"a\"", "\"fail\":{\"kind\":\"timeout\"}"));
	add(f, "two", FAILS("\"a\"", "\"fail\":{\"kind\":\"unreachable\"}"));
	assert_string_equal(ask(f, "a"), "two");
	assert_record(&f->record, "fail unreachable wire");
	assert_string_equal(ask(f, "a"), "two");
	assert_true(trace_says(f->trace, "it failed a moment ago"));
}

static void end_at_first_event(void *owner, const struct chat_event *event)
{
	struct fixture *f = owner;
	record_take(&f->record, event);
	route_end(f->call);
}

static void a_call_may_be_ended_inside_the_sink(void **state)
{
	struct fixture *f = *state;
	add(f, "one",
		"{\"models\":[\"a\"],\"turns\":[{\"text\":\"a text of several pieces, surely\"}]}");
	f->request->model = STR("a");
	f->call = route_start(f->router, f->request, f->trace,
		(struct chat_sink){ end_at_first_event, f }, &f->e);
	assert_non_null(f->call);
	loop_run(f->loop);
	assert_int_equal(f->record.events, 1);
}

static void a_call_may_be_ended_before_its_first_event(void **state)
{
	struct fixture *f = *state;
	add(f, "one", SAYS("\"a\"", "1"));
	f->request->model = STR("a");
	struct route_call *call =
		route_start(f->router, f->request, NULL, record_sink(&f->record), &f->e);
	route_end(call);
	route_end(NULL);
	loop_run(f->loop);
	assert_int_equal(f->record.events, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(the_model_name_chooses),
		test(who_names_the_model_comes_before_who_serves_any),
		test(an_unknown_model_is_refused_with_those_there_are),
		test(models_name_their_upstream),
		test(a_failure_before_the_first_word_asks_the_next),
		test(a_failure_after_the_first_word_is_told),
		test(a_fault_of_the_request_is_not_tried_elsewhere),
		test(when_all_fail_the_last_failure_is_told),
		test(a_call_may_be_ended_inside_the_sink),
		test(a_call_may_be_ended_before_its_first_event),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
