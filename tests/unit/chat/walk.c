/*
 * walk.c - driving a guide by hand in tests; see walk.h.
 */
#include "walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/must.h"

enum { FORCED_MAX = 4096, CHECKED_STEPS = 60 };

static void *state_new(const struct guide *g)
{
	void *state = must_calloc(1, g->state_bytes);
	g->ops->start(g->grammar, state);
	return state;
}

/* ---- places of free text ---- */

/* Characters to try a place with, some well-formed ones for every length. */
static const char *const texts[] = { " ", "a", "Z", "0", ".", "/", "<", "[", "{", "}", "'", "\"",
	"\\", "\n", "\x7f", "\xc2\x80", "\xc3\xa9", "\xdf\xbf", "\xe0\xa0\x80", "\xe2\x82\xac",
	"\xed\x9f\xbf", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf0\x9f\x98\x80",
	"\xf4\x8f\xbf\xbf" };

static bool same_bytes(const struct byte_set *a, const struct byte_set *b)
{
	return !memcmp(a, b, sizeof *a);
}

/* The two states let the same bytes pass, and so they do behind a quote. */
static void check_alike(const struct guide *g, void *a, void *b)
{
	for (int i = 0; i < 2; i++) {
		struct byte_set in_a, in_b;
		g->ops->allowed(g->grammar, a, &in_a);
		g->ops->allowed(g->grammar, b, &in_b);
		MUST(same_bytes(&in_a, &in_b));
		MUST(g->ops->may_end(g->grammar, a) == g->ops->may_end(g->grammar, b));
		bool goes_on = g->ops->accept(g->grammar, a, '"');
		MUST(goes_on == g->ops->accept(g->grammar, b, '"'));
	}
}

/* Characters of the loop are taken, one by one and at once, and lead back to it. */
static void check_pass(const struct guide *g, const void *state, const struct guide_loop *loop)
{
	void *slow = must_calloc(1, g->state_bytes), *fast = must_calloc(1, g->state_bytes);
	struct buf text;
	buf_init(&text, FORCED_MAX);
	g->ops->copy(g->grammar, slow, state);
	size_t chars = 0;
	for (size_t i = 0; i < sizeof texts / sizeof *texts && chars < loop->most; i++) {
		if (!byte_set_has(&loop->stays, (unsigned char)*texts[i]))
			continue;
		for (const char *c = texts[i]; *c; c++)
			MUST(g->ops->accept(g->grammar, slow, (unsigned char)*c));
		buf_add_z(&text, texts[i]);
		chars++;
		struct guide_loop later;
		MUST(g->ops->loop(g->grammar, slow, &later));
		MUST(same_bytes(&later.stays, &loop->stays));
		MUST(loop->most == SIZE_MAX ? later.most == SIZE_MAX
					    : later.most == loop->most - chars);
		g->ops->copy(g->grammar, fast, state);
		g->ops->pass(g->grammar, fast, buf_str(&text));
	}
	if (chars)
		check_alike(g, slow, fast);
	buf_clear(&text);
	free(slow);
	free(fast);
}

static void check_loop(const struct guide *g, const void *state, const struct byte_set *allowed)
{
	struct guide_loop loop;
	if (!g->ops->loop || !g->ops->loop(g->grammar, state, &loop))
		return;
	for (int i = 0; i < 4; i++) {
		MUST(!(loop.stays.bits[i] & loop.leaves.bits[i]));
		MUST(!(allowed->bits[i] & ~loop.stays.bits[i] & ~loop.leaves.bits[i]));
		MUST(loop.most == 0 || !(loop.stays.bits[i] & ~allowed->bits[i]));
		MUST(loop.most > 0 || !(loop.stays.bits[i] & allowed->bits[i]));
	}
	check_pass(g, state, &loop);
}

/* ---- steps ---- */

/* accept and allowed agree about every byte; costs 256 copies. */
static void check_step(const struct guide *g, const void *state)
{
	struct byte_set set;
	g->ops->allowed(g->grammar, state, &set);
	void *copy = must_calloc(1, g->state_bytes);
	g->ops->copy(g->grammar, copy, state);
	for (int c = 0; c < 256; c++) {
		bool is_taken = g->ops->accept(g->grammar, copy, (unsigned char)c);
		MUST(is_taken == byte_set_has(&set, (unsigned char)c));
		if (is_taken)
			g->ops->copy(g->grammar, copy, state);
	}
	check_loop(g, copy, &set);
	char forced[FORCED_MAX];
	size_t n = g->ops->forced(g->grammar, copy, forced, sizeof forced);
	int only = byte_set_only(&set);
	bool may_end = g->ops->may_end(g->grammar, copy);
	MUST((n > 0) == (only >= 0 && !may_end));
	MUST(n == 0 || (unsigned char)forced[0] == only);
	for (size_t i = 0; i < n; i++)
		MUST(g->ops->accept(g->grammar, copy, (unsigned char)forced[i]));
	free(copy);
}

size_t walk_prefix(const struct guide *g, struct str text)
{
	void *state = state_new(g);
	size_t n = 0;
	while (n < text.n) {
		if (n < CHECKED_STEPS)
			check_step(g, state);
		if (!g->ops->accept(g->grammar, state, (unsigned char)text.p[n]))
			break;
		n++;
	}
	free(state);
	return n;
}

bool walk_takes(const struct guide *g, struct str text)
{
	if (walk_prefix(g, text) < text.n)
		return false;
	void *state = state_new(g);
	for (size_t i = 0; i < text.n; i++)
		g->ops->accept(g->grammar, state, (unsigned char)text.p[i]);
	check_step(g, state);
	bool may_end = g->ops->may_end(g->grammar, state);
	free(state);
	return may_end;
}

struct str walk_forced(const struct guide *g, struct str text, struct buf *out)
{
	void *state = state_new(g);
	for (size_t i = 0; i < text.n; i++)
		MUST(g->ops->accept(g->grammar, state, (unsigned char)text.p[i]));
	buf_reset(out);
	char *room = buf_room(out, FORCED_MAX);
	MUST(room);
	buf_grew(out, g->ops->forced(g->grammar, state, room, FORCED_MAX));
	free(state);
	return buf_str(out);
}

uint64_t walk_next(struct walk_random *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint64_t walk_below(struct walk_random *r, uint64_t limit)
{
	return walk_next(r) % limit;
}

/* Late: what closes, or a letter that many patterns end with, more often than not. */
static int random_byte(struct walk_random *r, const struct byte_set *set, bool is_late)
{
	static const char closers[] = "\"}]>/", letters[] = "abcde01259";
	if (is_late && walk_below(r, 2))
		for (const char *c = closers; *c; c++)
			if (byte_set_has(set, (unsigned char)*c))
				return *c;
	char letter = letters[walk_below(r, sizeof letters - 1)];
	if (is_late && walk_below(r, 2) && byte_set_has(set, (unsigned char)letter))
		return letter;
	int found = -1, seen = 0;
	for (int c = 0; c < 256; c++)
		if (byte_set_has(set, (unsigned char)c) && walk_below(r, (uint64_t)++seen) == 0)
			found = c;
	return found;
}

static bool is_wide(const struct byte_set *set)
{
	int n = 0;
	for (int i = 0; i < 4; i++)
		n += __builtin_popcountll(set->bits[i]);
	return n > 64;
}

/* Says the lure as far as it is let. */
static void say_lure(
	const struct guide *g, const struct walk_random *r, void *state, struct buf *out)
{
	for (const char *c = r->lure; *c && g->ops->accept(g->grammar, state, (unsigned char)*c);
		c++)
		buf_add_char(out, *c);
}

enum walk_end walk_randomly(
	const struct guide *g, struct walk_random *r, size_t soft, size_t hard, struct buf *out)
{
	void *state = state_new(g);
	enum walk_end end = WALK_LONG;
	buf_reset(out);
	while (end == WALK_LONG && out->n < hard) {
		struct byte_set set;
		g->ops->allowed(g->grammar, state, &set);
		bool may_end = g->ops->may_end(g->grammar, state), is_late = out->n > soft;
		if (r->lure && is_wide(&set) && walk_below(r, 8) == 0) {
			say_lure(g, r, state, out);
			continue;
		}
		int c = random_byte(r, &set, is_late);
		if (may_end && (c < 0 || is_late || walk_below(r, 3) == 0)) {
			end = WALK_ENDED;
		} else if (c < 0) {
			end = WALK_STUCK;
		} else {
			MUST(g->ops->accept(g->grammar, state, (unsigned char)c));
			buf_add_char(out, (char)c);
		}
	}
	free(state);
	return end;
}
