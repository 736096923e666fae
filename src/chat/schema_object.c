/*
 * schema_object.c - what schemas say about the members of an object, as a node; see schema_shape.h.
 *
 * Named keys are those of properties, of required and of a list of allowed names; what each may
 * hold is what every schema says about it, by name, by pattern or as "any other". All other keys
 * share one value and one spelling.
 */
#include <stdlib.h>

#include "base/must.h"
#include "chat/schema_form.h"
#include "chat/schema_shape.h"

/* States of free names that a pattern limits: they are searched in depth (schema_key.c). */
enum { NAME_STATES_MAX = 1000 };

/* The keys that the members name, in the order of the schema, while an object is built. */
struct naming {
	struct schema_build *b;
	const struct shape *shape;
	const struct spot *spot;
	const struct node_form *form;
	json_t *seen; /* name to number */
	struct named {
		const char *name;
		struct str spelled; /* in JSON, without quotes */
		struct str written; /* as the form has it */
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
		MUST(g->names);
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
	struct str written = form_key(g->b, g->form, name);
	if (!written.p) {
		schema_note(g->b, &g->shape->members.p[0], "properties",
			"a name that this syntax cannot hold is left out");
		return;
	}
	struct str spelled = scalar_quote(g->b, str_z(name), '"');
	json_object_set_new(g->seen, name, json_integer((json_int_t)g->n));
	g->names[g->n] = (struct named){
		.name = name,
		.spelled = str_sub(spelled, 1, spelled.n - 1),
		.written = written,
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
			name ? scalar_pattern(b, &pattern, "patternProperties", LETTERS_DOUBLE)
			     : NULL;
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
	bool overflow;
	const struct dfa *names = form_key_of(g->b, g->form, inside, &overflow);
	if (!overflow && names)
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
	const struct dfa *inside = scalar_string(g->b, &shape, form_key_letters(g->form), &is_free);
	if (is_free && (shape.min_chars || shape.max_chars != SIZE_MAX))
		schema_note(g->b, names, "propertyNames", "lengths are not enforced");
	narrow_names(g, object, inside, names, "propertyNames");
}

/* The node and the spelling of keys that are not named. */
static void build_free_keys(struct naming *g, struct node_object *object)
{
	struct schema_build *b = g->b;
	struct part_list parts = { 0 };
	bool is_said = false, is_naming = g->n > 0;
	object->free_names = form_any_key(b, g->form);
	if (g->form->behind_key.n) {
		object->key_words = KEY_WORDS;
		object->free_is_endless = dfa_endless(b->schema->mem, object->free_names);
	}
	for (size_t i = 0; i < g->shape->members.n && object->free_names; i++) {
		const struct part *member = &g->shape->members.p[i];
		struct part pattern, value;
		struct part patterns = part_key(b, member, "patternProperties");
		struct part names = part_key(b, member, "propertyNames");
		struct part rest = part_key(b, member, "unevaluatedProperties");
		if (names.schema)
			read_property_names(g, object, &names);
		if (single_pattern(g, member, &pattern, &value)) {
			const struct dfa *d = scalar_pattern(
				b, &pattern, "patternProperties", form_key_letters(g->form));
			narrow_names(g, object, d, &pattern, "patternProperties");
			part_add(b, &parts, value);
		} else if (json_object_size(patterns.schema)) {
			schema_note(b, &patterns, "patternProperties",
				"enforced only alone and with additionalProperties: false");
		} else {
			add_key_parts(g, member, NULL, &parts);
		}
		is_naming = is_naming || json_object_get(member->schema, "properties");
		is_said = is_said || patterns.schema || rest.schema ||
			  json_object_get(member->schema, "additionalProperties");
		if (rest.schema && !json_object_get(member->schema, "additionalProperties"))
			part_add(b, &parts, rest);
	}
	bool is_closed = !is_said && is_naming && b->schema->options.unsaid == SCHEMA_UNSAID_CLOSED;
	const struct spot *spot = spot_of_member(b, g->spot, (struct str){ 0 });
	bool is_open = !is_closed && object->free_names;
	object->free = is_open ? build_parts(b, &parts, spot) : SCHEMA_NONE;
}

static int by_spelling(const void *a, const void *b)
{
	return str_cmp(((const struct named *)a)->written, ((const struct named *)b)->written);
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
		words[i] = name->written;
		states += name->written.n;
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
	return build_parts(g->b, &parts, spot_of_member(g->b, g->spot, str_z(name->name)));
}

/* The objects in one form. */
static void build_in_form(struct schema_build *b, const struct shape *shape,
	const struct spot *spot, const struct node_form *form, struct ways *out)
{
	struct naming g = {
		.b = b, .shape = shape, .spot = spot, .form = form, .seen = json_object()
	};
	struct node_object object = {
		.any_order = b->schema->options.order == SCHEMA_ANY_ORDER,
		.key_end = form->key_end,
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
	uint32_t n = build_new_node(b->schema);
	b->schema->nodes[n].kind = NODE_OBJECT;
	b->schema->nodes[n].form = form;
	b->schema->nodes[n].object = object;
	build_way(b, out, n);
}

void build_object(struct schema_build *b, const struct shape *shape, const struct spot *spot,
	struct ways *out)
{
	const struct forms *f = b->schema->forms;
	if (spot && spot->is_top) {
		build_in_form(b, shape, spot, f->top, out);
	} else if (spot) {
		build_in_form(b, shape, spot, spot->elements, out);
	} else {
		build_in_form(b, shape, NULL, f->objects[0], out);
		if (f->objects[1])
			build_in_form(b, shape, NULL, f->objects[1], out);
	}
}
