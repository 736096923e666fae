#include "../unit.h"

#include "route/sampling.h"

struct fixture {
	struct arena *arena;
	struct trace *trace;
	struct engine_facts facts;
	struct chat_sampling asked;
	struct sampling_sources from;
};

static void begin(struct fixture *f)
{
	*f = (struct fixture){ .arena = arena_new(), .trace = trace_new() };
	f->facts.sampling = engine_sampling();
	struct chat_request *r = chat_request_new(f->arena);
	f->asked = r->sampling;
	chat_request_free(r);
	f->from = (struct sampling_sources){ &f->facts,
		family_find(&(struct family_facts){ .architecture = STR("qwen3moe") }), -1 };
}

static void end(struct fixture *f)
{
	trace_free(f->trace);
	arena_free(f->arena);
}

static bool says(const struct fixture *f, const char *words)
{
	const struct trace_record *last = trace_get(f->trace, trace_count(f->trace) - 1);
	return str_find(last->text, str_z(words)) != SIZE_MAX;
}

static void the_familys_row_counts_where_nobody_says_anything(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	struct engine_sampling s = sampling_choose(&f.from, &f.asked, f.trace);
	assert_float_equal(s.temperature, 0.6, 1e-6);
	assert_int_equal(s.top_k, 20);
	assert_float_equal(s.min_p, 0, 1e-6);
	assert_float_equal(s.repeat_penalty, 1, 1e-6);
	assert_true(says(&f, "temperature 0.6 (family)"));
	assert_true(says(&f, "family Qwen3: forge"));
	end(&f);
}

static void the_file_counts_more_than_the_row(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	f.facts.wishes = ENGINE_WISH_TEMPERATURE;
	f.facts.sampling.temperature = 0.8F;
	struct engine_sampling s = sampling_choose(&f.from, &f.asked, f.trace);
	assert_float_equal(s.temperature, 0.8, 1e-6);
	assert_int_equal(s.top_k, 20);
	assert_true(says(&f, "temperature 0.8 (file)"));
	end(&f);
}

static void the_command_line_counts_more_than_the_file_and_the_request_most(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	f.facts.wishes = ENGINE_WISH_TEMPERATURE | ENGINE_WISH_TOP_K;
	f.from.temperature = 0;
	struct engine_sampling s = sampling_choose(&f.from, &f.asked, f.trace);
	assert_float_equal(s.temperature, 0, 1e-6);
	assert_true(says(&f, "temperature 0 (command line)"));
	f.asked.temperature = 1.5;
	f.asked.top_k = 3;
	f.asked.seed = 7;
	s = sampling_choose(&f.from, &f.asked, f.trace);
	assert_float_equal(s.temperature, 1.5, 1e-6);
	assert_int_equal(s.top_k, 3);
	assert_int_equal(s.seed, 7);
	assert_true(says(&f, "temperature 1.5 (request)"));
	end(&f);
}

static void an_unknown_model_is_sampled_as_usual(void **state)
{
	(void)state;
	struct fixture f;
	begin(&f);
	f.from.family = family_find(&(struct family_facts){ .architecture = STR("llama") });
	struct engine_sampling s = sampling_choose(&f.from, &f.asked, f.trace);
	struct engine_sampling usual = engine_sampling();
	assert_float_equal(s.temperature, usual.temperature, 1e-6);
	assert_int_equal(s.top_k, usual.top_k);
	assert_true(says(&f, "top_k 40 (usual)"));
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_familys_row_counts_where_nobody_says_anything),
		cmocka_unit_test(the_file_counts_more_than_the_row),
		cmocka_unit_test(the_command_line_counts_more_than_the_file_and_the_request_most),
		cmocka_unit_test(an_unknown_model_is_sampled_as_usual),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
