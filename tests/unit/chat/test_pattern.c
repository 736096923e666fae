#include "../unit.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <string.h>

#include "chat/format.h"
#include "chat/pattern.h"
#include "walk.h"

enum { EXPRESSIONS = 100, TEXTS_EACH = 40, DEPTH = 3 };

/* Whether PCRE2 finds the expression in the text. */
static bool reference_finds(const char *pattern, struct str text)
{
	int code;
	PCRE2_SIZE at;
	pcre2_code *re = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_DOLLAR_ENDONLY, &code, &at, NULL);
	if (!re)
		print_error("%s\n", pattern);
	assert_non_null(re);
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(re, NULL);
	int found = pcre2_match(re, (PCRE2_SPTR)(text.n ? text.p : ""), text.n, 0, 0, data, NULL);
	pcre2_match_data_free(data);
	pcre2_code_free(re);
	return found >= 0;
}

static void invent_expression(struct walk_random *r, int depth, struct buf *out)
{
	static const char *const atoms[] = { "a", "b", "c", "[ab]", "[^a]", ".", "\\d", "\\w",
		"[b-d1-3]", "\xc3\xa4", "(?:ab|c)", "\\.", "x?" };
	static const char *const quantifiers[] = { "", "", "", "*", "+", "?", "{2}", "{1,3}",
		"{0,}", "*?" };
	for (uint64_t i = walk_below(r, 3) + 1; i > 0; i--) {
		if (depth > 0 && walk_below(r, 3) == 0) {
			buf_add_char(out, '(');
			invent_expression(r, depth - 1, out);
			buf_add_char(out, '|');
			invent_expression(r, depth - 1, out);
			buf_add_z(out, ")");
			buf_add_z(out, quantifiers[walk_below(r, 10)]);
		} else {
			const char *atom = atoms[walk_below(r, 13)];
			buf_add_z(out, atom);
			if (!strchr(atom, '?') || atom[0] == '(')
				buf_add_z(out, quantifiers[walk_below(r, 10)]);
		}
	}
}

static void invent_text(struct walk_random *r, struct buf *out)
{
	static const char *const pieces[] = { "a", "b", "c", "ab", "1", "2", "x", "\xc3\xa4", ".",
		" ", "\xf0\x9f\x98\x80" };
	buf_reset(out);
	for (uint64_t i = walk_below(r, 6); i > 0; i--)
		buf_add_z(out, pieces[walk_below(r, 11)]);
}

static void it_agrees_with_the_reference(void **state)
{
	(void)state;
	struct buf pattern, text;
	size_t found = 0, missed = 0;
	buf_init(&pattern, 10000);
	buf_init(&text, 10000);
	for (uint64_t seed = 1; seed <= EXPRESSIONS; seed++) {
		struct walk_random r = { seed, NULL };
		struct arena *mem = arena_new();
		const char *why;
		buf_reset(&pattern);
		if (walk_below(&r, 2))
			buf_add_char(&pattern, '^');
		invent_expression(&r, DEPTH, &pattern);
		if (walk_below(&r, 2))
			buf_add_char(&pattern, '$');
		const struct dfa *d = pattern_compile(mem, buf_str(&pattern), PATTERN_SEARCH, &why);
		for (int i = 0; i < TEXTS_EACH && d; i++) {
			invent_text(&r, &text);
			bool want = reference_finds(buf_z(&pattern), buf_str(&text));
			if (dfa_takes(d, buf_str(&text)) != want)
				print_error("%s on %s\n", buf_z(&pattern), buf_z(&text));
			assert_int_equal(dfa_takes(d, buf_str(&text)), want);
			found += want;
			missed += !want;
		}
		assert_true(d || !strcmp(why, "it takes too many states"));
		arena_free(mem);
	}
	assert_true(found > 500 && missed > 500);
	buf_clear(&pattern);
	buf_clear(&text);
}

static bool takes(const char *pattern, enum pattern_use use, const char *text)
{
	struct arena *mem = arena_new();
	const char *why;
	const struct dfa *d = pattern_compile(mem, str_z(pattern), use, &why);
	assert_non_null(d);
	bool ok = dfa_takes(d, str_z(text));
	arena_free(mem);
	return ok;
}

static void it_reads_the_inside_of_json_strings(void **state)
{
	(void)state;
	assert_true(takes("^a\"b\\\\$", PATTERN_SEARCH, "a\\\"b\\\\"));
	assert_false(takes("^a\"b$", PATTERN_SEARCH, "a\"b"));
	assert_true(takes("^[\\t\\n]+$", PATTERN_SEARCH, "\\t\\n"));
	assert_true(takes("^\\x1f$", PATTERN_SEARCH, "\\u001f"));
	assert_true(takes("^\\x1F$", PATTERN_SEARCH, "\\u001F"));
	assert_true(takes("^[^a]$", PATTERN_SEARCH, "\xf4\x8f\xbf\xbf"));
	assert_false(takes("^[^a]$", PATTERN_SEARCH, "\xed\xa0\x80"));
	assert_true(takes("^[\\u{1F600}-\\u{1F64F}]$", PATTERN_SEARCH, "\xf0\x9f\x98\x80"));
	assert_true(takes("^\\ud83d\\ude00$", PATTERN_SEARCH, "\xf0\x9f\x98\x80"));
	assert_true(takes("a^b|c", PATTERN_SEARCH, "xcx"));
	assert_false(takes("a^b|c", PATTERN_SEARCH, "ab"));
	assert_true(takes("a{,2}", PATTERN_WHOLE, "a{,2}"));
	assert_true(takes("", PATTERN_WHOLE, ""));
	assert_false(takes("", PATTERN_WHOLE, "a"));
}

static void what_is_not_taken_says_why(void **state)
{
	(void)state;
	static const char *const refused[] = { "(", ")", "[a", "a**", "(?=a)", "(?!a)", "(?<=a)b",
		"(a)\\1", "\\bx", "\\p{L}", "[z-a]", "a{3,2}", "a{2000}", "\\", "(?i)a", "*a",
		"((((((((((.{0,1000}){0,1000}){0,1000}){0,1000}))))))))", "[]", "\\u12" };
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		struct arena *mem = arena_new();
		const char *why = NULL;
		assert_null(pattern_compile(mem, str_z(refused[i]), PATTERN_SEARCH, &why));
		assert_non_null(why);
		arena_free(mem);
	}
}

static void every_format_has_a_pattern_that_is_taken(void **state)
{
	(void)state;
	static const char *const names[] = { "date", "time", "date-time", "duration", "uuid",
		"email", "hostname", "ipv4", "ipv6", "uri", "uri-reference", "json-pointer" };
	static const char *const examples[] = { "2024-02-29", "23:59:59Z",
		"2024-01-01T00:00:00+01:00", "P1Y2M3DT4H5M6S",
		"00000000-0000-4000-8000-000000000000", "a@b.c", "a-b.example", "10.0.0.255",
		"2001:db8::ff00:42:8329", "mailto:a@b", "../x?y#z", "/a~1b/0" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct format_row *row = format_find(str_z(names[i]));
		assert_non_null(row);
		assert_true(takes(row->pattern, PATTERN_WHOLE, examples[i]));
		assert_false(takes(row->pattern, PATTERN_WHOLE, "a b"));
	}
	assert_null(format_find(STR("dates")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_agrees_with_the_reference),
		cmocka_unit_test(it_reads_the_inside_of_json_strings),
		cmocka_unit_test(what_is_not_taken_says_why),
		cmocka_unit_test(every_format_has_a_pattern_that_is_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
