/*
 * tool_call.h - one call as it is being read: what every machine fills and the reader sends on.
 *
 * A machine is given what is pending and takes what it has decided about; what it leaves it will be
 * given again, with more behind it. So its decisions must hang on the bytes alone, not on where the
 * piece ends: where more could make a difference, it waits.
 *
 * The arguments come out as JSON while they come in. What a machine forgives it notes in `mended`.
 *
 * Layer: parse.
 */
#ifndef OFFGRID_CHAT_TOOL_CALL_H
#define OFFGRID_CHAT_TOOL_CALL_H

#include "base/buf.h"
#include "chat/tool_format.h"

enum call_step { CALL_MORE, CALL_DONE, CALL_FAULT };

enum tool_mended {
	TOOL_MENDED_PARAMETERS,
	TOOL_MENDED_STRING,
	TOOL_MENDED_NO_ARGS,
	TOOL_MENDED_BRACKET,
	TOOL_MENDED_WRAPPED,
	TOOL_MENDED_DOUBLED,
	TOOL_MENDED_MISSING,
	TOOL_MENDED_NO_JSON,
	TOOL_MENDED_HEAD,
	TOOL_MENDED_POSITION,
	TOOL_MENDED_BARE_WORD,
	TOOL_MENDED_JSON, /* and what json_mend.h tells */
	TOOL_MENDED_COUNT
};

extern const char *const tool_mended_words[TOOL_MENDED_COUNT]; /* for the trace */

struct tool_call {
	const struct tool_format *format;   /* the row it is written in */
	const struct chat_request *offered; /* NULL: not known */
	const struct chat_tool *tool;       /* the one its name means, or NULL */
	struct buf name;
	bool is_guided;      /* a guide of the row held it: a tag that stands twice is no slip */
	bool has_name;       /* complete */
	struct buf args;     /* JSON so far; the owner may take it away at any time */
	bool has_members;    /* of args: the next one stands behind a comma */
	unsigned mended;     /* bits of tool_mended */
	unsigned json_mends; /* bits of json_mend_kind */
	const char *why;     /* of CALL_FAULT: a constant */
};

void tool_call_init(struct tool_call *c);
void tool_call_clear(struct tool_call *c);
void tool_call_begin(
	struct tool_call *c, const struct tool_format *format, const struct chat_request *offered);

enum call_step tool_call_fault(struct tool_call *c, const char *why); /* always CALL_FAULT */
void tool_call_mended(struct tool_call *c, enum tool_mended what);

/* The whole name as it stood there; "functions." in front of it is dropped, unless a tool is called
 * so. False: it is empty or too long. */
bool tool_call_name(struct tool_call *c, struct str name);

/* Whether a tool was offered that the name can mean (tool_name.h), as far as is known. */
bool tool_is_offered(const struct chat_request *offered, struct str name);

/* Bytes of a name at the front of s: those of the longest tool that is called so, or, of a name
 * that nobody offered, all that names usually have. All of s if more of it may come. */
size_t tool_called_bytes(const struct chat_request *offered, struct str s);

/* ---- building the arguments, member by member ---- */

void tool_args_key(struct tool_call *c, struct str key); /* with what stands before it */
void tool_args_end(struct tool_call *c);                 /* the closing bracket */
/* A piece of a string, escaped; the quotes are the caller's. It ends with a whole character. */
void tool_args_piece(struct tool_call *c, struct str piece);
void tool_args_string(struct tool_call *c, struct str text);
/* The value that a bare text stands for: `types` are bits of tool_type, and what else it could be
 * is a string. */
void tool_args_bare(struct tool_call *c, unsigned types, struct str text);

/* A string with its quotes, unescaped in place. One in single quotes is taken as it stands. */
bool tool_unquote(struct buf *string);

/* ---- what the offered tool says of its parameters ---- */

enum tool_type {
	TOOL_TYPE_STRING = 1,
	TOOL_TYPE_NUMBER = 2,
	TOOL_TYPE_BOOL = 4,
	TOOL_TYPE_NULL = 8,
	TOOL_TYPE_OBJECT = 16,
	TOOL_TYPE_ARRAY = 32,
	TOOL_TYPE_ANY = 63 /* nothing is known */
};

/* The schema of the call's own parameter, or NULL. */
const json_t *tool_param(const struct tool_call *c, struct str key);
/* Whether the tool is known and its schema names that parameter; whether it names any. */
bool tool_has_param(const struct tool_call *c, struct str key);
bool tool_has_params(const struct tool_call *c);
/* The name of the parameter at that place of the schema; empty if there is none. */
struct str tool_param_name(const struct tool_call *c, size_t index);

/* What values the schema lets pass, as far as its types, enums and references tell. `c` knows the
 * document that references point into. */
unsigned tool_types(const struct tool_call *c, const json_t *schema);
/* The schema of a member or of the items; NULL if nothing is said. */
const json_t *tool_member_schema(const struct tool_call *c, const json_t *schema, struct str key);
const json_t *tool_item_schema(const struct tool_call *c, const json_t *schema);

#endif
