/*
 * jinja_unicode.h - tables of Unicode classes and cases, sorted by code point; for jinja_chars.c.
 */
#ifndef OFFGRID_CHAT_JINJA_UNICODE_H
#define OFFGRID_CHAT_JINJA_UNICODE_H

#include <stddef.h>
#include <stdint.h>

/* from, from + step, ..., to */
struct junicode_range {
	uint32_t from, to, step;
};

/* The same, and how far the other case is. */
struct junicode_shift {
	uint32_t from, to, step;
	int32_t by;
};

/* Another case of more than one character; 0 behind the last. */
struct junicode_several {
	uint32_t code, to[3];
};

extern const struct junicode_range junicode_printable[], junicode_alpha[], junicode_decimal[],
	junicode_digit[], junicode_numeric[], junicode_upper[], junicode_lower[], junicode_title[];
extern const size_t junicode_printable_count, junicode_alpha_count, junicode_decimal_count,
	junicode_digit_count, junicode_numeric_count, junicode_upper_count, junicode_lower_count,
	junicode_title_count;

/* Title case: only what differs from upper case. */
extern const struct junicode_shift junicode_to_lower[], junicode_to_upper[], junicode_to_title[];
extern const size_t junicode_to_lower_count, junicode_to_upper_count, junicode_to_title_count;

extern const struct junicode_several junicode_to_lower_several[], junicode_to_upper_several[],
	junicode_to_title_several[];
extern const size_t junicode_to_lower_several_count, junicode_to_upper_several_count,
	junicode_to_title_several_count;

#endif
