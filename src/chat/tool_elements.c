/*
 * tool_elements.c - the machine for elements inside one another; see tool_elements.h.
 *
 * Only the mark can begin a tag, so text is passed on up to the next mark. In an element that is a
 * string for certain, only its own closing tag is one.
 *
 * Layer: parse.
 */
#include "chat/tool_elements.h"

#include "base/utf8.h"
#include "chat/tool_text.h"

enum { TAG_MAX_BYTES = 1024, NAMES_MAX_BYTES = 64 * 1024 };

enum progress { WAITS, WENT_ON, IS_OVER, IS_WRONG };

struct look {
	struct tool_call *c;
	const struct tool_format *f;
	struct str s;
	bool is_end;
	size_t n; /* taken */
};

void tool_elements_init(struct tool_elements *m)
{
	*m = (struct tool_elements){ .has_head = false };
	buf_init(&m->names, NAMES_MAX_BYTES);
	buf_init(&m->text, LIMIT_ANSWER_BYTES);
}

void tool_elements_clear(struct tool_elements *m)
{
	buf_clear(&m->names);
	buf_clear(&m->text);
}

void tool_elements_begin(struct tool_elements *m)
{
	m->has_head = false;
	m->depth = 0;
	buf_reset(&m->names);
	buf_reset(&m->text);
}

static enum progress wrong(struct look *l, const char *why)
{
	tool_call_fault(l->c, why);
	return IS_WRONG;
}

static struct tool_element *innermost(struct tool_elements *m)
{
	return m->depth ? &m->open[m->depth - 1] : NULL;
}

static struct str name_of(const struct tool_elements *m, const struct tool_element *e)
{
	return str_from(buf_str(&m->names), e->name_at);
}

/* ---- the head ---- */

static enum progress take_head(struct tool_elements *m, struct look *l)
{
	size_t used, at;
	struct str tag = str_trim(str_z(l->f->call_open));
	enum likeness like = tool_text_at(l->f->call_open, l->s, NULL, &used);
	if (like == LIKE_BEGINNING && !l->is_end)
		return WAITS;
	at = like == LIKE_WHOLE && tag.n ? used : 0;
	size_t n = tool_called_bytes(l->c->offered, str_from(l->s, at));
	struct str rest = str_from(l->s, at + n);
	like = tool_text_at(l->f->before_args, rest, NULL, &used);
	if (like == LIKE_BEGINNING && !l->is_end)
		return WAITS;
	if (like != LIKE_WHOLE || !tool_call_name(l->c, str_sub(l->s, at, at + n)))
		return wrong(l, "it has no name");
	l->n = at + n + used;
	m->has_head = true;
	return WENT_ON;
}

/* ---- elements ---- */

/* The element has children: now it is known what it is. */
static void open_container(struct look *l, struct tool_element *e, struct str child)
{
	unsigned both = TOOL_TYPE_OBJECT | TOOL_TYPE_ARRAY;
	bool is_item = str_eq(child, STR("item"));
	bool is_array = (e->types & both) == both || !(e->types & both)
				? is_item
				: (e->types & TOOL_TYPE_ARRAY) != 0;
	e->close = is_array ? ']' : '}';
	buf_add_char(&l->c->args, is_array ? '[' : '{');
}

static void add_key(struct look *l, struct tool_element *parent, struct str key)
{
	if (!parent) {
		tool_args_key(l->c, key);
		return;
	}
	if (parent->has_members)
		buf_add_z(&l->c->args, ", ");
	parent->has_members = true;
	if (parent->close == ']')
		return;
	js_quote(key, &l->c->args);
	buf_add_z(&l->c->args, ": ");
}

static enum progress open_element(struct tool_elements *m, struct look *l, struct str key)
{
	struct tool_element *parent = innermost(m);
	const json_t *schema = NULL;
	if (m->depth == sizeof m->open / sizeof *m->open)
		return wrong(l, "it is nested too deep");
	if (parent && !parent->close) {
		open_container(l, parent, key);
		buf_reset(&m->text);
	}
	add_key(l, parent, key);
	if (!parent)
		schema = tool_param(l->c, key);
	else if (parent->close == ']')
		schema = tool_item_schema(l->c, parent->schema);
	else
		schema = tool_member_schema(l->c, parent->schema, key);
	m->open[m->depth++] = (struct tool_element){
		.schema = schema, .types = tool_types(l->c, schema), .name_at = m->names.n
	};
	if (!buf_add(&m->names, key))
		return wrong(l, "its names are too long");
	buf_reset(&m->text);
	if (innermost(m)->types == TOOL_TYPE_STRING)
		buf_add_char(&l->c->args, '"');
	return WENT_ON;
}

/* An element without children and text stands for what is empty of its type. */
static void add_leaf(struct tool_elements *m, struct look *l, const struct tool_element *e)
{
	struct str text = buf_str(&m->text);
	bool is_blank = tool_blanks(text) == text.n;
	if (is_blank && !(e->types & TOOL_TYPE_STRING)) {
		const char *empty = e->types & TOOL_TYPE_ARRAY    ? "[]"
				    : e->types & TOOL_TYPE_OBJECT ? "{}"
								  : "null";
		buf_add_z(&l->c->args, empty);
	} else {
		tool_args_bare(l->c, e->types, text);
	}
}

static void close_element(struct tool_elements *m, struct look *l)
{
	struct tool_element *e = innermost(m);
	if (e->close)
		buf_add_char(&l->c->args, e->close);
	else if (e->types == TOOL_TYPE_STRING)
		buf_add_char(&l->c->args, '"');
	else
		add_leaf(m, l, e);
	buf_reset(&m->text);
	buf_truncate(&m->names, e->name_at);
	m->depth--;
}

/* ---- tags ---- */

/* The tag behind the mark: its name, and whether it closes. */
static enum likeness read_tag(struct str s, struct str *name, bool *closes, size_t *used)
{
	if (!s.n)
		return LIKE_BEGINNING;
	size_t end = str_find_char(str_sub(s, 0, TAG_MAX_BYTES), '>');
	if (s.p[0] != '<')
		return LIKE_NOTHING;
	if (end == SIZE_MAX)
		return s.n < TAG_MAX_BYTES ? LIKE_BEGINNING : LIKE_NOTHING;
	*closes = s.n > 1 && s.p[1] == '/';
	*name = str_sub(s, *closes ? 2 : 1, end);
	*used = end + 1;
	return LIKE_WHOLE;
}

static bool is_tag_here(const struct tool_elements *m, struct str name, bool closes)
{
	const struct tool_element *e = m->depth ? &m->open[m->depth - 1] : NULL;
	if (!e || e->types != TOOL_TYPE_STRING)
		return true;
	return closes && str_eq(name, name_of(m, e));
}

static enum progress act_on(struct tool_elements *m, struct look *l, struct str name, bool closes)
{
	if (!closes)
		return open_element(m, l, name);
	if (m->depth) {
		if (!str_eq(name, name_of(m, innermost(m))))
			tool_call_mended(l->c, TOOL_MENDED_MISSING);
		close_element(m, l);
		return WENT_ON;
	}
	tool_args_end(l->c);
	return IS_OVER;
}

/* Text of the innermost element; between elements only blanks may stand. */
static bool keep(struct tool_elements *m, struct look *l, struct str text)
{
	struct tool_element *e = innermost(m);
	if (!e || e->close)
		return tool_blanks(text) == text.n;
	if (e->types == TOOL_TYPE_STRING)
		tool_args_piece(l->c, text);
	else
		buf_add(&m->text, text);
	return true;
}

static enum progress take_body(struct tool_elements *m, struct look *l)
{
	struct str mark = str_z(l->f->element_mark), name = { NULL, 0 };
	size_t at = 0, used = 0;
	bool closes = false;
	enum likeness like = LIKE_NOTHING;
	for (; at < l->s.n; at++) {
		like = tool_mark_at(mark, str_from(l->s, at));
		if (like == LIKE_WHOLE)
			like = read_tag(str_from(l->s, at + mark.n), &name, &closes, &used);
		if (like == LIKE_WHOLE && !is_tag_here(m, name, closes))
			like = LIKE_NOTHING;
		if (like != LIKE_NOTHING)
			break;
	}
	size_t n = like == LIKE_WHOLE ? at : utf8_whole(str_sub(l->s, 0, at));
	if (!keep(m, l, str_sub(l->s, 0, n)))
		return wrong(l, "words stand between its elements");
	l->n = n;
	if (like != LIKE_WHOLE)
		return WAITS;
	l->n += mark.n + used;
	return act_on(m, l, name, closes);
}

enum call_step tool_elements_take(
	struct tool_elements *m, struct tool_call *c, struct str s, bool is_end, size_t *taken)
{
	enum progress p = WENT_ON;
	*taken = 0;
	while (p == WENT_ON) {
		struct look l = { c, c->format, str_from(s, *taken), is_end, 0 };
		p = m->has_head ? take_body(m, &l) : take_head(m, &l);
		*taken += l.n;
		if (c->args.overflow || m->text.overflow)
			return tool_call_fault(c, "its arguments are too long");
	}
	return p == IS_OVER ? CALL_DONE : p == IS_WRONG ? CALL_FAULT : CALL_MORE;
}
