/* ---- a JSON object in tags ---- */
{ "hermes",
	"<think>\nTHINK1\n</think>\n\nLet me write it.\n<tool_call>\n{\"name\": "
	"\"write_file\", \"arguments\": " ARGS "}\n</tool_call>",
	THINK "\n" SAY "\n" CALL0(ARGS), 0 },
	{ "hermes",
		"<tool_call>\n{\"name\": \"write_file\", \"arguments\": " ARGS
		"}\n</tool_call>\n<tool_call>\n{\"name\": \"write_file\", \"arguments\": " ARGS
		"}\n</tool_call>",
		CALL0(ARGS) CALL1(ARGS), 0 },
	{ "prompted",
		"Let me write it.\n<tool_call>{\"name\": \"write_file\", \"arguments\": " ARGS
		"}</tool_call>",
		SAY "\n" CALL0(ARGS), 0 },
	{ "groq",
		"<tool_call>\n{\"id\": 0, \"name\": \"write_file\", \"arguments\": " ARGS
		"}\n</tool_call>\n<tool_call>\n{\"id\": 1, \"name\": \"write_file\", "
		"\"arguments\": " ARGS "}\n</tool_call>",
		CALL0(ARGS) CALL1(ARGS), 0 },
	{ "lm-studio",
		"Let me write it.\n[TOOL_REQUEST]{\"name\": \"write_file\", \"arguments\": " ARGS
		"}[END_TOOL_REQUEST]\n[TOOL_REQUEST]{\"name\": \"write_file\", \"arguments\": " ARGS
		"}[END_TOOL_REQUEST]",
		SAY "\n" CALL0(ARGS) CALL1(ARGS), 0 },
	{ "llama-json", "{\"name\": \"write_file\", \"parameters\": " ARGS "}", CALL0(ARGS), 0 },
	{ "llama-json",
		"{\"name\": \"write_file\", \"parameters\": " ARGS
		"}; {\"name\": \"write_file\", \"parameters\": " ARGS "}",
		CALL0(ARGS) CALL1(ARGS), 0 },
	/* ---- a JSON list behind a mark ---- */
	{ "mistral-list",
		"[TOOL_CALLS][{\"name\": \"write_file\", \"arguments\": " ARGS
		", \"id\": \"abcdefghi\"}]",
		CALL0(ARGS), 0 },
	{ "mistral-list",
		"[TOOL_CALLS][{\"name\": \"write_file\", \"arguments\": " ARGS
		", \"id\": \"abcdefghi\"}, {\"name\": \"write_file\", \"arguments\": " ARGS
		", \"id\": \"abcdefghj\"}]",
		CALL0(ARGS) CALL1(ARGS), 0 },
	{ "nemotron-list",
		"Let me write it.\n<TOOLCALL>[{\"name\": \"write_file\", \"arguments\": " ARGS
		"}]</TOOLCALL>",
		SAY "\n" CALL0(ARGS), 0 },
	{ "nemotron-list",
		"THINK1\n</think>\n<TOOLCALL>[{\"name\": \"write_file\", \"arguments\": " ARGS
		"}, {\"name\": \"write_file\", \"arguments\": " ARGS "}]</TOOLCALL>",
		THINK "\n" CALL0(ARGS) CALL1(ARGS), TOOL_READ_IN_THOUGHT },
	{ "granite-list",
		"Let me write it.<|tool_call|>[{\"name\": \"write_file\", \"arguments\": " ARGS
		"}]",
		SAY "\n" CALL0(ARGS), 0 },
	{ "phi-list",
		"functools[{\"name\": \"write_file\", \"arguments\": " ARGS
		"}, {\"name\": \"write_file\", \"arguments\": " ARGS "}]",
		CALL0(ARGS) CALL1(ARGS), 0 },
	{ "phi-list",
		"<|tool_call|>[{\"name\": \"write_file\", \"arguments\": " ARGS "}]<|/tool_call|>",
		CALL0(ARGS), 0 },
	{ "smol-list",
		"<tool_call>[{\"name\": \"write_file\", \"arguments\": " ARGS "}]</tool_call>",
		CALL0(ARGS), 0 },
	{ "command-list",
		"<|START_THINKING|>THINK1<|END_THINKING|><|START_ACTION|>[\n    "
		"{\"tool_call_id\": \"0\", \"tool_name\": \"write_file\", \"parameters\": " ARGS
		"},\n    {\"tool_call_id\": \"1\", \"tool_name\": \"write_file\", "
		"\"parameters\": " ARGS "}\n]<|END_ACTION|>",
		THINK "\n" CALL0(ARGS) CALL1(ARGS), 0 },
	{ "command-list",
		"<|START_THINKING|>THINK1<|END_THINKING|><|START_RESPONSE|>Let me write "
		"it.<|END_RESPONSE|>",
		THINK "\n" SAY, 0 },
	{ "apertus-list",
		"<|inner_prefix|>THINK1<|inner_suffix|>Let me write it.<|tools_prefix|>[{"
		"\"write_file\": " ARGS "}]<|tools_suffix|>",
		THINK "\n" SAY "\n" CALL0(ARGS), 0 },
	{ "apertus-list",
		"<|tools_prefix|>[{\"write_file\": " ARGS "}, {\"get\": {}}]<|tools_suffix|>",
		CALL0(ARGS) "\ntool_begin 1 " ID1 " get\ntool_args {}\ntool_end 1", 0 },
	/* ---- name, mark, JSON ---- */
	{ "mistral-args", "Let me write it.[TOOL_CALLS]write_file[ARGS]" ARGS, SAY "\n" CALL0(ARGS),
		0 },
	{ "mistral-args",
		"[THINK]THINK1[/THINK][TOOL_CALLS]write_file[ARGS]" ARGS
		"[TOOL_CALLS]write_file[ARGS]" ARGS,
		THINK "\n" CALL0(ARGS) CALL1(ARGS), 0 },
	{ "mistral-id", "[TOOL_CALLS]write_file[CALL_ID]abcdefghi[ARGS]" ARGS, CALL0(ARGS), 0 },
	{ "mistral-id",
		"[TOOL_CALLS]write_file[ARGS]" ARGS
		"[TOOL_CALLS]write_file[CALL_ID]abcdefghi[ARGS]" ARGS,
		CALL0(ARGS) CALL1(ARGS), 0 },
	{ "deepseek-fence",
		"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>write_file\n"
		"```json\n" ARGS "\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
		CALL0(ARGS), 0 },
	{ "deepseek-fence",
		"THINK1\n</"
		"think>\n\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>"
		"write_file\n```json\n" ARGS "\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>"
		"function<｜tool▁sep｜>write_file\n```json\n" ARGS
		"\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
		THINK "\n" CALL0(ARGS) CALL1(ARGS), TOOL_READ_IN_THOUGHT },
	{ "deepseek-sep",
		"Let me write "
		"it.<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>write_file<｜tool▁sep｜>" ARGS
		"<｜tool▁call▁end｜><｜tool▁call▁begin｜>write_file<｜tool▁sep｜>" ARGS
		"<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
		SAY "\n" CALL0(ARGS) CALL1(ARGS), 0 },
	{ "kimi",
		"Let me write it.<|tool_calls_section_begin|><|tool_call_begin|>functions."
		"write_file:0<|tool_call_argument_begin|>" ARGS "<|tool_call_end|>"
		"<|tool_calls_section_end|>",
		SAY "\n" CALL0(ARGS), 0 },
	{ "kimi",
		"<|tool_calls_section_begin|><|tool_call_begin|>functions.write_file:6"
		"<|tool_call_argument_begin|>" ARGS
		"<|tool_call_end|><|tool_call_begin|>write_file:7<|tool_call_argument_begin|>" ARGS
		"<|tool_call_end|><|tool_calls_section_end|>",
		CALL0(ARGS) CALL1(ARGS), 0 },
	{ "functionary-tag", "Let me write it.<function=write_file>" ARGS "</function>",
		SAY "\n" CALL0(ARGS), 0 },
	{ "functionary-tag",
		"<function=write_file>" ARGS "</function>\n<function=write_file>" ARGS
		"</function>",
		CALL0(ARGS) CALL1(ARGS), 0 },
	{ "functionary-to", "all\nLet me write it.>>>write_file\n" ARGS, SAY "\n" CALL0(ARGS), 0 },
	{ "functionary-to", "write_file\n" ARGS, CALL0(ARGS), 0 },
	{ "functionary-to", ">>>all\nIn Python, >>> is the prompt.",
		"text In Python, >>> is the prompt.", 0 },
	{ "solar",
		"<|tool_calls|><|tool_call:begin|>abcdefghij<|tool_call:name|>write_file"
		"<|tool_call:args|>" ARGS "<|tool_call:end|><|calls|>",
		CALL0(ARGS), 0 },
	{ "solar",
		"<|think|>THINK1<|end|><|begin|>assistant<|tool_calls|><|tool_call:begin|>a1"
		"<|tool_call:name|>write_file<|tool_call:args|>" ARGS
		"<|tool_call:end|><|tool_call:begin|>a2<|tool_call:name|>write_file"
		"<|tool_call:args|>" ARGS "<|tool_call:end|><|calls|>",
		THINK "\n" CALL0(ARGS) CALL1(ARGS), 0 },
	{ "solar", "<|think|>THINK1<|end|><|begin|>assistant<|content|>Let me write it.",
		THINK "\n" SAY, 0 },
	/* ---- a name and raw parameters ---- */
	{ "qwen-xml",
		"<think>\nTHINK1\n</think>\n\nLet me write "
		"it.\n\n<tool_call>\n<function=write_file>\n"
		"<parameter=path>\na \"q\".txt\n</parameter>\n<parameter=mode>\n420\n</parameter>\n"
		"</function>\n</tool_call>",
		THINK "\n" SAY "\n" CALL0(ARGS), 0 },
	{ "qwen-xml",
		"THINK1\n</think>\n<tool_call>\n<function=write_file>\n<parameter=path>\na "
		"\"q\".txt\n"
		"</parameter>\n<parameter=mode>\n420\n</parameter>\n</function>\n</tool_call>\n"
		"<tool_call>\n<function=get>\n</function>\n</tool_call>",
		THINK "\n" CALL0(ARGS) "\ntool_begin 1 " ID1 " get\ntool_args {}\ntool_end 1",
		TOOL_READ_IN_THOUGHT },
	{ "seed-xml",
		"<seed:think>THINK1</seed:think>\nLet me write it.\n\n<seed:tool_call>\n"
		"<function=write_file>\n<parameter=path>a \"q\".txt</parameter>\n"
		"<parameter=mode>420</parameter>\n</function>\n</seed:tool_call>",
		THINK "\n" SAY "\n" CALL0(ARGS), 0 },
	{ "minimax-xml",
		"<think>\nTHINK1\n</think>\n\nLet me write it.\n<minimax:tool_call>\n<invoke "
		"name=\"write_file\">\n<parameter name=\"path\">a "
		"\"q\".txt</parameter>\n<parameter "
		"name=\"mode\">420</parameter>\n</invoke>\n</minimax:tool_call>",
		THINK "\n" SAY "\n" CALL0(ARGS), 0 },
	{ "minimax-xml",
		"<minimax:tool_call>\n<invoke name=\"write_file\">\n<parameter name=\"path\">a "
		"\"q\".txt</parameter>\n<parameter "
		"name=\"mode\">420</parameter>\n</invoke>\n<invoke "
		"name=\"get\">\n</invoke>\n</minimax:tool_call>",
		CALL0(ARGS) "\ntool_begin 1 " ID1 " get\ntool_args {}\ntool_end 1", 0 },
	{ "minimax-elements",
		"<mm:think>THINK1</mm:think>Let me write it.]<]minimax[>[<tool_call>\n]<]minimax[>["
		"<invoke name=\"write_file\">]<]minimax[>[<path>a \"q\".txt]<]minimax[>[</path>]<]"
		"minimax[>[<mode>420]<]minimax[>[</mode>]<]minimax[>[</invoke>\n]<]minimax[>["
		"</tool_call>",
		THINK "\n" SAY "\n" CALL0(ARGS), 0 },
	{ "minimax-elements",
		"]<]minimax[>[<tool_call>\n]<]minimax[>[<invoke name=\"write_file\">]<]minimax[>["
		"<path>a "
		"<b>]<]minimax[>[</path>]<]minimax[>[<tags>]<]minimax[>[<item>x]<]minimax[>["
		"</item>]<]minimax[>[<item>2]<]minimax[>[</item>]<]minimax[>[</tags>]<]minimax[>["
		"<opts>]<]minimax[>[<k>true]<]minimax[>[</k>]<]minimax[>[</opts>]<]minimax[>["
		"</invoke>\n]<]minimax[>[<invoke name=\"get\">]<]minimax[>[</invoke>\n]<]minimax[>["
		"</tool_call>",
		CALL0("{\"path\": \"a <b>\", \"tags\": [\"x\", 2], \"opts\": {\"k\": true}}") "\nto"
											      "ol_"
											      "begi"
											      "n "
											      "1"
											      " " ID1
											      " get"
											      "\nto"
											      "ol_"
											      "args"
											      " {}"
											      "\nto"
											      "ol_"
											      "end "
											      "1",
		0 },
	{ "minicpm-xml",
		"<think>\nTHINK1\n</think>\n\nLet me write it.\n<function "
		"name=\"write_file\"><param "
		"name=\"path\">a \"q\".txt</param><param name=\"mode\">420</param></function>",
		THINK "\n" SAY "\n" CALL0(ARGS), 0 },
	{ "minicpm-xml",
		"<function name=\"write_file\"><param name=\"path\"><![CDATA[a\n</param> & <b>]]>"
		"</param><param name=\"content\"><![CDATA[420]]></param></function>\n<function "
		"name=\"get\"></function>",
		CALL0("{\"path\": \"a\\n</param> & <b>\", \"content\": \"420\"}") "\ntool_begin "
										  "1 " ID1
										  " get\ntool_args "
										  "{}\ntool_end 1",
		0 },
	{ "muse-xml",
		" to=self<|message|>THINK1<|eom|><|start|>assistant to=write_file<|message|>"
		"<atem:function_calls>\n<atem:invoke name=\"write_file\">\n<atem:parameter "
		"name=\"path\">a \"q\".txt</atem:parameter>\n<atem:parameter "
		"name=\"mode\">420</atem:parameter>\n</atem:invoke>\n</atem:function_calls><|eom|>"
		"<|start|>assistant to=user<|message|>Let me write it.<|eot|>",
		THINK "\n" CALL0(ARGS) "\n" SAY, 0 },
	{ "kimi-open",
		"THINK1<|close|>think<|sep|><|open|>response<|sep|>Let me write "
		"it.<|close|>response"
		"<|sep|><|open|>tools<|sep|><|open|>call tool=\"write_file\" index=\"1\"<|sep|>"
		"<|open|>argument key=\"path\" type=\"string\"<|sep|>a \"q\".txt<|close|>argument"
		"<|sep|><|open|>argument key=\"mode\" type=\"number\"<|sep|>420<|close|>argument"
		"<|sep|><|close|>call<|sep|><|close|>tools<|sep|>",
		THINK "\n" SAY "\n" CALL0(ARGS), TOOL_READ_IN_THOUGHT },
	{ "kimi-open",
		"<|open|>tools<|sep|><|open|>call tool=\"write_file\" index=\"1\"<|sep|>"
		"<|open|>argument key=\"path\" type=\"string\"<|sep|>420<|close|>argument<|sep|>"
		"<|close|>call<|sep|><|open|>call tool=\"get\" "
		"index=\"2\"<|sep|><|close|>call<|sep|>"
		"<|close|>tools<|sep|>",
		CALL0("{\"path\": \"420\"}") "\ntool_begin 1 " ID1 " get\ntool_args {}\ntool_end 1",
		0 },
	/* ---- pairs of a key and a value ---- */
	{ "glm-lines",
		"<think>THINK1</think>\nLet me write it.\n<tool_call>write_file\n<arg_key>path"
		"</arg_key>\n<arg_value>a "
		"\"q\".txt</arg_value>\n<arg_key>mode</arg_key>\n<arg_value>"
		"420</arg_value>\n</tool_call>",
		THINK "\n" SAY "\n" CALL0(ARGS), 0 },
	{ "glm-tight",
		"THINK1</think>Let me write "
		"it.<tool_call>write_file<arg_key>path</arg_key><arg_value>a "
		"\"q\".txt</arg_value><arg_key>mode</arg_key><arg_value>420</arg_value></tool_call>"
		"<tool_call>get</tool_call>",
		THINK "\n" SAY "\n" CALL0(ARGS) "\ntool_begin 1 " ID1
						" get\ntool_args {}\ntool_end 1",
		TOOL_READ_IN_THOUGHT },
	{ "hy",
		"<think:opensource>THINK1</think:opensource>Let me write "
		"it.<tool_calls:opensource>\n"
		"<tool_call:opensource>write_file<tool_sep:opensource>\n<arg_key:opensource>path"
		"</arg_key:opensource>\n<arg_value:opensource>a \"q\".txt</arg_value:opensource>\n"
		"<arg_key:opensource>mode</arg_key:opensource>\n<arg_value:opensource>420"
		"</arg_value:opensource>\n</tool_call:opensource>\n<tool_call:opensource>get"
		"<tool_sep:opensource>\n</tool_call:opensource>\n</tool_calls:opensource>",
		THINK "\n" SAY "\n" CALL0(ARGS) "\ntool_begin 1 " ID1
						" get\ntool_args {}\ntool_end 1",
		0 },
	/* ---- Python ---- */
	{ "lfm-python",
		"Let me write it.<|tool_call_start|>[write_file(path='a \"q\".txt', mode=420)]"
		"<|tool_call_end|>",
		SAY "\n" CALL0(ARGS), 0 },
	{ "lfm-python",
		"<think>THINK1</think><|tool_call_start|>[write_file(path=\"a \\\"q\\\".txt\", "
		"mode=0x1a4), get()]<|tool_call_end|>",
		THINK "\n" CALL0(ARGS) "\ntool_begin 1 " ID1 " get\ntool_args {}\ntool_end 1", 0 },
	{ "llama-python", "[write_file(path='a \"q\".txt', mode=420), get()]",
		CALL0(ARGS) "\ntool_begin 1 " ID1 " get\ntool_args {}\ntool_end 1", 0 },
	{ "llama-python",
		"[write_file(path='''it's\n\\x41''', tags=[1, 2.5, None, (True,)], opts={'k': "
		"{}})]",
		CALL0("{\"path\": \"it's\\nA\", \"tags\": [1, 2.5, null, [true]], \"opts\": "
		      "{\"k\": "
		      "{}}}"),
		0 },
	{ "llama-builtin", "<|python_tag|>write_file.call(path=\"a \\\"q\\\".txt\", mode=420)",
		CALL0(ARGS), 0 },
	/* ---- bare keys ---- */
	{ "gemma",
		"<|channel>thought\nTHINK1\n<channel|><|tool_call>call:write_file{mode:420,path:<|"
		"\"|>a "
		"\"q\".txt<|\"|>}<tool_call|>",
		THINK "\n" CALL0(ARGS_MODE1), 0 },
	{ "gemma",
		"Let me write it.<|tool_call>call:write_file{mode:420,path:<|\"|>a "
		"\"q\".txt<|\"|>}<tool_call|><|tool_call>call:write_file{opts:{<|\"|>k<|\"|>:[1,"
		"<|\"|>x<|\"|>,null,{}]},tags:[]}<tool_call|>",
		SAY "\n" CALL0(ARGS_MODE1)
			CALL1("{\"opts\": {\"k\": [1, \"x\", null, {}]}, \"tags\": []}"),
		0 },
	{ "function-gemma",
		"<start_function_call>call:write_file{mode:420,path:<escape>a "
		"\"q\".txt<escape>}<end_function_call>",
		CALL0(ARGS_MODE1), 0 },
	/* ---- harmony ---- */
	{ "harmony",
		"<|channel|>analysis<|message|>THINK1<|end|><|start|>assistant "
		"to=functions.write_file<|channel|>commentary json<|message|>" ARGS "<|call|>",
		THINK "\n" CALL0(ARGS), 0 },
	{ "harmony",
		"<|channel|>analysis<|message|>THINK1<|end|><|start|>assistant<|channel|>commentary"
		"<|message|>Let me write it.<|end|><|start|>assistant<|channel|>commentary "
		"to=functions.write_file <|constrain|>json<|message|>" ARGS "<|call|>",
		THINK "\n" SAY "\n" CALL0(ARGS), 0 },
	{ "harmony", " to=functions.write_file<|channel|>analysis<|constrain|>json<|message|>" ARGS,
		CALL0(ARGS), 0 },
	{ "harmony", "<|channel|>analysis to=functions.write_file code<|message|>" ARGS "<|call|>",
		CALL0(ARGS), 0 },
	{ "harmony",
		"<|channel|>analysis<|message|>THINK1<|end|><|start|>assistant<|channel|>final"
		"<|message|>Let me write it.<|return|>",
		THINK "\n" SAY, 0 },
	{ "harmony", "Let me write it.", SAY, 0 },
	/* ---- DSML ---- */
	{ "dsml-functions",
		"<think>THINK1</think>Let me write "
		"it.\n\n<｜DSML｜function_calls>\n<｜DSML｜invoke "
		"name=\"write_file\">\n<｜DSML｜parameter name=\"path\" string=\"true\">a "
		"\"q\".txt</｜DSML｜parameter>\n<｜DSML｜parameter name=\"mode\" "
		"string=\"false\">420</｜DSML｜parameter>\n</｜DSML｜invoke>\n</"
		"｜DSML｜function_calls>",
		THINK "\n" SAY "\n" CALL0(ARGS), 0 },
	{ "dsml-tools",
		"THINK1</think>Let me write it.\n\n<｜DSML｜tool_calls>\n<｜DSML｜invoke "
		"name=\"write_file\">\n<｜DSML｜parameter name=\"path\" string=\"true\">a "
		"\"q\".txt</｜DSML｜parameter>\n<｜DSML｜parameter name=\"mode\" "
		"string=\"false\">420</｜DSML｜parameter>\n</｜DSML｜invoke>\n<｜DSML｜invoke "
		"name=\"get\">\n</｜DSML｜invoke>\n</｜DSML｜tool_calls>",
		THINK "\n" SAY "\n" CALL0(ARGS) "\ntool_begin 1 " ID1
						" get\ntool_args {}\ntool_end 1",
		TOOL_READ_IN_THOUGHT },
