/*
 * http_fault.c - what went wrong with a call, in words; see http_client.h.
 *
 * Layer: wire.
 */
#include <curl/curl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "net/http_client_int.h"

enum { LOOKS_LIKE_A_KEY_CHARS = 20, MS_PER_S = 1000 };

/* ---- curl's codes ---- */

struct fault_row {
	CURLcode code;
	enum err_kind kind;
	const char *what;
	const char *mend;
};

static const struct fault_row faults[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, ERR_UNREACHABLE, "the server's name is not known",
		"the spelling of the name; whether this machine is online" },
	{ CURLE_COULDNT_RESOLVE_PROXY, ERR_UNREACHABLE, "the proxy's name is not known",
		"what http_proxy, https_proxy and no_proxy say" },
	{ CURLE_PEER_FAILED_VERIFICATION, ERR_UNREACHABLE, "its certificate is not trusted",
		"this machine's clock; a log-in page of the network in a browser" },
	{ CURLE_SSL_CONNECT_ERROR, ERR_UNREACHABLE, "no encrypted connection comes about",
		"whether it is https at all; a log-in page of the network in a browser" },
	{ CURLE_SSL_CACERT_BADFILE, ERR_IO, "the list of trusted authorities cannot be read",
		"installing the package ca-certificates" },
	{ CURLE_UNSUPPORTED_PROTOCOL, ERR_BAD_DATA, "what answers there does not speak HTTP",
		"whether the port is the right one" },
	{ CURLE_WEIRD_SERVER_REPLY, ERR_BAD_DATA, "what answers there does not speak HTTP",
		"whether the port is the right one" },
	{ CURLE_BAD_CONTENT_ENCODING, ERR_BAD_DATA, "the answer cannot be decompressed", "" },
};

static bool cannot_connect(const struct http_way *way, struct err *e)
{
	if (way->system_code)
		fail_errno(e, LAYER_WIRE, way->system_code, "cannot connect to %s", way->place);
	else
		fail(e, ERR_UNREACHABLE, LAYER_WIRE, "cannot connect to %s", way->place);
	if (e)
		e->kind = ERR_UNREACHABLE;
	return err_mend(e, "whether the server runs, and the port");
}

static bool broke_off(const struct http_way *way, struct err *e)
{
	if (way->has_head)
		return fail(e, ERR_CUT, LAYER_WIRE,
			"the answer of %s broke off after %" PRIu64 " bytes", way->place,
			way->body_bytes);
	return fail(e, ERR_UNREACHABLE, LAYER_WIRE, "%s hung up without an answer", way->place);
}

bool http_fault(int curl_code, const struct http_way *way, struct err *e)
{
	switch (curl_code) {
	case CURLE_COULDNT_CONNECT: return cannot_connect(way, e);
	case CURLE_OPERATION_TIMEDOUT:
		fail(e, ERR_TIMEOUT, LAYER_WIRE, "no connection to %s within %" PRId64 " ms",
			way->place, way->connect_ms);
		return err_mend(e, "whether this machine is online, and the address");
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM: return broke_off(way, e);
	default: break;
	}
	for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
		if ((int)faults[i].code == curl_code) {
			fail(e, faults[i].kind, LAYER_WIRE, "%s: %s", way->place, faults[i].what);
			return err_mend(e, "%s", faults[i].mend);
		}
	return fail(e, way->has_head ? ERR_CUT : ERR_UNREACHABLE, LAYER_WIRE, "%s: %s", way->place,
		curl_easy_strerror((CURLcode)curl_code));
}

/* ---- statuses ---- */

struct status_row {
	int from, to;
	enum err_kind kind;
	const char *what;
	const char *mend;
};

static const struct status_row statuses[] = {
	{ 300, 399, ERR_UPSTREAM, "sends us elsewhere", "the address it names" },
	{ 401, 401, ERR_DENIED, "does not accept the key", "the key of this upstream" },
	{ 402, 402, ERR_DENIED, "wants to be paid", "the account of this upstream" },
	{ 403, 403, ERR_DENIED, "forbids this", "what the key of this upstream may do" },
	{ 404, 404, ERR_NOT_FOUND, "does not know this", "the address and the name of the model" },
	{ 408, 408, ERR_TIMEOUT, "gave up waiting for us", "" },
	{ 409, 409, ERR_BUSY, "is busy with a conflicting request", "" },
	{ 413, 413, ERR_TOO_BIG, "finds the request too large", "a shorter conversation" },
	{ 425, 425, ERR_BUSY, "is not ready yet", "" },
	{ 429, 429, ERR_BUSY, "limits how often it is asked", "waiting, or another upstream" },
	{ 400, 499, ERR_USAGE, "does not understand the request", "" },
	{ 503, 503, ERR_BUSY, "is overloaded or down", "waiting, or another upstream" },
	{ 504, 504, ERR_TIMEOUT, "waited in vain for its own upstream", "" },
	{ 529, 529, ERR_BUSY, "is overloaded", "waiting, or another upstream" },
	{ 500, 599, ERR_UPSTREAM, "has a fault of its own", "" },
};

/* The server's words in the usual shapes of JSON, or else the text itself. */
static struct str words_of(const json_t *json, struct str body)
{
	static const char *const keys[] = { "error", "message", "detail", "error_description" };
	struct str words = body;
	for (int depth = 0; json_is_object(json) && depth < 3; depth++) {
		const json_t *inner = NULL;
		for (size_t i = 0; !inner && i < sizeof keys / sizeof keys[0]; i++)
			inner = json_object_get(json, keys[i]);
		json = inner;
	}
	if (json_is_string(json))
		words = js_text(json);
	return str_trim(words);
}

static bool may_be_in_a_key(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '_' || c == '.' || c == '*';
}

/* Copies the words; what looks like a key is blotted out, control characters become blanks. */
static void add_words(struct buf *out, struct str words)
{
	words = str_sub(words, 0, LIMIT_QUOTE_BYTES);
	for (size_t i = 0; i < words.n;) {
		size_t run = 0;
		bool has_digit = false;
		while (i + run < words.n && may_be_in_a_key(words.p[i + run])) {
			char c = words.p[i + run++];
			has_digit = has_digit || (c >= '0' && c <= '9') || c == '*';
		}
		if (run >= LOOKS_LIKE_A_KEY_CHARS && has_digit)
			buf_add_z(out, "[...]");
		else if (run)
			buf_add(out, str_n(words.p + i, run));
		else
			buf_add_char(out, (unsigned char)words.p[i] < ' ' ? ' ' : words.p[i]);
		i += run ? run : 1;
	}
}

bool http_check_status(const struct http_answer *a, struct err *e)
{
	if (a->status >= 200 && a->status < 300)
		return true;
	const struct status_row *row = NULL;
	for (size_t i = 0; !row && i < sizeof statuses / sizeof statuses[0]; i++)
		if (a->status >= statuses[i].from && a->status <= statuses[i].to)
			row = &statuses[i];
	struct arena *arena = arena_new();
	struct buf words;
	buf_init(&words, ERR_WHAT_BYTES);
	bool is_html = http_type_is(a->content_type, "text/html");
	json_t *json = is_html ? NULL : js_parse(a->body, LAYER_WIRE, NULL);
	if (!is_html)
		add_words(&words, words_of(json, a->body));
	json_decref(json);
	fail(e, row ? row->kind : ERR_BAD_DATA, LAYER_WIRE, "%s %s (%d)%s%s",
		http_url_for_people(arena, a->url).p, row ? row->what : "answers oddly", a->status,
		words.n ? ": " : "", buf_z(&words));
	if (e)
		e->code = a->status;
	if (row && *row->mend)
		err_mend(e, "%s", row->mend);
	buf_clear(&words);
	arena_free(arena);
	return false;
}

bool http_check_type(const struct http_answer *a, const char *type, struct err *e)
{
	if (http_type_is(a->content_type, type))
		return true;
	struct arena *arena = arena_new();
	const char *place = http_url_for_people(arena, a->url).p;
	if (http_type_is(a->content_type, "text/html")) {
		fail(e, ERR_BAD_DATA, LAYER_WIRE, "%s answers with a web page instead of %s", place,
			type);
		err_mend(e, "the address (is /v1 missing?); a log-in page of the network");
	} else {
		fail(e, ERR_BAD_DATA, LAYER_WIRE, "%s answers with %.*s instead of %s", place,
			STR_ARG(a->content_type.n ? a->content_type : STR("nothing named")), type);
	}
	arena_free(arena);
	return false;
}

int64_t http_retry_after_ms(const struct http_answer *a)
{
	uint64_t seconds;
	struct str value = http_header_find(a->headers, a->header_count, "retry-after");
	if (!str_to_u64(str_trim(value), &seconds) || seconds > INT64_MAX / MS_PER_S)
		return -1;
	return (int64_t)seconds * MS_PER_S;
}
