#include "../unit.h"

#include "chat/history.h"
#include "describe.h"

struct fixture {
	struct arena *arena;
	struct chat_request *request;
	struct trace *trace;
	struct buf text;
	struct err e;
};

static struct fixture begin(void)
{
	struct fixture f = { .arena = arena_new(), .trace = trace_new() };
	f.request = chat_request_new(f.arena);
	buf_init(&f.text, 1 << 20);
	return f;
}

static void end(struct fixture *f)
{
	chat_request_free(f->request);
	trace_free(f->trace);
	arena_free(f->arena);
	buf_clear(&f->text);
}

static void add_call(struct fixture *f, const char *id, const char *name)
{
	chat_add_block(f->request, (struct chat_block){ .type = CHAT_BLOCK_CALL,
					   .id = str_z(id),
					   .name = str_z(name),
					   .text = STR("{}") });
}

static void add_result(struct fixture *f, const char *id, const char *text)
{
	chat_add_message(f->request, CHAT_TOOL);
	chat_add_block(f->request,
		(struct chat_block){
			.type = CHAT_BLOCK_RESULT, .id = str_z(id), .text = str_z(text) });
}

static const char *ordered(struct fixture *f)
{
	buf_reset(&f->text);
	assert_true(chat_order_history(f->request, f->trace, &f->e));
	describe_request(f->request, &f->text);
	return buf_z(&f->text);
}

static void results_follow_their_calls_in_order(void **state)
{
	(void)state;
	struct fixture f = begin();
	for (int turn = 0; turn < 2; turn++) {
		chat_add_message(f.request, CHAT_ASSISTANT);
		add_call(&f, "1", "a");
		add_call(&f, "2", "b");
		add_result(&f, "2", turn ? "B2" : "B1");
		chat_add_text(f.request, CHAT_USER, STR("u"));
		add_result(&f, "1", turn ? "A2" : "A1");
	}
	assert_string_equal(ordered(&f),
		"model \nassistant\n  call id=1 name=a: \"{}\"\n  call id=2 name=b: \"{}\"\n"
		"tool\n  result id=1 name=a: \"A1\"\ntool\n  result id=2 name=b: \"B1\"\n"
		"user\n  text: \"u\"\n"
		"assistant\n  call id=1 name=a: \"{}\"\n  call id=2 name=b: \"{}\"\n"
		"tool\n  result id=1 name=a: \"A2\"\ntool\n  result id=2 name=b: \"B2\"\n"
		"user\n  text: \"u\"\n");
	assert_int_equal(trace_count(f.trace), 2);
	end(&f);
}

static void several_results_of_one_message_are_taken_apart(void **state)
{
	(void)state;
	struct fixture f = begin();
	chat_add_message(f.request, CHAT_ASSISTANT);
	add_call(&f, "1", "a");
	add_call(&f, "2", "b");
	add_result(&f, "1", "A");
	chat_add_block(f.request,
		(struct chat_block){ .type = CHAT_BLOCK_RESULT, .id = STR("2"), .text = STR("B") });
	assert_string_equal(ordered(&f),
		"model \nassistant\n  call id=1 name=a: \"{}\"\n  call id=2 name=b: \"{}\"\n"
		"tool\n  result id=1 name=a: \"A\"\ntool\n  result id=2 name=b: \"B\"\n");
	assert_int_equal(trace_count(f.trace), 0);
	end(&f);
}

static void ids_that_are_missing_or_double_become_their_own(void **state)
{
	(void)state;
	struct fixture f = begin();
	chat_add_message(f.request, CHAT_ASSISTANT);
	add_call(&f, "", "a");
	add_call(&f, "x", "b");
	add_call(&f, "x", "c");
	add_result(&f, "x", "B");
	add_result(&f, "x", "C");
	add_result(&f, "", "A");
	ordered(&f);
	const struct chat_block *calls = f.request->messages[0].blocks;
	static const char *const texts[] = { "A", "B", "C" };
	for (size_t i = 0; i < 3; i++) {
		const struct chat_block *result = &f.request->messages[i + 1].blocks[0];
		assert_true(calls[i].id.n > 0);
		assert_false(str_eq(calls[i].id, calls[(i + 1) % 3].id));
		assert_true(str_eq(result->id, calls[i].id));
		assert_true(str_eq(result->name, calls[i].name));
		assert_true(str_eq_z(result->text, texts[i]));
	}
	end(&f);
}

static void a_second_result_is_dropped_and_noted(void **state)
{
	(void)state;
	struct fixture f = begin();
	chat_add_message(f.request, CHAT_ASSISTANT);
	add_call(&f, "1", "a");
	add_result(&f, "1", "first");
	add_result(&f, "1", "second");
	assert_string_equal(ordered(&f), "model \nassistant\n  call id=1 name=a: \"{}\"\ntool\n  "
					 "result id=1 name=a: \"first\"\n");
	assert_int_equal(trace_count(f.trace), 1);
	end(&f);
}

static void calls_without_results_pass_and_are_noted(void **state)
{
	(void)state;
	struct fixture f = begin();
	chat_add_message(f.request, CHAT_ASSISTANT);
	add_call(&f, "1", "a");
	chat_add_text(f.request, CHAT_USER, STR("stop that"));
	chat_add_message(f.request, CHAT_ASSISTANT);
	add_call(&f, "2", "b");
	ordered(&f);
	assert_int_equal(f.request->message_count, 3);
	assert_int_equal(trace_count(f.trace), 1);
	end(&f);
}

static void results_of_nobody_are_refused(void **state)
{
	(void)state;
	struct fixture f = begin();
	chat_add_message(f.request, CHAT_ASSISTANT);
	add_call(&f, "1", "a");
	add_result(&f, "1", "A");
	chat_add_text(f.request, CHAT_ASSISTANT, STR("done"));
	add_result(&f, "1", "again");
	assert_false(chat_order_history(f.request, f.trace, &f.e));
	assert_err(f.e, ERR_BAD_DATA, LAYER_CLIENT);
	assert_string_equal(f.e.what, "messages[3]: a tool result for the call '1', which the "
				      "assistant message before it did not make");
	end(&f);
}

static void too_many_calls_are_refused(void **state)
{
	(void)state;
	struct fixture f = begin();
	chat_add_message(f.request, CHAT_ASSISTANT);
	for (int i = 0; i < 1000; i++)
		add_call(&f, "1", "a");
	assert_false(chat_order_history(f.request, f.trace, &f.e));
	assert_err(f.e, ERR_TOO_BIG, LAYER_CLIENT);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_follow_their_calls_in_order),
		cmocka_unit_test(several_results_of_one_message_are_taken_apart),
		cmocka_unit_test(ids_that_are_missing_or_double_become_their_own),
		cmocka_unit_test(a_second_result_is_dropped_and_noted),
		cmocka_unit_test(calls_without_results_pass_and_are_noted),
		cmocka_unit_test(results_of_nobody_are_refused),
		cmocka_unit_test(too_many_calls_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
