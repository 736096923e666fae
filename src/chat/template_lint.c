/*
 * template_lint.c - the questions and what follows from the answers; see template_lint.h.
 *
 * First a way is looked for in which the template shows a whole turn: tools, a call and its result.
 * The other questions are asked in that way, each by one more render beside the first.
 */
#include "chat/template_lint.h"

#include <string.h>

#include "base/limits.h"

const struct lint_row lint_rows[] = {
	[LINT_TOOLS] = { "tools", "shows the tools" },
	[LINT_CALL] = { "call", "shows calls" },
	[LINT_RESULT] = { "result", "shows results" },
	[LINT_TEXT] = { "text_beside_call", "keeps text beside a call" },
	[LINT_THOUGHT] = { "thought_beside_call", "keeps a thought beside a call" },
	[LINT_LATER] = { "thought_later", "keeps it after the next question" },
	[LINT_SYSTEM] = { "system", "shows the system text" },
	[LINT_OBJECT_ARGS] = { "object_arguments", "takes arguments as an object" },
	[LINT_STRING_ARGS] = { "string_arguments", "takes arguments as a string" },
	[LINT_NULL] = { "null_content", "takes null as content" },
	[LINT_TWO_CALLS] = { "two_calls", "takes two calls in one turn" },
	[LINT_CROSSED] = { "crossed_results", "finds the calls of crossed results" },
	[LINT_LONG_IDS] = { "long_ids", "takes ids of any form" },
	[LINT_TWO_USERS] = { "two_users", "takes two questions in a row" },
	[LINT_LATE_SYSTEM] = { "late_system", "takes a later system text" },
	[LINT_MEDIUM] = { "effort_medium", "takes medium effort" },
	[LINT_KEPT] = { "earlier_bytes", "keeps earlier bytes" },
};

const char *const lint_answer_names[] = {
	[LINT_UNKNOWN] = "not known",
	[LINT_YES] = "yes",
	[LINT_NO] = "no",
	[LINT_REFUSED] = "refuses",
	[LINT_ESCAPED] = "writes it escaped twice",
	[LINT_OTHER] = "writes other bytes",
	[LINT_PRINTED] = "prints None",
	[LINT_MOVED] = "moves it",
};

_Static_assert(sizeof lint_rows / sizeof *lint_rows == LINT_COUNT, "a row for each question");
_Static_assert(sizeof lint_answer_names / sizeof *lint_answer_names == LINT_ANSWER_COUNT,
	"a name for each answer");

enum { WHOLE_PERCENT = 100 };

#define TURN      (PROBE_TOOLS | PROBE_CALL | PROBE_RESULT)
#define FULL_TURN (PROBE_SYSTEM | PROBE_TEXT | PROBE_THOUGHT | TURN)

/* One template under examination. */
struct exam {
	struct arena *a;
	const struct template_text *t;
	struct template_lint *out;
	struct str base; /* FULL_TURN, in the way that was chosen */
	bool is_over;    /* it ran into a limit: no more questions */
};

static struct probe ask_in(struct exam *x, const struct template_way *way, unsigned parts)
{
	struct probe p = { .is_refused = true };
	if (x->is_over)
		return p;
	p = probe_render(x->a, x->t, way, parts);
	x->out->renders++;
	x->is_over = p.is_too_dear;
	return p;
}

static struct probe ask(struct exam *x, unsigned parts)
{
	return ask_in(x, &x->out->way, parts);
}

static bool holds(struct str text, const char *part)
{
	return str_find(text, str_z(part)) != SIZE_MAX;
}

static enum lint_answer yes(bool is_so)
{
	return is_so ? LINT_YES : LINT_NO;
}

/* From the last question that a user asks, or all of it. */
static struct str from_question(struct str text)
{
	size_t at = str_find_last(text, STR(PROBE_ASKS));
	return at == SIZE_MAX ? text : str_from(text, at + STR(PROBE_ASKS).n);
}

/* Where the tools stand does not matter, but a call's name is no tool. */
static bool shows_tools(struct str text)
{
	return holds(text, "Does one.") && holds(text, PROBE_TOOL_TWO);
}

static bool shows_call(struct str turn)
{
	return holds(turn, PROBE_TOOL_ONE) && holds(turn, "val_kw9") && holds(turn, "4217");
}

static bool shows_result(struct str turn)
{
	return holds(turn, PROBE_RESULT_ONE);
}

/* ---- a way in which it shows a turn ---- */

#define AS_KEY .thoughts = TEMPLATE_THOUGHT_KEY, .thought_key = "reasoning_content"

static const struct template_way first_ways[] = {
	{ AS_KEY },
	{ AS_KEY, .has_string_arguments = true },
	{ AS_KEY, .has_plain_schemas = true },
	{ AS_KEY, .folds_system = true },
	{ AS_KEY, .tools = TEMPLATE_XML_TOOLS },
	{ AS_KEY, .tools = TEMPLATE_FUNCTIONS, .defines_functions = true },
	{ AS_KEY, .tools = TEMPLATE_FUNCTIONS, .defines_functions = true,
		.has_string_arguments = true },
	{ AS_KEY, .tools = TEMPLATE_NO_TOOLS },
	{ AS_KEY, .tools = TEMPLATE_NO_TOOLS, .folds_system = true },
};

/* How much of a turn the template shows by itself, tools first. */
static int score(const struct probe *p, const struct template_way *way)
{
	enum { TOOLS = 8, CALL = 4, RESULT = 2, ANYTHING = 1 };
	struct str turn = from_question(p->text);
	if (p->is_refused || way->tools == TEMPLATE_NO_TOOLS)
		return !p->is_refused;
	return ANYTHING + TOOLS * shows_tools(p->text) + CALL * shows_call(turn) +
	       RESULT * shows_result(turn);
}

static void find_way(struct exam *x)
{
	enum { ALL = 15 };
	int best = -1;
	for (size_t i = 0; i < sizeof first_ways / sizeof *first_ways && best < ALL; i++) {
		struct probe p = ask_in(x, &first_ways[i], FULL_TURN);
		int n = score(&p, &first_ways[i]);
		if (i == 0)
			x->out->refusal = p.refusal;
		if (n > best) {
			best = n;
			x->out->way = first_ways[i];
			x->base = p.text;
		}
	}
	if (x->base.n && x->out->way.tools != TEMPLATE_NO_TOOLS)
		x->out->refusal = str_z(NULL);
	x->out->answers[LINT_OBJECT_ARGS] =
		x->out->way.has_string_arguments ? LINT_REFUSED : LINT_YES;
}

/* ---- what it shows ---- */

static void ask_what_is_shown(struct exam *x)
{
	enum lint_answer *answers = x->out->answers;
	struct str turn = from_question(x->base);
	bool is_native = x->out->way.tools != TEMPLATE_NO_TOOLS;
	answers[LINT_TOOLS] = yes(is_native && shows_tools(x->base));
	answers[LINT_CALL] = yes(is_native && shows_call(turn));
	answers[LINT_RESULT] = yes(is_native && shows_result(turn));
	answers[LINT_SYSTEM] =
		x->out->way.folds_system ? LINT_REFUSED : yes(holds(x->base, PROBE_SYSTEM_SAY));
	size_t text = str_find(turn, STR(PROBE_SAYS)), call = str_find(turn, STR(PROBE_TOOL_ONE));
	answers[LINT_TEXT] = text == SIZE_MAX                  ? LINT_NO
			     : call != SIZE_MAX && text > call ? LINT_MOVED
							       : LINT_YES;
}

/* ---- thoughts ---- */

static const struct {
	enum template_thoughts as;
	const char *key;
} thought_places[] = {
	{ TEMPLATE_THOUGHT_KEY, "reasoning_content" },
	{ TEMPLATE_THOUGHT_KEY, "thinking" },
	{ TEMPLATE_THOUGHT_KEY, "reasoning" },
	{ TEMPLATE_THOUGHT_PART, NULL },
};

/* Tries one place; with text beside it, and if the two exclude each other, joined. */
static bool finds_thought(struct exam *x, size_t place)
{
	struct template_way way = x->out->way;
	way.thoughts = thought_places[place].as;
	way.thought_key = thought_places[place].key;
	struct probe p = ask_in(x, &way, FULL_TURN);
	if (p.is_refused) {
		way.thinks_text = true;
		p = ask_in(x, &way, FULL_TURN);
	}
	/* A template that knows no parts prints the list as it is. */
	bool is_printed =
		holds(p.text, "'type': 'thinking'") || holds(p.text, "\"type\": \"thinking\"");
	if (!holds(p.text, PROBE_THINKS) || is_printed)
		return false;
	x->out->way = way;
	x->out->thought_turn = from_question(p.text);
	return true;
}

static void ask_about_thoughts(struct exam *x)
{
	enum lint_answer *answers = x->out->answers;
	bool is_found = false;
	for (size_t i = 0; i < sizeof thought_places / sizeof *thought_places && !is_found; i++)
		is_found = finds_thought(x, i);
	answers[LINT_THOUGHT] = yes(is_found);
	struct probe later = ask(x, FULL_TURN | PROBE_ANSWER | PROBE_LATER);
	answers[LINT_LATER] =
		later.is_refused ? LINT_REFUSED : yes(holds(later.text, PROBE_THINKS));
}

/* A template without a variable for it may look for a word in the system text. */
static void ask_about_unthinking(struct exam *x)
{
	static const char *const words[] = { "/no_think", "/nothink" };
	struct template_way way = x->out->way;
	struct str on = from_question(ask(x, PROBE_SYSTEM).text);
	struct str off = from_question(ask(x, PROBE_SYSTEM | PROBE_NO_THINKING).text);
	if (!str_eq(on, off))
		return;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		way.unthinking = words[i];
		struct probe p = ask_in(x, &way, PROBE_SYSTEM | PROBE_NO_THINKING);
		if (p.is_refused || str_eq(from_question(p.text), off))
			continue;
		x->out->way.unthinking = words[i];
		return;
	}
}

/* ---- calls ---- */

static enum lint_answer string_answer(struct exam *x)
{
	struct template_way way = x->out->way;
	way.has_string_arguments = true;
	struct probe p = ask_in(x, &way, FULL_TURN);
	struct probe object = ask(x, FULL_TURN);
	if (p.is_refused)
		return LINT_REFUSED;
	if (holds(p.text, "\\\"path\\\""))
		return LINT_ESCAPED;
	return str_eq(p.text, object.text) ? LINT_YES : LINT_OTHER;
}

static enum lint_answer two_answer(struct exam *x)
{
	struct probe p = ask(x, (FULL_TURN & ~(unsigned)PROBE_CALL) | PROBE_CALLS);
	struct str turn = from_question(p.text);
	if (p.is_refused)
		return LINT_REFUSED;
	return yes(holds(turn, PROBE_TOOL_TWO) && holds(turn, "val_tm8"));
}

static enum lint_answer null_answer(struct exam *x)
{
	unsigned parts = FULL_TURN & ~(unsigned)(PROBE_TEXT | PROBE_THOUGHT);
	struct probe p = ask(x, parts | PROBE_NULL), empty = ask(x, parts);
	if (p.is_refused)
		return LINT_REFUSED;
	return holds(p.text, "None") && !holds(empty.text, "None") ? LINT_PRINTED : LINT_YES;
}

/* Whether each result stands with its call, or names it. */
static enum lint_answer crossed_answer(struct exam *x)
{
	unsigned parts = PROBE_TOOLS | PROBE_CALLS | PROBE_RESULT;
	struct probe crossed = ask(x, parts | PROBE_CROSSED);
	if (crossed.is_refused)
		return LINT_REFUSED;
	size_t calls = str_find_last(crossed.text, STR("val_tm8"));
	bool has_id = calls != SIZE_MAX && holds(str_from(crossed.text, calls), "callone00");
	return yes(has_id || str_eq(crossed.text, ask(x, parts).text));
}

static void ask_about_calls(struct exam *x)
{
	enum lint_answer *answers = x->out->answers;
	answers[LINT_LONG_IDS] = ask(x, TURN | PROBE_LONG_IDS).is_refused ? LINT_REFUSED : LINT_YES;
	if (answers[LINT_LONG_IDS] == LINT_REFUSED) {
		x->out->way.ids = TEMPLATE_IDS_MADE;
		x->out->way.id_chars = TOOL_CALL_ID_CHARS;
	}
	answers[LINT_NULL] = null_answer(x);
	if (answers[LINT_CALL] != LINT_YES)
		return;
	answers[LINT_STRING_ARGS] = string_answer(x);
	answers[LINT_TWO_CALLS] = two_answer(x);
	x->out->way.splits_calls = answers[LINT_TWO_CALLS] != LINT_YES;
	if (answers[LINT_TWO_CALLS] == LINT_YES)
		answers[LINT_CROSSED] = crossed_answer(x);
}

/* ---- turns ---- */

/* Of the earlier prompt's bytes, those that the later one begins with. */
static int kept_percent(struct str earlier, struct str later)
{
	size_t n = 0;
	while (n < earlier.n && n < later.n && earlier.p[n] == later.p[n])
		n++;
	return earlier.n ? (int)(n * WHOLE_PERCENT / earlier.n) : WHOLE_PERCENT;
}

static void ask_about_growth(struct exam *x)
{
	struct probe earlier = ask(x, FULL_TURN | PROBE_ANSWER | PROBE_OPEN);
	struct probe later = ask(x, FULL_TURN | PROBE_ANSWER | PROBE_LATER);
	bool is_refused = earlier.is_refused || later.is_refused;
	x->out->kept_percent = is_refused ? 0 : kept_percent(earlier.text, later.text);
	x->out->answers[LINT_KEPT] =
		is_refused ? LINT_REFUSED : yes(x->out->kept_percent == WHOLE_PERCENT);
	struct str words = ask(x, PROBE_TOOLS | PROBE_TEXT | PROBE_LATER).text;
	size_t asks = str_find(words, STR(PROBE_ASKS)), tool = str_find(words, STR(PROBE_TOOL_ONE));
	x->out->way.pins_tools = asks != SIZE_MAX && tool != SIZE_MAX && tool > asks;
}

static void ask_about_turns(struct exam *x)
{
	enum lint_answer *answers = x->out->answers;
	struct template_way *way = &x->out->way;
	way->folds_system = answers[LINT_SYSTEM] != LINT_YES;
	answers[LINT_TWO_USERS] = ask(x, PROBE_TWO_USERS).is_refused ? LINT_REFUSED : LINT_YES;
	way->joins_turns = answers[LINT_TWO_USERS] == LINT_REFUSED;
	struct probe late = ask(x, PROBE_SYSTEM | PROBE_TEXT | PROBE_LATE_SYSTEM | PROBE_LATER);
	answers[LINT_LATE_SYSTEM] =
		late.is_refused ? LINT_REFUSED : yes(holds(late.text, "Another rule."));
	way->has_one_system = answers[LINT_LATE_SYSTEM] != LINT_YES;
	if (way->has_one_system &&
		ask(x, PROBE_SYSTEM | PROBE_TEXT | PROBE_LATE_SYSTEM | PROBE_LATER).is_refused)
		way->joins_turns = true;
	answers[LINT_MEDIUM] = ask(x, PROBE_MEDIUM).is_refused ? LINT_REFUSED : LINT_YES;
	way->has_no_medium = answers[LINT_MEDIUM] == LINT_REFUSED;
}

void template_lint_turns(struct arena *a, const struct template_text *t,
	const struct template_way *way, struct template_turns *out)
{
	const unsigned open = PROBE_TOOLS | PROBE_OPEN;
	out->words = from_question(probe_render(a, t, way, open | PROBE_TEXT).text);
	out->one = from_question(probe_render(a, t, way, open | PROBE_CALL).text);
	out->two = way->splits_calls
			   ? str_z(NULL)
			   : from_question(probe_render(a, t, way, open | PROBE_CALLS).text);
}

/* ---- variables ---- */

static const char *const known_variables[] = { "enable_thinking", "thinking", "reasoning_effort",
	"thinking_effort", "thinking_budget", "xml_tools", "functions", "documents", "date_string",
	"datetime", "builtin_tools", "tools_in_user_message", "preserve_thinking", "clear_thinking",
	"keep_past_thinking", "truncate_history_thinking" };

_Static_assert(sizeof known_variables / sizeof *known_variables <= LINT_ASKS_MAX, "room for all");

static bool is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Whether a place is in an expression: inside a tag, and there in no string. */
static bool is_code(struct str text, size_t at)
{
	struct str before = str_sub(text, 0, at);
	size_t tag = str_find_last(before, STR("{%")), print = str_find_last(before, STR("{{"));
	size_t open = tag == SIZE_MAX || (print != SIZE_MAX && print > tag) ? print : tag;
	if (open == SIZE_MAX)
		return false;
	char quote = 0;
	for (size_t i = open; i < at; i++) {
		char c = text.p[i];
		if (!quote && i + 1 < at && (c == '%' || c == '}') && text.p[i + 1] == '}')
			return false;
		if (c == '"' || c == '\'')
			quote = !quote ? c : quote == c ? 0 : quote;
	}
	return !quote;
}

/* As a name of its own: not a part of another one, no attribute, no string. */
static bool asks_for(struct str text, struct str name)
{
	for (size_t at = 0, next; (next = str_find(str_from(text, at), name)) != SIZE_MAX;) {
		at += next;
		char before = at ? text.p[at - 1] : ' ';
		char after = at + name.n < text.n ? text.p[at + name.n] : ' ';
		if (!is_word_char(before) && !is_word_char(after) && before != '.' &&
			is_code(text, at))
			return true;
		at += name.n;
	}
	return false;
}

static void find_variables(struct template_lint *out, struct str text)
{
	for (size_t i = 0; i < sizeof known_variables / sizeof *known_variables; i++)
		if (asks_for(text, str_z(known_variables[i])))
			out->asks[out->ask_count++] = known_variables[i];
}

void template_lint(struct arena *a, const struct template_text *t, struct str text, struct str eos,
	struct template_lint *out)
{
	struct exam x = { .a = a, .t = t, .out = out };
	*out = (struct template_lint){ .refusal = str_z(NULL) };
	find_variables(out, text);
	find_way(&x);
	if (!x.base.n)
		return;
	ask_what_is_shown(&x);
	ask_about_thoughts(&x);
	ask_about_calls(&x);
	ask_about_growth(&x);
	ask_about_turns(&x);
	ask_about_unthinking(&x);
	out->turns.eos = eos;
	if (!x.is_over)
		template_lint_turns(a, t, &out->way, &out->turns);
}
