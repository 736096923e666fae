/*
 * test_tool_round.c - a call as a row writes it is read as the same call.
 *
 * Generated arguments, made of pieces that are awkward somewhere: quotes, line ends, every
 * family's marks, characters beyond ASCII, nothing at all. What a syntax cannot carry, having no
 * escapes, stands in a table, and the table is held to be true: what it names is indeed lost.
 */
#include "../unit.h"

#include <string.h>

#include "base/limits.h"
#include "chat/tool_format.h"
#include "chat/tool_write.h"

static const char *const pieces[] = {
	"",
	"a.txt",
	"two words",
	"\"quoted\"",
	"it's",
	"`tick`",
	"back\\slash\\n",
	"line\nend",
	"\n",
	"\ttab\r\n",
	"420",
	"null",
	"true",
	"{\"a\": [1, 2]}",
	"h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80",
	"</parameter>",
	"x</parameter>\ny",
	"<parameter=path>\nv\n</parameter>\n",
	"<tool_call>\n<function=f>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>\n",
	"</function>\n</tool_call>",
	"</tool_call>",
	"</invoke>",
	"</arg_value>",
	"<arg_key>k</arg_key>",
	"<think>",
	"</think>",
	"```\ncode\n```\n",
	"[TOOL_CALLS]f[ARGS]{}",
	"<|call|><|end|>",
	"<|close|>argument<|sep|>",
	"</｜DSML｜parameter>",
	"<|\"|>",
	"<|\"|>,",
	"<escape>",
	"<escape>}",
	"]<]minimax[>[",
	"]<]minimax[>[</content>",
	"'''",
	"\\'",
	"',",
	"# \xe4\xbd\xa0\xe5\xa5\xbd",
};

enum { PIECE_COUNT = sizeof pieces / sizeof *pieces, ROUNDS = 300 };

#define NEXT  "a parameter behind a closing tag is the next one"
#define TWICE "a closing tag that stands twice is taken as a slip of the model"

/* What a row's syntax cannot say: a string with this in it. */
static const struct {
	const char *row, *piece, *why;
} lost[] = {
	{ "gemma", "<|\"|>,", "a mark before a comma ends the string" },
	{ "gemma", "<|\"|>]", "a mark before a bracket ends the string" },
	{ "function-gemma", "<escape>]", "a mark before a bracket ends the string" },
	{ "function-gemma", "<escape>}", "a mark before a bracket ends the string" },
	{ "minimax-elements", "]<]minimax[>[</content>", "its own closing tag ends it" },
	{ "qwen-xml", "</parameter>\n</parameter>", TWICE },
	{ "qwen-xml", "</parameter><tool_call>", "a call behind a closing tag is the next one" },
	{ "glm-lines", "</arg_value><tool_call>", "a call behind a closing tag is the next one" },
	{ "glm-tight", "</arg_value><tool_call>", "a call behind a closing tag is the next one" },
	{ "glm-lines", "</arg_value><arg_key>", NEXT },
	{ "glm-tight", "</arg_value><arg_key>", NEXT },
	{ "glm-tight", "</arg_value>\n</arg_value>", TWICE },
	{ "dsml-tools", "</｜DSML｜parameter>\n</｜DSML｜parameter>", TWICE },
	{ "minicpm-xml", "]]></param>", "a block ends there" },
	{ "seed-xml", "</parameter></parameter>", TWICE },
	{ "minimax-xml", "</parameter></parameter>", TWICE },
	{ "glm-lines", "</arg_value></arg_value>", TWICE },
	{ "glm-tight", "</arg_value></arg_value>", TWICE },
	{ "kimi-open", "<|close|>argument<|sep|><|close|>argument<|sep|>", TWICE },
	{ "dsml-functions", "</｜DSML｜parameter></｜DSML｜parameter>", TWICE },
	{ "dsml-tools", "</｜DSML｜parameter></｜DSML｜parameter>", TWICE },
};

struct round {
	struct arena *mem;
	struct chat_request *request;
	uint64_t seed;
};

static size_t pick(struct round *g, size_t n)
{
	g->seed = g->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(g->seed >> 33) % n;
}

static json_t *make_text(struct round *g)
{
	struct buf text;
	buf_init(&text, 4096);
	for (size_t n = pick(g, 4); n > 0; n--)
		buf_add_z(&text, pieces[pick(g, PIECE_COUNT)]);
	json_t *value = js_new_text(buf_str(&text));
	buf_clear(&text);
	return value;
}

static json_t *make_number(struct round *g)
{
	static const double reals[] = { 0.5, -1.25, 1e20, 3.0 };
	size_t kind = pick(g, 3);
	if (kind == 0)
		return json_real(reals[pick(g, sizeof reals / sizeof *reals)]);
	return json_integer((json_int_t)pick(g, 100000) - 50000);
}

static json_t *make_deep(struct round *g)
{
	json_t *deep = json_object();
	if (pick(g, 2))
		json_object_set_new(deep, "k", make_text(g));
	if (pick(g, 2))
		json_object_set_new(deep, "n", make_number(g));
	if (pick(g, 2))
		json_object_set_new(deep, "deep", json_pack("{s:[o]}", "list", make_text(g)));
	return deep;
}

static json_t *make_list(struct round *g)
{
	json_t *list = json_array();
	for (size_t n = pick(g, 4); n > 0; n--)
		json_array_append_new(list, make_text(g));
	return list;
}

static json_t *make_arguments(struct round *g)
{
	json_t *args = json_object();
	if (pick(g, 8) == 0)
		return args;
	json_object_set_new(args, "path", make_text(g));
	if (pick(g, 2))
		json_object_set_new(args, "mode", make_number(g));
	if (pick(g, 2))
		json_object_set_new(args, "content", make_text(g));
	if (pick(g, 3) == 0)
		json_object_set_new(args, "tags", make_list(g));
	if (pick(g, 3) == 0)
		json_object_set_new(args, "opts", make_deep(g));
	if (pick(g, 3) == 0)
		json_object_set_new(args, "on", json_boolean(pick(g, 2)));
	if (pick(g, 4) == 0)
		json_object_set_new(args, "none", json_null());
	return args;
}

static const char schema[] =
	"{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},\"mode\":{\"type\":"
	"\"number\"},\"content\":{\"type\":\"string\"},\"tags\":{\"type\":\"array\",\"items\":{"
	"\"type\":\"string\"}},\"opts\":{\"$ref\":\"#/$defs/opts\"},\"on\":{\"type\":\"boolean\"},"
	"\"none\":{\"type\":\"null\"}},\"$defs\":{\"opts\":{\"type\":\"object\",\"properties\":{"
	"\"k\":{\"type\":\"string\"},\"n\":{\"type\":\"number\"},\"deep\":{\"type\":\"object\","
	"\"properties\":{\"list\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}}}}}}";

static int set_up(void **state)
{
	static struct round round;
	round.mem = arena_new();
	round.request = chat_request_new(round.mem);
	json_t *parameters = js_parse(str_z(schema), LAYER_CLIENT, NULL);
	assert_non_null(parameters);
	chat_add_tool(round.request, STR("write_file"), STR(""), parameters);
	*state = &round;
	return 0;
}

static int tear_down(void **state)
{
	struct round *g = *state;
	chat_request_free(g->request);
	arena_free(g->mem);
	return 0;
}

/* The calls that were read, as a list of arguments. */
struct heard {
	json_t *calls;
	struct buf args, words;
};

static void take(void *owner, const struct chat_event *event)
{
	struct heard *h = owner;
	if (event->type == CHAT_TEXT || event->type == CHAT_THINK)
		buf_add(&h->words, event->text);
	if (event->type == CHAT_TOOL_BEGIN && !str_eq(event->text, STR("write_file")))
		buf_add(&h->words, event->text);
	if (event->type == CHAT_TOOL_ARGS)
		buf_add(&h->args, event->text);
	if (event->type == CHAT_TOOL_END) {
		json_array_append_new(h->calls, js_parse(buf_str(&h->args), LAYER_PARSE, NULL));
		buf_reset(&h->args);
	}
}

/* Whether the calls come back as they went out. */
static bool goes_round(const struct round *g, const struct tool_format *f, const json_t *list,
	struct buf *said, struct err *e)
{
	struct tool_written calls[2];
	size_t n = json_array_size(list);
	for (size_t i = 0; i < n; i++)
		calls[i] = (struct tool_written){ STR("write_file"), STR("abcdefghi"),
			json_array_get(list, i) };
	buf_reset(said);
	tool_write_calls(f, calls, n, 0, said);
	struct heard h = { .calls = json_array() };
	buf_init(&h.args, LIMIT_ANSWER_BYTES);
	buf_init(&h.words, LIMIT_ANSWER_BYTES);
	struct tool_reader *r = tool_reader_new(
		f, g->request, 1, TOOL_READ_WORDS, NULL, (struct chat_sink){ take, &h });
	bool ok = tool_reader_feed(r, buf_str(said), e) && tool_reader_end(r, false, e);
	ok = ok && json_equal(h.calls, list) && h.words.n == 0;
	tool_reader_free(r);
	json_decref(h.calls);
	buf_clear(&h.args);
	buf_clear(&h.words);
	return ok;
}

/* Whether the written calls hold a piece that the row is known to lose. */
static bool is_excused(const struct tool_format *f, struct str said)
{
	for (size_t i = 0; i < sizeof lost / sizeof *lost; i++)
		if (str_eq_z(str_z(lost[i].row), f->name) &&
			str_find(said, str_z(lost[i].piece)) != SIZE_MAX)
			return true;
	return false;
}

static void show(const struct tool_format *f, const json_t *list, const struct buf *said,
	const struct err *e)
{
	struct buf json;
	buf_init(&json, LIMIT_ANSWER_BYTES);
	js_write(list, &json);
	print_error("%s: %s\n%s\nis lost: %s\n", f->name, buf_z(&json), buf_z(said), e->what);
	buf_clear(&json);
}

static void what_is_written_is_read(void **state)
{
	struct round *g = *state;
	struct buf said;
	buf_init(&said, LIMIT_ANSWER_BYTES);
	size_t bad = 0;
	for (size_t k = 0; tool_formats[k]; k++) {
		const struct tool_format *f = tool_formats[k];
		g->seed = str_hash(str_z(f->name));
		for (int i = 0; i < ROUNDS && f->mark_open; i++) {
			struct err e = { 0 };
			json_t *list = json_pack("[o]", make_arguments(g));
			if (!f->is_single && pick(g, 3) == 0)
				json_array_append_new(list, make_arguments(g));
			if (!goes_round(g, f, list, &said, &e) && !is_excused(f, buf_str(&said))) {
				if (bad < 5)
					show(f, list, &said, &e);
				bad++;
			}
			json_decref(list);
		}
	}
	buf_clear(&said);
	assert_int_equal(bad, 0);
}

static void what_is_named_as_lost_is_lost(void **state)
{
	struct round *g = *state;
	struct buf said, text;
	buf_init(&said, LIMIT_ANSWER_BYTES);
	buf_init(&text, 4096);
	for (size_t i = 0; i < sizeof lost / sizeof *lost; i++) {
		struct err e = { 0 };
		buf_reset(&text);
		buf_printf(&text, "a%sb", lost[i].piece);
		/* A closing tag is lost where it ends the text. */
		if (!strcmp(lost[i].why, TWICE))
			buf_truncate(&text, 1 + strlen(lost[i].piece) / 2);
		json_t *list = json_pack("[{s:s, s:s}]", "path", "p", "content", buf_z(&text));
		assert_false(goes_round(g, tool_format_find(str_z(lost[i].row)), list, &said, &e));
		json_decref(list);
	}
	buf_clear(&said);
	buf_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_is_named_as_lost_is_lost),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
