/*
 * template.c - opening a chat template and rendering requests through it; see template.h.
 *
 * Layer: prompt.
 */
#include "chat/template.h"

#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/family.h"
#include "chat/template_known.h"
#include "chat/template_pin.h"
#include "chat/template_proof.h"
#include "chat/template_tail.h"
#include "chat/unescape.h"

/* For files without a template: the form that most small models know. */
static const char chatml[] = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + "
			     "'\\n' + message['content'] + "
			     "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ "
			     "'<|im_start|>assistant\\n' "
			     "}}{% endif %}";

struct chat_template {
	struct arena *mem;
	struct template_text text;
	struct template_lint lint;
	struct template_way way; /* lint's, or the prompted one */
	const struct tool_format *format, *written;
	const char *reason, *workarounds;
	const char *replaced; /* the packed template is not used: why */
	bool thinks;          /* the format's mark of a thought occurs in the template */
};

void rendered_init(struct rendered *r)
{
	buf_init(&r->text, LIMIT_PROMPT_BYTES);
	jinja_spans_init(&r->inputs);
	r->is_thinking = false;
}

void rendered_clear(struct rendered *r)
{
	buf_clear(&r->text);
	jinja_spans_clear(&r->inputs);
}

void rendered_add(struct rendered *r, const struct rendered *of, size_t from, size_t to)
{
	jinja_spans_cut(&r->inputs, &of->inputs, from, to, r->text.n);
	buf_add(&r->text, str_sub(buf_str(&of->text), from, to));
}

/* ---- opening: which format ---- */

static void set_format(struct chat_template *t, const struct tool_format *f, const char *reason)
{
	t->format = f;
	t->reason = reason;
}

static void use_prompted(struct chat_template *t, const char *reason)
{
	set_format(t, &tool_format_prompted, reason);
	t->way.tools = TEMPLATE_NO_TOOLS;
}

/* Why calls cannot be used in the template's own way; NULL if nothing is known against it. */
static const char *reason_against(
	struct arena *a, const struct template_lint *lint, const struct family *family)
{
	if (lint->refusal.n)
		return arena_printf(a, "the template refuses tools: %.*s", STR_ARG(lint->refusal))
			.p;
	if (lint->answers[LINT_TOOLS] != LINT_YES)
		return "the template does not show tools to the model";
	if (lint->answers[LINT_RESULT] != LINT_YES)
		return "the template drops a call or its result";
	if (lint->answers[LINT_CALL] != LINT_YES && !lint->way.writes_calls)
		return "the template drops a call or its result";
	if (family->prefers_prompted)
		return arena_printf(a, "%s: %s", family->name, family->prompted_source).p;
	return NULL;
}

/* Whether what was derived is read back and guided; else why not. */
static const char *reason_unproved(struct arena *a, const struct template_derived *d)
{
	if (!d->format)
		return "the template writes calls in a form that is not known";
	enum template_proof proof = template_prove(d->format, d->one, 1);
	if (proof == PROOF_HOLDS && d->two.n)
		proof = template_prove(d->format, d->two, 2);
	if (proof == PROOF_HOLDS)
		return NULL;
	return arena_printf(a, "the template writes calls as %s, and its own call was not %s",
		d->format->name, proof == PROOF_UNREAD ? "read back" : "let through by the guide")
		.p;
}

/* The form of ids that the format's models know. */
static void choose_ids(struct template_way *way, const struct tool_format *f)
{
	if (f->id_chars) {
		way->ids = TEMPLATE_IDS_MADE;
		way->id_chars = (size_t)f->id_chars;
	} else if (f->counts_all) {
		bool is_named = f->call_open && str_ends(str_z(f->call_open), STR("functions."));
		way->ids = is_named ? TEMPLATE_IDS_NAMED : TEMPLATE_IDS_COUNTED;
	}
}

/* A template that shows tools and drops calls: they can be written into the content if the form of
 * the family's calls is known, and the template lets it through. */
static void write_calls(struct chat_template *t, struct str text)
{
	struct template_lint *lint = &t->lint;
	bool is_case = lint->answers[LINT_TOOLS] == LINT_YES &&
		       lint->answers[LINT_RESULT] == LINT_YES &&
		       lint->answers[LINT_CALL] == LINT_NO;
	lint->way.writes_calls = is_case ? template_row_by_mark(text) : NULL;
	if (lint->way.writes_calls)
		template_lint_turns(t->mem, &t->text, &lint->way, &lint->turns);
}

/* What the template writes; once more with the family's ids, where it has some. */
/* A row that was made for raw values must show them raw, whatever they hold. */
static bool shows_raw(struct chat_template *t, const struct template_derived *d)
{
	const unsigned parts = PROBE_TOOLS | PROBE_CALL | PROBE_OPEN | PROBE_LINES;
	size_t at = str_find(d->one, STR(PROBE_VALUE));
	if (d->format->arguments != TOOL_ARGS_RAW || tool_format_find(str_z(d->format->name)))
		return true;
	struct str call = arena_printf(t->mem, "%.*s" PROBE_LINES_VALUE "%.*s",
		STR_ARG(str_sub(d->one, 0, at)),
		STR_ARG(str_from(d->one, at + STR(PROBE_VALUE).n)));
	struct probe p = probe_render(t->mem, &t->text, &t->lint.way, parts);
	return at != SIZE_MAX && str_find(p.text, call) != SIZE_MAX;
}

static void derive(struct chat_template *t, struct template_derived *d)
{
	template_derive(t->mem, &t->lint.turns, d);
	if (d->format && !shows_raw(t, d))
		*d = (struct template_derived){ 0 };
	if (!d->format || (!d->format->id_chars && !d->format->counts_all))
		return;
	choose_ids(&t->way, d->format);
	template_lint_turns(t->mem, &t->text, &t->way, &t->lint.turns);
	template_derive(t->mem, &t->lint.turns, d);
}

static void choose_format(struct chat_template *t, const struct family *family)
{
	const struct template_lint *lint = &t->lint;
	struct template_derived d = { 0 };
	const char *against = reason_against(t->mem, lint, family);
	if (lint->way.tools != TEMPLATE_NO_TOOLS)
		derive(t, &d);
	t->written = d.format;
	if (!against)
		against = reason_unproved(t->mem, &d);
	if (against) {
		use_prompted(t, against);
		if (d.format)
			t->format = template_words_as(t->mem, t->format, d.format);
	} else {
		set_format(t, d.format,
			arena_printf(t->mem, "the template shows tools, calls and results as %s",
				d.format->name)
				.p);
	}
	t->format =
		template_derive_thoughts(t->mem, t->format, lint->thought_turn, lint->turns.words);
}

/* ---- opening: what is worked around ---- */

/* Appends the words if this is so. */
static void add_if(struct buf *out, bool is_so, const char *words)
{
	if (is_so)
		buf_printf(out, "%s%s", out->n ? "; " : "", words);
}

static const char *describe_workarounds(const struct chat_template *t)
{
	const struct template_way *way = &t->way;
	bool is_native = way->tools != TEMPLATE_NO_TOOLS;
	struct buf out;
	buf_init(&out, LIMIT_PROBE_TEXT_BYTES);
	add_if(&out, t->replaced, "the packed template is replaced by ours");
	add_if(&out, t->replaced, t->replaced);
	add_if(&out, way->folds_system, "the system text opens the first question");
	add_if(&out, way->has_one_system, "later system texts are said by the user");
	add_if(&out, way->joins_turns, "turns of one role in a row are joined");
	add_if(&out, is_native && way->has_plain_schemas, "schemas are shown in a plain form");
	add_if(&out, is_native && way->has_string_arguments, "arguments are given as a string");
	add_if(&out, is_native && way->writes_calls,
		"calls, which the template drops, are written into the text");
	add_if(&out, is_native && way->splits_calls, "each call gets a turn of its own");
	add_if(&out, is_native && way->thinks_text, "text beside a call is joined to the thought");
	add_if(&out, way->unthinking, "the system text says when there is to be no thought");
	add_if(&out, is_native && way->pins_tools, "the tools are kept at the first question");
	add_if(&out, is_native && way->ids != TEMPLATE_IDS_AS_SENT,
		"ids of calls are given the family's form");
	add_if(&out, is_native && t->lint.answers[LINT_TEXT] == LINT_NO,
		"text beside a call is dropped by the template");
	add_if(&out, way->has_no_medium, "medium effort is told as high");
	const char *words = arena_z(t->mem, buf_str(&out));
	buf_clear(&out);
	return words;
}

/* ---- opening ---- */

/* The model's own template, or ChatML where the file has none. */
static struct jinja *compile(struct str text, struct err *e)
{
	return jinja_compile(text.n ? text : str_z(chatml), e);
}

static bool compile_text(
	struct template_text *t, const struct template_source *source, struct err *e)
{
	t->plain = compile(source->text, e);
	t->tools = source->tool_text.n && t->plain ? compile(source->tool_text, e) : t->plain;
	t->settings = json_pack("{s:o, s:o}", "bos_token", js_new_text(source->bos), "eos_token",
		js_new_text(source->eos));
	return (t->plain && t->tools) || err_context(e, "the model's chat template");
}

static bool holds(struct str text, const char *part)
{
	return part && str_find(text, str_trim(str_z(part))) != SIZE_MAX;
}

static void clear_text(struct template_text *t)
{
	if (t->tools != t->plain)
		jinja_free(t->tools);
	jinja_free(t->plain);
	json_decref(t->settings);
	*t = (struct template_text){ 0 };
}

/* Compiles and examines; false if it cannot be compiled. */
static bool examine(struct chat_template *t, const struct template_source *source, struct err *e)
{
	if (!compile_text(&t->text, source, e))
		return false;
	struct str text = source->tool_text.n ? source->tool_text : source->text;
	template_lint(t->mem, &t->text, text, source->eos, &t->lint);
	write_calls(t, text);
	return true;
}

static bool is_wrong(const struct chat_template *t)
{
	return !t->text.tools || t->lint.refusal.n || t->lint.answers[LINT_TOOLS] != LINT_YES;
}

/* Takes ours instead of a packed template that is known to be wrong, and is. */
static void replace_known(
	struct chat_template *t, const struct family *family, struct template_source *source)
{
	const struct template_known *known = template_known_find(family->name);
	if (!known || !is_wrong(t))
		return;
	clear_text(&t->text);
	source->text = *known->text;
	source->tool_text = str_z(NULL);
	MUST(examine(t, source, NULL));
	t->replaced = known->defect;
}

struct chat_template *template_open(const struct template_source *packed, struct err *e)
{
	struct chat_template *t = must_calloc(1, sizeof *t);
	struct template_source source = *packed;
	struct family_facts facts = { source.architecture, source.name, source.text };
	struct err broken = { 0 };
	const struct family *family = family_find(&facts);
	t->mem = arena_new();
	bool is_whole = examine(t, &source, &broken);
	replace_known(t, family, &source);
	if (!is_whole && !t->replaced) {
		if (e)
			*e = broken;
		template_free(t);
		return NULL;
	}
	err_clear(&broken);
	t->way = t->lint.way;
	t->way.replay = family->replay;
	choose_format(t, family);
	t->format = template_thoughts_by_mark(t->mem, t->format, source.text);
	t->workarounds = describe_workarounds(t);
	t->thinks = holds(source.text, t->format->think_open);
	return t;
}

void template_free(struct chat_template *t)
{
	if (!t)
		return;
	clear_text(&t->text);
	arena_free(t->mem);
	free(t);
}

const struct tool_format *template_format(const struct chat_template *t)
{
	return t->format;
}

const char *template_reason(const struct chat_template *t)
{
	return t->reason;
}

const struct tool_format *template_written_as(const struct chat_template *t)
{
	return t->written;
}

const struct template_lint *template_findings(const struct chat_template *t)
{
	return &t->lint;
}

const char *template_workarounds(const struct chat_template *t)
{
	return t->workarounds;
}

enum family_replay template_replay(const struct chat_template *t)
{
	return t->way.replay;
}

bool template_thinks(const struct chat_template *t)
{
	return t->thinks;
}

/* ---- rendering ---- */

/* Once more, with schemas that every template can print: no request fails for a schema. */
static bool render_plainly(const struct chat_template *t, const struct chat_request *r,
	const struct jinja_input *how, struct trace *trace, struct rendered *out, struct err *e)
{
	struct template_way way = t->way;
	if (way.has_plain_schemas || way.tools == TEMPLATE_NO_TOOLS)
		return false;
	way.has_plain_schemas = true;
	if (!template_text_render(&t->text, &way, r, how, &out->text, &out->inputs, NULL))
		return false;
	trace_note(trace, LAYER_PROMPT, "decision",
		"the template refuses the tools' schemas (%s): they are shown in a plain form",
		e ? e->what : "");
	if (e)
		err_clear(e);
	return true;
}

static bool render(const struct chat_template *t, const struct chat_request *r, int64_t unix_s,
	struct trace *trace, struct rendered *out, struct err *e)
{
	struct jinja_input how = { 0 };
	time_t seconds = (time_t)unix_s;
	localtime_r(&seconds, &how.now);
	if (t->way.pins_tools && template_offers_tools(r) &&
		template_render_pinned(&t->text, &t->way, r, &how, &out->text, &out->inputs))
		return true;
	return template_text_render(&t->text, &t->way, r, &how, &out->text, &out->inputs, e) ||
	       (template_offers_tools(r) && render_plainly(t, r, &how, trace, out, e));
}

/* Cuts what a template writes after the last assistant's text, so that the model goes on there. */
static void cut_after_last_text(const struct chat_request *r, struct rendered *out)
{
	struct arena *a = arena_new();
	struct str last = str_trim_right(chat_message_text(&r->messages[r->message_count - 1], a));
	size_t at = str_find_last(buf_str(&out->text), last);
	if (last.n && at != SIZE_MAX)
		buf_truncate(&out->text, at + last.n);
	arena_free(a);
}

/* The prompt ends with the opener of a thought. */
static bool ends_in_thought(const struct chat_template *t, struct str text)
{
	return t->format->think_open &&
	       str_ends(str_trim_right(text), str_trim_right(str_z(t->format->think_open)));
}

/* Every tool that is offered must be seen by the model. */
static void check_tools(const struct chat_request *r, struct str text, struct trace *trace)
{
	if (!template_offers_tools(r))
		return;
	for (size_t i = 0; i < r->tool_count; i++)
		if (!holds_escaped(text, r->tools[i].name))
			trace_broken(trace, LAYER_PROMPT,
				"the tool %.*s is offered and not in the prompt",
				STR_ARG(r->tools[i].name));
}

void template_tell(const struct chat_template *t, const struct chat_request *r, struct trace *trace,
	const struct rendered *out)
{
	trace_note(trace, LAYER_PROMPT, "decision", "tools as %s: %s", t->format->name, t->reason);
	if (*t->workarounds)
		trace_note(trace, LAYER_PROMPT, "decision", "worked around: %s", t->workarounds);
	trace_bytes(trace, LAYER_PROMPT, "rendered", buf_str(&out->text));
	check_tools(r, buf_str(&out->text), trace);
}

bool template_render(const struct chat_template *t, const struct chat_request *r, int64_t unix_s,
	struct trace *trace, struct rendered *out, struct err *e)
{
	if (!render(t, r, unix_s, trace, out, e))
		return err_context(e, "the model's chat template refuses this conversation");
	if (r->continues_assistant && r->message_count)
		cut_after_last_text(r, out);
	out->is_thinking = ends_in_thought(t, buf_str(&out->text));
	template_tell(t, r, trace, out);
	return true;
}

/* A turn of several calls that is split has results before its last call. */
static bool is_split(const struct chat_template *t, const struct chat_message *m)
{
	size_t calls = 0;
	for (size_t i = 0; i < m->block_count; i++)
		calls += m->blocks[i].type == CHAT_BLOCK_CALL;
	return t->way.splits_calls && t->way.tools != TEMPLATE_NO_TOOLS && calls > 1;
}

bool template_render_tail(const struct chat_template *t, const struct chat_request *r, size_t at,
	int64_t unix_s, struct rendered *out)
{
	struct arena *a = arena_new();
	struct chat_request marked = template_mark_answer(a, r, at);
	struct rendered whole;
	rendered_init(&whole);
	bool ok = !is_split(t, &r->messages[at]) && render(t, &marked, unix_s, NULL, &whole, NULL);
	struct str text = buf_str(&whole.text);
	size_t from = ok ? template_behind_mark(t->format, &marked.messages[at], text) : SIZE_MAX;
	if (from != SIZE_MAX) {
		rendered_add(out, &whole, from, text.n);
		out->is_thinking = ends_in_thought(t, text);
	}
	rendered_clear(&whole);
	arena_free(a);
	return from != SIZE_MAX;
}
