#include "../unit.h"

#include "chat/family.h"
#include "chat/request.h"

#include <string.h>

static const char *family_of(const char *architecture, const char *name, const char *template)
{
	struct family_facts facts = { str_z(architecture), str_z(name), str_z(template) };
	return family_find(&facts)->name;
}

static void a_family_is_known_by_its_architecture(void **state)
{
	(void)state;
	assert_string_equal(family_of("gpt-oss", "", ""), "gpt-oss");
	assert_string_equal(family_of("qwen3moe", "Hermes 5", ""), "Qwen3");
	assert_string_equal(family_of("qwen35moe", "", ""), "Qwen3.5");
	assert_string_equal(family_of("nemotron_h_moe", "", ""), "Nemotron 3");
}

static void a_name_counts_without_case_and_separators(void **state)
{
	(void)state;
	assert_string_equal(family_of("qwen3moe", "Qwen3 Coder 30B A3B", ""), "Qwen3-Coder");
	assert_string_equal(family_of("qwen3moe", "qwen3-CODER_30b", ""), "Qwen3-Coder");
	assert_string_equal(family_of("mistral3", "mistralai/Ministral-3-8B", ""), "Ministral 3");
	assert_string_equal(family_of("llama", "Magistral Small 2509", ""), "Magistral");
}

static void a_narrow_row_comes_before_a_wide_one(void **state)
{
	(void)state;
	assert_string_equal(family_of("qwen3", "Qwen3 8B", ""), "Qwen3 8B and 14B");
	assert_string_equal(family_of("qwen3", "Qwen3 4B", ""), "Qwen3");
	assert_string_equal(family_of("qwen3", "Qwen3.5 8B", ""), "Qwen3.5");
}

static void a_template_may_tell_it(void **state)
{
	(void)state;
	assert_string_equal(family_of("", "", "x<|channel|>analysis<|message|>"), "gpt-oss");
}

static void nobody_is_unknown_in_silence(void **state)
{
	(void)state;
	struct family_facts facts = { STR("llama"), STR("Some Model"), STR("{{ x }}") };
	const struct family *f = family_find(&facts);
	assert_string_equal(f->name, "unknown");
	assert_true(f->sampling.temperature == CHAT_UNSET_DOUBLE);
	assert_int_equal(f->sampling.top_k, CHAT_UNSET_INT);
	assert_int_equal(f->replay, FAMILY_REPLAY_TEMPLATE);
	assert_false(f->prefers_prompted);
}

static bool is_number(double value, double most)
{
	return value == CHAT_UNSET_DOUBLE || (value >= 0 && value <= most);
}

static void every_value_has_a_source(void **state)
{
	(void)state;
	for (size_t i = 0; i < family_count; i++) {
		const struct family *f = &families[i];
		const struct family_sampling *s = &f->sampling;
		bool says_something = s->temperature != CHAT_UNSET_DOUBLE ||
				      s->top_p != CHAT_UNSET_DOUBLE ||
				      s->min_p != CHAT_UNSET_DOUBLE || s->top_k != CHAT_UNSET_INT;
		assert_int_equal(says_something, s->source != NULL);
		assert_true(is_number(s->temperature, 2) && is_number(s->top_p, 1));
		assert_true(is_number(s->min_p, 1) && s->top_k >= CHAT_UNSET_INT);
		assert_int_equal(f->replay != FAMILY_REPLAY_TEMPLATE, f->replay_source != NULL);
		assert_true(!f->prefers_prompted || f->prompted_source);
	}
}

/* A name clue in capitals or with a dash would never fit. */
static void clues_are_written_as_they_are_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < family_count; i++)
		for (size_t k = 0; k < FAMILY_CLUES; k++) {
			const char *name = families[i].clues[k].name;
			assert_true(!name || !strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ -_/:"));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_is_known_by_its_architecture),
		cmocka_unit_test(a_name_counts_without_case_and_separators),
		cmocka_unit_test(a_narrow_row_comes_before_a_wide_one),
		cmocka_unit_test(a_template_may_tell_it),
		cmocka_unit_test(nobody_is_unknown_in_silence),
		cmocka_unit_test(every_value_has_a_source),
		cmocka_unit_test(clues_are_written_as_they_are_compared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
