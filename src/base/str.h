/*
 * str.h - borrowed bytes.
 *
 * A `struct str` points at bytes that somebody else owns and never ends in a promise of NUL. It may
 * hold any byte. The empty string has n == 0 and any p. Nothing here allocates, so nothing here can
 * fail. What takes a few instructions stands here whole: a request's way is made of it.
 */
#ifndef OFFGRID_BASE_STR_H
#define OFFGRID_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

/* A string literal as a str; only for literals. */
#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })

/* For printf's "%.*s": printf("%.*s", STR_ARG(s)). Lengths beyond INT_MAX are cut. */
#define STR_ARG(s) str_int_len(s), ((s).n ? (s).p : "")

/* NUL-terminated; NULL gives the empty string. */
static inline struct str str_z(const char *z)
{
	return (struct str){ z, z ? strlen(z) : 0 };
}

static inline struct str str_n(const char *p, size_t n)
{
	return (struct str){ p, n };
}

int str_int_len(struct str s);

/* Bytes [from, to), both clamped to the string. */
static inline struct str str_sub(struct str s, size_t from, size_t to)
{
	if (to > s.n)
		to = s.n;
	if (from > to)
		from = to;
	return (struct str){ from ? s.p + from : s.p, to - from };
}

static inline struct str str_from(struct str s, size_t from)
{
	return str_sub(s, from, s.n);
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_eq_z(struct str a, const char *z)
{
	return str_eq(a, str_z(z));
}

bool str_eq_nocase(struct str a, struct str b); /* ASCII case only */
int str_cmp(struct str a, struct str b);        /* bytewise, shorter first on a tie */

static inline bool str_starts(struct str s, struct str prefix)
{
	return s.n >= prefix.n && str_eq(str_sub(s, 0, prefix.n), prefix);
}

bool str_ends(struct str s, struct str suffix);

/* Index of the first (last) occurrence, or SIZE_MAX. An empty needle is found at 0 (at s.n). */
size_t str_find(struct str s, struct str needle);
size_t str_find_last(struct str s, struct str needle);
size_t str_find_char(struct str s, char c);

/* Without ASCII white space at both ends, at the left end, at the right end. */
struct str str_trim(struct str s);
struct str str_trim_left(struct str s);
struct str str_trim_right(struct str s);

/*
 * Cuts `rest` at the first `sep`: `head` gets what stands before it, `rest` what follows. Without a
 * separator head is everything and rest becomes empty. False when rest was empty with p == NULL
 * (the end was reached), so that `while (str_cut(&rest, '\n', &line))` visits every line, an empty
 * one too.
 */
bool str_cut(struct str *rest, char sep, struct str *head);

/* Whole string as a decimal number, no sign for the unsigned one, no white space; false on
 * overflow. */
bool str_to_u64(struct str s, uint64_t *out);
bool str_to_i64(struct str s, int64_t *out);
bool str_to_double(struct str s, double *out); /* C locale, finite values only */

/* FNV-1a, for tables in memory only: not stable against an attacker, never stored. */
uint64_t str_hash(struct str s);
/* The same for a text in pieces: begins with STR_HASH_BASIS. */
#define STR_HASH_BASIS UINT64_C(0xcbf29ce484222325)
#define STR_HASH_PRIME UINT64_C(0x100000001b3)
uint64_t str_hash_on(uint64_t hash, struct str s);
/* Several times as quick, for telling long texts apart: a polynomial over the bytes, the same
 * however a text is cut. Begins with STR_HASH_BASIS too. */
uint64_t str_sum_on(uint64_t sum, struct str s);

#endif
