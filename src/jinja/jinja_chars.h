/*
 * jinja_chars.h - what Python's str methods know of characters.
 */
#ifndef OFFGRID_CHAT_JINJA_CHARS_H
#define OFFGRID_CHAT_JINJA_CHARS_H

#include "base/str.h"

/* Bytes of white space (str.isspace) at the front and at the end of s. */
size_t jchars_space_left(struct str s);
size_t jchars_space_right(struct str s);

bool jchar_is_space(uint32_t code);
bool jchar_is_printable(uint32_t code); /* repr() shows it as it is */
bool jchar_is_alpha(uint32_t code);
bool jchar_is_decimal(uint32_t code); /* digits of any script */
bool jchar_is_digit(uint32_t code);   /* superscripts too */
bool jchar_is_numeric(uint32_t code); /* fractions too */

enum jcase { JCASE_LOWER, JCASE_UPPER, JCASE_TITLE };
bool jchar_has_case(uint32_t code, enum jcase c);
bool jchar_is_cased(uint32_t code); /* has any case */

/* The characters that stand for this one in another case; how many. */
enum { JCHAR_MAPPED_MAX = 3 };
size_t jchar_map(uint32_t code, enum jcase to, uint32_t out[JCHAR_MAPPED_MAX]);

/* str.islower, str.isupper: some character has a case, and none another. */
bool jchars_have_case(struct str s, enum jcase c);

#endif
