/*
 * share.c - three places, in order; see share.h.
 *
 * Layer: disk.
 */
#include "model/share.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"

#ifdef __APPLE__
#include <mach-o/dyld.h>

struct str share_program(struct arena *a)
{
	char raw[PATH_MAX], path[PATH_MAX];
	uint32_t bytes = sizeof(raw);
	if (_NSGetExecutablePath(raw, &bytes) != 0 || !realpath(raw, path))
		return STR("");
	return arena_str(a, str_z(path));
}
#else
struct str share_program(struct arena *a)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));
	if (n <= 0 || (size_t)n == sizeof(path))
		return STR("");
	return arena_str(a, str_n(path, (size_t)n));
}
#endif

bool share_find(struct arena *a, struct str name, struct str *path, struct err *e)
{
	struct str home = fs_parent(fs_parent(share_program(a)));
	const char *own = getenv("OFFGRID_SHARE_DIR");
	const struct str places[] = {
		str_z(own),
		fs_join(a, home, STR("share/offgrid")),
		fs_join(a, home, STR("data")),
	};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (places[i].n == 0)
			continue;
		struct str candidate = fs_join(a, places[i], name);
		if (fs_is_file(candidate.p)) {
			*path = candidate;
			return true;
		}
	}
	fail(e, ERR_NOT_FOUND, LAYER_DISK,
		"%.*s, which comes with the program, is neither in %s nor %s", STR_ARG(name),
		places[1].p, places[2].p);
	return err_mend(e, "install offgrid anew, or point OFFGRID_SHARE_DIR to its data folder");
}
