/*
 * test_tool_guide_rows.c - every row of the table of tool formats: the bytes of its makers'
 * template are taken, mistakes in them are not, and whatever else passes is a valid call.
 */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "chat/tool_guide.h"
#include "walk.h"

#define M3 "]<]minimax[>["

/* The answer to "write the file" as each family's template renders it. */
static const struct golden {
	const char *row;
	const char *said; /* behind the row's prompt_tail */
} goldens[] = {
	{ "hermes", "Let me write it.\n<tool_call>\n{\"name\": \"write_file\", \"arguments\": "
		    "{\"path\": \"a \\\"q\\\".txt\", \"mode\": 420}}\n</tool_call>" },
	{ "prompted", "Let me write it.<tool_call>{\"name\": \"write_file\", \"arguments\": "
		      "{\"path\": \"a \\\"q\\\".txt\", \"mode\": 420}}</tool_call>" },
	{ "groq", "<tool_call>\n{\"id\": 0, \"name\": \"write_file\", \"arguments\": "
		  "{\"path\": \"a \\\"q\\\".txt\", \"mode\": 420}}\n</tool_call>" },
	{ "llama-json", "{\"name\": \"write_file\", \"parameters\": {\"path\": \"a "
			"\\\"q\\\".txt\", \"mode\": 420}}" },
	{ "mistral-list", "[TOOL_CALLS][{\"name\": \"write_file\", \"arguments\": {\"path\": "
			  "\"a \\\"q\\\".txt\", \"mode\": 420}, \"id\": \"abcdefghi\"}]" },
	{ "mistral-args", "Let me write it.[TOOL_CALLS]write_file[ARGS]{\"path\": \"a "
			  "\\\"q\\\".txt\", \"mode\": 420}" },
	{ "mistral-id", "[TOOL_CALLS]write_file[CALL_ID]abcdefghi[ARGS]{\"path\": \"a "
			"\\\"q\\\".txt\", \"mode\": 420}" },
	{ "mistral-id", "[TOOL_CALLS]write_file[ARGS]{\"path\": \"a "
			"\\\"q\\\".txt\", \"mode\": 420}" },
	{ "nemotron-list", "Let me write it.\n<TOOLCALL>[{\"name\": \"write_file\", "
			   "\"arguments\": {\"path\": \"a \\\"q\\\".txt\", \"mode\": "
			   "420}}]</TOOLCALL>\n" },
	{ "granite-list", "<|tool_call|>[{\"name\": \"write_file\", \"arguments\": {\"path\": "
			  "\"a \\\"q\\\".txt\", \"mode\": 420}}]" },
	{ "phi-list", "functools[{\"name\": \"write_file\", \"arguments\": {\"path\": "
		      "\"a \\\"q\\\".txt\", \"mode\": 420}}]" },
	{ "smol-list", "<tool_call>[{\"name\": \"write_file\", \"arguments\": {\"path\": "
		       "\"a \\\"q\\\".txt\", \"mode\": 420}}]</tool_call>" },
	{ "command-list",
		"<|START_THINKING|>THINK1<|END_THINKING|><|START_ACTION|>[\n    {\"tool_call_id\": "
		"\"0\", \"tool_name\": \"write_file\", \"parameters\": {\"path\": \"a "
		"\\\"q\\\".txt\", \"mode\": 420}}\n]<|END_ACTION|>" },
	{ "apertus-list", "Let me write it.<|tools_prefix|>[{\"write_file\": {\"path\": \"a "
			  "\\\"q\\\".txt\", \"mode\": 420}}]<|tools_suffix|>" },
	{ "deepseek-fence",
		"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>write_file\n"
		"```json\n{\"path\": \"a \\\"q\\\".txt\", \"mode\": "
		"420}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>" },
	{ "deepseek-sep", "Let me write it.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>write_file"
			  "<｜tool▁sep｜>{\"path\": \"a \\\"q\\\".txt\", \"mode\": "
			  "420}<｜tool▁call▁end｜><｜tool▁calls▁end｜>" },
	{ "kimi", "Let me write it.<|tool_calls_section_begin|><|tool_call_begin|>functions."
		  "write_file:0<|tool_call_argument_begin|>{\"path\": \"a \\\"q\\\".txt\", "
		  "\"mode\": 420}<|tool_call_end|><|tool_calls_section_end|>" },
	{ "functionary-tag", "Let me write it.<function=write_file>{\"path\": \"a "
			     "\\\"q\\\".txt\", \"mode\": 420}</function>" },
	{ "functionary-to", "all\nLet me write it.>>>write_file\n{\"path\": \"a "
			    "\\\"q\\\".txt\", \"mode\": 420}" },
	{ "solar", "<|tool_calls|><|tool_call:begin|>abcdefghij<|tool_call:name|>write_file"
		   "<|tool_call:args|>{\"path\": \"a \\\"q\\\".txt\", \"mode\": "
		   "420}<|tool_call:end|><|calls|>" },
	{ "harmony", "<|channel|>analysis<|message|>Let me write it.<|end|><|start|>assistant "
		     "to=functions.write_file<|channel|>commentary json<|message|>{\"path\": "
		     "\"a \\\"q\\\".txt\", \"mode\": 420}" },
	{ "harmony", "<|channel|>analysis<|message|>Let me write it.<|end|><|start|>assistant"
		     "<|channel|>commentary to=functions.write_file <|constrain|>json<|message|>"
		     "{\"path\": \"a \\\"q\\\".txt\", \"mode\": 420}" },
	{ "harmony", " to=functions.write_file<|channel|>commentary json<|message|>{\"path\": "
		     "\"a \\\"q\\\".txt\", \"mode\": 420}" },
	{ "qwen-xml", "Let me write it.\n\n<tool_call>\n<function=write_file>\n<parameter=path>\na "
		      "\"q\".txt\n</parameter>\n<parameter=mode>\n420\n</parameter>\n</function>\n"
		      "</tool_call>" },
	{ "qwen-xml", "<function=write_file>\n<parameter=path>\na "
		      "\"q\".txt\n</parameter>\n<parameter=mode>\n420\n</parameter>\n</function>\n"
		      "</tool_call>" },
	{ "seed-xml", "<seed:think>THINK1</seed:think>\nLet me write it.\n\n<seed:tool_call>\n"
		      "<function=write_file>\n<parameter=path>a \"q\".txt</parameter>\n"
		      "<parameter=mode>420</parameter>\n</function>\n</seed:tool_call>" },
	{ "minimax-xml", "<minimax:tool_call>\n<invoke name=\"write_file\">\n<parameter "
			 "name=\"path\">a \"q\".txt</parameter>\n<parameter "
			 "name=\"mode\">420</parameter>\n</invoke>\n</minimax:tool_call>" },
	{ "minimax-elements", "<mm:think>THINK1</mm:think>Let me write it." M3 "<tool_call>\n" M3
			      "<invoke name=\"write_file\">" M3 "<path>a \"q\".txt" M3 "</path>" M3
			      "<mode>420" M3 "</mode>" M3 "</invoke>\n" M3 "</tool_call>" },
	{ "muse-xml", "<atem:function_calls>\n<atem:invoke name=\"write_file\">\n<atem:parameter "
		      "name=\"path\">a \"q\".txt</atem:parameter>\n<atem:parameter "
		      "name=\"mode\">420</atem:parameter>\n</atem:invoke>\n"
		      "</atem:function_calls>" },
	{ "kimi-open",
		"<|open|>think<|sep|>THINK1<|close|>think<|sep|><|open|>response<|sep|>Let me "
		"write it.<|close|>response<|sep|><|open|>tools<|sep|><|open|>call "
		"tool=\"write_file\" index=\"1\"<|sep|><|open|>argument key=\"path\" "
		"type=\"string\"<|sep|>a \"q\".txt<|close|>argument<|sep|><|open|>argument "
		"key=\"mode\" type=\"number\"<|sep|>420<|close|>argument<|sep|><|close|>call<|sep|>"
		"<|close|>tools<|sep|>" },
	{ "glm-lines", "\n<think>THINK1</think>\nLet me write it.\n<tool_call>write_file\n"
		       "<arg_key>path</arg_key>\n<arg_value>a \"q\".txt</arg_value>\n"
		       "<arg_key>mode</arg_key>\n<arg_value>420</arg_value>\n</tool_call>" },
	{ "glm-tight", "Let me write it.<tool_call>write_file<arg_key>path</arg_key><arg_value>a "
		       "\"q\".txt</arg_value><arg_key>mode</arg_key><arg_value>420</arg_value>"
		       "</tool_call>" },
	{ "hy", "Let me write it.<tool_calls:opensource>\n<tool_call:opensource>write_file"
		"<tool_sep:opensource>\n<arg_key:opensource>path</arg_key:opensource>\n"
		"<arg_value:opensource>a \"q\".txt</arg_value:opensource>\n"
		"<arg_key:opensource>mode</arg_key:opensource>\n<arg_value:opensource>420"
		"</arg_value:opensource>\n</tool_call:opensource>\n</tool_calls:opensource>" },
	{ "lfm-python", "Let me write it.<|tool_call_start|>[write_file(path='a \"q\".txt', "
			"mode=420)]<|tool_call_end|>" },
	{ "llama-python", "[write_file(path=\"a \\\"q\\\".txt\", mode=420), write()]" },
	{ "gemma", "<|channel>thought\nTHINK1\n<channel|><|tool_call>call:write_file{mode:420,"
		   "path:<|\"|>a \"q\".txt<|\"|>}<tool_call|>" },
	{ "function-gemma", "<start_function_call>call:write_file{path:<escape>a \"q\".txt<escape>"
			    ",mode:420}<end_function_call>" },
	{ "dsml-functions",
		"Let me write it.\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke name=\"write_file\">"
		"\n<｜DSML｜parameter name=\"path\" string=\"true\">a \"q\".txt"
		"</｜DSML｜parameter>\n<｜DSML｜parameter name=\"mode\" string=\"false\">420"
		"</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜function_calls>" },
	{ "dsml-tools",
		"Let me write it.\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"write_file\">"
		"\n<｜DSML｜parameter name=\"path\" string=\"true\">a \"q\".txt"
		"</｜DSML｜parameter>\n<｜DSML｜parameter name=\"mode\" string=\"false\">420"
		"</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>" },
};

enum { GOLDEN_COUNT = sizeof goldens / sizeof *goldens };

/* Ends the test with what was said. */
static void blame(const char *row, const char *what, struct str said)
{
	print_error("%s: %s: %.*s\n", row, what, STR_ARG(said));
	assert_true(false);
}

struct fixture {
	struct arena *arena;
	struct chat_request *request;
	struct tool_guide *guide;
	struct buf text;
};

static struct fixture fixture_new(void)
{
	struct fixture f = { .arena = arena_new() };
	buf_init(&f.text, 100000);
	f.request = chat_request_new(f.arena);
	chat_add_tool(f.request, STR("write_file"), STR("Write a file."),
		json_pack("{s:s, s:{s:{s:s}, s:{s:s}}, s:[s]}", "type", "object", "properties",
			"path", "type", "string", "mode", "type", "integer", "required", "path"));
	chat_add_tool(f.request, STR("write"), STR(""), NULL);
	return f;
}

static const struct guide *build(
	struct fixture *f, const struct tool_format *format, enum tool_thinking thinking)
{
	tool_guide_free(f->guide);
	f->guide = tool_guide_new(f->request, format, thinking, NULL);
	return tool_guide_get(f->guide);
}

static void fixture_free(struct fixture *f)
{
	tool_guide_free(f->guide);
	chat_request_free(f->request);
	arena_free(f->arena);
	buf_clear(&f->text);
}

static const struct tool_format *row_of(const struct golden *golden)
{
	const struct tool_format *row = tool_format_find(str_z(golden->row));
	assert_non_null(row);
	return row;
}

/* The text with the first `from` in it replaced. */
static struct str with(struct fixture *f, const char *text, const char *from, const char *to)
{
	struct str s = str_z(text);
	size_t at = str_find(s, str_z(from));
	assert_int_not_equal(at, SIZE_MAX);
	return arena_printf(f->arena, "%.*s%s%s", (int)at, text, to, text + at + strlen(from));
}

static void the_bytes_of_the_templates_are_taken(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	for (size_t i = 0; i < GOLDEN_COUNT; i++) {
		const struct guide *g = build(&f, row_of(&goldens[i]), TOOL_THINKING_MAY);
		if (!walk_takes(g, str_z(goldens[i].said)))
			blame(goldens[i].row, "refused after",
				str_sub(str_z(goldens[i].said), 0,
					walk_prefix(g, str_z(goldens[i].said))));
	}
	fixture_free(&f);
}

static void mistakes_in_them_are_refused(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	static const char *const mistakes[][2] = { { "write_file", "write_fill" },
		{ "write_file", "Write_file" }, { "path", "pads" }, { "420", "4.5" },
		{ "420", "x" }, { "mode", "path" } };
	for (size_t i = 0; i < GOLDEN_COUNT; i++)
		for (size_t k = 0; k < sizeof mistakes / sizeof *mistakes; k++) {
			const struct tool_format *row = row_of(&goldens[i]);
			if (row->is_front_only && k < 2)
				continue;
			const struct guide *g = build(&f, row, TOOL_THINKING_MAY);
			struct str said = with(&f, goldens[i].said, mistakes[k][0], mistakes[k][1]);
			if (walk_takes(g, said))
				blame(goldens[i].row, "took", said);
		}
	fixture_free(&f);
}

/* The first object in the text that looks like the tool's arguments. */
static json_t *find_args(struct str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] != '{')
			continue;
		json_t *value = json_loadb(text.p + i, text.n - i, JSON_DISABLE_EOF_CHECK, NULL);
		size_t known = (json_object_get(value, "path") != NULL) +
			       (json_object_get(value, "mode") != NULL);
		if (json_is_string(json_object_get(value, "path")) &&
			known == json_object_size(value))
			return value;
		json_decref(value);
	}
	return NULL;
}

/* What tempts a walk out of a free string: the texts of the row behind each other. */
static const char *lure_of(struct fixture *f, const struct tool_format *row, uint64_t seed)
{
	const char *close = row->param_close;
	if (row->element_mark)
		close = M3 "</path>";
	if (row->quote)
		close = row->quote;
	if (!close || seed % 4 == 0)
		close = row->arguments == TOOL_ARGS_PYTHON && seed % 4 ? "'" : "\"";
	const char *next = seed % 4 == 1 ? row->param_open : seed % 4 == 2 ? row->call_close : NULL;
	return arena_printf(f->arena, "%s%s", close, next ? next : "").p;
}

static void check_walk(struct fixture *f, const struct tool_format *row, uint64_t seed)
{
	struct walk_random r = { seed, lure_of(f, row, seed % 2 ? seed : 2) };
	const struct guide *g = build(f, row, TOOL_THINKING_NEVER);
	enum walk_end end = walk_randomly(g, &r, 40, 4000, &f->text);
	/* Only every other one is tempted out of a string that has no other end. */
	bool has_luck = seed % 2 == 0 || row->arguments == TOOL_ARGS_JSON;
	if (end == WALK_STUCK || (end == WALK_LONG && has_luck))
		blame(row->name, "no end", buf_str(&f->text));
	if (row->arguments != TOOL_ARGS_JSON)
		return;
	json_t *args = find_args(buf_str(&f->text));
	if (!args || str_find(buf_str(&f->text), STR("write_file")) == SIZE_MAX)
		blame(row->name, "no call", buf_str(&f->text));
	json_t *mode = json_object_get(args, "mode");
	assert_true(!mode || json_is_integer(mode));
	json_decref(args);
}

static void a_demanded_call_is_valid_however_it_is_chosen(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	f.request->tool_choice = CHAT_CHOICE_NAMED;
	f.request->choice_name = STR("write_file");
	f.request->allows_parallel_calls = false;
	for (size_t i = 0; tool_formats[i]; i++)
		for (uint64_t seed = 0; seed < 20; seed++)
			if (tool_formats[i]->mark_open)
				check_walk(&f, tool_formats[i], seed);
	fixture_free(&f);
}

static void sections_hold_several_calls(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	static const char *const calls[][2] = {
		{ "granite-list", "<|tool_call|>[{\"name\": \"write\", \"arguments\": {}}, "
				  "{\"name\": \"write\", \"arguments\": {}}]" },
		{ "kimi", "<|tool_calls_section_begin|><|tool_call_begin|>functions.write:0"
			  "<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_call_begin|>"
			  "functions.write:1<|tool_call_argument_begin|>{}<|tool_call_end|>"
			  "<|tool_calls_section_end|>" },
		{ "command-list", "<|START_ACTION|>[{\"tool_call_id\": \"0\", \"tool_name\": "
				  "\"write\", \"parameters\": {}},\n    {\"tool_call_id\": \"1\", "
				  "\"tool_name\": \"write\", \"parameters\": {}}\n]"
				  "<|END_ACTION|>" },
		{ "deepseek-fence",
			"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>write\n``"
			"`"
			"json\n{}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function<"
			"｜tool▁sep｜>"
			"write\n```json\n{}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>" },
	};
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		const struct tool_format *row = tool_format_find(str_z(calls[i][0]));
		f.request->tool_choice = CHAT_CHOICE_REQUIRED;
		f.request->allows_parallel_calls = true;
		assert_true(walk_takes(build(&f, row, TOOL_THINKING_NEVER), str_z(calls[i][1])));
		f.request->allows_parallel_calls = false;
		assert_false(walk_takes(build(&f, row, TOOL_THINKING_NEVER), str_z(calls[i][1])));
	}
	fixture_free(&f);
}

static void numbers_go_on_where_the_conversation_counts_them(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	chat_add_message(f.request, CHAT_ASSISTANT);
	for (int i = 0; i < 12; i++)
		chat_add_block(f.request,
			(struct chat_block){ .type = CHAT_BLOCK_CALL, .name = STR("write") });
	f.request->tool_choice = CHAT_CHOICE_NAMED;
	f.request->choice_name = STR("write");
	const struct guide *g = build(&f, tool_format_find(STR("kimi")), TOOL_THINKING_NEVER);
	assert_str(walk_forced(g, STR(""), &f.text),
		"<|tool_calls_section_begin|><|tool_call_begin|>functions.write:12"
		"<|tool_call_argument_begin|>{}<|tool_call_end|><|tool_call");
	g = build(&f, tool_format_find(STR("groq")), TOOL_THINKING_NEVER);
	assert_true(walk_takes(g, STR("<tool_call>\n{\"id\": 0, \"name\": \"write\", "
				      "\"arguments\": {}}\n</tool_call>")));
	assert_false(walk_takes(g, STR("<tool_call>\n{\"id\": 12, \"name\": \"write\", "
				       "\"arguments\": {}}\n</tool_call>")));
	fixture_free(&f);
}

static void a_plain_mark_is_a_call_only_at_the_front_and_only_if_it_goes_on_as_one(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	const struct tool_format *row = tool_format_find(STR("llama-json"));
	const struct guide *g = build(&f, row, TOOL_THINKING_NEVER);
	assert_true(walk_takes(g, STR("{\"name\": \"Bob\"} is an object")));
	assert_true(walk_takes(g, STR("{")));
	assert_true(walk_takes(g, STR("As JSON: {\"name\": \"write\", \"parameters\": 5}")));
	assert_true(walk_takes(g, STR("{\"name\": \"write\", \"parameters\": {}}")));
	assert_false(walk_takes(g, STR("{\"name\": \"write\", \"parameters\": {}} and")));
	assert_false(walk_takes(g, STR("{\"name\": \"write\", \"parameters\": 5}")));
	f.request->tool_choice = CHAT_CHOICE_NONE;
	g = build(&f, row, TOOL_THINKING_NEVER);
	assert_true(walk_takes(g, STR("{\"name\": \"write\", \"param\"")));
	assert_false(walk_takes(g, STR("{\"name\": \"write\", \"parameters\": ")));
	fixture_free(&f);
}

static void in_harmony_a_thought_may_stand_before_a_demanded_call(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	f.request->tool_choice = CHAT_CHOICE_REQUIRED;
	const struct guide *g = build(&f, tool_format_find(STR("harmony")), TOOL_THINKING_MAY);
	assert_true(
		walk_takes(g, STR("<|channel|>analysis<|message|>hm<|end|><|start|>assistant "
				  "to=functions.write<|channel|>commentary json<|message|>{}")));
	assert_true(walk_takes(g, STR("<|channel|>commentary to=functions.write "
				      "<|constrain|>json<|message|>{}")));
	assert_true(walk_takes(g, STR(" to=functions.write<|constrain|>json<|message|>{}")));
	/* joined to the name it would be read as part of it */
	assert_false(walk_takes(g, STR(" to=functions.writejson")));
	assert_false(walk_takes(g, STR("<|channel|>final<|message|>hm")));
	assert_false(walk_takes(g, STR("<|channel|>analysis<|message|>hm<|end|>")));
	assert_str(walk_forced(g, STR("<|channel|>analysis<|message|>hm<|end|><"), &f.text), "|");
	f.request->tool_choice = CHAT_CHOICE_AUTO;
	g = build(&f, tool_format_find(STR("harmony")), TOOL_THINKING_MAY);
	assert_true(walk_takes(g, STR("<|channel|>final<|message|>hm")));
	fixture_free(&f);
}

static void text_behind_a_mark_of_its_own_is_text(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	const struct tool_format *row = tool_format_find(STR("functionary-to"));
	const struct guide *g = build(&f, row, TOOL_THINKING_NEVER);
	assert_true(walk_takes(g, STR("all\nHello")));
	assert_true(walk_takes(g, STR("write\n{}")));
	assert_false(walk_takes(g, STR("Hello")));
	f.request->tool_choice = CHAT_CHOICE_REQUIRED;
	assert_false(walk_takes(build(&f, row, TOOL_THINKING_NEVER), STR("all\nHello")));
	f.request->tool_choice = CHAT_CHOICE_NONE;
	g = build(&f, row, TOOL_THINKING_NEVER);
	assert_true(walk_takes(g, STR("all\nHello")));
	assert_false(walk_takes(g, STR("write\n{}")));
	fixture_free(&f);
}

static void a_name_that_cannot_be_written_is_left_out_and_noted(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	struct trace *t = trace_new();
	chat_add_tool(f.request, STR("a[b] \"\xc3\xa4\""), STR(""), NULL);
	f.request->tool_choice = CHAT_CHOICE_REQUIRED;
	tool_guide_free(tool_guide_new(f.request, &tool_format_hermes, TOOL_THINKING_NEVER, t));
	assert_int_equal(trace_count(t), 0);
	f.guide = tool_guide_new(
		f.request, tool_format_find(STR("mistral-args")), TOOL_THINKING_NEVER, t);
	assert_int_equal(trace_count(t), 1);
	assert_true(walk_takes(tool_guide_get(f.guide), STR("[TOOL_CALLS]write[ARGS]{}")));
	assert_false(
		walk_takes(tool_guide_get(f.guide), STR("[TOOL_CALLS]a[b] \"\xc3\xa4\"[ARGS]{}")));
	trace_free(t);
	fixture_free(&f);
}

#define QWEN(text)                                                                                 \
	"<tool_call>\n<function=write_file>\n<parameter=path>\n" text                              \
	"\n</parameter>\n</function>\n</tool_call>"

/* What a file may hold: closing texts inside a line, a whole call, a mention of one. */
static void a_raw_string_may_hold_its_own_closing_text(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	static const char *const taken[] = { QWEN(""), QWEN("a </parameter> b"),
		QWEN("a\n</parameter>\nb"), QWEN("\n\n</param"), QWEN("<parameter=x>\n1"),
		QWEN(QWEN("inside")), QWEN("the tag <function=name> opens"),
		QWEN("\xc3\xa4 \"'\\") };
	static const char *const refused[] = { QWEN("\xff"), QWEN("a\n</parameter>\n<parameter=x>"),
		QWEN("a\n</parameter>\n</function> b"),
		"<tool_call>\n<function=write_file>\n</function>\n</tool_call>" };
	const struct tool_format *row = tool_format_find(STR("qwen-xml"));
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
		const struct guide *g = build(&f, row, TOOL_THINKING_NEVER);
		if (!walk_takes(g, str_z(taken[i])))
			blame("refused", taken[i],
				str_sub(str_z(taken[i]), 0, walk_prefix(g, str_z(taken[i]))));
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_false(walk_takes(build(&f, row, TOOL_THINKING_NEVER), str_z(refused[i])));
	fixture_free(&f);
}

static void what_may_be_a_string_is_one_unless_its_type_is_told(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	struct trace *t = trace_new();
	chat_add_tool(f.request, STR("put"), STR(""),
		json_pack("{s:s, s:{s:{s:[ss]}}}", "type", "object", "properties", "v", "type",
			"string", "null"));
	f.guide = tool_guide_new(
		f.request, tool_format_find(STR("glm-tight")), TOOL_THINKING_NEVER, t);
	assert_int_equal(trace_count(t), 1);
	assert_non_null(strstr(trace_get(t, 0)->text.p, "what may be a string is one"));
	assert_true(walk_takes(tool_guide_get(f.guide),
		STR("<tool_call>put<arg_key>v</arg_key><arg_value>null</arg_value></tool_call>")));
	const struct guide *g = build(&f, tool_format_find(STR("dsml-tools")), TOOL_THINKING_NEVER);
#define DSML(flag, value)                                                                               \
	STR("<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"put\">\n<｜DSML｜parameter name=\"v\" " \
	    "string=\"" flag "\">" value                                                                \
	    "</｜DSML｜parameter>\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>")
	assert_true(walk_takes(g, DSML("true", "null")));
	assert_true(walk_takes(g, DSML("true", "x")));
	assert_true(walk_takes(g, DSML("false", "null")));
	assert_false(walk_takes(g, DSML("false", "x")));
	trace_free(t);
	fixture_free(&f);
}

static void closers_and_lone_keys_are_forced(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	f.request->tool_choice = CHAT_CHOICE_NAMED;
	f.request->choice_name = STR("write_file");
	f.request->allows_parallel_calls = false;
	const struct guide *g = build(&f, tool_format_find(STR("gemma")), TOOL_THINKING_NEVER);
	assert_str(walk_forced(g, STR(""), &f.text), "<|tool_call>call:write_file{");
	assert_str(walk_forced(g, STR("<|tool_call>call:write_file{m"), &f.text), "ode:");
	assert_str(
		walk_forced(g, STR("<|tool_call>call:write_file{mode:1,"), &f.text), "path:<|\"|>");
	assert_str(walk_forced(g, STR("<|tool_call>call:write_file{mode:1,path:<|\"|>a<|\"|>"),
			   &f.text),
		"}<tool_call|>");
	g = build(&f, tool_format_find(STR("lfm-python")), TOOL_THINKING_NEVER);
	assert_str(walk_forced(g, STR(""), &f.text), "<|tool_call_start|>[write_file(");
	assert_str(walk_forced(g, STR("<|tool_call_start|>[write_file(path='a'"), &f.text), "");
	fixture_free(&f);
}

static void python_literals_take_either_quotes_and_nest(void **state)
{
	(void)state;
	struct fixture f = fixture_new();
	chat_add_tool(f.request, STR("put"), STR(""),
		json_pack("{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s, s:{s:s}}}}", "type",
			"object", "properties", "on", "type", "boolean", "none", "type", "null",
			"map", "type", "object", "list", "type", "array", "items", "type",
			"string"));
	const struct guide *g =
		build(&f, tool_format_find(STR("llama-python")), TOOL_THINKING_NEVER);
	static const char *const taken[] = { "[put()]", "[put(on=True, none=None)]",
		"[put(map={'a': 'b', 'c': [1, {}]})]", "[put(map={\"a\": 'it\\'s'})]",
		"[put(list=['a', \"b\", '\\x41\\n'])]", "[put(on=False), put()]" };
	static const char *const refused[] = { "[put(on=true)]", "[put(none=null)]",
		"[put(list=['a'b])]", "[put(list=['a\n'])]", "[put(on=True, on=True)]",
		"[put(map={'a\": 1})]", "[put(on=True,)]", "[put(,on=True)]" };
	for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
		if (!walk_takes(g, str_z(taken[i])))
			blame("refused", taken[i],
				str_sub(str_z(taken[i]), 0, walk_prefix(g, str_z(taken[i]))));
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		assert_false(walk_takes(g, str_z(refused[i])));
	fixture_free(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_bytes_of_the_templates_are_taken),
		cmocka_unit_test(mistakes_in_them_are_refused),
		cmocka_unit_test(a_demanded_call_is_valid_however_it_is_chosen),
		cmocka_unit_test(sections_hold_several_calls),
		cmocka_unit_test(numbers_go_on_where_the_conversation_counts_them),
		cmocka_unit_test(
			a_plain_mark_is_a_call_only_at_the_front_and_only_if_it_goes_on_as_one),
		cmocka_unit_test(in_harmony_a_thought_may_stand_before_a_demanded_call),
		cmocka_unit_test(text_behind_a_mark_of_its_own_is_text),
		cmocka_unit_test(a_name_that_cannot_be_written_is_left_out_and_noted),
		cmocka_unit_test(a_raw_string_may_hold_its_own_closing_text),
		cmocka_unit_test(what_may_be_a_string_is_one_unless_its_type_is_told),
		cmocka_unit_test(closers_and_lone_keys_are_forced),
		cmocka_unit_test(python_literals_take_either_quotes_and_nest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
