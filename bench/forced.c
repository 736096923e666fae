/*
 * forced.c - how many steps of sampling a typical call saves in each family's syntax.
 *
 *   forced MODEL
 *
 * The agent's six tools are offered, a call demanded, and the call that follows is walked through
 * the guide of every row as the engine would: where the guide leaves no choice, the tokens of those
 * bytes but the last are fed; every other token is sampled. Tokens are those of MODEL's vocabulary
 * for all rows, so that rows compare. Prints one JSON object: for each row the tokens of its call
 * and how many were fed.
 */
#include <stdio.h>
#include <stdlib.h>

#include "agent/tool.h"
#include "base/limits.h"
#include "base/must.h"
#include "chat/tool_guide.h"
#include "chat/tool_write.h"
#include "engine/engine.h"

enum { FORCED_BYTES = 512, TOKEN_BYTES = 32 };

static const char arguments[] = "{\"path\": \"notes/today.md\", \"content\": \"# Today\\n\\n- the "
				"long list of things\\n\"}";

struct steps {
	size_t fed, sampled;
};

static int64_t count(struct engine *g, struct str text)
{
	return engine_count_tokens(g, text, false);
}

/* The longest beginning of so many tokens. */
static size_t beginning(struct engine *g, struct str text, int64_t tokens)
{
	size_t n = text.n;
	while (n > 0 && count(g, str_sub(text, 0, n)) > tokens)
		n--;
	return n;
}

static size_t take(const struct guide *guide, void *state, struct str text, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		if (!guide->ops->accept(guide->grammar, state, (unsigned char)text.p[i]))
			return i;
	return bytes;
}

/* Feeds what is forced; the bytes that were. */
static size_t feed(struct engine *g, const struct guide *guide, void *state, struct str rest,
	struct steps *steps)
{
	char forced[FORCED_BYTES];
	size_t n = guide->ops->forced(guide->grammar, state, forced, sizeof forced);
	if (n < 2 || n > rest.n || !str_eq(str_n(forced, n), str_sub(rest, 0, n)))
		return 0;
	int64_t tokens = count(g, str_n(forced, n)) - 1;
	size_t bytes = tokens > 0 ? beginning(g, str_n(forced, n), tokens) : 0;
	steps->fed += bytes ? (size_t)tokens : 0;
	return take(guide, state, rest, bytes);
}

/* False if the row's guide would not let this call pass. */
static bool walk(struct engine *g, const struct guide *guide, struct str text, struct steps *steps)
{
	void *state = must_calloc(1, guide->state_bytes);
	size_t at = 0;
	guide->ops->start(guide->grammar, state);
	while (at < text.n) {
		struct str rest = str_from(text, at);
		at += feed(g, guide, state, rest, steps);
		rest = str_from(text, at);
		size_t token = beginning(g, str_sub(rest, 0, TOKEN_BYTES), 1);
		if (!rest.n || !token || take(guide, state, rest, token) < token)
			break;
		steps->sampled++;
		at += token;
	}
	free(state);
	return at == text.n;
}

static struct chat_request *offer(struct arena *a)
{
	struct chat_request *r = chat_request_new(a);
	for (int i = 0; i < TOOL_COUNT; i++)
		chat_add_tool(r, str_z(agent_tools[i]->name), str_z(agent_tools[i]->description),
			json_loads(agent_tools[i]->schema, 0, NULL));
	r->tool_choice = CHAT_CHOICE_REQUIRED;
	r->allows_parallel_calls = false;
	return r;
}

/* One row's line, if its guide lets the call pass as the row writes it. */
static void measure(struct engine *g, const struct tool_format *f, const struct chat_request *r,
	const json_t *args, bool *is_first)
{
	struct tool_guide *guide = tool_guide_new(r, f, TOOL_THINKING_NEVER, NULL);
	struct tool_written call = {
		.name = STR("write"), .id = STR("abcdefghij"), .arguments = args
	};
	struct steps steps = { 0 };
	struct buf text;
	call.id.n = f->id_chars ? (size_t)f->id_chars : call.id.n;
	buf_init(&text, LIMIT_PROMPT_BYTES);
	tool_write_calls(f, &call, 1, 0, &text);
	struct str said = buf_str(&text);
	if (f->prompt_tail && str_starts(said, str_z(f->prompt_tail)))
		said = str_from(said, str_z(f->prompt_tail).n);
	if (tool_guide_get(guide) && walk(g, tool_guide_get(guide), said, &steps)) {
		printf("%s\"%s\": [%zu, %zu]", *is_first ? "" : ", ", f->name,
			steps.fed + steps.sampled, steps.fed);
		*is_first = false;
	} else {
		fprintf(stderr, "forced: %s: the guide does not let its own call pass\n", f->name);
	}
	buf_clear(&text);
	tool_guide_free(guide);
}

int main(int argc, char **argv)
{
	struct err e = { 0 };
	bool is_first = true;
	struct engine_options options = { .model_path = argc > 1 ? argv[1] : "",
		.context_tokens = 512,
		.sequences = 1,
		.skips_probe = true };
	struct engine *g = engine_open(&options, &e);
	if (!g) {
		fprintf(stderr, "forced: %s\nusage: forced MODEL\n", e.what);
		return err_exit_code(&e);
	}
	struct arena *a = arena_new();
	struct chat_request *r = offer(a);
	json_t *args = js_parse(str_z(arguments), LAYER_PARSE, &e);
	printf("{");
	for (size_t i = 0; tool_formats[i]; i++)
		if (tool_formats[i]->mark_open)
			measure(g, tool_formats[i], r, args, &is_first);
	printf("}\n");
	json_decref(args);
	chat_request_free(r);
	arena_free(a);
	engine_free(g);
	return 0;
}
