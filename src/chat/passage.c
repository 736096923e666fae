/*
 * passage.c - see passage.h. What came and has not gone out stands in three queues: pieces, the
 * bytes they go out as, and the items they became. All are emptied at once whenever everything has
 * gone out, which in a healthy answer is after each read of the socket.
 *
 * Layer: wire.
 */
#include "chat/passage.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/seal.h"

enum { FIRST_ROOM = 16, SEALS_BYTES = 4 * 1024 * 1024 };

struct passage_piece {
	size_t raw_end;  /* in raw */
	size_t item_end; /* in items */
	bool speaks;     /* it became items, or a sign of life */
};

/* An event that counts. */
struct passage_item {
	enum chat_event_type type;
	unsigned call;
	enum chat_stop stop;
	size_t text, text_n, id, id_n; /* in words */
	bool stands_alone;
};

void passage_init(struct passage *p, const struct dialect *client)
{
	*p = (struct passage){ .dialect = client };
	buf_init(&p->shadow, LIMIT_ANSWER_BYTES * 4);
	buf_init(&p->raw, LIMIT_ANSWER_BYTES * 4);
	buf_init(&p->words, LIMIT_ANSWER_BYTES);
	buf_init(&p->seals, SEALS_BYTES);
	buf_init(&p->joined, LIMIT_ANSWER_BYTES);
	buf_init(&p->headers, LIMIT_HTTP_HEAD_BYTES);
}

void passage_clear(struct passage *p)
{
	buf_clear(&p->shadow);
	buf_clear(&p->raw);
	buf_clear(&p->words);
	buf_clear(&p->seals);
	buf_clear(&p->joined);
	buf_clear(&p->headers);
	free(p->pieces);
	free(p->items);
	*p = (struct passage){ 0 };
}

static void empty(struct passage *p)
{
	buf_reset(&p->raw);
	buf_reset(&p->words);
	p->ready = p->piece_first = p->piece_count = p->item_count = p->told = p->told_part =
		p->wrote = 0;
}

/* ---- the writer beside it ---- */

static struct chat_event event_of(const struct passage *p, const struct passage_item *item)
{
	struct str words = buf_str(&p->words);
	return (struct chat_event){ .type = item->type,
		.call = item->call,
		.stop = item->stop,
		.stands_alone = item->stands_alone,
		.origin = item->type == CHAT_SEAL ? p->origin : STR(""),
		.text = str_sub(words, item->text, item->text + item->text_n),
		.id = str_sub(words, item->id, item->id + item->id_n) };
}

/* The writer is told the items up to this one. An end that was told stands in the upstream's bytes:
 * a writer of whole answers would write all of its own there, for nobody. */
static void write_items(struct passage *p, size_t until)
{
	while (p->wrote < until) {
		struct chat_event event = event_of(p, &p->items[p->wrote++]);
		if (event.type != CHAT_STOP)
			p->dialect->write(p->writer, &event, &p->shadow);
	}
}

/* The data of an event of the stream that stands framed; several lines are joined. */
static struct str unframed(struct passage *p, struct str frame, struct str *name)
{
	static const char event[] = "event: ", data[] = "data: ";
	struct str line;
	*name = STR("");
	if (str_starts(frame, str_z(event)) && str_cut(&frame, '\n', &line))
		*name = str_from(line, sizeof event - 1);
	frame = str_trim_right(str_from(frame, sizeof data - 1));
	if (str_find_char(frame, '\n') == SIZE_MAX)
		return frame;
	buf_reset(&p->joined);
	while (frame.n && str_cut(&frame, '\n', &line))
		buf_add(&p->joined,
			str_starts(line, str_z(data)) ? str_from(line, sizeof data - 1) : line);
	return buf_str(&p->joined);
}

/* A piece goes out: the writer has said so. */
static void adopt(struct passage *p, const struct passage_piece *piece)
{
	struct str frame = str_sub(buf_str(&p->raw), p->ready, piece->raw_end), name = STR("");
	write_items(p, piece->item_end);
	buf_reset(&p->shadow);
	if (p->is_whole || !frame.n)
		return;
	if (p->dialect->framing == DIALECT_SSE)
		frame = unframed(p, frame, &name);
	p->dialect->adopt(p->writer, name, frame);
}

void passage_part(struct passage *p, const char *why)
{
	if (p->is_parted)
		return;
	p->is_parted = true;
	p->why = why;
	write_items(p, p->told);
	if (p->told_part) {
		struct passage_item *item = &p->items[p->told];
		item->text_n = p->told_part;
		write_items(p, p->told + 1);
	}
	/* What may go out goes out; the rest is the writer's. */
	buf_truncate(&p->raw, p->ready);
	p->piece_first = p->piece_count = 0;
}

static bool is_passing(const struct passage *p)
{
	return p && p->is_open && !p->is_parted;
}

/* ---- what comes ---- */

bool passage_open(struct passage *p, const struct dialect *upstream, struct str origin)
{
	if (!p || p->is_parted || p->has_gone)
		return false;
	empty(p);
	buf_reset(&p->seals);
	buf_reset(&p->headers);
	p->is_open = upstream == p->dialect;
	p->origin = origin;
	p->is_reading = p->is_whole = false;
	return p->is_open;
}

/* Pieces whose items all came out, in their order. The last item counts only if it is no opening of
 * a call; a piece that became nothing goes only with what follows it. */
static void release(struct passage *p)
{
	size_t until = p->told;
	if (until && !p->told_part && p->items[until - 1].type == CHAT_TOOL_BEGIN)
		until--;
	while (p->piece_first < p->piece_count) {
		const struct passage_piece *piece = &p->pieces[p->piece_first];
		bool is_present = p->is_reading && p->piece_first + 1 == p->piece_count;
		bool is_followed = until > piece->item_end || p->told_part;
		if (piece->item_end > until || is_present || !(piece->speaks || is_followed))
			break;
		adopt(p, piece);
		p->ready = piece->raw_end;
		p->piece_first++;
	}
}

static void end_piece(struct passage *p)
{
	if (!p->is_reading)
		return;
	p->is_reading = false;
	release(p);
}

void passage_pause(struct passage *p)
{
	if (!is_passing(p))
		return;
	end_piece(p);
	if (p->ready)
		p->on_ready(p->owner);
}

/* A chunk that came only because we asked for usage. */
static bool is_usage_alone(struct str data)
{
	size_t usage = str_find(data, STR("\"usage\""));
	if (usage == SIZE_MAX)
		return false;
	size_t at = str_find(data, STR("\"choices\""));
	if (at == SIZE_MAX)
		return false;
	struct str rest = str_trim_left(str_from(data, at + sizeof "\"choices\"" - 1));
	struct str of = str_trim_left(str_from(data, usage + sizeof "\"usage\"" - 1));
	rest = str_trim_left(str_starts(rest, STR(":")) ? str_from(rest, 1) : STR(""));
	of = str_trim_left(str_starts(of, STR(":")) ? str_from(of, 1) : STR(""));
	rest = str_starts(rest, STR("[")) ? str_trim_left(str_from(rest, 1)) : STR("");
	return str_starts(rest, STR("]")) && str_starts(of, STR("{"));
}

/* The data of one line, as often as it has lines. */
static void add_lines(struct buf *out, struct str data)
{
	struct str line;
	if (!data.n)
		buf_add(out, STR("data: \n"));
	while (data.n && str_cut(&data, '\n', &line)) {
		buf_add(out, STR("data: "));
		buf_add(out, line);
		buf_add_char(out, '\n');
	}
	buf_add_char(out, '\n');
}

static void add_framed(struct passage *p, struct str name, struct str data)
{
	if (p->is_whole) {
		buf_add(&p->raw, data);
	} else if (p->dialect->framing == DIALECT_LINES) {
		buf_add(&p->raw, str_trim(data));
		buf_add_char(&p->raw, '\n');
	} else {
		if (name.n)
			buf_printf(&p->raw, "event: %.*s\n", STR_ARG(name));
		add_lines(&p->raw, data);
	}
}

static void check_room(struct passage *p)
{
	if (p->raw.overflow || p->words.overflow || p->seals.overflow)
		passage_part(p, "too much of it waited");
}

/* `text` with the maker's name before the seal, wherever it stands as a whole string. */
static void add_named(struct passage *p, struct str text, struct str seal, struct buf *out)
{
	for (size_t at; (at = str_find(text, seal)) != SIZE_MAX;) {
		bool is_string = at && text.p[at - 1] == '"' && at + seal.n < text.n &&
				 text.p[at + seal.n] == '"';
		buf_add(out, str_sub(text, 0, at));
		if (is_string)
			seal_write(p->origin, seal, out);
		else
			buf_add(out, seal);
		text = str_from(text, at + seal.n);
	}
	buf_add(out, text);
}

/* The same in each piece that waits, from the one of this index on. */
static void name_seal(struct passage *p, size_t first, struct str seal)
{
	size_t from = first ? p->pieces[first - 1].raw_end : p->ready, at;
	struct buf fresh;
	if (first == p->piece_first)
		from = p->ready;
	if (!p->origin.n || str_find(str_from(buf_str(&p->raw), from), seal) == SIZE_MAX)
		return;
	buf_init(&fresh, p->raw.max);
	buf_add(&fresh, str_sub(buf_str(&p->raw), 0, from));
	at = from;
	for (size_t i = first; i < p->piece_count; i++) {
		size_t end = p->pieces[i].raw_end;
		add_named(p, str_sub(buf_str(&p->raw), at, end), seal, &fresh);
		p->pieces[i].raw_end = fresh.n;
		at = end;
	}
	buf_clear(&p->raw);
	p->raw = fresh;
}

void passage_piece(struct passage *p, struct str name, struct str data, bool is_whole)
{
	if (!is_passing(p))
		return;
	end_piece(p);
	p->is_whole = is_whole;
	p->is_reading = true;
	if (p->piece_count == p->piece_room) {
		p->piece_room = p->piece_room ? p->piece_room * 2 : FIRST_ROOM;
		p->pieces = must_realloc(p->pieces, p->piece_room * sizeof *p->pieces);
	}
	if (!(p->hides_usage && is_usage_alone(data)))
		add_framed(p, name, data);
	p->pieces[p->piece_count++] =
		(struct passage_piece){ .raw_end = p->raw.n, .item_end = p->item_count };
	for (struct str rest = buf_str(&p->seals), seal; rest.n && str_cut(&rest, '\n', &seal);)
		name_seal(p, p->piece_count - 1, seal);
	check_room(p);
}

static void add_seal(struct passage *p, struct str opaque)
{
	if (str_find_char(opaque, '\n') != SIZE_MAX || str_find_char(opaque, '"') != SIZE_MAX ||
		str_find_char(opaque, '\\') != SIZE_MAX)
		passage_part(p, "a seal that cannot be named in place");
	if (p->is_parted || !opaque.n)
		return;
	name_seal(p, p->piece_first, opaque);
	if (p->seals.n)
		buf_add_char(&p->seals, '\n');
	buf_add(&p->seals, opaque);
}

static void add_item(struct passage *p, const struct chat_event *event)
{
	if (p->item_count == p->item_room) {
		p->item_room = p->item_room ? p->item_room * 2 : FIRST_ROOM;
		p->items = must_realloc(p->items, p->item_room * sizeof *p->items);
	}
	struct passage_item *item = &p->items[p->item_count++];
	*item = (struct passage_item){ .type = event->type,
		.call = event->call,
		.stop = event->stop,
		.text = p->words.n,
		.text_n = event->text.n,
		.id = p->words.n + event->text.n,
		.id_n = event->id.n,
		.stands_alone = event->stands_alone };
	buf_add(&p->words, event->text);
	buf_add(&p->words, event->id);
	p->pieces[p->piece_count - 1].item_end = p->item_count;
}

/* A piece without bytes: where the end of the stream is the end of the answer. */
static void add_end(struct passage *p)
{
	passage_piece(p, STR(""), (struct str){ 0 }, true);
}

static bool counts(const struct chat_event *event)
{
	switch (event->type) {
	case CHAT_TEXT:
	case CHAT_THINK:
	case CHAT_TOOL_ARGS: return event->text.n > 0;
	case CHAT_SEAL:
	case CHAT_TOOL_BEGIN:
	case CHAT_TOOL_END:
	case CHAT_STOP: return true;
	default: return false;
	}
}

void passage_came(struct passage *p, const struct chat_event *event)
{
	if (!is_passing(p))
		return;
	if (event->type == CHAT_STOP && !p->is_reading && p->dialect->ends_silently)
		add_end(p);
	if (event->type == CHAT_FAIL || !p->is_reading || !p->piece_count) {
		/* Nothing that the upstream said means this. */
		if (counts(event))
			passage_part(p, "its end did not come in the dialect's words");
		return;
	}
	/* Before the first word they wait: should this upstream fail, another one is asked, and
	 * nothing of this one's is to be seen. Signs of our own are given meanwhile. */
	if (event->type == CHAT_ALIVE)
		p->pieces[p->piece_count - 1].speaks = p->item_count || p->has_gone;
	if (!counts(event))
		return;
	p->pieces[p->piece_count - 1].speaks = true;
	if (event->type == CHAT_SEAL)
		add_seal(p, event->text);
	if (!p->is_parted)
		add_item(p, event);
	check_room(p);
}

/* Headers of an upstream's answer that say something to who asked. */
static const struct {
	const char *begins, *as; /* as: another name for all of it; NULL: its own */
} kept_headers[] = {
	{ "anthropic-", NULL },
	{ "openai-", NULL },
	{ "x-ratelimit-", NULL },
	{ "retry-after-ms", NULL },
	{ "request-id", "x-upstream-request-id" },
	{ "x-request-id", "x-upstream-request-id" },
};

static bool begins_nocase(struct str name, struct str with)
{
	return name.n >= with.n && str_eq_nocase(str_sub(name, 0, with.n), with);
}

void passage_header(struct passage *p, struct str name, struct str value)
{
	if (!p || !p->is_open)
		return;
	for (size_t i = 0; i < sizeof kept_headers / sizeof kept_headers[0]; i++)
		if (begins_nocase(name, str_z(kept_headers[i].begins))) {
			struct str as = kept_headers[i].as ? str_z(kept_headers[i].as) : name;
			buf_printf(
				&p->headers, "%.*s:%.*s\n", STR_ARG(as), STR_ARG(str_trim(value)));
			return;
		}
}

/* ---- what goes out ---- */

static bool is_item(const struct passage *p, const struct chat_event *event)
{
	if (p->told == p->item_count || p->told_part)
		return false;
	const struct passage_item *item = &p->items[p->told];
	struct str words = buf_str(&p->words);
	return item->type == event->type && item->call == event->call &&
	       item->stop == event->stop &&
	       str_eq(str_sub(words, item->text, item->text + item->text_n), event->text) &&
	       str_eq(str_sub(words, item->id, item->id + item->id_n), event->id);
}

/* Words count as they are, however they are cut. */
static bool take_words(struct passage *p, const struct chat_event *event)
{
	struct str left = event->text;
	while (left.n && p->told < p->item_count) {
		const struct passage_item *item = &p->items[p->told];
		size_t n = item->text_n - p->told_part, from = item->text + p->told_part;
		n = n < left.n ? n : left.n;
		if (item->type != event->type || item->call != event->call ||
			!str_eq(str_sub(buf_str(&p->words), from, from + n), str_sub(left, 0, n)))
			return false;
		left = str_from(left, n);
		p->told_part += n;
		if (p->told_part < item->text_n)
			break;
		p->told++;
		p->told_part = 0;
	}
	return left.n == 0;
}

bool passage_told(struct passage *p, const struct chat_event *event)
{
	bool is_words = event->type == CHAT_TEXT || event->type == CHAT_THINK ||
			event->type == CHAT_TOOL_ARGS;
	if (!is_passing(p))
		return false;
	if (event->type == CHAT_FAIL) {
		passage_part(p, "it failed");
	} else if (!counts(event)) {
		p->dialect->write(p->writer, event, &p->shadow);
		buf_reset(&p->shadow);
		return true;
	} else if (p->hides_thoughts && (event->type == CHAT_THINK || event->type == CHAT_SEAL)) {
		passage_part(p, "a thought in it was not asked for");
	} else if (is_words ? !take_words(p, event) : !is_item(p, event)) {
		passage_part(p, "something in it was mended");
	} else if (!is_words) {
		p->told++;
	}
	if (p->is_parted)
		return false;
	if (event->type == CHAT_STOP)
		p->is_reading = false;
	release(p);
	return true;
}

struct str passage_ready(const struct passage *p)
{
	return str_sub(buf_str(&p->raw), 0, p->ready);
}

void passage_sent(struct passage *p)
{
	if (!p->ready)
		return;
	p->has_gone = true;
	if (!p->is_parted && p->piece_first == p->piece_count && p->told == p->item_count &&
		!p->told_part && !p->is_reading) {
		empty(p);
		return;
	}
	buf_drop_front(&p->raw, p->ready);
	for (size_t i = p->piece_first; i < p->piece_count; i++)
		p->pieces[i].raw_end -= p->ready;
	p->ready = 0;
}
