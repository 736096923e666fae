/*
 * quirks_apply.c - what the rows of quirks.h do to a request before a model of this machine sees
 * it, and how side work is known.
 *
 * Nothing is changed in place: upstreams, traces and retries see the request as it was read. What a
 * row gives depends on the request alone, so that a longer conversation begins with the same bytes.
 *
 * Layer: client.
 */
#include <string.h>

#include "base/limits.h"
#include "chat/quirks.h"

enum {
	MANY_TOOLS_BYTES = 100 * 1000,
	CLUE_WITHIN = 2000 /* of a text, in which the words of side work stand */
};

/* ---- side work ---- */

static const struct clue {
	enum quirk quirk;
	const char *words; /* as the program's own package has them */
} clues[] = {
	{ QUIRK_TITLE, "You are a title generator. You output ONLY a thread title" },
	{ QUIRK_TITLE, "Generate a title for this conversation:" },
	{ QUIRK_TITLE, "you will generate a short title based on the first message" },
	{ QUIRK_TITLE, "Generate a concise, sentence-case title" },
	{ QUIRK_TITLE, "### Task:\nGenerate a concise, 3-5 word title" },
	{ QUIRK_MEMORY, "You are now acting as the managed memory extraction subagent" },
	{ QUIRK_COMMIT, "You are an expert software engineer that generates concise" },
};

/* Goes from one first letter to the next: every request is looked through, and they are rare. */
static bool holds_clue(struct str text, const struct clue *clue)
{
	struct str words = str_z(clue->words);
	size_t at;
	for (; (at = str_find_char(text, words.p[0])) != SIZE_MAX; text = str_from(text, at + 1))
		if (str_starts(str_from(text, at), words))
			return true;
	return false;
}

static const struct clue *clue_in_text(struct str text)
{
	for (size_t i = 0; i < sizeof clues / sizeof clues[0]; i++)
		if (holds_clue(text, &clues[i]))
			return &clues[i];
	return NULL;
}

static const struct clue *clue_in(const struct chat_message *m)
{
	const struct clue *found = NULL;
	for (size_t i = 0; i < m->block_count && !found; i++)
		if (m->blocks[i].type == CHAT_BLOCK_TEXT)
			found = clue_in_text(str_sub(m->blocks[i].text, 0, CLUE_WITHIN));
	return found;
}

/* What a request is for stands in its first message, or in its last. */
void quirks_mark(struct chat_request *r, struct trace *t)
{
	if (r->keeps_quirks || r->is_side || !r->message_count)
		return;
	const struct chat_message *first = r->messages, *last = first + r->message_count - 1;
	const struct clue *clue = clue_in(first);
	if (!clue && last != first)
		clue = clue_in(last);
	if (!clue)
		return;
	r->is_side = true;
	quirk_note(clue->quirk, t, "side work, it says '%s'", clue->words);
}

/* ---- lines of system texts ---- */

static bool is_system(const struct chat_message *m)
{
	return m->role == CHAT_SYSTEM || m->role == CHAT_DEVELOPER;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool holds(struct str line, const char *words)
{
	size_t n = strlen(words);
	for (size_t i = 0; i + n <= line.n; i++)
		if (str_eq_nocase(str_sub(line, i, i + n), str_z(words)))
			return true;
	return false;
}

static size_t digits_at(struct str line, size_t at)
{
	size_t n = 0;
	while (at + n < line.n && is_digit(line.p[at + n]))
		n++;
	return n;
}

/* A year of this century stands in it by itself. */
static bool has_year(struct str line)
{
	for (size_t i = 0, n; i < line.n; i += n ? n : 1) {
		n = digits_at(line, i);
		if (n == 4 && line.p[i] == '2' && line.p[i + 1] == '0')
			return true;
	}
	return false;
}

static bool tells_time(struct str line)
{
	static const char *const words[] = { "current time", "current date", "date and time",
		"date & time", "the time is", "time now", "timestamp", "conversation started",
		"session started" };
	bool says = false;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		says = says || holds(line, words[i]);
	return says && has_year(line);
}

/* "Token usage: 1200/200000; 198800 remaining", in whatever stands around it. */
static bool counts_tokens(struct str line)
{
	size_t at = str_find(line, STR("Token usage: "));
	if (at == SIZE_MAX)
		return false;
	struct str rest = str_from(line, at + STR("Token usage: ").n);
	size_t used = digits_at(rest, 0);
	return used && used < rest.n && rest.p[used] == '/' && holds(rest, " remaining");
}

/* Minutes, seconds and parts of them behind the hour at `at`; where they end. */
static size_t zero_rest(struct str line, size_t at, struct buf *out)
{
	while (at < line.n && (line.p[at] == ':' || line.p[at] == '.') &&
		digits_at(line, at + 1) > 0) {
		size_t n = digits_at(line, at + 1);
		buf_add_char(out, line.p[at]);
		buf_add_fill(out, '0', n);
		at += n + 1;
	}
	return at;
}

/* The line with every time of day in it set back to its hour. */
static void add_hour(struct str line, struct buf *out)
{
	size_t at = 0;
	while (at < line.n) {
		size_t n = digits_at(line, at);
		buf_add(out, str_sub(line, at, at + (n ? n : 1)));
		at += n ? n : 1;
		if ((n == 1 || n == 2) && at < line.n && line.p[at] == ':' &&
			digits_at(line, at + 1) == 2)
			at = zero_rest(line, at, out);
	}
}

struct applied {
	unsigned clocks, countdowns;
};

/* The text as it is to be seen. */
static struct str settle_text(struct str text, struct arena *a, struct applied *n)
{
	struct buf out;
	struct str rest = text, line;
	buf_init(&out, text.n + 1);
	while (str_cut(&rest, '\n', &line)) {
		bool is_countdown = counts_tokens(line);
		size_t before = out.n;
		if (tells_time(line))
			add_hour(line, &out);
		else if (!is_countdown)
			buf_add(&out, line);
		n->countdowns += is_countdown;
		n->clocks += !is_countdown && !str_eq(str_from(buf_str(&out), before), line);
		if (rest.p && !is_countdown)
			buf_add_char(&out, '\n');
	}
	struct str settled = n->clocks || n->countdowns ? arena_str(a, buf_str(&out)) : text;
	buf_clear(&out);
	return settled;
}

static void settle_message(struct chat_message *m, struct arena *a, struct applied *sum)
{
	struct chat_block *blocks = NULL;
	for (size_t i = 0; i < m->block_count; i++) {
		struct applied n = { 0 };
		if (m->blocks[i].type != CHAT_BLOCK_TEXT)
			continue;
		struct str text = settle_text(m->blocks[i].text, a, &n);
		if (!n.clocks && !n.countdowns)
			continue;
		if (!blocks) {
			blocks = arena_calloc(a, m->block_count, sizeof *blocks);
			for (size_t k = 0; k < m->block_count; k++)
				blocks[k] = m->blocks[k];
		}
		blocks[i].text = text;
		sum->clocks += n.clocks;
		sum->countdowns += n.countdowns;
	}
	if (blocks)
		m->blocks = blocks;
}

/* ---- the rows ---- */

/* A request of one's own that shares everything, for the first row that changes something. */
static struct chat_request *own(const struct chat_request *r)
{
	struct chat_request *copy = arena_alloc(r->arena, sizeof *copy);
	*copy = *r;
	copy->messages = arena_calloc(r->arena, r->message_count + 1, sizeof *copy->messages);
	copy->message_room = r->message_count + 1;
	for (size_t i = 0; i < r->message_count; i++)
		copy->messages[i] = r->messages[i];
	return copy;
}

static void settle_systems(struct chat_request *r, struct trace *t)
{
	struct applied sum = { 0 };
	for (size_t i = 0; i < r->message_count; i++)
		if (is_system(&r->messages[i]))
			settle_message(&r->messages[i], r->arena, &sum);
	if (sum.clocks)
		quirk_note(
			QUIRK_CLOCK, t, "%u lines of system text tell the hour only", sum.clocks);
	if (sum.countdowns)
		quirk_note(
			QUIRK_COUNTDOWN, t, "%u lines of system text are left out", sum.countdowns);
}

static size_t leading_systems(const struct chat_request *r)
{
	size_t n = 0;
	while (n < r->message_count && is_system(&r->messages[n]))
		n++;
	return n;
}

/* The blocks of the first `count` messages, with blank lines between. */
static struct chat_message joined(const struct chat_request *r, size_t count)
{
	struct chat_message all = { .role = CHAT_SYSTEM, .block_room = count };
	for (size_t i = 0; i < count; i++)
		all.block_room += r->messages[i].block_count;
	all.blocks = arena_calloc(r->arena, all.block_room, sizeof *all.blocks);
	for (size_t i = 0; i < count; i++) {
		const struct chat_message *m = &r->messages[i];
		if (all.block_count && m->block_count)
			all.blocks[all.block_count++] =
				(struct chat_block){ .type = CHAT_BLOCK_TEXT, .text = STR("\n\n") };
		for (size_t k = 0; k < m->block_count; k++)
			all.blocks[all.block_count++] = m->blocks[k];
	}
	return all;
}

static void join_systems(struct chat_request *r, struct trace *t)
{
	size_t n = leading_systems(r);
	if (n < 2)
		return;
	r->messages[0] = joined(r, n);
	for (size_t i = n; i < r->message_count; i++)
		r->messages[i - n + 1] = r->messages[i];
	r->message_count -= n - 1;
	quirk_note(QUIRK_SYSTEMS, t, "%zu texts at the front are one", n);
}

/* What the template deals with: told here, since only here the request is looked at. */
static void note_turns(const struct chat_request *r, struct trace *t)
{
	size_t late = 0, twice = 0;
	for (size_t i = 1; i < r->message_count; i++) {
		late += is_system(&r->messages[i]);
		twice += r->messages[i].role == CHAT_USER && r->messages[i - 1].role == CHAT_USER;
	}
	if (late)
		quirk_note(QUIRK_LATE_SYSTEM, t, "%zu behind the first question", late);
	if (twice)
		quirk_note(QUIRK_TWO_USERS, t, "%zu follow another", twice);
}

static void note_num_ctx(const struct chat_request *r, struct trace *t)
{
	const json_t *asked = json_object_get(json_object_get(r->extra, "options"), "num_ctx");
	if (asked)
		quirk_note(QUIRK_NUM_CTX, t, "%lld is asked for, the context stays as it is",
			(long long)json_integer_value(asked));
}

static void note_tools(const struct chat_request *r, struct trace *t)
{
	size_t bytes = 0;
	for (size_t i = 0; i < r->tool_count; i++)
		bytes += r->tools[i].description.n +
			 (r->tools[i].parameters
					 ? json_dumpb(r->tools[i].parameters, NULL, 0, JSON_COMPACT)
					 : 0);
	if (bytes > MANY_TOOLS_BYTES)
		quirk_note(QUIRK_MANY_TOOLS, t, "%zu tools of %zu bytes", r->tool_count, bytes);
}

const struct chat_request *quirks_for_model(const struct chat_request *r, struct trace *t)
{
	if (r->keeps_quirks)
		return r;
	struct chat_request *copy = own(r);
	note_num_ctx(r, t);
	note_tools(r, t);
	settle_systems(copy, t);
	join_systems(copy, t);
	note_turns(copy, t);
	return copy;
}
