/*
 * dialect.h - the languages that clients and upstreams speak over HTTP, one row each.
 *
 * A dialect is a codec in both directions: the same row reads what a client asks and writes what it
 * is answered (serve/), and writes what an upstream is asked and reads what it answers
 * (route/remote). It works on buffers and never touches a socket; whoever owns the socket reads
 * `routes`, `path`, `key_header` and `framing` to know how to carry it. With every row speaking
 * chat_request and chat_event, any client reaches any upstream with n codecs instead of n * n.
 *
 * What a target cannot carry is left out and noted in the trace, or told as a clear error where the
 * meaning would change; what only one dialect knows (`extra`, RAW blocks, headers, seals) is kept
 * for an upstream that speaks the same one, see chat_request.dialect.
 *
 * When both sides speak the same dialect, what needs no mending reaches the client in the
 * upstream's own bytes (passage.h), while reader and writer go on beside them. Nothing here needs
 * to know: a reader is a push machine that never asks where its bytes came from.
 *
 * Law of the reader: its events do not depend on how the stream was cut. Law of the writer: what a
 * client gathers from a stream is what it would have read in the whole document.
 *
 * Not thread-safe; a reader or a writer belongs to one thread.
 *
 * Layer: client (what a client sent), wire (what an upstream sent).
 */
#ifndef OFFGRID_CHAT_DIALECT_H
#define OFFGRID_CHAT_DIALECT_H

#include "base/trace.h"
#include "chat/embed.h"
#include "chat/event.h"
#include "chat/request.h"

/* How the pieces of a stream stand in the body. */
enum dialect_framing {
	DIALECT_SSE,   /* server-sent events: "data: …" and a blank line */
	DIALECT_LINES, /* one JSON document a line */
	DIALECT_FRAMING_COUNT
};

/* What an answer is about besides its events; borrowed by the writer until it is freed. */
struct dialect_answer {
	struct str id;    /* unique for this answer; the dialect puts its own prefix before it */
	struct str model; /* as the client named it */
	int64_t unix_s;   /* when the answer began */
	bool is_stream;
	bool wants_usage;    /* in a stream; a whole document always has it */
	bool hides_thoughts; /* chat_request.hides_thoughts */
	/* What was asked, for dialects that tell calls in the shape in which their tools were
	 * offered, or guess the length of the prompt; NULL: not known. */
	const struct chat_request *request;
	struct str kind; /* dialect_route.word of the path that was asked */
	/* For dialects that tell the length of the prompt before the answer: what is known of it
	 * when the first event is written (NULL: nothing). */
	const struct chat_alive *alive;
	bool is_kept; /* for later requests to go on from, see dialect_keeping.h */
};

/* What a client may ask for. */
enum dialect_ask {
	DIALECT_ANSWER,
	DIALECT_TOKENS, /* how many tokens the prompt of this request has */
	DIALECT_MODELS,
	DIALECT_MODEL, /* one, named in the path */
	/* About an answer that was kept, named in the path (dialect_keeping.h). */
	DIALECT_KEPT,
	DIALECT_KEPT_DROP,
	DIALECT_KEPT_ASKED, /* what it answers */
	DIALECT_KEPT_CANCEL,
	DIALECT_EMBED, /* vectors of texts: dialect.embed */
	/* About models (dialect_library.h). */
	DIALECT_ABOUT,
	DIALECT_LOADED,
	DIALECT_PULL,
	DIALECT_REFUSED, /* what this server never does; the word says what to do instead */
	DIALECT_ASK_COUNT
};

/* A path of the dialect below its `version`; one '*' in it stands for any text and is handed to the
 * reader of the request, or names the model. */
struct dialect_route {
	const char *method, *path;
	enum dialect_ask ask;
	const char *word; /* handed on in place of what '*' stands for; NULL: nothing is */
};

struct dialect;
struct dialect_keeping;
struct dialect_library;

/* The first member of every dialect's own writer and reader: so they know whose they are. */
struct dialect_writer {
	const struct dialect *dialect;
};

struct dialect_reader {
	const struct dialect *dialect;
	bool has_forgiven; /* something came in another form than the dialect's, as clients would
			      not read it */
};

struct dialect {
	const char *name;  /* "openai" */
	const char *about; /* for help: "OpenAI Chat Completions" */
	bool has_raw;      /* it has words for a bare text, chat_request.raw */

	/* ---- carrying it ---- */
	enum dialect_framing framing;
	const struct dialect_route *routes; /* for clients, ending with one without a method */
	const char *version;                /* what stands before them: "/v1" */
	/* A header that its clients send and others do not: it decides where a path belongs to
	 * several dialects. NULL: none. */
	const char *mark_header;
	const char *id_header; /* the header of an answer that holds our id for the request */
	/* Headers of a client that go on to an upstream of this dialect, ending with NULL; NULL:
	 * none. */
	const char *const *kept_headers;
	/* Header that holds the key of an upstream and what stands before the key in it. */
	const char *key_header, *key_prefix;
	/* One header line that every request needs, or NULL. */
	const char *extra_header;
	/* Appends the path of this request, for a stream or a whole answer, below an upstream's
	 * base URL, "/chat/completions". */
	void (*path)(const struct chat_request *r, bool is_stream, struct buf *out);
	const char *models_path; /* GET, below the base URL */
	/* What is said, framed, in a silence while an upstream's own pieces pass: nothing that
	 * counts as a beginning. NULL: what is written for ALIVE is that. */
	const char *sign_of_life;
	bool ends_silently;  /* a stream's end is the answer's, no piece of it says so */
	bool asks_for_usage; /* a stream tells its usage only where stream_options ask for it */

	/* ---- requests ---- */
	/*
	 * A client's request in the arena (free it with chat_request_free first), or NULL with
	 * layer client. `path` is what stands after the dialect's own prefix, for those that name
	 * the model there. What is mended, dropped or reordered on the way is noted in the trace.
	 */
	struct chat_request *(*read_request)(
		struct str path, struct str body, struct arena *a, struct trace *t, struct err *e);
	/* An upstream's request, always for a stream, appended. `origin` is who is asked: seals of
	 * any other are left out. What the dialect cannot carry is left out and noted. False, with
	 * nothing appended, if it would pass the buffer's cap. */
	bool (*write_request)(const struct chat_request *r, struct str origin, struct trace *t,
		struct buf *out, struct err *e);

	/* ---- answers to a client ---- */
	struct dialect_writer *(*writer_new)(const struct dialect_answer *about);
	/*
	 * Appends what this event means on the wire: in a stream its pieces, framed (for ALIVE an
	 * empty delta: a data event, since clients do not count comment lines as life); for a whole
	 * document nothing before STOP, then all of it. FAIL gives the dialect's error, in a whole
	 * answer the document of write_error. Nothing is appended after STOP or FAIL.
	 */
	void (*write)(struct dialect_writer *w, const struct chat_event *event, struct buf *out);
	/* One piece of a stream went out in an upstream's own words, in place of what the writer
	 * said to its events, which it has been told: from here on it goes on with the names and
	 * numbers that stand there, as if it had written it. */
	void (*adopt)(struct dialect_writer *w, struct str name, struct str data);
	void (*writer_free)(struct dialect_writer *w); /* NULL is fine */
	/* The error document, with our layer and mend in it; the status is err_http_status's. */
	void (*write_error)(const struct err *e, struct buf *out);
	/* The list of models in the dialect's shape, from what router_models gives; one of them. */
	void (*write_models)(const json_t *models, struct buf *out);
	void (*write_model)(const json_t *model, struct buf *out);
	/* The answer to DIALECT_TOKENS; NULL if the dialect has no such question. */
	void (*write_tokens)(int64_t tokens, bool is_estimate, struct buf *out);

	/* Answers that later requests go on from; NULL: there are none. */
	const struct dialect_keeping *keeping;
	/* What clients ask about models beyond their list; NULL: nothing. */
	const struct dialect_library *library;

	/* ---- answers of an upstream ---- */
	/* Events go to the sink from inside the functions below; it must not free the reader. After
	 * STOP or FAIL whatever else comes is ignored. */
	struct dialect_reader *(*reader_new)(struct chat_sink sink);
	/* One piece of the stream: the event's name (empty where there is none) and its data. */
	void (*read_piece)(struct dialect_reader *rd, struct str name, struct str data);
	/* The whole document of an upstream that does not stream. */
	void (*read_document)(struct dialect_reader *rd, struct str body);
	/* The stream is over; `why` is NULL if it ended in order. STOP if the upstream had said
	 * that it was done, else FAIL (ERR_CUT): an end is never invented. */
	void (*read_end)(struct dialect_reader *rd, const struct err *why);
	void (*reader_free)(struct dialect_reader *rd); /* NULL is fine */
	/* What an upstream's refusal means: always false, `e` filled from status and body. */
	bool (*read_error)(int status, struct str body, struct err *e);
	/* Appends to `models` an object {"id": …, "context_tokens": …} for each model in an
	 * upstream's list. */
	bool (*read_models)(struct str body, json_t *models, struct err *e);

	/* ---- vectors of texts, both ways ---- */
	const struct embed_codec *embed; /* NULL: the dialect has none */
};

/* The rows, ending with NULL. */
extern const struct dialect *const dialects[];
extern const struct dialect dialect_openai, dialect_anthropic, dialect_responses, dialect_gemini,
	dialect_ollama;

/* The row of that name, or NULL with ERR_USAGE that names those there are. */
const struct dialect *dialect_find(struct str name, struct err *e);

/* What every dialect does the same way. */

/* Kind and layer of a refusal by its HTTP status and the words in it (a context overflow is told by
 * its words). Always false. `words` may be empty. */
bool dialect_refusal(int status, struct str words, struct err *e);

/* An upstream's refusal as most write it; fits dialect.read_error. */
bool dialect_read_error(int status, struct str body, struct err *e);
/* An error object, wherever it stands: {"message", "type", "code", "layer", …}, a bare string, or
 * the document around it. Always false. */
bool dialect_read_error_value(int status, const json_t *value, struct err *e);

/* Members of an error object: `message`, which begins with the layer, since most clients show
 * nothing else, and then with `known`, words by which clients know what it is; and what another of
 * us reads back exactly (layer, kind, what, mend). */
void dialect_write_message(const struct err *e, const char *known, struct buf *out);
void dialect_write_error_members(const struct err *e, struct buf *out);

/* How a list of models stands in a document. */
struct dialect_model_list {
	const char *list, *name; /* the member that is the list; what names a model in it */
	struct str prefix;       /* of a name, cut off */
	int64_t (*context)(const json_t *model); /* size of its context; 0: it does not say */
};

/* Appends what dialect.read_models does. */
bool dialect_read_models_as(
	const struct dialect_model_list *as, struct str body, json_t *models, struct err *e);

/* A list of models in `data`, each with an `id` and, by any of its usual names, the size of its
 * context; fits dialect.read_models. */
bool dialect_read_models(struct str body, json_t *models, struct err *e);

enum { DIALECT_CALL_ID_CHARS = 9 };

/* An id for a call that came without one: letters and digits only and just nine of them, since some
 * clients strip punctuation and some templates want nine. The same answer and call give the same
 * id. */
struct str dialect_call_id(struct str answer, unsigned call, char out[DIALECT_CALL_ID_CHARS + 1]);

#endif
