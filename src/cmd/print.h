/*
 * print.h - what commands print alike. Only cmd/ prints.
 */
#ifndef OFFGRID_CMD_PRINT_H
#define OFFGRID_CMD_PRINT_H

#include "base/buf.h"
#include "base/json.h"

enum { PRINT_MAX = 256 * 1024 * 1024 };

/* Indented JSON and a newline to standard output; the value is given away. */
void print_json(json_t *value);

/* The text to standard output; the buffer is cleared. */
void print_text(struct buf *text);

#endif
