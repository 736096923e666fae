#include <string.h>

#include "chat/dialect.h"
#include "describe.h"
#include "reading.h"

static struct chat_request *read_body(struct fixture *f, struct str body)
{
	err_clear(&f->e);
	return dialect_openai.read_request(STR(""), body, f->arena, f->trace, &f->e);
}

/* What the body means, as text; NULL if it was refused. */
static const char *read_as(struct fixture *f, const char *body)
{
	struct chat_request *r = read_body(f, str_z(body));
	buf_reset(&f->text);
	if (r)
		describe_request(r, &f->text);
	chat_request_free(r);
	return r ? buf_z(&f->text) : NULL;
}

static bool trace_says(const struct trace *t, const char *words)
{
	for (size_t i = 0; i < trace_count(t); i++)
		if (str_find(trace_get(t, i)->text, str_z(words)) != SIZE_MAX)
			return true;
	return false;
}

/* What is refused, with the beginning of what it says; $ stands for a sound list of messages. */
static void expect_refusal(struct fixture *f, const char *body, const char *says)
{
	assert_null(read_as(f, body));
	assert_int_equal(f->e.layer, LAYER_CLIENT);
	if (strncmp(f->e.what, says, strlen(says)) != 0)
		assert_string_equal(f->e.what, says);
}

#define SAID "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]"

static void contents_are_strings_parts_or_nothing(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
		read_as(f,
			"{\"model\":\"m\",\"messages\":["
			"{\"role\":\"system\",\"content\":\"be brief\"},"
			"{\"role\":\"developer\",\"content\":[{\"type\":\"text\",\"text\":\"one\"},"
			"{\"type\":\"text\",\"text\":\"two\"}]},"
			"{\"role\":\"user\",\"name\":\"bob\",\"content\":[{\"type\":\"text\","
			"\"text\":\"see\"},"
			"{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/"
			"png;base64,AA==\",\"detail\":\"low\"}},"
			"{\"type\":\"image_url\",\"image_url\":\"http://x/y.png\"}]},"
			"{\"role\":\"assistant\",\"content\":null,\"refusal\":\"no\"},"
			"{\"role\":\"user\",\"content\":\"\"}]}"),
		"model m\n"
		"system\n  text: \"be brief\"\n"
		"developer\n  text: \"one\"\n  text: \"two\"\n"
		"user\n  text: \"see\"\n  image: \"data:image/png;base64,AA==\"\n  image: "
		"\"http://x/y.png\"\n"
		"assistant\n  text: \"no\"\n"
		"user\n");
}

static void calls_and_results_find_each_other(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
		read_as(f, "{\"messages\":[{\"role\":\"user\",\"content\":\"go\"},"
			   "{\"role\":\"assistant\",\"content\":\"I "
			   "will\",\"reasoning_content\":\"hm\",\"tool_calls\":["
			   "{\"id\":\"call_1\",\"type\":\"function\",\"function\":{\"name\":\"a\","
			   "\"arguments\":\"{\\\"x\\\": 1}\"}},"
			   "{\"id\":\"call_2\",\"type\":\"function\",\"function\":{\"name\":\"b\","
			   "\"arguments\":{\"y\":2}}},"
			   "{\"id\":\"call_3\",\"type\":\"function\",\"function\":{\"name\":\"c\","
			   "\"arguments\":\"\"}}]},"
			   "{\"role\":\"tool\",\"tool_call_id\":\"call2\",\"content\":\"B\"},"
			   "{\"role\":\"user\",\"content\":\"and?\"},"
			   "{\"role\":\"tool\",\"tool_call_id\":\"call_1\",\"content\":[{\"type\":"
			   "\"text\",\"text\":\"A\"}]}]}"),
		"model \nuser\n  text: \"go\"\n"
		"assistant\n  think: \"hm\"\n  text: \"I will\"\n"
		"  call id=call_1 name=a: \"{\\\"x\\\": 1}\"\n  call id=call_2 name=b: "
		"\"{\\\"y\\\":2}\"\n"
		"  call id=call_3 name=c: \"{}\"\n"
		"tool\n  result id=call_1 name=a: \"A\"\ntool\n  result id=call_2 name=b: \"B\"\n"
		"user\n  text: \"and?\"\n");
	assert_true(trace_says(f->trace, "put into the order"));
	assert_true(trace_says(f->trace, "the call 'call_3' of c was never answered"));
}

static void the_older_shapes_are_read(void **state)
{
	struct fixture *f = *state;
	const char *text =
		read_as(f, "{\"messages\":[{\"role\":\"user\",\"content\":\"go\"},"
			   "{\"role\":\"assistant\",\"content\":null,\"function_call\":{\"name\":"
			   "\"a\",\"arguments\":\"{}\"}},"
			   "{\"role\":\"function\",\"name\":\"a\",\"content\":\"A\"}],"
			   "\"functions\":[{\"name\":\"a\",\"parameters\":{\"type\":\"object\"}}],"
			   "\"function_call\":{\"name\":\"a\"}}");
	assert_non_null(text);
	assert_non_null(strstr(text, "name=a: \"{}\"\ntool\n  result id="));
	assert_non_null(strstr(text, "tool a \"\" {\"type\":\"object\"}\nchoice named a\n"));
}

static void images_of_a_result_follow_it(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
		read_as(f, "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":["
			   "{\"id\":\"1\",\"function\":{\"name\":\"a\"}},{\"id\":\"2\","
			   "\"function\":{\"name\":\"b\"}}]},"
			   "{\"role\":\"tool\",\"tool_call_id\":\"1\",\"content\":[{\"type\":"
			   "\"text\",\"text\":\"seen\"},"
			   "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:x\"}}]},"
			   "{\"role\":\"tool\",\"tool_call_id\":\"2\",\"content\":\"B\"}]}"),
		"model \nassistant\n  call id=1 name=a: \"{}\"\n  call id=2 name=b: \"{}\"\n"
		"tool\n  result id=1 name=a: \"seen\"\ntool\n  result id=2 name=b: \"B\"\n"
		"user\n  image: \"data:x\"\n");
}

static void tools_and_choices(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
		read_as(f,
			"{" SAID ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"w\","
			"\"description\":\"writes\",\"strict\":true,\"parameters\":{\"type\":"
			"\"object\",\"properties\":{}}}},"
			"{\"type\":\"web_search\"},{\"function\":{\"name\":\"now\"}},"
			"{\"type\":\"function\",\"function\":{\"name\":\"w\",\"parameters\":null}}]"
			","
			"\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"now\"}},"
			"\"parallel_tool_calls\":false}"),
		"model \nuser\n  text: \"hi\"\n"
		"tool w strict \"writes\" {\"type\":\"object\",\"properties\":{}}\ntool now \"\" \n"
		"choice named now\none call at a time\n");
	assert_true(trace_says(f->trace, "'web_search' was left out"));
	assert_true(trace_says(f->trace, "'w' is offered twice"));
	assert_non_null(strstr(read_as(f, "{" SAID ",\"tools\":[{\"function\":{\"name\":\"a\"}}],"
					  "\"tool_choice\":\"required\"}"),
		"choice required \n"));
	assert_non_null(
		strstr(read_as(f, "{" SAID ",\"tool_choice\":\"none\"}"), "choice none \n"));
}

static void sampling_and_formats(void **state)
{
	struct fixture *f = *state;
	assert_string_equal(
		read_as(f,
			"{" SAID ",\"temperature\":0,\"top_p\":0.5,\"min_p\":0.25,\"top_k\":40.0,"
			"\"repetition_penalty\":1.5,\"presence_penalty\":-1,\"frequency_penalty\":"
			"2,"
			"\"seed\":42,\"max_tokens\":5,\"max_completion_tokens\":7,\"n\":1,"
			"\"stop\":\"END\",\"logit_bias\":{\"50256\":-100},\"logprobs\":true,"
			"\"top_logprobs\":3,\"reasoning_effort\":\"high\",\"stream\":true,"
			"\"stream_options\":{\"include_usage\":true},"
			"\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":"
			"\"x\",\"schema\":{\"type\":\"object\"}}},"
			"\"user\":\"me\",\"options\":{\"num_ctx\":8192}}"),
		"model \nuser\n  text: \"hi\"\ntemperature 0\ntop_p 0.5\nmin_p "
		"0.25\nrepeat_penalty 1.5\n"
		"presence_penalty -1\nfrequency_penalty 2\ntop_k 40\nseed 42\nmax_tokens 7\n"
		"top_logprobs 3\nstop END\nbias 50256 -100\nformat schema {\"type\":\"object\"}\n"
		"effort high\nstream with usage\nextra "
		"{\"user\":\"me\",\"options\":{\"num_ctx\":8192}}\n");
	assert_non_null(
		strstr(read_as(f, "{" SAID
				  ",\"stop\":[\"a\",\"b\"],\"max_tokens\":-1,\"temperature\":null,"
				  "\"response_format\":{\"type\":\"json_object\"}}"),
			"\nstop a\nstop b\nformat json \n"));
}

static void the_last_words_of_the_assistant_are_continued(void **state)
{
	struct fixture *f = *state;
#define ENDS                                                                                       \
	"\"messages\":[{\"role\":\"user\",\"content\":\"hi\"},{\"role\":\"assistant\","            \
	"\"content\":\"We\"}]"
	assert_non_null(strstr(read_as(f, "{" ENDS "}"), "continues\n"));
	assert_null(
		strstr(read_as(f, "{" ENDS ",\"continue_final_message\":false}"), "continues\n"));
	assert_null(
		strstr(read_as(f, "{" SAID ",\"continue_final_message\":true}"), "continues\n"));
}

static void what_cannot_be_meant_is_refused_with_its_place(void **state)
{
	struct fixture *f = *state;
	static const char *const cases[][2] = {
		{ "[]", "the document: should be an object" },
		{ "{}", "messages: should be an array, is missing" },
		{ "{\"messages\":[]}", "messages: is empty" },
		{ "{\"messages\":[5]}", "messages[0]: should be an object" },
		{ "{\"messages\":[{\"content\":\"x\"}]}", "messages[0].role: should be a string" },
		{ "{\"messages\":[{\"role\":\"bot\"}]}", "messages[0].role: is 'bot'" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":5}]}",
			"messages[0].content: should be" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\"}]}]}",
			"messages[0].content[0].type: parts of type 'input_audio'" },
		{ "{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}",
			"messages[0].content[0].image_url.url: should be a string" },
		{ "{\"messages\":[{\"role\":\"tool\",\"tool_call_id\":\"x\",\"content\":\"y\"}]}",
			"messages[0]: a tool result for the call 'x'" },
		{ "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\","
		  "\"function\":{\"name\":\"f\"}}]},"
		  "{\"role\":\"tool\",\"tool_call_id\":\"b\",\"content\":\"y\"}]}",
			"messages[1]: a tool result for the call 'b'" },
		{ "{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"a\"}]}]}",
			"messages[0].tool_calls[0].function: should be an object" },
		{ "{" SAID ",\"n\":2}", "n: 2 answers" },
		{ "{" SAID ",\"temperature\":-1}", "temperature: should be between 0 and 100" },
		{ "{" SAID ",\"temperature\":\"hot\"}", "temperature: should be a number" },
		{ "{" SAID ",\"top_p\":1.5}", "top_p: should be between 0 and 1" },
		{ "{" SAID ",\"max_tokens\":0}", "max_tokens: should be between 1" },
		{ "{" SAID ",\"max_tokens\":1.5}", "max_tokens: should be an integer" },
		{ "{" SAID ",\"stop\":[\"a\",\"\"]}", "stop[1]: is empty" },
		{ "{" SAID ",\"logit_bias\":{\"x\":1}}", "logit_bias.x: is no token number" },
		{ "{" SAID ",\"tools\":[{\"type\":\"function\"}]}",
			"tools[0].function: should be an object" },
		{ "{" SAID ",\"tools\":[{\"function\":{\"name\":\"\"}}]}",
			"tools[0].function.name: is empty" },
		{ "{" SAID ",\"tools\":[{\"function\":{\"name\":\"a\",\"parameters\":[]}}]}",
			"tools[0].function.parameters: should be an object" },
		{ "{" SAID ",\"tool_choice\":\"required\"}",
			"tool_choice: is 'required', but no tools" },
		{ "{" SAID ",\"tool_choice\":\"maybe\"}", "tool_choice: is 'maybe'" },
		{ "{" SAID ",\"tool_choice\":{\"function\":{\"name\":\"x\"}}}",
			"tool_choice: the tool 'x'" },
		{ "{" SAID ",\"response_format\":{\"type\":\"xml\"}}",
			"response_format.type: is 'xml'" },
		{ "{" SAID ",\"response_format\":{\"type\":\"json_schema\"}}",
			"response_format.schema: should be" },
		{ "{" SAID ",\"stream\":\"yes\"}", "stream: should be a boolean" },
		{ "{" SAID, "not valid JSON at line 1" },
		{ "{" SAID ",\"model\":\"a\",\"model\":\"b\"}", "not valid JSON at line 1" },
		{ "{" SAID ",\"user\":\"\xff\"}", "not valid JSON at line 1" },
		{ "", "not valid JSON at line 1" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect_refusal(f, cases[i][0], cases[i][1]);
}

static void a_hostile_body_costs_little(void **state)
{
	struct fixture *f = *state;
	struct buf body;
	buf_init(&body, 8 * MIB);
	buf_add_z(&body, "{\"messages\":");
	buf_add_fill(&body, '[', LIMIT_JSON_DEPTH);
	assert_null(read_body(f, buf_str(&body)));
	assert_err(f->e, ERR_BAD_DATA, LAYER_CLIENT);
	buf_reset(&body);
	buf_add_z(&body, "{\"messages\":[{}");
	for (int i = 0; i < LIMIT_MESSAGES; i++)
		buf_add_z(&body, ",{}");
	buf_add_z(&body, "]}");
	assert_null(read_body(f, buf_str(&body)));
	assert_err(f->e, ERR_TOO_BIG, LAYER_CLIENT);
	buf_reset(&body);
	buf_add_z(&body, "{" SAID ",\"tools\":[{}");
	for (int i = 0; i < LIMIT_TOOLS; i++)
		buf_add_z(&body, ",{}");
	buf_add_z(&body, "]}");
	assert_null(read_body(f, buf_str(&body)));
	assert_err(f->e, ERR_TOO_BIG, LAYER_CLIENT);
	buf_clear(&body);
}

static void a_request_cut_anywhere_is_refused(void **state)
{
	struct fixture *f = *state;
	struct str body = STR("{\"messages\":[{\"role\":\"user\",\"content\":\"a\\u00e4\"}],"
			      "\"stop\":[\"x\"],\"stream\":true}");
	for (size_t n = 0; n < body.n; n++) {
		assert_null(read_body(f, str_sub(body, 0, n)));
		assert_err(f->e, ERR_BAD_DATA, LAYER_CLIENT);
	}
	struct chat_request *r = read_body(f, body);
	assert_non_null(r);
	chat_request_free(r);
}

/* ---- what is written is read back ---- */

struct dice {
	uint64_t state;
};

static uint64_t roll(struct dice *d, uint64_t sides)
{
	d->state ^= d->state << 13;
	d->state ^= d->state >> 7;
	d->state ^= d->state << 17;
	return (d->state >> 11) % sides;
}

static struct str some_text(struct dice *d, struct arena *a)
{
	static const char *const words[] = { "a", "\"quoted\"", "back\\slash", "line\n", "\t",
		"\xc3\xa4", "\xf0\x9f\x98\x80", "{\"x\":", "</s>", "word ", "\x01",
		"data: [DONE]" };
	struct str text = STR("w");
	for (uint64_t i = roll(d, 6); i > 0; i--)
		text = arena_printf(
			a, "%.*s%s", STR_ARG(text), words[roll(d, sizeof words / sizeof words[0])]);
	return text;
}

static void add_said(struct chat_request *r, struct dice *d, bool may_have_images)
{
	for (uint64_t i = roll(d, 3) + 1; i > 0; i--) {
		struct chat_block b = { .type = CHAT_BLOCK_TEXT, .text = some_text(d, r->arena) };
		if (may_have_images && roll(d, 4) == 0)
			b.type = CHAT_BLOCK_IMAGE;
		chat_add_block(r, b);
	}
}

static void add_turn(struct chat_request *r, struct dice *d, size_t turn)
{
	chat_add_message(r, CHAT_USER);
	add_said(r, d, true);
	chat_add_message(r, CHAT_ASSISTANT);
	if (roll(d, 3) == 0)
		chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_THINK,
					  .text = some_text(d, r->arena) });
	uint64_t calls = roll(d, 4);
	if (!calls || roll(d, 2))
		add_said(r, d, false);
	for (uint64_t i = 0; i < calls; i++)
		chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_CALL,
					  .id = arena_printf(r->arena, "call%zu%d", turn, (int)i),
					  .name = arena_printf(r->arena, "tool%d", (int)i),
					  .text = STR("{\"a\": \"\\u00e4\"}") });
	for (uint64_t i = 0; i < calls; i++) {
		chat_add_message(r, CHAT_TOOL);
		chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_RESULT,
					  .id = arena_printf(r->arena, "call%zu%d", turn, (int)i),
					  .name = arena_printf(r->arena, "tool%d", (int)i),
					  .text = some_text(d, r->arena) });
	}
}

static void add_settings(struct chat_request *r, struct dice *d)
{
	struct chat_sampling *s = &r->sampling;
	if (roll(d, 2)) {
		s->temperature = (double)roll(d, 200) / 100;
		s->top_p = (double)roll(d, 100) / 100;
		s->min_p = 0.1;
		s->repeat_penalty = 1.1;
		s->presence_penalty = -0.3;
		s->frequency_penalty = 1e-7;
		s->top_k = (int)roll(d, 100);
		s->seed = (int64_t)roll(d, UINT64_C(1) << 50);
		s->max_tokens = (int64_t)roll(d, 100000) + 1;
		s->top_logprobs = (int)roll(d, 20);
	}
	if (roll(d, 2)) {
		struct str *stops = arena_calloc(r->arena, 2, sizeof *stops);
		stops[0] = some_text(d, r->arena);
		stops[1] = some_text(d, r->arena);
		s->stops = stops;
		s->stop_count = 2;
		struct chat_logit_bias *bias = arena_calloc(r->arena, 1, sizeof *bias);
		*bias = (struct chat_logit_bias){ (int)roll(d, 32000), -100 };
		s->biases = bias;
		s->bias_count = 1;
	}
	r->dialect = &dialect_openai;
	if (roll(d, 2))
		r->extra = chat_request_keep(
			r, json_pack("{s:s, s:{s:i}}", "user", "me", "options", "num_ctx", 4096));
	r->format = (enum chat_format)roll(d, CHAT_FORMAT_COUNT);
	if (r->format == CHAT_FORMAT_SCHEMA)
		r->format_schema = chat_request_keep(r, json_pack("{s:s}", "type", "object"));
	if (roll(d, 2))
		r->reasoning_effort = STR("low");
}

static void add_tools(struct chat_request *r, struct dice *d)
{
	for (uint64_t i = 0; i < 4; i++) {
		json_t *schema = json_pack("{s:s, s:{s:{s:s}}}", "type", "object", "properties",
			"a", "type", "string");
		if (roll(d, 3) == 0) {
			json_decref(schema);
			schema = NULL;
		}
		chat_add_tool(r, arena_printf(r->arena, "tool%d", (int)i), some_text(d, r->arena),
			schema);
		r->tools[i].is_strict = roll(d, 2);
	}
	r->tool_choice = (enum chat_tool_choice)roll(d, CHAT_CHOICE_COUNT);
	if (r->tool_choice == CHAT_CHOICE_NAMED)
		r->choice_name = STR("tool2");
	r->allows_parallel_calls = roll(d, 2);
}

/* Any request that this dialect can carry whole. */
static struct chat_request *some_request(struct dice *d, struct arena *a)
{
	struct chat_request *r = chat_request_new(a);
	r->model = some_text(d, a);
	if (roll(d, 2)) {
		chat_add_message(r, CHAT_SYSTEM);
		add_said(r, d, false);
	}
	for (uint64_t i = roll(d, 4) + 1; i > 0; i--)
		add_turn(r, d, (size_t)i);
	const struct chat_message *last = &r->messages[r->message_count - 1];
	r->continues_assistant = last->role == CHAT_ASSISTANT;
	if (roll(d, 2))
		add_tools(r, d);
	add_settings(r, d);
	r->is_stream = r->wants_usage = true;
	return r;
}

static void what_is_written_is_read_back(void **state)
{
	struct fixture *f = *state;
	struct dice d = { 88172645463325252u };
	struct buf body, before;
	buf_init(&body, MIB);
	buf_init(&before, MIB);
	for (int i = 0; i < 500; i++) {
		arena_reset(f->arena);
		buf_reset(&body);
		buf_reset(&before);
		buf_reset(&f->text);
		struct chat_request *r = some_request(&d, f->arena);
		describe_request(r, &before);
		assert_true(dialect_openai.write_request(r, STR(""), NULL, &body, &f->e));
		struct chat_request *again = read_body(f, buf_str(&body));
		assert_non_null(again);
		describe_request(again, &f->text);
		assert_string_equal(buf_z(&f->text), buf_z(&before));
		chat_request_free(r);
		chat_request_free(again);
	}
	buf_clear(&body);
	buf_clear(&before);
}

static void what_cannot_be_carried_is_said_otherwise(void **state)
{
	struct fixture *f = *state;
	struct chat_request *r = chat_request_new(f->arena);
	chat_add_text(r, CHAT_DEVELOPER, STR("rules"));
	chat_add_message(r, CHAT_ASSISTANT);
	chat_add_block(
		r, (struct chat_block){
			   .type = CHAT_BLOCK_THINK, .opaque = STR("seal"), .origin = STR("x") });
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_CALL,
				  .id = STR("1"),
				  .name = STR("f"),
				  .text = STR("{}") });
	chat_add_message(r, CHAT_TOOL);
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_RESULT,
				  .id = STR("1"),
				  .text = STR("no file"),
				  .is_error = true });
	struct buf body;
	buf_init(&body, MIB);
	assert_true(dialect_openai.write_request(r, STR(""), f->trace, &body, &f->e));
	assert_non_null(strstr(buf_z(&body), "{\"role\":\"system\",\"content\":\"rules\"}"));
	assert_non_null(strstr(buf_z(&body), "\"content\":\"error: no file\""));
	assert_null(strstr(buf_z(&body), "seal"));
	assert_true(trace_says(f->trace, "sealed reasoning"));
	buf_clear(&body);
	buf_init(&body, 50);
	buf_add_z(&body, "before");
	assert_false(dialect_openai.write_request(r, STR(""), NULL, &body, &f->e));
	assert_err(f->e, ERR_TOO_BIG, LAYER_WIRE);
	assert_str(buf_str(&body), "before");
	buf_clear(&body);
	chat_request_free(r);
}

#define test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(contents_are_strings_parts_or_nothing),
		test(calls_and_results_find_each_other),
		test(the_older_shapes_are_read),
		test(images_of_a_result_follow_it),
		test(tools_and_choices),
		test(sampling_and_formats),
		test(the_last_words_of_the_assistant_are_continued),
		test(what_cannot_be_meant_is_refused_with_its_place),
		test(a_hostile_body_costs_little),
		test(a_request_cut_anywhere_is_refused),
		test(what_is_written_is_read_back),
		test(what_cannot_be_carried_is_said_otherwise),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
