#include "../unit.h"

#include <string.h>

#include "serve/metrics.h"

static void what_was_counted_is_told(void **state)
{
	(void)state;
	struct metrics m = { 0 };
	struct buf out;
	buf_init(&out, 1 << 20);
	m.requests[OUTCOME_OK] = 3;
	m.errors[LAYER_WIRE] = 2;
	m.running = 1;
	metrics_tokens(&m, &(struct chat_usage){
				   .prompt_tokens = 10, .cached_tokens = 4, .answer_tokens = 7 });
	metrics_tokens(&m, &(struct chat_usage){ .prompt_tokens = 1, .thinking_tokens = 5 });
	metrics_took(&m.whole, 5);
	metrics_took(&m.whole, 6);
	metrics_took(&m.whole, 100000000);
	metrics_write(&m, 9, &out);
	static const char *const lines[] = {
		"offgrid_requests_total{outcome=\"ok\"} 3\n",
		"offgrid_errors_total{layer=\"wire\"} 2\n",
		"offgrid_tokens_total{kind=\"prompt\"} 11\n",
		"offgrid_tokens_total{kind=\"thinking\"} 5\n",
		"offgrid_request_seconds_bucket{le=\"0.005\"} 1\n",
		"offgrid_request_seconds_bucket{le=\"0.01\"} 2\n",
		"offgrid_request_seconds_bucket{le=\"600\"} 2\n",
		"offgrid_request_seconds_bucket{le=\"+Inf\"} 3\n",
		"offgrid_request_seconds_sum 100000.011\n",
		"offgrid_request_seconds_count 3\n",
		"offgrid_first_event_seconds_count 0\n",
		"offgrid_running 1\n",
		"offgrid_connections 9\n",
	};
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
		assert_non_null(strstr(buf_z(&out), lines[i]));
	buf_clear(&out);
}

static void every_metric_has_a_help_and_a_type(void **state)
{
	(void)state;
	struct metrics m = { 0 };
	struct buf out;
	size_t helps = 0, types = 0;
	buf_init(&out, 1 << 20);
	metrics_write(&m, 0, &out);
	struct str rest = buf_str(&out), line;
	while (str_cut(&rest, '\n', &line)) {
		helps += str_starts(line, STR("# HELP offgrid_"));
		types += str_starts(line, STR("# TYPE offgrid_"));
		assert_true(!line.n || line.p[0] == '#' || str_starts(line, STR("offgrid_")));
	}
	assert_int_equal(helps, types);
	assert_true(helps > 5);
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_counted_is_told),
		cmocka_unit_test(every_metric_has_a_help_and_a_type),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
