/*
 * passing.h - an upstream's stream on its way to a client of the same dialect, as serve/ and route/
 * take it, with something that meddles with the events in between; and the checks of what the
 * client gets.
 *
 * The laws: what the client reads is what was told, wherever it parted; and if the upstream's
 * stream was in order, so is the client's: one id, blocks, items and calls numbered as clients need
 * them.
 */
#ifndef OFFGRID_TESTS_CHAT_PASSING_H
#define OFFGRID_TESTS_CHAT_PASSING_H

#include "../record.h"
#include "base/must.h"
#include "chat/passage.h"
#include "chat/seal.h"

enum meddling {
	MEDDLE_NOT,
	MEDDLE_CHANGES, /* words, or a call's name */
	MEDDLE_ADDS,    /* a text before it, outside of calls and before no seal */
	MEDDLE_FAILS,   /* in its place */
	MEDDLE_CUTS,    /* the stream ends here */
	MEDDLE_COUNT
};

enum { PASSING_ITEMS = 64, PASSING_MAX = 1 << 26 };

struct passing {
	const struct dialect *dialect;
	struct passage passage;
	struct dialect_writer *writer;
	struct dialect_reader *reader;
	struct str origin;
	enum meddling meddling;
	unsigned at, seen; /* which event is meddled with; how many have come */
	bool has_joined, is_in_call, is_over;
	struct buf out;     /* what the client gets */
	struct record told; /* what it is to read there */
};

/* Only what every dialect carries; of a failure only that it is one. */
static inline void passing_note(struct record *r, const struct chat_event *event)
{
	struct chat_event plain = *event;
	struct buf named;
	bool is_silent = event->type == CHAT_USAGE || event->type == CHAT_ALIVE ||
			 event->type == CHAT_LOGPROB;
	/* What a reader puts between the parts of a summary. */
	is_silent |= event->type == CHAT_THINK && str_eq_z(event->text, "\n\n");
	if (is_silent || (!event->text.n && event->type <= CHAT_THINK))
		return;
	if (event->type == CHAT_FAIL) {
		r->is_over = true;
		r->last = CHAT_FAIL;
		return;
	}
	if (event->type == CHAT_STOP)
		plain.text = STR("");
	buf_init(&named, PASSING_MAX);
	if (event->type == CHAT_SEAL) {
		seal_write(event->origin, event->text, &named);
		plain.text = buf_str(&named);
		plain.stands_alone = false; /* as what stands before it */
	}
	record_take(r, &plain);
	buf_clear(&named);
}

static inline void passing_take_ready(void *owner)
{
	struct passing *t = owner;
	buf_add(&t->out, passage_ready(&t->passage));
	passage_sent(&t->passage);
}

static inline void passing_say(struct passing *t, const struct chat_event *event)
{
	struct passage *p = &t->passage;
	if (t->is_over)
		return;
	t->is_over = event->type == CHAT_STOP || event->type == CHAT_FAIL;
	passing_note(&t->told, event);
	if (!p->is_parted && passage_told(p, event)) {
		if (t->is_over)
			passing_take_ready(t);
		return;
	}
	if (!t->has_joined) {
		t->has_joined = true;
		passing_take_ready(t);
		buf_add(&t->out, buf_str(&p->shadow));
	}
	t->dialect->write(t->writer, event, &t->out);
}

static inline void passing_fail(struct passing *t)
{
	struct err e = { 0 };
	fail(&e, ERR_UPSTREAM, LAYER_WIRE, "it was meddled with");
	passing_say(t, &(struct chat_event){ .type = CHAT_FAIL, .err = &e });
}

static inline void passing_meddle(struct passing *t, const struct chat_event *event)
{
	struct chat_event changed = *event;
	bool is_words = event->type == CHAT_TEXT || event->type == CHAT_THINK;
	if (t->meddling == MEDDLE_FAILS) {
		passing_fail(t);
		return;
	}
	if (t->meddling == MEDDLE_ADDS && !t->is_in_call && event->type != CHAT_SEAL)
		passing_say(t, &(struct chat_event){ .type = CHAT_TEXT, .text = STR("added") });
	if (t->meddling == MEDDLE_CHANGES && (is_words || event->type == CHAT_TOOL_BEGIN))
		changed.text = STR("changed");
	passing_say(t, &changed);
}

static inline void passing_event(void *owner, const struct chat_event *event)
{
	struct passing *t = owner;
	struct chat_event told = *event;
	if (told.type == CHAT_SEAL)
		told.origin = t->origin;
	if (t->reader->has_forgiven)
		passage_part(&t->passage, "forgiven");
	passage_came(&t->passage, &told);
	if (told.type == CHAT_ALIVE)
		return;
	bool is_it = t->seen++ == t->at && t->meddling != MEDDLE_NOT;
	if (is_it)
		passing_meddle(t, &told);
	else
		passing_say(t, &told);
	if (told.type == CHAT_TOOL_BEGIN)
		t->is_in_call = true;
	if (told.type == CHAT_TOOL_END)
		t->is_in_call = false;
}

static inline void passing_init(struct passing *t, const struct dialect *d, struct str origin,
	enum meddling meddling, unsigned at)
{
	struct dialect_answer about = { .id = STR("ours"),
		.model = STR("m"),
		.unix_s = 77,
		.is_stream = true,
		.wants_usage = true };
	*t = (struct passing){ .dialect = d, .origin = origin, .meddling = meddling, .at = at };
	passage_init(&t->passage, d);
	buf_init(&t->out, PASSING_MAX);
	record_init(&t->told);
	t->writer = d->writer_new(&about);
	t->passage.writer = t->writer;
	t->passage.on_ready = passing_take_ready;
	t->passage.owner = t;
	t->reader = d->reader_new((struct chat_sink){ passing_event, t });
	MUST(passage_open(&t->passage, d, origin));
}

static inline void passing_clear(struct passing *t)
{
	t->dialect->reader_free(t->reader);
	t->dialect->writer_free(t->writer);
	passage_clear(&t->passage);
	buf_clear(&t->out);
	record_clear(&t->told);
}

static inline struct str passing_name(const struct dialect *d, struct str data, struct arena *a)
{
	if (d != &dialect_anthropic && d != &dialect_responses)
		return STR("");
	json_t *piece = js_parse(data, LAYER_WIRE, &(struct err){ 0 });
	struct str type = js_text_of(piece, "type");
	bool is_line =
		str_find_char(type, '\n') == SIZE_MAX && str_find_char(type, '\r') == SIZE_MAX;
	type = is_line ? arena_str(a, type) : STR("");
	json_decref(piece);
	return type;
}

/* A piece a line; the socket is read up to each that bit `pauses` says. */
static inline void passing_feed(struct passing *t, struct str lines, unsigned pauses, bool is_named)
{
	struct arena *a = arena_new();
	struct str line;
	unsigned count = 0;
	while (str_cut(&lines, '\n', &line) && !t->is_over) {
		if (t->meddling == MEDDLE_CUTS && t->seen > t->at)
			break;
		struct str name = is_named ? passing_name(t->dialect, line, a) : STR("");
		passage_piece(&t->passage, name, line, false);
		t->dialect->read_piece(t->reader, name, line);
		if (pauses >> (count++ % 8) & 1)
			passage_pause(&t->passage);
	}
	passage_pause(&t->passage);
	t->dialect->read_end(t->reader, NULL);
	if (!t->passage.is_parted)
		passing_take_ready(t);
	arena_free(a);
}

/* ---- what the client gets ---- */

static inline void passing_reread(void *owner, const struct chat_event *event)
{
	passing_note(owner, event);
}

/* Calls `take` with each piece of a stream as it stands on the wire. */
static inline void passing_pieces(const struct dialect *d, struct str text,
	void (*take)(void *owner, struct str data), void *owner)
{
	struct str line;
	while (str_cut(&text, '\n', &line))
		if (d->framing != DIALECT_SSE)
			take(owner, line);
		else if (str_starts(line, STR("data: ")))
			take(owner, str_from(line, 6));
}

struct passing_reading {
	const struct dialect *dialect;
	struct dialect_reader *reader;
};

static inline void passing_read_piece(void *owner, struct str data)
{
	struct passing_reading *r = owner;
	r->dialect->read_piece(r->reader, STR(""), data);
}

/* Before a failure a call that has not ended is none everywhere, nor is a seal without what follows
 * it; nothing else may be missing. */
static inline bool passing_is_lost(struct str told, struct str read)
{
	struct str rest = str_from(told, read.n < told.n ? read.n : told.n), line;
	bool is_lost = str_starts(told, read);
	while (rest.n && str_cut(&rest, '\n', &line))
		is_lost = is_lost && (!line.n || str_starts(line, STR("tool_")) ||
					     str_starts(line, STR("seal")));
	return is_lost;
}

/* The client reads what was told. */
static inline bool passing_is_told(const struct passing *t)
{
	struct record read;
	record_init(&read);
	struct passing_reading r = { .dialect = t->dialect };
	r.reader = t->dialect->reader_new((struct chat_sink){ passing_reread, &read });
	passing_pieces(t->dialect, buf_str(&t->out), passing_read_piece, &r);
	t->dialect->read_end(r.reader, NULL);
	t->dialect->reader_free(r.reader);
	bool has_failed = t->told.last == CHAT_FAIL;
	struct str told = buf_str(&t->told.text), all = buf_str(&read.text);
	bool ok = (read.last == CHAT_FAIL) == has_failed &&
		  (has_failed ? passing_is_lost(told, all) : str_eq(told, all));
	record_clear(&read);
	return ok;
}

/* What a vendor's library holds of a stream while it reads it. */
struct passing_shape {
	const struct dialect *dialect;
	struct buf id; /* of the answer, and whatever else is the same in each piece */
	struct buf ids[PASSING_ITEMS];
	bool is_open[PASSING_ITEMS];
	size_t count; /* items */
	int64_t sequence;
	bool is_wrong, has_begun;
};

static inline int64_t shape_number(const json_t *at, const char *name)
{
	const json_t *value = json_object_get(at, name);
	return json_is_integer(value) ? json_integer_value(value) : -1;
}

/* What must be the same in every piece that has it. */
static inline void shape_same(struct passing_shape *s, const json_t *piece, const char *name)
{
	const json_t *value = json_object_get(piece, name);
	struct buf line;
	if (!value)
		return;
	buf_init(&line, PASSING_MAX);
	buf_printf(&line, "\n%s ", name);
	size_t n = line.n;
	js_write(value, &line);
	size_t at = str_find(buf_str(&s->id), str_sub(buf_str(&line), 0, n));
	buf_add_char(&line, '\n');
	if (at == SIZE_MAX)
		buf_add(&s->id, buf_str(&line));
	else
		s->is_wrong |= !str_starts(str_from(buf_str(&s->id), at), buf_str(&line));
	buf_clear(&line);
}

static inline void shape_openai(struct passing_shape *s, const json_t *piece)
{
	if (json_object_get(piece, "error"))
		return;
	shape_same(s, piece, "id");
	shape_same(s, piece, "created");
	shape_same(s, piece, "model");
	const json_t *choice = json_array_get(json_object_get(piece, "choices"), 0),
		     *calls = json_object_get(json_object_get(choice, "delta"), "tool_calls");
	for (size_t i = 0; i < json_array_size(calls); i++) {
		const json_t *call = json_array_get(calls, i);
		int64_t at = shape_number(call, "index");
		bool is_fresh = js_text_of(json_object_get(call, "function"), "name").n > 0;
		bool is_known = at >= 0 && at < PASSING_ITEMS;
		s->is_wrong |= !is_known || s->is_open[at] == is_fresh;
		if (is_known)
			s->is_open[at] = true;
	}
}

/* An item is numbered without a gap, and told about only while it is open. */
static inline void shape_item(struct passing_shape *s, int64_t at, int step)
{
	bool is_next = at >= 0 && at == (int64_t)s->count && at < PASSING_ITEMS;
	bool is_open = at >= 0 && at < (int64_t)s->count && s->is_open[at];
	s->is_wrong |= step > 0 ? !is_next : !is_open;
	if (step > 0 && is_next)
		s->is_open[s->count++] = true;
	if (step < 0 && is_open)
		s->is_open[at] = false;
}

static inline void shape_is_closed(struct passing_shape *s)
{
	for (size_t i = 0; i < s->count; i++)
		s->is_wrong |= s->is_open[i];
}

static inline void shape_anthropic(struct passing_shape *s, const json_t *piece)
{
	struct str type = js_text_of(piece, "type");
	if (str_eq_z(type, "message_stop"))
		shape_is_closed(s);
	if (str_eq_z(type, "message_start")) {
		s->is_wrong |= s->has_begun;
		s->has_begun = true;
	}
	if (!str_starts(type, STR("content_block_")))
		return;
	s->is_wrong |= !s->has_begun;
	shape_item(s, shape_number(piece, "index"),
		str_eq_z(type, "content_block_start")  ? 1
		: str_eq_z(type, "content_block_stop") ? -1
						       : 0);
}

static inline void shape_responses_items(struct passing_shape *s, const json_t *response)
{
	const json_t *output = json_object_get(response, "output");
	shape_is_closed(s);
	if (!json_array_size(output))
		return;
	s->is_wrong |= json_array_size(output) != s->count;
	for (size_t i = 0; i < json_array_size(output) && i < s->count; i++)
		s->is_wrong |=
			!str_eq(js_text_of(json_array_get(output, i), "id"), buf_str(&s->ids[i]));
}

static inline void shape_responses(struct passing_shape *s, const json_t *piece)
{
	const json_t *response = json_object_get(piece, "response"),
		     *item = json_object_get(piece, "item");
	struct str type = js_text_of(piece, "type"), id = js_text_of(piece, "item_id");
	int64_t at = shape_number(piece, "output_index"),
		sequence = shape_number(piece, "sequence_number");
	shape_same(s, response, "id");
	shape_same(s, response, "created_at");
	s->is_wrong |= sequence != s->sequence;
	s->sequence = sequence + 1;
	if (str_eq_z(type, "response.completed") || str_eq_z(type, "response.incomplete"))
		shape_responses_items(s, response);
	if (at < 0)
		return;
	shape_item(s, at,
		str_eq_z(type, "response.output_item.added")  ? 1
		: str_eq_z(type, "response.output_item.done") ? -1
							      : 0);
	if (s->is_wrong)
		return;
	if (str_eq_z(type, "response.output_item.added")) {
		buf_init(&s->ids[at], PASSING_MAX);
		buf_add(&s->ids[at], js_text_of(item, "id"));
	} else {
		id = item ? js_text_of(item, "id") : id;
		s->is_wrong |= !str_eq(id, buf_str(&s->ids[at]));
	}
}

static inline void shape_piece(void *owner, struct str data)
{
	struct passing_shape *s = owner;
	json_t *piece = js_parse(data, LAYER_WIRE, &(struct err){ 0 });
	if (!json_is_object(piece)) {
		; /* the mark of the end, or a line without anything */
	} else if (s->dialect == &dialect_openai) {
		shape_openai(s, piece);
	} else if (s->dialect == &dialect_anthropic) {
		shape_anthropic(s, piece);
	} else if (s->dialect == &dialect_responses) {
		shape_responses(s, piece);
	} else {
		shape_same(s, piece, "responseId");
		shape_same(s, piece, "modelVersion");
		shape_same(s, piece, "model");
	}
	json_decref(piece);
}

static inline bool shape_end(struct passing_shape *s)
{
	for (size_t i = 0; i < PASSING_ITEMS; i++)
		buf_clear(&s->ids[i]);
	buf_clear(&s->id);
	return !s->is_wrong;
}

/* The stream is one that a vendor's library reads. */
static inline bool passing_is_in_order(const struct dialect *d, struct str stream)
{
	struct passing_shape s = { .dialect = d };
	buf_init(&s.id, PASSING_MAX);
	passing_pieces(d, stream, shape_piece, &s);
	return shape_end(&s);
}

/* The same of an upstream's, a piece a line. */
static inline bool passing_lines_are_in_order(const struct dialect *d, struct str lines)
{
	struct passing_shape s = { .dialect = d };
	struct str line;
	buf_init(&s.id, PASSING_MAX);
	while (str_cut(&lines, '\n', &line))
		shape_piece(&s, line);
	return shape_end(&s);
}

#endif
