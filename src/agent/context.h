/*
 * context.h - what a project tells its agents: AGENTS.md and CLAUDE.md.
 *
 * Looked for in the working directory and each folder above it, up to the top of the repository, or
 * the home directory where there is no repository; outside of both only in the working directory
 * itself, since what lies above it may be anybody's. The nearest comes last, since what is said
 * last weighs most. Where a folder has both with the same text, it is taken once. All of them
 * together are capped; what is cut says so in the text and in the list.
 */
#ifndef OFFGRID_AGENT_CONTEXT_H
#define OFFGRID_AGENT_CONTEXT_H

#include "base/arena.h"

struct context_file {
	struct str path; /* absolute */
	size_t bytes;    /* of the file */
	size_t taken;    /* of these, in the text */
};

struct context {
	struct str text; /* to stand behind the system prompt; empty if there is no file */
	struct context_file *files;
	size_t count;
};

/* In the arena; at most `max_bytes` of them, and never more than LIMIT_CONTEXT_FILE_BYTES. Files
 * that cannot be read or are no text are passed over. */
struct context context_read(struct arena *a, struct str folder, size_t max_bytes);

#endif
