/*
 * call_args.h - the text of a call's arguments, as a model or an upstream gave it, made arguments
 * that the tool takes.
 *
 * In this order: JSON that is not quite JSON is mended (json_mend.h), an object written as a string
 * is unpacked, and slips whose meaning is certain are put right by the tool's schema
 * (schema_coerce.h). Bytes that need no change keep their place and spelling. What is still wrong
 * after that is told in the schema's own words. One implementation for the agent, which tells it to
 * its model as the call's result, and for the guard, which may ask again.
 *
 * Pure; any thread.
 *
 * Layer: model.
 */
#ifndef OFFGRID_CHAT_CALL_ARGS_H
#define OFFGRID_CHAT_CALL_ARGS_H

#include "base/json.h"

enum call_args_verdict {
	CALL_ARGS_RIGHT,     /* as they came, or mended: see `did` */
	CALL_ARGS_WRONG,     /* JSON, but not what the tool takes: see `why` */
	CALL_ARGS_UNREADABLE /* no JSON object: see `why` */
};

struct call_args {
	enum call_args_verdict verdict;
	struct buf text; /* the arguments as JSON text; for UNREADABLE as they came */
	struct buf did;  /* what was mended, in words, separated by "; "; empty: nothing */
	struct buf why;  /* what is wrong, in words */
};

void call_args_init(struct call_args *a);
void call_args_clear(struct call_args *a);

/* Judges and mends. `schema` may be NULL: then any object will do. Blanks, nothing at all and null
 * are an empty object. */
void call_args_settle(struct call_args *a, struct str text, const json_t *schema);

#endif
