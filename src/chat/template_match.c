/*
 * template_match.c - a rendered turn read along a row; see template_match.h.
 *
 * The arguments of a probe are flat, a string and a number, so reading them takes no schema: what
 * is compared is what stands around the values.
 */
#include "chat/template_match.h"

#include <string.h>

#include "chat/pattern.h"
#include "chat/template_probe.h"

/* What the holes of a text stand for just now. */
struct holes {
	struct str name, key;
	const char *type;
	bool is_string;
};

struct parameter {
	struct str key, value;
	const char *type;
	bool is_string;
};

/* One call of the probe. */
struct expected {
	struct str name;
	const char *json[2]; /* with blanks, and without */
	struct parameter parameters[2];
};

static const struct expected calls[] = {
	{ .name = { PROBE_TOOL_ONE, sizeof PROBE_TOOL_ONE - 1 },
		.json = { PROBE_ARGS_ONE, "{\"path\":\"val_kw9\",\"mode\":4217}" },
		.parameters = { { { "path", 4 }, { "val_kw9", 7 }, "string", true },
			{ { "mode", 4 }, { "4217", 4 }, "number", false } } },
	{ .name = { PROBE_TOOL_TWO, sizeof PROBE_TOOL_TWO - 1 },
		.json = { PROBE_ARGS_TWO, "{\"path\":\"val_tm8\",\"mode\":9153}" },
		.parameters = { { { "path", 4 }, { "val_tm8", 7 }, "string", true },
			{ { "mode", 4 }, { "9153", 4 }, "number", false } } },
};

static bool eat(struct str *s, struct str word)
{
	if (!str_starts(*s, word))
		return false;
	*s = str_from(*s, word.n);
	return true;
}

/* Letters and digits, as many as there are; at least one. */
static bool eat_made_up(struct str *s, bool is_number)
{
	size_t n = 0;
	for (; n < s->n; n++) {
		char c = s->p[n];
		bool is_digit = c >= '0' && c <= '9';
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!is_digit && (is_number || !is_letter))
			break;
	}
	*s = str_from(*s, n);
	return n > 0;
}

static bool eat_hole(struct str *s, char hole, const struct holes *h)
{
	if (hole == *TOOL_HOLE_INDEX || hole == *TOOL_HOLE_ID)
		return eat_made_up(s, hole == *TOOL_HOLE_INDEX);
	if (hole == *TOOL_HOLE_NAME || hole == *TOOL_HOLE_KEY)
		return eat(s, hole == *TOOL_HOLE_NAME ? h->name : h->key);
	if (hole == *TOOL_HOLE_TYPE)
		return eat(s, str_z(h->type));
	return eat(s, h->is_string ? STR("true") : STR("false"));
}

static bool is_hole(char c)
{
	return c >= *TOOL_HOLE_INDEX && c <= *TOOL_HOLE_IS_STRING;
}

/* A text of a row; NULL is nothing. */
static bool eat_text(struct str *s, const char *text, const struct holes *h)
{
	for (; text && *text; text++) {
		if (is_hole(*text)) {
			if (!eat_hole(s, *text, h))
				return false;
		} else if (!eat(s, str_n(text, 1))) {
			return false;
		}
	}
	return true;
}

bool template_eat(struct str *s, const char *text, struct str name, struct str key)
{
	struct holes h = { .name = name, .key = key, .type = "string", .is_string = true };
	return eat_text(s, text, &h);
}

/* The longest beginning that the expression covers. */
static bool eat_pattern(struct arena *mem, struct str *s, const char *pattern)
{
	const char *why;
	const struct dfa *d =
		pattern ? pattern_compile(mem, str_z(pattern), PATTERN_BYTES, &why) : NULL;
	size_t longest = SIZE_MAX;
	uint32_t state = 0;
	for (size_t i = 0; d && state != DFA_NONE && i <= s->n; i++) {
		if (d->states[state].is_accept)
			longest = i;
		state = i < s->n ? dfa_step(d, state, (unsigned char)s->p[i]) : DFA_NONE;
	}
	if (longest == SIZE_MAX)
		return false;
	*s = str_from(*s, longest);
	return true;
}

/* ---- arguments ---- */

static bool eat_json(struct str *s, const struct expected *call)
{
	return eat(s, str_z(call->json[0])) || eat(s, str_z(call->json[1]));
}

static bool eat_tagged(
	struct str *s, const struct tool_format *f, const struct expected *call, struct holes h)
{
	for (size_t i = 0; i < 2; i++) {
		const struct parameter *p = &call->parameters[i];
		h.key = p->key;
		h.type = p->type;
		h.is_string = p->is_string;
		if (!eat_text(s, f->param_open, &h) || !eat(s, p->key) ||
			!eat_text(s, f->after_key, &h) || !eat(s, p->value) ||
			!eat_text(s, f->param_close, &h))
			return false;
	}
	return true;
}

static bool eat_assigned(
	struct str *s, const struct parameter *p, const char *assign, const char *quote)
{
	struct str mark = p->is_string ? str_z(quote) : str_z(NULL);
	return eat(s, p->key) && eat(s, str_z(assign)) && eat(s, mark) && eat(s, p->value) &&
	       eat(s, mark);
}

/* The order of bare keys is the template's. */
static bool eat_bare(struct str *s, const struct tool_format *f, const struct expected *call)
{
	for (size_t first = 0; first < 2; first++) {
		struct str at = *s;
		if (eat_assigned(&at, &call->parameters[first], ":", f->quote) &&
			eat(&at, STR(",")) &&
			eat_assigned(&at, &call->parameters[1 - first], ":", f->quote)) {
			*s = at;
			return true;
		}
	}
	return false;
}

static bool eat_python(struct str *s, const struct expected *call)
{
	for (const char *quote = "'\""; *quote; quote++) {
		char mark[] = { *quote, 0 };
		struct str at = *s;
		if (eat_assigned(&at, &call->parameters[0], "=", mark) && eat(&at, STR(", ")) &&
			eat_assigned(&at, &call->parameters[1], "=", mark)) {
			*s = at;
			return true;
		}
	}
	return false;
}

static bool eat_arguments(struct str *s, const struct tool_format *f, const struct expected *call,
	const struct holes *h)
{
	switch (f->arguments) {
	case TOOL_ARGS_JSON: return eat_json(s, call);
	case TOOL_ARGS_RAW:
	case TOOL_ARGS_ELEMENTS: return eat_tagged(s, f, call, *h);
	case TOOL_ARGS_PYTHON: return eat_python(s, call);
	case TOOL_ARGS_BARE: return eat_bare(s, f, call);
	case TOOL_ARGS_COUNT: break;
	}
	return false;
}

/* ---- calls ---- */

/* One way to read a row. */
struct reading {
	struct arena *mem;
	const struct tool_format *f;
	const char *call_open;
	bool takes_also;
};

static bool eat_before_args(const struct reading *g, struct str *s, const struct holes *h)
{
	struct str at = *s;
	if (eat_text(&at, g->f->before_args, h)) {
		*s = at;
		return true;
	}
	return g->takes_also && eat_pattern(g->mem, s, g->f->before_args_also);
}

static bool eat_call(const struct reading *g, struct str *s, const struct expected *call)
{
	const struct tool_format *f = g->f;
	struct holes h = { .name = call->name };
	return eat_text(s, g->call_open, &h) && eat_text(s, f->before_name, &h) &&
	       eat(s, call->name) && eat_before_args(g, s, &h) && eat_arguments(s, f, call, &h) &&
	       eat_text(s, f->call_close, &h);
}

static bool eat_turn(const struct reading *g, struct str *s, unsigned call_count)
{
	const struct tool_format *f = g->f;
	struct holes none = { 0 };
	if (!eat_text(s, f->section_open, &none))
		return false;
	for (unsigned i = 0; i < call_count; i++)
		if ((i && !eat_text(s, f->call_separator, &none)) || !eat_call(g, s, &calls[i]))
			return false;
	return eat_text(s, f->section_close, &none);
}

static bool find_turn(
	const struct reading *g, struct str text, unsigned call_count, struct str *found)
{
	for (size_t at = 0; at < text.n; at++) {
		struct str rest = str_from(text, at);
		if (!eat_turn(g, &rest, call_count))
			continue;
		*found = str_sub(text, at, text.n - rest.n);
		return true;
	}
	return false;
}

bool template_match(struct arena *mem, const struct tool_format *f, enum template_likeness how,
	struct str text, unsigned call_count, struct str *found)
{
	struct reading g = { mem, f, f->call_open, how == TEMPLATE_ALSO };
	if (find_turn(&g, text, call_count, found))
		return true;
	if (how == TEMPLATE_EXACT || !f->mark_also)
		return false;
	g.call_open = f->mark_also;
	return find_turn(&g, text, call_count, found);
}
