#include "../unit.h"

#include <stdlib.h>

#include "base/limits.h"
#include "chat/guide_cache.h"
#include "walk.h"

/* A request that lives only as long as it is looked at. */
struct asked {
	struct arena *arena;
	struct chat_request *request;
};

static struct asked ask(const char *tool, const char *parameters)
{
	struct asked a = { .arena = arena_new() };
	a.request = chat_request_new(a.arena);
	chat_add_tool(a.request, str_z(tool), STR("does it"),
		json_loads(parameters, JSON_DECODE_ANY, NULL));
	return a;
}

static void forget(struct asked *a)
{
	chat_request_free(a->request);
	arena_free(a->arena);
}

static const char path[] =
	"{\"properties\": {\"path\": {\"type\": \"string\", \"pattern\": \"(?!x)\"}}}";

/* Takes the guide of a request that is gone when it is used. */
static const struct tool_guide *take(struct guide_cache *c, const char *tool, struct trace *t)
{
	struct asked a = ask(tool, path);
	const struct tool_guide *g =
		guide_cache_take(c, a.request, &tool_format_hermes, TOOL_THINKING_NEVER, t);
	forget(&a);
	return g;
}

static void the_same_offer_finds_the_guide_again(void **state)
{
	(void)state;
	struct guide_cache *c = guide_cache_new();
	struct trace *first = trace_new(), *second = trace_new();
	const struct tool_guide *a = take(c, "read", first), *b = take(c, "read", second);
	assert_ptr_equal(a, b);
	assert_int_equal(guide_cache_facts(c).made, 1);
	assert_int_equal(guide_cache_facts(c).taken, 2);
	assert_true(
		walk_takes(tool_guide_get(b), STR("<tool_call>{\"name\": \"read\", \"arguments\": "
						  "{\"path\": \"x\"}}</tool_call>")));
	/* What is not enforced is told to every request. */
	assert_int_equal(trace_count(first), 1);
	assert_int_equal(trace_count(second), 1);
	assert_true(str_eq(trace_get(first, 0)->text, trace_get(second, 0)->text));
	guide_cache_give(c, a);
	guide_cache_give(c, b);
	guide_cache_give(c, NULL);
	assert_ptr_equal(take(c, "read", NULL), a);
	guide_cache_give(c, a);
	trace_free(first);
	trace_free(second);
	guide_cache_free(c);
}

/* Each changes one thing that a guide is made from. */
static void change(struct chat_request *r, int what)
{
	switch (what) {
	case 0: r->tools[0].name = STR("other"); break;
	case 1: chat_add_tool(r, STR("more"), STR(""), NULL); break;
	case 2:
		json_object_set_new(
			(json_t *)r->tools[0].parameters, "required", json_pack("[s]", "path"));
		break;
	case 3: r->tool_choice = CHAT_CHOICE_NONE; break;
	case 4: r->tool_choice = CHAT_CHOICE_REQUIRED; break;
	case 5:
		r->tool_choice = CHAT_CHOICE_NAMED;
		r->choice_name = STR("read");
		break;
	case 6: r->allows_parallel_calls = !r->allows_parallel_calls; break;
	case 7: r->format = CHAT_FORMAT_JSON; break;
	default:
		r->format = CHAT_FORMAT_SCHEMA;
		r->format_schema = chat_request_keep(r, json_pack("{s:s}", "type", "string"));
	}
}

static void whatever_differs_makes_another_guide(void **state)
{
	(void)state;
	enum { CHANGES = 9 };
	struct guide_cache *c = guide_cache_new();
	const struct tool_guide *all[CHANGES + 3];
	size_t n = 0;
	for (int i = -1; i < CHANGES; i++) {
		struct asked a = ask("read", path);
		if (i >= 0)
			change(a.request, i);
		all[n++] = guide_cache_take(
			c, a.request, &tool_format_hermes, TOOL_THINKING_NEVER, NULL);
		forget(&a);
	}
	struct asked a = ask("read", path);
	all[n++] = guide_cache_take(c, a.request, &tool_format_hermes, TOOL_THINKING_MAY, NULL);
	all[n++] = guide_cache_take(c, a.request, &tool_format_prompted, TOOL_THINKING_NEVER, NULL);
	forget(&a);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			assert_ptr_not_equal(all[i], all[k]);
	assert_int_equal(guide_cache_facts(c).made, n);
	for (size_t i = 0; i < n; i++)
		guide_cache_give(c, all[i]);
	guide_cache_free(c);
}

/* Some families number their calls over the whole conversation. */
static void the_number_of_the_next_call_counts_where_the_row_counts_all(void **state)
{
	(void)state;
	const struct tool_format *row = NULL;
	for (size_t i = 0; tool_formats[i] && !row; i++)
		row = tool_formats[i]->counts_all ? tool_formats[i] : NULL;
	assert_non_null(row);
	struct guide_cache *c = guide_cache_new();
	struct asked a = ask("read", path);
	const struct tool_guide *first =
		guide_cache_take(c, a.request, row, TOOL_THINKING_NEVER, NULL);
	chat_add_message(a.request, CHAT_ASSISTANT);
	chat_add_block(
		a.request, (struct chat_block){ .type = CHAT_BLOCK_CALL, .name = STR("read") });
	const struct tool_guide *second =
		guide_cache_take(c, a.request, row, TOOL_THINKING_NEVER, NULL);
	assert_ptr_not_equal(first, second);
	guide_cache_give(c, first);
	guide_cache_give(c, second);
	forget(&a);
	guide_cache_free(c);
}

static void what_nobody_holds_goes_when_there_are_too_many(void **state)
{
	(void)state;
	enum { MANY = 3 * LIMIT_GUIDES_KEPT };
	struct guide_cache *c = guide_cache_new();
	const struct tool_guide *held[MANY];
	char name[32];
	for (size_t i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "tool_%zu", i);
		held[i] = take(c, name, NULL);
	}
	assert_int_equal(guide_cache_facts(c).kept, MANY);
	for (size_t i = 0; i < MANY; i++) {
		assert_true(walk_prefix(tool_guide_get(held[i]), STR("<tool_call>{")) > 0);
		guide_cache_give(c, held[i]);
	}
	assert_int_equal(guide_cache_facts(c).kept, LIMIT_GUIDES_KEPT);
	assert_true(guide_cache_facts(c).bytes > 0);
	/* Those used last are there, the first is not. */
	guide_cache_give(c, take(c, name, NULL));
	assert_int_equal(guide_cache_facts(c).made, MANY);
	guide_cache_give(c, take(c, "tool_0", NULL));
	assert_int_equal(guide_cache_facts(c).made, MANY + 1);
	guide_cache_free(c);
}

static void what_is_held_outlives_the_cache(void **state)
{
	(void)state;
	struct guide_cache *c = guide_cache_new();
	const struct tool_guide *a = take(c, "read", NULL), *b = take(c, "write", NULL);
	guide_cache_free(c);
	assert_true(walk_prefix(tool_guide_get(a), STR("<tool_call>{")) > 0);
	guide_cache_give(c, a);
	assert_true(walk_prefix(tool_guide_get(b), STR("<tool_call>{")) > 0);
	guide_cache_give(c, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_offer_finds_the_guide_again),
		cmocka_unit_test(whatever_differs_makes_another_guide),
		cmocka_unit_test(the_number_of_the_next_call_counts_where_the_row_counts_all),
		cmocka_unit_test(what_is_held_outlives_the_cache),
		cmocka_unit_test(what_nobody_holds_goes_when_there_are_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
