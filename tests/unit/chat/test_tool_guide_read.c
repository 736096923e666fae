/*
 * test_tool_guide_read.c - what the guide of any row lets pass, the reader reads as a call of the
 * tool that was demanded, with arguments that a validator of its own takes.
 */
#include "../unit.h"

#include <string.h>

#include "base/json.h"
#include "chat/tool_guide.h"
#include "validate.h"
#include "walk.h"

enum { SEEDS = 4, SOFT = 120, HARD = 4000 };

/* Schemas of one tool; relaxed nowhere but where the names of unions say so. */
static const char *const schemas[] = {
	"{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},\"mode\":{\"type\":"
	"\"integer\"}},\"required\":[\"path\"]}",
	"{\"type\":\"object\",\"properties\":{\"kind\":{\"enum\":[\"a "
	"b\",\"c\\\"d'\",\"\"]},\"on\":"
	"{\"type\":\"boolean\"},\"nothing\":{\"type\":\"null\"},\"n\":{\"type\":\"number\","
	"\"minimum\":-3,\"maximum\":7.5}},\"required\":[\"on\",\"kind\"]}",
	"{\"type\":\"object\",\"properties\":{\"date\":{\"type\":\"string\",\"pattern\":"
	"\"^[0-9]{4}-[0-9]{2}$\"},\"short\":{\"type\":\"string\",\"minLength\":2,\"maxLength\":5}},"
	"\"required\":[\"date\",\"short\"]}",
	"{\"type\":\"object\",\"properties\":{\"list\":{\"type\":\"array\",\"items\":{\"type\":"
	"\"string\"},\"maxItems\":3},\"deep\":{\"type\":\"object\",\"properties\":{\"x\":{\"type\":"
	"\"integer\"},\"y\":{\"type\":\"string\"}},\"required\":[\"x\"],\"additionalProperties\":"
	"false}},\"required\":[\"deep\"]}",
	"{\"type\":\"object\",\"properties\":{\"grid\":{\"type\":\"array\",\"minItems\":1,"
	"\"maxItems\":2,\"items\":{\"type\":\"array\",\"maxItems\":2,\"items\":{\"type\":"
	"\"integer\",\"minimum\":0,\"maximum\":9}}}},\"required\":[\"grid\"]}",
	"{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}",
	"{\"type\":\"object\",\"properties\":{\"v\":{\"const\":\"fixed\"},\"w\":{\"enum\":[1,2,3]}}"
	","
	"\"required\":[\"v\",\"w\"]}",
	"{\"anyOf\":[{\"required\":[\"a\"]},{\"required\":[\"b\"]}],\"type\":\"object\","
	"\"properties\":{\"a\":{\"type\":\"string\"},\"b\":{\"type\":\"boolean\"}}}",
	/* Lengths that no automaton counts. */
	"{\"type\":\"object\",\"properties\":{\"long\":{\"type\":\"string\",\"minLength\":30,"
	"\"maxLength\":5000},"
	"\"short\":{\"type\":\"string\",\"maxLength\":40}},\"required\":[\"long\"]}",
	"{\"type\":\"object\",\"properties\":{\"some\":{\"type\":\"string\",\"minLength\":301,"
	"\"maxLength\":302}},"
	"\"required\":[\"some\"]}",
	/* Objects whose members nobody named, and what may be anything. */
	"{\"type\":\"object\",\"properties\":{\"opts\":{\"type\":\"object\"}},\"required\":["
	"\"opts\"]}",
	"{\"type\":\"object\",\"properties\":{\"env\":{\"type\":\"object\","
	"\"additionalProperties\":{"
	"\"type\":\"string\"}}},\"required\":[\"env\"]}",
	"{\"type\":\"object\",\"properties\":{\"env\":{\"type\":\"object\","
	"\"additionalProperties\":{"
	"\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}}},\"required\":["
	"\"env\"]}",
	"{\"type\":\"object\",\"properties\":{\"rows\":{\"type\":\"array\",\"maxItems\":2,"
	"\"items\":{"
	"\"type\":\"array\",\"maxItems\":2,\"items\":{\"type\":\"object\",\"properties\":{\"k\":{"
	"\"type\":"
	"\"string\"},\"n\":{\"type\":\"array\",\"items\":{\"type\":\"object\"}}}}}}},\"required\":["
	"\"rows\"]}",
	"{\"type\":\"object\",\"properties\":{\"list\":{\"type\":\"array\"},\"o\":{\"type\":"
	"\"object\","
	"\"properties\":{\"a\":{\"type\":\"integer\"}},\"additionalProperties\":true}},"
	"\"required\":[\"list\"]}",
	"{\"type\":\"object\",\"properties\":{\"any\":{},\"both\":{\"type\":[\"object\",\"array\","
	"\"string\"]}},"
	"\"required\":[\"any\"]}",
	"{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}",
	"{\"type\":\"object\"}",
	"{\"type\":\"object\",\"properties\":{\"m\":{\"type\":\"object\",\"patternProperties\":{\"^"
	"x-\":{"
	"\"type\":\"integer\"}},\"additionalProperties\":false},\"p\":{\"type\":\"object\","
	"\"propertyNames\":{"
	"\"pattern\":\"^[a-z]+$\"}}},\"required\":[\"m\",\"p\"]}",
};

struct heard {
	struct str name;
	struct buf args, name_text;
	int ended;
};

static void hear(void *owner, const struct chat_event *event)
{
	struct heard *h = owner;
	if (event->type == CHAT_TOOL_BEGIN) {
		buf_reset(&h->args);
		buf_reset(&h->name_text);
		buf_add(&h->name_text, event->text);
	} else if (event->type == CHAT_TOOL_ARGS) {
		buf_add(&h->args, event->text);
	} else if (event->type == CHAT_TOOL_END) {
		h->ended++;
	}
}

struct fixture {
	struct arena *arena;
	struct chat_request *request;
	json_t *schema;
	struct buf said;
	int long_ones;
};

static struct fixture fixture_new(const char *schema)
{
	struct fixture f = { .arena = arena_new() };
	buf_init(&f.said, HARD + 100);
	f.request = chat_request_new(f.arena);
	f.schema = js_parse(str_z(schema), LAYER_CLIENT, NULL);
	assert_non_null(f.schema);
	chat_add_tool(f.request, STR("do_it"), STR(""), json_incref(f.schema));
	f.request->tool_choice = CHAT_CHOICE_REQUIRED;
	f.request->allows_parallel_calls = false;
	return f;
}

static void fixture_free(struct fixture *f)
{
	json_decref(f->schema);
	chat_request_free(f->request);
	arena_free(f->arena);
	buf_clear(&f->said);
}

static void blame(const struct tool_format *row, const struct fixture *f, const char *what)
{
	print_error("%s: %s: [%.*s]\n", row->name, what, STR_ARG(buf_str(&f->said)));
	assert_true(false);
}

static void check_reading(struct fixture *f, const struct tool_format *row)
{
	struct heard h = { .ended = 0 };
	struct err e = { .kind = ERR_NONE };
	buf_init(&h.args, HARD * 8);
	buf_init(&h.name_text, HARD);
	struct tool_reader *r = tool_reader_new(
		row, f->request, 1, TOOL_READ_GUIDED, NULL, (struct chat_sink){ hear, &h });
	bool is_read = (!row->prompt_tail || tool_reader_feed(r, str_z(row->prompt_tail), &e)) &&
		       tool_reader_feed(r, buf_str(&f->said), &e) && tool_reader_end(r, false, &e);
	if (!is_read)
		blame(row, f, e.what);
	if (h.ended != 1 || !str_eq_z(buf_str(&h.name_text), "do_it"))
		blame(row, f, "not one call of the tool");
	json_t *args = js_parse(buf_str(&h.args), LAYER_PARSE, NULL);
	if (!args || !validate(f->schema, f->schema, args)) {
		print_error("%.*s\n", STR_ARG(buf_str(&h.args)));
		blame(row, f, "arguments that do not validate");
	}
	json_decref(args);
	tool_reader_free(r);
	buf_clear(&h.args);
	buf_clear(&h.name_text);
}

/* What tempts a walk out of a string: the texts that end it. */
static const char *lure_of(const struct fixture *f, const struct tool_format *row, uint64_t seed)
{
	const char *close = row->param_close, *next = row->call_close;
	if (row->element_mark) {
		const char *key = json_object_iter_key(
			json_object_iter(json_object_get(f->schema, "properties")));
		close = arena_printf(f->arena, "%s</%s>", row->element_mark, key ? key : "").p;
		next = NULL;
	} else if (row->quote) {
		close = row->quote;
		next = NULL;
	} else if (row->arguments == TOOL_ARGS_PYTHON || row->arguments == TOOL_ARGS_JSON) {
		close = seed % 2 ? "\"" : "'";
		next = NULL;
	}
	if (seed % 3 == 1 && row->param_open && !row->element_mark)
		next = row->param_open;
	if (seed % 3 == 2)
		next = NULL;
	return arena_printf(f->arena, "%s%s", close, next ? next : "").p;
}

static void walk_once(struct fixture *f, const struct tool_format *row, uint64_t seed)
{
	struct walk_random r = { seed, lure_of(f, row, seed) };
	struct tool_guide *g = tool_guide_new(f->request, row, TOOL_THINKING_NEVER, NULL);
	enum walk_end end = walk_randomly(tool_guide_get(g), &r, SOFT, HARD, &f->said);
	tool_guide_free(g);
	if (end == WALK_STUCK)
		blame(row, f, "stuck");
	if (end == WALK_ENDED)
		check_reading(f, row);
	f->long_ones += end == WALK_LONG;
}

static void every_row_with_every_schema_is_read_as_a_valid_call(void **state)
{
	(void)state;
	int walks = 0, long_ones = 0;
	for (size_t k = 0; k < sizeof schemas / sizeof *schemas; k++) {
		struct fixture f = fixture_new(schemas[k]);
		for (size_t i = 0; tool_formats[i]; i++)
			for (uint64_t seed = 0; seed < SEEDS && tool_formats[i]->mark_open;
				seed++) {
				walk_once(&f, tool_formats[i], seed);
				walks++;
			}
		long_ones += f.long_ones;
		fixture_free(&f);
	}
	print_message("%d walks, %d without an end\n", walks, long_ones);
	assert_true(long_ones * 4 < walks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_with_every_schema_is_read_as_a_valid_call),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
