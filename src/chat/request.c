/*
 * request.c - building a request; see request.h. Arrays double inside the arena: what is left
 * behind dies with it.
 */
#include "chat/request.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"

enum { FIRST_ROOM = 8 };

struct chat_ref {
	struct chat_ref *next;
	json_t *value;
};

const char *const chat_role_names[] = {
	[CHAT_SYSTEM] = "system",
	[CHAT_DEVELOPER] = "developer",
	[CHAT_USER] = "user",
	[CHAT_ASSISTANT] = "assistant",
	[CHAT_TOOL] = "tool",
};

_Static_assert(sizeof chat_role_names / sizeof chat_role_names[0] == CHAT_ROLE_COUNT,
	"a name for every role");

struct chat_request *chat_request_new(struct arena *arena)
{
	struct chat_request *r = arena_alloc(arena, sizeof *r);
	r->arena = arena;
	r->allows_parallel_calls = true;
	r->thinking_tokens = CHAT_UNSET_INT;
	r->sampling = (struct chat_sampling){
		.temperature = CHAT_UNSET_DOUBLE,
		.top_p = CHAT_UNSET_DOUBLE,
		.min_p = CHAT_UNSET_DOUBLE,
		.repeat_penalty = CHAT_UNSET_DOUBLE,
		.presence_penalty = CHAT_UNSET_DOUBLE,
		.frequency_penalty = CHAT_UNSET_DOUBLE,
		.top_k = CHAT_UNSET_INT,
		.seed = CHAT_UNSET_INT,
		.max_tokens = CHAT_UNSET_INT,
		.top_logprobs = CHAT_UNSET_INT,
	};
	return r;
}

void chat_request_free(struct chat_request *r)
{
	if (!r)
		return;
	for (struct chat_ref *ref = r->refs; ref; ref = ref->next)
		json_decref(ref->value);
	r->refs = NULL;
}

int64_t chat_thinking_budget(const struct chat_request *r)
{
	static const struct {
		const char *effort;
		int64_t tokens;
	} rows[] = {
		{ "none", 0 },
		{ "minimal", 256 },
		{ "low", 2048 },
		{ "medium", 8192 },
	};
	if (r->thinking_tokens != CHAT_UNSET_INT)
		return r->thinking_tokens;
	if (r->hides_thoughts)
		return 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (str_eq_z(r->reasoning_effort, rows[i].effort))
			return rows[i].tokens;
	return CHAT_UNSET_INT;
}

const json_t *chat_request_keep(struct chat_request *r, json_t *value)
{
	if (!value)
		return NULL;
	struct chat_ref *ref = arena_alloc(r->arena, sizeof *ref);
	*ref = (struct chat_ref){ .next = r->refs, .value = value };
	r->refs = ref;
	return value;
}

/* Makes room for one more element of an arena array. */
static void *grown(struct arena *a, void *old, size_t count, size_t *room, size_t element_bytes)
{
	if (count < *room)
		return old;
	size_t wider = *room ? *room * 2 : FIRST_ROOM;
	void *array = arena_calloc(a, wider, element_bytes);
	if (count)
		memcpy(array, old, count * element_bytes);
	*room = wider;
	return array;
}

struct chat_message *chat_add_message(struct chat_request *r, enum chat_role role)
{
	r->messages = grown(
		r->arena, r->messages, r->message_count, &r->message_room, sizeof *r->messages);
	struct chat_message *m = &r->messages[r->message_count++];
	*m = (struct chat_message){ .role = role };
	return m;
}

struct chat_block *chat_add_block(struct chat_request *r, struct chat_block block)
{
	MUST(r->message_count > 0);
	struct chat_message *m = &r->messages[r->message_count - 1];
	m->blocks = grown(r->arena, m->blocks, m->block_count, &m->block_room, sizeof *m->blocks);
	struct chat_block *b = &m->blocks[m->block_count++];
	*b = block;
	b->text = arena_str(r->arena, block.text);
	b->id = arena_str(r->arena, block.id);
	b->name = arena_str(r->arena, block.name);
	b->opaque = arena_str(r->arena, block.opaque);
	b->origin = arena_str(r->arena, block.origin);
	return b;
}

void chat_add_text(struct chat_request *r, enum chat_role role, struct str text)
{
	chat_add_message(r, role);
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_TEXT, .text = text });
}

void chat_add_tool(
	struct chat_request *r, struct str name, struct str description, json_t *parameters)
{
	r->tools = grown(r->arena, r->tools, r->tool_count, &r->tool_room, sizeof *r->tools);
	r->tools[r->tool_count++] = (struct chat_tool){
		.name = arena_str(r->arena, name),
		.description = arena_str(r->arena, description),
		.parameters = chat_request_keep(r, parameters),
	};
}

const struct chat_tool *chat_find_tool(const struct chat_request *r, struct str name)
{
	for (size_t i = 0; i < r->tool_count; i++)
		if (str_eq(r->tools[i].name, name))
			return &r->tools[i];
	return NULL;
}

/* Quarters of a token. */
enum {
	ASCII_WEIGHT = 1,
	OTHER_WEIGHT = 3,
	MESSAGE_WEIGHT = 16,
	IMAGE_WEIGHT = 4800,
	TOKEN_WEIGHT = 4
};

static int64_t weigh_text(struct str text)
{
	struct utf8_kinds n = utf8_kinds(text);
	return (int64_t)(n.ascii * ASCII_WEIGHT + n.longer * OTHER_WEIGHT);
}

static int64_t weigh_tool(const struct chat_tool *tool)
{
	struct buf schema;
	buf_init(&schema, LIMIT_JSON_BYTES);
	if (tool->parameters)
		js_write(tool->parameters, &schema);
	int64_t weight = MESSAGE_WEIGHT + weigh_text(tool->name) + weigh_text(tool->description) +
			 weigh_text(buf_str(&schema));
	buf_clear(&schema);
	return weight;
}

int64_t chat_estimate_tokens(const struct chat_request *r)
{
	int64_t weight = 0;
	for (size_t i = 0; i < r->message_count; i++) {
		weight += MESSAGE_WEIGHT;
		for (size_t k = 0; k < r->messages[i].block_count; k++) {
			const struct chat_block *b = &r->messages[i].blocks[k];
			bool is_image = b->type == CHAT_BLOCK_IMAGE;
			weight +=
				is_image ? IMAGE_WEIGHT : weigh_text(b->text) + weigh_text(b->name);
		}
	}
	for (size_t i = 0; i < r->tool_count; i++)
		weight += weigh_tool(&r->tools[i]);
	return weight / TOKEN_WEIGHT + 1;
}

struct str chat_message_text(const struct chat_message *m, struct arena *a)
{
	struct buf joined;
	buf_init(&joined, LIMIT_PROMPT_BYTES);
	for (size_t i = 0; i < m->block_count; i++)
		if (m->blocks[i].type == CHAT_BLOCK_TEXT)
			buf_add(&joined, m->blocks[i].text);
	struct str text = arena_str(a, buf_str(&joined));
	buf_clear(&joined);
	return text;
}
