/*
 * jinja_text.h - strings that know where their bytes came from.
 *
 * Every operation on strings is written as slices of its operands and literals put one after
 * another; the builder keeps the marks of the slices, so origins survive whatever a template does
 * (join, replace, trim, tojson, macros) without any operation thinking of them.
 */
#ifndef OFFGRID_CHAT_JINJA_TEXT_H
#define OFFGRID_CHAT_JINJA_TEXT_H

#include "jinja/jinja_value.h"

/* --- texts --- */

const struct jtext *jtext_own(struct jrun *r, struct str s);   /* the template's; borrows s */
const struct jtext *jtext_input(struct jrun *r, struct str s); /* the conversation's; borrows s */
const struct jtext *jtext_z(struct jrun *r, const char *z);    /* the template's; borrows z */
const struct jtext *jtext_markup(struct jrun *r, const struct jtext *t, bool markup);
struct str jtext_str(const struct jtext *t);

/* Bytes [from, to): shares them. */
const struct jtext *jtext_slice(struct jrun *r, const struct jtext *t, size_t from, size_t to);

/* Characters, and the byte offset of a character (t->n past the end). */
size_t jtext_chars(const struct jtext *t);
size_t jtext_offset(const struct jtext *t, size_t chars);

/* --- builder: grows in the arena of the run, needs no clearing --- */

struct jbuild {
	struct jrun *run;
	char *p;
	size_t n, cap;
	struct jinja_span *marks;
	size_t mark_count, mark_cap;
	bool markup;
};

/* All of these add nothing over the memory limit; the run remembers and fails at its next step. */
void jbuild_init(struct jbuild *b, struct jrun *r);
void jbuild_own(struct jbuild *b, struct str s); /* the template's bytes */
void jbuild_char(struct jbuild *b, char c);
void jbuild_printf(struct jbuild *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void jbuild_text(struct jbuild *b, const struct jtext *t);
void jbuild_slice(struct jbuild *b, const struct jtext *t, size_t from, size_t to);
/* Bytes that stand for the byte at `at` of t, and so have its origin: escapes, other case. */
void jbuild_as(struct jbuild *b, const struct jtext *t, size_t at, struct str s);
/* With & < > ' " as HTML entities, unless t is markup. */
void jbuild_escaped(struct jbuild *b, const struct jtext *t);

const struct jtext *jbuild_done(struct jbuild *b); /* do not add afterwards */

/* a + b, growing in place where a was built last. */
const struct jtext *jtext_join(struct jrun *r, const struct jtext *a, const struct jtext *b);

#endif
