/*
 * guard_call.c - see guard_call.h.
 *
 * Layer: parse.
 */
#include "chat/guard_call.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "chat/guard.h"

/* A string longer than this is no key and no word of an enum: it is told as it comes. */
enum { WORD_BYTES = 64 };

void guard_call_init(struct guard_call *c)
{
	*c = (struct guard_call){ .is_open = false };
	buf_init(&c->id, LIMIT_ANSWER_BYTES);
	buf_init(&c->name, LIMIT_ANSWER_BYTES);
	guard_pieces_init(&c->args, LIMIT_ANSWER_BYTES);
}

void guard_call_clear(struct guard_call *c)
{
	buf_clear(&c->id);
	buf_clear(&c->name);
	guard_pieces_clear(&c->args);
	schema_free(c->schema);
	free(c->run);
	guard_call_init(c);
}

void guard_call_open(struct guard_call *c, unsigned number, struct str id, struct str name,
	const struct chat_tool *tool)
{
	guard_call_clear(c);
	buf_add(&c->id, id);
	buf_add(&c->name, name);
	c->number = number;
	c->tool = tool;
	c->is_open = true;
}

/* ---- what nothing can be changed in any more ---- */

static void begin_walk(struct guard_call *c)
{
	static const struct schema_options options = { .order = SCHEMA_ANY_ORDER,
		.spacing = SCHEMA_SPACES_FREE,
		.unsaid = SCHEMA_UNSAID_CLOSED };
	c->schema = schema_new(&options);
	uint32_t root =
		schema_add(c->schema, c->tool->parameters, c->tool->name, SCHEMA_TOP_OBJECT);
	schema_seal(c->schema);
	c->run = must_calloc(1, sizeof *c->run);
	schema_run_start(c->schema, root, c->run);
}

/* After a byte was taken: how far nothing can be changed. A key and the comma before it wait for
 * their value, with which they may be left out. */
static void settle(struct guard_call *c, char byte)
{
	size_t end = c->walked;
	if (c->in_string) {
		bool ends = byte == '"' && !c->is_escaped;
		c->is_escaped = byte == '\\' && !c->is_escaped;
		c->in_string = !ends;
		if (!ends && end - c->string_from > WORD_BYTES)
			c->settled = end;
	} else if (byte == '"') {
		c->in_string = true;
		c->string_from = end;
	} else if (byte == '{' || byte == '[' || byte == '}' || byte == ']') {
		c->settled = end;
	} else if (byte == ',') {
		c->settled = end - 1;
	}
}

static void walk(struct guard_call *c)
{
	struct str text = buf_str(&c->args.text);
	if (!c->schema)
		begin_walk(c);
	while (c->walked < text.n && !c->is_refused) {
		char byte = text.p[c->walked];
		c->is_refused = !schema_run_accept(c->schema, c->run, (unsigned char)byte);
		if (c->is_refused)
			return;
		c->walked++;
		settle(c, byte);
	}
}

/* ---- telling ---- */

static void tell_begin(struct guard_call *c, struct chat_sink sink)
{
	if (c->is_begun)
		return;
	c->is_begun = true;
	chat_send_tool_begin(
		sink, c->number, buf_str(&c->id), c->tool ? c->tool->name : buf_str(&c->name));
}

static void tell_pieces(struct guard_call *c, size_t limit, struct chat_sink sink)
{
	struct str piece;
	while (guard_pieces_next(&c->args, limit, &piece))
		chat_send_tool_args(sink, c->number, piece);
}

void guard_call_add(struct guard_call *c, struct str piece, struct chat_sink sink)
{
	guard_pieces_add(&c->args, piece);
	if (!c->tool || c->never_streams || c->args.text.n <= GUARD_HELD_BYTES)
		return;
	walk(c);
	if (!c->settled)
		return;
	tell_begin(c, sink);
	tell_pieces(c, c->settled, sink);
}

void guard_call_tell_rest(struct guard_call *c, struct chat_sink sink)
{
	tell_begin(c, sink);
	tell_pieces(c, SIZE_MAX, sink);
	c->is_open = false;
}

bool guard_call_tell(struct guard_call *c, const struct call_args *args, struct chat_sink sink)
{
	struct str better = buf_str(&args->text), came = buf_str(&c->args.text);
	size_t told = guard_pieces_told_bytes(&c->args);
	bool is_same = str_eq(better, came);
	bool is_possible = str_starts(better, str_sub(came, 0, told));
	tell_begin(c, sink);
	if (is_same || !is_possible)
		tell_pieces(c, SIZE_MAX, sink);
	else
		chat_send_tool_args(sink, c->number, str_from(better, told));
	chat_send_tool_end(sink, c->number);
	c->is_open = false;
	return is_same || is_possible;
}
