/*
 * dialect_anthropic_messages_write.c - messages of blocks become `system` and `messages` of a
 * Messages request.
 *
 * What the reference demands is brought about: system messages stand apart (those inside the
 * conversation only where they came from this dialect), the results of a turn stand first and
 * together in one user message, every call has a result (one that was never answered gets an
 * error), ids have letters, digits, '_' and '-' only, texts are not blank, the last text of an
 * assistant does not end with white space, and the first message is a user's.
 *
 * A thought goes only to the upstream that sealed it; without a seal it is left out, since the
 * upstream would refuse it.
 *
 * Layer: wire.
 */
#include "base/limits.h"
#include "chat/dialect_anthropic.h"
#include "chat/seal.h"

struct writing {
	const struct chat_request *r;
	struct str origin;
	struct buf *out;
	bool is_own; /* it was read in this dialect: extra may go along */
	struct anthropic_written written;
};

/* ---- blocks ---- */

static void write_extra(const struct writing *w, const struct chat_block *b)
{
	const char *name;
	json_t *value;
	if (!w->is_own)
		return;
	json_object_foreach((json_t *)b->extra, name, value)
	{
		if (b->type == CHAT_BLOCK_RESULT && str_eq_z(STR("content"), name))
			continue; /* it stands where results have it */
		js_next(w->out);
		js_quote(str_z(name), w->out);
		buf_add_char(w->out, ':');
		js_write(value, w->out);
	}
}

static void begin_block(const struct writing *w, const char *type)
{
	js_next(w->out);
	buf_add_char(w->out, '{');
	js_member_text(w->out, "type", str_z(type));
}

static void end_block(const struct writing *w, const struct chat_block *b)
{
	write_extra(w, b);
	buf_add_char(w->out, '}');
}

static void write_text(const struct writing *w, const struct chat_block *b, struct str text)
{
	if (!str_trim(text).n)
		return;
	begin_block(w, "text");
	js_member_text(w->out, "text", text);
	end_block(w, b);
}

static void write_raw(const struct writing *w, const struct chat_block *b)
{
	if (!w->is_own) {
		write_text(w, b, b->text);
		return;
	}
	js_next(w->out);
	js_write(b->extra, w->out);
}

/* "data:image/png;base64,…" as its parts, any other address as it is. */
static void write_source(const struct writing *w, struct str url)
{
	struct str media, data = url;
	js_member(w->out, "source");
	buf_add_char(w->out, '{');
	if (str_starts(url, STR("data:")) && str_cut(&data, ',', &media) &&
		str_ends(media, STR(";base64"))) {
		js_member_text(w->out, "type", STR("base64"));
		js_member_text(w->out, "media_type",
			str_sub(media, sizeof "data:" - 1, media.n - (sizeof ";base64" - 1)));
		js_member_text(w->out, "data", data);
	} else {
		js_member_text(w->out, "type", STR("url"));
		js_member_text(w->out, "url", url);
	}
	buf_add_char(w->out, '}');
}

static void write_image(const struct writing *w, const struct chat_block *b)
{
	begin_block(w, "image");
	write_source(w, b->text);
	end_block(w, b);
}

static bool is_fit_id(struct str id)
{
	for (size_t i = 0; i < id.n; i++) {
		char c = id.p[i];
		bool is_fit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			      (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
		if (!is_fit)
			return false;
	}
	return id.n > 0;
}

static void write_id(const struct writing *w, const char *name, struct str id)
{
	char other[DIALECT_CALL_ID_CHARS + 1];
	js_member_text(w->out, name, is_fit_id(id) ? id : dialect_call_id(id, 0, other));
}

static void write_call(struct writing *w, const struct chat_block *b)
{
	json_t *input = js_parse(b->text, LAYER_CLIENT, NULL);
	begin_block(w, "tool_use");
	write_id(w, "id", b->id);
	js_member_text(w->out, "name", b->name);
	js_member(w->out, "input");
	if (json_is_object(input))
		js_write(input, w->out);
	else
		buf_add(w->out, STR("{}"));
	w->written.broken_calls += !json_is_object(input);
	json_decref(input);
	end_block(w, b);
}

/* False if it must stay behind. */
static bool write_thought(const struct writing *w, const struct chat_block *b)
{
	if (!seal_is_for(w->r, b, &dialect_anthropic, w->origin))
		return false;
	begin_block(w, b->is_sealed ? "redacted_thinking" : "thinking");
	if (b->is_sealed) {
		js_member_text(w->out, "data", b->opaque);
	} else {
		js_member_text(w->out, "thinking", b->text);
		js_member_text(w->out, "signature", b->opaque);
	}
	end_block(w, b);
	return true;
}

/* ---- results ---- */

static const struct chat_block *result_of(const struct chat_message *m)
{
	for (size_t i = 0; i < m->block_count; i++)
		if (m->blocks[i].type == CHAT_BLOCK_RESULT)
			return &m->blocks[i];
	return NULL;
}

/* As it came, where its text was not all of it. */
static const json_t *own_content(const struct writing *w, const struct chat_block *result)
{
	return w->is_own ? json_object_get(result->extra, "content") : NULL;
}

/* Images that belong to this result stand in the user's message behind it. */
static bool has_image(const struct chat_message *user, struct str id)
{
	for (size_t i = 0; user && i < user->block_count; i++)
		if (user->blocks[i].type == CHAT_BLOCK_IMAGE && str_eq(user->blocks[i].id, id))
			return true;
	return false;
}

static void write_result_content(
	const struct writing *w, const struct chat_block *b, const struct chat_message *user)
{
	static const struct chat_block bare = { .type = CHAT_BLOCK_TEXT };
	const json_t *own = own_content(w, b);
	js_member(w->out, "content");
	if (own) {
		js_write(own, w->out);
		return;
	}
	if (!has_image(user, b->id)) {
		js_quote(b->text, w->out);
		return;
	}
	buf_add_char(w->out, '[');
	write_text(w, &bare, b->text);
	for (size_t i = 0; i < user->block_count; i++)
		if (user->blocks[i].type == CHAT_BLOCK_IMAGE && str_eq(user->blocks[i].id, b->id))
			write_image(w, &user->blocks[i]);
	buf_add_char(w->out, ']');
}

static void write_result(
	const struct writing *w, const struct chat_block *b, const struct chat_message *user)
{
	begin_block(w, "tool_result");
	write_id(w, "tool_use_id", b->id);
	write_result_content(w, b, user);
	if (b->is_error)
		js_member_bool(w->out, "is_error", true);
	end_block(w, b);
}

/* The result of one call among the messages [from, to), or one that says that there is none. */
static void write_result_of(const struct writing *w, const struct chat_block *call, size_t from,
	size_t to, const struct chat_message *user)
{
	for (size_t i = from; i < to; i++) {
		const struct chat_block *b = result_of(&w->r->messages[i]);
		if (b && str_eq(b->id, call->id)) {
			write_result(w, b, user);
			return;
		}
	}
	struct chat_block none = { .type = CHAT_BLOCK_RESULT,
		.id = call->id,
		.text = STR("the call was interrupted: there is no result"),
		.is_error = true };
	write_result(w, &none, NULL);
}

/* ---- messages ---- */

static bool is_system(const struct chat_message *m)
{
	return m->role == CHAT_SYSTEM || m->role == CHAT_DEVELOPER;
}

static void begin_message(const struct writing *w, const char *role)
{
	js_next(w->out);
	buf_add_char(w->out, '{');
	js_member_text(w->out, "role", str_z(role));
	js_member(w->out, "content");
	buf_add_char(w->out, '[');
}

/* Drops the message if nothing was written into it. */
static void end_message(const struct writing *w, size_t before)
{
	if (w->out->n && w->out->p[w->out->n - 1] == '[')
		buf_truncate(w->out, before);
	else
		buf_add(w->out, STR("]}"));
}

static void write_said(const struct writing *w, const struct chat_message *m)
{
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		if (b->type == CHAT_BLOCK_TEXT)
			write_text(w, b, b->text);
		else if (b->type == CHAT_BLOCK_IMAGE && !b->id.n)
			write_image(w, b);
		else if (b->type == CHAT_BLOCK_RAW)
			write_raw(w, b);
	}
}

static void write_assistant(struct writing *w, const struct chat_message *m, bool is_last)
{
	size_t before = w->out->n;
	bool has_thought = false, has_call = false;
	begin_message(w, "assistant");
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		bool ends_it = is_last && i + 1 == m->block_count;
		bool is_written = true;
		switch (b->type) {
		case CHAT_BLOCK_TEXT:
			write_text(w, b, ends_it ? str_trim_right(b->text) : b->text);
			break;
		case CHAT_BLOCK_THINK:
			is_written = write_thought(w, b);
			has_thought = has_thought || is_written;
			w->written.lost_thoughts += !is_written;
			break;
		case CHAT_BLOCK_CALL:
			write_call(w, b);
			has_call = true;
			break;
		case CHAT_BLOCK_RAW: write_raw(w, b); break;
		case CHAT_BLOCK_IMAGE:
		case CHAT_BLOCK_RESULT:
		case CHAT_BLOCK_TYPE_COUNT: break;
		}
	}
	w->written.has_bare_calls = has_call && !has_thought;
	end_message(w, before);
}

/* The user's turn behind messages[at]: results of its calls, then what the user says next. Returns
 * where the conversation goes on. */
static size_t write_results(struct writing *w, const struct chat_message *assistant, size_t from)
{
	const struct chat_request *r = w->r;
	size_t to = from, before = w->out->n;
	while (to < r->message_count && r->messages[to].role == CHAT_TOOL)
		to++;
	bool is_joined = to < r->message_count && r->messages[to].role == CHAT_USER;
	const struct chat_message *user = is_joined ? &r->messages[to] : NULL;
	begin_message(w, "user");
	for (size_t i = 0; i < assistant->block_count; i++)
		if (assistant->blocks[i].type == CHAT_BLOCK_CALL)
			write_result_of(w, &assistant->blocks[i], from, to, user);
	if (user)
		write_said(w, user);
	end_message(w, before);
	return to + is_joined;
}

static bool has_call(const struct chat_message *m)
{
	for (size_t i = 0; i < m->block_count; i++)
		if (m->blocks[i].type == CHAT_BLOCK_CALL)
			return true;
	return false;
}

/* Writes messages[at] and what belongs to it; returns where the conversation goes on. */
static size_t write_message(struct writing *w, size_t at)
{
	const struct chat_message *m = &w->r->messages[at];
	size_t before = w->out->n;
	bool is_last = at + 1 == w->r->message_count;
	switch (m->role) {
	case CHAT_ASSISTANT:
		write_assistant(w, m, is_last);
		return has_call(m) ? write_results(w, m, at + 1) : at + 1;
	case CHAT_USER:
		begin_message(w, "user");
		write_said(w, m);
		end_message(w, before);
		return at + 1;
	case CHAT_SYSTEM:
	case CHAT_DEVELOPER:
		if (!w->is_own)
			return at + 1;
		begin_message(w, "system");
		write_said(w, m);
		end_message(w, before);
		return at + 1;
	case CHAT_TOOL:
	case CHAT_ROLE_COUNT: break;
	}
	return at + 1;
}

/* The first message is a user's, whatever came. */
static void write_opener(struct writing *w, size_t at)
{
	static const struct chat_block opener = { .type = CHAT_BLOCK_TEXT };
	if (at < w->r->message_count && w->r->messages[at].role == CHAT_USER)
		return;
	begin_message(w, "user");
	write_text(w, &opener, STR("Go on."));
	buf_add(w->out, STR("]}"));
}

struct anthropic_written anthropic_write_messages(
	const struct chat_request *r, struct str origin, struct buf *out)
{
	struct writing w = {
		.r = r, .origin = origin, .out = out, .is_own = r->dialect == &dialect_anthropic
	};
	size_t before = out->n, first = 0;
	while (first < r->message_count && is_system(&r->messages[first]))
		first++;
	js_member(out, "system");
	buf_add_char(out, '[');
	for (size_t i = 0; i < r->message_count; i++)
		if (is_system(&r->messages[i]) && (i < first || !w.is_own))
			write_said(&w, &r->messages[i]);
	if (out->n && out->p[out->n - 1] == '[')
		buf_truncate(out, before);
	else
		buf_add_char(out, ']');
	js_member(out, "messages");
	buf_add_char(out, '[');
	write_opener(&w, first);
	for (size_t i = first; i < r->message_count;)
		i = write_message(&w, i);
	buf_add_char(out, ']');
	return w.written;
}
