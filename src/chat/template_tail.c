/*
 * template_tail.c - see template_tail.h.
 */
#include "chat/template_tail.h"

#include "chat/template_match.h"

#define MARK      "mark_qz8_answer"
#define MARK_KEY  "mark"
#define MARK_ARGS "{\"" MARK_KEY "\": \"" MARK "\"}"

/* The calls alone, the last one with the mark; without calls the mark as the only words. */
static struct chat_message marked_message(struct arena *a, const struct chat_message *m)
{
	struct chat_message marked = { .role = m->role };
	marked.blocks = arena_calloc(a, m->block_count + 1, sizeof *marked.blocks);
	for (size_t i = 0; i < m->block_count; i++)
		if (m->blocks[i].type == CHAT_BLOCK_CALL)
			marked.blocks[marked.block_count++] = m->blocks[i];
	if (marked.block_count)
		marked.blocks[marked.block_count - 1].text = STR(MARK_ARGS);
	else
		marked.blocks[marked.block_count++] =
			(struct chat_block){ .type = CHAT_BLOCK_TEXT, .text = STR(MARK) };
	return marked;
}

struct chat_request template_mark_answer(struct arena *a, const struct chat_request *r, size_t at)
{
	struct chat_request marked = *r;
	marked.messages = arena_calloc(a, r->message_count, sizeof *marked.messages);
	for (size_t i = 0; i < r->message_count; i++)
		marked.messages[i] = i == at ? marked_message(a, &r->messages[i]) : r->messages[i];
	return marked;
}

/* What ends the value of the mark. */
static bool eat_value_end(const struct tool_format *f, struct str *rest, struct str name)
{
	switch (f->arguments) {
	case TOOL_ARGS_JSON: return template_eat(rest, "\"}", name, STR(MARK_KEY));
	case TOOL_ARGS_RAW:
	case TOOL_ARGS_ELEMENTS: return template_eat(rest, f->param_close, name, STR(MARK_KEY));
	case TOOL_ARGS_PYTHON: return template_eat(rest, "'", name, STR(MARK_KEY));
	case TOOL_ARGS_BARE: return template_eat(rest, f->quote, name, STR(MARK_KEY));
	case TOOL_ARGS_COUNT: break;
	}
	return false;
}

size_t template_behind_mark(
	const struct tool_format *f, const struct chat_message *marked, struct str text)
{
	const struct chat_block *last = &marked->blocks[marked->block_count - 1];
	size_t at = str_find_last(text, STR(MARK));
	if (at == SIZE_MAX)
		return SIZE_MAX;
	struct str rest = str_from(text, at + STR(MARK).n);
	if (last->type == CHAT_BLOCK_CALL &&
		!(eat_value_end(f, &rest, last->name) &&
			template_eat(&rest, f->call_close, last->name, STR(MARK_KEY)) &&
			template_eat(&rest, f->section_close, last->name, STR(MARK_KEY))))
		return SIZE_MAX;
	return text.n - rest.n;
}
