/*
 * fuzz_tool_reader.c - what a model said, in whatever family's way: the events do not depend on the
 * cuts and keep the promises of chat/event.h.
 *
 * The first byte chooses the row, counted from 'A', one past the last is `rescue`. The bits of the
 * second: 1 the answer begins inside a thought, 2 it was cut by a limit, 4 the tools are known, 8
 * nobody waits for pieces, 16 it is one value. The corpus has the goldens of each row
 * (tests/unit/chat/tool_goldens.h).
 */
#include "fuzz.h"

#include <stdio.h>
#include <string.h>

#include "../unit/record.h"
#include "base/must.h"
#include "chat/check.h"
#include "chat/tool_format.h"

/* Writes events down and holds them to the promises of event.h. */
struct witness {
	struct record log;
	struct chat_check check;
};

static void take(void *owner, const struct chat_event *event)
{
	struct witness *w = owner;
	struct err e = { 0 };
	MUST(chat_check_event(&w->check, event, &e));
	record_take(&w->log, event);
}

/* write_file and get, as the goldens call them. */
static struct chat_request *request_new(struct arena *mem)
{
	struct chat_request *r = chat_request_new(mem);
	chat_add_tool(r, STR("write_file"), STR(""),
		json_pack("{s:s, s:{s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}}", "type", "object",
			"properties", "path", "type", "string", "mode", "type", "integer", "tags",
			"type", "array", "opts", "type", "object"));
	chat_add_tool(r, STR("get"), STR(""), NULL);
	return r;
}

static const struct tool_format *row_of(unsigned char c)
{
	size_t n = 0;
	while (tool_formats[n])
		n++;
	size_t at = (size_t)(unsigned char)(c - 'A') % (n + 1);
	return at == n ? &tool_format_rescue : tool_formats[at];
}

struct reading {
	const struct tool_format *row;
	const struct chat_request *offered;
	unsigned mode;
};

static bool read_pieces(const struct reading *how, struct str said, size_t piece, struct witness *w)
{
	struct err e = { 0 };
	unsigned bits = (how->mode & 1 ? TOOL_READ_IN_THOUGHT : 0u) |
			(how->mode & 8 ? TOOL_READ_GUIDED : 0u) |
			(how->mode & 16 ? TOOL_READ_VALUE : 0u);
	struct tool_reader *r = tool_reader_new(
		how->row, how->offered, 1, bits, NULL, (struct chat_sink){ take, w });
	bool ok = true;
	for (size_t i = 0; i < said.n && ok; i += piece)
		ok = tool_reader_feed(r, str_sub(said, i, i + piece), &e);
	ok = ok && tool_reader_end(r, how->mode & 2, &e);
	MUST(ok == !err_is_set(&e));
	if (!ok)
		buf_printf(&w->log.text, "\nfault %s", err_kinds[e.kind].name);
	tool_reader_free(r);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const size_t pieces[] = { SIZE_MAX / 2, 1, 3 };
	struct str all = str_n((const char *)bytes, n), said = str_from(all, 2);
	struct arena *mem = arena_new();
	struct chat_request *request = request_new(mem);
	struct reading how = { .row = row_of(n ? bytes[0] : 'A'), .mode = n > 1 ? bytes[1] : 0 };
	how.offered = how.mode & 4 ? request : NULL;
	struct witness w[3];
	bool ok[3];
	for (size_t i = 0; i < 3; i++) {
		record_init(&w[i].log);
		chat_check_init(&w[i].check);
		ok[i] = read_pieces(&how, said, pieces[i], &w[i]);
		bool is_same = str_eq(buf_str(&w[i].log.text), buf_str(&w[0].log.text));
		if (!is_same)
			fprintf(stderr, "%s: %.*s\nwhole:\n%s\nin pieces of %zu:\n%s\n",
				how.row->name, STR_ARG(said), buf_z(&w[0].log.text), pieces[i],
				buf_z(&w[i].log.text));
		MUST(is_same && ok[i] == ok[0]);
	}
	for (size_t i = 0; i < 3; i++) {
		record_clear(&w[i].log);
		chat_check_clear(&w[i].check);
	}
	chat_request_free(request);
	arena_free(mem);
	return 0;
}
