/*
 * tool_rows.c - the families, one row each; see tool_format.h.
 *
 * Texts are those of the makers' own templates, byte by byte. Two rows that differ only in blanks
 * are two rows, since a guide writes what the template would have written. Families that share a
 * form share a row: which models were seen to use it stands above it.
 */
#include "chat/tool_format.h"

#define THINK .think_open = "<think>", .think_close = "</think>"

/* {"name": …, "arguments": …} in a list. */
#define LISTED_JSON                                                                                \
	.call_open = "", .before_name = "{\"name\": \"",                                           \
	.before_args = "\", \"arguments\": ", .call_close = "}", .call_separator = ", "

/* ---- a JSON object in tags ---- */

const struct tool_format tool_format_hermes = {
	.name = "hermes",
	.mark_open = "<tool_call>",
	.mark_close = "</tool_call>",
	.call_open = "<tool_call>\n",
	.before_name = "{\"name\": \"",
	.before_args = "\", \"arguments\": ",
	.call_close = "}\n</tool_call>",
	.call_separator = "\n",
	.is_spacing_free = true,
	THINK,
};

const struct tool_format tool_format_prompted = {
	.name = "prompted",
	.mark_open = "<tool_call>",
	.mark_close = "</tool_call>",
	.call_open = "<tool_call>",
	.before_name = "{\"name\": \"",
	.before_args = "\", \"arguments\": ",
	.call_close = "}</tool_call>",
	.call_separator = "",
	THINK,
};

const struct tool_format tool_format_rescue = {
	.name = "rescue",
	.mark_open = "<tool_call>",
	.mark_close = "</tool_call>",
	.call_open = "<tool_call>\n",
	.before_name = "{\"name\": \"",
	.before_args = "\", \"arguments\": ",
	.call_close = "}\n</tool_call>",
	.call_separator = "\n",
	.is_spacing_free = true,
	THINK,
};

const struct tool_format tool_format_plain = {
	.name = "plain",
	THINK,
};

/* Llama-3-Groq-Tool-Use. */
static const struct tool_format groq = {
	.name = "groq",
	.mark_open = "<tool_call>",
	.mark_close = "</tool_call>",
	.call_open = "<tool_call>\n",
	.before_name = "{\"id\": " TOOL_HOLE_INDEX ", \"name\": \"",
	.before_args = "\", \"arguments\": ",
	.call_close = "}\n</tool_call>",
	.call_separator = "\n",
	.is_spacing_free = true,
};

/* What LM Studio prompts models with whose templates know no tools; some were trained on it. */
static const struct tool_format lm_studio = {
	.name = "lm-studio",
	.mark_open = "[TOOL_REQUEST]",
	.mark_close = "[END_TOOL_REQUEST]",
	.call_open = "[TOOL_REQUEST]",
	.before_name = "{\"name\": \"",
	.before_args = "\", \"arguments\": ",
	.call_close = "}[END_TOOL_REQUEST]",
	.call_separator = "\n",
	.is_spacing_free = true,
};

/* Llama 3.1, 3.2, 3.3: nothing around it, and only at the front. */
static const struct tool_format llama_json = {
	.name = "llama-json",
	.mark_open = "{",
	.call_open = "",
	.before_name = "{\"name\": \"",
	.before_args = "\", \"parameters\": ",
	.call_close = "}",
	.is_spacing_free = true,
	.is_front_only = true,
	.is_single = true,
};

/* ---- a JSON list behind a mark ---- */

/* Mistral Nemo, Mistral Small up to 3.1. */
static const struct tool_format mistral_list = {
	.name = "mistral-list",
	.mark_open = "[TOOL_CALLS]",
	.section_open = "[TOOL_CALLS][",
	.call_open = "",
	.before_name = "{\"name\": \"",
	.before_args = "\", \"arguments\": ",
	.call_close = ", \"id\": \"" TOOL_HOLE_ID "\"}",
	.call_separator = ", ",
	.section_close = "]",
	.id_chars = 9,
};

/* Nemotron Nano v2. */
static const struct tool_format nemotron_list = {
	.name = "nemotron-list",
	.mark_open = "<TOOLCALL>",
	.mark_close = "</TOOLCALL>",
	.section_open = "<TOOLCALL>[",
	LISTED_JSON,
	.section_close = "]</TOOLCALL>",
	THINK,
};

/* Granite 3.3. */
static const struct tool_format granite_list = {
	.name = "granite-list",
	.mark_open = "<|tool_call|>",
	.section_open = "<|tool_call|>[",
	LISTED_JSON,
	.section_close = "]",
	THINK,
};

/* Phi-4-mini. */
static const struct tool_format phi_list = {
	.name = "phi-list",
	.mark_open = "functools[",
	.section_open = "functools[",
	LISTED_JSON,
	.section_close = "]",
};

/* SmolLM2. */
static const struct tool_format smol_list = {
	.name = "smol-list",
	.mark_open = "<tool_call>",
	.mark_close = "</tool_call>",
	.section_open = "<tool_call>[",
	LISTED_JSON,
	.section_close = "]</tool_call>",
};

/* Command R7B, Command A, Cohere2MoE. */
static const struct tool_format command_list = {
	.name = "command-list",
	.mark_open = "<|START_ACTION|>",
	.mark_close = "<|END_ACTION|>",
	.section_open = "<|START_ACTION|>[\n",
	.call_open = "    ",
	.before_name = "{\"tool_call_id\": \"" TOOL_HOLE_INDEX "\", \"tool_name\": \"",
	.before_args = "\", \"parameters\": ",
	.call_close = "}",
	.call_separator = ",\n",
	.section_close = "\n]<|END_ACTION|>",
	.counts_all = true,
	.is_spacing_free = true,
	.think_open = "<|START_THINKING|>",
	.think_close = "<|END_THINKING|>",
	.text_open = "<|START_RESPONSE|>",
	.text_close = "<|END_RESPONSE|>",
};

/* Apertus: the name is the only key. */
static const struct tool_format apertus_list = {
	.name = "apertus-list",
	.mark_open = "<|tools_prefix|>",
	.mark_close = "<|tools_suffix|>",
	.section_open = "<|tools_prefix|>[",
	.call_open = "",
	.before_name = "{\"",
	.before_args = "\": ",
	.call_close = "}",
	.call_separator = ", ",
	.section_close = "]<|tools_suffix|>",
	.think_open = "<|inner_prefix|>",
	.think_close = "<|inner_suffix|>",
};

/* ---- name, mark, JSON ---- */

/* Devstral, Magistral, Ministral 3. */
static const struct tool_format mistral_args = {
	.name = "mistral-args",
	.mark_open = "[TOOL_CALLS]",
	.call_open = "[TOOL_CALLS]",
	.before_args = "[ARGS]",
	.think_open = "[THINK]",
	.think_close = "[/THINK]",
};

/* Mistral Small 3.2. */
static const struct tool_format mistral_id = {
	.name = "mistral-id",
	.mark_open = "[TOOL_CALLS]",
	.call_open = "[TOOL_CALLS]",
	.before_args = "[CALL_ID]" TOOL_HOLE_ID "[ARGS]",
	.before_args_also = "\\[ARGS\\]",
	.id_chars = 9,
};

/* DeepSeek R1, V3-0324. */
static const struct tool_format deepseek_fence = {
	.name = "deepseek-fence",
	.mark_open = "<｜tool▁calls▁begin｜>",
	.mark_close = "<｜tool▁calls▁end｜>",
	.section_open = "<｜tool▁calls▁begin｜>",
	.call_open = "<｜tool▁call▁begin｜>function<｜tool▁sep｜>",
	.before_args = "\n```json\n",
	.call_close = "\n```<｜tool▁call▁end｜>",
	.call_separator = "\n",
	.section_close = "<｜tool▁calls▁end｜>",
	THINK,
};

/* DeepSeek V3.1. */
static const struct tool_format deepseek_sep = {
	.name = "deepseek-sep",
	.mark_open = "<｜tool▁calls▁begin｜>",
	.mark_close = "<｜tool▁calls▁end｜>",
	.section_open = "<｜tool▁calls▁begin｜>",
	.call_open = "<｜tool▁call▁begin｜>",
	.before_args = "<｜tool▁sep｜>",
	.call_close = "<｜tool▁call▁end｜>",
	.section_close = "<｜tool▁calls▁end｜>",
	THINK,
};

/* Kimi K2. */
static const struct tool_format kimi = {
	.name = "kimi",
	.mark_open = "<|tool_calls_section_begin|>",
	.mark_close = "<|tool_calls_section_end|>",
	.section_open = "<|tool_calls_section_begin|>",
	.call_open = "<|tool_call_begin|>functions.",
	.before_args = ":" TOOL_HOLE_INDEX "<|tool_call_argument_begin|>",
	.call_close = "<|tool_call_end|>",
	.section_close = "<|tool_calls_section_end|>",
	.counts_all = true,
	THINK,
};

/* Functionary 3.1. */
static const struct tool_format functionary_tag = {
	.name = "functionary-tag",
	.mark_open = "<function=",
	.mark_close = "</function>",
	.call_open = "<function=",
	.before_args = ">",
	.call_close = "</function>",
};

/* Functionary 3.2: the prompt ends with the mark, and text has one, too. */
static const struct tool_format functionary_to = {
	.name = "functionary-to",
	.mark_open = ">>>",
	.call_open = ">>>",
	.before_args = "\n",
	.text_open = ">>>all\n",
	.prompt_tail = ">>>",
	.is_single = true,
};

/* Solar Open. */
static const struct tool_format solar = {
	.name = "solar",
	.mark_open = "<|tool_calls|>",
	.mark_close = "<|calls|>",
	.section_open = "<|tool_calls|>",
	.call_open = "<|tool_call:begin|>" TOOL_HOLE_ID "<|tool_call:name|>",
	.before_args = "<|tool_call:args|>",
	.call_close = "<|tool_call:end|>",
	.section_close = "<|calls|>",
	.id_chars = 10,
	.think_open = "<|think|>",
	.think_close = "<|end|>",
	.text_open = "<|content|>",
	.text_close = "<|end|>",
	.turn_again = "<|begin|>assistant",
};

/* ---- a name and raw parameters ---- */

/* Qwen3-Coder, Qwen3.5, Qwen3.6, Nemotron 3, StepFun 3.5. */
static const struct tool_format qwen_xml = {
	.name = "qwen-xml",
	.arguments = TOOL_ARGS_RAW,
	.mark_open = "<tool_call>",
	.mark_also = "<function=",
	.mark_close = "</tool_call>",
	.call_open = "<tool_call>\n<function=",
	.before_args = ">\n",
	.param_open = "<parameter=",
	.after_key = ">\n",
	.param_close = "\n</parameter>\n",
	.call_close = "</function>\n</tool_call>",
	.call_separator = "\n",
	THINK,
};

static const struct tool_format seed_xml = {
	.name = "seed-xml",
	.arguments = TOOL_ARGS_RAW,
	.mark_open = "<seed:tool_call>",
	.mark_also = "<function=",
	.mark_close = "</seed:tool_call>",
	.call_open = "<seed:tool_call>\n<function=",
	.before_args = ">\n",
	.param_open = "<parameter=",
	.after_key = ">",
	.param_close = "</parameter>\n",
	.call_close = "</function>\n</seed:tool_call>",
	.call_separator = "\n",
	.think_open = "<seed:think>",
	.think_close = "</seed:think>",
};

/* MiniMax M2. */
static const struct tool_format minimax_xml = {
	.name = "minimax-xml",
	.arguments = TOOL_ARGS_RAW,
	.mark_open = "<minimax:tool_call>",
	.mark_close = "</minimax:tool_call>",
	.section_open = "<minimax:tool_call>\n",
	.call_open = "<invoke name=\"",
	.before_args = "\">\n",
	.param_open = "<parameter name=\"",
	.after_key = "\">",
	.param_close = "</parameter>\n",
	.call_close = "</invoke>\n",
	.section_close = "</minimax:tool_call>",
	THINK,
};

/* MiniCPM5: what would be markup stands in a block as XML has it. Its template writes values that
 * are no strings as Python prints them; JSON is what they are asked for. */
static const struct tool_format minicpm_xml = {
	.name = "minicpm-xml",
	.arguments = TOOL_ARGS_RAW,
	.mark_open = "<function name=\"",
	.mark_close = "</function>",
	.call_open = "<function name=\"",
	.before_args = "\">",
	.param_open = "<param name=\"",
	.after_key = "\">",
	.param_close = "</param>",
	.wrap_open = "<![CDATA[",
	.wrap_close = "]]>",
	.wrapped_bytes = "<&\n",
	.call_close = "</function>",
	.call_separator = "\n",
	THINK,
};

/* MiniMax M3: as M2, each tag behind a mark, values nested. */
#define M3 "]<]minimax[>["
static const struct tool_format minimax_elements = {
	.name = "minimax-elements",
	.arguments = TOOL_ARGS_ELEMENTS,
	.mark_open = M3 "<tool_call>",
	.mark_close = M3 "</tool_call>",
	.section_open = M3 "<tool_call>\n",
	.call_open = M3 "<invoke name=\"",
	.before_args = "\">",
	.param_open = M3 "<",
	.after_key = ">",
	.param_close = M3 "</" TOOL_HOLE_KEY ">",
	.element_mark = M3,
	.call_close = M3 "</invoke>\n",
	.section_close = M3 "</tool_call>",
	.think_open = "<mm:think>",
	.think_close = "</mm:think>",
};

/* Muse Glimmer: the recipient stands in front, the name once more inside. */
static const struct tool_format muse_xml = {
	.name = "muse-xml",
	.arguments = TOOL_ARGS_RAW,
	.mark_open = "<atem:function_calls>",
	.mark_close = "</atem:function_calls>",
	.section_open = "<atem:function_calls>\n",
	.call_open = "<atem:invoke name=\"",
	.before_args = "\">\n",
	.param_open = "<atem:parameter name=\"",
	.after_key = "\">",
	.param_close = "</atem:parameter>\n",
	.call_close = "</atem:invoke>\n",
	.section_close = "</atem:function_calls>",
	.think_open = " to=self<|message|>",
	.think_close = "<|eom|>",
	.text_open = " to=user<|message|>",
	.text_close = "<|eot|>",
	.turn_again = "<|start|>assistant",
	.header_end = "<|message|>",
};

/* Kimi K3. */
static const struct tool_format kimi_open = {
	.name = "kimi-open",
	.arguments = TOOL_ARGS_RAW,
	.mark_open = "<|open|>tools<|sep|>",
	.mark_close = "<|close|>tools<|sep|>",
	.section_open = "<|open|>tools<|sep|>",
	.call_open = "<|open|>call tool=\"",
	.before_args = "\" index=\"" TOOL_HOLE_INDEX "\"<|sep|>",
	.param_open = "<|open|>argument key=\"",
	.after_key = "\" type=\"" TOOL_HOLE_TYPE "\"<|sep|>",
	.param_close = "<|close|>argument<|sep|>",
	.call_close = "<|close|>call<|sep|>",
	.section_close = "<|close|>tools<|sep|>",
	.first_index = 1,
	.think_open = "<|open|>think<|sep|>",
	.think_close = "<|close|>think<|sep|>",
	.text_open = "<|open|>response<|sep|>",
	.text_close = "<|close|>response<|sep|>",
};

/* ---- pairs of a key and a value ---- */

/* GLM 4.5, 4.6. */
static const struct tool_format glm_lines = {
	.name = "glm-lines",
	.arguments = TOOL_ARGS_RAW,
	.mark_open = "<tool_call>",
	.mark_close = "</tool_call>",
	.call_open = "<tool_call>",
	.before_args = "\n",
	.param_open = "<arg_key>",
	.after_key = "</arg_key>\n<arg_value>",
	.param_close = "</arg_value>\n",
	.call_close = "</tool_call>",
	.call_separator = "\n",
	THINK,
};

/* GLM 4.7, Laguna. */
static const struct tool_format glm_tight = {
	.name = "glm-tight",
	.arguments = TOOL_ARGS_RAW,
	.mark_open = "<tool_call>",
	.mark_close = "</tool_call>",
	.call_open = "<tool_call>",
	.param_open = "<arg_key>",
	.after_key = "</arg_key><arg_value>",
	.param_close = "</arg_value>",
	.call_close = "</tool_call>",
	THINK,
};

/* Hy3. */
static const struct tool_format hy = {
	.name = "hy",
	.arguments = TOOL_ARGS_RAW,
	.mark_open = "<tool_calls:opensource>",
	.mark_close = "</tool_calls:opensource>",
	.section_open = "<tool_calls:opensource>\n",
	.call_open = "<tool_call:opensource>",
	.before_args = "<tool_sep:opensource>\n",
	.param_open = "<arg_key:opensource>",
	.after_key = "</arg_key:opensource>\n<arg_value:opensource>",
	.param_close = "</arg_value:opensource>\n",
	.call_close = "</tool_call:opensource>\n",
	.section_close = "</tool_calls:opensource>",
	.think_open = "<think:opensource>",
	.think_close = "</think:opensource>",
};

/* ---- Python ---- */

/* LFM2, LFM2.5. */
static const struct tool_format lfm_python = {
	.name = "lfm-python",
	.arguments = TOOL_ARGS_PYTHON,
	.mark_open = "<|tool_call_start|>",
	.mark_close = "<|tool_call_end|>",
	.section_open = "<|tool_call_start|>[",
	.before_args = "(",
	.call_close = ")",
	.call_separator = ", ",
	.section_close = "]<|tool_call_end|>",
	THINK,
};

/* Llama 3.2 and 4 where they were taught so, Gemma 3 by prompt. */
static const struct tool_format llama_python = {
	.name = "llama-python",
	.arguments = TOOL_ARGS_PYTHON,
	.mark_open = "[",
	.section_open = "[",
	.before_args = "(",
	.call_close = ")",
	.call_separator = ", ",
	.section_close = "]",
	.is_front_only = true,
};

/* Llama 3's built-in tools. */
static const struct tool_format llama_builtin = {
	.name = "llama-builtin",
	.arguments = TOOL_ARGS_PYTHON,
	.mark_open = "<|python_tag|>",
	.call_open = "<|python_tag|>",
	.before_args = ".call(",
	.call_close = ")",
	.is_single = true,
};

/* ---- bare keys ---- */

static const struct tool_format gemma = {
	.name = "gemma",
	.arguments = TOOL_ARGS_BARE,
	.mark_open = "<|tool_call>",
	.mark_close = "<tool_call|>",
	.call_open = "<|tool_call>call:",
	.before_args = "{",
	.quote = "<|\"|>",
	.call_close = "}<tool_call|>",
	.think_open = "<|channel>thought\n",
	.think_close = "<channel|>",
};

static const struct tool_format function_gemma = {
	.name = "function-gemma",
	.arguments = TOOL_ARGS_BARE,
	.mark_open = "<start_function_call>",
	.mark_close = "<end_function_call>",
	.call_open = "<start_function_call>call:",
	.before_args = "{",
	.quote = "<escape>",
	.call_close = "}<end_function_call>",
};

/* ---- harmony: gpt-oss ---- */

static const struct tool_format harmony = {
	.name = "harmony",
	.mark_open = "<|channel|>commentary to=functions.",
	.mark_also = "<|start|>assistant to=functions.",
	.mark_close = "<|call|>",
	.call_open = "<|channel|>commentary to=functions.",
	.before_args = " <|constrain|>json<|message|>",
	.before_args_also =
		"<\\|channel\\|>(commentary|analysis) ?(<\\|constrain\\|>)?json<\\|message\\|>"
		"| ?<\\|constrain\\|>json<\\|message\\|>| json<\\|message\\|>",
	.think_open = "<|channel|>analysis<|message|>",
	.think_close = "<|end|>",
	.text_open = "<|channel|>final<|message|>",
	.text_close = "<|return|>",
	.turn_again = "<|start|>assistant",
	.prompt_tail = "<|start|>assistant",
	.header_open = "<|channel|>",
	.header_end = "<|message|>",
	.is_single = true,
};

/* ---- DSML ---- */

#define DSML_CALL                                                                                  \
	.call_open = "<｜DSML｜invoke name=\"", .before_args = "\">\n",                            \
	.param_open = "<｜DSML｜parameter name=\"",                                                \
	.after_key = "\" string=\"" TOOL_HOLE_IS_STRING "\">",                                     \
	.param_close = "</｜DSML｜parameter>\n", .call_close = "</｜DSML｜invoke>\n"

/* DeepSeek V3.2. */
static const struct tool_format dsml_functions = {
	.name = "dsml-functions",
	.arguments = TOOL_ARGS_RAW,
	.mark_open = "<｜DSML｜function_calls>",
	.mark_close = "</｜DSML｜function_calls>",
	.section_open = "<｜DSML｜function_calls>\n",
	DSML_CALL,
	.section_close = "</｜DSML｜function_calls>",
	THINK,
};

/* DeepSeek V4. */
static const struct tool_format dsml_tools = {
	.name = "dsml-tools",
	.arguments = TOOL_ARGS_RAW,
	.mark_open = "<｜DSML｜tool_calls>",
	.mark_close = "</｜DSML｜tool_calls>",
	.section_open = "<｜DSML｜tool_calls>\n",
	DSML_CALL,
	.section_close = "</｜DSML｜tool_calls>",
	THINK,
};

const struct tool_format *const tool_formats[] = {
	&tool_format_hermes,
	&qwen_xml,
	&seed_xml,
	&minimax_xml,
	&minimax_elements,
	&minicpm_xml,
	&muse_xml,
	&kimi_open,
	&glm_lines,
	&glm_tight,
	&hy,
	&groq,
	&lm_studio,
	&mistral_list,
	&mistral_id,
	&mistral_args,
	&nemotron_list,
	&granite_list,
	&smol_list,
	&command_list,
	&apertus_list,
	&deepseek_fence,
	&deepseek_sep,
	&kimi,
	&functionary_tag,
	&functionary_to,
	&solar,
	&lfm_python,
	&gemma,
	&function_gemma,
	&harmony,
	&dsml_functions,
	&dsml_tools,
	&phi_list,
	&llama_json,
	&llama_python,
	&llama_builtin,
	&tool_format_prompted,
	&tool_format_plain,
	NULL,
};

const struct tool_format *tool_format_find(struct str name)
{
	for (size_t i = 0; tool_formats[i]; i++)
		if (str_eq(name, str_z(tool_formats[i]->name)))
			return tool_formats[i];
	return str_eq_z(name, tool_format_rescue.name) ? &tool_format_rescue : NULL;
}
