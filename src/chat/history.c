/*
 * history.c - see history.h. A turn is an assistant message and all that follows it up to the next
 * one; the conversation is rewritten turn by turn into a new array, in time linear in its length
 * (calls of one message are capped).
 *
 * Layer: client.
 */
#include "chat/history.h"

#include "base/limits.h"
#include "chat/dialect.h"
#include "chat/quirks.h"

/* What the turn being rewritten has seen. Of the arrays only what the counts say is set. */
struct turn {
	struct chat_block *calls[LIMIT_CALLS_IN_MESSAGE];
	struct str ids[LIMIT_CALLS_IN_MESSAGE];             /* as they came */
	struct chat_block *results[LIMIT_CALLS_IN_MESSAGE]; /* by call; NULL: not answered */
	size_t order[LIMIT_CALLS_IN_MESSAGE]; /* by call: which of the results it was */
	size_t call_count, result_count;
};

struct history {
	struct chat_request *r;
	struct trace *t;
	struct chat_message *out;
	size_t count;
};

static bool is_plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Ids are compared without their punctuation: there are clients that strip it on the way back. */
static bool is_same_id(struct str a, struct str b)
{
	size_t i = 0, k = 0, same = 0;
	for (;; i++, k++, same++) {
		while (i < a.n && !is_plain(a.p[i]))
			i++;
		while (k < b.n && !is_plain(b.p[k]))
			k++;
		if (i == a.n || k == b.n)
			return i == a.n && k == b.n && same > 0;
		if (a.p[i] != b.p[k])
			return false;
	}
}

/* The call that a result answers: the first open one of its id; one without an id answers the first
 * open call. */
static size_t find_call(const struct turn *turn, const struct chat_block *result, struct trace *t)
{
	size_t answered = turn->call_count;
	for (size_t i = 0; i < turn->call_count; i++) {
		bool is_meant = !result->id.n || str_eq(turn->ids[i], result->id);
		if (is_meant && !turn->results[i])
			return i;
		if (is_meant && result->id.n)
			answered = i;
	}
	for (size_t i = 0; i < turn->call_count; i++)
		if (answered == turn->call_count && is_same_id(turn->ids[i], result->id)) {
			quirk_note(QUIRK_IDS, t, "'%.*s' answers '%.*s'",
				STR_ARG(str_sub(result->id, 0, LIMIT_QUOTE_BYTES)),
				STR_ARG(str_sub(turn->ids[i], 0, LIMIT_QUOTE_BYTES)));
			answered = i;
		}
	return answered;
}

static bool is_taken(const struct turn *turn, struct str id)
{
	for (size_t i = 0; i < turn->call_count; i++)
		if (str_eq(turn->calls[i]->id, id))
			return true;
	return false;
}

/* Every call gets an id that no other of its message has. */
static void add_call(struct history *h, struct turn *turn, size_t message, struct chat_block *call)
{
	size_t number = turn->call_count;
	turn->ids[number] = call->id;
	turn->results[number] = NULL;
	if (!call->id.n || is_taken(turn, call->id)) {
		char id[DIALECT_CALL_ID_CHARS + 1];
		struct str place = arena_printf(h->r->arena, "message %zu", message);
		call->id = arena_str(h->r->arena, dialect_call_id(place, (unsigned)number, id));
	}
	turn->calls[turn->call_count++] = call;
}

static bool begin_turn(struct history *h, struct turn *turn, size_t index, struct err *e)
{
	const struct chat_message *m = &h->r->messages[index];
	for (size_t i = 0; i < m->block_count; i++) {
		struct chat_block *b = &m->blocks[i];
		if (b->type != CHAT_BLOCK_CALL)
			continue;
		if (turn->call_count == LIMIT_CALLS_IN_MESSAGE)
			return fail(e, ERR_TOO_BIG, LAYER_CLIENT,
				"messages[%zu]: more than %d tool calls in one message", index,
				LIMIT_CALLS_IN_MESSAGE);
		add_call(h, turn, index, b);
	}
	h->out[h->count++] = *m;
	return true;
}

static bool take_result(struct history *h, struct turn *turn, size_t index,
	struct chat_block *result, struct err *e)
{
	size_t call = find_call(turn, result, h->t);
	if (call == turn->call_count) {
		fail(e, ERR_BAD_DATA, LAYER_CLIENT,
			"messages[%zu]: a tool result for the call '%.*s', which the assistant "
			"message before it did not make",
			index, STR_ARG(str_sub(result->id, 0, LIMIT_QUOTE_BYTES)));
		return err_mend(e, "send the assistant message with its tool_calls before the "
				   "results, with the same ids");
	}
	if (turn->results[call]) {
		trace_note(h->t, LAYER_CLIENT, "history",
			"messages[%zu]: a second result for the call '%.*s' was dropped", index,
			STR_ARG(result->id));
		return true;
	}
	result->id = turn->calls[call]->id;
	result->name = turn->calls[call]->name;
	turn->results[call] = result;
	turn->order[call] = turn->result_count++;
	return true;
}

/* The client dropped the call, or a person interrupted it; told as broken once, by the request in
 * which its result should have been. */
static void note_unanswered(struct history *h, const struct chat_block *call, bool is_newest)
{
	struct str id = str_sub(call->id, 0, LIMIT_QUOTE_BYTES);
	if (is_newest)
		trace_broken(h->t, LAYER_CLIENT, "the call '%.*s' of %.*s was never answered",
			STR_ARG(id), STR_ARG(call->name));
	else
		trace_note(h->t, LAYER_CLIENT, "history",
			"the call '%.*s' of %.*s was never answered", STR_ARG(id),
			STR_ARG(call->name));
}

/* The results of a turn, each in a message of its own, in the order of the calls. */
static void put_results(struct history *h, const struct turn *turn, bool is_newest)
{
	bool was_moved = false;
	size_t put = 0;
	for (size_t i = 0; i < turn->call_count; i++) {
		struct chat_block *result = turn->results[i];
		if (!result) {
			note_unanswered(h, turn->calls[i], is_newest);
			continue;
		}
		h->out[h->count++] = (struct chat_message){
			.role = CHAT_TOOL, .blocks = result, .block_count = 1, .block_room = 1
		};
		was_moved = was_moved || turn->order[i] != put;
		put++;
	}
	if (was_moved)
		trace_note(h->t, LAYER_CLIENT, "history",
			"tool results were put into the order of their calls");
}

/* Rewrites the turn that begins at `from` (the messages before the first assistant's count as a
 * turn without calls); returns where the next one begins, or 0 on a fault. */
static size_t put_turn(struct history *h, size_t from, struct err *e)
{
	const struct chat_request *r = h->r;
	struct turn turn;
	size_t i = from;
	turn.call_count = turn.result_count = 0;
	if (r->messages[i].role == CHAT_ASSISTANT && !begin_turn(h, &turn, i++, e))
		return 0;
	size_t end = i;
	while (end < r->message_count && r->messages[end].role != CHAT_ASSISTANT)
		end++;
	for (size_t k = i; k < end; k++)
		for (size_t b = 0; b < r->messages[k].block_count; b++)
			if (r->messages[k].blocks[b].type == CHAT_BLOCK_RESULT &&
				!take_result(h, &turn, k, &r->messages[k].blocks[b], e))
				return 0;
	if (end < r->message_count || end > i)
		put_results(h, &turn, end == r->message_count);
	for (size_t k = i; k < end; k++)
		if (r->messages[k].role != CHAT_TOOL)
			h->out[h->count++] = r->messages[k];
	return end;
}

static size_t count_blocks(const struct chat_request *r)
{
	size_t count = 0;
	for (size_t i = 0; i < r->message_count; i++)
		count += r->messages[i].block_count;
	return count;
}

bool chat_order_history(struct chat_request *r, struct trace *t, struct err *e)
{
	size_t room = r->message_count + count_blocks(r);
	struct history h = { .r = r, .t = t };
	h.out = arena_calloc(r->arena, room + 1, sizeof *h.out);
	for (size_t i = 0; i < r->message_count;)
		if (!(i = put_turn(&h, i, e)))
			return false;
	r->messages = h.out;
	r->message_count = h.count;
	r->message_room = room + 1;
	return true;
}

/* ---- results without an id ---- */

static bool has_result(const struct chat_request *r, size_t from, struct str id)
{
	for (size_t i = from; i < r->message_count; i++)
		for (size_t k = 0; k < r->messages[i].block_count; k++)
			if (r->messages[i].blocks[k].type == CHAT_BLOCK_RESULT &&
				str_eq(r->messages[i].blocks[k].id, id))
				return true;
	return false;
}

struct str chat_unanswered_call(const struct chat_request *r, struct str name)
{
	size_t at = r->message_count;
	while (at > 0 && r->messages[at - 1].role != CHAT_ASSISTANT)
		at--;
	const struct chat_message *m = at ? &r->messages[at - 1] : NULL;
	for (size_t k = 0; m && k < m->block_count; k++) {
		const struct chat_block *b = &m->blocks[k];
		if (b->type == CHAT_BLOCK_CALL && (!name.n || str_eq(b->name, name)) &&
			!has_result(r, at, b->id))
			return b->id;
	}
	return STR("");
}
