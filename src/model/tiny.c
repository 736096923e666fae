/*
 * tiny.c - a recipe in, a model's keys and tensors out; see tiny.h. What an architecture is made of
 * stands in tiny_arch.c.
 */
#include "model/tiny.h"

#include <math.h>
#include <stdlib.h>

#include "base/must.h"
#include "model/tiny_int.h"

enum { LORA_RANK = 4, DEFAULT_CONTEXT = 8192, ROPE_SECTIONS = 4 };

static const float LORA_ALPHA = 8.0F;

/* One model in the making. */
struct maker {
	struct gg_writer *w;
	struct arena *a;
	const struct tiny_arch *arch;
	uint64_t random;
	bool is_big; /* embeddings take half the bytes */
};

/* ---- random numbers: splitmix64, one stream for the whole file ---- */

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Evenly spread around zero with this deviation. */
static float spread(uint64_t *state, float deviation)
{
	const float even_to_deviation = 1.7320508F; /* a width of 2*sqrt(3) has deviation 1 */
	float even = (float)(next_random(state) >> 40) / (float)(1 << 23) - 1.0F;
	return even * even_to_deviation * deviation;
}

/* ---- tensors ---- */

/* How the numbers of a tensor lie. */
struct range {
	float centre, deviation;
};

static uint32_t count_dims(const uint64_t dims[3])
{
	uint32_t n = 1;
	while (n < 3 && dims[n])
		n++;
	return n;
}

static void put_random(struct maker *m, const char *name, const uint64_t dims[3], struct range r)
{
	uint32_t n_dims = count_dims(dims);
	size_t count = 1;
	for (uint32_t i = 0; i < n_dims; i++)
		count *= (size_t)dims[i];
	float *data = must_alloc(count * sizeof(*data));
	for (size_t i = 0; i < count; i++)
		data[i] = r.centre + spread(&m->random, r.deviation);
	bool is_table = str_eq_z(str_z(name), "token_embd.weight") ||
			str_eq_z(str_z(name), "output.weight");
	if (m->is_big && is_table)
		gg_put_tensor_bf16(m->w, name, dims, n_dims, data);
	else
		gg_put_tensor(m->w, name, dims, n_dims, data);
	free(data);
}

/* Norms around one, the decay of a state below zero, biases small around zero, matrices such that
 * they keep a vector's size. */
static struct range range_of(const struct tiny_tensor *t)
{
	const float small = 0.1F;
	bool is_norm = (str_find(str_z(t->name), STR("norm")) != SIZE_MAX &&
			       !str_ends(str_z(t->name), STR(".bias"))) ||
		       str_ends(str_z(t->name), STR("scale")) ||
		       str_starts(str_z(t->name), STR("layer_output_scale")) ||
		       str_starts(str_z(t->name), STR("rope_freqs"));
	if (is_norm)
		return (struct range){ 1.0F, small };
	if (str_eq_z(str_z(t->name), "ssm_a"))
		return (struct range){ -1.0F, small };
	return (struct range){ 0.0F, t->dims[1] ? 1.0F / sqrtf((float)t->dims[0]) : small };
}

static void put_layer(struct maker *m, int layer)
{
	for (const struct tiny_tensor *t = tiny_tensors; t->name; t++)
		if (m->arch->layers[layer] & t->part)
			put_random(m, arena_printf(m->a, "blk.%d.%s", layer, t->name).p, t->dims,
				range_of(t));
}

static void put_tensors(struct maker *m, uint32_t context_tokens, size_t n_vocab)
{
	const struct range embedding = { 0.0F, 1.0F }, norm = { 1.0F, 0.1F };
	const struct range choosy = { 0.0F, 0.4F }; /* logits about 3 apart: greedy is clear-cut */
	const uint64_t table[3] = { TINY_WIDTH, n_vocab }, vector[3] = { TINY_WIDTH };
	put_random(m, "token_embd.weight", table, embedding);
	if (m->arch->says & TINY_SAYS_PLACES) {
		const uint64_t places[3] = { TINY_WIDTH, context_tokens };
		put_random(m, "position_embd.weight", places, embedding);
	} else {
		put_random(m, "output.weight", table, choosy);
		put_random(m, m->arch->norm ? m->arch->norm : "output_norm.weight", vector, norm);
	}
	for (const struct tiny_tensor *t = m->arch->tensors; t && t->name; t++)
		put_random(m, t->name, t->dims, range_of(t));
	for (int layer = 0; layer < TINY_LAYERS && m->arch->layers[layer]; layer++)
		put_layer(m, layer);
}

/* ---- keys ---- */

/* A key under the architecture's own name: "llama.block_count". */
static const char *arch_key(struct maker *m, const char *name)
{
	return arena_printf(m->a, "%s.%s", m->arch->name, name).p;
}

static unsigned all_parts(const struct tiny_arch *arch)
{
	unsigned parts = 0;
	for (int i = 0; i < TINY_LAYERS; i++)
		parts |= arch->layers[i];
	return parts;
}

static void put_keys(struct maker *m, const struct tiny_key *keys)
{
	unsigned parts = all_parts(m->arch);
	for (const struct tiny_key *k = keys; k->name; k++) {
		if (k->part && !(parts & k->part))
			continue;
		if (k->real != 0)
			gg_put_f32(m->w, arch_key(m, k->name), k->real);
		else
			gg_put_u32(m->w, arch_key(m, k->name), k->number);
	}
}

/* A number for the layers that have any of the parts, 0 for the others: in an array, or once. */
static void put_by_layer(
	struct maker *m, const char *name, unsigned parts, int32_t number, bool is_array)
{
	int32_t numbers[TINY_LAYERS];
	size_t n = 0;
	for (; n < TINY_LAYERS && m->arch->layers[n]; n++)
		numbers[n] = m->arch->layers[n] & parts ? number : 0;
	if (is_array)
		gg_put_i32s(m->w, arch_key(m, name), numbers, n);
	else
		gg_put_u32(m->w, arch_key(m, name), (uint32_t)number);
}

static void put_shape(struct maker *m, uint32_t context_tokens, size_t n_vocab)
{
	const unsigned attends = PART_ATTENTION | PART_WIDE | PART_GATED;
	const unsigned feeds = PART_FF | PART_EXPERTS | PART_EXPERTS_SQUARED | PART_ENCODER;
	uint32_t blocks = 0;
	while (blocks < TINY_LAYERS && m->arch->layers[blocks])
		blocks++;
	gg_put_u32(m->w, arch_key(m, "context_length"), context_tokens);
	gg_put_u32(m->w, arch_key(m, "block_count"), blocks);
	gg_put_u32(m->w, arch_key(m, "vocab_size"), (uint32_t)n_vocab);
	put_keys(m, tiny_keys);
	put_keys(m, m->arch->keys);
	put_by_layer(m, "attention.head_count_kv", attends, TINY_KV_HEADS,
		m->arch->says & TINY_SAYS_KV_HEADS);
	put_by_layer(m, "feed_forward_length", feeds, TINY_FF, m->arch->says & TINY_SAYS_FF);
	if (m->arch->says & TINY_SAYS_WINDOWS)
		put_by_layer(m, "attention.sliding_window_pattern", PART_WINDOW, 1, true);
	if (all_parts(m->arch) & PART_DELTA) {
		const int32_t sections[ROPE_SECTIONS] = { 4, 2, 2, 0 };
		gg_put_i32s(m->w, arch_key(m, "rope.dimension_sections"), sections, ROPE_SECTIONS);
	}
}

static void put_encoder_keys(struct maker *m, const struct gg_file *vocabulary)
{
	static const char types[] = "tokenizer.ggml.token_type_count";
	gg_put_bool(m->w, arch_key(m, "attention.causal"), false);
	if (!vocabulary || !gg_has(vocabulary, types))
		gg_put_u32(m->w, types, 2);
}

/* ---- the whole ---- */

static const char chatml[] =
	"{% for message in messages %}"
	"{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
	"{% endfor %}"
	"{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

static bool begin(struct maker *m, const struct tiny_recipe *r, const char *type, struct err *e)
{
	*m = (struct maker){
		.arch = tiny_arch_find(r->arch, e), .random = r->seed, .is_big = r->vocabulary.from
	};
	if (!m->arch)
		return false;
	m->a = arena_new();
	m->w = gg_writer_new();
	gg_put_str(m->w, "general.architecture", str_z(m->arch->name));
	gg_put_str(m->w, "general.type", str_z(type));
	gg_put_str(m->w, "general.name", str_z(r->name ? r->name : "tiny random weights"));
	return true;
}

struct gg_writer *tiny_model(const struct tiny_recipe *r, struct err *e)
{
	struct maker m;
	if (!begin(&m, r, "model", e))
		return NULL;
	uint32_t context_tokens = r->context_tokens ? r->context_tokens : DEFAULT_CONTEXT;
	gg_put_u32(m.w, "general.file_type", 0);
	size_t n_vocab = tiny_put_vocabulary(m.w, m.a, &r->vocabulary);
	put_shape(&m, context_tokens, n_vocab);
	if (r->pooling)
		gg_put_u32(m.w, arch_key(&m, "pooling_type"), r->pooling);
	if (m.arch->says & TINY_SAYS_PLACES)
		put_encoder_keys(&m, r->vocabulary.from);
	else
		gg_put_str(m.w, "tokenizer.chat_template",
			r->chat_template.n ? r->chat_template : str_z(chatml));
	put_tensors(&m, context_tokens, n_vocab);
	arena_free(m.a);
	return m.w;
}

struct gg_writer *tiny_adapter(const struct tiny_recipe *r, struct err *e)
{
	static const char *const taught[] = { "attn_q", "attn_output" };
	const uint64_t down[3] = { TINY_WIDTH, LORA_RANK }, up[3] = { LORA_RANK, TINY_WIDTH };
	const struct range strong = { 0.0F, 0.3F };
	struct maker m;
	if (!begin(&m, r, "adapter", e))
		return NULL;
	gg_put_str(m.w, "adapter.type", STR("lora"));
	gg_put_f32(m.w, "adapter.lora.alpha", LORA_ALPHA);
	for (int layer = 0; layer < TINY_LAYERS && m.arch->layers[layer]; layer++)
		for (size_t i = 0; i < sizeof(taught) / sizeof(taught[0]); i++) {
			put_random(&m,
				arena_printf(m.a, "blk.%d.%s.weight.lora_a", layer, taught[i]).p,
				down, strong);
			put_random(&m,
				arena_printf(m.a, "blk.%d.%s.weight.lora_b", layer, taught[i]).p,
				up, strong);
		}
	arena_free(m.a);
	return m.w;
}
