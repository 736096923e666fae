/*
 * json_graft.h - the text of a JSON value with some of its parts replaced, every other byte kept.
 *
 * What a model wrote is changed as little as possible: its spacing, its escapes and the spelling of
 * its numbers stay, except where the new value differs. So a text of which the beginning was
 * already sent on stays a continuation of it, as long as that beginning holds no change.
 *
 * Pure; any thread.
 */
#ifndef OFFGRID_CHAT_JSON_GRAFT_H
#define OFFGRID_CHAT_JSON_GRAFT_H

#include "base/json.h"

/*
 * Appends `text`, which parses to `from`, changed so that it parses to `to`. Members of objects are
 * paired by their place: a key may be renamed, a null left out; where other members or items were
 * added or dropped, that object or array is written anew.
 */
void json_graft(struct str text, const json_t *from, const json_t *to, struct buf *out);

#endif
