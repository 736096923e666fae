/*
 * utf8.c - UTF-8; see utf8.h.
 */
#include "base/utf8.h"

#include <string.h>

enum {
	REPLACEMENT = 0xfffd,
	UNICODE_MAX = 0x10ffff,
	SURROGATE_FIRST = 0xd800,
	SURROGATE_LAST = 0xdfff
};

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Bytes that a lead byte announces, 0 if it cannot lead. */
static int announced(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* Whether the second byte may follow the lead: excludes overlong forms, surrogates and codes above
 * U+10FFFF. */
static bool second_fits(unsigned char lead, unsigned char second)
{
	switch (lead) {
	case 0xe0: return second >= 0xa0 && second <= 0xbf;
	case 0xed: return second >= 0x80 && second <= 0x9f;
	case 0xf0: return second >= 0x90 && second <= 0xbf;
	case 0xf4: return second >= 0x80 && second <= 0x8f;
	default: return (second & 0xc0) == 0x80;
	}
}

int utf8_next(struct str s, uint32_t *code)
{
	if (s.n == 0)
		return 0;
	const unsigned char *p = (const unsigned char *)s.p;
	int length = announced(p[0]);
	if (length == 0)
		return 0;
	uint32_t value = length == 1 ? p[0] : p[0] & (0xffu >> (length + 1));
	for (int i = 1; i < length; i++) {
		if ((size_t)i >= s.n)
			return -1;
		if (i == 1 ? !second_fits(p[0], p[1]) : (p[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (p[i] & 0x3f);
	}
	*code = value;
	return length;
}

/* Bytes of ASCII at the front, eight at a time: most of what passes is nothing else. */
static size_t ascii_run(struct str s)
{
	size_t n = 0;
	uint64_t word;
	for (; n + sizeof word <= s.n; n += sizeof word) {
		memcpy(&word, s.p + n, sizeof word);
		if (word & HIGH_BITS)
			break;
	}
	while (n < s.n && !(s.p[n] & 0x80))
		n++;
	return n;
}

bool utf8_is_valid(struct str s)
{
	uint32_t code;
	for (s = str_from(s, ascii_run(s)); s.n; s = str_from(s, ascii_run(s))) {
		int n = utf8_next(s, &code);
		if (n <= 0)
			return false;
		s = str_from(s, (size_t)n);
	}
	return true;
}

size_t utf8_whole(struct str s)
{
	uint32_t code;
	for (size_t back = 1; back <= 3 && back <= s.n; back++)
		if (utf8_next(str_from(s, s.n - back), &code) == -1)
			return s.n - back;
	return s.n;
}

bool utf8_add(struct buf *out, uint32_t code)
{
	if (code > UNICODE_MAX || (code >= SURROGATE_FIRST && code <= SURROGATE_LAST))
		code = REPLACEMENT;
	if (code < 0x80)
		return buf_add_char(out, (char)code);
	int tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	char bytes[4];
	for (int i = tail; i > 0; i--, code >>= 6)
		bytes[i] = (char)(0x80 | (code & 0x3f));
	bytes[0] = (char)((0xff00u >> (tail + 1) & 0xff) | code);
	return buf_add(out, str_n(bytes, (size_t)tail + 1));
}

bool utf8_mend(struct str s, struct buf *out)
{
	while (s.n) {
		uint32_t code;
		int n = utf8_next(s, &code);
		if (n <= 0) {
			n = 1;
			code = REPLACEMENT;
		}
		if (!utf8_add(out, code))
			return false;
		s = str_from(s, (size_t)n);
	}
	return true;
}

size_t utf8_count(struct str s)
{
	size_t count = 0;
	uint32_t code;
	for (; s.n; count++) {
		int n = utf8_next(s, &code);
		s = str_from(s, n > 0 ? (size_t)n : 1);
	}
	return count;
}

/* Of marks that are the high bits of bytes. */
static size_t count_marks(uint64_t marks)
{
	return (size_t)((marks >> 7) * UINT64_C(0x0101010101010101) >> 56);
}

struct utf8_kinds utf8_kinds(struct str s)
{
	size_t high = 0, inner = 0;
	for (size_t i = 0; i < s.n; i += sizeof(uint64_t)) {
		uint64_t word = 0;
		memcpy(&word, s.p + i, s.n - i < sizeof word ? s.n - i : sizeof word);
		high += count_marks(word & HIGH_BITS);
		inner += count_marks(word & ~(word << 1) & HIGH_BITS);
	}
	return (struct utf8_kinds){ .ascii = s.n - high, .longer = high - inner };
}
