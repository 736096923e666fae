/*
 * probes_client.c - whether the programs that `offgrid connect` has set up are still set up so:
 * their own files, and what outweighs them. What only does nothing, and what only spares the
 * network, is no fault.
 *
 * Layer: client.
 */
#include "client/checkup.h"
#include "client/connect.h"
#include "doctor/probes_int.h"

enum { NAMES_BYTES = 1024 };

/* The first finding that matters; NULL: it is as it should be. */
static const struct client_finding *first_fault(
	const struct checkup_parts *parts, const struct checkup_part **where)
{
	for (size_t i = 0; i < parts->count; i++)
		for (size_t k = 0; k < parts->list[i].found.count; k++)
			if (checkup_matters(&parts->list[i].found.list[k])) {
				*where = &parts->list[i];
				return &parts->list[i].found.list[k];
			}
	return NULL;
}

static bool blame(const struct client *c, const struct client_finding *f,
	const struct checkup_part *where, struct err *e)
{
	fail(e, ERR_BAD_DATA, LAYER_CLIENT, "%s: %.*s %s in %.*s: %s", c->title, STR_ARG(f->path),
		f->kind == CLIENT_MISSING   ? "is missing"
		: f->kind == CLIENT_DIFFERS ? "differs"
					    : "does harm",
		STR_ARG(where->name), f->why);
	if (where->is_over)
		return err_mend(e, "take it out there by hand: it outweighs what we wrote");
	if (!f->can_mend)
		return err_mend(e,
			"change it by hand: it is not ours; offgrid connect %s --check "
			"shows all",
			c->name);
	return err_mend(e, "offgrid connect %s --check shows all; offgrid connect %s mends it",
		c->name, c->name);
}

static bool is_well(
	const struct client *c, const struct client_target *t, struct arena *a, struct err *e)
{
	struct checkup_parts parts;
	const struct checkup_part *where = NULL;
	if (!checkup(c, t, a, &parts, e))
		return false;
	const struct client_finding *f = first_fault(&parts, &where);
	return !f || blame(c, f, where, e);
}

static void run_clients(struct doctor *d, struct finding *f)
{
	struct buf names;
	struct err e = { .kind = ERR_NONE };
	buf_init(&names, NAMES_BYTES);
	bool ok = true;
	for (size_t i = 0; i < client_count && ok; i++) {
		struct client_target target;
		if (!connect_recall(&clients[i], d->arena, &target))
			continue;
		ok = is_well(&clients[i], &target, d->arena, &e);
		buf_printf(&names, "%s%s", names.n ? ", " : "", clients[i].title);
	}
	if (!ok)
		finding_fail(d, f, &e);
	else if (names.n)
		finding_pass(d, f, "as it was connected: %s", buf_z(&names));
	else
		finding_skip(d, f, "no program is connected; offgrid connect lists them");
	buf_clear(&names);
}

const struct probe probe_client_files = {
	.id = "client.files",
	.layer = LAYER_CLIENT,
	.title = "connected programs are set up as they were",
	.needs = "",
	.run = run_clients,
};
