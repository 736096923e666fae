#include "../unit.h"

#include "../record.h"

#include <string.h>

#include "chat/tool_format.h"

struct golden {
	const char *said;
	const char *events;
	unsigned how;
	bool is_cut;
};

/* The ids of the first two calls with the seed of these tests. */
#define ID0 "cmrhxu4rq"
#define ID1 "p7gaqros7"
#define ID2 "6mv36uypr"

static const struct golden goldens[] = {
	{ .said = "Hello there.", .events = "text Hello there." },
	{ .said = " \n Hello \n", .events = "text Hello \n" },
	{ .said = "<tool_call>\n{\"name\": \"write\", \"arguments\": {\"path\": \"a\", "
		  "\"content\": \"x}\\\"</tool_call>\"}}\n</tool_call>",
		.events = "tool_begin 0 " ID0 " write\ntool_args {\"path\": \"a\", \"content\": "
			  "\"x}\\\"</tool_call>\"}\ntool_end 0" },
	{ .said = "Let "
		  "me.\n\n<tool_call>{\"name\":\"f\",\"arguments\":{}}</"
		  "tool_call>\n<tool_call>{\"name\":\"g\",\"arguments\":{\"a\":[1,{\"b\":2}]}}</"
		  "tool_call>\nDone it.",
		.events = "text Let me.\ntool_begin 0 " ID0
			  " f\ntool_args {}\ntool_end 0\ntool_begin 1 " ID1
			  " g\ntool_args {\"a\":[1,{\"b\":2}]}\ntool_end 1\ntext Done it." },
	{ .said = "<think>\nhm <b>\n</think>\n\nYes, a < b and <tool is no mark.",
		.events = "think hm <b>\ntext Yes, a < b and <tool is no mark." },
	{ .said = "hm\n</think>\nok", .events = "think hm\ntext ok", .how = TOOL_READ_IN_THOUGHT },
	{ .said = "so I <tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>",
		.events = "think so I\ntool_begin 0 " ID0 " f\ntool_args {}\ntool_end 0",
		.how = TOOL_READ_IN_THOUGHT },
	{ .said = "<tool_call>{\"arguments\": {\"a\": 1}, \"name\": \"f\"}</tool_call>",
		.events = "tool_begin 0 " ID0 " f\ntool_args {\"a\": 1}\ntool_end 0" },
	{ .said = "<tool_call>{\"name\":\"f\",\"parameters\":{\"a\":\"\xe2\x82\xac\"}}</tool_call>",
		.events =
			"tool_begin 0 " ID0 " f\ntool_args {\"a\":\"\xe2\x82\xac\"}\ntool_end 0" },
	{ .said = "<tool_call>{\"name\":\"f\",\"arguments\":\"{\\\"a\\\": 1}\"}</tool_call>",
		.events = "tool_begin 0 " ID0 " f\ntool_args {\"a\": 1}\ntool_end 0" },
	{ .said = "<tool_call>{\"arguments\":\"{\\\"a\\\": 1}\",\"name\":\"f\"}</tool_call>",
		.events = "tool_begin 0 " ID0 " f\ntool_args {\"a\": 1}\ntool_end 0" },
	{ .said = "<tool_call>{\"name\":\"f\"}</tool_call>",
		.events = "tool_begin 0 " ID0 " f\ntool_args {}\ntool_end 0" },
	{ .said = "<tool_call>{\"id\": 0, "
		  "\"name\":\"f\",\"x\":[{\"name\":\"no\"}],\"arguments\":{}}",
		.events = "tool_begin 0 " ID0 " f\ntool_args {}\ntool_end 0" },
	{ .said = "<tool_call>{\"name\":\"f\",\"arguments\":{\"a\": \"cut he",
		.events = "tool_begin 0 " ID0 " f\ntool_args {\"a\": \"cut he",
		.is_cut = true },
	{ .said = "the end is a mark's beginning <tool_",
		.events = "text the end is a mark's beginning <tool_" },
	{ .said = "caf\xc3\xa9 \xf0\x9f\x98\x80", .events = "text caf\xc3\xa9 \xf0\x9f\x98\x80" },
	{ .said = "see <think> here", .events = "text see <think> here" },
	{ .said = "<tool_call>\n```json\n{\"name\": \"f\", \"arguments\": "
		  "{}}\n```\n</tool_call></tool_call>\nDone",
		.events = "tool_begin 0 " ID0 " f\ntool_args {}\ntool_end 0\ntext Done" },
	{ .said = "<tool_call>{\"name\":\"f\",\"arguments\":{}}}</tool>"
		  "<tool_call>{\"name\":\"g\"}\n<tool_call>{\"name\":\"h\"}",
		.events = "tool_begin 0 " ID0 " f\ntool_args {}\ntool_end 0\ntool_begin 1 " ID1
			  " g\ntool_args {}\ntool_end 1\ntool_begin 2 " ID2
			  " h\ntool_args {}\ntool_end 2" },
	{ .said = "{\"name\": \"f\", \"arguments\": {\"a\": \"}\"}}\nok",
		.events = "tool_begin 0 " ID0 " f\ntool_args {\"a\": \"}\"}\ntool_end 0\ntext ok" },
	{ .said = "Sure:\n```json\n{ \"name\" : \"f\", \"parameters\": {}}\n```\nDone",
		.events =
			"text Sure:\ntool_begin 0 " ID0 " f\ntool_args {}\ntool_end 0\ntext Done" },
	{ .said = "{\"name\": \"Bob\", \"age\": 3} and ```c\nint x;\n``` and {\"name\": 1}",
		.events =
			"text {\"name\": \"Bob\", \"age\": 3} and ```c\nint x;\n``` and {\"name\": "
			"1}" },
	{ .said = "{\"name\": \"f\", \"arguments\": {",
		.events = "text {\"name\": \"f\", \"arguments\": {" },
	{ .said = "<tool_call>{\"name\":\"f\",\"arguments\":{'a': True, \"b\": "
		  "\"x\ny\\d\",}}</tool_call>",
		.events = "tool_begin 0 " ID0
			  " f\ntool_args {\"a\": true, \"b\": \"x\\ny\\\\d\"}\ntool_end 0" },
	{ .said = "<tool_call>{\"name\":\"f\",\"arguments\":null}</tool_call> a\xff",
		.events = "tool_begin 0 " ID0 " f\ntool_args {}\ntool_end 0\ntext a\xef\xbf\xbd" },
	{ .said = "{\"a\": \"<tool_call>x\"}",
		.events = "text {\"a\": \"<tool_call>x\"}",
		.how = TOOL_READ_VALUE },
	{ .said = "hm</think>\n<tool_call>{\"name\":\"f\"}</tool_call>",
		.events = "think hm\ntool_begin 0 " ID0 " f\ntool_args {}\ntool_end 0",
		.how = TOOL_READ_VALUE | TOOL_READ_IN_THOUGHT },
	{ .said = "</tool_call>Hello </tool_call> there", .events = "text Hello  there" },
};

/* Fed in three pieces cut at i and j. */
static bool read_cut(const struct golden *g, size_t i, size_t j, struct record *log, struct err *e)
{
	struct chat_sink sink = record_sink(log);
	struct str said = str_z(g->said);
	struct tool_reader *r = tool_reader_new(&tool_format_hermes, NULL, 7, g->how, NULL, sink);
	bool ok = tool_reader_feed(r, str_sub(said, 0, i), e) &&
		  tool_reader_feed(r, str_sub(said, i, j), e) &&
		  tool_reader_feed(r, str_from(said, j), e) && tool_reader_end(r, g->is_cut, e);
	tool_reader_free(r);
	return ok;
}

static void every_cut_gives_the_same_events(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof goldens / sizeof goldens[0]; k++) {
		size_t n = strlen(goldens[k].said);
		for (size_t i = 0; i <= n; i++)
			for (size_t j = i; j <= n; j += 1 + (j - i) / 8) {
				struct record log;
				struct err e = { 0 };
				record_init(&log);
				assert_true(read_cut(&goldens[k], i, j, &log, &e));
				assert_string_equal(buf_z(&log.text), goldens[k].events);
				record_clear(&log);
			}
	}
}

static void what_cannot_be_read_is_a_fault_with_the_raw_text(void **state)
{
	(void)state;
	const char *bad[] = {
		"<tool_call>write a.txt</tool_call>",
		"<tool_call>{\"arguments\":{}}</tool_call>",
		"<tool_call>{\"name\":5,\"arguments\":{}}</tool_call>",
		"<tool_call>{\"name\":\"f\",\"arguments\":}</tool_call>",
		"<tool_call>{\"name\":\"f\",\"arguments\":{\"a\": 1",
		"<tool_call>{\"name\":\"f\",\"arguments\":[]}</tool_call>",
		"<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":1,\"a\":2}}</tool_call>",
		"<tool_call>{\"name\":\"f\",\"name\":\"g\",\"arguments\":{}}</tool_call>",
		"<tool_call>{name:\"f\"}</tool_call>",
	};
	for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
		struct record log;
		struct err e = { 0 };
		struct golden g = { .said = bad[k] };
		record_init(&log);
		assert_false(read_cut(&g, 3, 12, &log, &e));
		assert_err(e, ERR_BAD_DATA, LAYER_PARSE);
		assert_null(strstr(buf_z(&log.text), "<tool"));
		record_clear(&log);
	}
}

static void tolerances_are_noted_in_the_trace(void **state)
{
	(void)state;
	struct record log;
	struct err e = { 0 };
	struct trace *t = trace_new();
	record_init(&log);
	struct tool_reader *r = tool_reader_new(
		&tool_format_hermes, NULL, 7, TOOL_READ_WORDS, t, record_sink(&log));
	assert_true(
		tool_reader_feed(r, STR("<tool_call>{\"name\":\"f\",\"parameters\":\"{}\"}"), &e));
	assert_int_equal(tool_reader_calls(r), 1);
	assert_true(tool_reader_end(r, false, &e));
	assert_int_equal(trace_count(t), 3);
	tool_reader_free(r);
	trace_free(t);
	record_clear(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cut_gives_the_same_events),
		cmocka_unit_test(what_cannot_be_read_is_a_fault_with_the_raw_text),
		cmocka_unit_test(tolerances_are_noted_in_the_trace),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
