/*
 * test_tool_families.c - what each family writes, byte by byte, and what it comes out as.
 *
 * The calls are those that the families' own templates render for one tool and one call (the bytes
 * between the assistant's opening and its end), and the same with a second call, with words beside
 * them and a thought before them.
 */
#include "../unit.h"

#include "../cuts.h"
#include "../record.h"
#include "chat/tool_format.h"

/* The ids of the first calls with the seed of these tests. */
#define ID0 "cmrhxu4rq"
#define ID1 "p7gaqros7"

#define ARGS        "{\"path\": \"a \\\"q\\\".txt\", \"mode\": 420}"
#define ARGS_MODE1  "{\"mode\": 420, \"path\": \"a \\\"q\\\".txt\"}"
#define CALL0(args) "tool_begin 0 " ID0 " write_file\ntool_args " args "\ntool_end 0"
#define CALL1(args) "\ntool_begin 1 " ID1 " write_file\ntool_args " args "\ntool_end 1"
#define SAY         "text Let me write it."
#define THINK       "think THINK1"

struct golden {
	const char *format;
	const char *said;
	const char *events;
	unsigned how;
};

static const struct golden goldens[] = {
#include "tool_goldens.h"
};

static struct chat_request *request;
static struct arena *mem;
static const struct golden *present;

static int set_up(void **state)
{
	(void)state;
	mem = arena_new();
	request = chat_request_new(mem);
	chat_add_tool(request, STR("write_file"), STR("Write a file."),
		json_pack("{s:s, s:{s:{s:s, s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}, s:[s]}",
			"type", "object", "properties", "path", "type", "string", "description",
			"Path", "mode", "type", "integer", "content", "type", "string", "tags",
			"type", "array", "opts", "type", "object", "required", "path"));
	chat_add_tool(request, STR("get"), STR(""), NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	chat_request_free(request);
	arena_free(mem);
	return 0;
}

static void transcribe(const struct str *pieces, size_t count, struct buf *out)
{
	struct record log;
	struct err e = { 0 };
	record_init(&log);
	const struct tool_format *format = tool_format_find(str_z(present->format));
	assert_non_null(format);
	struct tool_reader *r =
		tool_reader_new(format, request, 7, present->how, NULL, record_sink(&log));
	bool ok = true;
	for (size_t i = 0; i < count && ok; i++)
		ok = tool_reader_feed(r, pieces[i], &e);
	ok = ok && tool_reader_end(r, false, &e);
	buf_add(out, buf_str(&log.text));
	if (!ok)
		buf_printf(out, "%sfault %s: %s", out->n ? "\n" : "", layers[e.layer].name, e.what);
	tool_reader_free(r);
	record_clear(&log);
}

static void each_family_is_read_however_it_is_cut(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
		present = &goldens[i];
		struct buf got = assert_every_cut(str_z(present->said), transcribe);
		if (!str_eq(buf_str(&got), str_z(present->events))) {
			print_error("%s\nsaid:\n%s\nis read as:\n%s\nand not as:\n%s\n",
				present->format, present->said, buf_z(&got), present->events);
			wrong++;
		}
		buf_clear(&got);
	}
	assert_int_equal(wrong, 0);
}

static void each_family_has_its_golden(void **state)
{
	(void)state;
	for (size_t k = 0; tool_formats[k]; k++) {
		bool has_one = !tool_formats[k]->mark_open;
		for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++)
			has_one = has_one ||
				  str_eq_z(str_z(goldens[i].format), tool_formats[k]->name);
		if (!has_one)
			print_error("no golden of %s\n", tool_formats[k]->name);
		assert_true(has_one);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_family_is_read_however_it_is_cut),
		cmocka_unit_test(each_family_has_its_golden),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
