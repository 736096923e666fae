/*
 * json.c - JSON through jansson, with errors that say where; see json.h.
 *
 * jansson bounds nesting by a constant of its own build; ours is lower and checked before it
 * parses, so that hostile input costs one scan.
 */
#include "base/json_int.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"

enum { PATH_BYTES = 256 };

/* Greatest nesting of brackets outside strings. */
static size_t nesting_depth(struct str text)
{
	size_t depth = 0, deepest = 0;
	bool is_string = false;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (is_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				is_string = false;
		} else if (c == '"') {
			is_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > deepest)
				deepest = depth;
		} else if ((c == '}' || c == ']') && depth) {
			depth--;
		}
	}
	return deepest;
}

/* Every other byte of the first character is 0, or it has the mark of it. */
static bool is_wide(struct str text)
{
	return text.n > 1 && (!text.p[0] || !text.p[1] || str_starts(text, STR("\xff\xfe")) ||
				     str_starts(text, STR("\xfe\xff")));
}

static json_t *parse(struct str text, size_t flags, enum layer layer, struct err *e)
{
	if (text.n > LIMIT_JSON_BYTES) {
		fail(e, ERR_TOO_BIG, layer, "JSON of %zu bytes is over the limit of %zu", text.n,
			(size_t)LIMIT_JSON_BYTES);
		return NULL;
	}
	json_t *value = js_read_plain(text);
	if (value)
		return value;
	size_t depth = nesting_depth(text);
	if (depth > LIMIT_JSON_DEPTH) {
		fail(e, ERR_BAD_DATA, layer, "JSON is nested %zu deep, over the limit of %d", depth,
			LIMIT_JSON_DEPTH);
		return NULL;
	}
	json_error_t why;
	value = json_loadb(text.n ? text.p : "", text.n,
		flags | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
	if (value)
		return value;
	fail(e, ERR_BAD_DATA, layer, "not valid JSON at line %d, column %d: %s", why.line,
		why.column, why.text);
	if (is_wide(text))
		err_mend(e, "it looks like UTF-16: JSON is sent as UTF-8");
	return NULL;
}

json_t *js_parse(struct str text, enum layer layer, struct err *e)
{
	return parse(text, 0, layer, e);
}

json_t *js_parse_message(struct str text, enum layer layer, struct err *e)
{
	return parse(text, JSON_ALLOW_NUL, layer, e);
}

static int append(const char *bytes, size_t n, void *out)
{
	return buf_add(out, str_n(bytes, n)) ? 0 : -1;
}

bool js_write(const json_t *value, struct buf *out)
{
	return json_dump_callback(value, append, out, JSON_COMPACT | JSON_ENCODE_ANY) == 0;
}

bool js_write_spaced(const json_t *value, struct buf *out)
{
	return json_dump_callback(value, append, out, JSON_ENCODE_ANY) == 0;
}

bool js_write_pretty(const json_t *value, struct buf *out)
{
	return json_dump_callback(value, append, out, JSON_INDENT(2) | JSON_ENCODE_ANY) == 0;
}

static bool is_plain(unsigned char c)
{
	return c >= ' ' && c != '"' && c != '\\';
}

/* The byte in each of eight places. */
static uint64_t eight(unsigned char c)
{
	return UINT64_C(0x0101010101010101) * c;
}

/* The high bit of each byte that is under `limit` (at most 0x80); bytes over 0x7f never are. Bytes
 * behind the first one found may be marked wrongly, which whoever looks for the first one bears. */
static uint64_t under(uint64_t word, unsigned char limit)
{
	return (word - eight(limit)) & ~word & eight(0x80);
}

/* Eight bytes. */
static bool are_plain(const char *p)
{
	uint64_t word;
	memcpy(&word, p, sizeof word);
	return !(under(word, ' ') | under(word ^ eight('"'), 1) | under(word ^ eight('\\'), 1));
}

/* Bytes at the front that stand in a string as they are, eight at a time. */
size_t js_plain_run(struct str s)
{
	size_t n = 0;
	while (n + 8 <= s.n && are_plain(s.p + n))
		n += 8;
	while (n < s.n && is_plain((unsigned char)s.p[n]))
		n++;
	return n;
}

/* LONGEST: of the eight bytes that are looked at together. */
enum { ESCAPED_AT_ONCE = 512, LONGEST_ESCAPE = 6, LONGEST_EIGHT = 8 * LONGEST_ESCAPE };

/* What stands for a character that must not stand in a string as it is; where it ends. */
static char *put_escape(char *to, unsigned char c)
{
	static const char letters[' '] = {
		['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'
	};
	char letter = c < ' ' ? letters[c] : (char)c;
	*to++ = '\\';
	*to++ = letter ? letter : 'u';
	return letter ? to : to + snprintf(to, LONGEST_ESCAPE, "%04x", c);
}

static char *put_escaped(char *to, struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (is_plain(c))
			*to++ = (char)c;
		else
			to = put_escape(to, c);
	}
	return to;
}

/* Piece by piece through memory of our own, since what it comes to is known only then. */
static void add_escaped(struct str s, struct buf *out)
{
	char escaped[ESCAPED_AT_ONCE + LONGEST_EIGHT], *to = escaped;
	for (size_t i = 0; i < s.n; i += 8) {
		if (s.n - i >= 8 && are_plain(s.p + i)) {
			memcpy(to, s.p + i, 8);
			to += 8;
		} else {
			to = put_escaped(to, str_sub(s, i, i + 8));
		}
		if (to - escaped >= ESCAPED_AT_ONCE || i + 8 >= s.n) {
			buf_add(out, str_n(escaped, (size_t)(to - escaped)));
			to = escaped;
		}
	}
}

bool js_quote(struct str s, struct buf *out)
{
	buf_add_char(out, '"');
	if (utf8_is_valid(s)) {
		add_escaped(s, out);
	} else {
		struct buf mended;
		buf_init(&mended, s.n * 3 + 1);
		utf8_mend(s, &mended);
		add_escaped(buf_str(&mended), out);
		buf_clear(&mended);
	}
	return buf_add_char(out, '"') && !out->overflow;
}

void js_next(struct buf *out)
{
	if (out->n && out->p[out->n - 1] != '{' && out->p[out->n - 1] != '[')
		buf_add_char(out, ',');
}

void js_member(struct buf *out, const char *name)
{
	js_next(out);
	buf_add_char(out, '"');
	buf_add_z(out, name);
	buf_add(out, STR("\":"));
}

void js_member_text(struct buf *out, const char *name, struct str text)
{
	js_member(out, name);
	js_quote(text, out);
}

void js_member_i64(struct buf *out, const char *name, int64_t number)
{
	js_member(out, name);
	buf_add_i64(out, number);
}

void js_member_double(struct buf *out, const char *name, double number)
{
	/* The shorter text if it means the same number. */
	char text[32];
	double same;
	snprintf(text, sizeof text, "%.15g", number);
	bool is_exact = str_to_double(str_z(text), &same) && same == number;
	js_member(out, name);
	if (is_exact)
		buf_add_z(out, text);
	else
		buf_printf(out, "%.17g", number);
}

void js_member_bool(struct buf *out, const char *name, bool yes)
{
	js_member(out, name);
	buf_add_z(out, yes ? "true" : "false");
}

struct str js_text(const json_t *string)
{
	return str_n(json_string_value(string), json_string_length(string));
}

json_t *js_new_text(struct str s)
{
	json_t *value = json_stringn(s.n ? s.p : "", s.n);
	if (value)
		return value;
	struct buf mended;
	buf_init(&mended, s.n * 3 + 1);
	utf8_mend(s, &mended);
	value = json_stringn(buf_z(&mended), mended.n);
	buf_clear(&mended);
	MUST(value);
	return value;
}

struct js_at js_root(const json_t *value, enum layer layer)
{
	return (struct js_at){ .value = value, .layer = layer };
}

static const json_t *present(const json_t *value)
{
	return json_is_null(value) ? NULL : value;
}

struct js_at js_key(const struct js_at *at, const char *key)
{
	const json_t *value = json_is_object(at->value) ? json_object_get(at->value, key) : NULL;
	return (struct js_at){ .value = present(value), .up = at, .key = key, .layer = at->layer };
}

struct str js_text_of(const json_t *object, const char *key)
{
	return js_text(json_object_get(object, key));
}

struct str js_text_at(const struct js_at *at, const char *key)
{
	return js_text_of(at->value, key);
}

struct js_at js_item(const struct js_at *at, size_t index)
{
	const json_t *value = json_is_array(at->value) ? json_array_get(at->value, index) : NULL;
	return (struct js_at){
		.value = present(value), .up = at, .index = index, .layer = at->layer
	};
}

bool js_has(const struct js_at *at)
{
	return at->value != NULL;
}

void js_path(const struct js_at *at, struct buf *out)
{
	if (!at->up) {
		buf_add_z(out, "the document");
		return;
	}
	if (at->up->up)
		js_path(at->up, out);
	if (at->key)
		buf_printf(out, "%s%s", out->n ? "." : "", at->key);
	else
		buf_printf(out, "[%zu]", at->index);
}

bool js_fail(const struct js_at *at, struct err *e, const char *format, ...)
{
	char message[ERR_WHAT_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	struct buf path;
	buf_init(&path, PATH_BYTES);
	js_path(at, &path);
	fail(e, ERR_BAD_DATA, at->layer, "%s: %s", path.overflow ? "(deep inside)" : buf_z(&path),
		message);
	buf_clear(&path);
	return false;
}

static const char *type_name(const json_t *value)
{
	if (!value)
		return "missing";
	switch (json_typeof(value)) {
	case JSON_OBJECT: return "an object";
	case JSON_ARRAY: return "an array";
	case JSON_STRING: return "a string";
	case JSON_INTEGER:
	case JSON_REAL: return "a number";
	case JSON_TRUE:
	case JSON_FALSE: return "a boolean";
	case JSON_NULL: return "null";
	}
	return "something else";
}

static bool wrong_type(const struct js_at *at, const char *wanted, struct err *e)
{
	return js_fail(at, e, "should be %s, is %s", wanted, type_name(at->value));
}

bool js_get_str(const struct js_at *at, struct str *out, struct err *e)
{
	if (!json_is_string(at->value))
		return wrong_type(at, "a string", e);
	*out = js_text(at->value);
	return true;
}

bool js_get_bool(const struct js_at *at, bool *out, struct err *e)
{
	if (!json_is_boolean(at->value))
		return wrong_type(at, "a boolean", e);
	*out = json_is_true(at->value);
	return true;
}

bool js_get_i64(const struct js_at *at, int64_t *out, struct err *e)
{
	if (!json_is_integer(at->value))
		return wrong_type(at, "an integer", e);
	*out = json_integer_value(at->value);
	return true;
}

bool js_get_double(const struct js_at *at, double *out, struct err *e)
{
	if (!json_is_number(at->value))
		return wrong_type(at, "a number", e);
	*out = json_number_value(at->value);
	return true;
}

bool js_get_array(const struct js_at *at, size_t *count, struct err *e)
{
	if (!json_is_array(at->value))
		return wrong_type(at, "an array", e);
	*count = json_array_size(at->value);
	return true;
}

bool js_get_object(const struct js_at *at, struct err *e)
{
	return json_is_object(at->value) || wrong_type(at, "an object", e);
}

bool js_opt_str(const struct js_at *at, struct str *out, struct err *e)
{
	return !js_has(at) || js_get_str(at, out, e);
}

bool js_opt_bool(const struct js_at *at, bool *out, struct err *e)
{
	return !js_has(at) || js_get_bool(at, out, e);
}

bool js_opt_i64(const struct js_at *at, int64_t *out, struct err *e)
{
	return !js_has(at) || js_get_i64(at, out, e);
}

bool js_opt_double(const struct js_at *at, double *out, struct err *e)
{
	return !js_has(at) || js_get_double(at, out, e);
}
