/*
 * template_probe.h - small conversations that tell what a template does: made of parts, rendered in
 * a way, with words that no template holds by itself.
 *
 * A probe costs at most a fraction of what a real render may cost, so that a hostile template
 * cannot hold up the loading of a model.
 *
 * Layer: prompt.
 */
#ifndef OFFGRID_CHAT_TEMPLATE_PROBE_H
#define OFFGRID_CHAT_TEMPLATE_PROBE_H

#include "chat/template_way.h"
#include "jinja/jinja.h"

/* A compiled template. */
struct template_text {
	struct jinja *plain, *tools; /* the same one unless the model has a template for tools */
	json_t *settings;            /* bos_token, eos_token */
};

enum probe_part {
	PROBE_SYSTEM = 1 << 0,  /* a system text */
	PROBE_TOOLS = 1 << 1,   /* both tools are offered */
	PROBE_TEXT = 1 << 2,    /* the assistant says something, */
	PROBE_THOUGHT = 1 << 3, /* thinks, */
	PROBE_CALL = 1 << 4,    /* calls the first tool, */
	PROBE_CALLS = 1 << 5,   /* calls both */
	PROBE_RESULT = 1 << 6,  /* each call has its result */
	PROBE_ANSWER = 1 << 7,  /* then the assistant answers in words */
	PROBE_LATER = 1 << 8,   /* and the user asks again */
	PROBE_OPEN = 1 << 9,    /* not asked for an answer: the render ends with the last message */
	PROBE_NULL = 1 << 10,   /* content is null where the assistant calls */
	PROBE_TWO_USERS = 1 << 11,   /* the user asks twice in a row */
	PROBE_LATE_SYSTEM = 1 << 12, /* a second system text before the last question */
	PROBE_LONG_IDS = 1 << 13,    /* ids as OpenAI's are */
	PROBE_MEDIUM = 1 << 14,      /* reasoning_effort medium */
	PROBE_NO_THINKING = 1 << 15, /* reasoning_effort none; else thinking is on */
	PROBE_LINES = 1 << 17,       /* the first call's text has lines and markup in it */
	PROBE_CROSSED = 1 << 16,     /* the results stand in the other order */
};

/* What stands in a probe. */
#define PROBE_TOOL_ONE    "probe_one_qx7"
#define PROBE_TOOL_TWO    "probe_two_jb2"
#define PROBE_VALUE       "val_kw9"
#define PROBE_LINES_VALUE "a <b>\n\t& \"c\" </d>\n"
#define PROBE_ARGS_LINES  "{\"path\": \"a <b>\\n\\t& \\\"c\\\" </d>\\n\", \"mode\": 4217}"
#define PROBE_ARGS_ONE    "{\"path\": \"val_kw9\", \"mode\": 4217}"
#define PROBE_ARGS_TWO    "{\"path\": \"val_tm8\", \"mode\": 9153}"
#define PROBE_SAYS        "Text zr5 says."
#define PROBE_THINKS      "Thought hv4 thinks."
#define PROBE_SYSTEM_SAY  "System nc3 rules."
#define PROBE_ASKS        "Question wd6 asks?"
#define PROBE_RESULT_ONE  "result fg1 first"
#define PROBE_RESULT_TWO  "result lp0 second"

/* The request of these parts, in the arena; to be freed with chat_request_free. */
struct chat_request *probe_request(struct arena *a, unsigned parts);

/* One probe, rendered. */
struct probe {
	struct str text;    /* in the arena; empty if refused */
	struct str refusal; /* what the template said */
	bool is_refused;
	bool is_too_dear; /* it ran into a limit */
};

struct probe probe_render(struct arena *a, const struct template_text *t,
	const struct template_way *way, unsigned parts);

/* Renders a request: what probes and real requests share. */
bool template_text_render(const struct template_text *t, const struct template_way *way,
	const struct chat_request *r, const struct jinja_input *how, struct buf *out,
	struct jinja_spans *inputs, struct err *e);

#endif
