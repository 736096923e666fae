/*
 * fuzz_http.c - requests from strangers: the same requests and faults however the bytes were cut,
 * all within the limits, and nothing that points outside of what was read.
 *
 * The first byte of the input says how long the pieces are.
 */
#include "fuzz.h"

#include "base/must.h"
#include "net/http_parse.h"

enum { HEAD_MAX = 4096, BODY_MAX = 4096 };

static void note(const struct http_reader *r, struct buf *out)
{
	MUST(r->body.n <= BODY_MAX && r->header_count <= LIMIT_HTTP_HEADERS);
	MUST(r->target.n && (r->target.p[0] == '/' || r->target.p[0] == '*'));
	buf_printf(out, "%.*s %.*s %d%d%d ", STR_ARG(r->method), STR_ARG(r->target), r->is_1_0,
		r->keep_alive, r->wants_continue);
	for (size_t i = 0; i < r->header_count; i++)
		buf_printf(out, "{%.*s=%.*s}", STR_ARG(r->headers[i].name),
			STR_ARG(r->headers[i].value));
	buf_add(out, buf_str(&r->body));
	buf_add_char(out, '\n');
}

static struct buf read_in_pieces(struct str input, size_t piece)
{
	struct buf out;
	struct http_reader r;
	struct err e = { 0 };
	enum http_reading how = HTTP_READ_MORE;
	buf_init(&out, GIB);
	http_reader_init(&r, HEAD_MAX, BODY_MAX);
	for (size_t at = 0; how != HTTP_READ_BAD && at < input.n; at += piece) {
		struct str bytes = str_sub(input, at, at + piece);
		while (bytes.n && (how = http_read(&r, &bytes, &e)) == HTTP_READ_WHOLE) {
			note(&r, &out);
			http_reader_reset(&r);
		}
	}
	MUST((how == HTTP_READ_BAD) == err_is_set(&e));
	buf_printf(&out, "%d %s", e.code, e.what);
	http_reader_clear(&r);
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n < 2)
		return 0;
	struct str input = str_n((const char *)bytes + 1, n - 1);
	struct buf whole = read_in_pieces(input, input.n);
	struct buf cut = read_in_pieces(input, (size_t)bytes[0] + 1);
	MUST(str_eq(buf_str(&whole), buf_str(&cut)));
	buf_clear(&whole);
	buf_clear(&cut);
	return 0;
}
