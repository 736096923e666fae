#include <string.h>

#include "chat/dialect.h"
#include "chat/seal.h"
#include "describe.h"
#include "reading.h"

static bool trace_says(const struct trace *t, const char *words)
{
	for (size_t i = 0; i < trace_count(t); i++)
		if (str_find(trace_get(t, i)->text, str_z(words)) != SIZE_MAX)
			return true;
	return false;
}

static struct chat_request *read_body(struct fixture *f, const char *body)
{
	err_clear(&f->e);
	return dialect_anthropic.read_request(STR(""), str_z(body), f->arena, f->trace, &f->e);
}

/* What the body means, as text; NULL if it was refused. */
static const char *read_as(struct fixture *f, const char *body)
{
	struct chat_request *r = read_body(f, body);
	buf_reset(&f->text);
	if (r)
		describe_request(r, &f->text);
	chat_request_free(r);
	return r ? buf_z(&f->text) : NULL;
}

/* What a client of `from` asks, as an upstream of `to` called "up" is asked. */
static const char *passed(
	struct fixture *f, const struct dialect *from, const struct dialect *to, const char *body)
{
	struct chat_request *r =
		from->read_request(STR(""), str_z(body), f->arena, f->trace, &f->e);
	assert_non_null(r);
	buf_reset(&f->text);
	assert_true(to->write_request(r, STR("up"), f->trace, &f->text, &f->e));
	chat_request_free(r);
	return buf_z(&f->text);
}

static void expect_part(const char *text, const char *part)
{
	if (!strstr(text, part))
		assert_string_equal(text, part);
}

#define SAID "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

/* ---- reading ---- */

static void system_and_contents_are_strings_or_blocks(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
		read_as(f, "{\"model\":\"m\",\"system\":\"be brief\",\"thinking\":{\"type\":"
			   "\"adaptive\"},\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},"
			   "{\"role\":\"assistant\",\"content\":[{\"type\":\"thinking\","
			   "\"thinking\":\"hm\",\"signature\":\"c2ln\"},{\"type\":"
			   "\"redacted_thinking\",\"data\":\"offgrid/up.com/QQ\"},"
			   "{\"type\":\"text\",\"text\":\"yes\"}]},"
			   "{\"role\":\"system\",\"content\":\"mind\"},"
			   "{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{"
			   "\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"AA==\"}},"
			   "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"http://x\"}}"
			   "]}]}"),
		"model m\n"
		"system\n  text: \"be brief\"\n"
		"user\n  text: \"hi\"\n"
		"assistant\n  think: \"hm\" c2ln of \n  think: \"\" alone QQ of up.com\n"
		"  text: \"yes\"\n"
		"system\n  text: \"mind\"\n"
		"user\n  image: \"data:image/png;base64,AA==\"\n  image: \"http://x\"\n"
		"extra {\"thinking\":{\"type\":\"adaptive\"}}\n");
	expect_part(
		read_as(f,
			"{\"system\":[{\"type\":\"text\",\"text\":\"one\",\"cache_control\":{"
			"\"type\":\"ephemeral\"}},{\"type\":\"text\",\"text\":\"two\"}]," SAID "}"),
		"system\n  text: \"one\"{\"cache_control\":{\"type\":\"ephemeral\"}}\n"
		"  text: \"two\"\n");
}

static void calls_and_results_find_each_other(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
		read_as(f,
			"{\"messages\":[{\"role\":\"user\",\"content\":\"go\"},"
			"{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\","
			"\"name\":\"a\",\"input\":{\"x\":1}},{\"type\":\"tool_use\",\"id\":\"t2\","
			"\"name\":\"b\",\"input\":{}}]},"
			"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"and\"},"
			"{\"type\":\"tool_result\",\"tool_use_id\":\"t2\",\"is_error\":true,"
			"\"content\":[{\"type\":\"text\",\"text\":\"no\"}]},"
			"{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":\"yes\"}]},"
			"{\"role\":\"user\",\"content\":\"next\"}]}"),
		"model \n"
		"user\n  text: \"go\"\n"
		"assistant\n  call id=t1 name=a: \"{\\\"x\\\":1}\"\n"
		"  call id=t2 name=b: \"{}\"\n"
		"tool\n  result id=t1 name=a: \"yes\"\n"
		"tool\n  result id=t2 name=b error: \"no\"\n"
		"user\n  text: \"and\"\n"
		"user\n  text: \"next\"\n");
}

static void what_stands_in_a_result_is_not_lost(void **state)
{
	struct fixture *f = *state;
	const char *body =
		"{\"messages\":[{\"role\":\"user\",\"content\":\"go\"},{\"role\":\"assistant\","
		"\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"a\",\"input\":{}}]},"
		"{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\","
		"\"content\":[{\"type\":\"text\",\"text\":\"see\"},{\"type\":\"image\",\"source\":{"
		"\"type\":\"url\",\"url\":\"http://x/y.png\"}},{\"type\":\"tool_reference\","
		"\"tool_name\":\"late\"}]}]}],\"tools\":[{\"name\":\"late\",\"defer_loading\":true}"
		",{\"name\":\"later\",\"defer_loading\":true}]}";
	expect_part(read_as(f, body), "result id=t1 name=a: \"see\\nthe tool late is available "
				      "now\"{\"content\":[");
	expect_part(buf_z(&f->text), "user\n  image id=t1: \"http://x/y.png\"\n");
	expect_part(buf_z(&f->text), "tool late \"\" {\"defer_loading\":true}\n");
	assert_null(strstr(buf_z(&f->text), "tool later"));
	const char *own = passed(f, &dialect_anthropic, &dialect_anthropic, body);
	expect_part(own, "{\"type\":\"tool_result\",\"tool_use_id\":\"t1\",\"content\":[{\"type\":"
			 "\"text\",\"text\":\"see\"},{\"type\":\"image\"");
	expect_part(own, "{\"name\":\"later\",\"defer_loading\":true}");
	assert_non_null(strstr(own, "\"type\":\"image\""));
	assert_null(strstr(strstr(own, "\"type\":\"image\"") + 1, "\"type\":\"image\""));
	const char *other = passed(f, &dialect_anthropic, &dialect_openai, body);
	expect_part(other, "\"content\":\"see\\nthe tool late is available now\"}");
	expect_part(other, "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"");
}

static void blocks_of_this_api_alone_have_a_stand_in(void **state)
{
	struct fixture *f = *state;
	const char *body =
		"{\"system\":[{\"type\":\"text\",\"text\":\"x-anthropic-billing-header: cc=1\"},"
		"{\"type\":\"text\",\"text\":\"rules\"}],\"messages\":[{\"role\":\"user\","
		"\"content\":[{\"type\":\"document\",\"title\":\"A\",\"source\":{\"type\":\"text\","
		"\"data\":\"words\"}},{\"type\":\"document\",\"source\":{\"type\":\"base64\","
		"\"media_type\":\"application/pdf\",\"data\":\"AA==\"}},{\"type\":"
		"\"container_upload\",\"file_id\":\"f\"}]}]}";
	const char *other = passed(f, &dialect_anthropic, &dialect_openai, body);
	expect_part(other, "\"messages\":[{\"role\":\"system\",\"content\":\"rules\"}");
	expect_part(other, "{\"type\":\"text\",\"text\":\"A\\nwords\"},{\"type\":\"text\",\"text\":"
			   "\"[a document, application/pdf, which this model cannot read]\"}]");
	assert_null(strstr(other, "billing"));
	const char *own = passed(f, &dialect_anthropic, &dialect_anthropic, body);
	expect_part(own, "\"system\":[{\"type\":\"text\",\"text\":\"x-anthropic-billing-header: "
			 "cc=1\"},{\"type\":\"text\",\"text\":\"rules\"}]");
	expect_part(own, "{\"type\":\"container_upload\",\"file_id\":\"f\"}");
}

static void thinking_is_an_effort_or_none(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *members, *effort;
		bool hides;
	} cases[] = {
		{ "", "", true },
		{ ",\"thinking\":{\"type\":\"disabled\"}", "none", false },
		{ ",\"thinking\":{\"type\":\"adaptive\"}", "", false },
		{ ",\"thinking\":{\"type\":\"between_tools\"}", "", false },
		{ ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024}", "low", false },
		{ ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":8192}", "medium", false },
		{ ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":8193}", "high", false },
		{ ",\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":\"max\"}",
			"high", false },
		{ ",\"output_config\":{\"effort\":\"low\"}", "", true },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct str body = arena_printf(f->arena, "{" SAID "%s}", cases[i].members);
		struct chat_request *r = read_body(f, body.p);
		assert_non_null(r);
		assert_true(str_eq_z(r->reasoning_effort, cases[i].effort));
		assert_int_equal(r->hides_thoughts, cases[i].hides);
		chat_request_free(r);
	}
}

static void tools_and_choices(void **state)
{
	struct fixture *f = *state;
	expect_part(read_as(f, "{" SAID ",\"tools\":[{\"name\":\"a\",\"description\":\"d\","
			       "\"input_schema\":{\"type\":\"object\"},\"cache_control\":{}},"
			       "{\"type\":\"custom\",\"name\":\"b\",\"strict\":true},"
			       "{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}],"
			       "\"tool_choice\":{\"type\":\"tool\",\"name\":\"b\","
			       "\"disable_parallel_tool_use\":true},\"stop_sequences\":[\"END\"],"
			       "\"max_tokens\":9,\"top_k\":4}"),
		"tool a \"d\" {\"type\":\"object\"}{\"cache_control\":{}}\n"
		"tool b strict \"\" \n"
		"choice named b\n"
		"one call at a time\n"
		"top_k 4\nmax_tokens 9\nstop END\n");
	assert_true(trace_says(f->trace, "runs at its provider"));
	expect_part(read_as(f, "{" SAID ",\"tools\":[{\"name\":\"a\"}],\"tool_choice\":{\"type\":"
			       "\"any\"}}"),
		"choice required");
	expect_part(read_as(f, "{" SAID ",\"tool_choice\":{\"type\":\"none\"}}"), "choice none");
	expect_part(read_as(f, "{" SAID ",\"output_config\":{\"format\":{\"type\":\"json_schema\","
			       "\"schema\":{\"type\":\"object\"}}}}"),
		"format schema {\"type\":\"object\"}\n");
}

static void what_cannot_be_meant_is_refused_with_its_place(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *body, *says;
	} cases[] = {
		{ "[]", "the document: should be an object" },
		{ "{}", "messages: " },
		{ "{\"messages\":[]}", "messages: is empty" },
		{ "{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}",
			"messages[0].role: is 'tool', should be user, assistant or system" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":7}]}",
			"messages[0].content: should be a string or a list of blocks" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":[{\"text\":\"x\"}]}]}",
			"messages[0].content[0].type: " },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
		  "\"tool_use_id\":\"x\"}]}]}",
			"messages[0]: a tool result for the call 'x'" },
		{ "{\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"tool_use\","
		  "\"id\":\"x\",\"name\":\"f\",\"input\":\"{}\"}]}]}",
			"messages[0].content[0].input: should be an object" },
		{ "{" SAID ",\"tool_choice\":{\"type\":\"any\"}}", "tool_choice: " },
		{ "{" SAID ",\"tool_choice\":{\"type\":\"some\"}}", "tool_choice.type: is 'some'" },
		{ "{" SAID ",\"max_tokens\":0}", "max_tokens: should be between 1 and " },
		{ "{" SAID ",\"temperature\":\"hot\"}", "temperature: should be a number" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_null(read_as(f, cases[i].body));
		assert_int_equal(f->e.layer, LAYER_CLIENT);
		if (strncmp(f->e.what, cases[i].says, strlen(cases[i].says)) != 0)
			assert_string_equal(f->e.what, cases[i].says);
	}
}

/* ---- writing ---- */

/* The official clients go on without a thread if they are told so in these words. */
static void a_thread_may_begin_but_not_go_on(void **state)
{
	struct fixture *f = *state;
	assert_non_null(read_as(f, "{\"model\":\"m\",\"thread\":{\"type\":\"create\"}," SAID "}"));
	assert_null(read_as(f, "{\"model\":\"m\",\"thread\":{\"type\":\"continue\","
			       "\"previous_message_id\":\"msg_1\"}," SAID "}"));
	assert_err(f->e, ERR_BAD_DATA, LAYER_CLIENT);
	buf_reset(&f->text);
	dialect_anthropic.write_error(&f->e, &f->text);
	expect_part(buf_z(&f->text), "\"type\":\"invalid_request_error\"");
	expect_part(buf_z(&f->text),
		"\"details\":{\"error_code\":\"thread_unsupported_request\",\"unsupported\":["
		"\"thread\"]}}}");
}

static void the_same_dialect_gets_what_it_alone_knows(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
		passed(f, &dialect_anthropic, &dialect_anthropic,
			"{\"model\":\"m\",\"max_tokens\":9,\"system\":[{\"type\":\"text\",\"text\":"
			"\"s\",\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[{"
			"\"role\":"
			"\"user\",\"content\":\"hi\"},{\"role\":\"system\",\"content\":\"mind\"},"
			"{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\","
			"\"later\":1}]}],\"tools\":[{\"type\":\"web_search_20250305\",\"name\":"
			"\"web_search\",\"max_uses\":3}],\"thinking\":{\"type\":\"adaptive\","
			"\"display\":\"omitted\"},\"output_config\":{\"effort\":\"xhigh\"},"
			"\"context_management\":{\"edits\":[]},\"metadata\":{\"user_id\":\"me\"},"
			"\"temperature\":1,\"top_p\":0.5}"),
		"{\"model\":\"m\",\"max_tokens\":9,\"system\":[{\"type\":\"text\",\"text\":\"s\","
		"\"cache_control\":{\"type\":\"ephemeral\"}}],\"messages\":[{\"role\":\"user\","
		"\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]},{\"role\":\"system\","
		"\"content\":[{\"type\":\"text\",\"text\":\"mind\"}]},{\"role\":\"user\","
		"\"content\":[{\"type\":\"text\",\"text\":\"x\",\"later\":1}]}],"
		"\"tools\":[{\"type\":"
		"\"web_search_20250305\",\"name\":\"web_search\",\"max_uses\":3}],\"thinking\":{"
		"\"type\":\"adaptive\",\"display\":\"omitted\"},\"output_config\":{\"effort\":"
		"\"xhigh\"},\"temperature\":1,\"top_p\":0.5,\"stream\":true,"
		"\"context_management\":{\"edits\":[]},\"metadata\":{\"user_id\":\"me\"}"
		"}");
}

static void other_dialects_are_brought_into_shape(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
		passed(f, &dialect_openai, &dialect_anthropic,
			"{\"model\":\"claude-opus-5\",\"user\":\"me\",\"temperature\":1.5,"
			"\"max_tokens\":50,\"messages\":[{\"role\":\"system\",\"content\":\"a\"},"
			"{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[{\"id\":"
			"\"call:1\",\"function\":{\"name\":\"f\",\"arguments\":\"{\\\"x\\\": 1}\"}}"
			",{\"id\":\"c2\",\"function\":{\"name\":\"f\",\"arguments\":\"{\"}}]},"
			"{\"role\":\"tool\",\"tool_call_id\":\"call:1\",\"content\":\"ok\"},"
			"{\"role\":\"developer\",\"content\":\"b\"},"
			"{\"role\":\"assistant\",\"content\":\"so \\n\"}]}"),
		"{\"model\":\"claude-opus-5\",\"max_tokens\":50,\"system\":[{\"type\":\"text\","
		"\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}],\"messages\":[{\"role\":"
		"\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Go on.\"}]},{\"role\":"
		"\"assistant\",\"content\":[{\"type\":\"tool_use\",\"id\":\"l224lkt72\",\"name\":"
		"\"f\",\"input\":{\"x\":1}},{\"type\":\"tool_use\",\"id\":\"c2\",\"name\":\"f\","
		"\"input\":{}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\","
		"\"tool_use_id\":\"l224lkt72\",\"content\":\"ok\"},{\"type\":\"tool_result\","
		"\"tool_use_id\":\"c2\",\"content\":\"the call was interrupted: there is no "
		"result\",\"is_error\":true}]},{\"role\":\"assistant\",\"content\":[{\"type\":"
		"\"text\",\"text\":\"so\"}]}],\"tools\":[{\"name\":\"f\",\"input_schema\":{"
		"\"type\":\"object\",\"properties\":{}}}],\"tool_choice\":{\"type\":\"none\"},"
		"\"stream\":true}");
	assert_true(trace_says(f->trace, "1 calls of the history were written without arguments"));
	assert_true(trace_says(f->trace, "temperature, top_p and top_k were left out"));
}

static void an_effort_becomes_a_way_of_thinking(void **state)
{
	struct fixture *f = *state;
	const char *body = passed(f, &dialect_openai, &dialect_anthropic,
		"{\"model\":\"claude-opus-5-5\",\"reasoning_effort\":\"low\"," SAID "}");
	expect_part(body, "\"thinking\":{\"type\":\"adaptive\"},\"output_config\":{\"effort\":"
			  "\"low\"}");
	expect_part(body, "\"max_tokens\":32000");
	body = passed(f, &dialect_openai, &dialect_anthropic,
		"{\"model\":\"claude-sonnet-4-5\",\"reasoning_effort\":\"high\",\"max_tokens\":"
		"8000,\"temperature\":0.5," SAID "}");
	expect_part(body, "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":4000}");
	assert_null(strstr(body, "temperature"));
	body = passed(f, &dialect_openai, &dialect_anthropic,
		"{\"model\":\"claude-opus-5\",\"reasoning_effort\":\"high\",\"tool_choice\":"
		"\"required\",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\","
		"\"parameters\":{\"anyOf\":[{\"properties\":{\"a\":{}}},{\"properties\":{\"b\":{}}}"
		"]}}}]," SAID "}");
	assert_null(strstr(body, "thinking"));
	expect_part(body, "\"input_schema\":{\"type\":\"object\",\"properties\":{\"a\":{},\"b\":{}}"
			  "}");
	expect_part(body, "\"tool_choice\":{\"type\":\"any\"}");
	assert_true(trace_says(f->trace, "where a tool is forced"));
}

static void an_image_in_the_alphabet_for_urls_is_written_in_the_plain_one(void **state)
{
	struct fixture *f = *state;
	expect_part(
		passed(f, &dialect_gemini, &dialect_anthropic,
			"{\"contents\":[{\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\","
			"\"data\":\"a-b_c+d/\"}}]}]}"),
		"\"data\":\"a+b/c+d/\"");
}

static void who_asks_for_thoughts_without_an_effort_gets_some(void **state)
{
	struct fixture *f = *state;
	static const char adaptive[] = "\"thinking\":{\"type\":\"adaptive\"}";
	expect_part(passed(f, &dialect_ollama, &dialect_anthropic,
			    "{\"model\":\"claude-opus-5\",\"think\":true," SAID "}"),
		adaptive);
	assert_null(strstr(passed(f, &dialect_ollama, &dialect_anthropic,
				   "{\"model\":\"claude-opus-5\",\"think\":false," SAID "}"),
		"thinking"));
	/* Google's word shows thoughts if there are any; it does not ask for them. */
	assert_null(strstr(
		passed(f, &dialect_gemini, &dialect_anthropic,
			"{\"contents\":[{\"parts\":[{\"text\":\"hi\"}]}],"
			"\"generationConfig\":{\"thinkingConfig\":{\"includeThoughts\":true}}}"),
		"thinking"));
}

static void a_thought_goes_back_only_to_who_sealed_it(void **state)
{
	struct fixture *f = *state;
#define THOUGHT(signature)                                                                         \
	"{\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":2000},\"messages\":[{\"role\":"     \
	"\"user\",\"content\":\"hi\"},{\"role\":\"assistant\",\"content\":[{\"type\":"             \
	"\"thinking\",\"thinking\":\"hm\",\"signature\":\"" signature                              \
	"\"},{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}]}],\"tools\":[{"     \
	"\"name\":\"f\"}]}"
	const struct dialect *d = &dialect_anthropic;
	static const char whole[] =
		"{\"type\":\"thinking\",\"thinking\":\"hm\",\"signature\":\"AA/B\"}";
	expect_part(passed(f, d, d, THOUGHT("offgrid/up/AA/B")), whole);
	expect_part(passed(f, d, d, THOUGHT("AA/B")), whole);
	expect_part(buf_z(&f->text), "\"budget_tokens\":2000");
	assert_false(trace_says(f->trace, "left out"));
	const char *other = passed(f, d, d, THOUGHT("offgrid/other/AA/B"));
	assert_null(strstr(other, "AA/B"));
	assert_null(strstr(other, "budget_tokens"));
	assert_true(trace_says(f->trace, "belongs to another upstream"));
	assert_null(strstr(passed(f, d, d, THOUGHT("")), "\"thinking\":\"hm\""));
	expect_part(passed(f, d, &dialect_openai, THOUGHT("AA/B")), "\"reasoning_content\":\"hm\"");
	assert_null(strstr(buf_z(&f->text), "AA/B"));
}

static void a_request_over_the_limit_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct chat_request *r = read_body(f, "{" SAID "}");
	struct buf body;
	buf_init(&body, 50);
	buf_add_z(&body, "before");
	assert_false(dialect_anthropic.write_request(r, STR(""), NULL, &body, &f->e));
	assert_err(f->e, ERR_TOO_BIG, LAYER_WIRE);
	assert_str(buf_str(&body), "before");
	buf_clear(&body);
	chat_request_free(r);
}

static void a_seal_names_its_maker(void **state)
{
	struct fixture *f = *state;
	struct str origin, opaque;
	seal_write(STR("api.x.com:443"), STR("a/b+c="), &f->text);
	assert_string_equal(buf_z(&f->text), "offgrid/api.x.com:443/a/b+c=");
	seal_read(buf_str(&f->text), &origin, &opaque);
	assert_str(origin, "api.x.com:443");
	assert_str(opaque, "a/b+c=");
	seal_read(STR("offgrid/broken"), &origin, &opaque);
	assert_int_equal(origin.n, 0);
	assert_str(opaque, "offgrid/broken");
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(system_and_contents_are_strings_or_blocks),
		test(calls_and_results_find_each_other),
		test(what_stands_in_a_result_is_not_lost),
		test(blocks_of_this_api_alone_have_a_stand_in),
		test(thinking_is_an_effort_or_none),
		test(tools_and_choices),
		test(what_cannot_be_meant_is_refused_with_its_place),
		test(a_thread_may_begin_but_not_go_on),
		test(the_same_dialect_gets_what_it_alone_knows),
		test(other_dialects_are_brought_into_shape),
		test(an_effort_becomes_a_way_of_thinking),
		test(an_image_in_the_alphabet_for_urls_is_written_in_the_plain_one),
		test(who_asks_for_thoughts_without_an_effort_gets_some),
		test(a_thought_goes_back_only_to_who_sealed_it),
		test(a_request_over_the_limit_leaves_nothing),
		test(a_seal_names_its_maker),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
