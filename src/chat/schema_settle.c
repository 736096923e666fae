/*
 * schema_settle.c - the last pass over the nodes of a schema; see schema_int.h.
 *
 * Choices are made flat. Then `need` is found as the smallest solution of "a value needs its own
 * frame and the most of what it must contain" by going round until nothing gets smaller; what keeps
 * NEED_NONE has no value that fits (endless recursion, contradictions) and is taken out of every
 * place that could begin it.
 */
#include <stdlib.h>

#include "base/must.h"
#include "chat/schema_form.h"

struct flattening {
	struct schema *s;
	uint32_t *stamp; /* by node: the choice it was last reached from */
	uint32_t *todo, *leaves;
};

static void flatten(struct flattening *f, uint32_t root)
{
	struct node *choice = &f->s->nodes[root];
	uint32_t n_todo = 0, n_leaves = 0;
	f->stamp[root] = root;
	f->todo[n_todo++] = root;
	while (n_todo) {
		const struct node_choice *c = &f->s->nodes[f->todo[--n_todo]].choice;
		for (uint32_t i = 0; i < c->n_ways; i++) {
			uint32_t way = c->ways[i];
			if (f->stamp[way] == root)
				continue;
			f->stamp[way] = root;
			if (f->s->nodes[way].kind == NODE_CHOICE)
				f->todo[n_todo++] = way;
			else
				f->leaves[n_leaves++] = way;
		}
	}
	uint32_t *ways = arena_calloc(f->s->mem, n_leaves + 1, sizeof *ways);
	for (uint32_t i = 0; i < n_leaves; i++)
		ways[i] = f->leaves[i];
	choice->choice = (struct node_choice){ ways, n_leaves };
}

static void flatten_all(struct schema *s)
{
	struct flattening f = { .s = s };
	f.stamp = must_alloc(s->n_nodes * sizeof *f.stamp);
	f.todo = must_alloc(s->n_nodes * sizeof *f.todo);
	f.leaves = must_alloc(s->n_nodes * sizeof *f.leaves);
	for (size_t i = 0; i < s->n_nodes; i++)
		f.stamp[i] = SCHEMA_NONE;
	for (size_t i = s->n_nodes; i-- > 0;)
		if (s->nodes[i].kind == NODE_CHOICE)
			flatten(&f, (uint32_t)i);
	free(f.stamp);
	free(f.todo);
	free(f.leaves);
}

static uint32_t need_of(const struct schema *s, uint32_t node)
{
	return node == SCHEMA_NONE ? NEED_NONE : s->nodes[node].need;
}

/* Adds within the stack; what does not fit it cannot be written. */
static uint32_t need_plus(uint32_t need, uint32_t words)
{
	return need == NEED_NONE || need + words > LIMIT_SCHEMA_STACK_WORDS - FRAME_WORDS
		       ? NEED_NONE
		       : need + words;
}

static uint32_t larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static uint32_t smaller(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* What `more` members need that no name requires: the cheapest optional ones, or free ones. */
static uint32_t need_of_others(const struct schema *s, const struct node_object *o, uint32_t more)
{
	if (more == 0)
		return 0;
	uint32_t *needs = must_alloc((o->n_keys + 1) * sizeof *needs);
	uint32_t n = 0, best = NEED_NONE;
	for (uint32_t i = 0; i < o->n_keys; i++)
		if (!o->keys[i].is_required && need_of(s, o->keys[i].node) != NEED_NONE)
			needs[n++] = need_of(s, o->keys[i].node);
	qsort(needs, n, sizeof *needs, by_size);
	uint32_t free_need = need_of(s, o->free);
	if (n >= more)
		best = needs[more - 1];
	else if (free_need != NEED_NONE)
		best = larger(n ? needs[n - 1] : 0, need_plus(free_need, more - n + o->key_words));
	free(needs);
	return smaller(best, more > LIMIT_SCHEMA_STACK_WORDS
				     ? NEED_NONE
				     : need_plus(free_need, more + o->key_words));
}

static uint32_t count_required(const struct node_object *o)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < o->n_keys; i++)
		n += o->keys[i].is_required;
	return n;
}

static uint32_t need_inside_object(const struct schema *s, const struct node_object *o)
{
	uint32_t need = 0, n_required = count_required(o);
	if (n_required > o->max_members)
		return NEED_NONE;
	for (uint32_t i = 0; i < o->n_keys; i++)
		if (o->keys[i].is_required)
			need = larger(need, need_of(s, o->keys[i].node));
	if (o->min_members > n_required)
		need = larger(need, need_of_others(s, o, o->min_members - n_required));
	return need;
}

static uint32_t need_of_array(const struct schema *s, const struct node_array *a)
{
	uint32_t need = 0;
	for (uint32_t i = 0; i < a->n_first && i < a->min_items; i++)
		need = larger(need, need_of(s, a->first[i]));
	if (a->min_items > a->n_first)
		need = larger(need, need_of(s, a->rest));
	return need_plus(need, FRAME_WORDS);
}

static uint32_t compute_need(const struct schema *s, const struct node *n)
{
	uint32_t need = NEED_NONE;
	switch (n->kind) {
	case NODE_SCALAR: return FRAME_WORDS;
	case NODE_OBJECT:
		return need_plus(
			need_inside_object(s, &n->object), FRAME_WORDS + n->object.n_words);
	case NODE_ARRAY: return need_of_array(s, &n->array);
	case NODE_WRAP: return need_plus(need_of(s, n->wrap.inner), FRAME_WORDS);
	case NODE_CHOICE:
		for (uint32_t i = 0; i < n->choice.n_ways; i++)
			need = smaller(need, need_of(s, n->choice.ways[i]));
	}
	return need;
}

static void find_needs(struct schema *s)
{
	for (size_t i = 0; i < s->n_nodes; i++)
		s->nodes[i].need = NEED_NONE;
	/* What a node contains was made after it, so going backwards one round settles a tree. */
	for (bool is_changed = true; is_changed;) {
		is_changed = false;
		for (size_t i = s->n_nodes; i-- > 0;) {
			uint32_t need = compute_need(s, &s->nodes[i]);
			if (need < s->nodes[i].need) {
				s->nodes[i].need = need;
				is_changed = true;
			}
		}
	}
}

static uint32_t or_none(const struct schema *s, uint32_t node)
{
	return need_of(s, node) == NEED_NONE ? SCHEMA_NONE : node;
}

static void prune_object(const struct schema *s, struct node_object *o)
{
	struct node_key *keys = (struct node_key *)o->keys;
	for (uint32_t i = 0; i < o->n_keys; i++)
		keys[i].node = or_none(s, keys[i].node);
	o->free = or_none(s, o->free);
	o->reserve = need_inside_object(s, o);
	/* Which optional keys still have to come cannot be told from a place in the order. */
	if (o->min_members > count_required(o))
		o->any_order = true;
}

static void prune_array(const struct schema *s, struct node_array *a)
{
	a->rest = or_none(s, a->rest);
	for (uint32_t i = 0; i < a->n_first; i++)
		if (need_of(s, a->first[i]) == NEED_NONE)
			a->max_items = smaller(a->max_items, i);
	if (a->rest == SCHEMA_NONE)
		a->max_items = smaller(a->max_items, a->n_first);
}

static bool is_raw(const struct schema *s, uint32_t node)
{
	return s->nodes[node].kind == NODE_SCALAR && s->nodes[node].scalar.is_raw;
}

/* Beside a string that stands as it is nothing else could be told from it. */
static void prune_choice(const struct schema *s, struct node_choice *c)
{
	uint32_t *ways = (uint32_t *)c->ways, kept = 0;
	bool only_raw = false;
	for (uint32_t i = 0; i < c->n_ways && !s->forms->is_typed; i++)
		only_raw = only_raw || (s->forms->is_tagged && is_raw(s, ways[i]));
	for (uint32_t i = 0; i < c->n_ways; i++)
		if (need_of(s, ways[i]) != NEED_NONE && (!only_raw || is_raw(s, ways[i])))
			ways[kept++] = ways[i];
	c->n_ways = kept;
}

/* What begins a structure: its own text, or, for members alone, nothing that is asked for. */
static void put_opening(struct node *n)
{
	if (n->form->open.n)
		byte_set_put(&n->first, (unsigned char)n->form->open.p[0]);
}

static void prune(struct schema *s)
{
	for (size_t i = 0; i < s->n_nodes; i++) {
		struct node *n = &s->nodes[i];
		switch (n->kind) {
		case NODE_OBJECT:
			prune_object(s, &n->object);
			put_opening(n);
			break;
		case NODE_ARRAY:
			prune_array(s, &n->array);
			put_opening(n);
			break;
		case NODE_WRAP: put_opening(n); break;
		case NODE_SCALAR: dfa_put_bytes(n->scalar.dfa, 0, &n->first); break;
		case NODE_CHOICE: prune_choice(s, &n->choice); break;
		}
	}
	for (size_t i = 0; i < s->n_nodes; i++) {
		struct node *n = &s->nodes[i];
		if (n->kind != NODE_CHOICE)
			continue;
		for (uint32_t k = 0; k < n->choice.n_ways; k++)
			for (int word = 0; word < 4; word++)
				n->first.bits[word] |= s->nodes[n->choice.ways[k]].first.bits[word];
	}
}

void schema_settle(struct schema *s)
{
	flatten_all(s);
	find_needs(s);
	prune(s);
	for (size_t i = 0; i < s->n_roots; i++) {
		struct schema_root *root = &s->roots[i];
		if (need_of(s, root->node) != NEED_NONE)
			continue;
		root->node = root->fallback;
		s->build->root_name = root->name;
		schema_note(s->build, &(struct part){ (const json_t *)root, NULL }, "$schema",
			"no value fits it: any is taken");
	}
}
