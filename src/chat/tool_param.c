/*
 * tool_param.c - what an offered tool says of its parameters, as far as a reader must know it: is a
 * bare value a string, or JSON; see tool_call.h.
 *
 * Only keywords that settle the type are looked at. What they leave open counts as possible.
 *
 * Layer: parse.
 */
#include <string.h>

#include "chat/tool_call.h"

enum { FOLLOWED_MAX = 16 }; /* references and choices inside one another */

static const json_t *parameters(const struct tool_call *c)
{
	return c->tool ? c->tool->parameters : NULL;
}

/* The schema that a local reference names, or NULL. */
static const json_t *follow(const struct tool_call *c, struct str ref)
{
	const json_t *at = parameters(c);
	struct str step;
	if (!str_starts(ref, STR("#")))
		return NULL;
	ref = str_from(ref, 1);
	if (str_starts(ref, STR("/")))
		ref = str_from(ref, 1);
	while (ref.n && at && str_cut(&ref, '/', &step))
		at = json_object_getn(at, step.p, step.n);
	return at;
}

/* The schema itself, references resolved. */
static const json_t *resolved(const struct tool_call *c, const json_t *schema)
{
	for (int i = 0; i < FOLLOWED_MAX; i++) {
		const json_t *ref = json_object_get(schema, "$ref");
		if (!json_is_string(ref))
			break;
		schema = follow(c, js_text(ref));
	}
	return schema;
}

static unsigned type_named(const json_t *name)
{
	static const struct {
		const char *name;
		unsigned type;
	} rows[] = {
		{ "string", TOOL_TYPE_STRING },
		{ "number", TOOL_TYPE_NUMBER },
		{ "integer", TOOL_TYPE_NUMBER },
		{ "boolean", TOOL_TYPE_BOOL },
		{ "null", TOOL_TYPE_NULL },
		{ "object", TOOL_TYPE_OBJECT },
		{ "array", TOOL_TYPE_ARRAY },
	};
	for (size_t i = 0; json_is_string(name) && i < sizeof rows / sizeof *rows; i++)
		if (str_eq_nocase(js_text(name), str_z(rows[i].name)))
			return rows[i].type;
	return 0;
}

static unsigned types_named(const json_t *type)
{
	unsigned types = 0;
	size_t i;
	const json_t *one;
	if (json_is_string(type))
		types = type_named(type);
	json_array_foreach(type, i, one) types |= type_named(one);
	return types ? types : TOOL_TYPE_ANY;
}

static unsigned types_of_value(const json_t *value)
{
	if (json_is_number(value))
		return TOOL_TYPE_NUMBER;
	if (json_is_boolean(value))
		return TOOL_TYPE_BOOL;
	if (json_is_null(value))
		return TOOL_TYPE_NULL;
	if (json_is_object(value))
		return TOOL_TYPE_OBJECT;
	return json_is_array(value) ? TOOL_TYPE_ARRAY : TOOL_TYPE_STRING;
}

static unsigned types_at(const struct tool_call *c, const json_t *schema, int depth);

static unsigned types_of_choices(const struct tool_call *c, const json_t *list, int depth)
{
	unsigned types = 0;
	size_t i;
	const json_t *one;
	json_array_foreach(list, i, one) types |= types_at(c, one, depth + 1);
	return types ? types : TOOL_TYPE_ANY;
}

static unsigned types_at(const struct tool_call *c, const json_t *schema, int depth)
{
	unsigned types = TOOL_TYPE_ANY, values = 0;
	size_t i;
	const json_t *one;
	schema = depth < FOLLOWED_MAX ? resolved(c, schema) : NULL;
	if (!json_is_object(schema))
		return TOOL_TYPE_ANY;
	types &= types_named(json_object_get(schema, "type"));
	const json_t *list = json_object_get(schema, "enum");
	json_array_foreach(list, i, one) values |= types_of_value(one);
	if (json_object_get(schema, "const"))
		values |= types_of_value(json_object_get(schema, "const"));
	if (values)
		types &= values;
	types &= types_of_choices(c, json_object_get(schema, "anyOf"), depth);
	types &= types_of_choices(c, json_object_get(schema, "oneOf"), depth);
	const json_t *all = json_object_get(schema, "allOf");
	json_array_foreach(all, i, one) types &= types_at(c, one, depth + 1);
	if (types == TOOL_TYPE_ANY && json_object_get(schema, "properties"))
		types = TOOL_TYPE_OBJECT;
	if (types == TOOL_TYPE_ANY && json_object_get(schema, "items"))
		types = TOOL_TYPE_ARRAY;
	return types ? types : TOOL_TYPE_ANY;
}

unsigned tool_types(const struct tool_call *c, const json_t *schema)
{
	return types_at(c, schema, 0);
}

const json_t *tool_member_schema(const struct tool_call *c, const json_t *schema, struct str key)
{
	const json_t *properties = json_object_get(resolved(c, schema), "properties");
	const json_t *named = json_object_getn(properties, key.p, key.n);
	if (named)
		return named;
	const json_t *others = json_object_get(resolved(c, schema), "additionalProperties");
	json_t *patterns = json_object_get(resolved(c, schema), "patternProperties");
	bool is_one = !json_is_object(others) && json_object_size(patterns) == 1;
	return is_one ? json_object_iter_value(json_object_iter(patterns)) : others;
}

const json_t *tool_item_schema(const struct tool_call *c, const json_t *schema)
{
	return json_object_get(resolved(c, schema), "items");
}

const json_t *tool_param(const struct tool_call *c, struct str key)
{
	return tool_member_schema(c, parameters(c), key);
}

bool tool_has_param(const struct tool_call *c, struct str key)
{
	const json_t *schema = resolved(c, parameters(c));
	return json_object_getn(json_object_get(schema, "properties"), key.p, key.n) != NULL;
}

bool tool_has_params(const struct tool_call *c)
{
	const json_t *schema = resolved(c, parameters(c));
	return json_object_size(json_object_get(schema, "properties")) > 0;
}

struct str tool_param_name(const struct tool_call *c, size_t index)
{
	json_t *properties = json_object_get(resolved(c, parameters(c)), "properties"), *schema;
	const char *key;
	json_object_foreach(properties, key, schema)
	{
		if (index-- == 0)
			return str_z(key);
	}
	return (struct str){ NULL, 0 };
}
