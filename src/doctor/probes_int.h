/*
 * probes_int.h - the rows of the probes, one file for each neighbourhood of layers.
 */
#ifndef OFFGRID_DOCTOR_PROBES_INT_H
#define OFFGRID_DOCTOR_PROBES_INT_H

#include "doctor/doctor.h"

extern const struct probe probe_disk_write, probe_disk_store; /* probes_disk.c */
extern const struct probe probe_parse_control;                /* probes_parse.c */

#endif
