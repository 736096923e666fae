/*
 * template_proof.h - a format is used only if it is proved on the model's own template: what the
 * template wrote for a call is read back as the same call, and the guide would have let the model
 * write it.
 *
 * Layer: parse.
 */
#ifndef OFFGRID_CHAT_TEMPLATE_PROOF_H
#define OFFGRID_CHAT_TEMPLATE_PROOF_H

#include "chat/tool_format.h"

enum template_proof {
	PROOF_HOLDS,
	PROOF_UNREAD,   /* the reader makes something else of it */
	PROOF_UNGUIDED, /* the guide does not let it pass */
};

/* `text` holds the probe's calls, one or both, and nothing else. */
enum template_proof template_prove(
	const struct tool_format *f, struct str text, unsigned call_count);

#endif
