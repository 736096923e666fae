/*
 * receipt_show.c - a receipt for people: one line a fact, 80 columns.
 */
#include "agent/receipt.h"

#include "base/limits.h"
#include "base/utf8.h"

enum { WIDTH = 80, LABEL_WIDTH = 9, CELL_BYTES = 160, MOST_CHANGES = 40, MS_PER_S = 1000 };

struct page {
	struct buf *out;
	bool has_colour;
};

static const char *const green = "\033[32m", *const red = "\033[31m", *const yellow = "\033[33m",
			 *const dim = "\033[2m", *const plain = "\033[0m";

/* At most `columns` characters, on one line, the middle left out. */
static void add_cut(struct str text, size_t columns, struct buf *out)
{
	size_t count = utf8_count(text), head = columns / 2, tail = columns - head - 1, at = 0;
	for (size_t i = 0; i < count && at < text.n; i++) {
		uint32_t code;
		int n = utf8_next(str_from(text, at), &code);
		bool is_bad = n <= 0 || code < ' ';
		if (count <= columns || i < head || i >= count - tail) {
			if (is_bad)
				buf_add_char(out, ' ');
			else
				buf_add(out, str_sub(text, at, at + (size_t)n));
		} else if (i == head) {
			buf_add_z(out, "…");
		}
		at += n > 0 ? (size_t)n : 1;
	}
}

/* " label    text on the left            text on the right" */
static void line(const struct page *p, const char *colour, const char *label, struct str left,
	struct str right)
{
	struct buf *out = p->out;
	size_t room = WIDTH - 2 - LABEL_WIDTH - (right.n ? utf8_count(right) + 2 : 0);
	size_t columns = utf8_count(left);
	if (p->has_colour)
		buf_add_z(out, colour);
	buf_printf(out, " %-*s", LABEL_WIDTH, label);
	if (p->has_colour)
		buf_add_z(out, plain);
	add_cut(left, room, out);
	if (right.n) {
		buf_add_fill(out, ' ', columns < room ? room - columns + 2 : 2);
		buf_add(out, right);
	}
	buf_add_char(out, '\n');
}

/* Words wrapped below one another, for what must be read whole. */
static void lines(const struct page *p, const char *colour, const char *label, struct str text)
{
	const size_t room = WIDTH - 2 - LABEL_WIDTH;
	bool is_first = true;
	text = str_trim(text);
	while (text.n || is_first) {
		size_t n = text.n, most = 0, at = 0;
		for (uint32_t code; at < text.n && most < room; most++) {
			int bytes = utf8_next(str_from(text, at), &code);
			at += bytes > 0 ? (size_t)bytes : 1;
		}
		if (at < text.n) {
			size_t blank = str_find_last(str_sub(text, 0, at), STR(" "));
			n = blank != SIZE_MAX && blank > 0 ? blank : at;
		}
		line(p, colour, is_first ? label : "", str_sub(text, 0, n), str_z(NULL));
		text = str_trim_left(str_from(text, n));
		is_first = false;
	}
}

static struct str cell(struct arena *a, const struct change *c)
{
	struct buf text;
	buf_init(&text, CELL_BYTES);
	if (c->kind == CHANGE_CHANGED)
		buf_printf(&text, "%lld → ", (long long)c->bytes_before);
	buf_printf(&text, "%lld bytes",
		(long long)(c->kind == CHANGE_DELETED ? c->bytes_before : c->bytes_after));
	if (c->lines_added)
		buf_printf(&text, " +%zu", c->lines_added);
	if (c->lines_removed)
		buf_printf(&text, " -%zu", c->lines_removed);
	if (c->no_diff)
		buf_printf(&text, " (%s)", c->no_diff);
	struct str kept = arena_str(a, buf_str(&text));
	buf_clear(&text);
	return kept;
}

/* A folder is worth a line only if nothing in it has one. */
static bool has_line_below(const struct changes *c, size_t i)
{
	struct str folder = c->items[i].path;
	return i + 1 < c->count && str_starts(c->items[i + 1].path, folder) &&
	       c->items[i + 1].path.n > folder.n && c->items[i + 1].path.p[folder.n] == '/';
}

static void show_changes(const struct page *p, const struct receipt *r)
{
	static const char *const *const colours[] = { &green, &yellow, &red };
	size_t shown = 0, count = r->changes ? r->changes->count : 0;
	for (size_t i = 0; i < count; i++) {
		const struct change *c = &r->changes->items[i];
		if (c->is_folder && has_line_below(r->changes, i))
			continue;
		if (++shown > MOST_CHANGES)
			continue;
		struct str left = c->path;
		if (c->is_folder)
			left = arena_printf(r->arena, "%.*s/", STR_ARG(c->path));
		line(p, *colours[c->kind], change_kind_names[c->kind], left,
			c->is_folder ? str_z(NULL) : cell(r->arena, c));
	}
	if (shown > MOST_CHANGES)
		line(p, dim, "", arena_printf(r->arena, "and %zu more", shown - MOST_CHANGES),
			str_z(NULL));
	if (shown == 0)
		line(p, dim, "disk", STR("nothing changed"), str_z(NULL));
	for (size_t i = 0; r->changes && i < r->changes->blind_count; i++)
		line(p, dim, "unseen", r->changes->blind[i].path, str_z(r->changes->blind[i].why));
}

static struct str seconds(struct arena *a, int64_t ms)
{
	if (ms < MS_PER_S)
		return arena_printf(a, "%lld ms", (long long)ms);
	return arena_printf(a, "%lld.%lld s", (long long)(ms / MS_PER_S),
		(long long)(ms % MS_PER_S / (MS_PER_S / 10)));
}

static void show_deeds(const struct page *p, const struct receipt *r)
{
	for (size_t i = 0; i < r->deed_count; i++) {
		const struct deed *d = &r->deeds[i];
		if (d->is_command)
			line(p, d->exit_code ? red : green, "ran", d->subject,
				arena_printf(r->arena, "exit %d%s, %s", d->exit_code,
					d->is_timed_out ? " (stopped)" : "",
					seconds(r->arena, d->ms).p));
		if (d->refused.n) {
			line(p, red, "refused",
				arena_printf(r->arena, "%.*s %.*s", STR_ARG(d->tool),
					STR_ARG(d->subject)),
				str_z(NULL));
			lines(p, red, "", d->refused);
		}
	}
}

static void show_claims(const struct page *p, const struct receipt *r)
{
	for (size_t i = 0; i < r->untruth_count; i++) {
		const struct untruth *u = &r->untruths[i];
		lines(p, red, "not so",
			arena_printf(r->arena, "it says \"%.*s\"", STR_ARG(u->claim.sentence)));
		lines(p, red, "", arena_printf(r->arena, "but %.*s", STR_ARG(u->why)));
	}
}

static void show_cost(const struct page *p, const struct receipt *r)
{
	const struct chat_usage *u = &r->usage;
	struct buf text;
	buf_init(&text, KIB);
	buf_printf(
		&text, "%s%lld read", u->is_estimate ? "about " : "", (long long)u->prompt_tokens);
	if (u->cached_tokens)
		buf_printf(&text, " (%lld cached)", (long long)u->cached_tokens);
	buf_printf(&text, ", %lld said; %lld turn%s, %zu call%s", (long long)u->answer_tokens,
		(long long)r->turns, r->turns == 1 ? "" : "s", r->deed_count,
		r->deed_count == 1 ? "" : "s");
	line(p, dim, "tokens", buf_str(&text), str_z(NULL));
	buf_reset(&text);
	buf_printf(&text, "%s", seconds(r->arena, r->ms).p);
	if (r->upstream.n)
		buf_printf(&text, ", answered by %.*s", STR_ARG(r->upstream));
	if (r->model.n)
		buf_printf(&text, " (%.*s)", STR_ARG(r->model));
	line(p, dim, "time", buf_str(&text), str_z(NULL));
	buf_clear(&text);
}

static void show_end(const struct page *p, const struct receipt *r)
{
	int code = receipt_exit_code(r);
	struct buf text;
	buf_init(&text, 4 * KIB);
	if (r->check.n)
		line(p, r->check_exit ? red : green, "check", r->check,
			arena_printf(r->arena, "exit %d", r->check_exit));
	buf_add_z(&text, run_end_names[r->end]);
	if (r->why.n)
		buf_printf(&text, ": %.*s", STR_ARG(r->why));
	if (r->end == END_FAILED)
		buf_printf(&text, ": %s: %s", layers[r->err.layer].name, r->err.what);
	if (r->untruth_count)
		buf_printf(&text, "%s", r->end == END_DONE ? ", but claimed in vain" : "");
	buf_printf(&text, "; exit %d", code);
	lines(p, code ? red : green, "end", buf_str(&text));
	if (r->end == END_FAILED && r->err.mend[0])
		lines(p, yellow, "try", str_z(r->err.mend));
	buf_clear(&text);
}

static void rule(const struct page *p)
{
	static const char title[] = "── receipt ";
	if (p->has_colour)
		buf_add_z(p->out, dim);
	buf_add_z(p->out, title);
	for (size_t i = utf8_count(str_z(title)); i < WIDTH; i++)
		buf_add_z(p->out, "─");
	if (p->has_colour)
		buf_add_z(p->out, plain);
	buf_add_char(p->out, '\n');
}

void receipt_show(const struct receipt *r, bool has_colour, struct buf *out)
{
	struct page p = { out, has_colour };
	rule(&p);
	show_changes(&p, r);
	show_deeds(&p, r);
	show_claims(&p, r);
	show_cost(&p, r);
	show_end(&p, r);
}
