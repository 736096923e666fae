/*
 * serve_int.h - what the files of serve/ share.
 */
#ifndef OFFGRID_SERVE_SERVE_INT_H
#define OFFGRID_SERVE_SERVE_INT_H

#include "chat/dialect.h"
#include "net/http_server.h"
#include "serve/again.h"
#include "serve/metrics.h"
#include "serve/serve.h"

struct answer;
struct vectors;
struct pulling;

struct serve {
	struct loop *loop;
	struct http_server *http;
	struct router *router;
	struct store_writer *writer; /* NULL: nothing is kept */
	struct keys *keys;
	struct str *hosts;
	size_t host_count;
	struct arena *arena;
	int64_t alive_ms;
	bool is_unguarded, keeps_quirks;
	struct metrics metrics;
	struct again again;
	struct answer *answers;     /* under way */
	struct vectors *vectors;    /* as well */
	struct http_client *puller; /* fetches models for clients; NULL: it is not done */
	bool (*adopt)(
		void *owner, struct str name, struct err *e); /* and serves them; may be NULL */
	void *adopt_owner;
	struct pulling *pulling; /* one at a time; NULL: none */
};

/* The HTTP status of an error, where the table of kinds is too coarse: a key of ours that does not
 * fit is 401, a rate limit stays 429, and rubbish from an upstream, or too much of it, is not the
 * client's fault. */
int serve_status(const struct err *e);

/* Ends an exchange with an error in the dialect's shape. */
void serve_reply_error(struct http_exchange *x, const struct dialect *d, const struct err *e);

/* The key that this request shows and that is one of ours; empty if none is asked for. */
struct str serve_key(const struct serve *s, struct http_exchange *x);

/* Takes over an exchange: reads its request, asks the router and answers. */
void answer_begin(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
/* Answers at once: the tokens of the request's prompt. */
void count_begin(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
/* The client's headers that its dialect keeps go into its request. */
void serve_keep_headers(
	struct http_exchange *x, const struct dialect *d, struct chat_request *request);
/* Ends one under way without a further word: the server is being freed. */
void answer_abort(struct answer *a);

/* Takes over an exchange: reads which texts vectors are wanted of, asks the router and answers. */
void vectors_begin(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
void vectors_abort(struct vectors *v); /* as answer_abort */

/* library.c: what is asked about models beyond their list. */
void library_about(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
void library_loaded(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
void library_refuse(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
/* pulling.c: fetches a model for a client, if the server was started so. */
void library_pull(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path);
void library_stop(struct serve *s); /* ends the fetching: the server is being freed */

#endif
