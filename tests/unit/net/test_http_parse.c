#include "../unit.h"

#include "../cuts.h"
#include "net/http_parse.h"

enum { HEAD_MAX = 1000, BODY_MAX = 20 };

/* All requests in the input, and the fault that ends them. */
static void transcribe(const struct str *pieces, size_t count, struct buf *out)
{
	struct http_reader r;
	struct err e = { 0 };
	enum http_reading how = HTTP_READ_MORE;
	http_reader_init(&r, HEAD_MAX, BODY_MAX);
	for (size_t i = 0; how != HTTP_READ_BAD && i < count; i++) {
		struct str bytes = pieces[i];
		while (bytes.n && (how = http_read(&r, &bytes, &e)) == HTTP_READ_WHOLE) {
			buf_printf(out, "%.*s %.*s", STR_ARG(r.method), STR_ARG(r.target));
			for (size_t k = 0; k < r.header_count; k++)
				buf_printf(out, " {%.*s=%.*s}", STR_ARG(r.headers[k].name),
					STR_ARG(r.headers[k].value));
			buf_printf(out, " [%.*s]%s%s%s\n", STR_ARG(buf_str(&r.body)),
				r.is_1_0 ? " 1.0" : "", r.keep_alive ? "" : " close",
				r.wants_continue ? " continue" : "");
			http_reader_reset(&r);
		}
	}
	if (how == HTTP_READ_BAD)
		buf_printf(out, "%d %s", e.code, e.what);
	else if (http_reader_has_begun(&r))
		buf_add_z(out, "...");
	http_reader_clear(&r);
}

static void gives(struct str input, const char *expected)
{
	struct buf out = assert_every_cut(input, transcribe);
	assert_string_equal(buf_z(&out), expected);
	buf_clear(&out);
}

#define HOST "Host: h\r\n"

static void requests_are_read_one_after_the_other(void **state)
{
	(void)state;
	gives(STR("\r\n\nGET /a?b=c HTTP/1.1\r\nHost: h\r\nX:  y z \r\n\r\n"
		  "POST /b HTTP/1.1\nHOST:h\nContent-Length: 5\n\nhelloGET / HTTP/1.0\r\n\r\nGET "),
		"GET /a?b=c {Host=h} {X=y z} []\nPOST /b {HOST=h} {Content-Length=5} [hello]\n"
		"GET / [] 1.0 close\n...");
}

static void chunks_are_put_together(void **state)
{
	(void)state;
	gives(STR("POST /b HTTP/1.1\r\n" HOST "Transfer-Encoding: Chunked\r\n\r\n"
		  "5\r\nhello\r\nA ; x=y\r\n, a world!\r\n000\r\nTrailer: x\r\n\r\nGET / "
		  "HTTP/1.1\r\n"),
		"POST /b {Host=h} {Transfer-Encoding=Chunked} [hello, a world!]\n...");
}

static void manners_are_understood(void **state)
{
	(void)state;
	gives(STR("GET / HTTP/1.1\r\n" HOST "Connection: foo, Close\r\n\r\n"),
		"GET / {Host=h} {Connection=foo, Close} [] close\n");
	gives(STR("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
		"GET / {Connection=keep-alive} [] 1.0\n");
	gives(STR("PUT / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx"),
		"PUT / {Host=h} {Expect=100-Continue} {Content-Length=1} [x] continue\n");
	gives(STR("GET http://h:1/p?q HTTP/1.1\r\n" HOST "\r\n"), "GET /p?q {Host=h} []\n");
	gives(STR("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), "OPTIONS * {Host=h} []\n");
	gives(STR("GET / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx"),
		"GET / {Host=h} {Content-Length=1} {Content-Length=1} [x]\n");
}

static void bad_first_lines_are_refused(void **state)
{
	(void)state;
	static const char *const lines[] = { "GET", "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 x",
		" GET / HTTP/1.1", "G\xC3\xA4T / HTTP/1.1", "GET /\x01 HTTP/1.1", "\x16\x03\x01" };
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		struct buf in;
		buf_init(&in, HEAD_MAX);
		buf_printf(&in, "%s\r\n\r\n", lines[i]);
		gives(buf_str(&in), "400 the first line is not METHOD TARGET HTTP/1.1");
		buf_clear(&in);
	}
	gives(STR("GET / HTTX/1.1\r\n\r\n"), "400 the first line does not end in an HTTP version");
	gives(STR("GET / HTTP/2.0\r\n\r\n"), "505 the HTTP version is not 1.0 or 1.1");
	gives(STR("GET x HTTP/1.1\r\n\r\n"), "400 the target does not begin with a slash");
}

static void bad_headers_are_refused(void **state)
{
	(void)state;
	gives(STR("GET / HTTP/1.1\r\n" HOST "X : y\r\n\r\n"), "400 a header is not NAME: VALUE");
	gives(STR("GET / HTTP/1.1\r\n" HOST "X\r\n\r\n"), "400 a header is not NAME: VALUE");
	gives(STR("GET / HTTP/1.1\r\n" HOST ": y\r\n\r\n"), "400 a header is not NAME: VALUE");
	gives(STR("GET / HTTP/1.1\r\n" HOST "X: y\r\n z\r\n\r\n"),
		"400 a header is folded over two lines");
	gives(STR("GET / HTTP/1.1\r\n" HOST "X: y\rz\r\n\r\n"),
		"400 a header holds control characters");
	gives(STR("GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"),
		"400 a header holds control characters");
	gives(STR("GET / HTTP/1.1\r\n\r\n"), "400 there is not exactly one Host header");
	gives(STR("GET / HTTP/1.1\r\n" HOST HOST "\r\n"),
		"400 there is not exactly one Host header");
	gives(STR("GET / HTTP/1.1\r\n" HOST "Expect: rain\r\n\r\n"),
		"417 something unknown is expected");
}

static void what_two_could_read_differently_is_refused(void **state)
{
	(void)state;
	gives(STR("POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
		"400 there are two different lengths");
	gives(STR("POST / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n"),
		"400 the length is not a number");
	gives(STR("POST / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n"),
		"400 the length is not a number");
	gives(STR("POST / HTTP/1.1\r\n" HOST
		  "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
		"400 a transfer encoding stands beside a length, or in HTTP/1.0");
	gives(STR("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
		"400 a transfer encoding stands beside a length, or in HTTP/1.0");
	gives(STR("POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
		"501 the transfer encoding is not chunked");
}

static void bad_chunks_are_refused(void **state)
{
	(void)state;
#define CHUNKED "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	gives(STR(CHUNKED "x\r\n"), "400 a chunk's size is not a hexadecimal number");
	gives(STR(CHUNKED "\r\n"), "400 a chunk's size is not a hexadecimal number");
	gives(STR(CHUNKED "-1\r\n"), "400 a chunk's size is not a hexadecimal number");
	gives(STR(CHUNKED "0x1\r\n"), "400 a chunk's size is not a hexadecimal number");
	gives(STR(CHUNKED "ffffffffffffffff\r\n"),
		"400 a chunk's size is not a hexadecimal number");
	gives(STR(CHUNKED "1\r\nxy\r\n"), "400 a chunk is longer than it said");
	gives(STR(CHUNKED "15\r\n"), "413 the body is over the limit");
	gives(STR(CHUNKED "fffffffffffffff\r\n"), "413 the body is over the limit");
	gives(STR(CHUNKED "a\r\n0123456789\r\nb\r\n"), "413 the body is over the limit");
}

static void sizes_are_bounded(void **state)
{
	(void)state;
	gives(STR("POST / HTTP/1.1\r\n" HOST "Content-Length: 21\r\n\r\n"),
		"413 the body is over the limit");
	gives(STR("POST / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n"),
		"400 the length is not a number");
	struct buf in;
	buf_init(&in, 100000);
	buf_add_z(&in, "GET /");
	buf_add_fill(&in, 'x', HEAD_MAX);
	gives(buf_str(&in), "431 the request's head is over the limit");
	buf_reset(&in);
	buf_add_z(&in, "GET / HTTP/1.1\r\n");
	for (int i = 0; i < LIMIT_HTTP_HEADERS + 1; i++)
		buf_add_z(&in, "x:\r\n");
	buf_add_z(&in, "\r\n");
	gives(buf_str(&in), "431 there are too many headers");
	buf_reset(&in);
	buf_add_z(&in, CHUNKED "0\r\n");
	for (int i = 0; i < HEAD_MAX; i++)
		buf_add_z(&in, "x:\r\n");
	gives(buf_str(&in), "431 the trailer is over the limit");
	buf_clear(&in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_read_one_after_the_other),
		cmocka_unit_test(chunks_are_put_together),
		cmocka_unit_test(manners_are_understood),
		cmocka_unit_test(bad_first_lines_are_refused),
		cmocka_unit_test(bad_headers_are_refused),
		cmocka_unit_test(what_two_could_read_differently_is_refused),
		cmocka_unit_test(bad_chunks_are_refused),
		cmocka_unit_test(sizes_are_bounded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
