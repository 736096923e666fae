/*
 * jinja_json.c - json.dumps as chat templates see it: keys in their order, ", " and ": " between,
 * nothing escaped but what JSON must unless asked; see jinja_run.h.
 *
 * An escape has the origin of the character it stands for.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "jinja/jinja_run.h"

struct writer {
	struct jrun *run;
	const struct jjson_style *style;
	struct jbuild *out;
	size_t level;
};

static bool write_value(struct writer *w, struct jval v);

static struct str short_escape(unsigned char c)
{
	switch (c) {
	case '"': return STR("\\\"");
	case '\\': return STR("\\\\");
	case '\n': return STR("\\n");
	case '\r': return STR("\\r");
	case '\t': return STR("\\t");
	case '\f': return STR("\\f");
	case '\b': return STR("\\b");
	default: return STR("");
	}
}

static void write_unicode_escape(struct writer *w, const struct jtext *t, size_t at, uint32_t code)
{
	char text[16];
	int n;
	if (code < 0x10000) {
		n = snprintf(text, sizeof text, "\\u%04x", code);
	} else {
		uint32_t low = code - 0x10000;
		n = snprintf(text, sizeof text, "\\u%04x\\u%04x", 0xd800 + (low >> 10),
			0xdc00 + (low & 0x3ff));
	}
	jbuild_as(w->out, t, at, str_n(text, (size_t)n));
}

static void write_text(struct writer *w, const struct jtext *t)
{
	size_t plain = 0, i = 0;
	jbuild_char(w->out, '"');
	while (i < t->n) {
		unsigned char c = (unsigned char)t->p[i];
		struct str escape = short_escape(c);
		uint32_t code = c;
		size_t bytes = 1;
		bool plain_char =
			c >= 0x20 && c < 0x80 ? escape.n == 0 : c >= 0x80 && !w->style->ascii_only;
		if (plain_char) {
			i++;
			continue;
		}
		jbuild_slice(w->out, t, plain, i);
		if (c >= 0x80) {
			int n = utf8_next(str_from(jtext_str(t), i), &code);
			bytes = n > 0 ? (size_t)n : 1;
		}
		if (escape.n)
			jbuild_as(w->out, t, i, escape);
		else
			write_unicode_escape(w, t, i, code);
		i += bytes;
		plain = i;
	}
	jbuild_slice(w->out, t, plain, t->n);
	jbuild_char(w->out, '"');
}

static void write_float(struct writer *w, double f)
{
	char text[JFLOAT_BYTES];
	if (isnan(f))
		jbuild_own(w->out, STR("NaN"));
	else if (isinf(f))
		jbuild_own(w->out, f < 0 ? STR("-Infinity") : STR("Infinity"));
	else
		jbuild_own(w->out, str_n(text, (size_t)jfloat_print(f, text)));
}

static void write_break(struct writer *w)
{
	if (!w->style->indent)
		return;
	jbuild_char(w->out, '\n');
	for (size_t i = 0; i < w->level; i++)
		jbuild_text(w->out, w->style->indent);
}

static bool write_list(struct writer *w, const struct jlist *l)
{
	if (l->n == 0) {
		jbuild_own(w->out, STR("[]"));
		return true;
	}
	jbuild_char(w->out, '[');
	w->level++;
	for (size_t i = 0; i < l->n; i++) {
		if (i)
			jbuild_text(w->out, w->style->item_separator);
		write_break(w);
		if (!write_value(w, l->items[i]))
			return false;
	}
	w->level--;
	write_break(w);
	jbuild_char(w->out, ']');
	return true;
}

static bool write_key(struct writer *w, struct jval key)
{
	if (key.kind == J_TEXT) {
		write_text(w, key.u.text);
		return true;
	}
	if (key.kind != J_NONE && !jval_is_number(key))
		return jrun_raise(w->run, "keys must be str, int, float, bool or None, not %s",
			jval_type(key));
	jbuild_char(w->out, '"');
	bool ok = write_value(w, key);
	jbuild_char(w->out, '"');
	return ok;
}

/* The entries sorted by key, in a list of pairs' places: insertion sort would be quadratic, so a
 * list is sorted by the same rule as the `sort` filter. */
static bool sorted_entries(struct writer *w, const struct jdict *d, struct jlist **out)
{
	struct jlist *keys = jlist_new(w->run, d->n);
	for (size_t i = 0; i < d->n; i++)
		jlist_add(w->run, keys, d->entries[i].key);
	*out = keys;
	return jlist_sort(w->run, keys, keys, false);
}

static bool write_dict(struct writer *w, const struct jdict *d)
{
	struct jlist *keys = NULL;
	if (d->n == 0) {
		jbuild_own(w->out, STR("{}"));
		return true;
	}
	if (w->style->sort_keys && !sorted_entries(w, d, &keys))
		return false;
	jbuild_char(w->out, '{');
	w->level++;
	for (size_t i = 0; i < d->n; i++) {
		struct jentry *entry = &d->entries[i];
		if (keys && !jdict_find(w->run, d, keys->items[i], &entry))
			return false;
		if (i)
			jbuild_text(w->out, w->style->item_separator);
		write_break(w);
		if (!write_key(w, entry->key))
			return false;
		jbuild_text(w->out, w->style->key_separator);
		if (!write_value(w, entry->value))
			return false;
	}
	w->level--;
	write_break(w);
	jbuild_char(w->out, '}');
	return true;
}

static bool write_any(struct writer *w, struct jval v)
{
	switch (v.kind) {
	case J_NONE: jbuild_own(w->out, STR("null")); return true;
	case J_BOOL: jbuild_own(w->out, v.u.b ? STR("true") : STR("false")); return true;
	case J_INT: jbuild_printf(w->out, "%lld", (long long)v.u.i); return true;
	case J_FLOAT: write_float(w, v.u.f); return true;
	case J_TEXT: write_text(w, v.u.text); return true;
	case J_LIST:
	case J_TUPLE: return write_list(w, v.u.list);
	case J_DICT: return write_dict(w, v.u.dict);
	default:
		return jrun_raise(
			w->run, "Object of type %s is not JSON serializable", jval_type(v));
	}
}

static bool write_value(struct writer *w, struct jval v)
{
	if (!jrun_charge(w->run, 1) || !jrun_enter(w->run))
		return false;
	bool ok = write_any(w, v);
	jrun_leave(w->run);
	return ok;
}

bool jjson_write(struct jrun *r, struct jval v, const struct jjson_style *style, struct jbuild *out)
{
	struct writer w = { .run = r, .style = style, .out = out };
	return write_value(&w, v);
}
