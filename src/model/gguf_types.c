/*
 * gguf_types.c - the tables of the format; see gguf_types.h.
 */
#include "model/gguf_types.h"

const struct gg_kind_row gg_kinds[] = {
	[GG_U8] = { "u8", 1 },
	[GG_I8] = { "i8", 1 },
	[GG_U16] = { "u16", 2 },
	[GG_I16] = { "i16", 2 },
	[GG_U32] = { "u32", 4 },
	[GG_I32] = { "i32", 4 },
	[GG_F32] = { "f32", 4 },
	[GG_BOOL] = { "bool", 1 },
	[GG_STR] = { "string", 0 },
	[GG_ARRAY] = { "array", 0 },
	[GG_U64] = { "u64", 8 },
	[GG_I64] = { "i64", 8 },
	[GG_F64] = { "f64", 8 },
};
_Static_assert(sizeof(gg_kinds) / sizeof(gg_kinds[0]) == GG_KIND_COUNT, "a row a kind");

/* In ggml's numbering. Holes were types of old files that no current ggml reads. */
static const struct gg_tensor_type tensor_types[GG_TENSOR_TYPES] = {
	[0] = { "F32", 1, 4 },
	[1] = { "F16", 1, 2 },
	[2] = { "Q4_0", 32, 18 },
	[3] = { "Q4_1", 32, 20 },
	[6] = { "Q5_0", 32, 22 },
	[7] = { "Q5_1", 32, 24 },
	[8] = { "Q8_0", 32, 34 },
	[9] = { "Q8_1", 32, 36 },
	[10] = { "Q2_K", 256, 84 },
	[11] = { "Q3_K", 256, 110 },
	[12] = { "Q4_K", 256, 144 },
	[13] = { "Q5_K", 256, 176 },
	[14] = { "Q6_K", 256, 210 },
	[15] = { "Q8_K", 256, 292 },
	[16] = { "IQ2_XXS", 256, 66 },
	[17] = { "IQ2_XS", 256, 74 },
	[18] = { "IQ3_XXS", 256, 98 },
	[19] = { "IQ1_S", 256, 50 },
	[20] = { "IQ4_NL", 32, 18 },
	[21] = { "IQ3_S", 256, 110 },
	[22] = { "IQ2_S", 256, 82 },
	[23] = { "IQ4_XS", 256, 136 },
	[24] = { "I8", 1, 1 },
	[25] = { "I16", 1, 2 },
	[26] = { "I32", 1, 4 },
	[27] = { "I64", 1, 8 },
	[28] = { "F64", 1, 8 },
	[29] = { "IQ1_M", 256, 56 },
	[30] = { "BF16", 1, 2 },
	[34] = { "TQ1_0", 256, 54 },
	[35] = { "TQ2_0", 256, 66 },
	[39] = { "MXFP4", 32, 17 },
	[40] = { "NVFP4", 64, 36 },
	[41] = { "Q1_0", 128, 18 },
	[42] = { "Q2_0", 64, 18 },
};

const struct gg_tensor_type *gg_tensor_type(uint32_t id)
{
	return id < GG_TENSOR_TYPES && tensor_types[id].name ? &tensor_types[id] : NULL;
}

/* In llama.cpp's numbering (enum llama_ftype of 0.5.0). */
static const char *const file_types[] = {
	[0] = "F32",
	[1] = "F16",
	[2] = "Q4_0",
	[3] = "Q4_1",
	[7] = "Q8_0",
	[8] = "Q5_0",
	[9] = "Q5_1",
	[10] = "Q2_K",
	[11] = "Q3_K_S",
	[12] = "Q3_K_M",
	[13] = "Q3_K_L",
	[14] = "Q4_K_S",
	[15] = "Q4_K_M",
	[16] = "Q5_K_S",
	[17] = "Q5_K_M",
	[18] = "Q6_K",
	[19] = "IQ2_XXS",
	[20] = "IQ2_XS",
	[21] = "Q2_K_S",
	[22] = "IQ3_XS",
	[23] = "IQ3_XXS",
	[24] = "IQ1_S",
	[25] = "IQ4_NL",
	[26] = "IQ3_S",
	[27] = "IQ3_M",
	[28] = "IQ2_S",
	[29] = "IQ2_M",
	[30] = "IQ4_XS",
	[31] = "IQ1_M",
	[32] = "BF16",
	[36] = "TQ1_0",
	[37] = "TQ2_0",
	[38] = "MXFP4",
	[39] = "NVFP4",
	[40] = "Q1_0",
	[41] = "Q2_0",
};

const char *gg_file_type_name(uint32_t file_type)
{
	return file_type < sizeof(file_types) / sizeof(file_types[0]) ? file_types[file_type]
								      : NULL;
}
