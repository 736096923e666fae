/*
 * paths.c - the border; see paths.h.
 *
 * The resolved path is computed with realpath on the deepest part that exists; what follows it must
 * be plain names. Between that look and the use of the path somebody may change the tree, which is
 * why opening walks down from the folder's own descriptor with O_NOFOLLOW: a race can make an
 * operation fail, never leave the folder.
 *
 * Layer: act
 */
#include "agent/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <strings.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/must.h"

enum { NEW_FILE_MODE = 0666, NEW_DIR_MODE = 0777, TEMP_TRIES = 100 };

struct root {
	char *path;
	int fd;
};

struct paths {
	struct root *roots;
	size_t count;
};

bool paths_allow(struct paths *p, const char *dir, struct err *e)
{
	char *real = realpath(dir, NULL);
	if (!real)
		return fail_errno(e, LAYER_ACT, errno, "cannot use the folder %s", dir);
	int fd = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		fail_errno(e, LAYER_ACT, errno, "cannot use the folder %s", dir);
		free(real);
		return false;
	}
	p->roots = must_realloc(p->roots, (p->count + 1) * sizeof *p->roots);
	p->roots[p->count++] = (struct root){ .path = real, .fd = fd };
	return true;
}

struct paths *paths_new(const char *dir, struct err *e)
{
	struct paths *p = must_calloc(1, sizeof *p);
	if (paths_allow(p, dir, e))
		return p;
	paths_free(p);
	return NULL;
}

void paths_free(struct paths *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++) {
		close(p->roots[i].fd);
		free(p->roots[i].path);
	}
	free(p->roots);
	free(p);
}

size_t paths_count(const struct paths *p)
{
	return p->count;
}

const char *paths_root(const struct paths *p, size_t root)
{
	return p->roots[root].path;
}

int paths_root_fd(const struct paths *p, size_t root)
{
	return p->roots[root].fd;
}

/* One component of the part that does not exist yet, put in front of the tail: only plain names may
 * be made. */
static bool put_missing(struct arena *a, const char *existing, struct str name, struct str *tail,
	struct str given, struct err *e)
{
	struct stat st;
	if (str_eq_z(name, ".."))
		return fail(e, ERR_DENIED, LAYER_ACT,
			"%.*s: goes up through a folder that does not exist", STR_ARG(given));
	if (lstat(existing, &st) == 0 && S_ISLNK(st.st_mode))
		return fail(e, ERR_DENIED, LAYER_ACT, "%.*s: is a link that leads nowhere",
			STR_ARG(given));
	if (name.n == 0 || str_eq_z(name, "."))
		return true;
	*tail = tail->n ? arena_printf(a, "%.*s/%.*s", STR_ARG(name), STR_ARG(*tail))
			: arena_str(a, name);
	return true;
}

/* The absolute path without links and dots: what exists of it resolved by the system, the rest
 * appended. */
static bool resolve(
	struct arena *a, struct str absolute, struct str given, struct str *out, struct err *e)
{
	struct str head = absolute, tail = str_z(NULL);
	for (;;) {
		const char *existing = arena_z(a, head.n ? head : STR("/"));
		char *real = realpath(existing, NULL);
		if (real) {
			const char *slash = tail.n == 0 || str_eq_z(str_z(real), "/") ? "" : "/";
			*out = arena_printf(a, "%s%s%.*s", real, slash, STR_ARG(tail));
			free(real);
			return true;
		}
		if (errno == ENOTDIR)
			return fail(e, ERR_NOT_FOUND, LAYER_ACT,
				"%.*s: a part of this path is a file, not a folder",
				STR_ARG(given));
		if (errno != ENOENT)
			return fail_errno(e, LAYER_ACT, errno, "%.*s", STR_ARG(given));
		size_t slash = str_find_last(head, STR("/"));
		MUST(slash != SIZE_MAX);
		if (!put_missing(a, existing, str_from(head, slash + 1), &tail, given, e))
			return false;
		head = str_sub(head, 0, slash);
	}
}

/* True if `path` is `root` or below it; `rel` gets the part below. */
static bool is_below(struct str root, struct str path, struct str *rel)
{
	if (!str_starts(path, root))
		return false;
	struct str rest = str_from(path, root.n);
	bool root_has_slash = root.p[root.n - 1] == '/';
	if (rest.n && rest.p[0] != '/' && !root_has_slash)
		return false;
	while (rest.n && rest.p[0] == '/')
		rest = str_from(rest, 1);
	*rel = rest.n ? rest : STR(".");
	return true;
}

bool paths_find(
	const struct paths *p, struct arena *a, struct str given, struct place *out, struct err *e)
{
	if (given.n == 0)
		return fail(e, ERR_USAGE, LAYER_ACT, "the path is empty");
	if (given.n >= PATH_MAX)
		return fail(e, ERR_TOO_BIG, LAYER_ACT,
			"the path has %zu bytes, over the limit of %d", given.n, PATH_MAX - 1);
	struct str absolute = given, real;
	if (given.p[0] == '~' && (given.n == 1 || given.p[1] == '/'))
		return fail(e, ERR_DENIED, LAYER_ACT, "%.*s: outside the working directory",
			STR_ARG(given));
	if (given.p[0] != '/')
		absolute = arena_printf(a, "%s/%.*s", p->roots[0].path, STR_ARG(given));
	if (!resolve(a, absolute, given, &real, e))
		return false;
	for (size_t i = 0; i < p->count; i++) {
		struct str rel;
		if (!is_below(str_z(p->roots[i].path), real, &rel))
			continue;
		out->root = i;
		out->rel = arena_str(a, rel);
		out->shown = i == 0 ? out->rel : arena_str(a, real);
		return true;
	}
	fail(e, ERR_DENIED, LAYER_ACT, "%.*s: outside the working directory", STR_ARG(given));
	return err_mend(e, "allow its folder with --allow DIR, or work in it with --cwd DIR");
}

/* Opens the folder that holds the last component of `at`, walking down without following links;
 * `name` gets that component. Missing folders are made if `makes`. */
static int open_parent(
	const struct paths *p, const struct place *at, bool makes, struct str *name, struct err *e)
{
	struct str rest = at->rel, part;
	char z[NAME_MAX + 1];
	*name = rest;
	int fd = fcntl(p->roots[at->root].fd, F_DUPFD_CLOEXEC, 0);
	while (fd >= 0 && str_cut(&rest, '/', &part)) {
		*name = part;
		if (rest.n == 0)
			break;
		if (part.n > NAME_MAX) {
			errno = ENAMETOOLONG;
			break;
		}
		snprintf(z, sizeof z, "%.*s", STR_ARG(part));
		if (makes && mkdirat(fd, z, NEW_DIR_MODE) != 0 && errno != EEXIST)
			break;
		int next = openat(fd, z, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int code = errno;
		close(fd);
		errno = code;
		fd = next;
	}
	if (fd >= 0 && rest.n == 0 && name->n <= NAME_MAX)
		return fd;
	if (fd >= 0)
		close(fd);
	fail_errno(e, LAYER_ACT, errno, "%.*s", STR_ARG(at->shown));
	return -1;
}

int place_open(const struct paths *p, const struct place *at, int flags, struct err *e)
{
	struct str name;
	int parent = open_parent(p, at, false, &name, e);
	if (parent < 0)
		return -1;
	int fd = openat(parent, name.p, (flags & ~O_CREAT) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int code = errno;
	close(parent);
	if (fd < 0 && code == ENOENT)
		fail(e, ERR_NOT_FOUND, LAYER_ACT, "%.*s: no such file", STR_ARG(at->shown));
	else if (fd < 0)
		fail_errno(e, LAYER_ACT, code, "%.*s", STR_ARG(at->shown));
	return fd;
}

bool place_stat(const struct paths *p, const struct place *at, struct stat *out)
{
	struct str name;
	int parent = open_parent(p, at, false, &name, NULL);
	if (parent < 0)
		return false;
	bool is_there = fstatat(parent, name.p, out, AT_SYMLINK_NOFOLLOW) == 0;
	close(parent);
	return is_there;
}

/* Only a regular file may be read or replaced: a pipe would wait for ever, a device is not text. */
static bool must_be_file(const struct place *at, const struct stat *st, struct err *e)
{
	if (S_ISREG(st->st_mode))
		return true;
	return fail(e, ERR_BAD_DATA, LAYER_ACT, "%.*s: is a %s, not a file", STR_ARG(at->shown),
		S_ISDIR(st->st_mode) ? "folder" : "device, pipe or socket");
}

static bool read_up_to(int fd, size_t bytes, const struct place *at, struct buf *out, struct err *e)
{
	while (bytes) {
		char *to = buf_room(out, bytes);
		if (!to)
			return fail(e, ERR_TOO_BIG, LAYER_ACT, "%.*s: over the limit of %zu bytes",
				STR_ARG(at->shown), out->max);
		ssize_t n = read(fd, to, bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(e, LAYER_DISK, errno, "%.*s", STR_ARG(at->shown));
		if (n == 0)
			return true;
		buf_grew(out, (size_t)n);
		bytes -= (size_t)n;
	}
	return true;
}

bool place_read(const struct paths *p, const struct place *at, struct buf *out, struct err *e)
{
	int fd = place_open(p, at, O_RDONLY, e);
	if (fd < 0)
		return false;
	struct stat st;
	bool ok =
		fstat(fd, &st) == 0 || fail_errno(e, LAYER_DISK, errno, "%.*s", STR_ARG(at->shown));
	ok = ok && must_be_file(at, &st, e);
	if (ok && (uint64_t)st.st_size > out->max - out->n)
		ok = fail(e, ERR_TOO_BIG, LAYER_ACT, "%.*s: has %llu bytes, over the limit of %zu",
			STR_ARG(at->shown), (unsigned long long)st.st_size, out->max);
	ok = ok && read_up_to(fd, (size_t)st.st_size, at, out, e);
	close(fd);
	return ok;
}

static bool is_git_inside(struct str rel)
{
	struct str part;
	while (str_cut(&rel, '/', &part))
		if (str_eq_nocase(part, STR(".git")))
			return true;
	return false;
}

/* A fresh file beside the target; `temp` gets its name. */
static int open_temp(int parent, char *temp, size_t temp_bytes, mode_t mode)
{
	for (int i = 0; i < TEMP_TRIES; i++) {
		snprintf(temp, temp_bytes, PLACE_TEMP_PREFIX "%ld-%d", (long)getpid(), i);
		int fd = openat(
			parent, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
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

/* Writes beside the target and renames over it; errno tells why not. */
static bool replace(int parent, const char *name, struct str bytes, const struct stat *old)
{
	char temp[NAME_MAX + 1];
	int fd = open_temp(parent, temp, sizeof temp, NEW_FILE_MODE);
	if (fd < 0)
		return false;
	bool ok = (!old || fchmod(fd, old->st_mode & 07777) == 0) && write_all(fd, bytes) &&
		  fsync(fd) == 0;
	int code = errno;
	close(fd);
	errno = code;
	ok = ok && renameat(parent, temp, parent, name) == 0;
	code = errno;
	if (!ok)
		unlinkat(parent, temp, 0);
	errno = code;
	return ok;
}

bool place_write(const struct paths *p, const struct place *at, struct str bytes, struct err *e)
{
	struct str name;
	struct stat old;
	if (is_git_inside(at->rel))
		return fail(e, ERR_DENIED, LAYER_ACT,
			"%.*s: lies in .git, which only git may change", STR_ARG(at->shown));
	int parent = open_parent(p, at, true, &name, e);
	if (parent < 0)
		return false;
	bool is_there = fstatat(parent, name.p, &old, AT_SYMLINK_NOFOLLOW) == 0;
	bool ok = !is_there || must_be_file(at, &old, e);
	if (ok && is_there && faccessat(parent, name.p, W_OK, 0) != 0)
		ok = fail_errno(
			e, LAYER_ACT, errno, "%.*s: may not be written", STR_ARG(at->shown));
	if (ok && !replace(parent, name.p, bytes, is_there ? &old : NULL))
		ok = fail_errno(e, LAYER_DISK, errno, "cannot write %zu bytes to %.*s", bytes.n,
			STR_ARG(at->shown));
	close(parent);
	return ok;
}
