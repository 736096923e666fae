/*
 * conf_json.c - JSON, JSONC and JSON5 changed in place; see conf.h.
 *
 * The text is only walked, never rebuilt: a walk knows where a value begins and ends, whatever
 * stands in it. What is put in is indented as its neighbours are.
 *
 * Layer: client.
 */
#include <string.h>

#include "base/limits.h"
#include "client/conf_int.h"

enum { DEPTH_MAX = 64 };

/* ---- walking ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Behind blanks and comments; those of TOML's lists too. */
static size_t skip(struct str s, size_t at)
{
	for (;;) {
		while (at < s.n && is_blank(s.p[at]))
			at++;
		struct str rest = str_from(s, at);
		size_t end;
		if (str_starts(rest, STR("//")) || str_starts(rest, STR("#")))
			end = str_find_char(rest, '\n');
		else if (str_starts(rest, STR("/*")))
			end = str_find(rest, STR("*/"));
		else
			return at;
		at = end == SIZE_MAX ? s.n : at + end + (str_starts(rest, STR("/*")) ? 2 : 1);
	}
}

static size_t string_end(struct str s, size_t at)
{
	char quote = s.p[at++];
	while (at < s.n && s.p[at] != quote)
		at += s.p[at] == '\\' ? 2 : 1;
	return at < s.n ? at + 1 : SIZE_MAX;
}

static bool ends_word(char c)
{
	return is_blank(c) || strchr(",:[]{}\"'/", c);
}

/* The end of the value that begins here, or SIZE_MAX. */
static size_t value_end(struct str s, size_t at)
{
	size_t depth = 0;
	do {
		at = skip(s, at);
		if (at >= s.n)
			return SIZE_MAX;
		char c = s.p[at];
		if (c == '"' || c == '\'') {
			at = string_end(s, at);
		} else if (c == '{' || c == '[') {
			depth++;
			at++;
		} else if (c == '}' || c == ']') {
			if (!depth)
				return SIZE_MAX;
			depth--;
			at++;
		} else if (depth && (c == ',' || c == ':')) {
			at++;
		} else {
			size_t from = at;
			while (at < s.n && !ends_word(s.p[at]))
				at++;
			if (at == from)
				return SIZE_MAX;
		}
	} while (depth && at != SIZE_MAX);
	return at;
}

/* One member of an object, or one element of a list. */
struct entry {
	struct conf_span key, value; /* a key with its quotes; empty in a list */
	size_t end;                  /* behind its comma, or at the closing bracket */
	bool has_comma;
};

/* Reads the entry that begins at or after `at`. 1: there is one; 0: the bracket closes; -1: broken.
 */
static int next_entry(struct str s, size_t at, bool is_object, struct entry *out)
{
	at = skip(s, at);
	if (at >= s.n)
		return -1;
	char closes = is_object ? '}' : ']';
	if (s.p[at] == closes)
		return 0;
	*out = (struct entry){ .key = { at, at } };
	if (is_object) {
		out->key.to = value_end(s, at);
		if (out->key.to == SIZE_MAX)
			return -1;
		at = skip(s, out->key.to);
		if (at >= s.n || s.p[at] != ':')
			return -1;
		at = skip(s, at + 1);
	}
	out->value = (struct conf_span){ at, value_end(s, at) };
	if (out->value.to == SIZE_MAX)
		return -1;
	at = skip(s, out->value.to);
	out->has_comma = at < s.n && s.p[at] == ',';
	out->end = out->has_comma ? at + 1 : at;
	return out->has_comma || (at < s.n && s.p[at] == closes) ? 1 : -1;
}

/* ---- reading ---- */

/* A string in either quotes, or a bare word, as a JSON string. */
static void add_string(struct str s, struct buf *out)
{
	bool is_quoted = s.n >= 2 && (s.p[0] == '"' || s.p[0] == '\'');
	struct str inner = is_quoted ? str_sub(s, 1, s.n - 1) : s;
	buf_add_char(out, '"');
	for (size_t i = 0; i < inner.n; i++) {
		if (inner.p[i] == '\\' && i + 1 < inner.n && inner.p[i + 1] == '\'')
			continue;
		if (inner.p[i] == '"' && (i == 0 || inner.p[i - 1] != '\\'))
			buf_add_char(out, '\\');
		buf_add_char(out, inner.p[i]);
	}
	buf_add_char(out, '"');
}

static bool add_strict(struct str s, size_t at, size_t depth, struct buf *out)
{
	at = skip(s, at);
	if (at >= s.n || depth > DEPTH_MAX)
		return false;
	if (s.p[at] != '{' && s.p[at] != '[') {
		struct str word = str_sub(s, at, value_end(s, at));
		if (s.p[at] == '"' || s.p[at] == '\'')
			add_string(word, out);
		else
			buf_add(out, word);
		return true;
	}
	bool is_object = s.p[at] == '{';
	struct entry entry;
	int got;
	buf_add_char(out, s.p[at++]);
	for (size_t n = 0; (got = next_entry(s, at, is_object, &entry)) == 1; n++) {
		if (n)
			buf_add_char(out, ',');
		if (is_object) {
			add_string(str_sub(s, entry.key.from, entry.key.to), out);
			buf_add_char(out, ':');
		}
		if (!add_strict(s, entry.value.from, depth + 1, out))
			return false;
		at = entry.end;
	}
	buf_add_char(out, is_object ? '}' : ']');
	return got == 0;
}

json_t *conf_json_value(struct str text, struct err *e)
{
	struct buf strict;
	buf_init(&strict, LIMIT_JSON_BYTES);
	json_t *value = NULL;
	if (add_strict(text, 0, 0, &strict))
		value = js_parse(buf_str(&strict), LAYER_CLIENT, e);
	else
		fail(e, ERR_BAD_DATA, LAYER_CLIENT, "is no JSON");
	buf_clear(&strict);
	return value;
}

static bool is_text(struct str s, struct conf_span at, struct str wanted)
{
	struct buf strict;
	buf_init(&strict, LIMIT_JSON_BYTES);
	add_string(str_sub(s, at.from, at.to), &strict);
	json_t *value = js_parse(buf_str(&strict), LAYER_CLIENT, NULL);
	bool is = json_is_string(value) && str_eq(js_text(value), wanted);
	json_decref(value);
	buf_clear(&strict);
	return is;
}

/* The value of a member, of the last one of that name: that is the one that counts. False if there
 * is none. */
static bool find_member(struct str s, size_t object, struct str name, struct conf_span *out)
{
	struct entry entry;
	size_t at = object + 1;
	bool is_found = false;
	while (s.p[object] == '{' && next_entry(s, at, true, &entry) == 1) {
		at = entry.end;
		if (!is_text(s, entry.key, name))
			continue;
		*out = entry.value;
		is_found = true;
	}
	return is_found;
}

static bool is_wanted(
	struct str s, struct conf_span at, const struct conf_part *part, const json_t *item)
{
	struct conf_span member;
	if (part->kind == CONF_ELEMENT)
		return find_member(s, at.from, part->name, &member) &&
		       is_text(s, member, part->value);
	json_t *value = conf_json_value(str_sub(s, at.from, at.to), NULL);
	bool is = value && json_equal(value, item);
	json_decref(value);
	return is;
}

static bool find_element(struct str s, size_t list, const struct conf_part *part,
	const json_t *item, struct conf_span *out)
{
	struct entry entry;
	size_t at = list + 1;
	while (next_entry(s, at, false, &entry) == 1) {
		at = entry.end;
		if (!is_wanted(s, entry.value, part, item))
			continue;
		*out = entry.value;
		return true;
	}
	return false;
}

/* Brackets and commas stand as they must; what is not so would be read as less than it holds. The
 * first place that is wrong, or SIZE_MAX. */
static size_t first_fault(struct str s, size_t at, size_t depth)
{
	bool is_object = s.p[at] == '{';
	struct entry entry;
	int got;
	if (!is_object && s.p[at] != '[')
		return SIZE_MAX;
	if (depth > DEPTH_MAX)
		return at;
	for (at++; (got = next_entry(s, at, is_object, &entry)) == 1; at = entry.end) {
		size_t fault = first_fault(s, entry.value.from, depth + 1);
		if (fault != SIZE_MAX)
			return fault;
	}
	return got == 0 ? SIZE_MAX : skip(s, at);
}

/* Goes down the path as far as it is there: how many parts, and where the last value stands. */
struct found {
	struct conf_span at;
	size_t parts;
};

static bool walk(struct str s, const struct conf_path *path, const json_t *item, struct found *f,
	struct err *e)
{
	f->parts = 0;
	f->at.from = skip(s, 0);
	f->at.to = value_end(s, f->at.from);
	if (f->at.to == SIZE_MAX || skip(s, f->at.to) != s.n)
		return conf_fail(s, f->at.from, "the file is no JSON", e);
	size_t fault = first_fault(s, f->at.from, 0);
	if (fault != SIZE_MAX)
		return conf_fail(s, fault, "a comma or a bracket is missing, or one too many", e);
	while (f->parts < path->count) {
		const struct conf_part *part = &path->parts[f->parts];
		bool wants_object = part->kind == CONF_MEMBER;
		if (s.p[f->at.from] != (wants_object ? '{' : '['))
			return conf_fail(s, f->at.from,
				wants_object ? "an object should stand there"
					     : "a list should stand there",
				e);
		if (wants_object ? !find_member(s, f->at.from, part->name, &f->at)
				 : !find_element(s, f->at.from, part, item, &f->at))
			break;
		f->parts++;
	}
	return true;
}

static json_t *get(struct str text, const struct conf_path *path, struct err *e)
{
	struct found f;
	struct conf_path whole = *path;
	bool is_list = whole.parts[whole.count - 1].kind == CONF_ITEM;
	whole.count -= is_list;
	if (!str_trim(text).n || !walk(text, &whole, NULL, &f, e) || f.parts < whole.count)
		return NULL;
	return conf_json_value(str_sub(text, f.at.from, f.at.to), e);
}

/* ---- writing ---- */

/* What stands at the rest of the path: objects and lists around the value. A new reference. */
static json_t *nest(const struct conf_path *path, size_t from, const json_t *value)
{
	if (from == path->count)
		return json_deep_copy(value);
	const struct conf_part *part = &path->parts[from];
	json_t *inner = nest(path, from + 1, value);
	if (part->kind == CONF_MEMBER) {
		json_t *object = json_object();
		json_object_setn_new(object, part->name.p, part->name.n, inner);
		return object;
	}
	json_t *element = inner;
	if (part->kind == CONF_ELEMENT) {
		element = json_object();
		json_object_setn_new(element, part->name.p, part->name.n, js_new_text(part->value));
		json_object_update_missing(element, inner);
		json_decref(inner);
	}
	json_t *list = json_array();
	json_array_append_new(list, element);
	return list;
}

static const char *step_of(struct str indent)
{
	return str_find_char(indent, '\t') == SIZE_MAX ? "  " : "\t";
}

/* Pretty text, each line but the first behind `indent`, in steps of its kind. */
static void add_pretty(const json_t *value, struct str indent, struct buf *out)
{
	struct buf pretty;
	buf_init(&pretty, LIMIT_JSON_BYTES);
	js_write_pretty(value, &pretty);
	struct str rest = buf_str(&pretty), line;
	for (size_t n = 0; str_cut(&rest, '\n', &line); n++) {
		if (n) {
			buf_add_char(out, '\n');
			buf_add(out, indent);
		}
		for (; str_starts(line, STR("  ")); line = str_from(line, 2))
			buf_add_z(out, step_of(indent));
		buf_add(out, line);
	}
	buf_clear(&pretty);
}

/* Behind a comment that ends this line; `at` if there is none. */
static size_t comment_end(struct str s, size_t at)
{
	size_t from = at;
	while (from < s.n && (s.p[from] == ' ' || s.p[from] == '\t'))
		from++;
	struct str rest = str_from(s, from);
	size_t length = str_find_char(rest, '\n');
	struct str line = str_trim_right(str_sub(rest, 0, length == SIZE_MAX ? rest.n : length));
	bool is_comment = str_starts(line, STR("//")) ||
			  (str_starts(line, STR("/*")) && str_find(line, STR("*/")) + 2 == line.n);
	return is_comment ? from + line.n : at;
}

/* Puts a new entry behind the last one of the object or list that opens at `open`. */
static bool insert(struct buf *text, size_t open, const struct conf_path *path, size_t from,
	const json_t *value, struct err *e)
{
	struct str s = buf_str(text);
	const struct conf_part *part = &path->parts[from];
	bool is_object = part->kind == CONF_MEMBER;
	struct entry entry, last = { .value = { open + 1, open + 1 }, .has_comma = true };
	size_t at = open + 1, count = 0;
	for (; next_entry(s, at, is_object, &entry) == 1; count++, at = entry.end)
		last = entry;
	bool is_spread = count == 0 || memchr(s.p + open, '\n', last.value.from - open) != NULL;
	struct buf indent, added;
	buf_init(&indent, LIMIT_QUOTE_BYTES);
	buf_init(&added, LIMIT_JSON_BYTES);
	if (count)
		buf_add(&indent, conf_indent(s, is_object ? last.key.from : last.value.from));
	else
		buf_printf(&indent, "%.*s%s", STR_ARG(conf_indent(s, open)),
			step_of(conf_indent(s, open)));
	buf_add_char(&added, is_spread ? '\n' : ' ');
	if (is_spread)
		buf_add(&added, buf_str(&indent));
	if (is_object) {
		js_quote(part->name, &added);
		buf_add_z(&added, ": ");
	}
	json_t *nested = nest(path, is_object ? from + 1 : from, value);
	add_pretty(is_object ? nested : json_array_get(nested, 0), buf_str(&indent), &added);
	json_decref(nested);
	size_t place = !count ? open + 1 : last.has_comma ? last.end : last.value.to;
	if (is_spread && count)
		place = comment_end(s, place);
	struct conf_span where = { place, place }, comma = { last.value.to, last.value.to };
	if (!count) {
		where.to = skip(s, place);
		bool is_bare = !str_trim(str_sub(s, place, where.to)).n;
		where.to = is_bare ? where.to : place;
		buf_printf(&added, "\n%.*s", STR_ARG(conf_indent(s, open)));
	}
	bool ok = conf_replace(text, where, buf_str(&added), e) &&
		  (last.has_comma || conf_replace(text, comma, STR(","), e));
	buf_clear(&indent);
	buf_clear(&added);
	return ok;
}

static bool replace(struct buf *text, struct conf_span at, const json_t *value, struct err *e)
{
	struct buf written;
	buf_init(&written, LIMIT_JSON_BYTES);
	js_write_spaced(value, &written);
	bool ok = conf_replace(text, at, buf_str(&written), e);
	buf_clear(&written);
	return ok;
}

static bool set(struct buf *text, const struct conf_path *path, const json_t *value, struct err *e)
{
	struct found f;
	if (!str_trim(buf_str(text)).n) {
		buf_reset(text);
		buf_add_z(text, "{\n}\n");
	}
	if (!walk(buf_str(text), path, value, &f, e))
		return false;
	if (f.parts < path->count)
		return insert(text, f.at.from, path, f.parts, value, e);
	json_t *now = conf_json_value(str_sub(buf_str(text), f.at.from, f.at.to), NULL);
	bool is_same = now && json_equal(now, value);
	json_decref(now);
	return is_same || replace(text, f.at, value, e);
}

const struct conf_ops conf_json = { get, set };
