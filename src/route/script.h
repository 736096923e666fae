/*
 * script.h - answers from a JSON file: how nearly everything is tested without a model.
 *
 * The file:
 *
 *   {
 *     "models": ["script"],      names it serves; this is the default
 *     "context_tokens": 32768,   told to clients; 0 (default): unknown
 *     "chunk_bytes": 16,         most bytes of one piece of text; 0: all of it at once
 *     "vectors": 64,             numbers of the vectors that it makes of texts, by their words; 0
 *                                (default): it makes none
 *     "turns": [ … ]             the answers
 *   }
 *
 * Which turn answers: if the last text of the user contains the `match` of some turn, then the
 * turns with such a match, in their order, the first of them answering the message itself, the next
 * one what follows it (counted by the assistant messages after it). Else the turns without `match`,
 * counted by all assistant messages of the conversation. After the last one there is none
 * (ERR_NOT_FOUND), unless it says "repeat": true.
 *
 * A turn says, in this order; every member may be absent:
 *
 *   "match": "fix the bug"     see above
 *   "repeat": true             answers from here on
 *   "refuse": {fault}          the call cannot even begin
 *   "delay_ms": 500            silence before the first event…
 *   "alive": 4                 …broken by so many ALIVE events
 *   "gap_ms": 10               pause between two events
 *   "think": "…", "text": "…"
 *   "calls": [{"name": "…", "arguments": {…}, "id": "…"}]
 *                              arguments may be a string: it is sent as it is, broken or not
 *   "raw": "…", "format": "hermes"
 *                              what a model says, with its marks, read through the reader of that
 *                              tool format in pieces of chunk_bytes bytes
 *   "usage": {"prompt": 10, "cached": 0, "answer": 5, "thinking": 0}
 *                              absent: estimated; null: none is told
 *   "stop": "end" | "calls" | "length" | "filter"
 *                              absent: calls if there are any, else end
 *   "cut": true                breaks off instead of stopping
 *   "fail": {fault}            fails instead of stopping
 *
 * A fault is {"kind": "busy", "layer": "wire", "what": "…", "mend": "…"} with the names of err.h.
 * A member that is not listed here is an error, so that a slip does not pass in silence.
 *
 * Lives on the loop's thread; events come from timers, never from inside start.
 *
 * Layer: route.
 */
#ifndef OFFGRID_ROUTE_SCRIPT_H
#define OFFGRID_ROUTE_SCRIPT_H

#include "route/route.h"

struct backend *script_new(struct loop *loop, struct str text, struct err *e);
struct backend *script_open(struct loop *loop, const char *path, struct err *e);

#endif
