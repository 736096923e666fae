/*
 * token_list.h - tokens with the place in a text at which each ends.
 *
 * A token covers the bytes from where the one before it ends. Ends never fall. Owned by whoever
 * embeds it; no thread of its own.
 */
#ifndef OFFGRID_ENGINE_TOKEN_LIST_H
#define OFFGRID_ENGINE_TOKEN_LIST_H

#include "base/str.h"

enum token_origin {
	TOKEN_READ,    /* from a prompt */
	TOKEN_SAMPLED, /* the model said it */
	TOKEN_FORCED   /* a guide left no choice */
};

struct token {
	int32_t id;
	uint32_t end;
	uint8_t origin;
	bool is_control; /* matched as a control token, not spelled out */
};

struct token_list {
	struct token *p;
	size_t n, room;
};

void token_list_clear(struct token_list *l); /* frees; empty and reusable */
void token_list_add(struct token_list *l, struct token t);
void token_list_truncate(struct token_list *l, size_t n);
static inline uint32_t token_list_end(const struct token_list *l, size_t n) /* of the first n */
{
	return n ? l->p[n - 1].end : 0;
}

/* Index of the first token that ends behind `end`: how many tokens lie wholly before it. */
size_t token_list_before(const struct token_list *l, uint32_t end);

#endif
