/*
 * pull_view.c - see pull_view.h.
 */
#include "cmd/pull_view.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/opt.h"
#include "model/card.h"
#include "net/http.h"

enum { BAR_COLUMNS = 24, NAME_COLUMN = 20, ABOUT_INDENT = 22, PERCENT = 100 };

const char *pull_view_time(int64_t ms, char out[PULL_VIEW_TIME])
{
	const int64_t second = 1000, minute = 60, hour = 3600;
	int64_t s = (ms + second - 1) / second;
	if (s < minute)
		snprintf(out, PULL_VIEW_TIME, "%" PRId64 " s", s);
	else if (s < hour)
		snprintf(out, PULL_VIEW_TIME, "%" PRId64 ":%02" PRId64, s / minute, s % minute);
	else
		snprintf(out, PULL_VIEW_TIME, "%" PRId64 ":%02" PRId64 ":%02" PRId64, s / hour,
			s % hour / minute, s % minute);
	return out;
}

static struct str host_of(struct str url)
{
	size_t at = str_find(url, STR("://"));
	struct str rest = at == SIZE_MAX ? url : str_from(url, at + 3), host = STR("");
	str_cut(&rest, '/', &host);
	return host;
}

void pull_view_plan(const struct pull_plan *plan, struct buf *out)
{
	char all[CARD_BYTES_TEXT], rest[CARD_BYTES_TEXT];
	bool is_pinned = true;
	for (size_t i = 0; i < plan->count; i++)
		is_pinned = is_pinned && plan->parts[i].sha256.n;
	buf_printf(out, "%s", plan->name.p);
	if (plan->all_bytes)
		buf_printf(out, ": %s in %zu file%s", card_bytes(plan->all_bytes, all), plan->count,
			plan->count == 1 ? "" : "s");
	buf_printf(out, " from %.*s\n", STR_ARG(host_of(plan->parts[0].url)));
	if (plan->all_bytes && plan->to_come_bytes == 0)
		buf_add_z(out, "  all of it is here already\n");
	else if (plan->to_come_bytes < plan->all_bytes)
		buf_printf(out, "  %s are still to come\n", card_bytes(plan->to_come_bytes, rest));
	if (!is_pinned)
		buf_add_z(out, "  nobody says what its hash must be: it is recorded as it comes\n");
}

static void add_bar(uint64_t done, uint64_t all, struct buf *out)
{
	size_t full = all ? (size_t)((double)done / (double)all * BAR_COLUMNS) : 0;
	full = full < BAR_COLUMNS ? full : BAR_COLUMNS;
	buf_add_char(out, '[');
	buf_add_fill(out, '#', full);
	buf_add_fill(out, '.', BAR_COLUMNS - full);
	buf_printf(out, "] %3d %%", all ? (int)((double)done / (double)all * PERCENT) : 0);
}

void pull_view_progress(
	const struct pull_plan *plan, const struct pull_progress *p, struct buf *out)
{
	char done[CARD_BYTES_TEXT], all[CARD_BYTES_TEXT], rate[CARD_BYTES_TEXT],
		left[PULL_VIEW_TIME];
	if (plan->count > 1)
		buf_printf(out, "%zu/%zu ", p->part + 1, plan->count);
	if (p->is_checking) {
		buf_add_z(out, "reading it once more for its hash");
		return;
	}
	if (p->all_bytes)
		add_bar(p->done_bytes, p->all_bytes, out);
	buf_printf(out, " %s", card_bytes(p->done_bytes, done));
	if (p->all_bytes)
		buf_printf(out, " of %s", card_bytes(p->all_bytes, all));
	if (p->bytes_per_s >= 1)
		buf_printf(out, ", %s/s", card_bytes((uint64_t)p->bytes_per_s, rate));
	if (p->left_ms >= 0)
		buf_printf(out, ", %s left", pull_view_time(p->left_ms, left));
}

void pull_view_catalog(const struct catalog *c, const bool *is_here, struct buf *out)
{
	buf_add_z(out, "the catalog (* is on this machine):\n");
	for (size_t i = 0; i < c->count; i++) {
		const struct catalog_row *row = &c->rows[i];
		struct buf about;
		buf_init(&about, out->max);
		buf_printf(&about, "%.*s (%.*s)", STR_ARG(row->about), STR_ARG(row->licence));
		size_t start = out->n;
		opt_wrap(buf_str(&about), ABOUT_INDENT, out);
		char name[NAME_COLUMN + 1];
		int n = snprintf(
			name, sizeof(name), "%c %.*s", is_here[i] ? '*' : ' ', STR_ARG(row->name));
		memcpy(out->p + start, name, n < NAME_COLUMN ? (size_t)n : NAME_COLUMN);
		buf_clear(&about);
	}
	buf_add_z(out, "and any other: offgrid pull hf:OWNER/REPO:Q4_K_M, or an https address\n");
}
