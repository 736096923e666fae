#include "../unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "client/checkup.h"
#include "client/connect.h"

static struct arena *arena;
static struct str home;
static struct connect_undone undone;

static const struct client_target target = {
	.url = { "http://127.0.0.1:8093", 21 },
	.model = { "org/a \"b\"", 9 },
	.key = { "k'1", 3 },
	.context = 65536,
	.output = 8192,
};

static int set_up(void **state)
{
	(void)state;
	arena = arena_new();
	for (size_t i = 0; i < client_count; i++)
		if (clients[i].moved.by)
			unsetenv(clients[i].moved.by);
	if (!fs_temp_dir(arena, "offgrid-client", &home, NULL))
		return -1;
	return setenv("HOME", home.p, 1) ||
	       setenv("OFFGRID_STATE_DIR", fs_join(arena, home, STR("state")).p, 1);
}

static int tear_down(void **state)
{
	(void)state;
	fs_remove_tree(home.p, NULL);
	arena_free(arena);
	return 0;
}

static void connect_it(const struct client *c, size_t changed)
{
	struct err e = { 0 };
	struct connect_change changes[CLIENT_FILES];
	size_t count, differing = 0;
	assert_true(connect_plan(c, &target, STR(""), arena, changes, &count, &e));
	for (size_t i = 0; i < count; i++)
		differing += !str_eq(changes[i].before, changes[i].after);
	assert_int_equal(differing, changed);
	assert_true(connect_write(c, &target, changes, count, arena, &e));
}

static size_t findings_of(const struct client *c, unsigned file, struct client_findings *found)
{
	struct err e = { 0 };
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	struct str path = connect_path(c, file, STR(""), arena);
	if (fs_exists(path.p))
		assert_true(fs_read(path.p, &text, &e));
	assert_true(client_check(c, file, buf_str(&text), &target, arena, found, &e));
	buf_clear(&text);
	return found->count;
}

static size_t files_of(const struct client *c)
{
	return c->files[1].place ? 2 : 1;
}

/* For every client: all is missing, then nothing is; a second time changes nothing; undone, all is
 * gone. */
static void every_client_is_connected_checked_and_undone(void **state)
{
	(void)state;
	for (size_t i = 0; i < client_count; i++) {
		const struct client *c = &clients[i];
		struct client_findings found;
		struct err e = { 0 };
		if (!c->program) /* set up by hand */
			continue;
		assert_true(findings_of(c, 0, &found) > 0);
		assert_int_equal(found.list[0].kind, CLIENT_MISSING);
		connect_it(c, files_of(c));
		for (unsigned k = 0; k < files_of(c); k++)
			assert_int_equal(findings_of(c, k, &found), 0);
		connect_it(c, 0);
		assert_true(connect_is_done(c, arena));
		assert_true(connect_undo(c, false, arena, &undone, &e));
		assert_false(connect_is_done(c, arena));
		for (unsigned k = 0; k < files_of(c); k++)
			assert_false(fs_exists(connect_path(c, k, STR(""), arena).p));
	}
}

static void rows_are_whole(void **state)
{
	(void)state;
	for (size_t i = 0; i < client_count; i++) {
		const struct client *c = &clients[i];
		struct err e = { 0 };
		assert_ptr_equal(client_find(str_z(c->name), &e), c);
		assert_non_null(c->launch_words);
		assert_non_null(c->launch_env);
		bool has_url = false;
		for (const struct client_setting *s = c->settings; s->path; s++) {
			assert_true(s->file < files_of(c));
			assert_true(s->why[0] != 0);
			has_url = has_url || strstr(s->value, "{url}");
		}
		assert_true(has_url);
	}
}

static void write_own(const struct client *c, const char *text)
{
	struct err e = { 0 };
	struct str path = connect_path(c, 0, STR(""), arena);
	struct str dir = arena_str(arena, fs_parent(path));
	assert_true(fs_make_dirs(dir.p, false, &e));
	assert_true(fs_write(path.p, str_z(text), 0644, &e));
}

static void assert_own(const struct client *c, const char *text)
{
	struct buf now;
	buf_init(&now, LIMIT_TEXT_FILE_BYTES);
	assert_true(fs_read(connect_path(c, 0, STR(""), arena).p, &now, NULL));
	assert_string_equal(buf_z(&now), text);
	buf_clear(&now);
}

static const char own[] = "{\n\t// my own\n\t\"tools\": {\"write\": false}, /* ! */\n\t\"z\": "
			  "[1,\n\t2,],\n}\n\n";

static void what_was_there_comes_back_byte_for_byte(void **state)
{
	(void)state;
	struct err e = { 0 };
	const struct client *c = client_find(STR("opencode"), &e);
	write_own(c, own);
	connect_it(c, 1);
	struct client_findings found;
	assert_int_equal(findings_of(c, 0, &found), 0); /* the tool is offered again, too */
	assert_true(connect_undo(c, false, arena, &undone, &e));
	assert_own(c, own);
}

static void a_file_changed_since_is_not_lost(void **state)
{
	(void)state;
	struct err e = { 0 };
	const struct client *c = client_find(STR("opencode"), &e);
	write_own(c, own);
	connect_it(c, 1);
	write_own(c, "{\"mine\": true}");
	assert_false(connect_undo(c, false, arena, &undone, &e));
	assert_int_equal(e.kind, ERR_BUSY);
	assert_own(c, "{\"mine\": true}");
	err_clear(&e);
	assert_true(connect_undo(c, true, arena, &undone, &e));
	assert_own(c, own);
	assert_false(connect_undo(c, true, arena, &undone, &e));
	assert_int_equal(e.kind, ERR_NOT_FOUND);
}

/* Cline notes the time of every run, Qwen Code the version of its format. */
static void what_a_program_keeps_in_its_file_is_no_change(void **state)
{
	(void)state;
	static const char *const kept[][3] = {
		{ "cline", "2026-01-01T00:00:00.000Z", "2026-11-22T21:18:04.966Z" },
		{ "qwen-code", "\"$version\": 4", "\"$version\": 5" },
		{ "cline", "\"version\": 1,\n  ", "\"version\":1, " }, /* its own layout */
	};
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		struct err e = { 0 };
		struct buf now;
		const struct client *c = client_find(str_z(kept[i][0]), &e);
		connect_it(c, 1);
		struct str path = connect_path(c, 0, STR(""), arena);
		buf_init(&now, LIMIT_TEXT_FILE_BYTES);
		assert_true(fs_read(path.p, &now, &e));
		size_t at = str_find(buf_str(&now), str_z(kept[i][1]));
		assert_true(at != SIZE_MAX);
		struct str behind = str_from(buf_str(&now), at + strlen(kept[i][1]));
		struct str text = arena_printf(arena, "%.*s%s%.*s",
			STR_ARG(str_sub(buf_str(&now), 0, at)), kept[i][2], STR_ARG(behind));
		assert_true(fs_write(path.p, text, 0600, &e));
		connect_it(c, 0); /* nothing to do, and nothing of its user's to keep */
		assert_true(connect_undo(c, false, arena, &undone, &e));
		assert_int_equal(undone.first.n, 0);
		assert_false(fs_exists(path.p));
		buf_clear(&now);
	}
}

/* Connected, changed by its user, connected anew: neither that change nor the first text is lost.
 */
static void the_first_text_is_kept_whatever_happens_between(void **state)
{
	(void)state;
	struct err e = { 0 };
	const struct client *c = client_find(STR("opencode"), &e);
	write_own(c, own);
	connect_it(c, 1);
	write_own(c, "{\"mine\": true}");
	connect_it(c, 1);
	assert_true(connect_undo(c, false, arena, &undone, &e));
	assert_own(c, "{\"mine\": true}");
	struct buf kept;
	buf_init(&kept, LIMIT_TEXT_FILE_BYTES);
	assert_true(undone.first.n && fs_read(undone.first.p, &kept, &e));
	assert_string_equal(buf_z(&kept), own);
	buf_clear(&kept);
}

static void what_harms_and_what_does_nothing_is_named(void **state)
{
	(void)state;
	struct err e = { 0 };
	const struct client *c = client_find(STR("opencode"), &e);
	connect_it(c, 1);
	struct conf_path gate = conf_path(STR("tools/write"));
	struct conf_path placebo = conf_path(
		client_fill(arena, "provider/offgrid/models/<{model}>/tool_call", &target, false));
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	assert_true(fs_read(connect_path(c, 0, STR(""), arena).p, &text, &e));
	assert_true(conf_set(CONF_JSON, &text, &gate, json_false(), &e));
	assert_true(conf_set(CONF_JSON, &text, &placebo, json_true(), &e));
	struct client_findings found;
	assert_true(client_check(c, 0, buf_str(&text), &target, arena, &found, &e));
	assert_int_equal(found.count, 2);
	assert_int_equal(found.list[0].kind, CLIENT_TOOLS_OFF);
	assert_int_equal(found.list[1].kind, CLIENT_PLACEBO);
	buf_clear(&text);
}

static const char restricted[] = "{\"enabled_providers\": [\"anthropic\"], \"model\": \"x/y\"}";

/* A list of what may be used is only touched where there is one. */
static void a_list_that_would_hide_us_names_us(void **state)
{
	(void)state;
	struct err e = { 0 };
	const struct client *c = client_find(STR("opencode"), &e);
	struct client_findings found;
	struct conf_path list = conf_path(STR("enabled_providers"));
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	connect_it(c, 1);
	assert_true(fs_read(connect_path(c, 0, STR(""), arena).p, &text, &e));
	assert_null(conf_get(CONF_JSON, buf_str(&text), &list, &e));
	buf_reset(&text);
	write_own(c, restricted);
	assert_true(findings_of(c, 0, &found) > 0);
	connect_it(c, 1);
	assert_int_equal(findings_of(c, 0, &found), 0);
	assert_true(fs_read(connect_path(c, 0, STR(""), arena).p, &text, &e));
	json_t *now = conf_get(CONF_JSON, buf_str(&text), &list, &e);
	assert_int_equal(json_array_size(now), 2);
	assert_string_equal(json_string_value(json_array_get(now, 1)), "offgrid");
	json_decref(now);
	buf_clear(&text);
}

static bool is_found(const struct client_findings *found, const char *path)
{
	for (size_t i = 0; i < found->count; i++)
		if (str_eq_z(found->list[i].path, path))
			return true;
	return false;
}

/* What a text that outweighs the file does not hold is no finding. */
static void what_outweighs_the_file_is_found(void **state)
{
	(void)state;
	struct err e = { 0 };
	const struct client *c = client_find(STR("opencode"), &e);
	struct checkup_overs overs;
	struct client_findings found;
	assert_int_equal(unsetenv("OPENCODE_CONFIG_CONTENT"), 0);
	assert_true(checkup_find_over(c, arena, &overs, &e));
	assert_int_equal(overs.count, 0);
	setenv("OPENCODE_CONFIG_CONTENT", "{\"model\": \"x/y\", \"tools\": {\"write\": false}}", 1);
	assert_true(checkup_find_over(c, arena, &overs, &e));
	unsetenv("OPENCODE_CONFIG_CONTENT");
	assert_int_equal(overs.count, 1);
	assert_true(client_check_over(c, 0, overs.list[0].text, &target, arena, &found, &e));
	assert_int_equal(found.count, 2);
	assert_true(is_found(&found, "model") && is_found(&found, "tools/write"));
	assert_false(found.list[0].can_mend || found.list[1].can_mend);
}

static void variables_outweigh_a_file_of_variables(void **state)
{
	(void)state;
	struct err e = { 0 };
	const struct client *c = client_find(STR("any"), &e);
	struct checkup_overs overs;
	struct client_findings found;
	setenv("OPENAI_BASE_URL", "https://elsewhere.example/v1", 1);
	setenv("OPENAI_API_KEY", "k'1", 1);
	assert_true(checkup_find_over(c, arena, &overs, &e));
	unsetenv("OPENAI_BASE_URL"), unsetenv("OPENAI_API_KEY");
	assert_int_equal(overs.count, 1);
	assert_true(client_check_over(c, 0, overs.list[0].text, &target, arena, &found, &e));
	assert_int_equal(found.count, 1);
	assert_true(is_found(&found, "OPENAI_BASE_URL"));
}

/* A key of Goose's file and a variable have one name; aider's variables begin with its own. */
static void variables_outweigh_keys_of_other_files_too(void **state)
{
	(void)state;
	static const struct {
		const char *client, *name, *value, *path;
		size_t findings;
	} cases[] = {
		{ "goose", "GOOSE_MODEL", "else", "GOOSE_MODEL", 1 },
		{ "goose", "GOOSE_CONTEXT_LIMIT", "65536", "", 0 },
		{ "goose", "GOOSE_TOOLSHIM", "true", "GOOSE_TOOLSHIM", 1 },
		{ "aider", "AIDER_OPENAI_API_BASE", "http://x", "openai-api-base", 1 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err e = { 0 };
		struct checkup_overs overs;
		struct client_findings found;
		const struct client *c = client_find(str_z(cases[i].client), &e);
		setenv(cases[i].name, cases[i].value, 1);
		assert_true(checkup_find_over(c, arena, &overs, &e));
		unsetenv(cases[i].name);
		assert_int_equal(overs.count, 1);
		assert_true(client_check_over(
			c, overs.list[0].file, overs.list[0].text, &target, arena, &found, &e));
		assert_int_equal(found.count, cases[i].findings);
		assert_true(!found.count || is_found(&found, cases[i].path));
	}
}

/* Launched, a program hears of what is set what its files say, and of nothing else. */
static void variables_of_a_launched_program_say_what_its_files_say(void **state)
{
	(void)state;
	setenv("GOOSE_MODEL", "else", 1);
	setenv("GOOSE_CONTEXT_LIMIT", "1", 1);
	const char *const *list =
		checkup_variables(client_find(STR("goose"), NULL), &target, arena);
	unsetenv("GOOSE_MODEL"), unsetenv("GOOSE_CONTEXT_LIMIT");
	assert_string_equal(list[0], "GOOSE_MODEL=org/a \"b\"");
	assert_string_equal(list[1], "GOOSE_CONTEXT_LIMIT=65536");
	assert_null(list[2]);
}

static size_t harms_in(const char *client, unsigned file, const char *text)
{
	struct err e = { 0 };
	struct client_findings found;
	const struct client *c = client_find(str_z(client), &e);
	size_t harms = 0;
	assert_true(client_check(c, file, str_z(text), &target, arena, &found, &e));
	for (size_t i = 0; i < found.count; i++)
		harms += found.list[i].kind == CLIENT_TOOLS_OFF;
	return harms;
}

/* An empty list takes nothing away, nor does one that names other things. */
static void a_list_harms_as_far_as_it_names_something(void **state)
{
	(void)state;
	assert_int_equal(harms_in("gemini", 1, "{\"tools\": {\"exclude\": []}}"), 0);
	assert_int_equal(harms_in("gemini", 1, "{\"tools\": {\"exclude\": [\"x\"]}}"), 1);
	assert_int_equal(
		harms_in("claude", 0, "{\"permissions\": {\"deny\": [\"Read(./.env)\"]}}"), 0);
	assert_int_equal(
		harms_in("claude", 0, "{\"permissions\": {\"deny\": [\"x\", \"Write\"]}}"), 1);
	assert_int_equal(harms_in("goose", 1,
				 "extensions:\n  developer:\n    enabled: false\n"
				 "    available_tools: []\n"),
		1);
	assert_int_equal(harms_in("goose", 1,
				 "extensions:\n  developer:\n    enabled: true\n"
				 "    available_tools:\n    - shell\n"),
		1);
}

static void what_it_was_connected_to_is_remembered(void **state)
{
	(void)state;
	struct err e = { 0 };
	const struct client *c = client_find(STR("pi"), &e);
	struct client_target seen;
	struct checkup_parts parts;
	assert_false(connect_recall(c, arena, &seen));
	connect_it(c, 2);
	assert_true(connect_recall(c, arena, &seen));
	assert_true(str_eq(seen.model, target.model) && str_eq(seen.url, target.url));
	assert_int_equal(seen.context, target.context);
	assert_true(checkup(c, &seen, arena, &parts, &e));
	assert_int_equal(parts.count, 2);
	assert_int_equal(parts.list[0].found.count + parts.list[1].found.count, 0);
	assert_true(connect_undo(c, false, arena, &undone, &e));
	assert_false(connect_recall(c, arena, &seen));
}

/* Every place of a client with such a variable is moved, and only where the home is the user's own.
 */
static void places_are_where_a_variable_moves_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < client_count; i++) {
		const struct client *c = &clients[i];
		if (!c->moved.by)
			continue;
		setenv(c->moved.by, "/moved", 1);
		for (unsigned k = 0; k < CLIENT_FILES && c->files[k].place; k++) {
			assert_true(str_starts(connect_path(c, k, STR(""), arena), STR("/moved/")));
			assert_true(str_starts(connect_path(c, k, home, arena), home));
		}
		unsetenv(c->moved.by);
	}
	const struct client *opencode = client_find(STR("opencode"), NULL);
	setenv("XDG_CONFIG_HOME", "/moved", 1);
	assert_string_equal(
		connect_path(opencode, 0, STR(""), arena).p, "/moved/opencode/opencode.json");
	unsetenv("XDG_CONFIG_HOME");
}

static void a_size_that_cannot_be_told_becomes_a_share(void **state)
{
	(void)state;
	assert_string_equal(client_fill(arena, "{share}", &target, true).p, "0.0500");
}

static void a_broken_file_is_named_and_kept(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct connect_change changes[CLIENT_FILES];
	size_t count;
	const struct client *c = client_find(STR("claude"), &e); /* by its program's name */
	assert_string_equal(c->name, "claude-code");
	write_own(c, "{ \"env\": ");
	assert_false(connect_plan(c, &target, STR(""), arena, changes, &count, &e));
	assert_non_null(strstr(e.what, ".claude/settings.json: line 1"));
	assert_own(c, "{ \"env\": ");
	err_clear(&e);
	assert_null(client_find(STR("opnecode"), &e));
	assert_non_null(strstr(e.mend, "opencode"));
}

/* As it is after a crash between the record and the file: connected anew, it is the first time. */
static void a_record_whose_file_was_not_written_is_gone_on_with(void **state)
{
	(void)state;
	struct err e = { 0 };
	const struct client *c = client_find(STR("opencode"), &e);
	write_own(c, own);
	connect_it(c, 1);
	write_own(c, own);
	connect_it(c, 1);
	assert_true(connect_undo(c, false, arena, &undone, &e));
	assert_int_equal(undone.first.n, 0);
	assert_own(c, own);
}

/* Whoever wrote there while the change was being looked at keeps what was written. */
static void what_changed_since_it_was_planned_is_not_overwritten(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct connect_change changes[CLIENT_FILES];
	size_t count;
	const struct client *c = client_find(STR("opencode"), &e);
	write_own(c, own);
	assert_true(connect_plan(c, &target, STR(""), arena, changes, &count, &e));
	write_own(c, "{\"mine\": true}");
	assert_false(connect_write(c, &target, changes, count, arena, &e));
	assert_int_equal(e.kind, ERR_BUSY);
	assert_own(c, "{\"mine\": true}");
	assert_false(connect_is_done(c, arena));
}

/* Its second file cannot be made: the first one is as it was, and nothing is left to undo. */
static void half_a_connection_is_none(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct connect_change changes[CLIENT_FILES];
	size_t count;
	const struct client *c = client_find(STR("continue"), &e);
	write_own(c, "name: Mine\n");
	struct str in_the_way = fs_parent(connect_path(c, 1, STR(""), arena));
	assert_true(fs_write(arena_z(arena, in_the_way), STR("x"), 0600, &e));
	assert_true(connect_plan(c, &target, STR(""), arena, changes, &count, &e));
	assert_false(connect_write(c, &target, changes, count, arena, &e));
	assert_own(c, "name: Mine\n");
	assert_false(connect_is_done(c, arena));
}

static void what_is_no_file_of_text_is_refused(void **state)
{
	(void)state;
	struct connect_change changes[CLIENT_FILES];
	size_t count;
	const struct client *c = client_find(STR("codex"), NULL);
	struct str path = connect_path(c, 0, STR(""), arena);
	static const struct str texts[] = { { "a\0b", 3 }, { "\xFF\xFE", 2 } };
	for (size_t i = 0; i < 2; i++) {
		struct err e = { 0 };
		write_own(c, "");
		assert_true(fs_write(path.p, texts[i], 0600, &e));
		assert_false(connect_plan(c, &target, STR(""), arena, changes, &count, &e));
		assert_non_null(strstr(e.what, "no text in UTF-8"));
	}
	struct err e = { 0 };
	assert_int_equal(unlink(path.p), 0);
	assert_int_equal(symlink("nowhere", path.p), 0);
	assert_false(connect_plan(c, &target, STR(""), arena, changes, &count, &e));
	assert_non_null(strstr(e.what, "link to what is not there"));
}

static void what_a_forced_undoing_takes_out_is_kept(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct buf kept;
	const struct client *c = client_find(STR("opencode"), &e);
	write_own(c, own);
	connect_it(c, 1);
	write_own(c, "{\"mine\": true}");
	assert_true(connect_undo(c, true, arena, &undone, &e));
	assert_own(c, own);
	buf_init(&kept, LIMIT_TEXT_FILE_BYTES);
	assert_true(undone.changed.n && fs_read(undone.changed.p, &kept, &e));
	assert_string_equal(buf_z(&kept), "{\"mine\": true}");
	buf_clear(&kept);
	connect_it(c, 1);
	assert_true(connect_undo(c, true, arena, &undone, &e));
	assert_int_equal(undone.changed.n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_client_is_connected_checked_and_undone),
		TEST(rows_are_whole),
		TEST(what_was_there_comes_back_byte_for_byte),
		TEST(a_file_changed_since_is_not_lost),
		TEST(what_a_program_keeps_in_its_file_is_no_change),
		TEST(the_first_text_is_kept_whatever_happens_between),
		TEST(what_harms_and_what_does_nothing_is_named),
		TEST(a_list_that_would_hide_us_names_us),
		TEST(what_outweighs_the_file_is_found),
		TEST(variables_outweigh_a_file_of_variables),
		TEST(variables_outweigh_keys_of_other_files_too),
		TEST(variables_of_a_launched_program_say_what_its_files_say),
		TEST(a_list_harms_as_far_as_it_names_something),
		TEST(what_it_was_connected_to_is_remembered),
		TEST(places_are_where_a_variable_moves_them),
		TEST(a_size_that_cannot_be_told_becomes_a_share),
		TEST(a_broken_file_is_named_and_kept),
		TEST(a_record_whose_file_was_not_written_is_gone_on_with),
		TEST(what_changed_since_it_was_planned_is_not_overwritten),
		TEST(half_a_connection_is_none),
		TEST(what_is_no_file_of_text_is_refused),
		TEST(what_a_forced_undoing_takes_out_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
