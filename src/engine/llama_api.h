/*
 * llama_api.h - libllama as this folder calls it.
 *
 * Where the program opens the library itself (base/lazy.h; OFFGRID_LLAMA_FILE names it), each name
 * below stands for a pointer that llama_load fills. So what never runs a model, a server in front
 * of other servers most of all, is spared libllama, ggml and the C++ library: a sixth of its
 * memory and most of the time of its start. Elsewhere the program is linked with the library, and
 * the names are the functions themselves.
 *
 * A function called here for the first time gets a line in both lists; the linker names one that
 * is missing. Nothing of libllama is called before llama_load said yes (engine/library.h).
 */
#ifndef OFFGRID_ENGINE_LLAMA_API_H
#define OFFGRID_ENGINE_LLAMA_API_H

#include <llama.h>

#include "base/err.h"

/* Any thread, any number of times. ERR_BROKEN without a layer: the library, or one of these
 * functions, is not there. */
bool llama_load(struct err *e);

#ifdef OFFGRID_LLAMA_FILE

/* clang-format off */
#define LLAMA_FUNCTIONS(X) \
	X(ggml_backend_dev_backend_reg) X(ggml_backend_dev_by_type) X(ggml_backend_dev_count) \
	X(ggml_backend_dev_description) X(ggml_backend_dev_get) X(ggml_backend_dev_memory) \
	X(ggml_backend_dev_name) X(ggml_backend_dev_type) X(ggml_backend_load_all) \
	X(ggml_backend_load_all_from_path) X(ggml_backend_reg_get_proc_address) \
	X(ggml_backend_reg_name) X(ggml_free) X(ggml_get_tensor) X(ggml_get_type_traits) \
	X(ggml_is_quantized) X(ggml_quantize_chunk) X(ggml_row_size) \
	X(ggml_threadpool_params_default) X(gguf_add_tensor) X(gguf_free) X(gguf_get_alignment) \
	X(gguf_get_meta_data) X(gguf_get_meta_size) X(gguf_get_n_tensors) X(gguf_get_tensor_name) \
	X(gguf_init_empty) X(gguf_init_from_file) X(gguf_set_kv) X(gguf_set_tensor_type) \
	X(gguf_set_val_str) X(gguf_set_val_u32) X(llama_adapter_lora_init) \
	X(llama_attach_threadpool) X(llama_backend_init) X(llama_batch_free) \
	X(llama_batch_get_one) X(llama_batch_init) X(llama_context_default_params) \
	X(llama_decode) X(llama_encode) X(llama_free) X(llama_ftype_name) \
	X(llama_get_embeddings_seq) X(llama_get_logits_ith) X(llama_get_memory) \
	X(llama_init_from_model) X(llama_log_set) X(llama_memory_clear) X(llama_memory_seq_cp) \
	X(llama_memory_seq_pos_min) X(llama_memory_seq_rm) X(llama_model_chat_template) \
	X(llama_model_default_params) X(llama_model_free) X(llama_model_ftype) \
	X(llama_model_get_vocab) X(llama_model_has_decoder) X(llama_model_has_encoder) \
	X(llama_model_is_hybrid) X(llama_model_is_recurrent) X(llama_model_load_from_file) \
	X(llama_model_meta_key_str) X(llama_model_meta_val_str) X(llama_model_n_ctx_train) \
	X(llama_model_n_embd_out) X(llama_model_n_layer) X(llama_model_n_params) \
	X(llama_model_n_swa) X(llama_model_size) X(llama_n_ctx) X(llama_set_adapters_lora) \
	X(llama_set_embeddings) X(llama_set_n_threads) X(llama_state_seq_get_data) X(llama_state_seq_get_data_ext) \
	X(llama_state_seq_get_size) X(llama_state_seq_get_size_ext) X(llama_state_seq_set_data) \
	X(llama_state_seq_set_data_ext) X(llama_supports_gpu_offload) X(llama_synchronize) \
	X(llama_token_to_piece) X(llama_tokenize) X(llama_version) X(llama_vocab_bos) \
	X(llama_vocab_eos) X(llama_vocab_eot) X(llama_vocab_fim_mid) X(llama_vocab_fim_pre) \
	X(llama_vocab_fim_suf) X(llama_vocab_get_add_bos) X(llama_vocab_get_add_eos) \
	X(llama_vocab_get_attr) X(llama_vocab_is_eog) X(llama_vocab_n_tokens)
/* clang-format on */

struct llama_api {
#define MEMBER(name) __typeof__(name) *name##_;
	LLAMA_FUNCTIONS(MEMBER)
#undef MEMBER
};

extern struct llama_api llama_api;

#define ggml_backend_dev_backend_reg llama_api.ggml_backend_dev_backend_reg_
#define ggml_backend_dev_by_type     llama_api.ggml_backend_dev_by_type_
#define ggml_backend_dev_count       llama_api.ggml_backend_dev_count_
#define ggml_backend_dev_description llama_api.ggml_backend_dev_description_
#define ggml_backend_dev_get         llama_api.ggml_backend_dev_get_
#define ggml_backend_dev_memory      llama_api.ggml_backend_dev_memory_
#define ggml_backend_dev_name        llama_api.ggml_backend_dev_name_
/* This is the name of a type, too. */
#define ggml_backend_dev_type(device)     llama_api.ggml_backend_dev_type_(device)
#define ggml_backend_load_all             llama_api.ggml_backend_load_all_
#define ggml_backend_load_all_from_path   llama_api.ggml_backend_load_all_from_path_
#define ggml_backend_reg_get_proc_address llama_api.ggml_backend_reg_get_proc_address_
#define ggml_backend_reg_name             llama_api.ggml_backend_reg_name_
#define ggml_free                         llama_api.ggml_free_
#define ggml_get_tensor                   llama_api.ggml_get_tensor_
#define ggml_get_type_traits              llama_api.ggml_get_type_traits_
#define ggml_is_quantized                 llama_api.ggml_is_quantized_
#define ggml_quantize_chunk               llama_api.ggml_quantize_chunk_
#define ggml_row_size                     llama_api.ggml_row_size_
#define ggml_threadpool_params_default    llama_api.ggml_threadpool_params_default_
#define gguf_add_tensor                   llama_api.gguf_add_tensor_
#define gguf_free                         llama_api.gguf_free_
#define gguf_get_alignment                llama_api.gguf_get_alignment_
#define gguf_get_meta_data                llama_api.gguf_get_meta_data_
#define gguf_get_meta_size                llama_api.gguf_get_meta_size_
#define gguf_get_n_tensors                llama_api.gguf_get_n_tensors_
#define gguf_get_tensor_name              llama_api.gguf_get_tensor_name_
#define gguf_init_empty                   llama_api.gguf_init_empty_
#define gguf_init_from_file               llama_api.gguf_init_from_file_
#define gguf_set_kv                       llama_api.gguf_set_kv_
#define gguf_set_tensor_type              llama_api.gguf_set_tensor_type_
#define gguf_set_val_str                  llama_api.gguf_set_val_str_
#define gguf_set_val_u32                  llama_api.gguf_set_val_u32_
#define llama_adapter_lora_init           llama_api.llama_adapter_lora_init_
#define llama_attach_threadpool           llama_api.llama_attach_threadpool_
#define llama_backend_init                llama_api.llama_backend_init_
#define llama_batch_free                  llama_api.llama_batch_free_
#define llama_batch_get_one               llama_api.llama_batch_get_one_
#define llama_batch_init                  llama_api.llama_batch_init_
#define llama_context_default_params      llama_api.llama_context_default_params_
#define llama_decode                      llama_api.llama_decode_
#define llama_encode                      llama_api.llama_encode_
#define llama_free                        llama_api.llama_free_
#define llama_ftype_name                  llama_api.llama_ftype_name_
#define llama_get_embeddings_seq          llama_api.llama_get_embeddings_seq_
#define llama_get_logits_ith              llama_api.llama_get_logits_ith_
#define llama_get_memory                  llama_api.llama_get_memory_
#define llama_init_from_model             llama_api.llama_init_from_model_
#define llama_log_set                     llama_api.llama_log_set_
#define llama_memory_clear                llama_api.llama_memory_clear_
#define llama_memory_seq_cp               llama_api.llama_memory_seq_cp_
#define llama_memory_seq_pos_min          llama_api.llama_memory_seq_pos_min_
#define llama_memory_seq_rm               llama_api.llama_memory_seq_rm_
#define llama_model_chat_template         llama_api.llama_model_chat_template_
#define llama_model_default_params        llama_api.llama_model_default_params_
#define llama_model_free                  llama_api.llama_model_free_
#define llama_model_ftype                 llama_api.llama_model_ftype_
#define llama_model_get_vocab             llama_api.llama_model_get_vocab_
#define llama_model_has_decoder           llama_api.llama_model_has_decoder_
#define llama_model_has_encoder           llama_api.llama_model_has_encoder_
#define llama_model_is_hybrid             llama_api.llama_model_is_hybrid_
#define llama_model_is_recurrent          llama_api.llama_model_is_recurrent_
#define llama_model_load_from_file        llama_api.llama_model_load_from_file_
#define llama_model_meta_key_str          llama_api.llama_model_meta_key_str_
#define llama_model_meta_val_str          llama_api.llama_model_meta_val_str_
#define llama_model_n_ctx_train           llama_api.llama_model_n_ctx_train_
#define llama_model_n_embd_out            llama_api.llama_model_n_embd_out_
#define llama_model_n_layer               llama_api.llama_model_n_layer_
#define llama_model_n_params              llama_api.llama_model_n_params_
#define llama_model_n_swa                 llama_api.llama_model_n_swa_
#define llama_model_size                  llama_api.llama_model_size_
#define llama_n_ctx                       llama_api.llama_n_ctx_
#define llama_set_adapters_lora           llama_api.llama_set_adapters_lora_
#define llama_set_embeddings              llama_api.llama_set_embeddings_
#define llama_set_n_threads               llama_api.llama_set_n_threads_
#define llama_state_seq_get_data          llama_api.llama_state_seq_get_data_
#define llama_state_seq_get_data_ext      llama_api.llama_state_seq_get_data_ext_
#define llama_state_seq_get_size          llama_api.llama_state_seq_get_size_
#define llama_state_seq_get_size_ext      llama_api.llama_state_seq_get_size_ext_
#define llama_state_seq_set_data          llama_api.llama_state_seq_set_data_
#define llama_state_seq_set_data_ext      llama_api.llama_state_seq_set_data_ext_
#define llama_supports_gpu_offload        llama_api.llama_supports_gpu_offload_
#define llama_synchronize                 llama_api.llama_synchronize_
#define llama_token_to_piece              llama_api.llama_token_to_piece_
#define llama_tokenize                    llama_api.llama_tokenize_
#define llama_version                     llama_api.llama_version_
#define llama_vocab_bos                   llama_api.llama_vocab_bos_
#define llama_vocab_eos                   llama_api.llama_vocab_eos_
#define llama_vocab_eot                   llama_api.llama_vocab_eot_
#define llama_vocab_fim_mid               llama_api.llama_vocab_fim_mid_
#define llama_vocab_fim_pre               llama_api.llama_vocab_fim_pre_
#define llama_vocab_fim_suf               llama_api.llama_vocab_fim_suf_
#define llama_vocab_get_add_bos           llama_api.llama_vocab_get_add_bos_
#define llama_vocab_get_add_eos           llama_api.llama_vocab_get_add_eos_
#define llama_vocab_get_attr              llama_api.llama_vocab_get_attr_
#define llama_vocab_is_eog                llama_api.llama_vocab_is_eog_
#define llama_vocab_n_tokens              llama_api.llama_vocab_n_tokens_

#endif

#endif
