/*
 * ignore.c - see ignore.h.
 */
#include "agent/ignore.h"

#include <git2.h>
#include <limits.h>

#include "agent/diff.h"
#include "base/buf.h"
#include "base/must.h"

struct ignore {
	git_repository *repository;
	char *prefix; /* from the repository's top to the folder: "" or "sub/" */
};

/* "sub/" if folder is TOP/sub; NULL if it is not below top. Caller frees. */
static char *prefix_of(struct str top, struct str folder)
{
	while (top.n > 1 && str_ends(top, STR("/")))
		top.n--;
	if (!str_starts(folder, top))
		return NULL;
	struct str rest = str_from(folder, top.n);
	if (rest.n && rest.p[0] != '/')
		return NULL;
	struct buf prefix;
	buf_init(&prefix, PATH_MAX);
	if (rest.n > 1)
		buf_printf(&prefix, "%.*s/", STR_ARG(str_from(rest, 1)));
	buf_add_z(&prefix, "");
	return buf_take(&prefix);
}

struct ignore *ignore_new(const char *folder)
{
	git_repository *repository = NULL;
	diff_start_library();
	if (git_repository_open_ext(&repository, folder, 0, NULL) != 0)
		return NULL;
	const char *workdir = git_repository_workdir(repository);
	char *top = workdir ? realpath(workdir, NULL) : NULL;
	char *prefix = top ? prefix_of(str_z(top), str_z(folder)) : NULL;
	free(top);
	if (!prefix) {
		git_repository_free(repository);
		return NULL;
	}
	struct ignore *ig = must_calloc(1, sizeof *ig);
	*ig = (struct ignore){ repository, prefix };
	return ig;
}

void ignore_free(struct ignore *ig)
{
	if (!ig)
		return;
	git_repository_free(ig->repository);
	free(ig->prefix);
	free(ig);
}

bool ignore_has(const struct ignore *ig, struct str path, bool is_folder)
{
	struct buf whole;
	int ignored = 0;
	buf_init(&whole, PATH_MAX);
	buf_printf(&whole, "%s%.*s%s", ig->prefix, STR_ARG(path), is_folder ? "/" : "");
	bool ok = !whole.overflow &&
		  git_ignore_path_is_ignored(&ignored, ig->repository, buf_z(&whole)) == 0;
	buf_clear(&whole);
	return ok && ignored;
}
