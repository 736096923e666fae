/*
 * seal.h - what an upstream wants to see again with a thought, on its way through a client.
 *
 * A signature or an encrypted thought is good for the upstream that made it and for no other, which
 * refuses it. So what a client is given names its maker, and what comes back without a name came
 * from elsewhere: it is handed to whoever speaks the client's dialect. Nothing is ever made up.
 */
#ifndef OFFGRID_CHAT_SEAL_H
#define OFFGRID_CHAT_SEAL_H

#include "base/buf.h"
#include "chat/request.h"

#define SEAL_MARK "offgrid/" /* what a seal with its maker's name begins with */

/* Appends what a client is to keep. */
void seal_write(struct str origin, struct str opaque, struct buf *out);
/* The two parts of what a client kept; the origin is empty if it names none. Borrowed. */
void seal_read(struct str kept, struct str *origin, struct str *opaque);

/* The upstream `origin`, which speaks `dialect`, may see this thought's seal. */
bool seal_is_for(const struct chat_request *r, const struct chat_block *thought,
	const struct dialect *dialect, struct str origin);

#endif
