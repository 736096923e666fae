#include "../unit.h"

#include "chat/check.h"

static struct chat_event text = { .type = CHAT_TEXT, .text = { "x", 1 } };
static struct chat_event begin = { .type = CHAT_TOOL_BEGIN, .text = { "f", 1 }, .id = { "1", 1 } };
static struct chat_event begin_second = {
	.type = CHAT_TOOL_BEGIN, .call = 1, .text = { "f", 1 }, .id = { "2", 1 }
};
static struct chat_event args = { .type = CHAT_TOOL_ARGS, .text = { "{}", 2 } };
static struct chat_event broken = { .type = CHAT_TOOL_ARGS, .text = { "{", 1 } };
static struct chat_event broken_second = { .type = CHAT_TOOL_ARGS, .call = 1, .text = { "{", 1 } };
static struct chat_event end = { .type = CHAT_TOOL_END };
static struct chat_event usage = { .type = CHAT_USAGE };
static struct chat_event alive = { .type = CHAT_ALIVE };
static const struct chat_token likeliest[] = { { { "x", 1 }, -0.1 }, { { "y", 1 }, -2 } };
static const struct chat_token unsorted[] = { { { "x", 1 }, -2 }, { { "y", 1 }, -0.1 } };
static struct chat_event logprob = {
	.type = CHAT_LOGPROB, .text = { "x", 1 }, .logprob = { -0.1, likeliest, 2 }
};
static struct chat_event too_likely = { .type = CHAT_LOGPROB, .logprob = { 0.1, NULL, 0 } };
static struct chat_event not_sorted = { .type = CHAT_LOGPROB, .logprob = { -1, unsorted, 2 } };
static struct chat_event stop = { .type = CHAT_STOP };
static struct chat_event stop_calls = { .type = CHAT_STOP, .stop = CHAT_STOP_CALLS };
static struct chat_event stop_length = { .type = CHAT_STOP, .stop = CHAT_STOP_LENGTH };
static struct chat_event not_utf8 = { .type = CHAT_TEXT, .text = { "\xff", 1 } };

enum { MOST = 8 };

static bool is_in_order(struct chat_event *const events[MOST])
{
	struct chat_check c;
	struct err e = { 0 };
	bool ok = true;
	chat_check_init(&c);
	for (size_t i = 0; i < MOST && events[i]; i++)
		ok = chat_check_event(&c, events[i], &e) && ok;
	ok = chat_check_end(&c, &e) && ok;
	if (!ok)
		assert_err(e, ERR_BROKEN, LAYER_PARSE);
	chat_check_clear(&c);
	return ok;
}

static void what_the_header_promises_passes(void **state)
{
	(void)state;
	struct chat_event *const good[][MOST] = {
		{ &alive, &text, &begin, &args, &end, &usage, &stop_calls },
		{ &stop },
		{ &text, &stop_length },
		{ &logprob, &text, &begin, &logprob, &args, &end, &stop_calls },
		{ &begin, &broken, &stop_length },
		{ &begin, &args, &end, &begin_second, &alive, &broken_second, &stop_length },
	};
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_true(is_in_order(good[i]));
}

static void everything_else_is_refused(void **state)
{
	(void)state;
	struct chat_event *const bad[][MOST] = {
		{ &text },
		{ &stop, &text },
		{ &stop, &stop },
		{ &usage, &usage, &stop },
		{ &usage, &logprob, &stop },
		{ &too_likely, &stop },
		{ &not_sorted, &stop },
		{ &begin, &text, &end, &stop },
		{ &begin, &args, &stop },
		{ &begin, &broken, &end, &stop },
		{ &begin, &begin, &stop },
		{ &begin_second, &stop },
		{ &args, &stop },
		{ &end, &stop },
		{ &begin, &end, &stop_calls },
		{ &stop_calls },
		{ &not_utf8, &stop },
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(is_in_order(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_header_promises_passes),
		cmocka_unit_test(everything_else_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
