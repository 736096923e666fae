/*
 * jinja.c - compiling and rendering from the outside; see jinja.h.
 *
 * Layer: prompt
 */
#include "jinja/jinja.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "jinja/jinja_exec.h"
#include "jinja/jinja_parse.h"

struct jinja *jinja_compile(struct str text, struct err *e)
{
	if (text.n > LIMIT_JINJA_TEMPLATE_BYTES) {
		fail(e, ERR_TOO_BIG, LAYER_PROMPT,
			"chat template has %zu bytes, at most %zu are read", text.n,
			LIMIT_JINJA_TEMPLATE_BYTES);
		return NULL;
	}
	if (!utf8_is_valid(text)) {
		fail(e, ERR_BAD_DATA, LAYER_PROMPT, "chat template is not UTF-8");
		return NULL;
	}
	struct jinja *j = must_calloc(1, sizeof *j);
	j->arena = arena_new();
	struct jparser *p = must_calloc(1, sizeof *p);
	*p = (struct jparser){ .program = j, .e = e };
	bool ok = jlex(j->arena, text, &p->tokens, e) && jparse_template(p);
	free(p);
	if (ok)
		return j;
	jinja_free(j);
	return NULL;
}

void jinja_free(struct jinja *j)
{
	if (!j)
		return;
	arena_free(j->arena);
	free(j);
}

void jinja_spans_init(struct jinja_spans *s)
{
	*s = (struct jinja_spans){ 0 };
}

void jinja_spans_clear(struct jinja_spans *s)
{
	free(s->p);
	jinja_spans_init(s);
}

void jinja_spans_add(struct jinja_spans *s, size_t from, size_t to)
{
	if (s->n && s->p[s->n - 1].to == from) {
		s->p[s->n - 1].to = to;
		return;
	}
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 16;
		s->p = must_realloc(s->p, s->cap * sizeof *s->p);
	}
	s->p[s->n++] = (struct jinja_span){ from, to };
}

void jinja_spans_cut(
	struct jinja_spans *s, const struct jinja_spans *of, size_t from, size_t to, size_t at)
{
	for (size_t i = 0; i < of->n; i++) {
		struct jinja_span span = of->p[i];
		span.from = span.from < from ? from : span.from;
		span.to = span.to > to ? to : span.to;
		if (span.from < span.to)
			jinja_spans_add(s, at + span.from - from, at + span.to - from);
	}
}

bool jinja_spans_touch(const struct jinja_spans *s, size_t from, size_t to)
{
	size_t low = 0, high = s->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (s->p[mid].to > from)
			high = mid;
		else
			low = mid + 1;
	}
	return low < s->n && s->p[low].from < to;
}

/* The variables that the template names, from the two objects, then the globals. */
static bool bind_names(struct jrun *r, struct jscope *top)
{
	const struct jinja_input *in = r->input;
	for (uint32_t i = 0; i < r->program->name_count; i++) {
		struct str name = jtext_str(r->program->names[i]);
		const json_t *setting = json_object_get(in->settings, name.p);
		const json_t *given = json_object_get(in->conversation, name.p);
		const struct jbuiltin *function = jbuiltin_find(jglobals, name);
		top->slots[i] = jval_missing();
		if (setting || given) {
			if (!jval_from_json(r, setting ? setting : given, !setting, &top->slots[i]))
				return false;
		} else if (function) {
			top->slots[i] = (struct jval){ .kind = J_FUNCTION, .u.function = function };
		}
	}
	return true;
}

static bool render(struct jrun *r)
{
	struct jscope top;
	jscope_init(&top, NULL);
	top.slots = jrun_array(r, r->program->name_count, sizeof *top.slots);
	if (!top.slots)
		return jrun_charge(r, 1);
	return bind_names(r, &top) && jexec(r, &top, &r->program->body) != JF_FAILED &&
	       jrun_charge(r, 1);
}

static bool deliver(
	const struct jbuild *made, struct buf *out, struct jinja_spans *spans, struct err *e)
{
	size_t start = out->n;
	if (made->n > out->max - out->n)
		return fail(e, ERR_TOO_BIG, LAYER_PROMPT, "rendered prompt has %zu bytes, %zu fit",
			made->n, out->max - out->n);
	MUST(buf_add(out, (struct str){ made->p, made->n }));
	for (size_t i = 0; spans && i < made->mark_count; i++)
		jinja_spans_add(spans, start + made->marks[i].from, start + made->marks[i].to);
	return true;
}

bool jinja_render(const struct jinja *j, const struct jinja_input *in, struct buf *out,
	struct jinja_spans *spans, struct err *e)
{
	struct err local = { 0 };
	struct jbuild made;
	struct jrun r = {
		.arena = arena_new(),
		.e = &local,
		.program = j,
		.input = in,
		.max_steps = in->max_steps ? in->max_steps : LIMIT_JINJA_STEPS,
		.max_bytes = in->max_bytes ? in->max_bytes : LIMIT_JINJA_BYTES,
		.out = &made,
	};
	jbuild_init(&made, &r);
	bool ok = render(&r) && deliver(&made, out, spans, &local);
	MUST(ok != err_is_set(&local));
	if (!ok && e && !err_is_set(e))
		*e = local;
	arena_free(r.arena);
	return ok;
}
