/*
 * download.h - a file from the net to the disk: resumable, verified, whole or not there.
 *
 * What has come lies in PATH.part; beside it PATH.part.json says of which address and version (ETag
 * or date) it is. Both stay when the download is interrupted, by a signal or a cut cable, and the
 * next one goes on from there if the server still has the same version. Only when size and hash are
 * right is the file renamed to PATH; a file with a wrong hash is removed. A connection that breaks
 * is taken up again with growing pauses, until max_tries in a row brought no new byte. Two programs
 * cannot download to the same path at once.
 *
 * Layer: wire (the server), disk (the file). On the loop's thread; what takes long (hashing what
 * was there already, syncing the end) runs on a helper thread.
 */
#ifndef OFFGRID_NET_DOWNLOAD_H
#define OFFGRID_NET_DOWNLOAD_H

#include "net/http_client.h"

struct loop;
struct download;

struct download_progress {
	uint64_t done_bytes;
	uint64_t total_bytes;      /* 0: not known */
	uint64_t resumed_at_bytes; /* were there already */
	double bytes_per_s;        /* over the last seconds */
	int64_t left_ms;           /* -1: not known */
};

struct download_spec {
	const char *url; /* redirects are followed, never to something less safe */
	const char *path;
	const struct http_header *headers; /* not sent on to another server */
	size_t header_count;
	const char *sha256; /* 64 hex digits; NULL: not known, then only the size is checked */
	uint64_t bytes;     /* 0: not known */
	int64_t stall_ms;   /* 0: DOWNLOAD_STALL_MS; so long without a byte breaks a connection */
	int64_t pause_ms;   /* 0: DOWNLOAD_PAUSE_MS; before the second try, then twice that, ... */
	int max_tries;      /* 0: DOWNLOAD_TRIES */
	/* Called once, when the size is known and before anything is written: the bytes still to
	 * come. False with an error ends it. NULL: they are compared with the free bytes of the
	 * disk. */
	bool (*on_size)(void *ctx, uint64_t bytes_to_come, struct err *e);
	void (*on_progress)(void *ctx, const struct download_progress *p); /* four times a second */
	/* The end, exactly once unless freed before; `e` is NULL if the file is there. */
	void (*on_end)(void *ctx, const struct err *e);
	void *ctx;
};

enum { DOWNLOAD_STALL_MS = 30000, DOWNLOAD_PAUSE_MS = 1000, DOWNLOAD_TRIES = 5 };

/* NULL if the file cannot be opened, or another program has it (ERR_BUSY). */
struct download *download_start(
	struct loop *l, struct http_client *c, const struct download_spec *spec, struct err *e);
/* Stops and keeps the part. Within its callbacks only in on_end. NULL is fine. */
void download_free(struct download *d);

#endif
