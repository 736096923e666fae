/*
 * buf.h - bytes we own, growing, with a cap given at birth.
 *
 * What does not fit under the cap is not added at all and sets `overflow`, which stays set until
 * buf_reset: so a writer appends without looking and checks once at the end. The bytes are always
 * followed by a NUL that does not count, so buf_z can hand them to C functions. Owned by whoever
 * embeds it; no thread of its own.
 */
#ifndef OFFGRID_BASE_BUF_H
#define OFFGRID_BASE_BUF_H

#include "base/str.h"

struct buf {
	char *p;
	size_t n;   /* bytes in use */
	size_t cap; /* bytes allocated, the NUL included */
	size_t max; /* most bytes that n may reach */
	bool overflow;
};

void buf_init(struct buf *b, size_t max_bytes); /* allocates nothing yet */
void buf_clear(struct buf *b);                  /* frees; empty and reusable, same cap */
void buf_reset(struct buf *b);                  /* empty, keeps the memory, forgets overflow */

/* Borrowed until the next change. */
static inline struct str buf_str(const struct buf *b)
{
	return (struct str){ b->p, b->n };
}

const char *buf_z(const struct buf *b); /* the same, NUL-terminated, never NULL */

/* All of these return false, add nothing and set overflow if the cap would be
 * passed. */
bool buf_add(struct buf *b, struct str s);
bool buf_add_z(struct buf *b, const char *z);
bool buf_add_char(struct buf *b, char c);
bool buf_add_fill(struct buf *b, char c, size_t count);
bool buf_add_i64(struct buf *b, int64_t number); /* in decimal */
bool buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for `bytes` more at the end to be written to by hand, or NULL; buf_grew tells how many were
 * written. */
char *buf_room(struct buf *b, size_t bytes);
void buf_grew(struct buf *b, size_t bytes);

void buf_drop_front(struct buf *b, size_t bytes); /* removes bytes from the front */
void buf_truncate(struct buf *b, size_t bytes);   /* keeps the first `bytes` */

/* Hands the memory over (NUL-terminated, to be freed by the caller) and leaves the buffer empty. */
char *buf_take(struct buf *b);

#endif
