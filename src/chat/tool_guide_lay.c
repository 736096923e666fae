/*
 * tool_guide_lay.c - from a request and a row to what a guide walks; see tool_guide_int.h.
 *
 * A tool whose name cannot be written in the row's syntax is left out and noted: a call of it could
 * not be read back.
 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/tool_guide_int.h"
#include "chat/tool_text.h"

/* ---- marks ---- */

static struct mark mark_of(struct arena *mem, const char *z)
{
	struct mark m = { .text = arena_str(mem, str_z(z)) };
	MUST(m.text.n <= GUIDE_MARK_BYTES);
	for (size_t i = 1, k = 0; i < m.text.n; i++) {
		while (k && !is_same_letter(m.text.p[i], m.text.p[k]))
			k = m.back[k - 1];
		k += is_same_letter(m.text.p[i], m.text.p[k]);
		m.back[i] = (unsigned char)k;
	}
	return m;
}

static struct str joined(struct arena *mem, const char *a, const char *b)
{
	return arena_printf(mem, "%s%s", a ? a : "", b ? b : "");
}

/* Where text stands behind a call's own mark: the word there. */
static struct str text_word(const struct tool_format *f)
{
	struct str open = str_z(f->text_open), mark = str_z(f->mark_open);
	return mark.n && str_starts(open, mark) ? str_from(open, mark.n) : (struct str){ 0 };
}

/* ---- names ---- */

struct offered {
	struct str word;
	const struct chat_tool *tool; /* NULL: not a tool but the word of text */
};

static int by_word(const void *a, const void *b)
{
	return str_cmp(((const struct offered *)a)->word, ((const struct offered *)b)->word);
}

static bool is_offered(const struct chat_request *r, const struct chat_tool *tool)
{
	return tool->name.n &&
	       (r->tool_choice != CHAT_CHOICE_NAMED || str_eq(tool->name, r->choice_name));
}

static bool is_demanded(const struct chat_request *r)
{
	return r->tool_choice == CHAT_CHOICE_REQUIRED || r->tool_choice == CHAT_CHOICE_NAMED;
}

/* A name as it stands between the quotes of JSON. */
static struct str json_name(struct arena *mem, struct str name)
{
	struct buf text;
	buf_init(&text, 8 * name.n + 64);
	json_t *value = js_new_text(name);
	MUST(js_write(value, &text));
	struct str spelled = arena_str(mem, str_sub(buf_str(&text), 1, text.n - 1));
	json_decref(value);
	buf_clear(&text);
	return spelled;
}

/* Whether names are values of JSON. */
static bool has_json_names(const struct tool_format *f)
{
	return f->arguments == TOOL_ARGS_JSON && str_ends(str_z(f->before_name), STR("name\": \""));
}

static bool is_python_letter(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' || c == '.' || c == '-';
}

/* A name without quotes of JSON ends where what follows it begins, and readers look for that end at
 * what other syntaxes write too, and not for ever. */
static bool can_be_written(const struct tool_format *f, struct str name)
{
	static const char ends[] = " \x7f<>{}[]()\"'`=,|";
	const char *after = f->before_args && *f->before_args ? f->before_args : f->param_open;
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];
		bool is_python = f->arguments == TOOL_ARGS_PYTHON;
		if (c < ' ' || strchr(ends, c) || (after && c == (unsigned char)after[0]) ||
			(is_python && !is_python_letter(c)))
			return false;
	}
	return name.n <= GUIDE_NAME_BYTES && !(text_word(f).n && str_starts(name, text_word(f)));
}

/* The name as the row spells it, empty if it cannot. */
static struct str spell_name(struct arena *mem, const struct tool_format *f, struct str name)
{
	if (has_json_names(f))
		return json_name(mem, name);
	return can_be_written(f, name) ? arena_str(mem, name) : (struct str){ 0 };
}

/* The tools that may be called, by name; the word of text with them where the row has one and no
 * call is demanded. */
static size_t collect(struct tool_guide *g, const struct chat_request *r,
	const struct tool_format *f, struct offered *out, struct trace *t)
{
	size_t n = 0;
	/* A plain mark is told from text by the names, even where none may be called. */
	bool is_told = f->mark_open && (r->tool_choice != CHAT_CHOICE_NONE || f->is_front_only);
	for (size_t i = 0; i < r->tool_count && n < LIMIT_TOOLS && is_told; i++) {
		const struct chat_tool *tool = &r->tools[i];
		if (!is_offered(r, tool))
			continue;
		struct str word = spell_name(g->mem, f, tool->name);
		if (word.n)
			out[n++] = (struct offered){ word, tool };
		else
			trace_note(t, LAYER_PARSE, "left out",
				"%.*s: no call of the form %s can hold this name",
				STR_ARG(tool->name), f->name);
	}
	if (text_word(f).n && !(n && is_demanded(r)))
		out[n++] = (struct offered){ arena_str(g->mem, text_word(f)), NULL };
	if (n)
		qsort(out, n, sizeof *out, by_word);
	return n;
}

/* Lays the automaton of names and adds the schemas of the tools that may be called; `none` is the
 * schema of a tool without parameters. */
static void lay_names(struct tool_guide *g, struct offered *list, size_t n, const json_t *none)
{
	struct str *words = arena_calloc(g->mem, n + 1, sizeof *words);
	size_t kept = 0, states = 1;
	g->roots = arena_calloc(g->mem, n + 1, sizeof *g->roots);
	g->names = words;
	for (size_t i = 0; i < n; i++) {
		if (kept && str_eq(words[kept - 1], list[i].word))
			continue;
		words[kept] = list[i].word;
		states += list[i].word.n;
		const struct chat_tool *tool = list[i].tool;
		g->n_tools += tool != NULL;
		g->roots[kept++] =
			tool ? schema_add(g->schema, tool->parameters ? tool->parameters : none,
				       tool->name, SCHEMA_TOP_OBJECT)
			     : GUIDE_NO_ROOT;
	}
	if (kept)
		g->name_words = dfa_of_words(g->mem, words, kept, states, &g->name_spans);
}

static void lay_tools(struct tool_guide *g, const struct chat_request *r,
	const struct tool_format *f, const json_t *none, struct trace *t)
{
	struct offered *list = arena_calloc(g->mem, r->tool_count + 2, sizeof *list);
	lay_names(g, list, collect(g, r, f, list, t), none);
}

/* In what order keys come: as the schema has them where models were taught so. */
static enum schema_order own_order(const struct tool_format *f)
{
	return f == &tool_format_prompted ? SCHEMA_OWN_ORDER : SCHEMA_ANY_ORDER;
}

/* ---- texts ---- */

/* The mark by which a reader knows a call. A header says it as soon as it names a recipient. */
static struct str known_by(const struct tool_format *f, const char *mark)
{
	struct str text = str_z(mark);
	size_t to = f->header_open ? str_find_last(text, STR("=")) : SIZE_MAX;
	return to == SIZE_MAX ? text : str_sub(text, 0, to + 1);
}

static void lay_texts(struct tool_guide *g, const struct tool_format *f)
{
	const struct guide_text_style style = { f->is_spacing_free, f->id_chars, NULL };
	const struct guide_text_style with_also = { f->is_spacing_free, f->id_chars,
		f->before_args_also };
	struct str open = joined(g->mem, f->section_open, f->call_open);
	struct str all = joined(g->mem, open.p, f->before_name), mark = known_by(f, f->mark_open),
		   also_mark = known_by(f, f->mark_also);
	MUST(str_starts(all, mark));
	g->has_section = f->section_open != NULL;
	/* Raw values may look as if they went on behind the call: nothing follows it. */
	g->has_close = f->mark_close != NULL && f->arguments != TOOL_ARGS_RAW;
	const char *head[] = { all.p + mark.n };
	const char *middle[] = { f->before_args };
	/* Elsewhere it tells where the last argument ends, and belongs to them. */
	const char *tail[] = { f->arguments == TOOL_ARGS_JSON ? f->call_close : NULL };
	const char *more[] = { f->call_separator, f->call_open, f->before_name };
	const char *close[] = { f->section_close };
	g->head = guide_text_new(g->mem, head, 1, &style);
	const char *also[] = { f->mark_also ? f->mark_also + also_mark.n : NULL };
	g->also = guide_text_new(g->mem, also, 1, &style);
	if (g->has_section) {
		struct str tag = tool_text_tag(f->call_open);
		struct str call = joined(g->mem, f->call_open, f->before_name);
		const char *inner[] = { call.p + (tag.n ? str_find(call, tag) + tag.n : 0) };
		g->inner = guide_text_new(g->mem, inner, 1, &style);
		g->marks[GUIDE_MARK_INNER] = mark_of(g->mem, arena_z(g->mem, tag));
	}
	g->middle = guide_text_new(g->mem, middle, 1, &with_also);
	g->tail = guide_text_new(g->mem, tail, 1, &style);
	g->more = guide_text_new(g->mem, more, 3, &style);
	g->close = guide_text_new(g->mem, close, 1, &style);
	g->marks[GUIDE_MARK_CALL] = mark_of(g->mem, arena_z(g->mem, mark));
	g->marks[GUIDE_MARK_ALSO] = mark_of(g->mem, arena_z(g->mem, also_mark));
}

static void lay_thoughts(struct tool_guide *g, const struct tool_format *f)
{
	if (!f->think_open)
		return;
	g->marks[GUIDE_MARK_THINK] = mark_of(g->mem, f->think_open);
	g->marks[GUIDE_MARK_END] = mark_of(g->mem, f->think_close);
}

/* ---- openers ---- */

struct opener_word {
	struct str word;
	enum opener kind;
};

static int by_opener_word(const void *a, const void *b)
{
	return str_cmp(
		((const struct opener_word *)a)->word, ((const struct opener_word *)b)->word);
}

/* The words alone, and behind what begins another part of the same answer. */
static size_t add_opener(struct arena *mem, struct opener_word *out, size_t n, const char *again,
	const char *word, enum opener kind)
{
	if (!word || !*word)
		return n;
	out[n++] = (struct opener_word){ arena_str(mem, str_z(word)), kind };
	if (again && !str_starts(str_z(word), str_z(again)))
		out[n++] = (struct opener_word){ joined(mem, again, word), kind };
	return n;
}

static struct openers lay_openers(struct tool_guide *g, const struct tool_format *f, bool may_think)
{
	enum { WORDS_MAX = 8 };
	struct opener_word list[WORDS_MAX];
	struct str words[WORDS_MAX];
	const char *again = f->turn_again;
	/* Behind it stands a header, which the marks of some rows' calls do not have. */
	const char *again_call = f->header_end && !f->header_open ? NULL : again;
	size_t n = 0, states = 1;
	if (g->max_calls || text_word(f).n || (g->is_front && !g->is_owed)) {
		n = add_opener(g->mem, list, n, again_call,
			arena_z(g->mem, known_by(f, f->mark_open)), OPENS_CALL);
		n = add_opener(g->mem, list, n, again_call,
			arena_z(g->mem, known_by(f, f->mark_also)), OPENS_ALSO);
	}
	if (may_think)
		n = add_opener(g->mem, list, n, again, f->think_open, OPENS_THOUGHT);
	if (g->has_value && !text_word(f).n)
		n = add_opener(g->mem, list, n, again, f->text_open, OPENS_VALUE);
	struct openers o = { .kinds = arena_calloc(g->mem, n + 1, sizeof *o.kinds) };
	if (!n)
		return o;
	qsort(list, n, sizeof *list, by_opener_word);
	for (size_t i = 0; i < n; i++) {
		words[i] = list[i].word;
		states += words[i].n;
		o.kinds[i] = list[i].kind;
	}
	o.words = dfa_of_words(g->mem, words, n, states, &o.spans);
	return o;
}

/* ---- all of it ---- */

/* The value is JSON whatever calls are. */
static void lay_value(
	struct tool_guide *g, const struct chat_request *r, const struct tool_format *f)
{
	const struct schema_options options = {
		.order = own_order(f),
		.spacing = f->is_spacing_free ? SCHEMA_SPACES_SINGLE : SCHEMA_SPACES_COMMON,
		.unsaid = SCHEMA_UNSAID_CLOSED,
	};
	const json_t *wanted = r->format == CHAT_FORMAT_SCHEMA ? r->format_schema : NULL;
	g->value_schema = schema_new(&options);
	g->value_root = schema_add(g->value_schema, wanted, STR("response_format"),
		wanted ? SCHEMA_TOP_ANY : SCHEMA_TOP_OBJECT);
	schema_seal(g->value_schema);
}

static void note_relaxed(const struct schema *schema, struct trace *t)
{
	const struct schema_note *notes;
	size_t n = schema_notes(schema, &notes);
	for (size_t i = 0; i < n; i++)
		trace_note(t, LAYER_PARSE, "relaxed", "%.*s %.*s: %s: %s", STR_ARG(notes[i].root),
			STR_ARG(notes[i].path), notes[i].keyword, notes[i].why);
}

static uint64_t calls_before(const struct chat_request *r)
{
	uint64_t n = 0;
	for (size_t i = 0; i < r->message_count; i++)
		for (size_t k = 0; k < r->messages[i].block_count; k++)
			n += r->messages[i].blocks[k].type == CHAT_BLOCK_CALL;
	return n;
}

static const enum schema_literals literals[] = {
	[TOOL_ARGS_JSON] = SCHEMA_JSON,
	[TOOL_ARGS_RAW] = SCHEMA_JSON,
	[TOOL_ARGS_ELEMENTS] = SCHEMA_JSON,
	[TOOL_ARGS_PYTHON] = SCHEMA_PYTHON,
	[TOOL_ARGS_BARE] = SCHEMA_BARE,
};

_Static_assert(sizeof literals / sizeof *literals == TOOL_ARGS_COUNT, "a row for every syntax");

/* How the row writes arguments that are no object in brackets. */
static struct schema_members members_of(const struct tool_format *f)
{
	struct schema_members m = { .close = f->call_close };
	switch (f->arguments) {
	case TOOL_ARGS_ELEMENTS:
	case TOOL_ARGS_RAW:
		m.key_open = f->param_open;
		m.after_key = f->after_key;
		m.value_close = f->param_close;
		m.call_open = f->call_open;
		m.marks[0] = f->mark_open;
		m.marks[1] = f->mark_also;
		m.element_mark = f->element_mark;
		m.wrap_open = f->wrap_open;
		m.wrap_close = f->wrap_close;
		m.wrapped_bytes = f->wrapped_bytes;
		break;
	case TOOL_ARGS_PYTHON:
		m.after_key = "=";
		m.separator = ",";
		break;
	case TOOL_ARGS_BARE:
		m.after_key = ":";
		m.separator = ",";
		break;
	default: break;
	}
	return m;
}

static enum schema_spacing spacing_of(const struct tool_format *f)
{
	if (f->arguments == TOOL_ARGS_BARE)
		return SCHEMA_SPACES_NONE;
	return f->is_spacing_free ? SCHEMA_SPACES_SINGLE : SCHEMA_SPACES_COMMON;
}

/* `members` is to live as long as schemas are added. */
static struct schema *new_schema(const struct tool_format *f, struct schema_members *members)
{
	*members = members_of(f);
	struct schema_options options = {
		.order = own_order(f),
		.spacing = spacing_of(f),
		.unsaid = SCHEMA_UNSAID_CLOSED,
		.literals = literals[f->arguments],
		.quote = f->quote,
		.members = f->arguments == TOOL_ARGS_JSON ? NULL : members,
	};
	return schema_new(&options);
}

static void lay_start(
	struct tool_guide *g, const struct tool_format *f, enum tool_thinking thinking)
{
	g->may_think = thinking == TOOL_THINKING_MAY && f->think_open;
	bool is_thinking = thinking == TOOL_THINKING_IS_OPEN && f->think_open;
	if (is_thinking)
		g->start = AT_THINK;
	else
		g->start = g->is_owed || g->is_front ? AT_ENTRY : AT_TEXT;
	if (!is_thinking && f->prompt_tail)
		g->begun = arena_str(g->mem, str_z(f->prompt_tail));
}

/* Calls that one answer may hold. */
static uint16_t most_calls(
	const struct tool_guide *g, const struct chat_request *r, const struct tool_format *f)
{
	bool is_many = r->allows_parallel_calls && !f->is_single;
	if (!g->n_tools || r->tool_choice == CHAT_CHOICE_NONE)
		return 0;
	return is_many ? LIMIT_CALLS : 1;
}

/* Where a value that is demanded could not be told from a call, there are no calls. */
static bool hides_value(const struct tool_guide *g, const struct tool_format *f)
{
	struct schema_run run;
	struct byte_set first = { { 0 } };
	if (!g->has_value || !g->max_calls)
		return false;
	schema_run_start(g->value_schema, g->value_root, &run);
	schema_run_allowed(g->value_schema, &run, &first);
	return f->is_front_only || byte_set_only(&first) == (unsigned char)f->mark_open[0];
}

struct tool_guide *tool_guide_lay(const struct chat_request *r, const struct tool_format *f,
	enum tool_thinking thinking, struct trace *t)
{
	struct tool_guide *g = must_calloc(1, sizeof *g);
	struct schema_members members;
	json_t *none = json_pack("{s:s, s:{}}", "type", "object", "properties");
	g->mem = arena_new();
	g->schema = new_schema(f, &members);
	lay_texts(g, f);
	lay_thoughts(g, f);
	lay_tools(g, r, f, none, t);
	g->max_calls = most_calls(g, r, f);
	g->has_value = r->format != CHAT_FORMAT_TEXT && !(g->max_calls && is_demanded(r));
	if (g->has_value)
		lay_value(g, r, f);
	schema_seal(g->schema);
	json_decref(none);
	note_relaxed(g->schema, t);
	if (g->has_value)
		note_relaxed(g->value_schema, t);
	if (hides_value(g, f)) {
		trace_note(t, LAYER_PARSE, "left out",
			"all tools: a call of the form %s looks like the value that is demanded",
			f->name);
		g->max_calls = 0;
	}
	g->first_number = (uint64_t)f->first_index + (f->counts_all ? calls_before(r) : 0);
	g->has_tools = r->tool_count > 0;
	g->is_limited = chat_thinking_budget(r) != CHAT_UNSET_INT && f->think_open;
	g->is_idle = !g->has_tools && !g->has_value && !g->is_limited;
	g->is_owed = g->has_value || (g->max_calls && is_demanded(r));
	g->marks_text = text_word(f).n > 0;
	g->is_front = f->is_front_only;
	lay_start(g, f, thinking);
	g->openers = lay_openers(g, f, false);
	g->first_openers = lay_openers(g, f, g->may_think);
	return g;
}

/* What of the request is read above. */
void tool_guide_key(const struct chat_request *r, const struct tool_format *f,
	enum tool_thinking thinking, struct buf *out)
{
	buf_printf(out, "%p %d %d %d %d %d %llu\n", (const void *)f, thinking, r->tool_choice,
		r->allows_parallel_calls, r->format, chat_thinking_budget(r) != CHAT_UNSET_INT,
		(unsigned long long)(f->counts_all ? calls_before(r) : 0));
	js_quote(r->choice_name, out);
	if (r->format_schema)
		js_write(r->format_schema, out);
	for (size_t i = 0; i < r->tool_count; i++) {
		buf_add_char(out, '\n');
		js_quote(r->tools[i].name, out);
		if (r->tools[i].parameters)
			js_write(r->tools[i].parameters, out);
	}
}
