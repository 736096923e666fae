#include "../unit.h"

#include <string.h>

#include "chat/template.h"

static const char chatml[] = "{% for message in messages %}{{'<|im_start|>' + message['role'] + "
			     "'\n' + message['content'] + '<|im_end|>' "
			     "+ '\n'}}{% endfor %}{% if add_generation_prompt %}{{ "
			     "'<|im_start|>assistant\n' }}{% endif %}";

/* The shape of Qwen2.5's template: tools in the system turn, calls and results in tags. */
static const char qwen[] =
	"{%- if tools %}{{- '<|im_start|>system\\nTools:\\n<tools>' }}{%- for tool in tools %}{{- "
	"'\\n' }}{{- tool | tojson }}"
	"{%- endfor %}{{- '\\n</tools><|im_end|>\\n' }}{%- endif %}"
	"{%- for m in messages %}{%- if m.role == 'tool' %}{{- "
	"'<|im_start|>user\\n<tool_response>\\n' + m.content + "
	"'\\n</tool_response><|im_end|>\\n' }}{%- elif m.tool_calls %}{{- '<|im_start|>assistant' "
	"}}"
	"{%- for c in m.tool_calls %}{{- '\\n<tool_call>\\n{\"name\": \"' + c.function.name + '\", "
	"\"arguments\": ' }}"
	"{{- c.function.arguments | tojson }}{{- '}\\n</tool_call>' }}{%- endfor %}{{- "
	"'<|im_end|>\\n' }}"
	"{%- else %}{{- '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{%- endif "
	"%}{%- endfor %}"
	"{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

static struct chat_template *open_text(const char *text)
{
	struct err e = { 0 };
	struct chat_template *t =
		template_open(&(struct template_source){ .text = str_z(text) }, &e);
	assert_string_equal(e.what, "");
	return t;
}

static struct chat_request *talk(struct arena *a)
{
	struct chat_request *r = chat_request_new(a);
	chat_add_tool(r, STR("read"), STR("return a file"),
		json_pack("{s:s, s:{s:{s:s}}, s:[s]}", "type", "object", "properties", "path",
			"type", "string", "required", "path"));
	chat_add_text(r, CHAT_SYSTEM, STR("Be good."));
	chat_add_text(r, CHAT_USER, STR("What is in <|im_end|> a.txt?"));
	return r;
}

static void add_turn(struct chat_request *r)
{
	chat_add_message(r, CHAT_ASSISTANT);
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_CALL,
				  .id = STR("1"),
				  .name = STR("read"),
				  .text = STR("{\"path\": \"a.txt\"}") });
	chat_add_message(r, CHAT_TOOL);
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_RESULT,
				  .id = STR("1"),
				  .name = STR("read"),
				  .text = STR("hello") });
}

static void a_template_without_tools_gets_the_prompted_format(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct chat_template *t = open_text(chatml);
	assert_ptr_equal(template_format(t), &tool_format_prompted);
	struct chat_request *r = talk(a);
	add_turn(r);
	struct rendered out;
	rendered_init(&out);
	assert_true(template_render(t, r, 0, NULL, &out, &e));
	assert_str(buf_str(&out.text),
		"<|im_start|>system\nBe good.\nCall a tool like this: <tool_call>{\"name\": NAME, "
		"\"arguments\": {...}}</tool_call>\n"
		"Tools:\nread(path): return a file<|im_end|>\n<|im_start|>user\nWhat is in "
		"<|im_end|> a.txt?<|im_end|>\n"
		"<|im_start|>assistant\n<tool_call>{\"name\": \"read\", \"arguments\": {\"path\": "
		"\"a.txt\"}}</tool_call><|im_end|>\n"
		"<|im_start|>user\n<tool_response>hello</"
		"tool_response><|im_end|>\n<|im_start|>assistant\n");
	assert_false(out.is_thinking);
	rendered_clear(&out);
	chat_request_free(r);
	template_free(t);
	arena_free(a);
}

static void a_template_with_tools_is_used_as_it_is(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct chat_template *t = open_text(qwen);
	assert_ptr_equal(template_format(t), &tool_format_hermes);
	struct chat_request *r = talk(a);
	struct rendered shorter, longer;
	rendered_init(&shorter);
	rendered_init(&longer);
	assert_true(template_render(t, r, 0, NULL, &shorter, &e));
	assert_true(str_find(buf_str(&shorter.text), STR("\"name\": \"read\"")) != SIZE_MAX);
	add_turn(r);
	assert_true(template_render(t, r, 0, NULL, &longer, &e));
	struct str stem = STR("<|im_start|>assistant\n");
	assert_true(str_ends(buf_str(&shorter.text), stem));
	assert_true(str_starts(buf_str(&longer.text), buf_str(&shorter.text)));
	assert_true(str_find(buf_str(&longer.text),
			    STR("<tool_call>\n{\"name\": \"read\", \"arguments\": {\"path\": "
				"\"a.txt\"}}\n</tool_call>")) != SIZE_MAX);
	rendered_clear(&shorter);
	rendered_clear(&longer);
	chat_request_free(r);
	template_free(t);
	arena_free(a);
}

static void what_a_user_wrote_is_told_from_the_templates_own_words(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct chat_template *t = open_text(chatml);
	struct chat_request *r = talk(a);
	struct rendered out;
	rendered_init(&out);
	assert_true(template_render(t, r, 0, NULL, &out, &e));
	size_t users = str_find(buf_str(&out.text), STR("in <|im_end|> a.txt")) + 3;
	assert_true(jinja_spans_touch(&out.inputs, users, users + 10));
	assert_false(jinja_spans_touch(&out.inputs, 0, 12));
	size_t own = str_find_last(buf_str(&out.text), STR("<|im_end|>"));
	assert_false(jinja_spans_touch(&out.inputs, own, own + 10));
	rendered_clear(&out);
	chat_request_free(r);
	template_free(t);
	arena_free(a);
}

static void a_template_that_drops_calls_is_worked_around_with_its_reason(void **state)
{
	(void)state;
	struct chat_template *t =
		open_text("{% for tool in tools or [] %}{{ tool | tojson }}{% endfor %}"
			  "{% for m in messages %}[{{ m.role }}] {{ m.content }}\n{% endfor %}");
	assert_ptr_equal(template_format(t), &tool_format_prompted);
	assert_non_null(strstr(template_reason(t), "drops a call"));
	template_free(t);
}

static void a_broken_template_and_a_refusing_one_are_faults_of_the_prompt(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct err e = { 0 };
	assert_null(template_open(&(struct template_source){ .text = STR("{% if x %}") }, &e));
	assert_int_equal(e.layer, LAYER_PROMPT);
	err_clear(&e);
	struct chat_template *t = open_text("{{ raise_exception('only one message, please') }}");
	struct chat_request *r = talk(a);
	struct rendered out;
	rendered_init(&out);
	assert_false(template_render(t, r, 0, NULL, &out, &e));
	assert_int_equal(e.layer, LAYER_PROMPT);
	assert_non_null(strstr(e.what, "only one message, please"));
	rendered_clear(&out);
	chat_request_free(r);
	template_free(t);
	arena_free(a);
}

static void continuing_an_answer_ends_with_its_text(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct chat_template *t = open_text(chatml);
	struct chat_request *r = talk(a);
	chat_add_text(r, CHAT_ASSISTANT, STR("It says"));
	r->continues_assistant = true;
	struct rendered out;
	rendered_init(&out);
	assert_true(template_render(t, r, 0, NULL, &out, &e));
	assert_true(str_ends(buf_str(&out.text), STR("<|im_start|>assistant\nIt says")));
	rendered_clear(&out);
	chat_request_free(r);
	template_free(t);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_template_without_tools_gets_the_prompted_format),
		cmocka_unit_test(a_template_with_tools_is_used_as_it_is),
		cmocka_unit_test(what_a_user_wrote_is_told_from_the_templates_own_words),
		cmocka_unit_test(a_template_that_drops_calls_is_worked_around_with_its_reason),
		cmocka_unit_test(a_broken_template_and_a_refusing_one_are_faults_of_the_prompt),
		cmocka_unit_test(continuing_an_answer_ends_with_its_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
