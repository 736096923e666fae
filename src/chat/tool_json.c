/*
 * tool_json.c - the machine for calls that are one JSON object; see tool_json.h.
 *
 * Only the object's own level is read here; the arguments are json_mend's, other values are
 * measured by counting brackets and strings.
 *
 * Layer: parse.
 */
#include "chat/tool_json.h"

#include <string.h>

#include "base/json.h"
#include "chat/tool_text.h"

enum { KEY_MAX_BYTES = 1024, AROUND_MAX = 4 };

/* What is awaited. */
enum place {
	AT_OBJECT, /* blanks, then { */
	AT_KEY,    /* blanks, commas, then the quote of a key, or } */
	IN_KEY,    /* up to its closing quote */
	AT_COLON,
	AT_VALUE,
	IN_NAME,   /* the string of the name, raw */
	IN_ARGS,   /* the object of the arguments */
	IN_STRING, /* arguments written as a string, raw */
	IN_OTHER,  /* a value that nobody asked for */
	IN_SCALAR, /* the same, without an end of its own */
};

enum member {
	MEMBER_NAME,
	MEMBER_ARGS,
	MEMBER_EITHER, /* the name, or an object around the call */
	MEMBER_NAMED,  /* arguments under the call's own name */
	MEMBER_LIST,   /* of calls: the object is a message around them */
	MEMBER_OTHER
};

static const struct {
	const char *key;
	enum member member;
} members[] = {
	{ "name", MEMBER_NAME },
	{ "tool_name", MEMBER_NAME },
	{ "function_name", MEMBER_NAME },
	{ "function", MEMBER_EITHER },
	{ "tool", MEMBER_EITHER },
	{ "arguments", MEMBER_ARGS },
	{ "parameters", MEMBER_ARGS },
	{ "args", MEMBER_ARGS },
	{ "input", MEMBER_ARGS },
	{ "tool_calls", MEMBER_LIST },
	{ "id", MEMBER_OTHER },
	{ "tool_call_id", MEMBER_OTHER },
	{ "type", MEMBER_OTHER },
	{ "index", MEMBER_OTHER },
};

void tool_json_init(struct tool_json *j)
{
	*j = (struct tool_json){ .place = AT_OBJECT };
	buf_init(&j->key, KEY_MAX_BYTES);
	buf_init(&j->string, LIMIT_ANSWER_BYTES);
}

void tool_json_clear(struct tool_json *j)
{
	buf_clear(&j->key);
	buf_clear(&j->string);
}

void tool_json_begin(struct tool_json *j)
{
	buf_reset(&j->string);
	json_mend_init(&j->mend);
	j->place = AT_OBJECT;
	j->around = 0;
	j->has_args = j->has_others = j->is_listed = false;
}

/* One byte of a string; true if it closed it. */
static bool ends_string(struct tool_json *j, char c)
{
	bool ends = !j->is_escaped && c == j->quote;
	j->is_escaped = !j->is_escaped && c == '\\';
	return ends;
}

static enum call_step feed_name(struct tool_json *j, struct tool_call *c, char byte)
{
	if (j->string.n >= KEY_MAX_BYTES || !buf_add_char(&j->string, byte))
		return tool_call_fault(c, "its name is too long");
	if (!ends_string(j, byte))
		return CALL_MORE;
	if (!tool_unquote(&j->string) || !tool_call_name(c, buf_str(&j->string)))
		return tool_call_fault(c, "its name is no string");
	buf_reset(&j->string);
	j->place = AT_KEY;
	return CALL_MORE;
}

static enum call_step feed_args(struct tool_json *j, struct tool_call *c, char byte)
{
	if (!json_mend_feed(&j->mend, byte, &c->args, &c->why))
		return CALL_FAULT;
	c->json_mends |= j->mend.mended;
	if (c->args.overflow)
		return tool_call_fault(c, "its arguments are too long");
	if (json_mend_is_done(&j->mend)) {
		j->has_args = true;
		j->place = AT_KEY;
	}
	return CALL_MORE;
}

static enum call_step no_args(struct tool_json *j, struct tool_call *c)
{
	tool_call_mended(c, TOOL_MENDED_NO_ARGS);
	buf_add_z(&c->args, "{}");
	j->has_args = true;
	return CALL_MORE;
}

/* The arguments came as a string: what it holds is read as if it stood there itself. */
static enum call_step unpack(struct tool_json *j, struct tool_call *c)
{
	j->place = AT_KEY;
	if (!tool_unquote(&j->string))
		return tool_call_fault(c, "its arguments are a broken string");
	tool_call_mended(c, TOOL_MENDED_STRING);
	struct str text = str_trim(buf_str(&j->string));
	if (!text.n)
		return no_args(j, c);
	for (size_t i = 0; i < text.n; i++) {
		if (j->has_args)
			return tool_call_fault(c, "something follows its arguments");
		if (feed_args(j, c, text.p[i]) == CALL_FAULT)
			return CALL_FAULT;
	}
	return j->has_args ? CALL_MORE : tool_call_fault(c, "its arguments are unfinished");
}

static enum call_step feed_string(struct tool_json *j, struct tool_call *c, char byte)
{
	if (!buf_add_char(&j->string, byte))
		return tool_call_fault(c, "its arguments are too long");
	return ends_string(j, byte) ? unpack(j, c) : CALL_MORE;
}

static enum call_step feed_other(struct tool_json *j, char c)
{
	if (j->in_string) {
		j->in_string = !ends_string(j, c);
	} else if (c == '"') {
		j->in_string = true;
		j->quote = c;
	} else if (c == '{' || c == '[') {
		j->depth++;
	} else if (c == '}' || c == ']') {
		j->depth--;
	}
	if (!j->in_string && j->depth == 0)
		j->place = AT_KEY;
	return CALL_MORE;
}

static enum call_step end_object(struct tool_json *j, struct tool_call *c)
{
	if (j->around > 0) {
		j->around--;
		j->place = AT_KEY;
		return CALL_MORE;
	}
	if (!c->has_name)
		return tool_call_fault(c, "it has no name");
	if (!j->has_args)
		no_args(j, c);
	return CALL_DONE;
}

static enum call_step feed_scalar(struct tool_json *j, struct tool_call *c, char byte)
{
	if (byte == ',' || tool_is_blank(byte))
		j->place = AT_KEY;
	return byte == '}' ? end_object(j, c) : CALL_MORE;
}

/* A value without brackets or quotes. The only one that arguments may be is null. */
static enum call_step begin_scalar(struct tool_json *j, struct tool_call *c, char byte)
{
	if (j->member == MEMBER_NAME)
		return tool_call_fault(c, "its name is no string");
	if ((j->member == MEMBER_ARGS || j->member == MEMBER_NAMED) && byte != 'n' && byte != 'N')
		return tool_call_fault(c, "its arguments are no object");
	if (byte == '}' || byte == ',' || byte == ']')
		return tool_call_fault(c, "a value is missing");
	if (j->member == MEMBER_ARGS || j->member == MEMBER_NAMED)
		no_args(j, c);
	j->place = IN_SCALAR;
	return CALL_MORE;
}

static enum call_step begin_around(struct tool_json *j, struct tool_call *c)
{
	if (++j->around > AROUND_MAX)
		return tool_call_fault(c, "it stands inside too many objects");
	tool_call_mended(c, TOOL_MENDED_WRAPPED);
	j->place = AT_KEY;
	return CALL_MORE;
}

/* What follows is the first call of a message's list; what is left of both is for the reader. */
static enum call_step begin_list(struct tool_json *j, struct tool_call *c)
{
	tool_call_mended(c, TOOL_MENDED_WRAPPED);
	j->around = 0;
	j->is_listed = true;
	j->place = AT_OBJECT;
	return CALL_MORE;
}

static enum call_step begin_value(struct tool_json *j, struct tool_call *c, char byte)
{
	bool is_quote = byte == '"' || byte == '\'', is_object = byte == '{';
	if (tool_is_blank(byte))
		return CALL_MORE;
	j->is_escaped = j->in_string = false;
	j->depth = 0;
	if (is_object && (j->member == MEMBER_ARGS || j->member == MEMBER_NAMED)) {
		j->place = IN_ARGS;
		return feed_args(j, c, byte);
	}
	if (is_object && j->member == MEMBER_EITHER)
		return begin_around(j, c);
	bool is_new = !c->has_name && !j->has_args && !j->is_listed;
	if (byte == '[' && j->member == MEMBER_LIST && is_new)
		return begin_list(j, c);
	if (j->member == MEMBER_LIST || (j->member == MEMBER_EITHER && c->has_name))
		j->member = MEMBER_OTHER;
	if (j->member == MEMBER_OTHER && (is_object || byte == '[' || byte == '"')) {
		j->place = IN_OTHER;
		return feed_other(j, byte);
	}
	if (!is_quote || j->member == MEMBER_OTHER)
		return begin_scalar(j, c, byte);
	bool is_args = j->member == MEMBER_ARGS || j->member == MEMBER_NAMED;
	j->place = is_args ? IN_STRING : IN_NAME;
	j->quote = byte;
	buf_reset(&j->string);
	buf_add_char(&j->string, byte);
	return CALL_MORE;
}

/* Rows like {"f": {…}}: the name is the key. */
static bool has_name_as_key(const struct tool_format *f)
{
	return f->before_name && str_ends(str_z(f->before_name), STR("{\"")) &&
	       str_starts(str_z(f->before_args), STR("\":"));
}

static enum member member_of(struct tool_json *j, const struct tool_call *c, struct str key)
{
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (str_eq_z(key, members[i].key))
			return members[i].member;
	bool is_first = !c->has_name && !j->has_args && !j->around;
	if (is_first && has_name_as_key(c->format))
		return MEMBER_NAMED;
	j->has_others = true;
	return MEMBER_OTHER;
}

/* A key as the string that it stands for, or NULL. */
static json_t *unescape(struct str key)
{
	struct buf quoted;
	buf_init(&quoted, KEY_MAX_BYTES + 2);
	buf_printf(&quoted, "\"%.*s\"", STR_ARG(key));
	json_t *value = js_parse(buf_str(&quoted), LAYER_PARSE, NULL);
	buf_clear(&quoted);
	return value;
}

static enum call_step end_key(struct tool_json *j, struct tool_call *c)
{
	json_t *escaped = NULL;
	struct str key = buf_str(&j->key);
	if (str_find_char(key, '\\') != SIZE_MAX)
		escaped = unescape(key);
	if (json_is_string(escaped)) {
		buf_reset(&j->key);
		buf_add(&j->key, js_text(escaped));
		key = buf_str(&j->key);
	}
	json_decref(escaped);
	enum member member = member_of(j, c, key);
	j->place = AT_COLON;
	j->member = (int)member;
	if (member == MEMBER_NAME && c->has_name)
		return tool_call_fault(c, "it has two names");
	if (member == MEMBER_ARGS && j->has_args)
		return tool_call_fault(c, "it has its arguments twice");
	if (member == MEMBER_ARGS && str_find(str_z(c->format->before_args), key) == SIZE_MAX)
		tool_call_mended(c, TOOL_MENDED_PARAMETERS);
	if (member == MEMBER_NAMED && !tool_call_name(c, key))
		return tool_call_fault(c, "it has no name");
	return CALL_MORE;
}

static enum call_step feed_key(struct tool_json *j, struct tool_call *c, char byte)
{
	if (ends_string(j, byte))
		return end_key(j, c);
	return buf_add_char(&j->key, byte) ? CALL_MORE : tool_call_fault(c, "a key is too long");
}

static enum call_step feed_between_members(struct tool_json *j, struct tool_call *c, char byte)
{
	if (byte == '}')
		return end_object(j, c);
	if (byte == '"' || byte == '\'') {
		buf_reset(&j->key);
		j->quote = byte;
		j->is_escaped = false;
		j->place = IN_KEY;
		return CALL_MORE;
	}
	return byte == ',' || tool_is_blank(byte) ? CALL_MORE
						  : tool_call_fault(c, "a key should stand there");
}

static enum call_step feed(struct tool_json *j, struct tool_call *c, char byte)
{
	switch (j->place) {
	case AT_OBJECT:
		if (byte == '{')
			j->place = AT_KEY;
		return byte == '{' || tool_is_blank(byte)
			       ? CALL_MORE
			       : tool_call_fault(c, "it is no JSON object");
	case AT_KEY: return feed_between_members(j, c, byte);
	case IN_KEY: return feed_key(j, c, byte);
	case AT_COLON:
		if (byte == ':')
			j->place = AT_VALUE;
		return byte == ':' || tool_is_blank(byte)
			       ? CALL_MORE
			       : tool_call_fault(c, "a colon is missing");
	case AT_VALUE: return begin_value(j, c, byte);
	case IN_NAME: return feed_name(j, c, byte);
	case IN_ARGS: return feed_args(j, c, byte);
	case IN_STRING: return feed_string(j, c, byte);
	case IN_OTHER: return feed_other(j, byte);
	default: return feed_scalar(j, c, byte);
	}
}

/* Name and arguments are there, and what follows is none of the object's: it was not closed. */
static bool is_left_open(const struct tool_json *j, const struct tool_call *c, struct str s)
{
	bool is_own = s.n && s.p[0] && strchr("}\"', \n\t\r", s.p[0]);
	return j->place == AT_KEY && c->has_name && j->has_args && !is_own;
}

enum call_step tool_json_take(
	struct tool_json *j, struct tool_call *c, struct str s, bool is_end, size_t *taken)
{
	enum call_step step = CALL_MORE;
	size_t n = 0;
	for (; n < s.n && step == CALL_MORE; n++) {
		if (is_left_open(j, c, str_from(s, n)))
			break;
		step = feed(j, c, s.p[n]);
	}
	*taken = n;
	if (step == CALL_MORE && (n < s.n || is_end) && is_left_open(j, c, str_from(s, n))) {
		tool_call_mended(c, TOOL_MENDED_BRACKET);
		return CALL_DONE;
	}
	return step;
}
