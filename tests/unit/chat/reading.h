/*
 * reading.h - what a test of a dialect's requests works with: an arena and a trace for the reader,
 * room for what the writer writes.
 */
#ifndef OFFGRID_TESTS_CHAT_READING_H
#define OFFGRID_TESTS_CHAT_READING_H

#include "../unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/trace.h"

struct fixture {
	struct arena *arena;
	struct trace *trace;
	struct buf text;
	struct err e;
};

static inline int set_up(void **state)
{
	struct fixture *f = must_calloc(1, sizeof *f);
	f->arena = arena_new();
	f->trace = trace_new();
	buf_init(&f->text, 16 * MIB);
	*state = f;
	return 0;
}

static inline int tear_down(void **state)
{
	struct fixture *f = *state;
	buf_clear(&f->text);
	trace_free(f->trace);
	arena_free(f->arena);
	free(f);
	return 0;
}

#endif
