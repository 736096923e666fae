#include "../unit.h"

#include <string.h>

#include "base/limits.h"
#include "chat/template_memory.h"

/* As Qwen3's: thoughts are shown only behind the last question, keys and blanks are the template's.
 */
static const char qwen3[] =
	"{%- if tools %}{{- '<|im_start|>system\\nTools:' }}{%- for tool in tools %}{{- '\\n' }}"
	"{{- tool | tojson }}{%- endfor %}{{- '<|im_end|>\\n' }}{%- endif %}"
	"{%- set ns = namespace(last=-1) %}{%- for m in messages %}{%- if m.role == 'user' %}"
	"{%- set ns.last = loop.index0 %}{%- endif %}{%- endfor %}"
	"{%- for m in messages %}{%- if m.role == 'tool' %}"
	"{{- '<|im_start|>user\\n<tool_response>\\n' + m.content }}"
	"{{- '\\n</tool_response><|im_end|>\\n' }}{%- else %}{{- '<|im_start|>' + m.role + '\\n' }}"
	"{%- if m.reasoning_content and loop.index0 > ns.last %}{{- '<think>\\n' + "
	"m.reasoning_content + '\\n</think>\\n\\n' }}{%- endif %}{{- m.content }}"
	"{%- for c in m.tool_calls or [] %}{{- '\\n' if m.content or not loop.first }}"
	"{{- '<tool_call>\\n{\"name\": \"' + c.function.name + '\", \"arguments\": ' }}"
	"{{- c.function.arguments | tojson }}{{- '}\\n</tool_call>' }}{%- endfor %}"
	"{{- '<|im_end|>\\n' }}{%- endif %}{%- endfor %}"
	"{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

struct table {
	struct arena *mem;
	struct chat_template *t;
	struct template_memory *m;
	struct chat_request *r;
	struct rendered prompt;
};

static int set_up(void **state)
{
	struct table *b = test_calloc(1, sizeof *b);
	struct err e = { 0 };
	b->mem = arena_new();
	b->t = template_open(&(struct template_source){ .text = str_z(qwen3) }, &e);
	b->m = template_memory_new();
	b->r = chat_request_new(b->mem);
	rendered_init(&b->prompt);
	assert_non_null(b->t);
	assert_ptr_equal(template_format(b->t), &tool_format_hermes);
	chat_add_tool(b->r, STR("read"), STR("return a file"), NULL);
	chat_add_text(b->r, CHAT_USER, STR("What is in a.txt?"));
	*state = b;
	return 0;
}

static int clear_away(void **state)
{
	struct table *b = *state;
	rendered_clear(&b->prompt);
	chat_request_free(b->r);
	template_memory_free(b->m);
	template_free(b->t);
	arena_free(b->mem);
	test_free(b);
	return 0;
}

static struct str render(struct table *b)
{
	struct err e = { 0 };
	rendered_clear(&b->prompt);
	assert_true(template_memory_render(b->m, b->t, b->r, 0, NULL, &b->prompt, &e));
	return arena_str(b->mem, buf_str(&b->prompt.text));
}

static void event(struct template_answer *a, enum chat_event_type type, struct str text)
{
	template_answer_event(a, &(struct chat_event){ .type = type, .text = text });
}

/* The model thinks and calls, with blanks that no template writes. */
static const char said[] = "<think>\nI read it.\n</think>\n\n<tool_call>\n{\"name\":\"read\","
			   "\"arguments\":{\"path\":\"a.txt\",\"n\":1}}\n</tool_call>";

static void answer_with_call(struct table *b)
{
	struct template_answer *a = template_answer_new(b->r, &b->prompt);
	template_answer_raw(a, str_z(said));
	event(a, CHAT_THINK, STR("I read it."));
	event(a, CHAT_TOOL_BEGIN, STR("read"));
	event(a, CHAT_TOOL_ARGS, STR("{\"path\":\"a.txt\","));
	event(a, CHAT_TOOL_ARGS, STR("\"n\":1}"));
	event(a, CHAT_TOOL_END, STR(""));
	template_memory_keep(b->m, a);
}

static void send_back(struct table *b, const char *args, const char *result)
{
	chat_add_message(b->r, CHAT_ASSISTANT);
	chat_add_block(b->r, (struct chat_block){ .type = CHAT_BLOCK_CALL,
				     .id = STR("its-own"),
				     .name = STR("read"),
				     .text = str_z(args) });
	chat_add_message(b->r, CHAT_TOOL);
	chat_add_block(b->r, (struct chat_block){ .type = CHAT_BLOCK_RESULT,
				     .id = STR("its-own"),
				     .name = STR("read"),
				     .text = str_z(result) });
}

static struct str joined(struct table *b, struct str prompt, const char *answer, const char *tail)
{
	return arena_printf(b->mem, "%.*s%s%s", STR_ARG(prompt), answer, tail);
}

static const char behind_result[] =
	"<|im_end|>\n<|im_start|>user\n<tool_response>\nhello\n</tool_response><|im_end|>\n"
	"<|im_start|>assistant\n";

static void what_was_said_stays_as_it_was(void **state)
{
	struct table *b = *state;
	struct str first = render(b);
	answer_with_call(b);
	send_back(b, "{\"n\": 1, \"path\": \"a.txt\"}", "hello");
	struct str second = render(b);
	assert_true(str_eq(second, joined(b, first, said, behind_result)));
	size_t users = str_find(second, STR("What is in")), result = str_find(second, STR("hello"));
	assert_true(jinja_spans_touch(&b->prompt.inputs, users, users + 1));
	assert_true(jinja_spans_touch(&b->prompt.inputs, result, result + 1));
	assert_false(jinja_spans_touch(&b->prompt.inputs, first.n, first.n + strlen(said)));
}

static void a_next_question_does_not_take_thoughts_away(void **state)
{
	struct table *b = *state;
	struct str first = render(b);
	answer_with_call(b);
	send_back(b, "{\"path\":\"a.txt\",\"n\":1}", "hello");
	struct str second = render(b);
	struct template_answer *a = template_answer_new(b->r, &b->prompt);
	template_answer_raw(a, STR("It says hello.\n"));
	event(a, CHAT_TEXT, STR("It says hello.\n"));
	template_memory_keep(b->m, a);
	chat_add_text(b->r, CHAT_ASSISTANT, STR("It says hello."));
	chat_add_text(b->r, CHAT_USER, STR("Thanks."));
	struct str third = render(b);
	assert_true(str_starts(third, first));
	assert_true(str_eq(third, joined(b, second, "It says hello.\n",
					  "<|im_end|>\n<|im_start|>user\nThanks.<|im_end|>\n<|im_"
					  "start|>assistant\n")));
}

static void another_conversation_is_not_taken_for_it(void **state)
{
	struct table *b = *state;
	struct str first = render(b);
	answer_with_call(b);
	send_back(b, "{\"path\":\"b.txt\",\"n\":1}", "hello");
	struct str second = render(b);
	assert_true(str_starts(second, first));
	assert_true(str_find(second, STR("I read it.")) == SIZE_MAX);
	assert_true(str_find(second, STR("{\"path\": \"b.txt\", \"n\": 1}")) != SIZE_MAX);
}

static void other_tools_make_another_conversation(void **state)
{
	struct table *b = *state;
	render(b);
	answer_with_call(b);
	send_back(b, "{\"path\":\"a.txt\",\"n\":1}", "hello");
	chat_add_tool(b->r, STR("write"), STR("change a file"), NULL);
	assert_true(str_find(render(b), STR("I read it.")) == SIZE_MAX);
}

static void the_oldest_answers_are_forgotten(void **state)
{
	struct table *b = *state;
	for (size_t i = 0; i <= LIMIT_ANSWERS_KEPT; i++) {
		struct chat_request *r = chat_request_new(b->mem);
		struct rendered prompt;
		rendered_init(&prompt);
		chat_add_text(r, CHAT_USER, arena_printf(b->mem, "question %zu", i));
		struct template_answer *a = template_answer_new(r, &prompt);
		template_answer_raw(a, STR("<odd>yes"));
		event(a, CHAT_TEXT, STR("yes"));
		template_memory_keep(b->m, a);
		chat_request_free(r);
	}
	for (size_t i = 0; i <= LIMIT_ANSWERS_KEPT; i++) {
		struct chat_request *kept = b->r, *r = chat_request_new(b->mem);
		chat_add_text(r, CHAT_USER, arena_printf(b->mem, "question %zu", i));
		chat_add_text(r, CHAT_ASSISTANT, STR("yes"));
		chat_add_text(r, CHAT_USER, STR("why?"));
		b->r = r;
		assert_int_equal(str_find(render(b), STR("<odd>")) != SIZE_MAX, i > 0);
		b->r = kept;
		chat_request_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_was_said_stays_as_it_was, set_up, clear_away),
		cmocka_unit_test_setup_teardown(
			a_next_question_does_not_take_thoughts_away, set_up, clear_away),
		cmocka_unit_test_setup_teardown(
			another_conversation_is_not_taken_for_it, set_up, clear_away),
		cmocka_unit_test_setup_teardown(
			other_tools_make_another_conversation, set_up, clear_away),
		cmocka_unit_test_setup_teardown(
			the_oldest_answers_are_forgotten, set_up, clear_away),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
