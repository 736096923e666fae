/*
 * fs.c - files; see fs.h.
 *
 * Layer: disk.
 */
#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/must.h"

enum { READ_CHUNK = 64 * 1024, WALK_FDS = 16, PRIVATE_DIR = 0700, PUBLIC_DIR = 0755 };

static bool read_all(int fd, const char *path, struct buf *out, struct err *e)
{
	for (;;) {
		size_t want = out->max - out->n < READ_CHUNK ? out->max - out->n : READ_CHUNK;
		char extra;
		char *to = want ? buf_room(out, want) : &extra;
		ssize_t n = read(fd, to, want ? want : 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(e, LAYER_DISK, errno, "cannot read %s", path);
		if (n == 0)
			return true;
		if (want == 0)
			return fail(e, ERR_TOO_BIG, LAYER_DISK, "%s is over the limit of %zu bytes",
				path, out->max);
		buf_grew(out, (size_t)n);
	}
}

bool fs_read(const char *path, struct buf *out, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(e, LAYER_DISK, errno, "cannot open %s", path);
	struct stat st;
	bool ok =
		fstat(fd, &st) == 0 || fail_errno(e, LAYER_DISK, errno, "cannot look at %s", path);
	if (ok && S_ISDIR(st.st_mode))
		ok = fail(e, ERR_BAD_DATA, LAYER_DISK, "%s is a directory, not a file", path);
	ok = ok && read_all(fd, path, out, e);
	close(fd);
	return ok;
}

static bool write_all(int fd, struct str bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes = str_from(bytes, (size_t)n);
	}
	return true;
}

/* The place that is to be replaced: behind a symlink its target, else the path itself. Caller
 * frees. */
static char *real_target(const char *path)
{
	char *target = realpath(path, NULL);
	if (target)
		return target;
	size_t n = str_z(path).n;
	target = must_alloc(n + 1);
	snprintf(target, n + 1, "%s", path);
	return target;
}

/* The owner stays where the system lets us: what root writes for a user stays the user's. */
static void keep_owner(int fd, const struct stat *old)
{
	bool is_kept = fchown(fd, old->st_uid, old->st_gid) == 0;
	(void)is_kept;
}

bool fs_write(const char *path, struct str bytes, unsigned mode, struct err *e)
{
	char *target = real_target(path);
	struct buf temp;
	buf_init(&temp, PATH_MAX);
	buf_printf(&temp, "%s.XXXXXX", target);
	struct stat old;
	bool is_there = stat(target, &old) == 0, ok = false;
	int fd = -1;
	if (temp.overflow) {
		fail_errno(e, LAYER_DISK, ENAMETOOLONG, "cannot write %s", path);
		goto out;
	}
	fd = mkostemp(temp.p, O_CLOEXEC);
	if (fd < 0) {
		fail_errno(e, LAYER_DISK, errno, "cannot write %s", path);
		goto out;
	}
	if (is_there)
		keep_owner(fd, &old);
	ok = fchmod(fd, is_there ? old.st_mode & 07777 : (mode_t)mode) == 0 &&
	     write_all(fd, bytes) && fsync(fd) == 0;
	ok = ok && rename(temp.p, target) == 0;
	if (!ok) {
		fail_errno(e, LAYER_DISK, errno, "cannot write %zu bytes to %s", bytes.n, path);
		unlink(temp.p);
	}
out:
	if (fd >= 0)
		close(fd);
	buf_clear(&temp);
	free(target);
	return ok;
}

bool fs_make_dirs(const char *path, bool is_private, struct err *e)
{
	struct buf part;
	buf_init(&part, PATH_MAX);
	bool ok = buf_add_z(&part, path) ||
		  fail_errno(e, LAYER_DISK, ENAMETOOLONG, "cannot make directory %s", path);
	for (size_t i = 1; ok && i <= part.n; i++) {
		if (part.p[i] != '/' && i != part.n)
			continue;
		char kept = part.p[i];
		part.p[i] = 0;
		if (mkdir(part.p, is_private ? PRIVATE_DIR : PUBLIC_DIR) != 0 && !fs_is_dir(part.p))
			ok = fail_errno(e, LAYER_DISK, errno, "cannot make directory %s", part.p);
		part.p[i] = kept;
	}
	buf_clear(&part);
	return ok;
}

bool fs_exists(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0;
}

bool fs_is_dir(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool fs_is_file(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool fs_size(const char *path, uint64_t *bytes, struct err *e)
{
	struct stat st;
	if (stat(path, &st) != 0)
		return fail_errno(e, LAYER_DISK, errno, "cannot look at %s", path);
	*bytes = (uint64_t)st.st_size;
	return true;
}

bool fs_free_bytes(const char *path, uint64_t *bytes, struct err *e)
{
	struct statvfs st;
	if (statvfs(path, &st) != 0)
		return fail_errno(
			e, LAYER_DISK, errno, "cannot look at the file system of %s", path);
	*bytes = (uint64_t)st.f_bavail * st.f_frsize;
	return true;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

bool fs_remove_tree(const char *path, struct err *e)
{
	if (nftw(path, remove_one, WALK_FDS, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
		return fail_errno(e, LAYER_DISK, errno, "cannot remove %s", path);
	return true;
}

bool fs_temp_dir(struct arena *a, const char *prefix, struct str *path, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	return fs_temp_dir_in(a, tmp && *tmp ? tmp : "/tmp", prefix, path, e);
}

bool fs_temp_dir_in(
	struct arena *a, const char *parent, const char *prefix, struct str *path, struct err *e)
{
	struct str name = arena_printf(a, "%s/%s-XXXXXX", parent, prefix);
	char *made = arena_z(a, name);
	if (!mkdtemp(made))
		return fail_errno(
			e, LAYER_DISK, errno, "cannot make a temporary directory %s", name.p);
	*path = str_z(made);
	return true;
}

struct str fs_join(struct arena *a, struct str dir, struct str name)
{
	if (name.n && name.p[0] == '/')
		return arena_str(a, name);
	if (dir.n == 0)
		return arena_str(a, name);
	const char *slash = dir.p[dir.n - 1] == '/' ? "" : "/";
	return arena_printf(a, "%.*s%s%.*s", STR_ARG(dir), slash, STR_ARG(name));
}

struct str fs_base(struct str path)
{
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	size_t slash = str_find_last(path, STR("/"));
	return slash == SIZE_MAX || path.n == 1 ? path : str_from(path, slash + 1);
}

struct str fs_parent(struct str path)
{
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	size_t slash = str_find_last(path, STR("/"));
	if (slash == SIZE_MAX)
		return STR(".");
	return slash == 0 ? STR("/") : str_sub(path, 0, slash);
}

struct place_row {
	const char *own_variable; /* the directory itself */
	const char *xdg_variable; /* its parent */
	const char *linux_home;   /* its parent, below the home directory */
	const char *macos_home;   /* the directory itself, below the home directory */
};

static const struct place_row places[] = {
	[FS_CONFIG] = { "OFFGRID_CONFIG_DIR", "XDG_CONFIG_HOME", ".config",
		"Library/Application Support/offgrid/config" },
	[FS_DATA] = { "OFFGRID_DATA_DIR", "XDG_DATA_HOME", ".local/share",
		"Library/Application Support/offgrid" },
	[FS_CACHE] = { "OFFGRID_CACHE_DIR", "XDG_CACHE_HOME", ".cache", "Library/Caches/offgrid" },
	[FS_STATE] = { "OFFGRID_STATE_DIR", "XDG_STATE_HOME", ".local/state",
		"Library/Application Support/offgrid/state" },
};

_Static_assert(sizeof places / sizeof places[0] == FS_PLACE_COUNT, "a row for every place");

#ifdef __APPLE__
static const bool is_macos = true;
#else
static const bool is_macos = false;
#endif

static struct str env_path(const char *name)
{
	struct str value = str_z(getenv(name));
	return value.n && value.p[0] == '/' ? value : str_z(NULL);
}

struct str fs_place(struct arena *a, enum fs_place place)
{
	const struct place_row *row = &places[place];
	struct str own = env_path(row->own_variable), parent = env_path(row->xdg_variable);
	struct str home = env_path("HOME");
	if (own.n)
		return arena_str(a, own);
	if (home.n == 0)
		home = STR("/");
	if (is_macos && parent.n == 0)
		return fs_join(a, home, str_z(row->macos_home));
	if (parent.n == 0)
		parent = fs_join(a, home, str_z(row->linux_home));
	return fs_join(a, parent, STR("offgrid"));
}
