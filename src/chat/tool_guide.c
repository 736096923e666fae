/*
 * tool_guide.c - the guide for one request; see tool_guide.h.
 *
 * Here is what may come at a place and what must; tool_guide_place.c goes from place to place,
 * tool_guide_lay.c lays them.
 *
 * Layer: parse.
 */
#include "chat/tool_guide.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/guide_forced.h"
#include "chat/tool_guide_place.h"

static const struct guide_ops ops;

struct tool_guide *tool_guide_new(const struct chat_request *r, const struct tool_format *format,
	enum tool_thinking thinking, struct trace *t)
{
	struct tool_guide *g = tool_guide_lay(r, format, thinking, t);
	g->guide = (struct guide){ &ops, g, sizeof(struct guide_state) };
	return g;
}

void tool_guide_free(struct tool_guide *g)
{
	if (!g)
		return;
	schema_free(g->schema);
	schema_free(g->value_schema);
	arena_free(g->mem);
	free(g);
}

size_t tool_guide_bytes(const struct tool_guide *g)
{
	return sizeof *g + arena_bytes(g->mem) + schema_bytes(g->schema) +
	       (g->value_schema ? schema_bytes(g->value_schema) : 0);
}

const struct guide *tool_guide_get(const struct tool_guide *g)
{
	return g->is_idle ? NULL : &g->guide;
}

/* ---- what may come ---- */

static void put_all(struct byte_set *out)
{
	for (int i = 0; i < 4; i++)
		out->bits[i] = UINT64_MAX;
}

static void take_out(struct byte_set *set, unsigned char c)
{
	set->bits[c >> 6] &= ~(UINT64_C(1) << (c & 63));
}

/* In words: leaves out what would complete the mark of a call that may not come. */
static bool bar_marks(const struct tool_guide *g, const struct guide_head *h, struct byte_set *out)
{
	bool is_barred = false;
	if ((h->place != AT_TEXT && h->place != AT_THINK) || place_may_call(g, h))
		return false;
	for (int i = 0; i < CALL_MARKS; i++) {
		enum guide_mark mark = call_marks[i].mark;
		struct str text = g->marks[mark].text;
		if (!text.n || !place_is_sought(g, h, mark) || h->matched[mark] + 1u != text.n)
			continue;
		take_out(out, (unsigned char)text.p[text.n - 1]);
		take_out(out, other_case((unsigned char)text.p[text.n - 1]));
		is_barred = true;
	}
	return is_barred;
}

static void put_entry(const struct tool_guide *g, const struct guide_state *s, struct byte_set *out)
{
	if (s->head.at == 0 && s->head.blanks) {
		byte_set_put(out, ' ');
		byte_set_put(out, '\n');
	}
	if (place_value_may_begin(g, &s->head))
		schema_run_allowed(g->value_schema, &s->run, out);
}

/* What the place's own text or automaton takes. */
static void put_place(const struct tool_guide *g, const struct guide_head *h, struct byte_set *out)
{
	const struct dfa *d = place_automaton(g, h);
	const struct guide_text *text = place_text(g, h);
	struct guide_holes holes = place_holes(g, h);
	if (d)
		dfa_put_bytes(d, h->at, out);
	if (text)
		guide_text_allowed(text, &holes, &h->text, out);
	if (h->place == AT_NEXT)
		guide_text_allowed(g->close, &holes, &h->close, out);
}

static void put_strictly(
	const struct tool_guide *g, const struct guide_state *s, struct byte_set *out)
{
	switch (s->head.place) {
	case AT_TEXT:
	case AT_THINK: put_all(out); break;
	case AT_ENTRY: put_entry(g, s, out); break;
	case AT_ARGS:
	case AT_VALUE: schema_run_allowed(place_schema(g, &s->head), &s->run, out); break;
	default: break;
	}
	if (!place_has_run(g, &s->head)) {
		bar_marks(g, &s->head, out);
		put_place(g, &s->head, out);
	} else if (s->head.place == AT_ENTRY) {
		put_place(g, &s->head, out);
	}
	if (s->head.place == AT_VALUE || !place_is_complete(g, s))
		return;
	struct guide_state next;
	next.head = s->head;
	place_go_on(g, &next);
	place_settle(g, &next);
	put_strictly(g, &next, out);
}

/* On trial every byte may come, unless it makes a call of what may not be one. */
static void put_on_trial(
	const struct tool_guide *g, const struct guide_state *s, struct byte_set *out)
{
	struct byte_set chain = { { 0 } };
	struct guide_state next;
	put_all(out);
	if (s->head.calls <= g->max_calls)
		return;
	put_strictly(g, s, &chain);
	for (unsigned c = 0; c < 256; c++) {
		place_copy(g, &next, s);
		if (byte_set_has(&chain, (unsigned char)c) &&
			!place_accept(g, &next, (unsigned char)c))
			take_out(out, (unsigned char)c);
	}
}

static void allowed(const void *grammar, const void *state, struct byte_set *out)
{
	const struct guide_state *s = state;
	*out = (struct byte_set){ { 0 } };
	if (s->head.is_trial)
		put_on_trial(grammar, s, out);
	else
		put_strictly(grammar, s, out);
}

static bool is_open(const void *grammar, const void *state)
{
	const struct tool_guide *g = grammar;
	const struct guide_state *s = state;
	struct byte_set none = { { 0 } };
	if (s->head.is_trial)
		return g->max_calls > 0;
	bool is_free = s->head.place == AT_TEXT || (s->head.place == AT_THINK && !g->is_owed);
	return is_free && !bar_marks(g, &s->head, &none);
}

static bool may_end(const void *grammar, const void *state)
{
	const struct tool_guide *g = grammar;
	const struct guide_state *s = state;
	struct guide_state next;
	if (s->head.is_trial)
		return true;
	switch (s->head.place) {
	case AT_TEXT:
	case AT_DONE: return true;
	case AT_THINK: return !g->is_owed;
	case AT_ENTRY: return s->head.calls > 0 && s->head.at == 0;
	case AT_VALUE: return schema_run_may_end(g->value_schema, &s->run);
	case AT_ARGS:
	case AT_TAIL:
	case AT_NEXT:
		if (!place_is_complete(g, s))
			return false;
		next.head = s->head;
		place_go_on(g, &next);
		place_settle(g, &next);
		return may_end(g, &next);
	default: return false;
	}
}

static size_t forced(const void *grammar, const void *state, char *out, size_t cap)
{
	struct guide_state walk;
	return guide_forced(&ops, grammar, state, &walk, out, cap);
}

static size_t ends_thought(const void *grammar, const void *state, char *out, size_t cap)
{
	const struct tool_guide *g = grammar;
	const struct guide_state *s = state;
	if (s->head.place != AT_THINK)
		return 0;
	struct str rest = str_from(g->marks[GUIDE_MARK_END].text, s->head.matched[GUIDE_MARK_END]);
	size_t n = rest.n < cap ? rest.n : cap;
	memcpy(out, rest.p, n);
	return n;
}

/* Words in which no mark has begun: only the first byte of one leads elsewhere. */
static bool loop_of_words(
	const struct tool_guide *g, const struct guide_head *h, struct guide_loop *out)
{
	*out = (struct guide_loop){ .most = SIZE_MAX };
	for (int i = 0; i < GUIDE_MARK_COUNT; i++) {
		if (h->matched[i])
			return false;
		if (!place_is_sought(g, h, i) || !g->marks[i].text.n)
			continue;
		unsigned char first = (unsigned char)g->marks[i].text.p[0];
		byte_set_put(&out->leaves, first);
		byte_set_put(&out->leaves, other_case(first));
	}
	for (int i = 0; i < 4; i++)
		out->stays.bits[i] = ~out->leaves.bits[i];
	return h->place == AT_THINK || !h->may_think;
}

static bool loop(const void *grammar, const void *state, struct guide_loop *out)
{
	const struct tool_guide *g = grammar;
	const struct guide_state *s = state;
	if (s->head.is_trial)
		return false;
	switch (s->head.place) {
	case AT_TEXT:
	case AT_THINK: return loop_of_words(g, &s->head, out);
	case AT_ARGS:
	case AT_VALUE: return schema_run_loop(place_schema(g, &s->head), &s->run, out);
	default: return false;
	}
}

static void pass(const void *grammar, void *state, struct str text)
{
	const struct tool_guide *g = grammar;
	struct guide_state *s = state;
	if (place_has_run(g, &s->head))
		schema_run_pass(place_schema(g, &s->head), &s->run, text);
}

static const struct guide_ops ops = {
	.start = place_start,
	.copy = place_copy,
	.accept = place_accept,
	.allowed = allowed,
	.is_open = is_open,
	.may_end = may_end,
	.forced = forced,
	.ends_thought = ends_thought,
	.loop = loop,
	.pass = pass,
};
