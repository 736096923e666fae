/*
 * tool_raw.c - the machine for a name and raw parameters; see tool_raw.h.
 *
 * Layer: parse.
 */
#include "chat/tool_raw.h"

#include <string.h>

#include "base/limits.h"
#include "chat/tool_raw_int.h"

enum {
	KEY_MAX_BYTES = 1024,
	GIVEN_MAX_BYTES = 256 * 1024,
	AROUND_MAX_BYTES = 64 /* of tags around an object in place of parameters */
};

void tool_raw_init(struct tool_raw *m)
{
	*m = (struct tool_raw){ .place = AT_HEAD };
	buf_init(&m->key, KEY_MAX_BYTES);
	buf_init(&m->given, GIVEN_MAX_BYTES);
	buf_init(&m->value, LIMIT_ANSWER_BYTES);
}

void tool_raw_clear(struct tool_raw *m)
{
	buf_clear(&m->key);
	buf_clear(&m->given);
	buf_clear(&m->value);
}

void tool_raw_begin(struct tool_raw *m)
{
	m->place = AT_HEAD;
	buf_reset(&m->given);
}

enum raw_progress raw_wrong(struct raw_look *l, const char *why)
{
	tool_call_fault(l->c, why);
	return IS_WRONG;
}

/* ---- the texts of the row ---- */

/* What stands directly before the name: <function=, <invoke name=", or the call's own mark. */
struct str raw_call_tag(const struct tool_format *f)
{
	return tool_text_last(f->call_open);
}

/* The first tag that closes a call: </function> of "</function>\n</tool_call>". */
struct str raw_call_end(const struct tool_format *f)
{
	struct str text = str_trim(str_z(f->call_close));
	size_t line = str_find_char(text, '\n');
	return str_trim(str_sub(text, 0, line));
}

/* Whether s begins with one of the texts, blanks aside; *used: up to its end. */
enum likeness raw_at_any(struct str s, const struct str *texts, size_t count, size_t *used)
{
	enum likeness like = LIKE_NOTHING;
	size_t blanks = tool_blanks(s);
	s = str_from(s, blanks);
	*used = 0;
	for (size_t i = 0; i < count; i++) {
		enum likeness one = texts[i].n ? tool_mark_at(texts[i], s) : LIKE_NOTHING;
		if (one == LIKE_WHOLE && blanks + texts[i].n > *used) {
			*used = blanks + texts[i].n;
			like = LIKE_WHOLE;
		} else if (one == LIKE_BEGINNING && like == LIKE_NOTHING) {
			like = LIKE_BEGINNING;
		}
	}
	return like;
}

/* The end of the call, or of all calls where the call was not closed itself. */
enum likeness raw_at_call_end(const struct raw_look *l, struct str s, size_t *used)
{
	const struct str ends[] = { raw_call_end(l->f), str_z(l->f->mark_close) };
	return raw_at_any(s, ends, 2, used);
}

enum likeness raw_at_call(const struct raw_look *l, struct str s)
{
	const struct str opens[] = { raw_call_tag(l->f), str_z(l->f->mark_open),
		str_z(l->f->mark_also) };
	size_t used;
	return raw_at_any(s, opens, 3, &used);
}

/* ---- the head ---- */

/* The head is not as the row has it: up to its last letters, if they stand on the same line. */
static enum likeness skip_head(const struct raw_look *l, struct str rest, size_t *used)
{
	rest = str_sub(rest, 0, RAW_HEAD_MAX_BYTES);
	size_t line = str_find_char(rest, '\n');
	struct str last = tool_text_last(l->f->before_args);
	size_t at = last.n ? str_find(str_sub(rest, 0, line), last) : SIZE_MAX;
	*used = at == SIZE_MAX ? 0 : at + last.n;
	if (at == SIZE_MAX && line == SIZE_MAX && rest.n < RAW_HEAD_MAX_BYTES && !l->is_end)
		return LIKE_BEGINNING;
	tool_call_mended(l->c, TOOL_MENDED_HEAD);
	return LIKE_WHOLE;
}

static enum raw_progress take_head(struct tool_raw *m, struct raw_look *l)
{
	struct str s = l->s, tag = raw_call_tag(l->f);
	size_t used, at = tool_blanks(s);
	const struct str opens[] = { str_z(l->f->mark_open), tag };
	/* The section's mark was taken by the reader; the call's own may follow it. */
	for (int i = 0; i < 2; i++) {
		enum likeness like = raw_at_any(str_from(s, at), &opens[i], 1, &used);
		if (like == LIKE_BEGINNING && !l->is_end)
			return WAITS;
		if (like == LIKE_WHOLE)
			at += used;
	}
	at += tool_blanks(str_from(s, at));
	size_t n = tool_called_bytes(l->c->offered, str_from(s, at));
	if (at + n > RAW_HEAD_MAX_BYTES)
		return raw_wrong(l, "its name is too long");
	if (at + n == s.n && !l->is_end)
		return WAITS;
	struct str name = str_sub(s, at, at + n), rest = str_from(s, at + n);
	enum likeness like = tool_text_at(l->f->before_args, rest, NULL, &used);
	if (like == LIKE_BEGINNING && !l->is_end && rest.n < RAW_HEAD_MAX_BYTES)
		return WAITS;
	if (like != LIKE_WHOLE && skip_head(l, rest, &used) == LIKE_BEGINNING)
		return WAITS;
	if (!tool_call_name(l->c, name))
		return raw_wrong(l, "it has no name");
	l->n += at + n + used;
	m->place = AT_PARAM;
	return WENT_ON;
}

/* ---- between parameters ---- */

bool raw_is_given(const struct tool_raw *m, struct str key)
{
	struct str rest = buf_str(&m->given), one;
	while (rest.n && str_cut(&rest, '\n', &one))
		if (str_eq(one, key))
			return true;
	return false;
}

enum raw_progress raw_end_params(struct raw_look *l, size_t used)
{
	tool_args_end(l->c);
	l->n += used;
	return IS_OVER;
}

/* Bytes of tags in front of an object in place of parameters: <arguments>{…}</arguments>, and what
 * Kimi K3 has for arguments that came as a string. */
static enum likeness at_object(const struct raw_look *l, struct str s, size_t *used)
{
	struct str near = str_sub(s, 0, AROUND_MAX_BYTES);
	size_t at = str_find_char(near, '{');
	*used = at;
	if (l->c->has_members || !s.n || (s.p[0] != '{' && s.p[0] != '<'))
		return LIKE_NOTHING;
	if (at == SIZE_MAX)
		return near.n < AROUND_MAX_BYTES && !l->is_end ? LIKE_BEGINNING : LIKE_NOTHING;
	struct str before = str_trim(str_sub(s, 0, at));
	return !before.n || str_ends(before, STR(">")) ? LIKE_WHOLE : LIKE_NOTHING;
}

static enum raw_progress take_param(struct tool_raw *m, struct raw_look *l)
{
	struct str s = l->s, open = tool_text_first(l->f->param_open),
		   close = tool_text_first(l->f->param_close);
	size_t used;
	enum likeness opens = raw_at_any(s, &open, 1, &used);
	if (opens == LIKE_WHOLE) {
		l->n += used;
		m->place = IN_KEY;
		return WENT_ON;
	}
	enum likeness ends = raw_at_call_end(l, s, &used);
	if (ends == LIKE_WHOLE)
		return raw_end_params(l, used);
	enum likeness closes = raw_at_any(s, &close, 1, &used);
	if (closes == LIKE_WHOLE) {
		tool_call_mended(l->c, TOOL_MENDED_DOUBLED);
		l->n += used;
		return WENT_ON;
	}
	enum likeness next = raw_at_call(l, s);
	bool is_begun = opens == LIKE_BEGINNING || ends == LIKE_BEGINNING ||
			closes == LIKE_BEGINNING || next == LIKE_BEGINNING;
	size_t blanks = tool_blanks(s);
	bool is_all = blanks == s.n;
	if ((is_begun || is_all) && !l->is_end)
		return WAITS;
	if (next == LIKE_WHOLE || is_all) {
		tool_call_mended(l->c, TOOL_MENDED_MISSING);
		return raw_end_params(l, 0);
	}
	enum likeness object = at_object(l, str_from(s, blanks), &used);
	if (object == LIKE_BEGINNING)
		return WAITS;
	if (object == LIKE_NOTHING)
		return raw_wrong(l, "a parameter should stand there");
	tool_call_mended(l->c, TOOL_MENDED_HEAD);
	json_mend_init(&m->mend);
	m->is_tagged = used > 0;
	l->n += blanks + used;
	m->place = IN_JSON;
	return WENT_ON;
}

static enum raw_progress take_json(struct tool_raw *m, struct raw_look *l)
{
	for (size_t i = 0; i < l->s.n; i++) {
		l->n++;
		if (!json_mend_feed(&m->mend, l->s.p[i], &l->c->args, &l->c->why))
			return IS_WRONG;
		if (json_mend_is_done(&m->mend)) {
			l->c->json_mends |= m->mend.mended;
			m->place = AT_JSON_END;
			return m->is_tagged ? WENT_ON : IS_OVER;
		}
	}
	return WAITS;
}

static enum raw_progress take_json_end(struct raw_look *l)
{
	struct str near = str_sub(l->s, 0, AROUND_MAX_BYTES);
	for (size_t i = 0; i <= near.n; i++) {
		size_t used;
		enum likeness like = raw_at_call_end(l, str_from(l->s, i), &used);
		bool is_open = like == LIKE_BEGINNING || i == l->s.n;
		if (is_open && !l->is_end)
			return WAITS;
		if (like != LIKE_WHOLE)
			continue;
		l->n += i + used;
		return IS_OVER;
	}
	return IS_OVER;
}

/* ---- keys ---- */

/* The key and what stands between it and the value: DSML and Kimi K3 say the type there. */
enum likeness raw_read_key(const struct tool_format *f, struct str s, struct str *key,
	struct tool_holes *holes, size_t *used)
{
	struct str stop = tool_text_first(f->after_key);
	size_t end = str_find(str_sub(s, 0, KEY_MAX_BYTES + stop.n), str_sub(stop, 0, 1));
	*holes = (struct tool_holes){ .key = { NULL, 0 } };
	if (end == SIZE_MAX)
		return s.n < KEY_MAX_BYTES ? LIKE_BEGINNING : LIKE_NOTHING;
	*key = str_trim(str_sub(s, 0, end));
	enum likeness like = tool_text_at(f->after_key, str_from(s, end), holes, used);
	*used += end;
	return like;
}

static unsigned types_said(const struct tool_call *c, struct str key, const struct tool_holes *h)
{
	bool is_said = h->type.n || h->is_string.n;
	bool is_string = str_eq(h->type, STR("string")) || str_eq(h->is_string, STR("true"));
	if (is_said)
		return is_string ? TOOL_TYPE_STRING : TOOL_TYPE_ANY & ~(unsigned)TOOL_TYPE_STRING;
	return tool_types(c, tool_param(c, key));
}

static void begin_value(struct tool_raw *m, struct raw_look *l, struct str key, unsigned types)
{
	buf_reset(&m->key);
	buf_add(&m->key, key);
	buf_add(&m->given, key);
	buf_add_char(&m->given, '\n');
	buf_reset(&m->value);
	m->types = types;
	m->is_streaming = types == TOOL_TYPE_STRING;
	m->last = '\n';
	m->calls_within = m->params_within = 0;
	m->seen = m->end = m->end_after = 0;
	m->place = AT_VALUE;
	tool_args_key(l->c, key);
	if (m->is_streaming)
		buf_add_char(&l->c->args, '"');
}

static enum raw_progress take_key(struct tool_raw *m, struct raw_look *l)
{
	struct str key = { NULL, 0 };
	struct tool_holes holes;
	size_t used = 0;
	enum likeness like = raw_read_key(l->f, l->s, &key, &holes, &used);
	if (like == LIKE_BEGINNING && !l->is_end)
		return WAITS;
	if (like != LIKE_WHOLE) {
		/* `<parameter name="k">` without the flag that should follow it. */
		bool has_flag = tool_text_first(l->f->after_key).n < strlen(l->f->after_key) - 1;
		size_t end = key.n && has_flag ? str_find_char(l->s, '>') : 0;
		if (end == SIZE_MAX && l->s.n < RAW_HEAD_MAX_BYTES && !l->is_end)
			return WAITS;
		if (!end || end > RAW_HEAD_MAX_BYTES)
			return raw_wrong(l, "a parameter has no name");
		tool_call_mended(l->c, TOOL_MENDED_HEAD);
		holes = (struct tool_holes){ .key = { NULL, 0 } };
		used = end + 1;
	}
	if (!key.n)
		return raw_wrong(l, "a parameter has no name");
	if (raw_is_given(m, key))
		return raw_wrong(l, "it has a parameter twice");
	begin_value(m, l, key, types_said(l->c, key, &holes));
	l->n += used;
	return WENT_ON;
}

/* What opens a block: what is in it is a string, whatever it looks like. */
static bool take_block_open(struct tool_raw *m, struct raw_look *l, bool *waits)
{
	struct str open = str_z(l->f->wrap_open);
	enum likeness like = open.n ? tool_mark_at(open, l->s) : LIKE_NOTHING;
	*waits = like == LIKE_BEGINNING && !l->is_end;
	if (like != LIKE_WHOLE)
		return false;
	m->types = m->types & TOOL_TYPE_STRING ? TOOL_TYPE_STRING : m->types;
	l->n += open.n;
	m->place = IN_BLOCK;
	return true;
}

static enum raw_progress take_line_end(struct tool_raw *m, struct raw_look *l)
{
	bool waits;
	if (take_block_open(m, l, &waits))
		return WENT_ON;
	if (waits)
		return WAITS;
	bool has_line = str_ends(str_z(l->f->after_key), STR("\n"));
	if (has_line && !l->s.n && !l->is_end)
		return WAITS;
	if (has_line && l->s.n && l->s.p[0] == '\n')
		l->n++;
	m->place = IN_VALUE;
	return WENT_ON;
}

/* ---- all ---- */

static enum raw_progress step(struct tool_raw *m, struct raw_look *l)
{
	switch (m->place) {
	case AT_HEAD: return take_head(m, l);
	case AT_PARAM: return take_param(m, l);
	case IN_KEY: return take_key(m, l);
	case AT_VALUE: return take_line_end(m, l);
	case IN_VALUE: return raw_take_value(m, l);
	case IN_BLOCK: return raw_take_block(m, l);
	case AT_JSON_END: return take_json_end(l);
	default: return take_json(m, l);
	}
}

enum call_step tool_raw_take(
	struct tool_raw *m, struct tool_call *c, struct str s, bool is_end, size_t *taken)
{
	enum raw_progress p = WENT_ON;
	*taken = 0;
	while (p == WENT_ON) {
		struct raw_look l = { c, c->format, str_from(s, *taken), is_end, 0 };
		p = step(m, &l);
		*taken += l.n;
		if (c->args.overflow || m->value.overflow)
			return tool_call_fault(c, "its arguments are too long");
	}
	return p == IS_OVER ? CALL_DONE : p == IS_WRONG ? CALL_FAULT : CALL_MORE;
}
