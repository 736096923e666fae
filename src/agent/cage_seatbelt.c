/*
 * cage_seatbelt.c - the cage of macOS: a Seatbelt profile, through sandbox-exec.
 *
 * Everything may be read; only the allowed folders, the private temporary folder and the usual
 * devices may be written; no network. Compiled on macOS only. Written from the profile language as
 * the system's own profiles use it, not yet run on a Mac: the trial before first use decides
 * whether it is trusted.
 *
 * Layer: act
 */
#include "agent/cage_int.h"

#include <limits.h>

#include "base/must.h"

enum { PROFILE_BYTES = 64 * 1024 };

/* A path as a string of the profile's language. */
static void add_path(struct buf *profile, const char *path)
{
	buf_add_z(profile, " (subpath \"");
	for (const char *p = path; *p; p++) {
		if (*p == '"' || *p == '\\')
			buf_add_char(profile, '\\');
		buf_add_char(profile, *p);
	}
	buf_add_z(profile, "\")");
}

static bool open_row(struct cage *c, struct err *e)
{
	(void)c;
	(void)e;
	return true;
}

static void close_row(struct cage *c)
{
	(void)c;
}

static void wrap(const struct cage *c, struct arena *a, struct proc_spec *spec)
{
	struct buf profile;
	size_t count = 0;
	buf_init(&profile, PROFILE_BYTES);
	buf_add_z(&profile, "(version 1)(allow default)(deny network*)(deny file-write*)"
			    "(allow file-write* (literal \"/dev/null\") (literal \"/dev/zero\") "
			    "(literal \"/dev/tty\")");
	add_path(&profile, c->temp.p);
	for (size_t i = 0; i < paths_count(c->paths); i++)
		add_path(&profile, paths_root(c->paths, i));
	buf_add_z(&profile, ")");
	MUST(!profile.overflow);
	while (spec->argv[count])
		count++;
	const char **argv = arena_calloc(a, count + 4, sizeof *argv);
	argv[0] = "/usr/bin/sandbox-exec";
	argv[1] = "-p";
	argv[2] = arena_z(a, buf_str(&profile));
	for (size_t i = 0; i < count; i++)
		argv[3 + i] = spec->argv[i];
	buf_clear(&profile);
	spec->argv = argv;
}

const struct cage_row cage_seatbelt = {
	.name = "seatbelt",
	.open = open_row,
	.close = close_row,
	.wrap = wrap,
};
