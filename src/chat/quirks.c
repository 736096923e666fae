/*
 * quirks.c - the rows; see quirks.h. What QUIRK_LOCAL and QUIRK_MARKED do is in quirks_apply.c.
 *
 * Layer: client.
 */
#include "chat/quirks.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/must.h"

const char *const quirk_where_names[] = {
	[QUIRK_LOCAL] = "before a model of ours",
	[QUIRK_MARKED] = "marked",
	[QUIRK_READ] = "when it is read",
	[QUIRK_RENDERED] = "when it is rendered",
};

_Static_assert(sizeof quirk_where_names / sizeof quirk_where_names[0] == QUIRK_WHERE_COUNT,
	"a name for every place");

const struct quirk_row quirks[] = {
	[QUIRK_BILLING] = { "billing header", "Claude Code 2.1.330",
		"a system block that begins with x-anthropic-billing-header:",
		"it changes with every request, so every prompt is new from its first line on "
		"(anthropics/claude-code#24168)",
		"the block goes on to upstreams of its own dialect only", QUIRK_READ },
	[QUIRK_COUNTDOWN] = { "token countdown", "Claude Code",
		"a line of a system text that counts tokens: Token usage: 9/99; 90 remaining",
		"it changes with every request (anthropics/claude-code#68900)",
		"the line is left out", QUIRK_LOCAL },
	[QUIRK_CLOCK] = { "time of day", "Hermes agent, prompts of one's own",
		"a line of a system text that says it tells the time, with a year and a time of "
		"day",
		"it changes with every request or session, and everything behind it is read again",
		"minutes and seconds become zero: it changes once an hour", QUIRK_LOCAL },
	[QUIRK_SYSTEMS] = { "several system texts", "Codex 0.169.0 (two of the developer)",
		"messages of system or developer that follow one another at the front",
		"many templates take one system message, and none knows a developer",
		"they become one system message, with blank lines between", QUIRK_LOCAL },
	[QUIRK_LATE_SYSTEM] = { "late system text", "Claude Code 2.1.330",
		"a message of system or developer behind the first question",
		"templates refuse it or drop it",
		"it is said by the user where the template cannot say it", QUIRK_RENDERED },
	[QUIRK_TWO_USERS] = { "two questions in a row", "OpenClaw 2026.9.6, Codex 0.169.0",
		"messages of the user that follow one another",
		"templates that demand turns refuse it",
		"they are joined where the template demands turns", QUIRK_RENDERED },
	[QUIRK_CONTENT_PARTS] = { "content as a list", "Claude Code 2.1.330",
		"the same text once as a list of one part and once as a string",
		"rendered differently the prompt is new from there on",
		"both are blocks of text, and rendered alike", QUIRK_READ },
	[QUIRK_RESULT_PARTS] = { "results as parts", "Qwen Code 0.24.4",
		"the result of a call as a list of parts",
		"templates that print content as text print nothing of it",
		"the texts of its parts are the result", QUIRK_READ },
	[QUIRK_NAMESPACE] = { "tools in a namespace", "Codex 0.169.0",
		"a tool of type namespace that holds functions",
		"only OpenAI knows the type (openai/codex#10635)",
		"its functions stand beside the others, and calls of them name it again",
		QUIRK_READ },
	[QUIRK_PROVIDER_TOOLS] = { "tools of the provider", "Codex 0.169.0, Claude Code 2.1.330",
		"a tool of a type that runs at its provider, such as web_search",
		"no other model can call it (openai/codex#10635)",
		"it is offered to upstreams of its own dialect only", QUIRK_READ },
	[QUIRK_IDS] = { "ids without punctuation", "OpenClaw 2026.9.6",
		"a result whose id is that of its call but for punctuation",
		"the result is taken for that of another call",
		"ids are compared by letters and digits", QUIRK_READ },
	[QUIRK_NUM_CTX] = { "num_ctx", "Hermes agent 0.19.0, aider", "options.num_ctx in the body",
		"it is meant to set the context, which is chosen when a model is loaded",
		"it is passed over; what does not fit is an error with both numbers", QUIRK_LOCAL },
	[QUIRK_MANY_TOOLS] = { "many tools", "OpenClaw 2026.9.6 without tool search, MCP tools",
		"tools whose schemas and descriptions pass 100 kB",
		"small models invent calls under so many (openclaw/openclaw#75189); each change of "
		"one is a new prompt",
		"nothing is left out; the guide is made once for the same offer", QUIRK_LOCAL },
	[QUIRK_TITLE] = { "title", "OpenCode 1.18.33, Crush, Claude Code, Open WebUI",
		"the client's own words for asking for a title",
		"it goes out beside the first question and takes its place in the cache "
		"(sst/opencode#27110)",
		"side work: its place is given up first", QUIRK_MARKED },
	[QUIRK_MEMORY] = { "memory", "Qwen Code 0.24.4",
		"the client's own words for extracting memories",
		"it goes out behind an answer and takes its place in the cache",
		"side work: its place is given up first", QUIRK_MARKED },
	[QUIRK_COMMIT] = { "commit message", "aider 0.86.2",
		"the client's own words for a commit message", "a second prompt for every edit",
		"side work: its place is given up first", QUIRK_MARKED },
};

_Static_assert(sizeof quirks / sizeof quirks[0] == QUIRK_COUNT, "a row for every quirk");

void quirk_note(enum quirk q, struct trace *t, const char *format, ...)
{
	char words[ERR_WHAT_BYTES];
	va_list args;
	MUST(q < QUIRK_COUNT);
	va_start(args, format);
	vsnprintf(words, sizeof words, format, args);
	va_end(args);
	trace_note(t, LAYER_CLIENT, "quirk", "%s: %s", quirks[q].name, words);
}

bool quirk_changes_nothing(const struct trace_record *r)
{
	static const enum quirk rows[] = { QUIRK_BILLING, QUIRK_NAMESPACE, QUIRK_PROVIDER_TOOLS,
		QUIRK_RESULT_PARTS };
	bool is_one = false;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		is_one = is_one || str_starts(r->text, str_z(quirks[rows[i]].name));
	return is_one && str_eq_z(str_z(r->what), "quirk");
}
