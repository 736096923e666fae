/*
 * schema_build.c - from JSON Schemas to nodes; see schema.h.
 *
 * A job is a set of schemas that one value must satisfy together, and the node it becomes. Jobs are
 * found again by their set, so recursion ends in a cycle of nodes, and are worked off from a queue,
 * so depth costs no stack. A choice (anyOf, oneOf) becomes a node of ways, each the same set with
 * one way added and the choice marked as resolved.
 */
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "chat/schema_form.h"

enum {
	FIRST_CAPACITY = 64,
	SLOTS_FIRST = 256,
};

/* A set of schemas and the node that stands for it. */
struct job {
	struct part_list parts;
	const json_t **resolved; /* choices already made */
	size_t n_resolved, ways; /* how many combinations led here */
	const struct spot *spot; /* where the value stands */
	const void **key;        /* sorted addresses of all of the above */
	size_t n_key;
	bool says_nothing; /* any value will do */
	uint32_t node;
};

struct schema *schema_new(const struct schema_options *options)
{
	struct schema *s = must_calloc(1, sizeof *s);
	s->mem = arena_new();
	s->options = *options;
	forms_init(s);
	s->notes = arena_calloc(s->mem, LIMIT_SCHEMA_NOTES, sizeof *s->notes);
	s->build = must_calloc(1, sizeof *s->build);
	struct schema_build *b = s->build;
	b->schema = s;
	b->scratch = arena_new();
	b->owned = json_array();
	b->noted = arena_calloc(b->scratch, LIMIT_SCHEMA_NOTES, sizeof *b->noted);
	b->n_slots = SLOTS_FIRST;
	b->slots = must_alloc(b->n_slots * sizeof *b->slots);
	memset(b->slots, 0xff, b->n_slots * sizeof *b->slots);
	return s;
}

static void builder_free(struct schema_build *b)
{
	if (!b)
		return;
	json_decref(b->owned);
	arena_free(b->scratch);
	free(b->jobs);
	free(b->slots);
	free(b);
}

void schema_free(struct schema *s)
{
	if (!s)
		return;
	builder_free(s->build);
	free(s->nodes);
	free(s->roots);
	arena_free(s->mem);
	free(s);
}

size_t schema_notes(const struct schema *s, const struct schema_note **out)
{
	*out = s->notes;
	return s->n_notes;
}

size_t schema_bytes(const struct schema *s)
{
	return arena_bytes(s->mem) + s->cap_nodes * sizeof *s->nodes;
}

uint32_t build_new_node(struct schema *s)
{
	if (s->n_nodes == s->cap_nodes) {
		s->cap_nodes = s->cap_nodes ? 2 * s->cap_nodes : FIRST_CAPACITY;
		s->nodes = must_realloc(s->nodes, s->cap_nodes * sizeof *s->nodes);
	}
	s->nodes[s->n_nodes] = (struct node){ .kind = NODE_CHOICE };
	return (uint32_t)s->n_nodes++;
}

/* ---- jobs ---- */

static int by_address(const void *a, const void *b)
{
	const void *x = *(const void *const *)a, *y = *(const void *const *)b;
	return x < y ? -1 : x > y;
}

static bool says_nothing(const json_t *schema)
{
	return !schema || json_is_true(schema) ||
	       (json_is_object(schema) && json_object_size(schema) == 0);
}

/* The set that names a job: schemas that say something, and resolved choices. */
static void make_key(struct schema_build *b, struct job *job)
{
	job->key = arena_calloc(b->scratch, job->parts.n + job->n_resolved + 2, sizeof *job->key);
	for (size_t i = 0; i < job->parts.n; i++)
		if (!says_nothing(job->parts.p[i].schema))
			job->key[job->n_key++] = job->parts.p[i].schema;
	for (size_t i = 0; i < job->n_resolved; i++)
		job->key[job->n_key++] = job->resolved[i];
	job->says_nothing = job->n_key == 0;
	if (job->spot)
		job->key[job->n_key++] = job->spot;
	if (job->n_key)
		qsort(job->key, job->n_key, sizeof *job->key, by_address);
	size_t kept = 0;
	for (size_t i = 0; i < job->n_key; i++)
		if (!kept || job->key[kept - 1] != job->key[i])
			job->key[kept++] = job->key[i];
	job->n_key = kept;
}

static size_t find_slot(const struct schema_build *b, const struct job *job)
{
	size_t bytes = job->n_key * sizeof *job->key;
	size_t slot = (size_t)str_hash(str_n((const char *)job->key, bytes)) & (b->n_slots - 1);
	for (; b->slots[slot] != SCHEMA_NONE; slot = (slot + 1) & (b->n_slots - 1)) {
		const struct job *other = &b->jobs[b->slots[slot]];
		if (other->n_key == job->n_key && !memcmp(other->key, job->key, bytes))
			break;
	}
	return slot;
}

static void grow_slots(struct schema_build *b)
{
	b->n_slots *= 2;
	b->slots = must_realloc(b->slots, b->n_slots * sizeof *b->slots);
	memset(b->slots, 0xff, b->n_slots * sizeof *b->slots);
	for (size_t i = 0; i < b->n_jobs; i++)
		b->slots[find_slot(b, &b->jobs[i])] = (uint32_t)i;
}

/* The node of a job, queued if it is new. Over the cap on nodes it becomes a job that asks for
 * nothing. */
static uint32_t node_for(struct schema_build *b, struct job job)
{
	make_key(b, &job);
	size_t slot = find_slot(b, &job);
	if (b->slots[slot] != SCHEMA_NONE)
		return b->jobs[b->slots[slot]].node;
	if (b->schema->n_nodes >= LIMIT_SCHEMA_NODES && !job.says_nothing) {
		if (!b->is_full && job.parts.n)
			schema_note(b, &job.parts.p[0], "$schema",
				"too many parts: from here on any value is taken");
		b->is_full = true;
		return node_for(b, (struct job){ .ways = 1, .spot = job.spot });
	}
	if (b->n_jobs == b->cap_jobs) {
		b->cap_jobs = b->cap_jobs ? 2 * b->cap_jobs : FIRST_CAPACITY;
		b->jobs = must_realloc(b->jobs, b->cap_jobs * sizeof *b->jobs);
	}
	job.node = build_new_node(b->schema);
	b->slots[slot] = (uint32_t)b->n_jobs;
	b->jobs[b->n_jobs++] = job;
	if (2 * b->n_jobs > b->n_slots)
		grow_slots(b);
	return job.node;
}

uint32_t build_parts(struct schema_build *b, const struct part_list *parts, const struct spot *spot)
{
	return node_for(b, (struct job){ .parts = *parts, .ways = 1, .spot = spot });
}

static uint32_t node_of_own(struct schema_build *b, json_t *schema, const struct spot *spot)
{
	json_array_append_new(b->owned, schema);
	struct part_list list = { 0 };
	part_add(b, &list, (struct part){ schema, NULL });
	return build_parts(b, &list, spot);
}

uint32_t build_scalar(struct schema_build *b, const struct dfa *dfa)
{
	uint32_t n = build_new_node(b->schema);
	struct node *node = &b->schema->nodes[n];
	node->kind = NODE_SCALAR;
	node->scalar = (struct node_scalar){ .dfa = dfa, .home = DFA_NONE, .quote = '"' };
	return n;
}

void build_way(struct schema_build *b, struct ways *w, uint32_t node)
{
	if (w->n == w->cap) {
		uint32_t cap = w->cap ? 2 * w->cap : 8;
		uint32_t *more = arena_calloc(b->schema->mem, cap, sizeof *more);
		if (w->n)
			memcpy(more, w->p, w->n * sizeof *more);
		w->p = more;
		w->cap = cap;
	}
	w->p[w->n++] = node;
}

static void set_ways(struct schema_build *b, uint32_t node, const struct ways *w)
{
	b->schema->nodes[node].kind = NODE_CHOICE;
	b->schema->nodes[node].choice = (struct node_choice){ w->p, w->n };
}

/* ---- fixed values ---- */

/* The schema that takes exactly this array or object. */
static json_t *schema_of_value(const json_t *value)
{
	const char *key;
	json_t *item;
	if (json_is_array(value)) {
		json_t *items = json_array();
		size_t i;
		json_array_foreach((json_t *)value, i, item)
			json_array_append_new(items, json_pack("{s:O}", "const", item));
		return json_pack("{s:s, s:o, s:b, s:i}", "type", "array", "prefixItems", items,
			"items", 0, "minItems", (int)json_array_size(value));
	}
	json_t *members = json_object(), *required = json_array();
	json_object_foreach((json_t *)value, key, item)
	{
		json_object_set_new(members, key, json_pack("{s:O}", "const", item));
		json_array_append_new(required, json_string(key));
	}
	return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", members,
		"required", required, "additionalProperties", 0);
}

/* Structure inside tags that knows no elements is a literal between two texts. */
static const struct spot *inner_spot(const struct spot *spot)
{
	return spot && spot->elements ? spot : NULL;
}

static void wrap_ways(struct schema_build *b, const struct spot *spot, enum type_word type,
	const struct ways *inner, struct ways *out)
{
	if (!inner->n)
		return;
	uint32_t n = build_new_node(b->schema);
	set_ways(b, n, inner);
	build_way(b, out, form_wrap(b, spot, type, n));
}

static void build_values(struct schema_build *b, const struct shape *shape, const struct spot *spot,
	struct ways *out)
{
	for (size_t i = 0; i < shape->n_values; i++) {
		const json_t *value = shape->values[i];
		unsigned type = json_is_object(value) ? TYPE_OBJECT : TYPE_ARRAY;
		if (!(json_is_object(value) || json_is_array(value)) || !(shape->types & type))
			continue;
		uint32_t n = node_of_own(
			b, schema_of_value(value), spot && spot->is_top ? spot : inner_spot(spot));
		bool is_wrapped = spot && !spot->is_top && !spot->elements;
		build_way(b, out,
			is_wrapped ? form_wrap(b, spot,
					     json_is_object(value) ? WORD_OBJECT : WORD_ARRAY, n)
				   : n);
	}
	if (!spot || !spot->is_top)
		form_values(b, shape, spot, out);
}

/* ---- arrays ---- */

/* `items` as a list is the older spelling of prefixItems, with additionalItems for the rest. */
static struct part first_items(struct schema_build *b, const struct part *member)
{
	struct part items = part_key(b, member, "items");
	return json_is_array(items.schema) ? items : part_key(b, member, "prefixItems");
}

static struct part rest_items(struct schema_build *b, const struct part *member)
{
	struct part items = part_key(b, member, "items");
	return json_is_array(items.schema) ? part_key(b, member, "additionalItems") : items;
}

/* What all members say about the item at `index`. */
static uint32_t item_node(
	struct schema_build *b, const struct shape *shape, size_t index, const struct spot *spot)
{
	struct part_list parts = { 0 };
	for (size_t i = 0; i < shape->members.n; i++) {
		const struct part *member = &shape->members.p[i];
		struct part first = first_items(b, member), part = rest_items(b, member);
		if (index < json_array_size(first.schema))
			part = (struct part){ json_array_get(first.schema, index),
				place_item(b, first.place, index) };
		if (part.schema)
			part_add(b, &parts, part);
	}
	return build_parts(b, &parts, spot_of_item(b, spot));
}

static void build_array(struct schema_build *b, const struct shape *shape, const struct spot *spot,
	struct ways *out)
{
	struct node_array array = { .rest = SCHEMA_NONE };
	size_t n_first = 0;
	for (size_t i = 0; i < shape->members.n; i++) {
		size_t n = json_array_size(first_items(b, &shape->members.p[i]).schema);
		n_first = n > n_first ? n : n_first;
	}
	if (n_first > LIMIT_SCHEMA_MEMBERS) {
		schema_note(b, &shape->members.p[0], "prefixItems", "too many items");
		n_first = LIMIT_SCHEMA_MEMBERS;
	}
	uint32_t *first = arena_calloc(b->schema->mem, n_first + 1, sizeof *first);
	for (size_t i = 0; i < n_first; i++)
		first[i] = item_node(b, shape, i, spot);
	array.first = first;
	array.n_first = (uint32_t)n_first;
	array.rest = item_node(b, shape, SIZE_MAX, spot);
	if (shape->min_items > shape->max_items)
		return;
	array.min_items = (uint32_t)shape->min_items;
	array.max_items = shape->max_items > UINT32_MAX ? UINT32_MAX : (uint32_t)shape->max_items;
	uint32_t n = build_new_node(b->schema);
	b->schema->nodes[n].kind = NODE_ARRAY;
	b->schema->nodes[n].form = spot ? spot->elements : b->schema->forms->array;
	b->schema->nodes[n].array = array;
	build_way(b, out, n);
}

/* ---- the queue ---- */

/* Where a string stands as it is and nothing tells its type, what may be one is one. */
static void prefer_strings(struct schema_build *b, struct shape *shape, const struct spot *spot)
{
	bool has_string = false, has_other = false;
	if (!spot || spot->is_top || b->schema->forms->is_typed)
		return;
	for (size_t i = 0; i < shape->n_values; i++)
		*(json_is_string(shape->values[i]) ? &has_string : &has_other) = true;
	if (!shape->has_values) {
		has_string = shape->types & TYPE_STRING;
		has_other = shape->types & ~(unsigned)TYPE_STRING && shape->types != TYPE_ALL;
	}
	if (!has_string || !(shape->types & TYPE_STRING))
		return;
	if (has_other && shape->members.n)
		schema_note(b, &shape->members.p[shape->members.n - 1], "type",
			"what may be a string is one in this syntax");
	shape->types = TYPE_STRING;
}

static void build_shape(
	struct schema_build *b, struct shape *shape, const struct spot *spot, struct ways *out)
{
	prefer_strings(b, shape, spot);
	if (shape->has_values) {
		build_values(b, shape, spot, out);
		return;
	}
	if (spot && spot->is_top) {
		if (shape->types & TYPE_OBJECT)
			build_object(b, shape, spot, out);
		return;
	}
	struct ways arrays = { 0 }, objects = { 0 };
	form_constants(b, shape, spot, out);
	if (shape->types & TYPE_NUMBER) {
		const struct dfa *number = scalar_number(b, shape);
		if (number)
			build_way(b, out, form_wrap(b, spot, WORD_NUMBER, build_scalar(b, number)));
	}
	if (shape->types & TYPE_STRING)
		form_strings(b, shape, spot, out);
	bool is_wrapped = spot && !spot->elements;
	if (shape->types & TYPE_ARRAY)
		build_array(b, shape, inner_spot(spot), is_wrapped ? &arrays : out);
	if (shape->types & TYPE_OBJECT)
		build_object(b, shape, inner_spot(spot), is_wrapped ? &objects : out);
	wrap_ways(b, spot, WORD_ARRAY, &arrays, out);
	wrap_ways(b, spot, WORD_OBJECT, &objects, out);
}

/* Adds one way of a choice to a job and marks the choice as made; SIZE_MAX leaves it out. */
static uint32_t resolve(
	struct schema_build *b, const struct job *job, const struct part *choice, size_t way)
{
	struct job next = {
		.ways = job->ways, .n_resolved = job->n_resolved + 1, .spot = job->spot
	};
	for (size_t i = 0; i < job->parts.n; i++)
		part_add(b, &next.parts, job->parts.p[i]);
	next.resolved = arena_calloc(b->scratch, next.n_resolved, sizeof *next.resolved);
	for (size_t i = 0; i < job->n_resolved; i++)
		next.resolved[i] = job->resolved[i];
	next.resolved[job->n_resolved] = choice->schema;
	if (way != SIZE_MAX) {
		next.ways *= json_array_size(choice->schema);
		part_add(b, &next.parts,
			(struct part){ json_array_get(choice->schema, way),
				place_item(b, choice->place, way) });
	}
	return node_for(b, next);
}

/* Whether one of them requires a key whose fixed value differs from the other's. */
static bool differ_in_key(const json_t *a, const json_t *b)
{
	size_t i;
	json_t *name;
	json_array_foreach(json_object_get(a, "required"), i, name)
	{
		const char *key = json_string_value(name);
		json_t *in_a = json_object_get(json_object_get(a, "properties"), key ? key : "");
		json_t *in_b = json_object_get(json_object_get(b, "properties"), key ? key : "");
		json_t *x = json_object_get(in_a, "const"), *y = json_object_get(in_b, "const");
		if (x && y && !json_equal(x, y))
			return true;
	}
	return false;
}

static bool are_apart(const json_t *a, const json_t *b)
{
	unsigned x = shape_types(json_object_get(a, "type"));
	unsigned y = shape_types(json_object_get(b, "type"));
	return (x && y && !(x & y)) || differ_in_key(a, b) || differ_in_key(b, a);
}

/* No value fits two of them, as far as their types and fixed values tell. */
static bool ways_are_apart(const json_t *ways)
{
	size_t n = json_array_size(ways);
	if (n > LIMIT_SCHEMA_BRANCHES)
		return false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++)
			if (!are_apart(json_array_get(ways, i), json_array_get(ways, k)))
				return false;
	return true;
}

static void build_choice(
	struct schema_build *b, const struct job *job, const struct part *choice, struct ways *out)
{
	size_t n = json_array_size(choice->schema);
	if (job->ways * n > LIMIT_SCHEMA_WAYS) {
		schema_note(b, choice, choice->place->key, "too many combinations");
		build_way(b, out, resolve(b, job, choice, SIZE_MAX));
		return;
	}
	for (size_t i = 0; i < n; i++)
		build_way(b, out, resolve(b, job, choice, i));
	if (!strcmp(choice->place->key, "oneOf") && !ways_are_apart(choice->schema))
		schema_note(b, choice, "oneOf", "read as anyOf: a value may fit several");
}

static void work_off(struct schema_build *b)
{
	while (b->jobs_done < b->n_jobs) {
		struct job job = b->jobs[b->jobs_done++];
		struct shape shape;
		struct ways ways = { 0 };
		shape_read(b, &job.parts, job.resolved, job.n_resolved, &shape);
		if (shape.is_impossible)
			;
		else if (shape.choices.n)
			build_choice(b, &job, &shape.choices.p[0], &ways);
		else
			build_shape(b, &shape, job.spot, &ways);
		set_ways(b, job.node, &ways);
	}
}

uint32_t schema_add(struct schema *s, const json_t *document, struct str name, enum schema_top top)
{
	struct schema_build *b = s->build;
	MUST(b);
	b->document = document;
	b->root_name = arena_str(s->mem, name);
	struct part_list parts = { 0 };
	if (document)
		part_add(b, &parts, (struct part){ document, NULL });
	if (top == SCHEMA_TOP_OBJECT) {
		json_t *object = json_pack("{s:s}", "type", "object");
		json_array_append_new(b->owned, object);
		part_add(b, &parts, (struct part){ object, NULL });
	}
	const struct spot *spot = top == SCHEMA_TOP_OBJECT ? s->forms->top_spot : NULL;
	struct schema_root root = { .node = build_parts(b, &parts, spot), .is_inside = spot };
	root.fallback = node_of_own(b,
		top == SCHEMA_TOP_OBJECT ? json_pack("{s:s}", "type", "object") : json_object(),
		spot);
	root.name = b->root_name;
	work_off(b);
	if (s->n_roots == s->cap_roots) {
		s->cap_roots = s->cap_roots ? 2 * s->cap_roots : 16;
		s->roots = must_realloc(s->roots, s->cap_roots * sizeof *s->roots);
	}
	s->roots[s->n_roots] = root;
	return (uint32_t)s->n_roots++;
}

void schema_seal(struct schema *s)
{
	MUST(s->build);
	schema_settle(s);
	builder_free(s->build);
	s->build = NULL;
}
