/*
 * jinja_spec.h - how one value is written: [[fill]align][sign][#][0][width][,][.precision][type].
 */
#ifndef OFFGRID_CHAT_JINJA_SPEC_H
#define OFFGRID_CHAT_JINJA_SPEC_H

#include "jinja/jinja_run.h"

struct jspec {
	struct str fill; /* one character */
	char align;      /* < > = ^ or 0 */
	char sign;       /* + - blank or 0 */
	char group;      /* , or _ between thousands, or 0 */
	bool alternate, zero;
	int64_t width, precision; /* -1: not given */
	char type;                /* 0: not given */
};

struct jspec jspec_plain(void);

/* Python's format(v, text). */
bool jspec_write(struct jrun *r, struct str text, struct jval v, struct jbuild *out);

/* By a specification read already; they refuse types that are not theirs. */
bool jspec_write_text(
	struct jrun *r, const struct jspec *spec, const struct jtext *t, struct jbuild *out);
bool jspec_write_int(struct jrun *r, const struct jspec *spec, int64_t i, struct jbuild *out);
bool jspec_write_float(struct jrun *r, const struct jspec *spec, double f, struct jbuild *out);

/* For both languages of formats: digits at *at, capped, -1 if there are none; one character, if it
 * is there. */
int64_t jspec_number(struct str s, size_t *at);
bool jspec_take(struct str s, size_t *at, char c);

#endif
