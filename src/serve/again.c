/*
 * again.c - see again.h.
 *
 * Layer: client.
 */
#include "serve/again.h"

enum { MS_PER_S = 1000 };

/* The row of that hash, rested or not; NULL if there is none. */
static struct again_row *find(struct again *a, uint64_t hash)
{
	for (size_t i = 0; i < AGAIN_KEPT; i++)
		if (a->rows[i].hash == hash)
			return &a->rows[i];
	return NULL;
}

/* The one that was not asked for the longest time: a free one has never been. */
static struct again_row *oldest(struct again *a)
{
	struct again_row *row = &a->rows[0];
	for (size_t i = 1; i < AGAIN_KEPT; i++)
		if (a->rows[i].last_ms < row->last_ms)
			row = &a->rows[i];
	return row;
}

/* The row of that hash, a fresh one if there is none or if it has rested. */
static struct again_row *take(struct again *a, uint64_t hash, int64_t now_ms)
{
	struct again_row *row = find(a, hash);
	if (!row) {
		row = oldest(a);
		*row = (struct again_row){ .hash = hash };
	} else if (now_ms - row->last_ms >= AGAIN_REST_MS) {
		row->count = 0;
	}
	return row;
}

bool again_may_ask(struct again *a, uint64_t hash, int64_t now_ms, struct err *e)
{
	struct again_row *row = take(a, hash, now_ms);
	if (row->count < AGAIN_SAME) {
		if (row->running || now_ms - row->last_ms < AGAIN_LEAST_MS)
			row->count = 0;
		row->running++;
		row->last_ms = now_ms;
		return true;
	}
	row->last_ms = now_ms;
	fail(e, ERR_USAGE, LAYER_CLIENT,
		"this very request was answered %u times, and came again with nothing added to it: "
		"the client does not understand its answers, so it is not answered again",
		row->count);
	return err_mend(e, "look at `offgrid trace last`; after %d s without it, it is answered",
		AGAIN_REST_MS / MS_PER_S);
}

void again_over(struct again *a, uint64_t hash, bool is_answered, int64_t now_ms)
{
	struct again_row *row = find(a, hash);
	if (!row)
		return;
	row->count += is_answered;
	row->running -= row->running > 0;
	row->last_ms = now_ms;
}

const char *const again_headers[] = { "session_id", "session-id", "x-session-id", "conversation_id",
	"x-conversation-id", "x-session-affinity", "x-opencode-session", "x-claude-code-session-id",
	NULL };

/* Texts end, so that two of them do not read like one. */
static uint64_t hash_on(uint64_t hash, struct str text)
{
	return str_hash_on(str_hash_on(hash, text), STR("\n"));
}

/* The first message that a person wrote: what later ones are added to. */
static uint64_t hash_first(uint64_t hash, const struct chat_request *r)
{
	const struct chat_message *m = NULL;
	for (size_t i = 0; i < r->message_count && !m; i++)
		if (r->messages[i].role == CHAT_USER)
			m = &r->messages[i];
	for (size_t i = 0; m && i < m->block_count; i++)
		hash = hash_on(hash, m->blocks[i].text);
	return hash;
}

uint64_t again_conversation(uint64_t client, const struct chat_request *r)
{
	static const char *const names[] = { "prompt_cache_key", "user", "safety_identifier",
		"conversation", "session_id" };
	uint64_t hash = hash_on(client, r->model);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		hash = hash_on(hash, js_text_of(r->extra, names[i]));
	hash = hash_on(hash, js_text_of(json_object_get(r->extra, "metadata"), "user_id"));
	return hash_first(hash, r);
}

void again_overflowed(struct again *a, uint64_t hash, int64_t now_ms, struct err *e)
{
	struct again_row *row = take(a, hash, now_ms);
	row->last_ms = now_ms;
	if (++row->count <= AGAIN_OVERFLOWS)
		return;
	const struct err refusal = *e;
	err_clear(e);
	fail(e, ERR_USAGE, LAYER_CLIENT,
		"stopped after %u requests in a row that were too large, since making them shorter "
		"did not help: %s",
		row->count, refusal.what);
	err_mend(e, "%s", refusal.mend);
}
