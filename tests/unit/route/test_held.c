#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "route/held.h"

static struct engine_event text_event(uint64_t job, size_t bytes)
{
	struct engine_text *text = must_calloc(1, sizeof *text);
	char *p = must_alloc(bytes + 1);
	memset(p, 'x', bytes);
	text->bytes = str_n(p, bytes);
	return (struct engine_event){ .type = ENGINE_TEXT, .job = job, .text = text };
}

static void expect(struct held *h, uint64_t job)
{
	struct engine_event event;
	assert_true(held_take(h, &event));
	assert_int_equal(event.job, job);
	engine_event_clear(&event);
}

static void what_went_in_first_comes_out_first(void **state)
{
	(void)state;
	struct held h = { 0 };
	struct engine_event event;
	uint64_t in = 0, out = 0;
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 50; i++) {
			event = text_event(in++, 10);
			assert_true(held_put(&h, &event));
		}
		for (int i = 0; i < 40; i++)
			expect(&h, out++);
	}
	assert_int_equal(h.count, in - out);
	while (out < in)
		expect(&h, out++);
	assert_false(held_take(&h, &event));
	assert_int_equal(h.bytes, 0);
	held_clear(&h);
}

static void more_than_the_limit_is_told_and_kept(void **state)
{
	(void)state;
	struct held h = { 0 };
	struct engine_event event = text_event(1, LIMIT_HELD_BYTES / 2);
	assert_true(held_put(&h, &event));
	event = text_event(2, LIMIT_HELD_BYTES / 2);
	assert_false(held_put(&h, &event));
	expect(&h, 1);
	expect(&h, 2);
	event = text_event(3, 10);
	assert_true(held_put(&h, &event));
	held_clear(&h);
	assert_int_equal(h.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_went_in_first_comes_out_first),
		cmocka_unit_test(more_than_the_limit_is_told_and_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
