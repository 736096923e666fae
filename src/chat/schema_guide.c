/*
 * schema_guide.c - a schema as a guide for the whole answer; see schema.h.
 */
#include "chat/guide_forced.h"
#include "chat/schema.h"

static void start(const void *grammar, void *state)
{
	const struct schema_grammar *g = grammar;
	schema_run_start(g->schema, g->root, state);
}

static void copy(const void *grammar, void *to, const void *from)
{
	(void)grammar;
	schema_run_copy(to, from);
}

static bool accept(const void *grammar, void *state, unsigned char byte)
{
	const struct schema_grammar *g = grammar;
	return schema_run_accept(g->schema, state, byte);
}

static void allowed(const void *grammar, const void *state, struct byte_set *out)
{
	const struct schema_grammar *g = grammar;
	*out = (struct byte_set){ 0 };
	schema_run_allowed(g->schema, state, out);
}

static bool is_open(const void *grammar, const void *state)
{
	(void)grammar;
	(void)state;
	return false;
}

static bool may_end(const void *grammar, const void *state)
{
	const struct schema_grammar *g = grammar;
	return schema_run_may_end(g->schema, state);
}

static size_t forced(const void *grammar, const void *state, char *out, size_t cap);

static bool loop(const void *grammar, const void *state, struct guide_loop *out)
{
	const struct schema_grammar *g = grammar;
	return schema_run_loop(g->schema, state, out);
}

static void pass(const void *grammar, void *state, struct str text)
{
	const struct schema_grammar *g = grammar;
	schema_run_pass(g->schema, state, text);
}

static const struct guide_ops ops = {
	.start = start,
	.copy = copy,
	.accept = accept,
	.allowed = allowed,
	.is_open = is_open,
	.may_end = may_end,
	.forced = forced,
	.loop = loop,
	.pass = pass,
};

static size_t forced(const void *grammar, const void *state, char *out, size_t cap)
{
	struct schema_run walk;
	return guide_forced(&ops, grammar, state, &walk, out, cap);
}

struct guide schema_guide(const struct schema_grammar *grammar)
{
	return (struct guide){ &ops, grammar, sizeof(struct schema_run) };
}
