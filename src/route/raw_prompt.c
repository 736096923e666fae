/*
 * raw_prompt.c - see raw_prompt.h.
 *
 * Layer: client, prompt.
 */
#include "route/raw_prompt.h"

/* What a client gave as tokens, as the texts of these: a control token is one only if it was given
 * as one. */
static bool tokens_of(const struct engine *g, const struct chat_request *r,
	struct engine_segment *list, size_t *count, struct err *e)
{
	for (size_t i = 0; i < r->raw->token_count; i++) {
		struct engine_segment *s = &list[(*count)++];
		bool is_control;
		if (!engine_token(g, r->raw->tokens[i], &s->text, &is_control)) {
			fail(e, ERR_BAD_DATA, LAYER_CLIENT,
				"prompt: the model has %d tokens, so %d is none of them",
				engine_facts(g)->vocabulary_tokens, r->raw->tokens[i]);
			return err_mend(e, "send the prompt as text");
		}
		s->is_literal = !is_control;
	}
	return true;
}

/* The text before the gap, what stands behind it, and the mark behind which the model fills it. */
static bool gap_of(const struct engine *g, const struct chat_request *r,
	struct engine_segment *list, size_t *count, struct err *e)
{
	const struct engine_facts *f = engine_facts(g);
	if (!f->gap_prefix.n || !f->gap_suffix.n || !f->gap_middle.n) {
		fail(e, ERR_BAD_DATA, LAYER_CLIENT,
			"suffix: the model '%.*s' knows no tokens for filling a gap",
			STR_ARG(f->name));
		return err_mend(e,
			"leave suffix out, or take a model trained for it, such as one of "
			"Qwen's coders");
	}
	list[(*count)++] = (struct engine_segment){ f->gap_prefix, false };
	if (r->raw->token_count && !tokens_of(g, r, list, count, e))
		return false;
	list[(*count)++] = (struct engine_segment){ r->raw->prompt, true };
	list[(*count)++] = (struct engine_segment){ f->gap_suffix, false };
	list[(*count)++] = (struct engine_segment){ r->raw->suffix, true };
	list[(*count)++] = (struct engine_segment){ f->gap_middle, false };
	return true;
}

static void note_prompt(const struct engine *g, const struct chat_request *r, struct trace *t,
	const struct engine_segment *list, size_t count)
{
	int64_t tokens = engine_count_prompt(g, list, count);
	bool is_given = r->raw->token_count && !r->raw->has_suffix;
	trace_note(t, LAYER_PROMPT, "prompt", "as it came, without a template%s: %lld tokens%s",
		r->raw->has_suffix ? ", around a gap" : "", (long long)tokens,
		is_given && (size_t)tokens != r->raw->token_count
			? ", which are not those that were sent: the same text is read otherwise"
			: "");
}

/* A plain prompt is its client's own rendering, so its control tokens are meant; beside a gap
 * stands a file, whose text is nothing but text. */
struct engine_segment *raw_prompt(const struct engine *g, const struct chat_request *r,
	struct trace *t, size_t *count, struct err *e)
{
	enum { AROUND = 8 };
	struct engine_segment *list =
		arena_calloc(r->arena, r->raw->token_count + AROUND, sizeof *list);
	bool ok = true;
	*count = 0;
	if (r->raw->has_suffix)
		ok = gap_of(g, r, list, count, e);
	else if (r->raw->token_count)
		ok = tokens_of(g, r, list, count, e);
	else
		list[(*count)++] = (struct engine_segment){ r->raw->prompt, false };
	if (!ok)
		return NULL;
	note_prompt(g, r, t, list, *count);
	return list;
}
