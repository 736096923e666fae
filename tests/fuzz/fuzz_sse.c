/*
 * fuzz_sse.c - server-sent events from an upstream: the same events however the bytes were cut, and
 * what is written of them is read again.
 *
 * The first byte of the input says how long the pieces are.
 */
#include "fuzz.h"

#include "base/limits.h"
#include "base/must.h"
#include "net/sse.h"

static bool note_event(void *ctx, const struct sse_event *event, struct err *e)
{
	(void)e;
	buf_printf(ctx, "%zu %zu %zu\n", event->type.n, event->data.n, event->id.n);
	buf_add(ctx, event->type);
	buf_add(ctx, event->data);
	buf_add(ctx, event->id);
	return true;
}

static struct buf read_in_pieces(struct str input, size_t piece)
{
	struct buf out;
	struct sse_reader r;
	struct err e = { 0 };
	buf_init(&out, GIB);
	sse_init(&r, note_event, &out);
	bool ok = true;
	for (size_t at = 0; ok && at < input.n; at += piece)
		ok = sse_feed(&r, str_sub(input, at, at + piece), &e);
	ok = ok && sse_end(&r, &e);
	buf_printf(&out, "%d %llu", ok, (unsigned long long)r.events);
	sse_clear(&r);
	return out;
}

static bool write_event(void *ctx, const struct sse_event *event, struct err *e)
{
	(void)e;
	struct sse_event back = *event;
	struct buf written, one, again;
	buf_init(&written, GIB);
	buf_init(&one, GIB);
	MUST(sse_write(&written, back.type, back.data));
	back.id = str_z("");
	note_event(&one, &back, e);
	buf_add_z(&one, "1 1");
	again = read_in_pieces(buf_str(&written), written.n);
	MUST(str_eq(buf_str(&one), buf_str(&again)));
	buf_clear(&written);
	buf_clear(&one);
	buf_clear(&again);
	(void)ctx;
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n < 1)
		return 0;
	struct str input = str_n((const char *)bytes + 1, n - 1);
	struct buf whole = read_in_pieces(input, input.n ? input.n : 1);
	struct buf cut = read_in_pieces(input, (size_t)bytes[0] + 1);
	MUST(str_eq(buf_str(&whole), buf_str(&cut)));
	buf_clear(&whole);
	buf_clear(&cut);
	struct sse_reader r;
	struct err e = { 0 };
	sse_init(&r, write_event, NULL);
	if (sse_feed(&r, input, &e))
		sse_end(&r, &e);
	sse_clear(&r);
	return 0;
}
