#include "../unit.h"

#include "chat/invariants.h"

struct fixture {
	struct arena *arena;
	struct chat_request *request;
	struct trace *trace;
	struct invariants v;
};

static void begin(struct fixture *f)
{
	*f = (struct fixture){ .arena = arena_new(), .trace = trace_new() };
	f->request = chat_request_new(f->arena);
	chat_add_text(f->request, CHAT_USER, STR("hello"));
	chat_add_tool(f->request, STR("write"), STR(""),
		json_loads("{\"properties\":{\"n\":{\"type\":\"integer\"}}}", 0, NULL));
	invariants_init(&f->v, f->request, f->trace);
}

static void end(struct fixture *f)
{
	invariants_clear(&f->v);
	trace_free(f->trace);
	chat_request_free(f->request);
	arena_free(f->arena);
}

static struct chat_sink into(struct fixture *f)
{
	return (struct chat_sink){ (void (*)(void *, const struct chat_event *))invariants_take,
		&f->v };
}

static void call(struct fixture *f, const char *name, const char *args)
{
	chat_send_tool_begin(into(f), f->v.calls, STR("id"), str_z(name));
	chat_send_tool_args(into(f), f->v.calls - 1, str_z(args));
	chat_send_tool_end(into(f), f->v.calls - 1);
}

/* Exactly one was broken, in this layer, and the trace says these words. */
static void is_broken(struct fixture *f, enum layer layer, const char *words)
{
	unsigned all = 0;
	for (int i = 0; i < LAYER_COUNT; i++)
		all += trace_broken_count(f->trace, (enum layer)i);
	assert_int_equal(all, 1);
	assert_int_equal(trace_broken_count(f->trace, layer), 1);
	const struct trace_record *r = trace_get(f->trace, trace_count(f->trace) - 1);
	assert_int_equal(r->layer, layer);
	assert_string_equal(r->what, "invariant");
	assert_true(str_find(r->text, str_z(words)) != SIZE_MAX);
}

static void a_sound_answer_breaks_nothing(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	chat_send_alive(into(&f), 5, 10);
	chat_send_think(into(&f), STR("hm"));
	chat_send_text(into(&f), STR("So. `<tool_call>` is a mark."));
	call(&f, "write", "{\"n\": 1}");
	chat_send_usage(into(&f), &(struct chat_usage){ .prompt_tokens = 10, .answer_tokens = 9 });
	chat_send_stop(into(&f), CHAT_STOP_CALLS);
	assert_int_equal(trace_count(f.trace), 0);
	end(&f);
}

static void tokens_that_came_out_are_visible(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	chat_send_usage(into(&f), &(struct chat_usage){ .answer_tokens = 40 });
	chat_send_stop(into(&f), CHAT_STOP_END);
	is_broken(&f, LAYER_PARSE, "40 tokens came out and nothing of them is visible");
	end(&f);
}

static void a_prompt_is_read_as_it_was_rendered(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	chat_send_alive(into(&f), 5, 9000);
	chat_send_text(into(&f), STR("Hi."));
	chat_send_usage(into(&f), &(struct chat_usage){ .prompt_tokens = 4096 });
	chat_send_stop(into(&f), CHAT_STOP_END);
	is_broken(&f, LAYER_PROMPT, "rendered to 9000 tokens and 4096 were read");
	end(&f);
}

static void a_conversation_cut_on_its_way_is_noticed(void **state)
{
	(void)state;
	struct fixture f;
	struct buf long_text;
	begin(&f);
	buf_init(&long_text, 1 << 20);
	buf_add_fill(&long_text, 'x', 1 << 20);
	chat_add_text(f.request, CHAT_USER, buf_str(&long_text));
	chat_send_text(into(&f), STR("Hi."));
	chat_send_usage(into(&f), &(struct chat_usage){ .prompt_tokens = 4096 });
	chat_send_stop(into(&f), CHAT_STOP_END);
	is_broken(&f, LAYER_PROMPT, "the conversation was cut");
	buf_clear(&long_text);
	end(&f);
}

static void a_call_is_of_a_tool_offered_and_fits_it(void **state)
{
	(void)state;
	static const struct {
		const char *name, *args;
		enum layer layer;
		const char *words;
	} rows[] = {
		{ "rm", "{}", LAYER_MODEL, "it called rm, which is not offered" },
		{ "write", "{\"n\": \"x\"}", LAYER_MODEL,
			"the argument n should be an integer, is the string \"x\"" },
		{ "write", "{\"n\": ", LAYER_PARSE, "are no object" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fixture f;
		begin(&f);
		call(&f, rows[i].name, rows[i].args);
		chat_send_stop(into(&f), CHAT_STOP_CALLS);
		is_broken(&f, rows[i].layer, rows[i].words);
		end(&f);
	}
}

static void a_stop_agrees_with_the_calls(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	call(&f, "write", "{}");
	chat_send_stop(into(&f), CHAT_STOP_END);
	is_broken(&f, LAYER_WIRE, "it stopped for 'end' with 1 calls");
	end(&f);
	begin(&f);
	chat_send_text(into(&f), STR("Done."));
	chat_send_stop(into(&f), CHAT_STOP_CALLS);
	is_broken(&f, LAYER_WIRE, "it stopped for 'calls' with 0 calls");
	end(&f);
}

static void a_call_is_closed_unless_the_limit_cut_it(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	chat_send_tool_begin(into(&f), 0, STR("id"), STR("write"));
	chat_send_stop(into(&f), CHAT_STOP_CALLS);
	is_broken(&f, LAYER_PARSE, "it ended inside a call");
	end(&f);
	begin(&f);
	chat_send_tool_begin(into(&f), 0, STR("id"), STR("write"));
	chat_send_stop(into(&f), CHAT_STOP_LENGTH);
	assert_int_equal(trace_count(f.trace), 0);
	end(&f);
}

static void no_mark_is_left_in_the_text(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	chat_send_text(into(&f), STR("Sure.\n<tool_"));
	chat_send_text(into(&f), STR("call>{"));
	chat_send_stop(into(&f), CHAT_STOP_END);
	is_broken(&f, LAYER_PARSE, "the mark of a call, <tool_call>, was left in the text");
	end(&f);
}

/* Feeds both sides; `told` is what reaches the listener. */
static void pass(struct fixture *f, const struct chat_event *came, const struct chat_event *told)
{
	invariants_came(&f->v, LAYER_WIRE, came);
	invariants_take(&f->v, told);
}

static const struct chat_event hello = { .type = CHAT_TEXT, .text = { "hello", 5 } },
			       hell = { .type = CHAT_TEXT, .text = { "hell", 4 } },
			       o = { .type = CHAT_TEXT, .text = { "o", 1 } };

static void a_stream_is_the_whole_answer(void **state)
{
	(void)state;
	struct fixture f;
	struct digest whole;
	begin(&f);
	digest_init(&whole);
	digest_take(&whole, &hello);
	struct chat_event stop = { .type = CHAT_STOP, .stop = CHAT_STOP_END, .whole = &whole };
	pass(&f, &hell, &hell);
	pass(&f, &o, &o);
	pass(&f, &stop, &stop);
	invariants_passed(&f.v);
	assert_int_equal(trace_count(f.trace), 0);
	end(&f);
	begin(&f);
	pass(&f, &hell, &hell);
	pass(&f, &stop, &stop);
	is_broken(&f, LAYER_WIRE,
		"what came in pieces (4 bytes of text, 0 of thoughts, 0 calls of "
		"0) is not the answer read as a whole (5 bytes");
	end(&f);
}

static void an_answer_asked_for_again_stands_by_itself(void **state)
{
	(void)state;
	struct fixture f;
	struct digest whole;
	begin(&f);
	digest_init(&whole);
	digest_take(&whole, &o);
	struct chat_event stop = { .type = CHAT_STOP, .stop = CHAT_STOP_END, .whole = &whole };
	invariants_came(&f.v, LAYER_PARSE, &hell);
	invariants_came(&f.v, LAYER_PARSE,
		&(struct chat_event){ .type = CHAT_STOP, .stop = CHAT_STOP_END });
	invariants_came(&f.v, LAYER_PARSE, &o);
	invariants_came(&f.v, LAYER_PARSE, &stop);
	assert_int_equal(trace_count(f.trace), 0);
	end(&f);
}

static void what_came_is_told_unless_it_is_mended(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	pass(&f, &hello, &hell);
	invariants_passed(&f.v);
	is_broken(&f, LAYER_PARSE, "what was told (4 bytes");
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_answer_breaks_nothing),
		cmocka_unit_test(tokens_that_came_out_are_visible),
		cmocka_unit_test(a_prompt_is_read_as_it_was_rendered),
		cmocka_unit_test(a_conversation_cut_on_its_way_is_noticed),
		cmocka_unit_test(a_call_is_of_a_tool_offered_and_fits_it),
		cmocka_unit_test(a_stop_agrees_with_the_calls),
		cmocka_unit_test(a_call_is_closed_unless_the_limit_cut_it),
		cmocka_unit_test(no_mark_is_left_in_the_text),
		cmocka_unit_test(a_stream_is_the_whole_answer),
		cmocka_unit_test(an_answer_asked_for_again_stands_by_itself),
		cmocka_unit_test(what_came_is_told_unless_it_is_mended),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
