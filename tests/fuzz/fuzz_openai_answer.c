/*
 * fuzz_openai_answer.c - each line is one piece of an upstream's stream. Whatever comes, the events
 * stand in the order that event.h promises and end exactly once; and what the writer makes of a
 * whole answer reads back as the same events.
 */
#include "fuzz.h"

#include "../unit/record.h"
#include "base/must.h"
#include "chat/check.h"
#include "chat/dialect.h"

enum { WRITTEN_MAX = 1 << 26 };

struct tap {
	struct record record;
	struct chat_check check;
	struct dialect_writer *writer; /* may be NULL */
	struct buf written;
};

static void tap_init(struct tap *t, struct dialect_writer *writer)
{
	record_init(&t->record);
	chat_check_init(&t->check);
	t->writer = writer;
	buf_init(&t->written, WRITTEN_MAX);
}

static void tap_clear(struct tap *t)
{
	MUST(chat_check_end(&t->check, NULL));
	record_clear(&t->record);
	chat_check_clear(&t->check);
	dialect_openai.writer_free(t->writer);
	buf_clear(&t->written);
}

static void take(void *owner, const struct chat_event *event)
{
	struct tap *t = owner;
	MUST(chat_check_event(&t->check, event, NULL));
	record_take(&t->record, event);
	if (t->writer)
		dialect_openai.write(t->writer, event, &t->written);
}

static void read_lines(struct str lines, bool is_sse, struct tap *t)
{
	struct dialect_reader *rd = dialect_openai.reader_new((struct chat_sink){ take, t });
	struct str line;
	while (str_cut(&lines, '\n', &line))
		if (!is_sse)
			dialect_openai.read_piece(rd, STR(""), line);
		else if (str_starts(line, STR("data: ")))
			dialect_openai.read_piece(rd, STR(""), str_from(line, 6));
	dialect_openai.read_end(rd, NULL);
	dialect_openai.reader_free(rd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct tap first, again;
	tap_init(&first, dialect_openai.writer_new(&(struct dialect_answer){
				 .id = STR("t"), .is_stream = true, .wants_usage = true }));
	tap_init(&again, NULL);
	read_lines(str_n((const char *)bytes, n), false, &first);
	read_lines(buf_str(&first.written), true, &again);
	bool is_whole = first.record.last == CHAT_STOP;
	MUST(!is_whole || str_eq(buf_str(&first.record.text), buf_str(&again.record.text)));
	tap_clear(&first);
	tap_clear(&again);
	return 0;
}
