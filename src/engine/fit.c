/*
 * fit.c - whether a model fits; see fit.h.
 *
 * Layer: engine.
 */
#include "engine/fit.h"

enum {
	STEP_TOKENS = 256, /* libllama makes contexts in such steps */
	LEAST_TOKENS =
		2048 /* a shorter context serves nobody, unless the model has no longer one */
};

static uint64_t line(int x, int x0, uint64_t y0, int x1, uint64_t y1)
{
	if (x1 <= x0)
		return y1;
	double slope = ((double)y1 - (double)y0) / (double)(x1 - x0);
	double y = (double)y0 + slope * (double)(x - x0);
	return y > 0 ? (uint64_t)y : 0;
}

struct fit_point fit_point_at(const struct fit_need *need, int context_tokens)
{
	const struct fit_point *a = &need->low, *b = &need->high;
	int n = context_tokens;
	return (struct fit_point){ n,
		line(n, a->context_tokens, a->kv_bytes, b->context_tokens, b->kv_bytes),
		line(n, a->context_tokens, a->compute_bytes, b->context_tokens, b->compute_bytes) };
}

static uint64_t bytes_at(const struct fit_need *need, int context_tokens)
{
	struct fit_point p = fit_point_at(need, context_tokens);
	return need->weight_bytes + p.kv_bytes + p.compute_bytes;
}

/* The longest context, up to `most`, that takes at most `bytes`; 0 if none does. */
static int longest_within(const struct fit_need *need, uint64_t bytes, int most)
{
	int low = 0, high = most / STEP_TOKENS;
	if (bytes_at(need, most) <= bytes)
		return most;
	while (low < high) {
		int middle = low + (high - low + 1) / 2;
		if (bytes_at(need, middle * STEP_TOKENS) <= bytes)
			low = middle;
		else
			high = middle - 1;
	}
	return low * STEP_TOKENS;
}

static double gib(uint64_t bytes)
{
	return (double)bytes / (1024.0 * 1024.0 * 1024.0);
}

static bool refuse(
	const struct fit_need *need, uint64_t has, int tokens, int would_fit, struct err *e)
{
	struct fit_point p = fit_point_at(need, tokens);
	fail(e, ERR_NO_ROOM, LAYER_ENGINE,
		"the model needs %.2f GiB of memory (weights %.2f, a context of %d tokens %.2f, "
		"computing %.2f), %.2f GiB are free; %s",
		gib(bytes_at(need, tokens)), gib(need->weight_bytes), tokens, gib(p.kv_bytes),
		gib(p.compute_bytes), gib(has),
		would_fit ? "a shorter context would fit" : "no useful context would fit");
	if (would_fit)
		return err_mend(e, "ask for a context of at most %d tokens, or end other programs",
			would_fit);
	return err_mend(
		e, "take a smaller model or a stronger quantisation, or end other programs");
}

/* Layers that the cards can take with their share of the cache; what is computed needs room too. */
static int layers_on_device(const struct fit_need *need, uint64_t device_bytes, struct fit_point p)
{
	uint64_t all = need->weight_bytes + p.kv_bytes;
	if (all + p.compute_bytes <= device_bytes)
		return -1;
	if (device_bytes <= p.compute_bytes || !all)
		return 0;
	double share = (double)(device_bytes - p.compute_bytes) / (double)all;
	return (int)(share * (double)need->layers);
}

bool fit_plan(const struct fit_need *need, const struct fit_room *room, int wanted,
	struct fit_plan *out, struct err *e)
{
	uint64_t has = room->host_bytes + room->device_bytes;
	int own = need->trained_context_tokens > 0 ? need->trained_context_tokens : LEAST_TOKENS;
	int tokens = wanted > 0 ? wanted : own;
	int fits = longest_within(need, has, tokens);
	int least = own < LEAST_TOKENS ? own : LEAST_TOKENS;
	if (wanted < 0)
		return fail(e, ERR_USAGE, LAYER_ENGINE, "a context of %d tokens", wanted);
	if (fits < tokens && (wanted > 0 || fits < least))
		return refuse(need, has, tokens, fits >= least || (wanted && fits) ? fits : 0, e);
	struct fit_point p = fit_point_at(need, fits);
	*out = (struct fit_plan){ fits,
		room->device_bytes ? layers_on_device(need, room->device_bytes, p) : -1, p,
		!wanted && fits < own };
	return true;
}
