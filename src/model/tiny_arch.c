/*
 * tiny_arch.c - the architectures of tiny models, as tables; see tiny_int.h.
 *
 * Follows src/models/ of llama.cpp 0.5.0: names, shapes and keys are what it asks for. Where a
 * model of the family has a trait that an engine can stumble over (windows, a state that cannot be
 * cut back, experts, heads of two sizes), the tiny one has it too, in as few layers as show it.
 */
#include "model/tiny_int.h"

enum {
	TINY_WINDOW = 64, /* tokens: short, so that tests run over it */
	WIDE = 2 * TINY_HEAD_DIM,
	EXPERTS = 4,
	EXPERTS_USED = 2,
	EXPERT_FF = 32,
	ROPE_SECTIONS = 4,
	KERNEL = 4, /* of the convolutions in front of a state */
	MAMBA_INNER = 128,
	MAMBA_STATE = 16,
	MAMBA_HEADS = 8,
	MAMBA_GROUPS = 2,
	MAMBA_MIXED = MAMBA_INNER + 2 * MAMBA_GROUPS * MAMBA_STATE,
	DELTA_STATE = 16, /* size of its heads */
	DELTA_KEYS = 2,
	DELTA_VALUES = 4,
	DELTA_INNER = DELTA_VALUES * DELTA_STATE,
	DELTA_MIXED = 2 * DELTA_KEYS * DELTA_STATE + DELTA_INNER,
	CONVOLUTION = 3
};

const struct tiny_tensor tiny_tensors[] = {
	{ PART_NORM, "attn_norm.weight", { TINY_WIDTH } },

	{ PART_ATTENTION, "attn_q.weight", { TINY_WIDTH, TINY_WIDTH } },
	{ PART_QKV_BIAS, "attn_q.bias", { TINY_WIDTH } },
	{ PART_QK_NORM, "attn_q_norm.weight", { TINY_HEAD_DIM } },
	{ PART_ATTENTION, "attn_k.weight", { TINY_WIDTH, TINY_KV } },
	{ PART_QKV_BIAS, "attn_k.bias", { TINY_KV } },
	{ PART_QK_NORM, "attn_k_norm.weight", { TINY_HEAD_DIM } },
	{ PART_ATTENTION, "attn_v.weight", { TINY_WIDTH, TINY_KV } },
	{ PART_QKV_BIAS, "attn_v.bias", { TINY_KV } },
	{ PART_ATTENTION, "attn_output.weight", { TINY_WIDTH, TINY_WIDTH } },
	{ PART_OUT_BIAS, "attn_output.bias", { TINY_WIDTH } },
	{ PART_SINKS, "attn_sinks.weight", { TINY_HEADS } },

	{ PART_WIDE, "attn_q.weight", { TINY_WIDTH, TINY_HEADS *WIDE } },
	{ PART_WIDE, "attn_q_norm.weight", { WIDE } },
	{ PART_WIDE, "attn_k.weight", { TINY_WIDTH, TINY_KV_HEADS *WIDE } },
	{ PART_WIDE, "attn_k_norm.weight", { WIDE } },
	{ PART_WIDE, "attn_output.weight", { TINY_HEADS * WIDE, TINY_WIDTH } },

	{ PART_GATED, "attn_q.weight", { TINY_WIDTH, 2 * TINY_WIDTH } },
	{ PART_GATED, "attn_q_norm.weight", { TINY_HEAD_DIM } },
	{ PART_GATED, "attn_k.weight", { TINY_WIDTH, TINY_KV } },
	{ PART_GATED, "attn_k_norm.weight", { TINY_HEAD_DIM } },
	{ PART_GATED, "attn_v.weight", { TINY_WIDTH, TINY_KV } },
	{ PART_GATED, "attn_output.weight", { TINY_WIDTH, TINY_WIDTH } },

	{ PART_MAMBA, "ssm_in.weight", { TINY_WIDTH, MAMBA_INNER + MAMBA_MIXED + MAMBA_HEADS } },
	{ PART_MAMBA, "ssm_conv1d.weight", { KERNEL, MAMBA_MIXED } },
	{ PART_MAMBA, "ssm_conv1d.bias", { MAMBA_MIXED } },
	{ PART_MAMBA, "ssm_dt.bias", { MAMBA_HEADS } },
	{ PART_MAMBA, "ssm_a", { 1, MAMBA_HEADS } },
	{ PART_MAMBA, "ssm_d", { 1, MAMBA_HEADS } },
	{ PART_MAMBA, "ssm_norm.weight", { MAMBA_INNER / MAMBA_GROUPS, MAMBA_GROUPS } },
	{ PART_MAMBA, "ssm_out.weight", { MAMBA_INNER, TINY_WIDTH } },

	{ PART_DELTA, "attn_qkv.weight", { TINY_WIDTH, DELTA_MIXED } },
	{ PART_DELTA, "attn_gate.weight", { TINY_WIDTH, DELTA_INNER } },
	{ PART_DELTA, "ssm_conv1d.weight", { KERNEL, DELTA_MIXED } },
	{ PART_DELTA, "ssm_dt.bias", { DELTA_VALUES } },
	{ PART_DELTA, "ssm_a", { DELTA_VALUES } },
	{ PART_DELTA, "ssm_beta.weight", { TINY_WIDTH, DELTA_VALUES } },
	{ PART_DELTA, "ssm_alpha.weight", { TINY_WIDTH, DELTA_VALUES } },
	{ PART_DELTA, "ssm_norm.weight", { DELTA_STATE } },
	{ PART_DELTA, "ssm_out.weight", { DELTA_INNER, TINY_WIDTH } },

	{ PART_CONVOLUTION, "shortconv.conv.weight", { CONVOLUTION, TINY_WIDTH } },
	{ PART_CONVOLUTION, "shortconv.in_proj.weight", { TINY_WIDTH, 3 * TINY_WIDTH } },
	{ PART_CONVOLUTION, "shortconv.out_proj.weight", { TINY_WIDTH, TINY_WIDTH } },

	{ PART_POST_NORM, "post_attention_norm.weight", { TINY_WIDTH } },
	{ PART_FF_NORM, "ffn_norm.weight", { TINY_WIDTH } },
	{ PART_FF, "ffn_gate.weight", { TINY_WIDTH, TINY_FF } },
	{ PART_FF, "ffn_up.weight", { TINY_WIDTH, TINY_FF } },
	{ PART_FF, "ffn_down.weight", { TINY_FF, TINY_WIDTH } },
	{ PART_FF_POST_NORM, "post_ffw_norm.weight", { TINY_WIDTH } },

	{ PART_ROUTER, "ffn_gate_inp.weight", { TINY_WIDTH, EXPERTS } },
	{ PART_EXPERTS, "ffn_gate_exps.weight", { TINY_WIDTH, EXPERT_FF, EXPERTS } },
	{ PART_EXPERTS, "ffn_up_exps.weight", { TINY_WIDTH, EXPERT_FF, EXPERTS } },
	{ PART_EXPERTS, "ffn_down_exps.weight", { EXPERT_FF, TINY_WIDTH, EXPERTS } },
	{ PART_EXPERTS_BIAS, "ffn_gate_inp.bias", { EXPERTS } },
	{ PART_EXPERTS_BIAS, "ffn_gate_exps.bias", { EXPERT_FF, EXPERTS } },
	{ PART_EXPERTS_BIAS, "ffn_up_exps.bias", { EXPERT_FF, EXPERTS } },
	{ PART_EXPERTS_BIAS, "ffn_down_exps.bias", { TINY_WIDTH, EXPERTS } },
	{ PART_EXPERTS_SQUARED, "exp_probs_b.bias", { EXPERTS } },
	{ PART_EXPERTS_SQUARED, "ffn_up_exps.weight", { TINY_WIDTH, EXPERT_FF, EXPERTS } },
	{ PART_EXPERTS_SQUARED, "ffn_down_exps.weight", { EXPERT_FF, TINY_WIDTH, EXPERTS } },
	{ PART_EXPERTS_SQUARED, "ffn_up_shexp.weight", { TINY_WIDTH, EXPERT_FF } },
	{ PART_EXPERTS_SQUARED, "ffn_down_shexp.weight", { EXPERT_FF, TINY_WIDTH } },
	{ PART_EXPERTS_BESIDE, "ffn_gate_inp.scale", { TINY_WIDTH } },
	{ PART_EXPERTS_BESIDE, "pre_ffw_norm_2.weight", { TINY_WIDTH } },
	{ PART_EXPERTS_BESIDE, "post_ffw_norm_1.weight", { TINY_WIDTH } },
	{ PART_EXPERTS_BESIDE, "post_ffw_norm_2.weight", { TINY_WIDTH } },
	{ PART_SCALE, "layer_output_scale.weight", { 1 } },

	{ PART_ENCODER, "attn_output_norm.weight", { TINY_WIDTH } },
	{ PART_ENCODER, "attn_output_norm.bias", { TINY_WIDTH } },
	{ PART_ENCODER, "ffn_up.weight", { TINY_WIDTH, TINY_FF } },
	{ PART_ENCODER, "ffn_up.bias", { TINY_FF } },
	{ PART_ENCODER, "ffn_down.weight", { TINY_FF, TINY_WIDTH } },
	{ PART_ENCODER, "ffn_down.bias", { TINY_WIDTH } },
	{ PART_ENCODER, "layer_output_norm.weight", { TINY_WIDTH } },
	{ PART_ENCODER, "layer_output_norm.bias", { TINY_WIDTH } },
	{ 0, NULL, { 0 } },
};

const struct tiny_key tiny_keys[] = {
	{ 0, "embedding_length", TINY_WIDTH, 0 },
	{ 0, "attention.head_count", TINY_HEADS, 0 },
	{ 0, "rope.freq_base", 0, 10000.0F },
	{ 0, "attention.layer_norm_rms_epsilon", 0, 1e-5F },
	{ PART_WINDOW, "attention.sliding_window", TINY_WINDOW, 0 },
	{ PART_ROUTER, "expert_count", EXPERTS, 0 },
	{ PART_ROUTER, "expert_used_count", EXPERTS_USED, 0 },
	{ PART_ROUTER, "expert_feed_forward_length", EXPERT_FF, 0 },
	{ PART_EXPERTS_SQUARED, "expert_shared_count", 1, 0 },
	{ PART_EXPERTS_SQUARED, "expert_shared_feed_forward_length", EXPERT_FF, 0 },
	{ PART_EXPERTS_SQUARED, "expert_weights_scale", 0, 2.5F },
	{ PART_MAMBA, "attention.layer_norm_epsilon", 0, 1e-5F },
	{ PART_MAMBA, "ssm.conv_kernel", KERNEL, 0 },
	{ PART_MAMBA, "ssm.inner_size", MAMBA_INNER, 0 },
	{ PART_MAMBA, "ssm.state_size", MAMBA_STATE, 0 },
	{ PART_MAMBA, "ssm.time_step_rank", MAMBA_HEADS, 0 },
	{ PART_MAMBA, "ssm.group_count", MAMBA_GROUPS, 0 },
	{ PART_DELTA, "ssm.conv_kernel", KERNEL, 0 },
	{ PART_DELTA, "ssm.inner_size", DELTA_INNER, 0 },
	{ PART_DELTA, "ssm.state_size", DELTA_STATE, 0 },
	{ PART_DELTA, "ssm.time_step_rank", DELTA_VALUES, 0 },
	{ PART_DELTA, "ssm.group_count", DELTA_KEYS, 0 },
	{ PART_DELTA, "full_attention_interval", 2, 0 },
	{ PART_CONVOLUTION, "shortconv.l_cache", CONVOLUTION, 0 },
	{ PART_ENCODER, "attention.layer_norm_epsilon", 0, 1e-5F },
	{ 0, NULL, 0, 0 },
};

/* ---- the rows ---- */

enum {
	DENSE = PART_FF_NORM | PART_FF,
	ROUTED = PART_ROUTER | PART_EXPERTS,
	PLAIN = PART_NORM | PART_ATTENTION | DENSE,
	GPT_OSS = PART_NORM | PART_ATTENTION | PART_QKV_BIAS | PART_OUT_BIAS | PART_SINKS |
		  PART_POST_NORM | ROUTED | PART_EXPERTS_BIAS,
	GEMMA_4 = PART_NORM | PART_POST_NORM | DENSE | PART_FF_POST_NORM | ROUTED |
		  PART_EXPERTS_BESIDE | PART_SCALE,
	BERT = PART_ATTENTION | PART_QKV_BIAS | PART_OUT_BIAS | PART_ENCODER
};

static const struct tiny_key heads[] = {
	{ 0, "attention.key_length", TINY_HEAD_DIM, 0 },
	{ 0, "attention.value_length", TINY_HEAD_DIM, 0 },
	{ 0, "rope.dimension_count", TINY_HEAD_DIM, 0 },
	{ 0, NULL, 0, 0 },
};

static const struct tiny_key heads_of_two_sizes[] = {
	{ 0, "attention.key_length", WIDE, 0 },
	{ 0, "attention.value_length", WIDE, 0 },
	{ 0, "attention.key_length_swa", TINY_HEAD_DIM, 0 },
	{ 0, "attention.value_length_swa", TINY_HEAD_DIM, 0 },
	{ 0, "attention.shared_kv_layers", 0, 0 },
	{ 0, "rope.dimension_count", WIDE, 0 },
	{ 0, "rope.dimension_count_swa", TINY_HEAD_DIM, 0 },
	{ 0, "rope.freq_base_swa", 0, 10000.0F },
	{ 0, "embedding_length_per_layer_input", 0, 0 },
	{ 0, "final_logit_softcapping", 0, 30.0F },
	{ 0, NULL, 0, 0 },
};

static const struct tiny_tensor rope_by_share[] = {
	{ 0, "rope_freqs.weight", { WIDE / 2 } },
	{ 0, NULL, { 0 } },
};

static const struct tiny_tensor encoder[] = {
	{ 0, "token_types.weight", { TINY_WIDTH, 2 } },
	{ 0, "token_embd_norm.weight", { TINY_WIDTH } },
	{ 0, "token_embd_norm.bias", { TINY_WIDTH } },
	{ 0, NULL, { 0 } },
};

static const struct tiny_key no_keys[] = { { 0, NULL, 0, 0 } };

static const struct tiny_arch archs[] = {
	{ .name = "llama", .layers = { PLAIN, PLAIN }, .keys = heads },
	{ .name = "qwen2",
		.layers = { PLAIN | PART_QKV_BIAS, PLAIN | PART_QKV_BIAS },
		.keys = heads },
	{ .name = "qwen3",
		.layers = { PLAIN | PART_QK_NORM, PLAIN | PART_QK_NORM },
		.keys = heads },
	{ .name = "qwen3moe",
		.layers = { PART_NORM | PART_ATTENTION | PART_QK_NORM | PART_FF_NORM | ROUTED,
			PART_NORM | PART_ATTENTION | PART_QK_NORM | PART_FF_NORM | ROUTED },
		.keys = heads },
	{ .name = "gemma4",
		.layers = { GEMMA_4 | PART_ATTENTION | PART_QK_NORM | PART_WINDOW,
			GEMMA_4 | PART_WIDE },
		.says = TINY_SAYS_WINDOWS,
		.tensors = rope_by_share,
		.keys = heads_of_two_sizes },
	{ .name = "nemotron_h_moe",
		.layers = { PART_NORM | PART_MAMBA, PART_NORM | PART_ROUTER | PART_EXPERTS_SQUARED,
			PART_NORM | PART_ATTENTION },
		.says = TINY_SAYS_KV_HEADS | TINY_SAYS_FF,
		.keys = heads },
	{ .name = "gpt-oss", .layers = { GPT_OSS | PART_WINDOW, GPT_OSS }, .keys = heads },
	{ .name = "qwen35",
		.layers = { PART_NORM | PART_DELTA | PART_POST_NORM | PART_FF,
			PART_NORM | PART_GATED | PART_POST_NORM | PART_FF },
		.keys = heads },
	{ .name = "lfm2",
		.layers = { PART_NORM | PART_CONVOLUTION | DENSE, PLAIN | PART_QK_NORM },
		.says = TINY_SAYS_KV_HEADS,
		.norm = "token_embd_norm.weight",
		.keys = heads },
	{ .name = "bert",
		.layers = { BERT, BERT },
		.says = TINY_SAYS_PLACES,
		.tensors = encoder,
		.keys = no_keys },
};

const struct tiny_arch *tiny_arch_find(const char *name, struct err *e)
{
	enum { ROWS = sizeof(archs) / sizeof(archs[0]) };
	char names[256] = "";
	size_t n = 0;
	for (size_t i = 0; i < ROWS; i++) {
		if (str_eq_z(str_z(name), archs[i].name))
			return &archs[i];
		n += (size_t)snprintf(
			names + n, sizeof(names) - n, "%s%s", i ? ", " : "", archs[i].name);
	}
	fail(e, ERR_USAGE, LAYER_ENGINE, "no recipe for a tiny model of architecture '%s'", name);
	err_mend(e, "take one of %s", names);
	return NULL;
}
