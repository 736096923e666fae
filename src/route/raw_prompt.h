/*
 * raw_prompt.h - a bare text (chat_request.raw) as a model of this machine reads it: no template.
 *
 * A plain text is its client's own rendering, so the control tokens in it are meant. With a suffix
 * it is a file with a gap: the marks that the model was trained with stand around it, and its own
 * text is nothing but text. Tokens are taken by their text, which the engine may cut otherwise;
 * that is noted.
 *
 * Layer: client (no such token, no marks for gaps), prompt.
 */
#ifndef OFFGRID_ROUTE_RAW_PROMPT_H
#define OFFGRID_ROUTE_RAW_PROMPT_H

#include "base/trace.h"
#include "chat/request.h"
#include "engine/engine.h"

/* The segments, in the request's arena; NULL if the model cannot be asked so. */
struct engine_segment *raw_prompt(const struct engine *g, const struct chat_request *r,
	struct trace *t, size_t *count, struct err *e);

#endif
