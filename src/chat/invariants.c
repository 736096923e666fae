/*
 * invariants.c - see invariants.h.
 *
 * Layer: prompt, model, parse, wire.
 */
#include "chat/invariants.h"

#include "base/limits.h"
#include "chat/schema_check.h"

enum {
	TEXT_KEPT_BYTES = 64 * 1024, /* looked through for marks at the end */
	WORDS_BYTES = 1024,
	/* Real text has three to five bytes a token; at this many something was left out. */
	MOST_BYTES_A_TOKEN = 24,
	FEW_TOKENS = 64 /* below that nothing is concluded from a count */
};

/* Marks that mean a call wherever they stand, unless a backtick stands before them. */
static const char *const marks[] = { "<tool_call>", "[TOOL_CALLS]", "<|tool_call",
	"<function=", "<|channel|>commentary to=", "<｜DSML｜", "<｜tool▁call",
	"<minimax:tool_call>", "<seed:tool_call>", "<start_function_call>" };

void invariants_init(struct invariants *v, const struct chat_request *request, struct trace *trace)
{
	*v = (struct invariants){ .request = request, .trace = trace };
	buf_init(&v->name, LIMIT_ANSWER_BYTES);
	buf_init(&v->args, LIMIT_ANSWER_BYTES);
	buf_init(&v->text, TEXT_KEPT_BYTES);
	digest_init(&v->came);
	digest_init(&v->told);
}

void invariants_clear(struct invariants *v)
{
	buf_clear(&v->name);
	buf_clear(&v->args);
	buf_clear(&v->text);
}

/* ---- calls ---- */

static void check_call(struct invariants *v)
{
	struct buf why;
	const struct chat_tool *tool = chat_find_tool(v->request, buf_str(&v->name));
	json_t *args = js_parse(buf_str(&v->args), LAYER_PARSE, NULL);
	buf_init(&why, WORDS_BYTES / 2);
	if (!tool)
		trace_broken(v->trace, LAYER_MODEL, "it called %.*s, which is not offered",
			STR_ARG(str_sub(buf_str(&v->name), 0, LIMIT_QUOTE_BYTES)));
	else if (!json_is_object(args))
		trace_broken(v->trace, LAYER_PARSE,
			"the arguments of its call of %.*s are no object", STR_ARG(tool->name));
	else if (!schema_check(NULL, tool->parameters, args, &why))
		trace_broken(v->trace, LAYER_MODEL,
			"its call of %.*s is not what the tool takes: %s", STR_ARG(tool->name),
			buf_z(&why));
	json_decref(args);
	buf_clear(&why);
}

static void begin_call(struct invariants *v, struct str name)
{
	if (v->is_in_call)
		trace_broken(v->trace, LAYER_PARSE, "a call began inside another");
	v->is_in_call = true;
	v->calls++;
	buf_reset(&v->name);
	buf_reset(&v->args);
	buf_add(&v->name, name);
}

static void end_call(struct invariants *v)
{
	if (!v->is_in_call)
		trace_broken(v->trace, LAYER_PARSE, "a call ended that had not begun");
	else
		check_call(v);
	v->is_in_call = false;
}

/* ---- the end ---- */

/* A limit may cut a call before its name is whole: of that nothing is told. */
static void check_visible(struct invariants *v, enum chat_stop stop)
{
	bool is_visible = v->has_text || v->has_thought || v->calls ||
			  (stop == CHAT_STOP_LENGTH && v->request->tool_count);
	if (!is_visible && !v->usage.is_estimate && v->usage.answer_tokens > 1)
		trace_broken(v->trace, LAYER_PARSE,
			"%lld tokens came out and nothing of them is "
			"visible",
			(long long)v->usage.answer_tokens);
}

static size_t bytes_asked(const struct chat_request *r)
{
	size_t bytes = 0;
	for (size_t i = 0; i < r->message_count; i++)
		for (size_t k = 0; k < r->messages[i].block_count; k++)
			if (r->messages[i].blocks[k].type != CHAT_BLOCK_IMAGE &&
				r->messages[i].blocks[k].type != CHAT_BLOCK_THINK)
				bytes += r->messages[i].blocks[k].text.n;
	return bytes;
}

static void check_prompt(struct invariants *v)
{
	int64_t tokens = v->usage.prompt_tokens;
	size_t bytes = bytes_asked(v->request);
	if (!v->usage.is_estimate && tokens < v->rendered_tokens)
		trace_broken(v->trace, LAYER_PROMPT,
			"the prompt was rendered to %lld tokens and %lld were read",
			(long long)v->rendered_tokens, (long long)tokens);
	if (tokens > FEW_TOKENS && !v->usage.is_estimate &&
		(size_t)tokens * MOST_BYTES_A_TOKEN < bytes)
		trace_broken(v->trace, LAYER_PROMPT,
			"%zu bytes were asked and %lld tokens were read: the conversation was cut "
			"on its way to the model",
			bytes, (long long)tokens);
}

static void check_text(struct invariants *v)
{
	if (v->request->raw) /* what is gone on with may be about calls itself */
		return;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t at = str_find(buf_str(&v->text), str_z(marks[i]));
		if (at == SIZE_MAX || (at > 0 && v->text.p[at - 1] == '`'))
			continue;
		trace_broken(v->trace, LAYER_PARSE, "the mark of a call, %s, was left in the text",
			marks[i]);
		return;
	}
}

static void check_stop(struct invariants *v, enum chat_stop stop)
{
	bool says_calls = stop == CHAT_STOP_CALLS;
	bool is_whole = says_calls || stop == CHAT_STOP_END;
	if (is_whole && says_calls != (v->calls > 0))
		trace_broken(v->trace, LAYER_WIRE, "it stopped for '%s' with %u calls",
			chat_stop_names[stop], v->calls);
	if (v->is_in_call && stop != CHAT_STOP_LENGTH)
		trace_broken(v->trace, LAYER_PARSE, "it ended inside a call");
	check_visible(v, stop);
	check_prompt(v);
	if (v->request->tool_count)
		check_text(v);
}

/* ---- what came and what was told ---- */

static void break_different(struct invariants *v, enum layer layer, const char *first,
	const struct digest *a, const char *second, const struct digest *b)
{
	struct buf words;
	buf_init(&words, WORDS_BYTES);
	buf_printf(&words, "%s (", first);
	digest_describe(a, &words);
	buf_printf(&words, ") is not %s (", second);
	digest_describe(b, &words);
	buf_add_z(&words, ")");
	trace_broken(v->trace, layer, "%s", buf_z(&words));
	buf_clear(&words);
}

void invariants_came(struct invariants *v, enum layer layer, const struct chat_event *event)
{
	if (v->has_come) /* it was asked again: another answer begins */
		digest_init(&v->came);
	v->has_come = event->type == CHAT_STOP || event->type == CHAT_FAIL;
	digest_take(&v->came, event);
	if (event->type == CHAT_STOP && event->whole && !digest_is_same(&v->came, event->whole))
		break_different(v, layer, "what came in pieces", &v->came,
			"the answer read as a whole", event->whole);
}

void invariants_passed(struct invariants *v)
{
	if (!digest_is_same(&v->came, &v->told))
		break_different(v, LAYER_PARSE, "what was told", &v->told,
			"what came, and nothing was mended", &v->came);
}

void invariants_take(struct invariants *v, const struct chat_event *event)
{
	digest_take(&v->told, event);
	switch (event->type) {
	case CHAT_TEXT:
		v->has_text = true;
		if (v->request->tool_count)
			buf_add(&v->text, event->text);
		break;
	case CHAT_THINK: v->has_thought = true; break;
	case CHAT_TOOL_BEGIN: begin_call(v, event->text); break;
	case CHAT_TOOL_ARGS: buf_add(&v->args, event->text); break;
	case CHAT_TOOL_END: end_call(v); break;
	case CHAT_USAGE: v->usage = event->usage; break;
	case CHAT_STOP: check_stop(v, event->stop); break;
	case CHAT_ALIVE:
		if (event->alive.prompt_tokens)
			v->rendered_tokens = event->alive.prompt_tokens;
		break;
	case CHAT_SEAL:
	case CHAT_FAIL:
	case CHAT_LOGPROB:
	case CHAT_EVENT_TYPE_COUNT: break;
	}
}
