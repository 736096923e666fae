/*
 * proc_int.h - what proc.c (the parent's side) asks of proc_spawn.c (fork, the child's side).
 */
#ifndef OFFGRID_BASE_PROC_INT_H
#define OFFGRID_BASE_PROC_INT_H

#include "base/proc.h"

struct spawned {
	int pid;
	int exit_fd; /* becomes readable when the child has ended */
	int in_fd;   /* non-blocking, all of them; -1: none */
	int out_fds[PROC_STREAM_COUNT];
};

/* Returns when the program runs in the child, or could not be made to. */
bool proc_spawn(const struct proc_spec *spec, struct spawned *s, struct err *e);

/* A descriptor that becomes readable when this child of ours has ended; -1 with errno. One file a
 * system. */
int proc_exit_fd(int pid);

/* Closes this descriptor and all above it. Where the C library has none, closefrom.c brings it. */
void closefrom(int first);

#endif
