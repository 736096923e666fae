#include "../unit.h"

#include "chat/prompted.h"

/* The bytes that the starter model's adapter was trained on: tools/pilot/tasks.py, SYSTEM and
 * render. */
static const char system_text[] =
	"You are offgrid, an agent that works with files. Use the tools; do not say you did what "
	"you did not do.\n"
	"Call a tool like this: <tool_call>{\"name\": NAME, \"arguments\": {...}}</tool_call>\n"
	"Tools:\n"
	"read(path): return a file\n"
	"write(path, content): create or replace a file\n"
	"edit(path, old, new): replace text in a file\n"
	"list(path): list a folder\n"
	"search(pattern, path): find text in files\n"
	"shell(command): run a command";

static void add_tool(
	struct chat_request *r, const char *name, const char *about, const char *parameters)
{
	json_t *properties = json_object(), *required = json_array();
	struct str rest = str_z(parameters), word;
	while (str_cut(&rest, ' ', &word)) {
		struct str z = arena_str(r->arena, word);
		json_object_set_new(properties, z.p, json_pack("{s:s}", "type", "string"));
		json_array_append_new(required, json_string(z.p));
	}
	chat_add_tool(r, str_z(name), str_z(about),
		json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
			required));
}

static struct chat_request *pilot_request(struct arena *a)
{
	struct chat_request *r = chat_request_new(a);
	add_tool(r, "read", "return a file", "path");
	add_tool(r, "write", "create or replace a file", "path content");
	add_tool(r, "edit", "replace text in a file", "path old new");
	add_tool(r, "list", "list a folder", "path");
	add_tool(r, "search", "find text in files", "pattern path");
	add_tool(r, "shell", "run a command", "command");
	chat_add_text(r, CHAT_SYSTEM,
		STR("You are offgrid, an agent that works with files. Use the tools; do not say "
		    "you did what you did not do."));
	return r;
}

static void the_six_tools_give_the_bytes_of_the_training(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_request *r = pilot_request(a);
	chat_add_text(r, CHAT_USER, STR("Create a.txt with: hi"));
	chat_add_message(r, CHAT_ASSISTANT);
	chat_add_block(
		r, (struct chat_block){ .type = CHAT_BLOCK_CALL,
			   .id = STR("1"),
			   .name = STR("write"),
			   .text = STR("{\"path\":\"a.txt\",\"content\":\"h\\u00e4\\n\"}") });
	chat_add_message(r, CHAT_TOOL);
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_RESULT,
				  .id = STR("1"),
				  .text = STR("ok: a.txt created, 2 bytes") });
	json_t *messages = prompted_messages(r);
	assert_int_equal(json_array_size(messages), 4);
	const char *want[][2] = {
		{ "system", system_text },
		{ "user", "Create a.txt with: hi" },
		{ "assistant", "<tool_call>{\"name\": \"write\", \"arguments\": {\"path\": "
			       "\"a.txt\", \"content\": \"h\xc3\xa4\\n\"}}</tool_call>" },
		{ "user", "<tool_response>ok: a.txt created, 2 bytes</tool_response>" },
	};
	for (size_t i = 0; i < 4; i++) {
		json_t *m = json_array_get(messages, i);
		assert_string_equal(json_string_value(json_object_get(m, "role")), want[i][0]);
		assert_string_equal(json_string_value(json_object_get(m, "content")), want[i][1]);
	}
	json_decref(messages);
	chat_request_free(r);
	arena_free(a);
}

static void richer_parameters_show_type_choice_and_description(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_request *r = chat_request_new(a);
	struct err e = { 0 };
	chat_add_tool(r, STR("go"), STR(""),
		js_parse(STR("{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\","
			     "\"description\":\"how far\"},"
			     "\"to\":{\"enum\":[\"a\",\"b\"]},\"x\":{\"type\":\"array\",\"items\":{"
			     "\"type\":\"string\"}}},"
			     "\"required\":[\"n\"]}"),
			LAYER_CLIENT, &e));
	chat_add_tool(r, STR("stop"), STR("end it"), NULL);
	struct buf out;
	buf_init(&out, 10000);
	prompted_system(STR(""), r, &out);
	assert_str(buf_str(&out), "Call a tool like this: <tool_call>{\"name\": NAME, "
				  "\"arguments\": {...}}</tool_call>\nTools:\n"
				  "go(n: integer, to?: \"a\"|\"b\", x?: "
				  "{\"type\":\"array\",\"items\":{\"type\":\"string\"}})\n"
				  "  n: how far\n"
				  "stop(): end it");
	buf_clear(&out);
	chat_request_free(r);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_six_tools_give_the_bytes_of_the_training),
		cmocka_unit_test(richer_parameters_show_type_choice_and_description),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
