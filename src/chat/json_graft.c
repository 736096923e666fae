/*
 * json_graft.c - see json_graft.h. Text and both values are walked in step; the text is known to
 * parse, so it is only cut here, never judged.
 */
#include "chat/json_graft.h"

#include <string.h>

struct graft {
	struct str text;
	size_t at;
	struct buf *out;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Copies the next bytes, up to `to`. */
static void copy_to(struct graft *g, size_t to)
{
	buf_add(g->out, str_sub(g->text, g->at, to));
	g->at = to;
}

static void copy_blanks(struct graft *g)
{
	size_t to = g->at;
	while (to < g->text.n && is_blank(g->text.p[to]))
		to++;
	copy_to(g, to);
}

/* Copies blanks and one structural character. */
static void copy_mark(struct graft *g)
{
	copy_blanks(g);
	copy_to(g, g->at + 1);
}

/* Where the string that begins at `at` ends. */
static size_t string_end(struct str text, size_t at)
{
	for (at++; at < text.n && text.p[at] != '"'; at++)
		if (text.p[at] == '\\')
			at++;
	return at + 1;
}

/* Where the value that begins at `at` ends. */
static size_t value_end(struct str text, size_t at)
{
	size_t depth = 0;
	if (text.p[at] != '{' && text.p[at] != '[' && text.p[at] != '"') {
		while (at < text.n && !strchr(",]}", text.p[at]) && !is_blank(text.p[at]))
			at++;
		return at;
	}
	do {
		char c = text.p[at];
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		at = c == '"' ? string_end(text, at) : at + 1;
	} while (depth && at < text.n);
	return at;
}

static void replace_to(struct graft *g, size_t to, const json_t *value)
{
	js_write(value, g->out);
	g->at = to;
}

static void graft_value(struct graft *g, const json_t *from, const json_t *to);

static void graft_key(struct graft *g, const char *from, const char *to)
{
	size_t end;
	copy_blanks(g);
	end = string_end(g->text, g->at);
	if (!strcmp(from, to)) {
		copy_to(g, end);
	} else {
		js_quote(str_z(to), g->out);
		g->at = end;
	}
}

/* A member that `to` leaves out: only null ever is. */
static bool is_left_out(const char *key, const json_t *value, const json_t *to)
{
	return json_is_null(value) && !json_object_get(to, key);
}

static size_t count_left_out(const json_t *from, const json_t *to)
{
	size_t count = 0;
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)from, key, value)
	{
		count += is_left_out(key, value, to);
	}
	return count;
}

/* Passes blanks and one character without writing them. */
static void skip_mark(struct graft *g)
{
	while (is_blank(g->text.p[g->at]))
		g->at++;
	g->at++;
}

/* Passes a member: its key, colon and value. */
static void skip_member(struct graft *g)
{
	while (is_blank(g->text.p[g->at]))
		g->at++;
	g->at = string_end(g->text, g->at);
	skip_mark(g);
	while (is_blank(g->text.p[g->at]))
		g->at++;
	g->at = value_end(g->text, g->at);
}

static void graft_object(struct graft *g, const json_t *from, const json_t *to)
{
	void *b = json_object_iter((json_t *)to);
	bool is_first = true, is_first_out = true;
	const char *key;
	json_t *value;
	copy_mark(g); /* the opening bracket */
	json_object_foreach((json_t *)from, key, value)
	{
		bool is_out = is_left_out(key, value, to);
		if (!is_first && (is_out || is_first_out))
			skip_mark(g); /* a comma with nothing before it or behind it */
		else if (!is_first)
			copy_mark(g);
		is_first = false;
		if (is_out) {
			skip_member(g);
			continue;
		}
		is_first_out = false;
		graft_key(g, key, json_object_iter_key(b));
		copy_mark(g); /* the colon */
		graft_value(g, value, json_object_iter_value(b));
		b = json_object_iter_next((json_t *)to, b);
	}
	copy_mark(g);
}

static void graft_array(struct graft *g, const json_t *from, const json_t *to)
{
	for (size_t i = 0; i < json_array_size(from); i++) {
		copy_mark(g);
		graft_value(g, json_array_get(from, i), json_array_get(to, i));
	}
	copy_mark(g);
}

static void graft_value(struct graft *g, const json_t *from, const json_t *to)
{
	bool are_objects =
		json_is_object(from) && json_is_object(to) && json_object_size(from) &&
		json_object_size(from) == json_object_size(to) + count_left_out(from, to);
	bool are_arrays = json_is_array(from) && json_is_array(to) && json_array_size(from) &&
			  json_array_size(from) == json_array_size(to);
	copy_blanks(g);
	size_t end = value_end(g->text, g->at);
	if (json_equal(from, to))
		copy_to(g, end);
	else if (are_objects)
		graft_object(g, from, to);
	else if (are_arrays)
		graft_array(g, from, to);
	else
		replace_to(g, end, to);
}

void json_graft(struct str text, const json_t *from, const json_t *to, struct buf *out)
{
	struct graft g = { text, 0, out };
	graft_value(&g, from, to);
	copy_to(&g, text.n);
}
