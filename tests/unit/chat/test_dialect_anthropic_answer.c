#include "../record.h"
#include "../unit.h"

#include <string.h>

#include "base/limits.h"
#include "chat/dialect.h"

/* ---- reading ---- */

/* Feeds the pieces, one a line, then the end. */
static void expect_stream(const char *lines, const char *events)
{
	struct record r;
	record_init(&r);
	struct dialect_reader *rd = dialect_anthropic.reader_new(record_sink(&r));
	struct str rest = str_z(lines), line;
	while (str_cut(&rest, '\n', &line))
		dialect_anthropic.read_piece(rd, STR(""), line);
	dialect_anthropic.read_end(rd, NULL);
	dialect_anthropic.reader_free(rd);
	assert_true(r.is_over);
	assert_false(r.is_wrong);
	if (strcmp(buf_z(&r.text), events) != 0)
		print_message("%s\n%s\n", lines, r.fault.what);
	assert_string_equal(buf_z(&r.text), events);
	record_clear(&r);
}

static void expect_document(const char *body, const char *events)
{
	struct record r;
	record_init(&r);
	struct dialect_reader *rd = dialect_anthropic.reader_new(record_sink(&r));
	dialect_anthropic.read_document(rd, str_z(body));
	dialect_anthropic.reader_free(rd);
	assert_string_equal(buf_z(&r.text), events);
	record_clear(&r);
}

#define BEGIN                                                                                      \
	"{\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"usage\":{\"input_tokens\":4," \
	"\"cache_read_input_tokens\":3,\"cache_creation_input_tokens\":2,\"output_tokens\":1}}}\n"
#define OPEN(index, block)                                                                         \
	"{\"type\":\"content_block_start\",\"index\":" index ",\"content_block\":{" block "}}\n"
#define DELTA(index, delta)                                                                        \
	"{\"type\":\"content_block_delta\",\"index\":" index ",\"delta\":{" delta "}}\n"
#define CLOSE(index) "{\"type\":\"content_block_stop\",\"index\":" index "}\n"
#define TEXT(index, text)                                                                          \
	OPEN(index, "\"type\":\"text\",\"text\":\"\"")                                             \
	DELTA(index, "\"type\":\"text_delta\",\"text\":\"" text "\"") CLOSE(index)
#define CALL(index, id, name)                                                                      \
	OPEN(index, "\"type\":\"tool_use\",\"id\":\"" id "\",\"name\":\"" name "\",\"input\":{}")
#define ARGS(index, json)                                                                          \
	DELTA(index, "\"type\":\"input_json_delta\",\"partial_json\":\"" json "\"")
#define END(reason)                                                                                \
	"{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"" reason                         \
	"\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":7,\"output_tokens_details\":{"    \
	"\"thinking_tokens\":5}}}\n"
#define OVER  "{\"type\":\"message_stop\"}"
#define USAGE "usage 9 3 7 5\n"

static void text_thoughts_and_usage_are_told(void **state)
{
	(void)state;
	expect_stream(BEGIN
		"{\"type\":\"ping\"}\n" OPEN("0", "\"type\":\"thinking\",\"thinking\":\"\","
						  "\"signature\":\"\"")
			DELTA("0", "\"type\":\"thinking_delta\",\"thinking\":\"h\"")
				DELTA("0", "\"type\":\"thinking_delta\",\"thinking\":\"m\"") DELTA(
					"0", "\"type\":\"signature_delta\",\"signature\":\"c2ln\"")
					CLOSE("0") OPEN("1", "\"type\":\"redacted_thinking\","
							     "\"data\":\"QQ\"") CLOSE("1")
						TEXT("2", "Hi") END("end_turn") OVER,
		"think hm\nseal c2ln\nseal alone QQ\ntext Hi\n" USAGE "stop end");
}

/* Upstreams were seen to begin again when they had asked another one in between. */
static void a_second_beginning_changes_nothing(void **state)
{
	(void)state;
	expect_stream(
		BEGIN BEGIN TEXT("0", "Hi") END("end_turn") OVER, "text Hi\n" USAGE "stop end");
	expect_stream(
		BEGIN TEXT("0", "Hi") BEGIN END("end_turn") OVER, "text Hi\n" USAGE "stop end");
}

static void keep_alive(void *owner, const struct chat_event *event)
{
	if (event->type == CHAT_ALIVE)
		*(struct chat_alive *)owner = event->alive;
}

static struct chat_alive alive_after(const char *piece)
{
	struct chat_alive alive = { -1, -1 };
	struct dialect_reader *rd =
		dialect_anthropic.reader_new((struct chat_sink){ keep_alive, &alive });
	dialect_anthropic.read_piece(rd, STR(""), str_z(piece));
	dialect_anthropic.reader_free(rd);
	return alive;
}

#define GUESS "{\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":12}}"

static void a_guess_at_the_prompt_is_not_told_as_known(void **state)
{
	(void)state;
	assert_int_equal(alive_after(GUESS "}").prompt_tokens, 12);
	assert_int_equal(alive_after(GUESS ",\"is_estimate\":true}").prompt_tokens, 0);
}

static void calls_come_in_many_shapes(void **state)
{
	(void)state;
	const char *one = "tool_begin 0 t1 f\ntool_args {\"a\":1}\ntool_end 0\n" USAGE "stop calls";
	expect_stream(BEGIN CALL("0", "t1", "f") ARGS("0", "") ARGS("0", "{\\\"a\\\"")
			      ARGS("0", ":1}") CLOSE("0") END("tool_use") OVER,
		one);
	/* all of it at once; another reason; no message_stop */
	expect_stream(
		BEGIN OPEN("0", "\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{"
				"\"a\":1}") CLOSE("0") END("end_turn"),
		one);
	/* no arguments, before and at the end of an answer */
	expect_stream(BEGIN CALL("0", "t1", "f") CLOSE("0") CALL("1", "t2", "g") ARGS("1", "{}")
			      CLOSE("1") END("tool_use") OVER,
		"tool_begin 0 t1 f\ntool_args {}\ntool_end 0\n"
		"tool_begin 1 t2 g\ntool_args {}\ntool_end 1\n" USAGE "stop calls");
	expect_stream(BEGIN CALL("0", "t1", "f") CLOSE("0") TEXT("1", "so") CALL("2", "t2", "g")
			      CLOSE("2") END("tool_use") OVER,
		"tool_begin 0 t1 f\ntool_args {}\ntool_end 0\ntext so\n"
		"tool_begin 1 t2 g\ntool_args {}\ntool_end 1\n" USAGE "stop calls");
	/* several open at once */
	expect_stream(BEGIN CALL("0", "t1", "f") CALL("1", "t2", "g") ARGS("1", "{\\\"b\\\":2}")
			      ARGS("0", "{\\\"a\\\":1}") CLOSE("0") CLOSE("1") END("tool_use") OVER,
		"tool_begin 0 t1 f\ntool_args {\"a\":1}\ntool_end 0\n"
		"tool_begin 1 t2 g\ntool_args {\"b\":2}\ntool_end 1\n" USAGE "stop calls");
}

static void what_runs_at_the_provider_is_no_call(void **state)
{
	(void)state;
	expect_stream(BEGIN OPEN("0", "\"type\":\"server_tool_use\",\"id\":\"s\",\"name\":"
				      "\"web_search\",\"input\":{}") ARGS("0", "{\\\"q\\\":1}")
			      CLOSE("0") OPEN("1", "\"type\":\"web_search_tool_result\","
						   "\"content\":[]")
				      CLOSE("1") "{\"type\":\"later_event\",\"x\":1}\n" TEXT(
					      "2", "found") END("end_turn") OVER,
		"text found\n" USAGE "stop end");
}

static void why_it_ended(void **state)
{
	(void)state;
	static const struct {
		const char *reason, *stop;
	} cases[] = { { "end_turn", "end" }, { "max_tokens", "length" }, { "refusal", "filter" },
		{ "pause_turn", "end" }, { "model_context_window_exceeded", "length" },
		{ "something_new", "end" } };
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char lines[1024], events[256];
		snprintf(lines, sizeof lines,
			BEGIN TEXT("0", "x") "{\"type\":\"message_delta\",\"delta\":{"
					     "\"stop_reason\":\"%s\"},\"usage\":{"
					     "\"output_tokens\":7,\"output_tokens_details\":{"
					     "\"thinking_tokens\":5}}}\n" OVER,
			cases[i].reason);
		snprintf(events, sizeof events, "text x\n" USAGE "stop %s", cases[i].stop);
		expect_stream(lines, events);
	}
	expect_stream(BEGIN TEXT("0", "x") "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
					   "\"stop_sequence\",\"stop_sequence\":\"END\"},\"usage\":"
					   "{\"output_tokens\":7,\"output_tokens_details\":{"
					   "\"thinking_tokens\":5}}}\n" OVER,
		"text x\n" USAGE "stop end at END");
	/* the limit cuts a call: it never ends */
	expect_stream(BEGIN CALL("0", "t1", "f") ARGS("0", "{\\\"a\\\":") CLOSE("0")
			      END("max_tokens") OVER,
		"tool_begin 0 t1 f\ntool_args {\"a\":\n" USAGE "stop length");
}

static void faults_are_told_once_with_what_was_counted(void **state)
{
	(void)state;
	static const struct {
		const char *type, *fail;
	} cases[] = { { "overloaded_error", "busy wire" }, { "rate_limit_error", "busy wire" },
		{ "api_error", "upstream wire" }, { "authentication_error", "denied route" },
		{ "not_found_error", "not_found route" }, { "request_too_large", "too_big wire" },
		{ "invalid_request_error", "usage wire" }, { "new_error", "upstream wire" } };
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char lines[1024], events[256];
		snprintf(lines, sizeof lines,
			BEGIN TEXT("0", "x") "{\"type\":\"error\",\"error\":{\"type\":\"%s\","
					     "\"message\":\"m\"}}\n" OVER,
			cases[i].type);
		snprintf(events, sizeof events, "text x\nusage 9 3 1 0\nfail %s", cases[i].fail);
		expect_stream(lines, events);
	}
	expect_stream("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\","
		      "\"message\":\"prompt is too long: 9 tokens > 8 maximum\"}}",
		"fail context_exceeded prompt");
	expect_stream(BEGIN TEXT("0", "x"), "text x\nusage 9 3 1 0\nfail cut wire");
	expect_stream(BEGIN END("end_turn") OVER, USAGE "fail upstream parse");
	expect_stream("<html>", "fail bad_data wire");
	expect_stream(BEGIN CALL("0", "t1", "f") ARGS("0", "[1]") CLOSE("0") END("tool_use") OVER,
		"tool_begin 0 t1 f\n"
		"usage 9 3 1 0\nfail bad_data parse");
}

static void a_whole_document_is_read(void **state)
{
	(void)state;
	expect_document(
		"{\"type\":\"message\",\"id\":\"m\",\"content\":[{\"type\":\"thinking\","
		"\"thinking\":\"hm\",\"signature\":\"s\"},{\"type\":\"text\",\"text\":\"hi\"},"
		"{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"f\",\"input\":{}}],"
		"\"stop_reason\":\"tool_use\",\"usage\":{\"input_tokens\":3,\"output_tokens\":2}}",
		"think hm\nseal s\ntext hi\ntool_begin 0 t1 f\ntool_args {}\ntool_end 0\n"
		"usage 3 0 2 0\nstop calls");
	expect_document("{\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"m\"}}",
		"fail upstream wire");
	expect_document("{\"type\":\"message\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}",
		"text x\nfail cut wire");
	expect_document("5", "fail bad_data wire");
}

/* ---- writing ---- */

struct writing {
	struct dialect_writer *writer;
	struct buf out;
	struct chat_alive alive;
	struct chat_block words;
	struct chat_message message;
	struct chat_request request;
};

static void writing_init(struct writing *w, bool is_stream, bool hides_thoughts)
{
	w->alive = (struct chat_alive){ 0 };
	w->words = (struct chat_block){ .text = STR("A guess makes it 12 tokens, .") };
	w->message = (struct chat_message){ .blocks = &w->words, .block_count = 1 };
	w->request = (struct chat_request){ .messages = &w->message, .message_count = 1 };
	w->writer = dialect_anthropic.writer_new(&(struct dialect_answer){ .id = STR("t1"),
		.model = STR("m\"x"),
		.is_stream = is_stream,
		.hides_thoughts = hides_thoughts,
		.request = &w->request,
		.alive = &w->alive });
	buf_init(&w->out, 16 * MIB);
}

static void writing_clear(struct writing *w)
{
	dialect_anthropic.writer_free(w->writer);
	buf_clear(&w->out);
}

static void write_event(void *owner, const struct chat_event *event)
{
	struct writing *w = owner;
	dialect_anthropic.write(w->writer, event, &w->out);
}

static struct chat_sink writing_sink(struct writing *w)
{
	return (struct chat_sink){ write_event, w };
}

static void say_all(struct chat_sink sink)
{
	struct chat_usage usage = { .prompt_tokens = 9,
		.cached_tokens = 4,
		.stored_tokens = 2,
		.answer_tokens = 5,
		.thinking_tokens = 1 };
	chat_send_think(sink, STR("hm"));
	chat_send(sink, &(struct chat_event){
				.type = CHAT_SEAL, .text = STR("s"), .origin = STR("api.x") });
	chat_send_seal(sink, STR("QQ"), true);
	chat_send_text(sink, STR("a\nb"));
	chat_send_tool_begin(sink, 0, STR("id1"), STR("f"));
	chat_send_tool_args(sink, 0, STR("{\"x\":1}"));
	chat_send_tool_end(sink, 0);
	chat_send_usage(sink, &usage);
	chat_send_stop(sink, CHAT_STOP_END);
	chat_send_text(sink, STR("too late"));
}

#define PIECE(type, members) "event: " type "\ndata: {\"type\":\"" type "\"" members "}\n\n"
#define NO_TOKENS                                                                                  \
	",\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0,\"output_tokens\":0,"    \
	"\"output_tokens_details\":{\"thinking_tokens\":0}}"
#define START(input, mark)                                                                         \
	PIECE("message_start",                                                                     \
		",\"message\":{\"id\":\"msg_t1\",\"type\":\"message\",\"role\":\"assistant\","     \
		"\"model\":\"m\\\"x\",\"content\":[],\"stop_reason\":null,\"stop_sequence\":null," \
		"\"usage\":{\"input_tokens\":" input NO_TOKENS "}" mark)
#define ALL_TOKENS                                                                                 \
	",\"usage\":{\"input_tokens\":3,\"cache_creation_input_tokens\":2,"                        \
	"\"cache_read_input_tokens\":4,\"output_tokens\":5,\"output_tokens_details\":{"            \
	"\"thinking_tokens\":1}}"

static void a_stream_is_written_as_the_reference_has_it(void **state)
{
	(void)state;
	struct writing w;
	writing_init(&w, true, false);
	w.alive.prompt_tokens = 9;
	chat_send_alive(writing_sink(&w), 3, 9);
	say_all(writing_sink(&w));
	assert_string_equal(buf_z(&w.out),
		START("9", "") PIECE("ping", "") PIECE("content_block_start",
			",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\","
			"\"signature\":\"\"}") PIECE("content_block_delta",
			",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}")
			PIECE("content_block_delta",
				",\"index\":0,\"delta\":{\"type\":\"signature_delta\","
				"\"signature\":\"offgrid/api.x/s\"}") PIECE("content_block_stop",
				",\"index\":0") PIECE("content_block_start",
				",\"index\":1,\"content_block\":{\"type\":"
				"\"redacted_thinking\",\"data\":\"QQ\"}")
				PIECE("content_block_stop", ",\"index\":1")
					PIECE("content_block_start",
						",\"index\":2,\"content_block\":{\"type\":\"text\","
						"\"text\":\"\"}") PIECE("content_block_delta",
						",\"index\":2,\"delta\":{\"type\":\"text_delta\","
						"\"text\":\"a\\nb\"}") PIECE("content_block_stop",
						",\"index\":2") PIECE("content_block_start",
						",\"index\":3,\"content_block\":{\"type\":"
						"\"tool_use\",\"id\":\"id1\",\"name\":"
						"\"f\",\"input\":{}}") PIECE("content_block_delta",
						",\"index\":3,\"delta\":{\"type\":"
						"\"input_json_delta\",\"partial_"
						"json\":\"{\\\"x\\\":1}\"}")
						PIECE("content_block_stop", ",\"index\":3")
							PIECE("message_delta", ",\"delta\":{"
									       "\"stop_reason\":"
									       "\"tool_use\","
									       "\"stop_sequence\":"
									       "null}" ALL_TOKENS)
								PIECE("message_stop", ""));
	writing_clear(&w);
}

static void a_whole_answer_is_written_at_its_end(void **state)
{
	(void)state;
	struct writing w;
	writing_init(&w, false, false);
	chat_send_alive(writing_sink(&w), 3, 9);
	say_all(writing_sink(&w));
	assert_string_equal(buf_z(&w.out),
		"{\"id\":\"msg_t1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":"
		"\"m\\\"x\""
		",\"content\":[{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":"
		"\"offgrid/api.x/s\"},{\"type\":\"redacted_thinking\",\"data\":\"QQ\"},{\"type\":"
		"\"text\",\"text\":\"a\\nb\"},{\"type\":\"tool_use\",\"id\":\"id1\",\"name\":\"f\","
		"\"input\":{\"x\":1}}],\"stop_reason\":\"tool_use\",\"stop_sequence\":"
		"null" ALL_TOKENS "}");
	writing_clear(&w);
	/* a call that was cut is none */
	writing_init(&w, false, false);
	chat_send_text(writing_sink(&w), STR("x"));
	chat_send_tool_begin(writing_sink(&w), 0, STR("id1"), STR("f"));
	chat_send_tool_args(writing_sink(&w), 0, STR("{\"x\":"));
	chat_send_stop(writing_sink(&w), CHAT_STOP_LENGTH);
	assert_non_null(strstr(buf_z(&w.out), "\"content\":[{\"type\":\"text\",\"text\":\"x\"}],"
					      "\"stop_reason\":\"max_tokens\""));
	writing_clear(&w);
}

static void a_prompt_that_nobody_counted_is_guessed_and_marked(void **state)
{
	(void)state;
	struct writing w;
	writing_init(&w, true, false);
	chat_send_text(writing_sink(&w), STR("12345678"));
	chat_send_stop(writing_sink(&w), CHAT_STOP_END);
	assert_true(str_starts(buf_str(&w.out), STR(START("12", ",\"is_estimate\":true"))));
	assert_non_null(strstr(buf_z(&w.out),
		"\"usage\":{\"input_tokens\":12,\"cache_creation_input_tokens\":0,"
		"\"cache_read_input_tokens\":0,\"output_tokens\":3,\"output_tokens_details\":{"
		"\"thinking_tokens\":0},\"is_estimate\":true}"));
	writing_clear(&w);
}

static void thoughts_are_hidden_from_those_who_do_not_ask(void **state)
{
	(void)state;
	for (int is_stream = 0; is_stream < 2; is_stream++) {
		struct writing w;
		writing_init(&w, is_stream, true);
		say_all(writing_sink(&w));
		assert_null(strstr(buf_z(&w.out), "\"thinking\""));
		assert_null(strstr(buf_z(&w.out), "redacted"));
		assert_null(strstr(buf_z(&w.out), "signature"));
		assert_null(strstr(buf_z(&w.out), "\"index\":2"));
		writing_clear(&w);
	}
}

static void the_stop_reason_follows_from_what_was_said(void **state)
{
	(void)state;
	static const struct {
		struct chat_event event;
		const char *reason;
	} cases[] = {
		{ { .stop = CHAT_STOP_CALLS }, "\"end_turn\",\"stop_sequence\":null" },
		{ { .stop = CHAT_STOP_END }, "\"end_turn\",\"stop_sequence\":null" },
		{ { .stop = CHAT_STOP_END, .text = { "E\"", 2 } },
			"\"stop_sequence\",\"stop_sequence\":\"E\\\"\"" },
		{ { .stop = CHAT_STOP_LENGTH }, "\"max_tokens\"" },
		{ { .stop = CHAT_STOP_FILTER }, "\"refusal\"" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct writing w;
		struct chat_event event = cases[i].event;
		event.type = CHAT_STOP;
		writing_init(&w, i % 2 == 0, false);
		chat_send_text(writing_sink(&w), STR("x"));
		chat_send(writing_sink(&w), &event);
		const char *at = strstr(buf_z(&w.out), cases[i].reason);
		assert_non_null(at);
		writing_clear(&w);
	}
}

static void a_failure_is_an_error_of_its_type(void **state)
{
	(void)state;
	static const struct {
		enum err_kind kind;
		enum layer layer;
		int code;
		const char *type;
	} cases[] = {
		{ ERR_CONTEXT, LAYER_PROMPT, 0,
			"\"invalid_request_error\",\"message\":\"prompt: prompt is too long: w" },
		{ ERR_USAGE, LAYER_CLIENT, 0, "\"invalid_request_error\"" },
		{ ERR_DENIED, LAYER_CLIENT, 401, "\"authentication_error\"" },
		{ ERR_DENIED, LAYER_ROUTE, 0, "\"permission_error\"" },
		{ ERR_NOT_FOUND, LAYER_ROUTE, 0, "\"not_found_error\"" },
		{ ERR_TOO_BIG, LAYER_CLIENT, 0, "\"request_too_large\"" },
		{ ERR_BUSY, LAYER_WIRE, 429, "\"rate_limit_error\"" },
		{ ERR_BUSY, LAYER_WIRE, 0, "\"overloaded_error\"" },
		{ ERR_TIMEOUT, LAYER_WIRE, 0, "\"timeout_error\"" },
		{ ERR_UPSTREAM, LAYER_WIRE, 0, "\"api_error\"" },
		{ ERR_BROKEN, LAYER_ENGINE, 0, "\"api_error\"" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err e = { 0 }, again = { 0 };
		fail(&e, cases[i].kind, cases[i].layer, "what");
		e.code = cases[i].code;
		struct writing w;
		writing_init(&w, true, false);
		chat_send_fail(writing_sink(&w), &e);
		struct str head = STR("event: error\ndata: {\"type\":\"error\",\"error\":{");
		assert_true(str_starts(buf_str(&w.out), head));
		if (!strstr(buf_z(&w.out), cases[i].type))
			assert_string_equal(buf_z(&w.out), cases[i].type);
		writing_clear(&w);
		writing_init(&w, false, false);
		chat_send_fail(writing_sink(&w), &e);
		assert_false(dialect_anthropic.read_error(400, buf_str(&w.out), &again));
		assert_err(again, cases[i].kind, cases[i].layer);
		writing_clear(&w);
	}
}

static void an_overflow_tells_both_numbers(void **state)
{
	(void)state;
	static const struct {
		const char *what, *says;
	} cases[] = {
		{ "the prompt has 9000 tokens, the context holds 8192",
			"prompt: prompt is too long: 9000 tokens > 8192 maximum: the prompt has" },
		{ "the upstream refused (HTTP 400): the maximum is 8192 tokens, you sent 9000",
			"prompt: prompt is too long: 9000 tokens > 8192 maximum: the upstream" },
		{ "the upstream refused (HTTP 400): more than 8192 tokens",
			"prompt: prompt is too long: the upstream" },
		{ "99999999999999999999 tokens", "prompt: prompt is too long: 9999" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err e = { 0 };
		struct buf out;
		buf_init(&out, MIB);
		fail(&e, ERR_CONTEXT, LAYER_PROMPT, "%s", cases[i].what);
		dialect_anthropic.write_error(&e, &out);
		if (!strstr(buf_z(&out), cases[i].says))
			assert_string_equal(buf_z(&out), cases[i].says);
		buf_clear(&out);
	}
}

static void models_are_listed_and_read(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct buf out;
	buf_init(&out, MIB);
	json_t *models = json_pack("[{s:s, s:i, s:s}, {s:s, s:i}]", "id", "a", "context_tokens", 9,
		       "upstream", "u", "id", "b\"", "context_tokens", 0),
	       *again = json_array();
	dialect_anthropic.write_models(models, &out);
	assert_string_equal(buf_z(&out),
		"{\"data\":[{\"type\":\"model\",\"id\":\"a\",\"display_name\":\"a\",\"created_at\":"
		"\"1970-01-01T00:00:00Z\",\"lifecycle\":\"active\",\"max_input_tokens\":9},{"
		"\"type\":\"model\",\"id\":\"b\\\"\",\"display_name\":\"b\\\"\",\"created_at\":"
		"\"1970-01-01T00:00:00Z\",\"lifecycle\":\"active\"}],\"has_more\":false,"
		"\"first_id\":\"a\",\"last_id\":\"b\\\"\"}");
	assert_true(dialect_anthropic.read_models(buf_str(&out), again, &e));
	assert_int_equal(json_array_size(again), 2);
	json_t *first = json_array_get(again, 0);
	assert_int_equal(json_integer_value(json_object_get(first, "context_tokens")), 9);
	json_decref(models);
	json_decref(again);
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_thoughts_and_usage_are_told),
		cmocka_unit_test(a_second_beginning_changes_nothing),
		cmocka_unit_test(a_guess_at_the_prompt_is_not_told_as_known),
		cmocka_unit_test(calls_come_in_many_shapes),
		cmocka_unit_test(what_runs_at_the_provider_is_no_call),
		cmocka_unit_test(why_it_ended),
		cmocka_unit_test(faults_are_told_once_with_what_was_counted),
		cmocka_unit_test(a_whole_document_is_read),
		cmocka_unit_test(a_stream_is_written_as_the_reference_has_it),
		cmocka_unit_test(a_whole_answer_is_written_at_its_end),
		cmocka_unit_test(a_prompt_that_nobody_counted_is_guessed_and_marked),
		cmocka_unit_test(thoughts_are_hidden_from_those_who_do_not_ask),
		cmocka_unit_test(the_stop_reason_follows_from_what_was_said),
		cmocka_unit_test(a_failure_is_an_error_of_its_type),
		cmocka_unit_test(an_overflow_tells_both_numbers),
		cmocka_unit_test(models_are_listed_and_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
