/*
 * cmd_doctor.c - `offgrid doctor`: probes from the ground up, the first broken layer, its evidence
 * and its mend.
 */
#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "cmd/command.h"
#include "doctor/doctor.h"

struct args {
	struct str model;
	bool json;
};

static const struct opt options[] = {
	{ .name = "model",
		.letter = 'm',
		OPT_INTO(struct args, model),
		.arg = "MODEL",
		.env = "OFFGRID_MODEL",
		.help = "the model to look at; without it, the starter model" },
	{ .name = "json", OPT_INTO(struct args, json), .help = "print JSON" },
	OPT_END,
};

static void show(void *owner, const struct probe *p, const struct finding *f)
{
	const bool *has_color = owner;
	struct buf line;
	buf_init(&line, MIB);
	doctor_line(p, f, *has_color, &line);
	fputs(buf_z(&line), stdout);
	fflush(stdout);
	buf_clear(&line);
}

static void print_json(const struct finding *findings)
{
	struct buf text;
	json_t *json = doctor_json(probes, findings, probe_count);
	buf_init(&text, MIB);
	js_write_pretty(json, &text);
	puts(buf_z(&text));
	buf_clear(&text);
	json_decref(json);
}

static size_t count(const struct finding *findings, enum outcome outcome)
{
	size_t n = 0;
	for (size_t i = 0; i < probe_count; i++)
		n += findings[i].outcome == outcome;
	return n;
}

static void print_summary(const struct finding *findings)
{
	size_t broken = doctor_first_broken(findings, probe_count);
	if (broken == SIZE_MAX) {
		printf("\nEvery layer works: %zu probes passed.\n", count(findings, OUTCOME_PASS));
		return;
	}
	printf("\nThe first broken layer is %s (%s): %s.\n",
		layers[doctor_layer(probes[broken], &findings[broken])].name, probes[broken]->id,
		findings[broken].err.what);
	if (findings[broken].err.mend[0])
		printf("Try: %s\n", findings[broken].err.mend);
	if (count(findings, OUTCOME_NOT_RUN))
		printf("%zu probes that stand on it were not run.\n",
			count(findings, OUTCOME_NOT_RUN));
}

static int run(const struct invocation *in, struct err *e)
{
	const struct args *args = in->args;
	struct doctor d = { .arena = in->arena, .model = args->model.n ? args->model.p : NULL };
	struct finding *findings = arena_calloc(in->arena, probe_count, sizeof *findings);
	bool has_color = isatty(STDOUT_FILENO);
	bool ok = doctor_run(
		&d, probes, probe_count, findings, args->json ? NULL : show, &has_color, e);
	doctor_clear(&d);
	if (!ok)
		return 1;
	if (args->json)
		print_json(findings);
	else
		print_summary(findings);
	return doctor_first_broken(findings, probe_count) == SIZE_MAX ? 0 : 1;
}

static const char *const examples[] = {
	"offgrid doctor",
	"offgrid doctor --model qwen3-4b",
	"offgrid doctor --json",
	NULL,
};

const struct command cmd_doctor = {
	.name = "doctor",
	.group = GROUP_DIAGNOSE,
	.about = "find the layer that fails, with evidence and mend",
	.text = "Probes every layer from the ground up. The first one that fails is named with "
		"what was seen and how to mend it; what "
		"stands on it is marked as not run, never as broken. Nothing of yours is changed.",
	.examples = examples,
	.options = options,
	.args_bytes = sizeof(struct args),
	.run = run,
};
