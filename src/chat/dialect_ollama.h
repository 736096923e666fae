/*
 * dialect_ollama.h - what the files of the Ollama dialect share; not for others.
 *
 * The dialect follows the reference of Ollama's own API: /api/chat and /api/generate, one JSON
 * document a line. What that API has no word for and another of us understands (ids of calls, the
 * choice of a tool, cached tokens, why an answer failed) stands in members that Ollama and its
 * clients pass over.
 */
#ifndef OFFGRID_CHAT_DIALECT_OLLAMA_H
#define OFFGRID_CHAT_DIALECT_OLLAMA_H

#include "chat/dialect.h"
#include "chat/request_read.h"

/* What `path` is for the reader of requests, and `kind` for the writer of answers. */
#define OLLAMA_CHAT       "chat"
#define OLLAMA_GENERATE   "generate"
#define OLLAMA_EMBED      "embed"
#define OLLAMA_EMBEDDINGS "embeddings" /* the older one, of one text */

struct chat_request *ollama_read_request(
	struct str path, struct str body, struct arena *a, struct trace *t, struct err *e);
bool ollama_read_messages(struct request_reading *g, const struct js_at *at, struct err *e);
/* A list of images as base64, as blocks of the last message. */
bool ollama_read_images(struct request_reading *g, const struct js_at *at, struct err *e);
bool ollama_write_request(const struct chat_request *r, struct str origin, struct trace *t,
	struct buf *out, struct err *e);

struct dialect_writer *ollama_writer_new(const struct dialect_answer *about);
void ollama_write(struct dialect_writer *w, const struct chat_event *event, struct buf *out);
void ollama_adopt(struct dialect_writer *w, struct str name, struct str data);
void ollama_writer_free(struct dialect_writer *w);
void ollama_write_error(const struct err *e, struct buf *out);

void ollama_write_model(const json_t *model, struct buf *out);
void ollama_write_models(const json_t *models, struct buf *out);
bool ollama_read_models(struct str body, json_t *models, struct err *e);
extern const struct dialect_library ollama_library;

struct dialect_reader *ollama_reader_new(struct chat_sink sink);
void ollama_read_piece(struct dialect_reader *rd, struct str name, struct str data);
void ollama_read_document(struct dialect_reader *rd, struct str body);
void ollama_read_end(struct dialect_reader *rd, const struct err *why);
void ollama_reader_free(struct dialect_reader *rd);
/* {"error": WORDS, …}. Always false. */
bool ollama_read_error_value(int status, const json_t *value, struct err *e);

#endif
