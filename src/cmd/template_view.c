/*
 * template_view.c - see template_view.h.
 */
#include "cmd/template_view.h"

#include "base/opt.h"

enum { QUESTION_COLUMN = 40, WORDS_INDENT = 4 };

/* A label and words that may need more lines. */
static void add_words(const char *label, struct str words, struct buf *out)
{
	struct arena *a = arena_new();
	if (words.n)
		opt_wrap(arena_printf(a, "%s: %.*s", label, STR_ARG(words)), WORDS_INDENT, out);
	arena_free(a);
}

static struct str asked_variables(struct arena *a, const struct template_lint *lint)
{
	struct str list = str_z(NULL);
	for (size_t i = 0; i < lint->ask_count; i++)
		list = arena_printf(a, "%.*s%s%s", STR_ARG(list), i ? ", " : "", lint->asks[i]);
	return list;
}

static void add_answer(const struct template_lint *lint, size_t i, struct buf *out)
{
	enum lint_answer answer = lint->answers[i];
	if (answer == LINT_UNKNOWN)
		return;
	buf_printf(
		out, "    %-*s %s", QUESTION_COLUMN, lint_rows[i].title, lint_answer_names[answer]);
	if (i == LINT_KEPT && answer == LINT_NO)
		buf_printf(out, ", %d %%", lint->kept_percent);
	buf_add_char(out, '\n');
}

void template_view(const struct chat_template *t, struct buf *out)
{
	const struct template_lint *lint = template_findings(t);
	struct arena *a = arena_new();
	buf_printf(out, "  what the chat template does\n");
	for (size_t i = 0; i < LINT_COUNT; i++)
		add_answer(lint, i, out);
	add_words("tools are offered as",
		arena_printf(a, "%s, since %s", template_format(t)->name, template_reason(t)), out);
	add_words("worked around", str_z(template_workarounds(t)), out);
	add_words("it looks at", asked_variables(a, lint), out);
	add_words("it refuses the probe", lint->refusal, out);
	arena_free(a);
}

json_t *template_view_json(const struct chat_template *t)
{
	const struct template_lint *lint = template_findings(t);
	json_t *answers = json_object(), *asks = json_array();
	for (size_t i = 0; i < LINT_COUNT; i++)
		json_object_set_new(answers, lint_rows[i].key,
			json_string(lint_answer_names[lint->answers[i]]));
	for (size_t i = 0; i < lint->ask_count; i++)
		json_array_append_new(asks, json_string(lint->asks[i]));
	const struct tool_format *written = template_written_as(t);
	json_t *view =
		json_pack("{s:s, s:s, s:s, s:o, s:i, s:o}", "format", template_format(t)->name,
			"reason", template_reason(t), "worked_around", template_workarounds(t),
			"answers", answers, "kept_percent", lint->kept_percent, "looks_at", asks);
	json_object_set_new(view, "written_as", written ? json_string(written->name) : json_null());
	json_object_set_new(
		view, "refusal", lint->refusal.n ? js_new_text(lint->refusal) : json_null());
	return view;
}
