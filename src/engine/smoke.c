/*
 * smoke.c - is libllama itself sound? See smoke.h.
 */
#include "engine/smoke.h"

#include <math.h>

#include "base/fs.h"
#include "base/must.h"
#include "engine/child.h"
#include "engine/library.h"
#include "engine/llama_api.h"
#include "model/tiny.h"

enum { CONTEXT = 256, TOKENS = 8 };

/* One test under way. */
struct smoke {
	struct arena *a;
	struct str dir;
	struct llama_model *model;
	struct llama_context *context;
	float *logits; /* after the first TOKENS and one more */
	uint8_t *state;
	size_t state_bytes;
};

static bool broken(struct err *e, const char *step)
{
	char said[LIBRARY_LINE_BYTES];
	library_first_error(said);
	return fail(e, ERR_BROKEN, LAYER_ENGINE,
		"libllama fails on a tiny model made for it: %s%s%s", step, said[0] ? ": " : "",
		said);
}

static bool write_model(struct smoke *s, const char **path, struct err *e)
{
	struct tiny_recipe recipe = { .arch = "llama", .seed = 1 };
	if (!fs_temp_dir(s->a, "offgrid-smoke", &s->dir, e))
		return false;
	struct gg_writer *w = tiny_model(&recipe, e);
	*path = arena_z(s->a, fs_join(s->a, s->dir, STR("tiny.gguf")));
	bool ok = w && gg_writer_save(w, *path, e);
	gg_writer_free(w);
	return ok;
}

static bool make_context(struct smoke *s)
{
	struct llama_context_params params = llama_context_default_params();
	params.n_ctx = params.n_batch = params.n_ubatch = CONTEXT;
	params.n_threads = params.n_threads_batch = 1;
	params.no_perf = true;
	if (s->context)
		llama_free(s->context);
	s->context = llama_init_from_model(s->model, params);
	return s->context;
}

/* Computes tokens from..from+count; the numbers of the last one, or NULL. */
static const float *compute(struct smoke *s, int from, int count)
{
	llama_token tokens[TOKENS];
	MUST(count <= TOKENS);
	for (int i = 0; i < count; i++)
		tokens[i] = 20 + (from + i) * 7 % 200;
	if (llama_decode(s->context, llama_batch_get_one(tokens, count)) != 0)
		return NULL;
	return llama_get_logits_ith(s->context, -1);
}

static bool are_numbers(const float *logits, int n)
{
	for (int i = 0; i < n; i++)
		if (!isfinite(logits[i]))
			return false;
	return true;
}

/* Saves after TOKENS, computes one more, and asks a fresh context that was given the saved state
 * for the same. */
static bool save_and_restore(struct smoke *s, struct err *e)
{
	int n = llama_vocab_n_tokens(llama_model_get_vocab(s->model));
	s->state_bytes = llama_state_seq_get_size(s->context, 0);
	s->state = must_alloc(s->state_bytes);
	if (!s->state_bytes ||
		llama_state_seq_get_data(s->context, s->state, s->state_bytes, 0) != s->state_bytes)
		return broken(e, "saving its state");
	const float *logits = compute(s, TOKENS, 1);
	if (!logits)
		return broken(e, "computing one more token");
	s->logits = must_alloc((size_t)n * sizeof *s->logits);
	memcpy(s->logits, logits, (size_t)n * sizeof *s->logits);
	if (!make_context(s) ||
		llama_state_seq_set_data(s->context, s->state, s->state_bytes, 0) != s->state_bytes)
		return broken(e, "restoring its state");
	logits = compute(s, TOKENS, 1);
	if (!logits || memcmp(logits, s->logits, (size_t)n * sizeof *logits) != 0)
		return broken(e, "computing the same from the restored state");
	return true;
}

static bool run(struct smoke *s, struct err *e)
{
	const char *path = NULL;
	if (!library_open(e) || !write_model(s, &path, e))
		return false;
	library_log_mark();
	s->model = llama_model_load_from_file(path, llama_model_default_params());
	if (!s->model)
		return broken(e, "loading it");
	if (!make_context(s))
		return broken(e, "making a context");
	const float *logits = compute(s, 0, TOKENS);
	int n = llama_vocab_n_tokens(llama_model_get_vocab(s->model));
	if (!logits || !are_numbers(logits, n))
		return broken(e, "computing with it");
	return save_and_restore(s, e);
}

static bool smoke_here(struct err *e)
{
	struct smoke s = { .a = arena_new() };
	bool ok = run(&s, e);
	if (s.context)
		llama_free(s.context);
	if (s.model)
		llama_model_free(s.model);
	if (s.dir.n)
		fs_remove_tree(arena_z(s.a, s.dir), NULL);
	free(s.logits);
	free(s.state);
	arena_free(s.a);
	return ok;
}

int smoke_child(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	struct err e = { 0 };
	return child_tell(smoke_here(&e) ? json_true() : NULL, &e);
}

bool engine_smoke(const char *self, struct err *e)
{
	const char *const argv[] = { self, SMOKE_CHILD, NULL };
	struct err why = { 0 };
	if (!self)
		return smoke_here(e);
	json_t *said = child_ask(argv, "a tiny model", &why);
	bool ok = said;
	json_decref(said);
	if (!ok) {
		fail(e, why.kind == ERR_BAD_DATA ? ERR_BROKEN : why.kind, why.layer, "%s",
			why.what);
		err_mend(e,
			"the library is broken, not a model: remove it (tools/llama says where it "
			"is) and run `make build`");
	}
	return ok;
}
