/*
 * jinja_loop.c - for loops and the `loop` variable; see jinja_exec.h.
 *
 * A loop reads one value ahead only when its body asks (loop.last, loop.nextitem), as Jinja2 does,
 * so a filtered loop tests its values as late as the reference.
 *
 * Layer: prompt
 */
#include <string.h>

#include "jinja/jinja_exec.h"

/* What `for ... if` reads: the values for which the test holds. */
struct filtered {
	const struct jnode *node;
	struct jscope *scope;
};

static bool next_filtered(struct jrun *r, struct jiter *it, struct jval *out, bool *more)
{
	const struct filtered *f = it->state;
	for (;;) {
		struct jval test;
		if (!jiter_next(r, it->source, out, more))
			return false;
		if (!*more)
			return true;
		struct jscope *inner = jrun_alloc(r, sizeof *inner);
		jscope_init(inner, f->scope);
		if (!jassign(r, inner, f->node->u.loop.target, *out) ||
			!jeval(r, inner, f->node->u.loop.test, &test))
			return false;
		if (jval_truth(test))
			return true;
	}
}

static bool begin(struct jrun *r, struct jloop *l)
{
	struct jiter *source = jrun_alloc(r, sizeof *source);
	if (!jiter_begin(r, l->over, source))
		return false;
	l->iter = *source;
	if (!l->node->u.loop.test)
		return true;
	struct filtered *f = jrun_alloc(r, sizeof *f);
	*f = (struct filtered){ l->node, l->scope };
	l->iter = (struct jiter){
		.next = next_filtered, .type = "generator", .source = source, .state = f
	};
	return true;
}

/* Reads the value after the current one, if that has not been done. */
static bool look_ahead(struct jrun *r, struct jloop *l)
{
	bool more;
	if (l->after.kind != J_MISSING || l->is_over)
		return true;
	if (!jiter_next(r, &l->iter, &l->after, &more))
		return false;
	l->is_over = !more;
	if (!more)
		l->after = jval_missing();
	return true;
}

static bool advance(struct jrun *r, struct jloop *l, bool *more)
{
	if (!look_ahead(r, l))
		return false;
	*more = !l->is_over;
	if (!*more)
		return true;
	l->index0 = l->current.kind == J_MISSING ? 0 : l->index0 + 1;
	l->before = l->current;
	l->current = l->after;
	l->after = jval_missing();
	return true;
}

/*
 * The body for every value, in a scope of its own each time. `else` is run when no iteration came
 * to the end of the body: as in Jinja2, also after a `break` or `continue` in every one.
 */
static enum jflow run(struct jrun *r, struct jloop *l)
{
	struct jscope *inner = NULL;
	bool more, whole = false; /* some iteration reached the end of the body */
	for (;;) {
		if (!advance(r, l, &more))
			return JF_FAILED;
		if (!more)
			break;
		if (!inner || inner->kept) {
			inner = jrun_alloc(r, sizeof *inner);
			jscope_init(inner, l->scope);
		}
		jscope_reset(inner);
		jscope_set(r, inner, JNAME_LOOP, (struct jval){ .kind = J_LOOP, .u.loop = l });
		if (!jassign(r, inner, l->node->u.loop.target, l->current))
			return JF_FAILED;
		enum jflow flow = jexec(r, inner, &l->node->u.loop.body);
		if (flow == JF_FAILED)
			return flow;
		if (flow == JF_BREAK)
			break;
		whole = whole || flow == JF_NEXT;
	}
	if (!whole)
		return jexec_inner(r, l->scope, &l->node->u.loop.otherwise);
	return JF_NEXT;
}

static struct jloop *loop_new(struct jrun *r, struct jscope *s, const struct jnode *n)
{
	struct jloop *l = jrun_alloc(r, sizeof *l);
	l->node = n;
	l->scope = s;
	return l;
}

enum jflow jloop_run(struct jrun *r, struct jscope *s, const struct jnode *n)
{
	struct jloop *l = loop_new(r, s, n);
	if (!jeval(r, s, n->u.loop.over, &l->over) || !begin(r, l))
		return JF_FAILED;
	enum jflow flow = run(r, l);
	return flow;
}

bool jloop_call(struct jrun *r, struct jloop *l, const struct jargs *args, struct jval *out)
{
	if (!l->node->u.loop.recursive)
		return jrun_raise(
			r, "The loop must have the 'recursive' marker to be called recursively.");
	if (args->pos_count != 1 || args->named_count)
		return jrun_raise(r, "loop() takes exactly one argument");
	struct jloop *deeper = loop_new(r, l->scope, l->node);
	struct jbuild caught, *around = r->out;
	deeper->over = args->pos[0];
	deeper->depth0 = l->depth0 + 1;
	if (!begin(r, deeper))
		return false;
	jbuild_init(&caught, r);
	r->out = &caught;
	enum jflow flow = run(r, deeper);
	r->out = around;
	*out = jval_text(jbuild_done(&caught));
	return flow != JF_FAILED;
}

/* Reads everything that is left, to count it; the loop then goes on in what was read. */
static bool count_rest(struct jrun *r, struct jloop *l, size_t *out)
{
	struct jlist *rest;
	struct jval left = jval_iter(r, l->iter);
	if (!jval_to_list(r, left, &rest) || !jiter_begin(r, jval_list(rest), &l->iter))
		return false;
	*out = rest->n + l->index0 + 1 + (l->after.kind != J_MISSING);
	return true;
}

bool jloop_length(struct jrun *r, struct jloop *l, size_t *out)
{
	if (!l->has_length) {
		bool known = !l->node->u.loop.test && jval_length(l->over, &l->length);
		if (!known && !count_rest(r, l, &l->length))
			return false;
		l->has_length = true;
	}
	*out = l->length;
	return true;
}

static bool loop_length(struct jrun *r, struct jloop *l, struct jval *out)
{
	size_t n;
	if (!jloop_length(r, l, &n))
		return false;
	*out = jval_int((int64_t)n);
	return true;
}

static bool loop_revindex(struct jrun *r, struct jloop *l, struct jval *out)
{
	size_t n;
	if (!jloop_length(r, l, &n))
		return false;
	*out = jval_int((int64_t)n - (int64_t)l->index0);
	return true;
}

static bool loop_revindex0(struct jrun *r, struct jloop *l, struct jval *out)
{
	size_t n;
	if (!jloop_length(r, l, &n))
		return false;
	*out = jval_int((int64_t)n - (int64_t)l->index0 - 1);
	return true;
}

static bool loop_index(struct jrun *r, struct jloop *l, struct jval *out)
{
	(void)r;
	*out = jval_int((int64_t)l->index0 + 1);
	return true;
}

static bool loop_index0(struct jrun *r, struct jloop *l, struct jval *out)
{
	(void)r;
	*out = jval_int((int64_t)l->index0);
	return true;
}

static bool loop_depth(struct jrun *r, struct jloop *l, struct jval *out)
{
	(void)r;
	*out = jval_int((int64_t)l->depth0 + 1);
	return true;
}

static bool loop_depth0(struct jrun *r, struct jloop *l, struct jval *out)
{
	(void)r;
	*out = jval_int((int64_t)l->depth0);
	return true;
}

static bool loop_first(struct jrun *r, struct jloop *l, struct jval *out)
{
	(void)r;
	*out = jval_bool(l->index0 == 0);
	return true;
}

static bool loop_last(struct jrun *r, struct jloop *l, struct jval *out)
{
	if (!look_ahead(r, l))
		return false;
	*out = jval_bool(l->is_over);
	return true;
}

static bool loop_previtem(struct jrun *r, struct jloop *l, struct jval *out)
{
	*out = l->index0 ? l->before : jval_undefined_hint(r, "there is no previous item");
	return true;
}

static bool loop_nextitem(struct jrun *r, struct jloop *l, struct jval *out)
{
	if (!look_ahead(r, l))
		return false;
	*out = l->is_over ? jval_undefined_hint(r, "there is no next item") : l->after;
	return true;
}

static bool call_cycle(struct jrun *r, struct jval self, const struct jargs *args, struct jval *out)
{
	if (args->pos_count == 0)
		return jrun_raise(r, "no items for cycling given");
	*out = args->pos[self.u.loop->index0 % args->pos_count];
	return true;
}

/* Whether the arguments differ from those of the last time. */
static bool call_changed(
	struct jrun *r, struct jval self, const struct jargs *args, struct jval *out)
{
	struct jloop *l = self.u.loop;
	struct jlist *now = jlist_new(r, args->pos_count);
	bool same = false;
	for (size_t i = 0; i < args->pos_count; i++)
		jlist_add(r, now, args->pos[i]);
	if (l->changed && !jval_equal(r, jval_list(l->changed), jval_list(now), &same))
		return false;
	l->changed = now;
	*out = jval_bool(!same);
	return true;
}

static const struct jbuiltin loop_methods[] = {
	{ "cycle", "*", call_cycle },
	{ "changed", "*", call_changed },
	{ NULL, NULL, NULL },
};

static const struct {
	const char *name;
	bool (*get)(struct jrun *r, struct jloop *l, struct jval *out);
} loop_attributes[] = {
	{ "index", loop_index },
	{ "index0", loop_index0 },
	{ "first", loop_first },
	{ "last", loop_last },
	{ "length", loop_length },
	{ "previtem", loop_previtem },
	{ "nextitem", loop_nextitem },
	{ "revindex", loop_revindex },
	{ "revindex0", loop_revindex0 },
	{ "depth", loop_depth },
	{ "depth0", loop_depth0 },
};

bool jloop_attribute(struct jrun *r, struct jloop *l, struct str name, struct jval *out)
{
	for (size_t i = 0; i < sizeof loop_attributes / sizeof *loop_attributes; i++)
		if (str_eq_z(name, loop_attributes[i].name))
			return loop_attributes[i].get(r, l, out);
	const struct jbuiltin *row = jbuiltin_find(loop_methods, name);
	*out = jval_missing();
	if (!row)
		return true;
	struct jmethod *method = jrun_alloc(r, sizeof *method);
	*method = (struct jmethod){ row, { .kind = J_LOOP, .u.loop = l } };
	*out = (struct jval){ .kind = J_METHOD, .u.method = method };
	return true;
}
