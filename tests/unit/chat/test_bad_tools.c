/*
 * test_bad_tools.c - tools as careless and hostile clients offer them, through the guide of every
 * row: nothing crashes, nothing of a description gets into the grammar, and what may still be
 * called is called validly.
 *
 *   test_chat_bad_tools tests/data/bad_tools.json
 *
 * The file holds one tool a line, named by what makes it bad; those that are only large are added
 * here. tests/whole/bad_tools.py sends the same through the whole program.
 */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/json.h"
#include "chat/schema.h"
#include "chat/schema_check.h"
#include "chat/tool_guide.h"
#include "walk.h"

enum {
	MANY_PARAMETERS = 200,
	MANY_VALUES = 5000,
	LONG_BYTES = 100000,
	SEEDS = 4,
	WALK_SOFT = 80,
	WALK_HARD = 3000,
	ANSWER_BYTES = 1 << 20
};

static json_t *bad_tools;

/* A name of each tool: the file's, then the large ones'. */
static const char good[] = "read_file";

static json_t *large(int kind)
{
	json_t *properties = json_object(), *values = json_array();
	char name[40];
	for (int i = 0; i < (kind == 0 ? MANY_PARAMETERS : MANY_VALUES); i++) {
		snprintf(name, sizeof name, "thing_%d_of_many", i);
		if (kind == 0)
			json_object_set_new(properties, name, json_pack("{s:s}", "type", "string"));
		json_array_append_new(values, json_string(name));
	}
	if (kind == 1)
		json_object_set_new(properties, "choice", json_pack("{s:O}", "enum", values));
	json_decref(values);
	return json_pack("{s:s, s:o}", "type", "object", "properties", properties);
}

/* All tools, with their descriptions or with none at all. */
static struct chat_request *offer(struct arena *a, bool has_descriptions)
{
	struct chat_request *r = chat_request_new(a);
	struct buf text;
	size_t i;
	json_t *tool;
	buf_init(&text, LONG_BYTES + 1);
	buf_add_fill(&text, '<', LONG_BYTES);
	json_array_foreach(bad_tools, i, tool)
	{
		struct str about = js_text(json_object_get(tool, "description"));
		chat_add_tool(r, js_text(json_object_get(tool, "name")),
			has_descriptions ? about : STR(""),
			json_incref(json_object_get(tool, "parameters")));
	}
	chat_add_tool(
		r, STR("many_parameters"), has_descriptions ? buf_str(&text) : STR(""), large(0));
	chat_add_tool(r, STR("many_values"), STR(""), large(1));
	chat_add_tool(r, STR("bare"), STR("a name that is there already"), NULL);
	chat_add_tool(r, STR(""), STR("no name"), NULL);
	chat_add_tool(r, str_z(good), STR("the one that is as it should be"),
		json_loads("{\"type\": \"object\", \"properties\": {\"path\": {\"type\": "
			   "\"string\"}}, "
			   "\"required\": [\"path\"]}",
			0, NULL));
	r->tool_choice = CHAT_CHOICE_REQUIRED;
	r->allows_parallel_calls = false;
	buf_clear(&text);
	return r;
}

/* What a reader made of an answer. */
struct heard {
	const struct chat_request *request;
	const struct tool_format *row;
	struct buf name, args;
	size_t calls;
};

static void hear(void *owner, const struct chat_event *event)
{
	struct heard *h = owner;
	if (event->type == CHAT_TOOL_BEGIN)
		buf_add(&h->name, event->text);
	else if (event->type == CHAT_TOOL_ARGS)
		buf_add(&h->args, event->text);
	h->calls += event->type == CHAT_TOOL_END;
}

/* Not relaxed, and no schema that no value fits. */
static bool is_sound(const struct chat_tool *tool)
{
	struct schema_options options = { .unsaid = SCHEMA_UNSAID_CLOSED };
	const struct schema_note *notes;
	struct schema *s = schema_new(&options);
	schema_add(s, tool->parameters, tool->name, SCHEMA_TOP_OBJECT);
	schema_seal(s);
	bool sound = schema_notes(s, &notes) == 0;
	schema_free(s);
	return sound;
}

/* The answer is one call of an offered tool, with arguments that fit its schema. */
static void check_call(struct heard *h, struct str said)
{
	struct err e = { 0 };
	struct buf why;
	buf_init(&why, ANSWER_BYTES);
	const struct chat_tool *tool = chat_find_tool(h->request, buf_str(&h->name));
	json_t *args = js_parse(buf_str(&h->args), LAYER_PARSE, &e);
	bool fits = h->calls == 1 && tool && json_is_object(args) &&
		    (!is_sound(tool) || schema_check(NULL, tool->parameters, args, &why));
	if (!fits)
		print_error("%s: %zu calls of \"%.*s\" %s%s in %.*s\n", h->row->name, h->calls,
			STR_ARG(buf_str(&h->name)), buf_z(&why), e.what, STR_ARG(said));
	assert_true(fits);
	json_decref(args);
	buf_clear(&why);
}

/* One random answer, read back. */
static bool try_answer(const struct guide *g, struct heard *h, uint64_t seed)
{
	struct walk_random r = { seed, NULL };
	struct err e = { 0 };
	struct buf said;
	buf_init(&said, ANSWER_BYTES);
	enum walk_end end = walk_randomly(g, &r, WALK_SOFT, WALK_HARD, &said);
	assert_int_not_equal(end, WALK_STUCK);
	if (end == WALK_ENDED) {
		buf_init(&h->name, ANSWER_BYTES);
		buf_init(&h->args, ANSWER_BYTES);
		h->calls = 0;
		struct tool_reader *reader = tool_reader_new(h->row, h->request, seed,
			TOOL_READ_WORDS, NULL, (struct chat_sink){ hear, h });
		bool ok = tool_reader_feed(reader,
				  str_z(h->row->prompt_tail ? h->row->prompt_tail : ""), &e) &&
			  tool_reader_feed(reader, buf_str(&said), &e) &&
			  tool_reader_end(reader, false, &e);
		if (!ok)
			print_error(
				"%s: %s: %.*s\n", h->row->name, e.what, STR_ARG(buf_str(&said)));
		assert_true(ok);
		check_call(h, buf_str(&said));
		tool_reader_free(reader);
		buf_clear(&h->name);
		buf_clear(&h->args);
	}
	buf_clear(&said);
	return end == WALK_ENDED;
}

static void every_row_calls_validly_whatever_is_offered(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct heard h = { .request = offer(a, true) };
	size_t ended = 0;
	for (size_t i = 0; tool_formats[i]; i++) {
		h.row = tool_formats[i];
		struct tool_guide *g = tool_guide_new(h.request, h.row, TOOL_THINKING_NEVER, NULL);
		for (uint64_t seed = 1; seed <= SEEDS && h.row->mark_open; seed++)
			ended += try_answer(tool_guide_get(g), &h, 1000 * i + seed);
		tool_guide_free(g);
	}
	assert_true(ended > 50);
	chat_request_free((struct chat_request *)h.request);
	arena_free(a);
}

/* Takes out what is said about a schema and decides nothing. */
static void strip(json_t *schema)
{
	static const char *const words[] = { "title", "description", "default", "examples" };
	const char *key;
	json_t *part;
	size_t i;
	for (i = 0; i < sizeof words / sizeof *words; i++)
		json_object_del(schema, words[i]);
	json_object_foreach(schema, key, part) if (strcmp(key, "enum")) strip(part);
	json_array_foreach(schema, i, part) strip(part);
}

/* Walks both guides along one random answer: they let pass the same. */
static void check_same(const struct guide *a, const struct guide *b, uint64_t seed)
{
	struct walk_random r = { seed, NULL };
	struct buf said;
	buf_init(&said, ANSWER_BYTES);
	walk_randomly(a, &r, WALK_SOFT, WALK_HARD, &said);
	void *one = calloc(1, a->state_bytes), *two = calloc(1, b->state_bytes);
	a->ops->start(a->grammar, one);
	b->ops->start(b->grammar, two);
	for (size_t i = 0; i <= said.n; i++) {
		struct byte_set in_one, in_two;
		a->ops->allowed(a->grammar, one, &in_one);
		b->ops->allowed(b->grammar, two, &in_two);
		assert_memory_equal(&in_one, &in_two, sizeof in_one);
		assert_int_equal(
			a->ops->may_end(a->grammar, one), b->ops->may_end(b->grammar, two));
		if (i < said.n) {
			assert_true(
				a->ops->accept(a->grammar, one, (unsigned char)buf_z(&said)[i]));
			assert_true(
				b->ops->accept(b->grammar, two, (unsigned char)buf_z(&said)[i]));
		}
	}
	free(one);
	free(two);
	buf_clear(&said);
}

static void descriptions_do_not_get_into_the_grammar(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct chat_request *full = offer(a, true), *plain = offer(a, false);
	for (size_t i = 0; i < plain->tool_count; i++) {
		json_t *copy = json_deep_copy(plain->tools[i].parameters);
		strip(copy);
		plain->tools[i].parameters = copy ? chat_request_keep(plain, copy) : NULL;
	}
	for (size_t i = 0; tool_formats[i]; i++) {
		struct tool_guide *with =
			tool_guide_new(full, tool_formats[i], TOOL_THINKING_MAY, NULL);
		struct tool_guide *without =
			tool_guide_new(plain, tool_formats[i], TOOL_THINKING_MAY, NULL);
		for (uint64_t seed = 1; seed <= SEEDS && tool_guide_get(with); seed++)
			check_same(tool_guide_get(with), tool_guide_get(without), 77 * i + seed);
		tool_guide_free(with);
		tool_guide_free(without);
	}
	chat_request_free(full);
	chat_request_free(plain);
	arena_free(a);
}

/* Whether the trace says that something of this tool is relaxed. */
static bool is_told(const struct trace *t, const char *tool, const char *words)
{
	for (size_t i = 0; i < trace_count(t); i++) {
		const struct trace_record *r = trace_get(t, i);
		if (!strcmp(r->what, "relaxed") && str_starts(r->text, str_z(tool)) &&
			str_find(r->text, str_z(words)) != SIZE_MAX)
			return true;
	}
	return false;
}

static void what_is_relaxed_is_told_tool_by_tool(void **state)
{
	(void)state;
	static const struct {
		const char *tool, *words;
	} told[] = {
		{ "no_end", "no value fits" },
		{ "nowhere", "leads nowhere" },
		{ "no", "no value fits" },
		{ "wrong_kinds", "pattern" },
		{ "unknown_type", "no type that is known" },
		{ "an_array", "no value fits" },
		{ "patterns", "look around" },
		{ "bounds", "multipleOf" },
		{ "not_ours", "uniqueItems" },
		{ "not_ours", "patternProperties" },
		{ "not_ours", "dependentRequired" },
	};
	struct arena *a = arena_new();
	struct trace *t = trace_new();
	struct chat_request *r = offer(a, true);
	tool_guide_free(tool_guide_new(r, &tool_format_prompted, TOOL_THINKING_NEVER, t));
	for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
		if (!is_told(t, told[i].tool, told[i].words))
			print_error("nothing is told of %s: %s\n", told[i].tool, told[i].words);
		assert_true(is_told(t, told[i].tool, told[i].words));
	}
	assert_false(is_told(t, good, ""));
	chat_request_free(r);
	trace_free(t);
	arena_free(a);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_calls_validly_whatever_is_offered),
		cmocka_unit_test(descriptions_do_not_get_into_the_grammar),
		cmocka_unit_test(what_is_relaxed_is_told_tool_by_tool),
	};
	struct buf text;
	struct err e = { 0 };
	buf_init(&text, 1 << 20);
	if (argc < 2 || !fs_read(argv[1], &text, &e) ||
		!(bad_tools = js_parse(buf_str(&text), LAYER_CLIENT, &e))) {
		print_error("%s\n", argc < 2 ? "which file?" : e.what);
		return 2;
	}
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	json_decref(bad_tools);
	buf_clear(&text);
	return failed;
}
