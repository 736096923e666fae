/*
 * guard_mark.c - see guard_mark.h.
 *
 * A row is matched as a pattern: literal texts, a name, holes (tool_format.h). Blanks are passed
 * over on both sides. Rows that write {"name": … are matched up to their bracket, since models put
 * the members in any order; the row's reader judges the rest.
 *
 * Layer: parse.
 */
#include "chat/guard_mark.h"

#include <string.h>

#include "base/limits.h"
#include "chat/tool_name.h"

enum { SHORTEST_MARK = 8, FENCE_WORD_BYTES = 16, HOLE_LAST = 6 };

static const char fence[] = "```";
static const char python_tag[] = "<|python_tag|>";

/* ---- a pattern against a text ---- */

struct match {
	struct str rest;
	enum guard_look look; /* CALL: all of it fits so far */
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '-' || c == '.' || (unsigned char)c >= 0x80;
}

static void skip_blanks(struct match *m)
{
	m->rest = str_trim_left(m->rest);
}

/* Letters, digits and the like: at least one. */
static struct str match_name(struct match *m)
{
	size_t n = 0;
	if (m->look != GUARD_LOOK_CALL)
		return STR("");
	skip_blanks(m);
	while (n < m->rest.n && is_name_char(m->rest.p[n]))
		n++;
	struct str name = str_sub(m->rest, 0, n);
	if (n == m->rest.n)
		m->look = GUARD_LOOK_MAYBE;
	else if (!n)
		m->look = GUARD_LOOK_NO;
	m->rest = str_from(m->rest, n);
	return name;
}

/* The text, blanks aside; holes in it match as a name does. */
static void match_text(struct match *m, const char *text)
{
	for (; text && *text && m->look == GUARD_LOOK_CALL; text++) {
		if (is_blank(*text))
			continue;
		if (*text > 0 && *text <= HOLE_LAST) {
			match_name(m);
			continue;
		}
		skip_blanks(m);
		if (!m->rest.n)
			m->look = GUARD_LOOK_MAYBE;
		else if (m->rest.p[0] != *text)
			m->look = GUARD_LOOK_NO;
		m->rest = str_from(m->rest, 1);
	}
}

/* ---- rows ---- */

/* From where on a row's texts are met: at their beginning, or at the other spelling of the mark. */
static void match_opening(
	struct match *m, const struct tool_format *f, const char *mark, bool is_also)
{
	const char *inside = is_also && f->call_open ? strstr(f->call_open, mark) : NULL;
	if (is_also && !inside) {
		match_text(m, mark);
	} else if (inside) {
		match_text(m, inside);
	} else {
		match_text(m, f->section_open);
		match_text(m, f->call_open);
	}
}

static enum guard_look match_row(
	struct str text, const struct tool_format *f, const char *mark, bool is_also)
{
	struct match m = { text, GUARD_LOOK_CALL };
	match_opening(&m, f, mark, is_also);
	if (f->before_name && f->before_name[0] == '{') {
		match_text(&m, "{");
		return m.look;
	}
	match_text(&m, f->before_name);
	match_name(&m);
	if (f->before_args_also)
		return m.look;
	match_text(&m, f->before_args);
	if (f->arguments == TOOL_ARGS_JSON)
		match_text(&m, "{");
	return m.look;
}

/* A mark is compared byte by byte: it has no blanks to pass over. */
static enum guard_look begins_mark(struct str text, const char *mark)
{
	struct str m = str_z(mark);
	if (str_starts(text, m))
		return GUARD_LOOK_CALL;
	return str_starts(m, text) ? GUARD_LOOK_MAYBE : GUARD_LOOK_NO;
}

static bool is_plain(const struct tool_format *f, const char *mark)
{
	return !mark || f->is_front_only || str_z(mark).n < SHORTEST_MARK;
}

/* Rows with this mark: CALL if one of them fits, else MAYBE as long as one may. */
static void look_by_mark(
	struct guard_mark *found, struct str text, const struct tool_format *f, bool is_also)
{
	const char *mark = is_also ? f->mark_also : f->mark_open;
	if (found->look == GUARD_LOOK_CALL || is_plain(f, mark))
		return;
	enum guard_look look = begins_mark(text, mark);
	if (look == GUARD_LOOK_CALL)
		look = match_row(text, f, mark, is_also);
	if (look == GUARD_LOOK_NO)
		return;
	found->look = look;
	found->row = f;
}

static struct guard_mark look_at_rows(struct str text)
{
	struct guard_mark found = { GUARD_LOOK_NO, NULL, 0 };
	for (size_t i = 0; tool_formats[i]; i++) {
		look_by_mark(&found, text, tool_formats[i], false);
		look_by_mark(&found, text, tool_formats[i], true);
	}
	return found;
}

/* ---- calls without marks ---- */

/* {"name": "…" with the name of a tool offered. */
static enum guard_look look_at_json(struct str text, const struct chat_request *offered)
{
	struct match m = { text, GUARD_LOOK_CALL };
	match_text(&m, "{\"name\":\"");
	struct str name = match_name(&m);
	match_text(&m, "\"");
	if (m.look == GUARD_LOOK_CALL && !tool_name_meant(offered, name))
		return GUARD_LOOK_NO;
	return m.look == GUARD_LOOK_CALL ? GUARD_LOOK_BARE : m.look;
}

/* [name( with the name of a tool offered. */
static enum guard_look look_at_python(struct str text, const struct chat_request *offered)
{
	struct match m = { text, GUARD_LOOK_CALL };
	match_text(&m, "[");
	struct str name = match_name(&m);
	match_text(&m, "(");
	if (m.look == GUARD_LOOK_CALL && !tool_name_meant(offered, name))
		return GUARD_LOOK_NO;
	return m.look == GUARD_LOOK_CALL ? GUARD_LOOK_BARE : m.look;
}

static enum guard_look look_in_fence(struct str text, const struct chat_request *offered)
{
	static const char *const words[] = { "json", "tool_call", "tool_code", "tool", "xml", "" };
	enum guard_look look = begins_mark(text, fence);
	if (look != GUARD_LOOK_CALL)
		return look;
	text = str_from(text, sizeof fence - 1);
	size_t end = str_find_char(str_sub(text, 0, FENCE_WORD_BYTES), '\n');
	struct str word = str_trim(str_sub(text, 0, end));
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (end == SIZE_MAX && str_starts(str_z(words[i]), word))
			return text.n < FENCE_WORD_BYTES ? GUARD_LOOK_MAYBE : GUARD_LOOK_NO;
		if (end != SIZE_MAX && str_eq_z(word, words[i]))
			return look_at_json(str_from(text, end), offered);
	}
	return GUARD_LOOK_NO;
}

static enum guard_look look_bare(
	struct str text, enum guard_place place, const struct chat_request *offered)
{
	if (place == GUARD_PLACE_INSIDE || !text.n)
		return GUARD_LOOK_NO;
	if (text.p[0] == '{')
		return look_at_json(text, offered);
	return text.p[0] == fence[0] ? look_in_fence(text, offered) : GUARD_LOOK_NO;
}

/* ---- the whole ---- */

bool guard_mark_begins(char c, enum guard_place place)
{
	if (c == '<' || c == '[' || c == ']')
		return true;
	return place != GUARD_PLACE_INSIDE && (c == '{' || c == fence[0] || c == 'f');
}

/* Llama's tag before a call that is otherwise bare. */
static struct guard_mark look_behind_tag(struct str text, const struct chat_request *offered)
{
	struct guard_mark m = { begins_mark(text, python_tag), &tool_format_hermes, 0 };
	if (m.look != GUARD_LOOK_CALL)
		return m;
	struct str rest = str_trim_left(str_from(text, sizeof python_tag - 1));
	m.skip = text.n - rest.n;
	m.look = rest.n ? look_at_json(rest, offered) : GUARD_LOOK_MAYBE;
	return m;
}

struct guard_mark guard_mark_at(
	struct str text, enum guard_place place, const struct chat_request *offered)
{
	struct guard_mark m = { GUARD_LOOK_NO, NULL, 0 };
	if (!text.n || !guard_mark_begins(text.p[0], place))
		return m;
	if (place != GUARD_PLACE_INSIDE || text.p[0] != 'f')
		m = look_at_rows(text);
	if (m.look == GUARD_LOOK_NO && text.p[0] == '<')
		m = look_behind_tag(text, offered);
	if (m.look == GUARD_LOOK_NO)
		m = (struct guard_mark){ look_bare(text, place, offered), &tool_format_hermes, 0 };
	if (m.look == GUARD_LOOK_NO && place == GUARD_PLACE_FRONT && text.p[0] == '[')
		m = (struct guard_mark){ look_at_python(text, offered),
			tool_format_find(STR("llama-python")), 0 };
	return m;
}

size_t guard_mark_last(struct str text, const struct chat_request *offered)
{
	size_t last = SIZE_MAX;
	for (size_t at = 0; at < text.n; at++)
		if (guard_mark_begins(text.p[at], GUARD_PLACE_INSIDE) &&
			guard_mark_at(str_from(text, at), GUARD_PLACE_INSIDE, offered).look >=
				GUARD_LOOK_CALL)
			last = at;
	return last;
}
