/*
 * speed.c - how fast the engine reads and answers, as llama-bench puts the question.
 *
 *   speed MODEL [-p TOKENS] [-n TOKENS] [-d TOKENS] [-r ROUNDS] [-t THREADS] [-a ADAPTER]
 *               [-c TOKENS]
 *
 * Each round reads -p tokens of new text and then answers -n tokens, both behind -d tokens that the
 * engine knows already; sampling, reading out and the way to the caller's mailbox are part of it,
 * which llama-bench leaves out. The text is words by chance, so that nothing is known from before.
 * Prints one JSON object: tokens a second of every round.
 *
 * With -c it stays, as a server does, with a context of so many tokens: each line "PROMPT ANSWER
 * DEPTH" on standard input is one round, answered by a line, until the input ends. So its memory is
 * as warm as that of the server that it is measured beside.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/mailbox.h"
#include "engine/engine.h"

enum { MOST_ROUNDS = 100, LINE_BYTES = 100 };

static const char *const words[] = { "river", "table", "seven", "light", "under", "garden", "paper",
	"window", "early", "music", "stone", "winter", "letter", "market", "summer", "yellow" };

struct question {
	const char *model;
	struct engine_adapter adapter;
	int prompt, answer, depth, rounds, threads;
	int context; /* 0: as much as one round needs, and leave after the last */
};

struct rates {
	double prefill[MOST_ROUNDS], decode[MOST_ROUNDS];
};

static bool option(struct question *q, char name, const char *value)
{
	int n = (int)strtol(value, NULL, 10);
	switch (name) {
	case 'p': q->prompt = n; return n > 0;
	case 'n': q->answer = n; return n > 1;
	case 'd': q->depth = n; return n >= 0;
	case 'r': q->rounds = n; return n > 0 && n <= MOST_ROUNDS;
	case 'c': q->context = n; return n > 0;
	case 't': q->threads = n; return n >= 0;
	case 'a': q->adapter.path = value; return true;
	default: return false;
	}
}

static bool read_arguments(struct question *q, int argc, char **argv)
{
	if (argc < 2)
		return false;
	q->model = argv[1];
	for (int i = 2; i < argc; i += 2)
		if (argv[i][0] != '-' || i + 1 == argc || !option(q, argv[i][1], argv[i + 1]))
			return false;
	return true;
}

/* Adds words until the text has so many tokens. */
static void grow(const struct engine *g, struct buf *text, int64_t tokens, uint64_t *chance)
{
	while (engine_count_tokens(g, buf_str(text), true) < tokens) {
		*chance = *chance * UINT64_C(6364136223846793005) + 1442695040888963407;
		buf_printf(text, " %s", words[*chance >> 60]);
	}
}

/* Asks and waits; what is known of the answer, or an error in it. */
static struct engine_done ask(struct engine *g, struct str text, int answer)
{
	struct mailbox *events = engine_mailbox();
	struct engine_segment segment = { .text = text, .is_literal = true };
	struct engine_job job = { .segments = &segment,
		.segment_count = 1,
		.sampling = { .top_p = 1, .repeat_penalty = 1, .seed = 1 },
		.max_tokens = answer,
		.top_logprobs = ENGINE_NO_LOGPROBS,
		.to = events };
	struct engine_event event;
	struct engine_done done = { .end = ENGINE_END_COUNT };
	engine_start(g, &job);
	while (done.end == ENGINE_END_COUNT && mailbox_receive(events, &event)) {
		if (event.type == ENGINE_DONE)
			done = *event.done;
		engine_event_clear(&event);
	}
	mailbox_free(events);
	done.end_text = STR("");
	return done;
}

static bool measure(struct engine *g, const struct question *q, int round, double *prefill,
	double *decode, struct err *e)
{
	uint64_t chance = (uint64_t)round + 1;
	struct buf text;
	buf_init(&text, LIMIT_PROMPT_BYTES);
	if (q->depth) {
		grow(g, &text, q->depth, &chance);
		ask(g, buf_str(&text), 1);
	}
	size_t known = text.n;
	grow(g, &text, q->depth + q->prompt, &chance);
	struct engine_done d = ask(g, buf_str(&text), 1);
	*prefill = (double)(d.prompt_tokens - d.cached_tokens) * 1e6 / (double)d.prefill_us;
	if (!err_is_set(&d.err)) {
		buf_truncate(&text, known);
		grow(g, &text, 1, &chance);
		d = ask(g, buf_str(&text), q->answer);
		*decode = (double)(d.sampled_tokens - 1) * 1e6 / (double)d.decode_us;
	}
	*e = d.err;
	buf_clear(&text);
	return !err_is_set(e);
}

static void print(const char *name, const double *rates, int rounds)
{
	printf("\"%s\": [", name);
	for (int i = 0; i < rounds; i++)
		printf("%s%.2f", i ? ", " : "", rates[i]);
	printf("]");
}

static void report(const struct rates *r, int rounds)
{
	printf("{");
	print("prefill", r->prefill, rounds);
	printf(", ");
	print("decode", r->decode, rounds);
	printf("}\n");
	fflush(stdout);
}

/* Every round asked for on standard input. */
static bool serve(struct engine *g, struct question *q, struct err *e)
{
	struct rates rates;
	char line[LINE_BYTES];
	for (int round = 0; fgets(line, sizeof line, stdin); round++) {
		char *at = line;
		q->prompt = (int)strtol(at, &at, 10);
		q->answer = (int)strtol(at, &at, 10);
		q->depth = (int)strtol(at, &at, 10);
		if (q->prompt < 1 || q->answer < 2 || q->depth < 0)
			return fail(
				e, ERR_USAGE, LAYER_CLIENT, "not PROMPT ANSWER DEPTH: %s", line);
		if (!measure(g, q, round, rates.prefill, rates.decode, e))
			return false;
		report(&rates, 1);
	}
	return true;
}

static bool run(struct engine *g, const struct question *q, struct err *e)
{
	struct rates rates;
	for (int round = 0; round < q->rounds; round++)
		if (!measure(g, q, round, &rates.prefill[round], &rates.decode[round], e))
			return false;
	report(&rates, q->rounds);
	return true;
}

int main(int argc, char **argv)
{
	struct question q = { .prompt = 512, .answer = 64, .rounds = 3 };
	struct err e = { .kind = ERR_NONE };
	if (!read_arguments(&q, argc, argv)) {
		fputs("usage: speed MODEL [-p TOKENS] [-n TOKENS] [-d TOKENS] [-r ROUNDS] "
		      "[-t THREADS] [-a ADAPTER] [-c TOKENS]\n",
			stderr);
		return 2;
	}
	struct engine_options options = { .model_path = q.model,
		.context_tokens = q.context ? q.context : q.depth + q.prompt + q.answer + 16,
		.sequences = 1,
		.threads = q.threads,
		.adapters = &q.adapter,
		.adapter_count = q.adapter.path ? 1 : 0,
		.skips_probe = true };
	struct engine *g = engine_open(&options, &e);
	bool ok = g && (q.context ? serve(g, &q, &e) : run(g, &q, &e));
	engine_free(g);
	if (ok)
		return 0;
	fprintf(stderr, "speed: %s\n", e.what);
	return err_exit_code(&e);
}
