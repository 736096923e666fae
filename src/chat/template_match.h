/*
 * template_match.h - whether a template writes calls as a row has them.
 *
 * The turn that a template rendered for a probe (template_probe.h) is read along the row's texts,
 * holes and all. Numbers, names and ids may be whatever the template makes of them; every other
 * byte must be the row's.
 *
 * Layer: prompt.
 */
#ifndef OFFGRID_CHAT_TEMPLATE_MATCH_H
#define OFFGRID_CHAT_TEMPLATE_MATCH_H

#include "chat/tool_format.h"

/* How closely. */
enum template_likeness {
	TEMPLATE_EXACT, /* by the row's own texts */
	TEMPLATE_ALSO,  /* by the other spellings that it knows of, too */
};

/* The calls of the probe, one or both, as `f` writes them: where they stand in `text` first. False
 * if nowhere. `mem` is for passing use. */
bool template_match(struct arena *mem, const struct tool_format *f, enum template_likeness how,
	struct str text, unsigned call_count, struct str *found);

/* Takes a text of a row from the front of `s`, its holes filled with whatever stands there, or with
 * the name and the key. NULL is nothing. */
bool template_eat(struct str *s, const char *text, struct str name, struct str key);

#endif
