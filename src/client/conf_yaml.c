/*
 * conf_yaml.c - YAML in block style changed in place; see conf.h.
 *
 * The text is a row of lines with indents. A block is the lines that belong to one name or one
 * element of a list; the walk goes from block to block. Values may be written in flow style, but a
 * path does not lead into them: that is said, with the line. Anchors, tags and several documents
 * are left as they stand.
 *
 * Layer: client.
 */
#include <string.h>

#include "base/limits.h"
#include "client/conf_int.h"

enum { STEP = 2 }; /* of indents that we make */

/* ---- lines ---- */

struct line {
	size_t from, end; /* the line's end included */
	size_t indent;
	size_t text;   /* where it begins behind the indent */
	bool is_empty; /* blank or a comment */
};

static struct line read_line(struct str s, size_t from)
{
	size_t n = str_find_char(str_from(s, from), '\n');
	struct line l = { .from = from, .end = n == SIZE_MAX ? s.n : from + n + 1, .text = from };
	while (l.text < l.end && s.p[l.text] == ' ')
		l.text++;
	l.indent = l.text - from;
	l.is_empty = l.text == l.end || strchr("\r\n#", s.p[l.text]) ||
		     str_starts(str_from(s, l.text), STR("---"));
	return l;
}

static bool is_element(struct str s, size_t at)
{
	return at < s.n && s.p[at] == '-' && (at + 1 >= s.n || strchr(" \r\n", s.p[at + 1]));
}

/* The end of what belongs to the line at `from`: everything indented deeper. A list may stand at
 * its own name's indent. */
static size_t block_end(struct str s, size_t from, size_t limit, size_t indent, bool is_list_name)
{
	struct line l = read_line(s, from);
	size_t end = l.end;
	for (size_t at = l.end; at < limit; at = l.end) {
		l = read_line(s, at);
		if (l.is_empty)
			continue;
		bool is_inside = l.indent > indent ||
				 (is_list_name && l.indent == indent && is_element(s, l.text));
		if (!is_inside)
			break;
		end = l.end;
	}
	return end;
}

/* A name's end at its colon, or SIZE_MAX. */
static size_t name_end(struct str s, size_t at, size_t end)
{
	char quote = at < end && (s.p[at] == '"' || s.p[at] == '\'') ? s.p[at++] : 0;
	for (; at < end && s.p[at] != '\n'; at++) {
		if (quote && s.p[at] == quote)
			quote = 0;
		else if (!quote && s.p[at] == ':' &&
			 (at + 1 >= s.n || strchr(" \r\n", s.p[at + 1])))
			return at;
	}
	return SIZE_MAX;
}

static struct str unquoted(struct str s)
{
	bool is_quoted = s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'') && s.p[s.n - 1] == s.p[0];
	return is_quoted ? str_sub(s, 1, s.n - 1) : s;
}

/* The value behind a colon or a dash, without a comment. */
static struct conf_span inline_value(struct str s, size_t at)
{
	while (at < s.n && s.p[at] == ' ')
		at++;
	size_t to = at;
	char quote = 0;
	for (; to < s.n && s.p[to] != '\n' && s.p[to] != '\r'; to++) {
		if (quote)
			quote = s.p[to] == quote ? 0 : quote;
		else if (to == at && (s.p[to] == '"' || s.p[to] == '\''))
			quote = s.p[to];
		else if (s.p[to] == '#' && (to == at || s.p[to - 1] == ' '))
			break;
	}
	return (struct conf_span){ at, at + str_trim_right(str_sub(s, at, to)).n };
}

/* ---- the way down ---- */

/* A range of lines whose own names or elements stand at `indent`. */
struct block {
	size_t from, end;
	size_t indent;     /* of what stands in it; of what would, if it is empty */
	size_t first_text; /* where the first name stands, if not at its line's indent: behind a
			      dash */
	struct conf_span value; /* what stands on the line itself */
	size_t line;            /* where its own line begins */
};

static size_t inner_indent(struct str s, size_t from, size_t end, size_t otherwise)
{
	for (size_t at = from; at < end;) {
		struct line l = read_line(s, at);
		at = l.end;
		if (!l.is_empty)
			return l.indent;
	}
	return otherwise;
}

/* Up to the mark that ends the document, if there is one. */
static struct block root_of(struct str s)
{
	size_t end = 0;
	while (end < s.n && !str_starts(str_from(s, end), STR("...")))
		end = read_line(s, end).end;
	return (struct block){ .from = 0, .end = end, .indent = inner_indent(s, 0, end, 0) };
}

/* The block of a name in b; false if it is not there. */
static bool find_name(struct str s, const struct block *b, struct str name, struct block *out)
{
	for (size_t at = b->from; at < b->end;) {
		struct line l = read_line(s, at);
		size_t text = at == b->from && b->first_text ? b->first_text : l.text;
		size_t indent = text == l.text ? l.indent : b->indent;
		at = l.end;
		if (l.is_empty || indent != b->indent || (text == l.text && is_element(s, text)))
			continue;
		size_t colon = name_end(s, text, l.end);
		if (colon == SIZE_MAX || !str_eq(unquoted(str_trim(str_sub(s, text, colon))), name))
			continue;
		size_t end = block_end(s, l.from, b->end, indent, true);
		*out = (struct block){ .from = l.end,
			.end = end,
			.line = l.from,
			.value = inline_value(s, colon + 1),
			.indent = inner_indent(s, l.end, end, indent + STEP) };
		return true;
	}
	return false;
}

/* The element of the list in b that has the member. */
static bool find_element(
	struct str s, const struct block *b, const struct conf_part *part, struct block *out)
{
	for (size_t at = b->from; at < b->end;) {
		struct line l = read_line(s, at);
		at = l.end;
		if (l.is_empty || l.indent != b->indent || !is_element(s, l.text))
			continue;
		size_t text = l.text + 1;
		while (text < l.end && s.p[text] == ' ')
			text++;
		struct block element = { .from = l.from,
			.end = block_end(s, l.from, b->end, l.indent, false),
			.line = l.from,
			.indent = text - l.from,
			.first_text = text },
			     member;
		if (!find_name(s, &element, part->name, &member))
			continue;
		struct str value = str_sub(s, member.value.from, member.value.to);
		if (!str_eq(unquoted(value), part->value))
			continue;
		*out = element;
		return true;
	}
	return false;
}

/* ---- what is left open ---- */

static bool opens_quote(struct str s, size_t at)
{
	return (s.p[at] == '"' || s.p[at] == '\'') && (!at || strchr("[{,: \r\n", s.p[at - 1]));
}

static size_t quote_end(struct str s, size_t at)
{
	char quote = s.p[at++];
	while (at < s.n && s.p[at] != quote)
		at += s.p[at] == '\\' && quote == '"' ? 2 : 1;
	return at < s.n ? at + 1 : SIZE_MAX;
}

/* Behind the brackets or quotes that open here, or SIZE_MAX. */
static size_t flow_end(struct str s, size_t at)
{
	size_t depth = 0;
	do {
		if (opens_quote(s, at)) {
			at = quote_end(s, at);
			continue;
		}
		if (s.p[at] == '#' && s.p[at - 1] == ' ')
			at = read_line(s, at).end - 1;
		depth += s.p[at] == '[' || s.p[at] == '{';
		depth -= s.p[at] == ']' || s.p[at] == '}';
		at++;
	} while (depth && at < s.n);
	return at == SIZE_MAX || depth ? SIZE_MAX : at;
}

/* Where the value of a line begins: behind its dashes and its name. */
static size_t value_from(struct str s, const struct line *l)
{
	size_t at = l->text, colon;
	while (is_element(s, at) && at + 1 < l->end)
		at = inline_value(s, at + 1).from;
	colon = at < l->end && !strchr("[{", s.p[at]) ? name_end(s, at, l->end) : SIZE_MAX;
	return inline_value(s, colon == SIZE_MAX ? at : colon + 1).from;
}

/* A bracket or quote that nothing closes; SIZE_MAX if there is none. Texts of several lines are
 * passed over. */
static size_t left_open(struct str s)
{
	for (size_t at = 0, end; at < s.n; at = end) {
		struct line l = read_line(s, at);
		size_t value = l.is_empty ? l.end : value_from(s, &l);
		end = l.end;
		if (value >= l.end || strchr("\r\n", s.p[value]))
			continue;
		if (!strchr("[{\"'", s.p[value])) {
			end = block_end(s, l.from, s.n, l.indent, false);
			continue;
		}
		size_t closed = flow_end(s, value);
		if (closed == SIZE_MAX)
			return value;
		end = closed < l.end ? l.end : read_line(s, closed).end;
	}
	return SIZE_MAX;
}

struct found {
	struct block at; /* the last one that is there */
	size_t parts;
};

/* A value that stands for none: what belongs there may be put in its place. */
static bool is_nothing(struct str value)
{
	static const char *const words[] = { "[]", "{}", "null", "~", "\"\"", "''" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (str_eq_z(value, words[i]))
			return true;
	return value.n == 0;
}

static bool walk(struct str s, const struct conf_path *path, struct found *f, struct err *e)
{
	*f = (struct found){ .at = root_of(s) };
	if (str_find_char(s, '\t') != SIZE_MAX && inner_indent(s, 0, s.n, 0) == 0 &&
		str_find(s, STR("\n\t")) != SIZE_MAX)
		return conf_fail(
			s, str_find(s, STR("\n\t")) + 1, "a tab stands where blanks should", e);
	size_t open = left_open(s);
	if (open != SIZE_MAX)
		return conf_fail(s, open, "what opens there is never closed", e);
	while (f->parts < path->count) {
		const struct conf_part *part = &path->parts[f->parts];
		struct block inner;
		if (part->kind == CONF_MEMBER ? !find_name(s, &f->at, part->name, &inner)
					      : !find_element(s, &f->at, part, &inner))
			break;
		f->at = inner;
		f->parts++;
		struct conf_span value = inner.value;
		bool is_last = f->parts == path->count;
		if (is_last || part->kind != CONF_MEMBER || value.to == value.from)
			continue;
		if (is_nothing(str_sub(s, value.from, value.to)))
			break;
		return conf_fail(s, value.from,
			"names on lines of their own should follow; what stands there is not "
			"opened up",
			e);
	}
	return true;
}

static json_t *read_value(struct str text, struct err *e)
{
	if (text.n && strchr("[{\"", text.p[0])) {
		json_t *value = conf_json_value(text, NULL);
		return value ? value : js_new_text(text);
	}
	(void)e;
	return text.n && text.p[0] == '\'' ? js_new_text(unquoted(text)) : conf_word(text);
}

/* The elements below a name, each by what stands on its own line; NULL if there are none. */
static json_t *read_list(struct str s, const struct block *b, struct err *e)
{
	json_t *list = NULL;
	for (size_t at = b->from; at < b->end;) {
		struct line l = read_line(s, at);
		at = l.end;
		if (l.is_empty || l.indent != b->indent || !is_element(s, l.text))
			continue;
		struct conf_span item = inline_value(s, l.text + 1);
		list = list ? list : json_array();
		json_array_append_new(list, read_value(str_sub(s, item.from, item.to), e));
	}
	return list;
}

static json_t *get(struct str text, const struct conf_path *path, struct err *e)
{
	struct found f;
	if (!walk(text, path, &f, e) || f.parts < path->count)
		return NULL;
	struct conf_span at = f.at.value;
	return at.to > at.from ? read_value(str_sub(text, at.from, at.to), e)
			       : read_list(text, &f.at, e);
}

/* ---- writing ---- */

static bool is_plain(struct str s)
{
	json_t *word = conf_word(s);
	bool is_word = json_is_string(word);
	json_decref(word);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool is_letter =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_letter && !(i && strchr("_./-+@", c)) && c != '/' &&
			!(c == ':' && i + 1 < s.n))
			return false;
	}
	return s.n && is_word;
}

static void add_value(const json_t *value, struct buf *out)
{
	if (json_is_string(value) && is_plain(js_text(value)))
		buf_add(out, js_text(value));
	else
		js_write_spaced(value, out);
}

/* A line for each part of the rest of the path, each a step deeper. */
static void add_rest(const struct conf_path *path, size_t from, size_t indent, const json_t *value,
	struct buf *out)
{
	for (size_t i = from; i < path->count; i++, indent += STEP) {
		const struct conf_part *part = &path->parts[i];
		buf_add_fill(out, ' ', indent);
		if (part->kind == CONF_ELEMENT)
			buf_add_z(out, "- ");
		if (is_plain(part->name))
			buf_add(out, part->name);
		else
			js_quote(part->name, out);
		buf_add_z(out, part->kind == CONF_ELEMENT || i + 1 == path->count ? ": " : ":");
		json_t *wanted = part->kind == CONF_ELEMENT ? js_new_text(part->value)
							    : json_incref((json_t *)value);
		if (part->kind == CONF_ELEMENT || i + 1 == path->count)
			add_value(wanted, out);
		json_decref(wanted);
		buf_add_char(out, '\n');
	}
}

/* Behind the last line of the block that is there. */
static bool insert(struct buf *text, const struct conf_path *path, const struct found *f,
	const json_t *value, struct err *e)
{
	struct buf added, lines;
	size_t at = f->at.end;
	struct conf_span none = f->at.value; /* stands for what is put in now */
	buf_init(&added, LIMIT_JSON_BYTES);
	buf_init(&lines, LIMIT_JSON_BYTES);
	for (; none.to > none.from && text->p[none.from - 1] == ' '; none.from--)
		;
	if (at > 0 && text->p[at - 1] != '\n')
		buf_add_char(&added, '\n');
	add_rest(path, f->parts, f->at.indent, value, &lines);
	buf_add(&added, buf_str(&lines));
	bool ok = conf_replace(text, (struct conf_span){ at, at }, buf_str(&added), e) &&
		  (none.to == none.from || conf_replace(text, none, STR(""), e));
	buf_clear(&lines);
	buf_clear(&added);
	return ok;
}

static bool replace(struct buf *text, const struct block *b, const json_t *value, struct err *e)
{
	struct buf written;
	struct conf_span at = b->value;
	buf_init(&written, LIMIT_JSON_BYTES);
	if (at.from == at.to && at.from > 0 && text->p[at.from - 1] == ':')
		buf_add_char(&written, ' ');
	add_value(value, &written);
	if (at.to < text->n && text->p[at.to] == '#') /* a comment begins behind a blank only */
		buf_add_char(&written, ' ');
	if (b->end > b->from && inner_indent(buf_str(text), b->from, b->end, SIZE_MAX) != SIZE_MAX)
		at.to = b->from + str_trim_right(str_sub(buf_str(text), b->from, b->end)).n;
	bool ok = conf_replace(text, at, buf_str(&written), e);
	buf_clear(&written);
	return ok;
}

static bool set(struct buf *text, const struct conf_path *path, const json_t *value, struct err *e)
{
	struct found f;
	json_t *now = get(buf_str(text), path, NULL);
	bool is_same = now && json_equal(now, value);
	json_decref(now);
	if (is_same)
		return true;
	if (!walk(buf_str(text), path, &f, e))
		return false;
	return f.parts < path->count ? insert(text, path, &f, value, e)
				     : replace(text, &f.at, value, e);
}

const struct conf_ops conf_yaml = { get, set };
