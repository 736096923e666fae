/*
 * tool_call.c - one call as it is being read; see tool_call.h.
 *
 * Layer: parse.
 */
#include "chat/tool_call.h"

#include <string.h>

#include "base/limits.h"
#include "chat/json_mend.h"
#include "chat/tool_name.h"
#include "chat/tool_text.h"

enum { NAME_MAX_BYTES = 1024 };

const char *const tool_mended_words[] = {
	[TOOL_MENDED_PARAMETERS] = "the arguments stood under another name",
	[TOOL_MENDED_STRING] = "arguments written as a string were unpacked",
	[TOOL_MENDED_NO_ARGS] = "a call without arguments was given none",
	[TOOL_MENDED_BRACKET] = "a closing bracket was missing",
	[TOOL_MENDED_WRAPPED] = "the call stood inside another object",
	[TOOL_MENDED_DOUBLED] = "a closing tag stood twice",
	[TOOL_MENDED_MISSING] = "a closing tag was missing",
	[TOOL_MENDED_NO_JSON] = "a value that is no JSON was taken as a string",
	[TOOL_MENDED_HEAD] = "what stands around the name was not as it should be",
	[TOOL_MENDED_POSITION] = "arguments without names were given theirs by their order",
	[TOOL_MENDED_BARE_WORD] = "a string without quotes was taken as one",
	[TOOL_MENDED_JSON] = "JSON that was not quite JSON was mended",
};

_Static_assert(sizeof tool_mended_words / sizeof *tool_mended_words == TOOL_MENDED_COUNT,
	"words for every kind");

void tool_call_init(struct tool_call *c)
{
	*c = (struct tool_call){ .format = NULL };
	buf_init(&c->name, NAME_MAX_BYTES);
	buf_init(&c->args, 2 * LIMIT_ANSWER_BYTES);
}

void tool_call_clear(struct tool_call *c)
{
	buf_clear(&c->name);
	buf_clear(&c->args);
}

void tool_call_begin(
	struct tool_call *c, const struct tool_format *format, const struct chat_request *offered)
{
	c->format = format;
	c->offered = offered;
	c->tool = NULL;
	buf_reset(&c->name);
	buf_reset(&c->args);
	c->has_name = c->has_members = c->is_guided = false;
	c->mended = c->json_mends = 0;
	c->why = "";
}

enum call_step tool_call_fault(struct tool_call *c, const char *why)
{
	c->why = why;
	return CALL_FAULT;
}

void tool_call_mended(struct tool_call *c, enum tool_mended what)
{
	c->mended |= 1u << what;
}

/* ---- names ---- */

/* Where families write all tools as members of one namespace. */
static const struct str prefix = { "functions.", sizeof "functions." - 1 };

static bool is_so_called(const struct tool_call *c, struct str name)
{
	return c->offered && chat_find_tool(c->offered, name);
}

bool tool_call_name(struct tool_call *c, struct str name)
{
	if (!is_so_called(c, name))
		name = str_trim(name);
	if (!is_so_called(c, name) && str_starts(name, prefix))
		name = str_from(name, prefix.n);
	c->tool = c->offered ? tool_name_meant(c->offered, name) : NULL;
	buf_reset(&c->name);
	c->has_name = name.n && buf_add(&c->name, name);
	return c->has_name;
}

bool tool_is_offered(const struct chat_request *offered, struct str name)
{
	return !offered || tool_name_meant(offered, name);
}

size_t tool_called_bytes(const struct chat_request *offered, struct str s)
{
	size_t n = tool_name_bytes(s);
	struct str rest = str_starts(s, prefix) ? str_from(s, prefix.n) : s;
	size_t skipped = s.n - rest.n;
	for (size_t i = 0; offered && i < offered->tool_count; i++) {
		struct str name = offered->tools[i].name;
		if (rest.n < name.n && str_starts(name, rest))
			return s.n;
		if (skipped + name.n > n && str_starts(rest, name))
			n = skipped + name.n;
	}
	return n;
}

/* ---- arguments ---- */

void tool_args_key(struct tool_call *c, struct str key)
{
	buf_add_z(&c->args, c->has_members ? ", " : "{");
	c->has_members = true;
	js_quote(key, &c->args);
	buf_add_z(&c->args, ": ");
}

void tool_args_end(struct tool_call *c)
{
	buf_add_z(&c->args, c->has_members ? "}" : "{}");
}

void tool_args_piece(struct tool_call *c, struct str piece)
{
	struct buf quoted;
	buf_init(&quoted, SIZE_MAX / 2);
	js_quote(piece, &quoted);
	buf_add(&c->args, str_sub(buf_str(&quoted), 1, quoted.n - 1));
	buf_clear(&quoted);
}

void tool_args_string(struct tool_call *c, struct str text)
{
	js_quote(text, &c->args);
}

static unsigned type_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING: return TOOL_TYPE_STRING;
	case JSON_INTEGER:
	case JSON_REAL: return TOOL_TYPE_NUMBER;
	case JSON_TRUE:
	case JSON_FALSE: return TOOL_TYPE_BOOL;
	case JSON_NULL: return TOOL_TYPE_NULL;
	case JSON_OBJECT: return TOOL_TYPE_OBJECT;
	case JSON_ARRAY: return TOOL_TYPE_ARRAY;
	}
	return 0;
}

/* The text as the value of a member, mended, appended to `out`. */
static bool mend_value(struct tool_call *c, struct str text, struct buf *out)
{
	static const struct str before = { "{\"\":", 4 };
	struct json_mend mend;
	struct buf whole;
	const char *why;
	bool ok = true;
	json_mend_init(&mend);
	buf_init(&whole, 2 * LIMIT_ANSWER_BYTES);
	for (size_t i = 0; i < before.n; i++)
		ok = ok && json_mend_feed(&mend, before.p[i], &whole, &why);
	for (size_t i = 0; i < text.n && ok; i++)
		ok = !json_mend_is_done(&mend) && json_mend_feed(&mend, text.p[i], &whole, &why);
	ok = ok && !json_mend_is_done(&mend) && json_mend_feed(&mend, '}', &whole, &why) &&
	     json_mend_is_done(&mend);
	if (ok) {
		buf_add(out, str_trim(str_sub(buf_str(&whole), before.n, whole.n - 1)));
		c->json_mends |= mend.mended;
	}
	buf_clear(&whole);
	return ok;
}

/* The JSON that the text is, if it is one of the wanted types. */
static bool read_json(struct tool_call *c, unsigned types, struct str text, struct buf *out)
{
	bool is_mended = false;
	json_t *value = js_parse(text, LAYER_PARSE, NULL);
	if (!value && mend_value(c, text, out)) {
		is_mended = true;
		value = js_parse(buf_str(out), LAYER_PARSE, NULL);
	}
	bool ok = value && (type_of(value) & types);
	json_decref(value);
	if (ok && is_mended)
		tool_call_mended(c, TOOL_MENDED_JSON);
	if (ok && !is_mended)
		buf_add(out, text);
	return ok;
}

void tool_args_bare(struct tool_call *c, unsigned types, struct str text)
{
	struct buf json;
	struct str trimmed = str_trim(text);
	/* What may be anything is read by its looks, and then a quoted text is what it quotes. */
	unsigned wanted = types == TOOL_TYPE_ANY ? types : types & ~(unsigned)TOOL_TYPE_STRING;
	buf_init(&json, 2 * LIMIT_ANSWER_BYTES);
	if (wanted && read_json(c, wanted, trimmed, &json)) {
		buf_add(&c->args, buf_str(&json));
	} else {
		if (!(types & TOOL_TYPE_STRING))
			tool_call_mended(c, TOOL_MENDED_NO_JSON);
		tool_args_string(c, text);
	}
	buf_clear(&json);
}

bool tool_unquote(struct buf *string)
{
	if (string->n && buf_str(string).p[0] == '\'') {
		buf_truncate(string, string->n - 1);
		buf_drop_front(string, 1);
		return true;
	}
	json_t *value = js_parse(buf_str(string), LAYER_PARSE, NULL);
	bool ok = json_is_string(value);
	buf_reset(string);
	if (ok)
		buf_add(string, js_text(value));
	json_decref(value);
	return ok;
}
