/*
 * template_schema.c - see template_schema.h.
 */
#include "chat/template_schema.h"

#include "base/limits.h"

static json_t *plain(const json_t *schema, unsigned depth);

/* The first alternative that says something, or NULL. */
static const json_t *first_alternative(const json_t *schema)
{
	static const char *const keys[] = { "anyOf", "oneOf", "allOf" };
	for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
		size_t i;
		const json_t *item;
		json_array_foreach(json_object_get(schema, keys[k]), i, item)
		{
			struct str type = js_text_of(item, "type");
			if (json_is_object(item) && !str_eq(type, STR("null")))
				return item;
		}
	}
	return NULL;
}

/* The type, or of several the first that is not null; else what the rest looks like. */
static const char *type_of(const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type"), *item;
	size_t i;
	if (json_is_string(type))
		return json_string_value(type);
	json_array_foreach(type, i, item)
	{
		if (json_is_string(item) && !str_eq(js_text(item), STR("null")))
			return json_string_value(item);
	}
	return json_object_get(schema, "properties") ? "object"
	       : json_object_get(schema, "items")    ? "array"
						     : "string";
}

static void add_missing(json_t *made, const char *key, json_t *value)
{
	if (!json_object_get(made, key))
		json_object_set(made, key, value);
	json_decref(value);
}

static json_t *plain_properties(const json_t *properties, unsigned depth)
{
	json_t *made = json_object(), *value;
	const char *key;
	json_object_foreach((json_t *)properties, key, value)
	{
		json_object_set_new(made, key, plain(value, depth));
	}
	return made;
}

static void fill(json_t *made, unsigned depth)
{
	const char *type = type_of(made);
	json_object_set_new(made, "type", json_string(type));
	add_missing(made, "description", json_string(""));
	if (str_eq(str_z(type), STR("object")))
		json_object_set_new(made, "properties",
			plain_properties(json_object_get(made, "properties"), depth));
	if (str_eq(str_z(type), STR("array")))
		json_object_set_new(made, "items", plain(json_object_get(made, "items"), depth));
}

static json_t *plain(const json_t *schema, unsigned depth)
{
	json_t *made = json_is_object(schema) ? json_copy((json_t *)schema) : json_object();
	const json_t *instead = first_alternative(schema);
	if (instead)
		json_object_update_missing(made, (json_t *)instead);
	json_object_del(made, "anyOf");
	json_object_del(made, "oneOf");
	json_object_del(made, "allOf");
	if (depth < LIMIT_PLAIN_SCHEMA_DEPTH)
		fill(made, depth + 1);
	return made;
}

json_t *template_plain_schema(const json_t *schema)
{
	json_t *made = plain(schema, 0);
	json_object_set_new(made, "type", json_string("object"));
	add_missing(made, "properties", json_object());
	add_missing(made, "required", json_array());
	return made;
}
