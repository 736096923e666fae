#include "../unit.h"

#include "chat/request.h"

static void messages_blocks_and_tools_grow(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_request *r = chat_request_new(a);
	for (int i = 0; i < 50; i++) {
		chat_add_message(r, CHAT_ASSISTANT);
		for (int k = 0; k < 20; k++)
			chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_TEXT,
						  .text = arena_printf(a, "%d/%d ", i, k) });
		chat_add_tool(r, arena_printf(a, "tool%d", i), STR(""), json_object());
	}
	assert_int_equal(r->message_count, 50);
	assert_int_equal(r->messages[49].block_count, 20);
	assert_str(r->messages[7].blocks[13].text, "7/13 ");
	assert_str(str_sub(chat_message_text(&r->messages[3], a), 0, 9), "3/0 3/1 3");
	assert_non_null(chat_find_tool(r, STR("tool31")));
	assert_null(chat_find_tool(r, STR("tool50")));
	assert_true(r->allows_parallel_calls);
	assert_true(r->sampling.temperature == CHAT_UNSET_DOUBLE);
	chat_request_free(r);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(messages_blocks_and_tools_grow) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
