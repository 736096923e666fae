/*
 * lazy.h - shared libraries that are opened when they are first needed.
 *
 * Libraries with a long tail of their own (libcurl brings thirty others) cost more at every start
 * than the whole program. A file NAME_lazy.c defines the functions of such a library that we call,
 * each passing on to a pointer; lazy_open fills the pointers. Where the program is linked with the
 * library (macOS), that file is left out. Any thread; a thread calls a library only after lazy_open
 * told it that the library is there. One that is missing is ERR_BROKEN, without a layer.
 */
#ifndef OFFGRID_BASE_LAZY_H
#define OFFGRID_BASE_LAZY_H

#include "base/err.h"

struct lazy_function {
	const char *name;
	void **at; /* where its address goes */
};

struct lazy_library {
	const char *file; /* as the dynamic linker knows it: "libcurl.so.4" */
	const struct lazy_function *functions;
	size_t count;
	bool is_open;
};

/* Opens it if it is not open yet; it stays open to the end of the program. */
bool lazy_open(struct lazy_library *library, struct err *e);

#endif
