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

/* The shape of Mistral's templates: tools before the last question, ids of nine characters, turns
 * that alternate, the system text with the last question only. */
static const char mistral[] =
	"{%- set users = messages | selectattr('role', 'equalto', 'user') | list %}"
	"{%- if messages[0].role == 'system' %}{%- set system = messages[0].content %}"
	"{%- set turns = messages[1:] %}{%- else %}{%- set turns = messages %}{%- endif %}"
	"{%- set ns = namespace(n=0) %}{%- for m in turns %}"
	"{%- if m.role == 'user' or (m.role == 'assistant' and not m.tool_calls) %}"
	"{%- if (m.role == 'user') != (ns.n % 2 == 0) %}{{- raise_exception('must alternate') }}"
	"{%- endif %}{%- set ns.n = ns.n + 1 %}{%- endif %}{%- endfor %}"
	"{{- '<s>' }}{%- for m in turns %}{%- if m.role == 'user' %}"
	"{%- if tools and m == users[-1] %}{{- '[AVAILABLE_TOOLS]' + (tools | tojson) + "
	"'[/AVAILABLE_TOOLS]' }}{%- endif %}{{- '[INST]' }}"
	"{%- if loop.last and system is defined %}{{- system + '\n\n' }}{%- endif %}"
	"{{- m.content + '[/INST]' }}{%- elif m.tool_calls %}{%- for c in m.tool_calls %}"
	"{%- if c.id | length != 9 %}{{- raise_exception('nine!') }}{%- endif %}"
	"{{- '<tool_call>\n{\"name\": \"' + c.function.name + '\", \"arguments\": ' }}"
	"{{- c.function.arguments | tojson }}{{- '}\n</tool_call>' + ('\n' if not loop.last else "
	"'') }}{%- endfor %}{{- '</s>' }}"
	"{%- elif m.role == 'tool' %}{{- '[TOOL_RESULTS]' + m.tool_call_id + ' ' + m.content + "
	"'[/TOOL_RESULTS]' }}{%- else %}{{- m.content + '</s>' }}{%- endif %}{%- endfor %}";

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

static struct str render_in(struct arena *a, const struct chat_template *t, struct chat_request *r)
{
	struct rendered out;
	struct err e = { 0 };
	rendered_init(&out);
	assert_true(template_render(t, r, 0, NULL, &out, &e));
	struct str text = arena_str(a, buf_str(&out.text));
	size_t users = str_find(text, STR("a.txt?"));
	assert_true(jinja_spans_touch(&out.inputs, users, users + 1));
	size_t own = str_find(text, STR("[INST]"));
	assert_false(jinja_spans_touch(&out.inputs, own, own + 6));
	size_t tool = str_find(text, STR("return a file"));
	assert_true(jinja_spans_touch(&out.inputs, tool, tool + 6));
	rendered_clear(&out);
	return text;
}

static size_t count(struct str text, struct str part)
{
	size_t n = 0;
	for (size_t at; (at = str_find(text, part)) != SIZE_MAX; n++)
		text = str_from(text, at + part.n);
	return n;
}

static void tools_stay_where_they_were_first_shown(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_template *t = open_text(mistral);
	assert_true(template_findings(t)->way.pins_tools);
	assert_non_null(strstr(template_workarounds(t), "kept at the first question"));
	struct chat_request *r = talk(a);
	add_turn(r);
	chat_add_text(r, CHAT_ASSISTANT, STR("It says hello."));
	struct str shorter = render_in(a, t, r);
	chat_add_text(r, CHAT_USER, STR("And b.txt?"));
	chat_add_text(r, CHAT_USER, STR("Please."));
	struct str longer = render_in(a, t, r);
	assert_true(str_starts(longer, shorter));
	assert_int_equal(count(longer, STR("return a file")), 1);
	assert_true(
		str_find(longer, STR("return a file")) < str_find(longer, STR("[INST]Be good.")));
	chat_request_free(r);
	template_free(t);
	arena_free(a);
}

static void what_may_not_stand_in_a_row_is_joined(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_template *t = open_text(mistral);
	struct chat_request *r = talk(a);
	chat_add_text(r, CHAT_USER, STR("Please."));
	struct str text = render_in(a, t, r);
	assert_true(
		str_find(text,
			STR("[INST]Be good.\n\nWhat is in <|im_end|> a.txt?\n\nPlease.[/INST]")) !=
		SIZE_MAX);
	assert_non_null(strstr(template_workarounds(t), "opens the first question"));
	chat_request_free(r);
	template_free(t);
	arena_free(a);
}

static void ids_are_given_the_form_that_the_template_wants(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_template *t = open_text(mistral);
	struct chat_request *r = talk(a);
	add_turn(r);
	r->messages[2].blocks[0].id = STR("call_0123456789abcdefghi");
	r->messages[3].blocks[0].id = STR("call_0123456789abcdefghi");
	enum { ID_CHARS = 9 };
	struct str text = render_in(a, t, r), mark = STR("[TOOL_RESULTS]");
	size_t at = str_find(text, mark) + mark.n;
	assert_int_equal(str_find_char(str_from(text, at), ' '), ID_CHARS);
	assert_non_null(strstr(template_workarounds(t), "ids of calls"));
	chat_request_free(r);
	template_free(t);
	arena_free(a);
}

static void a_packed_template_that_is_known_to_be_wrong_is_replaced(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct template_source source = { .text = str_z(chatml),
		.name = STR("Llama-3-Groq-8B-Tool-Use"),
		.architecture = STR("llama") };
	struct chat_template *t = template_open(&source, &e);
	assert_non_null(t);
	assert_string_equal(template_format(t)->name, "groq");
	assert_non_null(strstr(template_workarounds(t), "replaced by ours"));
	template_free(t);
	source.text = str_z(qwen);
	t = template_open(&source, &e);
	assert_ptr_equal(template_format(t), &tool_format_hermes);
	template_free(t);
	source = (struct template_source){ .text = STR("{% if x %}"),
		.architecture = STR("nemotron_h_moe") };
	t = template_open(&source, &e);
	assert_non_null(t);
	assert_string_equal(template_written_as(t)->name, "qwen-xml");
	template_free(t);
}

/* What stands around the calls of an otherwise honest template. */
static struct chat_template *open_around(const char *open, const char *close)
{
	struct arena *a = arena_new();
	struct str text = arena_printf(a,
		"{%% for t in tools or [] %%}{{ t | tojson }}{%% endfor %%}{%% for m in messages "
		"%%}"
		"{{ m.role }}: {{ m.content }}{%% for c in m.tool_calls or [] %%}%s{\"name\": \""
		"{{ c.function.name }}\", \"arguments\": {{ c.function.arguments | tojson }}}%s"
		"{%% endfor %%}\n{%% endfor %%}",
		open, close);
	struct chat_template *t = open_text(text.p);
	arena_free(a);
	return t;
}

static void a_form_that_no_row_has_is_derived(void **state)
{
	(void)state;
	struct chat_template *t = open_around("<do>", "</do>");
	assert_string_equal(template_format(t)->call_open, "<do>");
	assert_string_equal(template_format(t)->mark_close, "</do>");
	assert_true(str_starts(str_z(template_format(t)->name), STR("derived")));
	template_free(t);
}

static void marks_that_no_reader_is_made_for_are_not_taken(void **state)
{
	(void)state;
	static const char *const opens[] = {
		"\001", "\002\002", "\006x", "", " ",
		"<a-tag-of-a-length-that-nobody-would-ever-give-to-a-tag-that-models-have-to-write>"
	};
	for (size_t i = 0; i < sizeof opens / sizeof *opens; i++) {
		struct chat_template *t = open_around(opens[i], "</x>");
		assert_string_equal(template_format(t)->name, "prompted");
		template_free(t);
	}
}

/* A template that takes schemas apart, as Hermes's does. */
static const char picky[] =
	"{%- for tool in tools or [] %}{{- tool | tojson }}"
	"{%- for name, about in tool.function.parameters.properties | items %}"
	"{{- name + ' ' + about.type + ' ' + about.description }}{%- endfor %}{%- endfor %}"
	"{%- for m in messages %}{{- '<' + m.role + '>' + m.content }}"
	"{%- for c in m.tool_calls or [] %}{{- '<tool_call>\n{\"name\": \"' + c.function.name + "
	"'\", "
	"\"arguments\": ' }}{{- c.function.arguments | tojson }}{{- '}\n</tool_call>\n' }}"
	"{%- endfor %}{%- endfor %}{%- if add_generation_prompt %}{{- '<assistant>' }}{%- endif %}";

static void a_schema_that_a_template_refuses_is_shown_in_a_plain_form(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct chat_template *t = open_text(picky);
	struct chat_request *r = talk(a);
	chat_add_tool(r, STR("odd"), STR("has everything"),
		json_pack("{s:{s:{s:[s, s]}, s:{s:[{s:s}, {s:s, s:s}]}, s:{s:s}, s:{}}}",
			"properties", "several", "type", "null", "integer", "either", "anyOf",
			"type", "null", "type", "number", "description", "ratio", "list", "type",
			"array", "nothing"));
	struct rendered out;
	rendered_init(&out);
	assert_true(template_render(t, r, 0, NULL, &out, &e));
	assert_string_equal(e.what, "");
	struct str text = buf_str(&out.text);
	assert_true(str_find(text, STR("several integer ")) != SIZE_MAX);
	assert_true(str_find(text, STR("either number ratio")) != SIZE_MAX);
	assert_true(str_find(text, STR("list array ")) != SIZE_MAX);
	assert_true(str_find(text, STR("nothing string ")) != SIZE_MAX);
	rendered_clear(&out);
	chat_request_free(r);
	template_free(t);
	arena_free(a);
}

static void a_hostile_template_ends_in_an_error_of_the_prompt(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"{% for i in range(100000) %}{% for k in range(100000) %}{{ i }}{% endfor %}{% "
		"endfor %}",
		"{% set ns = namespace(x='x') %}{% for i in range(64) %}{% set ns.x = ns.x + ns.x "
		"%}"
		"{% endfor %}{{ ns.x }}",
		"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
		"{{ 'x' * 9000000000 }}",
		"{{ messages[-1].content | tojson * 100000000 }}",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct arena *a = arena_new();
		struct err e = { 0 };
		struct chat_template *t = open_text(texts[i]);
		assert_string_equal(template_format(t)->name, "prompted");
		assert_true(template_findings(t)->renders <= 8);
		struct chat_request *r = talk(a);
		struct rendered out;
		rendered_init(&out);
		if (i) { /* the first one takes as long as a real prompt may */
			assert_false(template_render(t, r, 0, NULL, &out, &e));
			assert_int_equal(e.layer, LAYER_PROMPT);
		}
		rendered_clear(&out);
		err_clear(&e);
		chat_request_free(r);
		template_free(t);
		arena_free(a);
	}
}

/* The shape of Nemotron Nano v2: no variable, but words of a user or a system text. */
static const char nemotron[] =
	"{%- set ns = namespace(thinks=true) %}{%- for m in messages %}"
	"{%- if '/no_think' in m.content %}{%- set ns.thinks = false %}{%- endif %}{%- endfor %}"
	"{%- for m in messages %}{{- '<' + m.role + '>' + m.content.replace('/no_think', "
	"'').strip() }}"
	"{%- endfor %}{%- if add_generation_prompt %}"
	"{{- '<a><think>' if ns.thinks else '<a><think></think>' }}{%- endif %}";

static void a_template_without_a_switch_is_told_in_words_not_to_think(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_template *t = open_text(nemotron);
	for (int has_system = 0; has_system < 2; has_system++) {
		struct chat_request *r = chat_request_new(a);
		if (has_system)
			chat_add_text(r, CHAT_SYSTEM, STR("Be good."));
		chat_add_text(r, CHAT_USER, STR("Hi."));
		struct rendered out;
		rendered_init(&out);
		assert_true(template_render(t, r, 0, NULL, &out, NULL));
		assert_true(out.is_thinking);
		r->reasoning_effort = STR("none");
		rendered_clear(&out);
		rendered_init(&out);
		assert_true(template_render(t, r, 0, NULL, &out, NULL));
		assert_false(out.is_thinking);
		if (has_system)
			assert_str(
				buf_str(&out.text), "<system>Be good.<user>Hi.<a><think></think>");
		else
			assert_str(buf_str(&out.text), "<system><user>Hi.<a><think></think>");
		rendered_clear(&out);
		chat_request_free(r);
	}
	template_free(t);
	arena_free(a);
}

/* The shape of Apriel: what stands around its thoughts are words. */
static void thoughts_between_words_are_known_by_them(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_template *t = open_text(
		"{%- for m in messages %}{{- '<' + m.role + '>' + m.content.split('[BEGIN FINAL "
		"RESPONSE]')[-1] }}{%- endfor %}{%- if add_generation_prompt %}"
		"{{- '<a>\nHere are my reasoning steps:\n' }}{%- endif %}");
	struct chat_request *r = talk(a);
	struct rendered out;
	rendered_init(&out);
	assert_true(template_render(t, r, 0, NULL, &out, NULL));
	assert_true(out.is_thinking);
	assert_string_equal(template_format(t)->think_close, "[BEGIN FINAL RESPONSE]");
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
		cmocka_unit_test(tools_stay_where_they_were_first_shown),
		cmocka_unit_test(what_may_not_stand_in_a_row_is_joined),
		cmocka_unit_test(a_packed_template_that_is_known_to_be_wrong_is_replaced),
		cmocka_unit_test(a_form_that_no_row_has_is_derived),
		cmocka_unit_test(marks_that_no_reader_is_made_for_are_not_taken),
		cmocka_unit_test(a_schema_that_a_template_refuses_is_shown_in_a_plain_form),
		cmocka_unit_test(a_hostile_template_ends_in_an_error_of_the_prompt),
		cmocka_unit_test(ids_are_given_the_form_that_the_template_wants),
		cmocka_unit_test(a_template_without_a_switch_is_told_in_words_not_to_think),
		cmocka_unit_test(thoughts_between_words_are_known_by_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
