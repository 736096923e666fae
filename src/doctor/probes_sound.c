/*
 * probes_sound.c - whether answers were what every answer must be (chat/invariants.h): those that
 * the model gave the probes just now, and those of the last requests that this machine's store
 * keeps.
 *
 * What the probes were answered decides: a broken rule names its layer. What is in the store is
 * only told, since whoever broke it may have been mended or gone.
 *
 * Layer: client, wire, prompt, parse.
 */
#include "base/must.h"
#include "doctor/probes_int.h"
#include "store/store.h"

enum { RECENT = 200, WORDS_BYTES = 512 };

void doctor_sound_add(struct doctor_sound *s, struct arena *a, const struct trace *t)
{
	bool is_broken = false;
	s->answers++;
	for (size_t i = 0; i < trace_count(t); i++) {
		const struct trace_record *r = trace_get(t, i);
		if (!str_eq_z(str_z(r->what), TRACE_BROKEN))
			continue;
		is_broken = true;
		if (!s->broken[r->layer]++)
			s->words[r->layer] = arena_str(a, r->text);
	}
	if (is_broken && !s->broken_answers++)
		s->trace_id = arena_str(a, str_z(trace_id(t)));
}

/* "parse 3, model 1" */
static struct str by_layer(struct doctor *d, const struct doctor_sound *s)
{
	struct buf out;
	buf_init(&out, WORDS_BYTES);
	for (int i = 0; i < LAYER_COUNT; i++)
		if (s->broken[i])
			buf_printf(
				&out, "%s%s %u", out.n ? ", " : "", layers[i].name, s->broken[i]);
	struct str words = arena_str(d->arena, buf_str(&out));
	buf_clear(&out);
	return words;
}

/* The lowest layer that is not the model: what it says wrongly is its own. */
static enum layer layer_at_fault(const struct doctor_sound *s)
{
	for (int i = 0; i < LAYER_COUNT; i++)
		if (s->broken[i] && i != LAYER_MODEL)
			return (enum layer)i;
	return LAYER_NONE;
}

static void run_now(struct doctor *d, struct finding *f)
{
	const struct doctor_model *m = d->shared;
	const struct doctor_sound *s = &m->sound;
	enum layer layer = layer_at_fault(s);
	if (layer != LAYER_NONE) {
		struct err e = { .kind = ERR_NONE };
		fail(&e, ERR_BROKEN, layer, "%.*s", STR_ARG(s->words[layer]));
		err_mend(&e,
			"ask the same through `offgrid serve` and look at `offgrid trace last`");
		finding_fail(d, f, &e);
		return;
	}
	finding_pass(d, f, "%u answers to the probes kept every rule of answers", s->answers);
	if (s->broken[LAYER_MODEL])
		f->warning = s->words[LAYER_MODEL];
}

const struct probe probe_answers_now = {
	.id = "answers.now",
	.layer = LAYER_PARSE,
	.title = "answers are what every answer must be",
	.needs = "model.forced",
	.run = run_now,
};

/* ---- those that are kept ---- */

static bool look_back(struct doctor *d, struct store *store, struct doctor_sound *s, struct err *e)
{
	struct store_trace_line *lines = NULL;
	size_t count = 0;
	if (!store_trace_list(store, d->arena, RECENT, &lines, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct trace *t = store_trace_get(store, lines[i].id, e);
		if (!t)
			return false;
		doctor_sound_add(s, d->arena, t);
		trace_free(t);
	}
	return true;
}

static void tell_kept(struct doctor *d, struct finding *f, const struct doctor_sound *s)
{
	if (!s->answers) {
		finding_skip(d, f, "no request was kept yet");
		return;
	}
	finding_pass(d, f, "of the last %u requests %u kept every rule", s->answers,
		s->answers - s->broken_answers);
	if (s->broken_answers)
		f->warning = arena_printf(d->arena,
			"broken, by layer: %.*s; the newest: offgrid trace %.*s",
			STR_ARG(by_layer(d, s)), STR_ARG(s->trace_id));
}

static void run_kept(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	struct doctor_sound s = { .answers = 0 };
	struct str path = store_default_path(d->arena);
	struct store *store = store_open(path.p, &e);
	if (store && look_back(d, store, &s, &e))
		tell_kept(d, f, &s);
	else
		finding_fail(d, f, &e);
	store_close(store);
}

const struct probe probe_answers_kept = {
	.id = "answers.kept",
	.layer = LAYER_ROUTE,
	.title = "recent answers were what every answer must be",
	.needs = "disk.store",
	.run = run_kept,
};
