#include "reading.h"

#include "chat/passage.h"

/* A request of this dialect with this body, asked of an upstream of that name: what it gets, or
 * "not: " and why it does not get the client's bytes. */
static struct str passed(
	struct fixture *f, const struct dialect *d, struct str body, struct str origin)
{
	struct passage passage;
	const char *why;
	struct chat_request *r = d->read_request(STR("m"), body, f->arena, f->trace, &f->e);
	assert_non_null(r);
	passage_init(&passage, d);
	r->passage = &passage;
	r->body = body;
	buf_reset(&f->text);
	if (!passage_request(r, d, origin, &f->text, &why)) {
		assert_int_equal(f->text.n, 0);
		buf_printf(&f->text, "not: %s", why);
	}
	passage_clear(&passage);
	chat_request_free(r);
	return buf_str(&f->text);
}

static bool is_passed(
	struct fixture *f, const struct dialect *d, const char *body, const char *wanted)
{
	struct str got = passed(f, d, str_z(body), STR("up"));
	if (str_eq_z(got, wanted))
		return true;
	print_error("%.*s\n", STR_ARG(got));
	return false;
}

static bool is_refused(
	struct fixture *f, const struct dialect *d, const char *body, const char *word)
{
	struct str got = passed(f, d, str_z(body), STR("up"));
	return str_starts(got, STR("not: ")) && str_find(got, str_z(word)) != SIZE_MAX;
}

#define ANTHROPIC(thought, rest)                                                                   \
	"{ \"model\": \"m\", \"x\": 1.50, \"max_tokens\": 9,\n \"messages\": [{\"role\":\"user\"," \
	"\"content\":\"hi\"},\n {\"role\":\"assistant\",\"content\":[" thought                     \
	",{\"type\":\"text\",\"text\":\"Hi\"}" rest "]},{\"role\":\"user\",\"content\":\"on\"}]}"
#define THOUGHT(seal) "{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\" : \"" seal "\"}"

static void seals_lose_their_makers_name_and_nothing_else_changes(void **state)
{
	struct fixture *f = *state;
	assert_true(is_passed(f, &dialect_anthropic, ANTHROPIC(THOUGHT("offgrid/up/c2/n+="), ""),
		ANTHROPIC(THOUGHT("c2/n+="), "")));
	assert_true(is_passed(f, &dialect_anthropic,
		ANTHROPIC(THOUGHT("offgrid/up/ab"),
			",{\"type\":\"redacted_thinking\",\"data\":\"offgrid/up/cd\"}"),
		ANTHROPIC(THOUGHT("ab"), ",{\"type\":\"redacted_thinking\",\"data\":\"cd\"}")));
	assert_true(is_passed(f, &dialect_gemini,
		"{\"contents\":[{\"role\":\"model\",\"parts\":[{\"text\":\"t\",\"thought\":true},"
		"{\"functionCall\":{\"name\":\"f\",\"args\":{}},\"thoughtSignature\":\"offgrid/up/"
		"Aa\"},"
		"{\"text\":\"x\",\"thought_signature\":\"offgrid/up/Bb\"}]}, {\"role\":\"user\","
		"\"parts\":[{\"text\":\"on\"}]}]}",
		"{\"contents\":[{\"role\":\"model\",\"parts\":[{\"text\":\"t\",\"thought\":true},"
		"{\"functionCall\":{\"name\":\"f\",\"args\":{}},\"thoughtSignature\":\"Aa\"},"
		"{\"text\":\"x\",\"thought_signature\":\"Bb\"}]}, {\"role\":\"user\","
		"\"parts\":[{\"text\":\"on\"}]}]}"));
	assert_true(is_passed(f, &dialect_responses,
		"{\"model\":\"m\",\"input\":[{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":["
		"],"
		"\"encrypted_content\":\"offgrid/up/Zz\"},{\"role\":\"user\",\"content\":\"on\"}]}",
		"{\"model\":\"m\",\"input\":[{\"type\":\"reasoning\",\"id\":\"rs_1\",\"summary\":["
		"],"
		"\"encrypted_content\":\"Zz\"},{\"role\":\"user\",\"content\":\"on\"}]}"));
}

static void a_seal_that_names_nobody_passes_as_it_came(void **state)
{
	struct fixture *f = *state;
	assert_true(is_passed(f, &dialect_anthropic, ANTHROPIC(THOUGHT("ab\\u003d"), ""),
		ANTHROPIC(THOUGHT("ab\\u003d"), "")));
}

static void a_seal_of_somebody_else_does_not_pass(void **state)
{
	struct fixture *f = *state;
	assert_true(is_refused(f, &dialect_anthropic, ANTHROPIC(THOUGHT("offgrid/other/ab"), ""),
		"another maker's"));
	assert_true(is_refused(f, &dialect_anthropic,
		ANTHROPIC(THOUGHT("offgrid/up/ab"), "," THOUGHT("offgrid/other/cd")),
		"another maker's"));
}

static void thoughts_without_a_seal_do_not_pass_beside_sealed_ones(void **state)
{
	struct fixture *f = *state;
	assert_true(is_refused(f, &dialect_anthropic,
		ANTHROPIC(THOUGHT("offgrid/up/ab"), "," THOUGHT("")), "have none"));
	assert_true(is_passed(
		f, &dialect_anthropic, ANTHROPIC(THOUGHT(""), ""), ANTHROPIC(THOUGHT(""), "")));
}

/* What looks like a seal and is none stays as it is, or nothing passes. */
static void only_seals_are_touched(void **state)
{
	struct fixture *f = *state;
	const char *quoted = ANTHROPIC(THOUGHT("offgrid/up/ab"),
		",{\"type\":\"text\",\"text\":\"offgrid/up/ab\"},{\"type\":\"text\",\"text\":"
		"\"\\\"signature\\\": \\\"offgrid/up/ab\\\"\"}");
	const char *wanted = ANTHROPIC(THOUGHT("ab"),
		",{\"type\":\"text\",\"text\":\"offgrid/up/ab\"},{\"type\":\"text\",\"text\":"
		"\"\\\"signature\\\": \\\"offgrid/up/ab\\\"\"}");
	assert_true(is_passed(f, &dialect_anthropic, quoted, wanted));
	assert_true(is_refused(f, &dialect_anthropic,
		ANTHROPIC(THOUGHT("offgrid/up/ab"),
			",{\"type\":\"tool_use\",\"id\":\"c\",\"name\":\"f\",\"input\":"
			"{\"signature\":\"offgrid/up/ab\"}}"),
		"do not stand"));
	assert_true(is_refused(f, &dialect_anthropic, ANTHROPIC(THOUGHT("offgrid\\/up\\/ab"), ""),
		"do not stand"));
}

static void a_wish_for_usage_is_added(void **state)
{
	struct fixture *f = *state;
	assert_true(is_passed(f, &dialect_openai,
		" {\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":"
		"\"a\"}]}",
		"{\"stream_options\":{\"include_usage\":true},\"model\":\"m\",\"stream\":true,"
		"\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"));
	assert_true(is_refused(f, &dialect_openai,
		"{\"model\":\"m\",\"stream\":true,\"stream_options\":{},\"messages\":[{\"role\":"
		"\"user\",\"content\":\"a\"}]}",
		"in words of its own"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			seals_lose_their_makers_name_and_nothing_else_changes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_seal_that_names_nobody_passes_as_it_came, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_seal_of_somebody_else_does_not_pass, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			thoughts_without_a_seal_do_not_pass_beside_sealed_ones, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_seals_are_touched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_wish_for_usage_is_added, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
