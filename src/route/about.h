/*
 * about.h - what a model's file says of it, as members of its entry in a list of models.
 *
 * For those who ask what is served here, before and after it is loaded: only the header is read.
 * Any thread.
 */
#ifndef OFFGRID_ROUTE_ABOUT_H
#define OFFGRID_ROUTE_ABOUT_H

#include "base/json.h"

/*
 * A new object; what the file does not say is absent:
 *
 *   path, sha256 (where it is known), bytes, modified_unix_s
 *   architecture, quantisation, licence, parameter_size        words ("8.0B")
 *   parameters, trained_tokens, width, vocabulary              numbers
 *   embeds, fills_gaps                                         true
 */
json_t *about_model_file(const char *path, const char *sha256);

#endif
