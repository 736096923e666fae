/*
 * launch_home.c - see launch_home.h.
 *
 * Layer: disk.
 */
#include "cmd/launch_home.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/fs.h"

#define PREFIX "launch"

enum { OWNER_ONLY = 0600 };

/* Removes the folder if nobody who is alive holds it. */
static void sweep_one(struct arena *a, struct str state, const char *name)
{
	struct str path = fs_join(a, state, str_z(name));
	int fd = open(path.p, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
		fs_remove_tree(path.p, NULL);
	if (fd >= 0)
		close(fd);
}

static void sweep(struct arena *a, struct str state)
{
	DIR *dir = opendir(state.p);
	struct dirent *entry;
	while (dir && (entry = readdir(dir)))
		if (str_starts(str_z(entry->d_name), STR(PREFIX "-")))
			sweep_one(a, state, entry->d_name);
	if (dir)
		closedir(dir);
}

static bool make_locked(struct arena *a, struct str state, struct launch_home *out, struct err *e)
{
	if (!fs_temp_dir_in(a, state.p, PREFIX, &out->path, e))
		return false;
	out->fd = open(out->path.p, O_RDONLY | O_DIRECTORY);
	if (out->fd >= 0 && flock(out->fd, LOCK_EX) == 0)
		return true;
	fail_errno(e, LAYER_DISK, errno, "cannot lock %s", out->path.p);
	launch_home_remove(out);
	return false;
}

bool launch_home_make(struct arena *a, struct launch_home *out, struct err *e)
{
	struct str state = fs_place(a, FS_STATE);
	*out = (struct launch_home){ .fd = -1 };
	if (!fs_make_dirs(state.p, true, e))
		return false;
	const char *path = fs_join(a, state, STR(PREFIX ".lock")).p;
	int turn = open(path, O_RDWR | O_CREAT | O_CLOEXEC, OWNER_ONLY);
	bool ok = (turn >= 0 && flock(turn, LOCK_EX) == 0) ||
		  fail_errno(e, LAYER_DISK, errno, "cannot lock %s", path);
	if (ok) {
		sweep(a, state);
		ok = make_locked(a, state, out, e);
	}
	if (turn >= 0)
		close(turn);
	return ok;
}

void launch_home_remove(struct launch_home *h)
{
	fs_remove_tree(h->path.p, NULL);
	if (h->fd >= 0)
		close(h->fd);
	h->fd = -1;
}
