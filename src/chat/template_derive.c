/*
 * template_derive.c - a format from renders; see template_derive.h.
 *
 * How the borders are found. With H what stands before the first name, G what stands between the
 * first call's arguments and the second name, and T what follows the last arguments: a call's
 * opener is the longest end that H and G share, its closer the longest beginning that the rest of G
 * and T share; what is left of H opens the section, of G separates calls, of T closes the section.
 * Where two borders would do, it is put before a bracket. Any split writes the same bytes.
 */
#include "chat/template_derive.h"

#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "chat/template_match.h"
#include "chat/template_probe.h"

/* A turn, cut at what the probe put in. */
struct cuts {
	struct str head;      /* before the first name */
	struct str to_args;   /* from the name to the arguments, or to the first key */
	struct str after_key; /* from a key to its value */
	struct str to_next;   /* from a value to the next key */
	struct str gap, tail; /* between two calls; behind the last one */
	bool has_tags;
};

/* ---- texts ---- */

static struct str common_start(struct str a, struct str b)
{
	size_t n = 0;
	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	return str_sub(a, 0, n);
}

static struct str common_end(struct str a, struct str b)
{
	size_t n = 0;
	while (n < a.n && n < b.n && a.p[a.n - n - 1] == b.p[b.n - n - 1])
		n++;
	return str_from(a, a.n - n);
}

/* From the first opening bracket on: a border stands before one. */
static struct str from_bracket(struct str s)
{
	size_t n = 0;
	while (n < s.n && !strchr("<[{(", s.p[n]))
		n++;
	return str_from(s, n);
}

static struct str without_end(struct str s, struct str end)
{
	return end.n && str_ends(s, end) ? str_sub(s, 0, s.n - end.n) : s;
}

/* Takes all up to the word, and the word. */
static bool cut(struct str *rest, const char *word, struct str *before)
{
	struct str w = str_z(word);
	size_t at = str_find(*rest, w);
	if (at == SIZE_MAX)
		return false;
	*before = str_sub(*rest, 0, at);
	*rest = str_from(*rest, at + w.n);
	return true;
}

/* Ids are whatever the client sent. */
static struct str with_id_holes(struct arena *a, struct str turn)
{
	static const char *const ids[] = { "callone00", "calltwo00" };
	struct buf out;
	buf_init(&out, LIMIT_PROBE_TEXT_BYTES);
	for (size_t at = 0; at < turn.n;) {
		struct str rest = str_from(turn, at);
		bool is_id = str_starts(rest, str_z(ids[0])) || str_starts(rest, str_z(ids[1]));
		buf_add(&out, is_id ? STR(TOOL_HOLE_ID) : str_sub(rest, 0, 1));
		at += is_id ? str_z(ids[0]).n : 1;
	}
	struct str made = arena_str(a, buf_str(&out));
	buf_clear(&out);
	return made;
}

/* ---- cutting ---- */

/* The arguments of one call, behind its name. */
static bool cut_args(
	struct str *rest, const char *json, const char *text, const char *number, struct cuts *c)
{
	struct str at = *rest, mode;
	if (cut(&at, json, &c->to_args)) {
		*rest = at;
		return true;
	}
	c->has_tags = true;
	return cut(rest, "path", &c->to_args) && cut(rest, text, &c->after_key) &&
	       cut(rest, "mode", &c->to_next) && cut(rest, number, &mode) &&
	       str_eq(mode, c->after_key);
}

/* What the model says of a turn: without what stands before and behind its words in any turn. */
static struct str body_of(const struct template_turns *turns, struct str turn)
{
	size_t says = str_find(turns->words, STR(PROBE_SAYS));
	struct str front = str_sub(turns->words, 0, says == SIZE_MAX ? 0 : says);
	struct str end =
		says == SIZE_MAX ? str_z(NULL) : str_from(turns->words, says + STR(PROBE_SAYS).n);
	struct str body = str_from(turn, common_start(turn, front).n);
	return str_trim(
		without_end(without_end(str_trim_right(body), str_trim_right(end)), turns->eos));
}

static bool cut_turns(struct arena *a, const struct template_turns *turns, struct cuts *c)
{
	struct str one = with_id_holes(a, body_of(turns, turns->one));
	struct str two = with_id_holes(a, body_of(turns, turns->two));
	struct str again;
	if (!cut(&one, PROBE_TOOL_ONE, &c->head) ||
		!cut_args(&one, PROBE_ARGS_ONE, "val_kw9", "4217", c))
		return false;
	c->tail = one;
	if (!two.n)
		return true;
	return cut(&two, PROBE_TOOL_ONE, &again) && str_eq(again, c->head) &&
	       cut_args(&two, PROBE_ARGS_ONE, "val_kw9", "4217", c) &&
	       cut(&two, PROBE_TOOL_TWO, &c->gap) &&
	       cut_args(&two, PROBE_ARGS_TWO, "val_tm8", "9153", c) && str_eq(two, c->tail);
}

/* ---- a row from the cuts ---- */

static void set_parameters(struct arena *a, const struct cuts *c, struct tool_format *f)
{
	struct str open = from_bracket(common_end(c->to_args, c->to_next));
	struct str close = without_end(c->to_next, open);
	f->arguments = TOOL_ARGS_RAW;
	f->before_args = arena_z(a, without_end(c->to_args, open));
	f->param_open = arena_z(a, open);
	f->after_key = arena_z(a, c->after_key);
	f->param_close = arena_z(a, close);
}

/* Without the beginning that closes a parameter: that is the parameter's. */
static struct str behind_parameter(const struct tool_format *f, struct str s)
{
	struct str close = str_z(f->param_close);
	return str_starts(s, close) ? str_from(s, close.n) : s;
}

/* Where nothing opens a section there is none. */
static const char *text_or_null(struct arena *a, struct str s)
{
	return s.n ? arena_z(a, s) : NULL;
}

static void set_borders(struct arena *a, const struct cuts *c, struct tool_format *f)
{
	struct str gap = behind_parameter(f, c->gap), tail = behind_parameter(f, c->tail);
	struct str open = c->head, close = tail;
	if (c->gap.n) {
		struct str shared = common_end(c->head, gap);
		open = shared.n == c->head.n ? shared : from_bracket(shared);
		gap = without_end(gap, open);
		close = common_start(gap, tail);
	}
	f->section_open = text_or_null(a, without_end(c->head, open));
	f->section_close = text_or_null(a, str_from(tail, close.n));
	f->call_close = arena_z(a, close);
	f->call_separator = arena_z(a, str_from(gap, c->gap.n ? close.n : gap.n));
	size_t brace = c->has_tags ? SIZE_MAX : str_find_last(open, STR("{"));
	f->call_open = arena_z(a, str_sub(open, 0, brace));
	f->before_name = arena_z(a, brace == SIZE_MAX ? str_z(NULL) : str_from(open, brace));
	f->is_single = c->gap.n == 0;
}

/* The fixed beginning of a call, without the brackets and blanks that JSON needs anyway. */
static struct str opening_mark(struct arena *a, const struct tool_format *f)
{
	struct str all =
		arena_printf(a, "%s%s", f->section_open ? f->section_open : "", f->call_open);
	while (all.n && strchr("[{ \n", all.p[all.n - 1]))
		all.n--;
	return all;
}

static struct str closing_mark(const struct tool_format *f)
{
	struct str all = str_z(f->section_close ? f->section_close : f->call_close);
	while (all.n && strchr("]} \n", all.p[0]))
		all = str_from(all, 1);
	return str_trim_right(all);
}

/* Texts that both have and that are equal. */
static int likeness(const struct tool_format *a, const struct tool_format *b)
{
	const char *const pairs[][2] = {
		{ a->section_open, b->section_open },
		{ a->section_close, b->section_close },
		{ a->call_open, b->call_open },
		{ a->before_name, b->before_name },
		{ a->before_args, b->before_args },
		{ a->call_close, b->call_close },
		{ a->param_open, b->param_open },
		{ a->after_key, b->after_key },
		{ a->param_close, b->param_close },
	};
	int n = 0;
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		n += str_z(pairs[i][0]).n && str_eq(str_z(pairs[i][0]), str_z(pairs[i][1]));
	return n;
}

static const struct tool_format *most_like(const struct tool_format *f)
{
	const struct tool_format *best = NULL;
	int most = 0;
	for (size_t i = 0; tool_formats[i]; i++) {
		const struct tool_format *row = tool_formats[i];
		int n = row->arguments == f->arguments && !row->is_front_only ? likeness(row, f)
									      : 0;
		if (n > most) {
			best = row;
			most = n;
		}
	}
	return best;
}

/* Marks, name and tolerances; those of the row it is like where they fit. */
static void finish(struct arena *a, struct tool_format *f)
{
	const struct tool_format *like = most_like(f);
	struct str open = opening_mark(a, f), close = closing_mark(f);
	bool is_close_kin = like && like->mark_open && str_starts(open, str_z(like->mark_open));
	f->name = like ? arena_printf(a, "derived (like %s)", like->name).p : "derived";
	f->mark_open = is_close_kin ? like->mark_open : arena_z(a, open);
	f->mark_also = is_close_kin ? like->mark_also : NULL;
	bool ends_alike = like && like->mark_close && str_ends(close, str_z(like->mark_close));
	f->mark_close = ends_alike ? like->mark_close : close.n ? arena_z(a, close) : NULL;
	f->is_spacing_free = like && like->is_spacing_free;
	f->think_open = like && like->think_open ? like->think_open : "<think>";
	f->think_close = like && like->think_open ? like->think_close : "</think>";
	bool has_id = strchr(f->call_open, *TOOL_HOLE_ID) ||
		      strchr(f->before_name, *TOOL_HOLE_ID) ||
		      strchr(f->before_args, *TOOL_HOLE_ID) || strchr(f->call_close, *TOOL_HOLE_ID);
	f->id_chars = has_id ? TOOL_CALL_ID_CHARS : 0;
}

/* What a reader and a guide are made for: short whole words, no more holes than one id. */
static bool is_text_sane(const char *text)
{
	enum { TEXT_MAX = 128 };
	struct str s = str_z(text);
	size_t ids = 0;
	for (size_t i = 0; i < s.n; i++) {
		bool is_id = s.p[i] == *TOOL_HOLE_ID;
		ids += is_id;
		if (!is_id && s.p[i] >= 0 && s.p[i] <= *TOOL_HOLE_IS_STRING)
			return false;
	}
	return ids <= 1 && s.n <= TEXT_MAX && utf8_whole(s) == s.n && utf8_is_valid(s);
}

static bool is_sane(const struct tool_format *f)
{
	enum { MARK_MAX = 48 };
	const char *const texts[] = { f->section_open, f->section_close, f->call_open,
		f->before_name, f->before_args, f->call_close, f->call_separator, f->param_open,
		f->after_key, f->param_close, f->mark_open, f->mark_close };
	bool ok = str_z(f->mark_open).n > 0 && str_z(f->mark_open).n <= MARK_MAX &&
		  str_z(f->mark_close).n <= MARK_MAX && !strchr(f->mark_open, *TOOL_HOLE_ID);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ok = ok && is_text_sane(texts[i]);
	return ok;
}

static const struct tool_format *make_row(struct arena *a, const struct template_turns *turns)
{
	struct cuts c = { 0 };
	if (!cut_turns(a, turns, &c))
		return NULL;
	struct tool_format *f = arena_alloc(a, sizeof *f);
	if (c.has_tags)
		set_parameters(a, &c, f);
	else
		f->before_args = arena_z(a, c.to_args);
	set_borders(a, &c, f);
	finish(a, f);
	return is_sane(f) ? f : NULL;
}

/* ---- the choice ---- */

/* One call a message: what stands between two is no part of the row. */
static bool is_alone(const struct tool_format *f)
{
	return f->is_single || f->header_end;
}

/* Whether the row writes both turns. */
static bool fits(struct arena *a, const struct tool_format *f, enum template_likeness how,
	const struct template_turns *turns, struct template_derived *out)
{
	if (!f->mark_open || !template_match(a, f, how, turns->one, 1, &out->one))
		return false;
	out->two = str_z(NULL);
	if (turns->two.n && !is_alone(f) && !template_match(a, f, how, turns->two, 2, &out->two))
		return false;
	out->format = f;
	return true;
}

static bool find_row(struct arena *a, enum template_likeness how,
	const struct template_turns *turns, struct template_derived *out)
{
	for (size_t i = 0; tool_formats[i]; i++)
		if (tool_formats[i] != &tool_format_prompted &&
			fits(a, tool_formats[i], how, turns, out))
			return true;
	return false;
}

void template_derive(
	struct arena *a, const struct template_turns *turns, struct template_derived *out)
{
	*out = (struct template_derived){ 0 };
	if (find_row(a, TEMPLATE_EXACT, turns, out) || find_row(a, TEMPLATE_ALSO, turns, out))
		return;
	const struct tool_format *made = make_row(a, turns);
	if (!made || !fits(a, made, TEMPLATE_EXACT, turns, out))
		*out = (struct template_derived){ 0 };
}

/* ---- where rendering cannot tell ---- */

static const struct {
	const char *mark, *row;
} known_marks[] = {
	{ "<|tool_list_start|>", "lfm-python" }, /* LFM2 */
	{ "List of tools: ", "lfm-python" },     /* LFM2.5 */
	{ "available_tools", "granite-list" },   /* Granite 3.3 */
	{ "<|tool|>", "phi-list" },              /* Phi-4-mini */
	{ "xml_tools", "hermes" },               /* SmolLM3 */
};

const struct tool_format *template_row_by_mark(struct str text)
{
	for (size_t i = 0; i < sizeof known_marks / sizeof *known_marks; i++)
		if (str_find(text, str_z(known_marks[i].mark)) != SIZE_MAX)
			return tool_format_find(str_z(known_marks[i].row));
	return NULL;
}

/* ---- thoughts ---- */

/* The tag at the end (the beginning) of a text, blanks aside: <…> or […]; empty if there is none.
 */
static struct str last_tag(struct str s)
{
	s = str_trim_right(s);
	bool is_tag = s.n && (s.p[s.n - 1] == '>' || s.p[s.n - 1] == ']');
	size_t at =
		!is_tag ? SIZE_MAX : str_find_last(s, s.p[s.n - 1] == '>' ? STR("<") : STR("["));
	return at == SIZE_MAX ? str_z(NULL) : str_from(s, at);
}

static struct str first_tag(struct str s)
{
	s = str_trim_left(s);
	bool is_tag = s.n && (s.p[0] == '<' || s.p[0] == '[');
	size_t end = !is_tag ? SIZE_MAX : str_find_char(s, s.p[0] == '<' ? '>' : ']');
	return end == SIZE_MAX ? str_z(NULL) : str_sub(s, 0, end + 1);
}

static const struct tool_format *with_thoughts(
	struct arena *a, const struct tool_format *f, const char *open, const char *close)
{
	struct tool_format *copy = arena_alloc(a, sizeof *copy);
	*copy = *f;
	copy->think_open = open;
	copy->think_close = close;
	return copy;
}

static const struct {
	const char *open, *close;
} known_thoughts[] = {
	{ "Here are my reasoning steps:\n", "[BEGIN FINAL RESPONSE]" }, /* Apriel */
};

const struct tool_format *template_thoughts_by_mark(
	struct arena *a, const struct tool_format *f, struct str text)
{
	for (size_t i = 0; i < sizeof known_thoughts / sizeof *known_thoughts; i++)
		if (str_find(text, str_z(known_thoughts[i].close)) != SIZE_MAX)
			return with_thoughts(a, f, known_thoughts[i].open, known_thoughts[i].close);
	return f;
}

const struct tool_format *template_words_as(
	struct arena *a, const struct tool_format *f, const struct tool_format *like)
{
	bool thinks = like->think_open != NULL;
	struct tool_format *copy = arena_alloc(a, sizeof *copy);
	*copy = *f;
	copy->think_open = thinks ? like->think_open : f->think_open;
	copy->think_close = thinks ? like->think_close : f->think_close;
	copy->text_open = like->text_open;
	copy->text_close = like->text_close;
	copy->turn_again = like->turn_again;
	copy->header_open = like->header_open;
	copy->header_end = like->header_end;
	copy->prompt_tail = like->prompt_tail;
	return copy;
}

const struct tool_format *template_derive_thoughts(
	struct arena *a, const struct tool_format *f, struct str turn, struct str words)
{
	size_t at = str_find(turn, STR(PROBE_THINKS));
	if (at == SIZE_MAX)
		return f;
	struct str before = str_trim_right(str_sub(turn, 0, at));
	struct str open = last_tag(before);
	struct str close = first_tag(str_from(turn, at + STR(PROBE_THINKS).n));
	size_t says = str_find(words, STR(PROBE_SAYS));
	bool is_header = str_find(str_sub(words, 0, says), open) != SIZE_MAX;
	bool is_known = f->think_open && str_ends(before, str_trim_right(str_z(f->think_open)));
	if (is_known || !open.n || !close.n || is_header)
		return f;
	return with_thoughts(a, f, arena_z(a, open), arena_z(a, close));
}
