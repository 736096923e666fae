/*
 * probes_int.h - the rows of the probes, one file for each neighbourhood of layers.
 */
#ifndef OFFGRID_DOCTOR_PROBES_INT_H
#define OFFGRID_DOCTOR_PROBES_INT_H

#include "base/trace.h"
#include "doctor/doctor.h"

extern const struct probe probe_disk_write, probe_disk_store; /* probes_disk.c */
extern const struct probe probe_act_cage, probe_act_agent;    /* probes_act.c */
extern const struct probe probe_client_files;                 /* probes_client.c */
extern const struct probe probe_wire_loopback;                /* probes_wire.c */
extern const struct probe probe_parse_control;                /* probes_parse.c */
extern const struct probe probe_engine_library, probe_engine_file,
	probe_engine_load; /* probes_engine.c */
extern const struct probe probe_prompt_tools, probe_model_forced,
	probe_model_chooses;                                     /* probes_model.c */
extern const struct probe probe_answers_now, probe_answers_kept; /* probes_sound.c */

/* What must be so in every answer and was not, of a number of requests. */
struct doctor_sound {
	unsigned answers, broken_answers;
	unsigned broken[LAYER_COUNT];
	struct str words[LAYER_COUNT]; /* of the first of each layer */
	struct str trace_id;           /* of the first broken answer */
};

void doctor_sound_add(struct doctor_sound *s, struct arena *a, const struct trace *t);

/* What probes_engine.c leaves for probes_model.c: a backend and the loop it lives on. And what came
 * of its answers. */
struct doctor_model {
	struct loop *loop;
	struct backend *backend; /* NULL: not loaded */
	struct doctor_sound sound;
};

#endif
