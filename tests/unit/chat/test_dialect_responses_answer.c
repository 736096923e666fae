#include "../unit.h"

#include "chat/dialect.h"
#include "chat/digest.h"

/* What the response that ends a stream says is held against what was streamed. */
struct heard {
	struct digest came;
	bool is_whole_known, is_same;
};

static void take(void *owner, const struct chat_event *event)
{
	struct heard *h = owner;
	digest_take(&h->came, event);
	if (event->type != CHAT_STOP || !event->whole)
		return;
	h->is_whole_known = true;
	h->is_same = digest_is_same(&h->came, event->whole);
}

static struct heard hear(const char *const *pieces, size_t count)
{
	struct heard h = { .is_same = false };
	digest_init(&h.came);
	struct dialect_reader *rd = dialect_responses.reader_new((struct chat_sink){ take, &h });
	for (size_t i = 0; i < count; i++)
		dialect_responses.read_piece(rd, STR(""), str_z(pieces[i]));
	dialect_responses.read_end(rd, NULL);
	dialect_responses.reader_free(rd);
	return h;
}

#define TEXT(words)                                                                                \
	"{\"type\":\"response.output_text.delta\",\"output_index\":0,\"delta\":\"" words "\"}"
#define CALL                                                                                       \
	"{\"type\":\"response.output_item.added\",\"output_index\":1,\"item\":{\"type\":"          \
	"\"function_call\",\"call_id\":\"c1\",\"name\":\"write\"}}",                               \
		"{\"type\":\"response.function_call_arguments.delta\",\"output_index\":1,"         \
		"\"delta\":\"{\\\"n\\\":\"}",                                                      \
		"{\"type\":\"response.function_call_arguments.delta\",\"output_index\":1,"         \
		"\"delta\":\"1}\"}"
#define END(output)                                                                                \
	"{\"type\":\"response.completed\",\"response\":{\"id\":\"r\",\"status\":\"completed\","    \
	"\"output\":[" output "]}}"
#define MESSAGE "{\"type\":\"message\",\"content\":[{\"type\":\"output_text\",\"text\":\"hello\"}]}"
#define DONE_CALL                                                                                  \
	"{\"type\":\"function_call\",\"call_id\":\"c1\",\"name\":\"write\",\"arguments\":"         \
	"\"{\\\"n\\\":1}\"}"
#define COUNT(list) (sizeof list / sizeof list[0])

static void the_last_document_says_what_was_streamed(void **state)
{
	static const char *const pieces[] = { TEXT("hel"), TEXT("lo"), CALL,
		END(MESSAGE "," DONE_CALL) };
	(void)state;
	struct heard h = hear(pieces, COUNT(pieces));
	assert_true(h.is_whole_known);
	assert_true(h.is_same);
}

static void a_piece_that_was_lost_is_noticed(void **state)
{
	static const char *const pieces[] = { TEXT("lo"), CALL, END(MESSAGE "," DONE_CALL) };
	(void)state;
	struct heard h = hear(pieces, COUNT(pieces));
	assert_true(h.is_whole_known);
	assert_false(h.is_same);
}

static void an_upstream_that_does_not_repeat_itself_is_believed(void **state)
{
	static const char *const pieces[] = { TEXT("hello"), END("") };
	(void)state;
	assert_false(hear(pieces, COUNT(pieces)).is_whole_known);
}

/* What is gathered of the arguments of calls. */
static void take_args(void *owner, const struct chat_event *event)
{
	if (event->type == CHAT_TOOL_ARGS)
		buf_add(owner, event->text);
	if (event->type == CHAT_FAIL)
		buf_add_z(owner, "failed");
}

static void arguments_that_are_told_only_when_they_are_done_are_not_lost(void **state)
{
	static const char *const begin =
		"{\"type\":\"response.output_item.added\",\"output_index\":0,"
		"\"item\":{\"type\":\"function_call\",\"call_id\":\"c\","
		"\"name\":\"write\"}}";
	static const char *const half = "{\"type\":\"response.function_call_arguments.delta\","
					"\"output_index\":0,\"delta\":\"{\\\"n\\\":\"}";
	static const char *const done = "{\"type\":\"response.function_call_arguments.done\","
					"\"output_index\":0,\"arguments\":\"{\\\"n\\\":12}\"}";
	const char *const ways[][5] = { { begin, done, END("") }, { begin, half, done, END("") },
		{ begin, half, done, done, END("") } };
	(void)state;
	for (size_t i = 0; i < COUNT(ways); i++) {
		struct buf args;
		buf_init(&args, 1000);
		struct dialect_reader *rd =
			dialect_responses.reader_new((struct chat_sink){ take_args, &args });
		for (size_t k = 0; k < COUNT(ways[i]) && ways[i][k]; k++)
			dialect_responses.read_piece(rd, STR(""), str_z(ways[i][k]));
		dialect_responses.read_end(rd, NULL);
		dialect_responses.reader_free(rd);
		assert_string_equal(buf_z(&args), "{\"n\":12}");
		buf_clear(&args);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_document_says_what_was_streamed),
		cmocka_unit_test(a_piece_that_was_lost_is_noticed),
		cmocka_unit_test(an_upstream_that_does_not_repeat_itself_is_believed),
		cmocka_unit_test(arguments_that_are_told_only_when_they_are_done_are_not_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
