/*
 * diff.c - see diff.h.
 */
#include "agent/diff.h"

#include <git2.h>
#include <pthread.h>

#include "base/must.h"

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start(void)
{
	MUST(git_libgit2_init() > 0);
}

void diff_start_library(void)
{
	pthread_once(&once, start);
}

static const char cut_note[] = "[cut: the diff is longer]\n";

struct writer {
	struct buf *out;
	bool is_cut;
};

/* One line of the patch; `origin` says what it is. */
static int add_line(const git_diff_delta *delta, const git_diff_hunk *hunk,
	const git_diff_line *line, void *payload)
{
	(void)delta;
	(void)hunk;
	struct writer *w = payload;
	struct buf *out = w->out;
	bool has_sign = line->origin == GIT_DIFF_LINE_ADDITION ||
			line->origin == GIT_DIFF_LINE_DELETION ||
			line->origin == GIT_DIFF_LINE_CONTEXT;
	bool is_wanted = has_sign || line->origin == GIT_DIFF_LINE_HUNK_HDR ||
			 line->origin == GIT_DIFF_LINE_ADD_EOFNL ||
			 line->origin == GIT_DIFF_LINE_DEL_EOFNL ||
			 line->origin == GIT_DIFF_LINE_CONTEXT_EOFNL;
	if (!is_wanted || w->is_cut)
		return 0;
	if (out->n + line->content_len + sizeof cut_note + 1 > out->max) {
		w->is_cut = true;
		buf_add_z(out, cut_note);
		return 0;
	}
	if (has_sign)
		buf_add_char(out, line->origin);
	buf_add(out, str_n(line->content, line->content_len));
	return 0;
}

struct diff_counts diff_texts(struct str name, struct str before, struct str after, struct buf *out)
{
	struct diff_counts counts = { 0 };
	git_diff_options options;
	git_patch *patch = NULL;
	if (str_eq(before, after))
		return counts;
	diff_start_library();
	MUST(git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION) == 0);
	options.flags |= GIT_DIFF_FORCE_TEXT;
	struct buf path;
	buf_init(&path, name.n + 1);
	buf_add(&path, name);
	int code = git_patch_from_buffers(&patch, before.n ? before.p : "", before.n, buf_z(&path),
		after.n ? after.p : "", after.n, buf_z(&path), &options);
	buf_clear(&path);
	if (code != 0)
		return counts;
	struct writer w = { .out = out };
	git_patch_line_stats(NULL, &counts.added, &counts.removed, patch);
	git_patch_print(patch, add_line, &w);
	git_patch_free(patch);
	return counts;
}
