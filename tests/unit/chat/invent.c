/*
 * invent.c - random JSON Schemas and random values; see invent.h.
 */
#include "invent.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"

enum { DEFINITIONS = 3, SCHEMA_DEPTH = 3, VALUE_DEPTH = 6, TEXT_BYTES = 64 };

static const char *const words[] = { "", "a", "ab", "abc", "b", "name", "na", "\xc3\xa9", "k\"q",
	"x y", "\xf0\x9f\x98\x80", "line\n", "back\\", "12", "abba" };
static const char *const patterns[] = { "^a", "b$", "^[a-z]*$", "^(ab|ba)*$", "a.c", "^.{2,4}$",
	"[^a]", "^\\w+$", "^\\d{2}$", "" };

#define PICK(r, list) ((list)[walk_below(r, sizeof(list) / sizeof *(list))])

static bool coin(struct walk_random *r, uint64_t of)
{
	return walk_below(r, of) == 0;
}

static json_t *invent_scalar(struct walk_random *r)
{
	static const double reals[] = { 0.5, -1.25, 12.75, 0.1, -0.001, 99.99 };
	switch (walk_below(r, 6)) {
	case 0: return json_null();
	case 1: return json_boolean(coin(r, 2));
	case 2: return json_integer((json_int_t)walk_below(r, 40) - 20);
	case 3: return json_real(PICK(r, reals));
	default: return json_string(PICK(r, words));
	}
}

static void set(json_t *schema, const char *key, json_t *value)
{
	json_object_set_new(schema, key, value);
}

static json_t *invent_part(struct walk_random *r, int depth);

static void add_number(struct walk_random *r, json_t *schema)
{
	static const double steps[] = { 2, 3, 10, 0.5, 0.25 };
	json_int_t lo = (json_int_t)walk_below(r, 60) - 30,
		   span = (json_int_t)walk_below(r, 40) + 2;
	bool is_real = coin(r, 3);
	if (coin(r, 2))
		set(schema, coin(r, 3) ? "exclusiveMinimum" : "minimum",
			is_real ? json_real((double)lo + 0.25) : json_integer(lo));
	if (coin(r, 2))
		set(schema, coin(r, 3) ? "exclusiveMaximum" : "maximum",
			is_real ? json_real((double)(lo + span) - 0.125) : json_integer(lo + span));
	if (coin(r, 4))
		set(schema, "multipleOf", json_real(PICK(r, steps)));
}

static void add_string(struct walk_random *r, json_t *schema)
{
	if (coin(r, 3))
		set(schema, "pattern", json_string(PICK(r, patterns)));
	if (coin(r, 3))
		set(schema, "minLength", json_integer((json_int_t)walk_below(r, 3)));
	if (coin(r, 3))
		set(schema, "maxLength", json_integer((json_int_t)walk_below(r, 4) + 2));
}

static void add_object(struct walk_random *r, json_t *schema, int depth)
{
	json_t *properties = json_object(), *required = json_array();
	for (uint64_t i = walk_below(r, 4); i > 0; i--) {
		const char *name = PICK(r, words);
		set(properties, name, invent_part(r, depth - 1));
		if (coin(r, 2))
			json_array_append_new(required, json_string(name));
	}
	if (coin(r, 8))
		json_array_append_new(required, json_string(PICK(r, words)));
	set(schema, "properties", properties);
	set(schema, "required", required);
	if (coin(r, 2))
		set(schema, "additionalProperties",
			coin(r, 2) ? json_false() : invent_part(r, depth - 1));
	if (coin(r, 5))
		set(schema, "minProperties", json_integer((json_int_t)walk_below(r, 3)));
	if (coin(r, 5))
		set(schema, "maxProperties", json_integer((json_int_t)walk_below(r, 3) + 1));
}

static void add_map(struct walk_random *r, json_t *schema, int depth)
{
	if (coin(r, 2)) {
		set(schema, "propertyNames", json_pack("{s:s}", "pattern", PICK(r, patterns)));
		set(schema, "additionalProperties", invent_part(r, depth - 1));
	} else {
		json_t *by_pattern = json_object();
		set(by_pattern, PICK(r, patterns), invent_part(r, depth - 1));
		set(schema, "patternProperties", by_pattern);
		set(schema, "additionalProperties", json_false());
	}
}

static void add_array(struct walk_random *r, json_t *schema, int depth)
{
	if (coin(r, 4)) {
		json_t *first = json_array();
		for (uint64_t i = walk_below(r, 3) + 1; i > 0; i--)
			json_array_append_new(first, invent_part(r, depth - 1));
		set(schema, "prefixItems", first);
	}
	if (coin(r, 2))
		set(schema, "items", coin(r, 5) ? json_false() : invent_part(r, depth - 1));
	if (coin(r, 3))
		set(schema, "minItems", json_integer((json_int_t)walk_below(r, 3)));
	if (coin(r, 3))
		set(schema, "maxItems", json_integer((json_int_t)walk_below(r, 3) + 1));
}

static json_t *invent_several(struct walk_random *r, int depth)
{
	json_t *parts = json_array();
	for (uint64_t i = walk_below(r, 2) + 2; i > 0; i--)
		json_array_append_new(parts, invent_part(r, depth - 1));
	return parts;
}

static json_t *invent_typed(struct walk_random *r, int depth)
{
	json_t *schema = json_object();
	switch (walk_below(r, 9)) {
	case 0: set(schema, "type", json_string(coin(r, 2) ? "null" : "boolean")); break;
	case 1:
		set(schema, "type", json_string("integer"));
		add_number(r, schema);
		break;
	case 2:
		set(schema, "type", json_string("number"));
		add_number(r, schema);
		break;
	case 3:
		set(schema, "type", json_pack("[s, s]", "string", coin(r, 2) ? "null" : "integer"));
		add_string(r, schema);
		break;
	case 4:
		set(schema, "type", json_string("string"));
		add_string(r, schema);
		break;
	case 5:
		set(schema, "type", json_string("array"));
		add_array(r, schema, depth);
		break;
	case 6:
		set(schema, "type", json_string("object"));
		add_map(r, schema, depth);
		break;
	default: set(schema, "type", json_string("object")); add_object(r, schema, depth);
	}
	return schema;
}

static json_t *invent_reference(struct walk_random *r)
{
	char name[TEXT_BYTES];
	snprintf(name, sizeof name, "#/$defs/d%d", (int)walk_below(r, DEFINITIONS));
	return json_pack("{s:s}", "$ref", name);
}

static json_t *invent_part(struct walk_random *r, int depth)
{
	json_t *schema;
	switch (depth <= 0 ? walk_below(r, 5) : walk_below(r, 16)) {
	case 0: return json_true();
	case 1:
		schema = json_pack("{s:[]}", "enum");
		for (uint64_t i = walk_below(r, 4) + 1; i > 0; i--)
			json_array_append_new(json_object_get(schema, "enum"), invent_scalar(r));
		return schema;
	case 2: return json_pack("{s:o}", "const", invent_scalar(r));
	case 3: return invent_reference(r);
	case 4: return json_pack("{s:s}", "type", coin(r, 2) ? "string" : "integer");
	case 5: return json_pack("{s:o}", "anyOf", invent_several(r, depth));
	case 6: return json_pack("{s:o}", "allOf", invent_several(r, depth));
	case 7:
		schema = invent_typed(r, depth);
		set(schema, coin(r, 2) ? "anyOf" : "oneOf", invent_several(r, depth));
		return schema;
	default: return invent_typed(r, depth);
	}
}

json_t *invent_schema(struct walk_random *r)
{
	json_t *document = json_object(), *definitions = json_object();
	for (int i = 0; i < DEFINITIONS; i++) {
		char name[TEXT_BYTES];
		snprintf(name, sizeof name, "d%d", i);
		set(definitions, name, invent_typed(r, SCHEMA_DEPTH - 1));
	}
	set(document, "$defs", definitions);
	json_t *part = invent_typed(r, SCHEMA_DEPTH);
	json_object_update(document, part);
	json_decref(part);
	return document;
}

/* ---- values ---- */

static const json_t *follow(const json_t *document, const json_t *schema)
{
	const json_t *ref = json_object_get(schema, "$ref");
	if (!ref)
		return schema;
	return json_object_get(
		json_object_get(document, "$defs"), json_string_value(ref) + strlen("#/$defs/"));
}

static json_t *value_of_number(struct walk_random *r, const json_t *schema)
{
	static const char *const bounds[] = { "minimum", "maximum", "exclusiveMinimum",
		"exclusiveMaximum" };
	for (size_t i = 0; i < 4; i++) {
		const json_t *bound = json_object_get(schema, bounds[i]);
		if (bound && coin(r, 2))
			return json_integer((json_int_t)json_number_value(bound) +
					    (json_int_t)walk_below(r, 5) - 2);
	}
	return invent_scalar(r);
}

static json_t *value_of_string(struct walk_random *r)
{
	struct buf text;
	buf_init(&text, 1000);
	for (uint64_t i = walk_below(r, 3); i > 0; i--)
		buf_add_z(&text, PICK(r, words));
	json_t *value = json_stringn(buf_z(&text), text.n);
	buf_clear(&text);
	return value;
}

static json_t *value_of_object(
	struct walk_random *r, const json_t *document, const json_t *schema, int depth)
{
	json_t *object = json_object(), *part, *name;
	const json_t *rest = json_object_get(schema, "additionalProperties");
	const char *key;
	size_t i;
	json_object_foreach(json_object_get(schema, "properties"), key, part) if (coin(r, 2))
		set(object, key, invent_value(r, document, part, depth - 1));
	json_array_foreach(json_object_get(schema, "required"), i, name)
	{
		part = json_object_get(
			json_object_get(schema, "properties"), json_string_value(name));
		if (!coin(r, 8))
			set(object, json_string_value(name),
				invent_value(r, document, part ? part : rest, depth - 1));
	}
	json_object_foreach(json_object_get(schema, "patternProperties"), key, part) rest = part;
	for (uint64_t n = walk_below(r, 3); n > 0 && !json_is_false(rest); n--)
		set(object, PICK(r, words), invent_value(r, document, rest, depth - 1));
	return object;
}

static json_t *value_of_array(
	struct walk_random *r, const json_t *document, const json_t *schema, int depth)
{
	json_t *array = json_array();
	const json_t *first = json_object_get(schema, "prefixItems"),
		     *rest = json_object_get(schema, "items");
	for (size_t i = 0, n = (size_t)walk_below(r, 4); i < n; i++)
		json_array_append_new(
			array, invent_value(r, document,
				       i < json_array_size(first) ? json_array_get(first, i) : rest,
				       depth - 1));
	return array;
}

static json_t *value_of_type(struct walk_random *r, const json_t *document, const json_t *schema,
	const char *type, int depth)
{
	if (!strcmp(type, "object"))
		return value_of_object(r, document, schema, depth);
	if (!strcmp(type, "array"))
		return value_of_array(r, document, schema, depth);
	if (!strcmp(type, "string"))
		return value_of_string(r);
	if (!strcmp(type, "boolean"))
		return json_boolean(coin(r, 2));
	if (!strcmp(type, "null"))
		return json_null();
	return value_of_number(r, schema);
}

/* Members of both; those of b win. */
static json_t *merged(json_t *a, json_t *b)
{
	if (json_is_object(a) && json_is_object(b)) {
		json_object_update(a, b);
		json_decref(b);
		return a;
	}
	json_decref(a);
	return b;
}

json_t *invent_value(struct walk_random *r, const json_t *document, const json_t *schema, int depth)
{
	static const char *const choices[] = { "anyOf", "oneOf", "allOf" };
	schema = follow(document, schema);
	if (depth <= 0 || !json_is_object(schema) || coin(r, 20))
		return invent_scalar(r);
	const json_t *values = json_object_get(schema, "enum"),
		     *constant = json_object_get(schema, "const"),
		     *type = json_object_get(schema, "type");
	if (constant)
		return json_deep_copy(constant);
	if (values)
		return json_deep_copy(
			json_array_get(values, (size_t)walk_below(r, json_array_size(values))));
	json_t *value = NULL;
	if (json_is_array(type))
		type = json_array_get(type, (size_t)walk_below(r, json_array_size(type)));
	if (type)
		value = value_of_type(r, document, schema, json_string_value(type), depth);
	for (size_t i = 0; i < 3; i++) {
		const json_t *ways = json_object_get(schema, choices[i]);
		size_t n = json_array_size(ways), from = n ? (size_t)walk_below(r, n) : 0;
		size_t to = i == 2 ? n : from + (n > 0);
		for (size_t k = i == 2 ? 0 : from; k < to; k++) {
			json_t *other =
				invent_value(r, document, json_array_get(ways, k), depth - 1);
			value = value ? merged(value, other) : other;
		}
	}
	return value ? value : invent_scalar(r);
}
