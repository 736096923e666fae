/*
 * jinja_filter_text.c - filters that make text, and what makes numbers of it; see jinja_run.h.
 *
 * What is not a text becomes one first (`None|trim` is "None"), as in Jinja2.
 *
 * Layer: prompt
 */
#include <math.h>
#include <string.h>

#include "jinja/jinja_run.h"
#include "jinja/jinja_textop.h"

static bool given(struct jval v)
{
	return v.kind != J_MISSING;
}

static bool is_none(struct jval v)
{
	return v.kind == J_MISSING || v.kind == J_NONE;
}

/* A whole number as an argument; `fallback` if left out. */
static bool whole_arg(struct jrun *r, struct jval v, int64_t fallback, int64_t *out)
{
	*out = fallback;
	return !given(v) || jval_is_index(v, out) ||
	       jrun_raise(r, "'%s' object cannot be interpreted as an integer", jval_type(v));
}

static bool filter_trim(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	const struct jtext *t, *chars = NULL;
	if (!jval_to_text(r, v, &t))
		return false;
	if (!is_none(args->pos[0])) {
		if (args->pos[0].kind != J_TEXT)
			return jrun_raise(r, "strip arg must be None or str");
		chars = args->pos[0].u.text;
	}
	*out = jval_text(jtext_strip(r, t, chars, JSIDE_BOTH));
	return true;
}

static bool filter_string(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	const struct jtext *t;
	if (!jval_to_text(r, v, &t))
		return false;
	*out = jval_text(t);
	return true;
}

static bool cased(struct jrun *r, struct jval v, enum jcasing casing, struct jval *out)
{
	const struct jtext *t;
	if (!jval_to_text(r, v, &t))
		return false;
	*out = jval_text(jtext_cased(r, t, casing));
	return true;
}

static bool filter_upper(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	return cased(r, v, JCASING_UPPER, out);
}

static bool filter_lower(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	return cased(r, v, JCASING_LOWER, out);
}

static bool filter_capitalize(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	return cased(r, v, JCASING_CAPITAL, out);
}

static bool begins_words(char c)
{
	return memchr("-({[<", c, 5) != NULL;
}

/* Words begin after white space, dashes and opening brackets, not after any non-letter. */
static bool filter_title(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	const struct jtext *t;
	struct jbuild b;
	if (!jval_to_text(r, v, &t))
		return false;
	jbuild_init(&b, r);
	for (size_t i = 0; i < t->n;) {
		struct str rest = str_from(jtext_str(t), i);
		size_t gap = begins_words(rest.p[0]) ? 1 : jchars_space_left(rest), end = i + gap;
		if (gap == 0)
			for (end = i + 1; end < t->n && !begins_words(t->p[end]) &&
					  !jchars_space_left(str_from(jtext_str(t), end));)
				end++;
		size_t first = gap ? end : i + jtext_offset(jtext_slice(r, t, i, end), 1);
		jbuild_text(&b, jtext_cased(r, jtext_slice(r, t, i, first), JCASING_UPPER));
		jbuild_text(&b, jtext_cased(r, jtext_slice(r, t, first, end), JCASING_LOWER));
		i = end;
	}
	*out = jval_text(jbuild_done(&b));
	return true;
}

static bool filter_replace(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	const struct jtext *t, *old, *with;
	int64_t count = -1;
	if (!jval_to_text(r, v, &t) || !jval_to_text(r, args->pos[0], &old) ||
		!jval_to_text(r, args->pos[1], &with))
		return false;
	if (!is_none(args->pos[2]) && !whole_arg(r, args->pos[2], -1, &count))
		return false;
	*out = jval_text(jtext_replace(r, jtext_markup(r, t, false), old, with, count));
	return true;
}

/* Lines behind the first one indented; also the first, also empty ones, if asked. */
static bool filter_indent(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jbuild b;
	const struct jtext *indent;
	int64_t width;
	if (v.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, v);
	if (v.kind != J_TEXT)
		return jrun_raise(
			r, "unsupported operand type(s) for +=: '%s' and 'str'", jval_type(v));
	jbuild_init(&b, r);
	if (args->pos[0].kind == J_TEXT) {
		indent = args->pos[0].u.text;
	} else {
		if (!whole_arg(r, args->pos[0], 4, &width))
			return false;
		indent = jtext_justify(r, jtext_z(r, ""), width, STR(" "), JSIDE_LEFT);
	}
	bool first = jval_truth(args->pos[1]), blank = jval_truth(args->pos[2]);
	struct jlist *lines = jtext_lines(r, jtext_join(r, v.u.text, jtext_z(r, "\n")), false);
	b.markup = v.u.text->markup;
	for (size_t i = 0; i < lines->n; i++) {
		const struct jtext *line = lines->items[i].u.text;
		if (i)
			jbuild_char(&b, '\n');
		if (i ? blank || line->n : first)
			jbuild_text(&b, indent);
		jbuild_text(&b, line);
	}
	*out = jval_text(jbuild_done(&b));
	return true;
}

static bool filter_center(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	const struct jtext *t;
	int64_t width;
	if (!jval_to_text(r, v, &t) || !whole_arg(r, args->pos[0], 80, &width))
		return false;
	*out = jval_text(jtext_justify(r, t, width, STR(" "), JSIDE_BOTH));
	return true;
}

static bool filter_truncate(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	int64_t length, leeway;
	const struct jtext *end = jtext_z(r, "...");
	if (v.kind != J_TEXT)
		return jrun_raise(r, "object of type '%s' cannot be truncated", jval_type(v));
	if (!whole_arg(r, args->pos[0], 255, &length) || !whole_arg(r, args->pos[3], 5, &leeway))
		return false;
	if (given(args->pos[2]) && !jval_to_text(r, args->pos[2], &end))
		return false;
	if (length < (int64_t)jtext_chars(end) || leeway < 0 || length > INT64_MAX / 2 ||
		leeway > INT64_MAX / 2)
		return jrun_raise(r, "expected length >= %zu and leeway >= 0", jtext_chars(end));
	*out = v;
	if ((int64_t)jtext_chars(v.u.text) <= length + leeway)
		return true;
	size_t keep = jtext_offset(v.u.text, (size_t)length - jtext_chars(end));
	const struct jtext *cut = jtext_slice(r, v.u.text, 0, keep);
	size_t blank = str_find_last(jtext_str(cut), STR(" "));
	if (!jval_truth(args->pos[1]) && blank != SIZE_MAX)
		cut = jtext_slice(r, cut, 0, blank);
	*out = jval_text(jtext_join(r, cut, end));
	return true;
}

static bool is_word_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

static bool filter_wordcount(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	const struct jtext *t;
	int64_t words = 0;
	if (!jval_to_text(r, v, &t))
		return false;
	for (size_t i = 0; i < t->n; i++)
		words += is_word_char(t->p[i]) && (i == 0 || !is_word_char(t->p[i - 1]));
	*out = jval_int(words);
	return true;
}

static bool filter_safe(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	const struct jtext *t;
	if (!jval_to_text(r, v, &t))
		return false;
	*out = jval_text(jtext_markup(r, t, true));
	return true;
}

static bool escaped(struct jrun *r, const struct jtext *t, struct jval *out)
{
	struct jbuild b;
	jbuild_init(&b, r);
	b.markup = true;
	jbuild_escaped(&b, t);
	*out = jval_text(jbuild_done(&b));
	return true;
}

static bool filter_escape(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	const struct jtext *t;
	return jval_to_text(r, v, &t) && escaped(r, t, out);
}

static bool filter_forceescape(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	const struct jtext *t;
	return jval_to_text(r, v, &t) && escaped(r, jtext_markup(r, t, false), out);
}

/* Named arguments alone are a dict for %(name)s, positional ones a tuple. */
static bool filter_format(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	const struct jtext *t;
	if (args->pos_count && args->named_count)
		return jrun_raise(
			r, "can't handle positional and keyword arguments at the same time");
	if (!jval_to_text(r, v, &t))
		return false;
	struct jdict *named = jdict_new(r);
	struct jlist *positional = jlist_new(r, args->pos_count);
	for (size_t i = 0; i < args->named_count; i++)
		if (!jdict_set(r, named, jval_text(args->named[i].name), args->named[i].value))
			return false;
	for (size_t i = 0; i < args->pos_count; i++)
		jlist_add(r, positional, args->pos[i]);
	return jformat_percent(
		r, t, args->named_count ? jval_dict(named) : jval_tuple(positional), out);
}

static bool is_unreserved(char c)
{
	return (unsigned char)c < 0x80 && (is_word_char(c) || memchr("-.~/", c, 4));
}

static bool filter_urlencode(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	static const char hex[] = "0123456789ABCDEF";
	const struct jtext *t;
	struct jbuild b;
	if (v.kind != J_TEXT && jval_is_iterable(v))
		return jrun_raise(r, "urlencode of a %s is not built in", jval_type(v));
	if (!jval_to_text(r, v, &t))
		return false;
	jbuild_init(&b, r);
	for (size_t i = 0; i < t->n; i++) {
		unsigned char c = (unsigned char)t->p[i];
		char escape[3] = { '%', hex[c >> 4], hex[c & 15] };
		if (is_unreserved(t->p[i]))
			jbuild_slice(&b, t, i, i + 1);
		else
			jbuild_as(&b, t, i, str_n(escape, 3));
	}
	*out = jval_text(jbuild_done(&b));
	return true;
}

/* json.dumps as transformers calls it. */
static bool filter_tojson(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jbuild b;
	int64_t width;
	struct jval indent = args->pos[1], separators = args->pos[2];
	struct jjson_style style = {
		.ascii_only = jval_truth(args->pos[0]),
		.sort_keys = jval_truth(args->pos[3]),
		.item_separator = jtext_z(r, is_none(indent) ? ", " : ","),
		.key_separator = jtext_z(r, ": "),
	};
	if (indent.kind == J_TEXT) {
		style.indent = indent.u.text;
	} else if (!is_none(indent)) {
		if (!whole_arg(r, indent, 0, &width))
			return false;
		style.indent = jtext_justify(r, jtext_z(r, ""), width, STR(" "), JSIDE_LEFT);
	}
	if (!is_none(separators)) {
		struct jlist *two;
		if (!jval_to_list(r, separators, &two))
			return false;
		if (two->n != 2 || two->items[0].kind != J_TEXT || two->items[1].kind != J_TEXT)
			return jrun_raise(r, "separators must be two strings");
		style.item_separator = two->items[0].u.text;
		style.key_separator = two->items[1].u.text;
	}
	jbuild_init(&b, r);
	if (!jjson_write(r, v, &style, &b))
		return false;
	*out = jval_text(jbuild_done(&b));
	return true;
}

const struct jbuiltin jfilters_text[] = {
	{ "trim", "chars?", filter_trim },
	{ "string", "", filter_string },
	{ "upper", "", filter_upper },
	{ "lower", "", filter_lower },
	{ "capitalize", "", filter_capitalize },
	{ "title", "", filter_title },
	{ "replace", "old new count?", filter_replace },
	{ "indent", "width? first? blank?", filter_indent },
	{ "center", "width?", filter_center },
	{ "truncate", "length? killwords? end? leeway?", filter_truncate },
	{ "wordcount", "", filter_wordcount },
	{ "safe", "", filter_safe },
	{ "escape", "", filter_escape },
	{ "e", "", filter_escape },
	{ "forceescape", "", filter_forceescape },
	{ "format", "*", filter_format },
	{ "urlencode", "", filter_urlencode },
	{ "tojson", "ensure_ascii? indent? separators? sort_keys?", filter_tojson },
	{ NULL, NULL, NULL },
};
