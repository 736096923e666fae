/*
 * nearest.c - edit distance between short words; see nearest.h.
 *
 * The distance is the "optimal string alignment" one: the usual table, three rows of it at a time.
 */
#include "base/nearest.h"

#include <ctype.h>
#include <string.h>

enum { MOST_LETTERS = 64, WRONG_ONE_IN = 3 };

struct nearest nearest_to(struct str word)
{
	return (struct nearest){ .word = word, .distance = SIZE_MAX };
}

static bool is_same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t distance(struct str a, struct str b)
{
	size_t rows[3][MOST_LETTERS + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];
	for (size_t j = 0; j <= b.n; j++)
		above[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool same = is_same(a.p[i - 1], b.p[j - 1]);
			row[j] = least(above[j - 1] + !same, least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && is_same(a.p[i - 1], b.p[j - 2]) &&
				is_same(a.p[i - 2], b.p[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		size_t *free_row = before;
		before = above;
		above = row;
		row = free_row;
	}
	return above[b.n];
}

void nearest_try(struct nearest *n, struct str candidate)
{
	if (n->word.n == 0 || n->word.n > MOST_LETTERS || candidate.n > MOST_LETTERS)
		return;
	size_t d = distance(n->word, candidate);
	size_t most = n->word.n / WRONG_ONE_IN + 1;
	bool is_beginning = n->word.n > 1 && n->word.n <= candidate.n &&
			    str_eq_nocase(str_sub(candidate, 0, n->word.n), n->word);
	if (is_beginning)
		d = least(d, 1);
	/* A word of one or two letters with one wrong is anything. */
	if (d > most || d >= n->word.n || d >= n->distance)
		return;
	n->best = candidate;
	n->distance = d;
}
