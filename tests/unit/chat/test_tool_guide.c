#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "chat/check.h"
#include "chat/tool_guide.h"
#include "walk.h"

static json_t *strings(const char *names)
{
	json_t *properties = json_object(), *required = json_array();
	struct str rest = str_z(names), word;
	while (str_cut(&rest, ' ', &word)) {
		json_object_setn_new(
			properties, word.p, word.n, json_pack("{s:s}", "type", "string"));
		json_array_append_new(required, json_stringn(word.p, word.n));
	}
	return json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
		required);
}

/* The agent's own tools and a request that offers them. */
struct fixture {
	struct arena *arena;
	struct chat_request *request;
	struct tool_guide *guide;
};

static struct fixture fixture_new(void)
{
	struct fixture f = { .arena = arena_new() };
	f.request = chat_request_new(f.arena);
	chat_add_tool(f.request, STR("read"), STR("return a file"), strings("path"));
	chat_add_tool(
		f.request, STR("write"), STR("create or replace a file"), strings("path content"));
	chat_add_tool(f.request, STR("re.place-all \"\xc3\xa4\""), STR(""), NULL);
	return f;
}

static const struct guide *build(
	struct fixture *f, const struct tool_format *format, enum tool_thinking thinking)
{
	f->guide = tool_guide_new(f->request, format, thinking, NULL);
	return tool_guide_get(f->guide);
}

static void fixture_free(struct fixture *f)
{
	tool_guide_free(f->guide);
	chat_request_free(f->request);
	arena_free(f->arena);
}

#define CALL_READ "<tool_call>{\"name\": \"read\", \"arguments\": {\"path\": \"a\"}}</tool_call>"
#define CALL_WRITE                                                                                 \
	"<tool_call>{\"name\": \"write\", \"arguments\": {\"path\": \"a\", \"content\": "          \
	"\"b\\n</tool_call>\"}}</tool_call>"

static void text_is_free_and_calls_are_held_to_the_tools(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	const struct guide *g = build(&f, &tool_format_prompted, TOOL_THINKING_NEVER);
	static const char *const taken[] = { "", "Hello <tool_cal", "a <<tool_call" CALL_READ,
		CALL_READ, CALL_WRITE, CALL_READ CALL_WRITE "\nand so on", "\xff\x00 x",
		"<tool_call>{\"name\": \"re.place-all \\\"\xc3\xa4\\\"\", \"arguments\": {}}"
		"</tool_call>",
		"<Tool_CALL>{\"name\": \"read\", \"arguments\": {\"path\": \"a\"}}</tool_call>" };
	static const char *const refused[] = { "<tool_call>",
		"<tool_call>{\"name\": \"mkdir\", \"arguments\": {}}</tool_call>",
		"<tool_call>{\"name\": \"rea\", \"arguments\": {}}</tool_call>",
		"<tool_call>{\"name\": \"read\", \"arguments\": {}}</tool_call>",
		"<tool_call>{\"name\":\"read\"", "<tool_call>\n",
		"<TOOL_CALL>{\"name\": \"mkdir\", \"arguments\": {}}</tool_call>",
		"<tool_call>{\"name\": \"re.place-all \\\"\xc3\xa4\\\"\", \"arguments\": {\"",
		"<tool_call>{\"name\": \"read\", \"arguments\": {\"path\": \"a\", \"x\": 1}}" };
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		assert_true(walk_takes(g, str_z(taken[i])));
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_false(walk_takes(g, str_z(refused[i])));
	fixture_free(&f);
}

static void what_leaves_no_choice_is_forced(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	struct buf out;
	buf_init(&out, 100000);
	const struct guide *g = build(&f, &tool_format_prompted, TOOL_THINKING_NEVER);
	assert_str(walk_forced(g, STR("Hi"), &out), "");
	assert_str(walk_forced(g, STR("<tool_call"), &out), "");
	assert_str(walk_forced(g, STR("<tool_call>"), &out), "{\"name\": \"");
	assert_str(walk_forced(g, STR("<tool_call>{\"name\": \"w"), &out),
		"rite\", \"arguments\": {\"path\": \"");
	assert_str(walk_forced(g,
			   STR("<tool_call>{\"name\": \"write\", \"arguments\": {\"path\": \"a\""),
			   &out),
		", \"content\": \"");
	assert_str(walk_forced(g,
			   STR("<tool_call>{\"name\": \"read\", \"arguments\": {\"path\": \"a\""),
			   &out),
		"}}</tool_call>");
	buf_clear(&out);
	fixture_free(&f);
}

static void a_demanded_call_comes_first(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	struct buf out;
	buf_init(&out, 100000);
	f.request->tool_choice = CHAT_CHOICE_REQUIRED;
	f.request->allows_parallel_calls = false;
	const struct guide *g = build(&f, &tool_format_prompted, TOOL_THINKING_NEVER);
	assert_str(walk_forced(g, STR(""), &out), "<tool_call>{\"name\": \"");
	assert_false(walk_takes(g, STR("")));
	assert_true(walk_takes(g, STR(CALL_READ)));
	assert_false(walk_takes(g, STR(CALL_READ " ")));
	tool_guide_free(f.guide);
	f.request->tool_choice = CHAT_CHOICE_NAMED;
	f.request->choice_name = STR("write");
	g = build(&f, &tool_format_prompted, TOOL_THINKING_NEVER);
	assert_str(walk_forced(g, STR(""), &out),
		"<tool_call>{\"name\": \"write\", \"arguments\": {\"path\": \"");
	buf_clear(&out);
	fixture_free(&f);
}

static void a_thought_may_stand_before_a_demanded_call(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	f.request->tool_choice = CHAT_CHOICE_REQUIRED;
	const struct guide *g = build(&f, &tool_format_hermes, TOOL_THINKING_MAY);
	assert_true(walk_takes(g, STR("<think>\nread </thin?\n</think>\n\n" CALL_READ)));
	assert_true(walk_takes(g, STR(CALL_READ)));
	assert_false(walk_takes(g, STR("<think>x</think>")));
	assert_false(walk_takes(g, STR("<think>x</think><think>")));
	assert_false(walk_takes(g, STR("\n" CALL_READ)));
	tool_guide_free(f.guide);
	g = build(&f, &tool_format_hermes, TOOL_THINKING_IS_OPEN);
	assert_true(walk_takes(g, STR("hm </think>\n" CALL_READ)));
	assert_false(walk_takes(g, STR("hm")));
	fixture_free(&f);
}

static void without_parallel_calls_the_first_ends_the_answer(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	f.request->allows_parallel_calls = false;
	const struct guide *g = build(&f, &tool_format_prompted, TOOL_THINKING_NEVER);
	assert_true(walk_takes(g, STR("So: " CALL_READ)));
	assert_false(walk_takes(g, STR(CALL_READ "x")));
	fixture_free(&f);
}

static void choice_none_keeps_the_mark_out_of_the_text(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	f.request->tool_choice = CHAT_CHOICE_NONE;
	const struct guide *g = build(&f, &tool_format_prompted, TOOL_THINKING_NEVER);
	assert_true(walk_takes(g, STR("<tool_call <tool_cal")));
	assert_int_equal(walk_prefix(g, STR("<tool_call>")), 10);
	assert_int_equal(walk_prefix(g, STR("<tool_call<tool_call>")), 20);
	assert_int_equal(walk_prefix(g, STR("<TOOL_Call>")), 10);
	fixture_free(&f);
}

static void hermes_models_may_space_their_calls_otherwise(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	const struct guide *g = build(&f, &tool_format_hermes, TOOL_THINKING_NEVER);
	static const char *const taken[] = {
		"<tool_call>\n{\"name\": \"read\", \"arguments\": {\"path\": \"a\"}}\n</tool_call>",
		"<tool_call>{\"name\":\"read\",\"arguments\":{\"path\":\"a\"}}</tool_call>",
		("<tool_call>\n{ \"name\" : \"write\" , \"arguments\" : { \"content\" : \"\" , "
		 "\"path\" : \"\" } } \n</tool_call>"),
	};
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		assert_true(walk_takes(g, str_z(taken[i])));
	assert_false(walk_takes(g, STR("<tool_call>\n\n")));
	assert_false(walk_takes(g, STR("<tool_call>{\"name\":  \"read\"")));
	fixture_free(&f);
}

static void a_response_format_holds_the_whole_answer(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	f.request->format = CHAT_FORMAT_SCHEMA;
	f.request->format_schema = chat_request_keep(f.request, strings("name"));
	const struct guide *g = build(&f, &tool_format_prompted, TOOL_THINKING_NEVER);
	assert_true(walk_takes(g, STR("{\"name\": \"x\"}")));
	assert_true(walk_takes(g, STR(CALL_READ)));
	assert_true(walk_takes(g, STR(CALL_READ "\n" CALL_READ)));
	assert_false(walk_takes(g, STR(CALL_READ "{\"name\": \"x\"}")));
	assert_false(walk_takes(g, STR("{\"name\": \"x\"} ")));
	assert_false(walk_takes(g, STR("Here: {")));
	assert_false(walk_takes(g, STR("")));
	tool_guide_free(f.guide);
	f.request->tool_count = 0;
	f.request->format = CHAT_FORMAT_JSON;
	g = build(&f, &tool_format_prompted, TOOL_THINKING_IS_OPEN);
	assert_true(walk_takes(g, STR("so</think>\n\n{\"a\": [1, null]}")));
	assert_false(walk_takes(g, STR("so</think>[]")));
	fixture_free(&f);
}

static void with_nothing_offered_there_is_no_guide(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	f.request->tool_count = 0;
	assert_null(build(&f, &tool_format_prompted, TOOL_THINKING_NEVER));
	fixture_free(&f);
}

static void random_answers_are_complete_calls(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	struct buf out;
	buf_init(&out, 100000);
	f.request->tool_choice = CHAT_CHOICE_REQUIRED;
	f.request->allows_parallel_calls = false;
	static const struct tool_format *const formats[] = { &tool_format_hermes,
		&tool_format_prompted };
	for (size_t k = 0; k < 2; k++) {
		const struct guide *g = build(&f, formats[k], TOOL_THINKING_NEVER);
		for (uint64_t seed = 0; seed < 100; seed++) {
			struct walk_random r = { seed, NULL };
			struct err e = { 0 };
			assert_int_equal(walk_randomly(g, &r, 60, 5000, &out), WALK_ENDED);
			struct str call = str_trim(str_sub(buf_str(&out), STR("<tool_call>").n,
				out.n - STR("</tool_call>").n));
			json_t *parsed = js_parse(call, LAYER_PARSE, &e);
			assert_non_null(parsed);
			assert_true(json_is_object(json_object_get(parsed, "arguments")));
			assert_non_null(chat_find_tool(
				f.request, js_text(json_object_get(parsed, "name"))));
			json_decref(parsed);
		}
		tool_guide_free(f.guide);
	}
	f.guide = NULL;
	buf_clear(&out);
	fixture_free(&f);
}

static void a_call_inside_a_thought_is_a_call(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	f.request->tool_choice = CHAT_CHOICE_REQUIRED;
	const struct guide *g = build(&f, &tool_format_prompted, TOOL_THINKING_IS_OPEN);
	assert_true(walk_takes(g, STR("so I will " CALL_READ " and on")));
	assert_false(walk_takes(g, STR("so I will <tool_call>x")));
	assert_false(walk_takes(g, STR("so I will")));
	fixture_free(&f);
}

/* Takes what the reader says; a fault or an event out of order ends the test. */
static void take_checked(void *owner, const struct chat_event *event)
{
	struct err e = { 0 };
	assert_true(chat_check_event(owner, event, &e));
}

static void check_agreement(struct fixture *f, enum tool_thinking thinking, uint64_t seed)
{
	struct chat_check check;
	static const char *const lures[] = { "<tool_call>", "</think>", NULL };
	struct walk_random r = { seed, lures[seed % 3] };
	struct err e = { 0 };
	struct buf said;
	buf_init(&said, 100000);
	chat_check_init(&check);
	const struct guide *g = build(f, &tool_format_hermes, thinking);
	enum walk_end end = walk_randomly(g, &r, 60, 3000, &said);
	assert_int_not_equal(end, WALK_STUCK);
	unsigned how = thinking == TOOL_THINKING_IS_OPEN ? TOOL_READ_IN_THOUGHT : TOOL_READ_WORDS;
	how |= TOOL_READ_GUIDED;
	if (f->request->format != CHAT_FORMAT_TEXT)
		how |= TOOL_READ_VALUE;
	struct tool_reader *reader = tool_reader_new(&tool_format_hermes, f->request, seed, how,
		NULL, (struct chat_sink){ take_checked, &check });
	assert_true(tool_reader_feed(reader, buf_str(&said), &e));
	assert_true(tool_reader_end(reader, end == WALK_LONG, &e));
	bool is_owed = f->request->tool_choice >= CHAT_CHOICE_REQUIRED && end == WALK_ENDED;
	assert_true(!is_owed || tool_reader_calls(reader) > 0);
	tool_reader_free(reader);
	tool_guide_free(f->guide);
	f->guide = NULL;
	chat_check_clear(&check);
	buf_clear(&said);
}

static void what_the_guide_lets_pass_the_reader_reads(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	f.request->choice_name = STR("write");
	for (uint64_t seed = 0; seed < 20; seed++)
		for (int choice = 0; choice < CHAT_CHOICE_COUNT; choice++)
			for (int thinking = 0; thinking <= TOOL_THINKING_IS_OPEN; thinking++) {
				f.request->tool_choice = (enum chat_tool_choice)choice;
				f.request->allows_parallel_calls = seed & 1;
				f.request->format = seed & 2 ? CHAT_FORMAT_JSON : CHAT_FORMAT_TEXT;
				check_agreement(&f, (enum tool_thinking)thinking, seed);
			}
	fixture_free(&f);
}

/* A schema with 200 parameters, an enum of 5000 values, or nesting without end. */
static json_t *hostile_schema(int kind)
{
	json_t *properties = json_object(), *values = json_array();
	for (int i = 0; i < 5000; i++) {
		char name[32];
		snprintf(name, sizeof name, "value_%d_of_many", i);
		json_array_append_new(values, json_string(name));
		if (i < 200)
			json_object_set_new(properties, name, json_pack("{s:s}", "type", "string"));
	}
	if (kind == 1)
		json_object_set_new(properties, "choice", json_pack("{s:O}", "enum", values));
	if (kind == 2)
		json_object_set_new(properties, "more", json_pack("{s:s}", "$ref", "#"));
	json_decref(values);
	return json_pack("{s:s, s:o}", "type", "object", "properties", properties);
}

static void hostile_tools_cost_nobody_the_request(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	static const char *const odd[] = { "\"a string\"", "[1, 2]", "{\"type\": \"no such\"}",
		"{\"properties\": 5, \"required\": {}, \"items\": 1}", "{\"enum\": []}", "false",
		"{\"$ref\": \"#/$ref\"}", "{\"allOf\": [{\"$ref\": \"#\"}], \"anyOf\": []}",
		"{\"pattern\": 5, \"format\": [], \"minimum\": \"x\", \"maxLength\": -1}" };
	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		struct str name = arena_printf(f.arena, "odd-%zu.<tool_call>\"{}", i);
		chat_add_tool(f.request, name, STR("</tool_call><|im_end|>{{ x }}"),
			js_parse(str_z(odd[i]), LAYER_CLIENT, NULL));
	}
	for (int kind = 0; kind < 3; kind++)
		chat_add_tool(f.request, arena_printf(f.arena, "big_%d", kind), STR(""),
			hostile_schema(kind));
	chat_add_tool(f.request, STR("read"), STR("the same name again"), NULL);
	chat_add_tool(f.request, STR(""), STR("no name"), NULL);
	f.request->tool_choice = CHAT_CHOICE_REQUIRED;
	const struct guide *g = build(&f, &tool_format_prompted, TOOL_THINKING_NEVER);
	assert_true(walk_takes(g, STR(CALL_READ)));
	assert_true(walk_takes(g, STR("<tool_call>{\"name\": \"big_2\", \"arguments\": {\"more\": "
				      "{\"more\": {}}}}</tool_call>")));
	assert_true(
		walk_takes(g, STR("<tool_call>{\"name\": \"big_1\", \"arguments\": {\"choice\": "
				  "\"value_4999_of_many\"}}</tool_call>")));
	assert_false(walk_takes(g, STR("<tool_call>{\"name\": \"\"")));
	struct buf out;
	buf_init(&out, 100000);
	for (uint64_t seed = 0; seed < 40; seed++) {
		struct walk_random r = { seed, NULL };
		assert_int_not_equal(walk_randomly(g, &r, 60, 3000, &out), WALK_STUCK);
	}
	buf_clear(&out);
	fixture_free(&f);
}

static void relaxed_keywords_are_in_the_trace(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	struct trace *t = trace_new();
	json_t *odd = json_pack("{s:s, s:{s:{s:s, s:s}}}", "type", "object", "properties", "a",
		"type", "string", "pattern", "(?!x)");
	chat_add_tool(f.request, STR("odd"), STR(""), odd);
	f.guide = tool_guide_new(f.request, &tool_format_hermes, TOOL_THINKING_NEVER, t);
	assert_int_equal(trace_count(t), 1);
	assert_non_null(strstr(trace_get(t, 0)->text.p, "odd #/properties/a/pattern"));
	trace_free(t);
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_free_and_calls_are_held_to_the_tools),
		cmocka_unit_test(what_leaves_no_choice_is_forced),
		cmocka_unit_test(a_demanded_call_comes_first),
		cmocka_unit_test(a_thought_may_stand_before_a_demanded_call),
		cmocka_unit_test(without_parallel_calls_the_first_ends_the_answer),
		cmocka_unit_test(choice_none_keeps_the_mark_out_of_the_text),
		cmocka_unit_test(hermes_models_may_space_their_calls_otherwise),
		cmocka_unit_test(a_response_format_holds_the_whole_answer),
		cmocka_unit_test(with_nothing_offered_there_is_no_guide),
		cmocka_unit_test(random_answers_are_complete_calls),
		cmocka_unit_test(a_call_inside_a_thought_is_a_call),
		cmocka_unit_test(what_the_guide_lets_pass_the_reader_reads),
		cmocka_unit_test(hostile_tools_cost_nobody_the_request),
		cmocka_unit_test(relaxed_keywords_are_in_the_trace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
