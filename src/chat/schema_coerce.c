/*
 * schema_coerce.c - see schema_coerce.h. A value that fits is never touched; one that does not is
 * given the first change after which it does, and only its parts are looked at otherwise.
 */
#include "chat/schema_coerce.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "chat/schema_check.h"

struct coerce {
	const json_t *document;
	struct buf *did;
	size_t depth;
};

static json_t *coerce_value(
	struct coerce *c, const json_t *schema, const json_t *value, const char *key);

static bool fits(const struct coerce *c, const json_t *schema, const json_t *value)
{
	return schema_check(c->document, schema, value, NULL);
}

static void note(struct coerce *c, const char *key, const char *what)
{
	if (c->did)
		buf_printf(c->did, "%sthe argument %s: %s", c->did->n ? "; " : "", key, what);
}

static json_t *same(const json_t *value)
{
	return json_incref((json_t *)value);
}

/* Keeps a candidate if the schema takes it, else drops it. */
static json_t *kept_if_fits(struct coerce *c, const json_t *schema, json_t *candidate,
	const char *key, const char *what)
{
	if (candidate && fits(c, schema, candidate)) {
		note(c, key, what);
		return candidate;
	}
	json_decref(candidate);
	return NULL;
}

/* ---- scalars ---- */

/* The number, boolean or null that a string spells; NULL if it spells none. */
static json_t *spelled(struct str text)
{
	int64_t whole;
	double number;
	text = str_trim(text);
	if (str_eq_nocase(text, STR("true")))
		return json_true();
	if (str_eq_nocase(text, STR("false")))
		return json_false();
	if (str_eq_nocase(text, STR("null")) || str_eq_z(text, "None"))
		return json_null();
	if (str_to_i64(text, &whole))
		return json_integer(whole);
	return str_to_double(text, &number) ? json_real(number) : NULL;
}

static json_t *as_text(const json_t *value)
{
	struct buf out;
	if (json_is_boolean(value))
		return json_string(json_is_true(value) ? "true" : "false");
	if (!json_is_number(value))
		return NULL;
	buf_init(&out, KIB);
	js_write(value, &out);
	json_t *string = js_new_text(buf_str(&out));
	buf_clear(&out);
	return string;
}

/* The enum's string that differs from this one in case only; NULL unless it is one alone. */
static json_t *enum_nocase(const json_t *schema, struct str text)
{
	json_t *found = NULL, *one;
	size_t i, count = 0;
	json_array_foreach(json_object_get(schema, "enum"), i, one)
	{
		if (!json_is_string(one) || !str_eq_nocase(js_text(one), str_trim(text)))
			continue;
		found = one;
		count++;
	}
	return count == 1 ? json_incref(found) : NULL;
}

/* The object or array whose JSON the string holds. */
static json_t *unpacked(
	struct coerce *c, const json_t *schema, const json_t *string, const char *key)
{
	struct str text = str_trim(js_text(string));
	if (!str_starts(text, STR("{")) && !str_starts(text, STR("[")))
		return NULL;
	json_t *inner = js_parse(text, LAYER_MODEL, NULL);
	if (!inner || !schema_takes_type(schema, inner)) {
		json_decref(inner);
		return NULL;
	}
	json_t *better = coerce_value(c, schema, inner, key);
	json_decref(inner);
	note(c, key, "JSON written as a string was unpacked");
	return better;
}

static json_t *coerce_string(
	struct coerce *c, const json_t *schema, const json_t *value, const char *key)
{
	json_t *better = kept_if_fits(
		c, schema, enum_nocase(schema, js_text(value)), key, "its case was put right");
	if (!better && !schema_takes_type(schema, value))
		better = kept_if_fits(c, schema, spelled(js_text(value)), key,
			"a string was read as the value it spells");
	if (!better && !schema_takes_type(schema, value))
		better = unpacked(c, schema, value, key);
	return better;
}

/* An array of one, if the items may be like this. */
static json_t *wrapped(struct coerce *c, const json_t *schema, const json_t *value, const char *key)
{
	const json_t *items = json_object_get(schema, "items");
	if (json_is_null(value) || schema_takes_type(schema, value) ||
		!schema_takes_type_named(schema, "array"))
		return NULL;
	json_t *item = json_is_object(items) ? coerce_value(c, items, value, key) : same(value);
	return kept_if_fits(
		c, schema, json_pack("[o]", item), key, "a single value became an array of one");
}

/* ---- members ---- */

static bool is_joint(char c)
{
	return c == '-' || c == '_' || c == ' ' || c == '.';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The same letters, whatever their case and what joins them. */
static bool is_same_key(const char *a, const char *b)
{
	for (;;) {
		while (is_joint(*a))
			a++;
		while (is_joint(*b))
			b++;
		if (!*a || !*b || lower(*a) != lower(*b))
			return !*a && !*b;
		a++;
		b++;
	}
}

/* How many keys of the object its schema does not name. */
static size_t count_unknown(const json_t *properties, const json_t *object)
{
	size_t count = 0;
	const char *key;
	json_t *member;
	json_object_foreach((json_t *)object, key, member)
	{
		count += !json_object_get(properties, key);
	}
	return count;
}

/* The only required key that is missing; NULL if none or several are. */
static const char *only_missing(const json_t *schema, const json_t *object)
{
	const char *missing = NULL;
	size_t i, count = 0;
	json_t *name;
	json_array_foreach(json_object_get(schema, "required"), i, name)
	{
		const char *key = json_string_value(name);
		if (!key || json_object_get(object, key))
			continue;
		missing = key;
		count++;
	}
	return count == 1 ? missing : NULL;
}

/* What a key that the schema does not name surely means; NULL if that is not sure. */
static const char *meant_key(
	struct coerce *c, const json_t *schema, const json_t *object, const char *key)
{
	const json_t *properties = json_object_get(schema, "properties");
	const char *name, *found = NULL;
	size_t count = 0;
	json_t *property;
	json_object_foreach((json_t *)properties, name, property)
	{
		if (!is_same_key(name, key) || json_object_get(object, name))
			continue;
		found = name;
		count++;
	}
	if (count)
		return count == 1 ? found : NULL;
	const char *missing = only_missing(schema, object);
	bool is_only = missing && count_unknown(properties, object) == 1;
	const json_t *own = is_only ? json_object_get(properties, missing) : NULL;
	return own && fits(c, own, json_object_get(object, key)) ? missing : NULL;
}

static bool is_required(const json_t *schema, const char *key)
{
	size_t i;
	json_t *name;
	json_array_foreach(json_object_get(schema, "required"), i, name)
	{
		if (json_is_string(name) && !strcmp(json_string_value(name), key))
			return true;
	}
	return false;
}

/* Appends the member to `out` as it should be, or leaves it out. */
static void coerce_member(struct coerce *c, const json_t *schema, const json_t *object,
	const char *key, const json_t *member, json_t *out)
{
	const json_t *properties = json_object_get(schema, "properties");
	const json_t *own = json_object_get(properties, key);
	if (!own && properties && !json_object_get(schema, "patternProperties")) {
		const char *meant = meant_key(c, schema, object, key);
		if (meant) {
			note(c, meant, "its name was put right");
			own = json_object_get(properties, meant);
			key = meant;
		}
	}
	if (!own)
		own = json_object_get(schema, "additionalProperties");
	if (json_is_null(member) && own && !is_required(schema, key) && !fits(c, own, member)) {
		note(c, key, "null was left out");
		return;
	}
	json_object_set_new(
		out, key, json_is_object(own) ? coerce_value(c, own, member, key) : same(member));
}

static json_t *coerce_object(struct coerce *c, const json_t *schema, const json_t *value)
{
	json_t *out = json_object(), *member;
	const char *key;
	json_object_foreach((json_t *)value, key, member)
	{
		coerce_member(c, schema, value, key, member, out);
	}
	return out;
}

static json_t *coerce_array(
	struct coerce *c, const json_t *schema, const json_t *value, const char *key)
{
	const json_t *items = json_object_get(schema, "items");
	json_t *out = json_array(), *item;
	size_t i;
	json_array_foreach((json_t *)value, i, item)
	{
		json_array_append_new(out,
			json_is_object(items) ? coerce_value(c, items, item, key) : same(item));
	}
	return out;
}

/* ---- the whole ---- */

/* The only way of anyOf or oneOf to which the value can be brought. */
static json_t *coerce_any(
	struct coerce *c, const json_t *ways, const json_t *value, const char *key)
{
	json_t *found = NULL, *way;
	size_t i, count = 0;
	json_array_foreach((json_t *)ways, i, way)
	{
		struct coerce quiet = { .document = c->document, .depth = c->depth };
		json_t *better = coerce_value(&quiet, way, value, key);
		bool ok = fits(c, way, better);
		if (ok && !count++)
			found = json_incref(better);
		json_decref(better);
	}
	if (count == 1) {
		note(c, key, "it was brought into the form that it may have");
		return found;
	}
	json_decref(found);
	return NULL;
}

static json_t *change(struct coerce *c, const json_t *schema, const json_t *value, const char *key)
{
	const json_t *any = json_object_get(schema, "anyOf");
	json_t *better = NULL;
	if (!any)
		any = json_object_get(schema, "oneOf");
	if (json_array_size(any))
		return coerce_any(c, any, value, key);
	if (json_is_string(value))
		better = coerce_string(c, schema, value, key);
	else if (!schema_takes_type(schema, value))
		better = kept_if_fits(
			c, schema, as_text(value), key, "a value was written as a string");
	else if (json_is_object(value))
		return coerce_object(c, schema, value);
	else if (json_is_array(value))
		return coerce_array(c, schema, value, key);
	return better ? better : wrapped(c, schema, value, key);
}

static json_t *coerce_value(
	struct coerce *c, const json_t *schema, const json_t *value, const char *key)
{
	json_t *better = NULL;
	schema = schema_behind_ref(c->document, schema);
	if (json_is_object(schema) && c->depth < LIMIT_JSON_DEPTH && !fits(c, schema, value)) {
		c->depth++;
		better = change(c, schema, value, key);
		c->depth--;
	}
	return better ? better : same(value);
}

json_t *schema_coerce(
	const json_t *document, const json_t *schema, const json_t *value, struct buf *did)
{
	struct coerce c = { .document = document ? document : schema, .did = did };
	return coerce_value(&c, schema, value, "value");
}
