/*
 * mold.c - documents that differ in one string only; see mold.h.
 */
#include "chat/mold.h"

#include "base/utf8.h"

/* More around a piece of text than this is no chunk of a stream. */
enum { MOLD_BYTES = 4096, TEXT_BYTES = 64 * 1024 };

static const struct {
	char escaped, stands_for;
} escapes[] = { { 'n', '\n' }, { '"', '"' }, { '\\', '\\' }, { 't', '\t' }, { 'r', '\r' },
	{ '/', '/' }, { 'b', '\b' }, { 'f', '\f' } };

void mold_init(struct mold *m)
{
	buf_init(&m->before, MOLD_BYTES);
	buf_init(&m->after, MOLD_BYTES);
	buf_init(&m->text, TEXT_BYTES);
}

void mold_clear(struct mold *m)
{
	buf_clear(&m->before);
	buf_clear(&m->after);
	buf_clear(&m->text);
}

/* Bytes up to the quote that ends the string, or SIZE_MAX; control characters must not stand in
 * one.
 */
static size_t string_end(struct str s, bool *has_escapes)
{
	*has_escapes = false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '"')
			return i;
		if (c < ' ')
			return SIZE_MAX;
		if (c != '\\')
			continue;
		*has_escapes = true;
		i++;
	}
	return SIZE_MAX;
}

/* The escapes of one letter; those by number are left to a reader of JSON. */
static bool unescape(struct str s, struct buf *out)
{
	buf_reset(out);
	for (size_t at = str_find_char(s, '\\'); at != SIZE_MAX; at = str_find_char(s, '\\')) {
		size_t i = 0, count = sizeof escapes / sizeof escapes[0];
		while (i < count && escapes[i].escaped != s.p[at + 1])
			i++;
		if (i == count)
			return false;
		buf_add(out, str_sub(s, 0, at));
		buf_add_char(out, escapes[i].stands_for);
		s = str_from(s, at + 2);
	}
	buf_add(out, s);
	return !out->overflow;
}

/* The string at the front of `rest`, which begins behind its opening quote. */
static bool take_string(struct mold *m, struct str rest, size_t *end, struct str *text)
{
	bool has_escapes;
	*end = string_end(rest, &has_escapes);
	if (*end == SIZE_MAX)
		return false;
	*text = str_sub(rest, 0, *end);
	if (!utf8_is_valid(*text) || (has_escapes && !unescape(*text, &m->text)))
		return false;
	if (has_escapes)
		*text = buf_str(&m->text);
	return true;
}

/* Where the text of the member begins, behind its opening quote, or SIZE_MAX. */
static size_t find_text(struct str document, const char *member)
{
	size_t at = str_find(document, str_z(member));
	if (at == SIZE_MAX || at != str_find_last(document, str_z(member)))
		return SIZE_MAX;
	struct str rest = str_trim_left(str_from(document, at + str_z(member).n));
	if (!str_starts(rest, STR(":")))
		return SIZE_MAX;
	rest = str_trim_left(str_from(rest, 1));
	return str_starts(rest, STR("\"")) ? document.n - rest.n + 1 : SIZE_MAX;
}

void mold_learn(struct mold *m, struct str document, const char *member, struct str text)
{
	struct str found;
	size_t from = find_text(document, member), end;
	buf_reset(&m->before);
	buf_reset(&m->after);
	if (from == SIZE_MAX || !take_string(m, str_from(document, from), &end, &found) ||
		!str_eq(found, text))
		return;
	buf_add(&m->before, str_sub(document, 0, from));
	buf_add(&m->after, str_from(document, from + end));
	if (m->before.overflow || m->after.overflow)
		buf_reset(&m->before);
}

bool mold_fits(struct mold *m, struct str document, struct str *text)
{
	size_t end;
	if (!m->before.n || !str_starts(document, buf_str(&m->before)))
		return false;
	struct str rest = str_from(document, m->before.n);
	return take_string(m, rest, &end, text) && str_eq(str_from(rest, end), buf_str(&m->after));
}
