/*
 * tool.c - the table of tools and what they share; see tool.h.
 *
 * Layer: act
 */
#include "agent/tool.h"

#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "chat/call_args.h"
#include "chat/schema_check.h"

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

json_t *tool_arguments(
	const struct agent_tool *tool, struct str text, struct buf *did, struct err *e)
{
	json_t *schema = json_loads(tool->schema, 0, NULL), *args = NULL;
	MUST(schema);
	struct call_args settled;
	struct buf signature;
	call_args_init(&settled);
	buf_init(&signature, ERR_WHAT_BYTES);
	call_args_settle(&settled, text, schema);
	schema_signature(schema, &signature);
	if (settled.verdict == CALL_ARGS_RIGHT)
		args = js_parse(buf_str(&settled.text), LAYER_MODEL, e);
	else
		fail(e, ERR_BAD_DATA, LAYER_MODEL, "%s: %s; it takes %s", tool->name,
			buf_z(&settled.why), buf_z(&signature));
	if (did)
		buf_add(did, buf_str(&settled.did));
	call_args_clear(&settled);
	buf_clear(&signature);
	json_decref(schema);
	return args;
}

struct str tool_arg(const json_t *args, const char *name)
{
	return js_text_of(args, name);
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
