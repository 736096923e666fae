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
#include "chat/schema_move.h"

/* Most words that one move adds to a stack. */
enum { MOVE_WORDS = FRAME_WORDS + (LIMIT_SCHEMA_MEMBERS + 63) / 64 + 1 + KEY_WORDS };

_Static_assert(LIMIT_SCHEMA_STACK_WORDS + MOVE_WORDS <= SCHEMA_AREA_WORDS,
	"the first branch always has room");

static struct frame *frame_at(struct schema_run *run, uint16_t branch, uint16_t offset)
{
	return (struct frame *)(run->words + run->start[branch] + offset);
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
	uint16_t words = run_stack_words(run, branch);
	uint32_t key_words = view_node(s, v.frame->node)->object.key_words;
	resize(run, branch, (uint16_t)(words + key_words));
	if (key_words)
		memset(run_key(run, branch), 0, KEY_WORDS * sizeof *run->words);
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
	bool is_whole = taken == choice_text(n->form, text).n;
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
static enum phase phase_behind(const struct schema *s, const struct frame *f)
{
	bool is_again = f->at == KEY_FREE && f->phase == PHASE_OBJECT_VALUE &&
			view_node(s, f->node)->object.key_words;
	switch ((enum phase)f->phase) {
	case PHASE_TOP_VALUE: return PHASE_TOP_DONE;
	case PHASE_OBJECT_VALUE: return is_again ? PHASE_KEY_AGAIN : PHASE_OBJECT_NEXT;
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

static void count_raw(const struct node_scalar *n, struct frame *f, unsigned char c)
{
	if (!n->counted)
		return;
	struct raw_count_at at = choice_counted(f);
	raw_count_step(n->counted, &at, c);
	f->count = at.chars;
	f->free_at = at.seen;
}

/* The value begun in this branch is a `way`; its first byte is `c`. */
static void begin_way(const struct schema *s, struct schema_run *run, uint16_t branch, uint32_t way,
	unsigned char c)
{
	const struct node *n = view_node(s, way);
	struct frame *f = frame_at(run, branch, run->top[branch]);
	f->phase = (uint16_t)phase_behind(s, f);
	f->count++;
	if (n->kind != NODE_SCALAR) {
		begin_structure(s, run, branch, way);
		take_text(s, run, branch, TEXT_OPEN, 1);
		return;
	}
	struct frame frame = { .node = way, .phase = PHASE_SCALAR };
	count_raw(&n->scalar, &frame, c);
	frame.at = dfa_step(n->scalar.dfa, 0, c);
	if (!dfa_is_final(n->scalar.dfa, frame.at))
		push(run, branch, frame, 0);
}

/* Begins a value in as many branches as there are ways for it. */
static void begin_value(
	const struct schema *s, struct schema_run *run, uint16_t branch, unsigned char c)
{
	struct view v = view_top(s, run, branch);
	uint32_t node = choice_awaited(&v), own = SCHEMA_NONE;
	const uint32_t *ways;
	uint32_t n = choice_ways(s, &node, &ways);
	for (uint32_t i = 0; i < n; i++) {
		if (!choice_may_begin(&v, ways[i], c))
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
	uint32_t key_words = n->object.key_words;
	uint16_t words = run_stack_words(run, branch);
	if (key == KEY_FREE) {
		uint64_t hash = f->hash;
		f->n_free++;
		resize(run, branch, (uint16_t)(words + 1));
		uint64_t *last = run->words + run->start[branch] + words - key_words;
		memmove(last + 1, last, key_words * sizeof *last);
		*last = hash;
	} else {
		resize(run, branch, (uint16_t)(words - key_words));
		uint64_t *seen = (uint64_t *)f + FRAME_WORDS;
		seen[key / 64] |= UINT64_C(1) << key % 64;
		f->position = (uint16_t)(n->object.keys[key].position + 1);
	}
	f->hash = 0;
	if (n->form->key_end_is_value)
		begin_value(s, run, branch, c);
}

static void step_scalar(const struct schema *s, struct schema_run *run, uint16_t branch,
	uint32_t to, unsigned char c)
{
	struct frame *f = frame_at(run, branch, run->top[branch]);
	const struct node_scalar *n = &view_node(s, f->node)->scalar;
	f->at = to;
	f->count += to == n->home;
	count_raw(n, f, c);
	if (dfa_is_final(n->dfa, to))
		pop(run, branch);
}

/* The key that was remembered came once more, up to here. */
static void take_key_again(
	const struct schema *s, struct schema_run *run, uint16_t branch, uint32_t taken)
{
	struct view v = view_top(s, run, branch);
	struct frame *f = frame_at(run, branch, run->top[branch]);
	f->hash = taken;
	if (choice_key_again(&v, taken))
		return;
	f->hash = 0;
	f->phase = PHASE_OBJECT_NEXT;
	resize(run, branch, (uint16_t)(run_stack_words(run, branch) - KEY_WORDS));
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
	case MOVE_SCALAR: step_scalar(s, run, branch, m->to, c); break;
	case MOVE_TEXT: take_text(s, run, branch, (enum form_text)m->to, m->free_to); break;
	case MOVE_NAME:
		f->hash = key_hash(f->phase == PHASE_NAME ? f->hash : KEY_HASH_FIRST, c);
		f->phase = PHASE_NAME;
		f->at = m->to;
		f->free_at = m->free_to;
		if (view_node(s, f->node)->object.key_words)
			run_key_add(run, branch, (char)c);
		break;
	case MOVE_NAME_END: end_name(s, run, branch, m->to, c); break;
	case MOVE_KEY_AGAIN: take_key_again(s, run, branch, m->to); break;
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
		choice_decide(s, run, i, c, &choices[i]);
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
	if (to == DFA_NONE || !choice_count_allows(&v, n, to, c))
		return false;
	step_scalar(s, run, 0, to, c);
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
	uint32_t n = choice_ways(s, &node, &ways);
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
		if (choice_scalar_is_complete(&v))
			v = choice_below(&v, i);
		if (v.frame->phase == PHASE_TOP_DONE)
			return true;
	}
	return false;
}
