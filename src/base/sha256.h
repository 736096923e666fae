/*
 * sha256.h - the hash that pins a file to its content (FIPS 180-4), fed piece by piece.
 *
 * A thin cover over nettle, which uses the processor's own instructions where it has them. A
 * `struct sha256` is plain memory of one owner: copy it to fork a hash. Nothing here can fail.
 */
#ifndef OFFGRID_BASE_SHA256_H
#define OFFGRID_BASE_SHA256_H

#include <nettle/sha2.h>

#include "base/str.h"

enum { SHA256_HEX = 64, SHA256_TEXT_BYTES = SHA256_HEX + 1 };

struct sha256 {
	struct sha256_ctx state;
};

void sha256_start(struct sha256 *h);
void sha256_feed(struct sha256 *h, struct str bytes);
/* Lower-case hex, NUL-terminated; the hash starts anew. */
void sha256_end(struct sha256 *h, char out[SHA256_TEXT_BYTES]);

/* Is this the text of such a hash: 64 hex digits? */
bool sha256_is_text(struct str s);
/* Two texts of the same hash, in either case. */
bool sha256_same(struct str a, struct str b);

#endif
