/*
 * dialect_gemini.h - what the files of the Gemini dialect share; not for others.
 *
 * The dialect follows the generateContent reference of Google's Gemini API (v1beta) and what its
 * clients were seen to send. Model and question stand in the path ("models/NAME:generateContent").
 *
 * A thought's seal (`thoughtSignature`) stands at the part that follows the thought: a call, a
 * text. Here it is a sealed thought of its own in front of that part.
 */
#ifndef OFFGRID_CHAT_DIALECT_GEMINI_H
#define OFFGRID_CHAT_DIALECT_GEMINI_H

#include "chat/dialect.h"
#include "chat/request_read.h"

/* A member by either of its names. */
static inline struct js_at gemini_key(const struct js_at *at, const char *camel, const char *snake)
{
	struct js_at found = js_key(at, camel);
	return js_has(&found) ? found : js_key(at, snake);
}

/* A list; one element may stand alone for it, as Google's own examples have it. */
struct js_at gemini_list(struct request_reading *g, const struct js_at *at);

struct chat_request *gemini_read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e);
bool gemini_read_system(struct request_reading *g, const struct js_at *at, struct err *e);
bool gemini_read_contents(struct request_reading *g, const struct js_at *at, struct err *e);
bool gemini_write_request(const struct chat_request *r, struct str origin, struct trace *t,
	struct buf *out, struct err *e);
/* The members `systemInstruction` and `contents`; returns how many thoughts this upstream may not
 * see. */
size_t gemini_write_contents(const struct chat_request *r, struct str origin, struct buf *out);

struct dialect_writer *gemini_writer_new(const struct dialect_answer *about);
void gemini_write(struct dialect_writer *w, const struct chat_event *event, struct buf *out);
void gemini_adopt(struct dialect_writer *w, struct str name, struct str data);
void gemini_writer_free(struct dialect_writer *w);
void gemini_write_error(const struct err *e, struct buf *out);
/* "/models/NAME", as it stands in an address. */
void gemini_write_model_path(struct str model, struct buf *out);

struct dialect_reader *gemini_reader_new(struct chat_sink sink);
void gemini_read_piece(struct dialect_reader *rd, struct str name, struct str data);
void gemini_read_document(struct dialect_reader *rd, struct str body);
void gemini_read_end(struct dialect_reader *rd, const struct err *why);
void gemini_reader_free(struct dialect_reader *rd);

extern const char *const gemini_finish_reasons[CHAT_STOP_COUNT];

/* Efforts as budgets of thinking tokens, both ways: a budget is the first row's that holds it. */
struct gemini_budget {
	const char *effort;
	int64_t tokens;
};

extern const struct gemini_budget gemini_budgets[]; /* ends with one without an effort */

#endif
