/*
 * http_redirect.c - which redirect may be followed, and what goes along; see http_client.h.
 *
 * Layer: wire. An address is never given up for a less safe one, and keys stay with the server they
 * were meant for.
 */
#include <curl/curl.h>
#include <string.h>

#include "base/must.h"
#include "net/http_client_int.h"

bool http_redirect_is(int status)
{
	static const int statuses[] = { 301, 302, 303, 307, 308 };
	for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
		if (status == statuses[i])
			return true;
	return false;
}

bool http_redirect_keeps(struct str header)
{
	static const char *const harmless[] = { "accept", "range", "if-range", "user-agent" };
	for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
		if (str_eq_nocase(header, str_z(harmless[i])))
			return true;
	return false;
}

struct origin {
	char *scheme, *host, *port;
};

static struct origin origin_of(CURLU *url)
{
	struct origin o = { NULL, NULL, NULL };
	curl_url_get(url, CURLUPART_SCHEME, &o.scheme, 0);
	curl_url_get(url, CURLUPART_HOST, &o.host, 0);
	curl_url_get(url, CURLUPART_PORT, &o.port, CURLU_DEFAULT_PORT);
	return o;
}

static void origin_clear(struct origin *o)
{
	curl_free(o->scheme);
	curl_free(o->host);
	curl_free(o->port);
}

static bool is_same(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

/* From a stranger to this machine, or from an encrypted connection to a plain one: never. */
static bool may_follow(const char *from, const char *to)
{
	bool from_here = http_url_is_loopback(str_z(from));
	bool from_https = str_starts(str_z(from), STR("https:"));
	if (http_url_is_loopback(str_z(to)))
		return from_here;
	return str_starts(str_z(to), STR("https:")) ||
	       (str_starts(str_z(to), STR("http:")) && !from_https && !from_here);
}

/* The new address, resolved against the old one, in the arena; NULL if it is none. */
static const char *resolve(
	struct arena *a, const char *from, const char *location, bool *is_same_origin)
{
	const char *found = NULL;
	char *text = NULL;
	CURLU *url = curl_url();
	MUST(url);
	if (curl_url_set(url, CURLUPART_URL, from, 0) == CURLUE_OK) {
		struct origin old = origin_of(url);
		if (curl_url_set(url, CURLUPART_URL, location, 0) == CURLUE_OK &&
			curl_url_get(url, CURLUPART_URL, &text, 0) == CURLUE_OK)
			found = arena_z(a, str_z(text));
		struct origin new = origin_of(url);
		*is_same_origin = is_same(old.scheme, new.scheme) && is_same(old.host, new.host) &&
				  is_same(old.port, new.port);
		origin_clear(&old);
		origin_clear(&new);
	}
	curl_free(text);
	curl_url_cleanup(url);
	return found;
}

const char *http_redirect(
	struct arena *a, const char *from, struct str location, bool *is_same_origin, struct err *e)
{
	const char *to = resolve(a, from, arena_z(a, location), is_same_origin);
	if (to && may_follow(from, to))
		return to;
	fail(e, ERR_DENIED, LAYER_WIRE, "%s sends us on to %s, which is less safe",
		http_url_for_people(a, str_z(from)).p,
		http_url_for_people(a, to ? str_z(to) : location).p);
	err_mend(e, "the address itself, if you trust it");
	return NULL;
}
