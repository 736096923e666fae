/*
 * prompt.c - a prompt as the engine sees it; see prompt.h.
 *
 * Layer: prompt.
 */
#include "engine/prompt.h"

#include "base/limits.h"
#include "base/must.h"

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void add_mark(struct prompt *p, struct prompt_mark mark, size_t *room)
{
	if (p->mark_count == *room) {
		*room = *room ? *room * 2 : 16;
		p->marks = must_realloc(p->marks, *room * sizeof *p->marks);
	}
	p->marks[p->mark_count++] = mark;
}

/* Lets the mark swallow the white space beside it, back to `from` and on to `to`. */
static void strip(const struct prompt *p, const struct vocab *v, struct prompt_mark *m,
	uint32_t from, uint32_t to)
{
	if (vocab_is(v, m->token, VOCAB_STRIP_LEFT))
		while (m->at > from && is_space(p->bytes.p[m->at - 1]))
			m->at--;
	if (vocab_is(v, m->token, VOCAB_STRIP_RIGHT))
		while (m->end < to && is_space(p->bytes.p[m->end]))
			m->end++;
}

/* Finds the marks in bytes [from, to), of which none is literal. */
static void find_marks(
	struct prompt *p, const struct vocab *v, uint32_t from, uint32_t to, size_t *room)
{
	uint32_t before = from;
	for (uint32_t at = from; at < to;) {
		int token = vocab_control_at(v, str_n(p->bytes.p + at, to - at));
		if (token < 0) {
			at++;
			continue;
		}
		struct prompt_mark m = { at, at + (uint32_t)vocab_bytes(v, token).n, token };
		strip(p, v, &m, before, to);
		add_mark(p, m, room);
		before = at = m.end;
	}
}

/* The model wants a first token that the prompt does not bring itself. */
static bool lacks_bos(const struct vocab *v, const struct engine_segment *segments, size_t count)
{
	if (!v->adds_bos || v->bos < 0)
		return false;
	struct str bos = vocab_bytes(v, v->bos);
	return !count || segments[0].is_literal || !bos.n || !str_starts(segments[0].text, bos);
}

bool prompt_init(struct prompt *p, const struct vocab *v, const struct engine_segment *segments,
	size_t count, struct err *e)
{
	*p = (struct prompt){ 0 };
	buf_init(&p->bytes, LIMIT_PROMPT_BYTES);
	size_t total = 0, room = 0;
	for (size_t i = 0; i < count; i++)
		total += segments[i].text.n;
	for (size_t i = 0; i < count; i++)
		buf_add(&p->bytes, segments[i].text);
	if (p->bytes.overflow) {
		prompt_clear(p);
		return fail(e, ERR_TOO_BIG, LAYER_PROMPT,
			"the prompt has %zu bytes, at most %zu are taken", total,
			(size_t)LIMIT_PROMPT_BYTES);
	}
	if (lacks_bos(v, segments, count))
		add_mark(p, (struct prompt_mark){ 0, 0, v->bos }, &room);
	uint32_t at = 0, from = 0;
	for (size_t i = 0; i < count; i++) {
		uint32_t end = at + (uint32_t)segments[i].text.n;
		bool run_ends = i + 1 == count || segments[i + 1].is_literal;
		if (segments[i].is_literal)
			from = end;
		else if (run_ends)
			find_marks(p, v, from, end, &room);
		at = end;
	}
	return true;
}

void prompt_clear(struct prompt *p)
{
	buf_clear(&p->bytes);
	free(p->marks);
	*p = (struct prompt){ 0 };
}

size_t prompt_mark_from(const struct prompt *p, uint32_t at)
{
	size_t low = 0, high = p->mark_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (p->marks[middle].at < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void prompt_tokenize(
	const struct prompt *p, const struct vocab *v, uint32_t at, struct token_list *out)
{
	struct str all = buf_str(&p->bytes);
	for (size_t i = prompt_mark_from(p, at); i < p->mark_count; i++) {
		struct prompt_mark m = p->marks[i];
		vocab_tokenize(v, str_sub(all, at, m.at), at, out);
		token_list_add(
			out, (struct token){ .id = m.token, .end = m.end, .is_control = true });
		at = m.end;
	}
	vocab_tokenize(v, str_from(all, at), at, out);
}
