/*
 * tool_name.h - which of the tools offered a call's name means.
 *
 * Models write names as other programs have them: in another case, with dashes for underscores,
 * behind "functions." or "tools.", with ":0" at the end. Such a name is read as the offered one
 * that it alone can mean. A name that means none is answered with the names there are and the
 * nearest.
 *
 * Pure; any thread.
 */
#ifndef OFFGRID_CHAT_TOOL_NAME_H
#define OFFGRID_CHAT_TOOL_NAME_H

#include "chat/request.h"

/* The tool of exactly this name, else the only one that it can mean, else NULL. */
const struct chat_tool *tool_name_meant(const struct chat_request *r, struct str name);

/* For the model that called it: "there is no tool writ (did you mean write?); the tools are: read,
 * write". Appended. */
void tool_name_unknown(const struct chat_request *r, struct str name, struct buf *out);

#endif
