#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "chat/jinja.h"

struct rendered {
	struct buf text;
	struct jinja_spans spans;
	struct err e;
	bool ok;
};

/* Renders with JSON texts as the two objects. */
static struct rendered render(const char *template, const char *conversation, const char *settings)
{
	struct rendered r = { .ok = false };
	struct err bad = { 0 };
	json_t *given = js_parse(str_z(conversation), LAYER_CLIENT, &bad);
	json_t *set = js_parse(str_z(settings), LAYER_CLIENT, &bad);
	assert_non_null(given);
	assert_non_null(set);
	struct jinja_input in = { .conversation = given, .settings = set };
	in.now = (struct tm){ .tm_year = 126, .tm_mon = 10, .tm_mday = 22, .tm_wday = 0 };
	buf_init(&r.text, LIMIT_PROMPT_BYTES);
	jinja_spans_init(&r.spans);
	struct jinja *j = jinja_compile(str_z(template), &r.e);
	if (j)
		r.ok = jinja_render(j, &in, &r.text, &r.spans, &r.e);
	jinja_free(j);
	json_decref(given);
	json_decref(set);
	return r;
}

static void clear(struct rendered *r)
{
	buf_clear(&r->text);
	jinja_spans_clear(&r->spans);
}

/* What a template gives, or the words of its refusal. */
static void gives_with(const char *template, const char *conversation, const char *expected)
{
	struct rendered r = render(template, conversation, "{}");
	assert_string_equal(r.ok ? buf_z(&r.text) : r.e.what, expected);
	clear(&r);
}

static void gives(const char *template, const char *expected)
{
	gives_with(template, "{}", expected);
}

static const char chatml[] =
	"{%- for message in messages %}"
	"{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
	"{%- endfor %}"
	"{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

static void chatml_renders(void **state)
{
	(void)state;
	struct rendered r =
		render(chatml, "{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}",
			"{\"add_generation_prompt\": true}");
	assert_true(r.ok);
	assert_string_equal(
		buf_z(&r.text), "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
	clear(&r);
}

/* The marked parts of the output, each in brackets. */
static void marks_are(const char *template, const char *conversation, const char *expected)
{
	struct rendered r = render(template, conversation, "{\"bos\": \"<s>\"}");
	struct buf shown;
	size_t at = 0;
	buf_init(&shown, 1000);
	assert_string_equal(r.ok ? "" : r.e.what, "");
	for (size_t i = 0; i < r.spans.n; i++) {
		buf_add(&shown, str_sub(buf_str(&r.text), at, r.spans.p[i].from));
		buf_add_char(&shown, '[');
		buf_add(&shown, str_sub(buf_str(&r.text), r.spans.p[i].from, r.spans.p[i].to));
		buf_add_char(&shown, ']');
		at = r.spans.p[i].to;
	}
	buf_add(&shown, str_from(buf_str(&r.text), at));
	assert_string_equal(buf_z(&shown), expected);
	buf_clear(&shown);
	clear(&r);
}

static void origins_survive_every_operation(void **state)
{
	(void)state;
	const char *given = "{\"x\": \" <a>\\n\", \"l\": [\"b\", \"c\"], \"d\": {\"k\": \"v\"}}";
	marks_are("{{ bos }}{{ x }}", given, "<s>[ <a>\n]");
	marks_are("{{ '(' + x + ')' }}", given, "([ <a>\n])");
	marks_are("{{ '(' ~ x ~ ')' }}", given, "([ <a>\n])");
	marks_are("{{ x | trim }}", given, "[<a>]");
	marks_are("{{ x.strip().upper() }}!", given, "[<A>]!");
	marks_are("{{ (x ~ '|')[2:] }}", given, "[a>\n]|");
	marks_are("{{ x[::-1] }}", given, "[\n>a< ]");
	marks_are("{{ l | join('+') }}", given, "[b]+[c]");
	marks_are("{{ ', '.join(l) }}", given, "[b], [c]");
	marks_are("{{ x.replace('a', '<s>') }}", given, "[ <]<s>[>\n]");
	marks_are("{{ '<a>'.replace('a', x) }}", given, "<[ <a>\n]>");
	marks_are("{{ x | tojson }}", given, "\"[ <a>\\n]\"");
	marks_are("{{ d | tojson }}", given, "{\"[k]\": \"[v]\"}");
	marks_are("{{ d }}{{ l }}", given, "{'[k]': '[v]'}['[b]', '[c]']");
	marks_are("{% set y %}-{{ x | trim }}-{% endset %}{{ y }}", given, "-[<a>]-");
	marks_are("{% macro m(a) %}<{{ a }}>{% endmacro %}{{ m(l[0]) }}", given, "<[b]>");
	marks_are("{{ '%s and {}' % x.strip() }}", given, "[<a>] and {}");
	marks_are("{{ '<{}>'.format(l[1]) }}", given, "<[c]>");
	marks_are("{{ x.split('a')[1] | indent(2) }}", given, "[>]\n");
	marks_are("{{ x | trim | e }}", given, "[&lt;a&gt;]");
	marks_are("{% for c in 'z' ~ l[0] %}{{ c }},{% endfor %}", given, "z,[b],");
	marks_are("{{ 5 * 3 }}{{ l | length }}", given, "152");
	marks_are("{% set ns = namespace(t='') %}{% for i in l %}{% set ns.t = ns.t ~ i ~ '/' %}"
		  "{% endfor %}{{ ns.t }}",
		given, "[b]/[c]/");
}

static void spans_are_offsets_into_the_whole_output(void **state)
{
	(void)state;
	struct rendered r = render("{{ x }}", "{\"x\": \"ab\"}", "{}");
	struct err e = { 0 };
	struct jinja *j = jinja_compile(STR("-{{ x }}"), &e);
	json_t *given = json_pack("{s:s}", "x", "cd");
	struct jinja_input in = { .conversation = given };
	assert_true(jinja_render(j, &in, &r.text, &r.spans, &e));
	assert_string_equal(buf_z(&r.text), "ab-cd");
	assert_int_equal(r.spans.n, 2);
	assert_int_equal(r.spans.p[1].from, 3);
	assert_int_equal(r.spans.p[1].to, 5);
	assert_true(jinja_spans_touch(&r.spans, 0, 1));
	assert_false(jinja_spans_touch(&r.spans, 2, 3));
	assert_true(jinja_spans_touch(&r.spans, 2, 4));
	assert_false(jinja_spans_touch(&r.spans, 5, 9));
	json_decref(given);
	jinja_free(j);
	clear(&r);
}

static void settings_win_and_are_not_marked(void **state)
{
	(void)state;
	struct rendered r = render("{{ a }}", "{\"a\": \"theirs\"}", "{\"a\": \"ours\"}");
	assert_string_equal(buf_z(&r.text), "ours");
	assert_int_equal(r.spans.n, 0);
	clear(&r);
}

static void a_template_refuses_in_its_own_words(void **state)
{
	(void)state;
	struct rendered r = render("a\n{{ raise_exception('No tools.') }}", "{}", "{}");
	assert_false(r.ok);
	assert_err(r.e, ERR_BAD_DATA, LAYER_PROMPT);
	assert_string_equal(r.e.what, "template line 2: No tools.");
	assert_int_equal(r.text.n, 0);
	clear(&r);
	gives("{{ a.b.c }}", "template line 1: 'a' is undefined");
	gives_with("{{ m.b.c }}", "{\"m\": {}}",
		"template line 1: 'dict object' has no attribute 'b'");
	gives_with("{{ m[3].x }}", "{\"m\": []}", "template line 1: list object has no element 3");
}

static void syntax_errors_tell_line_and_column(void **state)
{
	(void)state;
	gives("a\n{% if x %}", "template line 2, column 11: the template ends before 'endif'");
	gives("äö{{ 1 + }}", "template line 1, column 10: unexpected 'end of print statement'");
	gives("{% frob %}", "template line 1, column 4: Encountered unknown tag 'frob'.");
	gives("{% include 'x' %}", "template line 1, column 4: 'include' is not possible here: a "
				   "chat template is one text");
	gives("{{ 'a' | nope }}", "template line 1, column 15: No filter named 'nope'.");
	gives("{{ (1] }}", "template line 1, column 6: unexpected ']', expected ')'");
}

static void an_unknown_filter_waits_inside_a_condition(void **state)
{
	(void)state;
	gives("{% if false %}{{ 1 | nope }}{% endif %}ok", "ok");
	gives("{{ 1 | nope if false else 2 }}", "2");
	gives("{% if true %}{{ 1 | nope }}{% endif %}",
		"template line 1: No filter named 'nope' found.");
}

static void white_space_goes_as_in_jinja(void **state)
{
	(void)state;
	gives("{% if true %}\n  a\n  {% endif %}\nb\n", "  a\nb");
	gives("a  {%- if true -%}  b  {%- endif %} c", "ab c");
	gives("  {%+ if true %}x{% endif +%}\ny", "  x\ny");
	gives("{# c #}\na{# d -#}\n\n b", "ab");
	gives("{% raw %}{{ x }}{% endraw %}", "{{ x }}");
	gives("a\r\nb\rc\n\n", "a\nb\nc\n");
}

static void numbers_and_texts_print_as_in_python(void **state)
{
	(void)state;
	gives("{{ 7 // -2 }} {{ -7 % 3 }} {{ 7 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }}",
		"-4 2 3.5 1024 0.5");
	gives("{{ 1e16 }} {{ 0.1 + 0.2 }} {{ 1.0 }} {{ 1e-5 }} {{ 123456789.125 }}",
		"1e+16 0.30000000000000004 1.0 1e-05 123456789.125");
	gives("{{ [1, 'a', \"it's\", none, true, 1.5, (1,), {'k': []}] }}",
		"[1, 'a', \"it's\", None, True, 1.5, (1,), {'k': []}]");
	gives("{{ 9223372036854775807 + 1 }}",
		"template line 1: integer result does not fit 64 bits");
	gives("{{ 1 < 2 < 3 }} {{ 'a' in 'cat' }} {{ 3 not in [1] }} {{ 1 == 1.0 }}",
		"True True True True");
}

static void loops_have_their_variables(void **state)
{
	(void)state;
	gives("{% for x in 'abc' %}{{ loop.index }}{{ loop.last }}{{ loop.previtem }} "
	      "{% endfor %}",
		"1False 2Falsea 3Trueb ");
	gives("{% for x in [] %}a{% else %}none{% endfor %}", "none");
	gives("{% for x in range(9) if x % 2 %}{{ x }}/{{ loop.length }} {% endfor %}",
		"1/4 3/4 5/4 7/4 ");
	gives("{% for x in range(9) %}{% if x == 2 %}{% continue %}{% endif %}"
	      "{% if x == 4 %}{% break %}{% endif %}{{ x }}{% endfor %}",
		"013");
	gives("{% for x in [1, [2, [3]]] recursive %}{% if x is iterable %}({{ loop(x) }})"
	      "{% else %}{{ x }}@{{ loop.depth }}{% endif %}{% endfor %}",
		"1@1(2@2(3@3))");
	gives("{% for a, b in {'x': 1}.items() %}{{ a }}{{ b }}{% endfor %}", "x1");
	gives("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}", "1");
}

static void macros_take_arguments_as_functions_do(void **state)
{
	(void)state;
	gives("{% macro m(a, b=2) %}{{ a }}{{ b }}{{ varargs }}{{ kwargs }}{% endmacro %}"
	      "{{ m(1) }} {{ m(1, 3, 4, c=5) }}",
		"12(){} 13(4,){'c': 5}");
	gives("{% macro m() %}<{{ caller('x') }}>{% endmacro %}"
	      "{% call(v) m() %}{{ v }}!{% endcall %}",
		"<x!>");
	gives("{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
		"template line 1: macro 'm' takes not more than 1 argument(s)");
}

static void lists_may_be_changed_but_not_those_of_the_caller(void **state)
{
	(void)state;
	struct err e = { 0 };
	json_t *given = json_pack("{s:[i]}", "l", 1);
	struct jinja_input in = { .conversation = given };
	struct jinja *j = jinja_compile(STR("{% set _ = l.append(2) %}{{ l }}{{ l.pop(0) }}"), &e);
	struct buf out;
	buf_init(&out, 100);
	assert_true(jinja_render(j, &in, &out, NULL, &e));
	assert_string_equal(buf_z(&out), "[1, 2]1");
	buf_reset(&out);
	assert_true(jinja_render(j, &in, &out, NULL, &e));
	assert_string_equal(buf_z(&out), "[1, 2]1");
	buf_clear(&out);
	jinja_free(j);
	json_decref(given);
}

static void the_time_is_the_callers(void **state)
{
	(void)state;
	gives("{{ strftime_now('%d %b %Y') }}", "22 Nov 2026");
}

static void hostile_templates_end_in_an_error(void **state)
{
	(void)state;
	static const char *const templates[] = {
		"{% for a in range(99999) %}{% for b in range(99999) %}{% for c in range(99999) %}"
		"{% endfor %}{% endfor %}{% endfor %}",
		"{{ 'x' * 9999999999 }}",
		"{% set ns = namespace(x='x') %}{% for i in range(99) %}{% set ns.x = ns.x * 9 %}"
		"{% endfor %}",
		"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
		"{% set l = [] %}{% set _ = l.append(l) %}{{ l }}",
		"{{ '%999999999d' % 1 }}",
		"{{ ''.center(9999999999) }}",
		"{% set ns = namespace(l=[]) %}{% for i in range(9999) %}{% set ns.l = [ns.l] %}"
		"{% endfor %}{{ ns.l | tojson }}",
	};
	for (size_t i = 0; i < sizeof templates / sizeof *templates; i++) {
		struct rendered r = render(templates[i], "{}", "{}");
		assert_false(r.ok);
		assert_err(r.e, ERR_TOO_BIG, LAYER_PROMPT);
		clear(&r);
	}
}

static void brackets_nest_only_so_deep(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct buf deep;
	buf_init(&deep, 100000);
	buf_add_z(&deep, "{{ ");
	buf_add_fill(&deep, '(', 50000);
	assert_null(jinja_compile(buf_str(&deep), &e));
	assert_err(e, ERR_BAD_DATA, LAYER_PROMPT);
	buf_clear(&deep);
}

static void an_output_that_is_full_stays_as_it_was(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct jinja *j = jinja_compile(STR("0123456789"), &e);
	struct jinja_input in = { 0 };
	struct buf out;
	buf_init(&out, 5);
	assert_false(jinja_render(j, &in, &out, NULL, &e));
	assert_err(e, ERR_TOO_BIG, LAYER_PROMPT);
	assert_int_equal(out.n, 0);
	buf_clear(&out);
	jinja_free(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chatml_renders),
		cmocka_unit_test(origins_survive_every_operation),
		cmocka_unit_test(spans_are_offsets_into_the_whole_output),
		cmocka_unit_test(settings_win_and_are_not_marked),
		cmocka_unit_test(a_template_refuses_in_its_own_words),
		cmocka_unit_test(syntax_errors_tell_line_and_column),
		cmocka_unit_test(an_unknown_filter_waits_inside_a_condition),
		cmocka_unit_test(white_space_goes_as_in_jinja),
		cmocka_unit_test(numbers_and_texts_print_as_in_python),
		cmocka_unit_test(loops_have_their_variables),
		cmocka_unit_test(macros_take_arguments_as_functions_do),
		cmocka_unit_test(lists_may_be_changed_but_not_those_of_the_caller),
		cmocka_unit_test(the_time_is_the_callers),
		cmocka_unit_test(hostile_templates_end_in_an_error),
		cmocka_unit_test(brackets_nest_only_so_deep),
		cmocka_unit_test(an_output_that_is_full_stays_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
