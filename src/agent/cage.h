/*
 * cage.h - what a command may reach while it runs.
 *
 * Inside, the allowed folders and a private temporary folder are writable, everything else is
 * read-only, and there is no network; the environment has no secrets whether caged or not. How this
 * is done is a row: bubblewrap where it is present and works, else Landlock with a seccomp filter
 * (Linux), Seatbelt (macOS). Each is tried out once before it is trusted. Where none works, the
 * cage is open, says so, and the policy decides whether commands run at all.
 *
 * A cage is made once for a run, and then read by any thread.
 */
#ifndef OFFGRID_AGENT_CAGE_H
#define OFFGRID_AGENT_CAGE_H

#include "agent/paths.h"
#include "base/proc.h"

struct cage;

/* Chooses by name ("auto", "none", or a row's name) and tries it out; ERR_NOT_FOUND if the named
 * one does not work here, with the reason. `paths` must outlive it. */
struct cage *cage_new(const struct paths *paths, const char *name, struct err *e);
void cage_free(struct cage *c); /* removes the private temporary folder; NULL is fine */

bool cage_is_closed(const struct cage *c);
const char *cage_name(const struct cage *c); /* "bubblewrap", "landlock", "seatbelt", "none" */
/* Why none closed, one sentence; empty if one did. */
const char *cage_why_open(const struct cage *c);

/* Fills what starts a shell command line in the cage: argv, dir, env, before_exec, ctx. What it
 * points to lives in the arena and the cage. */
void cage_wrap(const struct cage *c, struct arena *a, struct str command, struct proc_spec *spec);

#endif
