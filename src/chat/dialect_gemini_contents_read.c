/*
 * dialect_gemini_contents_read.c - `systemInstruction` and `contents` of a client's request become
 * messages of blocks.
 *
 * A user's content with responses of functions becomes messages of those results and, behind them,
 * one of whatever else it said. Calls and responses may come without ids: then they are told by
 * name and place. Parts that only the provider knows (files in its store, code it ran) are left
 * out, with words in their place where a reader would miss them.
 *
 * Layer: client.
 */
#include "base/limits.h"
#include "chat/dialect_gemini.h"
#include "chat/history.h"
#include "chat/seal.h"

static struct str text_of(const struct js_at *at)
{
	return js_text(at->value);
}

struct js_at gemini_list(struct request_reading *g, const struct js_at *at)
{
	struct js_at list = *at;
	if (!json_is_object(at->value))
		return list;
	json_t *alone = json_array();
	json_array_append(alone, (json_t *)at->value);
	list.value = chat_request_keep(g->r, alone);
	return list;
}

/* ---- parts ---- */

/* Google's client for Python writes the alphabet for URLs, which other APIs refuse. */
static struct str in_plain_base64(struct arena *a, struct str base64)
{
	char *text = arena_z(a, base64);
	for (size_t i = 0; i < base64.n; i++) {
		if (text[i] == '-')
			text[i] = '+';
		else if (text[i] == '_')
			text[i] = '/';
	}
	return str_n(text, base64.n);
}

static bool add_image(
	struct request_reading *g, const struct js_at *part, struct str call, bool *is_one)
{
	struct js_at data = gemini_key(part, "inlineData", "inline_data"),
		     file = gemini_key(part, "fileData", "file_data"),
		     type = gemini_key(js_has(&data) ? &data : &file, "mimeType", "mime_type"),
		     bytes = js_key(&data, "data"), uri = gemini_key(&file, "fileUri", "file_uri");
	struct str mime = text_of(&type), url = text_of(&uri);
	*is_one = js_has(&data) || js_has(&file);
	if (!*is_one)
		return true;
	if (js_has(&data) && str_starts(mime, STR("image/")))
		url = arena_printf(g->r->arena, "data:%.*s;base64,%.*s", STR_ARG(mime),
			STR_ARG(in_plain_base64(g->r->arena, text_of(&bytes))));
	bool is_image = js_has(&data) ? str_starts(mime, STR("image/"))
				      : !mime.n || str_starts(mime, STR("image/"));
	if (is_image && url.n)
		chat_add_block(g->r,
			(struct chat_block){ .type = CHAT_BLOCK_IMAGE, .text = url, .id = call });
	else
		chat_add_block(g->r, (struct chat_block){ .type = CHAT_BLOCK_TEXT,
					     .text = arena_printf(g->r->arena,
						     "[a file, %.*s, which this model cannot read]",
						     STR_ARG(mime)) });
	return true;
}

static void add_seal(struct request_reading *g, const struct js_at *part)
{
	struct js_at at = gemini_key(part, "thoughtSignature", "thought_signature");
	struct chat_block b = { .type = CHAT_BLOCK_THINK, .is_sealed = true };
	if (!text_of(&at).n)
		return;
	seal_read(text_of(&at), &b.origin, &b.opaque);
	chat_add_block(g->r, b);
}

/* A thought that is shown, with its seal; one without text brings that of the one before it. */
static void add_thought(struct request_reading *g, const struct js_at *part)
{
	struct js_at text = js_key(part, "text"),
		     seal = gemini_key(part, "thoughtSignature", "thought_signature");
	struct chat_block b = { .type = CHAT_BLOCK_THINK, .text = text_of(&text) };
	struct chat_message *m = &g->r->messages[g->r->message_count - 1];
	struct chat_block *last = m->block_count ? &m->blocks[m->block_count - 1] : NULL;
	seal_read(text_of(&seal), &b.origin, &b.opaque);
	bool is_late = last && last->type == CHAT_BLOCK_THINK && !last->opaque.n && !b.text.n;
	if (is_late) {
		last->opaque = arena_str(g->r->arena, b.opaque);
		last->origin = arena_str(g->r->arena, b.origin);
	} else if (b.text.n || b.opaque.n) {
		chat_add_block(g->r, b);
	}
}

static bool add_call(
	struct request_reading *g, const struct js_at *call, size_t number, struct err *e)
{
	struct js_at id = js_key(call, "id"), name = js_key(call, "name"),
		     args = js_key(call, "args");
	struct chat_block b = { .type = CHAT_BLOCK_CALL };
	char made[DIALECT_CALL_ID_CHARS + 1];
	struct buf text;
	if (!js_get_str(&name, &b.name, e) || !js_opt_str(&id, &b.id, e))
		return false;
	if (js_has(&args) && !js_get_object(&args, e))
		return false;
	if (!b.id.n)
		b.id = dialect_call_id(STR("gemini"), (unsigned)number, made);
	buf_init(&text, LIMIT_JSON_BYTES);
	if (js_has(&args))
		js_write(args.value, &text);
	else
		buf_add(&text, STR("{}"));
	b.text = buf_str(&text);
	chat_add_block(g->r, b);
	buf_clear(&text);
	return true;
}

/* Words, thoughts and images; what is of another kind is passed over. */
static bool add_part(struct request_reading *g, const struct js_at *part, struct err *e)
{
	struct js_at text = js_key(part, "text"), thought = js_key(part, "thought"),
		     call = gemini_key(part, "functionCall", "function_call");
	bool is_image;
	if (!js_get_object(part, e) || !add_image(g, part, STR(""), &is_image))
		return false;
	if (json_is_true(thought.value)) {
		add_thought(g, part);
		return true;
	}
	add_seal(g, part);
	if (text_of(&text).n)
		chat_add_block(g->r,
			(struct chat_block){ .type = CHAT_BLOCK_TEXT, .text = text_of(&text) });
	return !js_has(&call) ||
	       add_call(g, &call,
		       g->r->message_count * LIMIT_CALLS +
			       g->r->messages[g->r->message_count - 1].block_count,
		       e);
}

/* ---- responses ---- */

/* {"output": TEXT} and {"result": TEXT} are the text, {"error": TEXT} a failure; anything else is
 * told as it is. */
static void read_response_text(const json_t *response, struct chat_block *b, struct buf *out)
{
	static const char *const names[] = { "output", "result", "error" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const json_t *value = json_object_get(response, names[i]);
		if (!value || json_object_size(response) != 1)
			continue;
		b->is_error = str_eq_z(str_z(names[i]), "error");
		if (json_is_string(value))
			buf_add(out, js_text(value));
		else
			js_write(value, out);
		return;
	}
	if (response)
		js_write(response, out);
}

static bool add_result(struct request_reading *g, const struct js_at *response, struct err *e)
{
	struct js_at id = js_key(response, "id"), name = js_key(response, "name"),
		     said = js_key(response, "response");
	struct chat_block b = { .type = CHAT_BLOCK_RESULT };
	struct buf text;
	if (!js_get_str(&name, &b.name, e) || !js_opt_str(&id, &b.id, e))
		return false;
	if (!b.id.n)
		b.id = chat_unanswered_call(g->r, b.name);
	buf_init(&text, LIMIT_PROMPT_BYTES);
	read_response_text(said.value, &b, &text);
	b.text = buf_str(&text);
	chat_add_message(g->r, CHAT_TOOL);
	chat_add_block(g->r, b);
	buf_clear(&text);
	return true;
}

/* ---- contents ---- */

static struct js_at response_of(const struct js_at *part)
{
	return gemini_key(part, "functionResponse", "function_response");
}

/* Images inside a response, as blocks of the last message. */
static bool add_result_images(struct request_reading *g, const struct js_at *response)
{
	struct js_at parts = js_key(response, "parts"), id = js_key(response, "id");
	bool is_one;
	for (size_t i = 0; i < json_array_size(parts.value); i++) {
		struct js_at part = js_item(&parts, i);
		if (!add_image(g, &part, text_of(&id), &is_one))
			return false;
	}
	return true;
}

static bool read_user(struct request_reading *g, const struct js_at *parts, struct err *e)
{
	size_t count = json_array_size(parts->value), first = g->r->message_count;
	for (size_t i = 0; i < count; i++) {
		struct js_at part = js_item(parts, i), response = response_of(&part);
		if (js_has(&response) && !add_result(g, &response, e))
			return false;
	}
	size_t before = g->r->message_count;
	struct chat_message *m = chat_add_message(g->r, CHAT_USER);
	for (size_t i = 0; i < count; i++) {
		struct js_at part = js_item(parts, i), response = response_of(&part);
		if (js_has(&response) ? !add_result_images(g, &response) : !add_part(g, &part, e))
			return false;
	}
	if (before > first && !m->block_count)
		g->r->message_count = before;
	return true;
}

/* Google's clients that run functions themselves send back every piece of a stream as a content of
 * its own, the empty one at its end too: together they are one message. */
static bool read_model(struct request_reading *g, const struct js_at *parts, struct err *e)
{
	size_t count = g->r->message_count;
	if (!count || g->r->messages[count - 1].role != CHAT_ASSISTANT)
		chat_add_message(g->r, CHAT_ASSISTANT);
	for (size_t i = 0; i < json_array_size(parts->value); i++) {
		struct js_at part = js_item(parts, i);
		if (!add_part(g, &part, e))
			return false;
	}
	return true;
}

static bool read_content(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at role = js_key(at, "role"), parts = js_key(at, "parts");
	parts = gemini_list(g, &parts);
	struct str name = STR("user");
	if (!js_get_object(at, e) || !js_opt_str(&role, &name, e))
		return false;
	if (js_has(&parts) && !json_is_array(parts.value))
		return js_fail(&parts, e, "should be a list of parts");
	if (str_eq_z(name, "model"))
		return read_model(g, &parts, e);
	if (str_eq_z(name, "user") || str_eq_z(name, "function"))
		return read_user(g, &parts, e);
	return js_fail(&role, e, "is '%.*s', should be user or model",
		STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
}

bool gemini_read_contents(struct request_reading *g, const struct js_at *at, struct err *e)
{
	if (!js_has(at) && g->r->message_count) /* they stood in an inner request */
		return true;
	struct js_at list = gemini_list(g, at);
	return request_read_messages(g, &list, "contents", read_content, e);
}

bool gemini_read_system(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at parts = js_key(at, "parts");
	parts = gemini_list(g, &parts);
	if (!js_has(at))
		return true;
	if (json_is_string(at->value)) {
		chat_add_text(g->r, CHAT_SYSTEM, text_of(at));
		return true;
	}
	chat_add_message(g->r, CHAT_SYSTEM);
	for (size_t i = 0; i < json_array_size(parts.value); i++) {
		struct js_at part = js_item(&parts, i);
		if (!add_part(g, &part, e))
			return false;
	}
	return true;
}
