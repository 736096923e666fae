/*
 * prompt.h - a prompt as the engine sees it: its bytes, and where in them control tokens stand.
 *
 * Text between two control tokens is one span; a tokenizer never looks across their border, so a
 * span may be cut into tokens by itself. A control token is recognised only where none of its bytes
 * is literal. Made by the engine's thread for one job; plain memory.
 */
#ifndef OFFGRID_ENGINE_PROMPT_H
#define OFFGRID_ENGINE_PROMPT_H

#include "base/buf.h"
#include "base/err.h"
#include "engine/engine.h"
#include "engine/token_list.h"
#include "engine/vocab.h"

struct prompt_mark {
	uint32_t at, end; /* the bytes it covers, white space that it swallows included */
	int32_t token;
};

struct prompt {
	struct buf bytes;
	struct prompt_mark *marks;
	size_t mark_count;
};

/* Joins the segments and finds the marks; ERR_TOO_BIG over LIMIT_PROMPT_BYTES. Where the model
 * wants a first token and the prompt does not begin with it, a mark without bytes is put there. */
bool prompt_init(struct prompt *p, const struct vocab *v, const struct engine_segment *segments,
	size_t count, struct err *e);
void prompt_clear(struct prompt *p);

/* Index of the first mark that begins at or behind `at`. */
size_t prompt_mark_from(const struct prompt *p, uint32_t at);

/* Tokens of everything from `at`, which is the border of a span, appended. */
void prompt_tokenize(
	const struct prompt *p, const struct vocab *v, uint32_t at, struct token_list *out);

#endif
