/*
 * invent_chat.c - random conversations and answers; see invent_chat.h.
 */
#include "invent_chat.h"

#define ROLL(r, sides) walk_below(r, sides)

static const char *const words[] = { "plain ", "\"q\" \\ \n\r\t\x01", "\xc3\xa4\xf0\x9f\x98\x80",
	"[DONE]\n\ndata: ", "event: x\n", "{\"x\":", "</s>", "\n\n" };

enum { WORDS = sizeof words / sizeof words[0] };

static struct str some_text(struct walk_random *r, struct arena *a)
{
	struct str text = STR("w");
	for (uint64_t i = ROLL(r, 5); i > 0; i--)
		text = arena_printf(a, "%.*s%s", STR_ARG(text), words[ROLL(r, WORDS)]);
	return arena_printf(a, "%.*s.", STR_ARG(text));
}

/* ---- answers ---- */

static void send_cut(struct chat_sink sink, struct walk_random *cuts, struct chat_event event)
{
	struct str rest = event.text;
	while (rest.n) {
		size_t n = 1 + ROLL(cuts, 5);
		while (n < rest.n && ((unsigned char)rest.p[n] & 0xc0) == 0x80)
			n++;
		event.text = str_sub(rest, 0, n);
		chat_send(sink, &event);
		rest = str_from(rest, n);
	}
}

static const char *const args[] = { "{}", "{\"a\":\"}\\\"{\",\"b\":[{\"c\":null}]}",
	"{\"\xc3\xa4\":1.5}", "{\"a\":\"\",\"b\":{}}" };

enum { ARGS = sizeof args / sizeof args[0] };

static unsigned send_calls(
	struct chat_sink sink, struct walk_random *r, struct walk_random *cuts, struct arena *a)
{
	unsigned calls = (unsigned)ROLL(r, 4);
	for (unsigned i = 0; i < calls; i++) {
		chat_send_tool_begin(sink, i, arena_printf(a, "call%u", i), STR("do_it"));
		send_cut(sink, cuts,
			(struct chat_event){ .type = CHAT_TOOL_ARGS,
				.call = i,
				.text = str_z(args[ROLL(r, ARGS)]) });
		chat_send_tool_end(sink, i);
	}
	return calls;
}

void invent_answer(struct chat_sink sink, uint64_t seed, struct walk_random *cuts)
{
	struct walk_random r = { .state = seed };
	struct arena *a = arena_new();
	/* A whole document does not say where a token stood: only what comes first is at home. */
	chat_send_logprob(sink, STR("{"), &(struct chat_logprob){ .taken = -0.25 });
	if (ROLL(&r, 3) == 0)
		chat_send_seal(sink, STR("c2VhbGVk/+="), true);
	if (ROLL(&r, 2)) {
		send_cut(sink, cuts,
			(struct chat_event){ .type = CHAT_THINK, .text = some_text(&r, a) });
		if (ROLL(&r, 2))
			chat_send_seal(sink, STR("c2lnbmVk"), false);
	}
	bool is_mute = ROLL(&r, 4) == 0; /* only calls, if there are any */
	if (!is_mute)
		send_cut(sink, cuts,
			(struct chat_event){ .type = CHAT_TEXT, .text = some_text(&r, a) });
	unsigned calls = send_calls(sink, &r, cuts, a);
	struct chat_usage usage = { .prompt_tokens = 100 + (int64_t)ROLL(&r, 1000),
		.cached_tokens = (int64_t)ROLL(&r, 50),
		.stored_tokens = (int64_t)ROLL(&r, 50),
		.answer_tokens = 5,
		.thinking_tokens = 2,
		.is_estimate = ROLL(&r, 2) };
	chat_send_usage(sink, &usage);
	struct chat_event stop = { .type = CHAT_STOP, .stop = (enum chat_stop)ROLL(&r, 4) };
	if (stop.stop == CHAT_STOP_END || stop.stop == CHAT_STOP_CALLS)
		stop.stop = calls ? CHAT_STOP_CALLS : CHAT_STOP_END;
	if (stop.stop == CHAT_STOP_END && ROLL(&r, 2))
		stop.text = STR("STOP");
	chat_send(sink, &stop);
	arena_free(a);
}

bool invent_event_left(struct chat_event *event, unsigned lost)
{
	if (lost & LOSES_THINKING_TOKENS)
		event->usage.thinking_tokens = 0;
	if (lost & LOSES_STORED_TOKENS)
		event->usage.stored_tokens = 0;
	if (event->type == CHAT_STOP && lost & LOSES_STOP_TEXT)
		event->text = STR("");
	return !(event->type == CHAT_LOGPROB && lost & (LOSES_LOGPROBS | LOSES_OTHER_LOGPROBS)) &&
	       !(event->type == CHAT_SEAL && lost & LOSES_SEALS);
}

/* ---- requests ---- */

static void add_said(struct chat_request *q, struct walk_random *r, bool may_have_images)
{
	static const char *const images[] = { "https://example.com/a.png?b=\"c\"",
		"data:image/png;base64,iVBORw0KGgo=" };
	for (uint64_t i = ROLL(r, 3) + 1; i > 0; i--) {
		struct chat_block b = { .type = CHAT_BLOCK_TEXT, .text = some_text(r, q->arena) };
		if (may_have_images && ROLL(r, 4) == 0)
			b = (struct chat_block){ .type = CHAT_BLOCK_IMAGE,
				.text = str_z(images[ROLL(r, 2)]) };
		chat_add_block(q, b);
	}
}

static void add_thought(struct chat_request *q, struct walk_random *r)
{
	struct chat_block b = { .type = CHAT_BLOCK_THINK, .text = some_text(r, q->arena) };
	uint64_t kind = ROLL(r, 4);
	if (kind == 0)
		return;
	if (kind > 1)
		b.opaque = STR("c2lnbmVk");
	if (kind > 2) {
		b.text = STR("");
		b.is_sealed = true;
	}
	chat_add_block(q, b);
}

static void add_results(struct chat_request *q, struct walk_random *r, size_t turn, uint64_t calls)
{
	for (uint64_t i = 0; i < calls; i++) {
		bool is_error = ROLL(r, 4) == 0;
		chat_add_message(q, CHAT_TOOL);
		chat_add_block(q,
			(struct chat_block){ .type = CHAT_BLOCK_RESULT,
				.id = arena_printf(q->arena, "call%zu%d", turn, (int)i),
				.name = arena_printf(q->arena, "tool%d", (int)i),
				.text = arena_printf(q->arena, "%s%.*s", is_error ? "error: " : "",
					STR_ARG(ROLL(r, 5) ? some_text(r, q->arena) : STR(""))),
				.is_error = is_error });
	}
}

/* A user's words and what came of them. */
static void add_turn(struct chat_request *q, struct walk_random *r, size_t turn)
{
	chat_add_message(q, CHAT_USER);
	add_said(q, r, true);
	chat_add_message(q, CHAT_ASSISTANT);
	add_thought(q, r);
	uint64_t calls = q->tool_count ? ROLL(r, 4) : 0;
	if (!calls || ROLL(r, 2))
		add_said(q, r, false);
	for (uint64_t i = 0; i < calls; i++)
		chat_add_block(q, (struct chat_block){ .type = CHAT_BLOCK_CALL,
					  .id = arena_printf(q->arena, "call%zu%d", turn, (int)i),
					  .name = arena_printf(q->arena, "tool%d", (int)i),
					  .text = str_z(args[ROLL(r, ARGS)]) });
	add_results(q, r, turn, calls);
}

static void add_tools(struct chat_request *q, struct walk_random *r)
{
	for (uint64_t i = 0; i < 4; i++) {
		json_t *schema = json_pack("{s:s, s:{s:{s:s}}}", "type", "object", "properties",
			"a", "type", "string");
		chat_add_tool(q, arena_printf(q->arena, "tool%d", (int)i), some_text(r, q->arena),
			schema);
		q->tools[i].is_strict = ROLL(r, 2);
	}
	q->tool_choice = (enum chat_tool_choice)ROLL(r, CHAT_CHOICE_COUNT);
	if (q->tool_choice == CHAT_CHOICE_NAMED)
		q->choice_name = STR("tool2");
	q->allows_parallel_calls = q->tool_choice == CHAT_CHOICE_NONE || ROLL(r, 2);
}

static void add_settings(struct chat_request *q, struct walk_random *r)
{
	struct chat_sampling *s = &q->sampling;
	s->max_tokens = 30000 + (int64_t)ROLL(r, 100000);
	s->top_k = (int)ROLL(r, 100) + 1;
	if (ROLL(r, 2))
		s->temperature = (double)ROLL(r, 100) / 100;
	else
		s->top_p = (double)ROLL(r, 100) / 100;
	s->min_p = 0.125;
	s->repeat_penalty = 1.5;
	s->presence_penalty = -0.25;
	s->frequency_penalty = 0.5;
	s->seed = (int64_t)ROLL(r, UINT64_C(1) << 50);
	struct str *stops = arena_calloc(q->arena, 2, sizeof *stops);
	stops[0] = some_text(r, q->arena);
	stops[1] = some_text(r, q->arena);
	s->stops = stops;
	s->stop_count = ROLL(r, 3);
	struct chat_logit_bias *bias = arena_calloc(q->arena, 1, sizeof *bias);
	*bias = (struct chat_logit_bias){ (int)ROLL(r, 32000), -100 };
	s->biases = bias;
	s->bias_count = ROLL(r, 2);
}

struct chat_request *invent_request(struct walk_random *r, struct arena *a)
{
	struct chat_request *q = chat_request_new(a);
	bool thinks = ROLL(r, 4) == 0;
	q->model = some_text(r, a);
	q->is_stream = q->wants_usage = true;
	if (ROLL(r, 2) && !thinks)
		add_tools(q, r);
	if (ROLL(r, 2)) {
		chat_add_message(q, CHAT_SYSTEM);
		add_said(q, r, false);
	}
	for (uint64_t i = ROLL(r, 4) + 1; i > 0; i--)
		add_turn(q, r, (size_t)i);
	if (ROLL(r, 2)) {
		chat_add_message(q, CHAT_USER);
		add_said(q, r, true);
	}
	q->continues_assistant = q->messages[q->message_count - 1].role == CHAT_ASSISTANT;
	q->format = (enum chat_format)ROLL(r, CHAT_FORMAT_COUNT);
	if (q->format == CHAT_FORMAT_SCHEMA)
		q->format_schema = chat_request_keep(q, json_pack("{s:s}", "type", "object"));
	/* Where one may think by effort, none may choose how it samples. */
	if (thinks) {
		q->reasoning_effort = STR("medium");
		q->sampling.max_tokens = 64000;
	} else {
		add_settings(q, r);
	}
	return q;
}

/* Takes blocks out of a message. */
static void lose_blocks(struct chat_message *m, unsigned lost)
{
	size_t kept = 0;
	for (size_t i = 0; i < m->block_count; i++) {
		struct chat_block b = m->blocks[i];
		if (lost & LOSES_SEALS)
			b.opaque = b.origin = STR("");
		if (lost & LOSES_ERRORS)
			b.is_error = false;
		bool is_bare = b.type == CHAT_BLOCK_THINK && !b.opaque.n;
		bool is_lost = is_bare && (lost & LOSES_THOUGHTS || b.is_sealed);
		if (!is_lost)
			m->blocks[kept++] = b;
	}
	m->block_count = kept;
}

/* All texts become one; what a message holds stands in a fixed order. */
static void lose_order(struct chat_message *m, struct arena *a)
{
	static const enum chat_block_type order[] = { CHAT_BLOCK_THINK, CHAT_BLOCK_TEXT,
		CHAT_BLOCK_IMAGE, CHAT_BLOCK_CALL, CHAT_BLOCK_RESULT };
	struct chat_block *kept = arena_calloc(a, m->block_count + 1, sizeof *kept);
	size_t n = 0;
	for (size_t o = 0; o < sizeof order / sizeof order[0]; o++) {
		bool is_joined = false;
		for (size_t i = 0; i < m->block_count; i++) {
			struct chat_block b = m->blocks[i];
			if (b.type == CHAT_BLOCK_IMAGE && !str_starts(b.text, STR("data:")))
				b = (struct chat_block){ .type = CHAT_BLOCK_TEXT,
					.text = arena_printf(
						a, "[an image: %.*s]", STR_ARG(b.text)) };
			if (b.type != order[o])
				continue;
			if (b.type == CHAT_BLOCK_TEXT && is_joined)
				kept[n - 1].text = arena_printf(
					a, "%.*s%.*s", STR_ARG(kept[n - 1].text), STR_ARG(b.text));
			else
				kept[n++] = b;
			is_joined = true;
		}
	}
	m->blocks = kept;
	m->block_count = n;
}

void invent_lose(struct chat_request *q, unsigned lost)
{
	struct chat_sampling *s = &q->sampling;
	for (size_t i = 0; i < q->message_count; i++)
		lose_blocks(&q->messages[i], lost);
	for (size_t i = 0; lost & LOSES_ORDER && i < q->message_count; i++)
		lose_order(&q->messages[i], q->arena);
	if (lost & LOSES_PENALTIES)
		s->min_p = s->repeat_penalty = s->presence_penalty = s->frequency_penalty =
			CHAT_UNSET_DOUBLE;
	if (lost & LOSES_SEED) {
		s->seed = CHAT_UNSET_INT;
		s->bias_count = 0;
	}
	if (lost & LOSES_REPEAT)
		s->min_p = s->repeat_penalty = CHAT_UNSET_DOUBLE;
	if (lost & LOSES_BIASES)
		s->bias_count = 0;
	for (size_t i = 0; lost & LOSES_STRICT && i < q->tool_count; i++)
		q->tools[i].is_strict = false;
	if (lost & LOSES_SINGLE)
		q->allows_parallel_calls = true;
	if (lost & LOSES_STOPS)
		s->stop_count = 0;
	if (lost & LOSES_TOP_K)
		s->top_k = CHAT_UNSET_INT;
	if (lost & LOSES_JSON_WISH && q->format == CHAT_FORMAT_JSON)
		q->format = CHAT_FORMAT_TEXT;
}
