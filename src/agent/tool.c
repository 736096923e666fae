/*
 * tool.c - the table of tools and what they share; see tool.h.
 *
 * Layer: act
 */
#include "agent/tool.h"

#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"

enum { BINARY_PROBE_BYTES = 8 * 1024, UTF8_MOST_BYTES = 4 };

const char *const tool_risk_names[] = {
	[TOOL_READS] = "read",
	[TOOL_EDITS] = "edit",
	[TOOL_RUNS] = "run",
};

_Static_assert(
	sizeof tool_risk_names / sizeof tool_risk_names[0] == TOOL_RISK_COUNT, "a name for each");

const struct agent_tool *const agent_tools[TOOL_COUNT] = {
	&tool_read,
	&tool_write,
	&tool_edit,
	&tool_list,
	&tool_search,
	&tool_shell,
};

const struct agent_tool *tool_find(struct str name)
{
	for (size_t i = 0; i < TOOL_COUNT; i++)
		if (str_eq_z(name, agent_tools[i]->name))
			return agent_tools[i];
	return NULL;
}

void tool_names(struct buf *out)
{
	for (size_t i = 0; i < TOOL_COUNT; i++)
		buf_printf(out, "%s%s", i ? ", " : "", agent_tools[i]->name);
}

/* "path (string), content (string)" */
static void add_signature(const json_t *properties, struct buf *out)
{
	const char *key;
	json_t *property;
	json_object_foreach((json_t *)properties, key, property)
	{
		const char *type = json_string_value(json_object_get(property, "type"));
		buf_printf(out, "%s%s (%s)", out->n ? ", " : "", key, type ? type : "any");
	}
}

static bool has_type(const json_t *value, const char *type)
{
	static const struct {
		const char *name;
		json_type type;
	} types[] = {
		{ "string", JSON_STRING },
		{ "integer", JSON_INTEGER },
		{ "object", JSON_OBJECT },
		{ "array", JSON_ARRAY },
	};
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (str_eq_z(str_z(type), types[i].name))
			return json_typeof(value) == types[i].type;
	return str_eq_z(str_z(type), "boolean") && json_is_boolean(value);
}

/* What is wrong with the arguments, into `why`; false if nothing is. */
static bool find_fault(const json_t *schema, const json_t *args, struct buf *why)
{
	const json_t *properties = json_object_get(schema, "properties");
	const char *key;
	json_t *value;
	size_t i;
	if (!json_is_object(args))
		return buf_add_z(why, "the arguments are no JSON object");
	json_array_foreach(json_object_get(schema, "required"), i, value)
	{
		key = json_string_value(value);
		if (!json_object_get(args, key))
			return buf_printf(why, "the argument %s is missing", key);
	}
	json_object_foreach((json_t *)args, key, value)
	{
		const json_t *property = json_object_get(properties, key);
		const char *type = json_string_value(json_object_get(property, "type"));
		if (!property)
			return buf_printf(why, "it has no argument %s", key);
		if (type && !has_type(value, type))
			return buf_printf(why, "the argument %s should be a %s", key, type);
	}
	return false;
}

static bool check(const struct agent_tool *tool, const json_t *args, struct err *e)
{
	json_t *schema = json_loads(tool->schema, 0, NULL);
	MUST(schema);
	struct buf why, signature;
	buf_init(&why, ERR_WHAT_BYTES);
	buf_init(&signature, ERR_WHAT_BYTES);
	add_signature(json_object_get(schema, "properties"), &signature);
	bool is_wrong = find_fault(schema, args, &why) || why.overflow;
	if (is_wrong)
		fail(e, ERR_BAD_DATA, LAYER_MODEL, "%s: %s; it takes %s", tool->name, buf_z(&why),
			buf_z(&signature));
	buf_clear(&why);
	buf_clear(&signature);
	json_decref(schema);
	return !is_wrong;
}

json_t *tool_arguments(const struct agent_tool *tool, struct str text, struct err *e)
{
	json_t *args = js_parse(str_trim(text).n ? text : STR("{}"), LAYER_MODEL, e);
	if (!args) {
		err_context(e, "%s: the arguments", tool->name);
		return NULL;
	}
	if (check(tool, args, e))
		return args;
	json_decref(args);
	return NULL;
}

struct str tool_arg(const json_t *args, const char *name)
{
	return js_text(json_object_get(args, name));
}

void tool_result_init(struct tool_result *r, struct arena *arena, size_t max_text_bytes)
{
	*r = (struct tool_result){ .arena = arena };
	buf_init(&r->text, max_text_bytes);
	buf_init(&r->diff, LIMIT_TOOL_DIFF_BYTES);
}

void tool_result_clear(struct tool_result *r)
{
	buf_clear(&r->text);
	buf_clear(&r->diff);
}

void tool_tell_error(struct tool_result *r, const struct err *e)
{
	buf_reset(&r->text);
	r->is_error = true;
	buf_printf(&r->text, "error: %s", e->what);
}

bool tool_is_binary(struct str bytes)
{
	struct str probe = str_sub(bytes, 0, BINARY_PROBE_BYTES);
	if (str_find_char(probe, 0) != SIZE_MAX)
		return true;
	bool is_cut = probe.n < bytes.n;
	if (is_cut)
		probe.n = utf8_whole(probe);
	return !utf8_is_valid(probe);
}
