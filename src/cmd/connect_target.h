/*
 * connect_target.h - which server and model a client is set up for: options that `connect` and
 * `launch` share, completed by what the server says of itself.
 */
#ifndef OFFGRID_CMD_CONNECT_TARGET_H
#define OFFGRID_CMD_CONNECT_TARGET_H

#include "base/opt.h"
#include "client/client.h"
#include "serve/serve.h"

struct target_args {
	struct str url, model, key_env;
	int64_t context, output;
};

/* clang-format off */
#define TARGET_OPTIONS(type, field)                                                                \
	{ .name = "url", OPT_INTO(type, field.url), .arg = "URL",                                  \
	  .help = "where the server is, without /v1; without it, ours on this machine" },          \
	{ .name = "model", .letter = 'm', OPT_INTO(type, field.model), .arg = "NAME",              \
	  .help = "which of its models; without it, the first" },                                  \
	{ .name = "context", .letter = 'c', OPT_INTO(type, field.context), .unit = OPT_TOKENS,     \
	  .min = 512, .max = 100 * 1000 * 1000, .arg = "TOKENS",                                   \
	  .help = "size of its context; without it, as the server says" },                         \
	{ .name = "output", OPT_INTO(type, field.output), .unit = OPT_TOKENS, .min = 64,           \
	  .max = 100 * 1000 * 1000, .arg = "TOKENS",                                               \
	  .help = "most tokens of one answer; without it, a quarter of the context, at most 8k" }, \
	{ .name = "key-env", OPT_INTO(type, field.key_env), .arg = "NAME",                         \
	  .help = "the environment variable that holds the server's key" }
/* clang-format on */

/* Asks the server where options leave something open. Texts in the arena. */
bool connect_target(const struct client *c, const struct target_args *args, struct arena *a,
	struct client_target *out, struct err *e);

/* There is such a program in PATH. */
bool connect_has_program(const char *program, struct arena *a);

#endif
