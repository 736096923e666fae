/*
 * guide_cache.c - guides kept for the next request that offers the same; see guide_cache.h.
 *
 * A list in the order of their last use, short enough to be walked. What the making noted in the
 * trace is kept beside each guide and told again.
 */
#include "chat/guide_cache.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"

struct kept {
	struct kept *next; /* used longer ago */
	struct tool_guide *guide;
	struct buf key;
	struct trace *notes;
	size_t bytes;
	unsigned holders;
};

struct guide_cache {
	struct kept *first; /* used last */
	uint64_t taken, made;
	bool is_closed; /* nothing more will be taken */
};

struct guide_cache *guide_cache_new(void)
{
	return must_calloc(1, sizeof(struct guide_cache));
}

static void kept_free(struct kept *k)
{
	tool_guide_free(k->guide);
	trace_free(k->notes);
	buf_clear(&k->key);
	free(k);
}

/* Lets go of what nobody holds beyond the limits; once closed, of all that. */
static void trim(struct guide_cache *c)
{
	size_t count = 0, bytes = 0;
	for (struct kept **at = &c->first; *at;) {
		struct kept *k = *at;
		bool is_over = c->is_closed || count >= LIMIT_GUIDES_KEPT ||
			       bytes + k->bytes > LIMIT_GUIDES_BYTES;
		if (is_over && !k->holders) {
			*at = k->next;
			kept_free(k);
			continue;
		}
		count++;
		bytes += k->bytes;
		at = &k->next;
	}
}

void guide_cache_free(struct guide_cache *c)
{
	if (!c)
		return;
	c->is_closed = true;
	trim(c);
	if (!c->first)
		free(c);
}

/* Takes the guide of this key out of the list, or gives NULL. */
static struct kept *pull_out(struct guide_cache *c, struct str key)
{
	for (struct kept **at = &c->first; *at; at = &(*at)->next) {
		struct kept *k = *at;
		if (str_eq(buf_str(&k->key), key)) {
			*at = k->next;
			return k;
		}
	}
	return NULL;
}

static void tell_notes(const struct trace *notes, struct trace *t)
{
	for (size_t i = 0; i < trace_count(notes); i++) {
		const struct trace_record *r = trace_get(notes, i);
		trace_note(t, r->layer, r->what, "%.*s", STR_ARG(r->text));
	}
}

const struct tool_guide *guide_cache_take(struct guide_cache *c, const struct chat_request *r,
	const struct tool_format *format, enum tool_thinking thinking, struct trace *t)
{
	struct buf key;
	buf_init(&key, LIMIT_GUIDES_BYTES);
	tool_guide_key(r, format, thinking, &key);
	/* What is too big to be compared is found by nobody: the empty key is given to none. */
	struct kept *k = key.overflow ? NULL : pull_out(c, buf_str(&key));
	if (!k) {
		k = must_calloc(1, sizeof *k);
		k->notes = trace_new();
		k->guide = tool_guide_new(r, format, thinking, k->notes);
		k->bytes = tool_guide_bytes(k->guide) + key.n;
		c->made++;
		if (key.overflow)
			buf_clear(&key);
		k->key = key;
	} else {
		buf_clear(&key);
	}
	k->next = c->first;
	c->first = k;
	k->holders++;
	c->taken++;
	tell_notes(k->notes, t);
	trim(c);
	return k->guide;
}

void guide_cache_give(struct guide_cache *c, const struct tool_guide *guide)
{
	struct kept *k = c->first;
	if (!guide)
		return;
	while (k && k->guide != guide)
		k = k->next;
	MUST(k && k->holders);
	k->holders--;
	trim(c);
	if (c->is_closed && !c->first)
		free(c);
}

struct guide_cache_facts guide_cache_facts(const struct guide_cache *c)
{
	struct guide_cache_facts f = { .taken = c->taken, .made = c->made };
	for (const struct kept *k = c->first; k; k = k->next) {
		f.kept++;
		f.bytes += k->bytes;
	}
	return f;
}
