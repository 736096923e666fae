/*
 * jinja_method_ask.c - methods of str that ask: where, how many, of what kind; see jinja_run.h.
 *
 * Layer: prompt
 */
#include "base/utf8.h"
#include "jinja/jinja_run.h"
#include "jinja/jinja_textop.h"

static bool given(struct jval v)
{
	return v.kind != J_MISSING && v.kind != J_NONE;
}

/* The part of a text that start and end (in characters, both may be left out) leave, and the
 * characters before it. A start beyond the end leaves nothing: not even the empty text is found
 * there, so *out is NULL. */
static bool window(struct jrun *r, const struct jtext *t, const struct jval bounds[2],
	const struct jtext **out, size_t *before)
{
	int64_t start;
	struct jval all[3] = { given(bounds[0]) ? bounds[0] : jval_none(),
		given(bounds[1]) ? bounds[1] : jval_none(), jval_none() };
	struct jval part;
	if (!jval_slice(r, jval_text(t), all, &part))
		return false;
	*out = part.u.text;
	*before = 0;
	if (jval_is_index(bounds[0], &start) && start > (int64_t)jtext_chars(t))
		*out = NULL;
	else if (given(bounds[0]) && part.u.text->p >= t->p && part.u.text->p <= t->p + t->n)
		*before = jtext_chars(
			&(struct jtext){ .p = t->p, .n = (size_t)(part.u.text->p - t->p) });
	return true;
}

static bool has_end(
	struct jrun *r, const struct jtext *t, struct jval end, enum jside side, bool *out)
{
	if (end.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, end);
	if (end.kind != J_TEXT)
		return jrun_raise(r, "%s first arg must be str or a tuple of str, not %s",
			side == JSIDE_LEFT ? "startswith" : "endswith", jval_type(end));
	*out = side == JSIDE_LEFT ? str_starts(jtext_str(t), jval_str(end))
				  : str_ends(jtext_str(t), jval_str(end));
	return true;
}

static bool ends_with(
	struct jrun *r, struct jval v, const struct jargs *args, enum jside side, struct jval *out)
{
	const struct jtext *t;
	size_t before;
	bool found = false;
	if (!window(r, v.u.text, args->pos + 1, &t, &before))
		return false;
	if (!t) {
		*out = jval_bool(false);
		return true;
	}
	if (args->pos[0].kind != J_TUPLE) {
		if (!has_end(r, t, args->pos[0], side, &found))
			return false;
	} else {
		const struct jlist *any = args->pos[0].u.list;
		for (size_t i = 0; i < any->n && !found; i++)
			if (!has_end(r, t, any->items[i], side, &found))
				return false;
	}
	*out = jval_bool(found);
	return true;
}

static bool text_startswith(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return ends_with(r, v, args, JSIDE_LEFT, out);
}

static bool text_endswith(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return ends_with(r, v, args, JSIDE_RIGHT, out);
}

/* The place, in characters, of the first or last occurrence; -1 if there is none. */
static bool find(
	struct jrun *r, struct jval v, const struct jargs *args, enum jside from, int64_t *out)
{
	const struct jtext *t;
	size_t before, at;
	if (args->pos[0].kind != J_TEXT)
		return jrun_raise(r, "must be str, not %s", jval_type(args->pos[0]));
	if (!window(r, v.u.text, args->pos + 1, &t, &before))
		return false;
	*out = -1;
	if (!t)
		return true;
	struct str needle = jval_str(args->pos[0]);
	at = from == JSIDE_LEFT ? str_find(jtext_str(t), needle)
				: str_find_last(jtext_str(t), needle);
	if (at != SIZE_MAX)
		*out = (int64_t)(before + jtext_chars(&(struct jtext){ .p = t->p, .n = at }));
	return true;
}

static bool text_find(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	int64_t at;
	if (!find(r, v, args, JSIDE_LEFT, &at))
		return false;
	*out = jval_int(at);
	return true;
}

static bool text_rfind(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	int64_t at;
	if (!find(r, v, args, JSIDE_RIGHT, &at))
		return false;
	*out = jval_int(at);
	return true;
}

static bool text_index(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return text_find(r, v, args, out) &&
	       (out->u.i >= 0 || jrun_raise(r, "substring not found"));
}

static bool text_rindex(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return text_rfind(r, v, args, out) &&
	       (out->u.i >= 0 || jrun_raise(r, "substring not found"));
}

static bool text_count(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	const struct jtext *t;
	size_t before, at = 0;
	int64_t count = 0;
	if (args->pos[0].kind != J_TEXT)
		return jrun_raise(r, "must be str, not %s", jval_type(args->pos[0]));
	if (!window(r, v.u.text, args->pos + 1, &t, &before))
		return false;
	struct str needle = jval_str(args->pos[0]);
	if (t && needle.n == 0)
		count = (int64_t)jtext_chars(t) + 1;
	while (t && needle.n && (at = jtext_find(t, needle, at)) != SIZE_MAX) {
		count++;
		at += needle.n;
	}
	*out = jval_int(count);
	return true;
}

/* True if there are characters and all are of the class. */
static bool all_are(struct jval v, bool (*is)(uint32_t), struct jval *out)
{
	struct str s = jval_str(v);
	bool all = s.n > 0;
	for (size_t i = 0; all && i < s.n;) {
		uint32_t code = 0;
		int bytes = utf8_next(str_from(s, i), &code);
		all = bytes > 0 && is(code);
		i += bytes > 0 ? (size_t)bytes : 1;
	}
	*out = jval_bool(all);
	return true;
}

static bool is_alnum(uint32_t c)
{
	return jchar_is_alpha(c) || jchar_is_numeric(c);
}

static bool is_ascii(uint32_t c)
{
	return c < 0x80;
}

static bool text_isspace(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return all_are(v, jchar_is_space, out);
}

static bool text_isalpha(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return all_are(v, jchar_is_alpha, out);
}

static bool text_isalnum(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return all_are(v, is_alnum, out);
}

static bool text_isdigit(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return all_are(v, jchar_is_digit, out);
}

static bool text_isdecimal(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return all_are(v, jchar_is_decimal, out);
}

static bool text_isnumeric(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return all_are(v, jchar_is_numeric, out);
}

/* These two hold for the empty text too. */
static bool text_isascii(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return all_are(v, is_ascii, out) && (out->u.b = out->u.b || !v.u.text->n, true);
}

static bool text_isprintable(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	return all_are(v, jchar_is_printable, out) && (out->u.b = out->u.b || !v.u.text->n, true);
}

static bool text_islower(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	*out = jval_bool(jchars_have_case(jval_str(v), JCASE_LOWER));
	return true;
}

static bool text_isupper(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	*out = jval_bool(jchars_have_case(jval_str(v), JCASE_UPPER));
	return true;
}

/* Upper case only after what has no case, lower case only after what has. */
static bool text_istitle(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)r, (void)args;
	struct str s = jval_str(v);
	bool any = false, after_cased = false, title = true;
	for (size_t i = 0; title && i < s.n;) {
		uint32_t code = 0;
		int bytes = utf8_next(str_from(s, i), &code);
		bool upper = jchar_has_case(code, JCASE_UPPER) || jchar_has_case(code, JCASE_TITLE);
		bool lower = jchar_has_case(code, JCASE_LOWER);
		title = !(upper && after_cased) && !(lower && !after_cased);
		after_cased = upper || lower;
		any = any || after_cased;
		i += bytes > 0 ? (size_t)bytes : 1;
	}
	*out = jval_bool(title && any);
	return true;
}

const struct jbuiltin jmethods_text_more[] = {
	{ "startswith", "/ prefix start? end?", text_startswith },
	{ "endswith", "/ suffix start? end?", text_endswith },
	{ "find", "/ sub start? end?", text_find },
	{ "rfind", "/ sub start? end?", text_rfind },
	{ "index", "/ sub start? end?", text_index },
	{ "rindex", "/ sub start? end?", text_rindex },
	{ "count", "/ sub start? end?", text_count },
	{ "isspace", "", text_isspace },
	{ "isalpha", "", text_isalpha },
	{ "isalnum", "", text_isalnum },
	{ "isdigit", "", text_isdigit },
	{ "isdecimal", "", text_isdecimal },
	{ "isnumeric", "", text_isnumeric },
	{ "isascii", "", text_isascii },
	{ "isprintable", "", text_isprintable },
	{ "islower", "", text_islower },
	{ "isupper", "", text_isupper },
	{ "istitle", "", text_istitle },
	{ NULL, NULL, NULL },
};
