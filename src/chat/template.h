/*
 * template.h - a model's chat template: what it can say, and a request rendered through it.
 *
 * When a template is opened it is examined (template_lint.h) and the form of its calls is taken
 * from what it renders (template_derive.h). What comes out decides how requests are rendered: in
 * the model's own way where the template shows tools, calls and results in a form that is read and
 * guided (template_proof.h), through the prompted format where it does not. The reason is kept, and
 * the trace of each request has it, with everything else that was worked around. A request is
 * rendered so that a longer conversation begins with the bytes of the shorter one wherever the
 * template allows it. A packed template that is known to be wrong is replaced (template_known.h).
 *
 * Immutable once open; any thread may render.
 *
 * Layer: prompt.
 */
#ifndef OFFGRID_CHAT_TEMPLATE_H
#define OFFGRID_CHAT_TEMPLATE_H

#include "base/trace.h"
#include "chat/template_lint.h"

struct chat_template;

/* What the template is told of the model; borrowed during the call. */
struct template_source {
	struct str text;               /* Jinja; empty: ChatML is assumed and noted */
	struct str tool_text;          /* a second template for tools, or empty */
	struct str bos, eos;           /* their texts, for the template's variables */
	struct str name, architecture; /* what the file says it is; may be empty */
};

struct chat_template *template_open(const struct template_source *source, struct err *e);
void template_free(struct chat_template *t); /* NULL is fine */

/* How tools are offered and calls are written: never NULL. */
const struct tool_format *template_format(const struct chat_template *t);
/* Why: "the template shows tools, calls and results as hermes", "the template does not show tools
 * to the model". */
const char *template_reason(const struct chat_template *t);
/* How the template itself writes calls, used or not: NULL if it does not or nobody knows the form.
 */
const struct tool_format *template_written_as(const struct chat_template *t);
/* What the template was found to do; lives as long as `t`. */
const struct template_lint *template_findings(const struct chat_template *t);
/* What is done about it, as sentences with "; " between them; empty if nothing. */
const char *template_workarounds(const struct chat_template *t);

/* Whether the model may open a thought by itself: its template speaks of one. */
bool template_thinks(const struct chat_template *t);

struct rendered {
	struct buf text;
	struct jinja_spans
		inputs;   /* bytes that users, tools and files wrote: never control tokens */
	bool is_thinking; /* the text ends inside an opened thought */
};

void rendered_init(struct rendered *r);
void rendered_clear(struct rendered *r);
/* Appends bytes [from, to) of `of`. */
void rendered_add(struct rendered *r, const struct rendered *of, size_t from, size_t to);

/*
 * Renders the conversation, ready for the model to answer (or to go on, if the request says so).
 * `unix_s` is what a template that asks for the date is told. False with what the template said,
 * kind BAD_DATA.
 */
bool template_render(const struct chat_template *t, const struct chat_request *r, int64_t unix_s,
	struct trace *trace, struct rendered *out, struct err *e);

/*
 * What the template puts behind message `at`, an assistant's: for who knows the bytes of the answer
 * (template_memory.h). False if that cannot be told from the rest; `out` is untouched then.
 */
bool template_render_tail(const struct chat_template *t, const struct chat_request *r, size_t at,
	int64_t unix_s, struct rendered *out);

/* Tells the trace how a request was rendered, and of tools that are not in it: what template_render
 * does at its end. */
void template_tell(const struct chat_template *t, const struct chat_request *r, struct trace *trace,
	const struct rendered *out);

/* What is done with the thoughts of earlier answers. */
enum family_replay template_replay(const struct chat_template *t);

#endif
