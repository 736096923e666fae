/*
 * load.c - a model from its file to an engine that can compute.
 *
 * Layer: engine.
 */
#include <unistd.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/must.h"
#include "engine/engine_int.h"
#include "engine/library.h"

enum { META_BYTES = 256 };

/* ---- errors from libllama: its own last words
 * ------------------------------------------------------ */

static bool fail_library(struct err *e, enum err_kind kind, const char *what, const char *path)
{
	char said[LIBRARY_LINE_BYTES];
	library_last_error(said);
	return fail(e, kind, LAYER_ENGINE, "%s %s%s%s", what, path, said[0] ? ": " : "", said);
}

/* ---- the model
 * ------------------------------------------------------------------------------------ */

struct progress {
	struct engine_watcher watcher;
	bool was_cancelled;
};

static bool tell(struct progress *p, enum engine_stage stage, double done)
{
	if (p->watcher.tell && !p->watcher.tell(p->watcher.owner, stage, done))
		p->was_cancelled = true;
	return !p->was_cancelled;
}

static bool on_load(float done, void *progress)
{
	return tell(progress, ENGINE_LOADING, (double)done);
}

static bool load_model(
	struct engine *g, const struct engine_options *o, struct progress *p, struct err *e)
{
	struct llama_model_params params = llama_model_default_params();
	params.progress_callback = on_load;
	params.progress_callback_user_data = p;
	library_log_mark();
	g->model = llama_model_load_from_file(o->model_path, params);
	if (g->model)
		return true;
	if (p->was_cancelled)
		return fail(
			e, ERR_CANCELLED, LAYER_ENGINE, "loading %s was stopped", o->model_path);
	return fail_library(e, ERR_BAD_DATA, "cannot load", o->model_path);
}

/* ---- the context
 * ---------------------------------------------------------------------------------- */

static int cores(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (int)n : 1;
}

static bool make_context(struct engine *g, const struct engine_options *o, struct err *e)
{
	struct engine_facts *f = &g->facts;
	f->sequences = o->sequences ? o->sequences : ENGINE_SEQUENCES;
	f->threads = o->threads ? o->threads : cores();
	g->chunk_tokens = (size_t)(o->chunk_tokens ? o->chunk_tokens : ENGINE_CHUNK_TOKENS);
	g->batch_room = g->chunk_tokens + (size_t)f->sequences * ENGINE_SHORT_TOKENS;
	uint32_t room = (uint32_t)g->batch_room;
	struct llama_context_params params = llama_context_default_params();
	params.n_ctx = (uint32_t)f->context_tokens;
	params.n_batch = params.n_ubatch = room;
	params.n_seq_max = (uint32_t)f->sequences;
	params.n_outputs_max = (uint32_t)f->sequences;
	params.n_threads = params.n_threads_batch = f->threads;
	params.kv_unified = true;
	params.no_perf = true;
	library_log_mark();
	g->context = llama_init_from_model(g->model, params);
	if (!g->context)
		return fail_library(e, ERR_NO_ROOM, "cannot make a context for", o->model_path);
	g->batch = llama_batch_init((int32_t)room, 0, 1);
	return true;
}

/* A function that only the processor's backend has. */
static uintptr_t cpu_function(const char *name)
{
	ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
	return (uintptr_t)ggml_backend_reg_get_proc_address(
		ggml_backend_dev_backend_reg(cpu), name);
}

typedef struct ggml_threadpool *make_threadpool(struct ggml_threadpool_params *);
typedef void free_threadpool(struct ggml_threadpool *);

/* Threads that stay between batches; libllama else makes new ones for each. */
static void make_threads(struct engine *g)
{
	make_threadpool *make = (make_threadpool *)cpu_function("ggml_threadpool_new");
	if (!make)
		return;
	struct ggml_threadpool_params params = ggml_threadpool_params_default(g->facts.threads);
	g->threadpool = make(&params);
	if (g->threadpool)
		llama_attach_threadpool(g->context, g->threadpool, NULL);
}

static void free_threads(struct engine *g)
{
	free_threadpool *end = (free_threadpool *)cpu_function("ggml_threadpool_free");
	if (end)
		end(g->threadpool);
}

/* ---- facts
 * ------------------------------------------------------------------------------------------ */

static struct str meta(struct engine *g, const char *key)
{
	char text[META_BYTES];
	if (llama_model_meta_val_str(g->model, key, text, sizeof text) < 0)
		return STR("");
	return arena_str(g->arena, str_z(text));
}

static struct str token_text(const struct engine *g, int32_t token)
{
	return token >= 0 && token < g->vocab.count ? vocab_bytes(&g->vocab, token) : STR("");
}

static void note_model(struct engine *g)
{
	struct engine_facts *f = &g->facts;
	const struct llama_vocab *v = g->vocab.llama;
	f->name = meta(g, "general.name");
	f->architecture = meta(g, "general.architecture");
	f->quantisation = str_z(llama_ftype_name(llama_model_ftype(g->model)));
	f->parameters = llama_model_n_params(g->model);
	f->weight_bytes = llama_model_size(g->model);
	f->vocabulary_tokens = g->vocab.count;
	f->layers = llama_model_n_layer(g->model);
	f->chat_template = str_z(llama_model_chat_template(g->model, NULL));
	f->tool_template = str_z(llama_model_chat_template(g->model, "tool_use"));
	f->bos = token_text(g, llama_vocab_bos(v));
	f->eos = token_text(g, llama_vocab_eos(v));
	f->eot = token_text(g, llama_vocab_eot(v));
	f->adds_bos = llama_vocab_get_add_bos(v);
	f->adds_eos = llama_vocab_get_add_eos(v);
	f->can_rewind = !llama_model_is_recurrent(g->model) && !llama_model_is_hybrid(g->model);
	f->sampling = engine_sampling();
}

static void note_library(struct engine *g)
{
	struct buf devices;
	buf_init(&devices, 4096);
	library_devices(&devices);
	g->facts.devices = arena_str(g->arena, buf_str(&devices));
	buf_clear(&devices);
	g->facts.library = arena_printf(g->arena, "libllama %s", library_version());
}

/* ---- all of it
 * -------------------------------------------------------------------------------------- */

bool engine_load(struct engine *g, const struct engine_options *o, struct err *e)
{
	struct progress p = { .watcher = o->watcher };
	int64_t began = clock_us();
	if (!o->model_path)
		return fail(e, ERR_USAGE, LAYER_ENGINE, "no model file is named");
	if (!fs_is_file(o->model_path))
		return fail(e, ERR_NOT_FOUND, LAYER_ENGINE, "no model file %s", o->model_path);
	if (!library_open(e) || !load_model(g, o, &p, e))
		return false;
	g->facts.trained_context_tokens = llama_model_n_ctx_train(g->model);
	g->facts.context_tokens =
		o->context_tokens ? o->context_tokens : g->facts.trained_context_tokens;
	if (!make_context(g, o, e))
		return false;
	make_threads(g);
	vocab_init(&g->vocab, llama_model_get_vocab(g->model));
	note_model(g);
	note_library(g);
	g->facts.load_us = clock_us() - began;
	return true;
}

void engine_unload(struct engine *g)
{
	if (g->context) {
		llama_batch_free(g->batch);
		llama_free(g->context);
	}
	if (g->threadpool)
		free_threads(g);
	if (g->model)
		llama_model_free(g->model);
	vocab_clear(&g->vocab);
}
