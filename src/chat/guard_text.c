/*
 * guard_text.c - see guard_text.h.
 *
 * Layer: parse.
 */
#include "chat/guard_text.h"

#include "base/limits.h"
#include "chat/tool_name.h"

void guard_text_init(struct guard_text *t, const struct chat_request *offered, uint64_t id_seed,
	struct trace *trace, struct chat_sink sink)
{
	*t = (struct guard_text){
		.offered = offered, .trace = trace, .sink = sink, .id_seed = id_seed
	};
	guard_pieces_init(&t->held, LIMIT_ANSWER_BYTES);
	buf_init(&t->strange.id, LIMIT_ANSWER_BYTES);
	buf_init(&t->strange.name, LIMIT_ANSWER_BYTES);
	buf_init(&t->strange.args, LIMIT_ANSWER_BYTES);
}

void guard_text_clear(struct guard_text *t)
{
	guard_pieces_clear(&t->held);
	buf_clear(&t->strange.id);
	buf_clear(&t->strange.name);
	buf_clear(&t->strange.args);
	tool_reader_free(t->reader);
	t->reader = NULL;
}

void guard_text_again(struct guard_text *t)
{
	guard_text_clear(t);
	guard_text_init(t, t->offered, t->id_seed + 1, t->trace, t->sink);
}

static struct str held(const struct guard_text *t)
{
	return buf_str(&t->held.text);
}

/* ---- what passes ---- */

static bool is_blank(struct str s)
{
	return !str_trim(s).n;
}

/* Where the text ends that may go: the reader waits with blanks, but nobody else must. */
static size_t free_bytes(const struct guard_text *t)
{
	size_t limit = t->read;
	while (limit < t->held.text.n && is_blank(str_sub(held(t), limit, limit + 1)))
		limit++;
	return limit;
}

/* Lets the pieces go that the reader is done with. */
static void let_go(struct guard_text *t)
{
	struct str piece;
	size_t limit = free_bytes(t);
	while (guard_pieces_next(&t->held, limit, &piece))
		chat_send_text(t->sink, piece);
	if (t->held.told == t->held.count && t->read == t->held.text.n) {
		guard_pieces_reset(&t->held);
		t->read = 0;
	}
}

/* From here on the reader's words count: what it is done with goes out first. */
static void part(struct guard_text *t)
{
	size_t told = guard_pieces_told_bytes(&t->held), limit = free_bytes(t);
	t->has_parted = true;
	if (limit > told)
		chat_send_text(t->sink, str_sub(held(t), told, limit));
}

/* The reader said these words: true if they are what came, blanks aside that it left out. */
static bool is_what_came(struct guard_text *t, struct str words)
{
	struct str came = str_from(held(t), t->read);
	size_t blanks = 0;
	while (!str_starts(str_from(came, blanks), words)) {
		if (blanks == came.n || !is_blank(str_sub(came, blanks, blanks + 1)))
			return false;
		blanks++;
	}
	t->read += blanks + words.n;
	return true;
}

static void part_for(struct guard_text *t, enum chat_event_type type)
{
	part(t);
	trace_note(t->trace, LAYER_PARSE, "mended", "%s",
		type == CHAT_TOOL_BEGIN ? "a call delivered as text was taken as a call"
		: type == CHAT_THINK    ? "a thought delivered as text was taken as a thought"
					: "markup in the text was left out");
}

/* A call of a tool that is not offered: held until it is known whether it is one. */
static void take_strange(struct guard_text *t, const struct chat_event *event)
{
	struct guard_strange *s = &t->strange;
	if (event->type == CHAT_TOOL_BEGIN) {
		s->is_open = true;
		s->number = event->call;
		buf_add(&s->id, event->id);
		buf_add(&s->name, event->text);
	} else if (event->type == CHAT_TOOL_ARGS) {
		buf_add(&s->args, event->text);
	} else if (event->type == CHAT_TOOL_END && str_eq_z(str_trim(buf_str(&s->args)), "{}")) {
		t->is_deaf = true;
	} else if (event->type == CHAT_TOOL_END) {
		s->is_open = false;
		part_for(t, CHAT_TOOL_BEGIN);
		chat_send_tool_begin(t->sink, s->number, buf_str(&s->id), buf_str(&s->name));
		chat_send_tool_args(t->sink, s->number, buf_str(&s->args));
		chat_send_tool_end(t->sink, s->number);
	}
}

static void take_read(void *owner, const struct chat_event *event)
{
	struct guard_text *t = owner;
	bool is_strange =
		event->type == CHAT_TOOL_BEGIN && !tool_name_meant(t->offered, event->text);
	if (t->is_deaf)
		return;
	if (t->strange.is_open || (!t->has_parted && is_strange)) {
		take_strange(t, event);
		return;
	}
	if (!t->has_parted && event->type == CHAT_TEXT && is_what_came(t, event->text))
		return;
	if (!t->has_parted)
		part_for(t, event->type);
	chat_send(t->sink, event);
}

static struct tool_reader *new_reader(
	const struct guard_text *t, unsigned how, struct chat_sink sink)
{
	return tool_reader_new(&tool_format_rescue, t->offered, t->id_seed, how, t->trace, sink);
}

/* What the reader's verdict means. If what it took for a call was none, all that is held is text;
 * if a call cannot be read, what stood before it goes out. */
static bool settle(struct guard_text *t, bool ok)
{
	t->is_deaf = t->is_deaf || (!ok && t->strange.is_open);
	if (t->is_deaf)
		t->read = t->held.text.n;
	else if (!ok && !t->has_parted)
		part(t);
	return ok || t->is_deaf;
}

bool guard_text_take(struct guard_text *t, struct str piece, struct err *e)
{
	struct err why = { 0 };
	bool ok = true;
	if (!t->reader)
		t->reader = new_reader(t, TOOL_READ_WORDS, (struct chat_sink){ take_read, t });
	if (!t->has_parted)
		guard_pieces_add(&t->held, piece);
	if (!t->is_deaf)
		ok = tool_reader_feed(t->reader, piece, &why);
	ok = settle(t, ok);
	if (!t->has_parted)
		let_go(t);
	if (!ok && e)
		*e = why;
	return ok;
}

bool guard_text_end(struct guard_text *t, bool is_cut, struct err *e)
{
	struct err why = { 0 };
	bool ok = true;
	if (!t->reader)
		return true;
	if (!t->is_deaf)
		ok = tool_reader_end(t->reader, is_cut, &why);
	ok = settle(t, ok);
	if (!t->has_parted) {
		t->read = t->held.text.n;
		let_go(t);
	}
	if (!ok && e)
		*e = why;
	return ok;
}

/* ---- calls in a thought ---- */

/* What a thought holds: whether it ends with calls, and these if they are wanted. */
struct ending {
	struct chat_sink sink;
	bool is_telling, ends_with_call;
};

static void take_thought(void *owner, const struct chat_event *event)
{
	struct ending *x = owner;
	bool is_words = event->type == CHAT_TEXT || event->type == CHAT_THINK;
	if (is_words && !is_blank(event->text))
		x->ends_with_call = false;
	if (event->type == CHAT_TOOL_END)
		x->ends_with_call = true;
	if (x->is_telling && !is_words)
		chat_send(x->sink, event);
}

static bool read_thought(struct guard_text *t, struct str thought, struct ending *x)
{
	struct tool_reader *r =
		new_reader(t, TOOL_READ_IN_THOUGHT, (struct chat_sink){ take_thought, x });
	bool ok = tool_reader_feed(r, thought, NULL) && tool_reader_end(r, false, NULL);
	tool_reader_free(r);
	return ok && x->ends_with_call;
}

bool guard_text_in_thought(struct guard_text *t, struct str thought)
{
	struct ending look = { .sink = t->sink }, tell = { .sink = t->sink, .is_telling = true };
	struct trace *trace = t->trace;
	t->trace = NULL;
	bool is_found = read_thought(t, thought, &look);
	t->trace = trace;
	return is_found && read_thought(t, thought, &tell);
}
