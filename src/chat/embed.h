/*
 * embed.h - texts that vectors are to be made of, and the vectors, in every shape they have on the
 * wire.
 *
 * There are three: OpenAI's (numbers or base64, texts or tokens), Ollama's (which cuts long texts
 * unless told otherwise) and Google's (one text or a batch). A codec reads what a client asks and
 * writes what it gets, and the other way round for an upstream; a dialect's row says which is its
 * own (dialect.embed). Where client and upstream have the same one, the bytes of both pass as they
 * are.
 *
 * Everything a request or an answer points at is in an arena. Not thread-safe.
 *
 * Layer: client (what a client sent), wire (what an upstream sent).
 */
#ifndef OFFGRID_CHAT_EMBED_H
#define OFFGRID_CHAT_EMBED_H

#include "base/json.h"
#include "base/trace.h"

struct embed_codec;

struct embed_input {
	struct str text;
	const int32_t *tokens; /* instead of a text; NULL: the text counts */
	size_t token_count;
};

struct embed_request {
	const struct embed_codec *codec; /* of the client */
	struct str path;                 /* what its codec was handed */
	struct str body;                 /* as it came */
	struct str model;                /* may be empty */
	struct embed_input *inputs;
	size_t count;       /* at least one, at most LIMIT_EMBED_INPUTS */
	int64_t dimensions; /* so many numbers of each vector are wanted; 0: all */
	bool truncates;     /* cut what is too long, instead of failing */
	bool is_base64;     /* how the vectors are to be written */
	bool is_single;     /* one text was asked for and one vector is expected, not a list */
};

struct embed_answer {
	const float *values; /* count rows of width, each of length one if we made it */
	size_t count, width;
	int64_t prompt_tokens;
	bool is_estimate;   /* the number above was guessed */
	int64_t compute_us; /* 0: not known */
	struct str raw;     /* the upstream's own document, where it is to pass as it is */
};

struct embed_codec {
	/* A client's request, or NULL with layer client. `path` as of dialect.read_request. */
	struct embed_request *(*read_request)(
		struct str path, struct str body, struct arena *a, struct trace *t, struct err *e);
	/* Appends what follows an upstream's base URL. */
	void (*path)(const struct embed_request *r, struct buf *out);
	/* Appends the request for an upstream; false if it has no word for what is asked. What is
	 * left out is noted. */
	bool (*write_request)(
		const struct embed_request *r, struct trace *t, struct buf *out, struct err *e);
	bool (*read_answer)(
		struct str body, struct arena *a, struct embed_answer *out, struct err *e);
	/* Appends the document for a client whose request this was. */
	void (*write_answer)(
		const struct embed_request *r, const struct embed_answer *answer, struct buf *out);
};

extern const struct embed_codec embed_openai, embed_ollama, embed_gemini;

/* Brings the vectors to the wanted number of dimensions: the first so many of each, and the length
 * one again. ERR_USAGE if they have fewer. The values are replaced by new ones in the arena. */
bool embed_cut(const struct embed_request *r, struct arena *a, struct trace *t,
	struct embed_answer *answer, struct err *e);

/* Tokens of all inputs, guessed by their characters. */
int64_t embed_estimate_tokens(const struct embed_request *r);

/* ---- for the codecs ---- */

/* A request in the arena with the body parsed: `*doc` is to be released by the caller. NULL on a
 * fault. */
struct embed_request *embed_request_new(const struct embed_codec *codec, struct str path,
	struct str body, struct arena *a, json_t **doc, struct err *e);

/* One text or a list of them; with `takes_tokens` also a list of tokens or a list of such lists. */
bool embed_read_inputs(struct embed_request *r, const struct js_at *at, struct arena *a,
	bool takes_tokens, struct err *e);
/* How many vectors are wanted of each text: at least 1. */
bool embed_read_dimensions(struct embed_request *r, const struct js_at *at, struct err *e);

/* Reads the vectors of a list; each stands in its element's member of that name, or is the element
 * if the name is NULL: numbers, or base64 of them. */
bool embed_read_vectors(const struct js_at *list, const char *member, struct arena *a,
	struct embed_answer *out, struct err *e);

/* Appends one vector as a list of numbers that are read back exactly, or as base64 in quotes. */
void embed_write_vector(const float *values, size_t width, bool is_base64, struct buf *out);

/* Refuses tokens for an upstream that takes texts only. */
bool embed_needs_texts(const struct embed_request *r, const char *who, struct err *e);

#endif
