/*
 * schema_form.h - how values are written where they stand; for schema_*.c only.
 *
 * A spot is a place for a value. NULL is any place inside a literal; the top is the members of a
 * call's arguments; a tagged spot is a value between tags, whose texts it holds (of a key that no
 * schema names: up to where the key stands once more). Nodes of one
 * schema differ by spot.
 */
#ifndef OFFGRID_CHAT_SCHEMA_FORM_H
#define OFFGRID_CHAT_SCHEMA_FORM_H

#include "chat/schema_shape.h"

/* Types as texts name them. */
enum type_word {
	WORD_STRING,
	WORD_NUMBER,
	WORD_BOOLEAN,
	WORD_OBJECT,
	WORD_ARRAY,
	WORD_NULL,
	TYPE_WORD_COUNT
};

struct spot {
	const struct spot *next;
	bool is_top;
	struct str key;   /* whose value stands here; empty if all keys share the spot */
	struct str open;  /* with its holes */
	struct str close; /* without */
	const struct node_form *wraps[TYPE_WORD_COUNT];
	const struct node_form *elements; /* objects and arrays here, or NULL: they are JSON */
	const struct dfa *any_text;       /* built when first needed */
};

struct forms {
	const struct node_form *objects[2]; /* inside literals; the second may be NULL */
	const struct node_form *array;
	const struct node_form *top;
	struct spot *top_spot;
	struct spot *spots; /* made so far */
	bool is_tagged;     /* values of the top stand between tags */
	bool is_typed;      /* which tell their type */
	bool has_elements;
	bool closes_with_key;
	size_t key_at; /* where it stands in the text that closes */
};

void forms_init(struct schema *s);

/* The spot of a member's value, of an item, in a spot. */
const struct spot *spot_of_member(struct schema_build *b, const struct spot *spot, struct str key);
const struct spot *spot_of_item(struct schema_build *b, const struct spot *spot);

/* Wraps a node (or gives it as it is, at NULL). */
uint32_t form_wrap(
	struct schema_build *b, const struct spot *spot, enum type_word type, uint32_t node);

/* Inside a literal that stands between tags the closing tag would be read as such: it can be
 * written with an escape, or another string. */
const struct dfa *form_without_closing(struct schema_build *b, const struct dfa *d);
/* Adds the strings of a shape, as the spot writes them. */
void form_strings(struct schema_build *b, const struct shape *shape, const struct spot *spot,
	struct ways *out);
/* Adds the values of an enum that are no objects or arrays. */
void form_values(struct schema_build *b, const struct shape *shape, const struct spot *spot,
	struct ways *out);
/* Adds true, false and null. */
void form_constants(struct schema_build *b, const struct shape *shape, const struct spot *spot,
	struct ways *out);

/* A key as the form writes it, in scratch memory; p NULL if it cannot. */
struct str form_key(struct schema_build *b, const struct node_form *form, const char *name);
/* Any other key, with what ends it, and its quote if it has one. */
const struct dfa *form_any_key(struct schema_build *b, const struct node_form *form);
/* How the letters of keys are spelled, and such an inside as a whole key: NULL if there is none. */
enum scalar_letters form_key_letters(const struct node_form *form);
const struct dfa *form_key_of(struct schema_build *b, const struct node_form *form,
	const struct dfa *inside, bool *overflow);

#endif
