/*
 * jinja_method_text.c - methods of str that make text; those that ask are in jinja_method_ask.c;
 * see jinja_run.h.
 *
 * Layer: prompt
 */
#include "jinja/jinja_run.h"
#include "jinja/jinja_textop.h"

static bool given(struct jval v)
{
	return v.kind != J_MISSING;
}

static bool text_arg(struct jrun *r, struct jval v, const struct jtext **out)
{
	if (v.kind == J_UNDEFINED)
		return jrun_raise_undefined(r, v);
	if (v.kind != J_TEXT)
		return jrun_raise(r, "argument must be str, not %s", jval_type(v));
	*out = v.u.text;
	return true;
}

static bool whole_arg(struct jrun *r, struct jval v, int64_t fallback, int64_t *out)
{
	*out = fallback;
	return !given(v) || jval_is_index(v, out) ||
	       jrun_raise(r, "'%s' object cannot be interpreted as an integer", jval_type(v));
}

/* Python's Markup escapes what is put into it. */
static const struct jtext *escaped_for(
	struct jrun *r, const struct jtext *into, const struct jtext *t)
{
	if (!into->markup)
		return t;
	struct jbuild b;
	jbuild_init(&b, r);
	jbuild_escaped(&b, t);
	return jbuild_done(&b);
}

static bool strip(
	struct jrun *r, struct jval v, const struct jargs *args, enum jside side, struct jval *out)
{
	const struct jtext *chars = NULL;
	if (given(args->pos[0]) && args->pos[0].kind != J_NONE &&
		!text_arg(r, args->pos[0], &chars))
		return false;
	*out = jval_text(jtext_strip(r, v.u.text, chars, side));
	return true;
}

static bool text_strip(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return strip(r, v, args, JSIDE_BOTH, out);
}

static bool text_lstrip(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return strip(r, v, args, JSIDE_LEFT, out);
}

static bool text_rstrip(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return strip(r, v, args, JSIDE_RIGHT, out);
}

static bool split(
	struct jrun *r, struct jval v, const struct jargs *args, enum jside from, struct jval *out)
{
	const struct jtext *separator = NULL;
	int64_t max;
	if (given(args->pos[0]) && args->pos[0].kind != J_NONE &&
		!text_arg(r, args->pos[0], &separator))
		return false;
	if (!whole_arg(r, args->pos[1], -1, &max))
		return false;
	struct jlist *parts = jtext_split(r, v.u.text, separator, max, from);
	if (!parts)
		return jrun_raise(r, "empty separator");
	*out = jval_list(parts);
	return true;
}

static bool text_split(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return split(r, v, args, JSIDE_LEFT, out);
}

static bool text_rsplit(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return split(r, v, args, JSIDE_RIGHT, out);
}

static bool text_splitlines(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	*out = jval_list(jtext_lines(r, v.u.text, jval_truth(args->pos[0])));
	return true;
}

static bool text_replace(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	const struct jtext *old = NULL, *with = NULL;
	int64_t count;
	if (!text_arg(r, args->pos[0], &old) || !text_arg(r, args->pos[1], &with) ||
		!whole_arg(r, args->pos[2], -1, &count))
		return false;
	*out = jval_text(jtext_replace(
		r, v.u.text, escaped_for(r, v.u.text, old), escaped_for(r, v.u.text, with), count));
	return true;
}

static bool text_upper(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	*out = jval_text(jtext_cased(r, v.u.text, JCASING_UPPER));
	return true;
}

static bool text_lower(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	*out = jval_text(jtext_cased(r, v.u.text, JCASING_LOWER));
	return true;
}

static bool text_title(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	*out = jval_text(jtext_cased(r, v.u.text, JCASING_TITLE));
	return true;
}

static bool text_capitalize(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	*out = jval_text(jtext_cased(r, v.u.text, JCASING_CAPITAL));
	return true;
}

static bool text_swapcase(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	(void)args;
	*out = jval_text(jtext_cased(r, v.u.text, JCASING_SWAP));
	return true;
}

static bool text_join(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	struct jiter it;
	struct jbuild b;
	bool more;
	if (!jiter_begin(r, args->pos[0], &it))
		return false;
	jbuild_init(&b, r);
	b.markup = v.u.text->markup;
	for (size_t i = 0;; i++) {
		struct jval item;
		if (!jiter_next(r, &it, &item, &more))
			return false;
		if (!more)
			break;
		if (item.kind != J_TEXT)
			return jrun_raise(r, "sequence item %zu: expected str instance, %s found",
				i, jval_type(item));
		if (i)
			jbuild_text(&b, v.u.text);
		jbuild_text(&b, escaped_for(r, v.u.text, item.u.text));
	}
	*out = jval_text(jbuild_done(&b));
	return true;
}

static bool justify(
	struct jrun *r, struct jval v, const struct jargs *args, enum jside side, struct jval *out)
{
	int64_t width;
	const struct jtext *fill = jtext_z(r, " ");
	if (!whole_arg(r, args->pos[0], 0, &width))
		return false;
	if (given(args->pos[1]) && !text_arg(r, args->pos[1], &fill))
		return false;
	if (jtext_chars(fill) != 1)
		return jrun_raise(r, "The fill character must be exactly one character long");
	*out = jval_text(jtext_justify(r, v.u.text, width, jtext_str(fill), side));
	return true;
}

static bool text_center(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return justify(r, v, args, JSIDE_BOTH, out);
}

static bool text_ljust(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return justify(r, v, args, JSIDE_LEFT, out);
}

static bool text_rjust(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return justify(r, v, args, JSIDE_RIGHT, out);
}

/* Zeros behind the sign. */
static bool text_zfill(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	const struct jtext *t = v.u.text;
	int64_t width;
	if (!whole_arg(r, args->pos[0], 0, &width))
		return false;
	size_t sign = t->n && (t->p[0] == '-' || t->p[0] == '+');
	const struct jtext *digits = jtext_justify(r, jtext_slice(r, t, sign, t->n),
		width < INT64_MIN + 1 ? width : width - (int64_t)sign, STR("0"), JSIDE_RIGHT);
	*out = jval_text(jtext_join(r, jtext_slice(r, t, 0, sign), digits));
	return true;
}

static bool partition(
	struct jrun *r, struct jval v, struct jval by, enum jside side, struct jval *out)
{
	const struct jtext *t = v.u.text, *separator = NULL;
	if (!text_arg(r, by, &separator))
		return false;
	if (separator->n == 0)
		return jrun_raise(r, "empty separator");
	struct str s = jtext_str(t), needle = jtext_str(separator);
	size_t at = side == JSIDE_LEFT ? str_find(s, needle) : str_find_last(s, needle);
	size_t head = at, behind = at + separator->n;
	if (at == SIZE_MAX)
		head = behind = side == JSIDE_LEFT ? t->n : 0;
	struct jlist *l = jlist_new(r, 3);
	jlist_add(r, l, jval_text(jtext_slice(r, t, 0, head)));
	jlist_add(r, l, jval_text(jtext_slice(r, t, head, behind)));
	jlist_add(r, l, jval_text(jtext_slice(r, t, behind, t->n)));
	*out = jval_tuple(l);
	return true;
}

static bool text_partition(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return partition(r, v, args->pos[0], JSIDE_LEFT, out);
}

static bool text_rpartition(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return partition(r, v, args->pos[0], JSIDE_RIGHT, out);
}

static bool text_removeprefix(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	const struct jtext *prefix = NULL;
	if (!text_arg(r, args->pos[0], &prefix))
		return false;
	bool there = str_starts(jtext_str(v.u.text), jtext_str(prefix));
	*out = jval_text(jtext_slice(r, v.u.text, there ? prefix->n : 0, v.u.text->n));
	return true;
}

static bool text_removesuffix(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	const struct jtext *suffix = NULL;
	if (!text_arg(r, args->pos[0], &suffix))
		return false;
	bool there = str_ends(jtext_str(v.u.text), jtext_str(suffix));
	*out = jval_text(jtext_slice(r, v.u.text, 0, v.u.text->n - (there ? suffix->n : 0)));
	return true;
}

static bool text_expandtabs(
	struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	const struct jtext *t = v.u.text;
	int64_t size;
	size_t column = 0;
	struct jbuild b;
	if (!whole_arg(r, args->pos[0], 8, &size))
		return false;
	jbuild_init(&b, r);
	b.markup = t->markup;
	for (size_t i = 0; i < t->n && !r->over_memory; i++) {
		if (t->p[i] != '\t') {
			jbuild_slice(&b, t, i, i + 1);
			column += ((unsigned char)t->p[i] & 0xC0) != 0x80;
			if (t->p[i] == '\n' || t->p[i] == '\r')
				column = 0;
			continue;
		}
		size_t blanks = size > 0 ? (size_t)size - column % (size_t)size : 0;
		column += blanks;
		for (; blanks && !r->over_memory; blanks--)
			jbuild_char(&b, ' ');
	}
	*out = jval_text(jbuild_done(&b));
	return true;
}

static bool text_format(struct jrun *r, struct jval v, const struct jargs *args, struct jval *out)
{
	return jformat_braces(r, v.u.text, args, out);
}

const struct jbuiltin jmethods_text[] = {
	{ "strip", "/ chars?", text_strip },
	{ "lstrip", "/ chars?", text_lstrip },
	{ "rstrip", "/ chars?", text_rstrip },
	{ "split", "sep? maxsplit?", text_split },
	{ "rsplit", "sep? maxsplit?", text_rsplit },
	{ "splitlines", "keepends?", text_splitlines },
	{ "replace", "/ old new count?", text_replace },
	{ "upper", "", text_upper },
	{ "lower", "", text_lower },
	{ "title", "", text_title },
	{ "capitalize", "", text_capitalize },
	{ "swapcase", "", text_swapcase },
	{ "join", "/ iterable", text_join },
	{ "center", "/ width fillchar?", text_center },
	{ "ljust", "/ width fillchar?", text_ljust },
	{ "rjust", "/ width fillchar?", text_rjust },
	{ "zfill", "/ width", text_zfill },
	{ "partition", "/ sep", text_partition },
	{ "rpartition", "/ sep", text_rpartition },
	{ "removeprefix", "/ prefix", text_removeprefix },
	{ "removesuffix", "/ suffix", text_removesuffix },
	{ "expandtabs", "tabsize?", text_expandtabs },
	{ "format", "*", text_format },
	{ NULL, NULL, NULL },
};
