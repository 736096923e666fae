/*
 * jinja_chars.c - classes and cases of characters; see jinja_chars.h.
 *
 * ASCII is answered at once, the rest from the tables of jinja_unicode.c.
 */
#include "jinja/jinja_chars.h"

#include <stdlib.h>

#include "base/utf8.h"
#include "jinja/jinja_unicode.h"

/* All rows begin with their first code point, so one comparison serves all tables. */
static int order_range(const void *key, const void *row)
{
	uint32_t code = *(const uint32_t *)key;
	const struct junicode_range *r = row;
	return code < r->from ? -1 : code > r->to;
}

static bool is_in(const struct junicode_range *table, size_t count, uint32_t code)
{
	const struct junicode_range *r = bsearch(&code, table, count, sizeof *table, order_range);
	return r && (code - r->from) % r->step == 0;
}

bool jchar_is_space(uint32_t c)
{
	if (c < 0x80)
		return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
	return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
	       c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool jchar_is_printable(uint32_t c)
{
	if (c < 0x7F)
		return c >= 0x20;
	return is_in(junicode_printable, junicode_printable_count, c);
}

bool jchar_is_alpha(uint32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return is_in(junicode_alpha, junicode_alpha_count, c);
}

bool jchar_is_decimal(uint32_t c)
{
	return is_in(junicode_decimal, junicode_decimal_count, c);
}

bool jchar_is_digit(uint32_t c)
{
	return is_in(junicode_digit, junicode_digit_count, c);
}

bool jchar_is_numeric(uint32_t c)
{
	return is_in(junicode_numeric, junicode_numeric_count, c);
}

bool jchar_has_case(uint32_t c, enum jcase wanted)
{
	switch (wanted) {
	case JCASE_LOWER: return is_in(junicode_lower, junicode_lower_count, c);
	case JCASE_UPPER: return is_in(junicode_upper, junicode_upper_count, c);
	default: return is_in(junicode_title, junicode_title_count, c);
	}
}

bool jchar_is_cased(uint32_t c)
{
	if (c < 0x80)
		return jchar_is_alpha(c);
	return jchar_has_case(c, JCASE_LOWER) || jchar_has_case(c, JCASE_UPPER) ||
	       jchar_has_case(c, JCASE_TITLE);
}

static int order_shift(const void *key, const void *row)
{
	uint32_t code = *(const uint32_t *)key;
	const struct junicode_shift *s = row;
	return code < s->from ? -1 : code > s->to;
}

static int order_several(const void *key, const void *row)
{
	uint32_t code = *(const uint32_t *)key;
	const struct junicode_several *s = row;
	return code < s->code ? -1 : code > s->code;
}

/* One change of case. */
struct mapping {
	const struct junicode_shift *shifts;
	const struct junicode_several *several;
	size_t shift_count, several_count;
};

/* The characters that stand for this one, 0 if the tables have none. */
static size_t map_by(const struct mapping *m, uint32_t code, uint32_t out[JCHAR_MAPPED_MAX])
{
	const struct junicode_shift *shift =
		bsearch(&code, m->shifts, m->shift_count, sizeof *shift, order_shift);
	if (shift && (code - shift->from) % shift->step == 0) {
		out[0] = (uint32_t)((int32_t)code + shift->by);
		return 1;
	}
	const struct junicode_several *several =
		bsearch(&code, m->several, m->several_count, sizeof *several, order_several);
	size_t n = 0;
	while (several && n < JCHAR_MAPPED_MAX && several->to[n]) {
		out[n] = several->to[n];
		n++;
	}
	return n;
}

size_t jchar_map(uint32_t c, enum jcase to, uint32_t out[JCHAR_MAPPED_MAX])
{
	const struct mapping lower = { junicode_to_lower, junicode_to_lower_several,
		junicode_to_lower_count, junicode_to_lower_several_count };
	const struct mapping upper = { junicode_to_upper, junicode_to_upper_several,
		junicode_to_upper_count, junicode_to_upper_several_count };
	const struct mapping title = { junicode_to_title, junicode_to_title_several,
		junicode_to_title_count, junicode_to_title_several_count };
	size_t n = to == JCASE_TITLE ? map_by(&title, c, out) : 0;
	if (n == 0)
		n = map_by(to == JCASE_LOWER ? &lower : &upper, c, out);
	if (n == 0)
		out[n++] = c;
	return n;
}

size_t jchars_space_left(struct str s)
{
	size_t at = 0;
	uint32_t code;
	for (;;) {
		int bytes = utf8_next(str_from(s, at), &code);
		if (bytes < 1 || !jchar_is_space(code))
			return at;
		at += (size_t)bytes;
	}
}

size_t jchars_space_right(struct str s)
{
	size_t end = s.n;
	while (end > 0) {
		size_t from = end - 1;
		uint32_t code;
		while (from > 0 && ((unsigned char)s.p[from] & 0xC0) == 0x80)
			from--;
		if (utf8_next(str_sub(s, from, end), &code) < 1 || !jchar_is_space(code))
			break;
		end = from;
	}
	return s.n - end;
}

bool jchars_have_case(struct str s, enum jcase wanted)
{
	bool found = false;
	for (size_t i = 0; i < s.n;) {
		uint32_t code;
		int bytes = utf8_next(str_from(s, i), &code);
		if (bytes < 1)
			break;
		if (jchar_has_case(code, wanted))
			found = true;
		else if (jchar_is_cased(code))
			return false;
		i += (size_t)bytes;
	}
	return found;
}
