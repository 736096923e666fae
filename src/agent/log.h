/*
 * log.h - a conversation's messages as JSON, to be kept and read back.
 *
 *   {"role": "user", "blocks": [{"type": "text", "text": "..."}]}
 *   block types: text, think, call (id, name, text: the arguments), result (id, name, text,
 * is_error), image
 *
 * Opaque signatures are kept with their origin. What is read back gives an equal message.
 */
#ifndef OFFGRID_AGENT_LOG_H
#define OFFGRID_AGENT_LOG_H

#include "chat/request.h"

/* Compact text, appended. */
void log_write(const struct chat_message *m, struct buf *out);

/* Appends the message to the request; ERR_BAD_DATA (layer disk) if it is none. */
bool log_read(struct str json, struct chat_request *r, struct err *e);

/* Answers the calls of the last assistant message that nobody answered, with these words, so that a
 * conversation that broke off can go on. Returns how many there were. */
size_t log_close_calls(struct chat_request *r, struct str words);

#endif
