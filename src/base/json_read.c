/*
 * json_read.c - JSON text as jansson's values, the usual texts quickly.
 *
 * jansson looks at each byte of a string several times, and requests and answers are mostly
 * strings. Here what stands between two escapes is taken in one piece. There is one judge of what
 * is valid, and that is jansson: whatever is not plain here (any fault, escapes by number, bytes
 * that are no UTF-8, numbers out of range, keys that come twice, nesting over the limit) is given
 * up and left to it. So the invariant is: what is read here, jansson would have read as the same
 * value.
 */
#include "base/json_int.h"

#include "base/limits.h"
#include "base/utf8.h"

enum { MOST_DIGITS = 18 }; /* that surely fit 64 bits */

struct reader {
	struct str text;
	size_t at, depth;
	struct buf unescaped; /* the last string that had escapes */
};

static json_t *read_value(struct reader *r);

static char look(const struct reader *r)
{
	return r->at < r->text.n ? r->text.p[r->at] : 0;
}

static bool take(struct reader *r, char c)
{
	if (look(r) != c || r->at >= r->text.n)
		return false;
	r->at++;
	return true;
}

static void skip_blanks(struct reader *r)
{
	for (char c = look(r); c == ' ' || c == '\n' || c == '\r' || c == '\t'; c = look(r))
		r->at++;
}

/* ---- strings ---- */

static char meant_by(char escape)
{
	switch (escape) {
	case 'n': return '\n';
	case 't': return '\t';
	case 'r': return '\r';
	case 'b': return '\b';
	case 'f': return '\f';
	case '"':
	case '\\':
	case '/': return escape;
	default: return 0;
	}
}

/* Behind the first escape: what came before it is in `unescaped`. */
static bool read_escaped(struct reader *r)
{
	while (take(r, '\\')) {
		char c = meant_by(look(r));
		if (!c)
			return false;
		r->at++;
		size_t n = js_plain_run(str_from(r->text, r->at));
		if (!buf_add_char(&r->unescaped, c) ||
			!buf_add(&r->unescaped, str_sub(r->text, r->at, r->at + n)))
			return false;
		r->at += n;
	}
	return take(r, '"');
}

/* Good until the next one is read. */
static bool read_text(struct reader *r, struct str *out)
{
	if (!take(r, '"'))
		return false;
	size_t n = js_plain_run(str_from(r->text, r->at));
	*out = str_sub(r->text, r->at, r->at + n);
	r->at += n;
	if (!take(r, '"')) {
		buf_reset(&r->unescaped);
		if (!buf_add(&r->unescaped, *out) || !read_escaped(r))
			return false;
		*out = buf_str(&r->unescaped);
	}
	return utf8_is_valid(*out);
}

static json_t *read_string(struct reader *r)
{
	struct str text;
	return read_text(r, &text) ? json_stringn_nocheck(text.n ? text.p : "", text.n) : NULL;
}

/* ---- numbers ---- */

static size_t take_digits(struct reader *r)
{
	size_t from = r->at;
	while (look(r) >= '0' && look(r) <= '9')
		r->at++;
	return r->at - from;
}

static json_t *read_number(struct reader *r)
{
	size_t from = r->at;
	bool is_real = false;
	take(r, '-');
	bool is_zero = look(r) == '0';
	size_t digits = take_digits(r);
	if (!digits || (is_zero && digits > 1))
		return NULL;
	if (take(r, '.')) {
		is_real = true;
		if (!take_digits(r))
			return NULL;
	}
	if (take(r, 'e') || take(r, 'E')) {
		is_real = true;
		if (!take(r, '+'))
			take(r, '-');
		if (!take_digits(r))
			return NULL;
	}
	struct str word = str_sub(r->text, from, r->at);
	double real;
	int64_t whole;
	if (is_real)
		return str_to_double(word, &real) ? json_real(real) : NULL;
	return digits <= MOST_DIGITS && str_to_i64(word, &whole) ? json_integer(whole) : NULL;
}

/* ---- objects, arrays, words ---- */

static bool read_member(struct reader *r, json_t *object)
{
	struct str name;
	size_t before = json_object_size(object);
	skip_blanks(r);
	if (!read_text(r, &name) || name.p == r->unescaped.p)
		return false; /* names with escapes are rare, and their memory is used again */
	skip_blanks(r);
	if (!name.n || !take(r, ':'))
		return false;
	json_t *value = read_value(r);
	return value && json_object_setn_new_nocheck(object, name.p, name.n, value) == 0 &&
	       json_object_size(object) > before;
}

static bool read_item(struct reader *r, json_t *array)
{
	json_t *value = read_value(r);
	return value && json_array_append_new(array, value) == 0;
}

/* Behind the opening bracket, to behind the closing one. */
static json_t *read_all(struct reader *r, json_t *whole, char end,
	bool (*read_one)(struct reader *r, json_t *whole))
{
	bool is_well = ++r->depth <= LIMIT_JSON_DEPTH;
	skip_blanks(r);
	bool is_empty = is_well && take(r, end);
	for (bool goes_on = is_well && !is_empty; goes_on; goes_on = is_well && take(r, ',')) {
		is_well = read_one(r, whole);
		skip_blanks(r);
	}
	r->depth--;
	if (is_empty || (is_well && take(r, end)))
		return whole;
	json_decref(whole);
	return NULL;
}

static json_t *read_word(struct reader *r, struct str word, json_t *value)
{
	if (!str_starts(str_from(r->text, r->at), word))
		return NULL;
	r->at += word.n;
	return value;
}

static json_t *read_value(struct reader *r)
{
	skip_blanks(r);
	switch (look(r)) {
	case '"': return read_string(r);
	case '{': r->at++; return read_all(r, json_object(), '}', read_member);
	case '[': r->at++; return read_all(r, json_array(), ']', read_item);
	case 't': return read_word(r, STR("true"), json_true());
	case 'f': return read_word(r, STR("false"), json_false());
	case 'n': return read_word(r, STR("null"), json_null());
	default: return read_number(r);
	}
}

json_t *js_read_plain(struct str text)
{
	struct reader r = { .text = text };
	buf_init(&r.unescaped, LIMIT_JSON_BYTES);
	json_t *value = read_value(&r);
	skip_blanks(&r);
	if (r.at < text.n) {
		json_decref(value);
		value = NULL;
	}
	buf_clear(&r.unescaped);
	return value;
}
