/*
 * template_known.c - the rows; see template_known.h.
 */
#include "chat/template_known.h"

#include <string.h>

static const struct template_known rows[] = {
	{ "Llama-3-Groq-Tool-Use", &template_llama_3_groq,
		"common files of this model carry Llama 3's template, which knows no tools" },
	{ "Nemotron 3", &template_nemotron_3,
		"files of this model were published with a template that cannot be rendered" },
};

const struct template_known *template_known_find(const char *family)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(rows[i].family, family))
			return &rows[i];
	return NULL;
}
