/*
 * schema_scalar.c - strings, numbers and fixed values of a schema as automata; see schema_shape.h.
 *
 * A string that only its length limits stays a loop with a counter in the run; one with a pattern
 * becomes the product of all its automata, its length included. Whatever cannot be built is noted
 * and left out, never the whole string.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "base/utf8.h"
#include "chat/format.h"
#include "chat/pattern.h"
#include "chat/schema_shape.h"

#define HEX "[0-9a-fA-F]"
/* Every JSON string: escapes of surrogates only in pairs, U+0000 not at all (readers refuse it). */
#define ANY_STRING                                                                                 \
	"\"(?:[^\"\\\\\\u0000-\\u001f]|\\\\(?:[\"\\\\/bfnrt]|u(?:000[1-9a-fA-F]|00[1-9a-fA-F]" HEX \
	"|0[1-9a-fA-F]" HEX "{2}|[1-9a-cA-CefEF]" HEX "{3}|[dD][0-7]" HEX "{2}|[dD][89abAB]" HEX   \
	"{2}\\\\u[dD][c-fC-F]" HEX "{2})))*\""
/* Digits and exponent are capped so that every reader takes the number: below 1e298, and whole
 * ones within 64 bits. */
#define ANY_NUMBER                                                                                 \
	"-?(?:0|[1-9]\\d{0,17})(?:\\.\\d{1,24})?(?:[eE][+-]?(?:\\d{1,2}|1\\d\\d|2[0-7]\\d))?"

enum {
	LARGEST_WHOLE_DIGITS = 18,
	LARGEST_STEP_DIGITS = 15 /* in steps: what a reader's doubles hold to the last digit */
};

struct pattern_memo {
	struct pattern_memo *next;
	struct str text;
	enum pattern_use use;
	const struct dfa *dfa;
	const char *why;
};

static const struct dfa *compile(
	struct schema_build *b, struct str text, enum pattern_use use, const char **why)
{
	for (const struct pattern_memo *m = b->patterns; m; m = m->next)
		if (m->use == use && str_eq(m->text, text)) {
			*why = m->why;
			return m->dfa;
		}
	struct pattern_memo *m = arena_alloc(b->scratch, sizeof *m);
	m->dfa = pattern_compile(b->schema->mem, text, use, why);
	m->text = arena_str(b->scratch, text);
	m->use = use;
	m->why = *why;
	m->next = b->patterns;
	b->patterns = m;
	return m->dfa;
}

/* One of our own expressions. */
static const struct dfa *compile_own(
	struct schema_build *b, const struct dfa **slot, const char *text, enum pattern_use use)
{
	const char *why;
	if (!*slot)
		*slot = pattern_compile(b->schema->mem, str_z(text), use, &why);
	MUST(*slot);
	return *slot;
}

const struct dfa *scalar_any_string(struct schema_build *b)
{
	return compile_own(b, &b->any_string, ANY_STRING, PATTERN_BYTES);
}

const struct dfa *scalar_any_name(struct schema_build *b)
{
	if (!b->any_name) {
		const struct dfa *inside = NULL;
		compile_own(b, &inside, "[\\s\\S]*", PATTERN_WHOLE);
		b->any_name = dfa_quote(b->schema->mem, inside, '"');
	}
	return b->any_name;
}

static const struct letters_row {
	enum pattern_use search, whole;
} letters_rows[] = {
	[LETTERS_DOUBLE] = { PATTERN_SEARCH, PATTERN_WHOLE },
	[LETTERS_SINGLE] = { PATTERN_SEARCH_SINGLE, PATTERN_WHOLE_SINGLE },
	[LETTERS_PLAIN] = { PATTERN_SEARCH_PLAIN, PATTERN_WHOLE_PLAIN },
};

_Static_assert(sizeof letters_rows / sizeof *letters_rows == LETTERS_COUNT, "a row for each");

static const struct dfa *pattern_automaton(struct schema_build *b, const struct part *part,
	const char *keyword, enum scalar_letters letters)
{
	const char *why;
	const struct dfa *d = compile(b, js_text(part->schema), letters_rows[letters].search, &why);
	if (!d)
		schema_note(b, part, keyword, why);
	return d;
}

const struct dfa *scalar_pattern(struct schema_build *b, const struct part *part,
	const char *keyword, enum scalar_letters letters)
{
	return pattern_automaton(b, part, keyword, letters);
}

static const struct dfa *format_automaton(
	struct schema_build *b, const struct part *part, enum scalar_letters letters)
{
	const struct format_row *row = format_find(js_text(part->schema));
	if (!row)
		schema_note(b, part, "format", "not one of the formats that are known");
	if (!row || !row->pattern)
		return NULL;
	const char *why;
	const struct dfa *d = compile(b, str_z(row->pattern), letters_rows[letters].whole, &why);
	MUST(d);
	return d;
}

/* Narrows `inside` (NULL: every string) by one more automaton; false if nothing is left. */
static bool narrow(struct schema_build *b, const struct dfa **inside, const struct dfa *more,
	const struct part *part, const char *keyword)
{
	if (!more)
		return true;
	bool overflow = false;
	const struct dfa *both = *inside ? dfa_intersect(b->schema->mem, *inside, more,
						   LIMIT_PATTERN_STATES, &overflow)
					 : more;
	if (overflow)
		schema_note(b, part, keyword, "together with the others it takes too many states");
	else
		*inside = both;
	return both || overflow;
}

const struct dfa *scalar_string(struct schema_build *b, const struct shape *shape,
	enum scalar_letters letters, bool *is_free)
{
	const struct dfa *inside = NULL;
	*is_free = false;
	for (size_t i = 0; i < shape->patterns.n; i++) {
		const struct part *part = &shape->patterns.p[i];
		if (!narrow(b, &inside, pattern_automaton(b, part, "pattern", letters), part,
			    "pattern"))
			return NULL;
	}
	for (size_t i = 0; i < shape->formats.n; i++) {
		const struct part *part = &shape->formats.p[i];
		if (!narrow(b, &inside, format_automaton(b, part, letters), part, "format"))
			return NULL;
	}
	*is_free = !inside;
	if (!inside || (shape->min_chars == 0 && shape->max_chars == SIZE_MAX))
		return inside;
	bool overflow = false;
	const struct dfa *limited = dfa_limit_chars(b->schema->mem, inside, shape->min_chars,
		shape->max_chars, LIMIT_PATTERN_STATES, &overflow);
	if (!overflow)
		return limited;
	schema_note(b, &shape->members.p[shape->members.n - 1], "minLength, maxLength",
		"together with the pattern they take too many states");
	return inside;
}

static struct number_bound whole_bound(int64_t value)
{
	struct number_bound bound = { 0 };
	decimal_of_int(value, &bound.value);
	return bound;
}

/* The largest number that is written, where not all of 64 bits are. */
static int64_t largest_whole(const struct shape *shape)
{
	int64_t value = 0;
	for (int i = 0; i < (shape->steps.n ? LARGEST_STEP_DIGITS : LARGEST_WHOLE_DIGITS); i++)
		value = value * 10 + 9;
	return value;
}

/* The multiples of one step; NULL, noted, if there is no automaton for it. */
static const struct dfa *multiples(struct schema_build *b, const struct part *part)
{
	struct decimal step;
	const json_t *value = json_object_get(part->schema, "multipleOf");
	const struct dfa *made = shape_decimal(value, &step) && !step.is_negative
					 ? number_multiple(b->schema->mem, &step)
					 : NULL;
	if (!made)
		schema_note(b, part, "multipleOf", "not a step of up to 1000 without its point");
	return made;
}

static const struct dfa *in_steps(
	struct schema_build *b, const struct shape *shape, const struct dfa *number)
{
	for (size_t i = 0; i < shape->steps.n && number; i++) {
		const struct part *part = &shape->steps.p[i];
		if (!narrow(b, &number, multiples(b, part), part, "multipleOf"))
			return NULL;
	}
	return number;
}

const struct dfa *scalar_number(struct schema_build *b, const struct shape *shape)
{
	bool is_any = shape->types & TYPE_FRACTION;
	bool is_bounded = shape->has_lo || shape->has_hi || shape->steps.n;
	if (is_any && !is_bounded)
		return compile_own(b, &b->any_number, ANY_NUMBER, PATTERN_BYTES);
	if (!is_any && !is_bounded && b->integer)
		return b->integer;
	bool is_capped = is_any || shape->steps.n;
	struct number_bound lo = whole_bound(is_capped ? -largest_whole(shape) : INT64_MIN);
	struct number_bound hi = whole_bound(is_capped ? largest_whole(shape) : INT64_MAX);
	if (shape->has_lo && decimal_cmp(&shape->lo.value, &lo.value) >= 0)
		lo = shape->lo;
	if (shape->has_hi && decimal_cmp(&shape->hi.value, &hi.value) <= 0)
		hi = shape->hi;
	const struct dfa *made =
		number_between(b->schema->mem, is_any ? NUMBER_ANY : NUMBER_INTEGER, &lo, &hi);
	if (!is_bounded)
		b->integer = made;
	return in_steps(b, shape, made);
}

static int by_bytes(const void *a, const void *b)
{
	return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

const struct dfa *scalar_words(struct schema_build *b, const struct str *words, size_t n)
{
	struct str *sorted = arena_calloc(b->scratch, n + 1, sizeof *sorted);
	size_t kept = 0, states = 1;
	for (size_t i = 0; i < n; i++)
		sorted[i] = words[i];
	if (n)
		qsort(sorted, n, sizeof *sorted, by_bytes);
	for (size_t i = 0; i < n; i++)
		if (!kept || !str_eq(sorted[kept - 1], sorted[i])) {
			states += sorted[i].n;
			sorted[kept++] = sorted[i];
		}
	return kept ? dfa_of_words(b->schema->mem, sorted, kept, states, NULL) : NULL;
}

static void spell_string(struct str s, unsigned char quote, struct buf *out)
{
	const char escapes[] = { (char)quote, (char)quote, '\\', '\\', '\b', 'b', '\f', 'f', '\n',
		'n', '\r', 'r', '\t', 't', 0 };
	buf_add_char(out, (char)quote);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		const char *e = escapes;
		while (*e && (unsigned char)*e != c)
			e += 2;
		if (*e && c)
			buf_printf(out, "\\%c", e[1]);
		else if (c < 0x20)
			buf_printf(out, "\\u%04x", c);
		else
			buf_add_char(out, (char)c);
	}
	buf_add_char(out, (char)quote);
}

struct str scalar_quote(struct schema_build *b, struct str text, unsigned char quote)
{
	struct buf out;
	buf_init(&out, LIMIT_SCHEMA_WORDS_BYTES);
	spell_string(text, quote, &out);
	struct str spelled =
		out.overflow ? (struct str){ 0 } : arena_str(b->scratch, buf_str(&out));
	buf_clear(&out);
	return spelled;
}

static void spell_real(double value, struct buf *out)
{
	char text[40];
	int precision = 1;
	do
		snprintf(text, sizeof text, "%.*g", precision, value);
	while (strtod(text, NULL) != value && ++precision <= 17);
	buf_add_z(out, text);
}

struct str scalar_spell(struct schema_build *b, const json_t *value)
{
	struct buf text;
	buf_init(&text, LIMIT_SCHEMA_WORDS_BYTES);
	switch (json_typeof(value)) {
	case JSON_STRING: spell_string(js_text(value), '"', &text); break;
	case JSON_INTEGER: buf_printf(&text, "%lld", (long long)json_integer_value(value)); break;
	case JSON_REAL: spell_real(json_real_value(value), &text); break;
	case JSON_TRUE: buf_add_z(&text, "true"); break;
	case JSON_FALSE: buf_add_z(&text, "false"); break;
	case JSON_NULL: buf_add_z(&text, "null"); break;
	case JSON_OBJECT:
	case JSON_ARRAY: break;
	}
	struct str spelled = { 0 };
	if (text.n && !text.overflow)
		spelled = arena_str(b->scratch, buf_str(&text));
	buf_clear(&text);
	return spelled;
}

static bool fits_steps(struct schema_build *b, const struct shape *shape, const json_t *value)
{
	struct str spelled = scalar_spell(b, value);
	bool has_exponent = str_find(spelled, STR("e")) != SIZE_MAX;
	for (size_t i = 0; i < shape->steps.n && !has_exponent; i++) {
		const struct dfa *d = multiples(b, &shape->steps.p[i]);
		if (d && !dfa_takes(d, spelled))
			return false;
	}
	return true;
}

static bool number_fits(struct schema_build *b, const struct shape *shape, const json_t *value)
{
	struct decimal d;
	bool is_known = json_is_integer(value) ? decimal_of_int(json_integer_value(value), &d)
					       : decimal_of_double(json_real_value(value), &d);
	if (!is_known)
		return true;
	if (d.n_part && !(shape->types & TYPE_FRACTION))
		return false;
	int over = shape->has_lo ? decimal_cmp(&d, &shape->lo.value) : 1;
	int under = shape->has_hi ? decimal_cmp(&d, &shape->hi.value) : -1;
	return (over > 0 || (over == 0 && !shape->lo.is_exclusive)) &&
	       (under < 0 || (under == 0 && !shape->hi.is_exclusive)) &&
	       fits_steps(b, shape, value);
}

static bool string_fits(struct schema_build *b, const struct shape *shape, const json_t *value)
{
	size_t chars = utf8_count(js_text(value));
	if (chars < shape->min_chars || chars > shape->max_chars)
		return false;
	struct str spelled = scalar_spell(b, value);
	struct str inside = str_sub(spelled, 1, spelled.n - 1);
	for (size_t i = 0; i < shape->patterns.n; i++) {
		const struct dfa *d =
			scalar_pattern(b, &shape->patterns.p[i], "pattern", LETTERS_DOUBLE);
		if (d && !dfa_takes(d, inside))
			return false;
	}
	return true;
}

bool scalar_fits(struct schema_build *b, const struct shape *shape, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return shape->types & TYPE_STRING &&
		       !memchr(json_string_value(value), 0, json_string_length(value)) &&
		       string_fits(b, shape, value);
	case JSON_INTEGER:
	case JSON_REAL: return shape->types & TYPE_NUMBER && number_fits(b, shape, value);
	case JSON_TRUE:
	case JSON_FALSE: return shape->types & TYPE_BOOL;
	case JSON_NULL: return shape->types & TYPE_NULL;
	case JSON_OBJECT:
	case JSON_ARRAY: break;
	}
	return false;
}
