/*
 * fuzz_tool_reader.c - what a model said, whatever it was: the events do not depend on the cuts
 * and keep the promises of chat/event.h.
 *
 * The lowest bit of the first byte says whether the answer begins inside a thought, the next
 * whether it was cut by a limit.
 */
#include "fuzz.h"

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

static bool read_pieces(struct str said, size_t piece, unsigned mode, struct witness *w)
{
	struct err e = { 0 };
	struct tool_reader *r = tool_reader_new(
		&tool_format_hermes, NULL, 1, mode & 1, NULL, (struct chat_sink){ take, w });
	bool ok = true;
	for (size_t i = 0; i < said.n && ok; i += piece)
		ok = tool_reader_feed(r, str_sub(said, i, i + piece), &e);
	ok = ok && tool_reader_end(r, mode & 2, &e);
	MUST(ok == !err_is_set(&e));
	if (!ok)
		buf_printf(&w->log.text, "\nfault %s", err_kinds[e.kind].name);
	tool_reader_free(r);
	return ok;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	static const size_t pieces[] = { SIZE_MAX / 2, 1, 3 };
	struct str all = str_n((const char *)bytes, n), said = str_from(all, 1);
	unsigned mode = n ? bytes[0] : 0;
	struct witness w[3];
	bool ok[3];
	for (size_t i = 0; i < 3; i++) {
		record_init(&w[i].log);
		chat_check_init(&w[i].check);
		ok[i] = read_pieces(said, pieces[i], mode, &w[i]);
		MUST(ok[i] == ok[0]);
		MUST(str_eq(buf_str(&w[i].log.text), buf_str(&w[0].log.text)));
	}
	for (size_t i = 0; i < 3; i++) {
		record_clear(&w[i].log);
		chat_check_clear(&w[i].check);
	}
	return 0;
}
