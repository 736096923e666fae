/*
 * load.c - a model from its file to an engine that can compute.
 *
 * The order is that of cost: options, the file's header, the adapters, a look by libllama without
 * the weights, whether it fits; only then are gigabytes read.
 *
 * Layer: engine.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/must.h"
#include "engine/adapter.h"
#include "engine/embed.h"
#include "engine/engine_int.h"
#include "engine/library.h"
#include "engine/look.h"
#include "engine/params.h"
#include "engine/probe.h"
#include "model/card.h"
#include "model/guard.h"
#include "model/hardware.h"

enum {
	META_BYTES = 256,
	MOST_SEQUENCES = 64,
	MOST_CHUNK_TOKENS = 8192,
	FEW_CORES = 4,
	LEAST_CONTEXT_TOKENS =
		2048 /* a shorter one serves nobody, unless the model has no longer */
};

/* One loading under way. */
struct load {
	struct engine *g;
	const struct engine_options *o;
	struct estimate_use use;
	struct estimate need;
	struct params_devices devices;
	struct hardware machine;
	uint64_t layers;
	bool reads_in_pieces; /* a text that is longer than a batch; see embed.c */
	int device_layers;    /* -1: all */
	struct buf warnings;
	bool was_cancelled;
};

static bool fail_library(struct err *e, enum err_kind kind, const char *what, const char *path)
{
	char said[LIBRARY_LINE_BYTES];
	library_first_error(said);
	return fail(e, kind, LAYER_ENGINE, "%s %s%s%s", what, path, said[0] ? ": " : "", said);
}

static bool tell(struct load *l, enum engine_stage stage, double done)
{
	if (l->o->watcher.tell && !l->o->watcher.tell(l->o->watcher.owner, stage, done))
		l->was_cancelled = true;
	return !l->was_cancelled;
}

static bool fail_cancelled(const struct load *l, struct err *e)
{
	return fail(e, ERR_CANCELLED, LAYER_ENGINE, "loading %s was stopped", l->o->model_path);
}

/* ---- before anything is loaded ---- */

/* Threads that share a core help where there are few of them, and hinder where there are many. */
static int threads_for(const struct hardware *machine)
{
	unsigned n = machine->cores <= FEW_CORES ? machine->cores : machine->physical_cores;
	return n ? (int)n : 1;
}

static bool check_range(const char *name, int value, int most, struct err *e)
{
	return (value >= 0 && value <= most) ||
	       fail(e, ERR_USAGE, LAYER_ENGINE, "%s is %d, it must be from 0 to %d", name, value,
		       most);
}

static bool check_options(struct load *l, struct err *e)
{
	const struct engine_options *o = l->o;
	struct engine_facts *f = &l->g->facts;
	if (!o->model_path)
		return fail(e, ERR_USAGE, LAYER_ENGINE, "no model file is named");
	if (!check_range("the context", o->context_tokens, LIMIT_CONTEXT_TOKENS, e) ||
		!check_range("the number of conversations", o->sequences, MOST_SEQUENCES, e) ||
		!check_range("the number of threads", o->threads, GGML_MAX_N_THREADS, e) ||
		!check_range("the size of a chunk", o->chunk_tokens, MOST_CHUNK_TOKENS, e))
		return false;
	int usual = o->embeds ? EMBED_SEQUENCES : ENGINE_SEQUENCES;
	f->sequences = o->sequences ? o->sequences : usual;
	f->threads = o->threads ? o->threads : threads_for(&l->machine);
	l->g->chunk_tokens = (size_t)(o->chunk_tokens ? o->chunk_tokens : ENGINE_CHUNK_TOKENS);
	l->g->batch_room = l->g->chunk_tokens + (size_t)f->sequences * ENGINE_SHORT_TOKENS;
	l->use = (struct estimate_use){ .context_tokens = (uint64_t)o->context_tokens,
		.sequences = (uint64_t)f->sequences,
		.chunk_tokens = l->g->batch_room,
		.output_rows = (uint64_t)f->sequences,
		.cuts_windows = true };
	return true;
}

/* A model answers, or makes vectors: its file says which, and it must be what was asked for. */
static bool check_purpose(struct load *l, const struct card *card, struct err *e)
{
	const char *path = l->o->model_path;
	l->g->facts.pooling = str_z(card_pooling_names[card->pooling]);
	if (l->o->embeds == card_embeds(card) && card->pooling != CARD_POOLING_RANK)
		return true;
	if (card->pooling == CARD_POOLING_RANK)
		return fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"%s ranks texts by a question, it neither answers nor makes vectors", path);
	if (l->o->embeds) {
		fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"%s makes no vectors of texts: it says no way to pool its tokens", path);
		return err_mend(e, "take a model that is made for it, such as nomic-embed-text");
	}
	fail(e, ERR_BAD_DATA, LAYER_ENGINE, "%s makes vectors of texts, it does not answer", path);
	return err_mend(
		e, "serve it beside a model that answers: offgrid serve --embeddings MODEL");
}

/* From left to right, its vector from the last token: then what was read stays true, whatever
 * follows. */
static bool reads_in_pieces(const struct gg_file *f, const struct card *card)
{
	char key[META_BYTES];
	bool is_causal = true;
	snprintf(key, sizeof key, "%.*s.attention.causal", STR_ARG(card->architecture));
	gg_opt_bool(f, key, &is_causal, NULL);
	return is_causal && card->pooling == CARD_POOLING_LAST;
}

static bool check_is_model(struct load *l, const struct gg_file *f, struct err *e)
{
	const char *path = l->o->model_path;
	struct arena *a = arena_new();
	struct card card;
	bool ok = card_read(f, a, &card, e);
	if (ok && card.kind != CARD_MODEL) {
		ok = fail(e, ERR_BAD_DATA, LAYER_ENGINE, "%s is no model but of kind %s", path,
			card_kind_names[card.kind]);
		if (card.kind == CARD_ADAPTER)
			err_mend(e, "load the model it was made for, and this file with --adapter");
	}
	ok = ok && check_purpose(l, &card, e);
	l->reads_in_pieces = ok && reads_in_pieces(f, &card);
	arena_free(a);
	return ok;
}

/* What can be known by reading headers ourselves. */
static bool check_files(struct load *l, struct err *e)
{
	struct gg_file *f = gg_open(l->o->model_path, e);
	bool ok = f && check_is_model(l, f, e) && guard_check(f, e) &&
		  card_number(f, "block_count", &l->layers, e);
	gg_free(f);
	for (size_t i = 0; ok && i < l->o->adapter_count; i++)
		ok = adapter_check(&l->o->adapters[i], l->o->model_path, l->o->model_sha256, e);
	return ok;
}

/* libllama has the last word on whether a file is sound; a file not seen before it gets in a child.
 */
static bool look(struct load *l, struct err *e)
{
	const char *path = l->o->model_path;
	if (!l->o->self || look_is_remembered(path))
		return true;
	if (!look_in_child(l->o->self, path, e))
		return false;
	look_remember(path);
	return true;
}

/* Without a wish the context is the model's own, or what of it fits. */
static void choose_context(struct load *l, const struct estimate_model *m, uint64_t has_bytes)
{
	uint64_t own = m->trained_tokens ? m->trained_tokens : LEAST_CONTEXT_TOKENS;
	if (l->o->embeds && own > EMBED_CONTEXT_TOKENS)
		own = EMBED_CONTEXT_TOKENS;
	uint64_t least = own < LEAST_CONTEXT_TOKENS ? own : LEAST_CONTEXT_TOKENS;
	l->use.context_tokens = own;
	uint64_t longest = estimate_longest(m, &l->use, has_bytes);
	if (longest >= own || longest < least)
		return;
	l->use.context_tokens = longest;
	buf_printf(&l->warnings,
		"the context is %d of the model's %d tokens: more does not fit into memory\n",
		(int)longest, (int)own);
}

/* An encoder sees a text whole, so its batch has room for the longest; it computes no logits.
 * Others compute them wherever they are asked for a vector, which is at the end of a text only. */
static void plan_batch(struct load *l)
{
	uint64_t context = l->use.context_tokens ? l->use.context_tokens : EMBED_CONTEXT_TOKENS;
	if (!l->o->embeds)
		return;
	l->use.chunk_tokens = l->reads_in_pieces ? l->g->chunk_tokens : context;
	if (l->use.chunk_tokens > context)
		l->use.chunk_tokens = context;
	/* libllama's trial graph gives each text as many tokens, and ends the process if the
	 * batch is not filled by that. */
	while (l->use.chunk_tokens % l->use.sequences)
		l->use.sequences--;
	l->use.output_rows = l->reads_in_pieces ? l->use.sequences : 1;
	l->g->reads_in_pieces = l->reads_in_pieces;
	l->g->batch_room = (size_t)l->use.chunk_tokens;
	l->g->facts.sequences = (int)l->use.sequences;
}

/* Beyond what it was trained for, one that makes vectors has no place for a token. */
static bool check_context(const struct load *l, const struct estimate_model *m, struct err *e)
{
	if (!l->o->embeds || !m->trained_tokens || l->use.context_tokens <= m->trained_tokens)
		return true;
	return fail(e, ERR_USAGE, LAYER_ENGINE,
		"the context is %d tokens, the model reads texts of at most %d",
		(int)l->use.context_tokens, (int)m->trained_tokens);
}

/* A part of what stays free: checkpoints save time, nothing depends on them. */
static uint64_t checkpoint_bytes(const struct load *l)
{
	const uint64_t part = 4;
	uint64_t has = l->machine.free_bytes, needs = l->need.all_bytes;
	uint64_t most = has > needs ? (has - needs) / part : 0;
	return most < LIMIT_CHECKPOINT_BYTES ? most : LIMIT_CHECKPOINT_BYTES;
}

static bool plan(struct load *l, struct err *e)
{
	struct estimate_model m;
	if (!params_devices(l->o->devices, &l->devices, e) ||
		!estimate_read_path(l->o->model_path, &m, e))
		return false;
	struct params_room room = params_room(&l->devices, l->machine.free_bytes);
	if (l->o->memory_bytes)
		room.host_bytes = l->o->memory_bytes;
	uint64_t has = room.host_bytes + room.device_bytes;
	plan_batch(l);
	if (!l->use.context_tokens)
		choose_context(l, &m, has);
	plan_batch(l);
	if (!check_context(l, &m, e))
		return false;
	if (!estimate_check(&m, &l->use, has, e))
		return err_context(e, "%s", l->o->model_path);
	l->need = estimate_of(&m, &l->use);
	l->g->checkpoint_bytes = checkpoint_bytes(l);
	l->device_layers = params_device_layers(&l->need, &room, l->layers);
	if (m.trained_tokens && l->use.context_tokens > m.trained_tokens)
		buf_printf(&l->warnings,
			"the context is %d tokens, the model was trained for %d: beyond that it "
			"may "
			"talk nonsense\n",
			(int)l->use.context_tokens, (int)m.trained_tokens);
	return true;
}

/* ---- loading ---- */

static bool on_load(float done, void *load)
{
	return tell(load, ENGINE_LOADING, (double)done);
}

static bool load_model(struct load *l, struct err *e)
{
	struct llama_model_params params = params_model(&l->devices);
	params.progress_callback = on_load;
	params.progress_callback_user_data = l;
	if (l->device_layers >= 0)
		params.n_gpu_layers = l->device_layers;
	library_log_mark();
	l->g->model = llama_model_load_from_file(l->o->model_path, params);
	if (l->g->model)
		return true;
	return l->was_cancelled ? fail_cancelled(l, e)
				: fail_library(e, ERR_BAD_DATA, "cannot load", l->o->model_path);
}

static bool make_context(struct load *l, struct err *e)
{
	struct llama_context_params params = params_context(&l->use);
	params.n_threads = params.n_threads_batch = l->g->facts.threads;
	params.embeddings = l->o->embeds;
	if (l->o->embeds && !l->reads_in_pieces)
		params.n_outputs_max = params.n_batch;
	library_log_mark();
	l->g->context = llama_init_from_model(l->g->model, params);
	if (!l->g->context)
		return fail_library(e, ERR_NO_ROOM, "cannot make a context for", l->o->model_path);
	l->g->batch = llama_batch_init((int32_t)l->g->batch_room, 0, 1);
	return true;
}

/* libllama frees adapters with their model. */
static bool load_adapters(struct load *l, struct err *e)
{
	size_t n = l->o->adapter_count;
	struct llama_adapter_lora **loaded = must_calloc(n + 1, sizeof *loaded);
	float *scales = must_calloc(n + 1, sizeof *scales);
	bool ok = true;
	for (size_t i = 0; ok && i < n; i++) {
		const struct engine_adapter *a = &l->o->adapters[i];
		library_log_mark();
		loaded[i] = llama_adapter_lora_init(l->g->model, a->path);
		scales[i] = a->scale > 0 || a->scale < 0 ? a->scale : 1.0F;
		ok = loaded[i] || fail_library(e, ERR_BAD_DATA, "cannot load adapter", a->path);
	}
	if (ok && n && llama_set_adapters_lora(l->g->context, loaded, n, scales) != 0)
		ok = fail_library(
			e, ERR_BAD_DATA, "cannot apply the adapters to", l->o->model_path);
	free(scales);
	free(loaded);
	return ok;
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

/* ---- facts ---- */

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

/* A number that the model's file wishes for its sampling; false where it wishes nothing. */
static bool wish(const struct engine *g, enum llama_model_meta_key key, double *out)
{
	char text[META_BYTES];
	return llama_model_meta_val_str(
		       g->model, llama_model_meta_key_str(key), text, sizeof text) >= 0 &&
	       str_to_double(str_z(text), out);
}

static float wish_float(struct engine *g, enum llama_model_meta_key key, float usual, unsigned bit)
{
	double value;
	if (!wish(g, key, &value))
		return usual;
	g->facts.wishes |= bit;
	return (float)value;
}

static void note_sampling(struct engine *g)
{
	struct engine_sampling s = engine_sampling();
	s.temperature = wish_float(
		g, LLAMA_MODEL_META_KEY_SAMPLING_TEMP, s.temperature, ENGINE_WISH_TEMPERATURE);
	s.top_k = (int)wish_float(
		g, LLAMA_MODEL_META_KEY_SAMPLING_TOP_K, (float)s.top_k, ENGINE_WISH_TOP_K);
	s.top_p = wish_float(g, LLAMA_MODEL_META_KEY_SAMPLING_TOP_P, s.top_p, ENGINE_WISH_TOP_P);
	s.min_p = wish_float(g, LLAMA_MODEL_META_KEY_SAMPLING_MIN_P, s.min_p, ENGINE_WISH_MIN_P);
	s.repeat_penalty =
		wish_float(g, LLAMA_MODEL_META_KEY_SAMPLING_PENALTY_REPEAT, s.repeat_penalty, 0);
	s.penalty_tokens = (int)wish_float(
		g, LLAMA_MODEL_META_KEY_SAMPLING_PENALTY_LAST_N, (float)s.penalty_tokens, 0);
	g->facts.sampling = s;
}

static void note_model(const struct load *l)
{
	struct engine *g = l->g;
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
	f->gap_prefix = token_text(g, llama_vocab_fim_pre(v));
	f->gap_suffix = token_text(g, llama_vocab_fim_suf(v));
	f->gap_middle = token_text(g, llama_vocab_fim_mid(v));
	f->adds_bos = llama_vocab_get_add_bos(v);
	f->adds_eos = llama_vocab_get_add_eos(v);
	f->can_rewind = !llama_model_is_recurrent(g->model) && !llama_model_is_hybrid(g->model);
	f->context_tokens = (int)l->use.context_tokens;
	f->embedding_width = l->o->embeds ? llama_model_n_embd_out(g->model) : 0;
	f->trained_context_tokens = llama_model_n_ctx_train(g->model);
	f->kv_bytes = l->need.cache_bytes + l->need.state_bytes;
	f->compute_bytes = l->need.work_bytes;
	note_sampling(g);
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

/* ---- all of it ---- */

static void probe(struct load *l)
{
	struct engine_facts *f = &l->g->facts;
	if (l->o->skips_probe || l->o->embeds || !tell(l, ENGINE_PROBING, 0))
		return;
	probe_speed(
		l->g, l->o->model_path, !l->devices.is_default || !llama_supports_gpu_offload());
	if (probe_is_slow(f))
		buf_printf(&l->warnings,
			"%.1f tokens a second, while this memory (%.1f GB/s) would allow %.1f: is "
			"the "
			"machine busy, swapping or hot?\n",
			f->decode_tokens_s, f->memory_bytes_s / 1e9, f->limit_tokens_s);
}

static bool load_all(struct load *l, struct err *e)
{
	struct engine *g = l->g;
	hardware_read(g->arena, &l->machine);
	if (!check_options(l, e) || !check_files(l, e) || !library_open(e))
		return false;
	if (!tell(l, ENGINE_CHECKING, 0))
		return fail_cancelled(l, e);
	if (!plan(l, e) || !look(l, e) || !load_model(l, e) || !make_context(l, e) ||
		!load_adapters(l, e))
		return false;
	make_threads(g);
	vocab_init(&g->vocab, llama_model_get_vocab(g->model));
	note_model(l);
	note_library(g);
	probe(l);
	crew_init(&g->crew, g->facts.threads);
	g->is_processor_only =
		!llama_supports_gpu_offload() || (!l->devices.is_default && !l->devices.list[0]);
	return !l->was_cancelled || fail_cancelled(l, e);
}

bool engine_load(struct engine *g, const struct engine_options *o, struct err *e)
{
	struct load l = { .g = g, .o = o };
	int64_t began = clock_us();
	buf_init(&l.warnings, LIMIT_QUOTE_BYTES * 10);
	bool ok = load_all(&l, e);
	g->facts.warnings = arena_str(g->arena, buf_str(&l.warnings));
	g->facts.load_us = clock_us() - began;
	buf_clear(&l.warnings);
	return ok;
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
