/*
 * sampling.c - see sampling.h.
 */
#include "route/sampling.h"

/* A number and who gave it. */
struct choice {
	double value;
	const char *by;
};

struct offers {
	double asked, command, family; /* CHAT_UNSET_DOUBLE: nothing is said */
	double file;                   /* the file's wish, or the usual */
	bool is_wish;
};

static struct choice choose(const struct offers *o)
{
	if (o->asked != CHAT_UNSET_DOUBLE)
		return (struct choice){ o->asked, "request" };
	if (o->command != CHAT_UNSET_DOUBLE)
		return (struct choice){ o->command, "command line" };
	if (o->is_wish)
		return (struct choice){ o->file, "file" };
	if (o->family != CHAT_UNSET_DOUBLE)
		return (struct choice){ o->family, "family" };
	return (struct choice){ o->file, "usual" };
}

static double number_of(int value)
{
	return value == CHAT_UNSET_INT ? CHAT_UNSET_DOUBLE : value;
}

static double given(double asked, float otherwise)
{
	return asked == CHAT_UNSET_DOUBLE ? (double)otherwise : asked;
}

struct engine_sampling sampling_choose(
	const struct sampling_sources *from, const struct chat_sampling *asked, struct trace *trace)
{
	const struct family_sampling *row = &from->family->sampling;
	struct engine_sampling s = from->facts->sampling;
	unsigned wishes = from->facts->wishes;
	double command = from->temperature < 0 ? CHAT_UNSET_DOUBLE : from->temperature;
	struct choice temperature = choose(&(struct offers){ asked->temperature, command,
		row->temperature, (double)s.temperature, wishes & ENGINE_WISH_TEMPERATURE });
	struct choice top_p = choose(&(struct offers){ asked->top_p, CHAT_UNSET_DOUBLE, row->top_p,
		(double)s.top_p, wishes & ENGINE_WISH_TOP_P });
	struct choice min_p = choose(&(struct offers){ asked->min_p, CHAT_UNSET_DOUBLE, row->min_p,
		(double)s.min_p, wishes & ENGINE_WISH_MIN_P });
	struct choice top_k = choose(&(struct offers){ number_of(asked->top_k), CHAT_UNSET_DOUBLE,
		number_of(row->top_k), s.top_k, wishes & ENGINE_WISH_TOP_K });
	trace_note(trace, LAYER_ENGINE, "sampling",
		"temperature %g (%s), top_p %g (%s), top_k %g (%s), min_p %g (%s); family %s%s%s",
		temperature.value, temperature.by, top_p.value, top_p.by, top_k.value, top_k.by,
		min_p.value, min_p.by, from->family->name, row->source ? ": " : "",
		row->source ? row->source : "");
	s.temperature = (float)temperature.value;
	s.top_p = (float)top_p.value;
	s.min_p = (float)min_p.value;
	s.top_k = (int)top_k.value;
	s.repeat_penalty = (float)given(asked->repeat_penalty, s.repeat_penalty);
	s.presence_penalty = (float)given(asked->presence_penalty, s.presence_penalty);
	s.frequency_penalty = (float)given(asked->frequency_penalty, s.frequency_penalty);
	if (asked->seed != CHAT_UNSET_INT)
		s.seed = (uint64_t)asked->seed;
	return s;
}
