/*
 * schema_key.c - which keys of an object may come, byte by byte; see schema_view.h.
 *
 * A key is followed in two automata at once: the names of the schema, and the spelling of all other
 * keys where such may come. No key comes twice and none passes over what is required, so a byte is
 * taken only if some key that may still come lies beyond it. Among names that is a look at the
 * span of keys beyond a state. Free keys are endless as a rule; where a pattern leaves only so
 * many, they are tried until one is found that was not used.
 */
#include "chat/schema_view.h"

static const uint64_t *seen_keys(const struct view *v)
{
	return (const uint64_t *)v->frame + FRAME_WORDS;
}

static bool has_bit(const uint64_t *set, uint32_t bit)
{
	return set[bit / 64] >> bit % 64 & 1;
}

/* Which keys of an object may come now. */
struct key_rule {
	const struct view *v;
	const struct node_object *object;
	const uint64_t *seen;
	bool required_only; /* no room for members beyond the required ones */
	uint32_t last;      /* own order: the last position that may come */
	bool free_may_come;
	uint32_t words; /* of the frame without the key being written */
};

/* Whether a value that needs this much may begin above the frame, once the key is over. */
static bool has_room_behind(const struct key_rule *r, uint32_t need)
{
	return need != NEED_NONE && r->v->offset + r->words + need <= LIMIT_SCHEMA_STACK_WORDS;
}

static uint32_t required_left(const struct node_object *o, const uint64_t *seen)
{
	uint32_t left = 0;
	for (uint32_t i = 0; i < o->n_words; i++)
		left += (uint32_t)__builtin_popcountll(o->required[i] & ~seen[i]);
	return left;
}

/* In the schema's order nothing required may be passed over. */
static uint32_t last_position(const struct node_object *o, const struct frame *f)
{
	uint32_t at = f->position;
	while (at < o->n_keys && !o->keys[o->by_position[at]].is_required)
		at++;
	return at;
}

static struct key_rule key_rule(const struct view *v)
{
	const struct node_object *o = &view_node(v->s, v->frame->node)->object;
	struct key_rule r = { .v = v, .object = o, .seen = seen_keys(v), .last = UINT32_MAX };
	r.words = v->words - (v->frame->phase == PHASE_NAME ? o->key_words : 0);
	uint32_t left = required_left(o, r.seen);
	r.required_only = v->frame->count + left >= o->max_members;
	if (!o->any_order)
		r.last = last_position(o, v->frame);
	uint32_t need = o->free == SCHEMA_NONE ? NEED_NONE : view_node(v->s, o->free)->need;
	if (need != NEED_NONE && need < o->reserve)
		need = o->reserve;
	r.free_may_come = need != NEED_NONE && !r.required_only &&
			  has_room_behind(&r, need + 1 + o->key_words) &&
			  (o->any_order || left == 0);
	return r;
}

bool keys_are_complete(const struct view *v)
{
	const struct node_object *o = &view_node(v->s, v->frame->node)->object;
	return required_left(o, seen_keys(v)) == 0;
}

/* ---- named keys ---- */

static bool key_may_come(const struct key_rule *r, uint32_t key)
{
	const struct node_key *k = &r->object->keys[key];
	if (k->node == SCHEMA_NONE || has_bit(r->seen, key) ||
		(r->required_only && !k->is_required))
		return false;
	if (!r->object->any_order && (k->position < r->v->frame->position || k->position > r->last))
		return false;
	return has_room_behind(r, view_node(r->v->s, k->node)->need);
}

static bool names_may_come(const struct key_rule *r, uint32_t state)
{
	struct dfa_span span = r->object->spans[state];
	for (uint32_t key = span.lo; key < span.hi; key++)
		if (key_may_come(r, key))
			return true;
	return false;
}

/* ---- free keys ---- */

static bool is_used(const struct key_rule *r, uint64_t hash)
{
	const uint64_t *hashes = r->seen + r->object->n_words;
	for (uint16_t i = 0; i < r->v->frame->n_free; i++)
		if (hashes[i] == hash)
			return true;
	return false;
}

static bool is_name(const struct node_object *o, uint32_t at)
{
	return at != DFA_NONE && o->names->states[at].is_accept;
}

static uint32_t name_step(const struct node_object *o, uint32_t at, unsigned char c)
{
	return at == DFA_NONE ? DFA_NONE : dfa_step(o->names, at, c);
}

/* The quote ends a free key in this state. */
static bool free_may_end(const struct node_object *o, uint32_t free_at)
{
	uint32_t end = dfa_step(o->free_names, free_at, o->key_end);
	return end != DFA_NONE && dfa_is_final(o->free_names, end);
}

/* Whether a free key lies beyond the state that is no name and was not used. Where only finitely
 * many do, at most one more is looked at than were used; the automaton is small (schema_build.c)
 * and has no loop there. */
static bool free_lies_beyond(const struct key_rule *r, struct key_step step, uint64_t hash)
{
	const struct node_object *o = r->object;
	const struct dfa *d = o->free_names;
	if (!o->free_is_endless || o->free_is_endless[step.free_at])
		return true;
	bool may_end = free_may_end(o, step.free_at);
	if (may_end && !is_name(o, step.at) && !is_used(r, hash))
		return true;
	const struct dfa_state *s = &d->states[step.free_at];
	for (uint16_t i = 0; i < s->n_edges; i++) {
		const struct dfa_edge *e = &d->edges[s->first_edge + i];
		for (unsigned c = e->lo; c <= e->hi; c++) {
			unsigned char byte = (unsigned char)c;
			struct key_step next = { SCHEMA_NONE, name_step(o, step.at, byte), e->to,
				0 };
			if (!(c == o->key_end && may_end) &&
				free_lies_beyond(r, next, key_hash(hash, byte)))
				return true;
		}
	}
	return false;
}

/* ---- both ---- */

static struct key_step begin(const struct key_rule *r)
{
	struct key_step step = { SCHEMA_NONE, r->object->names ? 0 : DFA_NONE, DFA_NONE,
		KEY_HASH_FIRST };
	if (!r->free_may_come)
		return step;
	struct key_step all = step;
	const struct node_form *form = view_node(r->v->s, r->v->frame->node)->form;
	all.free_at = form->is_bare ? 0 : dfa_step(r->object->free_names, 0, r->object->key_end);
	return free_lies_beyond(r, all, KEY_HASH_FIRST) ? all : step;
}

struct key_step key_begin(const struct view *v)
{
	struct key_rule r = key_rule(v);
	return begin(&r);
}

bool keys_may_come(const struct view *v)
{
	struct key_rule r = key_rule(v);
	return (r.object->names && names_may_come(&r, 0)) || begin(&r).free_at != DFA_NONE;
}

/* The key that its end would end here: its number, KEY_FREE, or SCHEMA_NONE. */
static uint32_t key_ended(const struct key_rule *r, const struct key_step *from)
{
	if (is_name(r->object, from->at)) {
		uint32_t key = r->object->spans[from->at].lo;
		return key_may_come(r, key) ? key : SCHEMA_NONE;
	}
	bool is_free = from->free_at != DFA_NONE && free_may_end(r->object, from->free_at) &&
		       !is_used(r, from->hash);
	return is_free ? KEY_FREE : SCHEMA_NONE;
}

/* One more byte that does not end the key; false if nothing that may come lies beyond it. */
static bool go_on(const struct key_rule *r, const struct key_step *from, unsigned char c,
	struct key_step *out)
{
	const struct node_object *o = r->object;
	uint64_t hash = key_hash(from->hash, c);
	*out = (struct key_step){ SCHEMA_NONE, name_step(o, from->at, c), DFA_NONE, hash };
	if (from->free_at != DFA_NONE && !(c == o->key_end && free_may_end(o, from->free_at))) {
		struct key_step both = *out;
		both.free_at = dfa_step(o->free_names, from->free_at, c);
		if (both.free_at != DFA_NONE && free_lies_beyond(r, both, hash))
			*out = both;
	}
	return out->free_at != DFA_NONE || (out->at != DFA_NONE && names_may_come(r, out->at));
}

bool key_step(
	const struct view *v, const struct key_step *from, unsigned char c, struct key_step *out)
{
	struct key_rule r = key_rule(v);
	uint32_t key = c == r.object->key_end ? key_ended(&r, from) : SCHEMA_NONE;
	*out = (struct key_step){ .key = key };
	return key != SCHEMA_NONE || go_on(&r, from, c, out);
}

static void allow_free(const struct key_rule *r, const struct key_step *from, struct byte_set *out)
{
	const struct node_object *o = r->object;
	uint32_t free_at = from->free_at;
	unsigned char end = o->key_end;
	struct byte_set bytes = { { 0 } };
	dfa_put_bytes(o->free_names, free_at, &bytes);
	if (free_may_end(o, free_at))
		bytes.bits[end >> 6] &= ~(UINT64_C(1) << (end & 63));
	if (!o->free_is_endless) {
		for (int i = 0; i < 4; i++)
			out->bits[i] |= bytes.bits[i];
		return;
	}
	struct key_step step;
	for (unsigned c = 0; c < 256; c++)
		if (byte_set_has(&bytes, (unsigned char)c) &&
			go_on(r, from, (unsigned char)c, &step))
			byte_set_put(out, (unsigned char)c);
}

void key_allowed(const struct view *v, const struct key_step *from, struct byte_set *out)
{
	struct key_rule r = key_rule(v);
	const struct node_object *o = r.object;
	if (from->free_at != DFA_NONE)
		allow_free(&r, from, out);
	if (from->at != DFA_NONE) {
		const struct dfa_state *s = &o->names->states[from->at];
		for (uint16_t i = 0; i < s->n_edges; i++) {
			const struct dfa_edge *e = &o->names->edges[s->first_edge + i];
			if (names_may_come(&r, e->to))
				byte_set_put(out, e->lo);
		}
	}
	if (key_ended(&r, from) != SCHEMA_NONE)
		byte_set_put(out, o->key_end);
}
