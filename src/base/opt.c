/*
 * opt.c - options from the command line, the environment and the configuration file; see opt.h.
 *
 * Each source has a rank. A value replaces what a weaker source set; a list starts anew when a
 * stronger source brings its first item, and grows within one source.
 */
#include "base/opt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "base/nearest.h"

enum rank { RANK_NONE, RANK_INITIAL, RANK_CONFIG, RANK_ENV, RANK_LINE };

struct parser {
	const struct opt *rows;
	char *into;
	struct arena *arena;
	enum rank *ranks; /* one a row: who set it last */
	struct err *e;
};

static bool is_end(const struct opt *row)
{
	return !row->name && !row->help;
}

static bool is_option(const struct opt *row)
{
	return row->name && !row->is_positional;
}

static size_t count_rows(const struct opt *rows)
{
	size_t n = 0;
	while (!is_end(&rows[n]))
		n++;
	return n;
}

/* ---- values ---- */

struct unit_row {
	enum opt_unit unit;
	const char *suffix;
	int64_t factor;
};

enum { S = 1000, MIN = 60 * S, HOUR = 60 * MIN, DAY = 24 * HOUR };

static const struct unit_row units[] = {
	{ OPT_PLAIN, "", 1 },
	{ OPT_TOKENS, "", 1 },
	{ OPT_TOKENS, "k", (int64_t)KIB },
	{ OPT_TOKENS, "m", (int64_t)MIB },
	{ OPT_BYTES, "", 1 },
	{ OPT_BYTES, "b", 1 },
	{ OPT_BYTES, "k", (int64_t)KIB },
	{ OPT_BYTES, "kb", (int64_t)KIB },
	{ OPT_BYTES, "kib", (int64_t)KIB },
	{ OPT_BYTES, "m", (int64_t)MIB },
	{ OPT_BYTES, "mb", (int64_t)MIB },
	{ OPT_BYTES, "mib", (int64_t)MIB },
	{ OPT_BYTES, "g", (int64_t)GIB },
	{ OPT_BYTES, "gb", (int64_t)GIB },
	{ OPT_BYTES, "gib", (int64_t)GIB },
	{ OPT_BYTES, "t", (int64_t)(1024 * GIB) },
	{ OPT_BYTES, "tb", (int64_t)(1024 * GIB) },
	{ OPT_BYTES, "tib", (int64_t)(1024 * GIB) },
	{ OPT_MS, "ms", 1 },
	{ OPT_MS, "", S },
	{ OPT_MS, "s", S },
	{ OPT_MS, "m", MIN },
	{ OPT_MS, "min", MIN },
	{ OPT_MS, "h", HOUR },
	{ OPT_MS, "d", DAY },
};

static const char *const unit_examples[OPT_UNIT_COUNT] = {
	[OPT_PLAIN] = "a whole number",
	[OPT_TOKENS] = "a number of tokens like 4096 or 32k",
	[OPT_BYTES] = "a size like 500m or 8GiB",
	[OPT_MS] = "a time like 90s or 5m",
};

static const struct unit_row *find_unit(enum opt_unit unit, struct str suffix)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (units[i].unit == unit && str_eq_nocase(str_z(units[i].suffix), suffix))
			return &units[i];
	return NULL;
}

static bool read_number(enum opt_unit unit, struct str value, int64_t *out)
{
	size_t digits = 0;
	while (digits < value.n && strchr("+-.0123456789", value.p[digits]))
		digits++;
	const struct unit_row *row = find_unit(unit, str_from(value, digits));
	struct str number = str_sub(value, 0, digits);
	if (!row)
		return false;
	if (str_to_i64(number, out))
		return !__builtin_mul_overflow(*out, row->factor, out);
	double real;
	if (unit == OPT_PLAIN || !str_to_double(number, &real))
		return false;
	real *= (double)row->factor;
	if (real < -0x1p62 || real > 0x1p62)
		return false;
	*out = (int64_t)real;
	return true;
}

static bool take_flag(
	struct parser *p, const struct opt *row, void *field, struct str value, const char *where)
{
	static const struct {
		const char *word;
		bool is_on;
	} words[] = { { "yes", true }, { "true", true }, { "on", true }, { "1", true },
		{ "no", false }, { "false", false }, { "off", false }, { "0", false } };
	(void)row;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (str_eq_z(value, words[i].word)) {
			*(bool *)field = words[i].is_on;
			return true;
		}
	return fail(p->e, ERR_USAGE, LAYER_NONE, "%s: \"%.*s\" is neither yes nor no", where,
		STR_ARG(value));
}

static bool take_text(
	struct parser *p, const struct opt *row, void *field, struct str value, const char *where)
{
	(void)row;
	(void)where;
	*(struct str *)field = arena_str(p->arena, value);
	return true;
}

static bool take_int(
	struct parser *p, const struct opt *row, void *field, struct str value, const char *where)
{
	int64_t n;
	if (!read_number(row->unit, value, &n))
		return fail(p->e, ERR_USAGE, LAYER_NONE, "%s: \"%.*s\" is not %s", where,
			STR_ARG(value), unit_examples[row->unit]);
	if (row->min != row->max && (n < row->min || n > row->max))
		return fail(p->e, ERR_USAGE, LAYER_NONE, "%s: %.*s is not between %lld and %lld",
			where, STR_ARG(value), (long long)row->min, (long long)row->max);
	*(int64_t *)field = n;
	return true;
}

static bool take_real(
	struct parser *p, const struct opt *row, void *field, struct str value, const char *where)
{
	(void)row;
	return str_to_double(value, field) ||
	       fail(p->e, ERR_USAGE, LAYER_NONE, "%s: \"%.*s\" is not a number", where,
		       STR_ARG(value));
}

static bool take_choice(
	struct parser *p, const struct opt *row, void *field, struct str value, const char *where)
{
	struct nearest near = nearest_to(value);
	struct buf all;
	buf_init(&all, ERR_WHAT_BYTES);
	for (int i = 0; row->choices[i]; i++) {
		if (str_eq_z(value, row->choices[i])) {
			*(int *)field = i;
			buf_clear(&all);
			return true;
		}
		nearest_try(&near, str_z(row->choices[i]));
		buf_printf(&all, "%s%s", i ? ", " : "", row->choices[i]);
	}
	fail(p->e, ERR_USAGE, LAYER_NONE, "%s: \"%.*s\" is not one of %s", where, STR_ARG(value),
		buf_z(&all));
	buf_clear(&all);
	return near.best.n ? err_mend(p->e, "%.*s", STR_ARG(near.best)) : false;
}

static bool take_item(
	struct parser *p, const struct opt *row, void *field, struct str value, const char *where)
{
	(void)row;
	(void)where;
	struct opt_list *list = field;
	/* Lists of a command line are short: copying each time is nothing. */
	struct str *items = arena_calloc(p->arena, list->count + 1, sizeof *items);
	if (list->count)
		memcpy(items, list->items, list->count * sizeof *items);
	items[list->count] = arena_str(p->arena, value);
	*list = (struct opt_list){ items, list->count + 1 };
	return true;
}

typedef bool taker(
	struct parser *p, const struct opt *row, void *field, struct str value, const char *where);

static taker *const takers[OPT_KIND_COUNT] = {
	[OPT_FLAG] = take_flag,
	[OPT_TEXT] = take_text,
	[OPT_INT] = take_int,
	[OPT_REAL] = take_real,
	[OPT_CHOICE] = take_choice,
	[OPT_LIST] = take_item,
};

static bool take(struct parser *p, const struct opt *row, struct str value, enum rank rank,
	const char *where)
{
	size_t index = (size_t)(row - p->rows);
	void *field = p->into + row->at;
	if (rank < p->ranks[index])
		return true;
	if (rank > p->ranks[index] && row->kind == OPT_LIST)
		*(struct opt_list *)field = (struct opt_list){ NULL, 0 };
	p->ranks[index] = rank;
	return takers[row->kind](p, row, field, value, where);
}

/* ---- the command line ---- */

struct line {
	int argc, at;
	const char *const *argv;
	const struct opt *next_positional;
};

static const struct opt *find_option(const struct opt *rows, struct str name)
{
	for (const struct opt *row = rows; !is_end(row); row++)
		if (is_option(row) && str_eq_z(name, row->name))
			return row;
	return NULL;
}

static bool unknown(struct parser *p, struct str name, const char *where)
{
	struct nearest near = nearest_to(name);
	for (const struct opt *row = p->rows; !is_end(row); row++)
		if (is_option(row))
			nearest_try(&near, str_z(row->name));
	fail(p->e, ERR_USAGE, LAYER_NONE, "%s: there is no such option", where);
	if (near.best.n)
		return err_mend(p->e, "--%.*s", STR_ARG(near.best));
	return err_mend(p->e, "--help, it lists the options");
}

/* The value of an option: behind '=', or else the next argument. */
static bool take_with_value(
	struct parser *p, struct line *line, const struct opt *row, struct str value)
{
	char where[128];
	snprintf(where, sizeof where, "--%s", row->name);
	if (value.p)
		return take(p, row, value, RANK_LINE, where);
	if (row->kind == OPT_FLAG)
		return take(p, row, STR("yes"), RANK_LINE, where);
	if (line->at == line->argc) {
		fail(p->e, ERR_USAGE, LAYER_NONE, "%s: its value is missing", where);
		return err_mend(p->e, "%s %s", where, row->arg ? row->arg : "VALUE");
	}
	return take(p, row, str_z(line->argv[line->at++]), RANK_LINE, where);
}

static bool take_long(struct parser *p, struct line *line, struct str arg)
{
	struct str value = arg, name;
	str_cut(&value, '=', &name);
	if (name.n == arg.n)
		value = str_z(NULL);
	const struct opt *row = find_option(p->rows, name);
	if (row)
		return take_with_value(p, line, row, value);
	const struct opt *denied =
		str_starts(name, STR("no-")) ? find_option(p->rows, str_from(name, 3)) : NULL;
	if (denied && denied->kind == OPT_FLAG && !value.p)
		return take_with_value(p, line, denied, STR("no"));
	char where[128];
	snprintf(where, sizeof where, "--%.*s", STR_ARG(name));
	return unknown(p, name, where);
}

/* "-abVALUE": flags may stand together, the first one that takes a value takes the rest. */
static bool take_letters(struct parser *p, struct line *line, struct str letters)
{
	bool ok = true;
	while (ok && letters.n) {
		const struct opt *row = p->rows;
		while (!is_end(row) && !(is_option(row) && row->letter == letters.p[0]))
			row++;
		char where[] = { '-', letters.p[0], 0 };
		if (is_end(row))
			return unknown(p, str_z(NULL), where);
		letters = str_from(letters, 1);
		bool has_value = row->kind != OPT_FLAG && letters.n;
		ok = take_with_value(p, line, row, has_value ? letters : str_z(NULL));
		if (row->kind != OPT_FLAG)
			break;
	}
	return ok;
}

static bool take_positional(struct parser *p, struct line *line, struct str arg)
{
	const struct opt *row = line->next_positional;
	while (!is_end(row) && !row->is_positional)
		row++;
	if (is_end(row)) {
		fail(p->e, ERR_USAGE, LAYER_NONE, "\"%.*s\" is one argument too many",
			STR_ARG(arg));
		return err_mend(p->e, "quotes around words that belong together");
	}
	line->next_positional = row->kind == OPT_LIST ? row : row + 1;
	return take(p, row, arg, RANK_LINE, row->name);
}

static bool take_line(struct parser *p, const struct opt_source *from)
{
	struct line line = { from->argc, 0, from->argv, p->rows };
	bool only_positional = false, ok = true;
	while (ok && line.at < line.argc) {
		struct str arg = str_z(line.argv[line.at++]);
		if (only_positional || arg.n < 2 || arg.p[0] != '-')
			ok = take_positional(p, &line, arg);
		else if (str_eq(arg, STR("--")))
			only_positional = true;
		else if (arg.p[1] == '-')
			ok = take_long(p, &line, str_from(arg, 2));
		else
			ok = take_letters(p, &line, str_from(arg, 1));
	}
	return ok;
}

/* ---- the other sources ---- */

static bool take_initials(struct parser *p)
{
	bool ok = true;
	for (const struct opt *row = p->rows; ok && !is_end(row); row++)
		if (row->initial)
			ok = take(p, row, str_z(row->initial), RANK_INITIAL, row->name);
	MUST(ok);
	return ok;
}

static bool take_config(struct parser *p, const struct opt_source *from)
{
	bool ok = true;
	for (size_t i = 0; ok && i < config_count(from->config); i++) {
		const struct config_entry *entry = config_get(from->config, i);
		if (!str_eq_z(entry->section, from->section) || entry->name.n)
			continue;
		const struct opt *row = find_option(p->rows, entry->key);
		struct str where = arena_printf(p->arena, "%s:%d: %s", config_path(from->config),
			entry->line, entry->key.p);
		ok = row && !row->line_only ? take(p, row, entry->value, RANK_CONFIG, where.p)
					    : unknown(p, entry->key, where.p);
	}
	return ok;
}

static bool take_env(struct parser *p)
{
	bool ok = true;
	for (const struct opt *row = p->rows; ok && !is_end(row); row++) {
		const char *value = row->env ? getenv(row->env) : NULL;
		if (value && *value)
			ok = take(p, row, str_z(value), RANK_ENV, row->env);
	}
	return ok;
}

static bool check_required(struct parser *p)
{
	for (const struct opt *row = p->rows; !is_end(row); row++)
		if (row->is_required && p->ranks[row - p->rows] == RANK_NONE)
			return fail(p->e, ERR_USAGE, LAYER_NONE, "%s%s is missing: %s",
				row->is_positional ? "" : "--", row->name, row->help);
	return true;
}

bool opt_parse(const struct opt *rows, const struct opt_source *from, void *into, struct arena *a,
	struct err *e)
{
	struct parser p = { .rows = rows, .into = into, .arena = a, .e = e };
	p.ranks = arena_calloc(a, count_rows(rows) + 1, sizeof *p.ranks);
	return take_initials(&p) && take_config(&p, from) && take_env(&p) && take_line(&p, from) &&
	       check_required(&p);
}

bool opt_wants_help(int argc, const char *const *argv)
{
	for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	return false;
}
