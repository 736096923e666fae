#include <string.h>

#include "chat/dialect_keeping.h"
#include "reading.h"

static struct chat_request *read_body(struct fixture *f, const char *body)
{
	return dialect_responses.read_request(STR(""), str_z(body), f->arena, f->trace, &f->e);
}

static bool is_noted(const struct trace *t, const char *words)
{
	struct buf text;
	buf_init(&text, MIB);
	trace_write(t, &text);
	bool found = strstr(buf_z(&text), words) != NULL;
	buf_clear(&text);
	return found;
}

static const char *sent_to(
	struct fixture *f, const struct dialect *d, const struct chat_request *r, const char *host)
{
	buf_reset(&f->text);
	assert_true(d->write_request(r, str_z(host), NULL, &f->text, &f->e));
	return buf_z(&f->text);
}

static void a_regular_expression_holds_and_other_grammars_are_noted(void **state)
{
	struct fixture *f = *state;
	struct chat_request *r = read_body(f,
		"{\"input\":\"x\",\"tools\":["
		"{\"type\":\"custom\",\"name\":\"hour\",\"format\":{\"type\":\"grammar\","
		"\"syntax\":\"regex\",\"definition\":\"[0-9]{2}\"}},"
		"{\"type\":\"custom\",\"name\":\"patch\",\"format\":{\"type\":\"grammar\","
		"\"syntax\":\"lark\",\"definition\":\"start: /.+/\"}}]}");
	assert_non_null(r);
	const json_t *input =
		json_object_get(json_object_get(r->tools[0].parameters, "properties"), "input");
	assert_str(js_text(json_object_get(input, "pattern")), "^(?:[0-9]{2})$");
	assert_true(is_noted(f->trace, "the lark grammar of 'patch' is told to the model"));
	assert_false(is_noted(f->trace, "grammar of 'hour'"));
	chat_request_free(r);
}

static void tools_that_are_not_allowed_are_not_offered(void **state)
{
	struct fixture *f = *state;
	struct chat_request *r = read_body(f,
		"{\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"a\"},"
		"{\"type\":\"function\",\"name\":\"b\"},{\"type\":\"shell\"}],"
		"\"tool_choice\":{\"type\":\"allowed_tools\",\"mode\":\"required\","
		"\"tools\":[{\"type\":\"function\",\"name\":\"b\"},{\"type\":\"shell\"}]}}");
	assert_non_null(r);
	assert_int_equal(r->tool_count, 2);
	assert_str(r->tools[0].name, "b");
	assert_str(r->tools[1].name, "shell");
	assert_int_equal(r->tool_choice, CHAT_CHOICE_REQUIRED);
	const char *own = sent_to(f, &dialect_responses, r, "h");
	assert_non_null(strstr(own, "\"allowed_tools\""));
	assert_non_null(strstr(own, "\"name\":\"a\""));
	chat_request_free(r);
}

static void tools_that_come_with_the_conversation_are_offered(void **state)
{
	struct fixture *f = *state;
	struct chat_request *r = read_body(f,
		"{\"tools\":[{\"type\":\"function\",\"name\":\"a\"},{\"type\":\"tool_search\"}],"
		"\"input\":[{\"role\":\"user\",\"content\":\"x\"},"
		"{\"type\":\"additional_tools\",\"role\":\"developer\",\"tools\":"
		"[{\"type\":\"function\",\"name\":\"b\"}]},"
		"{\"type\":\"tool_search_output\",\"tools\":[{\"type\":\"namespace\",\"name\":"
		"\"n\",\"tools\":[{\"type\":\"function\",\"name\":\"c\"}]}]}]}");
	assert_non_null(r);
	assert_int_equal(r->tool_count, 3);
	assert_str(r->tools[1].name, "b");
	assert_str(r->tools[2].name, "c");
	const char *own = sent_to(f, &dialect_responses, r, "h");
	assert_non_null(strstr(own, "\"additional_tools\""));
	assert_non_null(strstr(own, "\"tool_search_output\""));
	chat_request_free(r);
}

#define LONG_ID                                                                                    \
	"a_call_whose_id_is_far_too_long_for_an_api_that_takes_at_most_sixty_four_characters"

static void ids_are_no_longer_than_the_reference_takes(void **state)
{
	struct fixture *f = *state;
	struct chat_request *r = read_body(f,
		"{\"input\":[{\"role\":\"user\",\"content\":\"x\"},"
		"{\"type\":\"function_call\",\"call_id\":\"" LONG_ID "\",\"name\":\"a\","
		"\"arguments\":\"{}\"},"
		"{\"type\":\"function_call_output\",\"call_id\":\"" LONG_ID
		"\",\"output\":\"y\"}]}");
	char id[DIALECT_CALL_ID_CHARS + 1];
	const struct dialect *const targets[] = { &dialect_openai, &dialect_responses };
	assert_non_null(r);
	dialect_call_id(STR(LONG_ID), 0, id);
	for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
		const char *sent = sent_to(f, targets[i], r, "h"), *first = strstr(sent, id);
		assert_non_null(first);
		assert_non_null(strstr(first + 1, id));
		assert_null(strstr(sent, LONG_ID));
	}
	chat_request_free(r);
}

static void the_vendor_gets_the_name_of_the_limit_that_its_new_models_take(void **state)
{
	struct fixture *f = *state;
	struct chat_request *r = read_body(f, "{\"input\":\"x\",\"max_output_tokens\":99}");
	assert_non_null(r);
	assert_non_null(strstr(
		sent_to(f, &dialect_openai, r, "api.openai.com"), "\"max_completion_tokens\":99"));
	assert_non_null(
		strstr(sent_to(f, &dialect_openai, r, "127.0.0.1:8080"), "\"max_tokens\":99"));
	chat_request_free(r);
}

static void instructions_and_unknown_items_reach_an_upstream_of_the_dialect(void **state)
{
	struct fixture *f = *state;
	struct chat_request *r = read_body(f,
		"{\"instructions\":\"be brief\",\"input\":[{\"role\":\"user\",\"content\":\"x\"},"
		"{\"type\":\"web_search_call\",\"id\":\"ws_1\",\"action\":{\"query\":\"q\"}},"
		"{\"role\":\"user\",\"content\":\"y\"}]}");
	assert_non_null(r);
	const char *own = sent_to(f, &dialect_responses, r, "h");
	assert_non_null(strstr(own, "\"instructions\":\"be brief\""));
	assert_null(strstr(own, "\"role\":\"system\""));
	assert_non_null(strstr(own, "\"query\":\"q\""));
	const char *other = sent_to(f, &dialect_openai, r, "h");
	assert_non_null(strstr(other, "{\"role\":\"system\",\"content\":\"be brief\"}"));
	assert_null(strstr(other, "ws_1"));
	chat_request_free(r);
}

static void an_id_that_is_not_kept_here_goes_to_an_upstream_of_the_dialect(void **state)
{
	struct fixture *f = *state;
	const char *body = "{\"input\":\"x\",\"previous_response_id\":\"resp_1\",\"store\":false}";
	struct dialect_names names;
	assert_true(dialect_responses.keeping->names(str_z(body), f->arena, &names));
	assert_str(names.previous, "resp_1");
	struct dialect_past past = { .is_off = true };
	struct chat_request *r = dialect_responses.keeping->read_request(
		STR(""), str_z(body), &past, f->arena, f->trace, &f->e);
	assert_non_null(r);
	assert_non_null(r->bound);
	assert_str(r->bound->id, "resp_1");
	assert_non_null(strstr(r->bound->why.mend, "--no-store"));
	assert_non_null(strstr(
		sent_to(f, &dialect_responses, r, "h"), "\"previous_response_id\":\"resp_1\""));
	chat_request_free(r);
}

static void what_was_kept_stands_before_what_is_asked(void **state)
{
	struct fixture *f = *state;
	const char *body = "{\"input\":\"more\",\"previous_response_id\":\"resp_2\"}";
	struct dialect_turn turn = { .id = STR("resp_2"),
		.asked = STR("[{\"type\":\"message\",\"role\":\"user\",\"content\":\"first\"}]"),
		.answered = STR("{\"output\":[{\"type\":\"message\",\"role\":\"assistant\","
				"\"content\":[{\"type\":\"output_text\",\"text\":\"said\"}]}]}") };
	struct dialect_past past = { .chain = &turn, .chain_count = 1 };
	struct chat_request *r = dialect_responses.keeping->read_request(
		STR(""), str_z(body), &past, f->arena, f->trace, &f->e);
	assert_non_null(r);
	assert_null(r->bound);
	assert_int_equal(r->message_count, 3);
	assert_str(chat_message_text(&r->messages[0], f->arena), "first");
	assert_str(chat_message_text(&r->messages[1], f->arena), "said");
	assert_str(chat_message_text(&r->messages[2], f->arena), "more");
	assert_null(strstr(sent_to(f, &dialect_responses, r, "h"), "previous_response_id"));
	chat_request_free(r);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(a_regular_expression_holds_and_other_grammars_are_noted),
		test(tools_that_are_not_allowed_are_not_offered),
		test(tools_that_come_with_the_conversation_are_offered),
		test(ids_are_no_longer_than_the_reference_takes),
		test(the_vendor_gets_the_name_of_the_limit_that_its_new_models_take),
		test(instructions_and_unknown_items_reach_an_upstream_of_the_dialect),
		test(an_id_that_is_not_kept_here_goes_to_an_upstream_of_the_dialect),
		test(what_was_kept_stands_before_what_is_asked),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
