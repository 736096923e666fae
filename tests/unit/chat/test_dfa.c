#include "../unit.h"

#include "chat/dfa.h"
#include "chat/pattern.h"

static const struct dfa *words(struct arena *mem, const struct dfa_span **spans)
{
	static const struct str list[] = { { "a", 1 }, { "ab", 2 }, { "abc", 3 }, { "b", 1 } };
	return dfa_of_words(mem, list, 4, 100, spans);
}

static const struct dfa *inside(struct arena *mem, const char *pattern)
{
	const char *why;
	const struct dfa *d = pattern_compile(mem, str_z(pattern), PATTERN_WHOLE, &why);
	assert_non_null(d);
	return d;
}

static void words_know_which_of_them_lie_ahead(void **state)
{
	(void)state;
	struct arena *mem = arena_new();
	const struct dfa_span *spans;
	const struct dfa *d = words(mem, &spans);
	uint32_t a = dfa_step(d, 0, 'a'), ab = dfa_step(d, a, 'b');
	assert_int_equal(spans[0].hi - spans[0].lo, 4);
	assert_true(d->states[a].is_accept);
	assert_int_equal(spans[a].lo, 0);
	assert_int_equal(spans[a].hi, 3);
	assert_int_equal(spans[ab].lo, 1);
	assert_int_equal(dfa_step(d, 0, 'c'), DFA_NONE);
	assert_true(dfa_is_final(d, dfa_step(d, 0, 'b')));
	assert_false(dfa_is_final(d, a));
	assert_null(dfa_of_words(mem, (struct str[]){ STR("abcdef") }, 1, 3, NULL));
	arena_free(mem);
}

static void what_is_not_alive_is_dropped(void **state)
{
	(void)state;
	struct arena *mem = arena_new();
	struct dfa_maker m;
	dfa_maker_init(&m, 10);
	uint32_t start = dfa_maker_state(&m, false, false),
		 dead = dfa_maker_state(&m, false, false), end = dfa_maker_state(&m, true, false);
	dfa_maker_edge(&m, start, 'x', 'x', dead);
	dfa_maker_edge(&m, start, 'c', 'd', end);
	dfa_maker_edge(&m, start, 'a', 'b', end);
	const struct dfa *d = dfa_maker_finish(&m, mem);
	assert_int_equal(d->n_states, 2);
	assert_int_equal(d->states[0].n_edges, 1);
	struct byte_set set = { { 0 } };
	dfa_put_bytes(d, 0, &set);
	for (unsigned c = 0; c < 256; c++)
		assert_int_equal(byte_set_has(&set, (unsigned char)c), c >= 'a' && c <= 'd');
	dfa_maker_init(&m, 10);
	dfa_maker_state(&m, false, false);
	assert_null(dfa_maker_finish(&m, mem));
	assert_false(m.overflow);
	arena_free(mem);
}

static void both_and_length_and_quotes(void **state)
{
	(void)state;
	struct arena *mem = arena_new();
	bool overflow;
	const struct dfa *d =
		dfa_intersect(mem, inside(mem, "[a-m]*"), inside(mem, ".*[k-z]"), 100, &overflow);
	assert_true(dfa_takes(d, STR("abk")));
	assert_false(dfa_takes(d, STR("abz")));
	assert_false(dfa_takes(d, STR("kab")));
	assert_null(dfa_intersect(mem, inside(mem, "a"), inside(mem, "b"), 100, &overflow));
	assert_false(overflow);
	const struct dfa *few =
		dfa_limit_chars(mem, inside(mem, "[a\xc3\xa4]*"), 1, 2, 100, &overflow);
	assert_true(dfa_takes(few, STR("\xc3\xa4\xc3\xa4")));
	assert_false(dfa_takes(few, STR("")));
	assert_false(dfa_takes(few, STR("aaa")));
	assert_null(dfa_limit_chars(mem, inside(mem, "a*"), 0, 1000, 100, &overflow));
	assert_true(overflow);
	assert_null(dfa_limit_chars(mem, inside(mem, "(ab)*"), 3, 3, 100, &overflow));
	assert_true(dfa_takes(dfa_quote(mem, few, '"'), STR("\"a\"")));
	arena_free(mem);
}

static void endless_is_what_leads_to_a_loop(void **state)
{
	(void)state;
	struct arena *mem = arena_new();
	const struct dfa *d = inside(mem, "ab*|c");
	const bool *endless = dfa_endless(mem, d);
	assert_true(endless[0]);
	assert_true(endless[dfa_step(d, 0, 'a')]);
	assert_false(endless[dfa_step(d, 0, 'c')]);
	arena_free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_know_which_of_them_lie_ahead),
		cmocka_unit_test(what_is_not_alive_is_dropped),
		cmocka_unit_test(both_and_length_and_quotes),
		cmocka_unit_test(endless_is_what_leads_to_a_loop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
