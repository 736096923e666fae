/*
 * held.c - what a slow reader cannot take yet; see held.h.
 */
#include "route/held.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"

enum { FIRST_ROOM = 64 };

static size_t bytes_of(const struct engine_event *event)
{
	size_t bytes = sizeof *event;
	if (!event->text)
		return bytes;
	bytes += sizeof *event->text + event->text->bytes.n;
	for (size_t i = 0; i < event->text->logprob_count; i++)
		bytes += sizeof(struct engine_logprob) +
			 event->text->logprobs[i].top_count * sizeof(struct engine_token_logprob);
	return bytes;
}

void held_clear(struct held *h)
{
	struct engine_event event;
	while (held_take(h, &event))
		engine_event_clear(&event);
	free(h->events);
	*h = (struct held){ 0 };
}

/* Room for one more: at the front if events were taken there, else new. */
static void make_room(struct held *h)
{
	if (h->first + h->count < h->room)
		return;
	if (h->first > h->room / 2) {
		memmove(h->events, h->events + h->first, h->count * sizeof *h->events);
		h->first = 0;
		return;
	}
	h->room = h->room ? h->room * 2 : FIRST_ROOM;
	h->events = must_realloc(h->events, h->room * sizeof *h->events);
}

bool held_put(struct held *h, const struct engine_event *event)
{
	make_room(h);
	h->events[h->first + h->count++] = *event;
	h->bytes += bytes_of(event);
	return h->bytes <= LIMIT_HELD_BYTES;
}

bool held_take(struct held *h, struct engine_event *event)
{
	if (!h->count)
		return false;
	*event = h->events[h->first++];
	h->bytes -= bytes_of(event);
	if (--h->count == 0)
		h->first = 0;
	return true;
}
