/*
 * ask_server.h - what a running server says of itself.
 *
 * Blocks for at most a few seconds; for commands that have nothing else to do.
 */
#ifndef OFFGRID_CMD_ASK_SERVER_H
#define OFFGRID_CMD_ASK_SERVER_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

/* The models behind GET url/v1/models as an array of {"id", "context_tokens"}, a new reference;
 * NULL if nobody answers. The key may be empty. */
json_t *ask_models(struct str url, struct str key, struct arena *a, struct err *e);

#endif
