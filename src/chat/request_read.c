/*
 * request_read.c - see request_read.h.
 *
 * Layer: client.
 */
#include "chat/request_read.h"

#include <math.h>

#include "base/limits.h"
#include "chat/history.h"

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

bool request_read_integer(
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

bool request_read_temperature(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return read_number(at, 0, MOST_TEMPERATURE, &g->r->sampling.temperature, e);
}

bool request_read_top_p(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return read_number(at, 0, 1, &g->r->sampling.top_p, e);
}

bool request_read_min_p(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return read_number(at, 0, 1, &g->r->sampling.min_p, e);
}

bool request_read_repeat_penalty(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return read_number(at, 0, MOST_PENALTY, &g->r->sampling.repeat_penalty, e);
}

bool request_read_presence_penalty(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return read_number(at, -MOST_PENALTY, MOST_PENALTY, &g->r->sampling.presence_penalty, e);
}

bool request_read_frequency_penalty(
	struct request_reading *g, const struct js_at *at, struct err *e)
{
	return read_number(at, -MOST_PENALTY, MOST_PENALTY, &g->r->sampling.frequency_penalty, e);
}

bool request_read_top_k(struct request_reading *g, const struct js_at *at, struct err *e)
{
	int64_t top_k = g->r->sampling.top_k;
	if (!request_read_integer(at, -1, MOST_TOP_K, &top_k, e))
		return false;
	g->r->sampling.top_k = (int)top_k;
	return true;
}

bool request_read_seed(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return request_read_integer(at, INT64_MIN, INT64_MAX, &g->r->sampling.seed, e);
}

/* -1 is how some clients write "no limit". */
bool request_read_max_tokens(struct request_reading *g, const struct js_at *at, struct err *e)
{
	if (json_is_integer(at->value) && json_integer_value(at->value) == -1)
		return true;
	return request_read_integer(at, 1, INT64_MAX, &g->r->sampling.max_tokens, e);
}

bool request_read_stop(struct request_reading *g, const struct js_at *at, struct err *e)
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

/* ---- words and switches ---- */

bool request_read_model(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct str name = { 0 };
	if (!js_opt_str(at, &name, e))
		return false;
	g->r->model = arena_str(g->r->arena, name);
	return true;
}

bool request_read_effort(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct str effort = { 0 };
	if (!js_opt_str(at, &effort, e))
		return false;
	g->r->reasoning_effort = arena_str(g->r->arena, effort);
	return true;
}

bool request_read_parallel(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return js_opt_bool(at, &g->r->allows_parallel_calls, e);
}

bool request_read_stream(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return js_opt_bool(at, &g->r->is_stream, e);
}

/* ---- lists ---- */

bool request_read_count(
	const struct js_at *at, size_t limit, const char *what, size_t *count, struct err *e)
{
	if (!js_get_array(at, count, e))
		return false;
	return *count <= limit ||
	       fail(e, ERR_TOO_BIG, LAYER_CLIENT, "%s: %zu %s are over the limit of %zu", at->key,
		       *count, what, limit);
}

static bool read_items(struct request_reading *g, const struct js_at *at, size_t count,
	bool (*read)(struct request_reading *, const struct js_at *, struct err *), struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		struct js_at item = js_item(at, i);
		if (!read(g, &item, e))
			return false;
	}
	return true;
}

bool request_read_tools(struct request_reading *g, const struct js_at *at,
	bool (*read)(struct request_reading *g, const struct js_at *tool, struct err *e),
	struct err *e)
{
	size_t count;
	return !js_has(at) || (request_read_count(at, LIMIT_TOOLS, "tools", &count, e) &&
				      read_items(g, at, count, read, e));
}

bool request_read_messages(struct request_reading *g, const struct js_at *at, const char *what,
	bool (*read)(struct request_reading *g, const struct js_at *message, struct err *e),
	struct err *e)
{
	size_t count;
	if (!request_read_count(at, LIMIT_MESSAGES, what, &count, e))
		return false;
	if (!count)
		return js_fail(at, e, "is empty: there is nothing to answer");
	return read_items(g, at, count, read, e);
}

struct chat_tool *request_offer_tool(
	struct request_reading *g, struct str name, struct str about, json_t *parameters)
{
	if (chat_find_tool(g->r, name)) {
		json_decref(parameters);
		trace_note(g->t, LAYER_CLIENT, "tools",
			"the tool '%.*s' is offered twice, the first one counts",
			STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
		return NULL;
	}
	chat_add_tool(g->r, name, about, parameters);
	return &g->r->tools[g->r->tool_count - 1];
}

/* ---- what is not known ---- */

static const json_t *keep_if_any(struct chat_request *r, json_t *extra)
{
	if (json_object_size(extra))
		return chat_request_keep(r, extra);
	json_decref(extra);
	return NULL;
}

const json_t *request_keep_unknown(
	struct chat_request *r, const json_t *object, const char *const *known)
{
	json_t *extra = json_object();
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)object, name, value)
	{
		const char *const *k = known;
		while (*k && !str_eq_z(str_z(name), *k))
			k++;
		if (!*k)
			json_object_set(extra, name, value);
	}
	return keep_if_any(r, extra);
}

static const json_t *keep_extra(
	struct chat_request *r, const json_t *doc, const struct request_member *members)
{
	json_t *extra = json_object();
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)doc, name, value)
	{
		const struct request_member *m = members;
		while (m->name && !str_eq_z(str_z(name), m->name))
			m++;
		if (!m->name || m->is_kept)
			json_object_set(extra, name, value);
	}
	return keep_if_any(r, extra);
}

/* ---- the whole ---- */

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
	if (!r->message_count)
		return false;
	const struct chat_message *last = &r->messages[r->message_count - 1];
	if (last->role != CHAT_ASSISTANT)
		return false;
	for (size_t i = 0; i < last->block_count; i++)
		if (last->blocks[i].type == CHAT_BLOCK_CALL)
			return false;
	return true;
}

static bool read_body(struct request_reading *g, const struct request_member *members,
	const json_t *doc, struct err *e)
{
	struct js_at root = js_root(doc, LAYER_CLIENT);
	if (!js_get_object(&root, e))
		return false;
	for (const struct request_member *m = members; m->name; m++) {
		struct js_at at = js_key(&root, m->name);
		if (!m->read(g, &at, e))
			return false;
	}
	g->r->extra = keep_extra(g->r, doc, members);
	if (!check_choice(g->r, e) || !chat_order_history(g->r, g->t, e))
		return false;
	bool may_continue = ends_with_words(g->r);
	g->r->continues_assistant = may_continue && (!g->has_wish || g->r->continues_assistant);
	return true;
}

struct chat_request *request_read_value(const struct dialect *dialect,
	const struct request_member *members, struct str path, json_t *doc,
	const struct dialect_past *past, struct arena *a, struct trace *t, struct err *e)
{
	struct request_reading g = { .r = chat_request_new(a), .t = t, .path = path, .past = past };
	g.r->dialect = dialect;
	bool ok = read_body(&g, members, doc, e);
	json_decref(doc);
	if (ok)
		return g.r;
	chat_request_free(g.r);
	return NULL;
}

json_t *request_parse(struct str body, struct trace *t, struct err *e)
{
	const char *mended;
	json_t *doc = js_parse_mended(body, LAYER_CLIENT, &mended, e);
	if (mended)
		trace_note(t, LAYER_CLIENT, "mended", "%s, in the body", mended);
	return doc;
}

struct chat_request *request_read(const struct dialect *dialect,
	const struct request_member *members, struct str path, struct str body, struct arena *a,
	struct trace *t, struct err *e)
{
	json_t *doc = request_parse(body, t, e);
	return doc ? request_read_value(dialect, members, path, doc, NULL, a, t, e) : NULL;
}
