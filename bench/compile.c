/*
 * compile.c - what it costs to make a guide of many tools.
 *
 *   compile TOOLS BYTES [ROUNDS]
 *
 * Invents TOOLS tools whose schemas take BYTES bytes as JSON in all, of the kinds that real tools
 * have: strings with words about them, choices, bounds, patterns, lists of objects, references,
 * alternatives. Times tool_guide_new ROUNDS times and prints one JSON object.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/must.h"
#include "chat/tool_guide.h"

enum { MOST_ROUNDS = 1000, USUAL_ROUNDS = 20 };

static const char words[] = "Where it is to be done, as a person would say it; relative to the "
			    "folder in which the work began. ";

/* One parameter of the kind number `k`, with `extra` bytes of words about it. */
static json_t *parameter(int k, size_t extra)
{
	static const char *const kinds[] = {
		"{\"type\": \"string\"}",
		"{\"type\": \"string\", \"minLength\": 1, \"maxLength\": 200}",
		"{\"type\": \"string\", \"enum\": [\"create\", \"replace\", \"append\", "
		"\"delete\", \"rename\", \"inspect\"]}",
		"{\"type\": \"integer\", \"minimum\": 0, \"maximum\": 65535}",
		"{\"type\": \"array\", \"maxItems\": 20, \"items\": {\"type\": \"object\", "
		"\"properties\": {\"line\": {\"type\": \"integer\"}, "
		"\"text\": {\"type\": \"string\"}}, \"required\": [\"line\", \"text\"], "
		"\"additionalProperties\": false}}",
		"{\"anyOf\": [{\"type\": \"string\", \"format\": \"date-time\"}, {\"type\": "
		"\"null\"}]}",
		"{\"type\": \"string\", \"pattern\": \"^[a-z][a-z0-9_-]{0,63}$\"}",
		"{\"$ref\": \"#/$defs/range\"}",
		"{\"type\": \"boolean\", \"default\": false}",
		"{\"type\": \"object\", \"additionalProperties\": {\"type\": \"string\"}}",
	};
	json_t *made = json_loads(kinds[(size_t)k % (sizeof kinds / sizeof *kinds)], 0, NULL);
	MUST(made);
	struct buf about;
	buf_init(&about, extra + sizeof words);
	while (about.n < extra)
		buf_add(&about, str_n(words, sizeof words - 1 < extra - about.n ? sizeof words - 1
										: extra - about.n));
	json_object_set_new(made, "description", json_stringn(buf_z(&about), about.n));
	buf_clear(&about);
	return made;
}

static size_t bytes_of(const json_t *schema)
{
	return json_dumpb(schema, NULL, 0, JSON_COMPACT);
}

/* A schema of about `bytes` bytes, others for every `seed`. */
static json_t *invent(int seed, size_t bytes)
{
	json_t *properties = json_object(), *required = json_array();
	json_t *schema = json_pack("{s:s, s:o, s:o, s:{s:{s:s, s:{s:{s:s}, s:{s:s}}}}}", "type",
		"object", "properties", properties, "required", required, "$defs", "range", "type",
		"object", "properties", "from", "type", "integer", "to", "type", "integer");
	size_t size = bytes_of(schema);
	for (int i = 0; size < bytes; i++) {
		char name[32];
		snprintf(name, sizeof name, "field_%d_%d", seed, i);
		json_t *one = parameter(seed + i, size + 250 < bytes ? 90 : 20);
		size += bytes_of(one) + sizeof name / 2;
		json_object_set_new(properties, name, one);
		if (i % 3 == 0)
			json_array_append_new(required, json_string(name));
	}
	return schema;
}

int main(int argc, char **argv)
{
	int tools = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 0,
	    rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : USUAL_ROUNDS;
	size_t bytes = argc > 2 ? strtoul(argv[2], NULL, 10) : 0, made = 0;
	if (tools < 1 || bytes < 1 || rounds < 1 || rounds > MOST_ROUNDS) {
		fputs("usage: compile TOOLS BYTES [ROUNDS]\n", stderr);
		return 2;
	}
	struct arena *a = arena_new();
	struct chat_request *r = chat_request_new(a);
	for (int i = 0; i < tools; i++) {
		json_t *schema = invent(i, bytes / (size_t)tools);
		made += bytes_of(schema);
		chat_add_tool(r, arena_printf(a, "tool_%d", i), STR("does something"), schema);
	}
	printf("{\"tools\": %d, \"schema_bytes\": %zu, \"compile_us\": [", tools, made);
	for (int i = 0; i < rounds; i++) {
		int64_t began = clock_us();
		struct tool_guide *g =
			tool_guide_new(r, &tool_format_prompted, TOOL_THINKING_NEVER, NULL);
		printf("%s%lld", i ? ", " : "", (long long)(clock_us() - began));
		tool_guide_free(g);
	}
	printf("]}\n");
	chat_request_free(r);
	arena_free(a);
	return 0;
}
