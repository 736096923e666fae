/*
 * log.c - see log.h.
 *
 * Layer: disk
 */
#include "agent/log.h"

static const char *const block_names[] = {
	[CHAT_BLOCK_TEXT] = "text",
	[CHAT_BLOCK_THINK] = "think",
	[CHAT_BLOCK_CALL] = "call",
	[CHAT_BLOCK_RESULT] = "result",
	[CHAT_BLOCK_IMAGE] = "image",
	[CHAT_BLOCK_RAW] = "raw",
};

_Static_assert(
	sizeof block_names / sizeof block_names[0] == CHAT_BLOCK_TYPE_COUNT, "a name for each");

/* The strings of a block and their keys; empty ones are left out. */
struct field {
	const char *key;
	size_t at;
};

static const struct field fields[] = {
	{ "text", offsetof(struct chat_block, text) },
	{ "id", offsetof(struct chat_block, id) },
	{ "name", offsetof(struct chat_block, name) },
	{ "opaque", offsetof(struct chat_block, opaque) },
	{ "origin", offsetof(struct chat_block, origin) },
};

enum { FIELD_COUNT = sizeof fields / sizeof fields[0] };

static json_t *block_json(const struct chat_block *b)
{
	json_t *o = json_object();
	json_object_set_new(o, "type", json_string(block_names[b->type]));
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct str *text =
			(const struct str *)(const void *)((const char *)b + fields[i].at);
		if (text->n)
			json_object_set_new(o, fields[i].key, js_new_text(*text));
	}
	if (b->is_error)
		json_object_set_new(o, "is_error", json_true());
	return o;
}

void log_write(const struct chat_message *m, struct buf *out)
{
	json_t *o = json_object(), *blocks = json_array();
	json_object_set_new(o, "role", json_string(chat_role_names[m->role]));
	for (size_t i = 0; i < m->block_count; i++)
		json_array_append_new(blocks, block_json(&m->blocks[i]));
	json_object_set_new(o, "blocks", blocks);
	js_write(o, out);
	json_decref(o);
}

/* The index of the name that stands at `at`. */
static bool read_name(
	const struct js_at *at, const char *const *names, int count, int *out, struct err *e)
{
	struct str name;
	if (!js_get_str(at, &name, e))
		return false;
	for (*out = 0; *out < count; ++*out)
		if (str_eq_z(name, names[*out]))
			return true;
	return js_fail(at, e, "\"%.*s\" is not known", STR_ARG(name));
}

static bool read_block(const struct js_at *at, struct chat_request *r, struct err *e)
{
	struct chat_block b = { .is_error = false };
	struct js_at type_at = js_key(at, "type"), error_at = js_key(at, "is_error");
	int type;
	if (!read_name(&type_at, block_names, CHAT_BLOCK_TYPE_COUNT, &type, e) ||
		!js_opt_bool(&error_at, &b.is_error, e))
		return false;
	b.type = (enum chat_block_type)type;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		struct js_at field = js_key(at, fields[i].key);
		struct str *text = (struct str *)(void *)((char *)&b + fields[i].at);
		if (!js_opt_str(&field, text, e))
			return false;
	}
	chat_add_block(r, b);
	return true;
}

static bool read_message(const struct js_at *at, struct chat_request *r, struct err *e)
{
	struct js_at role_at = js_key(at, "role"), blocks_at = js_key(at, "blocks");
	int role;
	size_t count;
	if (!read_name(&role_at, chat_role_names, CHAT_ROLE_COUNT, &role, e) ||
		!js_get_array(&blocks_at, &count, e))
		return false;
	chat_add_message(r, (enum chat_role)role);
	for (size_t i = 0; i < count; i++) {
		struct js_at block = js_item(&blocks_at, i);
		if (!read_block(&block, r, e)) {
			r->message_count--;
			return false;
		}
	}
	return true;
}

bool log_read(struct str json, struct chat_request *r, struct err *e)
{
	json_t *value = js_parse(json, LAYER_DISK, e);
	if (!value)
		return false;
	struct js_at at = js_root(value, LAYER_DISK);
	bool ok = read_message(&at, r, e);
	json_decref(value);
	return ok;
}

static bool is_answered(const struct chat_request *r, size_t from, struct str id)
{
	for (size_t i = from; i < r->message_count; i++)
		for (size_t k = 0; k < r->messages[i].block_count; k++) {
			const struct chat_block *b = &r->messages[i].blocks[k];
			if (b->type == CHAT_BLOCK_RESULT && str_eq(b->id, id))
				return true;
		}
	return false;
}

size_t log_close_calls(struct chat_request *r, struct str words)
{
	size_t last = r->message_count, closed = 0;
	while (last > 0 && r->messages[last - 1].role != CHAT_ASSISTANT)
		last--;
	if (last == 0)
		return 0;
	for (size_t k = 0; k < r->messages[last - 1].block_count; k++) {
		const struct chat_block call = r->messages[last - 1].blocks[k];
		if (call.type != CHAT_BLOCK_CALL || is_answered(r, last, call.id))
			continue;
		chat_add_message(r, CHAT_TOOL);
		chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_RESULT,
					  .id = call.id,
					  .name = call.name,
					  .text = words,
					  .is_error = true });
		closed++;
	}
	return closed;
}
