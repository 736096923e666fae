#include "../unit.h"

#include <string.h>

#include "base/limits.h"
#include "cmd/template_view.h"

/* Shows tools and results, drops calls, moves the system text to the end. */
static const char forgetful[] = "{%- if enable_thinking %}{{- '<think>' }}{%- endif %}"
				"{%- for tool in tools or [] %}{{- tool | tojson }}{%- endfor %}"
				"{%- for m in messages %}{%- if m.role != 'system' %}{{- m.role + "
				"': ' + m.content + '\n' }}"
				"{%- endif %}{%- endfor %}{{- messages[0].content if "
				"messages[0].role == 'system' else '' }}";

static struct chat_template *open_text(const char *text)
{
	struct err e = { 0 };
	struct chat_template *t =
		template_open(&(struct template_source){ .text = str_z(text) }, &e);
	assert_string_equal(e.what, "");
	return t;
}

static void the_findings_fit_a_page(void **state)
{
	(void)state;
	struct chat_template *t = open_text(forgetful);
	struct buf out;
	buf_init(&out, MIB);
	template_view(t, &out);
	struct str text = buf_str(&out), line;
	while (text.n && str_cut(&text, '\n', &line))
		assert_true(line.n <= 80);
	assert_non_null(strstr(buf_z(&out), "shows the tools                          yes\n"));
	assert_non_null(strstr(buf_z(&out), "shows calls                              no\n"));
	assert_non_null(strstr(buf_z(&out), "since the template drops a call"));
	assert_non_null(strstr(buf_z(&out), "it looks at: enable_thinking\n"));
	assert_null(strstr(buf_z(&out), "two calls"));
	buf_clear(&out);
	template_free(t);
}

static void a_program_gets_an_answer_to_every_question(void **state)
{
	(void)state;
	struct chat_template *t = open_text(forgetful);
	json_t *view = template_view_json(t), *answers = json_object_get(view, "answers");
	assert_int_equal(json_object_size(answers), LINT_COUNT);
	assert_str(js_text(json_object_get(answers, "tools")), "yes");
	assert_str(js_text(json_object_get(answers, "two_calls")), "not known");
	assert_str(js_text(json_object_get(view, "format")), "prompted");
	assert_true(json_is_null(json_object_get(view, "written_as")));
	json_decref(view);
	template_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_findings_fit_a_page),
		cmocka_unit_test(a_program_gets_an_answer_to_every_question),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
