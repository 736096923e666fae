/*
 * opt_help.c - help texts from option rows, 80 columns; see opt.h.
 */
#include "base/opt.h"

#include "base/limits.h"

enum { COLUMNS = 80, HELP_COLUMN = 28, NAMES_BYTES = 256 };

/* Characters, not bytes, of UTF-8. */
static size_t width_of(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xC0) != 0x80;
	return n;
}

/* Appends words to a line that is `column` wide already; lines after it are indented. */
static void wrap_words(struct str text, size_t column, size_t indent, struct buf *out)
{
	struct str word;
	bool is_first = true;
	while (str_cut(&text, ' ', &word)) {
		if (word.n == 0)
			continue;
		size_t width = width_of(word) + !is_first;
		if (!is_first && column + width > COLUMNS) {
			buf_add_char(out, '\n');
			buf_add_fill(out, ' ', indent);
			column = indent;
			is_first = true;
		}
		if (!is_first)
			buf_add_char(out, ' ');
		buf_add(out, word);
		column += width;
		is_first = false;
	}
	buf_add_char(out, '\n');
}

void opt_wrap(struct str text, size_t indent, struct buf *out)
{
	struct str line;
	while (str_cut(&text, '\n', &line)) {
		if (line.n)
			buf_add_fill(out, ' ', indent);
		wrap_words(line, indent, indent, out);
	}
}

static const char *arg_of(const struct opt *row)
{
	static const char *const words[OPT_KIND_COUNT] = {
		[OPT_TEXT] = "TEXT",
		[OPT_INT] = "N",
		[OPT_REAL] = "X",
		[OPT_CHOICE] = "WHICH",
		[OPT_LIST] = "TEXT",
	};
	static const char *const unit_words[OPT_UNIT_COUNT] = {
		[OPT_PLAIN] = "N",
		[OPT_TOKENS] = "N",
		[OPT_BYTES] = "SIZE",
		[OPT_MS] = "TIME",
	};
	if (row->arg)
		return row->arg;
	return row->kind == OPT_INT ? unit_words[row->unit] : words[row->kind];
}

/* "  -p, --port N" */
static void add_names(const struct opt *row, struct buf *out)
{
	if (row->is_positional) {
		buf_printf(out, "  %s", row->name);
		return;
	}
	if (row->letter)
		buf_printf(out, "  -%c, ", row->letter);
	else
		buf_add_z(out, "      ");
	bool is_on_already =
		row->kind == OPT_FLAG && row->initial && str_eq_z(STR("yes"), row->initial);
	buf_printf(out, "--%s%s", is_on_already ? "no-" : "", row->name);
	if (row->kind != OPT_FLAG)
		buf_printf(out, " %s", arg_of(row));
}

static void add_about(const struct opt *row, struct buf *out)
{
	buf_add_z(out, row->help ? row->help : "");
	for (int i = 0; row->kind == OPT_CHOICE && row->choices[i]; i++)
		buf_printf(out, "%s%s", i ? ", " : ": ", row->choices[i]);
	if (row->kind == OPT_LIST && !row->is_positional)
		buf_add_z(out, "; may be repeated");
	if (row->initial && row->kind != OPT_FLAG)
		buf_printf(out, " [%s]", row->initial);
	if (row->env)
		buf_printf(out, " (%s)", row->env);
}

static void add_row(const struct opt *row, struct buf *out)
{
	struct buf names, about;
	buf_init(&names, NAMES_BYTES);
	buf_init(&about, LIMIT_TEXT_FILE_BYTES);
	add_names(row, &names);
	add_about(row, &about);
	buf_add(out, buf_str(&names));
	size_t column = width_of(buf_str(&names));
	if (column + 2 > HELP_COLUMN) {
		buf_add_char(out, '\n');
		column = 0;
	}
	buf_add_fill(out, ' ', HELP_COLUMN - column);
	wrap_words(buf_str(&about), HELP_COLUMN, HELP_COLUMN, out);
	buf_clear(&names);
	buf_clear(&about);
}

void opt_usage(const struct opt *rows, struct buf *out)
{
	bool has_options = false;
	for (const struct opt *row = rows; row->name || row->help; row++)
		has_options = has_options || (row->name && !row->is_positional);
	if (has_options)
		buf_add_z(out, " [options]");
	for (const struct opt *row = rows; row->name || row->help; row++)
		if (row->name && row->is_positional)
			buf_printf(out, row->is_required ? " %s%s" : " [%s%s]", row->name,
				row->kind == OPT_LIST ? "..." : "");
}

void opt_help(const struct opt *rows, struct buf *out)
{
	for (const struct opt *row = rows; row->name || row->help; row++) {
		if (row->name)
			add_row(row, out);
		else
			buf_printf(out, "%s%s:\n", row == rows ? "" : "\n", row->help);
	}
}
