/*
 * test_tool_agree.c - what the guide of a row lets pass, the reader of the same row reads.
 *
 * Random walks through the guide, in every row, for every choice of tools, with and without
 * thoughts and a wanted form: no call is a fault, every call is of a tool that was offered, and a
 * call that was demanded is there. One tool has a name that no syntax expects.
 */
#include "../unit.h"

#include "base/limits.h"
#include "chat/check.h"
#include "chat/tool_guide.h"
#include "walk.h"

enum { SEEDS = 3, WALK_STEPS = 60, WALK_BYTES = 3000, SAID_MAX = 100000 };

static const char odd_name[] = "re.place-all \"\xc3\xa4\"";

/* Objects whose keys nobody named, alone and in lists. */
static const char open_schema[] = "{\"type\":\"object\",\"properties\":{\"opts\":{\"type\":"
				  "\"object\"},\"env\":{\"type\":\"object\","
				  "\"additionalProperties\":{\"type\":\"string\"}},\"rows\":{"
				  "\"type\":\"array\",\"items\":{\"type\":"
				  "\"array\",\"items\":{\"type\":\"object\","
				  "\"additionalProperties\":{\"type\":\"object\"}}}},"
				  "\"any\":{}}}";

/* Events are held to the promises of event.h, calls to the tools that were offered. */
struct listener {
	const struct chat_request *request;
	struct chat_check check;
	struct buf args;
	bool is_stranger; /* a call of a tool that nobody offered */
};

static void take(void *owner, const struct chat_event *event)
{
	struct listener *l = owner;
	struct err e = { 0 };
	assert_true(chat_check_event(&l->check, event, &e));
	if (event->type == CHAT_TOOL_BEGIN) {
		l->is_stranger |= !chat_find_tool(l->request, event->text);
		buf_reset(&l->args);
	} else if (event->type == CHAT_TOOL_ARGS) {
		buf_add(&l->args, event->text);
	} else if (event->type == CHAT_TOOL_END) {
		json_t *args = js_parse(buf_str(&l->args), LAYER_PARSE, NULL);
		assert_true(json_is_object(args));
		json_decref(args);
	}
}

static bool is_owed(const struct chat_request *r, enum walk_end end)
{
	return r->tool_choice >= CHAT_CHOICE_REQUIRED && end == WALK_ENDED;
}

static void check_walk(const struct chat_request *request, const struct tool_format *row,
	enum tool_thinking thinking, uint64_t seed)
{
	const char *const lures[] = { row->mark_open, row->think_close, NULL };
	struct walk_random random = { seed, lures[seed % 3] };
	struct listener l = { .request = request };
	struct err e = { 0 };
	struct buf said;
	buf_init(&said, SAID_MAX);
	buf_init(&l.args, SAID_MAX);
	chat_check_init(&l.check);
	struct tool_guide *guide = tool_guide_new(request, row, thinking, NULL);
	enum walk_end end =
		walk_randomly(tool_guide_get(guide), &random, WALK_STEPS, WALK_BYTES, &said);
	assert_int_not_equal(end, WALK_STUCK);
	unsigned how = TOOL_READ_GUIDED;
	how |= thinking == TOOL_THINKING_IS_OPEN ? TOOL_READ_IN_THOUGHT : 0u;
	how |= request->format != CHAT_FORMAT_TEXT ? TOOL_READ_VALUE : 0u;
	struct tool_reader *r =
		tool_reader_new(row, request, seed, how, NULL, (struct chat_sink){ take, &l });
	bool ok =
		tool_reader_feed(r, buf_str(&said), &e) && tool_reader_end(r, end == WALK_LONG, &e);
	ok = ok && (!is_owed(request, end) || tool_reader_calls(r) > 0) && !l.is_stranger;
	if (!ok)
		print_error("%s: %s\n%s\n", row->name, e.what, buf_z(&said));
	assert_true(ok);
	tool_reader_free(r);
	tool_guide_free(guide);
	chat_check_clear(&l.check);
	buf_clear(&l.args);
	buf_clear(&said);
}

static void check_row(struct chat_request *request, const struct tool_format *row)
{
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		for (int choice = 0; choice < CHAT_CHOICE_COUNT; choice++) {
			request->tool_choice = (enum chat_tool_choice)choice;
			request->allows_parallel_calls = seed & 1;
			request->format = seed & 2 ? CHAT_FORMAT_JSON : CHAT_FORMAT_TEXT;
			for (int thinking = 0; thinking <= TOOL_THINKING_IS_OPEN; thinking++)
				check_walk(request, row, (enum tool_thinking)thinking,
					seed + (uint64_t)(choice * SEEDS));
		}
}

static void what_the_guide_lets_pass_is_read(void **state)
{
	(void)state;
	struct arena *mem = arena_new();
	struct chat_request *request = chat_request_new(mem);
	chat_add_tool(request, STR("write_file"), STR(""),
		json_pack("{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}}, s:[s]}", "type", "object",
			"properties", "path", "type", "string", "mode", "type", "integer",
			"content", "type", "string", "required", "path"));
	chat_add_tool(request, STR("get"), STR(""), NULL);
	chat_add_tool(request, str_z(odd_name), STR(""), NULL);
	chat_add_tool(
		request, STR("set"), STR(""), js_parse(str_z(open_schema), LAYER_CLIENT, NULL));
	request->choice_name = STR("write_file");
	for (size_t k = 0; tool_formats[k]; k++)
		if (tool_formats[k]->mark_open)
			check_row(request, tool_formats[k]);
	chat_request_free(request);
	arena_free(mem);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_guide_lets_pass_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
