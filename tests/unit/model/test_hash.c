#include "../unit.h"
#include "home.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "model/hash.h"

static const char ABC[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char OTHER[] = "1111111111111111111111111111111111111111111111111111111111111111";

struct count {
	int calls;
	bool goes_on;
};

static bool tell(void *owner, uint64_t done, uint64_t all)
{
	struct count *c = owner;
	assert_true(done <= all);
	c->calls++;
	return c->goes_on;
}

static struct str hash_of(const char *path, int *reads)
{
	struct err e = { 0 };
	struct str hash = STR("");
	struct count c = { .goes_on = true };
	struct hash_watcher w = { tell, &c };
	assert_true(hash_of_file(home_arena(), str_z(path), &w, &hash, &e));
	*reads = c.calls;
	return hash;
}

static void a_file_is_read_once_and_remembered(void **state)
{
	(void)state;
	int reads;
	const char *path = home_put("m.gguf", STR("abc"));
	assert_string_equal(hash_of(path, &reads).p, ABC);
	assert_int_equal(reads, 1);
	assert_string_equal(hash_of(path, &reads).p, ABC);
	assert_int_equal(reads, 0);
}

static void a_file_that_changed_is_read_again(void **state)
{
	(void)state;
	int reads;
	const char *path = home_put("m.gguf", STR("abcd"));
	hash_of(path, &reads);
	home_put("m.gguf", STR("abc"));
	assert_string_equal(hash_of(path, &reads).p, ABC);
	assert_int_equal(reads, 1);
}

static void what_stands_beside_the_file_is_believed_unless_older(void **state)
{
	(void)state;
	int reads;
	struct err e = { 0 };
	const char *path = home_put("m.gguf", STR("abc"));
	assert_true(hash_write_beside(str_z(path), str_z(OTHER), &e));
	assert_string_equal(hash_of(path, &reads).p, OTHER);
	const struct timespec long_ago[2] = { { 1000, 0 }, { 1000, 0 } };
	assert_int_equal(utimensat(0, home_path("m.gguf.sha256"), long_ago, 0), 0);
	assert_int_equal(hash_beside(home_arena(), str_z(path)).n, 0);
	assert_string_equal(hash_of(path, &reads).p, ABC);
	home_put("m.gguf.sha256", STR("no hash at all"));
	assert_int_equal(hash_beside(home_arena(), str_z(path)).n, 0);
}

static void reading_can_be_stopped(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct str hash = STR("untouched");
	struct count c = { .goes_on = false };
	struct hash_watcher w = { tell, &c };
	const char *path = home_put("m.gguf", STR("abc"));
	assert_false(hash_of_file(home_arena(), str_z(path), &w, &hash, &e));
	assert_err(e, ERR_CANCELLED, LAYER_DISK);
	assert_str(hash, "untouched");
}

static void a_missing_file_has_none(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct str hash;
	assert_false(hash_of_file(home_arena(), str_z(home_path("none")), NULL, &hash, &e));
	assert_err(e, ERR_NOT_FOUND, LAYER_DISK);
}

#define IN_A_HOME(test) cmocka_unit_test_setup_teardown(test, home_make, home_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_HOME(a_file_is_read_once_and_remembered),
		IN_A_HOME(a_file_that_changed_is_read_again),
		IN_A_HOME(what_stands_beside_the_file_is_believed_unless_older),
		IN_A_HOME(reading_can_be_stopped),
		IN_A_HOME(a_missing_file_has_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
