#include "../unit.h"

#include <string.h>

#include "base/utf8.h"
#include "cmd/trace_view.h"

static struct trace *example(void)
{
	struct trace *t = trace_new();
	trace_bytes(t, LAYER_CLIENT, "request", STR("{\"model\":\"m\",\n\"messages\":[]}"));
	trace_note(t, LAYER_ROUTE, "decision",
		"model m goes to local, the first of 1 that serves it, which is a long story to "
		"tell");
	trace_append(t, LAYER_MODEL, "raw", STR("<tool_call>\x1b[31m\xff"));
	return t;
}

static void every_layer_is_a_station_and_no_line_is_wider_than_the_page(void **state)
{
	(void)state;
	struct trace *t = example();
	struct buf out;
	buf_init(&out, 100000);
	trace_view_draw(t, &(struct trace_view){ .columns = 80 }, &out);
	struct str rest = buf_str(&out), line;
	while (str_cut(&rest, '\n', &line))
		assert_true(utf8_count(line) <= 80);
	assert_non_null(strstr(buf_z(&out), "● client"));
	assert_non_null(strstr(buf_z(&out), "● route"));
	assert_non_null(strstr(buf_z(&out), "\"m\",⏎\"mess"));
	assert_null(strchr(buf_z(&out), 0x1b));
	assert_true(utf8_is_valid(buf_str(&out)));
	assert_non_null(strstr(buf_z(&out), "✓ went through"));
	buf_clear(&out);
	trace_free(t);
}

static void where_it_stopped_stands_last_with_its_mend(void **state)
{
	(void)state;
	struct trace *t = example();
	struct err e = { 0 };
	fail(&e, ERR_BAD_DATA, LAYER_PARSE, "a call was cut");
	err_mend(&e, "raise the limit");
	trace_fault(t, &e);
	struct buf out;
	buf_init(&out, 100000);
	trace_view_draw(t, &(struct trace_view){ .columns = 80, .is_full = true }, &out);
	const char *verdict = strstr(
		buf_z(&out), "✗ stopped in parse: a call was cut\n      try: raise the limit\n");
	assert_non_null(verdict);
	assert_non_null(strstr(buf_z(&out), "a long story to tell"));
	buf_clear(&out);
	trace_free(t);
}

static void a_broken_invariant_is_seen(void **state)
{
	(void)state;
	struct trace *t = example();
	trace_note(t, LAYER_PARSE, "invariant", "broken: 40 tokens came out");
	struct buf out;
	buf_init(&out, 100000);
	trace_view_draw(t, &(struct trace_view){ .columns = 80 }, &out);
	assert_non_null(strstr(buf_z(&out), "│✗ invariant"));
	assert_non_null(
		strstr(buf_z(&out), "✗ went through, but 1 thing was not as it must be (✗ above)"));
	buf_clear(&out);
	trace_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_layer_is_a_station_and_no_line_is_wider_than_the_page),
		cmocka_unit_test(where_it_stopped_stands_last_with_its_mend),
		cmocka_unit_test(a_broken_invariant_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
