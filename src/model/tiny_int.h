/*
 * tiny_int.h - what tiny models are made of; for tiny.c, tiny_arch.c and tiny_vocab.c only.
 *
 * A layer is a set of parts; each tensor and each key of the tables belongs to one part. An
 * architecture is a row: its layers, and what it says once for each layer.
 */
#ifndef OFFGRID_MODEL_TINY_INT_H
#define OFFGRID_MODEL_TINY_INT_H

#include "base/arena.h"
#include "model/tiny.h"

enum {
	TINY_WIDTH = 64,
	TINY_HEADS = 4,
	TINY_KV_HEADS = 2,
	TINY_HEAD_DIM = TINY_WIDTH / TINY_HEADS,
	TINY_KV = TINY_KV_HEADS * TINY_HEAD_DIM,
	TINY_FF = 128,
	TINY_LAYERS = 4 /* at most */
};

enum tiny_part {
	PART_NORM = 1 << 0,      /* in front of whatever mixes tokens */
	PART_ATTENTION = 1 << 1, /* queries, keys, values, output */
	PART_WIDE = 1 << 2,      /* the same with heads of twice the size, and keys for values */
	PART_GATED = 1 << 3,     /* the same with a gate beside each query */
	PART_QKV_BIAS = 1 << 4,
	PART_OUT_BIAS = 1 << 5,
	PART_QK_NORM = 1 << 6,
	PART_SINKS = 1 << 7,
	PART_WINDOW = 1 << 8, /* looks back TINY_WINDOW tokens only */
	PART_POST_NORM = 1 << 9,
	PART_FF_NORM = 1 << 10,
	PART_FF = 1 << 11,
	PART_FF_POST_NORM = 1 << 12,
	PART_ROUTER = 1 << 13, /* chooses experts */
	PART_EXPERTS = 1 << 14,
	PART_EXPERTS_BIAS = 1 << 15,
	PART_EXPERTS_SQUARED = 1 << 16, /* experts without a gate, and one that is always asked */
	PART_EXPERTS_BESIDE = 1 << 17,  /* norms for experts beside an ordinary feed-forward */
	PART_MAMBA = 1 << 18,
	PART_DELTA = 1 << 19,       /* linear attention by a gated delta rule */
	PART_CONVOLUTION = 1 << 20, /* a short one */
	PART_SCALE = 1 << 21,       /* of the layer's output */
	PART_ENCODER = 1 << 22      /* norms behind both halves, a feed-forward without a gate */
};

/* A tensor of one layer ("blk.N." in front), or of the whole model. */
struct tiny_tensor {
	unsigned part; /* one bit; 0: of the whole model */
	const char *name;
	uint64_t dims[3]; /* numbers in a row first; 0: no such dimension */
};

/* A key under the architecture's name, put where any layer has the part. */
struct tiny_key {
	unsigned part; /* one bit; 0: always */
	const char *name;
	uint32_t number;
	float real; /* counts if it is not 0 */
};

/* What an architecture says in arrays, one number a layer, and what else it says. */
enum tiny_says {
	TINY_SAYS_KV_HEADS = 1,
	TINY_SAYS_FF = 2,
	TINY_SAYS_WINDOWS = 4,
	TINY_SAYS_PLACES = 8 /* no array: a table of places, and no output: an encoder */
};

struct tiny_arch {
	const char *name;
	unsigned layers[TINY_LAYERS]; /* parts; 0 ends them */
	unsigned says;
	const char *norm; /* of the output; NULL: "output_norm.weight" */
	const struct tiny_tensor
		*tensors;            /* its own of the whole model, up to one without a name */
	const struct tiny_key *keys; /* its own, up to one without a name */
};

/* NULL with ERR_USAGE if there is no such row. */
const struct tiny_arch *tiny_arch_find(const char *name, struct err *e);

/* Of all architectures, each up to one without a name. */
extern const struct tiny_tensor tiny_tensors[];
extern const struct tiny_key tiny_keys[];

/* Writes the vocabulary's keys; returns its size. */
size_t tiny_put_vocabulary(
	struct gg_writer *w, struct arena *a, const struct tiny_vocabulary *vocabulary);

#endif
