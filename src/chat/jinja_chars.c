/*
 * jinja_chars.c - classes of characters; see jinja_chars.h.
 */
#include "chat/jinja_chars.h"

#include "base/utf8.h"

bool jchar_is_space(uint32_t c)
{
	if (c < 0x80)
		return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20);
	return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
	       c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool jchar_is_printable(uint32_t c)
{
	return c >= 0x20 && c != 0x7F && (c < 0x80 || c > 0xA0);
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

bool jchar_is_alpha(uint32_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool jchar_is_decimal(uint32_t c)
{
	return c >= '0' && c <= '9';
}

bool jchar_is_digit(uint32_t c)
{
	return jchar_is_decimal(c);
}

bool jchar_is_numeric(uint32_t c)
{
	return jchar_is_decimal(c);
}

bool jchar_has_case(uint32_t c, enum jcase wanted)
{
	return (wanted == JCASE_LOWER && c >= 'a' && c <= 'z') ||
	       (wanted == JCASE_UPPER && c >= 'A' && c <= 'Z');
}

bool jchar_is_cased(uint32_t c)
{
	return jchar_is_alpha(c);
}

size_t jchar_map(uint32_t c, enum jcase to, uint32_t out[JCHAR_MAPPED_MAX])
{
	out[0] = c;
	if (to == JCASE_LOWER && c >= 'A' && c <= 'Z')
		out[0] = c + 32;
	else if (to != JCASE_LOWER && c >= 'a' && c <= 'z')
		out[0] = c - 32;
	return 1;
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
