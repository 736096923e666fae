/*
 * jinja_text.c - strings that know where their bytes came from; see jinja_text.h.
 *
 * Marks of a text are sorted and disjoint. They may reach beyond its bytes (a slice shares them, a
 * text that grew in place has lengthened the last one), so every reader clips them.
 */
#include "jinja/jinja_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "jinja/jinja_run.h"

enum { BUILD_FIRST_BYTES = 64, PRINTF_BYTES = 256 };

/* Covers any text. */
static const struct jinja_span all_input = { 0, SIZE_MAX };

static struct jtext *text_new(struct jrun *r, struct str s)
{
	struct jtext *t = jrun_alloc(r, sizeof *t);
	t->p = s.n ? s.p : "";
	t->n = s.n;
	return t;
}

const struct jtext *jtext_own(struct jrun *r, struct str s)
{
	return text_new(r, s);
}

const struct jtext *jtext_input(struct jrun *r, struct str s)
{
	struct jtext *t = text_new(r, s);
	t->marks = &all_input;
	t->mark_count = 1;
	return t;
}

const struct jtext *jtext_z(struct jrun *r, const char *z)
{
	return text_new(r, str_z(z));
}

const struct jtext *jtext_markup(struct jrun *r, const struct jtext *t, bool markup)
{
	if (t->markup == markup)
		return t;
	struct jtext *copy = text_new(r, jtext_str(t));
	*copy = *t;
	copy->markup = markup;
	return copy;
}

struct str jtext_str(const struct jtext *t)
{
	return (struct str){ t->p, t->n };
}

/* The first mark that ends after `at`. */
static size_t mark_after(const struct jtext *t, size_t at)
{
	size_t low = 0, high = t->mark_count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (t->marks[mid].to > at)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

const struct jtext *jtext_slice(struct jrun *r, const struct jtext *t, size_t from, size_t to)
{
	if (to > t->n)
		to = t->n;
	if (from > to)
		from = to;
	if (from == 0 && to == t->n)
		return t;
	struct jtext *s = text_new(r, (struct str){ t->p + from, to - from });
	size_t first = mark_after(t, t->mark_base + from);
	s->marks = t->mark_count ? t->marks + first : NULL;
	s->mark_count = t->mark_count - first;
	s->mark_base = t->mark_base + from;
	s->markup = t->markup;
	return s;
}

size_t jtext_chars(const struct jtext *t)
{
	size_t count = 0;
	for (size_t i = 0; i < t->n; i++)
		count += ((unsigned char)t->p[i] & 0xC0) != 0x80;
	return count;
}

size_t jtext_offset(const struct jtext *t, size_t chars)
{
	size_t i = 0;
	for (; i < t->n && chars; chars--) {
		i++;
		while (i < t->n && ((unsigned char)t->p[i] & 0xC0) == 0x80)
			i++;
	}
	return i;
}

void jbuild_init(struct jbuild *b, struct jrun *r)
{
	*b = (struct jbuild){ .run = r };
}

/* Room for `more` bytes. */
static bool reserve(struct jbuild *b, size_t more)
{
	if (more <= b->cap - b->n)
		return true;
	if (more > SIZE_MAX / 4 - b->n) {
		b->run->over_memory = true;
		return false;
	}
	size_t cap = b->cap ? b->cap : BUILD_FIRST_BYTES;
	while (cap < b->n + more)
		cap *= 2;
	char *p = jrun_array(b->run, cap, 1);
	if (!p)
		return false;
	if (b->n)
		memcpy(p, b->p, b->n);
	b->p = p;
	b->cap = cap;
	return true;
}

static bool add_bytes(struct jbuild *b, struct str s)
{
	if (s.n == 0 || !reserve(b, s.n))
		return false;
	memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
	return true;
}

static void add_mark(struct jbuild *b, size_t from, size_t to)
{
	if (b->mark_count && b->marks[b->mark_count - 1].to >= from) {
		b->marks[b->mark_count - 1].to = to;
		return;
	}
	if (b->mark_count == b->mark_cap) {
		size_t cap = b->mark_cap ? b->mark_cap * 2 : 4;
		struct jinja_span *marks = jrun_array(b->run, cap, sizeof *marks);
		if (!marks)
			return;
		if (b->mark_count)
			memcpy(marks, b->marks, b->mark_count * sizeof *marks);
		b->marks = marks;
		b->mark_cap = cap;
	}
	b->marks[b->mark_count++] = (struct jinja_span){ from, to };
}

void jbuild_own(struct jbuild *b, struct str s)
{
	add_bytes(b, s);
}

void jbuild_char(struct jbuild *b, char c)
{
	add_bytes(b, (struct str){ &c, 1 });
}

void jbuild_printf(struct jbuild *b, const char *format, ...)
{
	char text[PRINTF_BYTES];
	va_list args;
	va_start(args, format);
	int n = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (n > 0)
		jbuild_own(b, str_n(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1));
}

void jbuild_text(struct jbuild *b, const struct jtext *t)
{
	jbuild_slice(b, t, 0, t->n);
}

void jbuild_slice(struct jbuild *b, const struct jtext *t, size_t from, size_t to)
{
	size_t start = b->n;
	if (!add_bytes(b, (struct str){ t->p + from, to - from }))
		return;
	size_t first = t->mark_base + from, last = t->mark_base + to;
	for (size_t i = mark_after(t, first); i < t->mark_count && t->marks[i].from < last; i++) {
		size_t mark_from = t->marks[i].from > first ? t->marks[i].from : first;
		size_t mark_to = t->marks[i].to < last ? t->marks[i].to : last;
		add_mark(b, start + (mark_from - first), start + (mark_to - first));
	}
}

void jbuild_as(struct jbuild *b, const struct jtext *t, size_t at, struct str s)
{
	size_t start = b->n;
	if (!add_bytes(b, s))
		return;
	size_t i = mark_after(t, t->mark_base + at);
	if (i < t->mark_count && t->marks[i].from <= t->mark_base + at)
		add_mark(b, start, b->n);
}

static struct str html_entity(char c)
{
	switch (c) {
	case '&': return STR("&amp;");
	case '<': return STR("&lt;");
	case '>': return STR("&gt;");
	case '\'': return STR("&#39;");
	case '"': return STR("&#34;");
	default: return STR("");
	}
}

void jbuild_escaped(struct jbuild *b, const struct jtext *t)
{
	size_t done = 0;
	for (size_t i = 0; i < t->n && !t->markup; i++) {
		struct str entity = html_entity(t->p[i]);
		if (!entity.n)
			continue;
		jbuild_slice(b, t, done, i);
		jbuild_as(b, t, i, entity);
		done = i + 1;
	}
	jbuild_slice(b, t, done, t->n);
}

const struct jtext *jbuild_done(struct jbuild *b)
{
	struct jtext *t = text_new(b->run, (struct str){ b->p, b->n });
	t->marks = b->marks;
	t->mark_count = b->mark_count;
	t->markup = b->markup;
	return t;
}

const struct jtext *jtext_join(struct jrun *r, const struct jtext *a, const struct jtext *b)
{
	struct jbuild *joined = &r->joined;
	if (!joined->p || a->p != joined->p || a->n != joined->n || a->mark_base != 0) {
		jbuild_init(joined, r);
		if (!reserve(joined, a->n + b->n))
			return a;
		jbuild_text(joined, a);
	}
	jbuild_text(joined, b);
	return jbuild_done(joined);
}
