/*
 * schema_int.h - what a schema is compiled to; for the schema_*.c files only.
 *
 * Nodes are values that a place may hold; they refer to each other by number, so that recursion is
 * a cycle. `need` is how many words of stack the smallest value of a node takes to write: a value
 * is only begun where that much is left, so nothing that was begun gets stuck for room.
 */
#ifndef OFFGRID_CHAT_SCHEMA_INT_H
#define OFFGRID_CHAT_SCHEMA_INT_H

#include "chat/dfa.h"
#include "chat/raw_count.h"
#include "chat/schema.h"

#define SCHEMA_NONE UINT32_MAX
#define NEED_NONE   UINT32_MAX /* no value at all: the node cannot be written */

enum node_kind { NODE_SCALAR, NODE_OBJECT, NODE_ARRAY, NODE_WRAP, NODE_CHOICE };

/* How an object, an array or a wrapped value is written. */
struct node_form {
	enum schema_spacing spacing;
	struct str open, close; /* open is empty for the members at the top */
	struct str separator;   /* between members or items; may be empty */
	struct str key_open;    /* may be empty */
	unsigned char key_end;  /* ends a key */
	bool key_end_is_value;  /* and begins its value */
	bool has_colon;         /* stands between key and value, with blanks */
	struct str behind_key;  /* behind the value of a key that no schema names stands the key
				   once more, and this; empty: nothing does */
	bool is_bare;           /* keys stand as they are */
};

/* A string, number, true, false, null: one automaton over its bytes. */
struct node_scalar {
	const struct dfa *dfa;
	uint32_t
		home; /* where a character of a free string begins, or DFA_NONE: nothing to count */
	uint32_t min_chars, max_chars;   /* counted at `home` */
	unsigned char quote;             /* ends a free string */
	bool is_raw;                     /* may be complete and go on at once: both are followed */
	const struct raw_count *counted; /* of a raw string: its length is; or NULL */
};

struct node_key {
	uint32_t node;
	uint32_t position; /* in the order of the schema */
	bool is_required;
};

struct node_object {
	const struct dfa *names;      /* NULL: no key is named */
	const struct dfa_span *spans; /* for names: the keys that lie beyond a state */
	const struct node_key *keys;  /* sorted by spelling */
	const uint32_t *by_position;  /* key numbers in the order of the schema */
	const uint64_t *required;     /* bits by key */
	uint32_t n_keys, n_words;     /* words of a set of keys */
	uint32_t free;                /* the value of any other key, or SCHEMA_NONE */
	const struct dfa *free_names; /* its spelling, quotes included */
	const bool *free_is_endless; /* by state: endlessly many lie beyond; NULL: in all of them */
	bool any_order;
	unsigned char key_end; /* as the form has it */
	uint32_t key_words;    /* that a free key takes while it is remembered: KEY_WORDS or 0 */
	uint32_t min_members, max_members;
	uint32_t reserve; /* most `need` of a required member */
};

struct node_array {
	const uint32_t *first; /* items with a schema of their own */
	uint32_t n_first;
	uint32_t rest; /* all others, or SCHEMA_NONE */
	uint32_t min_items, max_items;
};

/* A value between two texts: those of the form. */
struct node_wrap {
	uint32_t inner;
};

/* Any of these; flat after sealing. */
struct node_choice {
	const uint32_t *ways;
	uint32_t n_ways;
};

struct node {
	enum node_kind kind;
	uint32_t need;
	struct byte_set first;        /* bytes that may begin it */
	const struct node_form *form; /* objects, arrays, wrapped values */
	union {
		struct node_scalar scalar;
		struct node_object object;
		struct node_array array;
		struct node_wrap wrap;
		struct node_choice choice;
	};
};

/* An open bracket or scalar on the stack of a run; an object's is followed by the set of its keys,
 * the hashes of its free ones and, from the beginning of a key to the end of its value, the free
 * key where it will stand there once more. */
struct frame {
	uint64_t hash; /* object: of the free key being written */
	uint32_t node;
	uint32_t count;    /* members, items or characters so far (of a raw string: raw_count.h) */
	uint32_t at;       /* state of the scalar or of the names; the key whose value comes */
	uint32_t free_at;  /* state of the free names; of a raw string: raw_count.h */
	uint16_t below;    /* words from the bottom of the stack to the frame under this one */
	uint16_t n_free;   /* free keys so far */
	uint16_t position; /* object: the next key in the order of the schema */
	uint16_t phase;
};

enum { FRAME_WORDS = 4, KEY_WORDS = 8, KEY_BYTES_MAX = KEY_WORDS * 8 - 2 };

_Static_assert(sizeof(struct frame) <= FRAME_WORDS * sizeof(uint64_t), "a frame fits its words");

struct schema {
	struct arena *mem;
	struct schema_options options;
	struct node *nodes;
	size_t n_nodes, cap_nodes;
	const struct forms *forms;
	struct schema_root {
		uint32_t node;
		bool is_inside;    /* only the members of an object, without its brackets */
		uint32_t fallback; /* taken if the schema has no value at all */
		struct str name;
	} * roots;
	size_t n_roots, cap_roots;
	struct schema_note *notes;
	size_t n_notes;
	struct schema_build *build; /* NULL once sealed */
};

#endif
