/*
 * digest.c - see digest.h.
 */
#include "chat/digest.h"

void digest_init(struct digest *d)
{
	const struct digest_part none = { .hash = STR_HASH_BASIS };
	*d = (struct digest){ .text = none, .thoughts = none, .calls = none };
}

static void add(struct digest_part *part, struct str bytes)
{
	part->hash = str_sum_on(part->hash, bytes);
	part->bytes += bytes.n;
}

/* Between an id, a name and the arguments: a byte that none of them holds. */
static void add_border(struct digest_part *part)
{
	part->hash *= STR_HASH_PRIME;
}

static void add_call(struct digest *d, const struct chat_event *event)
{
	d->call_count++;
	add_border(&d->calls);
	add(&d->calls, event->id);
	add_border(&d->calls);
	add(&d->calls, event->text);
	add_border(&d->calls);
}

void digest_take(struct digest *d, const struct chat_event *event)
{
	switch (event->type) {
	case CHAT_TEXT: add(&d->text, event->text); break;
	case CHAT_THINK: add(&d->thoughts, event->text); break;
	case CHAT_TOOL_BEGIN: add_call(d, event); break;
	case CHAT_TOOL_ARGS: add(&d->calls, event->text); break;
	case CHAT_TOOL_END: add_border(&d->calls); break;
	case CHAT_SEAL:
	case CHAT_USAGE:
	case CHAT_STOP:
	case CHAT_FAIL:
	case CHAT_ALIVE:
	case CHAT_LOGPROB:
	case CHAT_EVENT_TYPE_COUNT: break;
	}
}

static bool is_same_part(const struct digest_part *a, const struct digest_part *b)
{
	return a->hash == b->hash && a->bytes == b->bytes;
}

bool digest_is_same(const struct digest *a, const struct digest *b)
{
	bool counts_thoughts = !a->has_no_thoughts && !b->has_no_thoughts;
	return is_same_part(&a->text, &b->text) && is_same_part(&a->calls, &b->calls) &&
	       a->call_count == b->call_count &&
	       (!counts_thoughts || is_same_part(&a->thoughts, &b->thoughts));
}

void digest_describe(const struct digest *d, struct buf *out)
{
	buf_printf(out, "%llu bytes of text, %llu of thoughts, %u calls of %llu",
		(unsigned long long)d->text.bytes, (unsigned long long)d->thoughts.bytes,
		d->call_count, (unsigned long long)d->calls.bytes);
}

static void take(void *owner, const struct chat_event *event)
{
	digest_take(owner, event);
}

struct chat_sink digest_sink(struct digest *d)
{
	return (struct chat_sink){ take, d };
}
