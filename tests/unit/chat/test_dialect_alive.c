#include "../record.h"
#include "../unit.h"

#include <string.h>

#include "base/limits.h"
#include "chat/dialect.h"

/* What holds for the signs of life of every dialect, also of one that is added later. */

enum { LINE_END = '\n' };

struct writing {
	const struct dialect *dialect;
	struct dialect_writer *writer;
	struct buf out;
};

static void take(void *owner, const struct chat_event *event)
{
	struct writing *w = owner;
	w->dialect->write(w->writer, event, &w->out);
}

static struct chat_sink begin(struct writing *w, const struct dialect *d, bool is_stream)
{
	w->dialect = d;
	w->writer = d->writer_new(&(struct dialect_answer){
		.id = STR("t1"), .model = STR("m"), .unix_s = 7, .is_stream = is_stream });
	buf_init(&w->out, MIB);
	return (struct chat_sink){ take, w };
}

static void end(struct writing *w)
{
	w->dialect->writer_free(w->writer);
	buf_clear(&w->out);
}

/* Hands a stream's pieces to the dialect's own reader. */
static void read_back(const struct writing *w, struct record *r)
{
	struct dialect_reader *rd = w->dialect->reader_new(record_sink(r));
	struct str rest = buf_str(&w->out), line, name = STR("");
	while (str_cut(&rest, LINE_END, &line)) {
		if (w->dialect->framing == DIALECT_LINES && line.n)
			w->dialect->read_piece(rd, STR(""), line);
		else if (str_starts(line, STR("event: ")))
			name = str_from(line, 7);
		else if (str_starts(line, STR("data: ")))
			w->dialect->read_piece(rd, name, str_from(line, 6));
		else if (!line.n)
			name = STR("");
	}
	w->dialect->read_end(rd, NULL);
	w->dialect->reader_free(rd);
}

/* Comments are not taken for life by some clients, and break the readers of others. */
static void assert_no_comment(struct str out)
{
	struct str line;
	while (str_cut(&out, LINE_END, &line))
		assert_false(str_starts(line, STR(":")));
}

static void in_a_stream_each_is_data(void **state)
{
	(void)state;
	for (size_t i = 0; dialects[i]; i++) {
		struct writing w;
		struct chat_sink sink = begin(&w, dialects[i], true);
		for (int64_t done = 0; done < 3; done++) {
			size_t before = w.out.n;
			chat_send_alive(sink, done, 9);
			struct str said = str_from(buf_str(&w.out), before);
			assert_true(said.n > 0);
			assert_true(dialects[i]->framing == DIALECT_LINES ||
				    str_find(said, STR("data: ")) != SIZE_MAX);
		}
		assert_no_comment(buf_str(&w.out));
		end(&w);
	}
}

static void they_change_nothing_of_the_answer(void **state)
{
	(void)state;
	for (size_t i = 0; dialects[i]; i++) {
		struct writing w;
		struct record r;
		record_init(&r);
		struct chat_sink sink = begin(&w, dialects[i], true);
		chat_send_alive(sink, 1, 9);
		chat_send_text(sink, STR("a"));
		chat_send_alive(sink, 9, 9);
		chat_send_text(sink, STR("b"));
		chat_send_tool_begin(sink, 0, STR("id1"), STR("f"));
		chat_send_alive(sink, 9, 9);
		chat_send_tool_args(sink, 0, STR("{}"));
		chat_send_alive(sink, 9, 9);
		chat_send_tool_end(sink, 0);
		chat_send_alive(sink, 9, 9);
		chat_send_stop(sink, CHAT_STOP_CALLS);
		read_back(&w, &r);
		const char *usage = strstr(buf_z(&r.text), "usage");
		if (usage) /* those that always tell it */
			buf_truncate(&r.text, (size_t)(usage - r.text.p) - 1);
		assert_non_null(strstr(
			buf_z(&r.text), "text ab\ntool_begin 0 id1 f\ntool_args {}\ntool_end 0"));
		assert_true(r.is_over);
		assert_false(r.is_wrong);
		end(&w);
		record_clear(&r);
	}
}

static void alone_they_end_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; dialects[i]; i++) {
		struct writing w;
		struct record r;
		record_init(&r);
		chat_send_alive(begin(&w, dialects[i], true), 1, 9);
		read_back(&w, &r);
		assert_true(r.alive > 0);
		assert_record(&r, "fail cut wire");
		end(&w);
		record_clear(&r);
	}
}

static void a_whole_answer_has_none(void **state)
{
	(void)state;
	for (size_t i = 0; dialects[i]; i++) {
		struct writing w;
		chat_send_alive(begin(&w, dialects[i], false), 1, 9);
		assert_int_equal(w.out.n, 0);
		end(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_a_stream_each_is_data),
		cmocka_unit_test(they_change_nothing_of_the_answer),
		cmocka_unit_test(alone_they_end_nothing),
		cmocka_unit_test(a_whole_answer_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
