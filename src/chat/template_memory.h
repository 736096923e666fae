/*
 * template_memory.h - what a model really said, kept so that it is never rendered again.
 *
 * Most templates change earlier bytes when a conversation comes back: they drop thoughts, re-sort
 * keys, write other blanks. Then everything behind the change is read again, and the model sees
 * itself say what it did not. So the bytes of a prompt and of the answer to it are remembered; when
 * a conversation goes on from that answer, the template gives only what stands behind it.
 *
 * Clients change what they send back, too: ids, blanks at the ends, the layout of arguments,
 * thoughts left out. These do not count when a conversation is compared; anything else does, and
 * then the whole is rendered as if nothing had been remembered.
 *
 * Thoughts are kept with the rest, unless the family is better without (family.h). Belongs to one
 * thread. Bounded by LIMIT_ANSWERS_KEPT and LIMIT_ANSWERS_BYTES, the longest unused goes first.
 *
 * Layer: prompt.
 */
#ifndef OFFGRID_CHAT_TEMPLATE_MEMORY_H
#define OFFGRID_CHAT_TEMPLATE_MEMORY_H

#include "chat/event.h"
#include "chat/template.h"

struct template_memory;

struct template_memory *template_memory_new(void);
void template_memory_free(struct template_memory *m); /* NULL is fine */

/* As template_render, from the latest answer that the conversation goes on from. */
bool template_memory_render(struct template_memory *m, const struct chat_template *t,
	const struct chat_request *r, int64_t unix_s, struct trace *trace, struct rendered *out,
	struct err *e);

/* An answer that is being given. */
struct template_answer;

/* Takes the prompt's bytes away from `prompt`, which is empty then. */
struct template_answer *template_answer_new(const struct chat_request *r, struct rendered *prompt);
void template_answer_free(struct template_answer *a); /* NULL is fine */

/* What the model said, and what was made of it. */
void template_answer_raw(struct template_answer *a, struct str bytes);
void template_answer_event(struct template_answer *a, const struct chat_event *event);

/* All that the model said, as it came; empty if that was more than is kept. */
struct str template_answer_said(const struct template_answer *a);

/* The answer is complete: remembers it, and frees `a`. */
void template_memory_keep(struct template_memory *m, struct template_answer *a);

#endif
