/*
 * validate.c - a small validator of JSON Schema for tests; see validate.h.
 */
#include "validate.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <math.h>
#include <pcre2.h>
#include <string.h>

#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"

static bool has_type(const json_t *value, const char *type)
{
	if (!strcmp(type, "integer"))
		return json_is_integer(value) ||
		       (json_is_real(value) &&
			       json_real_value(value) == floor(json_real_value(value)));
	if (!strcmp(type, "number"))
		return json_is_number(value);
	if (!strcmp(type, "string"))
		return json_is_string(value);
	if (!strcmp(type, "boolean"))
		return json_is_boolean(value);
	if (!strcmp(type, "null"))
		return json_is_null(value);
	if (!strcmp(type, "array"))
		return json_is_array(value);
	return !strcmp(type, "object") && json_is_object(value);
}

static bool fits_type(const json_t *type, const json_t *value)
{
	size_t i;
	json_t *one;
	if (json_is_string(type))
		return has_type(value, json_string_value(type));
	json_array_foreach(
		(json_t *)type, i, one) if (has_type(value, json_string_value(one))) return true;
	return !type;
}

static bool equal(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	return json_equal(a, b);
}

static bool is_one_of(const json_t *values, const json_t *value)
{
	size_t i;
	json_t *one;
	json_array_foreach((json_t *)values, i, one) if (equal(one, value)) return true;
	return !values;
}

static bool matches(const char *pattern, struct str text)
{
	int code;
	PCRE2_SIZE at;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
	MUST(re);
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(re, NULL);
	int found = pcre2_match(re, (PCRE2_SPTR)(text.n ? text.p : ""), text.n, 0, 0, data, NULL);
	pcre2_match_data_free(data);
	pcre2_code_free(re);
	return found >= 0;
}

/* The limit is absent, or the measure is on its right side. */
static bool at_least(const json_t *schema, const char *key, double measure)
{
	const json_t *limit = json_object_get(schema, key);
	return !limit || measure >= json_number_value(limit);
}

static bool at_most(const json_t *schema, const char *key, double measure)
{
	const json_t *limit = json_object_get(schema, key);
	return !limit || measure <= json_number_value(limit);
}

static bool fits_number(const json_t *schema, double value)
{
	const json_t *over = json_object_get(schema, "exclusiveMinimum"),
		     *under = json_object_get(schema, "exclusiveMaximum"),
		     *step = json_object_get(schema, "multipleOf");
	return at_least(schema, "minimum", value) && at_most(schema, "maximum", value) &&
	       (!step || fmod(value, json_number_value(step)) == 0) &&
	       (!over || value > json_number_value(over)) &&
	       (!under || value < json_number_value(under));
}

static bool fits_string(const json_t *schema, struct str value)
{
	const json_t *pattern = json_object_get(schema, "pattern");
	double chars = (double)utf8_count(value);
	return at_least(schema, "minLength", chars) && at_most(schema, "maxLength", chars) &&
	       (!pattern || matches(json_string_value(pattern), value));
}

static bool fits_array(const json_t *document, const json_t *schema, const json_t *value)
{
	const json_t *first = json_object_get(schema, "prefixItems"),
		     *rest = json_object_get(schema, "items");
	double n = (double)json_array_size(value);
	if (!at_least(schema, "minItems", n) || !at_most(schema, "maxItems", n))
		return false;
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *own = i < json_array_size(first) ? json_array_get(first, i) : rest;
		if (own && !validate(document, own, json_array_get(value, i)))
			return false;
	}
	return true;
}

static bool fits_member(
	const json_t *document, const json_t *schema, const char *key, const json_t *value)
{
	const json_t *own = json_object_get(json_object_get(schema, "properties"), key),
		     *rest = json_object_get(schema, "additionalProperties"),
		     *names = json_object_get(schema, "propertyNames");
	json_t *text = json_string(key);
	bool is_named = own != NULL, ok = !names || validate(document, names, text);
	json_decref(text);
	ok = ok && (!own || validate(document, own, value));
	const char *pattern;
	json_t *matched;
	json_object_foreach(json_object_get(schema, "patternProperties"), pattern,
		matched) if (matches(pattern, str_z(key)))
	{
		is_named = true;
		ok = ok && validate(document, matched, value);
	}
	return ok && (is_named || !rest || validate(document, rest, value));
}

static bool fits_object(const json_t *document, const json_t *schema, const json_t *value)
{
	double n = (double)json_object_size(value);
	if (!at_least(schema, "minProperties", n) || !at_most(schema, "maxProperties", n))
		return false;
	size_t i;
	json_t *name, *member;
	json_array_foreach(json_object_get(schema, "required"), i,
		name) if (!json_object_get(value, json_string_value(name))) return false;
	const char *key;
	json_object_foreach((json_t *)value, key,
		member) if (!fits_member(document, schema, key, member)) return false;
	return true;
}

static size_t count_fitting(const json_t *document, const json_t *schemas, const json_t *value)
{
	size_t i, fitting = 0;
	json_t *one;
	json_array_foreach((json_t *)schemas, i, one) fitting += validate(document, one, value);
	return fitting;
}

static bool fits_others(const json_t *document, const json_t *schema, const json_t *value)
{
	const json_t *all = json_object_get(schema, "allOf"),
		     *any = json_object_get(schema, "anyOf"),
		     *one = json_object_get(schema, "oneOf"),
		     *ref = json_object_get(schema, "$ref");
	if (ref) {
		struct str rest = str_z(json_string_value(ref)), step;
		const json_t *at = document;
		str_cut(&rest, '/', &step);
		while (str_cut(&rest, '/', &step))
			at = json_object_getn(at, step.p, step.n);
		if (!validate(document, at, value))
			return false;
	}
	return count_fitting(document, all, value) == json_array_size(all) &&
	       (!any || count_fitting(document, any, value)) &&
	       (!one || count_fitting(document, one, value));
}

bool validate(const json_t *document, const json_t *schema, const json_t *value)
{
	const json_t *constant = json_object_get(schema, "const");
	if (!json_is_object(schema))
		return !json_is_false(schema);
	return fits_type(json_object_get(schema, "type"), value) &&
	       is_one_of(json_object_get(schema, "enum"), value) &&
	       (!constant || equal(constant, value)) &&
	       (!json_is_number(value) || fits_number(schema, json_number_value(value))) &&
	       (!json_is_string(value) || fits_string(schema, js_text(value))) &&
	       (!json_is_array(value) || fits_array(document, schema, value)) &&
	       (!json_is_object(value) || fits_object(document, schema, value)) &&
	       fits_others(document, schema, value);
}
