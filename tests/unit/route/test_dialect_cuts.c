/*
 * Every dialect: the events of an answer do not depend on how its bytes were cut, from the stream's
 * bytes up to the events. A new row of dialects[] joins by itself.
 */
#include "../cuts.h"
#include "../record.h"
#include "../unit.h"

#include "base/limits.h"
#include "chat/dialect.h"
#include "net/sse.h"

static const struct dialect *tried; /* by the transcriber, which takes bytes only */

struct reading {
	struct dialect_reader *reader;
	struct sse_reader sse;
	struct buf line; /* of a dialect framed by lines */
	struct err e;
};

static bool on_event(void *ctx, const struct sse_event *event, struct err *e)
{
	struct reading *r = ctx;
	(void)e;
	tried->read_piece(r->reader, event->type, event->data);
	return true;
}

static void feed_lines(struct reading *r, struct str bytes)
{
	for (size_t i = 0; i < bytes.n; i++) {
		if (bytes.p[i] != '\n') {
			buf_add_char(&r->line, bytes.p[i]);
			continue;
		}
		tried->read_piece(r->reader, STR(""), buf_str(&r->line));
		buf_reset(&r->line);
	}
}

static void transcribe(const struct str *pieces, size_t count, struct buf *out)
{
	struct record record;
	struct reading r = { .line = { 0 } };
	record_init(&record);
	buf_init(&r.line, MIB);
	sse_init(&r.sse, on_event, &r);
	r.reader = tried->reader_new(record_sink(&record));
	for (size_t i = 0; i < count; i++)
		if (tried->framing == DIALECT_SSE)
			assert_true(sse_feed(&r.sse, pieces[i], &r.e));
		else
			feed_lines(&r, pieces[i]);
	sse_end(&r.sse, &r.e);
	tried->read_end(r.reader, err_is_set(&r.e) ? &r.e : NULL);
	tried->reader_free(r.reader);
	buf_add(out, buf_str(&record.text));
	sse_clear(&r.sse);
	buf_clear(&r.line);
	record_clear(&record);
}

struct tap {
	struct dialect_writer *writer;
	struct buf out;
};

static void tap_take(void *owner, const struct chat_event *event)
{
	struct tap *t = owner;
	tried->write(t->writer, event, &t->out);
}

static void say(struct chat_sink sink)
{
	chat_send_alive(sink, 1, 9);
	chat_send_think(sink, STR("h\xc3\xa4"));
	chat_send_text(sink, STR("Hel\n\nlo \xf0\x9f\x98\x80"));
	chat_send_tool_begin(sink, 0, STR("abc"), STR("f"));
	chat_send_tool_args(sink, 0, STR("{\"x\":\""));
	chat_send_tool_args(sink, 0, STR("}\xc3\xa4\"}"));
	chat_send_tool_end(sink, 0);
	chat_send_usage(sink, &(struct chat_usage){ .prompt_tokens = 9, .answer_tokens = 4 });
	chat_send_stop(sink, CHAT_STOP_CALLS);
}

static void every_cut_gives_the_same_events(void **state)
{
	(void)state;
	for (size_t i = 0; dialects[i]; i++) {
		struct tap tap;
		struct record said;
		tried = dialects[i];
		record_init(&said);
		buf_init(&tap.out, MIB);
		tap.writer = tried->writer_new(&(struct dialect_answer){ .id = STR("t"),
			.model = STR("m"),
			.is_stream = true,
			.wants_usage = true });
		say((struct chat_sink){ tap_take, &tap });
		say(record_sink(&said));
		struct buf heard = assert_every_cut(buf_str(&tap.out), transcribe);
		assert_string_equal(buf_z(&heard), buf_z(&said.text));
		buf_clear(&heard);
		tried->writer_free(tap.writer);
		buf_clear(&tap.out);
		record_clear(&said);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_cut_gives_the_same_events) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
