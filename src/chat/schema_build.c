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
#include "chat/schema_shape.h"

enum {
	FIRST_CAPACITY = 64,
	SLOTS_FIRST = 256,
	NAME_STATES_MAX = 1000 /* of free names that a pattern limits: they are searched in depth */
};

/* A set of schemas and the node that stands for it. */
struct job {
	struct part_list parts;
	const json_t **resolved; /* choices already made */
	size_t n_resolved, ways; /* how many combinations led here */
	const void **key;        /* sorted addresses of all of the above */
	size_t n_key;
	uint32_t node;
};

struct schema *schema_new(const struct schema_options *options)
{
	struct schema *s = must_calloc(1, sizeof *s);
	s->mem = arena_new();
	s->options = *options;
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

static uint32_t new_node(struct schema *s)
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
	job->key = arena_calloc(b->scratch, job->parts.n + job->n_resolved + 1, sizeof *job->key);
	for (size_t i = 0; i < job->parts.n; i++)
		if (!says_nothing(job->parts.p[i].schema))
			job->key[job->n_key++] = job->parts.p[i].schema;
	for (size_t i = 0; i < job->n_resolved; i++)
		job->key[job->n_key++] = job->resolved[i];
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
	if (b->schema->n_nodes >= LIMIT_SCHEMA_NODES && job.n_key) {
		if (!b->is_full && job.parts.n)
			schema_note(b, &job.parts.p[0], "$schema",
				"too many parts: from here on any value is taken");
		b->is_full = true;
		return node_for(b, (struct job){ .ways = 1 });
	}
	if (b->n_jobs == b->cap_jobs) {
		b->cap_jobs = b->cap_jobs ? 2 * b->cap_jobs : FIRST_CAPACITY;
		b->jobs = must_realloc(b->jobs, b->cap_jobs * sizeof *b->jobs);
	}
	job.node = new_node(b->schema);
	b->slots[slot] = (uint32_t)b->n_jobs;
	b->jobs[b->n_jobs++] = job;
	if (2 * b->n_jobs > b->n_slots)
		grow_slots(b);
	return job.node;
}

static uint32_t node_of_parts(struct schema_build *b, const struct part_list *parts)
{
	return node_for(b, (struct job){ .parts = *parts, .ways = 1 });
}

static uint32_t node_of_own(struct schema_build *b, json_t *schema)
{
	json_array_append_new(b->owned, schema);
	struct part_list list = { 0 };
	part_add(b, &list, (struct part){ schema, NULL });
	return node_of_parts(b, &list);
}

/* A scalar node made at once. */
static uint32_t node_of_dfa(struct schema_build *b, const struct dfa *dfa)
{
	uint32_t n = new_node(b->schema);
	struct node *node = &b->schema->nodes[n];
	node->kind = NODE_SCALAR;
	node->scalar = (struct node_scalar){ .dfa = dfa, .home = DFA_NONE };
	return n;
}

/* Numbers of nodes under construction. */
struct ways {
	uint32_t *p;
	uint32_t n, cap;
};

static void ways_add(struct schema_build *b, struct ways *w, uint32_t node)
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

static void build_values(struct schema_build *b, const struct shape *shape, struct ways *out)
{
	struct str *words = arena_calloc(b->scratch, shape->n_values + 1, sizeof *words);
	size_t n_words = 0;
	for (size_t i = 0; i < shape->n_values; i++) {
		const json_t *value = shape->values[i];
		unsigned type = json_is_object(value) ? TYPE_OBJECT : TYPE_ARRAY;
		if (json_is_object(value) || json_is_array(value)) {
			if (shape->types & type)
				ways_add(b, out, node_of_own(b, schema_of_value(value)));
		} else if (scalar_fits(b, shape, value)) {
			struct str word = scalar_spell(b, value);
			if (word.n)
				words[n_words++] = word;
		}
	}
	const struct dfa *dfa = scalar_words(b, words, n_words);
	if (dfa)
		ways_add(b, out, node_of_dfa(b, dfa));
}

/* ---- scalars ---- */

static void build_constants(struct schema_build *b, const struct shape *shape, struct ways *out)
{
	struct str words[3];
	size_t n = 0;
	if (shape->types & TYPE_BOOL) {
		words[n++] = STR("false");
		words[n++] = STR("true");
	}
	if (shape->types & TYPE_NULL)
		words[n++] = STR("null");
	if (n)
		ways_add(b, out, node_of_dfa(b, scalar_words(b, words, n)));
}

static void build_string(struct schema_build *b, const struct shape *shape, struct ways *out)
{
	bool is_free;
	const struct dfa *inside = scalar_string(b, shape, &is_free);
	if (inside) {
		ways_add(b, out, node_of_dfa(b, dfa_quote(b->schema->mem, inside)));
	} else if (is_free && shape->min_chars <= shape->max_chars) {
		const struct dfa *any = scalar_any_string(b);
		uint32_t n = node_of_dfa(b, any);
		bool is_limited = shape->min_chars || shape->max_chars != SIZE_MAX;
		struct node_scalar *scalar = &b->schema->nodes[n].scalar;
		scalar->home = is_limited ? dfa_step(any, 0, '"') : DFA_NONE;
		scalar->min_chars = (uint32_t)shape->min_chars;
		scalar->max_chars =
			shape->max_chars > UINT32_MAX ? UINT32_MAX : (uint32_t)shape->max_chars;
		ways_add(b, out, n);
	}
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
static uint32_t item_node(struct schema_build *b, const struct shape *shape, size_t index)
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
	return node_of_parts(b, &parts);
}

static void build_array(struct schema_build *b, const struct shape *shape, struct ways *out)
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
		first[i] = item_node(b, shape, i);
	array.first = first;
	array.n_first = (uint32_t)n_first;
	array.rest = item_node(b, shape, SIZE_MAX);
	if (shape->min_items > shape->max_items)
		return;
	array.min_items = (uint32_t)shape->min_items;
	array.max_items = shape->max_items > UINT32_MAX ? UINT32_MAX : (uint32_t)shape->max_items;
	uint32_t n = new_node(b->schema);
	b->schema->nodes[n].kind = NODE_ARRAY;
	b->schema->nodes[n].array = array;
	ways_add(b, out, n);
}

/* ---- objects ---- */

/* The keys that the members name, in the order of the schema, while an object is built. */
struct naming {
	struct schema_build *b;
	const struct shape *shape;
	json_t *seen; /* name to number */
	struct named {
		const char *name;
		struct str spelled; /* without quotes */
		bool is_required;
		uint32_t position, node;
	} * names;
	size_t n, cap;
	bool too_many;
};

static void name_add(struct naming *g, const char *name, bool is_required)
{
	const json_t *at = json_object_get(g->seen, name);
	if (at) {
		struct named *known = &g->names[json_integer_value(at)];
		known->is_required = known->is_required || is_required;
		return;
	}
	if (g->n == LIMIT_SCHEMA_MEMBERS) {
		g->too_many = true;
		return;
	}
	if (g->n == g->cap) {
		g->cap = g->cap ? 2 * g->cap : 16;
		g->names = must_realloc(g->names, g->cap * sizeof *g->names);
	}
	json_t *text = json_string(name);
	struct str spelled = text ? scalar_spell(g->b, text) : (struct str){ 0 };
	json_decref(text);
	json_object_set_new(g->seen, name, json_integer((json_int_t)g->n));
	g->names[g->n] = (struct named){
		.name = name,
		.spelled = str_sub(spelled, 1, spelled.n - 1),
		.is_required = is_required,
		.position = (uint32_t)g->n,
	};
	g->n++;
}

/* Names from properties, then those only required, then those of a list of allowed names. */
static void collect_names(struct naming *g)
{
	const struct part_list *members = &g->shape->members;
	const char *key;
	json_t *value;
	size_t at;
	for (size_t i = 0; i < members->n; i++)
		json_object_foreach(json_object_get(members->p[i].schema, "properties"), key, value)
			name_add(g, key, false);
	for (size_t i = 0; i < members->n; i++)
		json_array_foreach(json_object_get(members->p[i].schema, "required"), at,
			value) if (json_is_string(value))
			name_add(g, json_string_value(value), true);
	for (size_t i = 0; i < members->n; i++) {
		json_t *names = json_object_get(members->p[i].schema, "propertyNames");
		json_array_foreach(
			json_object_get(names, "enum"), at, value) if (json_is_string(value))
			name_add(g, json_string_value(value), false);
	}
}

/* Adds what one member says about a key (NULL: any other key); true if it says anything. */
static void add_key_parts(struct naming *g, const struct part *member, const struct named *name,
	struct part_list *out)
{
	struct schema_build *b = g->b;
	bool is_matched = false;
	struct part properties = part_key(b, member, "properties");
	struct part patterns = part_key(b, member, "patternProperties");
	const char *key;
	json_t *value;
	if (name && json_object_get(properties.schema, name->name)) {
		part_add(b, out, part_key(b, &properties, name->name));
		is_matched = true;
	}
	json_object_foreach((json_t *)patterns.schema, key, value)
	{
		json_t *text = json_string(key);
		json_array_append_new(b->owned, text);
		struct part pattern = { text, place_key(b, patterns.place, key) };
		const struct dfa *d =
			name ? scalar_pattern(b, &pattern, "patternProperties") : NULL;
		if (d && dfa_takes(d, name->spelled)) {
			part_add(b, out, (struct part){ value, pattern.place });
			is_matched = true;
		}
	}
	struct part others = part_key(b, member, "additionalProperties");
	if (!is_matched && others.schema)
		part_add(b, out, others);
}

/* The one pattern of patternProperties, if it alone says which other keys there are. */
static bool single_pattern(
	struct naming *g, const struct part *member, struct part *pattern, struct part *value)
{
	struct part all = part_key(g->b, member, "patternProperties");
	void *iter = json_object_iter((json_t *)all.schema);
	if (json_object_size(all.schema) != 1 ||
		!json_is_false(json_object_get(member->schema, "additionalProperties")))
		return false;
	const char *key = json_object_iter_key(iter);
	json_t *text = json_string(key);
	json_array_append_new(g->b->owned, text);
	*pattern = (struct part){ text, place_key(g->b, all.place, key) };
	*value = (struct part){ json_object_iter_value(iter), pattern->place };
	return true;
}

/* Narrows the spelling of free names by one more automaton. */
static void narrow_names(struct naming *g, struct node_object *object, const struct dfa *inside,
	const struct part *part, const char *keyword)
{
	if (!inside)
		return;
	struct arena *mem = g->b->schema->mem;
	const struct dfa *names = dfa_quote(mem, inside);
	bool overflow = names->n_states > NAME_STATES_MAX;
	if (!overflow && object->free_is_endless)
		names = dfa_intersect(mem, object->free_names, names, NAME_STATES_MAX, &overflow);
	if (overflow) {
		schema_note(g->b, part, keyword, "it takes too many states");
		return;
	}
	object->free_names = names;
	object->free_is_endless = names ? dfa_endless(mem, names) : NULL;
}

static void read_property_names(
	struct naming *g, struct node_object *object, const struct part *names)
{
	struct part_list one = { 0 };
	struct shape shape;
	part_add(g->b, &one, *names);
	shape_read(g->b, &one, NULL, 0, &shape);
	if (shape.is_impossible || (shape.has_values && shape.n_values)) {
		/* Those of a list are named keys already. */
		object->free_names = NULL;
		return;
	}
	if (shape.choices.n)
		schema_note(g->b, names, "propertyNames", "alternatives are not enforced");
	bool is_free;
	const struct dfa *inside = scalar_string(g->b, &shape, &is_free);
	if (is_free && (shape.min_chars || shape.max_chars != SIZE_MAX))
		schema_note(g->b, names, "propertyNames", "lengths are not enforced");
	narrow_names(g, object, inside, names, "propertyNames");
}

/* The node and the spelling of keys that are not named. */
static void build_free_keys(struct naming *g, struct node_object *object)
{
	struct schema_build *b = g->b;
	struct part_list parts = { 0 };
	bool is_said = false;
	object->free_names = scalar_any_name(b);
	for (size_t i = 0; i < g->shape->members.n && object->free_names; i++) {
		const struct part *member = &g->shape->members.p[i];
		struct part pattern, value;
		struct part patterns = part_key(b, member, "patternProperties");
		struct part names = part_key(b, member, "propertyNames");
		struct part rest = part_key(b, member, "unevaluatedProperties");
		if (names.schema)
			read_property_names(g, object, &names);
		if (single_pattern(g, member, &pattern, &value)) {
			const struct dfa *d = scalar_pattern(b, &pattern, "patternProperties");
			narrow_names(g, object, d, &pattern, "patternProperties");
			part_add(b, &parts, value);
		} else if (json_object_size(patterns.schema)) {
			schema_note(b, &patterns, "patternProperties",
				"enforced only alone and with additionalProperties: false");
		} else {
			add_key_parts(g, member, NULL, &parts);
		}
		is_said = is_said || patterns.schema || rest.schema ||
			  json_object_get(member->schema, "additionalProperties");
		if (rest.schema && !json_object_get(member->schema, "additionalProperties"))
			part_add(b, &parts, rest);
	}
	bool is_closed = !is_said && g->n && b->schema->options.unsaid == SCHEMA_UNSAID_CLOSED;
	object->free = is_closed || !object->free_names ? SCHEMA_NONE : node_of_parts(b, &parts);
}

static int by_spelling(const void *a, const void *b)
{
	return str_cmp(((const struct named *)a)->spelled, ((const struct named *)b)->spelled);
}

/* Sorts the names by spelling and lays the tables of keys. */
static void lay_keys(struct naming *g, struct node_object *object)
{
	struct arena *mem = g->b->schema->mem;
	struct str *words = arena_calloc(g->b->scratch, g->n + 1, sizeof *words);
	struct node_key *keys = arena_calloc(mem, g->n + 1, sizeof *keys);
	uint32_t *by_position = arena_calloc(mem, g->n + 1, sizeof *by_position);
	object->n_words = (uint32_t)((g->n + 63) / 64);
	uint64_t *required = arena_calloc(mem, object->n_words + 1, sizeof *required);
	size_t states = 1;
	if (g->n)
		qsort(g->names, g->n, sizeof *g->names, by_spelling);
	for (uint32_t i = 0; i < g->n; i++) {
		const struct named *name = &g->names[i];
		words[i] = name->spelled;
		states += name->spelled.n;
		keys[i] = (struct node_key){ name->node, name->position, name->is_required };
		by_position[name->position] = i;
		if (name->is_required)
			required[i / 64] |= UINT64_C(1) << i % 64;
	}
	object->keys = keys;
	object->by_position = by_position;
	object->required = required;
	object->n_keys = (uint32_t)g->n;
	if (g->n)
		object->names = dfa_of_words(mem, words, g->n, states, &object->spans);
}

/* Whether one schema for names (propertyNames) takes the name. */
static bool names_take(struct schema_build *b, const struct part *names, const char *name)
{
	struct part_list one = { 0 };
	struct shape shape;
	part_add(b, &one, *names);
	shape_read(b, &one, NULL, 0, &shape);
	json_t *text = json_string(name);
	bool is_taken = !shape.is_impossible && scalar_fits(b, &shape, text);
	bool is_listed = !shape.has_values;
	for (size_t i = 0; i < shape.n_values && !is_listed; i++)
		is_listed = json_equal(shape.values[i], text);
	json_decref(text);
	return is_taken && is_listed;
}

static uint32_t named_node(struct naming *g, const struct named *name)
{
	struct part_list parts = { 0 };
	for (size_t i = 0; i < g->shape->members.n; i++) {
		const struct part *member = &g->shape->members.p[i];
		struct part names = part_key(g->b, member, "propertyNames");
		add_key_parts(g, member, name, &parts);
		if (names.schema && !names_take(g->b, &names, name->name))
			part_add(g->b, &parts, (struct part){ json_false(), names.place });
	}
	return node_of_parts(g->b, &parts);
}

static void build_object(struct schema_build *b, const struct shape *shape, struct ways *out)
{
	struct naming g = { .b = b, .shape = shape, .seen = json_object() };
	struct node_object object = {
		.any_order = b->schema->options.order == SCHEMA_ANY_ORDER,
		.min_members = (uint32_t)shape->min_members,
		.max_members =
			shape->max_members > UINT32_MAX ? UINT32_MAX : (uint32_t)shape->max_members,
	};
	collect_names(&g);
	if (g.too_many)
		schema_note(b, &shape->members.p[0], "properties", "too many names");
	for (size_t i = 0; i < g.n; i++)
		g.names[i].node = named_node(&g, &g.names[i]);
	build_free_keys(&g, &object);
	lay_keys(&g, &object);
	json_decref(g.seen);
	free(g.names);
	if (object.min_members > object.max_members)
		return;
	uint32_t n = new_node(b->schema);
	b->schema->nodes[n].kind = NODE_OBJECT;
	b->schema->nodes[n].object = object;
	ways_add(b, out, n);
}

/* ---- the queue ---- */

static void build_shape(struct schema_build *b, const struct shape *shape, struct ways *out)
{
	if (shape->has_values) {
		build_values(b, shape, out);
		return;
	}
	build_constants(b, shape, out);
	if (shape->types & TYPE_NUMBER) {
		const struct dfa *number = scalar_number(b, shape);
		if (number)
			ways_add(b, out, node_of_dfa(b, number));
	}
	if (shape->types & TYPE_STRING)
		build_string(b, shape, out);
	if (shape->types & TYPE_ARRAY)
		build_array(b, shape, out);
	if (shape->types & TYPE_OBJECT)
		build_object(b, shape, out);
}

/* Adds one way of a choice to a job and marks the choice as made; SIZE_MAX leaves it out. */
static uint32_t resolve(
	struct schema_build *b, const struct job *job, const struct part *choice, size_t way)
{
	struct job next = { .ways = job->ways, .n_resolved = job->n_resolved + 1 };
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
		ways_add(b, out, resolve(b, job, choice, SIZE_MAX));
		return;
	}
	for (size_t i = 0; i < n; i++)
		ways_add(b, out, resolve(b, job, choice, i));
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
			build_shape(b, &shape, &ways);
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
	struct schema_root root = { .node = node_of_parts(b, &parts) };
	root.fallback = node_of_own(
		b, top == SCHEMA_TOP_OBJECT ? json_pack("{s:s}", "type", "object") : json_object());
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
