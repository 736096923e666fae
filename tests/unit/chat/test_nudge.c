#include "../unit.h"

#include "chat/nudge.h"

static void is_answered(const char *const *texts, size_t count, enum nudge n)
{
	for (size_t i = 0; i < count; i++) {
		if (nudge_for(str_z(texts[i])) != n)
			print_error("%s\n", texts[i]);
		assert_int_equal(nudge_for(str_z(texts[i])), n);
	}
}

static void announcements_without_a_deed_are_noticed(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"I'll create the file now.",
		"Let me check the code:",
		"Sure! I will now write hello.txt with the text.",
		"I understand. I'm going to fix the bug in main.c.",
		"First, let me look at the tests.",
		"Let's start by reading README.md... Let me open it.",
		"I need to read the file first.",
		"I’ll go ahead and run the tests.",
	};
	is_answered(texts, sizeof texts / sizeof texts[0], NUDGE_ANNOUNCED);
}

static void ends_and_offers_are_left_alone(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"hello.txt is written.",
		"Let me know if you want more.",
		"I can also run the tests if you like.",
		"Shall I create the file?",
		"I will run the tests once you confirm.",
		"If you want, I'll write a test.",
		"The function will create a file.",
		"I will always remember the lighthouse.",
		"I'll create it. Done: hello.txt is written.",
		"I'll be here.",
		"You need to run make.",
		"I will not create the file.",
		"Ich werde die Datei schreiben.",
	};
	is_answered(texts, sizeof texts / sizeof texts[0], NUDGE_NONE);
}

static void long_texts_are_no_announcements(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 4096);
	buf_add_fill(&text, 'x', 700);
	buf_add_z(&text, ". I'll open the door.");
	assert_int_equal(nudge_for(buf_str(&text)), NUDGE_NONE);
	buf_clear(&text);
}

static void silence_is_noticed(void **state)
{
	(void)state;
	static const char *const texts[] = { "", " \n\t" };
	is_answered(texts, 2, NUDGE_EMPTY);
}

static void the_words_are_these(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 4096);
	nudge_words(NUDGE_ANNOUNCED, STR(""), &b);
	assert_string_equal(buf_z(&b),
		"You called no tool, so nothing has happened. If something is left to do, call the "
		"tool now; if not, say what is done.");
	buf_reset(&b);
	nudge_words(NUDGE_CLAIMED, STR("a.txt does not exist"), &b);
	assert_string_equal(buf_z(&b),
		"You called no tool for this: a.txt does not exist. If something is left to do, "
		"call the tool now; if not, say what is done.");
	buf_clear(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(announcements_without_a_deed_are_noticed),
		cmocka_unit_test(ends_and_offers_are_left_alone),
		cmocka_unit_test(long_texts_are_no_announcements),
		cmocka_unit_test(silence_is_noticed),
		cmocka_unit_test(the_words_are_these),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
