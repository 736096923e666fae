/*
 * jinja.h - chat templates: Jinja2 as models use it.
 *
 * A template is compiled once into an immutable program, which any number of threads may render at
 * the same time; each render lives in an arena of its own. What a template may do and what it
 * writes is what Jinja2 3.1 does with the settings of transformers' apply_chat_template:
 * trim_blocks and lstrip_blocks on, no autoescape, a sandbox, the extensions loopcontrols and
 * `generation`, `raise_exception`, `strftime_now` and a `tojson` that escapes nothing but what JSON
 * must. tests/templates compares the bytes with the reference.
 *
 * Where it differs, on purpose:
 *  - Lists and dicts may be changed in place (append, pop, update): templates in use need it;
 *    transformers' immutable sandbox refuses. Changes never reach the caller's values.
 *  - Integers are 64 bits wide; a result beyond that is refused instead of growing.
 *  - include, import, extends and block are refused when compiling: a chat template is one text.
 *  - Names are looked up when used, so a macro called before a top-level `set` of a name sees the
 *    caller's variable of that name, where Jinja2 sees it undefined.
 *  - Not there: the filters pprint, random, urlize, wordwrap, xmlattr, filesizeformat and
 *    striptags, lipsum, attributes of numbers, and "\N{...}" in strings. Functions and generators
 *    print without an address.
 *  - A refusal has the reference's words where a template or a person may depend on them
 *    (raise_exception, undefined values, types), not in every case.
 *
 * Hostile templates and values cost at most LIMIT_JINJA_* of time, memory and depth; then the
 * render ends in an error. The deepest one needs just under 512 KiB of stack: render on a thread
 * with more.
 *
 * Origins: what a user, a tool or a document wrote must never become a control token of the model.
 * Each string value carries the ranges of bytes that came from the conversation, through every
 * operation, and a render tells them for its output. A tokenizer may read a special token only
 * where none of its bytes is in such a range.
 */
#ifndef OFFGRID_CHAT_JINJA_H
#define OFFGRID_CHAT_JINJA_H

#include <jansson.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"

struct jinja;

/* Bytes [from, to). */
struct jinja_span {
	size_t from, to;
};

/* Sorted, disjoint, not touching. Owned by whoever embeds it. */
struct jinja_spans {
	struct jinja_span *p;
	size_t n, cap;
};

void jinja_spans_init(struct jinja_spans *s);
void jinja_spans_clear(struct jinja_spans *s); /* frees; empty and reusable */

/* Adds [from, to), not before what is there already. */
void jinja_spans_add(struct jinja_spans *s, size_t from, size_t to);
/* Adds what `of` has in [from, to), as if byte `from` stood at `at`. */
void jinja_spans_cut(
	struct jinja_spans *s, const struct jinja_spans *of, size_t from, size_t to, size_t at);
/* Whether any byte of [from, to) came from the conversation. */
bool jinja_spans_touch(const struct jinja_spans *s, size_t from, size_t to);

/* What a render is given. All is borrowed for the time of the call. */
struct jinja_input {
	/*
	 * Variables by name, NULL for none. Strings in `conversation` (messages, tools, documents)
	 * are marked in the output; strings in `settings` (bos_token, eos_token, flags) count as
	 * the template's own. A name in both is taken from `settings`.
	 */
	const json_t *conversation;
	const json_t *settings;
	struct tm now;    /* what strftime_now tells; local time, chosen by the caller */
	size_t max_steps; /* 0: LIMIT_JINJA_STEPS */
	size_t max_bytes; /* of memory; 0: LIMIT_JINJA_BYTES */
};

/*
 * The program, to be freed with jinja_free, or NULL: ERR_BAD_DATA (syntax, with line and column;
 * bytes that are not UTF-8) or ERR_TOO_BIG, layer `prompt`. Keeps nothing of `text`.
 */
struct jinja *jinja_compile(struct str text, struct err *e);
void jinja_free(struct jinja *j); /* NULL is fine */

/*
 * Appends the rendered text to `out` and its input ranges, as offsets into `out`, to `spans` (NULL
 * if nobody asks). False with layer `prompt`: ERR_BAD_DATA when the template refuses
 * (raise_exception) or cannot go on, with its words and the line; ERR_TOO_BIG over a limit or over
 * the cap of `out`. Both outputs are untouched on failure.
 */
bool jinja_render(const struct jinja *j, const struct jinja_input *in, struct buf *out,
	struct jinja_spans *spans, struct err *e);

#endif
