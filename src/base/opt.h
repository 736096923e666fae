/*
 * opt.h - options as rows: one table from which the command line is read, and help, completion and
 * the configuration file are made.
 *
 * A row says what an option is called and which field of the caller's struct it fills; the field's
 * C type says what kind of value it takes:
 *
 *   bool             a flag (--name, --no-name)
 *   struct str       text, NUL-terminated
 *   int64_t          a whole number; with a unit, tokens ("32k"), bytes ("8GiB"; k, m, g, t are
 * powers of 1024) or milliseconds ("90s", "5m", "1.5h"; without a letter, seconds) double a number
 *   int, an enum     the index of one of `choices`
 *   struct opt_list  text that may come several times
 *
 * Where a value comes from, the strongest first: command line, environment, configuration file
 * (key = the option's name, in the command's section), `initial`. A table ends with OPT_END.
 * Nothing here prints.
 */
#ifndef OFFGRID_BASE_OPT_H
#define OFFGRID_BASE_OPT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/config.h"
#include "base/err.h"

struct opt_list {
	const struct str *items;
	size_t count;
};

enum opt_kind { OPT_FLAG, OPT_TEXT, OPT_INT, OPT_REAL, OPT_CHOICE, OPT_LIST, OPT_KIND_COUNT };
enum opt_unit { OPT_PLAIN, OPT_TOKENS, OPT_BYTES, OPT_MS, OPT_UNIT_COUNT };
enum opt_completes { OPT_NOTHING, OPT_FILES, OPT_DIRS };

struct opt {
	const char *name; /* "max-tokens"; of a positional argument the word in the usage: "TASK" */
	char letter;      /* 0: none */
	bool is_positional; /* taken in the order of the rows; a list takes all that follow */
	bool is_required;
	bool line_only; /* not from the configuration file */
	enum opt_kind kind;
	enum opt_unit unit;
	size_t at;                  /* where the field is; OPT_INTO sets kind and at */
	const char *arg;            /* the value's name in help: "FILE" */
	const char *initial;        /* as it would be written; NULL: zero, empty, off */
	const char *env;            /* the variable it may come from; NULL: none */
	const char *const *choices; /* NULL-terminated */
	int64_t min, max;           /* of a whole number, where they differ */
	enum opt_completes completes;
	const char *help; /* one sentence, lower case, no full stop; alone in a row: a heading */
};

/* clang-format off */
#define OPT_INTO(type, field)                                \
	.kind = _Generic(((type *)0)->field,                 \
		bool: OPT_FLAG,                              \
		struct str: OPT_TEXT,                        \
		int64_t: OPT_INT,                            \
		double: OPT_REAL,                            \
		int: OPT_CHOICE,                             \
		unsigned: OPT_CHOICE,                        \
		struct opt_list: OPT_LIST),                  \
	.at = offsetof(type, field)
#define OPT_HEADING(text) { .help = (text) }
#define OPT_END { .help = NULL }
/* clang-format on */

struct opt_source {
	int argc; /* without the program's and the command's name */
	const char *const *argv;
	const struct config *config; /* may be NULL */
	const char *section;         /* of the configuration file */
};

/* Fills `into`; texts live in the arena. ERR_USAGE names the option, where it stood and the nearest
 * valid one. */
bool opt_parse(const struct opt *rows, const struct opt_source *from, void *into, struct arena *a,
	struct err *e);

/* --help or -h is among the arguments, before any "--". */
bool opt_wants_help(int argc, const char *const *argv);

/* " [options] [TASK]" appended, from the rows. */
void opt_usage(const struct opt *rows, struct buf *out);
/* The list of options, 80 columns. */
void opt_help(const struct opt *rows, struct buf *out);
/* Words wrapped at 80 columns, each line with this indent; blank lines separate paragraphs. */
void opt_wrap(struct str text, size_t indent, struct buf *out);

/* A command as completion sees it. */
struct opt_command {
	const char *name, *about;
	const struct opt *rows;
};

/* The script for a shell ("bash", "zsh", "fish"); ERR_USAGE for another. */
bool opt_completion(const char *shell, const char *program, const struct opt_command *commands,
	size_t count, struct buf *out, struct err *e);

#endif
