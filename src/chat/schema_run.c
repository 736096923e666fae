/*
 * schema_run.c - the place in a value being written; see schema.h.
 *
 * A run follows several alternatives at once where a choice is not yet decided: its branches. Each
 * is a stack of frames, packed one behind the other into the run's words. A byte is taken in two
 * steps: every branch decides without changing anything what the byte would mean to it (a move),
 * and if at least one finds a meaning, the others are dropped and the moves are made. Branches read
 * the same text, so they always stand at the same kind of place, inside a string or between tokens.
 *
 * A branch that finds no room for another alternative lets it go: what remains is still valid.
 */
#include <string.h>

#include "base/must.h"
#include "chat/schema_view.h"

/* After a comma or colon; between tokens at all. */
static const struct phase_row {
	bool is_after_mark, is_between;
	bool awaits_value;
} phases[] = {
	[PHASE_TOP_VALUE] = { false, false, true },
	[PHASE_TOP_DONE] = { false, false, false },
	[PHASE_SCALAR] = { false, false, false },
	[PHASE_OBJECT_FIRST] = { false, true, false },
	[PHASE_OBJECT_NEXT] = { false, true, false },
	[PHASE_OBJECT_KEY] = { true, true, false },
	[PHASE_NAME] = { false, false, false },
	[PHASE_COLON] = { false, true, false },
	[PHASE_OBJECT_VALUE] = { true, true, true },
	[PHASE_ARRAY_FIRST] = { false, true, true },
	[PHASE_ARRAY_NEXT] = { false, true, false },
	[PHASE_ARRAY_ITEM] = { true, true, true },
	[PHASE_WRAP_VALUE] = { false, false, true },
	[PHASE_WRAP_NEXT] = { false, false, false },
	[PHASE_TEXT] = { false, false, false },
};

_Static_assert(sizeof phases / sizeof phases[0] == PHASE_COUNT, "a row for every phase");

static const struct spacing_row {
	uint16_t max_blanks;
	bool has_lines; /* tabs and line ends too */
	bool is_exact;  /* max_blanks after , and : and none elsewhere */
} spacings[] = {
	[SCHEMA_SPACES_FREE] = { LIMIT_SCHEMA_BLANKS, true, false },
	[SCHEMA_SPACES_SINGLE] = { 1, false, false },
	[SCHEMA_SPACES_COMMON] = { 1, false, true },
	[SCHEMA_SPACES_NONE] = { 0, false, true },
};

_Static_assert(
	sizeof spacings / sizeof spacings[0] == SCHEMA_SPACING_COUNT, "a row for every spacing");

enum move_kind {
	MOVE_BLANK,
	MOVE_SCALAR,   /* scalar goes to state `to` */
	MOVE_TEXT,     /* text `to` of the form, of which so many bytes are there: `free_to` */
	MOVE_NAME,     /* names go to `to`, free names to `free_to` */
	MOVE_NAME_END, /* the key is number `to`, or KEY_FREE */
	MOVE_COLON,
	MOVE_VALUE, /* a value begins */
};

/* The texts of a form, and what a frame does behind each. */
enum form_text {
	TEXT_OPEN,
	TEXT_KEY_OPEN,
	TEXT_SEPARATOR,
	TEXT_CLOSE,
};

/* Most words that one move adds to a stack. */
enum { MOVE_WORDS = FRAME_WORDS + (LIMIT_SCHEMA_MEMBERS + 63) / 64 + 1 };

_Static_assert(LIMIT_SCHEMA_STACK_WORDS + MOVE_WORDS <= SCHEMA_AREA_WORDS,
	"the first branch always has room");

struct move {
	enum move_kind kind;
	uint32_t to, free_to;
	uint16_t frame; /* words from the bottom of the stack: the frame that moves */
};

enum { MOVES_MAX = 3 }; /* that one byte may mean to a branch */

/* What a byte means to a branch. */
struct choice {
	struct move p[MOVES_MAX];
	uint16_t n;
};

static void add_move(struct choice *out, struct move m)
{
	MUST(out->n < MOVES_MAX);
	out->p[out->n++] = m;
}

static struct frame *frame_at(struct schema_run *run, uint16_t branch, uint16_t offset)
{
	return (struct frame *)(run->words + run->start[branch] + offset);
}

/* The frame under a scalar that is complete. */
static struct view view_below(const struct view *v, uint16_t branch)
{
	uint16_t offset = v->frame->below;
	return (struct view){ v->s, v->run, run_frame(v->run, branch, offset), offset,
		(uint16_t)(v->offset - offset) };
}

/* ---- values ---- */

/* The node whose value the frame awaits. */
static uint32_t awaited(const struct view *v)
{
	const struct frame *f = v->frame;
	if (f->phase == PHASE_TOP_VALUE)
		return f->node;
	const struct node *n = view_node(v->s, f->node);
	if (f->phase == PHASE_WRAP_VALUE)
		return n->wrap.inner;
	if (f->phase == PHASE_OBJECT_VALUE)
		return f->at == KEY_FREE ? n->object.free : n->object.keys[f->at].node;
	if (f->count >= n->array.max_items)
		return SCHEMA_NONE;
	return f->count < n->array.n_first ? n->array.first[f->count] : n->array.rest;
}

/* The simple nodes of which one may be the value. */
static uint32_t ways_of(const struct schema *s, const uint32_t *node, const uint32_t **ways)
{
	const struct node *n = view_node(s, *node);
	*ways = n->kind == NODE_CHOICE ? n->choice.ways : node;
	return n->kind == NODE_CHOICE ? n->choice.n_ways : 1;
}

static bool may_begin(const struct view *v, uint32_t way, unsigned char c)
{
	const struct node *n = view_node(v->s, way);
	return byte_set_has(&n->first, c) && has_room(v, n->need);
}

static bool value_may_begin(const struct view *v, unsigned char c)
{
	uint32_t node = awaited(v);
	if (node == SCHEMA_NONE || !byte_set_has(&view_node(v->s, node)->first, c))
		return false;
	const uint32_t *ways;
	uint32_t n = ways_of(v->s, &node, &ways);
	for (uint32_t i = 0; i < n; i++)
		if (may_begin(v, ways[i], c))
			return true;
	return false;
}

static bool value_has_room(const struct view *v)
{
	uint32_t node = awaited(v);
	return node != SCHEMA_NONE && has_room(v, view_node(v->s, node)->need);
}

static void allow_value(const struct view *v, struct byte_set *out)
{
	uint32_t node = awaited(v);
	if (node == SCHEMA_NONE)
		return;
	const uint32_t *ways;
	uint32_t n = ways_of(v->s, &node, &ways);
	for (uint32_t i = 0; i < n; i++) {
		const struct node *way = view_node(v->s, ways[i]);
		for (int k = 0; k < 4 && has_room(v, way->need); k++)
			out->bits[k] |= way->first.bits[k];
	}
}

/* ---- scalars ---- */

/* Whether the counter lets a free string go from its state to `to`. */
static bool count_allows(const struct view *v, const struct node_scalar *n, uint32_t to)
{
	const struct frame *f = v->frame;
	if (n->home == DFA_NONE || f->at != n->home)
		return true;
	if (dfa_is_final(n->dfa, to))
		return f->count >= n->min_chars;
	return f->count < n->max_chars;
}

static void decide_scalar(const struct view *v, unsigned char c, struct choice *out)
{
	const struct node_scalar *n = &view_node(v->s, v->frame->node)->scalar;
	uint32_t to = dfa_step(n->dfa, v->frame->at, c);
	if (to != DFA_NONE && count_allows(v, n, to))
		add_move(out, (struct move){ .kind = MOVE_SCALAR, .to = to });
}

static void allow_scalar(const struct view *v, struct byte_set *out)
{
	const struct frame *f = v->frame;
	const struct node_scalar *n = &view_node(v->s, f->node)->scalar;
	if (n->home == DFA_NONE || f->at != n->home) {
		dfa_put_bytes(n->dfa, f->at, out);
		return;
	}
	unsigned char quote = n->quote;
	if (f->count >= n->min_chars)
		byte_set_put(out, quote);
	if (f->count < n->max_chars) {
		struct byte_set inside = { 0 };
		dfa_put_bytes(n->dfa, f->at, &inside);
		inside.bits[quote >> 6] &= ~(UINT64_C(1) << (quote & 63));
		for (int i = 0; i < 4; i++)
			out->bits[i] |= inside.bits[i];
	}
}

static bool scalar_is_complete(const struct view *v)
{
	const struct frame *f = v->frame;
	return f->phase == PHASE_SCALAR &&
	       view_node(v->s, f->node)->scalar.dfa->states[f->at].is_accept;
}

/* ---- deciding ---- */

static bool may_close(const struct view *v)
{
	const struct frame *f = v->frame;
	const struct node *n = view_node(v->s, f->node);
	if (n->kind == NODE_ARRAY)
		return f->count >= n->array.min_items;
	return f->count >= n->object.min_members && keys_are_complete(v);
}

static bool may_go_on(const struct view *v)
{
	if (v->frame->phase == PHASE_ARRAY_NEXT)
		return value_has_room(v);
	return keys_may_come(v);
}

static const struct node_form *form_of(const struct view *v)
{
	return view_node(v->s, v->frame->node)->form;
}

/* Behind a comma or colon. */
static bool is_after_mark(const struct view *v)
{
	enum phase phase = v->frame->phase;
	return phases[phase].is_after_mark &&
	       (phase != PHASE_OBJECT_VALUE || form_of(v)->has_colon);
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static bool blank_may_come(const struct view *v, unsigned char c)
{
	if (!phases[v->frame->phase].is_between || !is_blank(c))
		return false;
	const struct spacing_row *row = &spacings[form_of(v)->spacing];
	if (v->run->blanks >= row->max_blanks || (row->is_exact && !is_after_mark(v)))
		return false;
	return c == ' ' || row->has_lines;
}

/* Enough blanks are there for the next token. */
static bool token_may_come(const struct view *v)
{
	if (!is_after_mark(v))
		return true;
	const struct spacing_row *row = &spacings[form_of(v)->spacing];
	return !row->is_exact || v->run->blanks == row->max_blanks;
}

/* A member or item may begin without a text before it that separates it from the last. */
static bool is_joined(const struct view *v)
{
	enum phase phase = v->frame->phase;
	bool is_next = phase == PHASE_OBJECT_NEXT || phase == PHASE_ARRAY_NEXT;
	return !is_next || !form_of(v)->separator.n;
}

static bool awaits_value(const struct view *v)
{
	return phases[v->frame->phase].awaits_value ||
	       (v->frame->phase == PHASE_ARRAY_NEXT && is_joined(v));
}

static struct str text_at(const struct node_form *form, enum form_text text)
{
	switch (text) {
	case TEXT_OPEN: return form->open;
	case TEXT_KEY_OPEN: return form->key_open;
	case TEXT_SEPARATOR: return form->separator;
	default: return form->close;
	}
}

/* Where a frame in PHASE_TEXT is. */
static enum form_text text_of(const struct frame *f)
{
	return (enum form_text)(f->hash >> 32);
}

static uint32_t text_taken(const struct frame *f)
{
	return (uint32_t)f->hash;
}

static bool text_goes_on(const struct view *v, enum form_text text, uint32_t taken, unsigned char c)
{
	struct str t = text_at(form_of(v), text);
	return taken < t.n && (unsigned char)t.p[taken] == c;
}

static void decide_text(const struct view *v, enum form_text text, uint32_t taken, unsigned char c,
	struct choice *out)
{
	if (text_goes_on(v, text, taken, c))
		add_move(out, (struct move){ .kind = MOVE_TEXT, .to = text, .free_to = taken + 1 });
}

static void decide_key(
	const struct view *v, const struct key_step *from, unsigned char c, struct choice *out)
{
	struct key_step step;
	if (!key_step(v, from, c, &step))
		return;
	if (step.key != SCHEMA_NONE)
		add_move(out, (struct move){ .kind = MOVE_NAME_END, .to = step.key });
	else
		add_move(out,
			(struct move){ .kind = MOVE_NAME, .to = step.at, .free_to = step.free_at });
}

static struct key_step key_so_far(const struct frame *f)
{
	return (struct key_step){ SCHEMA_NONE, f->at, f->free_at, f->hash };
}

static void decide_object(const struct view *v, unsigned char c, struct choice *out)
{
	enum phase phase = v->frame->phase;
	const struct node_form *form = form_of(v);
	if (!is_joined(v)) {
		if (text_goes_on(v, TEXT_SEPARATOR, 0, c) && may_go_on(v))
			decide_text(v, TEXT_SEPARATOR, 0, c, out);
	} else if (!form->key_open.n) {
		struct key_step begin = key_begin(v);
		decide_key(v, &begin, c, out);
	} else if (text_goes_on(v, TEXT_KEY_OPEN, 0, c) && may_go_on(v)) {
		decide_text(v, TEXT_KEY_OPEN, 0, c, out);
	}
	if (phase != PHASE_OBJECT_KEY && text_goes_on(v, TEXT_CLOSE, 0, c) && may_close(v))
		decide_text(v, TEXT_CLOSE, 0, c, out);
}

static void decide_array(const struct view *v, unsigned char c, struct choice *out)
{
	enum phase phase = v->frame->phase;
	if (phase != PHASE_ARRAY_ITEM && text_goes_on(v, TEXT_CLOSE, 0, c) && may_close(v))
		decide_text(v, TEXT_CLOSE, 0, c, out);
	if (!is_joined(v) && text_goes_on(v, TEXT_SEPARATOR, 0, c) && may_go_on(v))
		decide_text(v, TEXT_SEPARATOR, 0, c, out);
}

static void decide_between(const struct view *v, unsigned char c, struct choice *out)
{
	if (blank_may_come(v, c)) {
		add_move(out, (struct move){ .kind = MOVE_BLANK });
		return;
	}
	if (!token_may_come(v))
		return;
	if (awaits_value(v) && value_may_begin(v, c))
		add_move(out, (struct move){ .kind = MOVE_VALUE });
	switch (v->frame->phase) {
	case PHASE_OBJECT_FIRST:
	case PHASE_OBJECT_NEXT:
	case PHASE_OBJECT_KEY: decide_object(v, c, out); break;
	case PHASE_ARRAY_FIRST:
	case PHASE_ARRAY_NEXT:
	case PHASE_ARRAY_ITEM: decide_array(v, c, out); break;
	case PHASE_WRAP_NEXT: decide_text(v, TEXT_CLOSE, 0, c, out); break;
	case PHASE_TEXT: decide_text(v, text_of(v->frame), text_taken(v->frame), c, out); break;
	case PHASE_COLON:
		if (c == ':')
			add_move(out, (struct move){ .kind = MOVE_COLON });
		break;
	default: break;
	}
}

/* Marks the moves from the first one on as moves of this frame. */
static void set_frame(struct choice *out, uint16_t first, uint16_t frame)
{
	for (uint16_t i = first; i < out->n; i++)
		out->p[i].frame = frame;
}

static void decide(const struct schema *s, const struct schema_run *run, uint16_t branch,
	unsigned char c, struct choice *out)
{
	struct view v = view_top(s, run, branch);
	out->n = 0;
	if (v.frame->phase == PHASE_SCALAR) {
		decide_scalar(&v, c, out);
		set_frame(out, 0, v.offset);
		bool is_raw = view_node(s, v.frame->node)->scalar.is_raw;
		if ((out->n && !is_raw) || !scalar_is_complete(&v))
			return;
		uint16_t own = out->n;
		v = view_below(&v, branch);
		decide_between(&v, c, out);
		set_frame(out, own, v.offset);
		return;
	}
	if (v.frame->phase == PHASE_NAME) {
		struct key_step from = key_so_far(v.frame);
		decide_key(&v, &from, c, out);
	} else {
		decide_between(&v, c, out);
	}
	set_frame(out, 0, v.offset);
}

/* ---- what may come ---- */

static void allow_text(
	const struct view *v, enum form_text text, uint32_t taken, struct byte_set *out)
{
	struct str t = text_at(form_of(v), text);
	if (taken < t.n)
		byte_set_put(out, (unsigned char)t.p[taken]);
}

static void allow_object(const struct view *v, struct byte_set *out)
{
	if (!is_joined(v)) {
		if (may_go_on(v))
			allow_text(v, TEXT_SEPARATOR, 0, out);
	} else if (!form_of(v)->key_open.n) {
		struct key_step begin = key_begin(v);
		key_allowed(v, &begin, out);
	} else if (may_go_on(v)) {
		allow_text(v, TEXT_KEY_OPEN, 0, out);
	}
	if (v->frame->phase != PHASE_OBJECT_KEY && may_close(v))
		allow_text(v, TEXT_CLOSE, 0, out);
}

static void allow_array(const struct view *v, struct byte_set *out)
{
	if (!is_joined(v) && may_go_on(v))
		allow_text(v, TEXT_SEPARATOR, 0, out);
	if (v->frame->phase != PHASE_ARRAY_ITEM && may_close(v))
		allow_text(v, TEXT_CLOSE, 0, out);
}

static void allow_between(const struct view *v, struct byte_set *out)
{
	static const unsigned char blanks[] = " \n\t\r";
	for (const unsigned char *c = blanks; *c; c++)
		if (blank_may_come(v, *c))
			byte_set_put(out, *c);
	if (!token_may_come(v))
		return;
	if (awaits_value(v))
		allow_value(v, out);
	switch (v->frame->phase) {
	case PHASE_OBJECT_FIRST:
	case PHASE_OBJECT_NEXT:
	case PHASE_OBJECT_KEY: allow_object(v, out); break;
	case PHASE_ARRAY_FIRST:
	case PHASE_ARRAY_NEXT:
	case PHASE_ARRAY_ITEM: allow_array(v, out); break;
	case PHASE_WRAP_NEXT: allow_text(v, TEXT_CLOSE, 0, out); break;
	case PHASE_TEXT: allow_text(v, text_of(v->frame), text_taken(v->frame), out); break;
	case PHASE_COLON: byte_set_put(out, ':'); break;
	default: break;
	}
}

static void allow_branch(
	const struct schema *s, const struct schema_run *run, uint16_t branch, struct byte_set *out)
{
	struct view v = view_top(s, run, branch);
	if (v.frame->phase == PHASE_NAME) {
		struct key_step from = key_so_far(v.frame);
		key_allowed(&v, &from, out);
		return;
	}
	if (v.frame->phase == PHASE_SCALAR) {
		allow_scalar(&v, out);
		if (!scalar_is_complete(&v))
			return;
		v = view_below(&v, branch);
	}
	allow_between(&v, out);
}

void schema_run_allowed(const struct schema *s, const struct schema_run *run, struct byte_set *out)
{
	for (uint16_t i = 0; i < run->n_branches; i++)
		allow_branch(s, run, i, out);
}

/* ---- moving ---- */

/* Gives a branch this many words, moving those behind it. */
static void resize(struct schema_run *run, uint16_t branch, uint16_t words)
{
	uint16_t n = run->n_branches, end = run->start[branch + 1];
	int change = (int)words - run_stack_words(run, branch);
	MUST(run->start[n] + change <= SCHEMA_AREA_WORDS);
	if (branch + 1 < n)
		memmove(run->words + end + change, run->words + end,
			(size_t)(run->start[n] - end) * sizeof *run->words);
	for (uint16_t i = (uint16_t)(branch + 1); i <= n; i++)
		run->start[i] = (uint16_t)(run->start[i] + change);
}

static void drop(struct schema_run *run, uint16_t branch)
{
	resize(run, branch, 0);
	for (uint16_t i = branch; i + 1 < run->n_branches; i++) {
		run->start[i + 1] = run->start[i + 2];
		run->top[i] = run->top[i + 1];
	}
	run->n_branches--;
}

/* A copy of a branch at the end, with room for both to grow; false if there is none. */
static bool fork_branch(struct schema_run *run, uint16_t branch)
{
	uint16_t n = run->n_branches, words = run_stack_words(run, branch);
	if (n == LIMIT_SCHEMA_BRANCHES ||
		run->start[n] + words + 2 * MOVE_WORDS > SCHEMA_AREA_WORDS)
		return false;
	memcpy(run->words + run->start[n], run->words + run->start[branch],
		words * sizeof *run->words);
	run->start[n + 1] = (uint16_t)(run->start[n] + words);
	run->top[n] = run->top[branch];
	run->n_branches++;
	return true;
}

static void push(struct schema_run *run, uint16_t branch, struct frame frame, uint32_t more_words)
{
	uint16_t at = run_stack_words(run, branch);
	resize(run, branch, (uint16_t)(at + FRAME_WORDS + more_words));
	frame.below = run->top[branch];
	struct frame *f = frame_at(run, branch, at);
	*f = frame;
	memset((uint64_t *)f + FRAME_WORDS, 0, more_words * sizeof(uint64_t));
	run->top[branch] = at;
}

static void pop(struct schema_run *run, uint16_t branch)
{
	uint16_t below = frame_at(run, branch, run->top[branch])->below;
	resize(run, branch, run->top[branch]);
	run->top[branch] = below;
}

static void begin_name(const struct schema *s, struct schema_run *run, uint16_t branch)
{
	struct view v = view_top(s, run, branch);
	struct key_step step = key_begin(&v);
	struct frame *f = frame_at(run, branch, run->top[branch]);
	f->phase = PHASE_NAME;
	f->hash = step.hash;
	f->at = step.at;
	f->free_at = step.free_at;
}

/* The phase behind the text that opens a node, behind what separates its parts. */
static enum phase phase_inside(const struct node *n)
{
	if (n->kind == NODE_WRAP)
		return PHASE_WRAP_VALUE;
	return n->kind == NODE_OBJECT ? PHASE_OBJECT_FIRST : PHASE_ARRAY_FIRST;
}

static enum phase phase_of_part(const struct node *n)
{
	return n->kind == NODE_OBJECT ? PHASE_OBJECT_KEY : PHASE_ARRAY_ITEM;
}

/* So many bytes of a text of the frame's form are there. */
static void take_text(const struct schema *s, struct schema_run *run, uint16_t branch,
	enum form_text text, uint32_t taken)
{
	struct frame *f = frame_at(run, branch, run->top[branch]);
	const struct node *n = view_node(s, f->node);
	bool is_whole = taken == text_at(n->form, text).n;
	f->phase = PHASE_TEXT;
	f->hash = is_whole ? 0 : (uint64_t)text << 32 | taken;
	if (!is_whole)
		return;
	switch (text) {
	case TEXT_OPEN: f->phase = (uint16_t)phase_inside(n); break;
	case TEXT_KEY_OPEN: begin_name(s, run, branch); break;
	case TEXT_SEPARATOR: f->phase = (uint16_t)phase_of_part(n); break;
	case TEXT_CLOSE: pop(run, branch); break;
	}
}

/* What stands behind the value that a frame awaited. */
static enum phase phase_behind(enum phase phase)
{
	switch (phase) {
	case PHASE_TOP_VALUE: return PHASE_TOP_DONE;
	case PHASE_OBJECT_VALUE: return PHASE_OBJECT_NEXT;
	case PHASE_WRAP_VALUE: return PHASE_WRAP_NEXT;
	default: return PHASE_ARRAY_NEXT;
	}
}

/* The value begun in this branch is a structure. */
static void begin_structure(
	const struct schema *s, struct schema_run *run, uint16_t branch, uint32_t way)
{
	const struct node *n = view_node(s, way);
	struct frame frame = { .node = way, .phase = (uint16_t)phase_inside(n) };
	push(run, branch, frame, n->kind == NODE_OBJECT ? n->object.n_words : 0);
}

/* The value begun in this branch is a `way`; its first byte is `c`. */
static void begin_way(const struct schema *s, struct schema_run *run, uint16_t branch, uint32_t way,
	unsigned char c)
{
	const struct node *n = view_node(s, way);
	struct frame *f = frame_at(run, branch, run->top[branch]);
	f->phase = (uint16_t)phase_behind(f->phase);
	f->count++;
	if (n->kind != NODE_SCALAR) {
		begin_structure(s, run, branch, way);
		take_text(s, run, branch, TEXT_OPEN, 1);
		return;
	}
	struct frame frame = { .node = way, .phase = PHASE_SCALAR };
	frame.at = dfa_step(n->scalar.dfa, 0, c);
	if (!dfa_is_final(n->scalar.dfa, frame.at))
		push(run, branch, frame, 0);
}

/* Begins a value in as many branches as there are ways for it. */
static void begin_value(
	const struct schema *s, struct schema_run *run, uint16_t branch, unsigned char c)
{
	struct view v = view_top(s, run, branch);
	uint32_t node = awaited(&v), own = SCHEMA_NONE;
	const uint32_t *ways;
	uint32_t n = ways_of(s, &node, &ways);
	for (uint32_t i = 0; i < n; i++) {
		if (!may_begin(&v, ways[i], c))
			continue;
		if (own == SCHEMA_NONE)
			own = ways[i];
		else if (fork_branch(run, branch))
			begin_way(s, run, (uint16_t)(run->n_branches - 1), ways[i], c);
	}
	begin_way(s, run, branch, own, c);
}

/* The byte that ends the key may be the first of its value. */
static void end_name(const struct schema *s, struct schema_run *run, uint16_t branch, uint32_t key,
	unsigned char c)
{
	struct frame *f = frame_at(run, branch, run->top[branch]);
	const struct node *n = view_node(s, f->node);
	f->phase = n->form->has_colon ? PHASE_COLON : PHASE_OBJECT_VALUE;
	f->at = key;
	if (key == KEY_FREE) {
		uint64_t hash = f->hash;
		uint16_t words = run_stack_words(run, branch);
		f->n_free++;
		resize(run, branch, (uint16_t)(words + 1));
		run->words[run->start[branch] + words] = hash;
	} else {
		uint64_t *seen = (uint64_t *)f + FRAME_WORDS;
		seen[key / 64] |= UINT64_C(1) << key % 64;
		f->position = (uint16_t)(n->object.keys[key].position + 1);
	}
	f->hash = 0;
	if (n->form->key_end_is_value)
		begin_value(s, run, branch, c);
}

static void step_scalar(
	const struct schema *s, struct schema_run *run, uint16_t branch, uint32_t to)
{
	struct frame *f = frame_at(run, branch, run->top[branch]);
	const struct node_scalar *n = &view_node(s, f->node)->scalar;
	f->at = to;
	f->count += to == n->home;
	if (dfa_is_final(n->dfa, to))
		pop(run, branch);
}

static void perform(const struct schema *s, struct schema_run *run, uint16_t branch,
	const struct move *m, unsigned char c)
{
	/* A complete scalar goes when its parent moves. */
	if (m->frame != run->top[branch])
		pop(run, branch);
	struct frame *f = frame_at(run, branch, run->top[branch]);
	switch (m->kind) {
	case MOVE_BLANK: break;
	case MOVE_SCALAR: step_scalar(s, run, branch, m->to); break;
	case MOVE_TEXT: take_text(s, run, branch, (enum form_text)m->to, m->free_to); break;
	case MOVE_NAME:
		f->hash = key_hash(f->phase == PHASE_NAME ? f->hash : KEY_HASH_FIRST, c);
		f->phase = PHASE_NAME;
		f->at = m->to;
		f->free_at = m->free_to;
		break;
	case MOVE_NAME_END: end_name(s, run, branch, m->to, c); break;
	case MOVE_COLON: f->phase = PHASE_OBJECT_VALUE; break;
	case MOVE_VALUE: begin_value(s, run, branch, c); break;
	}
}

/* Lets go of branches behind this one, then of itself, until a move has room; false if it went. */
static bool make_room(struct schema_run *run, uint16_t branch)
{
	while (run->start[run->n_branches] + MOVE_WORDS > SCHEMA_AREA_WORDS) {
		uint16_t last = (uint16_t)(run->n_branches - 1);
		drop(run, last);
		if (last == branch)
			return false;
	}
	return true;
}

/* Branches that have come to the same place are one. */
static void merge(struct schema_run *run)
{
	for (uint16_t a = 0; a < run->n_branches; a++)
		for (uint16_t b = (uint16_t)(run->n_branches - 1); b > a; b--)
			if (run->top[a] == run->top[b] &&
				run_stack_words(run, a) == run_stack_words(run, b) &&
				!memcmp(run->words + run->start[a], run->words + run->start[b],
					run_stack_words(run, a) * sizeof *run->words))
				drop(run, b);
}

/* Decides for every branch and drops those to which the byte means nothing. */
static uint16_t decide_all(
	const struct schema *s, struct schema_run *run, unsigned char c, struct choice *choices)
{
	uint16_t n = run->n_branches, kept = 0;
	for (uint16_t i = 0; i < n; i++) {
		decide(s, run, i, c, &choices[i]);
		kept = (uint16_t)(kept + (choices[i].n > 0));
	}
	for (uint16_t i = n; kept && i-- > 0;)
		if (!choices[i].n) {
			drop(run, i);
			memmove(choices + i, choices + i + 1,
				(size_t)(n - i - 1) * sizeof *choices);
		}
	return kept;
}

/* The usual case, made quick: the only branch is inside a scalar, and stays there. */
static bool goes_on_inside(const struct schema *s, struct schema_run *run, unsigned char c)
{
	struct view v = view_top(s, run, 0);
	if (run->n_branches > 1 || v.frame->phase != PHASE_SCALAR)
		return false;
	const struct node_scalar *n = &view_node(s, v.frame->node)->scalar;
	uint32_t to = n->is_raw ? DFA_NONE : dfa_step(n->dfa, v.frame->at, c);
	if (to == DFA_NONE || !count_allows(&v, n, to))
		return false;
	step_scalar(s, run, 0, to);
	run->blanks = 0;
	return true;
}

bool schema_run_accept(const struct schema *s, struct schema_run *run, unsigned char c)
{
	if (goes_on_inside(s, run, c))
		return true;
	struct choice choices[LIMIT_SCHEMA_BRANCHES];
	uint16_t kept = decide_all(s, run, c, choices);
	if (!kept)
		return false;
	bool is_blank_move = false;
	for (uint16_t i = 0; i < kept; i++)
		is_blank_move = is_blank_move || choices[i].p[0].kind == MOVE_BLANK;
	for (uint16_t i = 0; i < kept && make_room(run, i); i++) {
		if (run->n_branches < kept)
			kept = run->n_branches;
		for (uint16_t k = 1; k < choices[i].n; k++)
			if (fork_branch(run, i))
				perform(s, run, (uint16_t)(run->n_branches - 1), &choices[i].p[k],
					c);
		perform(s, run, i, &choices[i].p[0], c);
	}
	run->blanks = is_blank_move ? (uint16_t)(run->blanks + 1) : 0;
	if (run->n_branches > 1)
		merge(run);
	return true;
}

/* Inside the object at the top, in as many branches as there are kinds of it. */
static void start_inside(const struct schema *s, struct schema_run *run, uint32_t node)
{
	const uint32_t *ways;
	uint32_t n = ways_of(s, &node, &ways);
	frame_at(run, 0, 0)->phase = PHASE_TOP_DONE;
	for (uint32_t i = 1; i < n; i++)
		if (fork_branch(run, 0))
			begin_structure(s, run, (uint16_t)(run->n_branches - 1), ways[i]);
	begin_structure(s, run, 0, ways[0]);
}

void schema_run_start(const struct schema *s, uint32_t root, struct schema_run *run)
{
	MUST(!s->build && root < s->n_roots);
	run->n_branches = 1;
	run->blanks = 0;
	run->start[0] = run->start[1] = 0;
	run->top[0] = 0;
	push(run, 0, (struct frame){ .node = s->roots[root].node, .phase = PHASE_TOP_VALUE }, 0);
	if (s->roots[root].is_inside)
		start_inside(s, run, s->roots[root].node);
}

void schema_run_copy(struct schema_run *to, const struct schema_run *from)
{
	uint16_t n = from->n_branches;
	to->n_branches = n;
	to->blanks = from->blanks;
	memcpy(to->start, from->start, (n + 1u) * sizeof *from->start);
	memcpy(to->top, from->top, n * sizeof *from->top);
	memcpy(to->words, from->words, from->start[n] * sizeof *from->words);
}

bool schema_run_is_done(const struct schema_run *run)
{
	for (uint16_t i = 0; i < run->n_branches; i++)
		if (run_frame(run, i, run->top[i])->phase != PHASE_TOP_DONE)
			return false;
	return true;
}

bool schema_run_may_end(const struct schema *s, const struct schema_run *run)
{
	for (uint16_t i = 0; i < run->n_branches; i++) {
		struct view v = view_top(s, run, i);
		if (scalar_is_complete(&v))
			v = view_below(&v, i);
		if (v.frame->phase == PHASE_TOP_DONE)
			return true;
	}
	return false;
}
