/*
 * library.c - libllama itself; see library.h.
 *
 * The statics below are the one exception to the rule against them: they hold what libllama holds
 * once for the process and calls back without a context of ours.
 *
 * Layer: engine.
 */
#include "engine/library.h"

#include <dlfcn.h>
#include <pthread.h>

#include "engine/llama_api.h"

/* ---- the log: a ring of lines ---- */

struct log {
	pthread_mutex_t lock;
	char lines[LIBRARY_LOG_LINES][LIBRARY_LINE_BYTES];
	size_t count; /* lines ever begun */
	size_t at;    /* bytes in the newest line */
	bool is_open; /* the newest line has no end yet */
	char first_error[LIBRARY_LINE_BYTES];
	bool is_error; /* the newest line is one */
};

static struct log log_ring = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void add_char(struct log *l, char c)
{
	if (!l->is_open) {
		l->count++;
		l->at = 0;
		l->is_open = true;
	}
	char *line = l->lines[(l->count - 1) % LIBRARY_LOG_LINES];
	if (c == '\n') {
		l->is_open = false;
	} else if (l->at + 1 < LIBRARY_LINE_BYTES) {
		line[l->at++] = c;
	}
	line[l->at] = 0;
	if (c == '\n' && l->is_error && !l->first_error[0])
		memcpy(l->first_error, line, LIBRARY_LINE_BYTES);
}

static void take_log(enum ggml_log_level level, const char *text, void *unused)
{
	(void)unused;
	if (level == GGML_LOG_LEVEL_DEBUG)
		return;
	pthread_mutex_lock(&log_ring.lock);
	if (level != GGML_LOG_LEVEL_CONT)
		log_ring.is_error = level == GGML_LOG_LEVEL_ERROR;
	for (; *text; text++)
		add_char(&log_ring, *text);
	pthread_mutex_unlock(&log_ring.lock);
}

void library_log_since(size_t mark, struct buf *out)
{
	pthread_mutex_lock(&log_ring.lock);
	size_t n = log_ring.count, first = n > LIBRARY_LOG_LINES ? n - LIBRARY_LOG_LINES : 0;
	for (size_t i = first > mark ? first : mark; i < n; i++) {
		buf_add_z(out, log_ring.lines[i % LIBRARY_LOG_LINES]);
		buf_add_char(out, '\n');
	}
	pthread_mutex_unlock(&log_ring.lock);
}

size_t library_log_mark(void)
{
	pthread_mutex_lock(&log_ring.lock);
	log_ring.first_error[0] = 0;
	size_t mark = log_ring.count;
	pthread_mutex_unlock(&log_ring.lock);
	return mark;
}

void library_first_error(char out[LIBRARY_LINE_BYTES])
{
	pthread_mutex_lock(&log_ring.lock);
	memcpy(out, log_ring.first_error, LIBRARY_LINE_BYTES);
	pthread_mutex_unlock(&log_ring.lock);
}

/* ---- opening ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool can_compute(void)
{
	return ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
}

/* Backends lie beside libllama in the packages, in a folder of their own where a system has them.
 */
static void load_backends(void)
{
	Dl_info where;
	if (dladdr((void *)(uintptr_t)llama_version, &where) && where.dli_fname) {
		struct str path = str_z(where.dli_fname);
		char dir[4096];
		size_t n = str_find_last(path, STR("/"));
		if (n != SIZE_MAX && n < sizeof dir) {
			memcpy(dir, path.p, n);
			dir[n] = 0;
			ggml_backend_load_all_from_path(dir);
		}
	}
	if (!can_compute())
		ggml_backend_load_all();
}

static void open_once(void)
{
	llama_log_set(take_log, NULL);
	load_backends();
	llama_backend_init();
}

const char *library_version(void)
{
	return llama_load(NULL) ? llama_version() : "";
}

bool library_load(struct err *e)
{
	struct err why = { 0 };
	if (!llama_load(&why)) {
		fail(e, ERR_BROKEN, LAYER_ENGINE, "%s", why.what);
		return err_mend(e, "run `make build` again: it brings the library");
	}
	struct str version = str_z(llama_version());
	bool ours =
		str_eq_z(version, LIBRARY_VERSION) || str_starts(version, STR(LIBRARY_VERSION "-"));
	if (!ours) {
		fail(e, ERR_BROKEN, LAYER_ENGINE,
			"libllama is version %s, this program knows " LIBRARY_VERSION " only",
			llama_version());
		return err_mend(e, "run `make build` again: it brings the right library");
	}
	return true;
}

bool library_open(struct err *e)
{
	if (!library_load(e))
		return false;
	pthread_once(&once, open_once);
	if (can_compute())
		return true;
	fail(e, ERR_BROKEN, LAYER_ENGINE,
		"libllama found no backend that computes on this processor");
	return err_mend(e, "put the libggml-cpu files beside libllama, where they were built");
}

void library_devices(struct buf *out)
{
	for (size_t i = 0; i < ggml_backend_dev_count(); i++) {
		ggml_backend_dev_t d = ggml_backend_dev_get(i);
		buf_printf(out, "%s%s (%s)", i ? ", " : "", ggml_backend_dev_name(d),
			ggml_backend_dev_description(d));
	}
}
