/*
 * schema_move.c - see schema_move.h; and with it, which bytes may come (schema_run_allowed), which
 * are those that mean something.
 */
#include "chat/schema_move.h"

#include "base/must.h"

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
	[PHASE_KEY_AGAIN] = { false, false, false },
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

static void add_move(struct choice *out, struct move m)
{
	MUST(out->n < MOVES_MAX);
	out->p[out->n++] = m;
}

/* The frame under a scalar that is complete. */
struct view choice_below(const struct view *v, uint16_t branch)
{
	uint16_t offset = v->frame->below;
	return (struct view){ v->s, v->run, run_frame(v->run, branch, offset), offset,
		(uint16_t)(v->offset - offset) };
}

/* ---- values ---- */

/* The node whose value the frame awaits. */
uint32_t choice_awaited(const struct view *v)
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
uint32_t choice_ways(const struct schema *s, const uint32_t *node, const uint32_t **ways)
{
	const struct node *n = view_node(s, *node);
	*ways = n->kind == NODE_CHOICE ? n->choice.ways : node;
	return n->kind == NODE_CHOICE ? n->choice.n_ways : 1;
}

bool choice_may_begin(const struct view *v, uint32_t way, unsigned char c)
{
	const struct node *n = view_node(v->s, way);
	return byte_set_has(&n->first, c) && has_room(v, n->need);
}

static bool value_may_begin(const struct view *v, unsigned char c)
{
	uint32_t node = choice_awaited(v);
	if (node == SCHEMA_NONE || !byte_set_has(&view_node(v->s, node)->first, c))
		return false;
	const uint32_t *ways;
	uint32_t n = choice_ways(v->s, &node, &ways);
	for (uint32_t i = 0; i < n; i++)
		if (choice_may_begin(v, ways[i], c))
			return true;
	return false;
}

static bool value_has_room(const struct view *v)
{
	uint32_t node = choice_awaited(v);
	return node != SCHEMA_NONE && has_room(v, view_node(v->s, node)->need);
}

static void allow_value(const struct view *v, struct byte_set *out)
{
	uint32_t node = choice_awaited(v);
	if (node == SCHEMA_NONE)
		return;
	const uint32_t *ways;
	uint32_t n = choice_ways(v->s, &node, &ways);
	for (uint32_t i = 0; i < n; i++) {
		const struct node *way = view_node(v->s, ways[i]);
		for (int k = 0; k < 4 && has_room(v, way->need); k++)
			out->bits[k] |= way->first.bits[k];
	}
}

/* ---- scalars ---- */

/* Whether the counter lets a free string go from its state to `to`. */
bool choice_count_allows(
	const struct view *v, const struct node_scalar *n, uint32_t to, unsigned char c)
{
	const struct frame *f = v->frame;
	if (n->counted) {
		struct raw_count_at at = choice_counted(f);
		raw_count_step(n->counted, &at, c);
		return raw_count_fits(n->counted, &at) &&
		       (!dfa_is_final(n->dfa, to) || raw_count_may_end(n->counted, &at));
	}
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
	if (to != DFA_NONE && choice_count_allows(v, n, to, c))
		add_move(out, (struct move){ .kind = MOVE_SCALAR, .to = to });
}

static void allow_counted(const struct view *v, const struct node_scalar *n, struct byte_set *out)
{
	struct byte_set bytes = { 0 };
	dfa_put_bytes(n->dfa, v->frame->at, &bytes);
	for (unsigned c = 0; c <= UINT8_MAX; c++) {
		unsigned char byte = (unsigned char)c;
		if (byte_set_has(&bytes, byte) &&
			choice_count_allows(v, n, dfa_step(n->dfa, v->frame->at, byte), byte))
			byte_set_put(out, byte);
	}
}

static void allow_scalar(const struct view *v, struct byte_set *out)
{
	const struct frame *f = v->frame;
	const struct node_scalar *n = &view_node(v->s, f->node)->scalar;
	if (n->counted) {
		allow_counted(v, n, out);
		return;
	}
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

bool choice_scalar_is_complete(const struct view *v)
{
	const struct frame *f = v->frame;
	if (f->phase != PHASE_SCALAR)
		return false;
	const struct node_scalar *n = &view_node(v->s, f->node)->scalar;
	struct raw_count_at at = choice_counted(f);
	return n->dfa->states[f->at].is_accept &&
	       (!n->counted || raw_count_may_end(n->counted, &at));
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

struct str choice_text(const struct node_form *form, enum form_text text)
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
	struct str t = choice_text(form_of(v), text);
	return taken < t.n && (unsigned char)t.p[taken] == c;
}

static void decide_text(const struct view *v, enum form_text text, uint32_t taken, unsigned char c,
	struct choice *out)
{
	if (text_goes_on(v, text, taken, c))
		add_move(out, (struct move){ .kind = MOVE_TEXT, .to = text, .free_to = taken + 1 });
}

char choice_key_again(const struct view *v, size_t at)
{
	const char *key = (const char *)((const uint64_t *)v->frame + v->words - KEY_WORDS);
	size_t n = strlen(key);
	struct str behind = form_of(v)->behind_key;
	return at < n ? key[at] : at - n < behind.n ? behind.p[at - n] : 0;
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
	case PHASE_KEY_AGAIN:
		if (c && (char)c == choice_key_again(v, v->frame->hash))
			add_move(out, (struct move){ .kind = MOVE_KEY_AGAIN,
					      .to = (uint32_t)v->frame->hash + 1 });
		break;
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

void choice_decide(const struct schema *s, const struct schema_run *run, uint16_t branch,
	unsigned char c, struct choice *out)
{
	struct view v = view_top(s, run, branch);
	out->n = 0;
	if (v.frame->phase == PHASE_SCALAR) {
		decide_scalar(&v, c, out);
		set_frame(out, 0, v.offset);
		bool is_raw = view_node(s, v.frame->node)->scalar.is_raw;
		if ((out->n && !is_raw) || !choice_scalar_is_complete(&v))
			return;
		uint16_t own = out->n;
		v = choice_below(&v, branch);
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
	struct str t = choice_text(form_of(v), text);
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
	case PHASE_KEY_AGAIN:
		byte_set_put(out, (unsigned char)choice_key_again(v, v->frame->hash));
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
		struct key_step from = key_so_far(v.frame);
		key_allowed(&v, &from, out);
		return;
	}
	if (v.frame->phase == PHASE_SCALAR) {
		allow_scalar(&v, out);
		if (!choice_scalar_is_complete(&v))
			return;
		v = choice_below(&v, branch);
	}
	allow_between(&v, out);
}

void schema_run_allowed(const struct schema *s, const struct schema_run *run, struct byte_set *out)
{
	for (uint16_t i = 0; i < run->n_branches; i++)
		allow_branch(s, run, i, out);
}
