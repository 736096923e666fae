/*
 * caller.c - who asks, and whether they may; see caller.h.
 *
 * Layer: client.
 */
#include "serve/caller.h"

#include <string.h>

#include "base/limits.h"
#include "serve/serve_int.h"

/* What a request shows in the header of this dialect's keys. */
static struct str shown_key(struct http_exchange *x, const struct dialect *d)
{
	struct str shown = http_request_header(x, d->key_header), prefix = str_z(d->key_prefix);
	if (str_eq_nocase(str_sub(shown, 0, prefix.n), prefix))
		shown = str_trim(str_from(shown, prefix.n));
	return shown;
}

struct str serve_key(const struct serve *s, struct http_exchange *x)
{
	for (size_t i = 0; keys_count(s->keys) && dialects[i]; i++)
		if (keys_fit(s->keys, shown_key(x, dialects[i])))
			return shown_key(x, dialects[i]);
	return STR("");
}

bool caller_has_key(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct err *e)
{
	bool is_shown = false;
	if (!keys_count(s->keys) || serve_key(s, x).n)
		return true;
	for (size_t i = 0; dialects[i]; i++)
		is_shown = is_shown || shown_key(x, dialects[i]).n;
	s->metrics.refused_keys++;
	fail(e, ERR_DENIED, LAYER_CLIENT, "%s",
		is_shown ? "the API key is not one of this server's" : "an API key is needed");
	e->code = CALLER_NO_KEY;
	return err_mend(e, "send it as: %s: %sKEY", d->key_header, d->key_prefix);
}

/* "box.lan:8093" is "box.lan", "[::1]:8093" is "::1". */
static struct str host_name(struct str host)
{
	if (str_starts(host, STR("[")))
		return str_sub(host, 1, str_find_char(host, ']'));
	size_t colon = str_find_char(host, ':');
	return colon == SIZE_MAX ? host : str_sub(host, 0, colon);
}

static bool is_address(struct str host)
{
	for (size_t i = 0; i < host.n; i++)
		if (!strchr("0123456789abcdefABCDEF.:", host.p[i]))
			return false;
	return host.n > 0;
}

/* A name that a page of the web cannot have made point here: a bare address, this machine's own
 * name for itself, or one that was allowed. */
static bool is_own_host(const struct serve *s, struct str host)
{
	if (is_address(host) || str_eq_nocase(host, STR("localhost")) ||
		str_ends(host, STR(".localhost")))
		return true;
	for (size_t i = 0; i < s->host_count; i++)
		if (str_eq_nocase(host, s->hosts[i]))
			return true;
	return false;
}

static bool fail_host(struct str name, const char *header, struct err *e)
{
	fail(e, ERR_DENIED, LAYER_CLIENT,
		"the request's %s is '%.*s', which is not this server's name", header,
		STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
	return err_mend(e, "if it is, start offgrid serve with --host %.*s",
		STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
}

bool caller_is_no_page(const struct serve *s, struct http_exchange *x, struct err *e)
{
	if (keys_count(s->keys))
		return true;
	struct str host = host_name(http_request_header(x, "host")),
		   origin = http_request_header(x, "origin");
	size_t scheme = str_find(origin, STR("://"));
	struct str from = scheme == SIZE_MAX ? origin : host_name(str_from(origin, scheme + 3));
	if (host.n && !is_own_host(s, host))
		return fail_host(host, "Host", e);
	bool is_loopback_page = str_eq_nocase(from, STR("localhost")) ||
				str_starts(from, STR("127.")) || str_eq_z(from, "::1");
	if (origin.n && !is_loopback_page && !is_own_host(s, from))
		return fail_host(from, "Origin", e);
	return true;
}

void caller_show_page(struct http_exchange *x)
{
	struct str origin = http_request_header(x, "origin");
	if (!origin.n)
		return;
	http_add_header(x, "access-control-allow-origin", origin);
	http_add_header(x, "access-control-expose-headers", STR("*"));
	http_add_header(x, "vary", STR("origin"));
}

bool caller_sent_plainly(struct http_exchange *x, struct err *e)
{
	struct str coding = http_request_header(x, "content-encoding");
	if (!coding.n || str_eq_nocase(coding, STR("identity")))
		return true;
	fail(e, ERR_USAGE, LAYER_CLIENT, "the body's Content-Encoding is '%.*s'",
		STR_ARG(str_sub(coding, 0, LIMIT_QUOTE_BYTES)));
	e->code = CALLER_PACKED;
	return err_mend(e, "send it as it is, without packing it");
}
