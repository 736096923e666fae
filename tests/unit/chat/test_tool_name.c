#include "../unit.h"

#include "chat/tool_name.h"

struct fixture {
	struct arena *arena;
	struct chat_request *request;
};

static struct fixture offer(const char *const *names)
{
	struct fixture f = { .arena = arena_new() };
	f.request = chat_request_new(f.arena);
	for (; *names; names++)
		chat_add_tool(f.request, str_z(*names), STR(""), NULL);
	return f;
}

static void end(struct fixture *f)
{
	chat_request_free(f->request);
	arena_free(f->arena);
}

static void means(const struct fixture *f, const char *name, const char *wanted)
{
	const struct chat_tool *tool = tool_name_meant(f->request, str_z(name));
	if (wanted)
		assert_true(tool && str_eq_z(tool->name, wanted));
	else
		assert_null(tool);
}

static void a_name_is_read_as_the_one_it_alone_can_mean(void **state)
{
	(void)state;
	static const char *const names[] = { "write_file", "Read", "multi-edit", NULL };
	struct fixture f = offer(names);
	means(&f, "write_file", "write_file");
	means(&f, "Write_File", "write_file");
	means(&f, "write-file", "write_file");
	means(&f, "WriteFile", "write_file");
	means(&f, "functions.write_file", "write_file");
	means(&f, "functions.write_file:3", "write_file");
	means(&f, "tools.read", "Read");
	means(&f, " read\n", "Read");
	means(&f, "multi_edit:0", "multi-edit");
	means(&f, "write", NULL);
	means(&f, "", NULL);
	means(&f, "functions.", NULL);
	end(&f);
}

static void between_two_nothing_is_guessed(void **state)
{
	(void)state;
	static const char *const names[] = { "Write", "write", "a-b", "a_b", NULL };
	struct fixture f = offer(names);
	means(&f, "write", "write");
	means(&f, "WRITE", NULL);
	means(&f, "a.b", NULL);
	end(&f);
}

static void a_real_name_counts_before_what_it_looks_like(void **state)
{
	(void)state;
	static const char *const names[] = { "functions.write", "write", NULL };
	struct fixture f = offer(names);
	means(&f, "functions.write", "functions.write");
	end(&f);
}

static void an_unknown_name_is_answered_with_those_there_are(void **state)
{
	(void)state;
	static const char *const names[] = { "read", "write", NULL };
	struct fixture f = offer(names);
	struct buf out;
	buf_init(&out, 1000);
	tool_name_unknown(f.request, STR("writ"), &out);
	assert_string_equal(buf_z(&out),
		"there is no tool writ (did you mean write?); the tools are: read, write");
	buf_reset(&out);
	tool_name_unknown(f.request, STR("python"), &out);
	assert_string_equal(buf_z(&out), "there is no tool python; the tools are: read, write");
	buf_clear(&out);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_read_as_the_one_it_alone_can_mean),
		cmocka_unit_test(between_two_nothing_is_guessed),
		cmocka_unit_test(a_real_name_counts_before_what_it_looks_like),
		cmocka_unit_test(an_unknown_name_is_answered_with_those_there_are),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
