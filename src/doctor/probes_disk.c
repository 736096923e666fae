/*
 * probes_disk.c - the ground: can we write where we must, and does the store work.
 *
 * Layer: disk.
 */
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "doctor/probes_int.h"
#include "store/store.h"

/* Less than this left and a session or a model will soon fail to be written. */
#define FREE_BYTES_LOW GIB

static bool try_write(struct doctor *d, struct str dir, struct err *e)
{
	struct str path = fs_join(d->arena, dir, STR(".offgrid-doctor"));
	if (!fs_make_dirs(dir.p, true, e) || !fs_write(path.p, STR("probe"), 0600, e))
		return false;
	return unlink(path.p) == 0;
}

static void run_write(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	uint64_t free_bytes = 0;
	for (enum fs_place place = 0; place < FS_PLACE_COUNT; place++) {
		if (try_write(d, fs_place(d->arena, place), &e))
			continue;
		err_mend(&e, "make that directory writable for you");
		finding_fail(d, f, &e);
		return;
	}
	struct str data = fs_place(d->arena, FS_DATA);
	if (!fs_free_bytes(data.p, &free_bytes, &e)) {
		finding_fail(d, f, &e);
		return;
	}
	finding_pass(d, f, "our four directories can be written, %.1f GiB free",
		(double)free_bytes / (double)GIB);
	if (free_bytes < FREE_BYTES_LOW)
		f->warning =
			STR("less than 1 GiB is free: models and sessions will not fit for long");
}

const struct probe probe_disk_write = {
	.id = "disk.write",
	.layer = LAYER_DISK,
	.title = "our directories can be written",
	.needs = "",
	.run = run_write,
};

static void run_store(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	struct store_ledger_sum sum;
	struct str path = store_default_path(d->arena);
	struct store *s = store_open(path.p, &e);
	if (!s || !store_ledger_total(s, 0, &sum, &e))
		finding_fail(d, f, &e);
	else
		finding_pass(d, f, "the store opens: %lld requests in the ledger",
			(long long)sum.requests);
	store_close(s);
}

const struct probe probe_disk_store = {
	.id = "disk.store",
	.layer = LAYER_DISK,
	.title = "sessions, ledger and traces can be kept",
	.needs = "disk.write",
	.run = run_store,
};
