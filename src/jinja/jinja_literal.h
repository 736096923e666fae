/*
 * jinja_literal.h - names, numbers and strings as a template writes them.
 */
#ifndef OFFGRID_CHAT_JINJA_LITERAL_H
#define OFFGRID_CHAT_JINJA_LITERAL_H

#include "jinja/jinja_lex.h"

/*
 * Reads the literal at the front of `s` into `token` (all but its place) and returns its bytes, or
 * 0 if something else stands there. `after_dot`: what follows a dot is no float ("a.1.2"). A
 * literal that cannot be read sets *wrong to the reason. Texts live in the arena or in `s`.
 */
size_t jliteral_read(struct arena *arena, struct str s, bool after_dot, struct jtoken *token,
	const char **wrong);

#endif
