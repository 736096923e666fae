/*
 * probes_engine.c - the library by itself, the model's file by itself, and both together.
 *
 * Layer: engine.
 */
#include <stdlib.h>

#include "base/must.h"
#include "doctor/probes_int.h"
#include "engine/engine.h"
#include "engine/smoke.h"
#include "model/card.h"
#include "model/choose.h"
#include "model/files.h"
#include "route/local.h"

enum { CONTEXT_TOKENS = 2048 };

static void run_library(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	if (!engine_smoke(NULL, &e)) {
		finding_fail(d, f, &e);
		return;
	}
	finding_pass(d, f, "a tiny generated model loads, answers, is saved and restored alike");
}

const struct probe probe_engine_library = {
	.id = "engine.library",
	.layer = LAYER_ENGINE,
	.title = "the library runs a tiny generated model",
	.needs = "disk.write",
	.run = run_library,
};

static bool look_at_file(struct doctor *d, struct model_choice *c, struct card *card, struct err *e)
{
	if (!choose_model(d->arena, str_z(d->model), c, e))
		return false;
	struct model_files files;
	files_scan(d->arena, &files);
	const struct model_file *file = files_find(d->arena, &files, c->path, e);
	return file && files_card(d->arena, file, card, e);
}

static void run_file(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	struct model_choice c;
	struct card card;
	if (!look_at_file(d, &c, &card, &e)) {
		finding_fail(d, f, &e);
		return;
	}
	finding_pass(
		d, f, "%.*s: %.0f MB, its header is whole", STR_ARG(c.name), (double)c.bytes / 1e6);
}

const struct probe probe_engine_file = {
	.id = "engine.file",
	.layer = LAYER_ENGINE,
	.title = "the model's file is there and whole",
	.needs = "disk.write",
	.run = run_file,
};

static bool load(struct doctor *d, struct doctor_model *m, struct err *e)
{
	struct model_choice c;
	if (!choose_model(d->arena, str_z(d->model), &c, e))
		return false;
	struct engine_adapter adapter = { .path = c.adapter.p,
		.base_sha256 = c.sha256.n ? c.sha256.p : NULL };
	struct local_options options = {
		.name = c.name.p,
		.temperature = c.adapter.n ? 0 : -1,
		.engine = { .model_path = c.path.p,
			.model_sha256 = c.sha256.n ? c.sha256.p : NULL,
			.context_tokens = CONTEXT_TOKENS,
			.sequences = 1,
			.adapters = &adapter,
			.adapter_count = c.adapter.n ? 1 : 0 },
	};
	m->backend = local_open(m->loop, &options, e);
	return m->backend != NULL;
}

static void run_load(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	struct doctor_model *m = must_calloc(1, sizeof *m);
	m->loop = loop_new();
	d->shared = m;
	if (!load(d, m, &e)) {
		finding_fail(d, f, &e);
		return;
	}
	const struct engine_facts *facts = local_facts(m->backend);
	finding_pass(d, f, "loaded in %.1f s; %.0f tokens/s, the memory allows %.0f",
		(double)facts->load_us / 1e6, facts->decode_tokens_s, facts->limit_tokens_s);
	f->warning = arena_str(d->arena, str_trim(facts->warnings));
}

const struct probe probe_engine_load = {
	.id = "engine.load",
	.layer = LAYER_ENGINE,
	.title = "the model loads and is not far slower than the memory allows",
	.needs = "engine.library engine.file",
	.run = run_load,
};

void doctor_clear(struct doctor *d)
{
	struct doctor_model *m = d->shared;
	if (!m)
		return;
	if (m->backend)
		m->backend->ops->free(m->backend);
	loop_free(m->loop);
	free(m);
	d->shared = NULL;
}
