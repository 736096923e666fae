/*
 * checkup.h - a client's set-up as it is on this machine, held against its row: its own files, and
 * the files and variables that outweigh them.
 *
 * Reads only. Everything is in the arena.
 *
 * Layer: client (what a file holds), disk (what cannot be read).
 */
#ifndef OFFGRID_CLIENT_CHECKUP_H
#define OFFGRID_CLIENT_CHECKUP_H

#include "client/client.h"

/* What outweighs our files, as it is now: the texts of client_over that are there, and the
 * variables of the environment that outweigh keys of a file (client_file.env). */
struct checkup_over {
	unsigned file; /* which of ours */
	struct str name, text;
};

struct checkup_overs {
	struct checkup_over *list;
	size_t count;
};

bool checkup_find_over(
	const struct client *c, struct arena *a, struct checkup_overs *out, struct err *e);

/* What outweighs a configuration of ours that is thrown away: of the variables of the environment
 * those that are set, as NAME=value with the value that our files hold; ends with NULL. */
const char *const *checkup_variables(
	const struct client *c, const struct client_target *t, struct arena *a);

struct checkup_part {
	struct str name; /* the file's path, or what outweighs it */
	bool is_there, is_over;
	struct client_findings found;
};

struct checkup_parts {
	struct checkup_part *list;
	size_t count;
};

/* All its files, whether there or not, and what outweighs them with a finding. False if one cannot
 * be read. */
bool checkup(const struct client *c, const struct client_target *t, struct arena *a,
	struct checkup_parts *out, struct err *e);

/* Whether it can work as it stands: placebos and comfort do not count. */
bool checkup_matters(const struct client_finding *f);

#endif
