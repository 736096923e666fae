/*
 * dialect_openai_request_read.c - a client's Chat Completions request becomes a chat_request.
 *
 * Every member of the body that we know is one row of a table; what is in no row is kept in
 * `extra`, so that it survives when the upstream speaks the same dialect. Accepted beside the
 * reference are the shapes that real clients send: the older functions and function_call, several
 * names for one thing, numbers written as 4096.0. What would change the meaning if it were ignored
 * (n over 1, a choice that the tools cannot meet) is refused with the place where it stands.
 *
 * Layer: client.
 */
#include "chat/dialect_openai.h"

#include <math.h>

#include "base/limits.h"
#include "chat/history.h"

/* What the rows of the table work on. */
struct reading {
	struct chat_request *r;
	struct trace *t;
	bool has_wish; /* it was said whether to continue the last message */
};

/* ---- numbers ---- */

static bool read_number(
	const struct js_at *at, double least, double most, double *out, struct err *e)
{
	double value = *out;
	if (!js_opt_double(at, &value, e))
		return false;
	if (js_has(at) && !(value >= least && value <= most))
		return js_fail(at, e, "should be between %g and %g, is %g", least, most, value);
	*out = value;
	return true;
}

/* An integer, which some clients write with a point. */
static bool read_integer(
	const struct js_at *at, int64_t least, int64_t most, int64_t *out, struct err *e)
{
	int64_t value = 0;
	if (!js_has(at))
		return true;
	if (json_is_real(at->value)) {
		double real = json_real_value(at->value);
		if (real != floor(real) || fabs(real) > 9e15)
			return js_fail(at, e, "should be an integer, is %g", real);
		value = (int64_t)real;
	} else if (!js_get_i64(at, &value, e)) {
		return false;
	}
	if (value < least || value > most)
		return js_fail(at, e, "should be between %lld and %lld, is %lld", (long long)least,
			(long long)most, (long long)value);
	*out = value;
	return true;
}

enum { MOST_TEMPERATURE = 100, MOST_PENALTY = 100, MOST_TOP_K = 1000000 };

static bool read_temperature(struct reading *g, const struct js_at *at, struct err *e)
{
	return read_number(at, 0, MOST_TEMPERATURE, &g->r->sampling.temperature, e);
}

static bool read_top_p(struct reading *g, const struct js_at *at, struct err *e)
{
	return read_number(at, 0, 1, &g->r->sampling.top_p, e);
}

static bool read_min_p(struct reading *g, const struct js_at *at, struct err *e)
{
	return read_number(at, 0, 1, &g->r->sampling.min_p, e);
}

static bool read_repeat_penalty(struct reading *g, const struct js_at *at, struct err *e)
{
	return read_number(at, 0, MOST_PENALTY, &g->r->sampling.repeat_penalty, e);
}

static bool read_presence_penalty(struct reading *g, const struct js_at *at, struct err *e)
{
	return read_number(at, -MOST_PENALTY, MOST_PENALTY, &g->r->sampling.presence_penalty, e);
}

static bool read_frequency_penalty(struct reading *g, const struct js_at *at, struct err *e)
{
	return read_number(at, -MOST_PENALTY, MOST_PENALTY, &g->r->sampling.frequency_penalty, e);
}

static bool read_top_k(struct reading *g, const struct js_at *at, struct err *e)
{
	int64_t top_k = g->r->sampling.top_k;
	if (!read_integer(at, -1, MOST_TOP_K, &top_k, e))
		return false;
	g->r->sampling.top_k = (int)top_k;
	return true;
}

static bool read_seed(struct reading *g, const struct js_at *at, struct err *e)
{
	return read_integer(at, INT64_MIN, INT64_MAX, &g->r->sampling.seed, e);
}

/* -1 is how some clients write "no limit". */
static bool read_max_tokens(struct reading *g, const struct js_at *at, struct err *e)
{
	if (json_is_integer(at->value) && json_integer_value(at->value) == -1)
		return true;
	return read_integer(at, 1, INT64_MAX, &g->r->sampling.max_tokens, e);
}

static bool read_n(struct reading *g, const struct js_at *at, struct err *e)
{
	(void)g;
	int64_t n = 1;
	if (!read_integer(at, 1, INT64_MAX, &n, e))
		return false;
	if (n > 1) {
		js_fail(at, e, "%lld answers to one request are not supported, only 1",
			(long long)n);
		return err_mend(e, "send the request as often as answers are wanted");
	}
	return true;
}

static bool read_logprobs(struct reading *g, const struct js_at *at, struct err *e)
{
	bool is_wanted = false;
	if (!js_opt_bool(at, &is_wanted, e))
		return false;
	if (is_wanted && g->r->sampling.top_logprobs == CHAT_UNSET_INT)
		g->r->sampling.top_logprobs = 0;
	return true;
}

static bool read_top_logprobs(struct reading *g, const struct js_at *at, struct err *e)
{
	int64_t count = g->r->sampling.top_logprobs;
	if (!read_integer(at, 0, CHAT_TOP_LOGPROBS, &count, e))
		return false;
	g->r->sampling.top_logprobs = (int)count;
	return true;
}

static bool read_logit_bias(struct reading *g, const struct js_at *at, struct err *e)
{
	if (!js_has(at))
		return true;
	if (!js_get_object(at, e))
		return false;
	struct chat_logit_bias *biases =
		arena_calloc(g->r->arena, json_object_size(at->value) + 1, sizeof *biases);
	size_t count = 0;
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)at->value, key, value)
	{
		struct js_at item = js_key(at, key);
		uint64_t token;
		if (!str_to_u64(str_z(key), &token) || token > INT32_MAX)
			return js_fail(&item, e, "is no token number");
		biases[count].token = (int)token;
		if (!js_get_double(&item, &biases[count].bias, e))
			return false;
		count++;
	}
	g->r->sampling.biases = biases;
	g->r->sampling.bias_count = count;
	return true;
}

static bool read_stop(struct reading *g, const struct js_at *at, struct err *e)
{
	if (!js_has(at))
		return true;
	size_t count = json_is_array(at->value) ? json_array_size(at->value) : 1;
	struct str *stops = arena_calloc(g->r->arena, count + 1, sizeof *stops);
	for (size_t i = 0; i < count; i++) {
		struct js_at item = json_is_array(at->value) ? js_item(at, i) : *at;
		if (!js_get_str(&item, &stops[i], e))
			return false;
		if (!stops[i].n)
			return js_fail(&item, e, "is empty: it would stop every answer at once");
		stops[i] = arena_str(g->r->arena, stops[i]);
	}
	g->r->sampling.stops = stops;
	g->r->sampling.stop_count = count;
	return true;
}

/* ---- tools ---- */

static bool read_function(struct reading *g, const struct js_at *at, struct err *e)
{
	struct js_at name = js_key(at, "name"), about = js_key(at, "description"),
		     parameters = js_key(at, "parameters"), strict = js_key(at, "strict");
	struct str name_text, about_text = { 0 };
	bool is_strict = false;
	if (!js_get_object(at, e) || !js_get_str(&name, &name_text, e) ||
		!js_opt_str(&about, &about_text, e) || !js_opt_bool(&strict, &is_strict, e))
		return false;
	if (!name_text.n)
		return js_fail(&name, e, "is empty");
	if (js_has(&parameters) && !js_get_object(&parameters, e))
		return false;
	if (chat_find_tool(g->r, name_text)) {
		trace_note(g->t, LAYER_CLIENT, "tools",
			"the tool '%.*s' is offered twice, the first one counts",
			STR_ARG(str_sub(name_text, 0, LIMIT_QUOTE_BYTES)));
		return true;
	}
	chat_add_tool(g->r, name_text, about_text, json_incref((json_t *)parameters.value));
	g->r->tools[g->r->tool_count - 1].is_strict = is_strict;
	return true;
}

static bool read_tool(struct reading *g, const struct js_at *at, struct err *e)
{
	struct js_at type = js_key(at, "type"), function = js_key(at, "function");
	struct str kind = STR("function");
	if (!js_get_object(at, e) || !js_opt_str(&type, &kind, e))
		return false;
	if (str_eq_z(kind, "function"))
		return read_function(g, &function, e);
	trace_note(g->t, LAYER_CLIENT, "tools", "a tool of type '%.*s' was left out",
		STR_ARG(str_sub(kind, 0, LIMIT_QUOTE_BYTES)));
	return true;
}

static bool read_each_tool(struct reading *g, const struct js_at *at,
	bool (*read)(struct reading *, const struct js_at *, struct err *), struct err *e)
{
	size_t count;
	if (!js_has(at))
		return true;
	if (!js_get_array(at, &count, e))
		return false;
	if (count > LIMIT_TOOLS)
		return fail(e, ERR_TOO_BIG, LAYER_CLIENT, "%s: %zu tools are over the limit of %d",
			at->key, count, LIMIT_TOOLS);
	for (size_t i = 0; i < count; i++) {
		struct js_at tool = js_item(at, i);
		if (!read(g, &tool, e))
			return false;
	}
	return true;
}

static bool read_tools(struct reading *g, const struct js_at *at, struct err *e)
{
	return read_each_tool(g, at, read_tool, e);
}

static bool read_functions(struct reading *g, const struct js_at *at, struct err *e)
{
	return read_each_tool(g, at, read_function, e);
}

static const struct {
	const char *name;
	enum chat_tool_choice choice;
} choices[] = {
	{ "auto", CHAT_CHOICE_AUTO },
	{ "none", CHAT_CHOICE_NONE },
	{ "required", CHAT_CHOICE_REQUIRED },
	{ "any", CHAT_CHOICE_REQUIRED },
};

/* A word, {"type": "function", "function": {"name": …}}, or the older {"name": …}. */
static bool read_tool_choice(struct reading *g, const struct js_at *at, struct err *e)
{
	if (!js_has(at))
		return true;
	if (json_is_object(at->value)) {
		struct js_at function = js_key(at, "function"),
			     name = js_key(js_has(&function) ? &function : at, "name");
		struct str text;
		if (!js_get_str(&name, &text, e))
			return false;
		g->r->tool_choice = CHAT_CHOICE_NAMED;
		g->r->choice_name = arena_str(g->r->arena, text);
		return true;
	}
	struct str word;
	if (!js_get_str(at, &word, e))
		return false;
	for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
		if (str_eq_z(word, choices[i].name)) {
			g->r->tool_choice = choices[i].choice;
			return true;
		}
	}
	return js_fail(at, e, "is '%.*s', should be auto, none, required or a function",
		STR_ARG(str_sub(word, 0, LIMIT_QUOTE_BYTES)));
}

static bool read_parallel(struct reading *g, const struct js_at *at, struct err *e)
{
	return js_opt_bool(at, &g->r->allows_parallel_calls, e);
}

/* ---- the rest ---- */

static bool read_messages(struct reading *g, const struct js_at *at, struct err *e)
{
	return openai_read_messages(g->r, g->t, at, e);
}

static bool read_model(struct reading *g, const struct js_at *at, struct err *e)
{
	struct str name = { 0 };
	if (!js_opt_str(at, &name, e))
		return false;
	g->r->model = arena_str(g->r->arena, name);
	return true;
}

static bool read_effort(struct reading *g, const struct js_at *at, struct err *e)
{
	struct str effort = { 0 };
	if (!js_opt_str(at, &effort, e))
		return false;
	g->r->reasoning_effort = arena_str(g->r->arena, effort);
	return true;
}

static bool read_response_format(struct reading *g, const struct js_at *at, struct err *e)
{
	if (!js_has(at))
		return true;
	struct js_at type = js_key(at, "type"), wrapped = js_key(at, "json_schema"),
		     schema = js_key(js_has(&wrapped) ? &wrapped : at, "schema");
	struct str kind;
	if (!js_get_object(at, e) || !js_get_str(&type, &kind, e))
		return false;
	if (str_eq_z(kind, "text"))
		return true;
	if (str_eq_z(kind, "json_object") && !js_has(&schema)) {
		g->r->format = CHAT_FORMAT_JSON;
		return true;
	}
	if (!str_eq_z(kind, "json_schema") && !str_eq_z(kind, "json_object"))
		return js_fail(&type, e, "is '%.*s', should be text, json_object or json_schema",
			STR_ARG(str_sub(kind, 0, LIMIT_QUOTE_BYTES)));
	if (!js_get_object(&schema, e))
		return false;
	g->r->format = CHAT_FORMAT_SCHEMA;
	g->r->format_schema = chat_request_keep(g->r, json_incref((json_t *)schema.value));
	return true;
}

static bool read_stream(struct reading *g, const struct js_at *at, struct err *e)
{
	return js_opt_bool(at, &g->r->is_stream, e);
}

static bool read_stream_options(struct reading *g, const struct js_at *at, struct err *e)
{
	struct js_at usage = js_key(at, "include_usage");
	return js_opt_bool(&usage, &g->r->wants_usage, e);
}

static bool read_continue(struct reading *g, const struct js_at *at, struct err *e)
{
	g->has_wish = js_has(at);
	return js_opt_bool(at, &g->r->continues_assistant, e);
}

/* The members of the body in the order in which they are read: of two names for one thing the later
 * one wins. */
static const struct {
	const char *name;
	bool (*read)(struct reading *g, const struct js_at *at, struct err *e);
} members[] = {
	{ "model", read_model },
	{ "messages", read_messages },
	{ "functions", read_functions },
	{ "tools", read_tools },
	{ "function_call", read_tool_choice },
	{ "tool_choice", read_tool_choice },
	{ "parallel_tool_calls", read_parallel },
	{ "response_format", read_response_format },
	{ "reasoning_effort", read_effort },
	{ "temperature", read_temperature },
	{ "top_p", read_top_p },
	{ "min_p", read_min_p },
	{ "top_k", read_top_k },
	{ "repetition_penalty", read_repeat_penalty },
	{ "repeat_penalty", read_repeat_penalty },
	{ "presence_penalty", read_presence_penalty },
	{ "frequency_penalty", read_frequency_penalty },
	{ "logit_bias", read_logit_bias },
	{ "logprobs", read_logprobs },
	{ "top_logprobs", read_top_logprobs },
	{ "seed", read_seed },
	{ "stop", read_stop },
	{ "max_tokens", read_max_tokens },
	{ "max_completion_tokens", read_max_tokens },
	{ "n", read_n },
	{ "stream", read_stream },
	{ "stream_options", read_stream_options },
	{ "continue_final_message", read_continue },
};

static bool is_known(const char *name)
{
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		if (str_eq_z(str_z(name), members[i].name))
			return true;
	return false;
}

static void keep_extra(struct reading *g, const json_t *doc)
{
	json_t *extra = json_object();
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)doc, name, value) if (!is_known(name))
		json_object_set(extra, name, value);
	if (json_object_size(extra))
		g->r->extra = chat_request_keep(g->r, extra);
	else
		json_decref(extra);
}

/* A choice that the tools cannot meet would make the model promise in vain. */
static bool check_choice(const struct chat_request *r, struct err *e)
{
	if (r->tool_choice == CHAT_CHOICE_NAMED && !chat_find_tool(r, r->choice_name))
		return fail(e, ERR_BAD_DATA, LAYER_CLIENT,
			"tool_choice: the tool '%.*s' is not among the %zu offered",
			STR_ARG(str_sub(r->choice_name, 0, LIMIT_QUOTE_BYTES)), r->tool_count);
	if (r->tool_choice == CHAT_CHOICE_REQUIRED && !r->tool_count)
		return fail(e, ERR_BAD_DATA, LAYER_CLIENT,
			"tool_choice: is 'required', but no tools are offered");
	return true;
}

/* Whether the last message is to be continued: what an assistant has said last and not finished
 * with a call. */
static bool ends_with_words(const struct chat_request *r)
{
	const struct chat_message *last = &r->messages[r->message_count - 1];
	if (last->role != CHAT_ASSISTANT)
		return false;
	for (size_t i = 0; i < last->block_count; i++)
		if (last->blocks[i].type == CHAT_BLOCK_CALL)
			return false;
	return true;
}

static bool read_body(struct reading *g, const json_t *doc, struct err *e)
{
	struct js_at root = js_root(doc, LAYER_CLIENT);
	if (!js_get_object(&root, e))
		return false;
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		struct js_at at = js_key(&root, members[i].name);
		if (!members[i].read(g, &at, e))
			return false;
	}
	keep_extra(g, doc);
	if (!check_choice(g->r, e) || !chat_order_history(g->r, g->t, e))
		return false;
	bool may_continue = ends_with_words(g->r);
	g->r->continues_assistant = may_continue && (!g->has_wish || g->r->continues_assistant);
	return true;
}

struct chat_request *openai_read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e)
{
	(void)path;
	json_t *doc = js_parse(body, LAYER_CLIENT, e);
	if (!doc)
		return NULL;
	struct reading g = { .r = chat_request_new(a), .t = t };
	g.r->dialect = &dialect_openai;
	bool ok = read_body(&g, doc, e);
	json_decref(doc);
	if (ok)
		return g.r;
	chat_request_free(g.r);
	return NULL;
}
