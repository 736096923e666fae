/*
 * cage_int.h - a kind of cage as a row; see cage.h. For agent/cage*.c only.
 */
#ifndef OFFGRID_AGENT_CAGE_INT_H
#define OFFGRID_AGENT_CAGE_INT_H

#include "agent/cage.h"

struct cage_row {
	const char *name;
	/* Takes what is needed from the system, into `own`. False and the reason if it cannot work
	 * here. */
	bool (*open)(struct cage *c, struct err *e);
	void (*close)(struct cage *c);
	/* Puts itself around `spec`, whose argv is the shell's. */
	void (*wrap)(const struct cage *c, struct arena *a, struct proc_spec *spec);
	const char *temp_inside; /* where the private folder is seen; NULL: at its own path */
};

struct cage {
	const struct cage_row *row; /* NULL: open */
	const struct paths *paths;
	struct arena *arena;
	struct str temp; /* the private temporary folder, without links */
	int ruleset_fd;  /* Landlock's */
	struct err why;
};

/* The rows of this system, best first, NULL-terminated: cage_linux.c, cage_macos.c, cage_other.c.
 */
extern const struct cage_row *const cage_rows[];

extern const struct cage_row cage_bubblewrap, cage_landlock, cage_seatbelt;

#endif
