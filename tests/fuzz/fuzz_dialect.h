/*
 * fuzz_dialect.h - the laws that every dialect's fuzzers hold.
 *
 * Of an answer each line is one piece of an upstream's stream. Whatever comes, the events stand in
 * the order that event.h promises and end exactly once; and what the writer makes of a whole answer
 * reads back as the same events. What is read as a request can be written, and what was written
 * reads back as the same: writing it again gives the same bytes.
 */
#ifndef OFFGRID_TESTS_FUZZ_DIALECT_H
#define OFFGRID_TESTS_FUZZ_DIALECT_H

#include "../unit/record.h"
#include "base/must.h"
#include "chat/check.h"
#include "chat/dialect.h"
#include "fuzz.h"

enum { WRITTEN_MAX = 1 << 26 };

struct tap {
	const struct dialect *dialect;
	struct record record;
	struct chat_check check;
	struct dialect_writer *writer; /* NULL: nothing is written */
	struct buf written;
	bool has_usage;
};

static inline void tap_init(struct tap *t, const struct dialect *d, bool writes)
{
	struct dialect_answer about = { .id = STR("t"), .is_stream = true, .wants_usage = true };
	*t = (struct tap){ .dialect = d };
	record_init(&t->record);
	chat_check_init(&t->check);
	t->writer = writes ? d->writer_new(&about) : NULL;
	buf_init(&t->written, WRITTEN_MAX);
}

static inline void tap_clear(struct tap *t)
{
	MUST(chat_check_end(&t->check, NULL));
	record_clear(&t->record);
	chat_check_clear(&t->check);
	t->dialect->writer_free(t->writer);
	buf_clear(&t->written);
}

static inline void tap_take(void *owner, const struct chat_event *event)
{
	struct tap *t = owner;
	/* There are writers that guess what nobody counted. */
	if (event->type == CHAT_STOP && !t->has_usage)
		tap_take(t, &(struct chat_event){ .type = CHAT_USAGE,
				    .usage = { .prompt_tokens = 1, .answer_tokens = 1 } });
	t->has_usage = t->has_usage || event->type == CHAT_USAGE;
	MUST(chat_check_event(&t->check, event, NULL));
	record_take(&t->record, event);
	if (t->writer)
		t->dialect->write(t->writer, event, &t->written);
}

static inline void tap_read(struct tap *t, struct str lines, bool is_sse)
{
	const struct dialect *d = t->dialect;
	struct dialect_reader *rd = d->reader_new((struct chat_sink){ tap_take, t });
	struct str line;
	while (str_cut(&lines, '\n', &line))
		if (!is_sse)
			d->read_piece(rd, STR(""), line);
		else if (str_starts(line, STR("data: ")))
			d->read_piece(rd, STR(""), str_from(line, 6));
	d->read_end(rd, NULL);
	d->reader_free(rd);
}

static inline int fuzz_answer(const struct dialect *d, const uint8_t *bytes, size_t n)
{
	struct tap first, again;
	tap_init(&first, d, true);
	tap_init(&again, d, false);
	tap_read(&first, str_n((const char *)bytes, n), false);
	tap_read(&again, buf_str(&first.written), d->framing == DIALECT_SSE);
	bool is_whole = first.record.last == CHAT_STOP;
	MUST(!is_whole || str_eq(buf_str(&first.record.text), buf_str(&again.record.text)));
	tap_clear(&first);
	tap_clear(&again);
	return 0;
}

static inline struct buf request_written(const struct dialect *d, const struct chat_request *r)
{
	struct buf out;
	buf_init(&out, WRITTEN_MAX);
	MUST(d->write_request(r, STR(""), NULL, &out, NULL));
	return out;
}

static inline int fuzz_request(const struct dialect *d, const uint8_t *bytes, size_t n)
{
	struct err e = { 0 };
	struct arena *a = arena_new();
	struct trace *t = trace_new();
	struct str body = str_n((const char *)bytes, n);
	struct chat_request *r = d->read_request(STR(""), body, a, t, &e);
	MUST(!r == err_is_set(&e));
	if (r) {
		struct buf once = request_written(d, r);
		struct chat_request *again = d->read_request(STR(""), buf_str(&once), a, NULL, &e);
		MUST(again);
		struct buf twice = request_written(d, again);
		MUST(str_eq(buf_str(&once), buf_str(&twice)));
		buf_clear(&once);
		buf_clear(&twice);
		chat_request_free(again);
	}
	chat_request_free(r);
	trace_free(t);
	arena_free(a);
	return 0;
}

#endif
