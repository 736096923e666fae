/*
 * toy_guide.c - a guide for a row of elements; see toy_guide.h.
 */
#include "toy_guide.h"

#include "base/must.h"

struct toy_state {
	size_t at; /* the element; count: all are done */
	unsigned times;
	bool is_open;
};

static void read_set(struct byte_set *set, const char **p)
{
	for (++*p; **p != ']'; ++*p) {
		unsigned char from = (unsigned char)**p, to = from;
		if ((*p)[1] == '-' && (*p)[2] != ']') {
			*p += 2;
			to = (unsigned char)**p;
		}
		for (unsigned c = from; c <= to; c++)
			byte_set_put(set, (unsigned char)c);
	}
	++*p;
}

void toy_init(struct toy_grammar *g, const char *pattern, char opener)
{
	*g = (struct toy_grammar){ .opener = opener };
	while (*pattern) {
		struct toy_element *e = &g->elements[g->count++];
		MUST(g->count <= TOY_ELEMENTS);
		e->least = e->most = 1;
		if (*pattern == '[')
			read_set(&e->set, &pattern);
		else
			byte_set_put(&e->set, (unsigned char)*pattern++);
		if (*pattern == '{' && pattern[1] >= '0' && pattern[1] <= '9') {
			char *end;
			e->least = (unsigned)strtoul(pattern + 1, &end, 10);
			e->most = (unsigned)strtoul(end + 1, &end, 10);
			pattern = end + 1;
		}
	}
}

static void start(const void *grammar, void *state)
{
	const struct toy_grammar *g = grammar;
	*(struct toy_state *)state = (struct toy_state){ .is_open = g->opener };
}

static void copy(const void *grammar, void *to, const void *from)
{
	(void)grammar;
	memcpy(to, from, sizeof(struct toy_state));
}

static bool accept(const void *grammar, void *state, unsigned char byte)
{
	const struct toy_grammar *g = grammar;
	struct toy_state *s = state, next = *s;
	if (s->is_open) {
		s->is_open = byte != (unsigned char)g->opener;
		return true;
	}
	for (; next.at < g->count; next.at++, next.times = 0) {
		const struct toy_element *e = &g->elements[next.at];
		if (next.times < e->most && byte_set_has(&e->set, byte)) {
			next.times++;
			if (next.times == e->most) {
				next.at++;
				next.times = 0;
			}
			if (next.at == g->count && g->opener)
				next = (struct toy_state){ .is_open = true };
			*s = next;
			return true;
		}
		if (next.times < e->least)
			return false;
	}
	return false;
}

static void allowed(const void *grammar, const void *state, struct byte_set *out)
{
	*out = (struct byte_set){ { 0 } };
	for (unsigned c = 0; c < 256; c++) {
		struct toy_state s = *(const struct toy_state *)state;
		if (accept(grammar, &s, (unsigned char)c))
			byte_set_put(out, (unsigned char)c);
	}
}

static bool is_open(const void *grammar, const void *state)
{
	(void)grammar;
	return ((const struct toy_state *)state)->is_open;
}

static bool may_end(const void *grammar, const void *state)
{
	const struct toy_grammar *g = grammar;
	const struct toy_state *s = state;
	if (s->is_open)
		return true;
	for (size_t i = s->at; i < g->count; i++)
		if ((i == s->at ? s->times : 0) < g->elements[i].least)
			return false;
	return true;
}

static size_t forced(const void *grammar, const void *state, char *out, size_t cap)
{
	struct toy_state s = *(const struct toy_state *)state;
	size_t n = 0;
	while (n < cap && !may_end(grammar, &s)) {
		struct byte_set set;
		int count = 0;
		allowed(grammar, &s, &set);
		for (unsigned c = 0; c < 256; c++)
			if (byte_set_has(&set, (unsigned char)c)) {
				out[n] = (char)c;
				count++;
			}
		if (count != 1)
			break;
		MUST(accept(grammar, &s, (unsigned char)out[n++]));
	}
	return n;
}

static const struct guide_ops toy_ops = {
	.start = start,
	.copy = copy,
	.accept = accept,
	.allowed = allowed,
	.is_open = is_open,
	.may_end = may_end,
	.forced = forced,
};

struct guide toy_guide(const struct toy_grammar *g)
{
	return (struct guide){ &toy_ops, g, sizeof(struct toy_state) };
}

bool toy_matches(const struct toy_grammar *g, struct str text)
{
	struct toy_state s;
	start(g, &s);
	for (size_t i = 0; i < text.n; i++)
		if (!accept(g, &s, (unsigned char)text.p[i]))
			return false;
	return may_end(g, &s);
}
