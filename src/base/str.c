/*
 * str.c - borrowed bytes; see str.h. No allocation, no locale, no failure.
 */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_CHARS_MAX = 64 }; /* longer decimal texts are no numbers of ours */

int str_int_len(struct str s)
{
	return s.n > INT_MAX ? INT_MAX : (int)s.n;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

int str_cmp(struct str a, struct str b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n ? memcmp(a.p, b.p, n) : 0;
	if (order != 0)
		return order;
	return a.n == b.n ? 0 : a.n < b.n ? -1 : 1;
}

bool str_ends(struct str s, struct str suffix)
{
	return s.n >= suffix.n && str_eq(str_from(s, s.n - suffix.n), suffix);
}

size_t str_find(struct str s, struct str needle)
{
	if (needle.n == 0)
		return 0;
	const char *hit = s.n ? memmem(s.p, s.n, needle.p, needle.n) : NULL;
	return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

size_t str_find_last(struct str s, struct str needle)
{
	if (needle.n > s.n)
		return SIZE_MAX;
	for (size_t i = s.n - needle.n + 1; i-- > 0;)
		if (needle.n == 0 || memcmp(s.p + i, needle.p, needle.n) == 0)
			return i;
	return SIZE_MAX;
}

size_t str_find_char(struct str s, char c)
{
	const char *hit = s.n ? memchr(s.p, c, s.n) : NULL;
	return hit ? (size_t)(hit - s.p) : SIZE_MAX;
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim_left(struct str s)
{
	while (s.n && is_space(s.p[0]))
		s = str_from(s, 1);
	return s;
}

struct str str_trim_right(struct str s)
{
	while (s.n && is_space(s.p[s.n - 1]))
		s.n--;
	return s;
}

struct str str_trim(struct str s)
{
	return str_trim_left(str_trim_right(s));
}

bool str_cut(struct str *rest, char sep, struct str *head)
{
	if (rest->p == NULL)
		return false;
	size_t at = str_find_char(*rest, sep);
	if (at == SIZE_MAX) {
		*head = *rest;
		*rest = (struct str){ NULL, 0 };
		return true;
	}
	*head = str_sub(*rest, 0, at);
	*rest = str_from(*rest, at + 1);
	return true;
}

bool str_to_u64(struct str s, uint64_t *out)
{
	uint64_t value = 0;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(s.p[i] - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (s.n == 0)
		return false;
	*out = value;
	return true;
}

bool str_to_i64(struct str s, int64_t *out)
{
	bool is_negative = s.n && s.p[0] == '-';
	uint64_t magnitude;
	if (!str_to_u64(is_negative ? str_from(s, 1) : s, &magnitude))
		return false;
	if (magnitude > (uint64_t)INT64_MAX + (is_negative ? 1 : 0))
		return false;
	*out = is_negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return true;
}

bool str_to_double(struct str s, double *out)
{
	char copy[NUMBER_CHARS_MAX];
	if (s.n == 0 || s.n >= sizeof copy || is_space(s.p[0]))
		return false;
	memcpy(copy, s.p, s.n);
	copy[s.n] = 0;
	char *end;
	double value = strtod(copy, &end);
	if (end != copy + s.n || !isfinite(value))
		return false;
	*out = value;
	return true;
}

uint64_t str_hash_on(uint64_t hash, struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		hash = (hash ^ (unsigned char)s.p[i]) * STR_HASH_PRIME;
	return hash;
}

uint64_t str_hash(struct str s)
{
	return str_hash_on(STR_HASH_BASIS, s);
}

/* A byte is one step, (sum + byte) * PRIME. Eight steps, multiplied out, wait for one product
 * rather than for eight, one after the other. */
uint64_t str_sum_on(uint64_t sum, struct str s)
{
	const uint64_t k1 = STR_HASH_PRIME, k2 = k1 * k1, k3 = k2 * k1, k4 = k2 * k2;
	size_t i = 0;
	for (; i + 8 <= s.n; i += 8) {
		const unsigned char *p = (const unsigned char *)s.p + i;
		uint64_t first = p[0] * k4 + p[1] * k3 + p[2] * k2 + p[3] * k1;
		uint64_t second = p[4] * k4 + p[5] * k3 + p[6] * k2 + p[7] * k1;
		sum = sum * (k4 * k4) + first * k4 + second;
	}
	for (; i < s.n; i++)
		sum = (sum + (unsigned char)s.p[i]) * k1;
	return sum;
}
