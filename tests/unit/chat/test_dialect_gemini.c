/*
 * Google's API by its traps: what its clients send in several spellings, and what its answers look
 * like in every case that a client stumbles over.
 */
#include <string.h>

#include "../record.h"
#include "chat/dialect.h"
#include "chat/dialect_gemini.h"
#include "describe.h"
#include "reading.h"

static const char *told(struct fixture *f, const char *path, const char *body)
{
	struct chat_request *r =
		dialect_gemini.read_request(str_z(path), str_z(body), f->arena, f->trace, &f->e);
	if (!r)
		print_message("%s\n", f->e.what);
	assert_non_null(r);
	buf_reset(&f->text);
	r->extra = NULL; /* what goes on to an upstream of this dialect */
	describe_request(r, &f->text);
	chat_request_free(r);
	return buf_z(&f->text);
}

#define SAYS(text, part) assert_non_null(strstr(text, part))
#define ASK              "m:generateContent"
#define HI               "\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}]"

static void model_and_question_stand_in_the_path(void **state)
{
	struct fixture *f = *state;
	SAYS(told(f, "a/b:c:generateContent", "{" HI "}"), "model a/b:c\n");
	assert_null(strstr(told(f, ASK, "{" HI "}"), "stream"));
	SAYS(told(f, "m:streamGenerateContent", "{" HI "}"), "stream");
	assert_null(dialect_gemini.read_request(
		STR("m:generateAnswer"), STR("{" HI "}"), f->arena, f->trace, &f->e));
	SAYS(f->e.what, "m:generateAnswer is not served here, generateContent is");
}

static void both_spellings_are_one(void **state)
{
	struct fixture *f = *state;
	static const char *const bodies[] = {
		"{\"systemInstruction\":{\"parts\":[{\"text\":\"s\"}]},\"generationConfig\":"
		"{\"maxOutputTokens\":7,\"topK\":3,\"responseMimeType\":\"application/json\"},"
		"\"tools\":[{\"functionDeclarations\":[{\"name\":\"w\",\"parameters\":{\"type\":"
		"\"OBJECT\",\"properties\":{\"a\":{\"type\":\"STRING\"}}}}]}],\"contents\":"
		"[{\"role\":\"user\",\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\","
		"\"data\":\"a-_b\"}}]}]}",
		"{\"system_instruction\":{\"parts\":{\"text\":\"s\"}},\"generation_config\":"
		"{\"max_output_tokens\":7,\"top_k\":3,\"response_mime_type\":\"application/json\"},"
		"\"tools\":{\"function_declarations\":[{\"name\":\"w\",\"parametersJsonSchema\":"
		"{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"string\"}}}}]},"
		"\"contents\":{\"role\":\"user\",\"parts\":{\"inline_data\":{\"mime_type\":"
		"\"image/png\",\"data\":\"a+/b\"}}}}",
	};
	const char *first = arena_z(f->arena, str_z(told(f, ASK, bodies[0])));
	assert_string_equal(told(f, ASK, bodies[1]), first);
	SAYS(first, "system\n  text: \"s\"");
	SAYS(first, "image: \"data:image/png;base64,a+/b\"");
	SAYS(first, "\"type\":\"string\"");
}

static void calls_without_ids_are_found_by_name_and_place(void **state)
{
	struct fixture *f = *state;
	const char *text = told(f, ASK,
		"{\"contents\":[{\"parts\":[{\"text\":\"x\"}]},{\"role\":\"model\",\"parts\":["
		"{\"functionCall\":{\"name\":\"a\",\"args\":{\"n\":1}}},{\"functionCall\":{"
		"\"name\":"
		"\"b\"}},{\"functionCall\":{\"name\":\"a\",\"args\":{\"n\":2}}}]},{\"role\":"
		"\"user\","
		"\"parts\":[{\"functionResponse\":{\"name\":\"b\",\"response\":{\"output\":\"rb\"}}"
		"},"
		"{\"functionResponse\":{\"name\":\"a\",\"response\":{\"error\":\"r1\"}}},"
		"{\"text\":\"and\"},{\"functionResponse\":{\"name\":\"a\",\"response\":{\"x\":2}}}]"
		"}]}");
	const char *first = strstr(text, "r1"), *second = strstr(text, "rb"),
		   *third = strstr(text, "{\\\"x\\\":2}"), *words = strstr(text, "\"and\"");
	assert_true(first && second && third && words);
	assert_true(first < second && second < third && third < words);
	SAYS(text, "name=a error: \"r1\"");
	SAYS(text, "name=b: \"{}\"");
}

static void a_signature_belongs_to_the_thought_before_it(void **state)
{
	struct fixture *f = *state;
	const char *text = told(f, ASK,
		"{\"contents\":[{\"parts\":[{\"text\":\"x\"}]},{\"role\":\"model\",\"parts\":["
		"{\"text\":\"hm\",\"thought\":true},{\"functionCall\":{\"name\":\"a\",\"args\":{}},"
		"\"thoughtSignature\":\"c2ln\"}]},{\"parts\":[{\"functionResponse\":{\"name\":"
		"\"a\","
		"\"response\":{\"result\":\"ok\"}}}]}]}");
	SAYS(text, "think: \"hm\"");
	SAYS(text, "alone c2ln of");
}

static void null_is_what_is_not_said(void **state)
{
	struct fixture *f = *state;
	const char *plain = arena_z(f->arena, str_z(told(f, ASK, "{" HI "}")));
	assert_string_equal(plain,
		told(f, ASK,
			"{\"tools\":null,\"toolConfig\":null,\"systemInstruction\":null,"
			"\"generationConfig\":null,\"contents\":[{\"role\":null,\"parts\":[{"
			"\"text\":"
			"\"hi\",\"thought\":null,\"thoughtSignature\":null,\"functionCall\":null,"
			"\"inlineData\":null}]}]}"));
}

/* ---- answers ---- */

struct said {
	struct dialect_writer *writer;
	struct buf out;
};

static void say(void *owner, const struct chat_event *event)
{
	struct said *s = owner;
	dialect_gemini.write(s->writer, event, &s->out);
}

static struct chat_sink begin(struct said *s, bool is_stream, bool hides_thoughts)
{
	s->writer = dialect_gemini.writer_new(&(struct dialect_answer){ .id = STR("i"),
		.model = STR("m"),
		.is_stream = is_stream,
		.hides_thoughts = hides_thoughts });
	buf_init(&s->out, MIB);
	return (struct chat_sink){ say, s };
}

static void end(struct said *s)
{
	dialect_gemini.writer_free(s->writer);
	buf_clear(&s->out);
}

static void a_call_is_told_whole_or_not_at_all(void **state)
{
	(void)state;
	for (int is_stream = 0; is_stream < 2; is_stream++) {
		struct said s;
		struct chat_sink sink = begin(&s, is_stream, false);
		chat_send_tool_begin(sink, 0, STR("c1"), STR("write"));
		chat_send_tool_args(sink, 0, STR("{\"a\":"));
		assert_int_equal(s.out.n, 0);
		chat_send_tool_args(sink, 0, STR("1}"));
		chat_send_tool_end(sink, 0);
		chat_send_tool_begin(sink, 1, STR("c2"), STR("write"));
		chat_send_tool_args(sink, 1, STR("{\"b\":\"cu"));
		chat_send_stop(sink, CHAT_STOP_LENGTH);
		SAYS(buf_z(&s.out),
			"\"functionCall\":{\"id\":\"c1\",\"name\":\"write\",\"args\":{\"a\":1}}");
		assert_null(strstr(buf_z(&s.out), "\"b\""));
		SAYS(buf_z(&s.out), "\"finishReason\":\"MAX_TOKENS\"");
		end(&s);
	}
}

static void the_reason_is_stop_with_a_call_too(void **state)
{
	(void)state;
	struct said s;
	struct chat_sink sink = begin(&s, true, false);
	chat_send_tool_begin(sink, 0, STR("c1"), STR("now"));
	chat_send_tool_args(sink, 0, STR("{}"));
	chat_send_tool_end(sink, 0);
	chat_send_stop(sink, CHAT_STOP_CALLS);
	SAYS(buf_z(&s.out), "\"finishReason\":\"STOP\"");
	end(&s);
}

static void thoughts_are_told_as_such_or_hidden(void **state)
{
	(void)state;
	for (int hides = 0; hides < 2; hides++) {
		struct said s;
		struct chat_sink sink = begin(&s, true, hides);
		chat_send_think(sink, STR("hm"));
		chat_send_text(sink, STR("so"));
		chat_send_stop(sink, CHAT_STOP_END);
		assert_int_equal(
			!strstr(buf_z(&s.out), "{\"text\":\"hm\",\"thought\":true}"), hides);
		SAYS(buf_z(&s.out), "{\"text\":\"so\"}");
		end(&s);
	}
}

static void hear(const char *const *pieces, size_t count, struct record *r)
{
	record_init(r);
	struct dialect_reader *rd = dialect_gemini.reader_new((struct chat_sink){ record_take, r });
	for (size_t i = 0; i < count; i++)
		dialect_gemini.read_piece(rd, STR(""), str_z(pieces[i]));
	dialect_gemini.read_end(rd, NULL);
	dialect_gemini.reader_free(rd);
}

#define CHUNK(parts, more) "{\"candidates\":[{\"content\":{\"parts\":[" parts "]}" more "}]}"

static void an_upstream_is_heard_in_its_own_words(void **state)
{
	(void)state;
	static const struct {
		const char *piece, *is;
	} cases[] = {
		{ CHUNK("{\"text\":\"a\"}", ",\"finishReason\":\"STOP\""), "text a\nstop end" },
		{ CHUNK("{\"text\":\"a\"}", ",\"finishReason\":\"MAX_TOKENS\""),
			"text a\nstop length" },
		{ CHUNK("{\"text\":\"a\"}", ",\"finishReason\":\"RECITATION\""),
			"text a\nstop filter" },
		{ CHUNK("{\"text\":\"a\"}", ""), "text a\nfail cut wire" },
		{ CHUNK("", ",\"finishReason\":\"MALFORMED_FUNCTION_CALL\""),
			"fail upstream parse" },
		{ "{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}", "stop filter" },
		{ "{\"error\":{\"code\":429,\"message\":\"slow\",\"status\":\"RESOURCE_EXHAUSTED\"}"
		  "}",
			"fail busy" },
		{ "[{\"error\":{\"code\":400,\"message\":\"bad\"}}]", "fail " },
		{ "<html>", "fail bad_data wire" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct record r;
		hear(&cases[i].piece, 1, &r);
		if (strncmp(buf_z(&r.text), cases[i].is, strlen(cases[i].is)) != 0)
			print_message("%s\n%s\n", cases[i].piece, buf_z(&r.text));
		assert_int_equal(strncmp(buf_z(&r.text), cases[i].is, strlen(cases[i].is)), 0);
		record_clear(&r);
	}
}

static void calls_of_an_upstream_get_ids(void **state)
{
	(void)state;
	static const char *const pieces[] = { CHUNK(
		"{\"functionCall\":{\"name\":\"a\",\"args\":{\"n\":1}}},"
		"{\"functionCall\":{\"name\":\"b\"}}",
		",\"finishReason\":\"STOP\"") };
	struct record r;
	hear(pieces, 1, &r);
	SAYS(buf_z(&r.text), "tool_args {\"n\":1}");
	SAYS(buf_z(&r.text), "tool_args {}");
	SAYS(buf_z(&r.text), "stop calls");
	assert_int_equal(r.events, 7);
	record_clear(&r);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(model_and_question_stand_in_the_path),
		test(both_spellings_are_one),
		test(calls_without_ids_are_found_by_name_and_place),
		test(a_signature_belongs_to_the_thought_before_it),
		test(null_is_what_is_not_said),
		test(a_call_is_told_whole_or_not_at_all),
		test(the_reason_is_stop_with_a_call_too),
		test(thoughts_are_told_as_such_or_hidden),
		test(an_upstream_is_heard_in_its_own_words),
		test(calls_of_an_upstream_get_ids),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
