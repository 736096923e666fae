/*
 * Each stream of official shape in the folder that is given is passed with every meddling at every
 * event, however the socket was read: what the client gets is one answer. The head of a file says
 * its dialect, see fuzz_passage.c.
 */
#include "../unit.h"

#include <dirent.h>

#include "base/fs.h"
#include "base/limits.h"
#include "passing.h"

enum { HEAD = 6, EVENTS = 24 };

static const char *folder;

static const struct dialect *dialect_of(char digit)
{
	const struct dialect *rows[] = { &dialect_openai, &dialect_anthropic, &dialect_responses,
		&dialect_gemini, &dialect_ollama };
	assert_in_range(digit, '0', '4');
	return rows[digit - '0'];
}

static bool passes(const struct dialect *d, struct str lines, enum meddling meddling, unsigned at,
	unsigned pauses)
{
	struct passing t;
	passing_init(&t, d, STR("up"), meddling, at);
	passing_feed(&t, lines, pauses, true);
	bool ok = t.is_over && passing_is_told(&t) && passing_is_in_order(d, buf_str(&t.out));
	if (!ok)
		print_error("%s, meddling %d at %u, pauses %u, told:\n%.*s\ngot:\n%.*s\n", d->name,
			meddling, at, pauses, STR_ARG(buf_str(&t.told.text)),
			STR_ARG(buf_str(&t.out)));
	passing_clear(&t);
	return ok;
}

static void check(struct str file)
{
	static const unsigned pauses[] = { 0, 1, 0x55, 0xaa, 0xee, 0xff };
	const struct dialect *d = dialect_of(file.p[0]);
	struct str lines = str_from(file, HEAD);
	if (!passing_lines_are_in_order(d, lines))
		print_error("not in order itself: %.*s", STR_ARG(lines));
	assert_true(passing_lines_are_in_order(d, lines));
	for (int how = MEDDLE_NOT; how < MEDDLE_COUNT; how++)
		for (unsigned at = 0; at < EVENTS; at++)
			for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++)
				assert_true(passes(d, lines, (enum meddling)how, at, pauses[i]));
}

static void a_stream_is_one_answer_wherever_it_parts(void **state)
{
	DIR *dir = opendir(folder);
	unsigned count = 0;
	(void)state;
	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));) {
		struct buf path, bytes;
		if (entry->d_name[0] == '.')
			continue;
		buf_init(&path, KIB);
		buf_init(&bytes, MIB);
		buf_printf(&path, "%s/%s", folder, entry->d_name);
		assert_true(fs_read(buf_z(&path), &bytes, &(struct err){ 0 }));
		check(buf_str(&bytes));
		buf_clear(&path);
		buf_clear(&bytes);
		count++;
	}
	closedir(dir);
	assert_in_range(count, 5, 1000);
}

/* Unmeddled, all of it is the upstream's own. */
static void what_nobody_touches_is_the_upstreams_own(void **state)
{
	struct passing t;
	(void)state;
	passing_init(&t, &dialect_openai, STR(""), MEDDLE_NOT, 0);
	passing_feed(&t,
		STR("{\"x\": 1.50,\"id\":\"a\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n"
		    "{\"id\":\"a\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n"
		    "[DONE]\n"),
		0xff, false);
	assert_str(buf_str(&t.out),
		"data: {\"x\": "
		"1.50,\"id\":\"a\",\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n"
		"data: {\"id\":\"a\",\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
		"data: [DONE]\n\n");
	passing_clear(&t);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_one_answer_wherever_it_parts),
		cmocka_unit_test(what_nobody_touches_is_the_upstreams_own),
	};
	if (argc != 2)
		return 2;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
