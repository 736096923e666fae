/*
 * template_view.h - what a chat template was found to do, as text for a page of 80 columns and as
 * JSON.
 *
 * Pure: an opened template comes in, text goes out.
 */
#ifndef OFFGRID_CMD_TEMPLATE_VIEW_H
#define OFFGRID_CMD_TEMPLATE_VIEW_H

#include "base/json.h"
#include "chat/template.h"

/* How tools are offered and why, an answer for each question of lint, what is worked around. */
void template_view(const struct chat_template *t, struct buf *out);
json_t *template_view_json(const struct chat_template *t);

#endif
