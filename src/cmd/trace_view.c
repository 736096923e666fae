/*
 * trace_view.c - a trace as a picture in text; see trace_view.h.
 *
 * A station is a run of records of one layer. Each record is one line: its name, how many bytes
 * passed, when, and the beginning of the text with control characters made visible, cut to the
 * page.
 */
#include "cmd/trace_view.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/utf8.h"

enum { WHAT_WIDTH = 14, LEFT_WIDTH = 44, NARROWEST = 50, US_PER_MS = 1000 };

struct ink {
	const char *bold, *dim, *red, *plain;
};

static const struct ink colored = { "\033[1m", "\033[2m", "\033[31m", "\033[0m" };
static const struct ink uncolored = { "", "", "", "" };

/* Bytes as people read them: "812 B", "1.2 KiB", "3.4 MiB". */
static void add_size(struct buf *out, int64_t bytes)
{
	if (bytes < 0)
		buf_printf(out, "%10s", "");
	else if (bytes < 1024)
		buf_printf(out, "%8d B", (int)bytes);
	else if (bytes < 1024 * 1024)
		buf_printf(out, "%6.1f KiB", (double)bytes / 1024);
	else
		buf_printf(out, "%6.1f MiB", (double)bytes / (1024 * 1024));
}

/* One character made harmless and visible; returns how many columns it takes. */
static int add_visible(struct buf *out, struct str character, uint32_t code)
{
	if (code == '\n')
		return buf_add_z(out, "⏎") ? 1 : 0;
	if (code == '\t')
		return buf_add_z(out, "⇥") ? 1 : 0;
	if (code < 0x20 || code == 0x7f || (code >= 0x80 && code < 0xa0))
		return buf_add_z(out, "·") ? 1 : 0;
	buf_add(out, character);
	return 1;
}

/* The beginning of a text in at most `columns` columns, with "…" where it goes on. */
static void add_beginning(struct buf *out, struct str text, int columns)
{
	int used = 0;
	while (text.n && used < columns) {
		uint32_t code = '.';
		int n = utf8_next(text, &code);
		if (n <= 0)
			n = 1;
		if (used == columns - 1 && text.n > (size_t)n) {
			buf_add_z(out, "…");
			return;
		}
		used += add_visible(out,
			n == 1 && (unsigned char)text.p[0] >= 0x80 ? STR("?")
								   : str_sub(text, 0, (size_t)n),
			code);
		text = str_from(text, (size_t)n);
	}
}

/* The whole text, indented, its lines kept, other control characters made visible. */
static void add_whole(struct buf *out, struct str text)
{
	struct str line;
	while (str_cut(&text, '\n', &line)) {
		buf_add_z(out, "    │       ");
		while (line.n) {
			uint32_t code = '.';
			int n = utf8_next(line, &code);
			if (n <= 0)
				n = 1;
			add_visible(out, str_sub(line, 0, (size_t)n), code);
			line = str_from(line, (size_t)n);
		}
		buf_add_char(out, '\n');
	}
}

/* Something that must be true of every answer was not. */
static bool is_broken_invariant(const struct trace_record *r)
{
	return str_eq_z(str_z(r->what), TRACE_BROKEN);
}

static void add_record(struct buf *out, const struct trace_record *r, const struct trace_view *view,
	const struct ink *ink)
{
	bool is_broken = is_broken_invariant(r);
	buf_printf(out, "    │%s %s%-*s%s", is_broken ? "✗" : " ", is_broken ? ink->red : ink->dim,
		WHAT_WIDTH, r->what, ink->plain);
	add_size(out, r->bytes);
	buf_printf(out, " %7.1f ms  ", (double)r->at_us / US_PER_MS);
	if (view->is_full) {
		buf_printf(out, "%s\n", r->is_cut ? "(cut)" : "");
		add_whole(out, r->text);
		return;
	}
	int columns = view->columns > NARROWEST ? view->columns : NARROWEST;
	add_beginning(out, r->text, columns - LEFT_WIDTH);
	buf_add_char(out, '\n');
}

static void add_fault(struct buf *out, const struct err *fault, const struct ink *ink)
{
	buf_printf(out, "    %s✗ stopped in %s: %s%s\n", ink->red, layers[fault->layer].name,
		fault->what, ink->plain);
	if (fault->mend[0])
		buf_printf(out, "      try: %s\n", fault->mend);
}

void trace_view_draw(const struct trace *t, const struct trace_view *view, struct buf *out)
{
	const struct ink *ink = view->has_color ? &colored : &uncolored;
	char when[CLOCK_TEXT_BYTES];
	clock_local_text(trace_began_unix_ms(t), when);
	buf_printf(out, "request %s%s%s  %s\n", ink->bold, trace_id(t), ink->plain, when);
	enum layer layer = LAYER_COUNT;
	size_t broken = 0;
	for (size_t i = 0; i < trace_count(t); i++) {
		const struct trace_record *r = trace_get(t, i);
		if (r->layer != layer)
			buf_printf(
				out, "%s  ● %s%s\n", ink->bold, layers[r->layer].name, ink->plain);
		layer = r->layer;
		broken += is_broken_invariant(r);
		add_record(out, r, view, ink);
	}
	const struct err *fault = trace_get_fault(t);
	if (fault)
		add_fault(out, fault, ink);
	else if (broken)
		buf_printf(out, "    %s✗ went through, but %zu %s not as it must be (✗ above)%s\n",
			ink->red, broken, broken == 1 ? "thing was" : "things were", ink->plain);
	else
		buf_add_z(out, "    ✓ went through\n");
}
