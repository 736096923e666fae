/*
 * template_probe.c - probes; see template_probe.h.
 */
#include "chat/template_probe.h"

#include <string.h>

#include "base/limits.h"

/* ---- the conversation ---- */

static json_t *probe_schema(void)
{
	return json_pack("{s:s, s:{s:{s:s, s:s}, s:{s:s}}, s:[s]}", "type", "object", "properties",
		"path", "type", "string", "description", "Where", "mode", "type", "integer",
		"required", "path");
}

static struct chat_block call_of(unsigned parts, bool is_second)
{
	bool is_long = parts & PROBE_LONG_IDS;
	struct str one = is_long ? STR("call_Xy12abcdefghijklmnop") : STR("callone00"),
		   two = is_long ? STR("call_Zw34qrstuvwxyzabcdef") : STR("calltwo00");
	return (struct chat_block){
		.type = CHAT_BLOCK_CALL,
		.id = is_second ? two : one,
		.name = is_second ? STR(PROBE_TOOL_TWO) : STR(PROBE_TOOL_ONE),
		.text = is_second             ? STR(PROBE_ARGS_TWO)
			: parts & PROBE_LINES ? STR(PROBE_ARGS_LINES)
					      : STR(PROBE_ARGS_ONE),
	};
}

static void add_block(struct chat_request *r, enum chat_block_type type, struct str text)
{
	chat_add_block(r, (struct chat_block){ .type = type, .text = text });
}

static void add_assistant(struct chat_request *r, unsigned parts)
{
	chat_add_message(r, CHAT_ASSISTANT);
	if (parts & PROBE_THOUGHT)
		add_block(r, CHAT_BLOCK_THINK, STR(PROBE_THINKS));
	if (parts & PROBE_TEXT)
		add_block(r, CHAT_BLOCK_TEXT, STR(PROBE_SAYS));
	if (parts & (PROBE_CALL | PROBE_CALLS))
		chat_add_block(r, call_of(parts, false));
	if (parts & PROBE_CALLS)
		chat_add_block(r, call_of(parts, true));
}

static void add_result(struct chat_request *r, unsigned parts, bool is_second)
{
	struct chat_block block = call_of(parts, is_second);
	block.type = CHAT_BLOCK_RESULT;
	block.text = is_second ? STR(PROBE_RESULT_TWO) : STR(PROBE_RESULT_ONE);
	chat_add_message(r, CHAT_TOOL);
	chat_add_block(r, block);
}

static void add_results(struct chat_request *r, unsigned parts)
{
	bool is_crossed = parts & PROBE_CROSSED;
	add_result(r, parts, is_crossed);
	if (parts & PROBE_CALLS)
		add_result(r, parts, !is_crossed);
}

struct chat_request *probe_request(struct arena *a, unsigned parts)
{
	struct chat_request *r = chat_request_new(a);
	if (parts & PROBE_TOOLS) {
		chat_add_tool(r, STR(PROBE_TOOL_ONE), STR("Does one."), probe_schema());
		chat_add_tool(r, STR(PROBE_TOOL_TWO), STR("Does two."), probe_schema());
	}
	if (parts & PROBE_SYSTEM)
		chat_add_text(r, CHAT_SYSTEM, STR(PROBE_SYSTEM_SAY));
	chat_add_text(r, CHAT_USER, STR(PROBE_ASKS));
	if (parts & PROBE_TWO_USERS)
		chat_add_text(r, CHAT_USER, STR("And again?"));
	if (parts & (PROBE_TEXT | PROBE_THOUGHT | PROBE_CALL | PROBE_CALLS))
		add_assistant(r, parts);
	if (parts & PROBE_RESULT)
		add_results(r, parts);
	if (parts & PROBE_ANSWER)
		chat_add_text(r, CHAT_ASSISTANT, STR("Answer done."));
	if (parts & PROBE_LATE_SYSTEM)
		chat_add_text(r, CHAT_SYSTEM, STR("Another rule."));
	if (parts & PROBE_LATER)
		chat_add_text(r, CHAT_USER, STR("And now?"));
	r->continues_assistant = parts & PROBE_OPEN;
	r->reasoning_effort = parts & PROBE_NO_THINKING ? STR("none")
			      : parts & PROBE_MEDIUM    ? STR("medium")
							: STR("high");
	return r;
}

/* ---- the render ---- */

static void make_content_null(json_t *variables)
{
	size_t i;
	json_t *message;
	json_array_foreach(json_object_get(variables, "messages"), i, message)
	{
		if (json_object_get(message, "tool_calls"))
			json_object_set_new(message, "content", json_null());
	}
}

static bool render_variables(const struct template_text *t, bool has_tools, json_t *variables,
	const struct jinja_input *how, struct buf *out, struct jinja_spans *inputs, struct err *e)
{
	struct jinja_input in = *how;
	in.conversation = variables;
	in.settings = t->settings;
	return jinja_render(has_tools ? t->tools : t->plain, &in, out, inputs, e);
}

bool template_text_render(const struct template_text *t, const struct template_way *way,
	const struct chat_request *r, const struct jinja_input *how, struct buf *out,
	struct jinja_spans *inputs, struct err *e)
{
	json_t *variables = template_variables(way, r);
	bool ok = render_variables(t, template_offers_tools(r), variables, how, out, inputs, e);
	json_decref(variables);
	return ok;
}

struct probe probe_render(struct arena *a, const struct template_text *t,
	const struct template_way *way, unsigned parts)
{
	struct chat_request *r = probe_request(a, parts);
	json_t *variables = template_variables(way, r);
	struct jinja_input how = { .max_steps = LIMIT_PROBE_STEPS, .max_bytes = LIMIT_PROBE_BYTES };
	struct err e = { 0 };
	struct buf out;
	buf_init(&out, LIMIT_PROBE_TEXT_BYTES);
	if (parts & PROBE_NULL)
		make_content_null(variables);
	how.now.tm_mday = 1;
	bool ok = render_variables(t, template_offers_tools(r), variables, &how, &out, NULL, &e);
	struct probe p = { .text = ok ? arena_str(a, buf_str(&out)) : str_z(NULL),
		.refusal = ok ? str_z(NULL) : arena_str(a, str_z(e.what)),
		.is_refused = !ok,
		.is_too_dear = !ok && e.kind == ERR_TOO_BIG };
	buf_clear(&out);
	err_clear(&e);
	json_decref(variables);
	chat_request_free(r);
	return p;
}
