/*
 * tool_edit.c - edit(path, old, new): replace one text in a file.
 *
 * The old text must be there exactly once (see match.h for how exactly); anything else changes
 * nothing and tells the model what it needs to try again: the count, or the lines that look most
 * like what it asked for.
 *
 * Layer: act
 */
#include "agent/diff.h"
#include "agent/match.h"
#include "agent/tool.h"
#include "base/limits.h"

static bool not_there(const struct place *at, struct str text, struct str old, struct err *e)
{
	struct buf lines;
	buf_init(&lines, ERR_WHAT_BYTES);
	bool has_near = match_nearest(text, old, &lines);
	fail(e, ERR_NOT_FOUND, LAYER_ACT, "%.*s: the old text is not there%s%s", STR_ARG(at->shown),
		has_near ? "; nearest lines:\n" : "; read the file to see what is", buf_z(&lines));
	buf_clear(&lines);
	return false;
}

static bool change(const struct tool_context *c, const struct place *at, struct str text,
	const json_t *args, struct tool_result *r, struct err *e)
{
	struct str old = tool_arg(args, "old"), new = tool_arg(args, "new");
	struct match m = match_find(text, old);
	if (m.count == 0)
		return not_there(at, text, old, e);
	if (m.count > 1)
		return fail(e, ERR_BAD_DATA, LAYER_ACT,
			"%.*s: the old text is there %zu times, first in line %zu; "
			"give more of the text around it",
			STR_ARG(at->shown), m.count, match_line(text, m.from));
	struct buf changed;
	buf_init(&changed, LIMIT_TEXT_FILE_BYTES);
	match_replace(text, &m, old, new, &changed);
	bool ok = !changed.overflow ||
		  fail(e, ERR_TOO_BIG, LAYER_ACT, "%.*s: would pass the limit of %zu bytes",
			  STR_ARG(at->shown), changed.max);
	ok = ok && place_write(c->paths, at, buf_str(&changed), e);
	if (ok) {
		diff_texts(at->shown, text, buf_str(&changed), &r->diff);
		r->wrote = at->shown;
		buf_printf(&r->text, "ok: 1 replacement in %.*s", STR_ARG(at->shown));
		if (match_how_words[m.how][0])
			buf_printf(&r->text, " (%s)", match_how_words[m.how]);
	}
	buf_clear(&changed);
	return ok;
}

static bool run(
	const struct tool_context *c, const json_t *args, struct tool_result *r, struct err *e)
{
	struct place at;
	struct buf text;
	if (!paths_find(c->paths, r->arena, tool_arg(args, "path"), &at, e))
		return false;
	if (tool_arg(args, "old").n == 0)
		return fail(e, ERR_USAGE, LAYER_ACT,
			"%.*s: the old text is empty; use write for a whole file",
			STR_ARG(at.shown));
	if (str_eq(tool_arg(args, "old"), tool_arg(args, "new")))
		return fail(e, ERR_USAGE, LAYER_ACT, "%.*s: the old and the new text are the same",
			STR_ARG(at.shown));
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	bool ok = place_read(c->paths, &at, &text, e);
	if (ok && tool_is_binary(buf_str(&text)))
		ok = fail(e, ERR_BAD_DATA, LAYER_ACT, "%.*s: is no text file (%zu bytes)",
			STR_ARG(at.shown), text.n);
	ok = ok && change(c, &at, buf_str(&text), args, r, e);
	buf_clear(&text);
	return ok;
}

const struct agent_tool tool_edit = {
	.name = "edit",
	.description = "replace text in a file",
	.schema = "{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},"
		  "\"old\":{\"type\":\"string\"},\"new\":{\"type\":\"string\"}},"
		  "\"required\":[\"path\",\"old\",\"new\"],\"additionalProperties\":false}",
	.risk = TOOL_EDITS,
	.run = run,
};
