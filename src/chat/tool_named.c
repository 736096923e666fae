/*
 * tool_named.c - the machine for calls that are a name, a mark and a JSON object; see tool_named.h.
 *
 * Layer: parse.
 */
#include "chat/tool_named.h"

#include "base/limits.h"
#include "chat/tool_text.h"

enum { HEAD_MAX_BYTES = 2048 };

/* What is awaited. */
enum place { AT_HEAD, IN_ARGS, IN_STRING };

void tool_named_init(struct tool_named *m)
{
	*m = (struct tool_named){ .place = AT_HEAD };
	buf_init(&m->string, LIMIT_ANSWER_BYTES);
}

void tool_named_clear(struct tool_named *m)
{
	buf_clear(&m->string);
}

void tool_named_begin(struct tool_named *m)
{
	m->place = AT_HEAD;
	json_mend_init(&m->mend);
}

/* The tag that stands directly before the name: the last one of the row's text. */
static struct str last_tag(const char *text)
{
	struct str t = str_z(text);
	for (size_t i = t.n; i > 0; i--)
		if (t.p[i - 1] == '<' || t.p[i - 1] == '[') {
			size_t end = str_find_char(str_from(t, i), t.p[i - 1] == '<' ? '>' : ']');
			return str_sub(t, i - 1, end == SIZE_MAX ? t.n : i + end + 1);
		}
	return STR("");
}

/* A number that was counted: f:0 */
static struct str without_index(struct str name)
{
	size_t colon = str_find_last(name, STR(":"));
	uint64_t index;
	bool is_counted = colon != SIZE_MAX && str_to_u64(str_from(name, colon + 1), &index);
	return is_counted ? str_sub(name, 0, colon) : name;
}

static struct str name_in(const struct tool_call *c, struct str head)
{
	const struct tool_format *f = c->format;
	struct str tag = last_tag(f->call_open);
	size_t at = tag.n ? str_find_last(head, tag) : SIZE_MAX;
	if (at != SIZE_MAX)
		head = str_from(head, at + tag.n);
	head = str_trim_left(head);
	size_t n = tool_called_bytes(c->offered, head);
	struct str name = str_sub(head, 0, n);
	return f->before_args && f->before_args[0] == ':' ? without_index(name) : name;
}

static enum call_step no_args(struct tool_call *c, size_t n, size_t *taken)
{
	tool_call_mended(c, TOOL_MENDED_NO_ARGS);
	buf_add_z(&c->args, "{}");
	*taken = n;
	return CALL_DONE;
}

/* Where the call ends without having had arguments: at its closing mark, or the next call. */
static size_t find_close(const struct tool_call *c, struct str s)
{
	const char *const ends[] = { c->format->call_close, c->format->mark_close,
		c->format->section_close, c->format->mark_open };
	size_t first = SIZE_MAX,
	       name = tool_blanks(s) + tool_called_bytes(c->offered, str_from(s, tool_blanks(s)));
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		enum likeness like;
		struct str text = str_trim(str_z(ends[i]));
		if (!text.n || text.p[0] == '`')
			continue;
		size_t at = tool_text_find(ends[i], str_from(s, name), &like);
		if (like == LIKE_WHOLE && name + at < first)
			first = name + at;
	}
	return first;
}

/* It may be known already, from a message's header. */
static bool has_name(struct tool_call *c, struct str head)
{
	return c->has_name || tool_call_name(c, name_in(c, head));
}

/* The head is followed by no bracket: only a tool that was offered is called so. */
static enum call_step end_without(struct tool_call *c, struct str s, size_t end, size_t *taken)
{
	struct str head = str_sub(s, 0, end);
	struct str name = name_in(c, head);
	size_t after = name.n ? (size_t)(name.p - head.p) + name.n : 0;
	size_t quote = str_find_char(str_from(head, after), '"');
	bool is_begun =
		quote != SIZE_MAX && !str_starts(str_from(head, after + quote), STR("\"\""));
	bool is_known = c->offered && tool_is_offered(c->offered, name);
	if (is_begun || !is_known || !has_name(c, head))
		return tool_call_fault(c, "it has no arguments");
	return no_args(c, head.n, taken);
}

static enum call_step take_args(
	struct tool_named *m, struct tool_call *c, struct str s, size_t *taken)
{
	for (size_t i = *taken; i < s.n; i++) {
		*taken = i + 1;
		if (!json_mend_feed(&m->mend, s.p[i], &c->args, &c->why))
			return CALL_FAULT;
		c->json_mends |= m->mend.mended;
		if (c->args.overflow)
			return tool_call_fault(c, "its arguments are too long");
		if (json_mend_is_done(&m->mend))
			return CALL_DONE;
	}
	return CALL_MORE;
}

/* The string has come whole: what it holds is read as if it stood there itself. */
static enum call_step unpack(struct tool_named *m, struct tool_call *c)
{
	if (!tool_unquote(&m->string))
		return tool_call_fault(c, "its arguments are a broken string");
	tool_call_mended(c, TOOL_MENDED_STRING);
	struct str text = str_trim(buf_str(&m->string));
	size_t taken = 0;
	enum call_step step = take_args(m, c, text, &taken);
	if (step == CALL_MORE)
		return tool_call_fault(c, "its arguments are unfinished");
	return taken < text.n ? tool_call_fault(c, "something follows its arguments") : step;
}

static enum call_step take_string(
	struct tool_named *m, struct tool_call *c, struct str s, size_t *taken)
{
	for (size_t i = *taken; i < s.n; i++) {
		char quote = m->string.n ? buf_str(&m->string).p[0] : 0;
		bool ends = !m->is_escaped && s.p[i] == quote;
		m->is_escaped = !m->is_escaped && s.p[i] == '\\';
		*taken = i + 1;
		if (!buf_add_char(&m->string, s.p[i]))
			return tool_call_fault(c, "its arguments are too long");
		if (ends)
			return unpack(m, c);
	}
	return CALL_MORE;
}

/* Where the quote stands that the bracket is the first in, or where the bracket stands. */
static size_t find_args(struct str s, size_t bracket)
{
	size_t at = bracket;
	while (at > 0 && tool_is_blank(s.p[at - 1]))
		at--;
	bool is_quoted = at > 0 && (s.p[at - 1] == '"' || s.p[at - 1] == '\'');
	return is_quoted ? at - 1 : bracket;
}

enum call_step tool_named_take(
	struct tool_named *m, struct tool_call *c, struct str s, bool is_end, size_t *taken)
{
	*taken = 0;
	if (m->place == IN_ARGS)
		return take_args(m, c, s, taken);
	if (m->place == IN_STRING)
		return take_string(m, c, s, taken);
	size_t bracket = str_find_char(s, '{'), close = find_close(c, s);
	if (close < bracket)
		return end_without(c, s, close, taken);
	if (bracket == SIZE_MAX && is_end)
		return end_without(c, s, s.n, taken);
	if (bracket == SIZE_MAX && s.n < HEAD_MAX_BYTES)
		return CALL_MORE;
	size_t args = bracket == SIZE_MAX ? 0 : find_args(s, bracket);
	if (bracket == SIZE_MAX || bracket > HEAD_MAX_BYTES || !has_name(c, str_sub(s, 0, args)))
		return tool_call_fault(c, "it has no name");
	*taken = args;
	m->place = args < bracket ? IN_STRING : IN_ARGS;
	buf_reset(&m->string);
	m->is_escaped = false;
	return args < bracket ? take_string(m, c, s, taken) : take_args(m, c, s, taken);
}
