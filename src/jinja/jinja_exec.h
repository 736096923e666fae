/*
 * jinja_exec.h - between the parts that run a program: expressions (jinja_eval.c), statements
 * (jinja_exec.c), loops (jinja_loop.c) and macros (jinja_macro.c).
 */
#ifndef OFFGRID_CHAT_JINJA_EXEC_H
#define OFFGRID_CHAT_JINJA_EXEC_H

#include "jinja/jinja_ast.h"
#include "jinja/jinja_run.h"

/* How a statement ended. */
enum jflow { JF_NEXT, JF_BREAK, JF_CONTINUE, JF_FAILED };

struct jmacro {
	const struct jmacro_body *body;
	struct jscope *scope; /* where it was written */
};

/* A running loop, as `loop` in its body. */
struct jloop {
	const struct jnode *node;
	struct jscope *scope; /* around the loop, for recursion */
	struct jiter iter;
	struct jval over;
	struct jval before, current, after; /* J_MISSING: none, or not looked at yet */
	bool has_length, has_changed, is_over;
	size_t length, index0, depth0;
	struct jlist *changed;
};

bool jeval(struct jrun *r, struct jscope *s, const struct jnode *n, struct jval *out);
enum jflow jexec(struct jrun *r, struct jscope *s, const struct jnodes *body);

/* A body in a new inner scope. */
enum jflow jexec_inner(struct jrun *r, struct jscope *s, const struct jnodes *body);
/* Runs `body` with what it prints caught as a text. */
enum jflow jexec_caught(
	struct jrun *r, struct jscope *s, const struct jnodes *body, const struct jtext **out);
bool jassign(struct jrun *r, struct jscope *s, const struct jnode *target, struct jval v);

enum jflow jloop_run(struct jrun *r, struct jscope *s, const struct jnode *n);
bool jloop_attribute(struct jrun *r, struct jloop *l, struct str name, struct jval *out);
/* loop(items): the same loop again, one deeper. */
bool jloop_call(struct jrun *r, struct jloop *l, const struct jargs *args, struct jval *out);
bool jloop_length(struct jrun *r, struct jloop *l, size_t *out);

struct jval jmacro_new(struct jrun *r, struct jscope *s, const struct jmacro_body *body);
bool jmacro_call(struct jrun *r, struct jmacro *m, const struct jargs *args, struct jval *out);

/* Where the arguments of one call are put, on the stack of the caller. */
struct jargs_room {
	struct jval pos[JARGS_MAX];
	struct jnamed named[JARGS_MAX];
};

/* The arguments of a call, worked out; they point into `room` or the arena. `caller` is added as a
 * named one unless J_MISSING. */
bool jargs_eval(struct jrun *r, struct jscope *s, const struct jcall_args *written,
	struct jval caller, struct jargs_room *room, struct jargs *out);
/* Applies a filter node to `given` in place of what its innermost filter is given. */
bool jfilter_apply(struct jrun *r, struct jscope *s, const struct jnode *filter,
	const struct jtext *given, struct jval *out);

#endif
