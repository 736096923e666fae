/*
 * cage_bubblewrap.c - the cage made of namespaces, through the bwrap program.
 *
 * The whole file system is mounted read-only, then on top of it: a private /tmp, an empty /run (its
 * sockets lead to services outside), the allowed folders writable, git's hooks and configuration in
 * them read-only again, and the places where keys are kept hidden. Own network, process and IPC
 * namespaces; no capabilities; it dies with us.
 *
 * Layer: act
 */
#include "agent/cage_int.h"

#include "base/env.h"
#include "base/fs.h"
#include "base/must.h"

enum { FIRST_ROOM = 64 };

/* Below the home directory. */
static const char *const secret_folders[] = { ".ssh", ".gnupg", ".aws", ".azure", ".kube",
	".docker", ".config/gcloud", ".config/gh", ".password-store", ".local/share/keyrings" };
static const char *const secret_files[] = { ".netrc", ".git-credentials", ".npmrc", ".pypirc" };
/* Inside .git: what there would run outside the cage. */
static const char *const git_traps[] = { "hooks", "config" };

struct args {
	struct arena *arena;
	const char **items;
	size_t count, room;
};

static void add(struct args *to, const char *arg)
{
	if (to->count == to->room) {
		size_t wider = to->room ? to->room * 2 : FIRST_ROOM;
		const char **items = arena_calloc(to->arena, wider, sizeof *items);
		for (size_t i = 0; i < to->count; i++)
			items[i] = to->items[i];
		to->items = items;
		to->room = wider;
	}
	to->items[to->count++] = arg;
}

static void add2(struct args *to, const char *flag, const char *path)
{
	add(to, flag);
	add(to, path);
}

static void add3(struct args *to, const char *flag, const char *from, const char *path)
{
	add2(to, flag, from);
	add(to, path);
}

static bool is_below(struct str path, struct str folder)
{
	return str_starts(path, folder) && (path.n == folder.n || path.p[folder.n] == '/');
}

/* Hiding a folder that an allowed one lies in would hide that too. */
static bool holds_allowed(const struct cage *c, struct str folder)
{
	for (size_t i = 0; i < paths_count(c->paths); i++)
		if (is_below(str_z(paths_root(c->paths, i)), folder))
			return true;
	return false;
}

static void hide(const struct cage *c, struct args *to, struct str path)
{
	if (holds_allowed(c, path))
		return;
	if (fs_is_dir(path.p))
		add2(to, "--tmpfs", path.p);
	else if (fs_is_file(path.p))
		add3(to, "--ro-bind", "/dev/null", path.p);
}

static void hide_secrets(const struct cage *c, struct args *to)
{
	struct str home = str_z(getenv("HOME"));
	size_t folders = sizeof secret_folders / sizeof secret_folders[0];
	for (size_t i = 0; home.n && i < folders; i++)
		hide(c, to, fs_join(to->arena, home, str_z(secret_folders[i])));
	size_t files = sizeof secret_files / sizeof secret_files[0];
	for (size_t i = 0; home.n && i < files; i++)
		hide(c, to, fs_join(to->arena, home, str_z(secret_files[i])));
	hide(c, to, fs_place(to->arena, FS_CONFIG));
	hide(c, to, fs_place(to->arena, FS_STATE));
}

static void allow(struct args *to, const char *folder)
{
	add3(to, "--bind", folder, folder);
	for (size_t i = 0; i < sizeof git_traps / sizeof git_traps[0]; i++) {
		struct str trap = arena_printf(to->arena, "%s/.git/%s", folder, git_traps[i]);
		if (fs_exists(trap.p))
			add3(to, "--ro-bind", trap.p, trap.p);
	}
}

static bool open_row(struct cage *c, struct err *e)
{
	(void)c;
	(void)e;
	return true; /* whether the program is there and works, the trial tells */
}

static void close_row(struct cage *c)
{
	(void)c;
}

static void wrap(const struct cage *c, struct arena *a, struct proc_spec *spec)
{
	struct args to = { .arena = a };
	add(&to, "bwrap");
	add(&to, "--unshare-all");
	add(&to, "--die-with-parent");
	add(&to, "--new-session");
	add2(&to, "--cap-drop", "ALL");
	add3(&to, "--ro-bind", "/", "/");
	add2(&to, "--dev", "/dev");
	add2(&to, "--proc", "/proc");
	if (fs_is_dir("/run"))
		add2(&to, "--tmpfs", "/run");
	add3(&to, "--bind", c->temp.p, "/tmp");
	for (size_t i = 0; i < paths_count(c->paths); i++)
		allow(&to, paths_root(c->paths, i));
	hide_secrets(c, &to);
	add2(&to, "--chdir", paths_root(c->paths, 0));
	add(&to, "--");
	for (size_t i = 0; spec->argv[i]; i++)
		add(&to, spec->argv[i]);
	add(&to, NULL);
	spec->argv = to.items;
}

const struct cage_row cage_bubblewrap = {
	.name = "bubblewrap",
	.open = open_row,
	.close = close_row,
	.wrap = wrap,
	.temp_inside = "/tmp",
};
