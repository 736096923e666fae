/*
 * template_proof.c - a template's call, read back and guided; see template_proof.h.
 */
#include "chat/template_proof.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/template_probe.h"
#include "chat/tool_guide.h"

/* The events of an answer, as one line: NAME ARGUMENTS; for each call, TEXT for anything else. */
struct readback {
	struct buf line;
};

static void take(void *owner, const struct chat_event *event)
{
	struct readback *b = owner;
	switch (event->type) {
	case CHAT_TOOL_BEGIN:
		buf_add(&b->line, event->text);
		buf_add_char(&b->line, ' ');
		break;
	case CHAT_TOOL_ARGS: buf_add(&b->line, event->text); break;
	case CHAT_TOOL_END: buf_add_z(&b->line, ";"); break;
	case CHAT_TEXT: buf_add_z(&b->line, "TEXT"); break;
	default: break;
	}
}

static void take_out_blanks(struct buf *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->n; i++)
		if (b->p[i] != ' ')
			b->p[n++] = b->p[i];
	buf_truncate(b, n);
}

static bool is_expected(struct str line, unsigned call_count)
{
	static const char one[] = PROBE_TOOL_ONE "{\"path\":\"val_kw9\",\"mode\":4217};",
			  other[] = PROBE_TOOL_ONE "{\"mode\":4217,\"path\":\"val_kw9\"};",
			  two[] = PROBE_TOOL_TWO "{\"path\":\"val_tm8\",\"mode\":9153};",
			  other_two[] = PROBE_TOOL_TWO "{\"mode\":9153,\"path\":\"val_tm8\"};";
	if (!str_starts(line, str_z(one)) && !str_starts(line, str_z(other)))
		return false;
	line = str_from(line, sizeof one - 1);
	if (call_count == 1)
		return line.n == 0;
	return str_eq_z(line, two) || str_eq_z(line, other_two);
}

static bool reads_back(const struct tool_format *f, struct str text, unsigned call_count,
	const struct chat_request *r)
{
	struct readback b;
	buf_init(&b.line, LIMIT_PROBE_TEXT_BYTES);
	struct tool_reader *reader = tool_reader_new(
		f, r, 0, TOOL_READ_WORDS, NULL, (struct chat_sink){ .take = take, .owner = &b });
	bool ok = tool_reader_feed(reader, text, NULL) && tool_reader_end(reader, false, NULL);
	take_out_blanks(&b.line);
	ok = ok && is_expected(buf_str(&b.line), call_count);
	tool_reader_free(reader);
	buf_clear(&b.line);
	return ok;
}

static bool passes(const struct guide *g, struct str text)
{
	void *state = must_calloc(1, g->state_bytes);
	bool ok = true;
	g->ops->start(g->grammar, state);
	for (size_t i = 0; i < text.n && ok; i++)
		ok = g->ops->accept(g->grammar, state, (unsigned char)text.p[i]);
	ok = ok && g->ops->may_end(g->grammar, state);
	free(state);
	return ok;
}

static bool is_guided(const struct tool_format *f, struct str text, const struct chat_request *r)
{
	struct tool_guide *guide = tool_guide_new(r, f, TOOL_THINKING_NEVER, NULL);
	const struct guide *g = tool_guide_get(guide);
	struct str tail = str_z(f->prompt_tail); /* which the guide gives itself */
	bool ok = g && passes(g, str_starts(text, tail) ? str_from(text, tail.n) : text);
	tool_guide_free(guide);
	return ok;
}

enum template_proof template_prove(
	const struct tool_format *f, struct str text, unsigned call_count)
{
	struct arena *a = arena_new();
	struct chat_request *r = probe_request(a, PROBE_TOOLS);
	enum template_proof proof = !reads_back(f, text, call_count, r) ? PROOF_UNREAD
				    : !is_guided(f, text, r)            ? PROOF_UNGUIDED
									: PROOF_HOLDS;
	chat_request_free(r);
	arena_free(a);
	return proof;
}
