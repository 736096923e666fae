/*
 * git_lazy.c - libgit2, opened when a diff is first made or a repository first looked at
 * (base/lazy.h): it brings encryption and network libraries that we never use.
 *
 * Each function here is libgit2's own of that name. Nothing of it is called before
 * git_libgit2_init, which opens it. OFFGRID_LIBGIT2 is the file's name, from the build.
 */
#include <git2.h>

#include "base/lazy.h"

static struct {
	__typeof__(git_libgit2_init) *libgit2_init;
	__typeof__(git_diff_options_init) *diff_options_init;
	__typeof__(git_patch_from_buffers) *patch_from_buffers;
	__typeof__(git_patch_line_stats) *patch_line_stats;
	__typeof__(git_patch_print) *patch_print;
	__typeof__(git_patch_free) *patch_free;
	__typeof__(git_ignore_path_is_ignored) *ignore_path_is_ignored;
	__typeof__(git_repository_open_ext) *repository_open_ext;
	__typeof__(git_repository_workdir) *repository_workdir;
	__typeof__(git_repository_free) *repository_free;
} real;

/* clang-format off */
#define FUNCTION(name) { "git_" #name, (void **)&real.name }
/* clang-format on */

static const struct lazy_function functions[] = {
	FUNCTION(libgit2_init),
	FUNCTION(diff_options_init),
	FUNCTION(patch_from_buffers),
	FUNCTION(patch_line_stats),
	FUNCTION(patch_print),
	FUNCTION(patch_free),
	FUNCTION(ignore_path_is_ignored),
	FUNCTION(repository_open_ext),
	FUNCTION(repository_workdir),
	FUNCTION(repository_free),
};

static struct lazy_library library = { OFFGRID_LIBGIT2, functions,
	sizeof functions / sizeof functions[0], false };

int git_libgit2_init(void)
{
	return lazy_open(&library, NULL) ? real.libgit2_init() : -1;
}

int git_diff_options_init(git_diff_options *options, unsigned version)
{
	return real.diff_options_init(options, version);
}

int git_patch_from_buffers(git_patch **out, const void *before, size_t before_n,
	const char *before_path, const void *after, size_t after_n, const char *after_path,
	const git_diff_options *options)
{
	return real.patch_from_buffers(
		out, before, before_n, before_path, after, after_n, after_path, options);
}

int git_patch_line_stats(size_t *context, size_t *added, size_t *removed, const git_patch *patch)
{
	return real.patch_line_stats(context, added, removed, patch);
}

int git_patch_print(git_patch *patch, git_diff_line_cb each, void *ctx)
{
	return real.patch_print(patch, each, ctx);
}

void git_patch_free(git_patch *patch)
{
	real.patch_free(patch);
}

int git_ignore_path_is_ignored(int *is_ignored, git_repository *repository, const char *path)
{
	return real.ignore_path_is_ignored(is_ignored, repository, path);
}

int git_repository_open_ext(
	git_repository **out, const char *path, unsigned flags, const char *ceilings)
{
	return real.repository_open_ext(out, path, flags, ceilings);
}

const char *git_repository_workdir(const git_repository *repository)
{
	return real.repository_workdir(repository);
}

void git_repository_free(git_repository *repository)
{
	real.repository_free(repository);
}
