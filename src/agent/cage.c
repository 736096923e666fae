/*
 * cage.c - choosing a cage and starting commands in it; see cage.h.
 *
 * Layer: act
 */
#include "agent/cage.h"

#include <unistd.h>

#include "agent/cage_int.h"
#include "base/env.h"
#include "base/fs.h"
#include "base/must.h"

enum { TRIAL_MS = 5000, MOST_ARGS = 8 };

/* What models write is bash more often than not. */
static const char *shell(void)
{
	return access("/bin/bash", X_OK) == 0 ? "/bin/bash" : "/bin/sh";
}

void cage_wrap(const struct cage *c, struct arena *a, struct str command, struct proc_spec *spec)
{
	const char **argv = arena_calloc(a, MOST_ARGS, sizeof *argv);
	argv[0] = shell();
	argv[1] = "-c";
	argv[2] = arena_z(a, command);
	spec->argv = argv;
	spec->dir = paths_root(c->paths, 0);
	const char *inside = c->row ? c->row->temp_inside : NULL;
	struct str temp = arena_printf(a, "TMPDIR=%s", inside ? inside : c->temp.p);
	const char *more[] = { temp.p, "TERM=dumb", "NO_COLOR=1", "PAGER=cat", "GIT_PAGER=cat",
		"GIT_TERMINAL_PROMPT=0", NULL };
	spec->env = env_for_child(a, more);
	if (c->row)
		c->row->wrap(c, a, spec);
}

/* Runs a command that does nothing in it. */
static bool try_out(const struct cage *c, struct err *e)
{
	struct arena *a = arena_new();
	struct proc_spec spec = { .io = PROC_MERGED, .deadline_ms = TRIAL_MS };
	struct proc_result result;
	cage_wrap(c, a, STR("exit 0"), &spec);
	bool ok = proc_run(&spec, &result, e);
	if (ok) {
		struct buf said;
		buf_init(&said, ERR_WHAT_BYTES);
		buf_add(&said, str_trim(buf_str(&result.out[PROC_OUT].head)));
		if (result.exit_code != 0)
			ok = fail(e, ERR_BROKEN, LAYER_ACT, "%s does not work here: %s",
				c->row->name, said.n ? buf_z(&said) : "it ended with an error");
		buf_clear(&said);
		proc_result_clear(&result);
	}
	arena_free(a);
	return ok;
}

static bool close_with(struct cage *c, const struct cage_row *row, struct err *e)
{
	c->row = row;
	if (row->open(c, e)) {
		if (try_out(c, e))
			return true;
		row->close(c);
	}
	c->row = NULL;
	return false;
}

static bool make_temp(struct cage *c, struct err *e)
{
	struct str made;
	if (!fs_temp_dir(c->arena, "offgrid-tmp", &made, e))
		return false;
	char *real = realpath(made.p, NULL);
	MUST(real);
	c->temp = arena_str(c->arena, str_z(real));
	free(real);
	return true;
}

/* The first row of that name ("auto": of any name) that works. The first reason why not is kept. */
static bool choose(struct cage *c, struct str name, struct err *e)
{
	bool is_auto = str_eq_z(name, "auto"), is_known = is_auto || str_eq_z(name, "none");
	for (size_t i = 0; cage_rows[i]; i++) {
		if (!is_auto && !str_eq_z(name, cage_rows[i]->name))
			continue;
		is_known = true;
		if (close_with(c, cage_rows[i], &c->why))
			return true;
	}
	if (!is_known)
		return fail(
			e, ERR_USAGE, LAYER_ACT, "there is no cage named %.*s here", STR_ARG(name));
	fail(&c->why, ERR_NOT_FOUND, LAYER_ACT, "%s",
		is_auto ? "this system has no cage that we know" : "switched off");
	if (is_auto || str_eq_z(name, "none"))
		return true;
	*e = c->why;
	return false;
}

struct cage *cage_new(const struct paths *paths, const char *name, struct err *e)
{
	struct cage *c = must_calloc(1, sizeof *c);
	c->paths = paths;
	c->arena = arena_new();
	c->ruleset_fd = -1;
	if (make_temp(c, e) && choose(c, str_z(name), e))
		return c;
	cage_free(c);
	return NULL;
}

void cage_free(struct cage *c)
{
	if (!c)
		return;
	struct err ignored = { 0 };
	if (c->row)
		c->row->close(c);
	if (c->temp.n)
		fs_remove_tree(c->temp.p, &ignored);
	arena_free(c->arena);
	free(c);
}

bool cage_is_closed(const struct cage *c)
{
	return c->row != NULL;
}

const char *cage_name(const struct cage *c)
{
	return c->row ? c->row->name : "none";
}

const char *cage_why_open(const struct cage *c)
{
	return c->row ? "" : c->why.what;
}
