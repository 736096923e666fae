/*
 * tool_marks.c - what a reader looks for outside calls; see tool_marks.h.
 *
 * Layer: parse.
 */
#include "chat/tool_marks.h"

#include <string.h>

#include "base/must.h"

enum {
	PLAIN_MARK_BYTES = 6, /* shorter ones occur in other texts */
	NAME_LOOK_BYTES = 256 /* a name that is longer is none */
};

/* Tokens that end or begin turns: where one comes as text it says nothing. */
static const char *const controls[] = {
	"<|im_end|>",
	"<|im_start|>assistant",
	"<|im_start|>",
	"<|endoftext|>",
	"<|end_of_text|>",
	"<|eot_id|>",
	"<|eom_id|>",
	"<|start_header_id|>assistant<|end_header_id|>",
	"<|begin_of_text|>",
	"<|end_of_role|>",
	"<|END_OF_TURN_TOKEN|>",
	"<|END_RESPONSE|>",
	"<end_of_turn>",
	"<turn|>",
	"<｜end▁of▁sentence｜>",
	"<seed:eos>",
	"<|return|>",
	"<|call|>",
	"<|/tool_call|>",
	"<|end_of_msg|>",
	"<|eot|>",
	"<|eom|>",
	"<SPECIAL_12>",
	"[e~[",
};

/* ---- the list ---- */

static bool has_mark(const struct tool_marks *m, struct str text)
{
	for (size_t i = 0; i < m->count; i++)
		if (str_eq_nocase(m->list[i].text, text))
			return true;
	return false;
}

static void add(struct tool_marks *m, struct str text, struct tool_mark mark)
{
	mark.text = text;
	if (!mark.text.n || has_mark(m, mark.text))
		return;
	MUST(m->count < TOOL_MARKS_MAX);
	m->list[m->count++] = mark;
	unsigned char first = (unsigned char)mark.text.p[0];
	m->begins[first] = true;
	if ((first | 0x20) >= 'a' && (first | 0x20) <= 'z')
		m->begins[first | 0x20] = m->begins[first & ~0x20u] = true;
}

static void add_thought(struct tool_marks *m, const struct tool_format *row, bool is_own)
{
	if (!row->think_open)
		return;
	add(m, str_z(row->think_open),
		(struct tool_mark){ .kind = MARK_THINK,
			.row = row,
			.other = str_z(row->think_close),
			.is_own = is_own });
	add(m, str_z(row->think_close),
		(struct tool_mark){ .kind = MARK_THINK_END, .row = row, .is_own = is_own });
}

/* Nothing but markup looks so: tags with something odd in their names, or long ones. */
static bool is_unmistakable(struct str t)
{
	return t.n >= PLAIN_MARK_BYTES && (t.p[0] == '<' || t.p[0] == '[' || t.p[0] == ']');
}

static void add_call(
	struct tool_marks *m, const struct tool_format *row, struct str text, bool is_own)
{
	bool is_odd = is_unmistakable(text);
	if (text.n && (is_own || is_odd))
		add(m, text,
			(struct tool_mark){ .kind = MARK_CALL,
				.row = row,
				.is_own = is_own,
				.is_sure = is_own && is_odd });
}

/* The mark of a single call where the section's was left out. */
static void add_opener(struct tool_marks *m, const struct tool_format *row, bool is_own)
{
	if (!row->section_open || !row->call_open)
		return;
	add_call(m, row, tool_text_tag(row->call_open), is_own);
}

static void add_end(struct tool_marks *m, const struct tool_format *row, bool is_own)
{
	const char *end = row->mark_close;
	bool is_odd =
		end && (end[0] == '[' || strchr(end, '|') || strchr(end, ':') || strstr(end, "｜"));
	if (end && (is_own || is_odd))
		add(m, str_z(end),
			(struct tool_mark){ .kind = MARK_CALL_END, .row = row, .is_own = is_own });
}

static void add_row(struct tool_marks *m, const struct tool_format *row, bool is_own)
{
	add_call(m, row, str_z(row->mark_open), is_own);
	add_call(m, row, str_z(row->mark_also), is_own);
	add_opener(m, row, is_own);
	add_end(m, row, is_own);
}

/* A row whose messages have headers: these say what is a thought, text or a call. */
static void add_headers(struct tool_marks *m, const struct tool_format *row)
{
	const struct tool_mark header = { .kind = MARK_HEADER, .row = row, .is_own = true };
	const struct tool_mark turn = { .kind = MARK_TURN, .row = row, .is_own = true };
	add(m, str_z(row->turn_again), header);
	add(m, str_z(row->header_open), header);
	add(m, str_z(row->think_close), turn);
	add(m, str_z(row->text_close), turn);
	if (row->arguments == TOOL_ARGS_JSON)
		add(m, str_z(row->mark_close), turn);
}

static void add_words(struct tool_marks *m, const struct tool_format *row)
{
	const struct tool_mark words = { .kind = MARK_WORDS, .row = row, .is_own = true };
	add(m, str_z(row->text_open), words);
	add(m, str_z(row->text_close), words);
	add(m, str_z(row->turn_again),
		(struct tool_mark){ .kind = MARK_TURN, .row = row, .is_own = true });
}

static void add_foreign(struct tool_marks *m, bool is_stranger)
{
	for (size_t i = 0; tool_formats[i]; i++) {
		const struct tool_format *row = tool_formats[i];
		bool has_headers = row->header_end && row->arguments == TOOL_ARGS_JSON;
		if (is_stranger && has_headers)
			add_headers(m, row);
		else if (is_stranger)
			add_thought(m, row, false);
		if (row->mark_open && !row->is_front_only && !has_headers)
			add_row(m, row, false);
	}
}

static void add_controls(struct tool_marks *m)
{
	for (size_t i = 0; i < sizeof controls / sizeof *controls; i++)
		add(m, str_z(controls[i]),
			(struct tool_mark){ .kind = MARK_CONTROL, .row = m->own });
}

void tool_marks_init(struct tool_marks *m, const struct tool_format *own, enum tool_marks_of calls)
{
	bool is_stranger = own == &tool_format_rescue, is_json = own->arguments == TOOL_ARGS_JSON;
	*m = (struct tool_marks){ .own = own };
	bool has_calls = calls != MARKS_OF_NOBODY && own->mark_open;
	if (own->header_end) {
		add_headers(m, own);
	} else {
		add_thought(m, own, true);
		add_words(m, own);
	}
	if (has_calls && !own->is_front_only && !(own->header_end && is_json))
		add_row(m, own, !is_stranger);
	add_thought(m, &tool_format_hermes, false);
	if (has_calls && calls == MARKS_OF_ALL)
		add_foreign(m, is_stranger);
	if (has_calls)
		add_controls(m);
}

enum likeness tool_marks_at(const struct tool_marks *m, struct str s, const struct tool_mark **mark)
{
	enum likeness like = LIKE_NOTHING;
	*mark = NULL;
	if (!s.n || !m->begins[(unsigned char)s.p[0]])
		return LIKE_NOTHING;
	for (size_t i = 0; i < m->count; i++) {
		const struct tool_mark *one = &m->list[i];
		switch (tool_mark_at(one->text, s)) {
		case LIKE_NOTHING: break;
		case LIKE_BEGINNING: like = LIKE_BEGINNING; break;
		case LIKE_WHOLE:
			if (!*mark || one->text.n > (*mark)->text.n)
				*mark = one;
			break;
		}
	}
	return like == LIKE_BEGINNING ? like : *mark ? LIKE_WHOLE : LIKE_NOTHING;
}

/* ---- what stands behind a mark ---- */

static bool is_json_row(const struct tool_format *f)
{
	return f->arguments == TOOL_ARGS_JSON && str_starts(str_z(f->before_name), STR("{"));
}

/* A JSON object or list, perhaps in a fence. */
static enum likeness fits_json(struct str s, size_t *weight)
{
	s = str_from(s, tool_blanks(s));
	*weight = 1;
	if (!s.n)
		return LIKE_BEGINNING;
	return strchr("{[`", s.p[0]) && s.p[0] ? LIKE_WHOLE : LIKE_NOTHING;
}

/* What stands behind the head: the first letter of arguments in the row's syntax, or not. */
static enum likeness fits_args(const struct tool_format *f, struct str s, size_t *weight)
{
	size_t used;
	enum likeness head = tool_text_at(f->before_args ? f->before_args : "", s, NULL, &used);
	if (head != LIKE_WHOLE)
		return head == LIKE_BEGINNING ? head : LIKE_WHOLE;
	s = str_from(s, used);
	s = str_from(s, tool_blanks(s));
	if (!s.n)
		return LIKE_BEGINNING;
	if (f->arguments == TOOL_ARGS_PYTHON || f->arguments == TOOL_ARGS_BARE)
		return LIKE_WHOLE;
	if (s.p[0] == (f->arguments == TOOL_ARGS_JSON ? '{' : '<'))
		*weight += 1;
	return s.p[0] == '{' || s.p[0] == '<' ? LIKE_WHOLE : LIKE_NOTHING;
}

/* A name directly behind the mark, and behind it what the row has there. */
static enum likeness fits_name(const struct tool_format *f, struct str s, size_t *weight)
{
	const char *const nexts[] = { f->before_args, f->param_open, f->call_close, f->mark_close };
	size_t at = tool_blanks(s), n = tool_name_bytes(str_from(s, at)), used;
	struct str rest = str_from(s, at + n);
	enum likeness like = LIKE_NOTHING;
	if (n > NAME_LOOK_BYTES || (rest.n && !n))
		return LIKE_NOTHING;
	if (!rest.n)
		return LIKE_BEGINNING;
	struct str behind = rest;
	rest = str_from(rest, tool_blanks(rest));
	for (size_t i = 0; i < sizeof nexts / sizeof *nexts; i++) {
		struct str text = tool_text_first(nexts[i] ? nexts[i] : "");
		if (!text.n)
			continue;
		enum likeness one = tool_mark_at(text, rest);
		if (one == LIKE_WHOLE)
			return fits_args(f, behind, weight);
		like = one == LIKE_BEGINNING ? one : like;
	}
	if (f->arguments == TOOL_ARGS_JSON && tool_text_at("{", rest, NULL, &used) == LIKE_WHOLE)
		return LIKE_WHOLE;
	return rest.n ? like : LIKE_BEGINNING;
}

/* The texts of the row between its mark and the name. */
static size_t lead(const struct tool_format *f, struct str mark, const char *out[2])
{
	struct str section = str_z(f->section_open), open = str_z(f->call_open);
	size_t n = 0;
	if (section.n && str_starts(section, mark)) {
		if (section.n > mark.n)
			out[n++] = section.p + mark.n;
		if (open.n)
			out[n++] = open.p;
	} else if (str_starts(open, mark)) {
		if (open.n > mark.n)
			out[n++] = open.p + mark.n;
	}
	return n;
}

/* Whether a call of the row may stand behind its mark, and how much of it is letters of the row. */
static enum likeness fits(
	const struct tool_format *f, struct str mark, struct str s, size_t *weight)
{
	const char *texts[2];
	struct tool_holes holes;
	size_t n = lead(f, mark, texts), used;
	*weight = 0;
	if (is_json_row(f))
		return fits_json(s, weight);
	for (size_t i = 0; i < n; i++) {
		struct str text = str_trim(str_z(texts[i]));
		if (!text.n)
			continue;
		enum likeness like = tool_text_at(texts[i], s, &holes, &used);
		if (like != LIKE_WHOLE)
			return like;
		*weight += text.n;
		s = str_from(s, used);
	}
	if (*weight > 1)
		return LIKE_WHOLE;
	return fits_name(f, s, weight);
}

static bool shares(const struct tool_format *f, struct str mark)
{
	bool is_opener = f->section_open && str_eq_nocase(tool_text_tag(f->call_open), mark);
	return f->mark_open && (str_eq_nocase(str_z(f->mark_open), mark) ||
				       str_eq_nocase(str_z(f->mark_also), mark) || is_opener);
}

const struct tool_format *tool_marks_choose(
	const struct tool_mark *mark, struct str behind, enum likeness *like)
{
	const struct tool_format *best = NULL;
	size_t best_weight = 0, weight;
	bool is_open = false;
	/* The row asked for stands in front of all others. */
	const struct tool_format *row = mark->row;
	for (size_t i = 0; row; row = tool_formats[i++]) {
		if (!shares(row, mark->text))
			continue;
		enum likeness one = fits(row, mark->text, behind, &weight);
		is_open = is_open || one == LIKE_BEGINNING;
		if (one == LIKE_WHOLE && (!best || weight > best_weight)) {
			best = row;
			best_weight = weight;
		}
	}
	/* JSON is JSON, whoever writes it: any row may be followed by an object with a name. */
	if (!best && !is_open && fits_json(behind, &weight) == LIKE_WHOLE)
		best = &tool_format_hermes;
	*like = is_open ? LIKE_BEGINNING : best ? LIKE_WHOLE : LIKE_NOTHING;
	return is_open ? NULL : best;
}

struct str tool_marks_name(const struct tool_format *row, struct str s)
{
	size_t used = 0;
	const char *open = row->section_open ? row->section_open : "";
	if (tool_text_at(open, s, NULL, &used) == LIKE_WHOLE)
		s = str_from(s, used);
	s = str_from(s, tool_blanks(s));
	size_t n = tool_name_bytes(s);
	return n < s.n ? str_sub(s, 0, n) : STR("");
}
