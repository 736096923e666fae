/*
 * schema_check.c - see schema_check.h. Written straight from the words of JSON Schema 2020-12.
 *
 * Layer: model.
 */
#include "chat/schema_check.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "chat/pattern.h"

enum { MOST_REFS = 32, MOST_DEPTH = 4 * LIMIT_JSON_DEPTH, QUOTED_BYTES = 60 };

/* The way to the value being checked; lives on the stack. */
struct place {
	const struct place *up;
	const char *key; /* NULL: `index` counts */
	size_t index;
};

struct check {
	const json_t *document;
	struct buf *why; /* NULL: nobody wants to know */
	size_t faults, steps, depth;
};

/* ---- words ---- */

static void add_path(const struct place *p, struct buf *out)
{
	if (!p)
		return;
	add_path(p->up, out);
	if (p->key)
		buf_printf(out, "%s%s", p->up ? "." : "", p->key);
	else
		buf_printf(out, "[%zu]", p->index);
}

/* Begins a fault: "the argument a.b[2] ". False if enough was told. */
static bool begin_fault(struct check *c, const struct place *p)
{
	if (c->faults++ >= SCHEMA_CHECK_FAULTS || !c->why)
		return false;
	if (c->why->n)
		buf_add_z(c->why, "; ");
	if (p) {
		buf_add_z(c->why, "the argument ");
		add_path(p, c->why);
	} else {
		buf_add_z(c->why, "the arguments");
	}
	return true;
}

static const char *type_words(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: return "an object";
	case JSON_ARRAY: return "an array";
	case JSON_STRING: return "the string ";
	case JSON_INTEGER:
	case JSON_REAL: return "the number ";
	case JSON_TRUE:
	case JSON_FALSE: return "the boolean ";
	case JSON_NULL: break;
	}
	return "null";
}

/* ", is the string "abc"" */
static void add_is(struct check *c, const json_t *value)
{
	struct buf text;
	buf_init(&text, LIMIT_JSON_BYTES);
	buf_printf(c->why, ", is %s", type_words(value));
	bool is_scalar = !json_is_object(value) && !json_is_array(value) && !json_is_null(value);
	if (is_scalar && js_write(value, &text)) {
		struct str shown = str_sub(buf_str(&text), 0, QUOTED_BYTES);
		buf_add(c->why, str_sub(shown, 0, utf8_whole(shown)));
		if (shown.n < text.n)
			buf_add_z(c->why, "…");
	}
	buf_clear(&text);
}

static const char *article(const char *type)
{
	return strchr("aeio", type[0]) ? "an" : "a";
}

static void add_types(struct buf *out, const json_t *type)
{
	size_t i;
	json_t *one;
	if (json_is_string(type)) {
		const char *name = json_string_value(type);
		buf_printf(out, "%s %s", article(name), name);
		return;
	}
	json_array_foreach((json_t *)type, i, one)
	{
		const char *name = json_string_value(one);
		buf_printf(out, "%s%s %s", i ? " or " : "", article(name ? name : ""),
			name ? name : "?");
	}
}

static void add_values(struct buf *out, const json_t *values)
{
	enum { MOST_VALUES = 20 };
	size_t i;
	json_t *one;
	json_array_foreach((json_t *)values, i, one)
	{
		if (i == MOST_VALUES) {
			buf_add_z(out, ", …");
			return;
		}
		buf_add_z(out, i ? ", " : "");
		js_write(one, out);
	}
}

/* "should be at least 3" */
static bool fault_bound(struct check *c, const struct place *p, const char *words, double bound,
	const char *unit, const json_t *value)
{
	if (begin_fault(c, p)) {
		buf_printf(c->why, " should %s %.15g%s", words, bound, unit);
		add_is(c, value);
	}
	return false;
}

/* ---- types ---- */

static bool is_integral(const json_t *value)
{
	return json_is_integer(value) ||
	       (json_is_real(value) && json_real_value(value) == floor(json_real_value(value)));
}

static bool has_type(const json_t *value, const char *type)
{
	static const struct {
		const char *name;
		json_type type;
	} rows[] = {
		{ "string", JSON_STRING },
		{ "object", JSON_OBJECT },
		{ "array", JSON_ARRAY },
		{ "null", JSON_NULL },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(type, rows[i].name))
			return json_typeof(value) == rows[i].type;
	if (!strcmp(type, "boolean"))
		return json_is_boolean(value);
	if (!strcmp(type, "integer"))
		return is_integral(value);
	return strcmp(type, "number") != 0 || json_is_number(value);
}

bool schema_takes_type(const json_t *schema, const json_t *value)
{
	const json_t *type = json_object_get(schema, "type");
	size_t i;
	json_t *one;
	if (json_is_null(value) && json_is_true(json_object_get(schema, "nullable")))
		return true;
	if (json_is_string(type))
		return has_type(value, json_string_value(type));
	json_array_foreach((json_t *)type, i, one)
	{
		if (json_is_string(one) && has_type(value, json_string_value(one)))
			return true;
	}
	return !json_is_array(type);
}

bool schema_takes_type_named(const json_t *schema, const char *type)
{
	const json_t *types = json_object_get(schema, "type");
	size_t i;
	json_t *one;
	if (json_is_string(types))
		return !strcmp(json_string_value(types), type);
	json_array_foreach((json_t *)types, i, one)
	{
		if (json_is_string(one) && !strcmp(json_string_value(one), type))
			return true;
	}
	return !json_is_array(types);
}

static bool check_type(
	struct check *c, const json_t *schema, const json_t *value, const struct place *p)
{
	if (schema_takes_type(schema, value))
		return true;
	if (begin_fault(c, p)) {
		buf_add_z(c->why, " should be ");
		add_types(c->why, json_object_get(schema, "type"));
		add_is(c, value);
	}
	return false;
}

/* ---- given values ---- */

static bool is_equal(const json_t *a, const json_t *b)
{
	if (json_is_number(a) && json_is_number(b))
		return json_number_value(a) == json_number_value(b);
	return json_equal(a, b);
}

static bool check_values(
	struct check *c, const json_t *schema, const json_t *value, const struct place *p)
{
	const json_t *values = json_object_get(schema, "enum"),
		     *constant = json_object_get(schema, "const");
	bool ok = !json_is_array(values);
	size_t i;
	json_t *one;
	json_array_foreach((json_t *)values, i, one)
	{
		ok = ok || is_equal(one, value);
	}
	if (!ok && begin_fault(c, p)) {
		buf_add_z(c->why, " should be one of ");
		add_values(c->why, values);
		add_is(c, value);
	}
	if (!constant || is_equal(constant, value))
		return ok;
	if (begin_fault(c, p)) {
		buf_add_z(c->why, " should be ");
		js_write(constant, c->why);
		add_is(c, value);
	}
	return false;
}

/* ---- numbers and strings ---- */

/* False if the schema does not bound it by this keyword. */
static bool bound(const json_t *schema, const char *key, double *out)
{
	const json_t *limit = json_object_get(schema, key);
	if (json_is_number(limit))
		*out = json_number_value(limit);
	return json_is_number(limit);
}

static bool check_number(
	struct check *c, const json_t *schema, const json_t *value, const struct place *p)
{
	double n = json_number_value(value), limit;
	bool ok = true;
	if (bound(schema, "minimum", &limit) && n < limit)
		ok = fault_bound(c, p, "be at least", limit, "", value);
	if (bound(schema, "maximum", &limit) && n > limit)
		ok = fault_bound(c, p, "be at most", limit, "", value);
	if (bound(schema, "exclusiveMinimum", &limit) && n <= limit)
		ok = fault_bound(c, p, "be over", limit, "", value);
	if (bound(schema, "exclusiveMaximum", &limit) && n >= limit)
		ok = fault_bound(c, p, "be under", limit, "", value);
	if (bound(schema, "multipleOf", &limit) && limit > 0 &&
		fabs(remainder(n, limit)) > fabs(n) * 1e-12)
		ok = fault_bound(c, p, "be a multiple of", limit, "", value);
	return ok;
}

/* What pattern.h does not take is not judged. */
static bool matches(const char *expression, struct str text)
{
	const char *why;
	struct buf quoted;
	struct arena *a = arena_new();
	const struct dfa *dfa = pattern_compile(a, str_z(expression), PATTERN_SEARCH, &why);
	buf_init(&quoted, LIMIT_JSON_BYTES);
	bool ok = true;
	if (dfa && js_quote(text, &quoted))
		ok = dfa_takes(dfa, str_sub(buf_str(&quoted), 1, quoted.n - 1));
	buf_clear(&quoted);
	arena_free(a);
	return ok;
}

static bool check_string(
	struct check *c, const json_t *schema, const json_t *value, const struct place *p)
{
	const json_t *pattern = json_object_get(schema, "pattern");
	double chars = (double)utf8_count(js_text(value)), limit;
	bool ok = true;
	if (bound(schema, "minLength", &limit) && chars < limit)
		ok = fault_bound(c, p, "have at least", limit, " characters", value);
	if (bound(schema, "maxLength", &limit) && chars > limit)
		ok = fault_bound(c, p, "have at most", limit, " characters", value);
	if (!json_is_string(pattern) || matches(json_string_value(pattern), js_text(value)))
		return ok;
	if (begin_fault(c, p)) {
		buf_printf(c->why, " should match %s", json_string_value(pattern));
		add_is(c, value);
	}
	return false;
}

/* ---- arrays and objects ---- */

static bool check_value(
	struct check *c, const json_t *schema, const json_t *value, const struct place *p);

/* Whether it fits, without a word. */
static bool fits(struct check *c, const json_t *schema, const json_t *value)
{
	struct check quiet = { .document = c->document, .steps = c->steps, .depth = c->depth };
	bool ok = check_value(&quiet, schema, value, NULL);
	c->steps = quiet.steps;
	return ok;
}

static bool has_twins(const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		for (size_t k = 0; k < i; k++)
			if (is_equal(json_array_get(array, i), json_array_get(array, k)))
				return true;
	return false;
}

static bool check_array(
	struct check *c, const json_t *schema, const json_t *value, const struct place *p)
{
	const json_t *first = json_object_get(schema, "prefixItems"),
		     *rest = json_object_get(schema, "items");
	double n = (double)json_array_size(value), limit;
	bool ok = true;
	if (json_is_array(rest)) {
		first = rest;
		rest = json_object_get(schema, "additionalItems");
	}
	if (bound(schema, "minItems", &limit) && n < limit)
		ok = fault_bound(c, p, "have at least", limit, " items", value);
	if (bound(schema, "maxItems", &limit) && n > limit)
		ok = fault_bound(c, p, "have at most", limit, " items", value);
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *own = i < json_array_size(first) ? json_array_get(first, i) : rest;
		struct place place = { p, NULL, i };
		ok = (!own || check_value(c, own, json_array_get(value, i), &place)) && ok;
	}
	if (json_is_true(json_object_get(schema, "uniqueItems")) && has_twins(value)) {
		if (begin_fault(c, p))
			buf_add_z(c->why, " should not hold the same item twice");
		ok = false;
	}
	return ok;
}

/* True if a pattern names the key; `ok` keeps what its schema says. */
static bool check_patterned(struct check *c, const json_t *schema, const json_t *member,
	const struct place *p, bool *ok)
{
	const char *expression;
	json_t *own;
	bool is_named = false;
	json_object_foreach(json_object_get(schema, "patternProperties"), expression, own)
	{
		if (!matches(expression, str_z(p->key)))
			continue;
		is_named = true;
		*ok = check_value(c, own, member, p) && *ok;
	}
	return is_named;
}

static bool check_member(
	struct check *c, const json_t *schema, const json_t *member, const struct place *p)
{
	const json_t *own = json_object_get(json_object_get(schema, "properties"), p->key),
		     *rest = json_object_get(schema, "additionalProperties");
	bool ok = !own || check_value(c, own, member, p);
	bool is_named = check_patterned(c, schema, member, p, &ok) || own;
	if (is_named || !rest)
		return ok;
	if (!json_is_false(rest))
		return check_value(c, rest, member, p) && ok;
	struct buf *why = c->why;
	if (c->faults++ < SCHEMA_CHECK_FAULTS && why) {
		buf_printf(why, "%sit has no argument ", why->n ? "; " : "");
		add_path(p, why);
	}
	return false;
}

/* A key that propertyNames does not take. */
static bool check_names(
	struct check *c, const json_t *schema, const json_t *value, const struct place *p)
{
	const json_t *names = json_object_get(schema, "propertyNames");
	const char *key;
	json_t *member;
	bool ok = true;
	json_object_foreach((json_t *)value, key, member)
	{
		struct place place = { p, key, 0 };
		json_t *name = names ? json_string(key) : NULL;
		if (name && !fits(c, names, name)) {
			if (begin_fault(c, &place))
				buf_add_z(c->why, " has a name that is not allowed");
			ok = false;
		}
		json_decref(name);
	}
	return ok;
}

static bool check_required(
	struct check *c, const json_t *schema, const json_t *value, const struct place *p)
{
	bool ok = true;
	size_t i;
	json_t *name;
	json_array_foreach(json_object_get(schema, "required"), i, name)
	{
		const char *key = json_string_value(name);
		struct place place = { p, key, 0 };
		if (!key || json_object_get(value, key))
			continue;
		if (begin_fault(c, &place))
			buf_add_z(c->why, " is missing");
		ok = false;
	}
	return ok;
}

static bool check_object(
	struct check *c, const json_t *schema, const json_t *value, const struct place *p)
{
	bool ok = check_required(c, schema, value, p);
	ok = check_names(c, schema, value, p) && ok;
	double n = (double)json_object_size(value), limit;
	const char *key;
	json_t *member;
	if (bound(schema, "minProperties", &limit) && n < limit)
		ok = fault_bound(c, p, "have at least", limit, " members", value);
	if (bound(schema, "maxProperties", &limit) && n > limit)
		ok = fault_bound(c, p, "have at most", limit, " members", value);
	json_object_foreach((json_t *)value, key, member)
	{
		struct place place = { p, key, 0 };
		ok = check_member(c, schema, member, &place) && ok;
	}
	return ok;
}

/* ---- combinations ---- */

/* Any of them; if none fits, the words of the only one that wants this type, or of all types. */
static bool check_any(
	struct check *c, const json_t *schemas, const json_t *value, const struct place *p)
{
	const json_t *near = NULL;
	size_t i, nears = 0;
	json_t *one;
	json_array_foreach((json_t *)schemas, i, one)
	{
		const json_t *meant = schema_behind_ref(c->document, one);
		if (fits(c, one, value))
			return true;
		if (schema_takes_type(meant, value)) {
			near = one;
			nears++;
		}
	}
	if (nears == 1)
		return check_value(c, near, value, p);
	if (begin_fault(c, p)) {
		buf_add_z(c->why, " fits none of the forms that it may have");
		add_is(c, value);
	}
	return false;
}

static bool check_combined(
	struct check *c, const json_t *schema, const json_t *value, const struct place *p)
{
	const json_t *any = json_object_get(schema, "anyOf"),
		     *one = json_object_get(schema, "oneOf"),
		     *none = json_object_get(schema, "not");
	bool ok = true;
	size_t i;
	json_t *part;
	json_array_foreach(json_object_get(schema, "allOf"), i, part)
	{
		ok = check_value(c, part, value, p) && ok;
	}
	if (json_array_size(any))
		ok = check_any(c, any, value, p) && ok;
	if (json_array_size(one))
		ok = check_any(c, one, value, p) && ok;
	if (none && fits(c, none, value)) {
		if (begin_fault(c, p)) {
			buf_add_z(c->why, " is what it must not be");
			add_is(c, value);
		}
		ok = false;
	}
	return ok;
}

/* ---- references ---- */

/* One step of a JSON pointer, with ~1 and ~0 undone. */
static const json_t *step_into(const json_t *at, struct str step)
{
	char key[LIMIT_QUOTE_BYTES];
	size_t n = 0;
	uint64_t index;
	if (json_is_array(at))
		return str_to_u64(step, &index) ? json_array_get(at, (size_t)index) : NULL;
	for (size_t i = 0; i < step.n && n < sizeof key; i++) {
		bool is_escape = step.p[i] == '~' && i + 1 < step.n;
		if (is_escape)
			i++;
		key[n++] = !is_escape ? step.p[i] : step.p[i] == '1' ? '/' : '~';
	}
	return json_object_getn(at, key, n);
}

static const json_t *look_up(const json_t *document, struct str ref)
{
	struct str step;
	if (!str_starts(ref, STR("#")))
		return NULL;
	str_cut(&ref, '/', &step);
	while (document && str_cut(&ref, '/', &step))
		document = step_into(document, step);
	return document;
}

const json_t *schema_behind_ref(const json_t *document, const json_t *schema)
{
	for (size_t i = 0; i < MOST_REFS; i++) {
		const json_t *ref = json_object_get(schema, "$ref");
		if (!json_is_string(ref))
			return schema;
		schema = look_up(document, js_text(ref));
	}
	return NULL;
}

/* ---- the whole ---- */

static bool check_known(
	struct check *c, const json_t *schema, const json_t *value, const struct place *p)
{
	if (!check_type(c, schema, value, p))
		return false;
	bool ok = check_values(c, schema, value, p);
	if (json_is_number(value))
		ok = check_number(c, schema, value, p) && ok;
	else if (json_is_string(value))
		ok = check_string(c, schema, value, p) && ok;
	else if (json_is_array(value))
		ok = check_array(c, schema, value, p) && ok;
	else if (json_is_object(value))
		ok = check_object(c, schema, value, p) && ok;
	return check_combined(c, schema, value, p) && ok;
}

static bool check_value(
	struct check *c, const json_t *schema, const json_t *value, const struct place *p)
{
	if (c->steps++ > SCHEMA_CHECK_STEPS || c->depth == MOST_DEPTH)
		return true;
	schema = schema_behind_ref(c->document, schema);
	if (json_is_false(schema)) {
		if (begin_fault(c, p))
			buf_add_z(c->why, " must not be given");
		return false;
	}
	if (!json_is_object(schema))
		return true;
	c->depth++;
	bool ok = check_known(c, schema, value, p);
	c->depth--;
	return ok;
}

bool schema_check(
	const json_t *document, const json_t *schema, const json_t *value, struct buf *why)
{
	struct check c = { .document = document ? document : schema, .why = why };
	if (check_value(&c, schema, value, NULL))
		return true;
	if (why && c.faults > SCHEMA_CHECK_FAULTS)
		buf_printf(why, "; and %zu more", c.faults - SCHEMA_CHECK_FAULTS);
	return false;
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

void schema_signature(const json_t *schema, struct buf *out)
{
	const json_t *properties = json_object_get(schema, "properties");
	const char *key, *separator = "";
	json_t *property;
	if (!json_object_size(properties))
		buf_add_z(out, "no arguments");
	json_object_foreach((json_t *)properties, key, property)
	{
		const json_t *meant = schema_behind_ref(schema, property);
		const char *type = json_string_value(json_object_get(meant, "type"));
		buf_printf(out, "%s%s (%s%s)", separator, key, type ? type : "any",
			is_required(schema, key) ? "" : ", may be left out");
		separator = ", ";
	}
}
