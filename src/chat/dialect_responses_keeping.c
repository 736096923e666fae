/*
 * dialect_responses_keeping.c - answers that previous_response_id and references to items name.
 *
 * An answer is kept as the reference shows it (GET /responses/ID), and beside it the items of its
 * own request: instructions and tools are not part of it, since a request that goes on brings its
 * own. A reference to an item is replaced by the item before anything is read; ids of items hold
 * the id of their answer, so it is known which one to look into.
 *
 * Layer: client.
 */
#include "base/limits.h"
#include "chat/dialect_responses.h"

#define ANSWER_PREFIX "resp_"

/* ---- names ---- */

static bool is_reference(const json_t *item)
{
	return str_eq_z(js_text_of(item, "type"), RESPONSES_REFERENCE);
}

/* The answer that an item of this id stands in: "msg_ANSWER_2" and "rs_ANSWER_0" in "resp_ANSWER".
 * Empty if it is none of ours. */
static struct str answer_of(struct str item, struct arena *a)
{
	size_t first = str_find_char(item, '_'), last = str_find_last(item, STR("_"));
	if (first == SIZE_MAX || last <= first + 1)
		return STR("");
	return arena_printf(a, ANSWER_PREFIX "%.*s", STR_ARG(str_sub(item, first + 1, last)));
}

static void add_name(struct dialect_names *out, struct str id)
{
	for (size_t i = 0; i < out->other_count; i++)
		if (str_eq(out->others[i], id))
			return;
	if (id.n && out->other_count < DIALECT_NAMES_MAX)
		out->others[out->other_count++] = id;
}

static void name_references(const json_t *input, struct arena *a, struct dialect_names *out)
{
	out->others = arena_calloc(a, DIALECT_NAMES_MAX, sizeof *out->others);
	for (size_t i = 0; i < json_array_size(input); i++) {
		const json_t *item = json_array_get(input, i);
		if (is_reference(item))
			add_name(out, answer_of(js_text_of(item, "id"), a));
	}
}

/* Most requests name nothing: those are not parsed for it. */
static bool may_name(struct str body)
{
	return str_find(body, STR("\"previous_response_id\"")) != SIZE_MAX ||
	       str_find(body, STR("\"" RESPONSES_REFERENCE "\"")) != SIZE_MAX;
}

static bool names(struct str body, struct arena *a, struct dialect_names *out)
{
	const char *mended;
	json_t *doc = may_name(body) ? js_parse_mended(body, LAYER_CLIENT, &mended, NULL) : NULL;
	*out = (struct dialect_names){ 0 };
	if (doc) {
		out->previous = arena_str(a, js_text_of(doc, "previous_response_id"));
		name_references(json_object_get(doc, "input"), a, out);
	}
	json_decref(doc);
	return out->previous.n || out->other_count;
}

/* ---- reading ---- */

/* A new reference to the item of that id in an answer, or NULL. */
static json_t *find_item(const struct dialect_turn *turn, struct str id)
{
	json_t *answer = js_parse_message(turn->answered, LAYER_DISK, NULL),
	       *output = json_object_get(answer, "output"), *found = NULL;
	for (size_t i = 0; i < json_array_size(output) && !found; i++)
		if (str_eq(js_text_of(json_array_get(output, i), "id"), id))
			found = json_incref(json_array_get(output, i));
	json_decref(answer);
	return found;
}

/* What is not found stays a reference. */
static void resolve(json_t *input, const struct dialect_past *past)
{
	for (size_t i = 0; i < json_array_size(input); i++) {
		const json_t *item = json_array_get(input, i);
		json_t *found = NULL;
		if (!is_reference(item))
			continue;
		for (size_t k = 0; k < past->other_count && !found; k++)
			found = find_item(&past->others[k], js_text_of(item, "id"));
		if (found)
			json_array_set_new(input, i, found);
	}
}

static struct chat_request *read_request(struct str path, struct str body,
	const struct dialect_past *past, struct arena *a, struct trace *t, struct err *e)
{
	json_t *doc = request_parse(body, t, e);
	if (!doc)
		return NULL;
	resolve(json_object_get(doc, "input"), past);
	return request_read_value(&dialect_responses, responses_members, path, doc, past, a, t, e);
}

/* ---- what was before ---- */

bool responses_fail_unknown(struct str id, const struct dialect_past *past, struct err *e)
{
	fail(e, ERR_BAD_DATA, LAYER_CLIENT, "Previous response with id '%.*s' not found",
		STR_ARG(str_sub(id, 0, LIMIT_QUOTE_BYTES)));
	e->code = RESPONSES_NO_PREVIOUS;
	if (past && past->is_off)
		return err_mend(e, "answers are kept if offgrid serve is started without "
				   "--no-store; else send the whole conversation as input");
	return err_mend(e, "it was dropped, has expired, was not to be kept (store: false), or "
			   "another key asked for it: send the whole conversation as input");
}

static bool read_items(
	struct request_reading *g, const json_t *items, const char *where, struct err *e)
{
	struct js_at root = js_root(items, LAYER_DISK);
	for (size_t i = 0; i < json_array_size(items); i++) {
		struct js_at item = js_item(&root, i);
		if (!responses_read_item(g, &item, e))
			return err_context(e, "%s", where);
	}
	return true;
}

static bool read_turn(struct request_reading *g, const struct dialect_turn *turn, struct err *e)
{
	json_t *asked = js_parse_message(turn->asked, LAYER_DISK, e),
	       *answered = asked ? js_parse_message(turn->answered, LAYER_DISK, e) : NULL;
	bool ok = answered && read_items(g, asked, "a kept request", e) &&
		  read_items(g, json_object_get(answered, "output"), "a kept answer", e);
	json_decref(asked);
	json_decref(answered);
	return ok;
}

bool responses_read_past(struct request_reading *g, struct err *e)
{
	for (size_t i = 0; g->past && i < g->past->chain_count; i++)
		if (!read_turn(g, &g->past->chain[i], e))
			return false;
	return true;
}

/* ---- what is kept ---- */

static bool wants(const struct chat_request *r)
{
	bool is_elsewhere = r->bound && !r->bound->id.n;
	return !is_elsewhere && !json_is_false(json_object_get(r->extra, "store"));
}

static json_t *part_of(json_t *text, bool is_answer)
{
	return json_pack(
		"[{s:s, s:O}]", "type", is_answer ? "output_text" : "input_text", "text", text);
}

/* The item as the reference shows it: messages may be sent in a shorter form. */
static json_t *whole_item(const json_t *sent)
{
	json_t *item = json_copy((json_t *)(uintptr_t)sent),
	       *content = json_object_get(item, "content");
	if (!json_object_get(item, "type"))
		json_object_set_new(item, "type", json_string("message"));
	bool is_answer = str_eq_z(js_text_of(item, "role"), "assistant");
	if (json_is_string(content))
		json_object_set_new(item, "content", part_of(content, is_answer));
	return item;
}

static json_t *asked_items(const json_t *input)
{
	json_t *list = json_array();
	if (json_is_string(input)) {
		json_t *item = json_pack("{s:s, s:s, s:O}", "type", "message", "role", "user",
			"content", (json_t *)(uintptr_t)input);
		json_array_append_new(list, whole_item(item));
		json_decref(item);
	}
	for (size_t i = 0; i < json_array_size(input); i++)
		json_array_append_new(list, whole_item(json_array_get(input, i)));
	return list;
}

void responses_write_asked(const struct chat_request *r, struct buf *out)
{
	json_t *items = asked_items(json_object_get(r->extra, "input"));
	js_write(items, out);
	json_decref(items);
}

/* ---- the list of what was asked ---- */

enum { PAGE = 20, PAGE_MAX = 100 };

struct page {
	struct str after;
	uint64_t limit;
	bool is_ascending;
};

static bool read_page(struct str query, struct page *out, struct err *e)
{
	struct str pair, name;
	*out = (struct page){ .limit = PAGE };
	while (str_cut(&query, '&', &pair)) {
		str_cut(&pair, '=', &name);
		if (str_eq_z(name, "after"))
			out->after = pair;
		if (str_eq_z(name, "order"))
			out->is_ascending = str_eq_z(pair, "asc");
		bool is_limit = str_eq_z(name, "limit");
		if (is_limit &&
			(!str_to_u64(pair, &out->limit) || !out->limit || out->limit > PAGE_MAX))
			return fail(e, ERR_BAD_DATA, LAYER_CLIENT,
				"limit: is '%.*s', should be between 1 and %d",
				STR_ARG(str_sub(pair, 0, LIMIT_QUOTE_BYTES)), PAGE_MAX);
	}
	return true;
}

/* Every item of the list has an id; those that were sent without one get it from their place. */
static void add_items(json_t *list, const json_t *items, struct str answer)
{
	for (size_t i = 0; i < json_array_size(items); i++) {
		json_t *item = json_copy(json_array_get(items, i));
		struct str mid = str_from(answer, sizeof ANSWER_PREFIX - 1);
		bool is_message = str_eq_z(js_text_of(item, "type"), "message");
		if (!js_text_of(item, "id").n)
			json_object_set_new(item, "id",
				json_sprintf("%s_%.*s_i%zu", is_message ? "msg" : "item",
					STR_ARG(mid), i));
		json_array_append_new(list, item);
	}
}

/* All that stood before the last answer of the chain. */
static json_t *all_asked(const struct dialect_past *past)
{
	json_t *list = json_array();
	for (size_t i = 0; i < past->chain_count; i++) {
		const struct dialect_turn *turn = &past->chain[i];
		json_t *asked = js_parse_message(turn->asked, LAYER_DISK, NULL);
		add_items(list, asked, turn->id);
		json_decref(asked);
		json_t *answered = js_parse_message(turn->answered, LAYER_DISK, NULL);
		if (i + 1 < past->chain_count)
			add_items(list, json_object_get(answered, "output"), turn->id);
		json_decref(answered);
	}
	return list;
}

static bool write_asked(
	const struct dialect_past *past, struct str query, struct buf *out, struct err *e)
{
	struct page page;
	if (!read_page(query, &page, e))
		return false;
	json_t *all = all_asked(past);
	size_t count = json_array_size(all), at = 0, told = 0;
	struct str first = STR(""), last = STR("");
	buf_add(out, STR("{\"object\":\"list\",\"data\":["));
	bool is_behind = !page.after.n;
	for (; at < count && told < page.limit; at++) {
		const json_t *item = json_array_get(all, page.is_ascending ? at : count - 1 - at);
		if (is_behind) {
			js_next(out);
			js_write(item, out);
			last = js_text_of(item, "id");
			first = told++ ? first : last;
		}
		is_behind = is_behind || str_eq(js_text_of(item, "id"), page.after);
	}
	buf_add_char(out, ']');
	js_member_text(out, "first_id", first);
	js_member_text(out, "last_id", last);
	js_member_bool(out, "has_more", at < count);
	buf_add_char(out, '}');
	json_decref(all);
	return true;
}

static void write_dropped(struct str id, struct buf *out)
{
	buf_add_char(out, '{');
	js_member_text(out, "id", id);
	js_member_text(out, "object", STR("response.deleted"));
	js_member_bool(out, "deleted", true);
	buf_add_char(out, '}');
}

static bool fail_cancel(struct str id, struct err *e)
{
	fail(e, ERR_BAD_DATA, LAYER_CLIENT,
		"the response '%.*s' was not made in the background: it is complete, and cannot be "
		"cancelled",
		STR_ARG(str_sub(id, 0, LIMIT_QUOTE_BYTES)));
	return err_mend(e, "to stop one that is under way, hang up");
}

const struct dialect_keeping responses_keeping = {
	.names = names,
	.read_request = read_request,
	.wants = wants,
	.write_turn = responses_write_turn,
	.not_kept = responses_not_kept,
	.write_dropped = write_dropped,
	.write_asked = write_asked,
	.fail_cancel = fail_cancel,
};
