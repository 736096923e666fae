/*
 * llama_linked.c - libllama where the program is linked with it (see llama_api.h).
 */
#include "engine/llama_api.h"

bool llama_load(struct err *e)
{
	(void)e;
	return true;
}
