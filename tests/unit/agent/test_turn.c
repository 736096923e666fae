#include "../unit.h"

#include "agent/turn.h"
#include "base/limits.h"

static struct turn turn;

static int start(void **state)
{
	(void)state;
	turn_init(&turn);
	return 0;
}

static int end(void **state)
{
	(void)state;
	turn_clear(&turn);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)

static void take(void *owner, const struct chat_event *event)
{
	turn_take(owner, event);
}

static const struct chat_sink sink = { take, &turn };

static void pieces_are_put_together(void **state)
{
	(void)state;
	chat_send_alive(sink, 1, 2);
	chat_send_think(sink, STR("hm"));
	chat_send_text(sink, STR("he"));
	chat_send_text(sink, STR("llo"));
	chat_send_tool_begin(sink, 0, STR("id1"), STR("write"));
	chat_send_tool_args(sink, 0, STR("{\"a\":"));
	chat_send_tool_args(sink, 0, STR("1}"));
	chat_send_tool_end(sink, 0);
	chat_send_tool_begin(sink, 1, STR("id2"), STR("read"));
	chat_send_usage(sink, &(struct chat_usage){ .answer_tokens = 7 });
	assert_false(turn.is_over);
	chat_send_stop(sink, CHAT_STOP_LENGTH);
	assert_true(turn.is_over);
	assert_str(buf_str(&turn.text), "hello");
	assert_str(buf_str(&turn.thinking), "hm");
	assert_int_equal(turn.call_count, 2);
	assert_str(buf_str(&turn.calls[0].id), "id1");
	assert_str(buf_str(&turn.calls[0].name), "write");
	assert_str(buf_str(&turn.calls[0].args), "{\"a\":1}");
	assert_true(turn_has_cut_call(&turn));
	assert_int_equal(turn.usage.answer_tokens, 7);
	assert_int_equal(turn.stop, CHAT_STOP_LENGTH);
}

static void a_failure_is_kept(void **state)
{
	(void)state;
	struct err e = { 0 };
	fail(&e, ERR_CUT, LAYER_WIRE, "it broke");
	chat_send_fail(sink, &e);
	assert_true(turn.is_over);
	assert_err(turn.err, ERR_CUT, LAYER_WIRE);
}

static void calls_beyond_the_limit_are_not_taken(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LIMIT_CALLS + 3; i++) {
		chat_send_tool_begin(sink, i, STR("id"), STR("read"));
		chat_send_tool_args(sink, i, STR("{}"));
		chat_send_tool_end(sink, i);
	}
	assert_int_equal(turn.call_count, LIMIT_CALLS);
	assert_true(turn.has_too_many_calls);
	assert_false(turn_has_cut_call(&turn));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(pieces_are_put_together),
		TEST(a_failure_is_kept),
		TEST(calls_beyond_the_limit_are_not_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
