/*
 * http_parse.c - requests; see http_parse.h.
 *
 * Layer: client. The head is collected whole and then taken apart, so nothing in it depends on how
 * it was cut. The lines between chunks are collected one by one.
 */
#include "net/http_parse.h"

#include <string.h>

enum { LONGEST_CHUNK_LINE = 1024, HEX_DIGITS_OF_SIZE = 15 };

void http_reader_init(struct http_reader *r, size_t max_head_bytes, size_t max_body_bytes)
{
	*r = (struct http_reader){ .max_head_bytes = max_head_bytes,
		.max_body_bytes = max_body_bytes };
	buf_init(&r->head, max_head_bytes);
	buf_init(&r->body, max_body_bytes);
	buf_init(&r->line, LONGEST_CHUNK_LINE);
}

void http_reader_clear(struct http_reader *r)
{
	buf_clear(&r->head);
	buf_clear(&r->body);
	buf_clear(&r->line);
}

void http_reader_reset(struct http_reader *r)
{
	buf_reset(&r->head);
	buf_reset(&r->body);
	buf_reset(&r->line);
	r->state = HTTP_AT_HEAD;
	r->header_count = r->line_start = r->trailer_bytes = 0;
	r->body_left = 0;
	r->is_1_0 = r->keep_alive = r->wants_continue = false;
}

bool http_reader_has_begun(const struct http_reader *r)
{
	return r->head.n > 0;
}

bool http_reader_has_head(const struct http_reader *r)
{
	return r->state != HTTP_AT_HEAD;
}

static bool refuse(struct err *e, int status, const char *what)
{
	fail(e, status == 413 || status == 431 ? ERR_TOO_BIG : ERR_BAD_DATA, LAYER_CLIENT, "%s",
		what);
	if (e)
		e->code = status;
	return false;
}

/* `n`: 0 if it is not known yet. */
static bool refuse_size(const struct http_reader *r, uint64_t n, struct err *e)
{
	refuse(e, 413, "the body is over the limit");
	if (n)
		return err_mend(e, "%llu bytes were announced, this server takes %zu",
			(unsigned long long)n, r->max_body_bytes);
	return err_mend(e, "this server takes %zu bytes", r->max_body_bytes);
}

/* ---- the head ---- */

/* Of a method or a header's name (RFC 9110, "token"). */
static bool is_token(struct str s)
{
	static const char letters[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	for (size_t i = 0; i < s.n; i++)
		if (!memchr(letters, s.p[i], sizeof letters - 1))
			return false;
	return s.n > 0;
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7F;
}

static bool has_control(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (is_control(s.p[i]) && s.p[i] != '\t')
			return true;
	return false;
}

static bool take_version(struct http_reader *r, struct str version, struct err *e)
{
	if (version.n != 8 || !str_starts(version, STR("HTTP/")) || version.p[6] != '.')
		return refuse(e, 400, "the first line does not end in an HTTP version");
	if (version.p[5] != '1')
		return refuse(e, 505, "the HTTP version is not 1.0 or 1.1");
	r->is_1_0 = version.p[7] == '0';
	return true;
}

/* "http://host/path" is what a proxy is asked; only the path counts here. */
static struct str path_of(struct str target)
{
	size_t scheme = str_find(target, STR("://"));
	if (str_starts(target, STR("/")) || scheme == SIZE_MAX)
		return target;
	struct str rest = str_from(target, scheme + 3);
	size_t slash = str_find_char(rest, '/');
	return slash == SIZE_MAX ? STR("/") : str_from(rest, slash);
}

static bool take_request_line(struct http_reader *r, struct str line, struct err *e)
{
	struct str rest = line, target, version;
	bool ok = str_cut(&rest, ' ', &r->method) && str_cut(&rest, ' ', &target) &&
		  str_cut(&rest, ' ', &version) && !rest.n && target.n;
	if (!ok || !is_token(r->method) || has_control(target))
		return refuse(e, 400, "the first line is not METHOD TARGET HTTP/1.1");
	r->target = path_of(target);
	if (r->target.p[0] != '/' && !str_eq(r->target, STR("*")))
		return refuse(e, 400, "the target does not begin with a slash");
	return take_version(r, version, e);
}

static bool take_header(struct http_reader *r, struct str line, struct err *e)
{
	if (line.p[0] == ' ' || line.p[0] == '\t')
		return refuse(e, 400, "a header is folded over two lines");
	if (r->header_count == LIMIT_HTTP_HEADERS)
		return refuse(e, 431, "there are too many headers");
	struct str value = line, name;
	str_cut(&value, ':', &name);
	if (name.n == line.n || !is_token(name))
		return refuse(e, 400, "a header is not NAME: VALUE");
	value = str_trim(value);
	if (has_control(value))
		return refuse(e, 400, "a header holds control characters");
	r->headers[r->header_count++] = (struct http_header){ name, value };
	return true;
}

static struct str header(const struct http_reader *r, const char *name)
{
	return http_header_find(r->headers, r->header_count, name);
}

static size_t count_of(const struct http_reader *r, const char *name)
{
	size_t n = 0;
	for (size_t i = 0; i < r->header_count; i++)
		n += str_eq_nocase(r->headers[i].name, str_z(name));
	return n;
}

static bool take_length(struct http_reader *r, struct str length, struct err *e)
{
	uint64_t n;
	for (size_t i = 0; i < r->header_count; i++)
		if (str_eq_nocase(r->headers[i].name, STR("content-length")) &&
			!str_eq(r->headers[i].value, length))
			return refuse(e, 400, "there are two different lengths");
	if (!str_to_u64(length, &n))
		return refuse(e, 400, "the length is not a number");
	if (n > r->max_body_bytes)
		return refuse_size(r, n, e);
	r->body_left = n;
	r->state = n ? HTTP_AT_BODY : HTTP_AT_END;
	return true;
}

static bool choose_body(struct http_reader *r, struct err *e)
{
	struct str length = header(r, "content-length"), coding = header(r, "transfer-encoding");
	r->state = HTTP_AT_END;
	if (coding.p && (length.p || r->is_1_0))
		return refuse(e, 400, "a transfer encoding stands beside a length, or in HTTP/1.0");
	if (coding.p &&
		(!str_eq_nocase(coding, STR("chunked")) || count_of(r, "transfer-encoding") > 1))
		return refuse(e, 501, "the transfer encoding is not chunked");
	if (coding.p)
		r->state = HTTP_AT_CHUNK_SIZE;
	return !length.p || take_length(r, length, e);
}

static bool choose_manners(struct http_reader *r, struct err *e)
{
	struct str connection = header(r, "connection"), expect = header(r, "expect");
	if (count_of(r, "host") > 1 || (!r->is_1_0 && count_of(r, "host") == 0))
		return refuse(e, 400, "there is not exactly one Host header");
	r->keep_alive = r->is_1_0 ? http_has_token(connection, "keep-alive")
				  : !http_has_token(connection, "close");
	if (expect.p && !str_eq_nocase(expect, STR("100-continue")))
		return refuse(e, 417, "something unknown is expected");
	r->wants_continue = expect.p && !r->is_1_0 && r->state != HTTP_AT_END;
	return true;
}

static bool take_head(struct http_reader *r, struct err *e)
{
	struct str rest = buf_str(&r->head), line;
	bool is_first = true, ok = true;
	while (ok && str_cut(&rest, '\n', &line)) {
		if (str_ends(line, STR("\r")))
			line.n--;
		if (line.n == 0)
			break;
		ok = is_first ? take_request_line(r, line, e) : take_header(r, line, e);
		is_first = false;
	}
	return ok && choose_body(r, e) && choose_manners(r, e);
}

/* Collects until an empty line; empty lines before the request are passed over. */
static bool collect_head(struct http_reader *r, struct str *bytes, struct err *e)
{
	while (bytes->n && r->state == HTTP_AT_HEAD) {
		size_t end = str_find_char(*bytes, '\n');
		struct str piece = str_sub(*bytes, 0, end == SIZE_MAX ? end : end + 1);
		*bytes = str_from(*bytes, piece.n);
		if (!buf_add(&r->head, piece))
			return refuse(e, 431, "the request's head is over the limit");
		if (end == SIZE_MAX)
			return true;
		struct str line = str_from(buf_str(&r->head), r->line_start);
		bool is_empty = line.n == 1 || str_eq(line, STR("\r\n"));
		if (is_empty && r->line_start == 0)
			buf_reset(&r->head);
		else if (is_empty && !take_head(r, e))
			return false;
		r->line_start = r->head.n;
	}
	return true;
}

/* ---- the body ---- */

static bool collect_body(
	struct http_reader *r, struct str *bytes, enum http_reader_state next, struct err *e)
{
	struct str piece =
		str_sub(*bytes, 0, r->body_left < bytes->n ? (size_t)r->body_left : bytes->n);
	*bytes = str_from(*bytes, piece.n);
	if (!buf_add(&r->body, piece))
		return refuse_size(r, 0, e);
	r->body_left -= piece.n;
	if (r->body_left == 0)
		r->state = next;
	return true;
}

static bool take_chunk_size(struct http_reader *r, struct str line, struct err *e)
{
	struct str size;
	uint64_t n = 0;
	str_cut(&line, ';', &size); /* what follows is an extension nobody uses */
	size = str_trim_right(size);
	bool ok = size.n > 0 && size.n <= HEX_DIGITS_OF_SIZE;
	for (size_t i = 0; ok && i < size.n; i++) {
		int digit = http_hex_value(size.p[i]);
		ok = digit >= 0;
		n = n << 4 | (uint64_t)(digit & 15);
	}
	if (!ok)
		return refuse(e, 400, "a chunk's size is not a hexadecimal number");
	if (n > r->max_body_bytes - r->body.n)
		return refuse_size(r, 0, e);
	r->body_left = n;
	r->state = n ? HTTP_AT_CHUNK : HTTP_AT_TRAILER;
	return true;
}

static bool take_line(struct http_reader *r, struct str line, struct err *e)
{
	switch (r->state) {
	case HTTP_AT_CHUNK_SIZE: return take_chunk_size(r, line, e);
	case HTTP_AT_CHUNK_END:
		r->state = HTTP_AT_CHUNK_SIZE;
		return line.n == 0 || refuse(e, 400, "a chunk is longer than it said");
	default: /* the trailer: nothing in it is of use */
		if (line.n == 0)
			r->state = HTTP_AT_END;
		r->trailer_bytes += line.n;
		return r->trailer_bytes <= r->max_head_bytes ||
		       refuse(e, 431, "the trailer is over the limit");
	}
}

static bool collect_line(struct http_reader *r, struct str *bytes, struct err *e)
{
	size_t end = str_find_char(*bytes, '\n');
	bool ok = buf_add(&r->line, str_sub(*bytes, 0, end));
	*bytes = str_from(*bytes, end == SIZE_MAX ? end : end + 1);
	if (!ok)
		return refuse(e, 400, "a line between chunks is too long");
	if (end == SIZE_MAX)
		return true;
	struct str line = buf_str(&r->line);
	if (str_ends(line, STR("\r")))
		line.n--;
	ok = take_line(r, line, e);
	buf_reset(&r->line);
	return ok;
}

enum http_reading http_read(struct http_reader *r, struct str *bytes, struct err *e)
{
	bool ok = true;
	while (ok && bytes->n && r->state != HTTP_AT_END) {
		switch (r->state) {
		case HTTP_AT_HEAD: ok = collect_head(r, bytes, e); break;
		case HTTP_AT_BODY: ok = collect_body(r, bytes, HTTP_AT_END, e); break;
		case HTTP_AT_CHUNK: ok = collect_body(r, bytes, HTTP_AT_CHUNK_END, e); break;
		default: ok = collect_line(r, bytes, e); break;
		}
	}
	if (!ok)
		return HTTP_READ_BAD;
	return r->state == HTTP_AT_END ? HTTP_READ_WHOLE : HTTP_READ_MORE;
}
