/*
 * jinja_textop.c - what Python's str does; see jinja_textop.h.
 */
#include "jinja/jinja_textop.h"

#include <string.h>

#include "base/utf8.h"
#include "jinja/jinja_run.h"

/* The character at byte `at`, and its bytes. */
static int char_at(const struct jtext *t, size_t at, uint32_t *code)
{
	int bytes = utf8_next(str_from(jtext_str(t), at), code);
	if (bytes > 0)
		return bytes;
	*code = 0xFFFD; /* texts are valid UTF-8; whatever this is, it is passed over */
	return 1;
}

/* Where the last character before `end` begins. */
static size_t char_before(const struct jtext *t, size_t end)
{
	do
		end--;
	while (end > 0 && ((unsigned char)t->p[end] & 0xC0) == 0x80);
	return end;
}

static bool is_among(const struct jtext *chars, uint32_t code)
{
	uint32_t c;
	if (!chars)
		return jchar_is_space(code);
	for (size_t i = 0; i < chars->n;) {
		i += (size_t)char_at(chars, i, &c);
		if (c == code)
			return true;
	}
	return false;
}

const struct jtext *jtext_strip(
	struct jrun *r, const struct jtext *t, const struct jtext *chars, enum jside side)
{
	size_t from = 0, to = t->n;
	uint32_t code;
	while (side & JSIDE_LEFT && from < to) {
		int bytes = char_at(t, from, &code);
		if (!is_among(chars, code))
			break;
		from += (size_t)bytes;
	}
	while (side & JSIDE_RIGHT && to > from) {
		size_t before = char_before(t, to);
		char_at(t, before, &code);
		if (!is_among(chars, code))
			break;
		to = before;
	}
	return jtext_slice(r, t, from, to);
}

size_t jtext_find(const struct jtext *t, struct str needle, size_t from)
{
	if (from > t->n)
		return SIZE_MAX;
	size_t found = str_find(str_from(jtext_str(t), from), needle);
	return found == SIZE_MAX ? SIZE_MAX : from + found;
}

/* Python puts `with` before every character and at the end. */
static void replace_nothing(
	struct jbuild *b, const struct jtext *t, const struct jtext *with, int64_t count)
{
	size_t at = 0;
	uint32_t code;
	while (count != 0) {
		jbuild_text(b, with);
		count--;
		if (at == t->n)
			return;
		size_t bytes = (size_t)char_at(t, at, &code);
		jbuild_slice(b, t, at, at + bytes);
		at += bytes;
	}
	jbuild_slice(b, t, at, t->n);
}

const struct jtext *jtext_replace(struct jrun *r, const struct jtext *t, const struct jtext *old,
	const struct jtext *with, int64_t count)
{
	struct jbuild b;
	size_t at = 0, found;
	jbuild_init(&b, r);
	b.markup = t->markup;
	if (old->n == 0) {
		replace_nothing(&b, t, with, count);
		return jbuild_done(&b);
	}
	while (count != 0 && (found = jtext_find(t, jtext_str(old), at)) != SIZE_MAX) {
		jbuild_slice(&b, t, at, found);
		jbuild_text(&b, with);
		at = found + old->n;
		count--;
	}
	if (at == 0)
		return t;
	jbuild_slice(&b, t, at, t->n);
	return jbuild_done(&b);
}

/* A capital sigma at the end of a word becomes the small one that ends words. */
enum { SIGMA_CAPITAL = 0x3A3, SIGMA_FINAL = 0x3C2 };

static bool ends_word(const struct jtext *t, size_t at, bool after_letter)
{
	uint32_t next = 0;
	if (at < t->n)
		char_at(t, at, &next);
	return after_letter && !jchar_is_cased(next);
}

static enum jcase case_for(enum jcasing casing, uint32_t code, bool after_letter, bool first)
{
	switch (casing) {
	case JCASING_UPPER: return JCASE_UPPER;
	case JCASING_LOWER: return JCASE_LOWER;
	case JCASING_TITLE: return after_letter ? JCASE_LOWER : JCASE_TITLE;
	case JCASING_CAPITAL: return first ? JCASE_TITLE : JCASE_LOWER;
	default: return jchar_has_case(code, JCASE_LOWER) ? JCASE_UPPER : JCASE_LOWER;
	}
}

const struct jtext *jtext_cased(struct jrun *r, const struct jtext *t, enum jcasing casing)
{
	struct jbuild b;
	bool after_letter = false;
	jbuild_init(&b, r);
	b.markup = t->markup;
	for (size_t i = 0; i < t->n;) {
		uint32_t code, mapped[JCHAR_MAPPED_MAX];
		char bytes[4 * JCHAR_MAPPED_MAX + 1];
		struct buf utf8 = { .p = bytes, .cap = sizeof bytes, .max = sizeof bytes - 1 };
		size_t n = (size_t)char_at(t, i, &code);
		enum jcase to = case_for(casing, code, after_letter, i == 0);
		size_t count = jchar_map(code, to, mapped);
		if (casing == JCASING_SWAP && jchar_has_case(code, JCASE_TITLE))
			mapped[0] = code;
		if (code == SIGMA_CAPITAL && to == JCASE_LOWER && ends_word(t, i + n, after_letter))
			mapped[0] = SIGMA_FINAL;
		after_letter = jchar_is_cased(code);
		for (size_t k = 0; k < count; k++)
			utf8_add(&utf8, mapped[k]);
		if (count == 1 && mapped[0] == code)
			jbuild_slice(&b, t, i, i + n);
		else
			jbuild_as(&b, t, i, buf_str(&utf8));
		i += n;
	}
	return jbuild_done(&b);
}

static bool ends_line(uint32_t c)
{
	return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 ||
	       c == 0x2029;
}

struct jlist *jtext_lines(struct jrun *r, const struct jtext *t, bool keep_ends)
{
	struct jlist *lines = jlist_new(r, 0);
	size_t start = 0, i = 0;
	while (i < t->n) {
		uint32_t code;
		size_t line_end = i;
		i += (size_t)char_at(t, i, &code);
		if (!ends_line(code))
			continue;
		if (code == '\r' && i < t->n && t->p[i] == '\n')
			i++;
		jlist_add(r, lines, jval_text(jtext_slice(r, t, start, keep_ends ? i : line_end)));
		start = i;
	}
	if (start < t->n)
		jlist_add(r, lines, jval_text(jtext_slice(r, t, start, t->n)));
	return lines;
}

static void reverse(struct jlist *l)
{
	for (size_t i = 0; i + 1 < l->n - i; i++) {
		struct jval v = l->items[i];
		l->items[i] = l->items[l->n - 1 - i];
		l->items[l->n - 1 - i] = v;
	}
}

static void split_left(struct jrun *r, const struct jtext *t, struct str separator, int64_t max,
	struct jlist *parts)
{
	size_t at = 0, found;
	while (max != 0 && (found = jtext_find(t, separator, at)) != SIZE_MAX) {
		jlist_add(r, parts, jval_text(jtext_slice(r, t, at, found)));
		at = found + separator.n;
		max--;
	}
	jlist_add(r, parts, jval_text(jtext_slice(r, t, at, t->n)));
}

static void split_right(struct jrun *r, const struct jtext *t, struct str separator, int64_t max,
	struct jlist *parts)
{
	size_t end = t->n, found;
	while (max != 0 &&
		(found = str_find_last(str_sub(jtext_str(t), 0, end), separator)) != SIZE_MAX) {
		jlist_add(r, parts, jval_text(jtext_slice(r, t, found + separator.n, end)));
		end = found;
		max--;
	}
	jlist_add(r, parts, jval_text(jtext_slice(r, t, 0, end)));
	reverse(parts);
}

/* One after another from the left; what is left over after `max` words loses only the white space
 * before it. */
static void words_left(struct jrun *r, const struct jtext *t, int64_t max, struct jlist *parts)
{
	for (size_t at = 0;;) {
		uint32_t code;
		at += jchars_space_left(str_from(jtext_str(t), at));
		if (at == t->n)
			return;
		size_t start = at;
		while (max != 0 && at < t->n) {
			int bytes = char_at(t, at, &code);
			if (jchar_is_space(code))
				break;
			at += (size_t)bytes;
		}
		if (max-- == 0)
			at = t->n;
		jlist_add(r, parts, jval_text(jtext_slice(r, t, start, at)));
	}
}

static void words_right(struct jrun *r, const struct jtext *t, int64_t max, struct jlist *parts)
{
	for (size_t end = t->n;;) {
		uint32_t code;
		end -= jchars_space_right(str_sub(jtext_str(t), 0, end));
		if (end == 0)
			break;
		size_t start = end;
		while (max != 0 && start > 0) {
			size_t before = char_before(t, start);
			char_at(t, before, &code);
			if (jchar_is_space(code))
				break;
			start = before;
		}
		if (max-- == 0)
			start = 0;
		jlist_add(r, parts, jval_text(jtext_slice(r, t, start, end)));
		end = start;
	}
	reverse(parts);
}

struct jlist *jtext_split(struct jrun *r, const struct jtext *t, const struct jtext *separator,
	int64_t max, enum jside from)
{
	struct jlist *parts = jlist_new(r, 0);
	if (separator && separator->n == 0)
		return NULL;
	if (separator && from == JSIDE_LEFT)
		split_left(r, t, jtext_str(separator), max, parts);
	else if (separator)
		split_right(r, t, jtext_str(separator), max, parts);
	else if (from == JSIDE_LEFT)
		words_left(r, t, max, parts);
	else
		words_right(r, t, max, parts);
	return parts;
}

static void add_fill(struct jbuild *b, struct str fill, size_t times)
{
	for (size_t i = 0; i < times && !b->run->over_memory; i++)
		jbuild_own(b, fill);
}

const struct jtext *jtext_justify(
	struct jrun *r, const struct jtext *t, int64_t width, struct str fill, enum jside side)
{
	size_t chars = jtext_chars(t);
	if (width < 0 || (uint64_t)width <= chars)
		return t;
	size_t missing = (size_t)width - chars;
	/* As CPython centres: the odd one goes left if the width is odd. */
	size_t left = side == JSIDE_LEFT    ? 0
		      : side == JSIDE_RIGHT ? missing
					    : missing / 2 + (missing & (size_t)width & 1);
	struct jbuild b;
	jbuild_init(&b, r);
	b.markup = t->markup;
	add_fill(&b, fill, left);
	jbuild_text(&b, t);
	add_fill(&b, fill, missing - left);
	return jbuild_done(&b);
}
