#include "../unit.h"

#include <string.h>

#include "base/fs.h"
#include "doctor/doctor.h"

static int runs;

static void passes(struct doctor *d, struct finding *f)
{
	runs++;
	assert_true(fs_is_dir(d->scratch.p));
	finding_pass(d, f, "seen %d", 5);
}

static void fails(struct doctor *d, struct finding *f)
{
	runs++;
	struct err e = { 0 };
	fail(&e, ERR_BROKEN, LAYER_ENGINE, "library says no");
	err_mend(&e, "make build");
	finding_fail(d, f, &e);
}

static const struct probe ground = { "ground", LAYER_DISK, "disk", "", passes };
static const struct probe broken = { "broken", LAYER_ENGINE, "library", "ground", fails };
static const struct probe above = { "above", LAYER_MODEL, "model", "ground broken", passes };
static const struct probe beside = { "beside", LAYER_WIRE, "wire", "ground", passes };
static const struct probe higher = { "higher", LAYER_ACT, "agent", "above", passes };

static void the_first_broken_layer_is_named_and_nothing_above_it_is_blamed(void **state)
{
	(void)state;
	const struct probe *table[] = { &ground, &broken, &above, &beside, &higher };
	struct finding findings[5];
	struct err e = { 0 };
	struct doctor d = { .arena = arena_new() };
	runs = 0;
	assert_true(doctor_run(&d, table, 5, findings, NULL, NULL, &e));
	assert_int_equal(runs, 3);
	assert_int_equal(findings[0].outcome, OUTCOME_PASS);
	assert_int_equal(findings[1].outcome, OUTCOME_FAIL);
	assert_int_equal(findings[2].outcome, OUTCOME_NOT_RUN);
	assert_int_equal(findings[3].outcome, OUTCOME_PASS);
	assert_int_equal(findings[4].outcome, OUTCOME_NOT_RUN);
	assert_int_equal(doctor_first_broken(findings, 5), 1);
	assert_false(fs_exists(d.scratch.p));
	struct buf out;
	buf_init(&out, 10000);
	for (size_t i = 0; i < 5; i++)
		doctor_line(table[i], &findings[i], false, &out);
	assert_non_null(strstr(
		buf_z(&out), "✗ engine broken         library says no\n      try: make build\n"));
	assert_non_null(strstr(buf_z(&out), "not run: stands on broken, which did not pass"));
	json_t *json = doctor_json(table, findings, 5);
	assert_string_equal(
		json_string_value(json_object_get(json, "first_broken_layer")), "engine");
	json_decref(json);
	buf_clear(&out);
	arena_free(d.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_broken_layer_is_named_and_nothing_above_it_is_blamed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
