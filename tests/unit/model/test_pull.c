#include "../unit.h"
#include "home.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/loop.h"
#include "model/files.h"
#include "model/hash.h"
#include "model/pull.h"
#include "net/http_client.h"
#include "net/http_server.h"

/* ---- a hub of the test's own: lists of files, and files, with ranges ---- */

struct hub_item {
	const char *path; /* "/o/r/resolve/main/m.gguf" */
	struct str bytes;
	const char *type;
	int status;
	size_t cut_after; /* stall after so many bytes; 0: never */
};

enum { MAX_ITEMS = 8 };

static struct {
	struct loop *loop;
	struct http_server *server;
	struct http_client *client;
	struct hub_item items[MAX_ITEMS];
	size_t count, file_requests;
	struct str last_range, last_key;
} hub;

static void end_cut(void *ctx)
{
	http_drop(ctx);
}

static void serve_file(struct http_exchange *x, const struct hub_item *item)
{
	struct str range = http_request_header(x, "Range"), rest = item->bytes;
	uint64_t from = 0;
	hub.file_requests++;
	hub.last_range = arena_str(home_arena(), range);
	struct str digits = str_starts(range, STR("bytes=")) ? str_from(range, 6) : STR("0");
	str_to_u64(str_sub(digits, 0, digits.n ? digits.n - (range.n > 0) : 0), &from);
	rest = str_from(rest, (size_t)from);
	http_add_header(x, "ETag", STR("\"v1\""));
	if (from)
		http_add_header(x, "Content-Range",
			arena_printf(http_arena(x), "bytes %" PRIu64 "-%zu/%zu", from,
				item->bytes.n - 1, item->bytes.n));
	if (!item->cut_after) {
		http_reply(x, from ? 206 : item->status, item->type, rest);
		return;
	}
	http_watch(x, (struct http_watch){ .on_gone = end_cut, .ctx = x });
	http_stream_begin(x, item->status, item->type);
	http_stream_write(x, str_sub(rest, 0, item->cut_after));
	/* and then nothing more comes */
}

static void on_request(void *ctx, struct http_exchange *x)
{
	(void)ctx;
	const struct http_request *r = http_request_of(x);
	hub.last_key = arena_str(home_arena(), http_request_header(x, "Authorization"));
	for (size_t i = 0; i < hub.count; i++) {
		const struct hub_item *item = &hub.items[i];
		if (!str_eq_z(r->path, item->path))
			continue;
		if (str_starts(r->path, STR("/api/")))
			http_reply(x, item->status, item->type, item->bytes);
		else
			serve_file(x, item);
		return;
	}
	http_reply(x, 404, "application/json", STR("{\"error\":\"Repository not found\"}"));
}

static int open_hub(void **state)
{
	struct err e = { 0 };
	if (home_make(state) != 0)
		return -1;
	memset(&hub, 0, sizeof(hub));
	hub.loop = loop_new();
	const struct http_server_config config = { .address = "127.0.0.1",
		.on_request = on_request };
	hub.server = http_server_new(hub.loop, &config, &e);
	hub.client = http_client_new(hub.loop);
	if (!hub.server)
		return -1;
	struct str endpoint =
		arena_printf(home_arena(), "http://127.0.0.1:%d", http_server_port(hub.server));
	setenv("HF_ENDPOINT", endpoint.p, 1);
	unsetenv("HF_TOKEN");
	return 0;
}

static int close_hub(void **state)
{
	http_client_free(hub.client);
	http_server_free(hub.server);
	loop_free(hub.loop);
	unsetenv("HF_ENDPOINT");
	unsetenv("HF_TOKEN");
	return home_remove(state);
}

static void put_item(const char *path, struct str bytes, const char *type)
{
	assert_true(hub.count < MAX_ITEMS);
	hub.items[hub.count++] = (struct hub_item){ path, bytes, type, 200, 0 };
}

static void put_tree(const char *path, const char *json)
{
	put_item(path, str_z(json), "application/json");
}

/* A tiny model's bytes, in the test's arena. */
static struct str model_bytes(const char *arch)
{
	struct err e = { 0 };
	struct buf b;
	const char *path = home_put_model("made.gguf", arch);
	buf_init(&b, LIMIT_GGUF_WRITE_BYTES);
	assert_true(fs_read(path, &b, &e));
	struct str bytes = arena_str(home_arena(), buf_str(&b));
	buf_clear(&b);
	return bytes;
}

static const char *entry_of(const char *path, struct str bytes, const char *sha256)
{
	return arena_printf(home_arena(),
		"{\"type\":\"file\",\"size\":%zu,\"lfs\":{\"oid\":\"%s\"},\"path\":\"%s\"}",
		bytes.n, sha256, path)
		.p;
}

static const char *hash_of(struct str bytes)
{
	return home_sha256(home_put("hashed", bytes)).p;
}

/* The repository o/r with one model. */
static struct str put_repository(void)
{
	struct str bytes = model_bytes("llama");
	put_tree("/api/models/o/r/tree/main",
		arena_printf(home_arena(), "[%s]", entry_of("m-Q4_K_M.gguf", bytes, hash_of(bytes)))
			.p);
	put_item("/o/r/resolve/main/m-Q4_K_M.gguf", bytes, "application/octet-stream");
	return bytes;
}

static const char target[] = "data/models/o/r/m-Q4_K_M.gguf";

static const char *url_of(const char *path)
{
	return arena_printf(home_arena(), "%s%s?key=1", getenv("HF_ENDPOINT"), path).p;
}

/* ---- one pull ---- */

static struct {
	struct pull *pull;
	int plans, moves, ends, checks;
	uint64_t planned_bytes, to_come_bytes, most_bytes;
	size_t parts;
	struct err end;
	uint64_t stop_at; /* free the pull once so many bytes are there */
} seen;

static void planned(void *owner, const struct pull_plan *plan)
{
	(void)owner;
	seen.plans++;
	seen.planned_bytes = plan->all_bytes;
	seen.to_come_bytes = plan->to_come_bytes;
	seen.parts = plan->count;
}

static void moved(void *owner, const struct pull_progress *p)
{
	(void)owner;
	seen.moves++;
	seen.checks += p->is_checking;
	seen.most_bytes = p->done_bytes;
}

static void ended(void *owner, const struct pull_plan *plan, const struct err *e)
{
	(void)owner;
	(void)plan;
	seen.ends++;
	if (e)
		seen.end = *e;
	pull_free(seen.pull);
	seen.pull = NULL;
	loop_stop(hub.loop);
}

static void pull(const char *what)
{
	struct err e = { 0 };
	const struct pull_watcher w = { planned, moved, ended, NULL };
	memset(&seen, 0, sizeof(seen));
	seen.pull = pull_start(hub.loop, hub.client, str_z(what), &w, &e);
	if (!seen.pull) {
		seen.end = e;
		return;
	}
	assert_int_equal(seen.ends, 0);
	loop_run(hub.loop);
	assert_int_equal(seen.ends, 1);
}

static void assert_file(const char *path, struct str bytes)
{
	struct err e = { 0 };
	struct buf b;
	buf_init(&b, LIMIT_GGUF_WRITE_BYTES);
	assert_true(fs_read(home_path(path), &b, &e));
	assert_true(str_eq(buf_str(&b), bytes));
	buf_clear(&b);
}

static void a_model_of_the_hub_arrives_verified(void **state)
{
	(void)state;
	struct str bytes = put_repository();
	pull("hf:o/r");
	assert_string_equal(seen.end.what, "");
	assert_file(target, bytes);
	assert_int_equal(seen.plans, 1);
	assert_int_equal(seen.planned_bytes, bytes.n);
	assert_int_equal(seen.to_come_bytes, bytes.n);
	assert_string_equal(hash_beside(home_arena(), str_z(home_path(target))).p, hash_of(bytes));
	struct model_files files;
	files_scan(home_arena(), &files);
	assert_int_equal(files.count, 1);
	assert_str(files.items[0].name, "m-Q4_K_M");
	assert_str(files.items[0].full, "o/r/m-Q4_K_M");
}

static void what_is_here_is_not_fetched_again(void **state)
{
	(void)state;
	put_repository();
	pull("hf:o/r");
	assert_int_equal(hub.file_requests, 1);
	pull("hf:o/r:Q4_K_M");
	assert_string_equal(seen.end.what, "");
	assert_int_equal(hub.file_requests, 1);
	assert_int_equal(seen.to_come_bytes, 0);
}

static void a_file_put_there_by_hand_is_hashed(void **state)
{
	(void)state;
	struct str bytes = put_repository();
	home_put(target, bytes);
	pull("hf:o/r");
	assert_string_equal(seen.end.what, "");
	assert_int_equal(hub.file_requests, 0);
	assert_true(seen.checks > 0);
	assert_int_equal(hash_beside(home_arena(), str_z(home_path(target))).n, 64);
}

static void a_file_of_the_same_size_but_other_content_is_told(void **state)
{
	(void)state;
	struct str bytes = put_repository();
	char *other = arena_z(home_arena(), bytes);
	other[bytes.n - 1] ^= 1;
	home_put(target, str_n(other, bytes.n));
	pull("hf:o/r");
	assert_err(seen.end, ERR_BAD_DATA, LAYER_DISK);
	assert_non_null(strstr(seen.end.what, "another file"));
}

static void a_broken_file_that_was_there_stays(void **state)
{
	(void)state;
	put_item("/mine.gguf", STR("GGUF"), "application/octet-stream");
	home_put("data/models/mine.gguf", STR("somebody's notes"));
	pull(url_of("/mine.gguf"));
	assert_err(seen.end, ERR_BAD_DATA, LAYER_ENGINE);
	assert_true(fs_exists(home_path("data/models/mine.gguf")));
}

static void a_file_of_another_size_is_in_the_way(void **state)
{
	(void)state;
	put_repository();
	home_put(target, STR("GGUF something else"));
	pull("hf:o/r");
	assert_err(seen.end, ERR_EXISTS, LAYER_DISK);
	assert_int_equal(hub.file_requests, 0);
}

static void a_wrong_hash_leaves_nothing(void **state)
{
	(void)state;
	struct str bytes = model_bytes("llama");
	put_tree("/api/models/o/r/tree/main",
		arena_printf(home_arena(), "[%s]",
			entry_of("m-Q4_K_M.gguf", bytes,
				"1111111111111111111111111111111111111111111111111111111111111111"))
			.p);
	put_item("/o/r/resolve/main/m-Q4_K_M.gguf", bytes, "application/octet-stream");
	pull("hf:o/r");
	assert_int_equal(seen.end.kind, ERR_BAD_DATA);
	assert_false(fs_exists(home_path(target)));
	assert_false(fs_exists(home_path("data/models/o/r/m-Q4_K_M.gguf.part")));
}

static void stop_when_some_came(void *ctx)
{
	(void)ctx;
	uint64_t bytes = 0;
	fs_size(home_path("data/models/o/r/m-Q4_K_M.gguf.part"), &bytes, NULL);
	if (bytes >= seen.stop_at)
		loop_stop(hub.loop);
}

/* The server falls silent in the middle, the user stops, and pulls again. */
static void a_stopped_pull_goes_on_where_it_was(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct str bytes = put_repository();
	const struct pull_watcher w = { planned, moved, ended, NULL };
	hub.items[1].cut_after = 100000;
	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 100000;
	seen.pull = pull_start(hub.loop, hub.client, STR("hf:o/r"), &w, &e);
	struct loop_timer *watch = loop_timer_new(hub.loop, stop_when_some_came, NULL);
	loop_timer_repeat(watch, 1);
	loop_run(hub.loop);
	loop_timer_free(watch);
	pull_free(seen.pull);
	assert_false(fs_exists(home_path(target)));
	hub.items[1].cut_after = 0;
	pull("hf:o/r");
	assert_string_equal(seen.end.what, "");
	assert_file(target, bytes);
	assert_str(hub.last_range, "bytes=100000-");
	assert_int_equal(seen.to_come_bytes, bytes.n - 100000);
}

static void every_part_comes_and_one_that_lacks_is_told_before(void **state)
{
	(void)state;
	struct str one = model_bytes("llama"), two = model_bytes("qwen2");
	struct arena *a = home_arena();
	const char *first = entry_of("q/m-Q8_0-00001-of-00002.gguf", one, hash_of(one));
	const char *second = entry_of("q/m-Q8_0-00002-of-00002.gguf", two, hash_of(two));
	put_tree("/api/models/o/r/tree/main", arena_printf(a, "[%s,%s]", first, second).p);
	put_tree("/api/models/o/lacks/tree/main", arena_printf(a, "[%s]", first).p);
	put_item("/o/r/resolve/main/q/m-Q8_0-00001-of-00002.gguf", one, "binary/octet-stream");
	put_item("/o/r/resolve/main/q/m-Q8_0-00002-of-00002.gguf", two, "binary/octet-stream");
	pull("hf:o/r:Q8_0");
	assert_string_equal(seen.end.what, "");
	assert_int_equal(seen.parts, 2);
	assert_int_equal(seen.planned_bytes, one.n + two.n);
	assert_file("data/models/o/r/q/m-Q8_0-00002-of-00002.gguf", two);
	pull("hf:o/lacks");
	assert_err(seen.end, ERR_NOT_FOUND, LAYER_WIRE);
	assert_int_equal(hub.file_requests, 2);
}

/* A disk that is full is played by a limit on the size of files. */
static void a_full_disk_in_the_middle_keeps_what_came(void **state)
{
	(void)state;
	struct rlimit old;
	struct str bytes = put_repository();
	uint64_t kept = 0;
	const uint64_t room = 200000;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	const struct rlimit small = { room, old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	pull("hf:o/r");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_int_equal(seen.end.layer, LAYER_DISK);
	assert_false(fs_exists(home_path(target)));
	assert_true(fs_size(home_path("data/models/o/r/m-Q4_K_M.gguf.part"), &kept, NULL));
	assert_int_equal(kept, room);
	pull("hf:o/r");
	assert_string_equal(seen.end.what, "");
	assert_file(target, bytes);
	assert_str(hub.last_range, "bytes=200000-");
}

static void without_room_nothing_is_begun(void **state)
{
	(void)state;
	put_tree("/api/models/o/r/tree/main",
		"[{\"type\":\"file\",\"size\":1152921504606846976,\"path\":\"m-Q4_K_M.gguf\"}]");
	pull("hf:o/r");
	assert_err(seen.end, ERR_NO_ROOM, LAYER_DISK);
	assert_non_null(strstr(seen.end.what, "needs 1073741824.0 GiB more on disk"));
	assert_int_equal(hub.file_requests, 0);
	assert_int_equal(seen.plans, 0);
}

static void an_unknown_repository_is_told(void **state)
{
	(void)state;
	pull("hf:o/nothing");
	assert_int_equal(seen.end.kind, ERR_NOT_FOUND);
	assert_int_equal(seen.end.layer, LAYER_WIRE);
	assert_non_null(strstr(seen.end.what, "o/nothing"));
	assert_non_null(strstr(seen.end.mend, "https://huggingface.co/o/nothing"));
}

static void a_gated_one_asks_for_a_key_which_is_sent(void **state)
{
	(void)state;
	put_repository();
	hub.items[0].status = 401;
	pull("hf:o/r");
	assert_int_equal(seen.end.kind, ERR_DENIED);
	assert_non_null(strstr(seen.end.mend, "HF_TOKEN"));
	setenv("HF_TOKEN", "hf_secret", 1);
	hub.items[0].status = 200;
	pull("hf:o/r");
	assert_string_equal(seen.end.what, "");
	assert_str(hub.last_key, "Bearer hf_secret");
}

static void a_page_in_place_of_the_list_is_told(void **state)
{
	(void)state;
	put_item("/api/models/o/r/tree/main", STR("<html>log in</html>"), "text/html");
	pull("hf:o/r");
	assert_int_equal(seen.end.layer, LAYER_WIRE);
	assert_true(err_is_set(&seen.end));
	assert_int_equal(hub.file_requests, 0);
}

static void a_name_of_the_catalog_leads_to_the_hub(void **state)
{
	(void)state;
	struct str bytes = model_bytes("qwen3");
	put_tree("/api/models/Qwen/Qwen3-8B-GGUF/tree/main",
		arena_printf(home_arena(), "[%s]",
			entry_of("Qwen3-8B-Q4_K_M.gguf", bytes, hash_of(bytes)))
			.p);
	put_item("/Qwen/Qwen3-8B-GGUF/resolve/main/Qwen3-8B-Q4_K_M.gguf", bytes,
		"application/octet-stream");
	pull("qwen3-8b");
	assert_string_equal(seen.end.what, "");
	assert_file("data/models/Qwen/Qwen3-8B-GGUF/Qwen3-8B-Q4_K_M.gguf", bytes);
	pull("smollm2-135m-pilot");
	assert_err(seen.end, ERR_USAGE, LAYER_WIRE);
	assert_string_equal(seen.end.mend, "make model");
	pull("qwen3-8");
	assert_err(seen.end, ERR_NOT_FOUND, LAYER_WIRE);
	assert_non_null(strstr(seen.end.mend, "qwen3-8b"));
}

static void an_address_is_fetched_and_its_hash_recorded(void **state)
{
	(void)state;
	struct str bytes = model_bytes("llama");
	put_item("/files/own.gguf", bytes, "application/octet-stream");
	setenv("HF_TOKEN", "hf_secret", 1);
	pull(url_of("/files/own.gguf"));
	assert_string_equal(seen.end.what, "");
	assert_file("data/models/own.gguf", bytes);
	assert_int_equal(hub.last_key.n, 0);
	assert_string_equal(hash_beside(home_arena(), str_z(home_path("data/models/own.gguf"))).p,
		hash_of(bytes));
	pull(url_of("/files/own.txt"));
	assert_err(seen.end, ERR_USAGE, LAYER_WIRE);
	assert_null(strstr(seen.end.what, "key="));
}

static void what_is_no_model_is_not_kept(void **state)
{
	(void)state;
	put_item("/page.gguf", STR("<html>not found</html>"), "application/octet-stream");
	put_item("/cut.gguf", str_sub(model_bytes("llama"), 0, 300000), "application/octet-stream");
	pull(url_of("/page.gguf"));
	assert_err(seen.end, ERR_BAD_DATA, LAYER_ENGINE);
	assert_non_null(strstr(seen.end.what, "a web page"));
	assert_false(fs_exists(home_path("data/models/page.gguf")));
	pull(url_of("/cut.gguf"));
	assert_err(seen.end, ERR_BAD_DATA, LAYER_ENGINE);
	assert_false(fs_exists(home_path("data/models/cut.gguf")));
}

#define AT_THE_HUB(test) cmocka_unit_test_setup_teardown(test, open_hub, close_hub)

int main(void)
{
	const struct CMUnitTest tests[] = {
		AT_THE_HUB(a_model_of_the_hub_arrives_verified),
		AT_THE_HUB(what_is_here_is_not_fetched_again),
		AT_THE_HUB(a_file_put_there_by_hand_is_hashed),
		AT_THE_HUB(a_file_of_the_same_size_but_other_content_is_told),
		AT_THE_HUB(a_broken_file_that_was_there_stays),
		AT_THE_HUB(a_file_of_another_size_is_in_the_way),
		AT_THE_HUB(a_wrong_hash_leaves_nothing),
		AT_THE_HUB(a_stopped_pull_goes_on_where_it_was),
		AT_THE_HUB(every_part_comes_and_one_that_lacks_is_told_before),
		AT_THE_HUB(a_full_disk_in_the_middle_keeps_what_came),
		AT_THE_HUB(without_room_nothing_is_begun),
		AT_THE_HUB(an_unknown_repository_is_told),
		AT_THE_HUB(a_gated_one_asks_for_a_key_which_is_sent),
		AT_THE_HUB(a_page_in_place_of_the_list_is_told),
		AT_THE_HUB(a_name_of_the_catalog_leads_to_the_hub),
		AT_THE_HUB(an_address_is_fetched_and_its_hash_recorded),
		AT_THE_HUB(what_is_no_model_is_not_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
