/*
 * test_tool_families.c - what each family writes, byte by byte, and what it comes out as.
 *
 * The calls are those that the families' own templates render for one tool and one call (the bytes
 * between the assistant's opening and its end), and the same with a second call, with words beside
 * them and a thought before them.
 */
#include "tool_hear.h"

#include "../cuts.h"

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
	request = tool_offer(mem);
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
	const struct tool_hearing hearing = { .format = tool_format_find(str_z(present->format)),
		.offered = request,
		.how = present->how };
	tool_hear(&hearing, pieces, count, out);
}

static size_t count(struct str s, struct str part)
{
	size_t n = 0, at;
	for (; (at = str_find(s, part)) != SIZE_MAX; n++)
		s = str_from(s, at + part.n);
	return n;
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

/* Wherever the limit falls, what is whole comes out and nothing else is claimed to be. */
static void a_limit_makes_no_fault_and_no_guess(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++) {
		const struct tool_hearing hearing = { .format = tool_format_find(
							      str_z(goldens[i].format)),
			.offered = request,
			.how = goldens[i].how,
			.is_cut = true };
		struct str said = str_z(goldens[i].said);
		for (size_t n = 0; n < said.n; n++) {
			struct buf got;
			struct str part = str_sub(said, 0, n);
			buf_init(&got, RECORD_MAX_BYTES);
			tool_hear(&hearing, &part, 1, &got);
			size_t ends = count(buf_str(&got), STR("tool_end"));
			assert_int_equal(count(buf_str(&got), STR("fault")), 0);
			assert_true(ends <= count(str_z(goldens[i].events), STR("tool_end")));
			buf_clear(&got);
		}
	}
}

/* A file need not be whole before its first bytes are on their way. */
static void strings_go_out_while_they_come(void **state)
{
	(void)state;
	static const struct {
		const char *format, *said;
	} begun[] = {
		{ "hermes", "<tool_call>{\"name\": \"write_file\", \"arguments\": {\"path\": \"" },
		{ "llama-json", "{\"name\": \"write_file\", \"parameters\": {\"path\": \"" },
		{ "mistral-args", "[TOOL_CALLS]write_file[ARGS]{\"path\": \"" },
		{ "harmony", " to=functions.write_file<|channel|>commentary "
			     "json<|message|>{\"path\": \"" },
		{ "qwen-xml", "<tool_call>\n<function=write_file>\n<parameter=path>\n" },
		{ "glm-tight", "<tool_call>write_file<arg_key>path</arg_key><arg_value>" },
		{ "dsml-tools",
			"<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"write_file\">\n<｜DSML｜"
			"parameter name=\"path\" string=\"true\">" },
		{ "minimax-elements", "]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke "
				      "name=\"write_file\">]<]minimax[>[<path>" },
		{ "lfm-python", "<|tool_call_start|>[write_file(path='" },
		{ "llama-python", "[write_file(path='" },
		{ "gemma", "<|tool_call>call:write_file{path:<|\"|>" },
	};
	for (size_t i = 0; i < sizeof begun / sizeof *begun; i++) {
		struct record log;
		struct err e = { 0 };
		record_init(&log);
		struct tool_reader *r = tool_reader_new(tool_format_find(str_z(begun[i].format)),
			request, 7, TOOL_READ_WORDS, NULL, record_sink(&log));
		assert_true(tool_reader_feed(r, str_z(begun[i].said), &e));
		assert_true(tool_reader_feed(r, STR("the first words of"), &e));
		if (!count(buf_str(&log.text), STR("\"path\": \"the first words of")))
			print_error("%s: %s\n", begun[i].format, buf_z(&log.text));
		assert_int_equal(
			count(buf_str(&log.text), STR("\"path\": \"the first words of")), 1);
		tool_reader_free(r);
		record_clear(&log);
	}
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

/* How each family that we promise to serve is served: by a row, a row made from its template that
 * is like one, or the prompted format, with the reason. */
static const struct served {
	const char *family, *row, *how;
} served[] = {
	{ "Hermes 2", "hermes", "its row" },
	{ "Hermes 3", "hermes", "its row" },
	{ "Qwen2.5", "hermes", "its row" },
	{ "QwQ", "hermes", "its row" },
	{ "Qwen3", "hermes", "its row" },
	{ "MiMo", "hermes", "its row" },
	{ "Granite 4", "hermes", "its row" },
	{ "Qwen3-Coder", "qwen-xml", "its row" },
	{ "Nemotron 3 Nano", "qwen-xml", "its row" },
	{ "Qwen3.5, Qwen3.6", "qwen-xml", "its row" },
	{ "StepFun", "qwen-xml", "derived" },
	{ "Llama 3.x JSON", "llama-json", "its row" },
	{ "Llama 3 built-ins", "llama-builtin", "its row, found in any text" },
	{ "Llama 3.2 and 4 pythonic", "llama-python", "its row" },
	{ "Llama-3-Groq-Tool-Use", "groq", "its row, with our template for its files" },
	{ "Gemma 3", "prompted", "its makers give it no form of its own" },
	{ "FunctionGemma", "function-gemma", "its row" },
	{ "Gemma 4", "gemma", "its row" },
	{ "Mistral Nemo", "mistral-list", "its row" },
	{ "Mistral Small up to 3.1", "mistral-list", "its row" },
	{ "Mistral Small 3.2", "mistral-id", "its row" },
	{ "Devstral", "mistral-args", "its row" },
	{ "Magistral", "mistral-args", "its row" },
	{ "Ministral", "mistral-args", "its row" },
	{ "gpt-oss", "harmony", "its row" },
	{ "Nemotron Nano v2", "nemotron-list", "its row" },
	{ "GLM 4.5, 4.6", "glm-lines", "its row" },
	{ "GLM 4.7", "glm-tight", "its row" },
	{ "Laguna", "glm-tight", "its row; older ones glm-lines" },
	{ "Hy3", "hy", "its row" },
	{ "Seed-OSS", "seed-xml", "its row" },
	{ "DeepSeek R1", "prompted", "its template shows no tools; deepseek-fence is read" },
	{ "DeepSeek R1's calls", "deepseek-fence", "read, and written in histories" },
	{ "DeepSeek V3", "prompted", "its template shows no tools; deepseek-fence is read" },
	{ "DeepSeek V3.1", "prompted", "its template shows no tools; deepseek-sep is read" },
	{ "DeepSeek V3.1's calls", "deepseek-sep", "read, and written in histories" },
	{ "DeepSeek V3.2", "dsml-functions", "its row" },
	{ "DeepSeek V4", "dsml-tools", "its row" },
	{ "Kimi K2", "kimi", "its row" },
	{ "Kimi K3", "kimi-open", "its row" },
	{ "MiniMax M2", "minimax-xml", "its row" },
	{ "MiniMax M3", "minimax-elements", "its row" },
	{ "Phi-4", "prompted", "its makers give it no form of its own" },
	{ "Phi-4-mini", "phi-list", "its row" },
	{ "Granite 3.3", "granite-list", "its row; calls are written into histories" },
	{ "Command R7B, Command A", "command-list", "its row" },
	{ "MiniCPM5", "minicpm-xml", "its row" },
	{ "Command R+", "prompted", "its own form knows no answer without a call; it is read" },
	{ "Functionary 3.1", "functionary-tag", "its row" },
	{ "Functionary 3.2", "functionary-to", "its row" },
	{ "SmolLM2", "smol-list", "its row" },
	{ "SmolLM3", "hermes", "its row, tools under another name" },
	{ "LFM2, LFM2.5", "lfm-python", "its row" },
	{ "Apertus", "apertus-list", "its row" },
	{ "Solar", "solar", "its row" },
	{ "Muse", "muse-xml", "its row" },
};

static void no_family_is_without_a_row_and_its_golden(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof served / sizeof *served; k++) {
		const struct served *s = &served[k];
		bool has_golden = false;
		for (size_t i = 0; i < sizeof goldens / sizeof *goldens; i++)
			has_golden = has_golden || str_eq_z(str_z(goldens[i].format), s->row);
		print_message("%-28s %-18s %s\n", s->family, s->row, s->how);
		assert_non_null(tool_format_find(str_z(s->row)));
		assert_true(has_golden);
	}
}

/* And the other way round: a row that no family has is dead. */
static void no_row_is_without_a_family(void **state)
{
	(void)state;
	static const char *const others[] = { "lm-studio", "plain" };
	for (size_t k = 0; tool_formats[k]; k++) {
		struct str name = str_z(tool_formats[k]->name);
		bool is_used = false;
		for (size_t i = 0; i < sizeof served / sizeof *served; i++)
			is_used = is_used || str_eq_z(name, served[i].row);
		for (size_t i = 0; i < sizeof others / sizeof *others; i++)
			is_used = is_used || str_eq_z(name, others[i]);
		if (!is_used)
			print_error("no family has %s\n", tool_formats[k]->name);
		assert_true(is_used);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_family_is_read_however_it_is_cut),
		cmocka_unit_test(a_limit_makes_no_fault_and_no_guess),
		cmocka_unit_test(strings_go_out_while_they_come),
		cmocka_unit_test(each_family_has_its_golden),
		cmocka_unit_test(no_family_is_without_a_row_and_its_golden),
		cmocka_unit_test(no_row_is_without_a_family),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
