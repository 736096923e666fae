/*
 * test_tool_rescue.c - calls that are not as their family writes them, and words that are no calls.
 *
 * Each row of `mended` is a slip that models were seen to make; it comes out as the call that was
 * meant, and the trace says so. Each row of `words` speaks about calls; it stays text, and nothing
 * is noted. Each row of `broken` cannot be read, and is a fault with the raw text in it.
 */
#include "tool_hear.h"

#include <string.h>

#include "../cuts.h"
#include "base/trace.h"

struct slip {
	const char *format;
	const char *said;
	const char *events;
	const char *note; /* in the trace */
	unsigned how;
};

#define CALL(args)      CALL_OF("write_file", args)
#define CALL_OF(n, a)   "tool_begin 0 " ID0 " " n "\ntool_args " a "\ntool_end 0"
#define SECOND(n, a)    "\ntool_begin 1 " ID1 " " n "\ntool_args " a "\ntool_end 1"
#define PATH            "{\"path\": \"a\"}"
#define QWEN(path_text) "<tool_call>\n<function=write_file>\n<parameter=path>\n" path_text
#define QWEN_END        "\n</parameter>\n</function>\n</tool_call>"

static const struct slip mended[] = {
	/* The opener is missing. */
	{ "qwen-xml",
		"Let me.\n<function=write_file>\n<parameter=path>\na\n</parameter>\n</function>\n"
		"</tool_call>",
		"text Let me.\n" CALL(PATH), NULL, 0 },
	{ "hermes", "Let me.\n{\"name\": \"write_file\", \"arguments\": " PATH "}\n</tool_call>",
		"text Let me.\n" CALL(PATH), "a call without marks was taken as a call", 0 },
	{ "hermes", "Let me.\n\n{\"name\": \"write_file\", \"arguments\": " PATH "}",
		"text Let me.\n" CALL(PATH), "a call without marks was taken as a call", 0 },
	{ "hermes",
		"[{\"name\": \"get\", \"arguments\": {}}, {\"name\": \"write_file\", "
		"\"arguments\": " PATH "}]",
		CALL_OF("get", "{}") SECOND("write_file", PATH),
		"a call without marks was taken as a call", 0 },
	{ "kimi",
		"<|tool_call_begin|>functions.get:0<|tool_call_argument_begin|>{}<|tool_call_end|>",
		CALL_OF("get", "{}"), NULL, 0 },
	{ "minimax-xml",
		"<invoke name=\"write_file\">\n<parameter name=\"path\">a</parameter>\n"
		"</invoke>",
		CALL(PATH), NULL, 0 },
	/* A call inside an unfinished thought. */
	{ "hermes", "so <tool_call>{\"name\": \"get\", \"arguments\": {}}</tool_call>",
		"think so\n" CALL_OF("get", "{}"),
		"a call inside an unfinished thought was taken as a call", TOOL_READ_IN_THOUGHT },
	{ "qwen-xml", "so\n" QWEN("a") QWEN_END, "think so\n" CALL(PATH),
		"a call inside an unfinished thought was taken as a call", TOOL_READ_IN_THOUGHT },
	{ "hermes",
		"so <tool_call>{\"name\": \"get\", \"arguments\": {}}</tool_call>\n</think>\n\n"
		"<tool_call>{\"name\": \"get\", \"arguments\": { }}</tool_call>\n"
		"<tool_call>{\"name\": \"write_file\", \"arguments\": " PATH "}</tool_call>",
		"think so\n" CALL_OF("get", "{}") SECOND("write_file", PATH),
		"a call that stood in the thought already was left out", TOOL_READ_IN_THOUGHT },
	{ "qwen-xml", "so\n" QWEN("a") QWEN_END "\nand now.\n</think>\n\n" QWEN("a") QWEN_END,
		"think so\n" CALL(PATH) "\ntext and now.\n",
		"a call that stood in the thought already was left out", TOOL_READ_IN_THOUGHT },
	{ "hermes",
		"so <tool_call>{\"name\": \"get\", \"arguments\": {}}</tool_call>\n</think>\n\n"
		"<tool_call>{\"name\": \"write_file\", \"arguments\": " PATH "}</tool_call>",
		"think so\n" CALL_OF("get", "{}") SECOND("write_file", PATH),
		"a call inside an unfinished thought was taken as a call", TOOL_READ_IN_THOUGHT },
	{ "hermes",
		"<tool_call>{\"name\": \"get\", \"arguments\": {}}</tool_call>\n</think>\n\n"
		"<tool_call>{\"name\": \"get\", \"arguments\": {}}</tool_call>",
		CALL_OF("get", "{}") SECOND("get", "{}"),
		"a closing mark without a thought was dropped", 0 },
	/* Closers: doubled, missing. */
	{ "qwen-xml", QWEN("a\n</parameter>") QWEN_END, CALL(PATH), "a closing tag stood twice",
		0 },
	{ "qwen-xml", QWEN("a\n") "<parameter=mode>\n1\n</parameter>\n</function>\n</tool_call>",
		CALL("{\"path\": \"a\", \"mode\": 1}"), "a closing tag was missing", 0 },
	{ "qwen-xml", QWEN("a") "\n</function>\n</tool_call>", CALL(PATH),
		"a closing tag was missing", 0 },
	{ "qwen-xml", QWEN("a") "\n</parameter>", CALL(PATH), "a closing tag was missing", 0 },
	{ "qwen-xml", QWEN("a") "\n</parameter>\n</tool_call>\nDone.", CALL(PATH) "\ntext Done.",
		NULL, 0 },
	{ "hermes", "<tool_call>{\"name\": \"get\", \"arguments\": {}}}</tool_call></tool_call>",
		CALL_OF("get", "{}"), "a closing mark without a call was dropped", 0 },
	{ "hermes", "<tool_call>{\"name\": \"write_file\", \"arguments\": " PATH "</tool_call>",
		CALL(PATH), "a closing bracket was missing", 0 },
	{ "hermes", "<tool_call>{\"name\": \"get\", \"arguments\": {}}", CALL_OF("get", "{}"),
		"the closing mark of a call was missing", 0 },
	/* Several calls without a separator. */
	{ "hermes",
		"<tool_call>{\"name\": \"get\", \"arguments\": {}}{\"name\": \"write_file\", "
		"\"arguments\": " PATH "}</tool_call>",
		CALL_OF("get", "{}") SECOND("write_file", PATH), NULL, 0 },
	/* JSON that is not quite JSON. */
	{ "hermes",
		"<tool_call>\n```json\n{\"name\": \"get\", \"arguments\": {}}\n```\n</tool_call>",
		CALL_OF("get", "{}"), "a call inside a fence was taken as a call", 0 },
	{ "hermes", "Sure:\n```json\n{\"name\": \"write_file\", \"arguments\": " PATH "}\n```",
		"text Sure:\n" CALL(PATH), "a call inside a fence was taken as a call", 0 },
	{ "qwen-xml", "```xml\n" QWEN("a") QWEN_END "\n```", CALL(PATH),
		"a call inside a fence was taken as a call", 0 },
	{ "hermes", "<tool_call>{'name': 'write_file', 'arguments': {'path': 'a'}}</tool_call>",
		CALL(PATH), "single quotes were made double", 0 },
	{ "hermes",
		"<tool_call>{\"name\": \"write_file\", \"arguments\": {\"path\": \"a\nb\",}}"
		"</tool_call>",
		CALL("{\"path\": \"a\\nb\"}"), "a comma before a closing bracket was left out", 0 },
	{ "hermes", "<tool_call>{\"name\": \"write_file\", \"parameters\": " PATH "}</tool_call>",
		CALL(PATH), "the arguments stood under another name", 0 },
	{ "llama-json", "{\"name\": \"write_file\", \"arguments\": " PATH "}", CALL(PATH),
		"the arguments stood under another name", 0 },
	{ "mistral-list",
		"[TOOL_CALLS][{\"name\": \"write_file\", \"arguments\": \"{\\\"path\\\": "
		"\\\"a\\\"}\"}]",
		CALL(PATH), "arguments written as a string were unpacked", 0 },
	{ "hermes",
		"<tool_call>{\"type\": \"function\", \"function\": {\"name\": \"write_file\", "
		"\"arguments\": " PATH "}}</tool_call>",
		CALL(PATH), "the call stood inside another object", 0 },
	/* Names and marks. */
	{ "mistral-args", "[TOOL_CALLS]functions.write_file[ARGS]" PATH, CALL(PATH), NULL, 0 },
	{ "hermes", "<TOOL_CALL>{\"name\": \"get\", \"arguments\": {}}</TOOL_CALL>",
		CALL_OF("get", "{}"), NULL, 0 },
	{ "qwen-xml", "<Tool_Call>\n<FUNCTION=get>\n</function>\n</tool_call>",
		CALL_OF("get", "{}"), NULL, 0 },
	{ "qwen-xml", "<tool_call>\n<function=write_file\n<parameter=path>\na" QWEN_END, CALL(PATH),
		"what stands around the name was not as it should be", 0 },
	{ "qwen-xml", "<function=write_file>" PATH "</function>", CALL(PATH), NULL, 0 },
	/* Another family's syntax. */
	{ "hermes", QWEN("a") QWEN_END, CALL(PATH),
		"a call in another family's syntax was taken as one", 0 },
	{ "hermes", "[TOOL_CALLS]write_file[ARGS]" PATH, CALL(PATH),
		"a call in another family's syntax was taken as one", 0 },
	{ "mistral-args", "[TOOL_CALLS][{\"name\": \"write_file\", \"arguments\": " PATH "}]",
		CALL(PATH), "a call in another family's syntax was taken as one", 0 },
	{ "qwen-xml",
		"<tool_call>\n{\"name\": \"write_file\", \"arguments\": " PATH "}\n</tool_call>",
		CALL(PATH), "a call in another family's syntax was taken as one", 0 },
	{ "gemma",
		"<tool_call>write_file\n<arg_key>path</arg_key>\n<arg_value>a</arg_value>\n"
		"</tool_call>",
		CALL(PATH), "a call in another family's syntax was taken as one", 0 },
	{ "llama-json", "<|python_tag|>{\"name\": \"write_file\", \"parameters\": " PATH "}",
		CALL(PATH), "a call in another family's syntax was taken as one", 0 },
	{ "hermes",
		"<tool_call>{\"name\": \"get\", \"arguments\": {}}</tool_call>\n"
		"<function=write_file>\n<parameter=path>\na\n</parameter>\n</function>",
		CALL_OF("get", "{}") SECOND("write_file", PATH),
		"a call in another family's syntax was taken as one", 0 },
	{ "rescue",
		"<｜DSML｜function_calls>\n<｜DSML｜invoke "
		"name=\"write_file\">\n<｜DSML｜parameter "
		"name=\"path\" string=\"true\">a</｜DSML｜parameter>\n</｜DSML｜invoke>\n"
		"</｜DSML｜function_calls>",
		CALL(PATH), "a call in another family's syntax was taken as one", 0 },
	{ "rescue",
		"<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>commentary "
		"to=functions.write_file <|constrain|>json<|message|>" PATH "<|call|>",
		"think hm\n" CALL(PATH), NULL, 0 },
	{ "rescue", "[THINK]hm[/THINK]<|tool_call>call:write_file{path:<|\"|>a<|\"|>}<tool_call|>",
		"think hm\n" CALL(PATH), "a call in another family's syntax was taken as one", 0 },
	/* A call without marks is one under a guide, too. */
	{ "hermes", "Let me.\n{\"name\": \"write_file\", \"arguments\": " PATH "}",
		"text Let me.\n" CALL(PATH), "a call without marks was taken as a call",
		TOOL_READ_GUIDED },
	{ "hermes", "```json\n{\"name\": \"write_file\", \"arguments\": " PATH "}\n```", CALL(PATH),
		"a call inside a fence was taken as a call", TOOL_READ_GUIDED },
	/* Arguments as a string, behind a name. */
	{ "mistral-args", "[TOOL_CALLS]write_file[ARGS]\"{\\\"path\\\": \\\"a\\\"}\"", CALL(PATH),
		"arguments written as a string were unpacked", 0 },
	{ "kimi",
		"<|tool_calls_section_begin|><|tool_call_begin|>functions.write_file:0"
		"<|tool_call_argument_begin|>\"{\\\"path\\\": \\\"a\\\"}\"<|tool_call_end|>"
		"<|tool_calls_section_end|>",
		CALL(PATH), "arguments written as a string were unpacked", 0 },
	{ "functionary-tag", "<function=write_file>\"{\\\"path\\\": \\\"a\\\"}\"</function>",
		CALL(PATH), "arguments written as a string were unpacked", 0 },
	/* Command R+'s own form. */
	{ "prompted",
		"I will.\nAction:\n```json\n[\n    {\n        \"tool_name\": \"write_file\",\n"
		"        \"parameters\": {\n            \"path\": \"a\"\n        }\n    }\n]```\n",
		"text I will.\nAction:\n" CALL("{\n            \"path\": \"a\"\n        }"),
		"a call inside a fence was taken as a call", 0 },
	/* A message of the API in place of a call. */
	{ "hermes", "{\"tool_calls\": [{\"name\": \"write_file\", \"arguments\": " PATH "}]}",
		CALL(PATH), "the call stood inside another object", 0 },
	{ "hermes",
		"{\"tool_calls\": [{\"id\": \"x\", \"type\": \"function\", \"function\": "
		"{\"name\": "
		"\"get\", \"arguments\": \"{}\"}}, {\"function\": {\"name\": \"write_file\", "
		"\"arguments\": " PATH "}}]}\nDone.",
		CALL_OF("get", "{}") SECOND("write_file", PATH) "\ntext Done.",
		"the call stood inside another object", 0 },
	{ "hermes",
		"Let me.\n```json\n{\"tool_calls\": [{\"name\": \"write_file\", "
		"\"arguments\": " PATH "}]}\n```",
		"text Let me.\n" CALL(PATH), "a call inside a fence was taken as a call", 0 },
	{ "hermes",
		"<tool_call>\n{\"tool_calls\": [{\"name\": \"write_file\", \"arguments\": " PATH
		"}]}\n</tool_call>",
		CALL(PATH), "the call stood inside another object", 0 },
	/* Kimi K3's block for arguments that are no object. */
	{ "kimi-open",
		"<|open|>tools<|sep|><|open|>call tool=\"write_file\" index=\"1\"<|sep|>"
		"<|open|>json type=\"object\"<|sep|>" PATH "<|close|>json<|sep|>"
		"<|close|>call<|sep|><|close|>tools<|sep|>",
		CALL(PATH), "what stands around the name was not as it should be", 0 },
	/* LM Studio's way, which some models were taught, and its slips. */
	{ "hermes",
		"[TOOL_REQUEST]{\"name\": \"write_file\", \"arguments\": " PATH
		"}[END_TOOL_REQUEST]",
		CALL(PATH), "a call in another family's syntax was taken as one", 0 },
	{ "hermes", "[write_file] " PATH " [END_TOOL_REQUEST]", CALL(PATH),
		"a call without marks was taken as a call", 0 },
	{ "rescue", "Let me.\n[write_file] " PATH " [END_TOOL_REQUEST]",
		"text Let me.\n" CALL(PATH), "a call without marks was taken as a call", 0 },
	/* Headers of harmony, in other orders. */
	{ "harmony",
		"<|start|>assistant "
		"to=functions.get<|constrain|>json<|channel|>commentary<|message|>{}",
		CALL_OF("get", "{}"), NULL, 0 },
	{ "harmony", "<|channel|>commentary<|constrain|>json to=functions.get<|message|>{}<|call|>",
		CALL_OF("get", "{}"), NULL, 0 },
	{ "harmony", "<|channel|>commentary to=get json<|message|>{}<|call|>", CALL_OF("get", "{}"),
		NULL, 0 },
	{ "harmony",
		"<|channel|>commentary to=functions.get<|channel|>commentary "
		"json<|message|>{}<|call|>",
		CALL_OF("get", "{}"), NULL, 0 },
	/* Gemma and Python, nearly. */
	{ "gemma", "<|tool_call>call:write_file{{\"path\": \"a\"}}<tool_call|>", CALL(PATH),
		"the call stood inside another object", 0 },
	{ "gemma", "<|tool_call>write_file{path:a}<tool_call|>", CALL(PATH),
		"a string without quotes was taken as one", 0 },
	{ "lfm-python", "<|tool_call_start|>[write_file('a', 420)]<|tool_call_end|>",
		CALL("{\"path\": \"a\", \"mode\": 420}"),
		"arguments without names were given theirs by their order", 0 },
	{ "lfm-python", "<|tool_call_start|>[write_file(path='it's')]<|tool_call_end|>",
		CALL("{\"path\": \"it's\"}"), "JSON that was not quite JSON was mended", 0 },
	{ "lfm-python", "<|tool_call_start|>[write_file({'path': 'a'})]<|tool_call_end|>",
		CALL(PATH), "arguments without names were given theirs by their order", 0 },
	/* Values. */
	{ "qwen-xml",
		"<tool_call>\n<function=write_file>\n<parameter=mode>\nabc\n</parameter>\n</"
		"function>\n"
		"</tool_call>",
		CALL("{\"mode\": \"abc\"}"), "a value that is no JSON was taken as a string", 0 },
	{ "qwen-xml",
		"<tool_call>\n<function=write_file>\n<parameter=opts>\n{'k': True}\n</parameter>\n"
		"</function>\n</tool_call>",
		CALL("{\"opts\": {\"k\": true}}"), "JSON that was not quite JSON was mended", 0 },
	{ "glm-lines",
		"<tool_call>write_file\n<arg_key>path</arg_key>\n<arg_value>420</arg_value>\n"
		"</tool_call>",
		CALL("{\"path\": \"420\"}"), NULL, 0 },
	/* Control tokens as text. */
	{ "hermes", "Hello.<|im_end|>", "text Hello.", "a control token as text was dropped", 0 },
	{ "hermes", "<tool_call>{\"name\": \"get\", \"arguments\": {}}</tool_call><|im_end|>",
		CALL_OF("get", "{}"), "a control token as text was dropped", 0 },
	{ "hermes", "hm</think>Hello.", "text hmHello.",
		"a closing mark without a thought was dropped", 0 },
	/* A file that holds all the tags of the syntax. */
	{ "qwen-xml",
		QWEN("<tool_call>\n<function=f>\n<parameter=x>\n1\n</parameter>\n<parameter=y>\n2\n"
		     "</parameter>\n</function>\n</tool_call>") QWEN_END,
		CALL("{\"path\": \"<tool_call>\\n<function=f>\\n<parameter=x>\\n1\\n</parameter>\\n"
		     "<parameter=y>\\n2\\n</parameter>\\n</function>\\n</tool_call>\"}"),
		NULL, 0 },
	{ "minimax-xml",
		"<minimax:tool_call>\n<invoke name=\"write_file\">\n<parameter name=\"path\">a "
		"</parameter> b</parameter>\n</invoke>\n</minimax:tool_call>",
		CALL("{\"path\": \"a </parameter> b\"}"), NULL, 0 },
};

/* Words about calls. Where no events are given the text comes out as it is. */
static const struct slip words[] = {
	{ "hermes", "Write `<tool_call>` before the object and `</tool_call>` behind it.", NULL,
		NULL, 0 },
	{ "hermes", "As in `<tool_call>{\"name\": \"get\", \"arguments\": {}}</tool_call>`, yes.",
		NULL, NULL, 0 },
	{ "hermes",
		"Like this:\n```\n<tool_call>\n{\"name\": \"example\", \"arguments\": {}}\n"
		"</tool_call>\n```\nThat is all.",
		NULL, NULL, 0 },
	{ "hermes",
		"```xml\nFirst <tool_call>\n{\"name\": \"get\", \"arguments\": {}}\n"
		"</tool_call> and so on\n```",
		NULL, NULL, 0 },
	{ "qwen-xml", "```python\nprint('<tool_call>')\n```", NULL, NULL, 0 },
	{ "hermes", "```json\n{\"name\": \"Bob\", \"arguments\": {\"age\": 3}}\n```", NULL, NULL,
		0 },
	{ "hermes", "{\"name\": \"Bob\", \"age\": 3}", NULL, NULL, 0 },
	{ "hermes", "People:\n{\"name\": \"Bob\", \"arguments\": {}}\n{\"name\": \"Eve\"}", NULL,
		NULL, 0 },
	{ "hermes", "{\"x\": \"<tool_call>{\\\"name\\\": \\\"get\\\"}\"}", NULL, NULL,
		TOOL_READ_VALUE },
	{ "qwen-xml", "In Mistral's way, [TOOL_CALLS] comes first.", NULL, NULL, 0 },
	{ "mistral-args", "The tag <function=f> and the tag <tool_call> belong to others.", NULL,
		NULL, 0 },
	{ "gemma", "Python's prompt is >>> and functools[0] is no call.", NULL, NULL, 0 },
	{ "llama-python", "[1, 2, 3]", NULL, NULL, 0 },
	{ "llama-python", "[print(x) for x in y]", NULL, NULL, 0 },
	{ "llama-json", "{\"answer\": 42}", NULL, NULL, 0 },
	{ "hermes", "{\"tool_calls\": 3}", NULL, NULL, 0 },
	{ "hermes", "{\"tool_calls\": [{\"name\": \"Bob\"}]}", NULL, NULL, 0 },
	{ "hermes", "[write_file] writes a file {\"path\"}", NULL, NULL, 0 },
	{ "hermes", "[other] {\"path\": \"a\"}", NULL, NULL, 0 },
	{ "hermes", "[write_file]: {\"path\": \"a\"}", NULL, NULL, 0 },
	{ "functionary-to", ">>>all\n>>> import os\n>>> get\nthat is Python",
		"text >>> import os\n>>> "
		"get\nthat is Python",
		NULL, 0 },
	{ "hermes", "a < b, <b>bold</b>, <think is no mark", NULL, NULL, 0 },
	{ "rescue", "The <tool_call> tag, the [TOOL_CALLS] mark: markup of two families.", NULL,
		NULL, 0 },
	{ "harmony", "to be or not to=be", NULL, NULL, 0 },
	{ "hermes", "`I would write <tool_call> here\nbut not now.", NULL, NULL, 0 },
	/* Under a guide only the row's own marks mean calls. */
	{ "hermes", "Devstral writes [TOOL_CALLS]write_file[ARGS]" PATH " there.", NULL, NULL,
		TOOL_READ_GUIDED },
	{ "hermes", "<function=write_file>\n<parameter=path>\na\n</parameter>\n</function>", NULL,
		NULL, TOOL_READ_GUIDED },
	{ "mistral-args", "Qwen's: <tool_call>{\"name\": \"get\", \"arguments\": {}}</tool_call>",
		NULL, NULL, TOOL_READ_GUIDED },
	{ "qwen-xml", "Gemma's: <|tool_call>call:get{}<tool_call|>", NULL, NULL, TOOL_READ_GUIDED },
	{ "hermes", "```\n[TOOL_CALLS]get[ARGS]{}\n```", NULL, NULL, TOOL_READ_GUIDED },
};

static const struct slip broken[] = {
	{ "hermes", "<tool_call>{\"name\": \"get\", \"arguments\": {\"a\": </tool_call>", NULL,
		NULL, 0 },
	{ "qwen-xml", QWEN("half a file"), NULL, NULL, 0 },
	{ "qwen-xml", "<tool_call>\n<function=get>\nwords\n</function>\n</tool_call>", NULL, NULL,
		0 },
	{ "gemma", "<|tool_call>call:get{a:[1,2}<tool_call|>", NULL, NULL, 0 },
	{ "lfm-python", "<|tool_call_start|>[get(a=[1)]<|tool_call_end|>", NULL, NULL, 0 },
	{ "kimi", "<|tool_calls_section_begin|>no call at all", NULL, NULL, 0 },
	{ "mistral-args", "[TOOL_CALLS]unknown", NULL, NULL, 0 },
	{ "harmony", "<|channel|>commentary to=functions.get<|message|>no JSON", NULL, NULL, 0 },
	{ "gemma", "<|tool_call>", NULL, NULL, 0 },
	{ "hermes", "<tool_call>", NULL, NULL, 0 },
	{ "mistral-args", "[TOOL_CALLS]write_file[ARGS]\"half", NULL, NULL, 0 },
	{ "dsml-tools",
		"<｜DSML｜tool_calls>\n<｜DSML｜invoke name=\"get\">\n<｜DSML｜parameter "
		"name=\"k\" string=\"true\">half",
		NULL, NULL, 0 },
	{ "minimax-elements",
		"]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"get\">words]<]minimax[>["
		"</invoke>",
		NULL, NULL, 0 },
};

static struct chat_request *request;
static struct arena *mem;
static const struct slip *present;

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

static void add_notes(const struct trace *t, struct buf *out)
{
	for (size_t i = 0; i < trace_count(t); i++)
		buf_printf(out, "\nnote %.*s", STR_ARG(trace_get(t, i)->text));
}

/* The transcript, and behind it what the trace says. */
static void transcribe(const struct str *pieces, size_t count, struct buf *out)
{
	const struct tool_hearing hearing = { .format = tool_format_find(str_z(present->format)),
		.offered = request,
		.how = present->how,
		.trace = trace_new() };
	tool_hear(&hearing, pieces, count, out);
	add_notes(hearing.trace, out);
	trace_free(hearing.trace);
}

/* Whether all of it is heard so, however it is cut. */
static bool is_heard(const struct slip *s, const char *events)
{
	present = s;
	struct buf got = assert_every_cut(str_z(s->said), transcribe);
	size_t notes = str_find(buf_str(&got), STR("\nnote "));
	struct str heard = str_sub(buf_str(&got), 0, notes);
	bool ok = str_eq(heard, str_z(events));
	ok = ok && (s->note ? str_find(buf_str(&got), str_z(s->note)) != SIZE_MAX
			    : s->events || notes == SIZE_MAX);
	if (!ok)
		print_error("%s\nsaid:\n%s\nis read as:\n%s\nand not as:\n%s\nnote %s\n", s->format,
			s->said, buf_z(&got), events, s->note ? s->note : "-");
	buf_clear(&got);
	return ok;
}

static void what_was_meant_is_called(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t i = 0; i < sizeof mended / sizeof *mended; i++)
		wrong += !is_heard(&mended[i], mended[i].events);
	assert_int_equal(wrong, 0);
}

static void words_about_calls_stay_words(void **state)
{
	(void)state;
	int wrong = 0;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct buf text;
		buf_init(&text, 4096);
		buf_printf(&text, "text %s", words[i].said);
		wrong += !is_heard(&words[i], words[i].events ? words[i].events : buf_z(&text));
		buf_clear(&text);
	}
	assert_int_equal(wrong, 0);
}

static void what_cannot_be_read_is_a_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
		present = &broken[i];
		struct buf got = assert_every_cut(str_z(broken[i].said), transcribe);
		if (str_find(buf_str(&got), STR("fault parse: a tool call cannot be read")) ==
				SIZE_MAX ||
			str_find(buf_str(&got), STR("text <")) != SIZE_MAX)
			print_error("%s: %s\nis read as:\n%s\n", broken[i].format, broken[i].said,
				buf_z(&got));
		assert_non_null(strstr(buf_z(&got), "fault parse: a tool call cannot be read"));
		assert_null(strstr(buf_z(&got), "\ntext "));
		buf_clear(&got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_meant_is_called),
		cmocka_unit_test(words_about_calls_stay_words),
		cmocka_unit_test(what_cannot_be_read_is_a_fault),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
