/*
 * dialect_responses_bridge.c - the reference's own tools that the client runs itself: each is one
 * row, a function on one side and an item of its own kind on the other.
 *
 * Tools that run at the provider (searches, code, images) are no rows: nobody here could run them.
 */
#include "base/limits.h"
#include "chat/dialect_responses.h"

static const struct responses_bridge bridges[] = {
	{ .type = "local_shell",
		.call = "local_shell_call",
		.output = "local_shell_call_output",
		.member = "action",
		.kind = "exec",
		.about = "Runs one program on the user's machine and returns what it prints.",
		.parameters = "{\"type\":\"object\",\"properties\":{"
			      "\"command\":{\"type\":\"array\",\"items\":{\"type\":\"string\"},"
			      "\"description\":\"the program and its arguments\"},"
			      "\"working_directory\":{\"type\":\"string\"},"
			      "\"timeout_ms\":{\"type\":\"integer\"}},"
			      "\"required\":[\"command\"]}" },
	{ .type = "shell",
		.call = "shell_call",
		.output = "shell_call_output",
		.member = "action",
		.about = "Runs shell commands on the user's machine, one after the other, and "
			 "returns what each prints and its exit code.",
		.parameters = "{\"type\":\"object\",\"properties\":{"
			      "\"commands\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
			      "\"timeout_ms\":{\"type\":\"integer\"},"
			      "\"max_output_length\":{\"type\":\"integer\"}},"
			      "\"required\":[\"commands\"]}" },
	{ .type = "apply_patch",
		.call = "apply_patch_call",
		.output = "apply_patch_call_output",
		.member = "operation",
		.about = "Creates, changes or deletes one file. For create_file the diff is the "
			 "file's lines, each with a + before it. For update_file it is one or more "
			 "sections, each begun by a line with @@, of lines with a blank (stays), - "
			 "(goes) or + (comes) before them; lines that stay must be copied exactly.",
		.parameters = "{\"type\":\"object\",\"properties\":{"
			      "\"type\":{\"type\":\"string\",\"enum\":[\"create_file\","
			      "\"update_file\",\"delete_file\"]},"
			      "\"path\":{\"type\":\"string\"},\"diff\":{\"type\":\"string\"}},"
			      "\"required\":[\"type\",\"path\"]}" },
};

enum { BRIDGES = sizeof bridges / sizeof bridges[0] };

const struct responses_bridge *responses_bridge_of_type(struct str type)
{
	for (size_t i = 0; i < BRIDGES; i++)
		if (str_eq_z(type, bridges[i].type))
			return &bridges[i];
	return NULL;
}

const struct responses_bridge *responses_bridge_of_item(struct str type, bool *is_output)
{
	for (size_t i = 0; i < BRIDGES; i++) {
		*is_output = str_eq_z(type, bridges[i].output);
		if (*is_output || str_eq_z(type, bridges[i].call))
			return &bridges[i];
	}
	return NULL;
}

const struct responses_bridge *responses_bridge(const struct chat_tool *tool)
{
	const json_t *type = json_object_get(tool->extra, "type");
	return json_is_string(type) ? responses_bridge_of_type(js_text(type)) : NULL;
}

void responses_bridge_write(const struct responses_bridge *b, struct str args, struct buf *out)
{
	json_t *value = js_parse(args, LAYER_WIRE, NULL);
	if (!json_is_object(value)) {
		json_decref(value);
		value = json_object();
	}
	if (b->kind)
		json_object_set_new(value, "type", json_string(b->kind));
	js_member(out, b->member);
	js_write(value, out);
	json_decref(value);
}

void responses_bridge_args(const struct responses_bridge *b, const json_t *item, struct buf *out)
{
	json_t *value = json_copy(json_object_get(item, b->member));
	if (b->kind)
		json_object_del(value, "type");
	if (json_is_object(value))
		js_write(value, out);
	else
		buf_add(out, STR("{}"));
	json_decref(value);
}
