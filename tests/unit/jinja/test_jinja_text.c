#include "../unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "jinja/jinja_run.h"
#include "jinja/jinja_text.h"
#include "jinja/jinja_textop.h"

static struct err e;

static struct jrun run_new(void)
{
	e = (struct err){ 0 };
	return (struct jrun){
		.arena = arena_new(), .e = &e, .max_steps = 10000, .max_bytes = 100000
	};
}

/* The text with its marked parts in brackets. */
static void shows(const struct jtext *t, const char *expected)
{
	struct buf shown;
	bool inside = false;
	buf_init(&shown, 1000);
	for (size_t i = 0; i <= t->n; i++) {
		bool marked = false;
		for (size_t k = 0; i < t->n && k < t->mark_count; k++)
			marked = marked || (t->marks[k].from <= t->mark_base + i &&
						   t->mark_base + i < t->marks[k].to);
		if (marked != inside)
			buf_add_char(&shown, marked ? '[' : ']');
		inside = marked;
		if (i < t->n)
			buf_add_char(&shown, t->p[i]);
	}
	assert_string_equal(buf_z(&shown), expected);
	buf_clear(&shown);
}

static void slices_keep_their_marks(void **state)
{
	(void)state;
	struct jrun r = run_new();
	struct jbuild b;
	jbuild_init(&b, &r);
	jbuild_own(&b, STR("ab"));
	jbuild_text(&b, jtext_input(&r, STR("cd")));
	jbuild_own(&b, STR("ef"));
	jbuild_text(&b, jtext_input(&r, STR("gh")));
	const struct jtext *t = jbuild_done(&b);
	shows(t, "ab[cd]ef[gh]");
	shows(jtext_slice(&r, t, 3, 7), "[d]ef[g]");
	shows(jtext_slice(&r, jtext_slice(&r, t, 1, 7), 2, 5), "[d]ef");
	shows(jtext_slice(&r, t, 4, 6), "ef");
	shows(jtext_slice(&r, t, 8, 8), "");
	arena_free(r.arena);
}

static void neighbours_become_one_mark(void **state)
{
	(void)state;
	struct jrun r = run_new();
	struct jbuild b;
	jbuild_init(&b, &r);
	for (int i = 0; i < 100; i++)
		jbuild_text(&b, jtext_input(&r, STR("x")));
	assert_int_equal(jbuild_done(&b)->mark_count, 1);
	arena_free(r.arena);
}

static void a_joined_text_grows_without_changing_what_it_was(void **state)
{
	(void)state;
	struct jrun r = run_new();
	const struct jtext *first =
		jtext_join(&r, jtext_own(&r, STR("a")), jtext_own(&r, STR("b")));
	const struct jtext *longer = jtext_join(&r, first, jtext_input(&r, STR("c")));
	const struct jtext *longest = jtext_join(&r, longer, jtext_input(&r, STR("d")));
	const struct jtext *other = jtext_join(&r, longer, jtext_own(&r, STR("x")));
	shows(first, "ab");
	shows(longer, "ab[c]");
	shows(longest, "ab[cd]");
	shows(other, "ab[c]x");
	shows(jtext_join(&r, longest, jtext_own(&r, STR("!"))), "ab[cd]!");
	arena_free(r.arena);
}

static void escapes_have_the_origin_of_what_they_stand_for(void **state)
{
	(void)state;
	struct jrun r = run_new();
	struct jbuild b;
	jbuild_init(&b, &r);
	jbuild_escaped(&b, jtext_join(&r, jtext_own(&r, STR("<")), jtext_input(&r, STR("&"))));
	shows(jbuild_done(&b), "&lt;[&amp;]");
	arena_free(r.arena);
}

static void characters_are_counted_not_bytes(void **state)
{
	(void)state;
	struct jrun r = run_new();
	const struct jtext *t = jtext_own(&r, STR("a\xC3\xA9\xF0\x9F\x99\x82z"));
	assert_int_equal(jtext_chars(t), 4);
	assert_int_equal(jtext_offset(t, 2), 3);
	assert_int_equal(jtext_offset(t, 3), 7);
	assert_int_equal(jtext_offset(t, 99), 8);
	arena_free(r.arena);
}

static void over_the_limit_nothing_is_added(void **state)
{
	(void)state;
	struct jrun r = run_new();
	struct jbuild b;
	jbuild_init(&b, &r);
	for (int i = 0; i < 30000; i++)
		jbuild_own(&b, STR("0123456789"));
	assert_true(r.over_memory);
	assert_true(arena_bytes(r.arena) <= r.max_bytes);
	assert_false(jrun_charge(&r, 1));
	assert_err(e, ERR_TOO_BIG, LAYER_PROMPT);
	arena_free(r.arena);
}

static void operations_keep_origins(void **state)
{
	(void)state;
	struct jrun r = run_new();
	const struct jtext *t =
		jtext_join(&r, jtext_input(&r, STR(" a,")), jtext_own(&r, STR("b ")));
	shows(jtext_strip(&r, t, NULL, JSIDE_BOTH), "[a,]b");
	shows(jtext_replace(&r, t, jtext_own(&r, STR(",")), jtext_own(&r, STR(";")), -1),
		"[ a];b ");
	shows(jtext_cased(&r, t, JCASING_UPPER), "[ A,]B ");
	shows(jtext_justify(&r, t, 7, STR("."), JSIDE_RIGHT), "..[ a,]b ");
	struct jlist *parts = jtext_split(&r, t, jtext_own(&r, STR(",")), -1, JSIDE_LEFT);
	shows(parts->items[0].u.text, "[ a]");
	shows(parts->items[1].u.text, "b ");
	assert_null(jtext_split(&r, t, jtext_own(&r, STR("")), -1, JSIDE_LEFT));
	arena_free(r.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slices_keep_their_marks),
		cmocka_unit_test(neighbours_become_one_mark),
		cmocka_unit_test(a_joined_text_grows_without_changing_what_it_was),
		cmocka_unit_test(escapes_have_the_origin_of_what_they_stand_for),
		cmocka_unit_test(characters_are_counted_not_bytes),
		cmocka_unit_test(over_the_limit_nothing_is_added),
		cmocka_unit_test(operations_keep_origins),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
