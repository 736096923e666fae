#include "../unit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "jinja/jinja_lex.h"

/* Tokens as words: data in angle brackets, texts of strings in quotes, other kinds by name. */
static void lexes_to(const char *template, const char *expected)
{
	struct arena *arena = arena_new();
	struct jtokens tokens;
	struct err e = { 0 };
	struct buf shown;
	buf_init(&shown, 4096);
	if (!jlex(arena, str_z(template), &tokens, &e)) {
		assert_err(e, ERR_BAD_DATA, LAYER_PROMPT);
		buf_add_z(&shown, e.what);
		tokens.n = 0;
	}
	for (size_t i = 0; i < tokens.n; i++) {
		const struct jtoken *t = &tokens.p[i];
		const char *gap = i ? " " : "";
		switch (t->kind) {
		case JT_END: break;
		case JT_DATA: buf_printf(&shown, "%s<%.*s>", gap, STR_ARG(t->text)); break;
		case JT_PRINT_BEGIN: buf_printf(&shown, "%s{{", gap); break;
		case JT_PRINT_END: buf_printf(&shown, "%s}}", gap); break;
		case JT_BLOCK_BEGIN: buf_printf(&shown, "%s{%%", gap); break;
		case JT_BLOCK_END: buf_printf(&shown, "%s%%}", gap); break;
		case JT_STRING: buf_printf(&shown, "%s'%.*s'", gap, STR_ARG(t->text)); break;
		case JT_INTEGER: buf_printf(&shown, "%s%lld", gap, (long long)t->integer); break;
		case JT_FLOAT: buf_printf(&shown, "%s%gf", gap, t->number); break;
		case JT_NAME: buf_printf(&shown, "%s%.*s", gap, STR_ARG(t->text)); break;
		default: buf_printf(&shown, "%s%s", gap, jtoken_name(t->kind)); break;
		}
	}
	assert_string_equal(buf_z(&shown), expected);
	buf_clear(&shown);
	arena_free(arena);
}

static void a_newline_behind_a_block_goes(void **state)
{
	(void)state;
	lexes_to("{% a %}\n\nb", "{% a %} <\nb>");
	lexes_to("{# c #}\nb", "<b>");
	lexes_to("{{ a }}\nb", "{{ a }} <\nb>");
	lexes_to("{% a +%}\nb", "{% a %} <\nb>");
}

static void blanks_before_a_block_that_is_first_on_its_line_go(void **state)
{
	(void)state;
	lexes_to("  {% a %}", "{% a %}");
	lexes_to("x\n \t{% a %}", "<x\n> {% a %}");
	lexes_to("x  {% a %}", "<x  > {% a %}");
	lexes_to("  {{ a }}", "<  > {{ a }}");
	lexes_to("  {# c #}x", "<x>");
	lexes_to("  {%+ a %}", "<  > {% a %}");
	lexes_to("{% a %}\n  {% b %}", "{% a %} {% b %}");
	lexes_to("{% a %}  {% b %}", "{% a %} <  > {% b %}");
}

static void a_dash_takes_all_white_space_on_its_side(void **state)
{
	(void)state;
	lexes_to("x \n\t{%- a -%} \n y", "<x> {% a %} <y>");
	lexes_to("x {{- a -}} \n y", "<x> {{ a }} <y>");
	lexes_to("x {#- c -#} y", "<x> <y>");
	lexes_to("x\xC2\xA0{{- a }}", "<x> {{ a }}");
}

static void newlines_are_of_one_kind_and_the_last_goes(void **state)
{
	(void)state;
	lexes_to("a\r\nb\rc\n\n", "<a\nb\nc\n>");
	lexes_to("a\n", "<a>");
	lexes_to("\n", "");
	lexes_to("", "");
}

static void raw_text_is_data(void **state)
{
	(void)state;
	lexes_to("{% raw %}{{ a }}{% endraw %}b", "<{{ a }}> <b>");
	lexes_to("{%- raw -%} {% a %} {%- endraw -%} b", "<{% a %}> <b>");
	lexes_to("{% raw %}\na{% endraw %}\nb", "<\na> <b>");
	lexes_to("{% raw %}a", "template line 1, column 1: Missing end of raw directive");
}

static void brackets_hide_the_end_of_a_tag(void **state)
{
	(void)state;
	lexes_to("{{ {'a': {}} }}", "{{ { 'a' : { } } }}");
	lexes_to("{{ a } }}", "template line 1, column 6: unexpected '}'");
	lexes_to("{{ (a] }}", "template line 1, column 6: unexpected ']', expected ')'");
}

static void literals_are_read(void **state)
{
	(void)state;
	lexes_to("{{ 1_000 0x1f 0b11 0o17 00 1.5 2e3 1_0.5 }}",
		"{{ 1000 31 3 15 0 1.5f 2000f 10.5f }}");
	lexes_to("{{ a.1.2 }}", "{{ a . 1 . 2 }}");
	lexes_to("{{ 'it\\'s\\n' \"\\x41\\u00e9\\101\\q\" }}", "{{ 'it's\n' 'A\xC3\xA9"
							       "A\\q' }}");
	lexes_to("{{ '\\ud800' }}",
		"template line 1, column 4: escape in a string that means no character");
	lexes_to("{{ 9223372036854775808 }}", "template line 1, column 4: integer does not fit 64 "
					      "bits");
	lexes_to("{{ 'a }}", "template line 1, column 4: unexpected char '''");
}

static void operators_are_taken_long_first(void **state)
{
	(void)state;
	lexes_to("{{ a//b**c==d!=e<=f>=g|h~i%j }}",
		"{{ a // b ** c == d != e <= f >= g | h ~ i % j }}");
	lexes_to("{{ a $ }}", "template line 1, column 6: unexpected char '$'");
}

static void an_open_comment_is_refused(void **state)
{
	(void)state;
	lexes_to("a\n {# b", "template line 2, column 2: Missing end of comment tag");
	lexes_to("{#-#}a", "<a>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_newline_behind_a_block_goes),
		cmocka_unit_test(blanks_before_a_block_that_is_first_on_its_line_go),
		cmocka_unit_test(a_dash_takes_all_white_space_on_its_side),
		cmocka_unit_test(newlines_are_of_one_kind_and_the_last_goes),
		cmocka_unit_test(raw_text_is_data),
		cmocka_unit_test(brackets_hide_the_end_of_a_tag),
		cmocka_unit_test(literals_are_read),
		cmocka_unit_test(operators_are_taken_long_first),
		cmocka_unit_test(an_open_comment_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
