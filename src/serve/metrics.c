/*
 * metrics.c - counting, and the text in which it is told; see metrics.h.
 */
#include "serve/metrics.h"

static const int64_t bounds_ms[] = { 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10000, 60000,
	600000 };

_Static_assert(sizeof bounds_ms / sizeof bounds_ms[0] == METRICS_BUCKETS - 1,
	"a bound for every bucket but the last");

static const char *const outcome_names[] = {
	[OUTCOME_OK] = "ok",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_LEFT] = "left",
};

_Static_assert(sizeof outcome_names / sizeof outcome_names[0] == OUTCOME_COUNT,
	"a name for every outcome");

void metrics_took(struct histogram *h, int64_t ms)
{
	size_t i = 0;
	while (i < METRICS_BUCKETS - 1 && ms > bounds_ms[i])
		i++;
	h->buckets[i]++;
	h->sum_ms += (uint64_t)(ms > 0 ? ms : 0);
}

void metrics_tokens(struct metrics *m, const struct chat_usage *usage)
{
	m->prompt_tokens += (uint64_t)usage->prompt_tokens;
	m->cached_tokens += (uint64_t)usage->cached_tokens;
	m->answer_tokens += (uint64_t)usage->answer_tokens;
	m->thinking_tokens += (uint64_t)usage->thinking_tokens;
}

static void begin(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP offgrid_%s %s\n# TYPE offgrid_%s %s\n", name, help, name, type);
}

static void write_plain(
	struct buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
	begin(out, name, type, help);
	buf_printf(out, "offgrid_%s %llu\n", name, (unsigned long long)value);
}

static void write_labelled(
	struct buf *out, const char *name, const char *label, const char *value, uint64_t count)
{
	buf_printf(
		out, "offgrid_%s{%s=\"%s\"} %llu\n", name, label, value, (unsigned long long)count);
}

static void write_histogram(
	struct buf *out, const char *name, const char *help, const struct histogram *h)
{
	uint64_t count = 0;
	begin(out, name, "histogram", help);
	for (size_t i = 0; i < METRICS_BUCKETS; i++) {
		count += h->buckets[i];
		if (i < METRICS_BUCKETS - 1)
			buf_printf(out, "offgrid_%s_bucket{le=\"%g\"} %llu\n", name,
				(double)bounds_ms[i] / 1000, (unsigned long long)count);
	}
	buf_printf(out,
		"offgrid_%s_bucket{le=\"+Inf\"} %llu\noffgrid_%s_sum %.3f\noffgrid_%s_count %llu\n",
		name, (unsigned long long)count, name, (double)h->sum_ms / 1000, name,
		(unsigned long long)count);
}

void metrics_write(const struct metrics *m, size_t connections, struct buf *out)
{
	begin(out, "build_info", "gauge", "what runs here");
	buf_printf(out, "offgrid_build_info{version=\"" OFFGRID_VERSION "\"} 1\n");
	begin(out, "requests_total", "counter", "chat requests by how they ended");
	for (int i = 0; i < OUTCOME_COUNT; i++)
		write_labelled(out, "requests_total", "outcome", outcome_names[i], m->requests[i]);
	begin(out, "errors_total", "counter", "failed chat requests by the layer at fault");
	for (int i = LAYER_NONE + 1; i < LAYER_COUNT; i++)
		write_labelled(out, "errors_total", "layer", layers[i].name, m->errors[i]);
	begin(out, "invariants_broken_total", "counter",
		"answers in which something was not as it must be, by the layer at fault");
	for (int i = LAYER_NONE + 1; i < LAYER_COUNT; i++)
		write_labelled(
			out, "invariants_broken_total", "layer", layers[i].name, m->broken[i]);
	begin(out, "tokens_total", "counter", "tokens, cached ones being part of the prompt's");
	write_labelled(out, "tokens_total", "kind", "prompt", m->prompt_tokens);
	write_labelled(out, "tokens_total", "kind", "cached", m->cached_tokens);
	write_labelled(out, "tokens_total", "kind", "answer", m->answer_tokens);
	write_labelled(out, "tokens_total", "kind", "thinking", m->thinking_tokens);
	write_plain(out, "refused_keys_total", "counter", "requests without a valid API key",
		m->refused_keys);
	write_plain(out, "paused_total", "counter",
		"answers that came faster than their client read", m->paused);
	write_plain(out, "unwritten_total", "counter",
		"requests whose trace and ledger row could not be written to the disk",
		m->unwritten);
	write_plain(out, "unkept_total", "counter",
		"answers that were to be kept for later requests and could not be", m->unkept);
	write_histogram(out, "request_seconds", "from request to the end of its answer", &m->whole);
	write_histogram(out, "first_event_seconds", "from request to the first piece of its answer",
		&m->first);
	write_plain(out, "running", "gauge", "chat requests under way",
		(uint64_t)(m->running > 0 ? m->running : 0));
	write_plain(out, "connections", "gauge", "open connections of clients", connections);
}
