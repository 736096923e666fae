/*
 * sampling.h - how an answer of our engine is sampled, and who said so.
 *
 * Each number is the first that somebody gives: the request, the command line, the model's own
 * file, the row of its family (chat/family.h), the usual. The trace says which it was.
 *
 * Pure; any thread.
 */
#ifndef OFFGRID_ROUTE_SAMPLING_H
#define OFFGRID_ROUTE_SAMPLING_H

#include "base/trace.h"
#include "chat/family.h"
#include "chat/request.h"
#include "engine/engine.h"

struct sampling_sources {
	const struct engine_facts *facts; /* its sampling holds the file's wishes over the usual */
	const struct family *family;
	double temperature; /* of the command line; negative: none was given */
};

struct engine_sampling sampling_choose(const struct sampling_sources *from,
	const struct chat_sampling *asked, struct trace *trace);

#endif
