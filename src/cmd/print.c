/*
 * print.c - see print.h.
 */
#include "cmd/print.h"

#include <stdio.h>

void print_text(struct buf *text)
{
	fwrite(buf_z(text), 1, text->n, stdout);
	buf_clear(text);
}

void print_json(json_t *value)
{
	struct buf text;
	buf_init(&text, PRINT_MAX);
	js_write_pretty(value, &text);
	buf_add_char(&text, '\n');
	print_text(&text);
	json_decref(value);
}
