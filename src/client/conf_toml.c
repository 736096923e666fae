/*
 * conf_toml.c - TOML changed in place; see conf.h.
 *
 * The text is a row of items: a table's header, a key with its value, or nothing. A key's place is
 * the table it stands in and its own, perhaps dotted, name. Inline tables on the way are not opened
 * up: that is said, with the line.
 *
 * Layer: client.
 */
#include <string.h>

#include "base/limits.h"
#include "client/conf_int.h"

enum { NAMES = CONF_PATH_PARTS };

struct names {
	struct str list[NAMES];
	size_t count;
};

enum item_kind { ITEM_NOTHING, ITEM_TABLE, ITEM_KEY, ITEM_BROKEN };

struct item {
	enum item_kind kind;
	size_t from, end; /* the whole line or lines, the line's end included */
	struct names names;
	struct conf_span value;
};

/* ---- reading ---- */

static size_t line_end(struct str s, size_t at)
{
	size_t n = str_find_char(str_from(s, at), '\n');
	return n == SIZE_MAX ? s.n : at + n + 1;
}

static size_t skip_blanks(struct str s, size_t at)
{
	while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t'))
		at++;
	return at;
}

/* Behind the string, or SIZE_MAX if it does not end. */
static size_t string_end(struct str s, size_t at)
{
	static const char *const longs[] = { "\"\"\"", "'''" };
	for (int i = 0; i < 2; i++) {
		if (!str_starts(str_from(s, at), str_z(longs[i])))
			continue;
		size_t n = str_find(str_from(s, at + 3), str_z(longs[i]));
		return n == SIZE_MAX ? SIZE_MAX : at + 3 + n + 3;
	}
	char quote = s.p[at++];
	while (at < s.n && s.p[at] != quote && s.p[at] != '\n')
		at += s.p[at] == '\\' && quote == '"' ? 2 : 1;
	return at < s.n && s.p[at] == quote ? at + 1 : SIZE_MAX;
}

/* Behind the value: a comment or the line's end follows outside of strings and brackets. SIZE_MAX
 * if one of those does not end. */
static size_t value_end(struct str s, size_t at)
{
	size_t depth = 0;
	while (at < s.n) {
		char c = s.p[at];
		if (c == '"' || c == '\'') {
			at = string_end(s, at);
			if (at == SIZE_MAX)
				return SIZE_MAX;
			continue;
		}
		if (c == '#' && depth)
			at = line_end(s, at) - 1;
		else if (!depth && (c == '#' || c == '\n' || c == '\r'))
			break;
		depth += c == '[' || c == '{';
		depth -= (c == ']' || c == '}') && depth;
		at++;
	}
	return depth ? SIZE_MAX : at;
}

/* A dotted name up to `stop`; its place, or SIZE_MAX. */
static size_t read_names(struct str s, size_t at, char stop, struct names *out)
{
	out->count = 0;
	for (;;) {
		at = skip_blanks(s, at);
		size_t from = at;
		bool is_quoted = at < s.n && (s.p[at] == '"' || s.p[at] == '\'');
		if (is_quoted)
			at = string_end(s, at);
		while (!is_quoted && at < s.n && !strchr(" \t.=]\n#", s.p[at]))
			at++;
		if (at == from || at == SIZE_MAX || out->count == NAMES)
			return SIZE_MAX;
		out->list[out->count++] =
			is_quoted ? str_sub(s, from + 1, at - 1) : str_sub(s, from, at);
		at = skip_blanks(s, at);
		if (at < s.n && s.p[at] == stop)
			return at;
		if (at >= s.n || s.p[at++] != '.')
			return SIZE_MAX;
	}
}

static struct item read_item(struct str s, size_t from)
{
	struct item item = { .from = from, .end = line_end(s, from) };
	size_t at = skip_blanks(s, from);
	if (at >= s.n || strchr("\r\n#", s.p[at]))
		return item;
	if (s.p[at] == '[') {
		bool is_list = str_starts(str_from(s, at), STR("[["));
		item.kind = read_names(s, at + 1 + is_list, ']', &item.names) == SIZE_MAX
				    ? ITEM_BROKEN
				    : ITEM_TABLE;
		return item;
	}
	at = read_names(s, at, '=', &item.names);
	if (at == SIZE_MAX) {
		item.kind = ITEM_BROKEN;
		return item;
	}
	item.kind = ITEM_KEY;
	item.value.from = skip_blanks(s, at + 1);
	size_t end = value_end(s, item.value.from);
	if (end == SIZE_MAX || end == item.value.from) {
		item.kind = ITEM_BROKEN;
		return item;
	}
	item.value.to = item.value.from + str_trim_right(str_sub(s, item.value.from, end)).n;
	item.end = line_end(s, end);
	return item;
}

static bool is_prefix(const struct names *names, const struct conf_path *path, size_t from)
{
	if (from + names->count > path->count)
		return false;
	for (size_t i = 0; i < names->count; i++)
		if (!str_eq(names->list[i], path->parts[from + i].name))
			return false;
	return true;
}

struct found {
	bool is_there, has_table;
	struct conf_span value;
	size_t behind; /* where a new key of the table would stand */
	size_t first_table;
};

static bool find(struct str s, const struct conf_path *path, struct found *f, struct err *e)
{
	struct names table = { .count = 0 };
	*f = (struct found){ .first_table = s.n, .has_table = path->count == 1 };
	for (size_t at = 0; at < s.n;) {
		struct item item = read_item(s, at);
		at = item.end;
		if (item.kind == ITEM_BROKEN)
			return conf_fail(s, item.from, "the file is no TOML", e);
		if (item.kind == ITEM_TABLE) {
			table = item.names;
			if (f->first_table == s.n)
				f->first_table = item.from;
		}
		bool is_ours = is_prefix(&table, path, 0);
		if (item.kind == ITEM_NOTHING || !is_ours)
			continue;
		if (table.count + 1 == path->count) {
			f->has_table = true;
			f->behind = item.end;
		}
		if (item.kind != ITEM_KEY || !is_prefix(&item.names, path, table.count))
			continue;
		if (table.count + item.names.count < path->count)
			return conf_fail(s, item.from,
				"an inline table stands there, which is not changed in place", e);
		f->is_there = true;
		f->value = item.value;
		return true;
	}
	return true;
}

/* Numbers may have underscores; strings of one line have JSON's escapes, or none. */
static json_t *read_value(struct str text, struct err *e)
{
	if (str_starts(text, STR("'")) && text.n >= 2)
		return js_new_text(str_sub(text, 1, text.n - 1));
	if (text.n && strchr("\"[{", text.p[0]))
		return conf_json_value(text, e);
	struct buf plain;
	buf_init(&plain, text.n + 1);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] != '_')
			buf_add_char(&plain, text.p[i]);
	json_t *value = conf_word(buf_str(&plain));
	buf_clear(&plain);
	return value;
}

static json_t *get(struct str text, const struct conf_path *path, struct err *e)
{
	struct found f;
	if (!find(text, path, &f, e) || !f.is_there)
		return NULL;
	return read_value(str_sub(text, f.value.from, f.value.to), e);
}

/* ---- writing ---- */

static bool is_bare(struct str name)
{
	for (size_t i = 0; i < name.n; i++) {
		char c = name.p[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '-')
			return false;
	}
	return name.n > 0;
}

static void add_name(struct str name, struct buf *out)
{
	if (is_bare(name))
		buf_add(out, name);
	else
		js_quote(name, out);
}

static void add_key(const struct conf_path *path, const json_t *value, struct buf *out)
{
	add_name(path->parts[path->count - 1].name, out);
	buf_add_z(out, " = ");
	js_write_spaced(value, out);
	buf_add_char(out, '\n');
}

static void add_table(const struct conf_path *path, struct buf *out)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i + 1 < path->count; i++) {
		if (i)
			buf_add_char(out, '.');
		add_name(path->parts[i].name, out);
	}
	buf_add_z(out, "]\n");
}

/* A new key: behind the others of its table, or in a new table at the end. */
static bool insert(struct buf *text, const struct conf_path *path, const struct found *f,
	const json_t *value, struct err *e)
{
	struct buf added;
	size_t at = f->has_table ? f->behind : text->n;
	buf_init(&added, LIMIT_JSON_BYTES);
	if (at > 0 && text->p[at - 1] != '\n')
		buf_add_char(&added, '\n');
	if (!f->has_table) {
		if (text->n)
			buf_add_char(&added, '\n');
		add_table(path, &added);
	}
	add_key(path, value, &added);
	bool is_first_of_all = f->has_table && at == 0 && f->first_table < text->n;
	if (is_first_of_all)
		buf_add_char(&added, '\n');
	bool ok = conf_replace(text, (struct conf_span){ at, at }, buf_str(&added), e);
	buf_clear(&added);
	return ok;
}

static bool set(struct buf *text, const struct conf_path *path, const json_t *value, struct err *e)
{
	struct found f;
	struct buf written;
	if (!find(buf_str(text), path, &f, e))
		return false;
	if (!f.is_there)
		return insert(text, path, &f, value, e);
	json_t *now = read_value(str_sub(buf_str(text), f.value.from, f.value.to), NULL);
	bool is_same = now && json_equal(now, value);
	json_decref(now);
	if (is_same)
		return true;
	buf_init(&written, LIMIT_JSON_BYTES);
	js_write_spaced(value, &written);
	bool ok = conf_replace(text, f.value, buf_str(&written), e);
	buf_clear(&written);
	return ok;
}

const struct conf_ops conf_toml = { get, set };
