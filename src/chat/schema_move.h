/*
 * schema_move.h - what the next byte means to one branch of a run; for schema_*.c only.
 *
 * A move is decided on a view, which changes nothing, and carried out by schema_run.c. One byte may
 * have several meanings: what may be complete may go on as well.
 */
#ifndef OFFGRID_CHAT_SCHEMA_MOVE_H
#define OFFGRID_CHAT_SCHEMA_MOVE_H

#include "chat/schema_view.h"

enum move_kind {
	MOVE_BLANK,
	MOVE_SCALAR,    /* scalar goes to state `to` */
	MOVE_TEXT,      /* text `to` of the form, of which so many bytes are there: `free_to` */
	MOVE_NAME,      /* names go to `to`, free names to `free_to` */
	MOVE_NAME_END,  /* the key is number `to`, or KEY_FREE */
	MOVE_KEY_AGAIN, /* so many bytes of it and what is behind it are there: `to` */
	MOVE_COLON,
	MOVE_VALUE, /* a value begins */
};

/* The texts of a form, and what a frame does behind each. */
enum form_text {
	TEXT_OPEN,
	TEXT_KEY_OPEN,
	TEXT_SEPARATOR,
	TEXT_CLOSE,
};

struct move {
	enum move_kind kind;
	uint32_t to, free_to;
	uint16_t frame; /* words from the bottom of the stack: the frame that moves */
};

enum { MOVES_MAX = 3 }; /* that one byte may mean to a branch */

/* What a byte means to a branch. */
struct choice {
	struct move p[MOVES_MAX];
	uint16_t n;
};

/* What the byte means to the branch; n is 0 if nothing. */
void choice_decide(const struct schema *s, const struct schema_run *run, uint16_t branch,
	unsigned char c, struct choice *out);

/* ---- what deciding and moving both ask ---- */

/* The simple nodes of which one may be the value of `node`, which may be one itself. */
uint32_t choice_ways(const struct schema *s, const uint32_t *node, const uint32_t **ways);
/* The node whose value the frame awaits; SCHEMA_NONE: no more may come. */
uint32_t choice_awaited(const struct view *v);
bool choice_may_begin(const struct view *v, uint32_t way, unsigned char c);
/* Whether the counter lets a string go from its state to `to` with this byte. */
bool choice_count_allows(
	const struct view *v, const struct node_scalar *n, uint32_t to, unsigned char c);
/* How long a raw string has become. */
static inline struct raw_count_at choice_counted(const struct frame *f)
{
	return (struct raw_count_at){ f->count, f->free_at };
}
bool choice_scalar_is_complete(const struct view *v);
/* The frame under a scalar that is complete. */
struct view choice_below(const struct view *v, uint16_t branch);
/* Of the key behind its value, and what is behind it, the byte at `at`; 0: that was all. */
char choice_key_again(const struct view *v, size_t at);
struct str choice_text(const struct node_form *form, enum form_text text);

#endif
