/*
 * tool_json.c - the machine for calls that are one JSON object; see tool_json.h.
 *
 * Only the object's own level is read here; the arguments are json_mend's, other values are
 * measured by counting brackets and strings.
 *
 * Layer: parse.
 */
#include "chat/tool_json.h"

#include "base/json.h"

enum { NAME_MAX_BYTES = 1024 };

/* What is awaited. */
enum place {
	AT_OBJECT, /* blanks, then { */
	AT_KEY,    /* blanks, commas, then " of a key, or } */
	IN_KEY,    /* up to its closing " */
	AT_COLON,
	AT_VALUE,
	IN_NAME,   /* the string of the name, raw */
	IN_ARGS,   /* the object of the arguments */
	IN_STRING, /* arguments written as a string, raw */
	IN_OTHER,  /* a value that nobody asked for */
	IN_SCALAR, /* the same, without an end of its own */
};

enum member { MEMBER_NAME, MEMBER_ARGS, MEMBER_OTHER };

void tool_json_init(struct tool_json *j)
{
	*j = (struct tool_json){ .place = AT_OBJECT };
	buf_init(&j->key, NAME_MAX_BYTES);
	buf_init(&j->name, NAME_MAX_BYTES);
	buf_init(&j->string, LIMIT_ANSWER_BYTES);
	buf_init(&j->args, LIMIT_ANSWER_BYTES);
}

void tool_json_clear(struct tool_json *j)
{
	buf_clear(&j->key);
	buf_clear(&j->name);
	buf_clear(&j->string);
	buf_clear(&j->args);
}

void tool_json_begin(struct tool_json *j)
{
	buf_reset(&j->name);
	buf_reset(&j->string);
	buf_reset(&j->args);
	json_mend_init(&j->mend);
	j->place = AT_OBJECT;
	j->has_name = j->has_args = false;
	j->mended = 0;
}

static enum call_step fault(const char **why, const char *words)
{
	*why = words;
	return CALL_FAULT;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static void tell(struct tool_json *j, enum tool_json_mended what)
{
	j->mended |= 1u << what;
}

/* A string with its quotes, unescaped in place. */
static bool unquote(struct buf *b)
{
	json_t *value = js_parse(buf_str(b), LAYER_PARSE, NULL);
	bool ok = json_is_string(value);
	buf_reset(b);
	if (ok)
		buf_add(b, js_text(value));
	json_decref(value);
	return ok;
}

/* One byte of a string; true if it closed it. */
static bool ends_string(struct tool_json *j, char c)
{
	bool ends = !j->is_escaped && c == '"';
	j->is_escaped = !j->is_escaped && c == '\\';
	return ends;
}

static enum call_step feed_name(struct tool_json *j, char c, const char **why)
{
	if (!buf_add_char(&j->name, c))
		return fault(why, "its name is too long");
	if (!ends_string(j, c))
		return CALL_MORE;
	if (!unquote(&j->name) || j->name.n == 0)
		return fault(why, "its name is no string");
	j->has_name = true;
	j->place = AT_KEY;
	return CALL_MORE;
}

static enum call_step feed_args(struct tool_json *j, char c, const char **why)
{
	if (!json_mend_feed(&j->mend, c, &j->args, why))
		return CALL_FAULT;
	if (j->args.overflow)
		return fault(why, "its arguments are too long");
	if (json_mend_is_done(&j->mend)) {
		j->has_args = true;
		j->place = AT_KEY;
	}
	return CALL_MORE;
}

static enum call_step no_args(struct tool_json *j)
{
	tell(j, TOOL_JSON_NO_ARGS);
	buf_add_z(&j->args, "{}");
	j->has_args = true;
	return CALL_MORE;
}

/* The arguments came as a string: what it holds is read as if it stood there itself. */
static enum call_step unpack(struct tool_json *j, const char **why)
{
	j->place = AT_KEY;
	if (!unquote(&j->string))
		return fault(why, "its arguments are a broken string");
	tell(j, TOOL_JSON_STRING);
	struct str text = str_trim(buf_str(&j->string));
	if (!text.n)
		return no_args(j);
	for (size_t i = 0; i < text.n; i++) {
		if (j->has_args)
			return fault(why, "something follows its arguments");
		if (feed_args(j, text.p[i], why) == CALL_FAULT)
			return CALL_FAULT;
	}
	return j->has_args ? CALL_MORE : fault(why, "its arguments are unfinished");
}

static enum call_step feed_string(struct tool_json *j, char c, const char **why)
{
	if (!buf_add_char(&j->string, c))
		return fault(why, "its arguments are too long");
	return ends_string(j, c) ? unpack(j, why) : CALL_MORE;
}

static enum call_step feed_other(struct tool_json *j, char c)
{
	if (j->in_string)
		j->in_string = !ends_string(j, c);
	else if (c == '"')
		j->in_string = true;
	else if (c == '{' || c == '[')
		j->depth++;
	else if (c == '}' || c == ']')
		j->depth--;
	if (!j->in_string && j->depth == 0)
		j->place = AT_KEY;
	return CALL_MORE;
}

static enum call_step end_object(struct tool_json *j, const char **why)
{
	if (!j->has_name)
		return fault(why, "it has no name");
	if (!j->has_args)
		no_args(j);
	return CALL_DONE;
}

static enum call_step feed_scalar(struct tool_json *j, char c, const char **why)
{
	if (c == ',' || is_blank(c))
		j->place = AT_KEY;
	return c == '}' ? end_object(j, why) : CALL_MORE;
}

/* A value without brackets or quotes. The only one that arguments may be is null. */
static enum call_step begin_scalar(struct tool_json *j, char c, const char **why)
{
	if (j->member == MEMBER_NAME)
		return fault(why, "its name is no string");
	if (j->member == MEMBER_ARGS && c != 'n')
		return fault(why, "its arguments are no object");
	if (c == '}' || c == ',' || c == ']')
		return fault(why, "a value is missing");
	if (j->member == MEMBER_ARGS)
		no_args(j);
	j->place = IN_SCALAR;
	return CALL_MORE;
}

static enum call_step begin_value(struct tool_json *j, char c, const char **why)
{
	if (is_blank(c))
		return CALL_MORE;
	j->is_escaped = j->in_string = false;
	j->depth = 0;
	if (j->member == MEMBER_ARGS && c == '{') {
		j->place = IN_ARGS;
		return feed_args(j, c, why);
	}
	if (j->member == MEMBER_OTHER && (c == '{' || c == '[' || c == '"')) {
		j->place = IN_OTHER;
		return feed_other(j, c);
	}
	if (c != '"')
		return begin_scalar(j, c, why);
	j->place = j->member == MEMBER_NAME ? IN_NAME : IN_STRING;
	buf_add_char(j->member == MEMBER_NAME ? &j->name : &j->string, c);
	return CALL_MORE;
}

static enum call_step end_key(struct tool_json *j, const char **why)
{
	struct str key = buf_str(&j->key);
	bool is_renamed = str_eq(key, STR("parameters"));
	j->place = AT_COLON;
	j->member = MEMBER_OTHER;
	if (str_eq(key, STR("name")))
		j->member = MEMBER_NAME;
	else if (is_renamed || str_eq(key, STR("arguments")))
		j->member = MEMBER_ARGS;
	if (j->member == MEMBER_NAME && j->has_name)
		return fault(why, "it has two names");
	if (j->member == MEMBER_ARGS && j->has_args)
		return fault(why, "it has its arguments twice");
	if (is_renamed)
		tell(j, TOOL_JSON_PARAMETERS);
	return CALL_MORE;
}

static enum call_step feed_key(struct tool_json *j, char c, const char **why)
{
	if (c == '"')
		return end_key(j, why);
	return buf_add_char(&j->key, c) ? CALL_MORE : fault(why, "a key is too long");
}

static enum call_step feed_between_members(struct tool_json *j, char c, const char **why)
{
	if (c == '}')
		return end_object(j, why);
	if (c == '"') {
		buf_reset(&j->key);
		j->place = IN_KEY;
		return CALL_MORE;
	}
	return c == ',' || is_blank(c) ? CALL_MORE : fault(why, "a key should stand there");
}

enum call_step tool_json_feed(struct tool_json *j, char c, const char **why)
{
	switch (j->place) {
	case AT_OBJECT:
		if (c == '{')
			j->place = AT_KEY;
		return c == '{' || is_blank(c) ? CALL_MORE : fault(why, "it is no JSON object");
	case AT_KEY: return feed_between_members(j, c, why);
	case IN_KEY: return feed_key(j, c, why);
	case AT_COLON:
		if (c == ':')
			j->place = AT_VALUE;
		return c == ':' || is_blank(c) ? CALL_MORE : fault(why, "a colon is missing");
	case AT_VALUE: return begin_value(j, c, why);
	case IN_NAME: return feed_name(j, c, why);
	case IN_ARGS: return feed_args(j, c, why);
	case IN_STRING: return feed_string(j, c, why);
	case IN_OTHER: return feed_other(j, c);
	default: return feed_scalar(j, c, why);
	}
}
