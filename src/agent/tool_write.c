/*
 * tool_write.c - write(path, content): create or replace a whole file, in one step.
 *
 * Layer: act
 */
#include "agent/diff.h"
#include "agent/tool.h"
#include "base/limits.h"

/* The text that is there now, for the diff; empty if there is none, it is no text or it is too big.
 */
static void read_old(const struct tool_context *c, const struct place *at, struct buf *old)
{
	struct err ignored = { 0 };
	if (!place_read(c->paths, at, old, &ignored) || tool_is_binary(buf_str(old)))
		buf_reset(old);
}

static bool run(
	const struct tool_context *c, const json_t *args, struct tool_result *r, struct err *e)
{
	struct str content = tool_arg(args, "content");
	struct place at;
	struct stat st;
	struct buf old;
	if (!paths_find(c->paths, r->arena, tool_arg(args, "path"), &at, e))
		return false;
	buf_init(&old, LIMIT_TEXT_FILE_BYTES);
	bool is_there = place_stat(c->paths, &at, &st);
	if (is_there)
		read_old(c, &at, &old);
	bool ok = place_write(c->paths, &at, content, e);
	if (ok) {
		diff_texts(at.shown, buf_str(&old), content, &r->diff);
		r->wrote = at.shown;
		buf_printf(&r->text, "ok: %.*s %s, %zu bytes", STR_ARG(at.shown),
			is_there ? "replaced" : "created", content.n);
	}
	buf_clear(&old);
	return ok;
}

const struct agent_tool tool_write = {
	.name = "write",
	.description = "create or replace a file",
	.schema = "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},"
		  "\"content\":{\"type\":\"string\"}},"
		  "\"required\":[\"path\",\"content\"],\"additionalProperties\":false}",
	.risk = TOOL_EDITS,
	.run = run,
};
