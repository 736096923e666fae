/*
 * jinja_format.c - "...".format(values): fields in braces; see jinja_run.h.
 *
 * Layer: prompt
 */
#include <string.h>

#include "jinja/jinja_spec.h"

struct fields {
	struct jrun *run;
	const struct jargs *args;
	size_t next; /* number of the next {} */
	enum { NUMBERING_NONE, NUMBERING_AUTO, NUMBERING_MANUAL } numbering;
	unsigned depth;
};

static bool format_fields(struct fields *f, const struct jtext *t, struct jbuild *out);

static bool first_value(struct fields *f, struct str name, struct jval *out)
{
	struct jrun *r = f->run;
	uint64_t number;
	bool is_number = str_to_u64(name, &number);
	if (name.n == 0 || is_number) {
		int numbering = name.n ? NUMBERING_MANUAL : NUMBERING_AUTO;
		if (f->numbering != NUMBERING_NONE && (int)f->numbering != numbering)
			return jrun_raise(r, "cannot switch between manual field "
					     "specification and automatic field numbering");
		f->numbering = numbering;
		if (name.n == 0)
			number = f->next++;
		if (number >= f->args->pos_count)
			return jrun_raise(r,
				"Replacement index %llu out of range for positional args tuple",
				(unsigned long long)number);
		*out = f->args->pos[number];
		return true;
	}
	for (size_t i = 0; i < f->args->named_count; i++)
		if (str_eq(jtext_str(f->args->named[i].name), name)) {
			*out = f->args->named[i].value;
			return true;
		}
	return jrun_raise(r, "'%.*s'", STR_ARG(name));
}

/* name.attribute[element]... */
static bool field_value(struct fields *f, struct str path, struct jval *out)
{
	struct jrun *r = f->run;
	size_t at = 0;
	while (at < path.n && path.p[at] != '.' && path.p[at] != '[')
		at++;
	if (!first_value(f, str_sub(path, 0, at), out))
		return false;
	while (at < path.n) {
		bool brackets = path.p[at] == '[';
		size_t from = ++at;
		while (at < path.n &&
			(brackets ? path.p[at] != ']' : path.p[at] != '.' && path.p[at] != '['))
			at++;
		struct str part = str_sub(path, from, at);
		if (part.n == 0 || (brackets && at == path.n))
			return jrun_raise(r, "Empty attribute in format string");
		at += brackets;
		uint64_t number;
		const struct jtext *name = jtext_own(r, part);
		bool ok = !brackets ? jval_attribute(r, *out, name, out)
			  : str_to_u64(part, &number)
				  ? jval_item(r, *out, jval_int((int64_t)(number & INT64_MAX)), out)
				  : jval_item(r, *out, jval_text(name), out);
		if (!ok)
			return false;
	}
	return true;
}

/* The end of the field that begins at `at`, behind its '{': its closing brace. SIZE_MAX if none. */
static size_t field_end(struct str s, size_t at)
{
	for (unsigned open = 1; at < s.n; at++) {
		open += s.p[at] == '{';
		open -= s.p[at] == '}';
		if (open == 0)
			return at;
	}
	return SIZE_MAX;
}

/* One field between its braces: path!conversion:specification */
static bool format_field(
	struct fields *f, const struct jtext *t, size_t from, size_t to, struct jbuild *out)
{
	struct jrun *r = f->run;
	struct str s = jtext_str(t);
	size_t colon = from;
	bool in_brackets = false;
	for (; colon < to && (in_brackets || (s.p[colon] != ':' && s.p[colon] != '!')); colon++)
		in_brackets = s.p[colon] == '[' || (in_brackets && s.p[colon] != ']');
	struct jval v;
	if (!field_value(f, str_sub(s, from, colon), &v))
		return false;
	if (colon < to && s.p[colon] == '!') {
		char conversion = colon + 1 < to ? s.p[colon + 1] : 0;
		struct jbuild b;
		jbuild_init(&b, r);
		if ((conversion != 'r' && conversion != 's') ||
			(colon + 2 < to && s.p[colon + 2] != ':'))
			return jrun_raise(r, "Unknown conversion specifier");
		if (!(conversion == 'r' ? jprint_repr(r, v, &b) : jprint_str(r, v, &b)))
			return false;
		v = jval_text(jbuild_done(&b));
		colon += 2;
	}
	struct jbuild spec, field;
	jbuild_init(&spec, r);
	jbuild_init(&field, r);
	const struct jtext *written = jtext_slice(r, t, colon < to ? colon + 1 : to, to);
	if (!format_fields(f, written, &spec) ||
		!jspec_write(r, (struct str){ spec.p, spec.n }, v, &field))
		return false;
	const struct jtext *done = jbuild_done(&field);
	if (!out->markup)
		jbuild_text(out, done);
	else
		jbuild_escaped(out, jtext_markup(r, done, v.kind == J_TEXT && v.u.text->markup));
	return true;
}

static bool format_fields(struct fields *f, const struct jtext *t, struct jbuild *out)
{
	struct jrun *r = f->run;
	struct str s = jtext_str(t);
	if (f->depth++ > 2)
		return jrun_raise(r, "Max string recursion exceeded");
	for (size_t i = 0; i < s.n; i++) {
		bool doubled = i + 1 < s.n && s.p[i + 1] == s.p[i];
		if (s.p[i] != '{' && s.p[i] != '}') {
			jbuild_slice(out, t, i, i + 1);
		} else if (doubled) {
			jbuild_slice(out, t, i, i + 1);
			i++;
		} else if (s.p[i] == '}') {
			return jrun_raise(r, "Single '}' encountered in format string");
		} else {
			size_t end = field_end(s, i + 1);
			if (end == SIZE_MAX)
				return jrun_raise(r, "Single '{' encountered in format string");
			if (!format_field(f, t, i + 1, end, out))
				return false;
			i = end;
		}
	}
	f->depth--;
	return true;
}

bool jformat_braces(
	struct jrun *r, const struct jtext *t, const struct jargs *args, struct jval *out)
{
	struct fields f = { .run = r, .args = args };
	struct jbuild b;
	jbuild_init(&b, r);
	b.markup = t->markup;
	if (!format_fields(&f, t, &b))
		return false;
	*out = jval_text(jbuild_done(&b));
	return true;
}
