/*
 * match.c - tolerant finding and replacing; see match.h.
 *
 * Likeness of two lines is Dice's coefficient over their pairs of neighbouring bytes, hashed into a
 * small table: cheap, and good enough to point at a misspelt line.
 */
#include "agent/match.h"

#include <string.h>

#include "base/must.h"
#include "base/utf8.h"

enum {
	PAIR_SLOTS = 1024, /* of the table of byte pairs */
	LINE_BYTES = 200,  /* of a line that is looked at or shown */
	NEAREST_LINES = 3,
	LIKE_ENOUGH = 50, /* percent */
};

const char *const match_how_words[] = {
	[MATCH_NONE] = "",
	[MATCH_EXACT] = "",
	[MATCH_LINE_ENDS] = "white space at line ends ignored",
	[MATCH_INDENT] = "indentation ignored",
};

_Static_assert(
	sizeof match_how_words / sizeof match_how_words[0] == MATCH_HOW_COUNT, "words for each");

static struct match find_exact(struct str text, struct str old)
{
	struct match m = { .how = MATCH_NONE };
	for (size_t at = 0;;) {
		size_t next = str_find(str_from(text, at), old);
		if (next == SIZE_MAX)
			return m;
		if (m.count++ == 0)
			m = (struct match){ MATCH_EXACT, 1, at + next, at + next + old.n };
		at += next + old.n;
	}
}

static bool same_line(struct str a, struct str b, enum match_how how)
{
	if (how == MATCH_INDENT)
		return str_eq(str_trim(a), str_trim(b));
	return str_eq(str_trim_right(a), str_trim_right(b));
}

/* If the lines of `old` stand at the front of `text`: true, and the bytes they take there. */
static bool lines_stand_here(struct str text, struct str old, enum match_how how, size_t *bytes)
{
	struct str rest = text, wanted = old, line, want, last = str_n(text.p, 0);
	bool ends_line = str_ends(old, STR("\n"));
	while (str_cut(&wanted, '\n', &want)) {
		if (!str_cut(&rest, '\n', &line) || !same_line(line, want, how))
			return false;
		last = line;
		if (ends_line && wanted.n == 0)
			break;
	}
	size_t end = (size_t)(last.p - text.p) + last.n;
	if (ends_line && end < text.n)
		end++;
	else if (end > 0 && text.p[end - 1] == '\r')
		end--;
	*bytes = end;
	return true;
}

static struct match find_lines(struct str text, struct str old, enum match_how how)
{
	struct match m = { .how = MATCH_NONE };
	for (size_t at = 0; at < text.n;) {
		struct str here = str_from(text, at);
		size_t bytes, line_end = str_find_char(here, '\n');
		if (lines_stand_here(here, old, how, &bytes) && m.count++ == 0)
			m = (struct match){ how, 1, at, at + bytes };
		at = line_end == SIZE_MAX ? text.n : at + line_end + 1;
	}
	return m;
}

struct match match_find(struct str text, struct str old)
{
	MUST(old.n > 0);
	struct match m = find_exact(text, old);
	if (m.count || str_trim(old).n == 0)
		return m;
	m = find_lines(text, old, MATCH_LINE_ENDS);
	return m.count ? m : find_lines(text, old, MATCH_INDENT);
}

static struct str indent_of(struct str line)
{
	return str_n(line.p, line.n - str_trim_left(line).n);
}

/* The first line that is not blank. */
static struct str first_line(struct str text)
{
	struct str line = str_z(NULL);
	while (str_cut(&text, '\n', &line))
		if (str_trim(line).n)
			return line;
	return line;
}

/* The new text as the file would have written it. */
static void add_adapted(
	struct str found, struct str old, struct str new, bool moves_indent, struct buf *out)
{
	bool has_cr = str_find(found, STR("\r\n")) != SIZE_MAX;
	struct str from = indent_of(first_line(old)), to = indent_of(first_line(found)), line;
	bool is_first = true;
	while (str_cut(&new, '\n', &line)) {
		if (!is_first)
			buf_add(out, has_cr ? STR("\r\n") : STR("\n"));
		is_first = false;
		if (has_cr && str_ends(line, STR("\r")))
			line.n--;
		if (moves_indent && str_trim(line).n && str_starts(line, from)) {
			buf_add(out, to);
			line = str_from(line, from.n);
		}
		buf_add(out, line);
	}
}

void match_replace(
	struct str text, const struct match *m, struct str old, struct str new, struct buf *out)
{
	struct str found = str_sub(text, m->from, m->to);
	buf_add(out, str_sub(text, 0, m->from));
	if (m->how == MATCH_EXACT)
		buf_add(out, new);
	else
		add_adapted(found, old, new, m->how == MATCH_INDENT, out);
	buf_add(out, str_from(text, m->to));
}

struct pairs {
	uint8_t counts[PAIR_SLOTS];
	unsigned total;
};

static size_t pair_slot(struct str line, size_t i)
{
	return ((unsigned char)line.p[i] * 31u + (unsigned char)line.p[i + 1]) % PAIR_SLOTS;
}

static void count_pairs(struct str line, struct pairs *pairs)
{
	memset(pairs, 0, sizeof *pairs);
	for (size_t i = 0; i + 1 < line.n; i++)
		pairs->counts[pair_slot(line, i)]++;
	pairs->total = line.n ? (unsigned)line.n - 1 : 0;
}

/* 0 to 100. */
static unsigned likeness(const struct pairs *wanted, struct str line)
{
	struct pairs left = *wanted;
	unsigned shared = 0, total = left.total + (line.n ? (unsigned)line.n - 1 : 0);
	for (size_t i = 0; i + 1 < line.n; i++) {
		uint8_t *count = &left.counts[pair_slot(line, i)];
		if (*count) {
			--*count;
			shared++;
		}
	}
	return total ? 200 * shared / total : 0;
}

struct near {
	struct str line;
	size_t number;
	unsigned like;
};

/* Keeps the best, most like first. */
static void keep_best(struct near best[NEAREST_LINES], struct near candidate)
{
	for (size_t i = 0; i < NEAREST_LINES; i++) {
		if (candidate.like <= best[i].like)
			continue;
		struct near worse = best[i];
		best[i] = candidate;
		candidate = worse;
	}
}

bool match_nearest(struct str text, struct str old, struct buf *out)
{
	struct near best[NEAREST_LINES] = { 0 };
	struct pairs wanted;
	struct str line;
	count_pairs(str_sub(str_trim(first_line(old)), 0, LINE_BYTES), &wanted);
	for (size_t number = 1; str_cut(&text, '\n', &line); number++) {
		struct str shown = str_sub(str_trim(line), 0, LINE_BYTES);
		shown.n = utf8_whole(shown);
		unsigned like = likeness(&wanted, shown);
		if (like >= LIKE_ENOUGH)
			keep_best(best, (struct near){ shown, number, like });
	}
	for (size_t i = 0; i < NEAREST_LINES && best[i].like; i++)
		buf_printf(
			out, "%s%zu: %.*s", i ? "\n" : "", best[i].number, STR_ARG(best[i].line));
	return best[0].like > 0;
}

size_t match_line(struct str text, size_t at)
{
	size_t line = 1;
	for (size_t i = 0; i < at && i < text.n; i++)
		line += text.p[i] == '\n';
	return line;
}
