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
	MOVE_REFUSE,
	MOVE_BLANK,
	MOVE_SCALAR,     /* scalar goes to state `to` */
	MOVE_NAME_BEGIN, /* the quote before a key */
	MOVE_NAME,       /* names go to `to`, free names to `free_to` */
	MOVE_NAME_END,   /* the key is number `to`, or KEY_FREE */
	MOVE_MARK,       /* comma or colon: on to phase `to` */
	MOVE_VALUE,      /* a value begins */
	MOVE_CLOSE,
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

static struct move decide_scalar(const struct view *v, unsigned char c)
{
	const struct node_scalar *n = &view_node(v->s, v->frame->node)->scalar;
	uint32_t to = dfa_step(n->dfa, v->frame->at, c);
	if (to == DFA_NONE || !count_allows(v, n, to))
		return (struct move){ .kind = MOVE_REFUSE };
	return (struct move){ .kind = MOVE_SCALAR, .to = to };
}

static void allow_scalar(const struct view *v, struct byte_set *out)
{
	const struct frame *f = v->frame;
	const struct node_scalar *n = &view_node(v->s, f->node)->scalar;
	if (n->home == DFA_NONE || f->at != n->home) {
		dfa_put_bytes(n->dfa, f->at, out);
		return;
	}
	if (f->count >= n->min_chars)
		byte_set_put(out, '"');
	if (f->count < n->max_chars) {
		struct byte_set inside = { 0 };
		dfa_put_bytes(n->dfa, f->at, &inside);
		inside.bits['"' >> 6] &= ~(UINT64_C(1) << ('"' & 63));
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

static bool blank_may_come(const struct view *v, unsigned char c)
{
	const struct spacing_row *row = &spacings[v->s->options.spacing];
	const struct phase_row *phase = &phases[v->frame->phase];
	if (!phase->is_between || v->run->blanks >= row->max_blanks ||
		(row->is_exact && !phase->is_after_mark))
		return false;
	return c == ' ' || (row->has_lines && (c == '\n' || c == '\t' || c == '\r'));
}

/* Enough blanks are there for the next token. */
static bool token_may_come(const struct view *v)
{
	const struct spacing_row *row = &spacings[v->s->options.spacing];
	return !row->is_exact || !phases[v->frame->phase].is_after_mark ||
	       v->run->blanks == row->max_blanks;
}

static struct move decide_object(const struct view *v, unsigned char c)
{
	enum phase phase = v->frame->phase;
	if (c == '"' && phase != PHASE_OBJECT_NEXT && may_go_on(v))
		return (struct move){ .kind = MOVE_NAME_BEGIN };
	if (c == ',' && phase == PHASE_OBJECT_NEXT && may_go_on(v))
		return (struct move){ .kind = MOVE_MARK, .to = PHASE_OBJECT_KEY };
	if (c == '}' && phase != PHASE_OBJECT_KEY && may_close(v))
		return (struct move){ .kind = MOVE_CLOSE };
	return (struct move){ .kind = MOVE_REFUSE };
}

static struct move decide_array(const struct view *v, unsigned char c)
{
	enum phase phase = v->frame->phase;
	if (c == ']' && phase != PHASE_ARRAY_ITEM && may_close(v))
		return (struct move){ .kind = MOVE_CLOSE };
	if (c == ',' && phase == PHASE_ARRAY_NEXT && may_go_on(v))
		return (struct move){ .kind = MOVE_MARK, .to = PHASE_ARRAY_ITEM };
	return (struct move){ .kind = MOVE_REFUSE };
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static struct move decide_between(const struct view *v, unsigned char c)
{
	if (is_blank(c))
		return (struct move){ .kind = blank_may_come(v, c) ? MOVE_BLANK : MOVE_REFUSE };
	if (!token_may_come(v))
		return (struct move){ .kind = MOVE_REFUSE };
	if (phases[v->frame->phase].awaits_value && value_may_begin(v, c))
		return (struct move){ .kind = MOVE_VALUE };
	switch (v->frame->phase) {
	case PHASE_OBJECT_FIRST:
	case PHASE_OBJECT_NEXT:
	case PHASE_OBJECT_KEY: return decide_object(v, c);
	case PHASE_ARRAY_FIRST:
	case PHASE_ARRAY_NEXT:
	case PHASE_ARRAY_ITEM: return decide_array(v, c);
	case PHASE_COLON:
		if (c == ':')
			return (struct move){ .kind = MOVE_MARK, .to = PHASE_OBJECT_VALUE };
		break;
	default: break;
	}
	return (struct move){ .kind = MOVE_REFUSE };
}

static struct move decide_name(const struct view *v, unsigned char c)
{
	struct key_step step;
	if (!key_step(v, c, &step))
		return (struct move){ .kind = MOVE_REFUSE };
	if (step.key != SCHEMA_NONE)
		return (struct move){ .kind = MOVE_NAME_END, .to = step.key };
	return (struct move){ .kind = MOVE_NAME, .to = step.at, .free_to = step.free_at };
}

static struct move decide(
	const struct schema *s, const struct schema_run *run, uint16_t branch, unsigned char c)
{
	struct view v = view_top(s, run, branch);
	struct move m;
	if (v.frame->phase == PHASE_SCALAR) {
		m = decide_scalar(&v, c);
		if (m.kind == MOVE_REFUSE && scalar_is_complete(&v)) {
			v = view_below(&v, branch);
			m = decide_between(&v, c);
		}
	} else {
		m = v.frame->phase == PHASE_NAME ? decide_name(&v, c) : decide_between(&v, c);
	}
	m.frame = v.offset;
	return m;
}

/* ---- what may come ---- */

static void allow_between(const struct view *v, struct byte_set *out)
{
	static const unsigned char blanks[] = " \n\t\r";
	for (const unsigned char *c = blanks; *c; c++)
		if (blank_may_come(v, *c))
			byte_set_put(out, *c);
	if (!token_may_come(v))
		return;
	if (phases[v->frame->phase].awaits_value)
		allow_value(v, out);
	switch (v->frame->phase) {
	case PHASE_OBJECT_FIRST:
	case PHASE_OBJECT_KEY:
		if (may_go_on(v))
			byte_set_put(out, '"');
		if (v->frame->phase == PHASE_OBJECT_FIRST && may_close(v))
			byte_set_put(out, '}');
		break;
	case PHASE_OBJECT_NEXT:
	case PHASE_ARRAY_NEXT:
		if (may_go_on(v))
			byte_set_put(out, ',');
		if (may_close(v))
			byte_set_put(out, v->frame->phase == PHASE_OBJECT_NEXT ? '}' : ']');
		break;
	case PHASE_ARRAY_FIRST:
		if (may_close(v))
			byte_set_put(out, ']');
		break;
	case PHASE_COLON: byte_set_put(out, ':'); break;
	default: break;
	}
}

static void allow_branch(
	const struct schema *s, const struct schema_run *run, uint16_t branch, struct byte_set *out)
{
	struct view v = view_top(s, run, branch);
	if (v.frame->phase == PHASE_NAME) {
		key_allowed(&v, out);
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

/* The value begun in this branch is a `way`; its first byte is `c`. */
static void begin_way(const struct schema *s, struct schema_run *run, uint16_t branch, uint32_t way,
	unsigned char c)
{
	const struct node *n = view_node(s, way);
	struct frame *f = frame_at(run, branch, run->top[branch]);
	if (f->phase == PHASE_TOP_VALUE)
		f->phase = PHASE_TOP_DONE;
	else if (f->phase == PHASE_OBJECT_VALUE)
		f->phase = PHASE_OBJECT_NEXT;
	else
		f->phase = PHASE_ARRAY_NEXT;
	f->count++;
	struct frame frame = { .node = way, .phase = PHASE_SCALAR };
	if (n->kind == NODE_OBJECT) {
		frame.phase = PHASE_OBJECT_FIRST;
		push(run, branch, frame, n->object.n_words);
	} else if (n->kind == NODE_ARRAY) {
		frame.phase = PHASE_ARRAY_FIRST;
		push(run, branch, frame, 0);
	} else {
		frame.at = dfa_step(n->scalar.dfa, 0, c);
		if (!dfa_is_final(n->scalar.dfa, frame.at))
			push(run, branch, frame, 0);
	}
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

static void begin_name(const struct schema *s, struct schema_run *run, uint16_t branch)
{
	struct view v = view_top(s, run, branch);
	struct key_step step = key_begin(&v);
	struct frame *f = frame_at(run, branch, run->top[branch]);
	f->phase = PHASE_NAME;
	f->hash = KEY_HASH_FIRST;
	f->at = step.at;
	f->free_at = step.free_at;
}

static void end_name(const struct schema *s, struct schema_run *run, uint16_t branch, uint32_t key)
{
	struct frame *f = frame_at(run, branch, run->top[branch]);
	const struct node_object *o = &view_node(s, f->node)->object;
	f->phase = PHASE_COLON;
	f->at = key;
	if (key == KEY_FREE) {
		uint64_t hash = f->hash;
		uint16_t words = run_stack_words(run, branch);
		f->n_free++;
		resize(run, branch, (uint16_t)(words + 1));
		run->words[run->start[branch] + words] = hash;
		return;
	}
	uint64_t *seen = (uint64_t *)f + FRAME_WORDS;
	seen[key / 64] |= UINT64_C(1) << key % 64;
	f->position = (uint16_t)(o->keys[key].position + 1);
}

static void pop(struct schema_run *run, uint16_t branch)
{
	uint16_t below = frame_at(run, branch, run->top[branch])->below;
	resize(run, branch, run->top[branch]);
	run->top[branch] = below;
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
	case MOVE_REFUSE:
	case MOVE_BLANK: break;
	case MOVE_SCALAR: step_scalar(s, run, branch, m->to); break;
	case MOVE_NAME_BEGIN: begin_name(s, run, branch); break;
	case MOVE_NAME:
		f->at = m->to;
		f->free_at = m->free_to;
		f->hash = key_hash(f->hash, c);
		break;
	case MOVE_NAME_END: end_name(s, run, branch, m->to); break;
	case MOVE_MARK: f->phase = (uint16_t)m->to; break;
	case MOVE_VALUE: begin_value(s, run, branch, c); break;
	case MOVE_CLOSE: pop(run, branch); break;
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

bool schema_run_accept(const struct schema *s, struct schema_run *run, unsigned char c)
{
	struct move moves[LIMIT_SCHEMA_BRANCHES];
	uint16_t n = run->n_branches, kept = 0;
	for (uint16_t i = 0; i < n; i++) {
		moves[i] = decide(s, run, i, c);
		kept = (uint16_t)(kept + (moves[i].kind != MOVE_REFUSE));
	}
	if (!kept)
		return false;
	for (uint16_t i = n; i-- > 0;)
		if (moves[i].kind == MOVE_REFUSE) {
			drop(run, i);
			memmove(moves + i, moves + i + 1, (size_t)(n - i - 1) * sizeof *moves);
		}
	bool is_blank_move = moves[0].kind == MOVE_BLANK;
	for (uint16_t i = 0; i < kept && make_room(run, i); i++) {
		if (run->n_branches < kept)
			kept = run->n_branches;
		perform(s, run, i, &moves[i], c);
	}
	run->blanks = is_blank_move ? (uint16_t)(run->blanks + 1) : 0;
	if (run->n_branches > 1)
		merge(run);
	return true;
}

void schema_run_start(const struct schema *s, uint32_t root, struct schema_run *run)
{
	MUST(!s->build && root < s->n_roots);
	run->n_branches = 1;
	run->blanks = 0;
	run->start[0] = run->start[1] = 0;
	run->top[0] = 0;
	push(run, 0, (struct frame){ .node = s->roots[root].node, .phase = PHASE_TOP_VALUE }, 0);
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
