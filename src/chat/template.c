/*
 * template.c - probing a chat template and rendering requests through it; see template.h.
 *
 * Layer: prompt.
 */
#include "chat/template.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/prompted.h"

/* For files without a template: the form that most small models know. */
static const char chatml[] = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + "
			     "'\\n' + message['content'] + "
			     "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ "
			     "'<|im_start|>assistant\\n' "
			     "}}{% endif %}";

/* Names that no template holds by itself. */
static const char probe_tool[] = "probe_tool_qx7", probe_path[] = "probe_path_vz3",
		  probe_answer[] = "probe_answer_kw9";

struct chat_template {
	struct jinja *plain, *tools; /* the same one unless the model has a template for tools */
	json_t *settings;
	const struct tool_format *format;
	const char *reason;
	bool thinks;            /* the format's mark of a thought occurs in the template */
	bool wants_string_args; /* the template writes arguments only if they are a string */
};

void rendered_init(struct rendered *r)
{
	buf_init(&r->text, LIMIT_PROMPT_BYTES);
	jinja_spans_init(&r->inputs);
	r->is_thinking = false;
}

void rendered_clear(struct rendered *r)
{
	buf_clear(&r->text);
	jinja_spans_clear(&r->inputs);
}

/* ---- a request as the variables of a template ---- */

static json_t *tools_json(const struct chat_request *r)
{
	json_t *list = json_array();
	for (size_t i = 0; i < r->tool_count; i++) {
		const struct chat_tool *tool = &r->tools[i];
		json_t *parameters =
			tool->parameters ? json_deep_copy(tool->parameters)
					 : json_pack("{s:s, s:{}}", "type", "object", "properties");
		json_array_append_new(
			list, json_pack("{s:s, s:{s:o, s:o, s:o}}", "type", "function", "function",
				      "name", js_new_text(tool->name), "description",
				      js_new_text(tool->description), "parameters", parameters));
	}
	return list;
}

static json_t *call_json(const struct chat_block *b, bool wants_string_args)
{
	json_t *args = wants_string_args ? NULL : js_parse(b->text, LAYER_CLIENT, NULL);
	return json_pack("{s:s, s:o, s:{s:o, s:o}}", "type", "function", "id", js_new_text(b->id),
		"function", "name", js_new_text(b->name), "arguments",
		args ? args : js_new_text(b->text));
}

static const char *role_name(enum chat_role role)
{
	return role == CHAT_DEVELOPER ? chat_role_names[CHAT_SYSTEM] : chat_role_names[role];
}

/* A result is a message of its own in every template. */
static void append_results(json_t *messages, const struct chat_message *m)
{
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		if (b->type == CHAT_BLOCK_RESULT)
			json_array_append_new(messages,
				json_pack("{s:s, s:o, s:o, s:o}", "role", "tool", "content",
					js_new_text(b->text), "tool_call_id", js_new_text(b->id),
					"name", js_new_text(b->name)));
	}
}

static void append_message(json_t *messages, const struct chat_message *m, bool wants_string_args)
{
	struct buf text, thought;
	json_t *calls = json_array();
	buf_init(&text, LIMIT_PROMPT_BYTES);
	buf_init(&thought, LIMIT_PROMPT_BYTES);
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		if (b->type == CHAT_BLOCK_TEXT || b->type == CHAT_BLOCK_RAW)
			buf_add(&text, b->text);
		else if (b->type == CHAT_BLOCK_THINK)
			buf_add(&thought, b->text);
		else if (b->type == CHAT_BLOCK_CALL)
			json_array_append_new(calls, call_json(b, wants_string_args));
		else if (b->type == CHAT_BLOCK_IMAGE)
			buf_add_z(&text, "[an image, which this model cannot see]");
	}
	json_t *message = json_pack(
		"{s:s, s:o}", "role", role_name(m->role), "content", js_new_text(buf_str(&text)));
	if (thought.n)
		json_object_set_new(message, "reasoning_content", js_new_text(buf_str(&thought)));
	if (json_array_size(calls))
		json_object_set(message, "tool_calls", calls);
	json_array_append_new(messages, message);
	json_decref(calls);
	buf_clear(&text);
	buf_clear(&thought);
}

static json_t *native_messages(const struct chat_request *r, bool wants_string_args)
{
	json_t *messages = json_array();
	for (size_t i = 0; i < r->message_count; i++) {
		if (r->messages[i].role == CHAT_TOOL)
			append_results(messages, &r->messages[i]);
		else
			append_message(messages, &r->messages[i], wants_string_args);
	}
	return messages;
}

static bool offers_tools(const struct chat_request *r)
{
	return r->tool_count > 0 && r->tool_choice != CHAT_CHOICE_NONE;
}

/* messages, tools and flags, as a template of `t` wants them. */
static json_t *conversation(const struct chat_template *t, const struct chat_request *r)
{
	bool is_prompted = t->format == &tool_format_prompted;
	json_t *messages =
		is_prompted ? prompted_messages(r) : native_messages(r, t->wants_string_args);
	json_t *all = json_pack("{s:o, s:b}", "messages", messages, "add_generation_prompt",
		!r->continues_assistant);
	if (!is_prompted && offers_tools(r))
		json_object_set_new(all, "tools", tools_json(r));
	if (r->hides_thoughts || str_eq(r->reasoning_effort, STR("none")))
		json_object_set_new(all, "enable_thinking", json_false());
	return all;
}

static bool render(const struct chat_template *t, const struct chat_request *r, int64_t unix_s,
	struct rendered *out, struct err *e)
{
	json_t *variables = conversation(t, r);
	struct jinja_input in = { .conversation = variables, .settings = t->settings };
	time_t seconds = (time_t)unix_s;
	localtime_r(&seconds, &in.now);
	const struct jinja *program = offers_tools(r) ? t->tools : t->plain;
	bool ok = jinja_render(program, &in, &out->text, &out->inputs, e);
	json_decref(variables);
	return ok;
}

/* ---- probing ---- */

static json_t *probe_schema(void)
{
	return json_pack("{s:s, s:{s:{s:s}}, s:[s]}", "type", "object", "properties", "path",
		"type", "string", "required", "path");
}

/* A user asks, the model calls the tool, the tool answers. */
static struct chat_request *probe_request(struct arena *a, bool has_call)
{
	struct chat_request *r = chat_request_new(a);
	chat_add_tool(r, STR("probe_tool_qx7"), STR("probe"), probe_schema());
	chat_add_text(r, CHAT_USER, STR("hello"));
	if (!has_call)
		return r;
	struct str args = arena_printf(a, "{\"path\": \"%s\"}", probe_path);
	chat_add_message(r, CHAT_ASSISTANT);
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_CALL,
				  .id = STR("abcdefghi"),
				  .name = str_z(probe_tool),
				  .text = args });
	chat_add_message(r, CHAT_TOOL);
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_RESULT,
				  .id = STR("abcdefghi"),
				  .name = str_z(probe_tool),
				  .text = str_z(probe_answer) });
	return r;
}

/* What the probe renders to, in the arena; empty if the template refuses. */
static struct str probe(const struct chat_template *t, struct arena *a, bool has_call)
{
	struct rendered out;
	struct chat_request *r = probe_request(a, has_call);
	rendered_init(&out);
	bool ok = render(t, r, 0, &out, NULL);
	struct str text = ok ? arena_str(a, buf_str(&out.text)) : str_z(NULL);
	rendered_clear(&out);
	chat_request_free(r);
	return text;
}

static bool holds(struct str text, const char *part)
{
	return str_find(text, str_z(part)) != SIZE_MAX;
}

/* The call of the probe as the format writes it. */
static bool is_written_as(struct str text, const struct tool_format *f, struct arena *a)
{
	struct str call = arena_printf(a, "%s%s%s%s{\"path\": \"%s\"}%s", f->call_open,
		f->before_name, probe_tool, f->before_args, probe_path, f->call_close);
	return str_find(text, call) != SIZE_MAX;
}

static bool shows_call(struct str text)
{
	return holds(text, probe_tool) && holds(text, probe_path) && holds(text, probe_answer);
}

/* Chooses format and reason; the template is rendered in its native way while this runs. */
static void choose_format(struct chat_template *t, struct arena *a)
{
	t->format = &tool_format_hermes;
	bool shows_tools = holds(probe(t, a, false), probe_tool);
	struct str turn = shows_tools ? probe(t, a, true) : str_z(NULL);
	if (shows_tools && !is_written_as(turn, &tool_format_hermes, a)) {
		t->wants_string_args = true;
		turn = probe(t, a, true);
	}
	if (shows_tools && is_written_as(turn, &tool_format_hermes, a)) {
		t->reason =
			"the template shows tools, calls and results as Hermes and Qwen write them";
		return;
	}
	t->format = &tool_format_prompted;
	t->reason = !shows_tools ? "the template does not show tools to the model"
		    : !shows_call(turn)
			    ? "the template drops a call or its result"
			    : "the template writes calls in a form that is not read natively yet";
}

/* The model's own template, or ChatML where the file has none. */
static struct jinja *compile(struct str text, struct err *e)
{
	return jinja_compile(text.n ? text : str_z(chatml), e);
}

struct chat_template *template_open(const struct template_source *source, struct err *e)
{
	struct chat_template *t = must_calloc(1, sizeof *t);
	t->plain = compile(source->text, e);
	t->tools = source->tool_text.n ? compile(source->tool_text, e) : t->plain;
	t->settings = json_pack("{s:o, s:o}", "bos_token", js_new_text(source->bos), "eos_token",
		js_new_text(source->eos));
	if (!t->plain || !t->tools) {
		err_context(e, "the model's chat template");
		template_free(t);
		return NULL;
	}
	struct arena *a = arena_new();
	choose_format(t, a);
	arena_free(a);
	t->thinks = t->format->think_open && holds(source->text, t->format->think_open);
	return t;
}

void template_free(struct chat_template *t)
{
	if (!t)
		return;
	if (t->tools != t->plain)
		jinja_free(t->tools);
	jinja_free(t->plain);
	json_decref(t->settings);
	free(t);
}

const struct tool_format *template_format(const struct chat_template *t)
{
	return t->format;
}

const char *template_reason(const struct chat_template *t)
{
	return t->reason;
}

bool template_thinks(const struct chat_template *t)
{
	return t->thinks;
}

/* ---- rendering ---- */

/* Cuts what a template writes after the last assistant's text, so that the model goes on there. */
static void cut_after_last_text(const struct chat_request *r, struct rendered *out)
{
	struct arena *a = arena_new();
	struct str last = str_trim_right(chat_message_text(&r->messages[r->message_count - 1], a));
	size_t at = str_find_last(buf_str(&out->text), last);
	if (last.n && at != SIZE_MAX)
		buf_truncate(&out->text, at + last.n);
	arena_free(a);
}

/* The prompt ends with the opener of a thought. */
static bool ends_in_thought(const struct chat_template *t, struct str text)
{
	return t->format->think_open &&
	       str_ends(str_trim_right(text), str_z(t->format->think_open));
}

/* Every tool that is offered must be seen by the model. */
static void check_tools(const struct chat_request *r, struct str text, struct trace *trace)
{
	if (!offers_tools(r))
		return;
	for (size_t i = 0; i < r->tool_count; i++)
		if (str_find(text, r->tools[i].name) == SIZE_MAX)
			trace_note(trace, LAYER_PROMPT, "fault",
				"tool %.*s is offered but not in the prompt",
				STR_ARG(r->tools[i].name));
}

bool template_render(const struct chat_template *t, const struct chat_request *r, int64_t unix_s,
	struct trace *trace, struct rendered *out, struct err *e)
{
	if (!render(t, r, unix_s, out, e))
		return err_context(e, "the model's chat template refuses this conversation");
	if (r->continues_assistant && r->message_count)
		cut_after_last_text(r, out);
	out->is_thinking = ends_in_thought(t, buf_str(&out->text));
	trace_note(trace, LAYER_PROMPT, "decision", "tools as %s: %s", t->format->name, t->reason);
	trace_bytes(trace, LAYER_PROMPT, "rendered", buf_str(&out->text));
	check_tools(r, buf_str(&out->text), trace);
	return true;
}
