/*
 * unescape.c - see unescape.h.
 */
#include "chat/unescape.h"

#include "base/utf8.h"

enum {
	HEX_DIGITS = 4, /* of \u */
	HIGH_SURROGATE = 0xd800,
	LOW_SURROGATE = 0xdc00,
	LAST_SURROGATE = 0xdfff,
	SURROGATE_BITS = 10,
	FIRST_OF_PAIRS = 0x10000
};

static const struct {
	const char *escape, *plain;
} rows[] = {
	{ "\\\"", "\"" },
	{ "\\'", "'" },
	{ "\\\\", "\\" },
	{ "\\/", "/" },
	{ "&lt;", "<" },
	{ "&gt;", ">" },
	{ "&amp;", "&" },
	{ "&quot;", "\"" },
	{ "&#34;", "\"" },
	{ "&#39;", "'" },
};

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The unit of UTF-16 that \uXXXX at the front stands for; false if there is none. */
static bool read_unit(struct str text, uint32_t *unit)
{
	if (text.n < HEX_DIGITS + 2 || !str_starts(text, STR("\\u")))
		return false;
	*unit = 0;
	for (size_t i = 2; i < HEX_DIGITS + 2; i++) {
		int digit = hex_value(text.p[i]);
		if (digit < 0)
			return false;
		*unit = *unit << 4 | (uint32_t)digit;
	}
	return true;
}

/* Appends the character that the front of the text stands for; the bytes taken, 0 if it is none. */
static size_t take_unicode(struct str text, struct buf *out)
{
	uint32_t high, low;
	size_t one = HEX_DIGITS + 2;
	if (!read_unit(text, &high))
		return 0;
	bool is_pair = high >= HIGH_SURROGATE && high < LOW_SURROGATE &&
		       read_unit(str_from(text, one), &low) && low >= LOW_SURROGATE &&
		       low <= LAST_SURROGATE;
	if (is_pair)
		high = FIRST_OF_PAIRS + ((high - HIGH_SURROGATE) << SURROGATE_BITS) +
		       (low - LOW_SURROGATE);
	utf8_add(out, high);
	return is_pair ? 2 * one : one;
}

static size_t take_row(struct str text, struct buf *out)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (!str_starts(text, str_z(rows[i].escape)))
			continue;
		buf_add_z(out, rows[i].plain);
		return str_z(rows[i].escape).n;
	}
	return 0;
}

void unescape(struct str text, struct buf *out)
{
	while (text.n) {
		size_t plain = 0;
		while (plain < text.n && text.p[plain] != '\\' && text.p[plain] != '&')
			plain++;
		buf_add(out, str_sub(text, 0, plain));
		text = str_from(text, plain);
		size_t taken = text.n ? take_row(text, out) : 0;
		if (text.n && !taken)
			taken = take_unicode(text, out);
		if (text.n && !taken) {
			buf_add(out, str_sub(text, 0, 1));
			taken = 1;
		}
		text = str_from(text, taken);
	}
}

bool holds_escaped(struct str text, struct str part)
{
	struct buf plain;
	if (str_find(text, part) != SIZE_MAX)
		return true;
	buf_init(&plain, text.n + 1);
	unescape(text, &plain);
	bool found = str_find(buf_str(&plain), part) != SIZE_MAX;
	buf_clear(&plain);
	return found;
}
