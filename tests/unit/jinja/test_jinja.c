#include "../unit.h"

#include "base/limits.h"
#include "jinja_gives.h"

static const char chatml[] =
	"{%- for message in messages %}"
	"{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}"
	"{%- endfor %}"
	"{%- if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

static void chatml_renders(void **state)
{
	(void)state;
	struct rendered r = jinja_rendered(chatml,
		"{\"messages\": [{\"role\": \"user\", \"content\": \"Hi\"}]}",
		"{\"add_generation_prompt\": true}");
	assert_true(r.ok);
	assert_string_equal(
		buf_z(&r.text), "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n");
	jinja_rendered_clear(&r);
}

/* The marked parts of the output, each in brackets. */
static void marks_are(const char *template, const char *conversation, const char *expected)
{
	struct rendered r = jinja_rendered(template, conversation, "{\"bos\": \"<s>\"}");
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
	jinja_rendered_clear(&r);
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
	struct rendered r = jinja_rendered("{{ x }}", "{\"x\": \"ab\"}", "{}");
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
	jinja_rendered_clear(&r);
}

static void settings_win_and_are_not_marked(void **state)
{
	(void)state;
	struct rendered r = jinja_rendered("{{ a }}", "{\"a\": \"theirs\"}", "{\"a\": \"ours\"}");
	assert_string_equal(buf_z(&r.text), "ours");
	assert_int_equal(r.spans.n, 0);
	jinja_rendered_clear(&r);
}

static void a_template_refuses_in_its_own_words(void **state)
{
	(void)state;
	struct rendered r = jinja_rendered("a\n{{ raise_exception('No tools.') }}", "{}", "{}");
	assert_false(r.ok);
	assert_err(r.e, ERR_BAD_DATA, LAYER_PROMPT);
	assert_string_equal(r.e.what, "template line 2: No tools.");
	assert_int_equal(r.text.n, 0);
	jinja_rendered_clear(&r);
	gives("{{ a.b.c }}", "template line 1: 'a' is undefined");
	gives_with("{{ m.b.c }}", "{\"m\": {}}",
		"template line 1: 'dict object' has no attribute 'b'");
	gives_with("{{ m[3].x }}", "{\"m\": []}", "template line 1: list object has no element 3");
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
		struct rendered r = jinja_rendered(templates[i], "{}", "{}");
		assert_false(r.ok);
		assert_err(r.e, ERR_TOO_BIG, LAYER_PROMPT);
		jinja_rendered_clear(&r);
	}
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

static void deep_and_long_templates_are_refused_or_rendered(void **state)
{
	(void)state;
	static const struct {
		const char *before, *again, *after;
	} shapes[] = {
		{ "{{ ", "(", "" },
		{ "{{ ", "not ", "1 }}" },
		{ "{{ ", "-", "1 }}" },
		{ "{{ 1", " + 1", " }}" },
		{ "{{ 1", " if 1 else 1", " }}" },
		{ "{{ 1", "|e", " }}" },
		{ "{% filter e", "|e", " %}a{% endfilter %}" },
		{ "{% set a", "|e", " %}a{% endset %}" },
		{ "", "{% if 1 %}", "" },
		{ "{% if 0 %}", "{% elif 0 %}", "{% endif %}" },
		{ "{% set ", "(", "a = 1 %}" },
	};
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		struct buf t;
		buf_init(&t, 1 << 20);
		buf_add_z(&t, shapes[i].before);
		for (int k = 0; k < 20000; k++)
			buf_add_z(&t, shapes[i].again);
		buf_add_z(&t, shapes[i].after);
		struct rendered r = jinja_rendered(buf_z(&t), "{}", "{}");
		assert_true(r.ok || r.e.layer == LAYER_PROMPT);
		jinja_rendered_clear(&r);
		buf_clear(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chatml_renders),
		cmocka_unit_test(origins_survive_every_operation),
		cmocka_unit_test(spans_are_offsets_into_the_whole_output),
		cmocka_unit_test(settings_win_and_are_not_marked),
		cmocka_unit_test(a_template_refuses_in_its_own_words),
		cmocka_unit_test(lists_may_be_changed_but_not_those_of_the_caller),
		cmocka_unit_test(hostile_templates_end_in_an_error),
		cmocka_unit_test(deep_and_long_templates_are_refused_or_rendered),
		cmocka_unit_test(an_output_that_is_full_stays_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
