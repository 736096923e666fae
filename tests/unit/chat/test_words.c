#include "../unit.h"

#include "base/buf.h"
#include "chat/words.h"

static struct sentence s;

/* Cuts everything and gives the sentences joined by "|", their words by a blank. */
static void cuts(const char *text, const char *expected)
{
	struct buf out;
	struct str rest = str_z(text);
	bool in_code = false;
	buf_init(&out, 4096);
	while (sentence_next(&rest, &in_code, &s)) {
		if (out.n)
			buf_add_char(&out, '|');
		for (size_t i = 0; i < s.count; i++)
			buf_printf(&out, "%s%.*s", i ? " " : "", STR_ARG(s.words[i].text));
	}
	assert_string_equal(buf_z(&out), expected);
	buf_clear(&out);
}

static void prose_is_cut_into_sentences_and_words(void **state)
{
	(void)state;
	cuts("I did it. Look at a.txt! Is it good?", "I did it|Look at a.txt|Is it good");
	cuts("See e.g. main.c for this.\n\nDone.", "See e.g main.c for this|Done");
	cuts("- **a.txt**: new\n2. b.txt", "a.txt new|b.txt");
	cuts("`make test` says \"all good\" (mostly).", "make test says all good mostly");
	cuts("✅ Created “./x.py”", "Created ./x.py");
	cuts("", "");
	cuts("  \n \n", "");
}

static void code_and_quoted_lines_are_left_out(void **state)
{
	(void)state;
	cuts("Before.\n```c\nI created a.txt.\n```\nAfter.\n> I deleted it.\nEnd.",
		"Before|After|End");
	cuts("Open\n```\nnever closed", "Open");
}

static void sentences_know_what_they_are(void **state)
{
	(void)state;
	struct str rest = STR("- Shall I go on? I made these:\nx \"I did it\" y");
	bool in_code = false;
	assert_true(sentence_next(&rest, &in_code, &s));
	assert_true(s.is_question && s.is_item);
	assert_true(sentence_next(&rest, &in_code, &s));
	assert_true(s.ends_open && !s.is_item);
	assert_true(sentence_next(&rest, &in_code, &s));
	assert_false(s.words[0].is_quoted);
	assert_true(s.words[1].is_quoted && s.words[3].is_quoted);
	assert_false(s.words[4].is_quoted);
	assert_false(sentence_next(&rest, &in_code, &s));
}

static void only_names_of_files_are_files(void **state)
{
	(void)state;
	static const char *const files[] = { "a.txt", "src/main.c", "./x.py", "../up.md",
		"Makefile", ".gitignore", "old_notes-2.json", "Dockerfile", "dir.d/readme.md",
		"__init__.py", "größe.txt" };
	static const char *const others[] = { "e.g", "3.5", "Node.js", "os.path", "example.com",
		"and/or", "http://x.org/a.txt", "--file.txt", "makefile's", "a.txt,b.txt", "", ".",
		"a b.txt", "v1.2.3", "main.", ".txt" };
	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
		assert_true(word_is_file(&(struct word){ .text = str_z(files[i]) }));
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		assert_false(word_is_file(&(struct word){ .text = str_z(others[i]) }));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prose_is_cut_into_sentences_and_words),
		cmocka_unit_test(code_and_quoted_lines_are_left_out),
		cmocka_unit_test(sentences_know_what_they_are),
		cmocka_unit_test(only_names_of_files_are_files),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
