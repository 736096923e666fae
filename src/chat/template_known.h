/*
 * template_known.h - templates that model files are known to carry in a wrong form, and ours that
 * take their place.
 *
 * A row says which models it is for, by their name or architecture; it counts only where the packed
 * template was found to be wrong (it cannot be used, or shows no tools), since makers mend their
 * files. Ours are in data/templates, written after the family's documented form.
 *
 * Layer: prompt.
 */
#ifndef OFFGRID_CHAT_TEMPLATE_KNOWN_H
#define OFFGRID_CHAT_TEMPLATE_KNOWN_H

#include "base/str.h"

struct template_known {
	const char *family; /* as family.h names it */
	const struct str *text;
	const char *defect; /* of files that are in use */
};

/* The row of that family, or NULL. */
const struct template_known *template_known_find(const char *family);

extern const struct str template_llama_3_groq, template_nemotron_3;

#endif
