/*
 * fuzz_tool_reader.c - what a model said, whatever it was: the events do not depend on the cuts,
 * keep their order, and no mark is left in the text.
 *
 * The lowest bit of the first byte says whether the answer begins inside a thought, the next
 * whether it was cut by a limit.
 */
#include "fuzz.h"

#include <string.h>

#include "../unit/record.h"
#include "base/must.h"
#include "chat/tool_format.h"

static bool read_pieces(struct str said, size_t piece, unsigned mode, struct record *log)
{
	struct err e = { 0 };
	struct tool_reader *r = tool_reader_new(
		&tool_format_hermes, 1, mode & 1, NULL, (struct chat_sink){ record_take, log });
	bool ok = true;
	for (size_t i = 0; i < said.n && ok; i += piece)
		ok = tool_reader_feed(r, str_sub(said, i, i + piece), &e);
	ok = ok && tool_reader_end(r, mode & 2, &e);
	MUST(ok == !err_is_set(&e));
	if (!ok)
		buf_printf(&log->text, "\nfault %s", err_kinds[e.kind].name);
	tool_reader_free(r);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct record whole, single, third;
	struct str all = str_n((const char *)bytes, n);
	unsigned mode = n ? bytes[0] : 0;
	struct str said = str_from(all, 1);
	record_init(&whole);
	record_init(&single);
	record_init(&third);
	bool ok = read_pieces(said, said.n ? said.n : 1, mode, &whole);
	MUST(read_pieces(said, 1, mode, &single) == ok);
	MUST(read_pieces(said, 3, mode, &third) == ok);
	MUST(str_eq(buf_str(&whole.text), buf_str(&single.text)));
	MUST(str_eq(buf_str(&whole.text), buf_str(&third.text)));
	record_clear(&whole);
	record_clear(&single);
	record_clear(&third);
	return 0;
}
