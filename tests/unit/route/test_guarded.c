#include "../record.h"
#include "../unit.h"

#include <string.h>

#include "base/must.h"
#include "route/guarded.h"
#include "route/script.h"

struct fixture {
	struct loop *loop;
	struct router *router;
	struct arena *arena;
	struct chat_request *request;
	struct trace *trace;
	struct record record;
	struct guarded_call *call;
	enum chat_event_type ends_at; /* the sink ends the call there */
	struct err e;
};

static int set_up(void **state)
{
	struct fixture *f = must_calloc(1, sizeof *f);
	f->loop = loop_new();
	f->router = router_new(f->loop);
	f->arena = arena_new();
	f->request = chat_request_new(f->arena);
	f->request->model = STR("script");
	f->request->is_stream = true;
	f->trace = trace_new();
	f->ends_at = CHAT_EVENT_TYPE_COUNT;
	chat_add_text(f->request, CHAT_USER, STR("make it"));
	chat_add_tool(f->request, STR("write"), STR(""),
		json_loads("{\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]}",
			0, NULL));
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

static void take(void *owner, const struct chat_event *event)
{
	struct fixture *f = owner;
	record_take(&f->record, event);
	if (event->type != f->ends_at)
		return;
	guarded_end(f->call);
	f->call = NULL;
}

static void play(struct fixture *f, const char *turns, struct guarded_options options)
{
	struct str text = arena_printf(f->arena, "{\"chunk_bytes\": 5, \"turns\": [%s]}", turns);
	struct backend *b = script_new(f->loop, text, &f->e);
	assert_non_null(b);
	router_add(f->router, "up", b, false);
	options.loop = f->loop;
	f->call = guarded_start(
		f->router, f->request, &options, f->trace, (struct chat_sink){ take, f }, &f->e);
	assert_non_null(f->call);
	loop_run(f->loop);
	if (f->call)
		guarded_end(f->call);
}

#define NARRATES "{\"text\": \"I will now write it.\", \"usage\": {\"prompt\": 9, \"answer\": 2}}"
#define CALLS                                                                                      \
	"{\"calls\": [{\"name\": \"write\", \"arguments\": {\"n\": 1}, \"id\": \"a\"}], "          \
	"\"usage\": {\"prompt\": 12, \"answer\": 3}}"

static void what_is_lacking_is_asked_for_again_and_all_is_counted(void **state)
{
	struct fixture *f = *state;
	play(f, NARRATES ", " CALLS, (struct guarded_options){ .is_off = false });
	assert_record(&f->record, "text I will now write it.\ntool_begin 0 a write\ntool_args "
				  "{\"n\":1}\ntool_end 0\nusage 21 0 5 0\nstop calls");
	assert_int_equal(f->request->message_count, 1);
	assert_null(trace_get_fault(f->trace));
}

static bool trace_says(const struct trace *t, const char *words)
{
	for (size_t i = 0; i < trace_count(t); i++)
		if (str_find(trace_get(t, i)->text, str_z(words)) != SIZE_MAX)
			return true;
	return false;
}

static void two_answers_share_one_limit(void **state)
{
	struct fixture *f = *state;
	f->request->sampling.max_tokens = 6;
	play(f, NARRATES ", " CALLS, (struct guarded_options){ .is_off = false });
	assert_non_null(strstr(buf_z(&f->record.text), "usage 21 0 5 0\nstop calls"));
	assert_true(trace_says(f->trace, "4 of 6 tokens are left"));
	assert_int_equal(f->request->sampling.max_tokens, 6);
}

static void an_answer_that_spent_the_limit_is_the_last(void **state)
{
	struct fixture *f = *state;
	f->request->sampling.max_tokens = 2;
	play(f, NARRATES ", " CALLS, (struct guarded_options){ .is_off = false });
	assert_non_null(strstr(buf_z(&f->record.text), "usage 9 0 2 0\nstop end"));
}

static void an_owner_that_answers_its_model_itself_is_not_asked_for(void **state)
{
	struct fixture *f = *state;
	play(f, NARRATES ", " CALLS, (struct guarded_options){ .never_asks = true });
	assert_non_null(strstr(buf_z(&f->record.text), "stop end"));
}

static void what_is_off_passes(void **state)
{
	struct fixture *f = *state;
	play(f, "{\"calls\": [{\"name\": \"Write\", \"arguments\": {}, \"id\": \"a\"}]}",
		(struct guarded_options){ .is_off = true });
	assert_non_null(strstr(buf_z(&f->record.text), "tool_begin 0 a Write"));
}

static void a_call_may_be_ended_from_inside_its_sink(void **state)
{
	static const enum chat_event_type places[] = { CHAT_TEXT, CHAT_TOOL_BEGIN, CHAT_TOOL_ARGS,
		CHAT_TOOL_END, CHAT_USAGE, CHAT_STOP };
	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		void *own;
		set_up(&own);
		struct fixture *f = own;
		f->ends_at = places[i];
		play(f,
			NARRATES ", {\"text\": \"So: <tool_call>{\\\"name\\\": \\\"write\\\", "
				 "\\\"arguments\\\": {\\\"n\\\": 1}}</tool_call>\"}",
			(struct guarded_options){ .is_off = false });
		assert_false(f->record.is_wrong);
		assert_null(f->call);
		tear_down(&own);
	}
}

static void a_broken_invariant_is_counted_by_layer(void **state)
{
	struct fixture *f = *state;
	f->ends_at = CHAT_EVENT_TYPE_COUNT;
	struct backend *b = script_new(f->loop,
		STR("{\"turns\": [{\"calls\": [{\"name\": \"rm\", \"arguments\": {}}]}]}"), &f->e);
	router_add(f->router, "up", b, false);
	f->call = guarded_start(f->router, f->request,
		&(struct guarded_options){ .loop = f->loop, .is_off = true }, f->trace,
		(struct chat_sink){ take, f }, &f->e);
	loop_run(f->loop);
	assert_int_equal(trace_broken_count(f->trace, LAYER_MODEL), 1);
	assert_string_equal(guarded_upstream(f->call), "up");
	guarded_end(f->call);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_lacking_is_asked_for_again_and_all_is_counted),
		TEST(two_answers_share_one_limit),
		TEST(an_answer_that_spent_the_limit_is_the_last),
		TEST(an_owner_that_answers_its_model_itself_is_not_asked_for),
		TEST(what_is_off_passes),
		cmocka_unit_test(a_call_may_be_ended_from_inside_its_sink),
		TEST(a_broken_invariant_is_counted_by_layer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
