/*
 * estimate_read.c - from a header to what matters for memory; see estimate.h.
 *
 * Layer: engine. Which layers keep a cache or a state is seen from their tensors; which look at a
 * window only is said by the file or, in older files, by a rule of the architecture (the table
 * below, from the architectures' files in libllama 0.5.0).
 */
#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "model/card.h"
#include "model/estimate.h"
#include "model/split.h"

enum { HALF_BYTES = 2, FLOAT_BYTES = 4, KEY_BYTES = 128 };

/* Of `period` layers one looks at everything: the last, or the first. */
struct window_rule {
	const char *architecture;
	unsigned period;
	bool is_first_full;
};

static const struct window_rule window_rules[] = {
	{ "afmoe", 4, false },
	{ "cohere2", 4, false },
	{ "cohere2moe", 4, true },
	{ "exaone-moe", 4, false },
	{ "exaone4", 4, false },
	{ "gemma-embedding", 6, false },
	{ "gemma2", 2, false },
	{ "gemma3", 6, false },
	{ "gemma3n", 5, false },
	{ "gpt-oss", 2, false },
	{ "laguna", 4, true },
	{ "mellum", 4, false },
	{ "modern-bert", 3, true },
	{ "muse-glimmer", 4, false },
	{ "olmo2", 4, false },
	{ "plamo3", 8, false },
	{ "smallthinker", 4, true },
};

/* What a layer's tensors tell. */
struct layer_parts {
	bool has_keys;   /* attn_k, or latent attention's attn_kv_a_mqa */
	bool has_joined; /* attn_qkv, which linear attention has too */
	bool has_state;  /* a state-space, linear-attention, convolution or time-mix part */
};

struct reading {
	const struct gg_file *f; /* the first part, which has the keys */
	struct estimate_model *m;
	struct layer_parts *parts;
	uint64_t layers;      /* that are run for plain text */
	uint64_t kept_layers; /* the first so many have a cache of their own */
	struct window_rule rule;
	struct gg_array pattern; /* of bools, one a layer; count 0: by the rule */
	struct err *e;
};

/* ---- tensors ---- */

static void note_tensor(struct reading *r, const struct gg_tensor *t)
{
	struct str rest = t->name, number = STR("");
	uint64_t layer;
	if (!str_starts(rest, STR("blk.")))
		return;
	rest = str_from(rest, STR("blk.").n);
	str_cut(&rest, '.', &number);
	if (!str_to_u64(number, &layer) || layer >= r->layers)
		return;
	struct layer_parts *p = &r->parts[layer];
	p->has_keys |= str_eq_z(rest, "attn_k.weight") || str_eq_z(rest, "attn_kv_a_mqa.weight");
	p->has_joined |= str_eq_z(rest, "attn_qkv.weight");
	p->has_state |= str_starts(rest, STR("ssm_")) || str_starts(rest, STR("shortconv.")) ||
			str_starts(rest, STR("time_mix_"));
}

static void note_file(struct reading *r, const struct gg_file *f)
{
	for (size_t i = 0; i < gg_tensor_count(f); i++) {
		const struct gg_tensor *t = gg_tensor_at(f, i);
		r->m->weights_bytes += (t->bytes + GG_ALIGNMENT - 1) / GG_ALIGNMENT * GG_ALIGNMENT;
		note_tensor(r, t);
	}
}

/* ---- keys ---- */

/* What is beyond the cap is nonsense; cut so that no product can overflow. */
static uint64_t capped(uint64_t n, uint64_t cap)
{
	return n < cap ? n : cap;
}

static bool number(struct reading *r, const char *key, uint64_t *out)
{
	uint64_t n = *out;
	if (!card_number(r->f, key, &n, r->e))
		return false;
	*out = capped(n, LIMIT_MODEL_NUMBER);
	return true;
}

static bool layer_number(struct reading *r, const char *key, uint64_t layer, uint64_t *out)
{
	uint64_t n = *out;
	if (!card_layer_number(r->f, key, layer, &n, r->e))
		return false;
	*out = capped(n, LIMIT_MODEL_NUMBER);
	return true;
}

static bool read_width(struct reading *r)
{
	struct estimate_model *m = r->m;
	struct gg_array tokens = { 0 };
	uint64_t dense = 0, expert = 0, shared = 0, used = 0;
	if (!number(r, "embedding_length", &m->width) ||
		!card_number(r->f, "context_length", &m->trained_tokens, r->e) ||
		!number(r, "feed_forward_length", &dense) ||
		!number(r, "expert_feed_forward_length", &expert) ||
		!number(r, "expert_shared_feed_forward_length", &shared) ||
		!number(r, "expert_used_count", &used) ||
		!number(r, "vocab_size", &m->vocabulary) ||
		!gg_opt_array(r->f, "tokenizer.ggml.tokens", &tokens, r->e))
		return false;
	if (tokens.count)
		m->vocabulary = tokens.count;
	m->trained_tokens = capped(m->trained_tokens, LIMIT_CONTEXT_TOKENS);
	/* What lies in memory at once, as libllama's allocator was measured to arrange it. */
	uint64_t of_experts = used * (expert ? expert : dense) + shared;
	uint64_t dense_step = 3 * dense + 4 * m->width;
	uint64_t expert_step = used ? 2 * (of_experts + (used + 1) * m->width) : 0;
	m->step_floats = dense_step > expert_step ? dense_step : expert_step;
	return true;
}

static bool read_layers(struct reading *r)
{
	uint64_t blocks = 0, next = 0, shared = 0;
	struct str arch = STR("");
	const uint64_t gemma3n_kept = 20; /* a constant of that architecture */
	if (!number(r, "block_count", &blocks) || !number(r, "nextn_predict_layers", &next) ||
		!number(r, "attention.shared_kv_layers", &shared) ||
		!gg_get_str(r->f, "general.architecture", &arch, r->e))
		return false;
	if (blocks > LIMIT_MODEL_LAYERS)
		return fail(r->e, ERR_BAD_DATA, LAYER_ENGINE,
			"the model file says it has %llu layers", (unsigned long long)blocks);
	r->layers = blocks > next ? blocks - next : 0;
	r->kept_layers = r->layers > shared ? r->layers - shared : 0;
	if (str_eq_z(arch, "gemma3n") && r->kept_layers > gemma3n_kept)
		r->kept_layers = gemma3n_kept;
	r->parts = must_calloc((size_t)r->layers, sizeof(*r->parts));
	return true;
}

static bool read_window(struct reading *r)
{
	char key[KEY_BYTES];
	struct gg_array pattern = { 0 };
	struct str arch = STR("");
	uint64_t window = 0, period = 0;
	if (!gg_get_str(r->f, "general.architecture", &arch, r->e) ||
		!number(r, "attention.sliding_window", &window))
		return false;
	r->m->window_tokens = window;
	snprintf(key, sizeof(key), "%.*s.attention.sliding_window_pattern", STR_ARG(arch));
	if (gg_opt_array(r->f, key, &pattern, NULL) && pattern.count) {
		if (gg_is_integer(pattern.kind))
			r->pattern = pattern;
		return true;
	}
	for (size_t i = 0; i < sizeof(window_rules) / sizeof(window_rules[0]); i++)
		if (str_eq_z(arch, window_rules[i].architecture))
			r->rule = window_rules[i];
	if (gg_opt_u64(r->f, key, &period, NULL) && period && period <= LIMIT_MODEL_LAYERS)
		r->rule.period = (unsigned)period;
	return true;
}

/* ---- layers ---- */

static bool is_windowed(const struct reading *r, uint64_t layer)
{
	if (r->m->window_tokens == 0)
		return false;
	if (r->pattern.count)
		return layer < r->pattern.count && gg_item_i64(&r->pattern, layer) != 0;
	if (r->rule.period == 0)
		return false;
	return layer % r->rule.period != (r->rule.is_first_full ? 0 : r->rule.period - 1);
}

/* Keys and values of one cell of this layer. */
static bool add_cell(struct reading *r, uint64_t layer)
{
	struct estimate_model *m = r->m;
	uint64_t heads = 0, kv_heads = 0, key = 0, value = 0, latent = 0;
	bool in_window = is_windowed(r, layer);
	if (!layer_number(r, "attention.head_count", layer, &heads))
		return false;
	kv_heads = heads;
	key = value = heads ? m->width / heads : 0;
	if (!layer_number(r, "attention.head_count_kv", layer, &kv_heads) ||
		!number(r, "attention.key_length", &key) ||
		!number(r, "attention.value_length", &value) ||
		!number(r, "attention.key_length_mla", &latent))
		return false;
	if (in_window && (!number(r, "attention.key_length_swa", &key) ||
				 !number(r, "attention.value_length_swa", &value)))
		return false;
	if (latent) /* latent attention keeps the keys, from which it makes the values */
		value = 0;
	uint64_t bytes = HALF_BYTES * kv_heads * (key + value);
	uint64_t *sum = in_window ? &m->window_cell_bytes : &m->cell_bytes;
	*sum = capped(*sum + bytes, LIMIT_CELL_BYTES);
	return true;
}

/* One conversation's state in one layer: 32-bit floats. */
static bool state_numbers(struct reading *r, uint64_t *out)
{
	uint64_t kernel = 0, inner = 0, state = 0, groups = 0, head = 0, shifts = 2, conv = 0,
		 kda = 0;
	uint64_t heads = 0, width = r->m->width;
	if (!number(r, "ssm.conv_kernel", &kernel) || !number(r, "ssm.inner_size", &inner) ||
		!number(r, "ssm.state_size", &state) || !number(r, "ssm.group_count", &groups) ||
		!number(r, "wkv.head_size", &head) || !number(r, "token_shift_count", &shifts) ||
		!number(r, "shortconv.l_cache", &conv) || !number(r, "kda.head_dim", &kda) ||
		!number(r, "attention.head_count", &heads))
		return false;
	uint64_t past = kernel ? kernel - 1 : 0;
	if (head)
		*out = shifts * width + width * head;
	else if (conv)
		*out = width * (conv - 1);
	else if (kda)
		*out = 3 * (kernel ? past : 3) * heads * kda + kda * kda * heads;
	else
		*out = past * (inner + 2 * groups * state) + state * inner;
	return true;
}

static bool add_layer(struct reading *r, uint64_t layer)
{
	const struct layer_parts *p = &r->parts[layer];
	bool has_cache = p->has_keys || (p->has_joined && !p->has_state);
	uint64_t numbers = 0;
	if (has_cache && layer < r->kept_layers && !add_cell(r, layer))
		return false;
	if (p->has_state && !state_numbers(r, &numbers))
		return false;
	r->m->state_bytes += FLOAT_BYTES * numbers;
	return true;
}

bool estimate_read(
	const struct gg_file *const *parts, size_t count, struct estimate_model *out, struct err *e)
{
	struct estimate_model m = { 0 };
	struct reading r = { .f = parts[0], .m = &m, .e = e };
	bool ok = read_layers(&r) && read_width(&r) && read_window(&r);
	for (size_t i = 0; ok && i < count; i++)
		note_file(&r, parts[i]);
	for (uint64_t layer = 0; ok && layer < r.layers; layer++)
		ok = add_layer(&r, layer);
	free(r.parts);
	if (ok)
		*out = m;
	return ok;
}

bool estimate_read_path(const char *path, struct estimate_model *out, struct err *e)
{
	struct arena *a = arena_new();
	struct split p = { .parts = 1 };
	bool is_split = split_of(str_z(path), &p);
	struct gg_file **parts = arena_calloc(a, p.parts, sizeof(struct gg_file *));
	bool ok = true;
	for (unsigned i = 0; ok && i < p.parts; i++) {
		parts[i] = gg_open(is_split ? split_path(a, &p, i + 1).p : path, e);
		ok = parts[i] != NULL;
	}
	ok = ok && estimate_read((const struct gg_file *const *)parts, p.parts, out, e);
	for (unsigned i = 0; i < p.parts; i++)
		gg_free(parts[i]);
	arena_free(a);
	return ok;
}
