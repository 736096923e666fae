/*
 * Ollama's API by its traps: lines that stream unless told otherwise, calls without ids, options
 * that mean nothing here, and answers that its clients take for the end.
 */
#include <string.h>

#include "../record.h"
#include "chat/dialect.h"
#include "describe.h"
#include "reading.h"

#define SAYS(text, part) assert_non_null(strstr(text, part))
#define HI               "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

static const char *told(struct fixture *f, const char *path, const char *body)
{
	struct chat_request *r =
		dialect_ollama.read_request(str_z(path), str_z(body), f->arena, f->trace, &f->e);
	if (!r)
		print_message("%s\n", f->e.what);
	assert_non_null(r);
	buf_reset(&f->text);
	r->extra = NULL; /* what goes on to an upstream of this dialect */
	describe_request(r, &f->text);
	chat_request_free(r);
	return buf_z(&f->text);
}

static void it_streams_unless_told_otherwise(void **state)
{
	struct fixture *f = *state;
	SAYS(told(f, "chat", "{\"model\":\"m\"," HI "}"), "stream");
	assert_null(strstr(told(f, "chat", "{\"model\":\"m\",\"stream\":false," HI "}"), "stream"));
}

static void options_count_where_they_mean_something(void **state)
{
	struct fixture *f = *state;
	const char *text = told(f, "chat",
		"{\"model\":\"m\",\"keep_alive\":\"5m\",\"options\":{\"num_ctx\":65536,\"num_"
		"predict\":"
		"7,\"temperature\":0.5,\"top_k\":3,\"seed\":9,\"stop\":[\"X\"],\"num_gpu\":99}," HI
		"}");
	SAYS(text, "7");
	SAYS(text, "0.5");
	SAYS(text, "X");
	assert_null(strstr(text, "context"));
}

static void results_are_found_by_name_or_place(void **state)
{
	struct fixture *f = *state;
	const char *text = told(f, "chat",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"},{\"role\":"
		"\"assistant\",\"content\":\"\",\"thinking\":\"hm\",\"tool_calls\":[{\"function\":"
		"{\"name\":\"a\",\"arguments\":{\"n\":1}}},{\"function\":{\"name\":\"b\","
		"\"arguments\":"
		"\"{\\\"n\\\":2}\"}},{\"function\":{\"name\":\"c\"}}]},{\"role\":\"tool\",\"tool_"
		"name\":"
		"\"b\",\"content\":\"rb\"},{\"role\":\"tool\",\"content\":\"ra\"},{\"role\":"
		"\"tool\","
		"\"name\":\"c\",\"content\":\"rc\"}]}");
	const char *a = strstr(text, "name=a: \"ra\""), *b = strstr(text, "name=b: \"rb\""),
		   *c = strstr(text, "name=c: \"rc\"");
	assert_true(a && b && c && a < b && b < c);
	SAYS(text, "think: \"hm\"");
	SAYS(text, "name=b: \"{\\\"n\\\":2}\"");
	SAYS(text, "name=c: \"{}\"");
}

static void images_are_bare_base64(void **state)
{
	struct fixture *f = *state;
	const char *text = told(f, "chat",
		"{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"images\":"
		"[\"iVBORw0KGgo=\",\"/9j/4AAQ\"]}]}");
	SAYS(text, "image: \"data:image/png;base64,iVBORw0KGgo=\"");
	SAYS(text, "image: \"data:image/jpeg;base64,/9j/4AAQ\"");
}

static void a_format_is_json_or_a_schema(void **state)
{
	struct fixture *f = *state;
	SAYS(told(f, "chat", "{\"model\":\"m\",\"format\":\"json\"," HI "}"), "format json");
	SAYS(told(f, "chat", "{\"model\":\"m\",\"format\":{\"type\":\"object\"}," HI "}"),
		"format schema {\"type\":\"object\"}");
	assert_null(strstr(told(f, "chat", "{\"model\":\"m\",\"format\":\"\"," HI "}"), "format"));
}

static void null_is_left_out_here_too(void **state)
{
	struct fixture *f = *state;
	const char *plain = arena_z(f->arena, str_z(told(f, "chat", "{\"model\":\"m\"," HI "}")));
	assert_string_equal(
		plain, told(f, "chat",
			       "{\"model\":\"m\",\"tools\":null,\"format\":null,\"options\":null,"
			       "\"think\":null,"
			       "\"keep_alive\":null,\"stream\":null,\"messages\":[{\"role\":"
			       "\"user\",\"content\":"
			       "\"hi\",\"images\":null,\"tool_calls\":null,\"thinking\":null}]}"));
}

/* ---- answers ---- */

struct said {
	struct dialect_writer *writer;
	struct buf out;
};

static void say(void *owner, const struct chat_event *event)
{
	struct said *s = owner;
	dialect_ollama.write(s->writer, event, &s->out);
}

static struct chat_sink begin(struct said *s, bool is_stream, const char *kind)
{
	s->writer = dialect_ollama.writer_new(&(struct dialect_answer){
		.id = STR("i"), .model = STR("m"), .is_stream = is_stream, .kind = str_z(kind) });
	buf_init(&s->out, MIB);
	return (struct chat_sink){ say, s };
}

static void end(struct said *s)
{
	dialect_ollama.writer_free(s->writer);
	buf_clear(&s->out);
}

static void every_line_is_a_document_and_only_the_last_is_done(void **state)
{
	(void)state;
	struct said s;
	struct chat_sink sink = begin(&s, true, "chat");
	chat_send_think(sink, STR("h\nm"));
	chat_send_alive(sink, 1, 2);
	chat_send_text(sink, STR("a\nb"));
	chat_send_tool_begin(sink, 0, STR("c1"), STR("w"));
	chat_send_tool_args(sink, 0, STR("{\"n\":1}"));
	chat_send_tool_end(sink, 0);
	chat_send_stop(sink, CHAT_STOP_CALLS);
	struct str rest = buf_str(&s.out), line;
	size_t lines = 0, done = 0;
	while (rest.n && str_cut(&rest, '\n', &line)) {
		json_t *value = js_parse(line, LAYER_WIRE, NULL);
		assert_true(json_is_object(value));
		assert_int_equal(done, 0);
		done += json_is_true(json_object_get(value, "done"));
		lines++;
		json_decref(value);
	}
	assert_int_equal(done, 1);
	assert_int_equal(lines, 5);
	SAYS(buf_z(&s.out), "\"arguments\":{\"n\":1}");
	SAYS(buf_z(&s.out), "\"done_reason\":\"stop\"");
	end(&s);
}

static void a_cut_call_is_none_and_the_limit_is_told(void **state)
{
	(void)state;
	for (int is_stream = 0; is_stream < 2; is_stream++) {
		struct said s;
		struct chat_sink sink = begin(&s, is_stream, "chat");
		chat_send_tool_begin(sink, 0, STR("c1"), STR("w"));
		chat_send_tool_args(sink, 0, STR("{\"b\":\"cu"));
		chat_send_stop(sink, CHAT_STOP_LENGTH);
		assert_null(strstr(buf_z(&s.out), "tool_calls"));
		SAYS(buf_z(&s.out), "\"done_reason\":\"length\"");
		end(&s);
	}
}

static void generate_says_response(void **state)
{
	(void)state;
	struct said s;
	struct chat_sink sink = begin(&s, false, "generate");
	chat_send_text(sink, STR("hello"));
	chat_send_stop(sink, CHAT_STOP_END);
	SAYS(buf_z(&s.out), "\"response\":\"hello\"");
	assert_null(strstr(buf_z(&s.out), "\"message\""));
	end(&s);
}

static void an_error_is_a_line_with_a_text(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct said s;
	struct chat_sink sink = begin(&s, true, "chat");
	fail(&e, ERR_CUT, LAYER_WIRE, "it ended");
	chat_send_text(sink, STR("half"));
	chat_send_fail(sink, &e);
	SAYS(buf_z(&s.out), "{\"error\":\"wire: it ended");
	assert_null(strstr(buf_z(&s.out), "\"done\":true"));
	end(&s);
}

static void an_upstream_s_lines_are_heard(void **state)
{
	(void)state;
	static const struct {
		const char *line, *is;
	} cases[] = {
		{ "{\"message\":{\"content\":\"a\"},\"done\":true,\"done_reason\":\"stop\"}",
			"text a\nstop end" },
		{ "{\"message\":{\"content\":\"a\"},\"done\":true,\"done_reason\":\"length\"}",
			"text a\nstop length" },
		{ "{\"message\":{\"thinking\":\"h\",\"content\":\"a\"},\"done\":false}",
			"think h\ntext a\nfail cut wire" },
		{ "{\"error\":\"model 'x' not found\"}", "fail " },
		{ "<html>", "fail bad_data wire" },
		{ "{\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":\"w\","
		  "\"arguments\":{\"n\":1}}}]},\"done\":true,\"done_reason\":\"stop\"}",
			"tool_begin" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct record r;
		record_init(&r);
		struct dialect_reader *rd =
			dialect_ollama.reader_new((struct chat_sink){ record_take, &r });
		dialect_ollama.read_piece(rd, STR(""), str_z(cases[i].line));
		dialect_ollama.read_end(rd, NULL);
		dialect_ollama.reader_free(rd);
		if (strncmp(buf_z(&r.text), cases[i].is, strlen(cases[i].is)) != 0)
			print_message("%s\n%s\n", cases[i].line, buf_z(&r.text));
		assert_int_equal(strncmp(buf_z(&r.text), cases[i].is, strlen(cases[i].is)), 0);
		if (i == 5)
			SAYS(buf_z(&r.text), "stop calls");
		record_clear(&r);
	}
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(it_streams_unless_told_otherwise),
		test(options_count_where_they_mean_something),
		test(results_are_found_by_name_or_place),
		test(images_are_bare_base64),
		test(a_format_is_json_or_a_schema),
		test(null_is_left_out_here_too),
		test(every_line_is_a_document_and_only_the_last_is_done),
		test(a_cut_call_is_none_and_the_limit_is_told),
		test(generate_says_response),
		test(an_error_is_a_line_with_a_text),
		test(an_upstream_s_lines_are_heard),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
