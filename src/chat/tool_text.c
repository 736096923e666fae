/*
 * tool_text.c - the texts of a row, found in what a model said; see tool_text.h.
 */
#include "chat/tool_text.h"

#include <string.h>

bool tool_is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

size_t tool_blanks(struct str s)
{
	size_t n = 0;
	while (n < s.n && tool_is_blank(s.p[n]))
		n++;
	return n;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_hole(char c)
{
	return c >= TOOL_HOLE_INDEX[0] && c <= TOOL_HOLE_IS_STRING[0];
}

static bool is_word_char(char c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '-';
}

size_t tool_name_bytes(struct str s)
{
	static const char ends[] = " \n\t\r<>[](){}\"'`|,=";
	size_t n = 0;
	while (n < s.n && s.p[n] && !strchr(ends, s.p[n]))
		n++;
	return n;
}

/* Bytes that a hole takes at the front of s. */
static size_t hole_bytes(char hole, struct str s)
{
	size_t n = 0;
	if (hole == TOOL_HOLE_KEY[0] || hole == TOOL_HOLE_NAME[0])
		return tool_name_bytes(s);
	while (n < s.n && is_word_char(s.p[n]))
		n++;
	return n;
}

static void keep_hole(char hole, struct str text, struct tool_holes *holes)
{
	if (hole == TOOL_HOLE_KEY[0])
		holes->key = text;
	else if (hole == TOOL_HOLE_TYPE[0])
		holes->type = text;
	else if (hole == TOOL_HOLE_IS_STRING[0])
		holes->is_string = text;
}

enum likeness tool_text_at(const char *text, struct str s, struct tool_holes *holes, size_t *used)
{
	struct tool_holes none;
	struct str t = str_trim_right(str_z(text));
	size_t at = 0, i = tool_blanks(t);
	*used = 0;
	if (i < t.n)
		at = tool_blanks(s);
	for (; i < t.n; i++) {
		if (tool_is_blank(t.p[i]) || t.p[i] == '<')
			at += tool_blanks(str_from(s, at));
		if (tool_is_blank(t.p[i]))
			continue;
		if (at == s.n)
			return LIKE_BEGINNING;
		if (is_hole(t.p[i])) {
			size_t n = hole_bytes(t.p[i], str_from(s, at));
			keep_hole(t.p[i], str_sub(s, at, at + n), holes ? holes : &none);
			at += n;
		} else if (lower(s.p[at++]) != lower(t.p[i])) {
			return LIKE_NOTHING;
		}
	}
	*used = at;
	return LIKE_WHOLE;
}

enum likeness tool_mark_at(struct str mark, struct str s)
{
	for (size_t i = 0; i < mark.n; i++) {
		if (i == s.n)
			return LIKE_BEGINNING;
		if (lower(s.p[i]) != lower(mark.p[i]))
			return LIKE_NOTHING;
	}
	return LIKE_WHOLE;
}

size_t tool_text_find(const char *text, struct str s, enum likeness *like)
{
	size_t used;
	*like = LIKE_NOTHING;
	for (size_t at = 0; at < s.n; at++) {
		if (tool_is_blank(s.p[at]))
			continue;
		*like = tool_text_at(text, str_from(s, at), NULL, &used);
		if (*like != LIKE_NOTHING)
			return at;
	}
	return SIZE_MAX;
}

struct str tool_text_first(const char *text)
{
	struct str t = str_z(text);
	for (size_t i = 0; i < t.n; i++)
		if (is_hole(t.p[i]))
			return str_trim(str_sub(t, 0, i));
	return str_trim(t);
}

struct str tool_text_last(const char *text)
{
	struct str t = str_trim(str_z(text));
	for (size_t i = t.n; i > 0; i--)
		if (t.p[i - 1] == '\n' || is_hole(t.p[i - 1]))
			return str_trim(str_from(t, i));
	return t;
}

struct str tool_text_tag(const char *text)
{
	struct str t = tool_text_first(text);
	size_t end = str_find_char(t, '>');
	bool has_name_in_it = str_ends(t, STR("=\"")) || end == SIZE_MAX;
	return has_name_in_it ? t : str_sub(t, 0, end + 1);
}
