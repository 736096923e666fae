#include "../record.h"
#include "../unit.h"

#include <string.h>

#include "base/limits.h"
#include "chat/dialect.h"

/* ---- reading ---- */

/* Feeds the pieces, one a line, then the end. */
static void read_lines(struct record *r, const char *lines, const struct err *why)
{
	struct dialect_reader *rd = dialect_openai.reader_new(record_sink(r));
	struct str rest = str_z(lines), line;
	while (str_cut(&rest, '\n', &line))
		dialect_openai.read_piece(rd, STR(""), line);
	dialect_openai.read_end(rd, why);
	dialect_openai.reader_free(rd);
	assert_true(r->is_over);
	assert_false(r->is_wrong);
}

static void expect_stream(const char *lines, const char *events)
{
	struct record r;
	record_init(&r);
	read_lines(&r, lines, NULL);
	if (strcmp(buf_z(&r.text), events) != 0) {
		print_message("%s\n%s\n", lines, r.fault.what);
		assert_string_equal(buf_z(&r.text), events);
	}
	record_clear(&r);
}

static void expect_document(const char *body, const char *events)
{
	struct record r;
	record_init(&r);
	struct dialect_reader *rd = dialect_openai.reader_new(record_sink(&r));
	dialect_openai.read_document(rd, str_z(body));
	dialect_openai.reader_free(rd);
	assert_string_equal(buf_z(&r.text), events);
	record_clear(&r);
}

#define DELTA(members)                                                                             \
	"{\"id\":\"chatcmpl-1\",\"choices\":[{\"index\":0,\"delta\":{" members                     \
	"},\"finish_reason\":null}]}\n"
#define FINISH(reason)                                                                             \
	"{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"" reason "\"}]}\n"
#define CALL(members, function) DELTA("\"tool_calls\":[{" members "\"function\":{" function "}}]")
#define DONE                    "[DONE]"

static void text_thoughts_and_usage_are_told(void **state)
{
	(void)state;
	expect_stream(
		DELTA("\"role\":\"assistant\",\"content\":\"\"")
			DELTA("\"reasoning_content\":\"h\"") DELTA("\"reasoning\":\"m\"") DELTA(
				"\"content\":\"Hel\"") DELTA("\"content\":\"lo\",\"tool_calls\":[]")
				FINISH("stop") "{\"choices\":[],\"usage\":{\"prompt_tokens\":9,"
					       "\"completion_tokens\":4,"
					       "\"prompt_tokens_details\":{\"cached_tokens\":5},"
					       "\"completion_tokens_details\":{\"reasoning_"
					       "tokens\":2}}}\n" DONE,
		"think hm\ntext Hello\nusage 9 5 4 2\nstop end");
	expect_stream(DELTA("\"content\":[{\"type\":\"thinking\",\"thinking\":\"t\"},{\"type\":"
			    "\"text\",\"text\":\"x\"}]") FINISH("length") DONE,
		"think t\ntext x\nstop length");
	expect_stream(DELTA("\"refusal\":\"I will not\"") FINISH("content_filter") DONE,
		"text I will not\nstop filter");
}

static void calls_come_in_many_shapes(void **state)
{
	(void)state;
	const char *one = "tool_begin 0 abc f\ntool_args {\"a\":1}\ntool_end 0\nstop calls";
	/* as the reference has it */
	expect_stream(CALL("\"index\":0,\"id\":\"abc\",\"type\":\"function\",",
			      "\"name\":\"f\",\"arguments\":\"\"")
			      CALL("\"index\":0,", "\"arguments\":\"{\\\"a\\\"\"")
				      CALL("\"index\":0,", "\"arguments\":\":1}\"")
					      FINISH("tool_calls") DONE,
		one);
	/* in one chunk, with the finish reason stop, without [DONE] */
	expect_stream("{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"abc\","
		      "\"function\":{\"name\":\"f\","
		      "\"arguments\":\"{\\\"a\\\":1}\"}}]},\"finish_reason\":\"stop\"}]}",
		one);
	/* no index; arguments an object */
	expect_stream(CALL("\"id\":\"abc\",", "\"name\":\"f\",\"arguments\":{\"a\":1}")
			      FINISH("tool_calls") DONE,
		one);
	/* id and an empty name repeated, null members */
	expect_stream(CALL("\"index\":0,\"id\":\"abc\",", "\"name\":\"f\",\"arguments\":null") CALL(
			      "\"index\":0,\"id\":\"abc\",",
			      "\"name\":\"\",\"arguments\":\"{\\\"a\\\":1}\"")
			      CALL("\"index\":0,\"id\":null,", "\"name\":null,\"arguments\":\"\"")
				      FINISH("tool_calls") DONE,
		one);
	/* the name comes late */
	expect_stream(CALL("\"index\":0,\"id\":\"abc\",", "\"arguments\":\"{\\\"a\\\":\"")
			      CALL("\"index\":0,", "\"name\":\"f\",\"arguments\":\"1}\"")
				      FINISH("tool_calls") DONE,
		one);
	/* encoded twice */
	expect_stream(CALL("\"index\":0,\"id\":\"abc\",",
			      "\"name\":\"f\",\"arguments\":\"\\\"{\\\\\\\"a\\\\\\\":1}\\\"\"")
			      FINISH("tool_calls") DONE,
		one);
	/* the older function_call */
	expect_stream("{\"id\":\"x\",\"choices\":[{\"delta\":{\"function_call\":{\"id\":\"abc\","
		      "\"name\":\"f\",\"arguments\":\"{\\\"a\"}}}]}\n" DELTA(
			      "\"function_call\":{\"arguments\":\"\\\":1}\"}")
			      FINISH("function_call") DONE,
		one);
	/* nothing to say about the arguments */
	expect_stream(CALL("\"index\":0,\"id\":\"abc\",", "\"name\":\"f\",\"arguments\":\"\"")
			      FINISH("tool_calls") DONE,
		"tool_begin 0 abc f\ntool_args {}\ntool_end 0\nstop calls");
	expect_stream(CALL("\"index\":0,\"id\":\"abc\",", "\"name\":\"f\"") FINISH("tool_calls")
			      DONE,
		"tool_begin 0 abc f\ntool_args {}\ntool_end 0\nstop calls");
}

static void parallel_calls_are_told_one_after_the_other(void **state)
{
	(void)state;
	const char *two = "tool_begin 0 a f\ntool_args {\"x\":[1]}\ntool_end 0\n"
			  "tool_begin 1 b g\ntool_args {\"y\":\"}\"}\ntool_end 1\nstop calls";
	expect_stream(CALL("\"index\":0,\"id\":\"a\",",
			      "\"name\":\"f\",\"arguments\":\"{\\\"x\\\":[1]}\"")
			      CALL("\"index\":1,\"id\":\"b\",",
				      "\"name\":\"g\",\"arguments\":\"{\\\"y\\\":\\\"}\\\"}\"")
				      FINISH("tool_calls") DONE,
		two);
	/* interleaved */
	expect_stream(
		CALL("\"index\":0,\"id\":\"a\",", "\"name\":\"f\",\"arguments\":\"{\\\"x\\\"\"")
			CALL("\"index\":1,\"id\":\"b\",",
				"\"name\":\"g\",\"arguments\":\"{\\\"y\\\":\\\"}\"")
				CALL("\"index\":0,", "\"arguments\":\":[1]}\"") CALL("\"index\":1,",
					"\"arguments\":\"\\\"}\"") FINISH("tool_calls") DONE,
		two);
	/* both with the same index */
	expect_stream(CALL("\"index\":0,\"id\":\"a\",",
			      "\"name\":\"f\",\"arguments\":\"{\\\"x\\\":[1]}\"")
			      CALL("\"index\":0,\"id\":\"b\",",
				      "\"name\":\"g\",\"arguments\":\"{\\\"y\\\"\"")
				      CALL("\"index\":0,", "\"arguments\":\":\\\"}\\\"}\"")
					      FINISH("tool_calls") DONE,
		two);
	/* without index, in one list */
	expect_stream(DELTA("\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"f\","
			    "\"arguments\":\"{\\\"x\\\":[1]}\"}},"
			    "{\"id\":\"b\",\"function\":{\"name\":\"g\",\"arguments\":\"{\\\"y\\\":"
			    "\\\"}\\\"}\"}}]") FINISH("tool_calls") DONE,
		two);
}

static void an_id_that_is_missing_is_made_from_the_answer(void **state)
{
	(void)state;
	struct record a, b;
	record_init(&a);
	record_init(&b);
	const char *lines = CALL("\"index\":0,", "\"name\":\"f\",\"arguments\":\"{}\"")
		CALL("\"index\":1,", "\"name\":\"f\",\"arguments\":\"{}\"") FINISH("tool_calls");
	read_lines(&a, lines, NULL);
	read_lines(&b, lines, NULL);
	assert_string_equal(buf_z(&a.text), buf_z(&b.text));
	struct str first = str_sub(buf_str(&a.text), 13, 22);
	for (size_t i = 0; i < first.n; i++)
		assert_true((first.p[i] >= '0' && first.p[i] <= '9') ||
			    (first.p[i] >= 'a' && first.p[i] <= 'z'));
	size_t second = str_find(buf_str(&a.text), STR("tool_begin 1 "));
	assert_false(str_eq(str_sub(buf_str(&a.text), second + 13, second + 22), first));
	record_clear(&a);
	record_clear(&b);
}

static void broken_calls_end_the_answer(void **state)
{
	(void)state;
	const char *fault = "tool_begin 0 a f\ntool_args {\"x\":\nfail bad_data parse";
	expect_stream(
		CALL("\"index\":0,\"id\":\"a\",", "\"name\":\"f\",\"arguments\":\"{\\\"x\\\":\"")
			FINISH("tool_calls") DONE,
		fault);
	expect_stream(CALL("\"index\":0,\"id\":\"a\",",
			      "\"name\":\"f\",\"arguments\":\"{\\\"x\\\":\"") FINISH("length") DONE,
		"tool_begin 0 a f\ntool_args {\"x\":\nstop length");
	expect_stream(CALL("\"index\":0,\"id\":\"a\",", "\"name\":\"f\",\"arguments\":\"[1]\"")
			      FINISH("tool_calls") DONE,
		"tool_begin 0 a f\nfail bad_data parse");
	expect_stream(
		CALL("\"index\":0,\"id\":\"a\",", "\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}}\"")
			FINISH("tool_calls") DONE,
		"tool_begin 0 a f\ntool_args {\"x\":1}\nfail bad_data parse");
	expect_stream(CALL("\"index\":0,\"id\":\"a\",", "\"arguments\":\"{}\"") FINISH("tool_calls")
			      DONE,
		"fail bad_data wire");
	expect_stream(CALL("\"index\":0,\"id\":\"a\",", "\"name\":\"f\",\"arguments\":\"{}\"") CALL(
			      "\"index\":1,\"id\":\"b\",", "\"name\":\"f\",\"arguments\":\"{}\"")
			      CALL("\"index\":0,", "\"arguments\":\"{}\"") FINISH("tool_calls")
				      DONE,
		"tool_begin 0 a f\ntool_args {}\ntool_end 0\ntool_begin 1 b f\ntool_args {}\nfail "
		"bad_data wire");
}

static void an_end_is_never_invented(void **state)
{
	(void)state;
	expect_stream(DELTA("\"content\":\"Hel\""), "text Hel\nfail cut wire");
	expect_stream("", "fail cut wire");
	expect_stream(CALL("\"index\":0,\"id\":\"a\",", "\"name\":\"f\",\"arguments\":\"{}\""),
		"tool_begin 0 a f\ntool_args {}\nfail cut wire");
	/* the finish reason or [DONE] is an end */
	expect_stream(DELTA("\"content\":\"x\"") FINISH("stop"), "text x\nstop end");
	expect_stream(DELTA("\"content\":\"x\"") DONE, "text x\nstop end");
	struct record r;
	struct err reset = { 0 };
	fail(&reset, ERR_UNREACHABLE, LAYER_WIRE, "connection reset");
	record_init(&r);
	read_lines(&r, DELTA("\"content\":\"x\""), &reset);
	assert_string_equal(r.fault.what, "after 1 bytes of the answer: connection reset");
	record_clear(&r);
	record_init(&r);
	read_lines(&r, DELTA("\"content\":\"x\"") FINISH("stop"), &reset);
	assert_record(&r, "text x\nstop end");
	record_clear(&r);
}

static void an_empty_answer_is_a_fault(void **state)
{
	(void)state;
	expect_stream(DELTA("\"content\":\"\"") FINISH("stop") DONE, "fail upstream wire");
	expect_stream(FINISH("tool_calls") DONE, "fail upstream wire");
	expect_stream(DONE, "fail upstream wire");
	expect_stream(FINISH("stop") "{\"choices\":[],\"usage\":{\"completion_tokens\":40}}\n" DONE,
		"usage 0 0 40 0\nfail upstream parse");
	expect_stream(FINISH("length") DONE, "stop length");
	expect_document("{\"choices\":[]}", "fail cut wire");
	expect_document("{}", "fail cut wire");
}

static void errors_inside_a_stream_are_told(void **state)
{
	(void)state;
	expect_stream(DELTA("\"content\":\"x\"") "{\"error\":{\"message\":\"overloaded\",\"code\":"
						 "503}}\n" DONE,
		"text x\nfail busy wire");
	expect_stream("{\"error\":\"out of cheese\"}", "fail upstream wire");
	expect_stream(
		"{\"object\":\"error\",\"message\":\"maximum context length is 10\",\"code\":400}",
		"fail context_exceeded prompt");
	expect_stream("{\"error\":{\"message\":\"m\",\"kind\":\"broken\",\"layer\":\"engine\","
		      "\"what\":\"it broke\"}}",
		"fail broken engine");
	expect_stream(DELTA("\"content\":\"x\"") "{\"choices\":[{\"delta\":{},\"finish_reason\":"
						 "\"error\"}]}",
		"text x\nfail upstream wire");
	struct record r;
	record_init(&r);
	struct dialect_reader *rd = dialect_openai.reader_new(record_sink(&r));
	dialect_openai.read_piece(rd, STR("error"), STR("{\"error\":{\"message\":\"no\"}}"));
	dialect_openai.read_end(rd, NULL);
	dialect_openai.reader_free(rd);
	assert_record(&r, "fail upstream wire");
	record_clear(&r);
}

static void what_is_no_answer_is_said_to_be_none(void **state)
{
	(void)state;
	struct record r;
	record_init(&r);
	read_lines(&r, "<!DOCTYPE html><html>login</html>", NULL);
	assert_record(&r, "fail bad_data wire");
	assert_non_null(strstr(r.fault.mend, "captive portal"));
	record_clear(&r);
	expect_stream(
		DELTA("\"content\":\"x\"") "{\"choices\":[{\"del", "text x\nfail bad_data wire");
	expect_stream("[1]", "fail bad_data wire");
	expect_stream("{\"choices\":5}", "fail bad_data wire");
	expect_stream(DELTA("\"content\":5"), "fail bad_data wire");
	expect_stream(DELTA("\"tool_calls\":[5]"), "fail bad_data wire");
	expect_document("<html>", "fail bad_data wire");
	expect_document("", "fail bad_data wire");
}

static void whole_documents_are_read(void **state)
{
	(void)state;
	expect_document("{\"id\":\"x\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
			"\"assistant\",\"content\":\"hi\","
			"\"reasoning_content\":\"hm\",\"tool_calls\":[{\"id\":\"a\",\"type\":"
			"\"function\",\"function\":"
			"{\"name\":\"f\",\"arguments\":\"{\\\"x\\\":1}\"}}]},\"finish_reason\":"
			"\"tool_calls\"},"
			"{\"index\":1,\"message\":{\"content\":\"other\"}}],"
			"\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2},"
			"\"timings\":{\"prompt_ms\":1.5,\"predicted_ms\":20}}",
		"think hm\ntext hi\ntool_begin 0 a f\ntool_args {\"x\":1}\ntool_end 0\nusage 3 0 2 "
		"0\nstop calls");
	expect_document("{\"error\":{\"message\":\"no\"}}", "fail upstream wire");
}

static void log_probabilities_are_read(void **state)
{
	(void)state;
	expect_stream(
		"{\"choices\":[{\"delta\":{\"content\":\"\xc3\xa4!\"},\"logprobs\":{\"content\":["
		"{\"token\":\"\\ufffd\",\"bytes\":[195,164],\"logprob\":-0.5,\"top_logprobs\":["
		"{\"token\":\"b\",\"bytes\":null,\"logprob\":-2},{\"token\":\"a\",\"logprob\":-1}]}"
		","
		"{\"token\":\"!\",\"bytes\":null,\"logprob\":1e-9}]}}]}\n" FINISH("stop") DONE,
		"logprob \xc3\xa4 -0.5, a -1, b -2\nlogprob ! 0\ntext \xc3\xa4!\nstop end");
	/* what is no log probability does not harm the answer */
	expect_stream("{\"choices\":[{\"delta\":{\"content\":\"x\"},\"logprobs\":{\"content\":["
		      "5,{\"token\":\"x\"},{\"token\":\"x\",\"logprob\":null},"
		      "{\"bytes\":[300],\"logprob\":-1},{\"logprob\":-1}]}}]}\n"
		      "{\"choices\":[{\"delta\":{},\"logprobs\":[]}]}\n" FINISH("stop") DONE,
		"text x\nstop end");
}

static void signs_of_life_are_passed_on(void **state)
{
	(void)state;
	struct record r;
	record_init(&r);
	read_lines(&r,
		DELTA("\"content\":\"\"")
			DELTA("") "{\"choices\":[],\"prompt_progress\":{\"total\":10,\"processed\":"
				  "4}}\n" DELTA("\"content\":\"x\"") FINISH("stop") DONE,
		NULL);
	assert_int_equal(r.alive, 3);
	record_clear(&r);
}

static void an_endless_answer_is_cut(void **state)
{
	(void)state;
	struct record r;
	record_init(&r);
	struct dialect_reader *rd = dialect_openai.reader_new(record_sink(&r));
	struct buf piece;
	buf_init(&piece, MIB);
	buf_add_z(&piece, "{\"choices\":[{\"delta\":{\"content\":\"");
	buf_add_fill(&piece, 'x', 500 * KIB);
	buf_add_z(&piece, "\"}}]}");
	for (int i = 0; i < 10; i++)
		dialect_openai.read_piece(rd, STR(""), buf_str(&piece));
	assert_err(r.fault, ERR_TOO_BIG, LAYER_WIRE);
	dialect_openai.reader_free(rd);
	record_clear(&r);
	record_init(&r);
	rd = dialect_openai.reader_new(record_sink(&r));
	for (int i = 0; i <= LIMIT_CALLS; i++) {
		buf_reset(&piece);
		buf_printf(&piece,
			CALL("\"index\":%d,\"id\":\"%d\",", "\"name\":\"f\",\"arguments\":\"{}\""),
			i, i);
		dialect_openai.read_piece(rd, STR(""), str_trim(buf_str(&piece)));
	}
	assert_err(r.fault, ERR_TOO_BIG, LAYER_WIRE);
	dialect_openai.reader_free(rd);
	buf_clear(&piece);
	record_clear(&r);
}

/* ---- writing ---- */

struct writing {
	struct dialect_writer *writer;
	struct buf out;
};

static void writing_init(struct writing *w, bool is_stream)
{
	w->writer = dialect_openai.writer_new(&(struct dialect_answer){ .id = STR("t1"),
		.model = STR("m\"x"),
		.unix_s = 7,
		.is_stream = is_stream,
		.wants_usage = true });
	buf_init(&w->out, 16 * MIB);
}

static void writing_clear(struct writing *w)
{
	dialect_openai.writer_free(w->writer);
	buf_clear(&w->out);
}

static void write_event(void *owner, const struct chat_event *event)
{
	struct writing *w = owner;
	dialect_openai.write(w->writer, event, &w->out);
}

static struct chat_sink writing_sink(struct writing *w)
{
	return (struct chat_sink){ write_event, w };
}

#define HEAD                                                                                       \
	"data: "                                                                                   \
	"{\"id\":\"chatcmpl-t1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":"    \
	"\"m\\\"x\",\"choices\":["

static void a_stream_is_written_as_the_reference_has_it(void **state)
{
	(void)state;
	struct writing w;
	writing_init(&w, true);
	struct chat_sink sink = writing_sink(&w);
	chat_send_alive(sink, 3, 9);
	chat_send_think(sink, STR("hm"));
	chat_send_text(sink, STR("a\nb"));
	chat_send_tool_begin(sink, 0, STR("id1"), STR("f"));
	chat_send_tool_args(sink, 0, STR("{\"x\":1}"));
	chat_send_tool_end(sink, 0);
	chat_send_usage(sink, &(struct chat_usage){ .prompt_tokens = 9,
				      .cached_tokens = 4,
				      .answer_tokens = 5,
				      .decode_us = 1500 });
	chat_send_stop(sink, CHAT_STOP_END);
	chat_send_text(sink, STR("too late"));
	assert_string_equal(buf_z(&w.out), HEAD
		"{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_"
		"reason\":null}]}\n\n" HEAD
		"{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":null}],\"prompt_"
		"progress\":{\"total\":9,\"processed\":3}}\n\n" HEAD
		"{\"index\":0,\"delta\":{\"reasoning_content\":\"hm\"},\"finish_reason\":null}]}"
		"\n\n" HEAD
		"{\"index\":0,\"delta\":{\"content\":\"a\\nb\"},\"finish_reason\":null}]}\n\n" HEAD
		"{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"id1\",\"type\":"
		"\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"\"}}]},\"finish_"
		"reason\":null}]}\n\n" HEAD
		"{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":"
		"\"{\\\"x\\\":1}\"}}]},\"finish_reason\":null}]}\n\n" HEAD
		"{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n" HEAD
		"],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"total_tokens\":14,"
		"\"prompt_tokens_details\":{\"cached_tokens\":4},"
		"\"completion_tokens_details\":{\"reasoning_tokens\":0}},\"timings\":{\"prompt_n\":"
		"5,\"predicted_n\":5,\"prompt_ms\":0,\"predicted_ms\":1.5}}\n\n"
		"data: [DONE]\n\n");
	writing_clear(&w);
}

/* Two tokens, the second one a half of a character. */
static void send_logprobs(struct chat_sink sink)
{
	const struct chat_token top[] = { { STR("Hi"), -0.5 }, { STR("\xc3"), -1.5 } };
	chat_send_logprob(sink, STR("Hi"), &(struct chat_logprob){ -0.5, top, 2 });
	chat_send_text(sink, STR("Hi"));
	chat_send_logprob(sink, STR("\xc3"), &(struct chat_logprob){ -1e9, NULL, 0 });
	chat_send_stop(sink, CHAT_STOP_END);
}

#define LOGPROB_HI                                                                                 \
	"{\"token\":\"Hi\",\"logprob\":-0.5,\"bytes\":[72,105],\"top_logprobs\":["                 \
	"{\"token\":\"Hi\",\"logprob\":-0.5,\"bytes\":[72,105]},"                                  \
	"{\"token\":\"\xef\xbf\xbd\",\"logprob\":-1.5,\"bytes\":[195]}]}"
#define LOGPROB_HALF                                                                               \
	"{\"token\":\"\xef\xbf\xbd\",\"logprob\":-9999,\"bytes\":[195],\"top_logprobs\":[]}"

static void log_probabilities_stand_beside_their_words(void **state)
{
	(void)state;
	struct writing w;
	writing_init(&w, true);
	send_logprobs(writing_sink(&w));
	assert_string_equal(buf_z(&w.out), HEAD
		"{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_"
		"reason\":null}]}\n\n" HEAD
		"{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"logprobs\":{\"content\":[" LOGPROB_HI
		"],\"refusal\":null},\"finish_reason\":null}]}\n\n" HEAD
		"{\"index\":0,\"delta\":{},\"logprobs\":{\"content\":[" LOGPROB_HALF
		"],\"refusal\":null},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n");
	writing_clear(&w);
	writing_init(&w, false);
	send_logprobs(writing_sink(&w));
	assert_string_equal(buf_z(&w.out),
		"{\"id\":\"chatcmpl-t1\",\"object\":\"chat.completion\",\"created\":7,\"model\":"
		"\"m\\\"x\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
		"\"content\":\"Hi\"},\"logprobs\":{\"content\":[" LOGPROB_HI "," LOGPROB_HALF
		"],\"refusal\":null},\"finish_reason\":\"stop\"}]}");
	writing_clear(&w);
}

static void log_probabilities_that_nothing_follows_do_not_wait_for_ever(void **state)
{
	(void)state;
	struct writing w;
	writing_init(&w, true);
	for (int i = 0; i < 2000 && !w.out.n; i++)
		chat_send_logprob(
			writing_sink(&w), STR("Hi"), &(struct chat_logprob){ .taken = -1 });
	assert_true(w.out.n > 0);
	writing_clear(&w);
}

static void a_whole_answer_is_written_at_its_end(void **state)
{
	(void)state;
	struct writing w;
	writing_init(&w, false);
	struct chat_sink sink = writing_sink(&w);
	chat_send_alive(sink, 3, 9);
	chat_send_tool_begin(sink, 0, STR("id1"), STR("f"));
	chat_send_tool_args(sink, 0, STR("{}"));
	chat_send_tool_end(sink, 0);
	assert_int_equal(w.out.n, 0);
	chat_send_stop(sink, CHAT_STOP_CALLS);
	assert_string_equal(buf_z(&w.out),
		"{\"id\":\"chatcmpl-t1\",\"object\":\"chat.completion\",\"created\":7,\"model\":"
		"\"m\\\"x\",\"choices\":[{\"index\":0,"
		"\"message\":{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":"
		"\"id1\",\"type\":\"function\","
		"\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},\"finish_reason\":\"tool_"
		"calls\"}]}");
	writing_clear(&w);
}

static void the_finish_reason_follows_from_the_calls(void **state)
{
	(void)state;
	static const struct {
		enum chat_stop stop;
		const char *reason;
	} cases[] = { { CHAT_STOP_CALLS, "\"stop\"" }, { CHAT_STOP_END, "\"stop\"" },
		{ CHAT_STOP_LENGTH, "\"length\"" }, { CHAT_STOP_FILTER, "\"content_filter\"" } };
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct writing w;
		writing_init(&w, i % 2 == 0);
		chat_send_text(writing_sink(&w), STR("x"));
		chat_send_stop(writing_sink(&w), cases[i].stop);
		assert_non_null(strstr(buf_z(&w.out), cases[i].reason));
		writing_clear(&w);
	}
}

static void a_failure_is_an_error_object_with_its_layer(void **state)
{
	(void)state;
	struct err e = { 0 };
	fail(&e, ERR_CONTEXT, LAYER_PROMPT, "12 tokens, the context holds 8");
	err_mend(&e, "send less");
	struct writing w;
	writing_init(&w, true);
	chat_send_text(writing_sink(&w), STR("x"));
	chat_send_fail(writing_sink(&w), &e);
	size_t at = str_find(buf_str(&w.out), STR("data: {\"error\":{"));
	assert_string_equal(buf_z(&w.out) + at,
		"data: {\"error\":{\"message\":\"prompt: maximum context length exceeded: 12 "
		"tokens, the context holds 8; send less\","
		"\"type\":\"exceed_context_size_error\",\"param\":null,\"code\":\"context_length_"
		"exceeded\",\"layer\":\"prompt\","
		"\"kind\":\"context_exceeded\",\"what\":\"12 tokens, the context holds "
		"8\",\"mend\":\"send less\"}}\n\n");
	writing_clear(&w);
	writing_init(&w, false);
	chat_send_text(writing_sink(&w), STR("x"));
	chat_send_fail(writing_sink(&w), &e);
	struct err again = { 0 };
	assert_false(dialect_openai.read_error(400, buf_str(&w.out), &again));
	assert_err(again, ERR_CONTEXT, LAYER_PROMPT);
	assert_string_equal(again.what, e.what);
	assert_string_equal(again.mend, e.mend);
	writing_clear(&w);
}

/* ---- what is written is read back, streamed or whole, however the text was cut ---- */

struct dice {
	uint64_t state;
};

static uint64_t roll(struct dice *d, uint64_t sides)
{
	d->state ^= d->state << 13;
	d->state ^= d->state >> 7;
	d->state ^= d->state << 17;
	return (d->state >> 11) % sides;
}

static void send_cut(struct chat_sink sink, struct dice *d, struct chat_event event)
{
	struct str rest = event.text;
	while (rest.n) {
		size_t n = 1 + roll(d, 5);
		while (n < rest.n && ((unsigned char)rest.p[n] & 0xc0) == 0x80)
			n++;
		event.text = str_sub(rest, 0, n);
		chat_send(sink, &event);
		rest = str_from(rest, n);
	}
}

/* One answer, the same for the same seed whatever `cuts` is. */
static void send_answer(struct chat_sink sink, uint64_t seed, struct dice *cuts)
{
	static const char *const texts[] = { "plain", "\"q\" \\ \n\r\t\x01",
		"\xc3\xa4\xf0\x9f\x98\x80", "[DONE]\n\ndata: " };
	static const char *const args[] = { "{}", "{\"a\":\"}\\\"{\",\"b\":[{\"c\":null}]}",
		"{ \"\xc3\xa4\" : 1.5e3 }" };
	struct dice d = { seed };
	char id[16];
	/* A whole document does not say where a token stood: only what comes first is at home. */
	chat_send_logprob(
		sink, STR("\xff{"), &(struct chat_logprob){ -0.25 - (double)roll(&d, 9), NULL, 0 });
	if (roll(&d, 2))
		send_cut(sink, cuts,
			(struct chat_event){
				.type = CHAT_THINK, .text = str_z(texts[roll(&d, 4)]) });
	if (roll(&d, 4))
		send_cut(sink, cuts,
			(struct chat_event){
				.type = CHAT_TEXT, .text = str_z(texts[roll(&d, 4)]) });
	else
		chat_send_text(sink, STR("x"));
	unsigned calls = (unsigned)roll(&d, 4);
	for (unsigned i = 0; i < calls; i++) {
		snprintf(id, sizeof id, "c%u", i);
		chat_send_tool_begin(sink, i, str_z(id), STR("do_it"));
		send_cut(sink, cuts,
			(struct chat_event){ .type = CHAT_TOOL_ARGS,
				.call = i,
				.text = str_z(args[roll(&d, 3)]) });
		chat_send_tool_end(sink, i);
	}
	chat_send_usage(sink, &(struct chat_usage){ .prompt_tokens = (int64_t)roll(&d, 1000),
				      .answer_tokens = 5,
				      .thinking_tokens = 2 });
	chat_send_stop(sink, calls         ? CHAT_STOP_CALLS
			     : roll(&d, 2) ? CHAT_STOP_END
					   : CHAT_STOP_LENGTH);
}

static void read_stream_back(struct buf *out, struct record *r)
{
	struct dialect_reader *rd = dialect_openai.reader_new(record_sink(r));
	struct str rest = buf_str(out), line;
	while (str_cut(&rest, '\n', &line))
		if (str_starts(line, STR("data: ")))
			dialect_openai.read_piece(rd, STR(""), str_from(line, 6));
	dialect_openai.read_end(rd, NULL);
	dialect_openai.reader_free(rd);
}

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	struct dice cuts = { 99991 };
	for (uint64_t seed = 1; seed <= 300; seed++) {
		struct record direct, streamed, whole;
		struct writing stream, document;
		record_init(&direct);
		record_init(&streamed);
		record_init(&whole);
		writing_init(&stream, true);
		writing_init(&document, false);
		send_answer(record_sink(&direct), seed * 7919, &cuts);
		send_answer(writing_sink(&stream), seed * 7919, &cuts);
		send_answer(writing_sink(&document), seed * 7919, &cuts);
		read_stream_back(&stream.out, &streamed);
		struct dialect_reader *rd = dialect_openai.reader_new(record_sink(&whole));
		dialect_openai.read_document(rd, buf_str(&document.out));
		dialect_openai.reader_free(rd);
		assert_string_equal(buf_z(&streamed.text), buf_z(&direct.text));
		assert_string_equal(buf_z(&whole.text), buf_z(&direct.text));
		record_clear(&direct);
		record_clear(&streamed);
		record_clear(&whole);
		writing_clear(&stream);
		writing_clear(&document);
	}
}

/* ---- refusals and lists ---- */

static void a_refusal_has_a_kind_and_a_layer(void **state)
{
	(void)state;
	static const struct {
		int status;
		const char *body;
		enum err_kind kind;
		enum layer layer;
	} cases[] = {
		{ 401, "{\"error\":{\"message\":\"bad key\"}}", ERR_DENIED, LAYER_ROUTE },
		{ 402, "", ERR_DENIED, LAYER_ROUTE },
		{ 404, "{\"detail\":\"Not Found\"}", ERR_NOT_FOUND, LAYER_ROUTE },
		{ 400, "{\"error\":{\"message\":\"bad\",\"code\":\"context_length_exceeded\"}}",
			ERR_CONTEXT, LAYER_PROMPT },
		{ 500, "{\"error\":{\"message\":\"Prompt is too long\"}}", ERR_CONTEXT,
			LAYER_PROMPT },
		{ 429, "{\"error\":{\"message\":\"too many input tokens per minute\"}}", ERR_BUSY,
			LAYER_WIRE },
		{ 400, "[]", ERR_USAGE, LAYER_WIRE },
		{ 422, "{\"error\":\"x\"}", ERR_USAGE, LAYER_WIRE },
		{ 413, "", ERR_TOO_BIG, LAYER_WIRE },
		{ 500, "oops", ERR_UPSTREAM, LAYER_WIRE },
		{ 502, "<html>", ERR_UPSTREAM, LAYER_WIRE },
		{ 503, "", ERR_BUSY, LAYER_WIRE },
		{ 504, "", ERR_TIMEOUT, LAYER_WIRE },
		{ 529, "", ERR_BUSY, LAYER_WIRE },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err e = { 0 };
		assert_false(dialect_openai.read_error(cases[i].status, str_z(cases[i].body), &e));
		assert_err(e, cases[i].kind, cases[i].layer);
		assert_int_equal(e.code, cases[i].status);
	}
}

static void models_are_listed_and_read(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct buf out;
	buf_init(&out, MIB);
	json_t *models =
		json_pack("[{s:s, s:i, s:s}, {s:s, s:i, s:s}]", "id", "a", "context_tokens", 4096,
			"upstream", "u", "id", "b", "context_tokens", 0, "upstream", "u");
	dialect_openai.write_models(models, &out);
	assert_non_null(strstr(
		buf_z(&out), "{\"object\":\"list\",\"data\":[{\"id\":\"a\",\"object\":\"model\""));
	json_t *again = json_array();
	assert_true(dialect_openai.read_models(buf_str(&out), again, &e));
	for (size_t i = 0; i < 2; i++)
		json_object_del(json_array_get(models, i), "upstream");
	assert_true(json_equal(models, again));
	json_decref(again);
	json_decref(models);
	again = json_array();
	assert_false(dialect_openai.read_models(STR("{\"data\":[{}]}"), again, &e));
	assert_err(e, ERR_BAD_DATA, LAYER_WIRE);
	json_decref(again);
	buf_clear(&out);
}

static void dialects_are_found_by_name(void **state)
{
	(void)state;
	struct err e = { 0 };
	assert_ptr_equal(dialect_find(STR("openai"), &e), &dialect_openai);
	assert_null(dialect_find(STR("klingon"), &e));
	assert_err(e, ERR_USAGE, LAYER_ROUTE);
	assert_non_null(strstr(e.mend, "openai"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_thoughts_and_usage_are_told),
		cmocka_unit_test(calls_come_in_many_shapes),
		cmocka_unit_test(parallel_calls_are_told_one_after_the_other),
		cmocka_unit_test(an_id_that_is_missing_is_made_from_the_answer),
		cmocka_unit_test(broken_calls_end_the_answer),
		cmocka_unit_test(an_end_is_never_invented),
		cmocka_unit_test(an_empty_answer_is_a_fault),
		cmocka_unit_test(errors_inside_a_stream_are_told),
		cmocka_unit_test(what_is_no_answer_is_said_to_be_none),
		cmocka_unit_test(whole_documents_are_read),
		cmocka_unit_test(log_probabilities_are_read),
		cmocka_unit_test(log_probabilities_stand_beside_their_words),
		cmocka_unit_test(log_probabilities_that_nothing_follows_do_not_wait_for_ever),
		cmocka_unit_test(signs_of_life_are_passed_on),
		cmocka_unit_test(an_endless_answer_is_cut),
		cmocka_unit_test(a_stream_is_written_as_the_reference_has_it),
		cmocka_unit_test(a_whole_answer_is_written_at_its_end),
		cmocka_unit_test(the_finish_reason_follows_from_the_calls),
		cmocka_unit_test(a_failure_is_an_error_object_with_its_layer),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(a_refusal_has_a_kind_and_a_layer),
		cmocka_unit_test(models_are_listed_and_read),
		cmocka_unit_test(dialects_are_found_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
