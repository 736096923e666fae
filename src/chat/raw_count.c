/*
 * raw_count.c - see raw_count.h. The matches are those of Knuth, Morris and Pratt.
 */
#include "chat/raw_count.h"

enum { CLOSE_MAX_BYTES = 64, MATCH_BITS = 8, MATCH_MASK = (1 << MATCH_BITS) - 1 };

/* A closing text, and how many of its bytes are enough. */
struct close {
	struct str text;
	size_t enough;
	unsigned char back[CLOSE_MAX_BYTES];
};

struct raw_count {
	size_t open_bytes, min_chars, max_chars;
	size_t mark_bytes; /* of the closing text: where these stand it must follow; 0: it need not
			    */
	struct close close[2]; /* with what may stand in front of it, without */
};

static struct close close_of(struct arena *mem, struct str text, size_t enough)
{
	struct close c = { .text = arena_str(mem, text), .enough = enough };
	for (size_t i = 1, k = 0; i < text.n; i++) {
		while (k && text.p[i] != text.p[k])
			k = c.back[k - 1];
		k += text.p[i] == text.p[k];
		c.back[i] = (unsigned char)k;
	}
	return c;
}

const struct raw_count *raw_count_new(
	struct arena *mem, const struct raw_frame *frame, size_t min_chars, size_t max_chars)
{
	struct str core = str_trim(frame->close);
	size_t lead = core.n ? (size_t)(core.p - frame->close.p) : 0;
	if (!core.n || frame->close.n > CLOSE_MAX_BYTES || frame->open.n > MATCH_MASK)
		return NULL;
	struct raw_count *r = arena_alloc(mem, sizeof *r);
	*r = (struct raw_count){ .open_bytes = frame->open.n,
		.min_chars = min_chars,
		.max_chars = max_chars,
		.mark_bytes = frame->mark_bytes,
		.close = { close_of(mem, frame->close, lead + core.n),
			close_of(mem, str_from(frame->close, lead), core.n) } };
	return r;
}

/* ---- places ---- */

static size_t opened(const struct raw_count_at *at)
{
	return at->seen & MATCH_MASK;
}

static size_t matched(const struct raw_count_at *at, int close)
{
	return at->seen >> MATCH_BITS * (close + 1) & MATCH_MASK;
}

static size_t step(const struct close *m, size_t k, char c)
{
	if (k == m->text.n)
		k = m->back[k - 1];
	while (k && m->text.p[k] != c)
		k = m->back[k - 1];
	return k + (m->text.p[k] == c);
}

static bool is_first_byte(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

void raw_count_step(const struct raw_count *r, struct raw_count_at *at, unsigned char c)
{
	if (opened(at) < r->open_bytes) {
		at->seen++;
		return;
	}
	size_t with = step(&r->close[0], matched(at, 0), (char)c);
	size_t without = step(&r->close[1], matched(at, 1), (char)c);
	at->chars += is_first_byte((char)c);
	at->seen = (uint32_t)(opened(at) | with << MATCH_BITS | without << 2 * MATCH_BITS);
}

/* Characters that have begun: the last one need not be whole. */
static size_t chars_begun(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += is_first_byte(s.p[i]);
	return n;
}

/* What stands before this many bytes of a closing text could be all of the text. */
static bool is_right(
	const struct raw_count *r, const struct raw_count_at *at, int close, size_t bytes)
{
	size_t text = at->chars - chars_begun(str_sub(r->close[close].text, 0, bytes));
	return text >= r->min_chars && text <= r->max_chars;
}

/* The same for what is there of one, or of one that began later. */
static bool may_close(const struct raw_count *r, const struct raw_count_at *at, int close)
{
	size_t bytes = matched(at, close);
	while (bytes && !is_right(r, at, close, bytes))
		bytes = r->close[close].back[bytes - 1];
	return bytes > 0;
}

/* The closing text has begun, with the line end that belongs to it if it stands there. */
static int begun(const struct raw_count *r, const struct raw_count_at *at)
{
	size_t lead = r->close[0].enough - r->close[1].enough;
	return matched(at, 1) && matched(at, 0) != matched(at, 1) + lead ? 1 : 0;
}

bool raw_count_fits(const struct raw_count *r, const struct raw_count_at *at)
{
	int close = begun(r, at);
	size_t bytes = matched(at, close);
	if (r->mark_bytes && bytes >= r->mark_bytes)
		return is_right(r, at, close, bytes);
	return at->chars <= r->max_chars || may_close(r, at, close);
}

bool raw_count_may_end(const struct raw_count *r, const struct raw_count_at *at)
{
	int close = begun(r, at);
	size_t bytes = matched(at, close);
	return bytes >= r->close[close].enough && is_right(r, at, close, bytes);
}

size_t raw_count_room(const struct raw_count *r, const struct raw_count_at *at)
{
	if (r->max_chars == SIZE_MAX)
		return SIZE_MAX;
	/* What has begun to close may be text after all. */
	return r->max_chars > at->chars ? r->max_chars - at->chars : 0;
}
