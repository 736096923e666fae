/*
 * tiny.c - a recipe in, a model's keys and tensors out; see tiny.h.
 *
 * Follows what llama.cpp 0.5.0 asks of each architecture (src/models/ there) and of a byte-level
 * vocabulary ("gpt2" with pre-tokenizer "smollm"): the alphabet is GPT-2's printable stand-ins for
 * bytes, and every token but the control ones is either such a byte or a merge of two tokens.
 */
#include "model/tiny.h"

#include <math.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/must.h"
#include "base/utf8.h"

enum {
	N_EMBD = 64,
	N_LAYER = 2,
	N_HEAD = 4,
	N_HEAD_KV = 2,
	HEAD_DIM = N_EMBD / N_HEAD,
	N_KV = N_HEAD_KV * HEAD_DIM,
	N_FF = 128,
	LORA_RANK = 4,
	DEFAULT_CONTEXT = 8192,
	BYTES = 256,
	MAX_TOKENS = 512,
	NAME_BYTES = GG_NAME_BYTES
};

static const float ROPE_BASE = 10000.0F, NORM_EPSILON = 1e-5F, LORA_ALPHA = 8.0F;

struct arch_row {
	const char *name;
	bool has_qkv_bias;
	bool has_qk_norm;
};

static const struct arch_row archs[] = {
	{ "llama", false, false },
	{ "qwen2", true, false },
	{ "qwen3", false, true },
};

static const struct arch_row *find_arch(const char *name, struct err *e)
{
	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		if (str_eq(str_z(archs[i].name), str_z(name)))
			return &archs[i];
	fail(e, ERR_USAGE, LAYER_ENGINE, "no recipe for a tiny model of architecture '%s'", name);
	err_mend(e, "take llama, qwen2 or qwen3");
	return NULL;
}

/* One model in the making. */
struct maker {
	struct gg_writer *w;
	struct arena *a;
	const struct arch_row *arch;
	uint64_t random;
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

struct shape {
	uint64_t rows, columns; /* columns numbers a row; rows == 0: a vector */
	float centre, deviation;
};

static void put_random(struct maker *m, const char *name, struct shape s)
{
	size_t count = (size_t)(s.columns * (s.rows ? s.rows : 1));
	float *data = must_alloc(count * sizeof(*data));
	for (size_t i = 0; i < count; i++)
		data[i] = s.centre + spread(&m->random, s.deviation);
	const uint64_t dims[] = { s.columns, s.rows };
	gg_put_tensor(m->w, name, dims, s.rows ? 2 : 1, data);
	free(data);
}

struct layer_tensor {
	const char *name;
	uint64_t rows, columns; /* rows == 0: a vector */
	enum { ALWAYS, WITH_QKV_BIAS, WITH_QK_NORM } when;
};

static const struct layer_tensor layer_tensors[] = {
	{ "attn_norm.weight", 0, N_EMBD, ALWAYS },
	{ "attn_q.weight", N_EMBD, N_EMBD, ALWAYS },
	{ "attn_q.bias", 0, N_EMBD, WITH_QKV_BIAS },
	{ "attn_q_norm.weight", 0, HEAD_DIM, WITH_QK_NORM },
	{ "attn_k.weight", N_KV, N_EMBD, ALWAYS },
	{ "attn_k.bias", 0, N_KV, WITH_QKV_BIAS },
	{ "attn_k_norm.weight", 0, HEAD_DIM, WITH_QK_NORM },
	{ "attn_v.weight", N_KV, N_EMBD, ALWAYS },
	{ "attn_v.bias", 0, N_KV, WITH_QKV_BIAS },
	{ "attn_output.weight", N_EMBD, N_EMBD, ALWAYS },
	{ "ffn_norm.weight", 0, N_EMBD, ALWAYS },
	{ "ffn_gate.weight", N_FF, N_EMBD, ALWAYS },
	{ "ffn_up.weight", N_FF, N_EMBD, ALWAYS },
	{ "ffn_down.weight", N_EMBD, N_FF, ALWAYS },
};

enum { N_LAYER_TENSORS = sizeof(layer_tensors) / sizeof(layer_tensors[0]) };

static bool has_tensor(const struct arch_row *arch, const struct layer_tensor *t)
{
	return t->when == ALWAYS || (t->when == WITH_QKV_BIAS && arch->has_qkv_bias) ||
	       (t->when == WITH_QK_NORM && arch->has_qk_norm);
}

/* Norms around one, biases small around zero, matrices such that they keep a vector's size. */
static struct shape shape_of(const struct layer_tensor *t)
{
	const float small = 0.1F;
	bool is_norm = str_find(str_z(t->name), STR("norm")) != SIZE_MAX;
	struct shape s = { t->rows, t->columns, is_norm ? 1.0F : 0.0F, small };
	if (t->rows)
		s.deviation = 1.0F / sqrtf((float)t->columns);
	return s;
}

static void put_tensors(struct maker *m, size_t n_vocab)
{
	const float embedding = 1.0F, choosy = 0.4F; /* logits about 3 apart: greedy is clear-cut */
	put_random(m, "token_embd.weight", (struct shape){ n_vocab, N_EMBD, 0.0F, embedding });
	put_random(m, "output.weight", (struct shape){ n_vocab, N_EMBD, 0.0F, choosy });
	put_random(m, "output_norm.weight", (struct shape){ 0, N_EMBD, 1.0F, 0.1F });
	for (int layer = 0; layer < N_LAYER; layer++)
		for (size_t i = 0; i < N_LAYER_TENSORS; i++) {
			const struct layer_tensor *t = &layer_tensors[i];
			char name[NAME_BYTES];
			snprintf(name, sizeof(name), "blk.%d.%s", layer, t->name);
			if (has_tensor(m->arch, t))
				put_random(m, name, shape_of(t));
		}
}

/* ---- vocabulary ---- */

/* As llama.cpp numbers kinds of tokens. */
enum token_kind { TOKEN_NORMAL = 1, TOKEN_CONTROL = 3, TOKEN_USER_DEFINED = 4 };

struct special_row {
	const char *text;
	enum token_kind kind;
};

enum { TOKEN_END_OF_TEXT, TOKEN_IM_START, TOKEN_IM_END };

static const struct special_row specials[] = {
	[TOKEN_END_OF_TEXT] = { "<|endoftext|>", TOKEN_CONTROL },
	[TOKEN_IM_START] = { "<|im_start|>", TOKEN_CONTROL },
	[TOKEN_IM_END] = { "<|im_end|>", TOKEN_CONTROL },
	{ "<tool_call>", TOKEN_USER_DEFINED },
	{ "</tool_call>", TOKEN_USER_DEFINED },
	{ "<tool_response>", TOKEN_USER_DEFINED },
	{ "</tool_response>", TOKEN_USER_DEFINED },
	{ "<think>", TOKEN_USER_DEFINED },
	{ "</think>", TOKEN_USER_DEFINED },
};

struct merge_row {
	const char *left, *right; /* raw bytes; each a byte or an earlier merge */
};

static const struct merge_row merges[] = {
	{ "h", "e" },
	{ " ", "t" },
	{ " t", "he" },
	{ "i", "n" },
	{ "e", "r" },
	{ "o", "n" },
	{ " ", "a" },
	{ "l", "l" },
	{ "he", "ll" },
	{ "hell", "o" },
	{ "a", "t" },
	{ "r", "e" },
	{ "n", "a" },
	{ "m", "e" },
	{ "na", "me" },
	{ " ", " " },
	{ "  ", "  " },
	{ "\n", "\n" },
	{ "1", "0" },
	/* pieces of JSON, some across its borders */
	{ "{", "\"" },
	{ "\"", ":" },
	{ "\":", " " },
	{ "\": ", "\"" },
	{ "\"", "," },
	{ "\",", " " },
	{ "\", ", "\"" },
	{ "\"", "}" },
	{ "}", "}" },
	{ "\"}", "}" },
	{ "}", "\n" },
	{ "\\", "n" },
	{ "[", "]" },
	/* pieces of characters, and some whole ones */
	{ "\xc3", "\xa9" },
	{ "\xe2", "\x80" },
	{ "\xe2\x80", "\x94" },
	{ "\xf0", "\x9f" },
	{ "\xf0\x9f", "\x98" },
	{ "\xf0\x9f\x98", "\x80" },
};

enum {
	N_SPECIALS = sizeof(specials) / sizeof(specials[0]),
	N_MERGES = sizeof(merges) / sizeof(merges[0]),
	N_TOKENS = N_SPECIALS + BYTES + N_MERGES
};
_Static_assert((int)N_TOKENS <= (int)MAX_TOKENS, "the vocabulary fits its arrays");

/* GPT-2's alphabet: a printable Latin-1 character stands for its own byte, the others get the
 * characters from U+0100 on, in order. */
static bool stands_for_itself(unsigned byte)
{
	return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

static void add_byte(struct buf *b, unsigned char byte)
{
	uint32_t code = byte;
	if (!stands_for_itself(byte)) {
		code = 0x100;
		for (unsigned before = 0; before < byte; before++)
			code += !stands_for_itself(before);
	}
	utf8_add(b, code);
}

static struct str in_alphabet(struct arena *a, struct str left, struct str right)
{
	struct buf b;
	buf_init(&b, NAME_BYTES);
	for (size_t i = 0; i < left.n; i++)
		add_byte(&b, (unsigned char)left.p[i]);
	for (size_t i = 0; i < right.n; i++)
		add_byte(&b, (unsigned char)right.p[i]);
	MUST(!b.overflow);
	struct str s = arena_str(a, buf_str(&b));
	buf_clear(&b);
	return s;
}

static void put_tokens(struct maker *m)
{
	struct str tokens[MAX_TOKENS], pairs[N_MERGES];
	int32_t kinds[MAX_TOKENS];
	size_t n = 0;
	for (size_t i = 0; i < N_SPECIALS; i++, n++) {
		tokens[n] = str_z(specials[i].text);
		kinds[n] = (int32_t)specials[i].kind;
	}
	for (unsigned byte = 0; byte < BYTES; byte++, n++) {
		char c = (char)byte;
		tokens[n] = in_alphabet(m->a, str_n(&c, 1), STR(""));
		kinds[n] = TOKEN_NORMAL;
	}
	for (size_t i = 0; i < N_MERGES; i++, n++) {
		struct str left = str_z(merges[i].left), right = str_z(merges[i].right);
		tokens[n] = in_alphabet(m->a, left, right);
		kinds[n] = TOKEN_NORMAL;
		pairs[i] = arena_printf(m->a, "%s %s", in_alphabet(m->a, left, STR("")).p,
			in_alphabet(m->a, right, STR("")).p);
	}
	gg_put_strs(m->w, "tokenizer.ggml.tokens", tokens, n);
	gg_put_i32s(m->w, "tokenizer.ggml.token_type", kinds, n);
	gg_put_strs(m->w, "tokenizer.ggml.merges", pairs, N_MERGES);
}

static void put_vocabulary(struct maker *m)
{
	gg_put_str(m->w, "tokenizer.ggml.model", STR("gpt2"));
	gg_put_str(m->w, "tokenizer.ggml.pre", STR("smollm"));
	put_tokens(m);
	gg_put_u32(m->w, "tokenizer.ggml.bos_token_id", TOKEN_IM_START);
	gg_put_u32(m->w, "tokenizer.ggml.eos_token_id", TOKEN_IM_END);
	gg_put_u32(m->w, "tokenizer.ggml.unknown_token_id", TOKEN_END_OF_TEXT);
	gg_put_u32(m->w, "tokenizer.ggml.padding_token_id", TOKEN_END_OF_TEXT);
	gg_put_bool(m->w, "tokenizer.ggml.add_bos_token", false);
}

static const char chatml[] =
	"{% for message in messages %}"
	"{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
	"{% endfor %}"
	"{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/* ---- the whole ---- */

/* A key under the architecture's own name: "llama.block_count". */
static const char *arch_key(struct maker *m, const char *name)
{
	return arena_printf(m->a, "%s.%s", m->arch->name, name).p;
}

static void put_shape(struct maker *m, uint32_t context_tokens)
{
	const struct {
		const char *name;
		uint32_t value;
	} rows[] = {
		{ "context_length", context_tokens },
		{ "embedding_length", N_EMBD },
		{ "block_count", N_LAYER },
		{ "feed_forward_length", N_FF },
		{ "attention.head_count", N_HEAD },
		{ "attention.head_count_kv", N_HEAD_KV },
		{ "attention.key_length", HEAD_DIM },
		{ "attention.value_length", HEAD_DIM },
		{ "rope.dimension_count", HEAD_DIM },
		{ "vocab_size", N_TOKENS },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		gg_put_u32(m->w, arch_key(m, rows[i].name), rows[i].value);
	gg_put_f32(m->w, arch_key(m, "rope.freq_base"), ROPE_BASE);
	gg_put_f32(m->w, arch_key(m, "attention.layer_norm_rms_epsilon"), NORM_EPSILON);
}

static bool begin(struct maker *m, const struct tiny_recipe *r, const char *type, struct err *e)
{
	m->arch = find_arch(r->arch, e);
	if (!m->arch)
		return false;
	m->a = arena_new();
	m->w = gg_writer_new();
	m->random = r->seed;
	gg_put_str(m->w, "general.architecture", str_z(m->arch->name));
	gg_put_str(m->w, "general.type", str_z(type));
	gg_put_str(m->w, "general.name", STR("tiny random weights"));
	return true;
}

struct gg_writer *tiny_model(const struct tiny_recipe *r, struct err *e)
{
	struct maker m;
	if (!begin(&m, r, "model", e))
		return NULL;
	gg_put_u32(m.w, "general.file_type", 0);
	put_shape(&m, r->context_tokens ? r->context_tokens : DEFAULT_CONTEXT);
	put_vocabulary(&m);
	gg_put_str(m.w, "tokenizer.chat_template",
		r->chat_template.n ? r->chat_template : str_z(chatml));
	put_tensors(&m, N_TOKENS);
	arena_free(m.a);
	return m.w;
}

struct gg_writer *tiny_adapter(const struct tiny_recipe *r, struct err *e)
{
	static const char *const taught[] = { "attn_q", "attn_output" };
	const struct shape down = { LORA_RANK, N_EMBD, 0.0F, 0.3F };
	const struct shape up = { N_EMBD, LORA_RANK, 0.0F, 0.3F };
	struct maker m;
	if (!begin(&m, r, "adapter", e))
		return NULL;
	gg_put_str(m.w, "adapter.type", STR("lora"));
	gg_put_f32(m.w, "adapter.lora.alpha", LORA_ALPHA);
	for (int layer = 0; layer < N_LAYER; layer++)
		for (size_t i = 0; i < sizeof(taught) / sizeof(taught[0]); i++) {
			char name[NAME_BYTES];
			snprintf(name, sizeof(name), "blk.%d.%s.weight.lora_a", layer, taught[i]);
			put_random(&m, name, down);
			snprintf(name, sizeof(name), "blk.%d.%s.weight.lora_b", layer, taught[i]);
			put_random(&m, name, up);
		}
	arena_free(m.a);
	return m.w;
}
