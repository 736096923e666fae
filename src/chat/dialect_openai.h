/*
 * dialect_openai.h - what the files of the OpenAI dialect share; not for others.
 *
 * The dialect follows the Chat Completions reference of OpenAI, and what llama.cpp, vLLM, DeepSeek
 * and OpenRouter add to it (reasoning_content, top_k, min_p, repeat_penalty, timings,
 * prompt_progress).
 */
#ifndef OFFGRID_CHAT_DIALECT_OPENAI_H
#define OFFGRID_CHAT_DIALECT_OPENAI_H

#include "chat/dialect.h"
#include "chat/request_read.h"

struct chat_request *openai_read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e);
/* A list of {"type": "function", "function": {…}}. */
bool openai_read_tools(struct request_reading *g, const struct js_at *at, struct err *e);
bool openai_read_messages(
	struct chat_request *r, struct trace *t, const struct js_at *at, struct err *e);
bool openai_write_request(const struct chat_request *r, struct str origin, struct trace *t,
	struct buf *out, struct err *e);

struct dialect_writer *openai_writer_new(const struct dialect_answer *about);
void openai_write(struct dialect_writer *w, const struct chat_event *event, struct buf *out);
void openai_adopt(struct dialect_writer *w, struct str name, struct str data);
void openai_writer_free(struct dialect_writer *w);
void openai_write_error(const struct err *e, struct buf *out);
/* The same with the member that is meant and a code that clients know. */
void openai_write_error_as(
	const struct err *e, const char *param, const char *code, struct buf *out);

struct dialect_reader *openai_reader_new(struct chat_sink sink);
void openai_read_piece(struct dialect_reader *rd, struct str name, struct str data);
void openai_read_document(struct dialect_reader *rd, struct str body);
void openai_read_end(struct dialect_reader *rd, const struct err *why);
void openai_reader_free(struct dialect_reader *rd);

/* Members that POST /completions shares. */
bool openai_read_n(struct request_reading *g, const struct js_at *at, struct err *e);
bool openai_read_logit_bias(struct request_reading *g, const struct js_at *at, struct err *e);
bool openai_read_stream_options(struct request_reading *g, const struct js_at *at, struct err *e);
void openai_write_sampling(const struct chat_sampling *s, struct buf *out);
void openai_write_usage(const struct chat_usage *u, struct buf *out);

/* ---- POST /completions, see dialect_openai_text_*.c ---- */

/* dialect_route.word of its path. */
#define OPENAI_TEXT "completions"

struct chat_request *openai_read_text_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e);
void openai_write_text_request(const struct chat_request *r, struct buf *out);

/* The part of the dialect's writer that writes such answers; `about` outlives it. */
struct openai_text_writer;

struct openai_text_writer *openai_text_writer_new(const struct dialect_answer *about);
void openai_text_writer_free(struct openai_text_writer *w); /* NULL is fine */
/* True when the answer is over. */
bool openai_text_write(
	struct openai_text_writer *w, const struct chat_event *event, struct buf *out);

/* Log probabilities, see dialect_openai_logprobs.c: one token appended to a list without its
 * brackets, the member `logprobs` of a choice around such a list, and that member read: LOGPROB
 * events of what is sound in it; true if there were any. */
void openai_add_logprob(const struct chat_event *event, struct buf *list);
void openai_write_logprobs(struct str list, struct buf *out);
bool openai_read_logprobs(const struct js_at *logprobs, struct chat_sink sink);

extern const char *const openai_finish_reasons[CHAT_STOP_COUNT];

#endif
