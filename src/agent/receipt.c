/*
 * receipt.c - the record of a run and the judgement on its claims; see receipt.h.
 *
 * Layer: disk
 */
#include "agent/receipt.h"

#include "base/limits.h"
#include "base/must.h"

enum { FIRST_ROOM = 16, EXIT_NOT_DELIVERED = 1 };

const char *const run_end_names[] = {
	[END_DONE] = "done",
	[END_LENGTH] = "length",
	[END_BUDGET] = "budget",
	[END_REPEATED] = "repeated",
	[END_REFUSED] = "refused",
	[END_FAILED] = "failed",
	[END_CANCELLED] = "cancelled",
};

_Static_assert(sizeof run_end_names / sizeof run_end_names[0] == END_COUNT, "a name for each");

struct receipt *receipt_new(void)
{
	struct receipt *r = must_calloc(1, sizeof *r);
	r->arena = arena_new();
	return r;
}

void receipt_free(struct receipt *r)
{
	if (!r)
		return;
	changes_free(r->changes);
	free(r->deeds);
	free(r->traces);
	arena_free(r->arena);
	free(r);
}

void receipt_add_deed(struct receipt *r, const struct deed *d)
{
	if (r->deed_count == r->deed_room) {
		r->deed_room = r->deed_room ? r->deed_room * 2 : FIRST_ROOM;
		r->deeds = must_realloc(r->deeds, r->deed_room * sizeof *r->deeds);
	}
	struct deed *kept = &r->deeds[r->deed_count++];
	*kept = *d;
	kept->tool = arena_str(r->arena, d->tool);
	kept->subject = arena_str(r->arena, d->subject);
	kept->wrote = arena_str(r->arena, d->wrote);
	kept->refused = arena_str(r->arena, d->refused);
}

void receipt_add_trace(struct receipt *r, const char *id)
{
	if (r->trace_count == r->trace_room) {
		r->trace_room = r->trace_room ? r->trace_room * 2 : FIRST_ROOM;
		r->traces = must_realloc(r->traces, r->trace_room * sizeof *r->traces);
	}
	r->traces[r->trace_count++] = arena_str(r->arena, str_z(id));
}

/* ---- claims against facts ---- */

struct judge {
	struct receipt *r;
	const struct truth *t;
	const struct claims *claims;
};

static bool was_written(const struct judge *j, struct str path)
{
	for (size_t i = 0; i < j->r->deed_count; i++)
		if (str_eq(j->r->deeds[i].wrote, path))
			return true;
	for (size_t i = 0; i < j->t->earlier_count; i++)
		if (str_eq(j->t->earlier[i], path))
			return true;
	return false;
}

static bool has_claim(const struct judge *j, enum claim_kind kind, struct str subject)
{
	for (size_t i = 0; i < j->claims->count; i++)
		if (j->claims->items[i].kind == kind &&
			str_eq(j->claims->items[i].subject, subject))
			return true;
	return false;
}

/* Where the file is; false if it lies outside of what we look at. */
static bool locate(
	const struct judge *j, struct str subject, struct place *at, bool *is_there, bool *is_known)
{
	struct err ignored = { 0 };
	struct stat st;
	if (!paths_find(j->t->paths, j->r->arena, subject, at, &ignored))
		return false;
	*is_there = place_stat(j->t->paths, at, &st);
	*is_known = !snapshot_is_blind(j->t->after, at->shown) &&
		    !snapshot_is_blind(j->t->before, at->shown);
	return true;
}

/* Each of these gives what is not so, or the empty string. */
static struct str judge_made(const struct judge *j, const struct claim *c)
{
	struct place at;
	bool is_there, is_known;
	if (!locate(j, c->subject, &at, &is_there, &is_known))
		return str_z(NULL);
	const struct change *change = changes_find(j->r->changes, at.shown);
	if ((change && change->kind != CHANGE_DELETED) || (is_there && was_written(j, at.shown)))
		return str_z(NULL);
	if (!is_there && !has_claim(j, CLAIM_DELETED, c->subject))
		return arena_printf(j->r->arena, "%.*s does not exist", STR_ARG(c->subject));
	if (!is_there || !is_known || c->is_weak || j->t->has_past)
		return str_z(NULL);
	return arena_printf(j->r->arena, "%.*s is there, but did not change", STR_ARG(c->subject));
}

static bool has_command(const struct judge *j)
{
	for (size_t i = 0; i < j->r->deed_count; i++)
		if (j->r->deeds[i].is_command)
			return true;
	return false;
}

static struct str judge_deleted(const struct judge *j, const struct claim *c)
{
	struct place at;
	bool is_there, is_known;
	if (!locate(j, c->subject, &at, &is_there, &is_known))
		return str_z(NULL);
	if (is_there)
		return arena_printf(j->r->arena, "%.*s is still there", STR_ARG(c->subject));
	const struct change *change = changes_find(j->r->changes, at.shown);
	bool is_so = change && change->kind == CHANGE_DELETED;
	if (is_so || !is_known || has_command(j) || j->t->has_past)
		return str_z(NULL);
	return arena_printf(j->r->arena, "%.*s was not there before", STR_ARG(c->subject));
}

static struct str judge_tested(const struct judge *j, const struct claim *c)
{
	(void)c;
	for (size_t i = 0; i < j->r->deed_count; i++)
		if (j->r->deeds[i].is_command && j->r->deeds[i].exit_code == 0)
			return str_z(NULL);
	if (has_command(j))
		return STR("every command that was run failed");
	return j->t->has_past ? str_z(NULL) : STR("no command was run");
}

static struct str judge_ran(const struct judge *j, const struct claim *c)
{
	for (size_t i = 0; i < j->r->deed_count; i++) {
		const struct deed *d = &j->r->deeds[i];
		bool is_it = str_find(d->subject, c->subject) != SIZE_MAX ||
			     str_find(c->subject, d->subject) != SIZE_MAX;
		if (d->is_command && is_it)
			return str_z(NULL);
	}
	if (j->t->has_past)
		return str_z(NULL);
	if (!has_command(j))
		return STR("no command was run");
	return arena_printf(j->r->arena, "%.*s was not run", STR_ARG(c->subject));
}

static struct str judge_exited(const struct judge *j, const struct claim *c)
{
	int last = 0;
	for (size_t i = 0; i < j->r->deed_count; i++) {
		if (!j->r->deeds[i].is_command)
			continue;
		last = j->r->deeds[i].exit_code;
		if (last == c->code)
			return str_z(NULL);
	}
	if (has_command(j))
		return arena_printf(j->r->arena, "no command ended with %d, the last one with %d",
			c->code, last);
	return j->t->has_past ? str_z(NULL) : STR("no command was run");
}

static struct str (*const judges[])(const struct judge *j, const struct claim *c) = {
	[CLAIM_MADE] = judge_made,
	[CLAIM_DELETED] = judge_deleted,
	[CLAIM_TESTED] = judge_tested,
	[CLAIM_RAN] = judge_ran,
	[CLAIM_EXITED] = judge_exited,
};

_Static_assert(sizeof judges / sizeof judges[0] == CLAIM_KIND_COUNT, "a judge for each kind");

void receipt_judge(struct receipt *r, const struct truth *t, struct str text)
{
	struct claims claims = claims_find(r->arena, text);
	struct judge j = { r, t, &claims };
	r->claim_count = claims.count;
	r->untruth_count = 0;
	r->untruths = arena_calloc(r->arena, claims.count + 1, sizeof *r->untruths);
	for (size_t i = 0; i < claims.count; i++) {
		struct str why = judges[claims.items[i].kind](&j, &claims.items[i]);
		if (why.n)
			r->untruths[r->untruth_count++] = (struct untruth){ claims.items[i], why };
	}
}

/* ---- the verdict ---- */

int receipt_exit_code(const struct receipt *r)
{
	if (r->end == END_FAILED)
		return err_exit_code(&r->err);
	if (r->end == END_CANCELLED)
		return err_kinds[ERR_CANCELLED].exit_code;
	if (r->check.n)
		return r->check_exit == 0 ? 0 : EXIT_NOT_DELIVERED;
	return r->end == END_DONE && r->untruth_count == 0 ? 0 : EXIT_NOT_DELIVERED;
}

const char *receipt_verdict(const struct receipt *r)
{
	if (r->end == END_FAILED || r->end == END_CANCELLED)
		return "failed";
	if (r->check.n)
		return r->check_exit == 0 ? "delivered" : "failed";
	if (r->untruth_count)
		return "claimed";
	if (r->end != END_DONE)
		return "failed";
	return r->changes && r->changes->count ? "unverified" : "nothing";
}
