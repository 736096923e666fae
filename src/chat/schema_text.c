/*
 * schema_text.c - strings and fixed values as they are written where they stand; see schema_form.h.
 *
 * Between quotes a string has the escapes of its syntax. One that stands as it is has none, so that
 * it cannot hold what would be read as its end (raw_text.h).
 */
#include <string.h>

#include "base/must.h"
#include "chat/pattern.h"
#include "chat/raw_text.h"
#include "chat/schema_form.h"

#define HEX "[0-9a-fA-F]"
#define ANY_ESCAPED                                                                                \
	"[\"'\\\\bfnrt]|x(?:0[1-9a-fA-F]|[1-9a-fA-F]" HEX ")|u(?:000[1-9a-fA-F]|00[1-9a-fA-F]" HEX \
	"|0[1-9a-fA-F]" HEX "{2}|[1-9a-cA-CefEF]" HEX "{3}|[dD][0-7]" HEX "{2})"
/* ---- strings ---- */

static const struct dfa *compile_any(
	struct schema_build *b, const struct dfa **slot, const char *text, enum pattern_use use)
{
	const char *why;
	if (!*slot)
		*slot = pattern_compile(b->schema->mem, str_z(text), use, &why);
	MUST(*slot);
	return *slot;
}

static const struct dfa *any_plain(struct schema_build *b)
{
	return compile_any(b, &b->any_plain, "[\\s\\S]*", PATTERN_WHOLE_PLAIN);
}

/* Inside a literal that stands between tags the closing tag would be read as such: it can be
 * written with an escape, or another string. */
const struct dfa *form_without_closing(struct schema_build *b, const struct dfa *d)
{
	struct schema *s = b->schema;
	bool overflow = false;
	if (!s->forms->is_tagged || s->forms->closes_with_key)
		return d;
	if (!b->no_closing)
		b->no_closing =
			raw_text_without(s->mem, str_trim(str_z(s->options.members->value_close)));
	const struct dfa *made =
		dfa_intersect(s->mem, d, b->no_closing, LIMIT_PATTERN_STATES, &overflow);
	return overflow ? d : made;
}

static const struct dfa *any_quoted(struct schema_build *b, unsigned char quote)
{
	if (b->schema->options.literals == SCHEMA_JSON && !b->any_double)
		b->any_double = form_without_closing(b, scalar_any_string(b));
	if (b->schema->options.literals == SCHEMA_JSON)
		return b->any_double;
	if (quote == '\'')
		return compile_any(b, &b->any_single,
			"'(?:[^'\\\\\\u0000-\\u001f]|\\\\(?:" ANY_ESCAPED "))*'", PATTERN_BYTES);
	return compile_any(b, &b->any_double,
		"\"(?:[^\"\\\\\\u0000-\\u001f]|\\\\(?:" ANY_ESCAPED "))*\"", PATTERN_BYTES);
}

/* The inside of strings of so many characters, without the closing tag. */
static const struct dfa *limited_inside(struct schema_build *b, const struct shape *shape)
{
	bool overflow;
	struct arena *mem = b->schema->mem;
	const struct dfa *all = compile_any(b, &b->any_inside, "[\\s\\S]*", PATTERN_WHOLE);
	const struct dfa *limited = dfa_limit_chars(mem, form_without_closing(b, all),
		shape->min_chars, shape->max_chars, LIMIT_PATTERN_STATES, &overflow);
	return overflow ? NULL : limited;
}

static void quoted_string(
	struct schema_build *b, const struct shape *shape, unsigned char quote, struct ways *out)
{
	bool is_free, has_tags = b->schema->forms->is_tagged;
	const struct dfa *inside =
		scalar_string(b, shape, quote == '\'' ? LETTERS_SINGLE : LETTERS_DOUBLE, &is_free);
	if (inside)
		inside = form_without_closing(b, inside);
	if (is_free && has_tags && (shape->min_chars || shape->max_chars != SIZE_MAX))
		inside = limited_inside(b, shape);
	if (inside) {
		build_way(b, out, build_scalar(b, dfa_quote(b->schema->mem, inside, quote)));
	} else if (is_free && shape->min_chars <= shape->max_chars) {
		const struct dfa *any = any_quoted(b, quote);
		uint32_t n = build_scalar(b, any);
		bool is_limited = shape->min_chars || shape->max_chars != SIZE_MAX;
		struct node_scalar *scalar = &b->schema->nodes[n].scalar;
		scalar->home = is_limited ? dfa_step(any, 0, quote) : DFA_NONE;
		scalar->quote = quote;
		scalar->min_chars = (uint32_t)shape->min_chars;
		scalar->max_chars =
			shape->max_chars > UINT32_MAX ? UINT32_MAX : (uint32_t)shape->max_chars;
		build_way(b, out, n);
	}
}

/* The first tag of a text, the last one. */
static struct str first_tag(const char *z)
{
	struct str text = str_trim(str_z(z));
	size_t end = str_find_char(text, '>');
	return end == SIZE_MAX ? text : str_sub(text, 0, end + 1);
}

static struct str last_tag(const char *z)
{
	size_t at = str_find_last(str_z(z), STR("<"));
	return at == SIZE_MAX ? (struct str){ 0 } : str_from(str_z(z), at);
}

static struct raw_frame frame_of(const struct schema *s, const struct spot *spot)
{
	const struct schema_members *m = s->options.members;
	struct str quote = str_z(s->options.quote);
	if (!spot)
		return (struct raw_frame){ .open = quote, .close = quote };
	struct raw_frame f = { .open = spot->wraps[WORD_STRING]->open, .close = spot->close };
	/* Without a block it has no markup in it, with one it ends with the block. */
	if (m->wrap_open) {
		f.mark_bytes = 1;
		return f;
	}
	if (s->forms->has_elements) {
		f.mark_bytes = str_z(m->element_mark).n;
		return f;
	}
	f.followers[f.n_followers++] = str_trim(str_z(m->key_open));
	f.followers[f.n_followers++] = first_tag(m->close);
	f.call_open = last_tag(m->call_open);
	if (f.call_open.n)
		f.followers[f.n_followers++] = f.call_open;
	for (size_t i = 0; i < sizeof m->marks / sizeof *m->marks; i++)
		if (m->marks[i])
			f.followers[f.n_followers++] = str_z(m->marks[i]);
	f.call_close = first_tag(m->close);
	return f;
}

static bool is_limited(const struct shape *shape)
{
	return shape->min_chars || shape->max_chars != SIZE_MAX;
}

/* What a string may hold, as plain text; *is_any: anything, but for its length if that is too much
 * for an automaton. NULL: there is none. */
static const struct dfa *plain_inside(
	struct schema_build *b, const struct shape *shape, bool *is_any)
{
	const struct dfa *inside = scalar_string(b, shape, LETTERS_PLAIN, is_any);
	const struct dfa *any = any_plain(b);
	if (!*is_any || !is_limited(shape))
		return *is_any ? any : inside;
	bool overflow = false;
	const struct dfa *limited = dfa_limit_chars(b->schema->mem, any, shape->min_chars,
		shape->max_chars, LIMIT_PATTERN_STATES, &overflow);
	*is_any = overflow;
	return overflow ? any : limited;
}

static const struct dfa *any_raw(struct schema_build *b, const struct spot *spot)
{
	const struct dfa **slot = spot ? &((struct spot *)spot)->any_text : &b->any_bare;
	struct raw_frame frame = frame_of(b->schema, spot);
	bool overflow;
	if (!*slot)
		*slot = raw_text(b->schema->mem, any_plain(b), &frame, &overflow);
	MUST(*slot);
	return *slot;
}

static uint32_t raw_scalar(struct schema_build *b, const struct dfa *dfa)
{
	uint32_t n = build_scalar(b, dfa);
	b->schema->nodes[n].scalar.is_raw = true;
	return n;
}

/* A string between these texts whose length is counted; no call may begin in it. */
static void counted_string(struct schema_build *b, const struct shape *shape,
	const struct dfa *inside, struct raw_frame frame, struct ways *out)
{
	struct arena *mem = b->schema->mem;
	bool overflow;
	if (frame.call_open.n)
		inside = dfa_intersect(mem, inside, raw_text_without(mem, frame.call_open),
			LIMIT_PATTERN_STATES, &overflow);
	frame.call_open = frame.call_close = (struct str){ 0 };
	const struct dfa *made = raw_text(mem, inside, &frame, &overflow);
	const struct raw_count *count =
		raw_count_new(mem, &frame, shape->min_chars, shape->max_chars);
	MUST(made);
	if (!count)
		schema_note(b, &shape->members.p[shape->members.n - 1], "minLength, maxLength",
			"the text that closes the string is too long to count it");
	uint32_t n = raw_scalar(b, made);
	b->schema->nodes[n].scalar.counted = count;
	build_way(b, out, n);
}

static void raw_string(struct schema_build *b, const struct shape *shape, const struct spot *spot,
	struct ways *out)
{
	struct raw_frame frame = frame_of(b->schema, spot);
	bool is_free, is_any, overflow = false;
	scalar_string(b, shape, LETTERS_PLAIN, &is_free);
	const struct dfa *inside = plain_inside(b, shape, &is_any);
	if (!inside)
		return;
	const struct dfa *made =
		is_any ? any_raw(b, spot) : raw_text(b->schema->mem, inside, &frame, &overflow);
	if (is_free && is_limited(shape) && (is_any || overflow)) {
		counted_string(b, shape, any_plain(b), frame, out);
		return;
	}
	if (overflow) {
		schema_note(b, &shape->members.p[shape->members.n - 1], "pattern",
			"with the text around it it takes too many states");
		made = any_raw(b, spot);
	}
	if (made)
		build_way(b, out, raw_scalar(b, made));
}

/* The frame of a string in a block. */
static struct raw_frame wrapped_frame(const struct schema *s, const struct spot *spot)
{
	const struct schema_members *m = s->options.members;
	struct str open = spot->wraps[WORD_STRING]->open;
	return (struct raw_frame){ .open = arena_printf(
					   s->mem, "%.*s%s", STR_ARG(open), m->wrap_open),
		.close = arena_printf(s->mem, "%s%.*s", m->wrap_close, STR_ARG(spot->close)) };
}

/* A string without the bytes that would be markup as it is, any in a block. */
static void wrapped_string(struct schema_build *b, const struct shape *shape,
	const struct spot *spot, struct ways *out)
{
	struct arena *mem = b->schema->mem;
	bool is_any, overflow = false;
	const struct dfa *inside = plain_inside(b, shape, &is_any);
	struct str plain =
		arena_printf(b->scratch, "[^%s]*", b->schema->options.members->wrapped_bytes);
	const struct dfa *no_markup =
		compile_any(b, &b->any_unwrapped, plain.p, PATTERN_WHOLE_PLAIN);
	struct raw_frame bare = frame_of(b->schema, spot), block = wrapped_frame(b->schema, spot);
	if (!inside)
		return;
	if (is_any && is_limited(shape)) {
		counted_string(b, shape, no_markup, bare, out);
		counted_string(b, shape, inside, block, out);
		return;
	}
	const struct dfa *made =
		dfa_intersect(mem, inside, no_markup, LIMIT_PATTERN_STATES, &overflow);
	made = made ? raw_text(mem, made, &bare, &overflow) : NULL;
	if (made)
		build_way(b, out, raw_scalar(b, made));
	overflow = false;
	made = raw_text(mem, inside, &block, &overflow);
	if (overflow) {
		schema_note(b, &shape->members.p[shape->members.n - 1], "pattern",
			"with the text around it it takes too many states");
		made = raw_text(mem, any_plain(b), &block, &overflow);
	}
	if (made)
		build_way(b, out, raw_scalar(b, made));
}

void form_strings(struct schema_build *b, const struct shape *shape, const struct spot *spot,
	struct ways *out)
{
	if (spot && b->schema->options.members->wrap_open) {
		wrapped_string(b, shape, spot, out);
		return;
	}
	if (spot || b->schema->options.literals == SCHEMA_BARE) {
		raw_string(b, shape, spot, out);
		return;
	}
	quoted_string(b, shape, '"', out);
	if (b->schema->options.literals == SCHEMA_PYTHON)
		quoted_string(b, shape, '\'', out);
}

/* ---- fixed values ---- */

struct words {
	struct str *p;
	size_t n;
};

static void add_word(struct words *w, struct str word)
{
	if (word.n)
		w->p[w->n++] = word;
}

static bool can_stand_raw(struct str text, const struct raw_frame *frame)
{
	return !(text.n && memchr(text.p, 0, text.n)) && !raw_text_hides_end(text, frame);
}

/* Whether the text stands in a block. */
static bool is_markup(const struct schema *s, struct str text)
{
	const struct schema_members *m = s->options.members;
	for (size_t i = 0; m->wrap_open && i < text.n; i++)
		if (strchr(m->wrapped_bytes, text.p[i]))
			return true;
	return false;
}

static void add_string_words(
	struct schema_build *b, const json_t *value, const struct spot *spot, struct words *out)
{
	struct str text = js_text(value), quote = str_z(b->schema->options.quote);
	bool is_wrapped = spot && is_markup(b->schema, text);
	struct raw_frame frame =
		is_wrapped ? wrapped_frame(b->schema, spot) : frame_of(b->schema, spot);
	if (spot && can_stand_raw(text, &frame)) {
		add_word(out, arena_printf(b->scratch, "%.*s%.*s%.*s", STR_ARG(frame.open),
				      STR_ARG(text), STR_ARG(frame.close)));
	} else if (spot) {
		return;
	} else if (b->schema->options.literals != SCHEMA_BARE) {
		add_word(out, scalar_quote(b, text, '"'));
		if (b->schema->options.literals == SCHEMA_PYTHON)
			add_word(out, scalar_quote(b, text, '\''));
	} else if (can_stand_raw(text, &frame)) {
		add_word(out, arena_printf(b->scratch, "%.*s%.*s%.*s", STR_ARG(quote),
				      STR_ARG(text), STR_ARG(quote)));
	}
}

static struct str constant_word(const struct schema_build *b, const json_t *value)
{
	bool is_python = b->schema->options.literals == SCHEMA_PYTHON;
	if (json_is_null(value))
		return is_python ? STR("None") : STR("null");
	if (json_is_true(value))
		return is_python ? STR("True") : STR("true");
	return is_python ? STR("False") : STR("false");
}

static enum type_word word_of(const json_t *value)
{
	if (json_is_string(value))
		return WORD_STRING;
	if (json_is_number(value))
		return WORD_NUMBER;
	return json_is_null(value) ? WORD_NULL : WORD_BOOLEAN;
}

static void add_words_of(struct schema_build *b, const struct words *words, enum type_word type,
	const struct spot *spot, struct ways *out)
{
	const struct dfa *dfa = scalar_words(b, words->p, words->n);
	if (!dfa)
		return;
	if (spot && type == WORD_STRING)
		build_way(b, out, raw_scalar(b, dfa));
	else
		build_way(b, out, form_wrap(b, spot, type, build_scalar(b, dfa)));
}

void form_values(struct schema_build *b, const struct shape *shape, const struct spot *spot,
	struct ways *out)
{
	struct words words = { .p = arena_calloc(
				       b->scratch, 2 * shape->n_values + 1, sizeof *words.p) };
	for (int type = 0; type < TYPE_WORD_COUNT; type++) {
		/* Without a tag that tells types they are one automaton. */
		if (spot)
			words.n = 0;
		for (size_t i = 0; i < shape->n_values; i++) {
			const json_t *value = shape->values[i];
			bool is_scalar = !json_is_object(value) && !json_is_array(value);
			if (!is_scalar || word_of(value) != (enum type_word)type ||
				!scalar_fits(b, shape, value))
				continue;
			if (type == WORD_STRING)
				add_string_words(b, value, spot, &words);
			else if (type == WORD_NUMBER)
				add_word(&words, scalar_spell(b, value));
			else
				add_word(&words, constant_word(b, value));
		}
		if (spot)
			add_words_of(b, &words, (enum type_word)type, spot, out);
	}
	if (!spot)
		add_words_of(b, &words, WORD_STRING, NULL, out);
}

void form_constants(struct schema_build *b, const struct shape *shape, const struct spot *spot,
	struct ways *out)
{
	struct str list[3];
	struct words words = { .p = list };
	if (shape->types & TYPE_BOOL) {
		add_word(&words, constant_word(b, json_false()));
		add_word(&words, constant_word(b, json_true()));
	}
	if (spot) {
		add_words_of(b, &words, WORD_BOOLEAN, spot, out);
		words.n = 0;
	}
	if (shape->types & TYPE_NULL)
		add_word(&words, constant_word(b, json_null()));
	add_words_of(b, &words, WORD_NULL, spot, out);
}
