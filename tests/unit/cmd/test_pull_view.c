#include "../unit.h"

#include <string.h>

#include "base/limits.h"
#include "cmd/pull_view.h"

static struct pull_part parts[] = {
	{ .url = { "https://huggingface.co/o/r/resolve/main/m.gguf", 46 },
		.path = { "/models/m.gguf", 14 },
		.sha256 = { "x", 1 },
		.bytes = 3 * (uint64_t)GIB },
	{ .url = { "https://huggingface.co/o/r/resolve/main/n.gguf", 46 },
		.path = { "/models/n.gguf", 14 },
		.sha256 = { "x", 1 },
		.bytes = 1 * (uint64_t)GIB },
};

static const struct pull_plan plan = { .name = { "m", 1 },
	.parts = parts,
	.count = 2,
	.all_bytes = 4 * (uint64_t)GIB,
	.to_come_bytes = 1 * (uint64_t)GIB };

static void assert_text(struct buf *b, const char *wanted)
{
	assert_string_equal(buf_z(b), wanted);
	buf_reset(b);
}

static void the_plan_says_how_much_and_from_where(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, MIB);
	pull_view_plan(&plan, &out);
	assert_text(
		&out, "m: 4.0 GiB in 2 files from huggingface.co\n  1.0 GiB are still to come\n");
	struct pull_part unknown = { .url = parts[0].url };
	const struct pull_plan one = { .name = plan.name, .parts = &unknown, .count = 1 };
	pull_view_plan(&one, &out);
	assert_text(&out, "m from huggingface.co\n"
			  "  nobody says what its hash must be: it is recorded as it comes\n");
	struct pull_plan here = plan;
	here.to_come_bytes = 0;
	pull_view_plan(&here, &out);
	assert_non_null(strstr(buf_z(&out), "all of it is here already"));
	buf_clear(&out);
}

static void progress_is_one_line_of_a_page(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, MIB);
	struct pull_progress p = { .part = 1,
		.done_bytes = 2 * (uint64_t)GIB,
		.all_bytes = 4 * (uint64_t)GIB,
		.bytes_per_s = 40.0 * (double)MIB,
		.left_ms = 51200 };
	pull_view_progress(&plan, &p, &out);
	assert_true(out.n <= 80);
	assert_text(&out,
		"2/2 [############............]  50 % 2.0 GiB of 4.0 GiB, 40 MiB/s, 52 s left");
	p = (struct pull_progress){ .done_bytes = 5 * MIB, .left_ms = -1 };
	pull_view_progress(&plan, &p, &out);
	assert_text(&out, "1/2  5.0 MiB");
	p.is_checking = true;
	pull_view_progress(&plan, &p, &out);
	assert_non_null(strstr(buf_z(&out), "for its hash"));
	buf_clear(&out);
}

static void more_than_all_is_shown_as_all(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, MIB);
	const struct pull_progress p = {
		.done_bytes = 5 * (uint64_t)GIB, .all_bytes = 4 * (uint64_t)GIB, .left_ms = -1
	};
	pull_view_progress(&plan, &p, &out);
	assert_non_null(strstr(buf_z(&out), "[########################]"));
	buf_clear(&out);
}

static void the_catalog_fits_a_page(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct catalog c = catalog_own(a);
	bool *is_here = arena_calloc(a, c.count, sizeof(*is_here));
	struct buf out;
	struct str line;
	is_here[0] = true;
	buf_init(&out, MIB);
	pull_view_catalog(&c, is_here, &out);
	assert_non_null(strstr(buf_z(&out), "* smollm2-135m-pilot  "));
	assert_non_null(strstr(buf_z(&out), "  qwen3-8b  "));
	struct str rest = buf_str(&out);
	while (rest.n && str_cut(&rest, '\n', &line))
		assert_true(line.n <= 80);
	buf_clear(&out);
	arena_free(a);
}

static void times_are_written_for_people(void **state)
{
	(void)state;
	char out[PULL_VIEW_TIME];
	assert_string_equal(pull_view_time(0, out), "0 s");
	assert_string_equal(pull_view_time(58001, out), "59 s");
	assert_string_equal(pull_view_time(64000, out), "1:04");
	assert_string_equal(pull_view_time(7389000, out), "2:03:09");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_plan_says_how_much_and_from_where),
		cmocka_unit_test(progress_is_one_line_of_a_page),
		cmocka_unit_test(more_than_all_is_shown_as_all),
		cmocka_unit_test(the_catalog_fits_a_page),
		cmocka_unit_test(times_are_written_for_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
