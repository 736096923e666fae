/*
 * schema_view.h - one branch of a run, looked at from one of its frames; for schema_*.c only.
 *
 * A view changes nothing: what a byte would mean is decided on views, and only then carried out.
 */
#ifndef OFFGRID_CHAT_SCHEMA_VIEW_H
#define OFFGRID_CHAT_SCHEMA_VIEW_H

#include <string.h>

#include "chat/schema_int.h"

/* What a frame awaits. */
enum phase {
	PHASE_TOP_VALUE,    /* the value of the root */
	PHASE_TOP_DONE,     /* nothing */
	PHASE_SCALAR,       /* more of a scalar */
	PHASE_OBJECT_FIRST, /* a key or } */
	PHASE_OBJECT_NEXT,  /* , or } */
	PHASE_OBJECT_KEY,   /* a key, after a comma */
	PHASE_NAME,         /* more of a key */
	PHASE_COLON,
	PHASE_OBJECT_VALUE, /* the value of key `at` */
	PHASE_KEY_AGAIN,    /* more of the free key behind its value */
	PHASE_ARRAY_FIRST,  /* an item or ] */
	PHASE_ARRAY_NEXT,   /* , or ] */
	PHASE_ARRAY_ITEM,   /* an item, after a comma */
	PHASE_WRAP_VALUE,   /* the value between two texts */
	PHASE_WRAP_NEXT,    /* the text behind it */
	PHASE_TEXT,         /* more of one of the form's texts */
	PHASE_COUNT
};

/* A branch as seen from one of its frames. */
struct view {
	const struct schema *s;
	const struct schema_run *run;
	const struct frame *frame;
	uint16_t offset, words; /* of the frame in its stack; its words */
};

static inline const struct node *view_node(const struct schema *s, uint32_t node)
{
	return &s->nodes[node];
}

static inline uint16_t run_stack_words(const struct schema_run *run, uint16_t branch)
{
	return (uint16_t)(run->start[branch + 1] - run->start[branch]);
}

static inline const struct frame *run_frame(
	const struct schema_run *run, uint16_t branch, uint16_t offset)
{
	return (const struct frame *)(run->words + run->start[branch] + offset);
}

/* A branch from its uppermost frame. */
static inline struct view view_top(
	const struct schema *s, const struct schema_run *run, uint16_t branch)
{
	uint16_t offset = run->top[branch];
	return (struct view){ s, run, run_frame(run, branch, offset), offset,
		(uint16_t)(run_stack_words(run, branch) - offset) };
}

/* Whether a value that needs this much may begin above the frame. */
static inline bool has_room(const struct view *v, uint32_t need)
{
	return need != NEED_NONE &&
	       (uint32_t)v->offset + v->words + need <= LIMIT_SCHEMA_STACK_WORDS;
}

/* ---- the keys of an object, as its frame has it (schema_key.c) ---- */

/* The free key that is remembered by the branch's uppermost frame, ended by a zero. */
static inline char *run_key(struct schema_run *run, uint16_t branch)
{
	return (char *)(run->words + run->start[branch + 1] - KEY_WORDS);
}

/* Adds a byte of it; what is too long is no free key. */
static inline void run_key_add(struct schema_run *run, uint16_t branch, char c)
{
	char *key = run_key(run, branch);
	size_t n = strlen(key);
	if (n <= KEY_BYTES_MAX)
		key[n] = c;
}

/* In place of a key's number: one that is not named in the schema. */
#define KEY_FREE (UINT32_MAX - 1)

#define KEY_HASH_FIRST UINT64_C(0xcbf29ce484222325)

static inline uint64_t key_hash(uint64_t hash, unsigned char c)
{
	return (hash ^ c) * UINT64_C(0x100000001b3);
}

/* Where a byte leads inside a key. */
struct key_step {
	uint32_t key;         /* the key that ended, KEY_FREE, or SCHEMA_NONE: it goes on */
	uint32_t at, free_at; /* states of the names and the free names, or DFA_NONE */
	uint64_t hash;        /* of its bytes so far */
};

bool keys_are_complete(const struct view *v); /* nothing required is missing */
bool keys_may_come(const struct view *v);     /* some key may begin */
struct key_step key_begin(const struct view *v);
/* False if the byte may not come behind what led to `from`. */
bool key_step(
	const struct view *v, const struct key_step *from, unsigned char c, struct key_step *out);
void key_allowed(const struct view *v, const struct key_step *from, struct byte_set *out);

#endif
