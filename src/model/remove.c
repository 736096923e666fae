/*
 * remove.c - unlinks what belongs to one model; see remove.h.
 *
 * Layer: disk.
 */
#include "model/remove.h"

#include <errno.h>
#include <unistd.h>

#include "base/fs.h"
#include "model/split.h"

/* How the owner removes it. */
static const char *const owners_way[MODEL_SOURCE_COUNT] = {
	[MODEL_OLLAMA] = "ollama rm NAME",
	[MODEL_LMSTUDIO] = "remove it in LM Studio, under My Models",
	[MODEL_HUB] = "hf cache rm, it asks which",
	[MODEL_LLAMACPP] = "remove the file from llama.cpp's cache yourself",
	[MODEL_PATH] = "remove the file yourself",
};

bool remove_allowed(const struct model_file *m, struct err *e)
{
	if (m->source == MODEL_OWN)
		return true;
	fail(e, ERR_DENIED, LAYER_DISK, "%s is not ours to remove (%s): %s", m->name.p,
		model_source_names[m->source], m->path.p);
	return err_mend(e, "%s", owners_way[m->source]);
}

static bool unlink_if_there(const char *path, struct err *e)
{
	if (unlink(path) == 0 || errno == ENOENT)
		return true;
	return fail_errno(e, LAYER_DISK, errno, "cannot remove %s", path);
}

static bool remove_file(struct arena *a, struct str path, struct err *e)
{
	static const char *const endings[] = { "", ".sha256", ".part", ".part.json" };
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (!unlink_if_there(arena_printf(a, "%.*s%s", STR_ARG(path), endings[i]).p, e))
			return false;
	return true;
}

/* Up to our folder of models, which stays. rmdir refuses what is not empty. */
static void remove_empty_folders(struct arena *a, struct str path)
{
	struct str top = files_folder(a);
	for (struct str dir = fs_parent(path); dir.n > top.n && str_starts(dir, top);
		dir = fs_parent(dir))
		if (rmdir(arena_z(a, dir)) != 0)
			return;
}

bool remove_model(struct arena *a, const struct model_file *m, struct err *e)
{
	struct split p;
	bool ok = remove_allowed(m, e);
	if (split_of(m->path, &p))
		for (unsigned part = 1; ok && part <= p.parts; part++)
			ok = remove_file(a, split_path(a, &p, part), e);
	else
		ok = ok && remove_file(a, m->path, e);
	if (ok)
		remove_empty_folders(a, m->path);
	return ok;
}
