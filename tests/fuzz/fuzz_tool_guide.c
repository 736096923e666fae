/*
 * fuzz_tool_guide.c - guided answers are readable: whatever is chosen among the bytes a guide
 * allows, the reader finds valid calls of the tools offered and no fault.
 *
 * The first byte picks the row, the second the choice of tools and what stands before a call; each
 * byte after them picks one of the bytes allowed where there are several.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/must.h"
#include "chat/tool_guide.h"

enum { SAID_MAX = 1 << 14 };

static const char *const schemas[] = {
	"{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},\"n\":{\"type\":"
	"\"integer\"}},\"required\":[\"path\"]}",
	"{\"type\":\"object\",\"properties\":{\"mode\":{\"enum\":[\"a\",\"b\"]},\"on\":{\"type\":"
	"[\"boolean\",\"null\"]}}}",
	"{\"anyOf\":[{\"required\":[\"x\"]},{\"required\":[\"y\"]}],\"properties\":{\"x\":{},\"y\":"
	"{"
	"\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}}}",
	"{\"type\":\"object\",\"properties\":{\"o\":{\"type\":\"object\"},\"env\":{\"type\":"
	"\"object\","
	"\"additionalProperties\":{\"type\":\"string\"}},\"rows\":{\"type\":\"array\",\"items\":{"
	"\"type\":"
	"\"array\",\"items\":{\"type\":\"object\",\"patternProperties\":{\"^x\":{}},"
	"\"additionalProperties\":false}}}}}",
};

static struct chat_request *request_new(struct arena *a, unsigned mode)
{
	struct chat_request *r = chat_request_new(a);
	static const char *const names[] = { "read", "re", "x.\"y", "set" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		chat_add_tool(r, str_z(names[i]), STR(""),
			js_parse(str_z(schemas[i]), LAYER_CLIENT, NULL));
	r->tool_choice = (enum chat_tool_choice)(mode >> 1 & 3);
	r->choice_name = STR("re");
	r->allows_parallel_calls = !(mode & 8);
	r->format = mode & 16 ? CHAT_FORMAT_JSON : CHAT_FORMAT_TEXT;
	return r;
}

/* A byte that keeps a call going where there is a choice, else the one asked for. */
static int pick(const struct byte_set *set, unsigned char choice)
{
	if (byte_set_has(set, choice))
		return choice;
	for (unsigned i = 0; i < 256; i++)
		if (byte_set_has(set, (unsigned char)(choice + i)))
			return (unsigned char)(choice + i);
	return -1;
}

/* Says what the input chooses; true if the answer may end there. */
static bool say(const struct guide *g, struct str choices, struct buf *said)
{
	void *state = must_alloc(g->state_bytes);
	struct byte_set set;
	g->ops->start(g->grammar, state);
	for (size_t i = 0; i < choices.n && said->n < SAID_MAX;) {
		g->ops->allowed(g->grammar, state, &set);
		int c = byte_set_only(&set);
		if (c < 0)
			c = pick(&set, (unsigned char)choices.p[i++]);
		MUST(c >= 0 || g->ops->may_end(g->grammar, state));
		if (c < 0)
			break;
		MUST(g->ops->accept(g->grammar, state, (unsigned char)c));
		buf_add_char(said, (char)c);
	}
	bool may_end = g->ops->may_end(g->grammar, state);
	free(state);
	return may_end;
}

struct checker {
	const struct chat_request *request;
	struct buf args;
};

static void take(void *owner, const struct chat_event *event)
{
	struct checker *c = owner;
	if (event->type == CHAT_TOOL_BEGIN) {
		MUST(chat_find_tool(c->request, event->text));
		buf_reset(&c->args);
	} else if (event->type == CHAT_TOOL_ARGS) {
		buf_add(&c->args, event->text);
	} else if (event->type == CHAT_TOOL_END) {
		json_t *args = js_parse(buf_str(&c->args), LAYER_PARSE, NULL);
		MUST(json_is_object(args));
		json_decref(args);
	}
}

/* Rows that know calls, by number. */
static const struct tool_format *row_of(unsigned number)
{
	size_t count = 0;
	while (tool_formats[count] && tool_formats[count]->mark_open)
		count++;
	return tool_formats[number % count];
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	unsigned mode = n > 1 ? bytes[1] : 0;
	struct arena *a = arena_new();
	struct chat_request *r = request_new(a, mode);
	const struct tool_format *f = row_of(n ? bytes[0] : 0);
	enum tool_thinking thinking = (enum tool_thinking)((mode >> 5) % 3);
	struct tool_guide *g = tool_guide_new(r, f, thinking, NULL);
	struct checker c = { .request = r };
	struct buf said;
	buf_init(&said, SAID_MAX);
	buf_init(&c.args, SAID_MAX);
	bool may_end = say(tool_guide_get(g), str_from(str_n((const char *)bytes, n), 2), &said);
	struct err e = { 0 };
	bool is_open = thinking == TOOL_THINKING_IS_OPEN && f->think_open;
	unsigned how = is_open ? TOOL_READ_IN_THOUGHT : TOOL_READ_WORDS;
	how |= TOOL_READ_GUIDED;
	how |= mode & 16 ? TOOL_READ_VALUE : 0u;
	struct tool_reader *reader =
		tool_reader_new(f, r, 1, how, NULL, (struct chat_sink){ take, &c });
	bool has_tail = f->prompt_tail && !is_open;
	MUST(!has_tail || tool_reader_feed(reader, str_z(f->prompt_tail), &e));
	MUST(tool_reader_feed(reader, buf_str(&said), &e));
	MUST(tool_reader_end(reader, !may_end, &e));
	tool_reader_free(reader);
	tool_guide_free(g);
	chat_request_free(r);
	arena_free(a);
	buf_clear(&said);
	buf_clear(&c.args);
	return 0;
}
