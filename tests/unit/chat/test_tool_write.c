#include "../unit.h"

#include "base/limits.h"
#include "chat/tool_write.h"

/* Calls as the makers' templates have them: two parameters, one of them a string with
 * quotes in it. */
static const struct {
	const char *row, *arguments, *written;
} cases[] = {
	{ "hermes", "{\"path\": \"a \\\"q\\\".txt\", \"mode\": 420}",
		"<tool_call>\n{\"name\": \"f\", \"arguments\": {\"path\": \"a \\\"q\\\".txt\", "
		"\"mode\": "
		"420}}\n</tool_call>" },
	{ "qwen-xml", "{\"path\": \"a \\\"q\\\".txt\", \"mode\": 420}",
		"<tool_call>\n<function=f>\n<parameter=path>\na \"q\".txt\n</parameter>\n"
		"<parameter=mode>\n420\n</parameter>\n</function>\n</tool_call>" },
	{ "lfm-python",
		"{\"path\": \"a \\\"q\\\".txt\", \"mode\": 420, \"deep\": null, \"on\": true}",
		"<|tool_call_start|>[f(path='a \"q\".txt', mode=420, deep=None, on=True)]"
		"<|tool_call_end|>" },
	{ "lfm-python", "{\"a\": [\"it's\", \"b\\n\"], \"b\": {\"k\": \"'\\\"\\\\\"}}",
		"<|tool_call_start|>[f(a=[\"it's\", 'b\\n'], b={'k': "
		"'\\'\"\\\\'})]<|tool_call_end|>" },
	{ "gemma", "{\"mode\": 420, \"path\": \"a \\\"q\\\".txt\", \"in\": {\"l\": [1, \"x\"]}}",
		"<|tool_call>call:f{mode:420,path:<|\"|>a \"q\".txt<|\"|>,in:{l:[1,<|\"|>x<|\"|>]}}"
		"<tool_call|>" },
	{ "kimi", "{\"mode\": 420}",
		"<|tool_calls_section_begin|><|tool_call_begin|>functions.f:7<|tool_call_argument_"
		"begin|>"
		"{\"mode\": 420}<|tool_call_end|><|tool_calls_section_end|>" },
	{ "kimi-open", "{\"k\": \"v\", \"n\": 1.5}",
		"<|open|>tools<|sep|><|open|>call tool=\"f\" index=\"1\"<|sep|><|open|>argument "
		"key=\"k\" "
		"type=\"string\"<|sep|>v<|close|>argument<|sep|><|open|>argument key=\"n\" "
		"type=\"number\"<|sep|>1.5<|close|>argument<|sep|><|close|>call<|sep|>"
		"<|close|>tools<|sep|>" },
	{ "mistral-id", "{}", "[TOOL_CALLS]f[CALL_ID]abcdefghi[ARGS]{}" },
	{ "minimax-elements", "{\"p\": [{\"a\": \"x\"}, 2]}",
		"]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke "
		"name=\"f\">]<]minimax[>[<p>]<]minimax[>["
		"<item>]<]minimax[>[<a>x]<]minimax[>[</a>]<]minimax[>[</item>]<]minimax[>[<item>2"
		"]<]minimax[>[</item>]<]minimax[>[</p>]<]minimax[>[</invoke>\n]<]minimax[>[</"
		"tool_call>" },
	{ "dsml-tools", "{\"k\": \"v\", \"n\": [1]}",
		"<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"f\">\n<｜DSML｜parameter name=\"k\" "
		"string=\"true\">v</｜DSML｜parameter>\n<｜DSML｜parameter name=\"n\" "
		"string=\"false\">[1]</｜DSML｜parameter>\n</｜DSML｜invoke>\n</"
		"｜DSML｜tool_calls>" },
};

static void write_one(const char *row, const json_t *arguments, size_t count, struct buf *out)
{
	const struct tool_written call = { STR("f"), STR("abcdefghi"), arguments };
	const struct tool_written calls[] = { call, call };
	const struct tool_format *f = tool_format_find(str_z(row));
	enum { BEFORE = 7 };
	assert_non_null(f);
	buf_reset(out);
	tool_write_calls(f, calls, count, BEFORE, out);
}

static void a_call_is_written_as_the_family_has_it(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, MIB);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		json_t *arguments = js_parse(str_z(cases[i].arguments), LAYER_CLIENT, NULL);
		write_one(cases[i].row, arguments, 1, &out);
		assert_string_equal(buf_z(&out), cases[i].written);
		json_decref(arguments);
	}
	buf_clear(&out);
}

static void two_calls_share_their_section(void **state)
{
	(void)state;
	struct buf out;
	json_t *none = json_object();
	buf_init(&out, MIB);
	write_one("command-list", none, 2, &out);
	assert_str(buf_str(&out),
		"<|START_ACTION|>[\n    {\"tool_call_id\": \"7\", \"tool_name\": \"f\", "
		"\"parameters\": "
		"{}},\n    {\"tool_call_id\": \"8\", \"tool_name\": \"f\", \"parameters\": {}}\n]"
		"<|END_ACTION|>");
	write_one("lfm-python", none, 2, &out);
	assert_str(buf_str(&out), "<|tool_call_start|>[f(), f()]<|tool_call_end|>");
	json_decref(none);
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_written_as_the_family_has_it),
		cmocka_unit_test(two_calls_share_their_section),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
