/*
 * template_way.h - the way in which one template wants a conversation: what lint found, as choices,
 * and a request as the template's variables by these choices.
 *
 * Clients send what their API allows; templates take a part of it, each another one. So arguments
 * become objects (or a string), content is never null, results carry their call's name, ids have
 * the family's form whatever the client sent, a system text that may not be is put into the first
 * question, turns that may not follow each other are joined. What is left out or moved is so in
 * every request of a conversation, so that a longer one begins with the bytes of the shorter one.
 *
 * Plain data; the functions keep nothing.
 *
 * Layer: prompt.
 */
#ifndef OFFGRID_CHAT_TEMPLATE_WAY_H
#define OFFGRID_CHAT_TEMPLATE_WAY_H

#include "chat/family.h"
#include "chat/request.h"
#include "chat/tool_format.h"

/* As what the template takes the tools. */
enum template_tools {
	TEMPLATE_TOOLS,     /* `tools`: a list of {"type": "function", "function": {…}} */
	TEMPLATE_FUNCTIONS, /* `functions`: the same as JSON text; with `datetime` */
	TEMPLATE_XML_TOOLS, /* `xml_tools`: the list */
	TEMPLATE_NO_TOOLS,  /* not at all: prompted.h */
	TEMPLATE_TOOLS_COUNT
};

/* What a call's id looks like. */
enum template_ids {
	TEMPLATE_IDS_AS_SENT,
	TEMPLATE_IDS_MADE,    /* `id_chars` of letters and digits, made from what was sent */
	TEMPLATE_IDS_COUNTED, /* "0", "1", …, over the whole conversation */
	TEMPLATE_IDS_NAMED,   /* "functions.NAME:0", over the whole conversation */
	TEMPLATE_IDS_COUNT
};

/* Where a thought is looked for. */
enum template_thoughts {
	TEMPLATE_THOUGHT_NOWHERE,
	TEMPLATE_THOUGHT_KEY,  /* in a member of the message, `thought_key` */
	TEMPLATE_THOUGHT_PART, /* in a part of the content, of type "thinking" */
	TEMPLATE_THOUGHTS_COUNT
};

struct template_way {
	enum template_tools tools;
	enum template_ids ids;
	enum template_thoughts thoughts;
	enum family_replay replay;
	const char *thought_key;
	size_t id_chars;
	bool defines_functions;    /* looks at `functions` and `datetime` even without tools */
	bool has_plain_schemas;    /* template_schema.h */
	bool has_string_arguments; /* as JSON text; else as an object */
	bool folds_system;         /* no system role: its text opens the first question */
	bool has_one_system;       /* a later system text becomes a user's */
	bool joins_turns;          /* two turns of one role become one */
	bool splits_calls;         /* one call a turn: each gets a turn of its own */
	bool thinks_text;          /* text beside a call and a thought exclude each other: joined */
	bool has_no_medium;        /* `reasoning_effort` is low or high */
	bool pins_tools;           /* the tools stand before the last question: kept at the first */
	const char *unthinking;    /* what its system text says to be answered without a thought,
				      where no variable does; NULL: nothing */
	const struct tool_format
		*writes_calls; /* calls are dropped: they are written into the content like this */
};

/* Tools are offered and may be called. */
bool template_offers_tools(const struct chat_request *r);

/* messages, tools and flags, as a new reference. */
json_t *template_variables(const struct template_way *way, const struct chat_request *r);

#endif
