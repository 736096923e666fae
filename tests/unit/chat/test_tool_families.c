/*
 * test_tool_families.c - what each family writes, byte by byte, and what it comes out as.
 *
 * The calls are those that the families' own templates render for one tool and one call (the bytes
 * between the assistant's opening and its end), and the same with a second call, with words beside
 * them and a thought before them.
 */
#include "tool_hear.h"

#include "../cuts.h"

#define ARGS        "{\"path\": \"a \\\"q\\\".txt\", \"mode\": 420}"
#define ARGS_MODE1  "{\"mode\": 420, \"path\": \"a \\\"q\\\".txt\"}"
#define CALL0(args) "tool_begin 0 " ID0 " write_file\ntool_args " args "\ntool_end 0"
#define CALL1(args) "\ntool_begin 1 " ID1 " write_file\ntool_args " args "\ntool_end 1"
#define SAY         "text Let me write it."
#define THINK       "think THINK1"

struct golden {
	const char *format;
	const char *said;
	const char *events;
	unsigned how;
};

static const struct golden goldens[] = {
#include "tool_goldens.h"
};

static struct chat_request *request;
static struct arena *mem;
static const struct golden *present;

static int set_up(void **state)
{
	(void)state;
	mem = arena_new();
	request = tool_offer(mem);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	chat_request_free(request);
	arena_free(mem);
	return 0;
}

static void transcribe(const struct str *pieces, size_t count, struct buf *out)
{
	const struct tool_hearing hearing = { .format = tool_format_find(str_z(present->format)),
		.offered = request,
		.how = present->how };
	tool_hear(&hearing, pieces, count, out);
}

static size_t count(struct str s, struct str part)
{
	size_t n = 0, at;
	for (; (at = str_find(s, part)) != SIZE_MAX; n++)
		s = str_from(s, at + part.n);
	return n;
}

static void each_family_is_read_however_it_is_cut(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
		present = &goldens[i];
		struct buf got = assert_every_cut(str_z(present->said), transcribe);
		if (!str_eq(buf_str(&got), str_z(present->events))) {
			print_error("%s\nsaid:\n%s\nis read as:\n%s\nand not as:\n%s\n",
				present->format, present->said, buf_z(&got), present->events);
			wrong++;
		}
		buf_clear(&got);
	}
	assert_int_equal(wrong, 0);
}

/* Wherever the limit falls, what is whole comes out and nothing else is claimed to be. */
static void a_limit_makes_no_fault_and_no_guess(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
		const struct tool_hearing hearing = { .format = tool_format_find(
							      str_z(goldens[i].format)),
			.offered = request,
			.how = goldens[i].how,
			.is_cut = true };
		struct str said = str_z(goldens[i].said);
		for (size_t n = 0; n < said.n; n++) {
			struct buf got;
			struct str part = str_sub(said, 0, n);
			buf_init(&got, RECORD_MAX_BYTES);
			tool_hear(&hearing, &part, 1, &got);
			size_t ends = count(buf_str(&got), STR("tool_end"));
			assert_int_equal(count(buf_str(&got), STR("fault")), 0);
			assert_true(ends <= count(str_z(goldens[i].events), STR("tool_end")));
			buf_clear(&got);
		}
	}
}

static void each_family_has_its_golden(void **state)
{
	(void)state;
	for (size_t k = 0; tool_formats[k]; k++) {
		bool has_one = !tool_formats[k]->mark_open;
		for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++)
			has_one = has_one ||
				  str_eq_z(str_z(goldens[i].format), tool_formats[k]->name);
		if (!has_one)
			print_error("no golden of %s\n", tool_formats[k]->name);
		assert_true(has_one);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_family_is_read_however_it_is_cut),
		cmocka_unit_test(a_limit_makes_no_fault_and_no_guess),
		cmocka_unit_test(each_family_has_its_golden),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
