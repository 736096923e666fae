/*
 * client.h - what we know of the programs that people use: where their configuration lies, what has
 * to stand in it, what takes their tools away, what is only believed to do something.
 *
 * A client is one row of data. Values and paths have holes that are filled from the target, the
 * server and model to be used: {url} (without /v1 and without a slash at the end), {model}, {key},
 * {context} and {output} (tokens), {compact} (four fifths of the context), {share} (the same as a
 * share of 1,048,576 tokens), {patience} (ms). Sources are the programs' own packages as measured,
 * of the version that the row names.
 *
 * Other files, and variables of the environment, may outweigh what we wrote. They are looked at,
 * never changed.
 *
 * Constant data and pure functions.
 */
#ifndef OFFGRID_CLIENT_CLIENT_H
#define OFFGRID_CLIENT_CLIENT_H

#include "client/conf.h"

/* A file or text that outweighs one of the client's own where it is. */
struct client_over {
	unsigned file;
	const char *place; /* "./x": where the program is started; "/x"; "$NAME": the file that a
			      variable names; "=NAME": the text that it holds */
};

/* What a setting is for: what goes wrong without it. */
enum client_weight {
	CLIENT_NEEDED,   /* it does not reach the model */
	CLIENT_LIMIT,    /* it sends more than fits, or asks for more than there is room for */
	CLIENT_PATIENCE, /* it gives up while a long prompt is being read */
	CLIENT_QUIET,    /* it works, but sends what a machine without a network cannot use */
	CLIENT_ONCE, /* a file needs it to be valid, or the program puts it there: what stands there
			is left */
	CLIENT_LISTED, /* a list of what may be used, "…/[]": where there is one, it must name us */
	CLIENT_WEIGHT_COUNT
};

extern const char *const client_weight_names[CLIENT_WEIGHT_COUNT]; /* "needed", "limit", … */

enum { CLIENT_FILES = 2 };

struct client_file {
	const char *place; /* "~/.codex/config.toml" */
	const char *also;  /* another name, used if it exists; or NULL */
	enum conf_format format;
	const char *env; /* what a variable's name begins with that outweighs a top key of its: "",
			    "AIDER_"; the rest is the key in capitals. NULL: there are none */
};

struct client_setting {
	unsigned file; /* which of the client's */
	enum client_weight weight;
	const char *path;  /* conf.h, with holes */
	const char *value; /* JSON with holes */
	const char *why;
};

/* A setting that takes tools away, or one that is believed to do something and does not. */
struct client_warning {
	unsigned file;
	const char *path;  /* "…/[]": a list that does so as far as it names something */
	const char *value; /* JSON: only this value is meant; NULL: any */
	const char *mend;  /* JSON: what connecting puts there; NULL: it is only told */
	bool is_placebo;
	const char *why;
};

struct client {
	const char *name;      /* "opencode" */
	const char *title;     /* "OpenCode" */
	const char *program;   /* what is looked for in PATH; NULL: any, set up by hand */
	const char *measured;  /* "opencode-ai 1.18.33"; NULL: known from its source only */
	const char *dialect;   /* the row of chat/dialect.h that it speaks to us */
	int64_t least_context; /* tokens; 0: any */
	const char *note;      /* what else its user should know, or NULL */
	/* A variable whose value stands for the beginning of its places: CODEX_HOME for
	 * "~/.codex/"; or NULL. */
	struct {
		const char *by, *what;
	} moved;
	struct client_file files[CLIENT_FILES];
	const struct client_over *over;        /* ends with one without a place; NULL: none */
	const struct client_setting *settings; /* ends with one without a path */
	const struct client_warning *warnings; /* likewise; NULL: none */
	/* Started with a configuration that is thrown away: words before those of the user, and
	 * "NAME=value" for its environment beside that which moves its places; with holes, {home}
	 * too, ending with NULL. */
	const char *const *launch_words;
	const char *const *launch_env;
};

extern const struct client clients[];
extern const size_t client_count;

/* The row of that name, or NULL with ERR_USAGE that names the nearest one. */
const struct client *client_find(struct str name, struct err *e);

struct client_target {
	struct str url, model, key;
	int64_t context, output; /* tokens */
};

enum { CLIENT_PATIENCE_MS = 3600 * 1000 };

/* The text with its holes filled; in JSON (`is_json`) what is filled in is escaped. */
struct str client_fill(
	struct arena *a, const char *text, const struct client_target *t, bool is_json);

/* Puts all settings that belong to this file into its text. */
bool client_write(const struct client *c, unsigned file, const struct client_target *t,
	struct arena *a, struct buf *text, struct err *e);

/* What is not as it should be in a file. */
struct client_finding {
	enum { CLIENT_MISSING, CLIENT_DIFFERS, CLIENT_TOOLS_OFF, CLIENT_PLACEBO } kind;
	enum client_weight weight;   /* of what is missing or differs */
	struct str path, is, should; /* JSON texts; `is` empty: nothing stands there */
	const char *why;
	bool is_secret; /* `is` and `should` are or hold a key */
	bool can_mend;  /* connecting does */
};

struct client_findings {
	struct client_finding *list;
	size_t count;
};

/* Everything in the arena. False if the file cannot be read. */
bool client_check(const struct client *c, unsigned file, struct str text,
	const struct client_target *t, struct arena *a, struct client_findings *out, struct err *e);

/* The same for a text that outweighs the file: what it does not hold is no finding, and what it
 * holds cannot be mended by us. */
bool client_check_over(const struct client *c, unsigned file, struct str text,
	const struct client_target *t, struct arena *a, struct client_findings *out, struct err *e);

#endif
