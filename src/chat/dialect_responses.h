/*
 * dialect_responses.h - what the files of the OpenAI Responses dialect share; not for others.
 *
 * The dialect follows the Responses reference of OpenAI and what its clients were seen to send.
 *
 * Three kinds of tools are not functions and are made into some: a custom tool, whose input is
 * plain text, takes {"input": TEXT}; the functions of a namespace stand beside the others; shells
 * and patches have rows in dialect_responses_bridge.c. chat_tool.extra says what they were, so that
 * calls of them are told to the client in its own shape.
 */
#ifndef OFFGRID_CHAT_DIALECT_RESPONSES_H
#define OFFGRID_CHAT_DIALECT_RESPONSES_H

#include "chat/dialect_keeping.h"
#include "chat/request_read.h"

struct chat_request *responses_read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e);
/* The members of the body. */
extern const struct request_member responses_members[];
bool responses_read_tools(struct request_reading *g, const struct js_at *at, struct err *e);
/* What was said before and what is said now. */
bool responses_read_input(struct request_reading *g, const struct js_at *at, struct err *e);
bool responses_read_item(struct request_reading *g, const struct js_at *item, struct err *e);
bool responses_write_request(const struct chat_request *r, struct str origin, struct trace *t,
	struct buf *out, struct err *e);

struct dialect_writer *responses_writer_new(const struct dialect_answer *about);
void responses_write(struct dialect_writer *w, const struct chat_event *event, struct buf *out);
void responses_adopt(struct dialect_writer *w, struct str name, struct str data);
void responses_writer_free(struct dialect_writer *w);

struct dialect_reader *responses_reader_new(struct chat_sink sink);
void responses_read_piece(struct dialect_reader *rd, struct str name, struct str data);
void responses_read_document(struct dialect_reader *rd, struct str body);
void responses_read_end(struct dialect_reader *rd, const struct err *why);
void responses_reader_free(struct dialect_reader *rd);

/* ---- answers that are kept, see dialect_responses_keeping.c ---- */

extern const struct dialect_keeping responses_keeping;

/* What the answers before this request asked and said, as items. */
bool responses_read_past(struct request_reading *g, struct err *e);
/* The items of the request itself, as a list. */
void responses_write_asked(const struct chat_request *r, struct buf *out);
/* The answer that a request goes on from is not here; `past` may be NULL. Always false. */
bool responses_fail_unknown(struct str id, const struct dialect_past *past, struct err *e);
void responses_write_turn(struct dialect_writer *w, const struct chat_event *stop, struct buf *out,
	struct buf *asked, struct buf *answered, struct dialect_turn *turn);
void responses_not_kept(struct dialect_writer *w);

/* What may be included in an answer: thoughts' seals, log probabilities of its words. */
#define RESPONSES_SEALED   "reasoning.encrypted_content"
#define RESPONSES_LOGPROBS "message.output_text.logprobs"

/* An item that only names another. */
#define RESPONSES_REFERENCE "item_reference"

/* What is wrong, in err.code, where no other number is so large: the reference has a word of its
 * own for it. */
enum responses_fault { RESPONSES_NO_PREVIOUS = 1000001, RESPONSES_NO_ITEM };

/* ---- tools ---- */

/* A tool of the reference that the client runs itself. */
struct responses_bridge {
	const char *type;          /* of the tool; the function's name here */
	const char *call, *output; /* items */
	const char *member;        /* of a call, which holds the arguments */
	const char *kind;          /* the arguments' member "type" there; NULL: it is one of them */
	const char *about, *parameters; /* of the function */
};

/* NULL if it is none. */
const struct responses_bridge *responses_bridge_of_type(struct str type);
const struct responses_bridge *responses_bridge_of_item(struct str type, bool *is_output);
const struct responses_bridge *responses_bridge(const struct chat_tool *tool);

/* The member of a call's item that holds these arguments, and the other way. */
void responses_bridge_write(const struct responses_bridge *b, struct str args, struct buf *out);
void responses_bridge_args(const struct responses_bridge *b, const json_t *item, struct buf *out);

/* The argument that holds a custom tool's text. */
#define RESPONSES_INPUT "input"

/* What a tool was before it became a function. */
bool responses_is_custom(const struct chat_tool *tool);
struct str responses_namespace(const struct chat_tool *tool); /* empty: none */

/* The text of a custom tool's call out of its arguments; an empty one if they have none. In the
 * buffer. */
void responses_custom_input(struct str args, struct buf *out);
/* The other way: {"input": TEXT}. */
void responses_custom_args(struct str input, struct buf *out);

#endif
