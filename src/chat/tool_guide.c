/*
 * tool_guide.c - the guide for one request; see tool_guide.h.
 *
 * A call is a chain of places, each with an automaton (head, name, middle, tail) or a schema
 * (arguments). A place whose automaton is complete hands a byte that it cannot take to the next
 * one; this is how optional blanks at the border of two places come out right. Marks inside free
 * text are found with the failure links of Knuth, Morris and Pratt, so a mark is seen however it
 * begins.
 *
 * Layer: parse.
 */
#include "chat/tool_guide.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "chat/guide_forced.h"
#include "chat/pattern.h"
#include "chat/schema.h"

/* What is awaited. */
enum place {
	AT_TEXT,   /* anything; the mark of a call, if one may come */
	AT_THINK,  /* anything, up to the mark that closes the thought */
	AT_ENTRY,  /* blanks after a thought or a call, then one of the openers, or the value */
	AT_HEAD,   /* the rest of the opener up to the name */
	AT_NAME,   /* a name that was offered */
	AT_MIDDLE, /* up to the arguments */
	AT_ARGS,   /* the arguments */
	AT_TAIL,   /* the rest of the call */
	AT_VALUE,  /* the JSON value that is the answer */
	AT_DONE,   /* nothing */
};

enum { ENTRY_BLANKS = 4, MARK_BYTES = 64 };

/* A fixed text, and for each of its beginnings the longest end of it that begins it again. */
struct mark {
	struct str text;
	unsigned char back[MARK_BYTES];
};

struct tool_guide {
	struct guide guide;
	struct arena *mem;
	struct schema *schema;
	uint32_t *roots; /* by tool, in the order of the names */
	uint32_t value_root;
	bool has_value; /* response_format */
	bool is_idle;   /* nothing to guide */
	bool is_owed;   /* a call or value is demanded: text does not do */
	bool may_think;
	uint16_t max_calls;
	enum place start;
	struct mark call_mark, think_close;
	const struct dfa *head, *names, *middle, *tail;
	const struct dfa_span *name_spans;
	const struct dfa *openers;       /* the mark of a call; NULL if none may come */
	const struct dfa *first_openers; /* and that of a thought, where one may come */
	const struct dfa_span *opener_spans;
	uint32_t thought_word; /* its number among the words of first_openers */
	struct str think_open;
};

/* The part of a state that is always in use. */
struct guide_head {
	uint8_t place;
	uint8_t blanks; /* at the entry: how many more may come */
	uint8_t marked,
		closing; /* bytes that the words end with: of a call's mark, of a thought's end */
	bool may_open_think; /* at the entry */
	uint16_t calls;      /* complete ones and the present one */
	uint32_t at;         /* state of the place's automaton */
	uint32_t tool;       /* which one's arguments */
};

struct guide_state {
	struct guide_head head;
	struct schema_run run; /* in use where has_run says so */
};

/* ---- making ---- */

static struct mark mark_of(struct str text)
{
	struct mark m = { .text = text };
	MUST(text.n <= MARK_BYTES);
	for (size_t i = 1, k = 0; i < text.n; i++) {
		while (k && text.p[i] != text.p[k])
			k = m.back[k - 1];
		k += text.p[i] == text.p[k];
		m.back[i] = (unsigned char)k;
	}
	return m;
}

static unsigned mark_step(const struct mark *m, unsigned k, unsigned char c)
{
	while (k && (unsigned char)m->text.p[k] != c)
		k = m->back[k - 1];
	return k + ((unsigned char)m->text.p[k] == c);
}

/* The row's text as an expression: letter by letter, or with the blanks left to the model. */
static void add_expression(struct str text, bool is_spacing_free, struct buf *out)
{
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		bool is_mark = c && strchr("{}:,", c);
		if (is_spacing_free && c == ' ')
			continue;
		if (is_spacing_free && c == '\n') {
			buf_add_z(out, "[\\n ]?");
			continue;
		}
		if (is_spacing_free && is_mark)
			buf_add_z(out, " ?");
		if (c && strchr("\\^$.|?*+()[]{}", c))
			buf_add_char(out, '\\');
		buf_add_char(out, c);
		if (is_spacing_free && is_mark)
			buf_add_z(out, " ?");
	}
}

static const struct dfa *literal(struct tool_guide *g, struct str a, struct str b, bool free_blanks)
{
	struct buf text;
	const char *why;
	buf_init(&text, LIMIT_PATTERN_BYTES);
	add_expression(a, free_blanks, &text);
	add_expression(b, free_blanks, &text);
	const struct dfa *d = pattern_compile(g->mem, buf_str(&text), PATTERN_BYTES, &why);
	buf_clear(&text);
	MUST(d);
	return d;
}

/* A name as it stands between the quotes of JSON. */
static struct str spell_name(struct arena *mem, struct str name)
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

struct offered {
	struct str name;
	const struct chat_tool *tool;
};

static int by_name(const void *a, const void *b)
{
	return str_cmp(((const struct offered *)a)->name, ((const struct offered *)b)->name);
}

static bool is_offered(const struct chat_request *r, const struct chat_tool *tool)
{
	return tool->name.n &&
	       (r->tool_choice != CHAT_CHOICE_NAMED || str_eq(tool->name, r->choice_name));
}

/* Lays the automaton of names and compiles the schemas of the tools that may be called; `none` is
 * the schema of a tool without parameters. */
static size_t lay_tools(struct tool_guide *g, const struct chat_request *r, const json_t *none)
{
	struct offered *tools = arena_calloc(g->mem, r->tool_count + 1, sizeof *tools);
	struct str *names = arena_calloc(g->mem, r->tool_count + 1, sizeof *names);
	size_t n = 0, kept = 0, states = 1;
	for (size_t i = 0; i < r->tool_count && n < LIMIT_TOOLS; i++)
		if (is_offered(r, &r->tools[i]))
			tools[n++] = (struct offered){ spell_name(g->mem, r->tools[i].name),
				&r->tools[i] };
	if (n)
		qsort(tools, n, sizeof *tools, by_name);
	g->roots = arena_calloc(g->mem, n + 1, sizeof *g->roots);
	for (size_t i = 0; i < n; i++) {
		if (kept && str_eq(names[kept - 1], tools[i].name))
			continue;
		names[kept] = tools[i].name;
		states += names[kept].n;
		const json_t *own = tools[i].tool->parameters;
		g->roots[kept++] = schema_add(
			g->schema, own ? own : none, tools[i].tool->name, SCHEMA_TOP_OBJECT);
	}
	if (kept)
		g->names = dfa_of_words(g->mem, names, kept, states, &g->name_spans);
	return kept;
}

static void lay_format(struct tool_guide *g, const struct tool_format *f)
{
	struct str open = str_z(f->call_open), mark = str_z(f->mark_open);
	MUST(str_starts(open, mark));
	bool free_blanks = f->is_spacing_free;
	g->call_mark = mark_of(arena_str(g->mem, mark));
	g->head = literal(g, str_from(open, mark.n), str_z(f->before_name), free_blanks);
	g->middle = literal(g, str_z(f->before_args), STR(""), free_blanks);
	g->tail = literal(g, str_z(f->call_close), STR(""), free_blanks);
	if (f->think_open) {
		g->think_open = arena_str(g->mem, str_z(f->think_open));
		g->think_close = mark_of(arena_str(g->mem, str_z(f->think_close)));
	}
}

/* What a demanded answer may open with: the mark of a call, that of a thought. */
static void lay_openers(struct tool_guide *g)
{
	struct str words[2];
	size_t n = 0, states = g->call_mark.text.n + g->think_open.n + 1;
	if (g->max_calls)
		words[n++] = g->call_mark.text;
	if (n)
		g->openers = dfa_of_words(g->mem, words, n, states, NULL);
	if (!g->may_think)
		return;
	g->thought_word = n && str_cmp(words[0], g->think_open) < 0;
	if (n)
		words[!g->thought_word] = g->call_mark.text;
	words[g->thought_word] = g->think_open;
	g->first_openers = dfa_of_words(g->mem, words, n + 1, states, &g->opener_spans);
}

static void lay_value(struct tool_guide *g, const struct chat_request *r)
{
	g->has_value = r->format == CHAT_FORMAT_SCHEMA || r->format == CHAT_FORMAT_JSON;
	if (!g->has_value)
		return;
	const json_t *wanted = r->format == CHAT_FORMAT_SCHEMA ? r->format_schema : NULL;
	g->value_root = schema_add(g->schema, wanted, STR("response_format"),
		wanted ? SCHEMA_TOP_ANY : SCHEMA_TOP_OBJECT);
}

static void note_relaxed(const struct tool_guide *g, struct trace *t)
{
	const struct schema_note *notes;
	size_t n = schema_notes(g->schema, &notes);
	for (size_t i = 0; i < n; i++)
		trace_note(t, LAYER_PARSE, "relaxed", "%.*s %.*s: %s: %s", STR_ARG(notes[i].root),
			STR_ARG(notes[i].path), notes[i].keyword, notes[i].why);
}

static const struct guide_ops ops;

struct tool_guide *tool_guide_new(const struct chat_request *r, const struct tool_format *format,
	enum tool_thinking thinking, struct trace *t)
{
	struct tool_guide *g = must_calloc(1, sizeof *g);
	g->mem = arena_new();
	g->guide = (struct guide){ &ops, g, sizeof(struct guide_state) };
	struct schema_options options = {
		.order = format->is_spacing_free ? SCHEMA_ANY_ORDER : SCHEMA_OWN_ORDER,
		.spacing = format->is_spacing_free ? SCHEMA_SPACES_SINGLE : SCHEMA_SPACES_COMMON,
		.unsaid = SCHEMA_UNSAID_CLOSED,
	};
	g->schema = schema_new(&options);
	json_t *none = json_pack("{s:s, s:{}}", "type", "object", "properties");
	lay_format(g, format);
	size_t n_tools = r->tool_choice == CHAT_CHOICE_NONE ? 0 : lay_tools(g, r, none);
	g->max_calls = n_tools == 0 ? 0 : r->allows_parallel_calls ? LIMIT_CALLS : 1;
	lay_value(g, r);
	bool must_call = n_tools && (r->tool_choice == CHAT_CHOICE_REQUIRED ||
					    r->tool_choice == CHAT_CHOICE_NAMED);
	g->has_value = g->has_value && !must_call;
	g->is_idle = r->tool_count == 0 && !g->has_value;
	g->is_owed = must_call || g->has_value;
	g->may_think = thinking == TOOL_THINKING_MAY && format->think_open;
	bool is_thinking = thinking == TOOL_THINKING_IS_OPEN && format->think_open;
	g->start = !g->is_owed ? AT_TEXT : is_thinking ? AT_THINK : AT_ENTRY;
	lay_openers(g);
	schema_seal(g->schema);
	json_decref(none);
	note_relaxed(g, t);
	return g;
}

void tool_guide_free(struct tool_guide *g)
{
	if (!g)
		return;
	schema_free(g->schema);
	arena_free(g->mem);
	free(g);
}

const struct guide *tool_guide_get(const struct tool_guide *g)
{
	return g->is_idle ? NULL : &g->guide;
}

/* ---- places ---- */

/* The automaton of a place, or NULL. */
static const struct dfa *automaton(const struct tool_guide *g, const struct guide_head *h)
{
	switch (h->place) {
	case AT_ENTRY: return h->may_open_think ? g->first_openers : g->openers;
	case AT_HEAD: return g->head;
	case AT_NAME: return g->names;
	case AT_MIDDLE: return g->middle;
	case AT_TAIL: return g->tail;
	default: return NULL;
	}
}

/* At the entry before its first byte: the JSON value may begin, if no call was made. */
static bool value_may_begin(const struct tool_guide *g, const struct guide_head *h)
{
	return g->has_value && h->place == AT_ENTRY && h->at == 0 && h->calls == 0;
}

static bool has_run(const struct tool_guide *g, const struct guide_head *h)
{
	return h->place == AT_ARGS || h->place == AT_VALUE || value_may_begin(g, h);
}

static void go(struct guide_state *s, enum place place)
{
	s->head.place = (uint8_t)place;
	s->head.at = 0;
	s->head.marked = s->head.closing = 0;
}

static void go_to_entry(const struct tool_guide *g, struct guide_state *s, unsigned blanks)
{
	go(s, AT_ENTRY);
	s->head.blanks = (uint8_t)blanks;
	if (value_may_begin(g, &s->head))
		schema_run_start(g->schema, g->value_root, &s->run);
}

static void begin_call(struct guide_state *s)
{
	s->head.calls++;
	go(s, AT_HEAD);
}

static void end_call(const struct tool_guide *g, struct guide_state *s)
{
	if (s->head.calls >= g->max_calls)
		go(s, AT_DONE);
	else if (g->has_value)
		go_to_entry(g, s, ENTRY_BLANKS);
	else
		go(s, AT_TEXT);
}

/* An opener is complete. */
static void end_opener(const struct tool_guide *g, struct guide_state *s)
{
	bool is_thought =
		s->head.may_open_think && g->opener_spans[s->head.at].lo == g->thought_word;
	s->head.may_open_think = false;
	if (is_thought)
		go(s, AT_THINK);
	else
		begin_call(s);
}

/* Goes on from a place whose automaton is complete. */
static void go_on(const struct tool_guide *g, struct guide_state *s)
{
	switch (s->head.place) {
	case AT_ENTRY: end_opener(g, s); break;
	case AT_HEAD: go(s, AT_NAME); break;
	case AT_NAME:
		s->head.tool = g->name_spans[s->head.at].lo;
		go(s, AT_MIDDLE);
		break;
	case AT_MIDDLE:
		go(s, AT_ARGS);
		schema_run_start(g->schema, g->roots[s->head.tool], &s->run);
		break;
	case AT_TAIL: end_call(g, s); break;
	default: MUST(!"a place with an automaton");
	}
}

/* ---- the guide ---- */

static void start(const void *grammar, void *state)
{
	const struct tool_guide *g = grammar;
	struct guide_state *s = state;
	s->head = (struct guide_head){ .may_open_think = g->may_think };
	go(s, g->start);
	if (g->start == AT_ENTRY)
		go_to_entry(g, s, 0);
}

static void copy(const void *grammar, void *to, const void *from)
{
	struct guide_state *t = to;
	const struct guide_state *f = from;
	t->head = f->head;
	if (has_run(grammar, &f->head))
		schema_run_copy(&t->run, &f->run);
}

/* A call begins wherever its mark is completed, inside a thought too: that is how it is read. */
static bool accept_words(const struct tool_guide *g, struct guide_state *s, unsigned char c)
{
	unsigned marked = mark_step(&g->call_mark, s->head.marked, c);
	bool is_call = marked == g->call_mark.text.n;
	if (is_call && s->head.calls >= g->max_calls)
		return false;
	s->head.marked = (uint8_t)marked;
	if (s->head.place == AT_THINK)
		s->head.closing = (uint8_t)mark_step(&g->think_close, s->head.closing, c);
	if (is_call)
		begin_call(s);
	else if (s->head.place == AT_THINK && s->head.closing == g->think_close.text.n)
		go_to_entry(g, s, ENTRY_BLANKS);
	return true;
}

static bool accept_run(const struct tool_guide *g, struct guide_state *s, unsigned char c)
{
	if (!schema_run_accept(g->schema, &s->run, c))
		return false;
	if (schema_run_is_done(&s->run))
		go(s, s->head.place == AT_ARGS ? AT_TAIL : AT_DONE);
	return true;
}

static bool is_blank(unsigned char c)
{
	return c == ' ' || c == '\n';
}

static bool accept_entry(const struct tool_guide *g, struct guide_state *s, unsigned char c)
{
	if (s->head.at == 0 && s->head.blanks && is_blank(c)) {
		s->head.blanks--;
		return true;
	}
	if (!value_may_begin(g, &s->head) || !schema_run_accept(g->schema, &s->run, c))
		return false;
	s->head.place = AT_VALUE;
	if (schema_run_is_done(&s->run))
		go(s, AT_DONE);
	return true;
}

static bool accept(const void *grammar, void *state, unsigned char c);

/* A byte for the place's automaton, or for the place after it. */
static bool accept_chain(
	const struct tool_guide *g, struct guide_state *s, const struct dfa *d, unsigned char c)
{
	uint32_t to = dfa_step(d, s->head.at, c);
	if (to != DFA_NONE) {
		s->head.at = to;
		if (dfa_is_final(d, to))
			go_on(g, s);
		return true;
	}
	if (!d->states[s->head.at].is_accept)
		return false;
	struct guide_head before = s->head;
	go_on(g, s);
	if (accept(g, s, c))
		return true;
	s->head = before;
	return false;
}

static bool accept(const void *grammar, void *state, unsigned char c)
{
	const struct tool_guide *g = grammar;
	struct guide_state *s = state;
	const struct dfa *d = automaton(g, &s->head);
	switch (s->head.place) {
	case AT_TEXT:
	case AT_THINK: return accept_words(g, s, c);
	case AT_ENTRY: return (d && accept_chain(g, s, d, c)) || accept_entry(g, s, c);
	case AT_ARGS:
	case AT_VALUE: return accept_run(g, s, c);
	case AT_DONE: return false;
	default: return accept_chain(g, s, d, c);
	}
}

static void put_all(struct byte_set *out)
{
	for (int i = 0; i < 4; i++)
		out->bits[i] = UINT64_MAX;
}

/* The byte that would complete the mark of a call which may not come. */
static bool bars_a_byte(const struct tool_guide *g, const struct guide_head *h)
{
	return (h->place == AT_TEXT || h->place == AT_THINK) && h->calls >= g->max_calls &&
	       h->marked + 1u == g->call_mark.text.n;
}

/* The first bytes of the place after one whose automaton is complete. */
static void put_next(const struct tool_guide *g, const struct guide_head *h, struct byte_set *out)
{
	if (h->place == AT_HEAD)
		dfa_put_bytes(g->names, 0, out);
	else if (h->place == AT_NAME)
		dfa_put_bytes(g->middle, 0, out);
	else if (h->place == AT_MIDDLE)
		byte_set_put(out, '{');
}

static void put_entry(const struct tool_guide *g, const struct guide_state *s, struct byte_set *out)
{
	if (s->head.at == 0 && s->head.blanks) {
		byte_set_put(out, ' ');
		byte_set_put(out, '\n');
	}
	if (value_may_begin(g, &s->head))
		schema_run_allowed(g->schema, &s->run, out);
}

static void allowed(const void *grammar, const void *state, struct byte_set *out)
{
	const struct tool_guide *g = grammar;
	const struct guide_state *s = state;
	const struct dfa *d = automaton(g, &s->head);
	*out = (struct byte_set){ { 0 } };
	switch (s->head.place) {
	case AT_TEXT:
	case AT_THINK: put_all(out); break;
	case AT_ENTRY: put_entry(g, s, out); break;
	case AT_ARGS:
	case AT_VALUE: schema_run_allowed(g->schema, &s->run, out); break;
	default: break;
	}
	if (bars_a_byte(g, &s->head)) {
		unsigned char last = (unsigned char)g->call_mark.text.p[g->call_mark.text.n - 1];
		out->bits[last >> 6] &= ~(UINT64_C(1) << (last & 63));
	}
	if (d)
		dfa_put_bytes(d, s->head.at, out);
	if (d && d->states[s->head.at].is_accept)
		put_next(g, &s->head, out);
}

static bool is_open(const void *grammar, const void *state)
{
	const struct guide_state *s = state;
	return s->head.place == AT_TEXT && !bars_a_byte(grammar, &s->head);
}

static bool may_end(const void *grammar, const void *state)
{
	const struct tool_guide *g = grammar;
	const struct guide_state *s = state;
	switch (s->head.place) {
	case AT_TEXT:
	case AT_DONE: return true;
	case AT_ENTRY: return s->head.calls > 0 && s->head.at == 0;
	case AT_VALUE: return schema_run_may_end(g->schema, &s->run);
	default: return false;
	}
}

static size_t forced(const void *grammar, const void *state, char *out, size_t cap)
{
	struct guide_state walk;
	return guide_forced(&ops, grammar, state, &walk, out, cap);
}

static const struct guide_ops ops = {
	.start = start,
	.copy = copy,
	.accept = accept,
	.allowed = allowed,
	.is_open = is_open,
	.may_end = may_end,
	.forced = forced,
};
