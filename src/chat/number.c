/*
 * number.c - the spelling of JSON numbers within bounds; see number.h.
 *
 * A number is read from the left. While its digits agree with those of a bound nothing is decided;
 * the first difference decides, before the point only together with the number of digits. So a
 * state is how many digits were read and how they compare with both bounds: a few hundred states
 * at most. Below zero the same is done with magnitudes and the bounds changed over.
 */
#include "chat/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"

enum order { LESS = 0, SAME = 1, MORE = 2, ORDERS = 3 };

/* States: whole digits read (0..NUMBER_DIGITS), then digits after the point, each times 9. */
enum {
	PLACES = NUMBER_DIGITS + 1,
	STATES_MAX = 2 * PLACES * ORDERS * ORDERS + 2,
	SHORTEST_TEXT = 40,
	DOUBLE_DIGITS = 17
};

struct magnitude {
	const struct decimal *lo, *hi;
	bool lo_exclusive, hi_exclusive;
};

struct number_maker {
	struct dfa_maker dfa;
	struct magnitude bounds;
	enum number_kind kind;
	uint32_t seen[2][PLACES][ORDERS][ORDERS];
	struct place {
		bool is_part;
		int digits;
		enum order lo, hi;
		uint32_t state;
	} queue[STATES_MAX];
	int n_queue;
};

bool decimal_of_int(int64_t value, struct decimal *out)
{
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	unsigned char digits[NUMBER_DIGITS];
	int n = 0;
	do {
		digits[n++] = (unsigned char)(rest % 10);
		rest /= 10;
	} while (rest);
	*out = (struct decimal){ .is_negative = value < 0, .n_whole = n };
	for (int i = 0; i < n; i++)
		out->whole[i] = digits[n - 1 - i];
	return true;
}

/* Puts the significant digits around the point; `exponent` is the place of the first one. */
static bool place_digits(const char *digits, int n, int exponent, struct decimal *out)
{
	int n_whole = exponent >= 0 ? exponent + 1 : 1;
	int n_part = n - 1 - exponent > 0 ? n - 1 - exponent : 0;
	if (n_whole > NUMBER_DIGITS || n_part > NUMBER_DIGITS)
		return false;
	out->n_whole = n_whole;
	out->n_part = n_part;
	for (int i = 0; i < n; i++) {
		int place = exponent - i; /* power of ten of this digit */
		unsigned char digit = (unsigned char)(digits[i] - '0');
		if (place >= 0)
			out->whole[n_whole - 1 - place] = digit;
		else
			out->part[-place - 1] = digit;
	}
	while (out->n_part && out->part[out->n_part - 1] == 0)
		out->n_part--;
	return true;
}

bool decimal_of_double(double value, struct decimal *out)
{
	char text[SHORTEST_TEXT], digits[DOUBLE_DIGITS];
	int precision = 0;
	do
		snprintf(text, sizeof text, "%.*e", precision, value);
	while (strtod(text, NULL) != value && ++precision < DOUBLE_DIGITS);
	*out = (struct decimal){ .is_negative = text[0] == '-' && value != 0 };
	const char *p = text + (text[0] == '-'), *e = strchr(p, 'e');
	int n = 0;
	if (!e)
		return false; /* not finite */
	for (; p < e && n < DOUBLE_DIGITS; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	return place_digits(digits, n, (int)strtol(e + 1, NULL, 10), out);
}

static int cmp_magnitude(const struct decimal *a, const struct decimal *b)
{
	if (a->n_whole != b->n_whole)
		return a->n_whole < b->n_whole ? -1 : 1;
	int order = memcmp(a->whole, b->whole, (size_t)a->n_whole);
	return order ? order : memcmp(a->part, b->part, sizeof a->part);
}

int decimal_cmp(const struct decimal *a, const struct decimal *b)
{
	if (a->is_negative != b->is_negative)
		return a->is_negative ? -1 : 1;
	return a->is_negative ? cmp_magnitude(b, a) : cmp_magnitude(a, b);
}

/* How what was read so far compares with a bound, if it ended here. */
static enum order order_at_end(const struct place *p, enum order order, const struct decimal *bound)
{
	if (!p->is_part && p->digits != bound->n_whole)
		return p->digits < bound->n_whole ? LESS : MORE;
	int read = p->is_part ? p->digits : 0;
	return order == SAME && read < bound->n_part ? LESS : order;
}

static bool may_end(const struct number_maker *m, const struct place *p)
{
	if (p->digits == 0)
		return false;
	enum order lo = order_at_end(p, p->lo, m->bounds.lo);
	enum order hi = order_at_end(p, p->hi, m->bounds.hi);
	return (lo == MORE || (lo == SAME && !m->bounds.lo_exclusive)) &&
	       (hi == LESS || (hi == SAME && !m->bounds.hi_exclusive));
}

static enum order next_order(enum order order, unsigned digit, unsigned bound_digit)
{
	if (order != SAME)
		return order;
	return digit < bound_digit ? LESS : digit > bound_digit ? MORE : SAME;
}

static uint32_t place_state(
	struct number_maker *m, bool is_part, int digits, enum order lo, enum order hi)
{
	uint32_t *state = &m->seen[is_part][digits][lo][hi];
	if (*state != DFA_NONE)
		return *state;
	struct place p = { is_part, digits, lo, hi, DFA_NONE };
	*state = p.state = dfa_maker_state(&m->dfa, may_end(m, &p), false);
	m->queue[m->n_queue++] = p;
	return *state;
}

static unsigned digit_of(const struct decimal *d, bool is_part, int at)
{
	if (is_part)
		return at < d->n_part ? d->part[at] : 0;
	return at < d->n_whole ? d->whole[at] : 0;
}

static void add_digits(struct number_maker *m, const struct place *p)
{
	/* After a lone zero no digit may come. */
	for (unsigned digit = !p->is_part && p->digits == 0 ? 1 : 0; digit < 10; digit++) {
		enum order lo =
			next_order(p->lo, digit, digit_of(m->bounds.lo, p->is_part, p->digits));
		enum order hi =
			next_order(p->hi, digit, digit_of(m->bounds.hi, p->is_part, p->digits));
		dfa_maker_edge(&m->dfa, p->state, '0' + digit, '0' + digit,
			place_state(m, p->is_part, p->digits + 1, lo, hi));
	}
}

static void add_point(struct number_maker *m, const struct place *p)
{
	const struct decimal *lo = m->bounds.lo, *hi = m->bounds.hi;
	enum order to_lo = p->digits == lo->n_whole ? p->lo : p->digits < lo->n_whole ? LESS : MORE;
	enum order to_hi = p->digits == hi->n_whole ? p->hi : p->digits < hi->n_whole ? LESS : MORE;
	dfa_maker_edge(&m->dfa, p->state, '.', '.', place_state(m, true, 0, to_lo, to_hi));
}

/* Adds every spelling of the magnitudes between the bounds behind the state `from`. */
static void add_magnitudes(struct number_maker *m, uint32_t from, struct magnitude bounds)
{
	m->bounds = bounds;
	m->n_queue = 0;
	memset(m->seen, 0xff, sizeof m->seen);
	struct place begin = { false, 0, SAME, SAME, from };
	add_digits(m, &begin);
	struct place zero = { false, 1, next_order(SAME, 0, bounds.lo->whole[0]),
		next_order(SAME, 0, bounds.hi->whole[0]), DFA_NONE };
	zero.state = dfa_maker_state(&m->dfa, may_end(m, &zero), false);
	dfa_maker_edge(&m->dfa, from, '0', '0', zero.state);
	if (m->kind == NUMBER_ANY)
		add_point(m, &zero);
	for (int i = 0; i < m->n_queue; i++) {
		struct place p = m->queue[i];
		if (p.digits < NUMBER_DIGITS)
			add_digits(m, &p);
		if (!p.is_part && m->kind == NUMBER_ANY)
			add_point(m, &p);
	}
}

const struct dfa *number_between(struct arena *mem, enum number_kind kind,
	const struct number_bound *lo, const struct number_bound *hi)
{
	static const struct decimal zero = { .n_whole = 1 };
	int order = decimal_cmp(&lo->value, &hi->value);
	if (order > 0 || (order == 0 && (lo->is_exclusive || hi->is_exclusive)))
		return NULL;
	struct number_maker *m = must_calloc(1, sizeof *m);
	m->kind = kind;
	dfa_maker_init(&m->dfa, 2 * STATES_MAX);
	uint32_t start = dfa_maker_state(&m->dfa, false, false);
	if (!hi->value.is_negative) {
		bool starts_below = lo->value.is_negative;
		add_magnitudes(m, start,
			(struct magnitude){ starts_below ? &zero : &lo->value, &hi->value,
				!starts_below && lo->is_exclusive, hi->is_exclusive });
	}
	if (lo->value.is_negative) {
		bool ends_above = !hi->value.is_negative;
		uint32_t minus = dfa_maker_state(&m->dfa, false, false);
		dfa_maker_edge(&m->dfa, start, '-', '-', minus);
		add_magnitudes(m, minus,
			(struct magnitude){ ends_above ? &zero : &hi->value, &lo->value,
				ends_above || hi->is_exclusive, lo->is_exclusive });
	}
	const struct dfa *made = dfa_maker_finish(&m->dfa, mem);
	free(m);
	return made;
}

/* ---- multiples ---- */

/* The step without its point; more states than the greatest are worth nobody's while. */
enum { STEP_MAX = 1000 };

static uint32_t step_digits(const struct decimal *step)
{
	uint32_t k = 0;
	for (int i = 0; i < step->n_whole + step->n_part && k <= STEP_MAX; i++)
		k = k * 10 + (i < step->n_whole ? step->whole[i] : step->part[i - step->n_whole]);
	return k <= STEP_MAX ? k : 0;
}

/*
 * A state is how many digits after the point were read, as far as the step has some (then: zeros),
 * and the remainder of all digits so far. States of row `point` have read the point alone.
 */
struct multiple_maker {
	struct dfa_maker dfa;
	uint32_t k;   /* the step times 10^places */
	int places;   /* of the step */
	uint32_t row; /* states of the first row; each has k of them */
};

static uint32_t multiple_state(const struct multiple_maker *m, int row, uint32_t rest)
{
	return m->row + (uint32_t)row * m->k + rest;
}

/* Whether the digits are a multiple if zeros fill the places that are still missing. */
static bool is_multiple(const struct multiple_maker *m, int read, uint32_t rest)
{
	for (int i = read; i < m->places; i++)
		rest = rest * 10 % m->k;
	return rest % m->k == 0;
}

static void digits_from(struct multiple_maker *m, uint32_t from, int row, uint32_t rest)
{
	for (uint32_t digit = 0; digit < 10; digit++)
		dfa_maker_edge(&m->dfa, from, '0' + digit, '0' + digit,
			multiple_state(m, row, (rest * 10 + digit) % m->k));
}

/* Rows: 0 before the point, 1 the point, 1 + n after n places of it. */
static void lay_rows(struct multiple_maker *m, uint32_t zeros)
{
	for (uint32_t rest = 0; rest < m->k; rest++) {
		digits_from(m, multiple_state(m, 0, rest), 0, rest);
		dfa_maker_edge(
			&m->dfa, multiple_state(m, 0, rest), '.', '.', multiple_state(m, 1, rest));
		for (int row = 1; row <= m->places; row++)
			digits_from(m, multiple_state(m, row, rest), row + 1, rest);
	}
	dfa_maker_edge(&m->dfa, multiple_state(m, m->places + 1, 0), '0', '0', zeros);
	dfa_maker_edge(&m->dfa, zeros, '0', '0', zeros);
}

const struct dfa *number_multiple(struct arena *mem, const struct decimal *step)
{
	struct multiple_maker m = { .k = step_digits(step), .places = step->n_part };
	if (!m.k)
		return NULL;
	uint32_t rows = (uint32_t)m.places + 2;
	dfa_maker_init(&m.dfa, (size_t)rows * m.k + 3);
	uint32_t start = dfa_maker_state(&m.dfa, false, false);
	uint32_t minus = dfa_maker_state(&m.dfa, false, false);
	uint32_t zeros = dfa_maker_state(&m.dfa, true, false);
	m.row = zeros + 1;
	for (uint32_t row = 0; row < rows; row++)
		for (uint32_t rest = 0; rest < m.k; rest++) {
			int read = row ? (int)row - 1 : 0;
			dfa_maker_state(&m.dfa, row != 1 && is_multiple(&m, read, rest), false);
		}
	dfa_maker_edge(&m.dfa, start, '-', '-', minus);
	digits_from(&m, start, 0, 0);
	digits_from(&m, minus, 0, 0);
	lay_rows(&m, zeros);
	return dfa_maker_finish(&m.dfa, mem);
}
