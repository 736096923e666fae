/*
 * tool_write.c - see tool_write.h.
 */
#include "chat/tool_write.h"

#include <string.h>

/* What the holes of a text stand for. */
struct holes {
	const struct tool_written *call;
	size_t index;
	const char *key;
	const json_t *value;
};

static const char *type_name(const json_t *value)
{
	if (!value)
		return "null";
	switch (json_typeof(value)) {
	case JSON_OBJECT: return "object";
	case JSON_ARRAY: return "array";
	case JSON_STRING: return "string";
	case JSON_INTEGER:
	case JSON_REAL: return "number";
	case JSON_TRUE:
	case JSON_FALSE: return "boolean";
	case JSON_NULL: break;
	}
	return "null";
}

static void add_hole(struct buf *out, char hole, const struct holes *h)
{
	if (hole == *TOOL_HOLE_INDEX)
		buf_printf(out, "%zu", h->index);
	else if (hole == *TOOL_HOLE_ID)
		buf_add(out, h->call ? h->call->id : str_z(NULL));
	else if (hole == *TOOL_HOLE_NAME)
		buf_add(out, h->call ? h->call->name : str_z(NULL));
	else if (hole == *TOOL_HOLE_KEY)
		buf_add_z(out, h->key);
	else if (hole == *TOOL_HOLE_TYPE)
		buf_add_z(out, type_name(h->value));
	else
		buf_add_z(out, json_is_string(h->value) ? "true" : "false");
}

/* A text of a row; NULL is nothing. */
static void add_text(struct buf *out, const char *text, const struct holes *h)
{
	for (; text && *text; text++) {
		if (*text >= *TOOL_HOLE_INDEX && *text <= *TOOL_HOLE_IS_STRING)
			add_hole(out, *text, h);
		else
			buf_add_char(out, *text);
	}
}

/* ---- values ---- */

/* As it is if it is a string; else as JSON. */
static void add_raw(struct buf *out, const json_t *value)
{
	if (json_is_string(value))
		buf_add(out, js_text(value));
	else
		js_write_spaced(value, out);
}

static bool is_wrapped(const struct tool_format *f, const json_t *value)
{
	const char *text = json_string_value(value);
	return f->wrap_open && text && strpbrk(text, f->wrapped_bytes);
}

static void add_value(struct buf *out, const struct tool_format *f, const json_t *value)
{
	bool wraps = is_wrapped(f, value);
	buf_add_z(out, wraps ? f->wrap_open : "");
	add_raw(out, value);
	buf_add_z(out, wraps ? f->wrap_close : "");
}

/* Objects and arrays as elements, each tag behind the mark. */
static void add_elements(struct buf *out, const char *mark, const json_t *value)
{
	const char *key;
	json_t *item;
	size_t i;
	json_object_foreach((json_t *)value, key, item)
	{
		buf_printf(out, "%s<%s>", mark, key);
		add_elements(out, mark, item);
		buf_printf(out, "%s</%s>", mark, key);
	}
	json_array_foreach(value, i, item)
	{
		buf_printf(out, "%s<item>", mark);
		add_elements(out, mark, item);
		buf_printf(out, "%s</item>", mark);
	}
	if (!json_is_object(value) && !json_is_array(value))
		add_raw(out, value);
}

/* As Python prints it: the quote that needs no escapes, if one of the two does. */
static void add_python_text(struct buf *out, struct str s)
{
	bool has_single = str_find_char(s, '\'') != SIZE_MAX;
	char quote = has_single && str_find_char(s, '"') == SIZE_MAX ? '"' : '\'';
	buf_add_char(out, quote);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (c == '\n' || c == '\r' || c == '\t')
			buf_printf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
		else if ((unsigned char)c < ' ')
			buf_printf(out, "\\x%02x", (unsigned)c);
		else
			buf_printf(out, "%s%c", c == quote || c == '\\' ? "\\" : "", c);
	}
	buf_add_char(out, quote);
}

static void add_python(struct buf *out, const json_t *value)
{
	const char *key, *comma = "";
	json_t *item;
	size_t i;
	switch (json_typeof(value)) {
	case JSON_STRING: add_python_text(out, js_text(value)); break;
	case JSON_TRUE: buf_add_z(out, "True"); break;
	case JSON_FALSE: buf_add_z(out, "False"); break;
	case JSON_NULL: buf_add_z(out, "None"); break;
	case JSON_INTEGER:
	case JSON_REAL: js_write(value, out); break;
	case JSON_ARRAY:
		buf_add_char(out, '[');
		json_array_foreach(value, i, item)
		{
			buf_add_z(out, i ? ", " : "");
			add_python(out, item);
		}
		buf_add_char(out, ']');
		break;
	case JSON_OBJECT:
		buf_add_char(out, '{');
		json_object_foreach((json_t *)value, key, item)
		{
			buf_add_z(out, comma);
			add_python_text(out, str_z(key));
			buf_add_z(out, ": ");
			add_python(out, item);
			comma = ", ";
		}
		buf_add_char(out, '}');
		break;
	}
}

static void add_bare(struct buf *out, const char *quote, const json_t *value);

static void add_bare_members(struct buf *out, const char *quote, const json_t *object)
{
	const char *key, *comma = "";
	json_t *item;
	json_object_foreach((json_t *)object, key, item)
	{
		buf_printf(out, "%s%s:", comma, key);
		add_bare(out, quote, item);
		comma = ",";
	}
}

static void add_bare(struct buf *out, const char *quote, const json_t *value)
{
	json_t *item;
	size_t i;
	if (json_is_string(value)) {
		buf_printf(out, "%s%.*s%s", quote, STR_ARG(js_text(value)), quote);
	} else if (json_is_object(value)) {
		buf_add_char(out, '{');
		add_bare_members(out, quote, value);
		buf_add_char(out, '}');
	} else if (json_is_array(value)) {
		buf_add_char(out, '[');
		json_array_foreach(value, i, item)
		{
			buf_add_z(out, i ? "," : "");
			add_bare(out, quote, item);
		}
		buf_add_char(out, ']');
	} else {
		js_write(value, out);
	}
}

/* ---- arguments ---- */

static void add_tagged(struct buf *out, const struct tool_format *f, struct holes h)
{
	json_t *value;
	json_object_foreach((json_t *)h.call->arguments, h.key, value)
	{
		h.value = value;
		add_text(out, f->param_open, &h);
		buf_add_z(out, h.key);
		add_text(out, f->after_key, &h);
		if (f->arguments == TOOL_ARGS_ELEMENTS)
			add_elements(out, f->element_mark ? f->element_mark : "", value);
		else
			add_value(out, f, value);
		add_text(out, f->param_close, &h);
	}
}

static void add_assigned(struct buf *out, const json_t *arguments)
{
	const char *key, *comma = "";
	json_t *value;
	json_object_foreach((json_t *)arguments, key, value)
	{
		buf_printf(out, "%s%s=", comma, key);
		add_python(out, value);
		comma = ", ";
	}
}

static void add_arguments(struct buf *out, const struct tool_format *f, const struct holes *h)
{
	switch (f->arguments) {
	case TOOL_ARGS_JSON: js_write_spaced(h->call->arguments, out); break;
	case TOOL_ARGS_RAW:
	case TOOL_ARGS_ELEMENTS: add_tagged(out, f, *h); break;
	case TOOL_ARGS_PYTHON: add_assigned(out, h->call->arguments); break;
	case TOOL_ARGS_BARE: add_bare_members(out, f->quote, h->call->arguments); break;
	case TOOL_ARGS_COUNT: break;
	}
}

static void add_call(struct buf *out, const struct tool_format *f, const struct holes *h)
{
	add_text(out, f->call_open, h);
	add_text(out, f->before_name, h);
	buf_add(out, h->call->name);
	add_text(out, f->before_args, h);
	add_arguments(out, f, h);
	add_text(out, f->call_close, h);
}

void tool_write_calls(const struct tool_format *f, const struct tool_written *calls, size_t count,
	size_t first, struct buf *out)
{
	size_t from = (size_t)f->first_index + (f->counts_all ? first : 0);
	struct holes none = { 0 };
	add_text(out, f->section_open, &none);
	for (size_t i = 0; i < count; i++) {
		struct holes h = { .call = &calls[i], .index = from + i };
		if (i)
			add_text(out, f->call_separator, &none);
		add_call(out, f, &h);
	}
	add_text(out, f->section_close, &none);
}
