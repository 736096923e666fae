/*
 * probes_int.h - the rows of the probes, one file for each neighbourhood of layers.
 */
#ifndef OFFGRID_DOCTOR_PROBES_INT_H
#define OFFGRID_DOCTOR_PROBES_INT_H

#include "doctor/doctor.h"

extern const struct probe probe_disk_write, probe_disk_store; /* probes_disk.c */
extern const struct probe probe_act_cage, probe_act_agent;    /* probes_act.c */
extern const struct probe probe_wire_loopback;                /* probes_wire.c */
extern const struct probe probe_parse_control;                /* probes_parse.c */
extern const struct probe probe_engine_library, probe_engine_file,
	probe_engine_load; /* probes_engine.c */
extern const struct probe probe_prompt_tools, probe_model_forced,
	probe_model_chooses; /* probes_model.c */

/* What probes_engine.c leaves for probes_model.c: a backend and the loop it lives on. */
struct doctor_model {
	struct loop *loop;
	struct backend *backend; /* NULL: not loaded */
};

#endif
