/*
 * tool_hear.h - what the tests of readers share: the tools that are offered, and a reading of a
 * text as a transcript.
 */
#ifndef OFFGRID_TESTS_TOOL_HEAR_H
#define OFFGRID_TESTS_TOOL_HEAR_H

#include "../unit.h"

#include "../record.h"
#include "chat/tool_format.h"

/* The ids of the first calls with the seed of tool_hear. */
#define ID0 "cmrhxu4rq"
#define ID1 "p7gaqros7"

/* write_file with parameters of several types, and get without any. */
static inline struct chat_request *tool_offer(struct arena *mem)
{
	struct chat_request *r = chat_request_new(mem);
	chat_add_tool(r, STR("write_file"), STR("Write a file."),
		json_pack("{s:s, s:{s:{s:s, s:s}, s:{s:s}, s:{s:s}, s:{s:s}, s:{s:s}}, s:[s]}",
			"type", "object", "properties", "path", "type", "string", "description",
			"Path", "mode", "type", "integer", "content", "type", "string", "tags",
			"type", "array", "opts", "type", "object", "required", "path"));
	chat_add_tool(r, STR("get"), STR(""), NULL);
	return r;
}

/* How a text is heard. */
struct tool_hearing {
	const struct tool_format *format;
	const struct chat_request *offered;
	unsigned how;
	bool is_cut;
	struct trace *trace;
};

/* Events as record.h has them, then the fault if there is one: "fault LAYER: WHAT". */
static inline void tool_hear(
	const struct tool_hearing *h, const struct str *pieces, size_t count, struct buf *out)
{
	struct record log;
	struct err e = { 0 };
	record_init(&log);
	assert_non_null(h->format);
	struct tool_reader *r =
		tool_reader_new(h->format, h->offered, 7, h->how, h->trace, record_sink(&log));
	bool ok = true;
	for (size_t i = 0; i < count && ok; i++)
		ok = tool_reader_feed(r, pieces[i], &e);
	ok = ok && tool_reader_end(r, h->is_cut, &e);
	buf_add(out, buf_str(&log.text));
	if (!ok)
		buf_printf(out, "%sfault %s: %s", out->n ? "\n" : "", layers[e.layer].name, e.what);
	tool_reader_free(r);
	record_clear(&log);
}

#endif
