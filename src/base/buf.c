/*
 * buf.c - growing bytes under a cap; see buf.h. Growth doubles, so appending is linear in what is
 * appended.
 */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

enum { FIRST_BYTES = 64 };

void buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf){ .max = max_bytes };
}

void buf_clear(struct buf *b)
{
	free(b->p);
	buf_init(b, b->max);
}

void buf_reset(struct buf *b)
{
	buf_truncate(b, 0);
	b->overflow = false;
}

const char *buf_z(const struct buf *b)
{
	return b->p ? b->p : "";
}

static void grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : FIRST_BYTES;
	while (cap < need)
		cap *= 2;
	b->p = must_realloc(b->p, cap);
	b->cap = cap;
}

char *buf_room(struct buf *b, size_t bytes)
{
	if (bytes > b->max - b->n) {
		b->overflow = true;
		return NULL;
	}
	if (b->n + bytes >= b->cap)
		grow(b, b->n + bytes + 1);
	return b->p + b->n;
}

void buf_grew(struct buf *b, size_t bytes)
{
	MUST(b->n + bytes < b->cap || (bytes == 0 && b->cap == 0));
	b->n += bytes;
	if (b->p)
		b->p[b->n] = 0;
}

bool buf_add(struct buf *b, struct str s)
{
	char *to = buf_room(b, s.n);
	if (!to)
		return false;
	if (s.n)
		memcpy(to, s.p, s.n);
	to[s.n] = 0;
	b->n += s.n;
	return true;
}

bool buf_add_z(struct buf *b, const char *z)
{
	return buf_add(b, str_z(z));
}

bool buf_add_char(struct buf *b, char c)
{
	char *to = buf_room(b, 1);
	if (!to)
		return false;
	*to = c;
	to[1] = 0;
	b->n++;
	return true;
}

bool buf_add_fill(struct buf *b, char c, size_t count)
{
	char *to = buf_room(b, count);
	if (!to)
		return false;
	memset(to, c, count);
	buf_grew(b, count);
	return true;
}

bool buf_add_i64(struct buf *b, int64_t number)
{
	char digits[24], *at = digits + sizeof digits;
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	do
		*--at = (char)('0' + left % 10);
	while (left /= 10);
	if (number < 0)
		*--at = '-';
	return buf_add(b, (struct str){ at, (size_t)(digits + sizeof digits - at) });
}

bool buf_printf(struct buf *b, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	/* Into the room there is; once more if that was too little. */
	char *to = b->p ? b->p + b->n : NULL;
	size_t room = b->cap - b->n;
	int n = vsnprintf(to, room, format, args);
	va_end(args);
	MUST(n >= 0);
	to = buf_room(b, (size_t)n);
	if (to && (size_t)n >= room)
		vsnprintf(to, (size_t)n + 1, format, again);
	if (to)
		buf_grew(b, (size_t)n);
	else
		buf_truncate(b, b->n);
	va_end(again);
	return to != NULL;
}

void buf_drop_front(struct buf *b, size_t bytes)
{
	MUST(bytes <= b->n);
	if (bytes == 0)
		return;
	memmove(b->p, b->p + bytes, b->n - bytes);
	buf_truncate(b, b->n - bytes);
}

void buf_truncate(struct buf *b, size_t bytes)
{
	MUST(bytes <= b->n);
	b->n = bytes;
	if (b->p)
		b->p[bytes] = 0;
}

char *buf_take(struct buf *b)
{
	char *p = b->p ? b->p : must_calloc(1, 1);
	buf_init(b, b->max);
	return p;
}
