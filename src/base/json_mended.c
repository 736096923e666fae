/*
 * json_mended.c - messages that are JSON but for slips of the programs that write it; see
 * js_parse_mended.
 *
 * Programs that keep text in UTF-16 cut it between the halves of a character and escape what is
 * left ("\ud83d"): a whole conversation could never be sent again for it. Others print the limits
 * of a type of 64 bits without a sign as whole numbers, and editors put a mark before the text.
 * Each is made what its writer can only have meant; all else stays as it is, for the judge. Runs
 * only over what jansson refused.
 */
#include "base/json_int.h"

#include "base/limits.h"

enum {
	UNIT_CHARS = 6, /* "\ud83d" */
	HIGH_FIRST = 0xD800,
	LOW_FIRST = 0xDC00,
	LOW_LAST = 0xDFFF,
	MOST_DIGITS = 300 /* that are a number still */
};

#define STRANGER STR("\\ufffd")
#define MARK     STR("\xef\xbb\xbf")

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The half of a character that is escaped at the front, or -1. */
static int half_at(struct str s)
{
	int code = 0;
	if (s.n < UNIT_CHARS || s.p[0] != '\\' || s.p[1] != 'u')
		return -1;
	for (size_t i = 2; i < UNIT_CHARS; i++) {
		int digit = hex_value(s.p[i]);
		if (digit < 0)
			return -1;
		code = code * 16 + digit;
	}
	return code >= HIGH_FIRST && code <= LOW_LAST ? code : -1;
}

/* An escape within a string; gives how far it goes. */
static size_t mend_escape(struct str rest, struct buf *out, const char **mended)
{
	int half = half_at(rest), other = half_at(str_from(rest, UNIT_CHARS));
	size_t n = half < 0 ? 2 : UNIT_CHARS;
	if (half >= 0 && half < LOW_FIRST && other >= LOW_FIRST) {
		n = 2 * UNIT_CHARS;
	} else if (half >= 0) {
		*mended = "half of a character";
		buf_add(out, STRANGER);
		return n;
	}
	buf_add(out, str_sub(rest, 0, n));
	return n;
}

/* A number outside of strings. */
static size_t mend_number(struct str rest, struct buf *out, const char **mended)
{
	size_t n = rest.p[0] == '-';
	int64_t value;
	while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
		n++;
	struct str digits = str_sub(rest, 0, n);
	bool goes_on = n < rest.n && (rest.p[n] == '.' || (rest.p[n] | 0x20) == 'e');
	buf_add(out, digits);
	if (!goes_on && n > 1 && n < MOST_DIGITS && !str_to_i64(digits, &value)) {
		*mended = "a whole number of more than 64 bits";
		buf_add_z(out, ".0");
	}
	return n;
}

/* Behind the point of a number, or its exponent, digits are no number of their own. */
static bool begins_number(struct str text, size_t at)
{
	char c = text.p[at], before = at ? text.p[at - 1] : ',';
	bool is_digit = c == '-' || (c >= '0' && c <= '9');
	return is_digit && before != '.' && before != '+' && before != '-' &&
	       (before | 0x20) != 'e';
}

/* What was mended, or NULL. */
static const char *mend(struct str text, struct buf *out)
{
	const char *mended = NULL;
	bool is_string = false;
	if (str_starts(text, MARK)) {
		mended = "a byte order mark";
		text = str_from(text, MARK.n);
	}
	for (size_t i = 0; i < text.n;) {
		struct str rest = str_from(text, i);
		if (is_string && rest.p[0] == '\\') {
			i += mend_escape(rest, out, &mended);
		} else if (!is_string && begins_number(text, i)) {
			i += mend_number(rest, out, &mended);
		} else {
			is_string ^= rest.p[0] == '"';
			buf_add_char(out, rest.p[0]);
			i++;
		}
	}
	return out->overflow ? NULL : mended;
}

json_t *js_parse_mended(struct str text, enum layer layer, const char **mended, struct err *e)
{
	struct err why = { 0 };
	struct buf out;
	json_t *value = js_parse_message(text, layer, &why);
	*mended = NULL;
	if (value)
		return value;
	buf_init(&out, LIMIT_JSON_BYTES);
	*mended = text.n <= LIMIT_JSON_BYTES ? mend(text, &out) : NULL;
	if (*mended)
		value = js_parse_message(buf_str(&out), layer, NULL);
	buf_clear(&out);
	if (!value) {
		*mended = NULL;
		if (e && !err_is_set(e))
			*e = why;
	}
	return value;
}
