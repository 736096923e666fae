/*
 * schema_loop.c - where a value being written stands in free text; see base/guide.h and schema.h.
 *
 * Free text is a string, or a key that no schema names, whose automaton loops in its state. Several
 * branches at once are in free text as far as all of them are; a limit on the length then counts
 * for one of them only, and is left to the slow way.
 */
#include "base/utf8.h"
#include "chat/schema_move.h"

static void put_all(struct byte_set *to, const struct byte_set *from)
{
	for (int i = 0; i < 4; i++)
		to->bits[i] |= from->bits[i];
}

static void take_away(struct byte_set *from, const struct byte_set *what)
{
	for (int i = 0; i < 4; i++)
		from->bits[i] &= ~what->bits[i];
}

static void keep_common(struct byte_set *a, const struct byte_set *b)
{
	for (int i = 0; i < 4; i++)
		a->bits[i] &= b->bits[i];
}

/* All bytes of the state are among `leaves` here, those that stay too. */
static bool loop_in(const struct dfa *d, uint32_t state, struct guide_loop *out)
{
	const struct byte_set *loop = dfa_loop(d, state);
	if (!loop)
		return false;
	*out = (struct guide_loop){ .stays = *loop, .most = SIZE_MAX };
	dfa_put_bytes(d, state, &out->leaves);
	return true;
}

static bool loop_of_scalar(const struct view *v, struct guide_loop *out)
{
	const struct frame *f = v->frame;
	const struct node_scalar *n = &view_node(v->s, f->node)->scalar;
	if (!loop_in(n->dfa, f->at, out))
		return false;
	if (f->at == n->home && n->max_chars != UINT32_MAX)
		out->most = n->max_chars - f->count;
	struct raw_count_at at = choice_counted(f);
	if (n->counted)
		out->most = raw_count_room(n->counted, &at);
	return true;
}

/* A key that is none of the names any more, of a kind of which there is no end. */
static bool loop_of_name(const struct view *v, struct guide_loop *out)
{
	const struct frame *f = v->frame;
	const struct node_object *o = &view_node(v->s, f->node)->object;
	return f->at == DFA_NONE && (!o->free_is_endless || o->free_is_endless[f->free_at]) &&
	       loop_in(o->free_names, f->free_at, out);
}

static bool loop_of_branch(const struct view *v, struct guide_loop *out)
{
	if (v->frame->phase == PHASE_SCALAR)
		return loop_of_scalar(v, out);
	return v->frame->phase == PHASE_NAME && loop_of_name(v, out);
}

bool schema_run_loop(const struct schema *s, const struct schema_run *run, struct guide_loop *out)
{
	for (uint16_t i = 0; i < run->n_branches; i++) {
		struct view v = view_top(s, run, i);
		struct guide_loop own;
		if (!loop_of_branch(&v, &own) || (run->n_branches > 1 && own.most != SIZE_MAX))
			return false;
		if (i == 0) {
			*out = own;
			continue;
		}
		keep_common(&out->stays, &own.stays);
		put_all(&out->leaves, &own.leaves);
	}
	/* What ends a scalar without a mark of its own. */
	schema_run_allowed(s, run, &out->leaves);
	take_away(&out->leaves, &out->stays);
	return true;
}

static void pass_counted(const struct node_scalar *n, struct frame *f, struct str text)
{
	struct raw_count_at at = choice_counted(f);
	for (size_t i = 0; i < text.n; i++)
		raw_count_step(n->counted, &at, (unsigned char)text.p[i]);
	f->count = at.chars;
	f->free_at = at.seen;
}

void schema_run_pass(const struct schema *s, struct schema_run *run, struct str text)
{
	for (uint16_t i = 0; i < run->n_branches; i++) {
		struct frame *f = (struct frame *)(run->words + run->start[i] + run->top[i]);
		for (size_t at = 0; at < text.n && f->phase == PHASE_NAME; at++) {
			f->hash = key_hash(f->hash, (unsigned char)text.p[at]);
			if (view_node(s, f->node)->object.key_words)
				run_key_add(run, i, text.p[at]);
		}
		if (f->phase != PHASE_SCALAR)
			continue;
		const struct node_scalar *n = &view_node(s, f->node)->scalar;
		if (n->counted)
			pass_counted(n, f, text);
		else if (f->at == n->home)
			f->count += (uint32_t)utf8_count(text);
	}
}
