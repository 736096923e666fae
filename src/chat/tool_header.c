/*
 * tool_header.c - the header of a message inside an answer; see tool_header.h.
 *
 * Layer: parse.
 */
#include "chat/tool_header.h"

enum { HEADER_MAX_BYTES = 512 };

enum likeness tool_header_at(const struct tool_format *f, struct str s, size_t *used)
{
	const char *const begins[] = { f->turn_again, f->header_open, f->header_end, "to=" };
	size_t blanks = tool_blanks(s);
	struct str front = str_from(s, blanks);
	enum likeness like = front.n ? LIKE_NOTHING : LIKE_BEGINNING;
	*used = 0;
	for (size_t i = 0; i < sizeof begins / sizeof *begins && front.n; i++) {
		enum likeness one =
			begins[i] ? tool_mark_at(str_z(begins[i]), front) : LIKE_NOTHING;
		if (one == LIKE_WHOLE || (one == LIKE_BEGINNING && like == LIKE_NOTHING))
			like = one;
		if (one == LIKE_WHOLE)
			break;
	}
	if (like != LIKE_WHOLE)
		return like;
	struct str end = str_z(f->header_end);
	size_t at = str_find(str_sub(s, 0, HEADER_MAX_BYTES), end);
	if (at == SIZE_MAX)
		return s.n < HEADER_MAX_BYTES ? LIKE_BEGINNING : LIKE_NOTHING;
	*used = at + end.n;
	return LIKE_WHOLE;
}

/* The word behind the last of the given texts; empty if there is none. */
static struct str word_behind(struct str header, struct str text)
{
	size_t at = str_find_last(header, text);
	if (at == SIZE_MAX)
		return STR("");
	header = str_from(header, at + text.n);
	return str_sub(header, 0, tool_name_bytes(header));
}

enum tool_message tool_header_read(struct str header, struct str *name)
{
	static const char *const nobody[] = { "", "user", "assistant", "all", "final" };
	struct str to = word_behind(header, STR("to="));
	struct str channel = word_behind(header, STR("<|channel|>"));
	*name = to;
	if (str_eq(to, STR("self")))
		return TOOL_MESSAGE_THOUGHT;
	for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++)
		if (str_eq_z(to, nobody[i]))
			return str_eq(channel, STR("analysis")) ? TOOL_MESSAGE_THOUGHT
								: TOOL_MESSAGE_TEXT;
	return TOOL_MESSAGE_CALL;
}
