/*
 * lazy.c - opening shared libraries late; see lazy.h.
 */
#include "base/lazy.h"

#include <dlfcn.h>
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* over every library's is_open */

static bool missing(const struct lazy_library *library, struct err *e)
{
	const char *why = dlerror();
	fail(e, ERR_BROKEN, LAYER_NONE, "cannot use %s: %s", library->file, why ? why : "");
	return err_mend(e, "tools/setup, it installs what is missing");
}

static bool open_all(const struct lazy_library *library, struct err *e)
{
	void *handle = dlopen(library->file, RTLD_LAZY | RTLD_LOCAL);
	if (!handle)
		return missing(library, e);
	for (size_t i = 0; i < library->count; i++) {
		*library->functions[i].at = dlsym(handle, library->functions[i].name);
		if (!*library->functions[i].at)
			return missing(library, e);
	}
	return true;
}

bool lazy_open(struct lazy_library *library, struct err *e)
{
	pthread_mutex_lock(&lock);
	library->is_open = library->is_open || open_all(library, e);
	bool ok = library->is_open;
	pthread_mutex_unlock(&lock);
	return ok;
}
