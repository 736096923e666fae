#include "../unit.h"

#include "agent/claims.h"
#include "base/buf.h"

static struct arena *arena;

static int make_arena(void **state)
{
	(void)state;
	arena = arena_new();
	return 0;
}

static int free_arena(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

/* The claims as "made a.txt, deleted b.txt, tested, ran make, exited 1". */
static const char *read_claims(const char *text)
{
	static const char *const words[] = { "made", "deleted", "tested", "ran", "exited" };
	struct claims c = claims_find(arena, str_z(text));
	struct buf out;
	buf_init(&out, 4096);
	for (size_t i = 0; i < c.count; i++) {
		buf_printf(&out, "%s%s", i ? ", " : "", words[c.items[i].kind]);
		if (c.items[i].subject.n)
			buf_printf(&out, " %.*s", STR_ARG(c.items[i].subject));
		if (c.items[i].kind == CLAIM_EXITED)
			buf_printf(&out, " %d", c.items[i].code);
	}
	const char *result = arena_z(arena, buf_str(&out));
	buf_clear(&out);
	return result;
}

struct example {
	const char *text, *claims;
};

static void hold(const struct example *examples, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *got = read_claims(examples[i].text);
		if (!str_eq_z(str_z(got), examples[i].claims))
			print_error("%s\n", examples[i].text);
		assert_string_equal(got, examples[i].claims);
	}
}

static void deeds_on_files_are_read(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{ "hello.txt is written.", "made hello.txt" },
		{ "a.md and b/c.py are written.", "made b/c.py, made a.md" },
		{ "Changed port = 80 to port = 8080 in config.ini.", "made config.ini" },
		{ "I have created the file `notes.md` with your text.", "made notes.md" },
		{ "I've successfully created hello.txt, which you can now open.",
			"made hello.txt" },
		{ "Created a.txt, b.txt and c.txt.", "made a.txt, made b.txt, made c.txt" },
		{ "✅ Created `src/util.py`", "made src/util.py" },
		{ "Done! The file hello.txt has been created.", "made hello.txt" },
		{ "The text is saved to out.log.", "made out.log" },
		{ "I wrote the greeting to hello.txt.", "made hello.txt" },
		{ "I wrote main.c and saved the notes in notes.txt.",
			"made main.c, made notes.txt" },
		{ "We added a section to README.md.", "made README.md" },
		{ "I removed the old rule from .gitignore.", "made .gitignore" },
		{ "I deleted old.txt.", "deleted old.txt" },
		{ "old.txt was removed.", "deleted old.txt" },
		{ "Renamed a.txt to b.txt.", "made b.txt" },
		{ "I created run.sh to build main.c.", "made run.sh" },
		{ "I updated config.ini to include base.ini.", "made config.ini" },
		{ "I fixed the bug in `src/main.c`.", "made src/main.c" },
		{ "I created the following files:\n- `a.txt`: a greeting\n- b.txt\n\nEnjoy.",
			"made a.txt, made b.txt" },
		{ "The following files were created:\n1. a.txt\n2. b.txt",
			"made a.txt, made b.txt" },
		{ "hello.txt created successfully.", "made hello.txt" },
		{ "File created: hello.txt", "made hello.txt" },
		{ "I created hello.txt. hello.txt is written.", "made hello.txt" },
	};
	hold(examples, sizeof examples / sizeof examples[0]);
}

static void claims_about_commands_are_read(void **state)
{
	(void)state;
	static const struct example examples[] = {
		{ "make test ended with exit code 0.", "exited 0" },
		{ "git status failed with exit code 128: fatal", "exited 128" },
		{ "The program exited with code 1.", "exited 1" },
		{ "All tests pass.", "tested" },
		{ "The tests have now passed, so I stopped.", "tested" },
		{ "I ran the tests.", "ran" },
		{ "I ran `make check` and all checks passed.", "ran make check, tested" },
	};
	hold(examples, sizeof examples / sizeof examples[0]);
}

static void what_is_no_claim_is_left_alone(void **state)
{
	(void)state;
	static const char *const others[] = {
		"I will create hello.txt.",
		"I could not create hello.txt.",
		"hello.txt was not created.",
		"Shall I say that hello.txt is written?",
		"If hello.txt is written, you can open it.",
		"hello.txt should be created in the folder.",
		"There is no file hello.txt.",
		"hello.txt says: I created other.txt.",
		"main.py is written in Python.",
		"out.log is created by the build.",
		"config.h is generated when you run make.",
		"README.md is written for beginners.",
		"The commit changed main.c to use a table.",
		"The parser reads a.txt and b.txt.",
		"To create hello.txt, use write.",
		"```\nI created hello.txt.\n```",
		"> I created hello.txt.",
		"He said \"I created hello.txt today\".",
		"I updated Node.js.",
		"I created a plan.",
		"There are: a.txt, b.txt",
		"fish is in a.txt.",
		"a.txt already exists.",
		"hello.txt was already created.",
		"The tests should pass now.",
		"Run `make test` to see whether the tests pass.",
		"I added a test that passes 3 arguments.",
		"Once upon a time a lighthouse was created by the sea. It was written in stone.",
		"exit code",
		"Ich habe hello.txt geschrieben.",
		"",
	};
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		hold(&(struct example){ others[i], "" }, 1);
}

static void descriptions_of_what_a_program_does_are_weak(void **state)
{
	(void)state;
	struct claims c = claims_find(arena, STR("The result is saved to out.log."));
	assert_int_equal(c.count, 1);
	assert_true(c.items[0].is_weak);
	c = claims_find(arena, STR("out.log is saved."));
	assert_false(c.items[0].is_weak);
}

static void a_claim_keeps_its_sentence(void **state)
{
	(void)state;
	struct claims c = claims_find(arena, STR("Well. I created a.txt here. Bye."));
	assert_int_equal(c.count, 1);
	assert_str(c.items[0].sentence, "I created a.txt here.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deeds_on_files_are_read),
		cmocka_unit_test(claims_about_commands_are_read),
		cmocka_unit_test(what_is_no_claim_is_left_alone),
		cmocka_unit_test(descriptions_of_what_a_program_does_are_weak),
		cmocka_unit_test(a_claim_keeps_its_sentence),
	};
	return cmocka_run_group_tests(tests, make_arena, free_arena);
}
