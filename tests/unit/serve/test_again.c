#include "../unit.h"

#include <string.h>

#include "serve/again.h"

/* Asked, and answered at once. */
static bool goes(struct again *a, uint64_t hash, int64_t now, struct err *e)
{
	if (!again_may_ask(a, hash, now, e))
		return false;
	again_over(a, hash, true, now);
	return true;
}

static void the_same_answered_too_often_is_refused_until_a_rest(void **state)
{
	(void)state;
	struct again a = { .rows = { { 0 } } };
	struct err e = { 0 };
	int64_t now = 5000;
	for (int i = 0; i < AGAIN_SAME; i++)
		assert_true(goes(&a, 7, now += AGAIN_LEAST_MS, &e));
	assert_true(goes(&a, 8, now, &e));
	assert_false(goes(&a, 7, now += AGAIN_LEAST_MS, &e));
	assert_err(e, ERR_USAGE, LAYER_CLIENT);
	assert_int_equal(err_http_status(&e), 400);
	assert_false(goes(&a, 7, now += AGAIN_REST_MS - 1, &e));
	assert_true(goes(&a, 7, now += AGAIN_REST_MS, &e));
	assert_true(goes(&a, 7, now += AGAIN_LEAST_MS, &e));
}

static void what_was_not_answered_does_not_count(void **state)
{
	(void)state;
	struct again a = { .rows = { { 0 } } };
	for (int i = 0; i < 10 * AGAIN_SAME; i++) {
		assert_true(again_may_ask(&a, 7, i * 1000, NULL));
		again_over(&a, 7, false, i * 1000);
	}
}

static void who_measures_is_not_in_a_circle(void **state)
{
	(void)state;
	struct again a = { .rows = { { 0 } } };
	for (int i = 0; i < 10 * AGAIN_SAME; i++) /* one behind the other, at once */
		assert_true(goes(&a, 7, 9000 + i * (AGAIN_LEAST_MS - 1), NULL));
	assert_true(again_may_ask(&a, 8, 9000, NULL));
	assert_true(again_may_ask(&a, 8, 9000, NULL)); /* several at the same time */
	for (int i = 0; i < 10 * AGAIN_SAME; i++) {
		again_over(&a, 8, true, 9000 + i * 1000);
		assert_true(again_may_ask(&a, 8, 9500 + i * 1000, NULL));
	}
}

static void many_requests_beside_forget_the_longest_unasked(void **state)
{
	(void)state;
	struct again a = { .rows = { { 0 } } };
	int64_t now = 5000;
	for (int i = 0; i < AGAIN_SAME; i++)
		assert_true(goes(&a, 7, now += AGAIN_LEAST_MS, NULL));
	for (uint64_t other = 100; other < 100 + AGAIN_KEPT - 1; other++)
		goes(&a, other, now + 1, NULL);
	assert_false(goes(&a, 7, now + AGAIN_LEAST_MS, &(struct err){ 0 }));
	for (uint64_t other = 300; other < 300 + AGAIN_KEPT; other++)
		goes(&a, other, now + AGAIN_LEAST_MS, NULL);
	assert_true(goes(&a, 7, now + 2 * AGAIN_LEAST_MS, NULL));
}

static void overflows_without_end_are_told_in_other_words(void **state)
{
	(void)state;
	struct again a = { .rows = { { 0 } } };
	for (int i = 0; i <= AGAIN_OVERFLOWS; i++) {
		struct err e = { 0 };
		fail(&e, ERR_CONTEXT, LAYER_PROMPT, "the prompt has 9 tokens, the context holds 4");
		err_mend(&e, "shorten the conversation");
		again_overflowed(&a, 7, i, &e);
		assert_int_equal(e.kind, i < AGAIN_OVERFLOWS ? ERR_CONTEXT : ERR_USAGE);
		assert_non_null(strstr(e.what, "the prompt has 9 tokens, the context holds 4"));
		assert_string_equal(e.mend, "shorten the conversation");
		assert_int_equal(err_http_status(&e), 400);
	}
}

static uint64_t conversation_of(struct str model, const char *extra, const char *first)
{
	struct arena *a = arena_new();
	struct chat_request *r = chat_request_new(a);
	r->model = model;
	r->extra = chat_request_keep(r, json_loads(extra, 0, NULL));
	chat_add_text(r, CHAT_SYSTEM, STR("the same of every client of this program"));
	chat_add_text(r, CHAT_USER, str_z(first));
	uint64_t brief = again_conversation(3, r);
	chat_add_text(r, CHAT_ASSISTANT, STR("Well."));
	chat_add_text(r, CHAT_USER, STR("Go on."));
	assert_true(brief == again_conversation(3, r)); /* however long it has become */
	chat_request_free(r);
	arena_free(a);
	return brief;
}

static void two_conversations_are_never_added_up(void **state)
{
	(void)state;
	const uint64_t all[] = {
		conversation_of(STR("m"), "{}", "hello"),
		conversation_of(STR("m"), "{}", "hello there"),
		conversation_of(STR("n"), "{}", "hello"),
		conversation_of(STR("m"), "{\"prompt_cache_key\": \"a\"}", "hello"),
		conversation_of(STR("m"), "{\"prompt_cache_key\": \"b\"}", "hello"),
		conversation_of(STR("m"), "{\"user\": \"a\"}", "hello"),
		conversation_of(STR("m"), "{\"metadata\": {\"user_id\": \"a\"}}", "hello"),
		conversation_of(STR("m"), "{\"metadata\": {\"user_id\": \"b\"}}", "hello"),
	};
	enum { COUNT = sizeof all / sizeof all[0] };
	struct again a = { .rows = { { 0 } } };
	for (size_t i = 0; i < COUNT; i++)
		for (size_t k = 0; k < i; k++)
			assert_true(all[i] != all[k]);
	for (int i = 0; i < AGAIN_OVERFLOWS * COUNT; i++) {
		struct err e = { 0 };
		fail(&e, ERR_CONTEXT, LAYER_PROMPT, "it does not fit");
		again_overflowed(&a, all[i % COUNT], i, &e);
		assert_int_equal(e.kind, ERR_CONTEXT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_answered_too_often_is_refused_until_a_rest),
		cmocka_unit_test(what_was_not_answered_does_not_count),
		cmocka_unit_test(who_measures_is_not_in_a_circle),
		cmocka_unit_test(many_requests_beside_forget_the_longest_unasked),
		cmocka_unit_test(overflows_without_end_are_told_in_other_words),
		cmocka_unit_test(two_conversations_are_never_added_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
