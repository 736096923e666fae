/*
 * download.h - a file from the net to the disk: resumable, verified, whole or not there.
 *
 * What has come lies in PATH.part, beside it PATH.part.json says of which URL and version (ETag or
 * date) it is; both stay when the download is interrupted, by a signal or a cut cable, and the next
 * one goes on from there if the server still has the same version. Only when size and hash are
 * right is the file renamed to PATH. A connection that breaks is taken up again a bounded number of
 * times with growing pauses, as long as bytes keep coming.
 *
 * Layer: wire (the server), disk (the file). On the loop's thread.
 */
#ifndef OFFGRID_NET_DOWNLOAD_H
#define OFFGRID_NET_DOWNLOAD_H

#include "net/http_client.h"

struct download;

struct download_progress {
	uint64_t done_bytes;
	uint64_t total_bytes;      /* 0: not known */
	uint64_t resumed_at_bytes; /* were there already */
	double bytes_per_s;        /* over the last seconds */
	int64_t left_ms;           /* -1: not known */
};

struct download_spec {
	const char
		*url; /* https, or http on this machine; redirects are followed, never to weaker */
	const char *path;
	const struct http_header *headers; /* not sent on to another host */
	size_t header_count;
	const char *sha256_hex; /* NULL: not known, then only the size is checked */
	uint64_t bytes;         /* 0: not known */
	int64_t stall_ms;       /* 0: DOWNLOAD_STALL_MS without a byte breaks the connection */
	int max_tries;          /* 0: DOWNLOAD_TRIES in a row without a new byte */
	/* Called once when the size is known, before anything is written: the bytes still to come.
	 * False with an error (no room) ends it. NULL: checked against the disk's free bytes. */
	bool (*on_size)(void *ctx, uint64_t bytes_to_come, struct err *e);
	void (*on_progress)(
		void *ctx, const struct download_progress *p); /* a few times a second */
	/* The end, exactly once unless freed before; `e` is NULL if the file is there. */
	void (*on_end)(void *ctx, const struct err *e);
	void *ctx;
};

enum { DOWNLOAD_STALL_MS = 30000, DOWNLOAD_TRIES = 5 };

struct download *download_start(
	struct loop *l, struct http_client *c, const struct download_spec *spec, struct err *e);
/* Stops and keeps the part. Fine in on_end. NULL is fine. */
void download_free(struct download *d);

#endif
