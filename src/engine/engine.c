/*
 * engine.c - runs one model: opening and closing, and the way from callers to the engine's thread.
 * See engine.h.
 *
 * Layer: engine.
 */
#include "base/clock.h"
#include "base/mailbox.h"
#include "base/must.h"
#include "engine/engine_int.h"
#include "engine/library.h"
#include "engine/look.h"
#include "engine/smoke.h"

/* ---- opening and closing ---- */

static void drop_message(void *message)
{
	struct engine_message *m = message;
	task_free(m->task);
	engine_embed_drop(m->embed);
}

static void make_lanes(struct engine *g)
{
	g->lane_count = (size_t)g->facts.sequences;
	g->lanes = must_calloc(g->lane_count, sizeof *g->lanes);
	for (size_t i = 0; i < g->lane_count; i++)
		lane_init(&g->lanes[i], (int)i);
}

static bool start_thread(struct engine *g, struct err *e)
{
	void *(*work)(void *) = g->facts.embedding_width ? engine_embed_work : engine_work;
	int code = pthread_create(&g->thread, NULL, work, g);
	if (code)
		return fail_errno(e, LAYER_ENGINE, code, "cannot start the engine's thread");
	g->has_thread = true;
	return true;
}

struct engine *engine_open(const struct engine_options *options, struct err *e)
{
	struct engine *g = must_calloc(1, sizeof *g);
	g->arena = arena_new();
	g->inbox = mailbox_new(sizeof(struct engine_message), 0, drop_message);
	atomic_init(&g->last_id, 0);
	if (engine_load(g, options, e)) {
		make_lanes(g);
		if (start_thread(g, e))
			return g;
	}
	engine_free(g);
	return NULL;
}

void engine_free(struct engine *g)
{
	if (!g)
		return;
	mailbox_close(g->inbox);
	if (g->has_thread)
		pthread_join(g->thread, NULL);
	for (size_t i = 0; i < g->lane_count; i++)
		lane_clear(&g->lanes[i]);
	free(g->lanes);
	engine_unload(g);
	mailbox_free(g->inbox);
	arena_free(g->arena);
	free(g);
}

/* What this program can be started as; see engine_options.self. */
struct child_row {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the name */
};

static const struct child_row children[] = {
	{ LOOK_CHILD, look_child },
	{ SMOKE_CHILD, smoke_child },
};

int engine_child(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof children / sizeof children[0]; i++) {
		if (strcmp(argv[1], children[i].name) != 0)
			continue;
		setenv("GGML_NO_BACKTRACE", "1", 1); /* else a library that aborts starts gdb */
		return children[i].run(argc - 1, argv + 1);
	}
	return -1;
}

/* ---- facts ---- */

const struct engine_facts *engine_facts(const struct engine *g)
{
	return &g->facts;
}

void engine_log(struct buf *out)
{
	library_log_since(0, out);
}

bool engine_token(const struct engine *g, int32_t token, struct str *text, bool *is_control)
{
	if (token < 0 || token >= g->vocab.count)
		return false;
	*text = vocab_bytes(&g->vocab, token);
	*is_control = vocab_is(&g->vocab, token, VOCAB_CONTROL);
	return true;
}

int64_t engine_count_tokens(const struct engine *g, struct str text, bool is_literal)
{
	return engine_count_prompt(g, &(struct engine_segment){ text, is_literal }, 1);
}

int64_t engine_count_prompt(
	const struct engine *g, const struct engine_segment *segments, size_t count)
{
	struct prompt p;
	struct token_list tokens = { 0 };
	if (!prompt_init(&p, &g->vocab, segments, count, NULL))
		return 0;
	prompt_tokenize(&p, &g->vocab, 0, &tokens);
	int64_t n = (int64_t)tokens.n;
	token_list_clear(&tokens);
	prompt_clear(&p);
	return n;
}

struct engine_sampling engine_sampling(void)
{
	return (struct engine_sampling){ .temperature = 0.8F,
		.top_k = 40,
		.top_p = 0.95F,
		.min_p = 0.05F,
		.repeat_penalty = 1.0F,
		.penalty_tokens = 64 };
}

/* ---- jobs ---- */

uint64_t engine_start(struct engine *g, const struct engine_job *job)
{
	uint64_t id = atomic_fetch_add(&g->last_id, 1) + 1;
	struct engine_message m = { .task = task_new(job, id) };
	MUST(mailbox_send(g->inbox, &m));
	return id;
}

void engine_cancel(struct engine *g, uint64_t job)
{
	struct engine_message m = { .cancel = job };
	MUST(mailbox_send(g->inbox, &m));
}
