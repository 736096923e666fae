/*
 * dialect_anthropic_request_write.c - a chat_request becomes a Messages request, for a stream.
 *
 * A request that was read in this dialect goes on as it came, member for member. Of any other what
 * the reference has no word for is left out and noted; an effort becomes a way of thinking, by a
 * table of models, unless the reference forbids thinking there (a forced tool, calls in the history
 * whose thought cannot be shown).
 *
 * Layer: wire.
 */
#include "base/limits.h"
#include "chat/dialect_anthropic.h"

enum { DEFAULT_MAX_TOKENS = 32000, LEAST_BUDGET = 1024 };

static bool is_own(const struct chat_request *r)
{
	return r->dialect == &dialect_anthropic;
}

/* What the client said of it in this dialect, whole; NULL: nothing. */
static const json_t *own_member(const struct chat_request *r, const char *name)
{
	return is_own(r) ? json_object_get(r->extra, name) : NULL;
}

static void write_value(const char *name, const json_t *value, struct buf *out)
{
	js_next(out);
	js_quote(str_z(name), out);
	buf_add_char(out, ':');
	js_write(value, out);
}

/* Writes what the client said of it, if anything. */
static bool write_own(const struct chat_request *r, const char *name, struct buf *out)
{
	const json_t *value = own_member(r, name);
	if (value)
		write_value(name, value, out);
	return value != NULL;
}

static int64_t max_tokens_of(const struct chat_request *r)
{
	return r->sampling.max_tokens > 0 ? r->sampling.max_tokens : DEFAULT_MAX_TOKENS;
}

static void note_lost(struct trace *t, const char *what)
{
	trace_note(t, LAYER_WIRE, "dialect", "%s was left out: this API has no word for it", what);
}

/* ---- tools ---- */

static const char *const unions[] = { "anyOf", "oneOf", "allOf" };

static void add_properties(json_t *properties, const json_t *schema)
{
	const char *name;
	json_t *value;
	json_object_foreach(json_object_get(schema, "properties"), name, value)
	{
		if (!json_object_get(properties, name))
			json_object_set(properties, name, value);
	}
}

/* The reference takes an object at the root and no union there: what the alternatives have becomes
 * properties of the one object. */
static json_t *object_schema(const struct chat_tool *tool, struct trace *t)
{
	json_t *schema = tool->parameters ? json_copy((json_t *)tool->parameters) : json_object();
	json_t *properties = json_object();
	add_properties(properties, schema);
	for (size_t u = 0; u < sizeof unions / sizeof unions[0]; u++) {
		const json_t *list = json_object_get(schema, unions[u]);
		for (size_t i = 0; i < json_array_size(list); i++)
			add_properties(properties, json_array_get(list, i));
		if (list)
			trace_note(t, LAYER_WIRE, "dialect",
				"the schema of '%.*s' has %s at its root: its parts were put "
				"together",
				STR_ARG(str_sub(tool->name, 0, LIMIT_QUOTE_BYTES)), unions[u]);
		json_object_del(schema, unions[u]);
	}
	json_object_set_new(schema, "type", json_string("object"));
	json_object_set_new(schema, "properties", properties);
	return schema;
}

static void write_tool(const struct chat_tool *tool, struct trace *t, struct buf *out)
{
	json_t *schema = object_schema(tool, t);
	js_next(out);
	buf_add_char(out, '{');
	js_member_text(out, "name", tool->name);
	if (tool->description.n)
		js_member_text(out, "description", tool->description);
	js_member(out, "input_schema");
	js_write(schema, out);
	if (tool->is_strict)
		js_member_bool(out, "strict", true);
	buf_add_char(out, '}');
	json_decref(schema);
}

static bool is_in(const json_t *names, struct str name)
{
	for (size_t i = 0; i < json_array_size(names); i++)
		if (str_eq(js_text(json_array_get(names, i)), name))
			return true;
	return false;
}

/* A history with calls needs tools of their names, also where none are offered any more. */
static bool write_stubs(const struct chat_request *r, struct trace *t, struct buf *out)
{
	json_t *names = json_array();
	for (size_t i = 0; i < r->message_count; i++) {
		for (size_t k = 0; k < r->messages[i].block_count; k++) {
			const struct chat_block *b = &r->messages[i].blocks[k];
			if (b->type != CHAT_BLOCK_CALL || is_in(names, b->name))
				continue;
			json_array_append_new(names, js_new_text(b->name));
			write_tool(&(struct chat_tool){ .name = b->name }, t, out);
		}
	}
	bool has_any = json_array_size(names) > 0;
	json_decref(names);
	return has_any;
}

static const char *const choices[CHAT_CHOICE_COUNT] = {
	[CHAT_CHOICE_AUTO] = "auto",
	[CHAT_CHOICE_NONE] = "none",
	[CHAT_CHOICE_REQUIRED] = "any",
	[CHAT_CHOICE_NAMED] = "tool",
};

static void write_choice(
	const struct chat_request *r, enum chat_tool_choice choice, struct buf *out)
{
	bool is_single = !r->allows_parallel_calls && choice != CHAT_CHOICE_NONE;
	if (choice == CHAT_CHOICE_AUTO && !is_single)
		return;
	js_member(out, "tool_choice");
	buf_add_char(out, '{');
	js_member_text(out, "type", str_z(choices[choice]));
	if (choice == CHAT_CHOICE_NAMED)
		js_member_text(out, "name", r->choice_name);
	if (is_single)
		js_member_bool(out, "disable_parallel_tool_use", true);
	buf_add_char(out, '}');
}

static void write_tools(const struct chat_request *r, struct trace *t, struct buf *out)
{
	size_t before = out->n;
	if (write_own(r, "tools", out)) {
		write_choice(r, r->tool_choice, out);
		return;
	}
	js_member(out, "tools");
	buf_add_char(out, '[');
	for (size_t i = 0; i < r->tool_count; i++)
		write_tool(&r->tools[i], t, out);
	bool is_stubs = !r->tool_count && write_stubs(r, t, out);
	buf_add_char(out, ']');
	if (r->tool_count || is_stubs)
		write_choice(r, is_stubs ? CHAT_CHOICE_NONE : r->tool_choice, out);
	else
		buf_truncate(out, before);
}

/* ---- thinking ---- */

/* The vendor's models that think by a budget and may be told how to sample, by parts of their
 * names. Its later ones think by an effort and refuse both; models of others are taken to be of the
 * older kind, which every server of this API knows. */
static const char *const older_models[] = { "claude-2", "claude-3", "-4-0", "-4-1", "-4-2", "-4-5",
	"-4-6" };

static bool is_older(struct str model)
{
	if (!str_starts(model, STR("claude-")))
		return true;
	for (size_t i = 0; i < sizeof older_models / sizeof older_models[0]; i++)
		if (str_find(model, str_z(older_models[i])) != SIZE_MAX)
			return true;
	return false;
}

static const struct effort {
	const char *name, *own;
	int64_t budget;
} efforts[] = {
	{ "minimal", "low", 1024 },
	{ "low", "low", 2048 },
	{ "medium", "medium", 8192 },
	{ "high", "high", 16384 },
};

static const struct effort *effort_named(struct str name)
{
	for (size_t i = 0; i < sizeof efforts / sizeof efforts[0]; i++)
		if (str_eq_z(name, efforts[i].name))
			return &efforts[i];
	return NULL;
}

/* What the request's effort means, or NULL: no thinking, or none that may be asked for here. */
static const struct effort *effort_of(
	const struct chat_request *r, const struct anthropic_written *written, struct trace *t)
{
	bool is_unnamed = r->wants_thoughts && !r->reasoning_effort.n;
	const struct effort *effort =
		effort_named(is_unnamed ? STR("medium") : r->reasoning_effort);
	if (!effort || r->hides_thoughts || own_member(r, "thinking"))
		return NULL;
	bool is_forced = r->tool_count && (r->tool_choice == CHAT_CHOICE_REQUIRED ||
						  r->tool_choice == CHAT_CHOICE_NAMED);
	if (!is_forced && !written->has_bare_calls)
		return effort;
	trace_note(t, LAYER_WIRE, "dialect", "thinking is off for this request: %s",
		is_forced ? "this API does not allow it where a tool is forced"
			  : "the thought behind the last calls cannot be shown");
	return NULL;
}

/* A client that thinks by a budget, with calls whose thought another upstream had: the reference
 * refuses that. */
static bool must_not_think(
	const struct chat_request *r, const struct anthropic_written *written, struct trace *t)
{
	const json_t *type = json_object_get(json_object_get(r->extra, "thinking"), "type");
	bool is_off = is_own(r) && written->lost_thoughts && written->has_bare_calls &&
		      str_eq_z(js_text(type), "enabled");
	if (is_off)
		trace_note(t, LAYER_WIRE, "dialect",
			"thinking is off for this request: the thought behind the last calls "
			"belongs to another upstream");
	return is_off;
}

/* True if the model will think, which forbids to choose how it samples. */
static bool write_thinking(const struct chat_request *r, const struct effort *effort,
	const struct anthropic_written *written, struct trace *t, struct buf *out)
{
	bool is_off = must_not_think(r, written, t);
	if (is_off || write_own(r, "thinking", out) || !effort)
		return false;
	int64_t budget = r->thinking_tokens > 0 ? r->thinking_tokens : effort->budget;
	int64_t max_tokens = max_tokens_of(r);
	if (budget > max_tokens / 2)
		budget = max_tokens / 2;
	bool is_budget = is_older(r->model);
	if (is_budget && budget < LEAST_BUDGET)
		return false;
	js_member(out, "thinking");
	if (is_budget)
		buf_printf(out, "{\"type\":\"enabled\",\"budget_tokens\":%lld}", (long long)budget);
	else
		buf_add(out, STR("{\"type\":\"adaptive\"}"));
	return true;
}

static void write_output_config(
	const struct chat_request *r, const struct effort *effort, struct trace *t, struct buf *out)
{
	bool has_effort = effort && !is_older(r->model);
	bool has_schema = r->format == CHAT_FORMAT_SCHEMA && !own_member(r, "output_format");
	if (r->format == CHAT_FORMAT_JSON)
		note_lost(t, "the wish for JSON without a schema");
	if (write_own(r, "output_config", out) || (!has_effort && !has_schema))
		return;
	js_member(out, "output_config");
	buf_add_char(out, '{');
	if (has_effort)
		js_member_text(out, "effort", str_z(effort->own));
	if (has_schema) {
		js_member(out, "format");
		buf_add(out, STR("{\"type\":\"json_schema\",\"schema\":"));
		js_write(r->format_schema, out);
		buf_add_char(out, '}');
	}
	buf_add_char(out, '}');
}

/* ---- sampling ---- */

static void write_stops(const struct chat_sampling *s, struct trace *t, struct buf *out)
{
	size_t before = out->n;
	js_member(out, "stop_sequences");
	buf_add_char(out, '[');
	for (size_t i = 0; i < s->stop_count; i++) {
		if (!str_trim(s->stops[i]).n) {
			note_lost(t, "a stop string of white space");
			continue;
		}
		js_next(out);
		js_quote(s->stops[i], out);
	}
	if (out->n && out->p[out->n - 1] == '[')
		buf_truncate(out, before);
	else
		buf_add_char(out, ']');
}

static void write_temperature(const struct chat_request *r, struct trace *t, struct buf *out)
{
	double temperature = r->sampling.temperature;
	if (temperature > 1) {
		trace_note(t, LAYER_WIRE, "dialect",
			"the temperature %g was lowered to 1, the most of this API", temperature);
		temperature = 1;
	}
	js_member_double(out, "temperature", temperature);
}

static void note_what_is_lost(const struct chat_request *r, struct trace *t)
{
	const struct chat_sampling *s = &r->sampling;
	const struct {
		bool is_set;
		const char *name;
	} lost[] = {
		{ s->min_p != CHAT_UNSET_DOUBLE, "min_p" },
		{ s->repeat_penalty != CHAT_UNSET_DOUBLE, "repeat_penalty" },
		{ s->presence_penalty != CHAT_UNSET_DOUBLE, "presence_penalty" },
		{ s->frequency_penalty != CHAT_UNSET_DOUBLE, "frequency_penalty" },
		{ s->seed != CHAT_UNSET_INT, "seed" },
		{ s->bias_count > 0, "logit_bias" },
		{ s->top_logprobs != CHAT_UNSET_INT, "logprobs" },
	};
	for (size_t i = 0; i < sizeof lost / sizeof lost[0]; i++)
		if (lost[i].is_set)
			note_lost(t, lost[i].name);
}

static void write_sampling(
	const struct chat_request *r, bool is_thinking, struct trace *t, struct buf *out)
{
	const struct chat_sampling *s = &r->sampling;
	bool has_temperature = s->temperature != CHAT_UNSET_DOUBLE,
	     has_top_p = s->top_p != CHAT_UNSET_DOUBLE, has_top_k = s->top_k > 0;
	note_what_is_lost(r, t);
	write_stops(s, t, out);
	bool has_any = has_temperature || has_top_p || has_top_k;
	bool takes_any = !is_thinking && (is_own(r) || is_older(r->model));
	if (has_any && !takes_any)
		trace_note(t, LAYER_WIRE, "dialect",
			"temperature, top_p and top_k were left out: this model takes none%s",
			is_thinking ? " while it thinks" : "");
	if (!takes_any)
		return;
	if (has_temperature)
		write_temperature(r, t, out);
	if (has_top_p && has_temperature && !is_own(r))
		trace_note(t, LAYER_WIRE, "dialect",
			"top_p was left out: models of this API take it or a temperature");
	else if (has_top_p)
		js_member_double(out, "top_p", s->top_p);
	if (has_top_k)
		js_member_i64(out, "top_k", s->top_k);
}

/* ---- the whole ---- */

/* Members of the client's body that this dialect alone knows, but for those that have their place.
 */
static void write_extra(const struct chat_request *r, struct buf *out)
{
	static const char *const placed[] = { "tools", "thinking", "output_config" };
	const char *name;
	json_t *value;
	if (!is_own(r))
		return;
	json_object_foreach((json_t *)r->extra, name, value)
	{
		bool is_placed = false;
		for (size_t i = 0; i < sizeof placed / sizeof placed[0]; i++)
			is_placed = is_placed || str_eq_z(str_z(name), placed[i]);
		if (!is_placed)
			write_value(name, value, out);
	}
}

static void note_written(const struct anthropic_written *written, struct trace *t)
{
	if (written->lost_thoughts)
		trace_note(t, LAYER_WIRE, "dialect",
			"%zu thoughts were left out: this upstream has not sealed them",
			written->lost_thoughts);
	if (written->broken_calls)
		trace_note(t, LAYER_WIRE, "dialect",
			"%zu calls of the history were written without arguments: theirs are no "
			"JSON object",
			written->broken_calls);
}

bool anthropic_write_request(const struct chat_request *r, struct str origin, struct trace *t,
	struct buf *out, struct err *e)
{
	size_t begin = out->n;
	buf_add_char(out, '{');
	js_member_text(out, "model", r->model);
	js_member_i64(out, "max_tokens", max_tokens_of(r));
	struct anthropic_written written = anthropic_write_messages(r, origin, out);
	note_written(&written, t);
	write_tools(r, t, out);
	const struct effort *effort = effort_of(r, &written, t);
	bool is_thinking = write_thinking(r, effort, &written, t, out);
	write_output_config(r, effort, t, out);
	write_sampling(r, is_thinking, t, out);
	js_member_bool(out, "stream", true);
	write_extra(r, out);
	buf_add_char(out, '}');
	if (!out->overflow)
		return true;
	buf_truncate(out, begin);
	return fail(
		e, ERR_TOO_BIG, LAYER_WIRE, "the request is over the limit of %zu bytes", out->max);
}
