/*
 * schema_form.c - how values are written where they stand; see schema_form.h.
 *
 * JSON is one way among others here: what differs between the syntaxes of tool calls is the texts
 * around members and values, the quotes, and whether strings are escaped at all. The machine that
 * follows a value (schema_run.c) knows only forms.
 */
#include "chat/schema_form.h"

#include <string.h>

#include "base/must.h"
#include "chat/pattern.h"
#include "chat/raw_text.h"
#include "chat/tool_format.h"

static const char item_tag[] = "item";

/* ---- forms ---- */

static const struct node_form *keep_form(struct schema *s, struct node_form form)
{
	struct node_form *kept = arena_alloc(s->mem, sizeof *kept);
	*kept = form;
	return kept;
}

static struct node_form quoted_object(const struct schema *s, struct str quote)
{
	return (struct node_form){
		.spacing = s->options.spacing,
		.open = STR("{"),
		.close = STR("}"),
		.separator = STR(","),
		.key_open = quote,
		.key_end = (unsigned char)quote.p[0],
		.has_colon = true,
	};
}

static void make_inner_forms(struct schema *s, struct forms *f)
{
	struct node_form bare = quoted_object(s, STR(":"));
	switch (s->options.literals) {
	case SCHEMA_JSON: f->objects[0] = keep_form(s, quoted_object(s, STR("\""))); break;
	case SCHEMA_PYTHON:
		f->objects[0] = keep_form(s, quoted_object(s, STR("'")));
		f->objects[1] = keep_form(s, quoted_object(s, STR("\"")));
		break;
	case SCHEMA_BARE:
		bare.key_open = (struct str){ 0 };
		bare.has_colon = false;
		bare.is_bare = true;
		f->objects[0] = keep_form(s, bare);
		break;
	}
	f->array = keep_form(s, (struct node_form){ .spacing = s->options.spacing,
					.open = STR("["),
					.close = STR("]"),
					.separator = STR(",") });
}

static bool has_hole(const char *text, const char *hole)
{
	return text && strstr(text, hole);
}

/* The texts of a row are copied: a schema outlives them. */
static struct str text_of(struct schema *s, const char *z)
{
	return arena_str(s->mem, str_z(z));
}

static void make_top(struct schema *s, struct forms *f, const struct schema_members *m)
{
	f->is_tagged = m->value_close != NULL;
	f->is_typed = has_hole(m->after_key, TOOL_HOLE_TYPE) ||
		      has_hole(m->after_key, TOOL_HOLE_IS_STRING);
	f->has_elements = m->element_mark != NULL;
	f->closes_with_key = has_hole(m->value_close, TOOL_HOLE_KEY);
	if (f->closes_with_key)
		f->key_at = str_find_char(str_z(m->value_close), TOOL_HOLE_KEY[0]);
	f->top = keep_form(
		s, (struct node_form){
			   .spacing = f->is_tagged ? SCHEMA_SPACES_NONE : s->options.spacing,
			   .close = text_of(s, m->close),
			   .separator = text_of(s, m->separator),
			   .key_open = text_of(s, m->key_open),
			   .key_end = (unsigned char)m->after_key[0],
			   .key_end_is_value = f->is_tagged,
			   .is_bare = true,
			   .behind_key = f->closes_with_key
						 ? text_of(s, m->value_close + f->key_at + 1)
						 : (struct str){ 0 },
		   });
	f->top_spot = arena_alloc(s->mem, sizeof *f->top_spot);
	f->top_spot->is_top = true;
}

void forms_init(struct schema *s)
{
	struct forms *f = arena_alloc(s->mem, sizeof *f);
	make_inner_forms(s, f);
	if (s->options.members)
		make_top(s, f, s->options.members);
	s->forms = f;
}

/* ---- spots ---- */

/* The text with its holes for the key and the type filled. */
static struct str filled(struct schema *s, struct str text, struct str key, enum type_word type)
{
	static const char *const words[] = { "string", "number", "boolean", "object", "array",
		"null" };
	struct buf out;
	_Static_assert(sizeof words / sizeof *words == TYPE_WORD_COUNT, "a word for every type");
	buf_init(&out, LIMIT_PATTERN_BYTES + text.n + key.n);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == TOOL_HOLE_KEY[0])
			buf_add(&out, key);
		else if (text.p[i] == TOOL_HOLE_TYPE[0])
			buf_add_z(&out, words[type]);
		else if (text.p[i] == TOOL_HOLE_IS_STRING[0])
			buf_add_z(&out, type == WORD_STRING ? "true" : "false");
		else
			buf_add_char(&out, text.p[i]);
	}
	struct str made = arena_str(s->mem, buf_str(&out));
	buf_clear(&out);
	return made;
}

static const struct spot *new_spot(
	struct schema *s, struct str key, struct str open, struct str close)
{
	struct forms *f = (struct forms *)s->forms;
	struct spot *spot = arena_alloc(s->mem, sizeof *spot);
	*spot = (struct spot){ .next = f->spots, .key = key, .open = open, .close = close };
	struct node_form form = { .spacing = SCHEMA_SPACES_NONE, .close = close, .is_bare = true };
	for (int type = 0; type < TYPE_WORD_COUNT; type++) {
		form.open = filled(s, open, key, (enum type_word)type);
		spot->wraps[type] = keep_form(s, form);
	}
	if (f->has_elements) {
		form.key_open = f->top->key_open;
		form.key_end = f->top->key_end;
		form.key_end_is_value = true;
		form.behind_key = f->top->behind_key;
		spot->elements = keep_form(s, form);
	}
	f->spots = spot;
	return spot;
}

static const struct spot *find_spot(const struct forms *f, struct str open, struct str key)
{
	for (const struct spot *spot = f->spots; spot; spot = spot->next)
		if (str_eq(spot->key, key) && str_eq(spot->open, open))
			return spot;
	return NULL;
}

static bool opens_spots(const struct schema_build *b, const struct spot *spot)
{
	const struct forms *f = b->schema->forms;
	return spot && f->is_tagged && (spot->is_top || f->has_elements);
}

const struct spot *spot_of_member(struct schema_build *b, const struct spot *spot, struct str key)
{
	struct schema *s = b->schema;
	if (!opens_spots(b, spot))
		return NULL;
	const struct schema_members *m = s->options.members;
	struct str own = s->forms->closes_with_key ? arena_str(s->mem, key) : (struct str){ 0 };
	struct str open = str_z(m->after_key), close = str_z(m->value_close);
	const struct spot *known = find_spot(s->forms, open, own);
	if (known)
		return known;
	if (s->forms->closes_with_key && !own.n)
		close = str_sub(close, 0, s->forms->key_at);
	return new_spot(s, own, arena_str(s->mem, open), filled(s, close, own, WORD_STRING));
}

const struct spot *spot_of_item(struct schema_build *b, const struct spot *spot)
{
	struct schema *s = b->schema;
	if (!opens_spots(b, spot) || spot->is_top)
		return NULL;
	const char *mark = s->options.members->element_mark;
	struct str open = arena_printf(s->mem, "%s<%s>", mark, item_tag);
	const struct spot *known = find_spot(s->forms, open, STR("item"));
	return known ? known
		     : new_spot(s, STR("item"), open,
			       arena_printf(s->mem, "%s</%s>", mark, item_tag));
}

uint32_t form_wrap(
	struct schema_build *b, const struct spot *spot, enum type_word type, uint32_t node)
{
	if (!spot)
		return node;
	uint32_t n = build_new_node(b->schema);
	struct node *wrap = &b->schema->nodes[n];
	wrap->kind = NODE_WRAP;
	wrap->form = spot->wraps[type];
	wrap->wrap.inner = node;
	return n;
}

/* ---- keys ---- */

static bool is_bare_letter(const struct schema_build *b, unsigned char c)
{
	bool is_name = c >= 0x80 || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
		       (c >= 'A' && c <= 'Z');
	if (b->schema->options.literals == SCHEMA_PYTHON)
		return is_name;
	return is_name || (c >= ' ' && c != 0x7f && !strchr("<>{}[]\",:", c));
}

struct str form_key(struct schema_build *b, const struct node_form *form, const char *name)
{
	struct str text = str_z(name);
	if (!form->is_bare) {
		struct str quoted = scalar_quote(b, text, form->key_end);
		return str_sub(quoted, 1, quoted.n - 1);
	}
	for (size_t i = 0; i < text.n; i++)
		if (!is_bare_letter(b, (unsigned char)text.p[i]) ||
			(unsigned char)text.p[i] == (unsigned char)form->key_end)
			return (struct str){ 0 };
	bool is_odd = !text.n || text.p[0] == '/' || text.p[0] == ' ';
	return is_odd ? (struct str){ 0 } : text;
}

const struct dfa *form_any_key(struct schema_build *b, const struct node_form *form)
{
	const char *why;
	if (form->key_end == '"' && !form->is_bare && !b->any_key)
		b->any_key = form_without_closing(b, scalar_any_name(b));
	if (form->key_end == '"' && !form->is_bare)
		return b->any_key;
	if (!form->is_bare) {
		const struct dfa *inside = pattern_compile(
			b->schema->mem, STR("[\\s\\S]*"), PATTERN_WHOLE_SINGLE, &why);
		return dfa_quote(b->schema->mem, inside, form->key_end);
	}
	bool is_python = b->schema->options.literals == SCHEMA_PYTHON;
	const char *first = is_python ? "A-Za-z_" : "A-Za-z_$",
		   *rest = is_python ? "A-Za-z0-9_" : "A-Za-z0-9_.$-";
	struct str text = form->behind_key.n ? arena_printf(b->scratch, "[%s][%s]{0,%d}%c", first,
						       rest, KEY_BYTES_MAX - 1, form->key_end)
					     : arena_printf(b->scratch, "[%s][%s]*%c", first, rest,
						       form->key_end);
	return pattern_compile(b->schema->mem, text, PATTERN_BYTES, &why);
}

enum scalar_letters form_key_letters(const struct node_form *form)
{
	if (form->is_bare)
		return LETTERS_PLAIN;
	return form->key_end == '"' ? LETTERS_DOUBLE : LETTERS_SINGLE;
}

const struct dfa *form_key_of(struct schema_build *b, const struct node_form *form,
	const struct dfa *inside, bool *overflow)
{
	struct arena *mem = b->schema->mem;
	const char end = (char)form->key_end;
	const struct raw_frame frame = { .close = str_n(&end, 1) };
	*overflow = false;
	return form->is_bare ? raw_text(mem, inside, &frame, overflow)
			     : dfa_quote(mem, inside, form->key_end);
}
