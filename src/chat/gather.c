/*
 * gather.c - see gather.h.
 *
 * Layer: wire (what is malformed), parse (a call that broke inside its arguments).
 */
#include "chat/gather.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"

enum { NAME_BYTES = 1024, FIRST_SLOTS = 4 };

void gather_init(struct gather *g, const struct dialect *dialect, struct chat_sink sink)
{
	*g = (struct gather){ .base = { .dialect = dialect }, .sink = sink };
	buf_init(&g->stop_text, LIMIT_ANSWER_BYTES);
	buf_init(&g->late[0], LIMIT_ANSWER_BYTES);
	buf_init(&g->late[1], LIMIT_ANSWER_BYTES);
}

void gather_clear(struct gather *g)
{
	for (size_t i = 0; i < g->slot_count; i++) {
		buf_clear(&g->slots[i].id);
		buf_clear(&g->slots[i].name);
		buf_clear(&g->slots[i].args);
	}
	free(g->slots);
	g->slots = NULL;
	g->slot_count = g->slot_room = 0;
	buf_clear(&g->stop_text);
	buf_clear(&g->late[0]);
	buf_clear(&g->late[1]);
}

void gather_answer_id(struct gather *g, struct str id)
{
	if (g->answer_id_n)
		return;
	id = str_sub(id, 0, sizeof g->answer_id);
	for (size_t i = 0; i < id.n; i++)
		g->answer_id[i] = id.p[i];
	g->answer_id_n = id.n;
}

/* The end by a fault: what was counted is told before it. */
void gather_fail(struct gather *g, const struct err *e)
{
	if (g->is_over)
		return;
	g->is_over = true;
	if (g->has_usage)
		chat_send_usage(g->sink, &g->usage);
	chat_send_fail(g->sink, e);
}

static bool count_bytes(struct gather *g, size_t bytes, struct err *e)
{
	g->bytes += bytes;
	if (g->bytes <= LIMIT_ANSWER_BYTES)
		return true;
	return fail(e, ERR_TOO_BIG, LAYER_WIRE, "over the limit of %zu bytes",
		(size_t)LIMIT_ANSWER_BYTES);
}

static void tell_words(struct gather *g, enum chat_event_type type, struct str text)
{
	g->has_told = g->has_words = true;
	chat_send(g->sink, &(struct chat_event){ .type = type, .text = text });
}

static struct buf *late_of(struct gather *g, enum chat_event_type type)
{
	return &g->late[type == CHAT_THINK ? 0 : 1];
}

static void tell_late(struct gather *g)
{
	static const enum chat_event_type types[] = { CHAT_THINK, CHAT_TEXT };
	for (int i = 0; i < 2; i++) {
		struct buf *late = late_of(g, types[i]);
		if (late->n)
			tell_words(g, types[i], buf_str(late));
		buf_reset(late);
	}
}

/* ---- calls ---- */

/* Follows brackets and strings of the arguments until their object closes. */
static void scan_args(struct gather_slot *s)
{
	for (; s->scanned < s->args.n && !s->complete; s->scanned++) {
		char c = s->args.p[s->scanned];
		if (s->is_escaped)
			s->is_escaped = false;
		else if (s->is_string && c == '\\')
			s->is_escaped = true;
		else if (s->is_string)
			s->is_string = c != '"';
		else if (c == '"')
			s->is_string = true;
		else if (c == '{' || c == '[')
			s->depth++;
		else if ((c == '}' || c == ']') && s->depth && --s->depth == 0)
			s->complete = s->scanned + 1;
		if (s->depth == 1 && c == '{' && !s->is_string && !s->is_object)
			s->is_object = str_trim_left(str_n(s->args.p, s->scanned)).n == 0;
	}
}

static void begin_call(struct gather *g, struct gather_slot *s)
{
	char invented[DIALECT_CALL_ID_CHARS + 1];
	struct str id = buf_str(&s->id);
	if (!id.n)
		id = dialect_call_id(
			str_n(g->answer_id, g->answer_id_n), (unsigned)g->current, invented);
	chat_send_tool_begin(g->sink, (unsigned)g->current, id, buf_str(&s->name));
	s->is_begun = true;
	g->has_told = true;
}

static void tell_args(struct gather *g, struct gather_slot *s)
{
	size_t end = s->complete ? s->complete : s->args.n;
	if (!s->is_object || end <= s->told)
		return;
	chat_send_tool_args(
		g->sink, (unsigned)g->current, str_sub(buf_str(&s->args), s->told, end));
	s->told = end;
	g->has_told = true;
}

/* The limit of tokens was reached: the last call may be unfinished, and then it never ends. */
static bool is_cut(const struct gather *g)
{
	return g->has_finish && g->stop == CHAT_STOP_LENGTH;
}

static bool fail_args(const struct gather_slot *s, const char *why, struct err *e)
{
	return fail(e, ERR_BAD_DATA, LAYER_PARSE,
		"the arguments of the call of '%.*s' are no JSON object (%s): %.*s",
		STR_ARG(buf_str(&s->name)), why,
		STR_ARG(str_sub(buf_str(&s->args), 0, LIMIT_QUOTE_BYTES)));
}

/* Arguments that are a string with the object inside: encoded once too often. */
static bool tell_unwrapped(
	struct gather *g, const struct gather_slot *s, const json_t *string, struct err *e)
{
	struct err why = { 0 };
	json_t *inner = js_parse(js_text(string), LAYER_WIRE, &why);
	bool is_object = json_is_object(inner);
	json_decref(inner);
	if (!is_object)
		return fail_args(s, "it is a string", e);
	chat_send_tool_args(g->sink, (unsigned)g->current, js_text(string));
	return true;
}

/* All of the call has come: what is held back is told if it is sound. */
static bool finish_args(struct gather *g, struct gather_slot *s, struct err *e)
{
	struct str args = str_trim(buf_str(&s->args));
	struct err why = { 0 };
	g->base.has_forgiven |= args.n && args.p[0] != '{';
	if (!args.n || str_eq_z(args, "null")) {
		chat_send_tool_args(g->sink, (unsigned)g->current, STR("{}"));
		return true;
	}
	json_t *value = js_parse(args, LAYER_WIRE, &why);
	bool ok = true;
	if (json_is_string(value))
		ok = tell_unwrapped(g, s, value, e);
	else if (!json_is_object(value))
		ok = fail_args(s, value ? "another type" : why.what, e);
	json_decref(value);
	return ok;
}

static bool end_call(struct gather *g, struct gather_slot *s, struct err *e)
{
	if (!s->name.n)
		return fail(e, ERR_BAD_DATA, LAYER_WIRE, "a tool call came without a name");
	if (!s->is_begun)
		begin_call(g, s);
	tell_args(g, s);
	if (!finish_args(g, s, e))
		return false;
	chat_send_tool_end(g->sink, (unsigned)g->current);
	g->has_told = true;
	g->current++;
	tell_late(g);
	return true;
}

/* Tells what may be told: of the first open call as it comes; it ends when it is complete and
 * another one has begun, or when nothing more can come. */
static bool tell_calls(struct gather *g, bool is_last, struct err *e)
{
	while (g->current < g->slot_count) {
		struct gather_slot *s = &g->slots[g->current];
		bool is_known = s->name.n && (s->id.n || s->args.n);
		if (is_known && !s->is_begun)
			begin_call(g, s);
		if (s->is_begun)
			tell_args(g, s);
		bool has_next = g->current + 1 < g->slot_count;
		bool is_whole = s->complete ? has_next || s->is_closed : has_next && s->is_closed;
		if (!is_last && !is_whole)
			return true;
		if (!has_next && !s->complete && is_cut(g))
			return true;
		if (!end_call(g, s, e))
			return false;
	}
	return true;
}

static struct gather_slot *new_slot(struct gather *g, int64_t index, struct err *e)
{
	if (g->slot_count == LIMIT_CALLS) {
		fail(e, ERR_TOO_BIG, LAYER_WIRE, "the answer has more than %d tool calls",
			LIMIT_CALLS);
		return NULL;
	}
	if (g->slot_count == g->slot_room) {
		g->slot_room = g->slot_room ? g->slot_room * 2 : FIRST_SLOTS;
		g->slots = must_realloc(g->slots, g->slot_room * sizeof *g->slots);
	}
	struct gather_slot *s = &g->slots[g->slot_count++];
	*s = (struct gather_slot){ .index = index };
	buf_init(&s->id, GATHER_ID_BYTES);
	buf_init(&s->name, NAME_BYTES);
	buf_init(&s->args, LIMIT_ANSWER_BYTES);
	return s;
}

/*
 * The call that a delta is about. By index, unless it brings another id and a name: then the
 * upstream numbers two calls alike. Without an index by id; without both it is about the last call,
 * unless it names a tool, which begins a new one.
 */
static struct gather_slot *find_slot(
	struct gather *g, int64_t index, struct str id, struct str name, struct err *e)
{
	for (size_t i = g->slot_count; i-- > 0;) {
		struct gather_slot *s = &g->slots[i];
		bool is_same_id = id.n && str_eq(buf_str(&s->id), id);
		if (index == GATHER_NO_INDEX ? is_same_id : s->index == index) {
			bool is_other = id.n && s->id.n && name.n && !is_same_id;
			g->base.has_forgiven |= is_other;
			return is_other ? new_slot(g, index, e) : s;
		}
	}
	if (index == GATHER_NO_INDEX && !id.n && !name.n && g->slot_count)
		return &g->slots[g->slot_count - 1];
	return new_slot(g, index, e);
}

static bool add_args(struct gather *g, struct gather_slot *s, const struct js_at *at, struct err *e)
{
	struct str piece = { 0 };
	size_t before = s->args.n;
	if (json_is_object(at->value))
		js_write(at->value, &s->args);
	else if (!js_opt_str(at, &piece, e))
		return false;
	else
		buf_add(&s->args, piece);
	if (s->args.overflow)
		return count_bytes(g, LIMIT_ANSWER_BYTES + 1, e);
	scan_args(s);
	return count_bytes(g, s->args.n - before, e);
}

bool gather_call(struct gather *g, const struct gather_call *piece, struct err *e)
{
	struct gather_slot *s = find_slot(g, piece->index, piece->id, piece->name, e);
	if (!s)
		return false;
	if (g->slots + g->current > s && str_trim(js_text(piece->args.value)).n)
		return fail(e, ERR_BAD_DATA, LAYER_WIRE,
			"the call of '%.*s' went on after its arguments were complete",
			STR_ARG(buf_str(&s->name)));
	if (!s->id.n)
		buf_add(&s->id, piece->id);
	if (!s->name.n)
		buf_add(&s->name, piece->name);
	if (s->id.overflow || s->name.overflow)
		return fail(e, ERR_TOO_BIG, LAYER_WIRE, "a tool call has a name of %zu bytes",
			piece->name.n > piece->id.n ? piece->name.n : piece->id.n);
	bool ok = add_args(g, s, &piece->args, e) && tell_calls(g, false, e);
	g->base.has_forgiven |= s > g->slots + g->current; /* it waits for the one before it */
	return ok;
}

bool gather_call_whole(struct gather *g, int64_t index, const struct js_at *args, struct err *e)
{
	struct str all = js_text(args->value);
	for (size_t i = g->slot_count; i-- > g->current;) {
		struct str known = buf_str(&g->slots[i].args);
		if (g->slots[i].index != index || !str_starts(all, known) || all.n == known.n)
			continue;
		json_t *rest = js_new_text(str_from(all, known.n));
		struct js_at at = js_root(rest, args->layer);
		bool ok = add_args(g, &g->slots[i], &at, e) && tell_calls(g, false, e);
		json_decref(rest);
		return ok;
	}
	return true;
}

bool gather_call_over(struct gather *g, int64_t index, struct err *e)
{
	for (size_t i = g->slot_count; i-- > g->current;)
		if (g->slots[i].index == index)
			g->slots[i].is_closed = true;
	return tell_calls(g, false, e);
}

/* ---- words ---- */

/* Words never stand inside a call: one that is whole ends before them, else they wait for its end.
 */
static bool end_open_call(struct gather *g, bool *is_open, struct err *e)
{
	struct gather_slot *open = g->current < g->slot_count ? &g->slots[g->current] : NULL;
	*is_open = open && open->is_begun;
	if (!*is_open || !(open->complete || open->is_closed))
		return true;
	*is_open = false;
	return end_call(g, open, e);
}

bool gather_words(struct gather *g, enum chat_event_type type, struct str text, struct err *e)
{
	bool is_open;
	if (!text.n)
		return true;
	if (!count_bytes(g, text.n, e) || !end_open_call(g, &is_open, e))
		return false;
	g->base.has_forgiven |= is_open;
	if (is_open)
		buf_add(late_of(g, type), text);
	else
		tell_words(g, type, text);
	return true;
}

bool gather_seal(struct gather *g, struct str opaque, bool stands_alone, struct err *e)
{
	bool is_open;
	if (!opaque.n)
		return true;
	if (!count_bytes(g, opaque.n, e) || !end_open_call(g, &is_open, e))
		return false;
	if (is_open)
		return true;
	g->has_told = true;
	chat_send_seal(g->sink, opaque, stands_alone);
	return true;
}

/* ---- the end ---- */

bool gather_finish(struct gather *g, enum chat_stop stop, struct str text, struct err *e)
{
	g->has_finish = true;
	g->stop = stop;
	buf_reset(&g->stop_text);
	buf_add(&g->stop_text, text);
	return tell_calls(g, true, e);
}

/* An answer without anything in it is no success. If tokens were counted, somebody's reader lost
 * them. */
static bool check_not_empty(const struct gather *g, struct err *e)
{
	bool may_be_empty = g->stop == CHAT_STOP_FILTER || g->stop == CHAT_STOP_LENGTH;
	if (g->has_words || g->slot_count || may_be_empty)
		return true;
	int64_t tokens = g->usage.answer_tokens;
	if (tokens > 1)
		return fail(e, ERR_UPSTREAM, LAYER_PARSE,
			"the upstream counts %lld tokens of answer, but sent no text and no call",
			(long long)tokens);
	return fail(
		e, ERR_UPSTREAM, LAYER_WIRE, "the upstream's answer is empty: no text, no call");
}

void gather_done(struct gather *g)
{
	struct err e = { 0 };
	if (g->is_over)
		return;
	if (!tell_calls(g, true, &e) || !check_not_empty(g, &e)) {
		gather_fail(g, &e);
		return;
	}
	g->is_over = true;
	if (g->has_usage)
		chat_send_usage(g->sink, &g->usage);
	enum chat_stop said = g->stop;
	if (g->stop == CHAT_STOP_END || g->stop == CHAT_STOP_CALLS)
		g->stop = g->slot_count ? CHAT_STOP_CALLS : CHAT_STOP_END;
	g->base.has_forgiven |= !g->has_finish || g->stop != said;
	struct str text = g->stop == CHAT_STOP_END ? buf_str(&g->stop_text) : STR("");
	chat_send(g->sink,
		&(struct chat_event){
			.type = CHAT_STOP, .stop = g->stop, .text = text, .whole = g->whole });
}

void gather_end(struct gather *g, const struct err *why)
{
	struct err e = { 0 };
	if (g->has_finish) {
		gather_done(g);
		return;
	}
	if (why) {
		e = *why;
		if (g->bytes)
			err_context(&e, "after %zu bytes of the answer", g->bytes);
	} else {
		fail(&e, ERR_CUT, LAYER_WIRE,
			"the upstream's answer ended after %zu bytes without a finish reason",
			g->bytes);
		err_mend(&e, "ask again");
	}
	gather_fail(g, &e);
}

/* ---- what every reader needs ---- */

static json_t *parse_mended(struct str text, const char **mended, struct err *e)
{
	json_t *value = js_parse_mended(text, LAYER_WIRE, mended, e);
	if (value || utf8_is_valid(text))
		return value;
	struct buf whole;
	buf_init(&whole, LIMIT_JSON_BYTES);
	utf8_mend(text, &whole);
	value = js_parse_mended(buf_str(&whole), LAYER_WIRE, mended, NULL);
	buf_clear(&whole);
	*mended = "bytes that are no UTF-8";
	return value;
}

json_t *gather_parse(struct gather *g, struct str text, struct err *e)
{
	const char *mended;
	struct err why = { 0 };
	json_t *value = parse_mended(text, &mended, &why);
	g->base.has_forgiven |= value && mended;
	if (value)
		return value;
	if (str_starts(str_trim_left(text), STR("<")))
		err_mend(&why, "it is a web page: look for a captive portal or a proxy between "
			       "here and the upstream");
	err_context(&why, "the upstream's answer");
	if (e && !err_is_set(e))
		*e = why;
	return NULL;
}

int64_t gather_count(const struct js_at *at, const char *key)
{
	struct js_at number = js_key(at, key);
	double value = json_is_number(number.value) ? json_number_value(number.value) : 0;
	return value > 0 && value < 1e15 ? (int64_t)value : 0;
}
