/*
 * probes.c - the table of probes, from the ground up. A probe may need only what stands before it.
 */
#include "doctor/probes_int.h"

const struct probe *const probes[] = {
	&probe_disk_write,
	&probe_disk_store,
	&probe_act_cage,
	&probe_wire_loopback,
	&probe_parse_control,
	&probe_act_agent,
	&probe_engine_library,
	&probe_engine_file,
	&probe_engine_load,
	&probe_prompt_tools,
	&probe_model_forced,
	&probe_model_chooses,
	&probe_answers_now,
	&probe_answers_kept,
	&probe_client_files,
};

const size_t probe_count = sizeof probes / sizeof probes[0];
