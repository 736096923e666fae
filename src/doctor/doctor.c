/*
 * doctor.c - running probes from the ground up, and saying what came out; see doctor.h.
 */
#include "doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/must.h"
#include "base/opt.h"

const char *const outcome_names[] = {
	[OUTCOME_NOT_RUN] = "not run",
	[OUTCOME_PASS] = "pass",
	[OUTCOME_FAIL] = "fail",
};

_Static_assert(sizeof outcome_names / sizeof outcome_names[0] == OUTCOME_COUNT,
	"a name for every verdict");

static struct str words(struct doctor *d, const char *format, va_list args)
{
	char line[ERR_WHAT_BYTES];
	vsnprintf(line, sizeof line, format, args);
	return arena_str(d->arena, str_z(line));
}

void finding_pass(struct doctor *d, struct finding *f, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	f->evidence = words(d, format, args);
	va_end(args);
	f->outcome = OUTCOME_PASS;
}

void finding_skip(struct doctor *d, struct finding *f, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	f->evidence = words(d, format, args);
	va_end(args);
	f->outcome = OUTCOME_NOT_RUN;
}

void finding_fail(struct doctor *d, struct finding *f, const struct err *e)
{
	f->err = *e;
	f->evidence = arena_str(d->arena, str_z(e->what));
	f->outcome = OUTCOME_FAIL;
}

static size_t index_of(const struct probe *const *table, size_t count, struct str id)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_z(id, table[i]->id))
			return i;
	return SIZE_MAX;
}

/* The first probe needed that did not pass, or SIZE_MAX. A need that the table lacks is a mistake
 * of ours. */
static size_t missing_ground(
	const struct probe *const *table, const struct finding *findings, size_t self)
{
	struct str rest = str_z(table[self]->needs), id;
	while (str_cut(&rest, ' ', &id)) {
		if (id.n == 0)
			continue;
		size_t at = index_of(table, self, id);
		MUST(at != SIZE_MAX);
		if (findings[at].outcome != OUTCOME_PASS)
			return at;
	}
	return SIZE_MAX;
}

static void run_one(
	struct doctor *d, const struct probe *const *table, struct finding *findings, size_t i)
{
	size_t ground = missing_ground(table, findings, i);
	struct finding *f = &findings[i];
	*f = (struct finding){ .outcome = OUTCOME_NOT_RUN };
	if (ground != SIZE_MAX) {
		finding_skip(d, f, "stands on %s, which did not pass", table[ground]->id);
		return;
	}
	int64_t began = clock_ms();
	table[i]->run(d, f);
	f->took_ms = clock_ms() - began;
}

bool doctor_run(struct doctor *d, const struct probe *const *table, size_t count,
	struct finding *findings,
	void (*shown)(void *owner, const struct probe *p, const struct finding *f), void *owner,
	struct err *e)
{
	if (!fs_temp_dir(d->arena, "offgrid-doctor", &d->scratch, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		run_one(d, table, findings, i);
		if (shown)
			shown(owner, table[i], &findings[i]);
	}
	return fs_remove_tree(d->scratch.p, e);
}

size_t doctor_first_broken(const struct finding *findings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (findings[i].outcome == OUTCOME_FAIL)
			return i;
	return SIZE_MAX;
}

enum layer doctor_layer(const struct probe *p, const struct finding *f)
{
	bool is_named = f->outcome == OUTCOME_FAIL && f->err.layer != LAYER_NONE;
	return is_named ? f->err.layer : p->layer;
}

struct mark {
	const char *sign, *color;
};

static const struct mark marks[] = {
	[OUTCOME_NOT_RUN] = { "·", "\033[2m" },
	[OUTCOME_PASS] = { "✓", "\033[32m" },
	[OUTCOME_FAIL] = { "✗", "\033[31m" },
};

enum { EVIDENCE_COLUMN = 26, MEND_COLUMN = 11, LINE_MAX_BYTES = 64 * 1024 };

/* Words wrapped under the column, without the indent of their first line: `out` stands there
 * already. */
static void add_hanging(struct buf *out, struct str text, size_t column)
{
	struct buf wrapped;
	buf_init(&wrapped, LINE_MAX_BYTES);
	opt_wrap(text, column, &wrapped);
	if (wrapped.n > column)
		buf_add(out, str_from(buf_str(&wrapped), column));
	else
		buf_add_char(out, '\n');
	buf_clear(&wrapped);
}

void doctor_line(const struct probe *p, const struct finding *f, bool has_color, struct buf *out)
{
	const struct mark *m = &marks[f->outcome];
	struct buf text;
	buf_init(&text, LINE_MAX_BYTES);
	buf_printf(&text, "%s%.*s", f->outcome == OUTCOME_NOT_RUN ? "not run: " : "",
		STR_ARG(f->evidence));
	buf_printf(out, "  %s%s%s %-6s %-14s ", has_color ? m->color : "", m->sign,
		has_color ? "\033[0m" : "", layers[doctor_layer(p, f)].name, p->id);
	add_hanging(out, buf_str(&text), EVIDENCE_COLUMN);
	if (f->warning.n) {
		buf_add_z(out, "      note ");
		add_hanging(out, f->warning, MEND_COLUMN);
	}
	if (f->outcome == OUTCOME_FAIL && f->err.mend[0]) {
		buf_add_z(out, "      try: ");
		add_hanging(out, str_z(f->err.mend), MEND_COLUMN + 1);
	}
	buf_clear(&text);
}

json_t *doctor_json(const struct probe *const *table, const struct finding *findings, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		const struct finding *f = &findings[i];
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:I}", "id", table[i]->id,
				"layer", layers[doctor_layer(table[i], f)].name, "title",
				table[i]->title, "verdict", outcome_names[f->outcome], "evidence",
				js_new_text(f->evidence), "warning", js_new_text(f->warning),
				"mend", f->err.mend, "took_ms", (json_int_t)f->took_ms));
	}
	size_t broken = doctor_first_broken(findings, count);
	json_t *first =
		broken == SIZE_MAX
			? json_null()
			: json_string(layers[doctor_layer(table[broken], &findings[broken])].name);
	return json_pack("{s:o, s:o}", "first_broken_layer", first, "probes", list);
}
