/*
 * jinja_key.h - what values are sorted, grouped and picked by.
 *
 * An attribute is "a.b.0" (element of element of element) or a number; J_MISSING or J_NONE is the
 * value itself. `fallback` stands for undefined ones unless J_MISSING or J_NONE.
 */
#ifndef OFFGRID_CHAT_JINJA_KEY_H
#define OFFGRID_CHAT_JINJA_KEY_H

#include "jinja/jinja_value.h"

bool jkey_get(struct jrun *r, struct jval of, struct jval attribute, struct jval fallback,
	struct jval *out);

/* Texts in lower case, other values as they are. */
struct jval jkey_without_case(struct jrun *r, struct jval v);

/* The key of every item. */
bool jkey_list(struct jrun *r, const struct jlist *items, struct jval attribute,
	struct jval fallback, bool case_sensitive, struct jlist **out);

/* The same for several attributes, "a,b": each key is a list. */
bool jkey_list_many(struct jrun *r, const struct jlist *items, struct jval attributes,
	bool case_sensitive, struct jlist **out);

#endif
