/*
 * http.c - header lists, content types, URLs; see http.h.
 *
 * Layer: wire.
 */
#include "net/http.h"

#include <string.h>

struct str http_header_find(const struct http_header *headers, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_nocase(headers[i].name, str_z(name)))
			return headers[i].value;
	return (struct str){ NULL, 0 };
}

bool http_has_token(struct str value, const char *token)
{
	struct str item;
	while (str_cut(&value, ',', &item))
		if (str_eq_nocase(str_trim(item), str_z(token)))
			return true;
	return false;
}

bool http_type_is(struct str content_type, const char *type)
{
	struct str first;
	return str_cut(&content_type, ';', &first) && str_eq_nocase(str_trim(first), str_z(type));
}

int http_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool decode(struct arena *a, struct str raw, bool plus_is_blank, struct str *out)
{
	char *to = arena_alloc(a, raw.n + 1);
	size_t n = 0;
	for (size_t i = 0; i < raw.n; i++) {
		char c = raw.p[i];
		if (c == '+' && plus_is_blank)
			c = ' ';
		if (c == '%') {
			int high = i + 2 < raw.n ? http_hex_value(raw.p[i + 1]) : -1;
			int low = high >= 0 ? http_hex_value(raw.p[i + 2]) : -1;
			if (low < 0 || (high == 0 && low == 0))
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		to[n++] = c;
	}
	*out = str_n(to, n);
	return true;
}

bool http_decode_path(struct arena *a, struct str raw, struct str *out)
{
	return decode(a, raw, false, out);
}

bool http_query_find(struct arena *a, struct str query, const char *key, struct str *out)
{
	struct str pair;
	while (str_cut(&query, '&', &pair)) {
		struct str value = pair, raw_name, name;
		str_cut(&value, '=', &raw_name);
		if (decode(a, raw_name, true, &name) && str_eq_z(name, key))
			return decode(a, value, true, out);
	}
	return false;
}

bool http_encode(struct buf *out, struct str text)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~";
	bool ok = true;
	for (size_t i = 0; i < text.n; i++) {
		if (memchr(plain, text.p[i], sizeof plain - 1))
			ok = buf_add_char(out, text.p[i]) && ok;
		else
			ok = buf_printf(out, "%%%02X", (unsigned char)text.p[i]) && ok;
	}
	return ok;
}

/* What stands before the path: "user:pw@host:80"; `rest` keeps the path. */
static struct str cut_authority(struct str *rest)
{
	size_t scheme = str_find(*rest, STR("://"));
	*rest = scheme == SIZE_MAX ? *rest : str_from(*rest, scheme + 3);
	size_t end = 0;
	while (end < rest->n && !strchr("/?#", rest->p[end]))
		end++;
	struct str authority = str_sub(*rest, 0, end);
	*rest = str_from(*rest, end);
	return authority;
}

static struct str without_user(struct str authority)
{
	size_t at = str_find_last(authority, STR("@"));
	return at == SIZE_MAX ? authority : str_from(authority, at + 1);
}

struct str http_url_for_people(struct arena *a, struct str url)
{
	size_t scheme = str_find(url, STR("://"));
	struct str path = url, start = str_sub(url, 0, scheme == SIZE_MAX ? 0 : scheme + 3);
	struct str host = without_user(cut_authority(&path));
	size_t end = 0;
	while (end < path.n && !strchr("?#", path.p[end]))
		end++;
	return arena_printf(
		a, "%.*s%.*s%.*s", STR_ARG(start), STR_ARG(host), STR_ARG(str_sub(path, 0, end)));
}

bool http_url_is_loopback(struct str url)
{
	struct str host = without_user(cut_authority(&url));
	if (str_starts(host, STR("[")))
		return str_starts(host, STR("[::1]"));
	host = str_sub(host, 0, str_find_char(host, ':'));
	if (str_eq_nocase(host, STR("localhost")))
		return true;
	/* 127.x.x.x, and not a name that only begins so. */
	bool is_number = host.n > 0;
	for (size_t i = 0; i < host.n; i++)
		is_number = is_number && strchr("0123456789.", host.p[i]);
	return is_number && str_starts(host, STR("127."));
}

static const struct {
	int status;
	const char *words;
} statuses[] = {
	{ 200, "OK" },
	{ 201, "Created" },
	{ 202, "Accepted" },
	{ 204, "No Content" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 302, "Found" },
	{ 303, "See Other" },
	{ 304, "Not Modified" },
	{ 307, "Temporary Redirect" },
	{ 308, "Permanent Redirect" },
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 411, "Length Required" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 416, "Range Not Satisfiable" },
	{ 417, "Expectation Failed" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 499, "Client Closed Request" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported" },
	{ 507, "Insufficient Storage" },
	{ 529, "Overloaded" },
};

const char *http_status_words(int status)
{
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		if (statuses[i].status == status)
			return statuses[i].words;
	return "";
}
