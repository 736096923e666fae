/*
 * curl_lazy.c - libcurl, opened when the first call is made (base/lazy.h): it brings thirty other
 * libraries, and most runs of this program never ask a server.
 *
 * Each function here is libcurl's own of that name. Those with a variable argument take exactly
 * one, as wide as a pointer at most, and pass it on so.
 */
#include <curl/curl.h>
#include <stdarg.h>

#include "base/lazy.h"
#include "net/http_client_int.h"

/* curl's checks of an option's type are macros of these names. */
#undef curl_easy_setopt
#undef curl_easy_getinfo
#undef curl_multi_setopt

static struct {
	__typeof__(curl_global_init) *global_init;
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
	__typeof__(curl_easy_reset) *easy_reset;
	__typeof__(curl_easy_pause) *easy_pause;
	__typeof__(curl_easy_strerror) *easy_strerror;
	__typeof__(curl_multi_init) *multi_init;
	__typeof__(curl_multi_cleanup) *multi_cleanup;
	__typeof__(curl_multi_add_handle) *multi_add_handle;
	__typeof__(curl_multi_remove_handle) *multi_remove_handle;
	__typeof__(curl_multi_assign) *multi_assign;
	__typeof__(curl_multi_socket_action) *multi_socket_action;
	__typeof__(curl_multi_info_read) *multi_info_read;
	__typeof__(curl_slist_append) *slist_append;
	__typeof__(curl_slist_free_all) *slist_free_all;
	__typeof__(curl_url) *url;
	__typeof__(curl_url_cleanup) *url_cleanup;
	__typeof__(curl_url_get) *url_get;
	__typeof__(curl_url_set) *url_set;
	__typeof__(curl_free) *free;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_multi_setopt) *multi_setopt;
} real;

/* clang-format off */
#define FUNCTION(name) { "curl_" #name, (void **)&real.name }
/* clang-format on */

static const struct lazy_function functions[] = {
	FUNCTION(global_init),
	FUNCTION(easy_init),
	FUNCTION(easy_cleanup),
	FUNCTION(easy_reset),
	FUNCTION(easy_pause),
	FUNCTION(easy_strerror),
	FUNCTION(multi_init),
	FUNCTION(multi_cleanup),
	FUNCTION(multi_add_handle),
	FUNCTION(multi_remove_handle),
	FUNCTION(multi_assign),
	FUNCTION(multi_socket_action),
	FUNCTION(multi_info_read),
	FUNCTION(slist_append),
	FUNCTION(slist_free_all),
	FUNCTION(url),
	FUNCTION(url_cleanup),
	FUNCTION(url_get),
	FUNCTION(url_set),
	FUNCTION(free),
	FUNCTION(easy_setopt),
	FUNCTION(easy_getinfo),
	FUNCTION(multi_setopt),
};

static struct lazy_library library = { "libcurl.so.4", functions,
	sizeof functions / sizeof functions[0], false };

bool http_open_curl(struct err *e)
{
	return lazy_open(&library, e);
}

CURLcode curl_global_init(long flags)
{
	return real.global_init(flags);
}

CURL *curl_easy_init(void)
{
	return real.easy_init();
}

void curl_easy_cleanup(CURL *curl)
{
	real.easy_cleanup(curl);
}

void curl_easy_reset(CURL *curl)
{
	real.easy_reset(curl);
}

CURLcode curl_easy_pause(CURL *curl, int what)
{
	return real.easy_pause(curl, what);
}

const char *curl_easy_strerror(CURLcode code)
{
	return real.easy_strerror(code);
}

CURLM *curl_multi_init(void)
{
	return real.multi_init();
}

CURLMcode curl_multi_cleanup(CURLM *multi)
{
	return real.multi_cleanup(multi);
}

CURLMcode curl_multi_add_handle(CURLM *multi, CURL *curl)
{
	return real.multi_add_handle(multi, curl);
}

CURLMcode curl_multi_remove_handle(CURLM *multi, CURL *curl)
{
	return real.multi_remove_handle(multi, curl);
}

CURLMcode curl_multi_assign(CURLM *multi, curl_socket_t fd, void *p)
{
	return real.multi_assign(multi, fd, p);
}

CURLMcode curl_multi_socket_action(CURLM *multi, curl_socket_t fd, int ready, int *running)
{
	return real.multi_socket_action(multi, fd, ready, running);
}

CURLMsg *curl_multi_info_read(CURLM *multi, int *left)
{
	return real.multi_info_read(multi, left);
}

struct curl_slist *curl_slist_append(struct curl_slist *list, const char *text)
{
	return real.slist_append(list, text);
}

void curl_slist_free_all(struct curl_slist *list)
{
	real.slist_free_all(list);
}

CURLU *curl_url(void)
{
	return real.url();
}

void curl_url_cleanup(CURLU *url)
{
	real.url_cleanup(url);
}

/* Its first parameter is const in some versions and not in others, so it goes by another name here.
 */
CURLUcode pass_url_get(CURLU *url, CURLUPart what, char **part, unsigned flags) __asm__(
	"curl_url_get");

CURLUcode pass_url_get(CURLU *url, CURLUPart what, char **part, unsigned flags)
{
	return real.url_get(url, what, part, flags);
}

CURLUcode curl_url_set(CURLU *url, CURLUPart what, const char *part, unsigned flags)
{
	return real.url_set(url, what, part, flags);
}

void curl_free(void *p)
{
	real.free(p);
}

CURLcode curl_easy_setopt(CURL *curl, CURLoption option, ...)
{
	va_list args;
	va_start(args, option);
	void *value = va_arg(args, void *);
	va_end(args);
	return real.easy_setopt(curl, option, value);
}

CURLcode curl_easy_getinfo(CURL *curl, CURLINFO option, ...)
{
	va_list args;
	va_start(args, option);
	void *value = va_arg(args, void *);
	va_end(args);
	return real.easy_getinfo(curl, option, value);
}

CURLMcode curl_multi_setopt(CURLM *curl, CURLMoption option, ...)
{
	va_list args;
	va_start(args, option);
	void *value = va_arg(args, void *);
	va_end(args);
	return real.multi_setopt(curl, option, value);
}
