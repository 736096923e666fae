/*
 * tool_guide_place.c - see tool_guide_place.h.
 *
 * A place that is complete hands a byte that it cannot take to the next one; this is how optional
 * blanks at the border of two places come out right. Marks inside free text are found with the
 * failure links of Knuth, Morris and Pratt, so a mark is seen however it begins.
 */
#include "chat/tool_guide_place.h"

#include <string.h>

#include "base/must.h"

enum { ENTRY_BLANKS = 4 };

/* ---- places ---- */

/* The automaton of a place, or NULL. */
const struct dfa *place_automaton(const struct tool_guide *g, const struct guide_head *h)
{
	if (h->place == AT_ENTRY)
		return h->may_think ? g->first_openers.words : g->openers.words;
	return h->place == AT_NAME ? g->name_words : NULL;
}

/* The text of a place, or NULL. */
const struct guide_text *place_text(const struct tool_guide *g, const struct guide_head *h)
{
	switch (h->place) {
	case AT_HEAD: return g->head;
	case AT_ALSO: return g->also;
	case AT_INNER: return g->inner;
	case AT_MIDDLE: return g->middle;
	case AT_TAIL: return g->tail;
	case AT_NEXT: return g->more;
	default: return NULL;
	}
}

struct guide_holes place_holes(const struct tool_guide *g, const struct guide_head *h)
{
	uint64_t begun = h->place == AT_NEXT ? h->calls : (uint64_t)h->calls - 1;
	return (struct guide_holes){ g->first_number + begun,
		g->names ? g->names[h->name] : (struct str){ 0 } };
}

/* At the entry before its first byte: the JSON value may begin, if no call was made. */
bool place_value_may_begin(const struct tool_guide *g, const struct guide_head *h)
{
	return g->has_value && h->place == AT_ENTRY && h->at == 0 && h->calls == 0;
}

/* What the run at a place is of. */
const struct schema *place_schema(const struct tool_guide *g, const struct guide_head *h)
{
	return h->place == AT_ARGS ? g->schema : g->value_schema;
}

bool place_has_run(const struct tool_guide *g, const struct guide_head *h)
{
	return h->place == AT_ARGS || h->place == AT_VALUE || place_value_may_begin(g, h);
}

static void go(struct guide_state *s, enum place place)
{
	struct guide_head *h = &s->head;
	h->place = (uint8_t)place;
	h->at = 0;
	h->text = h->close = (struct guide_text_at){ 0 };
	memset(h->matched, 0, sizeof h->matched);
}

static void go_to_value(const struct tool_guide *g, struct guide_state *s)
{
	go(s, AT_VALUE);
	schema_run_start(g->value_schema, g->value_root, &s->run);
}

static void go_to_entry(const struct tool_guide *g, struct guide_state *s, unsigned blanks)
{
	go(s, AT_ENTRY);
	s->head.blanks = (uint8_t)blanks;
	if (place_value_may_begin(g, &s->head))
		schema_run_start(g->value_schema, g->value_root, &s->run);
}

static void go_to_next(const struct tool_guide *g, struct guide_state *s)
{
	go(s, AT_NEXT);
	if (s->head.calls >= g->max_calls)
		s->head.text.piece = GUIDE_TEXT_OVER;
}

/* Behind calls that no mark tells from text only another one may come. */
static void end_section(const struct tool_guide *g, struct guide_state *s)
{
	bool is_last = g->has_section && !g->has_close;
	if (s->head.calls >= g->max_calls || is_last)
		go(s, AT_DONE);
	else if (g->has_value || !g->has_close)
		go_to_entry(g, s, ENTRY_BLANKS);
	else
		go(s, AT_TEXT);
}

static void begin_call(struct guide_state *s, enum place place)
{
	s->head.calls++;
	s->head.may_think = false;
	go(s, place);
}

/* What the words before a name call for is no tool but text. */
static void begin_text(const struct tool_guide *g, struct guide_state *s)
{
	s->head.calls--;
	if (g->has_value)
		go_to_value(g, s);
	else
		go(s, AT_TEXT);
}

/* An opener is complete. */
static void end_opener(const struct tool_guide *g, struct guide_state *s)
{
	const struct openers *o = s->head.may_think ? &g->first_openers : &g->openers;
	enum opener kind = o->kinds[o->spans[s->head.at].lo];
	s->head.may_think = false;
	switch (kind) {
	case OPENS_CALL: begin_call(s, AT_HEAD); break;
	case OPENS_ALSO: begin_call(s, AT_ALSO); break;
	case OPENS_THOUGHT: go(s, AT_THINK); break;
	case OPENS_VALUE: go_to_value(g, s); break;
	}
}

static void end_name(const struct tool_guide *g, struct guide_state *s)
{
	s->head.name = g->name_spans[s->head.at].lo;
	if (g->roots[s->head.name] == GUIDE_NO_ROOT)
		begin_text(g, s);
	else
		go(s, AT_MIDDLE);
}

static bool next_is_call(const struct tool_guide *g, const struct guide_head *h)
{
	return guide_text_is_complete(g->more, &h->text);
}

/* Goes on from a place that is complete. */
void place_go_on(const struct tool_guide *g, struct guide_state *s)
{
	switch (s->head.place) {
	case AT_ENTRY: end_opener(g, s); break;
	case AT_HEAD:
	case AT_ALSO:
	case AT_INNER: go(s, AT_NAME); break;
	case AT_NAME: end_name(g, s); break;
	case AT_MIDDLE:
		go(s, AT_ARGS);
		schema_run_start(g->schema, g->roots[s->head.name], &s->run);
		break;
	case AT_ARGS: go(s, AT_TAIL); break;
	case AT_TAIL:
		if (g->has_section)
			go_to_next(g, s);
		else
			end_section(g, s);
		break;
	case AT_NEXT:
		if (next_is_call(g, &s->head))
			begin_call(s, AT_NAME);
		else
			end_section(g, s);
		break;
	default: MUST(!"a place that can be complete");
	}
}

/* The place may be left for the next one; nothing more of it may come. */
bool place_is_complete(const struct tool_guide *g, const struct guide_state *s)
{
	const struct guide_head *h = &s->head;
	if (h->place == AT_ARGS)
		return schema_run_may_end(g->schema, &s->run);
	const struct dfa *d = place_automaton(g, h);
	const struct guide_text *text = place_text(g, h);
	if (h->place == AT_NEXT && guide_text_is_complete(g->close, &h->close))
		return true;
	return text ? guide_text_is_complete(text, &h->text) : d && d->states[h->at].is_accept;
}

static bool is_final(const struct tool_guide *g, const struct guide_state *s)
{
	const struct guide_head *h = &s->head;
	if (h->place == AT_ARGS)
		return schema_run_is_done(&s->run);
	const struct dfa *d = place_automaton(g, h);
	const struct guide_text *text = place_text(g, h);
	if (h->place == AT_NEXT && guide_text_is_final(g->close, &h->close))
		return true;
	return text ? guide_text_is_final(text, &h->text) : d && dfa_is_final(d, h->at);
}

/* Passes places of which nothing more may come. */
void place_settle(const struct tool_guide *g, struct guide_state *s)
{
	while (is_final(g, s))
		place_go_on(g, s);
}

/* ---- taking a byte ---- */

bool place_may_call(const struct tool_guide *g, const struct guide_head *h)
{
	return h->calls < g->max_calls || g->marks_text;
}

static unsigned mark_step(const struct mark *m, unsigned k, unsigned char c)
{
	if (!m->text.n)
		return 0;
	while (k && !is_same_letter(m->text.p[k], (char)c))
		k = m->back[k - 1];
	return k + is_same_letter(m->text.p[k], (char)c);
}

static bool is_found(const struct tool_guide *g, const struct guide_head *h, enum guide_mark mark)
{
	return g->marks[mark].text.n && h->matched[mark] == g->marks[mark].text.n;
}

const struct call_mark call_marks[CALL_MARKS] = {
	{ GUIDE_MARK_CALL, AT_HEAD },
	{ GUIDE_MARK_ALSO, AT_ALSO },
	{ GUIDE_MARK_INNER, AT_INNER },
};

static const struct call_mark *call_found(const struct tool_guide *g, const struct guide_head *h)
{
	for (int i = 0; i < CALL_MARKS; i++)
		if (is_found(g, h, call_marks[i].mark))
			return &call_marks[i];
	return NULL;
}

/* Whether the mark is looked for here. */
bool place_is_sought(const struct tool_guide *g, const struct guide_head *h, enum guide_mark mark)
{
	switch (mark) {
	case GUIDE_MARK_CALL:
	case GUIDE_MARK_ALSO:
	case GUIDE_MARK_INNER: return !g->is_front && g->has_tools;
	case GUIDE_MARK_THINK: return h->place == AT_TEXT && h->may_think;
	case GUIDE_MARK_END: return h->place == AT_THINK;
	default: return false;
	}
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\n';
}

/* After words that belong to no mark the model thinks no more. */
static void note_words(struct guide_head *h, unsigned char c)
{
	for (int i = 0; i < GUIDE_MARK_COUNT; i++)
		if (h->matched[i])
			return;
	h->may_think = h->may_think && is_blank(c);
}

/* A call begins wherever its mark is completed, inside a thought too: that is how it is read. */
static bool accept_words(const struct tool_guide *g, struct guide_state *s, unsigned char c)
{
	struct guide_head *h = &s->head, before = *h;
	for (int i = 0; i < GUIDE_MARK_COUNT; i++)
		h->matched[i] = place_is_sought(g, h, i)
					? (uint8_t)mark_step(&g->marks[i], h->matched[i], c)
					: 0;
	const struct call_mark *call = call_found(g, h);
	if (call && !place_may_call(g, h)) {
		*h = before;
		return false;
	}
	if (call)
		begin_call(s, call->place);
	else if (is_found(g, h, GUIDE_MARK_THINK))
		go(s, AT_THINK);
	else if (is_found(g, h, GUIDE_MARK_END) && g->is_owed)
		go_to_entry(g, s, ENTRY_BLANKS);
	else if (is_found(g, h, GUIDE_MARK_END))
		go(s, AT_TEXT);
	else if (h->place == AT_TEXT)
		note_words(h, c);
	place_settle(g, s);
	return true;
}

static void end_run(const struct tool_guide *g, struct guide_state *s)
{
	if (!schema_run_is_done(&s->run))
		return;
	if (s->head.place == AT_VALUE)
		go(s, AT_DONE);
	place_settle(g, s);
}

static bool accept_run(const struct tool_guide *g, struct guide_state *s, unsigned char c)
{
	if (!schema_run_accept(place_schema(g, &s->head), &s->run, c))
		return false;
	end_run(g, s);
	return true;
}

static bool accept_entry(const struct tool_guide *g, struct guide_state *s, unsigned char c)
{
	if (s->head.at == 0 && s->head.blanks && is_blank(c)) {
		s->head.blanks--;
		return true;
	}
	if (!place_value_may_begin(g, &s->head) || !schema_run_accept(g->value_schema, &s->run, c))
		return false;
	s->head.place = AT_VALUE;
	end_run(g, s);
	return true;
}

/* A byte for the text of the place; in a section for what goes on of its two. */
static bool step_text(const struct tool_guide *g, struct guide_head *h, unsigned char c)
{
	struct guide_holes holes = place_holes(g, h);
	bool is_taken = guide_text_step(place_text(g, h), &holes, &h->text, c);
	if (h->place != AT_NEXT)
		return is_taken;
	bool closes = guide_text_step(g->close, &holes, &h->close, c);
	if (is_taken != closes)
		*(is_taken ? &h->close : &h->text) = (struct guide_text_at){ 0, GUIDE_TEXT_OVER };
	return is_taken || closes;
}

static bool step_place(const struct tool_guide *g, struct guide_head *h, unsigned char c)
{
	const struct dfa *d = place_automaton(g, h);
	if (place_text(g, h))
		return step_text(g, h, c);
	uint32_t to = d ? dfa_step(d, h->at, c) : DFA_NONE;
	if (to != DFA_NONE)
		h->at = to;
	return to != DFA_NONE;
}

static bool accept_strictly(const struct tool_guide *g, struct guide_state *s, unsigned char c);

/* A byte for the place after one that is complete. */
static bool accept_next(const struct tool_guide *g, struct guide_state *s, unsigned char c)
{
	if (!place_is_complete(g, s))
		return false;
	struct guide_head before = s->head;
	place_go_on(g, s);
	place_settle(g, s);
	if (accept_strictly(g, s, c))
		return true;
	s->head = before;
	return false;
}

static bool accept_chain(const struct tool_guide *g, struct guide_state *s, unsigned char c)
{
	if (!step_place(g, &s->head, c))
		return accept_next(g, s, c);
	place_settle(g, s);
	return true;
}

static bool accept_strictly(const struct tool_guide *g, struct guide_state *s, unsigned char c)
{
	switch (s->head.place) {
	case AT_TEXT:
	case AT_THINK: return accept_words(g, s, c);
	case AT_ENTRY: return accept_chain(g, s, c) || accept_entry(g, s, c);
	case AT_ARGS: return accept_run(g, s, c) || accept_next(g, s, c);
	case AT_VALUE: return accept_run(g, s, c);
	case AT_DONE: return false;
	default: return accept_chain(g, s, c);
	}
}

/* The trial is over: what stands there is a call. */
static bool is_certain(const struct tool_guide *g, const struct guide_state *s)
{
	return s->head.place == AT_ARGS || (s->head.place == AT_MIDDLE && place_is_complete(g, s));
}

static bool accept_on_trial(const struct tool_guide *g, struct guide_state *s, unsigned char c)
{
	struct guide_head before = s->head;
	if (!accept_strictly(g, s, c)) {
		s->head.calls = 0;
		s->head.is_trial = false;
		go(s, AT_TEXT);
		return true;
	}
	bool is_call = is_certain(g, s);
	if (is_call && s->head.calls > g->max_calls) {
		s->head = before;
		return false;
	}
	s->head.is_trial = !is_call;
	return true;
}

bool place_accept(const void *grammar, void *state, unsigned char c)
{
	struct guide_state *s = state;
	return s->head.is_trial ? accept_on_trial(grammar, s, c) : accept_strictly(grammar, s, c);
}

void place_start(const void *grammar, void *state)
{
	const struct tool_guide *g = grammar;
	struct guide_state *s = state;
	bool may_think = g->may_think || (g->is_limited && g->start == AT_TEXT);
	s->head = (struct guide_head){ .may_think = may_think,
		.is_trial = g->is_front && !g->is_owed };
	go(s, g->start);
	if (g->start == AT_ENTRY)
		go_to_entry(g, s, 0);
	for (size_t i = 0; i < g->begun.n; i++)
		place_accept(g, s, (unsigned char)g->begun.p[i]);
}

void place_copy(const void *grammar, void *to, const void *from)
{
	struct guide_state *t = to;
	const struct guide_state *f = from;
	t->head = f->head;
	if (place_has_run(grammar, &f->head))
		schema_run_copy(&t->run, &f->run);
}
