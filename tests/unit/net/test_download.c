#include "../unit.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/loop.h"
#include "net/download.h"
#include "peer.h"

/* The file that the server has: ten digits. */
#define TEN_SHA               "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"
#define HEAD_OF(status, more) "HTTP/1.1 " status "\r\nETag: \"v1\"\r\n" more "\r\n"
#define WHOLE                 HEAD_OF("200 OK", "Content-Length: 10\r\n") "0123456789"
#define HALF                  HEAD_OF("200 OK", "Content-Length: 10\r\n") "0123"
#define REST                                                                                       \
	HEAD_OF("206 Partial Content", "Content-Range: bytes 4-9/10\r\nContent-Length: 6\r\n")     \
	"456789"

enum { SHORT_MS = 50 };

static struct loop *loop;
static struct http_client *client;
static struct peer_server *peer;
static struct arena *arena;
static struct str dir;
static char url[200];
static const char *path, *part, *meta;
static struct download *download;
static int ends, progresses;
static struct download_progress last;
static struct err outcome;
static uint64_t to_come;

static int set_up(void **state)
{
	(void)state;
	struct err e = { 0 };
	arena = arena_new();
	assert_true(fs_temp_dir(arena, "offgrid-test", &dir, &e));
	path = fs_join(arena, dir, STR("model.gguf")).p;
	part = fs_join(arena, dir, STR("model.gguf.part")).p;
	meta = fs_join(arena, dir, STR("model.gguf.part.json")).p;
	loop = loop_new();
	client = http_client_new(loop);
	peer = NULL;
	outcome = e;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	struct err e = { 0 };
	http_client_free(client);
	peer_server_free(peer);
	loop_free(loop);
	bool ok = fs_remove_tree(dir.p, &e);
	arena_free(arena);
	return ok ? 0 : -1;
}

static void on_end(void *ctx, const struct err *e)
{
	(void)ctx;
	ends++;
	if (e)
		outcome = *e;
	download_free(download);
	download = NULL;
	loop_stop(loop);
}

static void on_progress(void *ctx, const struct download_progress *p)
{
	(void)ctx;
	progresses++;
	last = *p;
}

static struct download_spec spec_of(void)
{
	snprintf(url, sizeof url, "http://127.0.0.1:%d/model?token=secret", peer_server_port(peer));
	return (struct download_spec){ .url = url,
		.path = path,
		.sha256 = TEN_SHA,
		.pause_ms = 1,
		.stall_ms = 10000,
		.on_progress = on_progress,
		.on_end = on_end };
}

static void run(const struct download_spec *spec)
{
	struct err e = { 0 };
	ends = progresses = 0;
	outcome = e;
	download = download_start(loop, client, spec, &e);
	assert_string_equal(e.what, "");
	assert_non_null(download);
	loop_run(loop);
	assert_int_equal(ends, 1);
}

static void file_is(const char *file, const char *text)
{
	struct err e = { 0 };
	struct buf b;
	buf_init(&b, MIB);
	assert_true(fs_read(file, &b, &e));
	assert_string_equal(buf_z(&b), text);
	buf_clear(&b);
}

static void arrived(void)
{
	assert_string_equal(outcome.what, "");
	file_is(path, "0123456789");
	assert_false(fs_exists(part));
	assert_false(fs_exists(meta));
}

static void failed(enum err_kind kind, enum layer layer, const char *words)
{
	assert_err(outcome, kind, layer);
	if (!strstr(outcome.what, words))
		print_error("\"%s\" does not say \"%s\"\n", outcome.what, words);
	assert_non_null(strstr(outcome.what, words));
	assert_null(strstr(outcome.what, "secret"));
	assert_false(fs_exists(path));
}

#define SERVE(...)                                                                                 \
	const struct peer_row rows[] = { __VA_ARGS__ };                                            \
	peer = peer_server_new(rows, sizeof rows / sizeof *rows)

static void a_file_arrives_whole(void **state)
{
	(void)state;
	SERVE({ STR(WHOLE), PEER_CLOSE, false });
	struct download_spec spec = spec_of();
	run(&spec);
	arrived();
	assert_true(progresses > 0);
	assert_int_equal(last.done_bytes, 10);
	assert_int_equal(last.total_bytes, 10);
}

static void a_cut_is_taken_up_where_it_was(void **state)
{
	(void)state;
	SERVE({ STR(HALF), PEER_CLOSE, false }, { STR(REST), PEER_CLOSE, false });
	struct download_spec spec = spec_of();
	run(&spec);
	arrived();
	struct str requests = peer_server_requests(peer);
	assert_true(str_find(requests, STR("\r\nRange: bytes=4-\r\n")) != SIZE_MAX);
	assert_true(str_find(requests, STR("\r\nIf-Range: \"v1\"\r\n")) != SIZE_MAX);
}

static void turn_the_loop(int64_t ms)
{
	struct loop_timer *later = loop_timer_new(loop, (void (*)(void *))loop_stop, loop);
	loop_timer_start(later, ms);
	loop_run(loop);
	loop_timer_free(later);
}

static void interrupt_after_half(void)
{
	const struct peer_row half = { STR(HALF), PEER_STALL, false };
	struct err e = { 0 };
	uint64_t size = 0;
	peer = peer_server_new(&half, 1);
	struct download_spec spec = spec_of();
	download = download_start(loop, client, &spec, &e);
	while (size < 4) {
		turn_the_loop(1);
		assert_true(fs_size(part, &size, &e));
	}
	download_free(download);
	file_is(part, "0123");
	peer_server_free(peer);
}

/* Another port is another address: the meta file is made to speak of the peer that is there now. */
static void claim_the_part(void)
{
	struct err e = { 0 };
	struct str text = arena_printf(arena,
		"{\"url\":\"http://127.0.0.1:%d/model\",\"version\":\"\\\"v1\\\"\"}",
		peer_server_port(peer));
	assert_true(fs_write(meta, text, 0600, &e));
}

static void one_that_was_interrupted_goes_on_next_time(void **state)
{
	(void)state;
	interrupt_after_half();
	SERVE({ STR(REST), PEER_CLOSE, false });
	struct download_spec spec = spec_of();
	claim_the_part();
	run(&spec);
	arrived();
	assert_int_equal(last.resumed_at_bytes, 4);
}

static void a_part_of_another_address_is_not_used(void **state)
{
	(void)state;
	interrupt_after_half();
	SERVE({ STR(WHOLE), PEER_CLOSE, false });
	struct download_spec spec = spec_of();
	run(&spec);
	arrived();
	assert_true(str_find(peer_server_requests(peer), STR("Range:")) == SIZE_MAX);
}

static void a_newer_version_starts_over(void **state)
{
	(void)state;
	SERVE({ STR(HEAD_OF("200 OK", "Content-Length: 9\r\n") "old"), PEER_CLOSE, false },
		{ STR(WHOLE), PEER_CLOSE, false });
	struct download_spec spec = spec_of();
	run(&spec);
	arrived();
}

static void a_range_nobody_asked_for_is_refused(void **state)
{
	(void)state;
	SERVE({ STR(HALF), PEER_CLOSE, false },
		{ STR(HEAD_OF("206 Partial Content", "Content-Range: bytes 5-9/10\r\n"
						     "Content-Length: 5\r\n") "56789"),
			PEER_CLOSE, false });
	struct download_spec spec = spec_of();
	run(&spec);
	failed(ERR_BAD_DATA, LAYER_WIRE, "another range");
}

static void a_wrong_hash_leaves_nothing(void **state)
{
	(void)state;
	SERVE({ STR(HEAD_OF("200 OK", "Content-Length: 10\r\n") "9876543210"), PEER_CLOSE, false });
	struct download_spec spec = spec_of();
	run(&spec);
	failed(ERR_BAD_DATA, LAYER_WIRE, "but should have " TEN_SHA);
	assert_false(fs_exists(part));
	assert_false(fs_exists(meta));
}

static void a_wrong_size_is_seen_before_anything_is_written(void **state)
{
	(void)state;
	SERVE({ STR(WHOLE), PEER_CLOSE, false });
	struct download_spec spec = spec_of();
	spec.bytes = 11;
	run(&spec);
	failed(ERR_BAD_DATA, LAYER_WIRE, "has 10 bytes, but should have 11");
}

static void a_part_that_is_whole_already_is_only_checked(void **state)
{
	(void)state;
	SERVE({ STR("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */10\r\n"
		    "Content-Length: 0\r\n\r\n"),
		PEER_CLOSE, false });
	struct err e = { 0 };
	struct download_spec spec = spec_of();
	assert_true(fs_write(part, STR("0123456789"), 0644, &e));
	claim_the_part();
	run(&spec);
	arrived();
}

static void without_a_length_the_hash_decides(void **state)
{
	(void)state;
	SERVE({ STR(HEAD_OF("200 OK", "") "0123456789"), PEER_CLOSE, false });
	struct download_spec spec = spec_of();
	run(&spec);
	arrived();
}

static void what_is_not_there_is_told_at_once(void **state)
{
	(void)state;
	SERVE({ STR("HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\nno such repo"), PEER_CLOSE,
		false });
	struct download_spec spec = spec_of();
	run(&spec);
	failed(ERR_NOT_FOUND, LAYER_WIRE, "(404): no such repo");
}

static void a_web_page_is_no_file(void **state)
{
	(void)state;
	SERVE({ STR("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\nHi!"),
		PEER_CLOSE, false });
	struct download_spec spec = spec_of();
	run(&spec);
	failed(ERR_BAD_DATA, LAYER_WIRE, "a web page");
}

static void tries_are_bounded_and_silence_breaks_a_connection(void **state)
{
	(void)state;
	SERVE({ STR(HALF), PEER_STALL, false }, { STR(""), PEER_CLOSE, false },
		{ STR("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"), PEER_CLOSE, false },
		{ STR(""), PEER_RESET, false });
	struct download_spec spec = spec_of();
	spec.stall_ms = SHORT_MS;
	spec.max_tries = 4;
	run(&spec);
	failed(ERR_UNREACHABLE, LAYER_WIRE, "hung up without an answer");
	file_is(part, "0123");
}

static bool refuse_size(void *ctx, uint64_t bytes, struct err *e)
{
	(void)ctx;
	to_come = bytes;
	return fail(e, ERR_NO_ROOM, LAYER_DISK, "no");
}

static void the_room_is_checked_before_anything_is_written(void **state)
{
	(void)state;
	SERVE({ STR(WHOLE), PEER_CLOSE, false },
		{ STR(HEAD_OF("200 OK", "Content-Length: 1000000000000000000\r\n") "0"), PEER_CLOSE,
			false });
	struct download_spec spec = spec_of();
	spec.on_size = refuse_size;
	run(&spec);
	failed(ERR_NO_ROOM, LAYER_DISK, "no");
	assert_int_equal(to_come, 10);
	spec = spec_of();
	run(&spec);
	failed(ERR_NO_ROOM, LAYER_DISK, "needs 953674316406 MB more");
	assert_true(outcome.mend[0] != 0);
}

/* A disk that is full is played by a limit on the size of files; the meta file fits under it. */
static void a_write_that_fails_keeps_the_part(void **state)
{
	(void)state;
	struct buf big;
	struct err e = { 0 };
	struct rlimit old;
	buf_init(&big, MIB);
	buf_add_z(&big, HEAD_OF("200 OK", "Content-Length: 200\r\n"));
	buf_add_fill(&big, 'x', 200);
	SERVE({ buf_str(&big), PEER_CLOSE, false });
	struct download_spec spec = spec_of();
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	struct rlimit small = { 120, old.rlim_max };
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	run(&spec);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	failed(ERR_TOO_BIG, LAYER_DISK, "after 120 bytes");
	uint64_t size = 0;
	assert_true(fs_size(part, &size, &e));
	assert_int_equal(size, 120);
	assert_true(fs_exists(meta));
	peer_server_requests(peer); /* it has let go of the reply */
	buf_clear(&big);
}

static void two_cannot_download_the_same(void **state)
{
	(void)state;
	SERVE({ STR(WHOLE), PEER_CLOSE, false });
	struct err e = { 0 };
	struct download_spec spec = spec_of();
	download = download_start(loop, client, &spec, &e);
	assert_non_null(download);
	assert_null(download_start(loop, client, &spec, &e));
	assert_err(e, ERR_BUSY, LAYER_DISK);
	ends = 0;
	loop_run(loop);
	arrived();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_arrives_whole),
		TEST(a_cut_is_taken_up_where_it_was),
		TEST(one_that_was_interrupted_goes_on_next_time),
		TEST(a_part_of_another_address_is_not_used),
		TEST(a_newer_version_starts_over),
		TEST(a_range_nobody_asked_for_is_refused),
		TEST(a_wrong_hash_leaves_nothing),
		TEST(a_wrong_size_is_seen_before_anything_is_written),
		TEST(a_part_that_is_whole_already_is_only_checked),
		TEST(without_a_length_the_hash_decides),
		TEST(what_is_not_there_is_told_at_once),
		TEST(a_web_page_is_no_file),
		TEST(tries_are_bounded_and_silence_breaks_a_connection),
		TEST(the_room_is_checked_before_anything_is_written),
		TEST(a_write_that_fails_keeps_the_part),
		TEST(two_cannot_download_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
