/*
 * dialect_anthropic_messages_read.c - `system` and `messages` of a client's Messages request become
 * messages of blocks.
 *
 * Content is a string or a list of blocks. A user's message with tool results becomes messages of
 * those results and, behind them, one of whatever else it said; images inside a result stand in the
 * latter, marked with the call they belong to. Blocks that only this dialect knows are kept whole,
 * with words that stand for them elsewhere: the text of a document, or what was left out.
 *
 * Layer: client.
 */
#include "base/limits.h"
#include "chat/dialect_anthropic.h"
#include "chat/quirks.h"
#include "chat/seal.h"

/* ---- what stands for a block elsewhere ---- */

static void add_texts(const json_t *blocks, struct buf *out)
{
	for (size_t i = 0; i < json_array_size(blocks); i++) {
		struct str text = js_text_of(json_array_get(blocks, i), "text");
		if (text.n && out->n)
			buf_add_char(out, '\n');
		buf_add(out, text);
	}
}

static void stand_for_document(const json_t *block, struct buf *out)
{
	const json_t *source = json_object_get(block, "source");
	struct str kind = js_text_of(source, "type"), title = js_text_of(block, "title"),
		   url = js_text_of(source, "url"), media = js_text_of(source, "media_type");
	if (title.n)
		buf_printf(out, "%.*s\n", STR_ARG(title));
	if (str_eq_z(kind, "text"))
		buf_add(out, js_text_of(source, "data"));
	else if (str_eq_z(kind, "content") && json_is_string(json_object_get(source, "content")))
		buf_add(out, js_text_of(source, "content"));
	else if (str_eq_z(kind, "content"))
		add_texts(json_object_get(source, "content"), out);
	else
		buf_printf(out, "[a document, %.*s, which this model cannot read]",
			STR_ARG(url.n     ? url
				: media.n ? media
					  : kind));
}

static void stand_for_search_result(const json_t *block, struct buf *out)
{
	buf_printf(out, "%.*s (%.*s)\n", STR_ARG(js_text_of(block, "title")),
		STR_ARG(js_text_of(block, "source")));
	add_texts(json_object_get(block, "content"), out);
}

static void stand_for_image(const json_t *block, struct buf *out)
{
	(void)block;
	buf_add(out, STR("[an image in the provider's store, which this model cannot see]"));
}

static void stand_for_tool_reference(const json_t *block, struct buf *out)
{
	buf_printf(out, "the tool %.*s is available now", STR_ARG(js_text_of(block, "tool_name")));
}

static void stand_for_text(const json_t *block, struct buf *out)
{
	buf_add(out, js_text_of(block, "text"));
}

static const struct {
	const char *type;
	void (*write)(const json_t *block, struct buf *out);
} stand_ins[] = {
	{ "text", stand_for_text },
	{ "document", stand_for_document },
	{ "search_result", stand_for_search_result },
	{ "image", stand_for_image },
	{ "tool_reference", stand_for_tool_reference },
};

static void write_stand_in(const json_t *block, struct buf *out)
{
	for (size_t i = 0; i < sizeof stand_ins / sizeof stand_ins[0]; i++)
		if (str_eq_z(js_text_of(block, "type"), stand_ins[i].type))
			stand_ins[i].write(block, out);
}

/* ---- blocks ---- */

static bool read_raw(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct buf words;
	(void)e;
	buf_init(&words, LIMIT_PROMPT_BYTES);
	write_stand_in(at->value, &words);
	chat_add_block(
		g->r, (struct chat_block){ .type = CHAT_BLOCK_RAW,
			      .text = buf_str(&words),
			      .extra = chat_request_keep(g->r, json_incref((json_t *)at->value)) });
	buf_clear(&words);
	return true;
}

/* A client's accounting, which changes with every request and so would make every prompt new. */
static bool is_billing(struct str text)
{
	return str_starts(text, STR("x-anthropic-billing-header:"));
}

static bool read_text(struct request_reading *g, const struct js_at *at, struct err *e)
{
	static const char *const known[] = { "type", "text", NULL };
	struct js_at member = js_key(at, "text");
	struct str text;
	if (!js_get_str(&member, &text, e))
		return false;
	if (is_billing(text)) {
		quirk_note(QUIRK_BILLING, g->t, "%zu bytes are left out of the prompt", text.n);
		chat_add_block(g->r, (struct chat_block){ .type = CHAT_BLOCK_RAW,
					     .extra = chat_request_keep(
						     g->r, json_incref((json_t *)at->value)) });
		return true;
	}
	if (text.n)
		chat_add_block(
			g->r, (struct chat_block){ .type = CHAT_BLOCK_TEXT,
				      .text = text,
				      .extra = request_keep_unknown(g->r, at->value, known) });
	return true;
}

/* The URL of an image, "data:" or another, in the arena; empty if only the provider has it. */
static bool read_source(
	struct request_reading *g, const struct js_at *image, struct str *url, struct err *e)
{
	struct js_at source = js_key(image, "source"), kind = js_key(&source, "type"),
		     media = js_key(&source, "media_type"), data = js_key(&source, "data"),
		     address = js_key(&source, "url");
	struct str type, media_type, bytes;
	*url = STR("");
	if (!js_get_object(&source, e) || !js_get_str(&kind, &type, e))
		return false;
	if (str_eq_z(type, "url"))
		return js_get_str(&address, url, e);
	if (!str_eq_z(type, "base64"))
		return true;
	if (!js_get_str(&media, &media_type, e) || !js_get_str(&data, &bytes, e))
		return false;
	*url = arena_printf(
		g->r->arena, "data:%.*s;base64,%.*s", STR_ARG(media_type), STR_ARG(bytes));
	return true;
}

static bool read_image(struct request_reading *g, const struct js_at *at, struct err *e)
{
	static const char *const known[] = { "type", "source", NULL };
	struct str url;
	if (!read_source(g, at, &url, e))
		return false;
	if (!url.n)
		return read_raw(g, at, e);
	chat_add_block(g->r, (struct chat_block){ .type = CHAT_BLOCK_IMAGE,
				     .text = url,
				     .extra = request_keep_unknown(g->r, at->value, known) });
	return true;
}

static bool read_thinking(struct request_reading *g, const struct js_at *at, struct err *e)
{
	static const char *const known[] = { "type", "thinking", "signature", NULL };
	struct js_at thought = js_key(at, "thinking"), signature = js_key(at, "signature");
	struct chat_block b = { .type = CHAT_BLOCK_THINK };
	struct str kept = { 0 };
	if (!js_get_str(&thought, &b.text, e) || !js_opt_str(&signature, &kept, e))
		return false;
	seal_read(kept, &b.origin, &b.opaque);
	b.extra = request_keep_unknown(g->r, at->value, known);
	chat_add_block(g->r, b);
	return true;
}

static bool read_redacted(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at data = js_key(at, "data");
	struct chat_block b = { .type = CHAT_BLOCK_THINK, .is_sealed = true };
	struct str kept;
	if (!js_get_str(&data, &kept, e))
		return false;
	seal_read(kept, &b.origin, &b.opaque);
	chat_add_block(g->r, b);
	return true;
}

static bool read_tool_use(struct request_reading *g, const struct js_at *at, struct err *e)
{
	static const char *const known[] = { "type", "id", "name", "input", NULL };
	struct js_at id = js_key(at, "id"), name = js_key(at, "name"), input = js_key(at, "input");
	struct chat_block b = { .type = CHAT_BLOCK_CALL };
	bool is_empty = !js_has(&input) ||
			(json_is_string(input.value) && !str_trim(js_text(input.value)).n);
	if (!js_get_str(&id, &b.id, e) || !js_get_str(&name, &b.name, e) ||
		(!is_empty && !js_get_object(&input, e)))
		return false;
	struct buf args;
	buf_init(&args, LIMIT_JSON_BYTES);
	if (is_empty) { /* gateways write so what was called without arguments */
		trace_note(g->t, LAYER_CLIENT, "mended", "a call of %.*s without an input object",
			STR_ARG(b.name));
		buf_add_z(&args, "{}");
	} else {
		js_write(input.value, &args);
	}
	b.text = buf_str(&args);
	b.extra = request_keep_unknown(g->r, at->value, known);
	chat_add_block(g->r, b);
	buf_clear(&args);
	return true;
}

static const struct block_row {
	const char *type;
	bool (*read)(struct request_reading *g, const struct js_at *at, struct err *e);
} block_rows[] = {
	{ "text", read_text },
	{ "image", read_image },
	{ "thinking", read_thinking },
	{ "redacted_thinking", read_redacted },
	{ "tool_use", read_tool_use },
};

static bool type_at(const struct js_at *at, struct str *type, struct err *e)
{
	struct js_at kind = js_key(at, "type");
	return js_get_object(at, e) && js_get_str(&kind, type, e);
}

static bool read_block(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct str type;
	if (!type_at(at, &type, e))
		return false;
	for (size_t i = 0; i < sizeof block_rows / sizeof block_rows[0]; i++)
		if (str_eq_z(type, block_rows[i].type))
			return block_rows[i].read(g, at, e);
	return read_raw(g, at, e);
}

/* ---- content ---- */

static bool is_result(const struct js_at *block)
{
	return str_eq_z(js_text_of(block->value, "type"), "tool_result");
}

static void add_string(struct request_reading *g, struct str text)
{
	if (text.n)
		chat_add_block(g->r, (struct chat_block){ .type = CHAT_BLOCK_TEXT, .text = text });
}

/* A string or a list of blocks, as blocks of the last message; results are passed over. */
static bool read_content(struct request_reading *g, const struct js_at *at, struct err *e)
{
	if (json_is_string(at->value)) {
		add_string(g, js_text(at->value));
		return true;
	}
	if (!json_is_array(at->value))
		return js_fail(at, e, "should be a string or a list of blocks");
	for (size_t i = 0; i < json_array_size(at->value); i++) {
		struct js_at block = js_item(at, i);
		if (!is_result(&block) && !read_block(g, &block, e))
			return false;
	}
	return true;
}

/* ---- results ---- */

/* Nothing is lost if only the text is kept. */
static bool is_plain(const json_t *content)
{
	const json_t *only = json_array_get(content, 0);
	return !content || !json_is_array(content) ||
	       (json_array_size(content) == 1 && json_object_size(only) == 2 &&
		       str_eq_z(js_text_of(only, "type"), "text"));
}

static bool is_seen_image(const json_t *block)
{
	const json_t *source = json_object_get(block, "source");
	return str_eq_z(js_text_of(block, "type"), "image") &&
	       !str_eq_z(js_text_of(source, "type"), "file");
}

static void write_result_text(const json_t *content, struct buf *out)
{
	if (json_is_string(content))
		buf_add(out, js_text(content));
	for (size_t i = 0; i < json_array_size(content); i++) {
		const json_t *block = json_array_get(content, i);
		size_t before = out->n;
		if (is_seen_image(block))
			continue;
		if (out->n)
			buf_add_char(out, '\n');
		size_t begun = out->n;
		write_stand_in(block, out);
		if (out->n == begun)
			buf_truncate(out, before);
	}
}

static bool read_result(struct request_reading *g, const struct js_at *at, struct err *e)
{
	/* The content as it came is kept if its text is not all of it. */
	static const char *const known[] = { "type", "tool_use_id", "is_error", "content", NULL },
				 *const but_content[] = { "type", "tool_use_id", "is_error", NULL };
	struct js_at id = js_key(at, "tool_use_id"), content = js_key(at, "content"),
		     is_error = js_key(at, "is_error");
	struct chat_block b = { .type = CHAT_BLOCK_RESULT };
	if (!js_get_str(&id, &b.id, e) || !js_opt_bool(&is_error, &b.is_error, e))
		return false;
	if (js_has(&content) && !json_is_string(content.value) && !json_is_array(content.value))
		return js_fail(&content, e, "should be a string or a list of blocks");
	struct buf text;
	buf_init(&text, LIMIT_PROMPT_BYTES);
	write_result_text(content.value, &text);
	b.text = buf_str(&text);
	b.extra = request_keep_unknown(
		g->r, at->value, is_plain(content.value) ? known : but_content);
	chat_add_message(g->r, CHAT_TOOL);
	chat_add_block(g->r, b);
	buf_clear(&text);
	return true;
}

/* The images of a result, as blocks of the last message. */
static bool read_result_images(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at content = js_key(at, "content");
	for (size_t i = 0; i < json_array_size(content.value); i++) {
		struct js_at block = js_item(&content, i);
		struct chat_block image = { .type = CHAT_BLOCK_IMAGE,
			.id = js_text_of(at->value, "tool_use_id") };
		if (!is_seen_image(block.value))
			continue;
		if (!read_source(g, &block, &image.text, e))
			return false;
		chat_add_block(g->r, image);
	}
	return true;
}

static bool read_user(
	struct request_reading *g, const struct js_at *content, enum chat_role role, struct err *e)
{
	size_t count = json_array_size(content->value), first = g->r->message_count;
	for (size_t i = 0; i < count; i++) {
		struct js_at block = js_item(content, i);
		if (is_result(&block) && !read_result(g, &block, e))
			return false;
	}
	bool has_results = g->r->message_count > first;
	size_t before = g->r->message_count;
	struct chat_message *m = chat_add_message(g->r, role);
	for (size_t i = 0; i < count; i++) {
		struct js_at block = js_item(content, i);
		if (is_result(&block) && !read_result_images(g, &block, e))
			return false;
	}
	if (!read_content(g, content, e))
		return false;
	if (has_results && !m->block_count)
		g->r->message_count = before;
	return true;
}

/* ---- messages ---- */

static bool read_plain(
	struct request_reading *g, const struct js_at *content, enum chat_role role, struct err *e)
{
	chat_add_message(g->r, role);
	return read_content(g, content, e);
}

static const struct {
	const char *name;
	enum chat_role role;
	bool (*read)(struct request_reading *g, const struct js_at *content, enum chat_role role,
		struct err *e);
} roles[] = {
	{ "user", CHAT_USER, read_user },
	{ "assistant", CHAT_ASSISTANT, read_plain },
	{ "system", CHAT_SYSTEM, read_plain },
	{ "developer", CHAT_DEVELOPER, read_plain },
};

static bool read_message(struct request_reading *g, const struct js_at *at, struct err *e)
{
	struct js_at role = js_key(at, "role"), content = js_key(at, "content");
	struct str name;
	if (!js_get_object(at, e) || !js_get_str(&role, &name, e))
		return false;
	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
		if (str_eq_z(name, roles[i].name))
			return roles[i].read(g, &content, roles[i].role, e);
	return js_fail(&role, e, "is '%.*s', should be user, assistant or system",
		STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
}

bool anthropic_read_messages(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return request_read_messages(g, at, "messages", read_message, e);
}

bool anthropic_read_system(struct request_reading *g, const struct js_at *at, struct err *e)
{
	return !js_has(at) || read_plain(g, at, CHAT_SYSTEM, e);
}
