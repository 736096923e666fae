#include "../unit.h"

#include "agent/log.h"

static struct arena *arena;
static struct chat_request *request;

static int start(void **state)
{
	(void)state;
	arena = arena_new();
	request = chat_request_new(arena);
	return 0;
}

static int end(void **state)
{
	(void)state;
	chat_request_free(request);
	arena_free(arena);
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, end)

static void add_call(const char *id)
{
	chat_add_block(request, (struct chat_block){ .type = CHAT_BLOCK_CALL,
					.id = str_z(id),
					.name = STR("read"),
					.text = STR("{\"path\":\"a\"}") });
}

static void a_message_read_back_is_the_same(void **state)
{
	(void)state;
	struct buf first, second;
	struct err e = { 0 };
	buf_init(&first, 4096);
	buf_init(&second, 4096);
	chat_add_message(request, CHAT_ASSISTANT);
	chat_add_block(request, (struct chat_block){ .type = CHAT_BLOCK_THINK,
					.text = STR("hm \xc3\xa4"),
					.opaque = STR("sig"),
					.origin = STR("cloud") });
	chat_add_block(request,
		(struct chat_block){ .type = CHAT_BLOCK_RESULT, .id = STR("1"), .is_error = true });
	add_call("2");
	log_write(&request->messages[0], &first);
	assert_true(log_read(buf_str(&first), request, &e));
	assert_int_equal(request->message_count, 2);
	assert_int_equal(request->messages[1].block_count, 3);
	assert_str(request->messages[1].blocks[0].opaque, "sig");
	log_write(&request->messages[1], &second);
	assert_string_equal(buf_z(&first), buf_z(&second));
	buf_clear(&first);
	buf_clear(&second);
}

static void what_is_no_message_is_refused_with_its_place(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "[]", "{\"role\":\"king\",\"blocks\":[]}",
		"{\"role\":\"user\"}", "{\"role\":\"user\",\"blocks\":[{\"type\":\"song\"}]}",
		"{\"role\":\"user\",\"blocks\":[{\"type\":\"text\",\"text\":1}]}" };
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct err e = { 0 };
		assert_false(log_read(str_z(texts[i]), request, &e));
		assert_err(e, ERR_BAD_DATA, LAYER_DISK);
		assert_int_equal(request->message_count, 0);
	}
}

static void calls_that_nobody_answered_are_closed(void **state)
{
	(void)state;
	assert_int_equal(log_close_calls(request, STR("x")), 0);
	chat_add_text(request, CHAT_USER, STR("go"));
	chat_add_message(request, CHAT_ASSISTANT);
	add_call("1");
	add_call("2");
	chat_add_message(request, CHAT_TOOL);
	chat_add_block(request, (struct chat_block){ .type = CHAT_BLOCK_RESULT, .id = STR("1") });
	assert_int_equal(log_close_calls(request, STR("broke off")), 1);
	assert_int_equal(request->message_count, 4);
	const struct chat_block *b = &request->messages[3].blocks[0];
	assert_str(b->id, "2");
	assert_str(b->text, "broke off");
	assert_true(b->is_error);
	assert_int_equal(log_close_calls(request, STR("x")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_read_back_is_the_same),
		TEST(what_is_no_message_is_refused_with_its_place),
		TEST(calls_that_nobody_answered_are_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
