/*
 * llama_lazy.c - libllama, opened when the first model is; see llama_api.h.
 */
#include "base/lazy.h"
#include "engine/llama_api.h"

struct llama_api llama_api;

/* clang-format off */
#define FUNCTION(name) { #name, (void **)&llama_api.name##_ },
/* clang-format on */

static const struct lazy_function functions[] = { LLAMA_FUNCTIONS(FUNCTION) };

static struct lazy_library library = { OFFGRID_LLAMA_FILE, functions,
	sizeof functions / sizeof functions[0], false };

bool llama_load(struct err *e)
{
	return lazy_open(&library, e);
}
