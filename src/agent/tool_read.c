/*
 * tool_read.c - read(path): the bytes of a text file, as they are.
 *
 * A file longer than the result's cap is cut at a line where possible and says so; a file that is
 * no text is refused, since its bytes would only confuse a model.
 *
 * Layer: act
 */
#include "agent/tool.h"
#include "base/limits.h"
#include "base/utf8.h"

enum { CUT_NOTE_BYTES = 128 };

/* As much as fits, whole lines if that keeps at least half, whole characters in any case. */
static void add_front(struct str bytes, struct buf *out)
{
	size_t room = out->max > CUT_NOTE_BYTES ? out->max - CUT_NOTE_BYTES : 0;
	struct str kept = str_sub(bytes, 0, room);
	size_t line_end = str_find_last(kept, STR("\n"));
	kept.n = line_end != SIZE_MAX && line_end >= room / 2 ? line_end + 1 : utf8_whole(kept);
	buf_add(out, kept);
	buf_printf(out, "[cut: %zu of %zu bytes shown; use search or shell for the rest]", kept.n,
		bytes.n);
}

static bool run(
	const struct tool_context *c, const json_t *args, struct tool_result *r, struct err *e)
{
	struct place at;
	struct buf bytes;
	if (!paths_find(c->paths, r->arena, tool_arg(args, "path"), &at, e))
		return false;
	buf_init(&bytes, LIMIT_TEXT_FILE_BYTES);
	bool ok = place_read(c->paths, &at, &bytes, e);
	if (ok && tool_is_binary(buf_str(&bytes)))
		ok = fail(e, ERR_BAD_DATA, LAYER_ACT, "%.*s: is no text file (%zu bytes)",
			STR_ARG(at.shown), bytes.n);
	if (ok && bytes.n == 0)
		buf_printf(&r->text, "(%.*s is empty)", STR_ARG(at.shown));
	else if (ok && bytes.n <= r->text.max)
		buf_add(&r->text, buf_str(&bytes));
	else if (ok)
		add_front(buf_str(&bytes), &r->text);
	buf_clear(&bytes);
	return ok;
}

const struct agent_tool tool_read = {
	.name = "read",
	.description = "return a file",
	.schema = "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"}},"
		  "\"required\":[\"path\"],\"additionalProperties\":false}",
	.risk = TOOL_READS,
	.run = run,
};
