/*
 * dialect_gemini_contents_write.c - messages of blocks become `systemInstruction` and `contents`.
 *
 * System messages stand together in front, wherever they stood. The results of a turn are one
 * content; an image of a result stands in its response. A seal that this upstream made waits for
 * the part that follows it, or gets an empty text; a thought without one is left out.
 *
 * Layer: wire.
 */
#include "base/limits.h"
#include "chat/dialect_gemini.h"
#include "chat/seal.h"

struct writing {
	const struct chat_request *r;
	struct str origin;
	struct buf *out;
	struct str seal; /* waits for the next part; empty: none does */
	size_t lost_thoughts;
};

static void begin_part(const struct writing *w)
{
	js_next(w->out);
	buf_add_char(w->out, '{');
}

static void end_part(struct writing *w)
{
	if (w->seal.n)
		js_member_text(w->out, "thoughtSignature", w->seal);
	w->seal = STR("");
	buf_add_char(w->out, '}');
}

static void write_text(struct writing *w, struct str text)
{
	begin_part(w);
	js_member_text(w->out, "text", text);
	end_part(w);
}

/* "data:image/png;base64,…" as its parts, any other address as it is. */
static void write_image(struct writing *w, struct str url)
{
	size_t comma = str_find(url, STR(";base64,"));
	begin_part(w);
	if (str_starts(url, STR("data:")) && comma != SIZE_MAX) {
		js_member(w->out, "inlineData");
		buf_add_char(w->out, '{');
		js_member_text(w->out, "mimeType", str_sub(url, 5, comma));
		js_member_text(w->out, "data", str_from(url, comma + 8));
	} else {
		js_member(w->out, "fileData");
		buf_add_char(w->out, '{');
		js_member_text(w->out, "fileUri", url);
	}
	buf_add_char(w->out, '}');
	end_part(w);
}

static void write_call(struct writing *w, const struct chat_block *b)
{
	json_t *args = js_parse(b->text, LAYER_WIRE, NULL);
	begin_part(w);
	js_member(w->out, "functionCall");
	buf_add_char(w->out, '{');
	js_member_text(w->out, "id", b->id);
	js_member_text(w->out, "name", b->name);
	js_member(w->out, "args");
	if (json_is_object(args))
		js_write(args, w->out);
	else
		buf_add(w->out, STR("{}"));
	buf_add_char(w->out, '}');
	end_part(w);
	json_decref(args);
}

/* With its text the seal stands right there; alone it waits for the part behind it. */
static void write_thought(struct writing *w, const struct chat_block *b)
{
	if (!seal_is_for(w->r, b, &dialect_gemini, w->origin)) {
		w->lost_thoughts++;
		return;
	}
	if (b->is_sealed || !b->text.n) {
		if (w->seal.n)
			write_text(w, STR(""));
		w->seal = b->opaque;
		return;
	}
	struct str waiting = w->seal;
	w->seal = b->opaque;
	begin_part(w);
	js_member_bool(w->out, "thought", true);
	js_member_text(w->out, "text", b->text);
	end_part(w);
	w->seal = waiting;
}

static void write_said(struct writing *w, const struct chat_message *m)
{
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		switch (b->type) {
		case CHAT_BLOCK_TEXT:
		case CHAT_BLOCK_RAW:
			if (b->text.n)
				write_text(w, b->text);
			break;
		case CHAT_BLOCK_IMAGE:
			if (!b->id.n)
				write_image(w, b->text);
			break;
		case CHAT_BLOCK_THINK: write_thought(w, b); break;
		case CHAT_BLOCK_CALL: write_call(w, b); break;
		case CHAT_BLOCK_RESULT:
		case CHAT_BLOCK_TYPE_COUNT: break;
		}
	}
	if (w->seal.n)
		write_text(w, STR(""));
}

static void begin_content(const struct writing *w, const char *role)
{
	js_next(w->out);
	buf_printf(w->out, "{\"role\":\"%s\",\"parts\":[", role);
}

/* Drops the content if nothing was written into it. */
static void end_content(const struct writing *w, size_t before)
{
	if (w->out->n && w->out->p[w->out->n - 1] == '[')
		buf_truncate(w->out, before);
	else
		buf_add(w->out, STR("]}"));
}

/* ---- results ---- */

static void write_result_images(struct writing *w, struct str id, const struct chat_message *user)
{
	bool is_first = true;
	for (size_t i = 0; user && i < user->block_count; i++) {
		const struct chat_block *b = &user->blocks[i];
		if (b->type != CHAT_BLOCK_IMAGE || !str_eq(b->id, id))
			continue;
		if (is_first) {
			js_member(w->out, "parts");
			buf_add_char(w->out, '[');
		}
		is_first = false;
		write_image(w, b->text);
	}
	if (!is_first)
		buf_add_char(w->out, ']');
}

static void write_result(
	struct writing *w, const struct chat_block *b, const struct chat_message *user)
{
	begin_part(w);
	js_member(w->out, "functionResponse");
	buf_add_char(w->out, '{');
	js_member_text(w->out, "id", b->id);
	js_member_text(w->out, "name", b->name);
	js_member(w->out, "response");
	buf_add_char(w->out, '{');
	js_member_text(w->out, b->is_error ? "error" : "output", b->text);
	buf_add_char(w->out, '}');
	write_result_images(w, b->id, user);
	buf_add_char(w->out, '}');
	end_part(w);
}

/* The results from `at` on as one content; returns where the conversation goes on. */
static size_t write_results(struct writing *w, size_t at)
{
	const struct chat_request *r = w->r;
	size_t end = at, before = w->out->n;
	while (end < r->message_count && r->messages[end].role == CHAT_TOOL)
		end++;
	bool has_user = end < r->message_count && r->messages[end].role == CHAT_USER;
	begin_content(w, "user");
	for (size_t i = at; i < end; i++)
		for (size_t k = 0; k < r->messages[i].block_count; k++)
			if (r->messages[i].blocks[k].type == CHAT_BLOCK_RESULT)
				write_result(w, &r->messages[i].blocks[k],
					has_user ? &r->messages[end] : NULL);
	end_content(w, before);
	return end;
}

/* ---- the whole ---- */

static bool is_system(const struct chat_message *m)
{
	return m->role == CHAT_SYSTEM || m->role == CHAT_DEVELOPER;
}

static void write_system(struct writing *w)
{
	size_t before = w->out->n;
	js_member(w->out, "systemInstruction");
	buf_add(w->out, STR("{\"parts\":["));
	for (size_t i = 0; i < w->r->message_count; i++)
		if (is_system(&w->r->messages[i]))
			write_said(w, &w->r->messages[i]);
	end_content(w, before);
}

size_t gemini_write_contents(const struct chat_request *r, struct str origin, struct buf *out)
{
	struct writing w = { .r = r, .origin = origin, .out = out };
	write_system(&w);
	js_member(out, "contents");
	buf_add_char(out, '[');
	for (size_t i = 0; i < r->message_count;) {
		const struct chat_message *m = &r->messages[i];
		if (m->role == CHAT_TOOL) {
			i = write_results(&w, i);
			continue;
		}
		size_t before = out->n;
		begin_content(&w, m->role == CHAT_ASSISTANT ? "model" : "user");
		if (!is_system(m))
			write_said(&w, m);
		end_content(&w, before);
		i++;
	}
	buf_add_char(out, ']');
	return w.lost_thoughts;
}
