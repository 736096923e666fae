/*
 * dialect_anthropic.h - what the files of the Anthropic dialect share; not for others.
 *
 * The dialect follows the Messages reference of Anthropic (version 2023-06-01) and what its clients
 * were seen to send.
 *
 * chat_request.extra holds, beside members that we do not know, these whole: `tools` (some run at
 * the provider, some are deferred), `thinking` and `output_config` (which say more than an effort).
 * An upstream of this dialect gets them as they came.
 */
#ifndef OFFGRID_CHAT_DIALECT_ANTHROPIC_H
#define OFFGRID_CHAT_DIALECT_ANTHROPIC_H

#include "chat/dialect.h"
#include "chat/request_read.h"

struct chat_request *anthropic_read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e);
bool anthropic_read_system(struct request_reading *g, const struct js_at *at, struct err *e);
bool anthropic_read_messages(struct request_reading *g, const struct js_at *at, struct err *e);
bool anthropic_write_request(const struct chat_request *r, struct str origin, struct trace *t,
	struct buf *out, struct err *e);
/* A request that goes on from what the provider keeps (err.code). */
enum { ANTHROPIC_NO_THREAD = 1000101 };

/* The members `system` and `messages`, and what became of them. */
struct anthropic_written {
	size_t lost_thoughts; /* that this upstream may not see, or would refuse */
	size_t broken_calls;  /* whose arguments are no JSON object: written without any */
	bool has_bare_calls; /* the last assistant message has calls without the thought behind them
			      */
};
struct anthropic_written anthropic_write_messages(
	const struct chat_request *r, struct str origin, struct buf *out);

struct dialect_writer *anthropic_writer_new(const struct dialect_answer *about);
void anthropic_write(struct dialect_writer *w, const struct chat_event *event, struct buf *out);
void anthropic_adopt(struct dialect_writer *w, struct str name, struct str data);
void anthropic_writer_free(struct dialect_writer *w);
void anthropic_write_error(const struct err *e, struct buf *out);

struct dialect_reader *anthropic_reader_new(struct chat_sink sink);
void anthropic_read_piece(struct dialect_reader *rd, struct str name, struct str data);
void anthropic_read_document(struct dialect_reader *rd, struct str body);
void anthropic_read_end(struct dialect_reader *rd, const struct err *why);
void anthropic_reader_free(struct dialect_reader *rd);
/* An error document, or the error in it. Always false. */
bool anthropic_read_error_value(int status, const json_t *value, struct err *e);

extern const char *const anthropic_stop_reasons[CHAT_STOP_COUNT];

#endif
