/*
 * err.c - what went wrong, as a value; see err.h. Holds the two tables: kinds and layers.
 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct err_kind_row err_kinds[] = {
	[ERR_NONE] = { "none", 0, 200, false },
	[ERR_USAGE] = { "usage", 2, 400, false },
	[ERR_NOT_BUILT] = { "not_built", 2, 501, false },
	[ERR_NOT_FOUND] = { "not_found", 3, 404, false },
	[ERR_EXISTS] = { "exists", 3, 409, false },
	[ERR_DENIED] = { "denied", 4, 403, true },
	[ERR_BAD_DATA] = { "bad_data", 5, 400, true },
	[ERR_TOO_BIG] = { "too_big", 5, 413, false },
	[ERR_CONTEXT] = { "context_exceeded", 5, 400, false },
	[ERR_NO_ROOM] = { "no_room", 6, 507, true },
	[ERR_BUSY] = { "busy", 7, 503, true },
	[ERR_TIMEOUT] = { "timeout", 7, 504, true },
	[ERR_UNREACHABLE] = { "unreachable", 7, 502, true },
	[ERR_CUT] = { "cut", 7, 502, true },
	[ERR_UPSTREAM] = { "upstream", 7, 502, true },
	[ERR_CANCELLED] = { "cancelled", 130, 499, false },
	[ERR_IO] = { "io", 8, 500, false },
	[ERR_BROKEN] = { "broken", 9, 500, true },
};

_Static_assert(sizeof err_kinds / sizeof err_kinds[0] == ERR_KIND_COUNT, "a row for every kind");

const struct layer_row layers[] = {
	[LAYER_NONE] = { "none", "" },
	[LAYER_CLIENT] = { "client",
		"the program that asks: offers no tools, drops a call, sends a broken history" },
	[LAYER_WIRE] = { "wire",
		"DNS, TLS, proxy, HTTP, a malformed stream or JSON, a dialect mistranslated" },
	[LAYER_ROUTE] = { "route",
		"no upstream, key missing, budget spent, policy forbids, breaker open" },
	[LAYER_PROMPT] = { "prompt",
		"the template drops tools, calls or results; the context is too small" },
	[LAYER_ENGINE] = { "engine",
		"library, device, memory, model file, stalled or slow compute" },
	[LAYER_MODEL] = { "model",
		"says it will and does not; narrates; loops; wrong tool; endless thinking" },
	[LAYER_PARSE] = { "parse",
		"markup left in the text, a call inside a thought, cut by the token limit" },
	[LAYER_ACT] = { "act", "refused, wrong directory, sandbox, time limit, exit code" },
	[LAYER_DISK] = { "disk", "what was claimed is not so on disk" },
};

_Static_assert(sizeof layers / sizeof layers[0] == LAYER_COUNT, "a row for every layer");

bool fail(struct err *e, enum err_kind kind, enum layer layer, const char *format, ...)
{
	if (!e || e->kind != ERR_NONE)
		return false;
	*e = (struct err){ .kind = kind, .layer = layer };
	va_list args;
	va_start(args, format);
	vsnprintf(e->what, sizeof e->what, format, args);
	va_end(args);
	return false;
}

static enum err_kind kind_of_errno(int code)
{
	switch (code) {
	case ENOENT:
	case ENOTDIR: return ERR_NOT_FOUND;
	case EEXIST:
	case ENOTEMPTY: return ERR_EXISTS;
	case EACCES:
	case EPERM:
	case EROFS:
	case ELOOP: return ERR_DENIED;
	case ENOSPC:
	case ENOMEM:
	case EDQUOT: return ERR_NO_ROOM;
	case EFBIG:
	case ENAMETOOLONG:
	case E2BIG: return ERR_TOO_BIG;
	case EBUSY:
	case EAGAIN:
	case EMFILE:
	case ENFILE: return ERR_BUSY;
	case ETIMEDOUT: return ERR_TIMEOUT;
	case ECONNREFUSED:
	case ECONNRESET:
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EPIPE: return ERR_UNREACHABLE;
	case ECANCELED: return ERR_CANCELLED;
	default: return ERR_IO;
	}
}

bool fail_errno(struct err *e, enum layer layer, int code, const char *format, ...)
{
	if (!e || e->kind != ERR_NONE)
		return false;
	*e = (struct err){ .kind = kind_of_errno(code), .layer = layer, .code = code };
	va_list args;
	va_start(args, format);
	vsnprintf(e->what, sizeof e->what, format, args);
	va_end(args);
	size_t n = strlen(e->what);
	snprintf(e->what + n, sizeof e->what - n, ": %s", strerror(code));
	return false;
}

bool err_mend(struct err *e, const char *format, ...)
{
	if (!e || e->kind == ERR_NONE || e->mend[0])
		return false;
	va_list args;
	va_start(args, format);
	vsnprintf(e->mend, sizeof e->mend, format, args);
	va_end(args);
	return false;
}

bool err_context(struct err *e, const char *format, ...)
{
	if (!e || e->kind == ERR_NONE)
		return false;
	char old[ERR_WHAT_BYTES];
	memcpy(old, e->what, sizeof old);
	va_list args;
	va_start(args, format);
	vsnprintf(e->what, sizeof e->what, format, args);
	va_end(args);
	size_t n = strlen(e->what);
	snprintf(e->what + n, sizeof e->what - n, ": %s", old);
	return false;
}

void err_clear(struct err *e)
{
	*e = (struct err){ .kind = ERR_NONE };
}

bool err_is_set(const struct err *e)
{
	return e->kind != ERR_NONE;
}

int err_exit_code(const struct err *e)
{
	return err_kinds[e->kind].exit_code;
}

int err_http_status(const struct err *e)
{
	return err_kinds[e->kind].http_status;
}
