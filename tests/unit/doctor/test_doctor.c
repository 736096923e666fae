#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/limits.h"
#include "client/connect.h"
#include "doctor/probes_int.h"
#include "store/store.h"

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

static void put(const struct trace *t)
{
	struct arena *a = arena_new();
	struct err e = { 0 };
	struct store *s = store_open(store_default_path(a).p, &e);
	assert_non_null(s);
	struct store_request request = { .row = { .trace_id = str_z(trace_id(t)) }, .trace = t };
	assert_true(store_put_requests(s, &request, 1, &e));
	store_close(s);
	arena_free(a);
}

static struct finding look_at_kept(struct doctor *d)
{
	static const struct probe on_ground = { "disk.store", LAYER_DISK, "store", "", passes };
	const struct probe *table[] = { &on_ground, &probe_answers_kept };
	struct finding findings[2];
	assert_true(doctor_run(d, table, 2, findings, NULL, NULL, NULL));
	return findings[1];
}

static void rules_that_were_broken_are_told_by_layer(void **state)
{
	(void)state;
	struct doctor d = { .arena = arena_new() };
	struct str home;
	assert_true(fs_temp_dir(d.arena, "test-doctor", &home, NULL));
	setenv("OFFGRID_STATE_DIR", home.p, 1);
	assert_int_equal(look_at_kept(&d).outcome, OUTCOME_NOT_RUN);
	struct trace *sound = trace_new(), *bad = trace_new();
	trace_note(sound, LAYER_ROUTE, "decision", "all is well");
	trace_broken(bad, LAYER_PARSE, "markup was left");
	trace_broken(bad, LAYER_CLIENT, "a call was not answered");
	put(sound);
	struct finding f = look_at_kept(&d);
	assert_int_equal(f.outcome, OUTCOME_PASS);
	assert_int_equal(f.warning.n, 0);
	put(bad);
	f = look_at_kept(&d);
	assert_int_equal(f.outcome, OUTCOME_PASS);
	assert_string_equal(f.evidence.p, "of the last 2 requests 1 kept every rule");
	assert_non_null(strstr(f.warning.p, "client 1, parse 1"));
	assert_non_null(strstr(f.warning.p, trace_id(bad)));
	trace_free(sound);
	trace_free(bad);
	assert_true(fs_remove_tree(home.p, NULL));
	arena_free(d.arena);
}

static void a_fault_names_its_own_layer(void **state)
{
	(void)state;
	struct finding f = { .outcome = OUTCOME_FAIL, .err = { .layer = LAYER_PROMPT } };
	assert_int_equal(doctor_layer(&ground, &f), LAYER_PROMPT);
	f.outcome = OUTCOME_PASS;
	assert_int_equal(doctor_layer(&ground, &f), LAYER_DISK);
}

/* ---- programs that were connected ---- */

static void connect_pi(struct arena *a)
{
	const struct client_target t = { .url = STR("http://127.0.0.1:1"),
		.model = STR("m"),
		.key = STR("k"),
		.context = 65536,
		.output = 8192 };
	struct connect_change changes[CLIENT_FILES];
	struct err e = { 0 };
	size_t count;
	const struct client *pi = client_find(STR("pi"), &e);
	assert_true(connect_plan(pi, &t, STR(""), a, changes, &count, &e));
	assert_true(connect_write(pi, &t, changes, count, a, &e));
}

static void a_program_that_was_changed_since_is_the_fault_of_its_client(void **state)
{
	(void)state;
	struct doctor d = { .arena = arena_new() };
	struct finding f = { .outcome = OUTCOME_NOT_RUN };
	struct err e = { 0 };
	struct str home;
	assert_true(fs_temp_dir(d.arena, "offgrid-doctor", &home, &e));
	setenv("HOME", home.p, 1);
	setenv("OFFGRID_STATE_DIR", fs_join(d.arena, home, STR("state")).p, 1);
	probe_client_files.run(&d, &f);
	assert_int_equal(f.outcome, OUTCOME_NOT_RUN);
	connect_pi(d.arena);
	probe_client_files.run(&d, &f);
	assert_int_equal(f.outcome, OUTCOME_PASS);
	assert_non_null(strstr(f.evidence.p, "pi"));
	struct str settings = fs_join(d.arena, home, STR(".pi/agent/settings.json"));
	assert_true(fs_write(settings.p, STR("{\"httpIdleTimeoutMs\": 1000}"), 0600, &e));
	probe_client_files.run(&d, &f);
	assert_int_equal(f.outcome, OUTCOME_FAIL);
	assert_int_equal(f.err.layer, LAYER_CLIENT);
	assert_non_null(strstr(f.err.what, "httpIdleTimeoutMs differs"));
	assert_non_null(strstr(f.err.mend, "offgrid connect pi"));
	assert_true(fs_remove_tree(home.p, &e));
	arena_free(d.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_broken_layer_is_named_and_nothing_above_it_is_blamed),
		cmocka_unit_test(rules_that_were_broken_are_told_by_layer),
		cmocka_unit_test(a_fault_names_its_own_layer),
		cmocka_unit_test(a_program_that_was_changed_since_is_the_fault_of_its_client),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
