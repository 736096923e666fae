#include "../unit.h"

#include "chat/template_way.h"

/* Two calls with their results, a thought and words beside them, then a second question. */
static struct chat_request *talk(struct arena *a)
{
	struct chat_request *r = chat_request_new(a);
	const char *const ids[] = { "call_AAAAAAAAAAAAAAAA", "call_BBBBBBBBBBBBBBBB" };
	chat_add_tool(r, STR("look"), STR("looks"), NULL);
	chat_add_text(r, CHAT_SYSTEM, STR("Be good."));
	chat_add_text(r, CHAT_USER, STR("Look."));
	chat_add_message(r, CHAT_ASSISTANT);
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_THINK, .text = STR("Hm.") });
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_TEXT, .text = STR("Twice.") });
	for (int i = 0; i < 2; i++)
		chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_CALL,
					  .id = str_z(ids[i]),
					  .name = STR("look"),
					  .text = STR("{\"n\": 1}") });
	for (int i = 0; i < 2; i++) {
		chat_add_message(r, CHAT_TOOL);
		chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_RESULT,
					  .id = str_z(ids[i]),
					  .name = STR("look"),
					  .text = i ? STR("two") : STR("one") });
	}
	return r;
}

/* What `path` leads to in the variables, as JSON without quotes around texts; "-" if nothing. */
static const char *shown(
	struct arena *a, const struct template_way *way, struct chat_request *r, const char *path)
{
	json_t *all = template_variables(way, r);
	const json_t *at = all;
	struct str rest = str_z(path), step;
	struct buf out;
	buf_init(&out, 65536);
	while (rest.n && str_cut(&rest, '.', &step)) {
		uint64_t index;
		at = str_to_u64(step, &index) ? json_array_get(at, (size_t)index)
					      : json_object_get(at, arena_z(a, step));
	}
	if (json_is_string(at))
		buf_add(&out, js_text(at));
	else if (at)
		js_write(at, &out);
	const char *text = arena_z(a, at ? buf_str(&out) : STR("-"));
	buf_clear(&out);
	json_decref(all);
	return text;
}

#define SHOWN(way, path) shown(a, &(way), r, path)

static void results_carry_the_id_that_their_call_was_given(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_request *r = talk(a);
	struct template_way way = { .ids = TEMPLATE_IDS_NAMED };
	assert_string_equal(SHOWN(way, "messages.2.tool_calls.1.id"), "functions.look:1");
	assert_string_equal(SHOWN(way, "messages.4.tool_call_id"), "functions.look:1");
	way.ids = TEMPLATE_IDS_COUNTED;
	assert_string_equal(SHOWN(way, "messages.3.tool_call_id"), "0");
	way.ids = TEMPLATE_IDS_AS_SENT;
	assert_string_equal(SHOWN(way, "messages.3.tool_call_id"), "call_AAAAAAAAAAAAAAAA");
	way = (struct template_way){ .ids = TEMPLATE_IDS_MADE, .id_chars = 10 };
	const char *made = SHOWN(way, "messages.2.tool_calls.0.id");
	assert_int_equal(str_z(made).n, 10);
	assert_string_equal(SHOWN(way, "messages.3.tool_call_id"), made);
	assert_string_not_equal(SHOWN(way, "messages.4.tool_call_id"), made);
	chat_request_free(r);
	arena_free(a);
}

static void each_call_gets_a_turn_where_there_may_be_one_only(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_request *r = talk(a);
	struct template_way way = { .splits_calls = true };
	assert_string_equal(SHOWN(way, "messages.2.content"), "Twice.");
	assert_string_equal(SHOWN(way, "messages.2.tool_calls.1"), "-");
	assert_string_equal(SHOWN(way, "messages.3.content"), "one");
	assert_string_equal(SHOWN(way, "messages.4.tool_calls.0.function.name"), "look");
	assert_string_equal(SHOWN(way, "messages.4.content"), "");
	assert_string_equal(SHOWN(way, "messages.5.content"), "two");
	assert_string_equal(SHOWN(way, "messages.6"), "-");
	chat_request_free(r);
	arena_free(a);
}

static void thoughts_stand_where_the_template_looks_for_them(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_request *r = talk(a);
	struct template_way way = { .thoughts = TEMPLATE_THOUGHT_KEY, .thought_key = "thinking" };
	assert_string_equal(SHOWN(way, "messages.2.thinking"), "Hm.");
	way.thinks_text = true;
	assert_string_equal(SHOWN(way, "messages.2.thinking"), "Hm.Twice.");
	assert_string_equal(SHOWN(way, "messages.2.content"), "");
	way = (struct template_way){ .thoughts = TEMPLATE_THOUGHT_PART };
	assert_string_equal(SHOWN(way, "messages.2.content.0.thinking"), "Hm.");
	assert_string_equal(SHOWN(way, "messages.2.content.1.text"), "Twice.");
	chat_request_free(r);
	arena_free(a);
}

static void earlier_thoughts_are_shown_as_the_family_likes_it(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_request *r = talk(a);
	struct template_way way = { .thoughts = TEMPLATE_THOUGHT_KEY,
		.thought_key = "reasoning",
		.replay = FAMILY_REPLAY_WITHIN_TURN };
	assert_string_equal(SHOWN(way, "messages.2.reasoning"), "Hm.");
	chat_add_text(r, CHAT_USER, STR("Thanks."));
	assert_string_equal(SHOWN(way, "messages.2.reasoning"), "-");
	assert_string_equal(SHOWN(way, "preserve_thinking"), "-");
	way.replay = FAMILY_REPLAY_FULL;
	assert_string_equal(SHOWN(way, "messages.2.reasoning"), "Hm.");
	assert_string_equal(SHOWN(way, "preserve_thinking"), "true");
	way.replay = FAMILY_REPLAY_NONE;
	assert_string_equal(SHOWN(way, "messages.2.reasoning"), "-");
	chat_request_free(r);
	arena_free(a);
}

static void effort_is_told_under_the_names_that_templates_know(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_request *r = talk(a);
	struct template_way way = { .has_no_medium = true };
	assert_string_equal(SHOWN(way, "enable_thinking"), "-");
	r->reasoning_effort = STR("medium");
	assert_string_equal(SHOWN(way, "reasoning_effort"), "high");
	assert_string_equal(SHOWN(way, "enable_thinking"), "true");
	r->reasoning_effort = STR("none");
	assert_string_equal(SHOWN(way, "reasoning_effort"), "-");
	assert_string_equal(SHOWN(way, "enable_thinking"), "false");
	assert_string_equal(SHOWN(way, "thinking"), "false");
	chat_request_free(r);
	arena_free(a);
}

static void dropped_calls_are_written_into_the_words(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_request *r = talk(a);
	struct template_way way = { .writes_calls = tool_format_find(STR("lfm-python")) };
	assert_string_equal(SHOWN(way, "messages.2.tool_calls"), "-");
	assert_string_equal(SHOWN(way, "messages.2.content"),
		"Twice.<|tool_call_start|>[look(n=1), look(n=1)]<|tool_call_end|>");
	chat_request_free(r);
	arena_free(a);
}

static void tools_are_given_as_the_template_takes_them(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_request *r = talk(a);
	struct template_way way = { .tools = TEMPLATE_FUNCTIONS, .defines_functions = true };
	assert_string_equal(SHOWN(way, "tools"), "-");
	assert_true(str_starts(str_z(SHOWN(way, "functions")), STR("[{\"type\": \"function\"")));
	way.tools = TEMPLATE_XML_TOOLS;
	assert_string_equal(SHOWN(way, "xml_tools.0.function.name"), "look");
	way.tools = TEMPLATE_TOOLS;
	r->tool_choice = CHAT_CHOICE_NONE;
	assert_string_equal(SHOWN(way, "tools"), "-");
	chat_request_free(r);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_carry_the_id_that_their_call_was_given),
		cmocka_unit_test(each_call_gets_a_turn_where_there_may_be_one_only),
		cmocka_unit_test(thoughts_stand_where_the_template_looks_for_them),
		cmocka_unit_test(earlier_thoughts_are_shown_as_the_family_likes_it),
		cmocka_unit_test(effort_is_told_under_the_names_that_templates_know),
		cmocka_unit_test(dropped_calls_are_written_into_the_words),
		cmocka_unit_test(tools_are_given_as_the_template_takes_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
