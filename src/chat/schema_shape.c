/*
 * schema_shape.c - what several schemas say together about one value; see schema_shape.h.
 *
 * One row a keyword: who reads it, or why it is not enforced. Keywords about members and items are
 * read later, from the members, because what they mean depends on the key.
 */
#include "chat/schema_shape.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const char not_enforced[] = "not enforced";

void part_add(struct schema_build *b, struct part_list *list, struct part part)
{
	if (list->n == list->cap) {
		size_t cap = list->cap ? 2 * list->cap : 4;
		struct part *more = arena_calloc(b->scratch, cap, sizeof *more);
		if (list->n)
			memcpy(more, list->p, list->n * sizeof *more);
		list->p = more;
		list->cap = cap;
	}
	list->p[list->n++] = part;
}

const struct place *place_key(struct schema_build *b, const struct place *up, const char *key)
{
	struct place *p = arena_alloc(b->scratch, sizeof *p);
	*p = (struct place){ up, key, 0 };
	return p;
}

const struct place *place_item(struct schema_build *b, const struct place *up, size_t index)
{
	struct place *p = arena_alloc(b->scratch, sizeof *p);
	*p = (struct place){ up, NULL, index };
	return p;
}

struct part part_key(struct schema_build *b, const struct part *part, const char *key)
{
	const json_t *value = json_object_get(part->schema, key);
	return (struct part){ value, value ? place_key(b, part->place, key) : NULL };
}

static void place_text(const struct place *place, struct buf *out)
{
	if (!place) {
		buf_add_char(out, '#');
		return;
	}
	place_text(place->up, out);
	if (place->key)
		buf_printf(out, "/%s", place->key);
	else
		buf_printf(out, "/%zu", place->index);
}

enum { PLACE_BYTES = 4096 };

void schema_note(
	struct schema_build *b, const struct part *part, const char *keyword, const char *why)
{
	struct schema *s = b->schema;
	for (size_t i = 0; i < s->n_notes; i++)
		if (b->noted[i] == part->schema && !strcmp(s->notes[i].keyword, keyword))
			return;
	if (s->n_notes == LIMIT_SCHEMA_NOTES)
		return;
	struct buf path;
	buf_init(&path, PLACE_BYTES);
	place_text(part->place, &path);
	b->noted[s->n_notes] = part->schema;
	s->notes[s->n_notes++] = (struct schema_note){
		.root = b->root_name,
		.path = arena_str(s->mem, buf_str(&path)),
		.keyword = keyword,
		.why = why,
	};
	buf_clear(&path);
}

/* ---- the keywords ---- */

struct keyword {
	struct schema_build *build;
	struct shape *shape;
	const struct part *part; /* the schema it stands in */
	const json_t *value;
};

static void note(const struct keyword *k, const char *keyword, const char *why)
{
	schema_note(k->build, k->part, keyword, why);
}

static unsigned type_named(struct str name)
{
	static const struct {
		const char *name;
		unsigned types;
	} rows[] = {
		{ "null", TYPE_NULL },
		{ "boolean", TYPE_BOOL },
		{ "integer", TYPE_INTEGER },
		{ "number", TYPE_NUMBER },
		{ "string", TYPE_STRING },
		{ "array", TYPE_ARRAY },
		{ "object", TYPE_OBJECT },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_eq_nocase(name, str_z(rows[i].name)))
			return rows[i].types;
	return 0;
}

unsigned shape_types(const json_t *type)
{
	unsigned types = json_is_string(type) ? type_named(js_text(type)) : 0;
	for (size_t i = 0; i < json_array_size(type); i++)
		types |= type_named(js_text(json_array_get(type, i)));
	return types;
}

static void read_type(const struct keyword *k)
{
	unsigned types = shape_types(k->value);
	if (!types) {
		note(k, "type", "no type that is known");
		return;
	}
	if (json_is_true(json_object_get(k->part->schema, "nullable")))
		types |= TYPE_NULL;
	k->shape->types &= types;
}

/* Keeps of the values so far those that are also among these. */
static void keep_values(const struct keyword *k, const json_t *const *values, size_t n)
{
	struct shape *s = k->shape;
	const json_t **kept = arena_calloc(k->build->scratch, n + 1, sizeof *kept);
	size_t n_kept = 0;
	for (size_t i = 0; i < n; i++) {
		bool is_kept = !s->has_values;
		for (size_t old = 0; old < s->n_values && !is_kept; old++)
			is_kept = json_equal(s->values[old], values[i]);
		if (is_kept)
			kept[n_kept++] = values[i];
	}
	s->has_values = true;
	s->values = kept;
	s->n_values = n_kept;
}

static void read_const(const struct keyword *k)
{
	keep_values(k, (const json_t *const *)&k->value, 1);
}

static void read_enum(const struct keyword *k)
{
	size_t n = json_array_size(k->value);
	if (!json_is_array(k->value)) {
		note(k, "enum", "should be an array");
		return;
	}
	const json_t **values = arena_calloc(k->build->scratch, n + 1, sizeof *values);
	size_t bytes = 0;
	for (size_t i = 0; i < n; i++) {
		values[i] = json_array_get(k->value, i);
		bytes += 8 + (json_is_string(values[i]) ? json_string_length(values[i]) : 0);
	}
	if (bytes > LIMIT_SCHEMA_WORDS_BYTES)
		note(k, "enum", "too many bytes of values");
	else
		keep_values(k, values, n);
}

bool shape_decimal(const json_t *value, struct decimal *out)
{
	if (json_is_integer(value))
		return decimal_of_int(json_integer_value(value), out);
	return json_is_real(value) && decimal_of_double(json_real_value(value), out);
}

static void tighten_lo(struct shape *s, struct number_bound bound)
{
	int order = s->has_lo ? decimal_cmp(&bound.value, &s->lo.value) : 1;
	if (order > 0 || (order == 0 && bound.is_exclusive))
		s->lo = bound;
	s->has_lo = true;
}

static void tighten_hi(struct shape *s, struct number_bound bound)
{
	int order = s->has_hi ? decimal_cmp(&bound.value, &s->hi.value) : -1;
	if (order < 0 || (order == 0 && bound.is_exclusive))
		s->hi = bound;
	s->has_hi = true;
}

static void read_bound(const struct keyword *k, const char *name, const char *exclusive_name,
	bool is_exclusive, void (*tighten)(struct shape *s, struct number_bound bound))
{
	struct number_bound bound = { .is_exclusive = is_exclusive };
	/* The older spelling: true or false beside the bound. */
	if (json_is_boolean(k->value))
		return;
	if (!is_exclusive)
		bound.is_exclusive = json_is_true(json_object_get(k->part->schema, exclusive_name));
	if (shape_decimal(k->value, &bound.value))
		tighten(k->shape, bound);
	else
		note(k, is_exclusive ? exclusive_name : name, "not a number of up to 24 digits");
}

static void read_minimum(const struct keyword *k)
{
	read_bound(k, "minimum", "exclusiveMinimum", false, tighten_lo);
}

static void read_exclusive_minimum(const struct keyword *k)
{
	read_bound(k, "minimum", "exclusiveMinimum", true, tighten_lo);
}

static void read_maximum(const struct keyword *k)
{
	read_bound(k, "maximum", "exclusiveMaximum", false, tighten_hi);
}

static void read_exclusive_maximum(const struct keyword *k)
{
	read_bound(k, "maximum", "exclusiveMaximum", true, tighten_hi);
}

static void read_multiple(const struct keyword *k)
{
	if (json_is_integer(k->value) && json_integer_value(k->value) == 1)
		k->shape->types &= ~(unsigned)TYPE_FRACTION;
	else
		part_add(k->build, &k->shape->steps, *k->part);
}

/* A count, as 3 or as 3.0. */
static bool read_count(const struct keyword *k, size_t *out)
{
	double value = json_number_value(k->value);
	if (!json_is_number(k->value) || value < 0 || value != floor(value))
		return false;
	*out = value > UINT32_MAX / 2 ? UINT32_MAX / 2 : (size_t)value;
	return true;
}

static void read_least(const struct keyword *k, size_t *least)
{
	size_t count;
	if (read_count(k, &count) && count > *least)
		*least = count;
}

static void read_most(const struct keyword *k, size_t *most)
{
	size_t count;
	if (read_count(k, &count) && count < *most)
		*most = count;
}

static void read_min_length(const struct keyword *k)
{
	read_least(k, &k->shape->min_chars);
}

static void read_max_length(const struct keyword *k)
{
	read_most(k, &k->shape->max_chars);
}

static void read_min_items(const struct keyword *k)
{
	read_least(k, &k->shape->min_items);
}

static void read_max_items(const struct keyword *k)
{
	read_most(k, &k->shape->max_items);
}

static void read_min_properties(const struct keyword *k)
{
	read_least(k, &k->shape->min_members);
}

static void read_max_properties(const struct keyword *k)
{
	read_most(k, &k->shape->max_members);
}

static void read_string(const struct keyword *k, const char *name, struct part_list *list)
{
	if (json_is_string(k->value))
		part_add(k->build, list,
			(struct part){ k->value, place_key(k->build, k->part->place, name) });
	else
		note(k, name, "should be a string");
}

static void read_pattern(const struct keyword *k)
{
	read_string(k, "pattern", &k->shape->patterns);
}

static void read_format(const struct keyword *k)
{
	read_string(k, "format", &k->shape->formats);
}

static void read_unique(const struct keyword *k)
{
	if (json_is_true(k->value))
		note(k, "uniqueItems", not_enforced);
}

static const struct keyword_row {
	const char *name;
	void (*read)(const struct keyword *k);
	const char *why; /* not NULL: noted when it occurs */
} keyword_rows[] = {
	{ "type", read_type, NULL },
	{ "const", read_const, NULL },
	{ "enum", read_enum, NULL },
	{ "minimum", read_minimum, NULL },
	{ "exclusiveMinimum", read_exclusive_minimum, NULL },
	{ "maximum", read_maximum, NULL },
	{ "exclusiveMaximum", read_exclusive_maximum, NULL },
	{ "multipleOf", read_multiple, NULL },
	{ "minLength", read_min_length, NULL },
	{ "maxLength", read_max_length, NULL },
	{ "pattern", read_pattern, NULL },
	{ "format", read_format, NULL },
	{ "minItems", read_min_items, NULL },
	{ "maxItems", read_max_items, NULL },
	{ "uniqueItems", read_unique, NULL },
	{ "minProperties", read_min_properties, NULL },
	{ "maxProperties", read_max_properties, NULL },
	{ "divisibleBy", NULL, not_enforced },
	{ "maxDecimal", NULL, not_enforced },
	{ "not", NULL, not_enforced },
	{ "disallow", NULL, not_enforced },
	{ "extends", NULL, not_enforced },
	{ "if", NULL, not_enforced },
	{ "contains", NULL, not_enforced },
	{ "dependentRequired", NULL, not_enforced },
	{ "dependentSchemas", NULL, not_enforced },
	{ "dependencies", NULL, not_enforced },
	{ "unevaluatedItems", NULL, not_enforced },
	{ "$dynamicRef", NULL, "references that depend on the way are not followed" },
	{ "$recursiveRef", NULL, "references that depend on the way are not followed" },
};

static void read_keywords(struct schema_build *b, struct shape *out, const struct part *part)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)part->schema, key, value)
	{
		const struct keyword k = { b, out, part, value };
		for (size_t i = 0; i < sizeof keyword_rows / sizeof *keyword_rows; i++) {
			if (strcmp(key, keyword_rows[i].name))
				continue;
			if (keyword_rows[i].read)
				keyword_rows[i].read(&k);
			else
				note(&k, keyword_rows[i].name, keyword_rows[i].why);
			break;
		}
	}
}

/* ---- references ---- */

/* One token of a JSON pointer in a URI fragment: ~0, ~1 and %HH undone. */
static char *pointer_token(struct schema_build *b, struct str token)
{
	char *out = arena_alloc(b->scratch, token.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < token.n; i++) {
		char c = token.p[i];
		unsigned byte = 0;
		if (c == '%' && i + 2 < token.n &&
			sscanf((char[]){ token.p[i + 1], token.p[i + 2], 0 }, "%2x", &byte) == 1) {
			c = (char)byte;
			i += 2;
		} else if (c == '~' && i + 1 < token.n) {
			c = token.p[++i] == '1' ? '/' : '~';
		}
		out[n++] = c;
	}
	out[n] = 0;
	return out;
}

/* Follows "#/a/b" in the document; schema NULL if nothing is there. */
static struct part follow_pointer(struct schema_build *b, struct str pointer)
{
	struct part at = { b->document, NULL };
	struct str token;
	str_cut(&pointer, '/', &token); /* what stands before the first slash: nothing */
	while (at.schema && str_cut(&pointer, '/', &token)) {
		char *key = pointer_token(b, token);
		uint64_t index;
		if (json_is_array(at.schema) && str_to_u64(str_z(key), &index)) {
			at.place = place_item(b, at.place, index);
			at.schema = json_array_get(at.schema, index);
		} else {
			at.place = place_key(b, at.place, key);
			at.schema = json_object_get(at.schema, key);
		}
	}
	return at;
}

/* A named anchor: looked for among the definitions only. */
static struct part follow_anchor(struct schema_build *b, struct str name)
{
	static const char *const homes[] = { "$defs", "definitions" };
	struct part root = { b->document, NULL };
	for (size_t i = 0; i < sizeof homes / sizeof *homes; i++) {
		struct part home = part_key(b, &root, homes[i]);
		const char *key;
		json_t *value;
		json_object_foreach((json_t *)home.schema, key,
			value) if (str_eq(js_text_of(value, "$anchor"), name) ||
				   str_eq(js_text_of(value, "$id"), name)) return (struct part){
			value, place_key(b, home.place, key)
		};
	}
	return (struct part){ NULL, NULL };
}

static struct part follow_reference(struct schema_build *b, struct str ref)
{
	struct str own = js_text_of(b->document, "$id");
	if (own.n && str_starts(ref, own))
		ref = str_from(ref, own.n);
	if (!str_starts(ref, STR("#")))
		return follow_anchor(b, ref);
	struct str rest = str_from(ref, 1);
	if (!rest.n || rest.p[0] == '/')
		return follow_pointer(b, rest);
	return follow_anchor(b, rest);
}

/* ---- expansion ---- */

static bool is_in(const struct part_list *list, const json_t *schema)
{
	for (size_t i = 0; i < list->n; i++)
		if (list->p[i].schema == schema)
			return true;
	return false;
}

static void add_reference(struct schema_build *b, struct part_list *todo, const struct part *part)
{
	const json_t *ref = json_object_get(part->schema, "$ref");
	if (!json_is_string(ref))
		return;
	struct part target = follow_reference(b, js_text(ref));
	if (target.schema)
		part_add(b, todo, target);
	else
		schema_note(b, part, "$ref", "it leads nowhere in this document");
}

static void add_all_of(struct schema_build *b, struct part_list *todo, const struct part *part)
{
	struct part all = part_key(b, part, "allOf");
	for (size_t i = 0; i < json_array_size(all.schema); i++)
		part_add(b, todo,
			(struct part){
				json_array_get(all.schema, i), place_item(b, all.place, i) });
}

static void add_choices(struct schema_build *b, struct shape *out, const struct part *part,
	const json_t *const *resolved, size_t n_resolved)
{
	static const char *const names[] = { "anyOf", "oneOf" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct part ways = part_key(b, part, names[i]);
		bool is_open = json_is_array(ways.schema) && json_array_size(ways.schema);
		for (size_t k = 0; k < n_resolved && is_open; k++)
			is_open = resolved[k] != ways.schema;
		if (is_open && !is_in(&out->choices, ways.schema))
			part_add(b, &out->choices, ways);
	}
}

void shape_read(struct schema_build *b, const struct part_list *parts,
	const json_t *const *resolved, size_t n_resolved, struct shape *out)
{
	*out = (struct shape){
		.types = TYPE_ALL,
		.max_chars = SIZE_MAX,
		.max_items = SIZE_MAX,
		.max_members = SIZE_MAX,
	};
	struct part_list todo = { 0 };
	for (size_t i = 0; i < parts->n; i++)
		part_add(b, &todo, parts->p[i]);
	for (size_t i = 0; i < todo.n && out->members.n < LIMIT_SCHEMA_MEMBERS; i++) {
		struct part part = todo.p[i];
		if (json_is_false(part.schema))
			out->is_impossible = true;
		if (!json_is_object(part.schema) || is_in(&out->members, part.schema))
			continue;
		part_add(b, &out->members, part);
		add_reference(b, &todo, &part);
		add_all_of(b, &todo, &part);
		add_choices(b, out, &part, resolved, n_resolved);
		read_keywords(b, out, &part);
	}
}
