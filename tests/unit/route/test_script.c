#include "../record.h"
#include "../unit.h"

#include <string.h>

#include "base/must.h"
#include "route/script.h"

struct fixture {
	struct loop *loop;
	struct arena *arena;
	struct chat_request *request;
	struct record record;
	struct err e;
};

static int set_up(void **state)
{
	struct fixture *f = must_calloc(1, sizeof *f);
	f->loop = loop_new();
	f->arena = arena_new();
	f->request = chat_request_new(f->arena);
	record_init(&f->record);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	record_clear(&f->record);
	chat_request_free(f->request);
	arena_free(f->arena);
	loop_free(f->loop);
	free(f);
	return 0;
}

/* Plays one answer to its end; false if it could not begin. */
static bool play(struct fixture *f, const char *script)
{
	size_t before = f->record.events;
	err_clear(&f->e);
	struct backend *b = script_new(f->loop, str_z(script), &f->e);
	assert_non_null(b);
	struct backend_call *call =
		b->ops->start(b, f->request, NULL, record_sink(&f->record), &f->e);
	assert_int_equal(f->record.events, before);
	if (call) {
		loop_run(f->loop);
		b->ops->end(call);
	}
	b->ops->free(b);
	return call != NULL;
}

static void a_turn_is_told_in_order(void **state)
{
	struct fixture *f = *state;
	chat_add_text(f->request, CHAT_USER, STR("hello"));
	assert_true(play(f,
		"{\"turns\":[{\"think\":\"hm\",\"text\":\"a longer text, with \xc3\xa4 in it\","
		"\"calls\":[{\"name\":\"read\",\"arguments\":{\"path\":\"a\"},\"id\":\"abc\"},"
		"{\"name\":\"now\",\"id\":\"def\"}],\"usage\":{\"prompt\":7,\"answer\":3}}]}"));
	assert_record(&f->record,
		"think hm\ntext a longer text, with \xc3\xa4 in it\ntool_begin 0 abc read\n"
		"tool_args {\"path\":\"a\"}\ntool_end 0\ntool_begin 1 def now\ntool_args {}\n"
		"tool_end 1\nusage 7 0 3 0\nstop calls");
	assert_false(f->record.is_wrong);
}

static void the_turn_follows_from_the_conversation(void **state)
{
	struct fixture *f = *state;
	const char *script =
		"{\"turns\":[{\"text\":\"one\",\"usage\":null},"
		"{\"match\":\"title\",\"text\":\"T1\",\"usage\":null},"
		"{\"text\":\"two\",\"usage\":null},"
		"{\"match\":\"title\",\"text\":\"T2\",\"usage\":null,\"repeat\":true}]}";
	chat_add_text(f->request, CHAT_USER, STR("hello"));
	assert_true(play(f, script));
	chat_add_text(f->request, CHAT_ASSISTANT, STR("one"));
	assert_true(play(f, script));
	chat_add_text(f->request, CHAT_USER, STR("a title, please"));
	assert_true(play(f, script));
	for (int i = 0; i < 3; i++) {
		chat_add_text(f->request, CHAT_ASSISTANT, STR("T"));
		assert_true(play(f, script));
	}
	assert_record(&f->record,
		"text one\nstop end\ntext two\nstop end\ntext T1\nstop end\ntext T2\nstop end\n"
		"text T2\nstop end\ntext T2\nstop end");
	chat_add_text(f->request, CHAT_USER, STR("and now?"));
	assert_false(play(f, script));
	assert_err(f->e, ERR_NOT_FOUND, LAYER_ROUTE);
}

static void faults_come_at_the_start_or_at_the_end(void **state)
{
	struct fixture *f = *state;
	chat_add_text(f->request, CHAT_USER, STR("hello"));
	assert_false(play(f, "{\"turns\":[{\"refuse\":{\"kind\":\"busy\",\"layer\":\"route\"}}]}"));
	assert_err(f->e, ERR_BUSY, LAYER_ROUTE);
	assert_true(play(f,
		"{\"turns\":[{\"text\":\"x\",\"usage\":null,"
		"\"fail\":{\"kind\":\"timeout\",\"what\":\"too slow\",\"mend\":\"wait\"}}]}"));
	assert_string_equal(f->record.fault.what, "too slow");
	assert_string_equal(f->record.fault.mend, "wait");
	assert_true(play(f, "{\"turns\":[{\"text\":\"y\",\"usage\":null,\"cut\":true}]}"));
	assert_record(&f->record, "text x\nfail timeout wire\ntext y\nfail cut wire");
}

static void what_a_model_says_is_read_by_its_format(void **state)
{
	struct fixture *f = *state;
	chat_add_text(f->request, CHAT_USER, STR("hello"));
	assert_true(play(f,
		"{\"turns\":[{\"format\":\"hermes\",\"usage\":null,\"raw\":\"<think>hm</think>Yes."
		"<tool_call>{\\\"name\\\": \\\"f\\\", \\\"arguments\\\": {\\\"a\\\": "
		"1}}</tool_call>\"}]}"));
	assert_non_null(strstr(buf_z(&f->record.text), "think hm\ntext Yes.\ntool_begin 0 "));
	assert_non_null(
		strstr(buf_z(&f->record.text), " f\ntool_args {\"a\": 1}\ntool_end 0\nstop calls"));
	assert_true(play(f, "{\"turns\":[{\"format\":\"hermes\",\"usage\":null,"
			    "\"raw\":\"<tool_call>{broken</tool_call>\"}]}"));
	assert_err(f->record.fault, ERR_BAD_DATA, LAYER_PARSE);
}

static void a_pause_is_broken_by_signs_of_life(void **state)
{
	struct fixture *f = *state;
	chat_add_text(f->request, CHAT_USER, STR("hello"));
	assert_true(
		play(f, "{\"turns\":[{\"delay_ms\":8,\"alive\":3,\"gap_ms\":1,\"text\":\"x\"}]}"));
	assert_int_equal(f->record.alive, 3);
	assert_true(f->record.is_over);
	assert_true(f->record.usage.is_estimate);
}

static void a_call_that_ends_says_nothing_more(void **state)
{
	struct fixture *f = *state;
	chat_add_text(f->request, CHAT_USER, STR("hello"));
	struct backend *b = script_new(
		f->loop, STR("{\"turns\":[{\"delay_ms\":100000,\"text\":\"x\"}]}"), &f->e);
	struct backend_call *call =
		b->ops->start(b, f->request, NULL, record_sink(&f->record), &f->e);
	b->ops->end(call);
	loop_run(f->loop);
	assert_int_equal(f->record.events, 0);
	b->ops->free(b);
}

static void a_slip_in_the_file_is_named(void **state)
{
	struct fixture *f = *state;
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"turns\":[{\"txt\":\"x\"}]}",
		"{\"turns\":[{\"text\":5}]}",
		"{\"turns\":[{\"calls\":[{\"arguments\":{}}]}]}",
		"{\"turns\":[{\"stop\":\"never\"}]}",
		"{\"turns\":[{\"fail\":{\"kind\":\"none\"}}]}",
		"{\"turns\":[{\"raw\":\"x\",\"format\":\"klingon\"}]}",
		"{\"turns\":[{\"raw\":\"x\"}]}",
		"{\"turns\":[],\"model\":\"x\"}",
		"{\"turns\":[],\"models\":[1]}",
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		err_clear(&f->e);
		assert_null(script_new(f->loop, str_z(bad[i]), &f->e));
		assert_err(f->e, ERR_BAD_DATA, LAYER_ROUTE);
	}
	err_clear(&f->e);
	assert_null(script_open(f->loop, "/nonexistent/script.json", &f->e));
	assert_non_null(strstr(f->e.what, "/nonexistent/script.json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_turn_is_told_in_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			the_turn_follows_from_the_conversation, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			faults_come_at_the_start_or_at_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			what_a_model_says_is_read_by_its_format, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_pause_is_broken_by_signs_of_life, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_call_that_ends_says_nothing_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_slip_in_the_file_is_named, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
