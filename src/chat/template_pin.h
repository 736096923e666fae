/*
 * template_pin.h - tools that stay where they were first shown.
 *
 * Mistral's templates show the tools before the last question, so that they would move with every
 * turn and the whole prompt would have to be read again. Here a conversation is rendered without
 * them, and what they are before its first question is put in there.
 *
 * Layer: prompt.
 */
#ifndef OFFGRID_CHAT_TEMPLATE_PIN_H
#define OFFGRID_CHAT_TEMPLATE_PIN_H

#include "chat/template_probe.h"

/* As template_text_render. False if the template does not let the tools be found; `out` and
 * `inputs` are untouched then. */
bool template_render_pinned(const struct template_text *t, const struct template_way *way,
	const struct chat_request *r, const struct jinja_input *how, struct buf *out,
	struct jinja_spans *inputs);

#endif
