#include "../unit.h"

#include "base/arena.h"
#include "jinja/jinja_run.h"

static struct err e;

static struct jrun run_new(void)
{
	e = (struct err){ 0 };
	return (struct jrun){
		.arena = arena_new(), .e = &e, .max_steps = 1000000, .max_bytes = 10000000
	};
}

static struct jval number_of(struct jrun *r, const struct jdict *d, struct jval key)
{
	struct jentry *entry;
	assert_true(jdict_find(r, d, key, &entry));
	return entry ? entry->value : jval_none();
}

static void many_keys_are_found_in_their_order(void **state)
{
	(void)state;
	struct jrun r = run_new();
	struct jdict *d = jdict_new(&r);
	for (int64_t i = 0; i < 1000; i++) {
		struct str key = arena_printf(r.arena, "key%lld", (long long)i);
		assert_true(jdict_set(&r, d, jval_text(jtext_own(&r, key)), jval_int(i)));
	}
	assert_int_equal(d->n, 1000);
	assert_int_equal(d->entries[999].value.u.i, 999);
	assert_int_equal(jdict_find_text(d, STR("key517"))->value.u.i, 517);
	assert_null(jdict_find_text(d, STR("key1000")));
	for (int64_t i = 0; i < 1000; i += 2)
		jdict_remove(d, jdict_find_text(d, arena_printf(r.arena, "key%lld", (long long)i)));
	assert_int_equal(d->n, 500);
	assert_str(jval_str(d->entries[0].key), "key1");
	assert_null(jdict_find_text(d, STR("key2")));
	assert_int_equal(jdict_find_text(d, STR("key999"))->value.u.i, 999);
	arena_free(r.arena);
}

static void equal_numbers_are_one_key(void **state)
{
	(void)state;
	struct jrun r = run_new();
	struct jdict *d = jdict_new(&r);
	assert_true(jdict_set(&r, d, jval_int(1), jval_int(10)));
	assert_true(jdict_set(&r, d, jval_float(1), jval_int(20)));
	assert_true(jdict_set(&r, d, jval_bool(true), jval_int(30)));
	assert_true(jdict_set(&r, d, jval_none(), jval_int(40)));
	assert_true(jdict_set(&r, d, jval_pair(&r, jval_int(1), jval_none()), jval_int(50)));
	assert_int_equal(d->n, 3);
	assert_int_equal(d->entries[0].key.kind, J_INT);
	assert_int_equal(number_of(&r, d, jval_int(1)).u.i, 30);
	assert_int_equal(number_of(&r, d, jval_pair(&r, jval_float(1), jval_none())).u.i, 50);
	arena_free(r.arena);
}

static void lists_are_no_keys(void **state)
{
	(void)state;
	struct jrun r = run_new();
	struct jdict *d = jdict_new(&r);
	assert_false(jdict_set(&r, d, jval_list(jlist_new(&r, 0)), jval_none()));
	assert_err(e, ERR_BAD_DATA, LAYER_PROMPT);
	assert_int_equal(d->n, 0);
	arena_free(r.arena);
}

static void sorting_is_stable_both_ways(void **state)
{
	(void)state;
	struct jrun r = run_new();
	static const int64_t keys[] = { 2, 1, 2, 1, 3 };
	struct jlist *items = jlist_new(&r, 0), *by = jlist_new(&r, 0);
	for (int64_t i = 0; i < 5; i++) {
		jlist_add(&r, items, jval_int(i));
		jlist_add(&r, by, jval_int(keys[i]));
	}
	assert_true(jlist_sort(&r, items, by, false));
	static const int64_t up[] = { 1, 3, 0, 2, 4 }, down[] = { 4, 0, 2, 1, 3 };
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(items->items[i].u.i, up[i]);
	assert_true(jlist_sort(&r, items, by, true));
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(items->items[i].u.i, down[i]);
	arena_free(r.arena);
}

static void values_that_hold_themselves_end_in_an_error(void **state)
{
	(void)state;
	struct jrun r = run_new();
	struct jlist *a = jlist_new(&r, 0), *b = jlist_new(&r, 0);
	bool equal;
	jlist_add(&r, a, jval_list(a));
	jlist_add(&r, b, jval_list(b));
	assert_false(jval_equal(&r, jval_list(a), jval_list(b), &equal));
	assert_err(e, ERR_TOO_BIG, LAYER_PROMPT);
	arena_free(r.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(many_keys_are_found_in_their_order),
		cmocka_unit_test(equal_numbers_are_one_key),
		cmocka_unit_test(lists_are_no_keys),
		cmocka_unit_test(sorting_is_stable_both_ways),
		cmocka_unit_test(values_that_hold_themselves_end_in_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
