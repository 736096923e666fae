/*
 * guide.c - what it costs to keep an answer to a grammar.
 *
 *   guide MODEL [ROUNDS]
 *
 * Three figures. An answer that must be a long JSON string beside the same that need not be: per
 * sampled token, in turns. The mask of the whole vocabulary at every byte of a tool call, for the
 * model's own vocabulary and for one of BIG_COUNT tokens made from it. And the calls of the agent's
 * tools: how many of their tokens leave no choice and are not sampled. Prints one JSON object.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "agent/tool.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mailbox.h"
#include "base/must.h"
#include "chat/tool_guide.h"
#include "engine/engine_int.h"
#include "engine/guided.h"

enum {
	BIG_COUNT = 150000,
	ANSWER_TOKENS = 64,
	MOST_MASKS = 512,
	MOST_ROUNDS = 100,
	MASK_TRIES = 5
};

#define USER  "<|im_start|>user\n"
#define MODEL "<|im_end|>\n<|im_start|>assistant\n"

static const char *const tasks[] = {
	USER "Create hello.txt with: hello from the desk" MODEL,
	USER "Read notes/today.md and tell me what it says." MODEL,
	USER "In config.ini replace port = 80 with port = 8080" MODEL,
	USER "Run make test" MODEL,
};

static const char call_text[] =
	"<tool_call>{\"name\": \"write\", \"arguments\": {\"path\": \"notes/today.md\", "
	"\"content\": \"# Today\\n\\n- the long list of things\\n\"}}</tool_call>";

/* ---- asking ---- */

/* What would end the free answer too early. */
static struct engine_bias *end_bans(const struct vocab *v, size_t *count)
{
	struct engine_bias *bans = must_calloc((size_t)v->count, sizeof *bans);
	*count = 0;
	for (int i = 0; i < v->count; i++)
		if (vocab_is(v, i, VOCAB_END))
			bans[(*count)++] = (struct engine_bias){ i, -100 };
	return bans;
}

static struct engine_done ask(struct engine *g, const char *prompt, const struct guide *guide)
{
	struct mailbox *events = engine_mailbox();
	struct engine_segment segment = { .text = str_z(prompt) };
	size_t ban_count;
	struct engine_bias *bans = end_bans(&g->vocab, &ban_count);
	struct engine_job job = { .segments = &segment,
		.segment_count = 1,
		.sampling = { .top_p = 1,
			.repeat_penalty = 1,
			.seed = 1,
			.biases = bans,
			.bias_count = ban_count },
		.guide = guide,
		.max_tokens = ANSWER_TOKENS + 1,
		.top_logprobs = ENGINE_NO_LOGPROBS,
		.to = events };
	struct engine_done done = { .end = ENGINE_END_COUNT };
	struct engine_event event;
	engine_start(g, &job);
	while (done.end == ENGINE_END_COUNT && mailbox_receive(events, &event)) {
		if (event.type == ENGINE_DONE)
			done = *event.done;
		engine_event_clear(&event);
	}
	mailbox_free(events);
	free(bans);
	return done;
}

static double rate(const struct engine_done *d)
{
	return (double)(d->sampled_tokens - 1) * 1e6 / (double)d->decode_us;
}

static void print_rates(const char *name, const double *values, int count)
{
	printf("\"%s\": [", name);
	for (int i = 0; i < count; i++)
		printf("%s%.2f", i ? ", " : "", values[i]);
	printf("], ");
}

/* ---- free and guided ---- */

static struct tool_guide *string_guide(struct arena *a)
{
	struct chat_request *r = chat_request_new(a);
	r->format = CHAT_FORMAT_SCHEMA;
	r->format_schema = chat_request_keep(
		r, json_pack("{s:s, s:i}", "type", "string", "minLength", 8 * ANSWER_TOKENS));
	struct tool_guide *g = tool_guide_new(r, &tool_format_prompted, TOOL_THINKING_NEVER, NULL);
	chat_request_free(r);
	return g;
}

static void compare(struct engine *g, struct arena *a, int rounds)
{
	static const char story[] =
		USER "Tell a very long story about the sea, as one JSON string in quotes." MODEL;
	double free_rates[MOST_ROUNDS], guided_rates[MOST_ROUNDS];
	struct tool_guide *guide = string_guide(a);
	int64_t refused = 0, forced = 0;
	ask(g, story, NULL);
	for (int i = 0; i < rounds; i++) {
		struct engine_done d = ask(g, story, NULL);
		free_rates[i] = rate(&d);
		d = ask(g, story, tool_guide_get(guide));
		guided_rates[i] = rate(&d);
		refused += d.refused_tokens;
		forced += d.forced_tokens;
	}
	print_rates("free", free_rates, rounds);
	print_rates("guided", guided_rates, rounds);
	printf("\"refused\": %lld, \"forced\": %lld, ", (long long)refused, (long long)forced);
	tool_guide_free(guide);
}

/* ---- masks ---- */

/* The tokens of another vocabulary, again and again, two of them joined from the second time on. */
static void grow(struct vocab *out, const struct vocab *from)
{
	size_t room = from->offsets[from->count] * (size_t)(2 * BIG_COUNT / from->count + 2);
	*out = (struct vocab){ .count = BIG_COUNT, .bos = -1 };
	out->offsets = must_calloc(BIG_COUNT + 1, sizeof *out->offsets);
	out->flags = must_calloc(BIG_COUNT, 1);
	out->bytes = must_calloc(room, 1);
	uint32_t at = 0;
	for (int i = 0; i < BIG_COUNT; i++) {
		int turn = i / from->count, first = i % from->count;
		struct str parts[] = { vocab_bytes(from, first),
			vocab_bytes(from, (int)(((int64_t)first * 7919 + turn) % from->count)) };
		for (int k = 0; k < (turn ? 2 : 1); k++) {
			MUST(at + parts[k].n <= room);
			memcpy(out->bytes + at, parts[k].p, parts[k].n);
			at += (uint32_t)parts[k].n;
		}
		out->flags[i] = turn ? 0 : from->flags[first];
		out->offsets[i + 1] = at;
	}
}

/* Microseconds for a mask, the best of some, since other programs can only slow it down. */
static double time_mask(struct guided *g, float *logits)
{
	double best = INFINITY;
	for (int i = 0; i < MASK_TRIES; i++) {
		int64_t began = clock_us();
		guided_mask(g, logits);
		best = fmin(best, (double)(clock_us() - began));
	}
	return best;
}

/* A mask in front of every byte of the call. */
static void print_masks(const char *name, struct vocab *v, const struct guide *guide)
{
	double took[MOST_MASKS];
	int count = 0;
	float *logits = must_calloc((size_t)v->count, sizeof *logits);
	struct guided guided;
	guided_init(&guided, guide, v);
	for (const char *c = call_text; *c && count < MOST_MASKS; c++) {
		took[count++] = time_mask(&guided, logits);
		MUST(guide->ops->accept(guide->grammar, guided.state, (unsigned char)*c));
	}
	guided_clear(&guided);
	free(logits);
	print_rates(name, took, count);
}

/* ---- calls ---- */

static struct tool_guide *agent_guide(struct arena *a)
{
	struct chat_request *r = chat_request_new(a);
	for (int i = 0; i < TOOL_COUNT; i++)
		chat_add_tool(r, str_z(agent_tools[i]->name), str_z(agent_tools[i]->description),
			json_loads(agent_tools[i]->schema, 0, NULL));
	r->tool_choice = CHAT_CHOICE_REQUIRED;
	struct tool_guide *g = tool_guide_new(r, &tool_format_prompted, TOOL_THINKING_NEVER, NULL);
	chat_request_free(r);
	return g;
}

static void call(struct engine *g, const struct guide *guide)
{
	int64_t sampled = 0, forced = 0;
	for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++) {
		struct engine_done d = ask(g, tasks[i], guide);
		sampled += d.sampled_tokens;
		forced += d.forced_tokens;
	}
	printf("\"call_sampled\": %lld, \"call_forced\": %lld", (long long)sampled,
		(long long)forced);
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
	struct err e = { .kind = ERR_NONE };
	if (argc < 2 || rounds < 1 || rounds > MOST_ROUNDS) {
		fputs("usage: guide MODEL [ROUNDS]\n", stderr);
		return 2;
	}
	struct engine_options options = {
		.model_path = argv[1], .context_tokens = 1024, .sequences = 1, .skips_probe = true
	};
	struct engine *g = engine_open(&options, &e);
	if (!g) {
		fprintf(stderr, "guide: %s\n", e.what);
		return err_exit_code(&e);
	}
	struct arena *a = arena_new();
	struct tool_guide *tools = agent_guide(a);
	struct vocab big;
	grow(&big, &g->vocab);
	printf("{");
	compare(g, a, rounds);
	print_masks("mask_us", &g->vocab, tool_guide_get(tools));
	print_masks("mask_big_us", &big, tool_guide_get(tools));
	printf("\"vocabulary\": %d, \"vocabulary_big\": %d, ", g->vocab.count, big.count);
	call(g, tool_guide_get(tools));
	printf("}\n");
	vocab_clear(&big);
	tool_guide_free(tools);
	arena_free(a);
	engine_free(g);
	return 0;
}
