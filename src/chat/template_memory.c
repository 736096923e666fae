/*
 * template_memory.c - see template_memory.h.
 *
 * A conversation is compared by its gist: roles, words, calls and results, each with its length in
 * front, so that two different ones never have the same. The gist of a longer conversation begins
 * with that of the shorter one.
 */
#include "chat/template_memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"

struct template_answer {
	struct buf gist;       /* of the conversation; with the answer once it is complete */
	struct rendered bytes; /* the prompt, and behind it what is said */
	size_t prompt_bytes;
	struct buf words;      /* of the answer */
	struct buf calls;      /* their gist */
	struct buf name, args; /* of the call at hand */
	bool has_thought;
	uint64_t used_at;
};

struct template_memory {
	struct template_answer *kept[LIMIT_ANSWERS_KEPT];
	size_t count;
	uint64_t now; /* counts uses */
};

/* ---- the gist ---- */

static void add_part(struct buf *out, char kind, struct str text)
{
	buf_printf(out, "%c%zu:", kind, text.n);
	buf_add(out, text);
}

/* Arguments without their layout: keys sorted, no blanks. */
static void add_call(struct buf *out, struct str name, struct str args)
{
	json_t *value = js_parse(args, LAYER_CLIENT, NULL);
	char *plain = value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	add_part(out, 'c', name);
	add_part(out, 'a', plain ? str_z(plain) : str_trim(args));
	free(plain);
	json_decref(value);
}

static void add_value(struct buf *out, char kind, const json_t *value)
{
	char *plain = value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	add_part(out, kind, str_z(plain));
	free(plain);
}

/* Words without blanks at their ends; none count as none. */
static void add_words(struct buf *out, struct str words)
{
	words = str_trim(words);
	if (words.n)
		add_part(out, 't', words);
}

static void add_message(struct buf *out, const struct chat_message *m)
{
	struct arena *a = arena_new();
	add_part(out, 'm', str_z(chat_role_names[m->role]));
	add_words(out, chat_message_text(m, a));
	for (size_t i = 0; i < m->block_count; i++) {
		const struct chat_block *b = &m->blocks[i];
		if (b->type == CHAT_BLOCK_CALL)
			add_call(out, b->name, b->text);
		else if (b->type == CHAT_BLOCK_RESULT)
			add_part(out, 'r', b->text);
		else if (b->type == CHAT_BLOCK_IMAGE || b->type == CHAT_BLOCK_RAW)
			add_part(out, 'i', b->text);
	}
	arena_free(a);
}

static void add_offer(struct buf *out, const struct chat_request *r)
{
	add_part(out, 'o', template_offers_tools(r) ? STR("tools") : STR(""));
	for (size_t i = 0; i < r->tool_count; i++) {
		add_part(out, 'n', r->tools[i].name);
		add_part(out, 'd', r->tools[i].description);
		add_value(out, 'p', r->tools[i].parameters);
	}
	add_part(out, 'e', r->reasoning_effort);
}

/* ---- an answer that is being given ---- */

struct template_answer *template_answer_new(const struct chat_request *r, struct rendered *prompt)
{
	struct template_answer *a = must_calloc(1, sizeof *a);
	buf_init(&a->gist, LIMIT_PROMPT_BYTES);
	buf_init(&a->words, LIMIT_ANSWER_BYTES);
	buf_init(&a->calls, LIMIT_ANSWER_BYTES);
	buf_init(&a->name, LIMIT_ANSWER_BYTES);
	buf_init(&a->args, LIMIT_ANSWER_BYTES);
	a->bytes = *prompt;
	a->prompt_bytes = prompt->text.n;
	rendered_init(prompt);
	add_offer(&a->gist, r);
	for (size_t i = 0; i < r->message_count; i++)
		add_message(&a->gist, &r->messages[i]);
	return a;
}

void template_answer_free(struct template_answer *a)
{
	if (!a)
		return;
	rendered_clear(&a->bytes);
	buf_clear(&a->gist);
	buf_clear(&a->words);
	buf_clear(&a->calls);
	buf_clear(&a->name);
	buf_clear(&a->args);
	free(a);
}

void template_answer_raw(struct template_answer *a, struct str bytes)
{
	buf_add(&a->bytes.text, bytes);
}

struct str template_answer_said(const struct template_answer *a)
{
	const struct buf *all = &a->bytes.text;
	return all->overflow ? STR("") : str_from(buf_str(all), a->prompt_bytes);
}

void template_answer_event(struct template_answer *a, const struct chat_event *event)
{
	switch (event->type) {
	case CHAT_TEXT: buf_add(&a->words, event->text); break;
	case CHAT_THINK: a->has_thought = true; break;
	case CHAT_TOOL_BEGIN:
		buf_reset(&a->name);
		buf_reset(&a->args);
		buf_add(&a->name, event->text);
		break;
	case CHAT_TOOL_ARGS: buf_add(&a->args, event->text); break;
	case CHAT_TOOL_END: add_call(&a->calls, buf_str(&a->name), buf_str(&a->args)); break;
	default: break;
	}
}

/* ---- the memory ---- */

struct template_memory *template_memory_new(void)
{
	return must_calloc(1, sizeof(struct template_memory));
}

void template_memory_free(struct template_memory *m)
{
	for (size_t i = 0; m && i < m->count; i++)
		template_answer_free(m->kept[i]);
	free(m);
}

static void forget(struct template_memory *m, size_t i)
{
	template_answer_free(m->kept[i]);
	m->kept[i] = m->kept[--m->count];
}

static size_t bytes_of(const struct template_answer *a)
{
	return a->gist.n + a->bytes.text.n;
}

/* Makes room for one more of that size; false if it is too big by itself. */
static bool make_room(struct template_memory *m, size_t bytes)
{
	size_t all = bytes;
	for (size_t i = 0; i < m->count; i++)
		all += bytes_of(m->kept[i]);
	while (m->count && (m->count == LIMIT_ANSWERS_KEPT || all > LIMIT_ANSWERS_BYTES)) {
		size_t oldest = 0;
		for (size_t i = 1; i < m->count; i++)
			if (m->kept[i]->used_at < m->kept[oldest]->used_at)
				oldest = i;
		all -= bytes_of(m->kept[oldest]);
		forget(m, oldest);
	}
	return all <= LIMIT_ANSWERS_BYTES;
}

static bool is_overflown(const struct template_answer *a)
{
	return a->gist.overflow || a->bytes.text.overflow || a->words.overflow ||
	       a->calls.overflow || a->args.overflow;
}

void template_memory_keep(struct template_memory *m, struct template_answer *a)
{
	add_part(&a->gist, 'm', str_z(chat_role_names[CHAT_ASSISTANT]));
	add_words(&a->gist, buf_str(&a->words));
	buf_add(&a->gist, buf_str(&a->calls));
	for (size_t i = m->count; i-- > 0;) /* the same one, answered again */
		if (str_eq(buf_str(&m->kept[i]->gist), buf_str(&a->gist)))
			forget(m, i);
	if (is_overflown(a) || !make_room(m, bytes_of(a))) {
		template_answer_free(a);
		return;
	}
	a->used_at = ++m->now;
	m->kept[m->count++] = a;
}

/* The answer that this gist is of, or NULL. */
static struct template_answer *find(const struct template_memory *m, struct str gist)
{
	for (size_t i = 0; i < m->count; i++)
		if (str_eq(buf_str(&m->kept[i]->gist), gist))
			return m->kept[i];
	return NULL;
}

/* Whether the thoughts in an answer may stay before the next question. */
static bool may_stay(const struct template_answer *a, enum family_replay replay, bool is_in_turn)
{
	return !a->has_thought || replay == FAMILY_REPLAY_TEMPLATE ||
	       replay == FAMILY_REPLAY_FULL || (replay == FAMILY_REPLAY_WITHIN_TURN && is_in_turn);
}

/* The latest message of the request that is a remembered answer; its index in *at. */
static struct template_answer *find_latest(struct template_memory *m, const struct chat_template *t,
	const struct chat_request *r, size_t *at)
{
	struct template_answer *latest = NULL;
	struct buf gist;
	size_t question = 0;
	buf_init(&gist, LIMIT_PROMPT_BYTES);
	add_offer(&gist, r);
	for (size_t i = 0; i < r->message_count; i++)
		question = r->messages[i].role == CHAT_USER ? i : question;
	for (size_t i = 0; m->count && i < r->message_count; i++) {
		add_message(&gist, &r->messages[i]);
		struct template_answer *a =
			r->messages[i].role == CHAT_ASSISTANT ? find(m, buf_str(&gist)) : NULL;
		if (!a || !may_stay(a, template_replay(t), i > question))
			continue;
		latest = a;
		*at = i;
	}
	buf_clear(&gist);
	return latest;
}

/* ---- rendering ---- */

/* What the template puts behind an answer often begins with blanks that the model has said. */
static size_t shared_blanks(struct str said, struct str tail)
{
	size_t most = 0;
	for (size_t n = 1; n <= tail.n && n <= said.n && strchr(" \n", tail.p[n - 1]); n++)
		if (str_ends(said, str_sub(tail, 0, n)))
			most = n;
	return most;
}

static void join(struct rendered *out, const struct template_answer *a, const struct rendered *tail,
	const char *text_close)
{
	struct str said = buf_str(&a->bytes.text), behind = buf_str(&tail->text),
		   close = str_z(text_close);
	bool is_closed = close.n && str_ends(said, close) && str_starts(behind, close);
	size_t skip = is_closed ? close.n : shared_blanks(said, behind);
	rendered_add(out, &a->bytes, 0, a->bytes.text.n);
	rendered_add(out, tail, skip, tail->text.n);
	out->is_thinking = tail->is_thinking;
}

bool template_memory_render(struct template_memory *m, const struct chat_template *t,
	const struct chat_request *r, int64_t unix_s, struct trace *trace, struct rendered *out,
	struct err *e)
{
	size_t at = 0;
	struct rendered tail;
	struct template_answer *a = r->continues_assistant ? NULL : find_latest(m, t, r, &at);
	rendered_init(&tail);
	bool ok = a && template_render_tail(t, r, at, unix_s, &tail);
	if (ok) {
		a->used_at = ++m->now;
		join(out, a, &tail, template_format(t)->text_close);
		template_tell(t, r, trace, out);
		trace_note(trace, LAYER_PROMPT, "decision",
			"goes on from an answer that is remembered: %zu bytes as they were, %zu "
			"behind them",
			a->bytes.text.n, out->text.n - a->bytes.text.n);
	}
	rendered_clear(&tail);
	return ok || template_render(t, r, unix_s, trace, out, e);
}
