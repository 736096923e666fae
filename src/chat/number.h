/*
 * number.h - the spelling of JSON numbers within bounds or in steps, as automata.
 *
 * Spelled without exponent where a bound is set, without leading zeros, never "-0". Digits are
 * capped (NUMBER_DIGITS before and after the point), so a model cannot write digits for ever.
 */
#ifndef OFFGRID_CHAT_NUMBER_H
#define OFFGRID_CHAT_NUMBER_H

#include "chat/dfa.h"

enum { NUMBER_DIGITS = 24 };

/* A decimal number, digits as values 0..9; zero is not negative. */
struct decimal {
	bool is_negative;
	unsigned char whole[NUMBER_DIGITS], part[NUMBER_DIGITS];
	int n_whole, n_part; /* n_whole >= 1, no leading zeros; n_part without trailing ones */
};

struct number_bound {
	struct decimal value;
	bool is_exclusive;
};

/* False if the number has more digits than fit. A double is taken by its shortest spelling. */
bool decimal_of_int(int64_t value, struct decimal *out);
bool decimal_of_double(double value, struct decimal *out);
int decimal_cmp(const struct decimal *a, const struct decimal *b);

enum number_kind { NUMBER_INTEGER, NUMBER_ANY };

/* All spellings from `lo` to `hi`; NULL if there are none. */
const struct dfa *number_between(struct arena *mem, enum number_kind kind,
	const struct number_bound *lo, const struct number_bound *hi);

/* All spellings without an exponent of what is `step` times a whole number, with any number of
 * digits; NULL if the step is zero or has too many digits for that. */
const struct dfa *number_multiple(struct arena *mem, const struct decimal *step);

#endif
