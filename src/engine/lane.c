/*
 * lane.c - one sequence of the model's cache; see lane.h.
 *
 * Why cutting is delicate: a tokenizer may join what stands on both sides of a cut, so a prompt cut
 * at any place would be read differently with a cache than without. Two places are safe: the border
 * of a control token, and a place that is a border both in the kept tokens and in the tokens of the
 * new prompt.
 */
#include "engine/lane.h"

#include "base/limits.h"
#include "base/must.h"

void lane_init(struct lane *l, int seq)
{
	*l = (struct lane){ .seq = seq };
	buf_init(&l->text, LIMIT_PROMPT_BYTES + LIMIT_ANSWER_BYTES);
}

void lane_clear(struct lane *l)
{
	token_list_clear(&l->tokens);
	buf_clear(&l->text);
	checkpoints_clear(&l->checkpoints);
	l->in_cache = 0;
}

void lane_truncate(struct lane *l, size_t keep)
{
	token_list_truncate(&l->tokens, keep);
	buf_truncate(&l->text, token_list_end(&l->tokens, keep));
	checkpoints_truncate(&l->checkpoints, keep);
	if (l->in_cache > keep)
		l->in_cache = keep;
}

void lane_say(struct lane *l, const struct vocab *v, int32_t token, enum token_origin origin)
{
	buf_add(&l->text, vocab_bytes(v, token));
	MUST(!l->text.overflow);
	token_list_add(&l->tokens, (struct token){ .id = token,
					   .end = (uint32_t)l->text.n,
					   .origin = (uint8_t)origin,
					   .is_control = vocab_is(v, token, VOCAB_CONTROL) });
}

size_t lane_common(const struct lane *l, const struct prompt *p)
{
	size_t n = token_list_end(&l->tokens, l->in_cache), i = 0;
	if (n > p->bytes.n)
		n = p->bytes.n;
	while (i < n && l->text.p[i] == p->bytes.p[i])
		i++;
	return i;
}

static uint32_t start_of(const struct lane *l, size_t token)
{
	return token_list_end(&l->tokens, token);
}

/* The first control token from `i` on that a prompt brought; the end of the list if none. */
static size_t next_control(const struct lane *l, size_t i, size_t end)
{
	while (i < end && !(l->tokens.p[i].is_control && l->tokens.p[i].origin == TOKEN_READ))
		i++;
	return i;
}

/* Whether the model said the token that covers this byte. */
static bool was_said(const struct lane *l, uint32_t at)
{
	size_t i = token_list_before(&l->tokens, at);
	return i < l->in_cache && l->tokens.p[i].origin != TOKEN_READ;
}

/*
 * How many of the common bytes are also the same in kind: a control token here and the same bytes
 * spelled out as text there are not the same. What the model said counts by its bytes alone.
 */
static uint32_t agreed(const struct lane *l, const struct prompt *p, uint32_t common)
{
	size_t end = token_list_before(&l->tokens, common);
	if (end > l->in_cache)
		end = l->in_cache;
	size_t c = next_control(l, 0, end), m = 0;
	while (c < end || m < p->mark_count) {
		const struct prompt_mark *mark = m < p->mark_count ? &p->marks[m] : NULL;
		uint32_t at = c < end ? start_of(l, c) : UINT32_MAX;
		if (mark && mark->at == at && mark->end == l->tokens.p[c].end &&
			mark->token == l->tokens.p[c].id) {
			c = next_control(l, c + 1, end);
			m++;
		} else if (mark && mark->at <= at) {
			if (mark->at >= common)
				break;
			if (mark->end > common || !was_said(l, mark->at))
				return mark->at;
			m++;
		} else {
			return at;
		}
	}
	return common;
}

/* Whether kept tokens may stand for those of the prompt over the same bytes: the model said one of
 * them, or they are the same. */
static bool may_stand(const struct token *kept, size_t n, const struct token *read, size_t m)
{
	bool same = n == m;
	for (size_t i = 0; i < n; i++) {
		if (kept[i].origin != TOKEN_READ)
			return true;
		same = same && kept[i].id == read[i].id;
	}
	return same;
}

/* The largest place up to `limit` to which the lane's tokens may stand for `read`, which are those
 * of the prompt from `from` on; UINT32_MAX if `from` is no border of the lane. */
static uint32_t last_border(
	const struct lane *l, uint32_t from, const struct token_list *read, uint32_t limit)
{
	const struct token *kept = l->tokens.p;
	size_t end = token_list_before(&l->tokens, limit),
	       read_end = token_list_before(read, limit);
	size_t i = token_list_before(&l->tokens, from),
	       j = from ? token_list_before(read, from) : 0;
	if (end > l->in_cache)
		end = l->in_cache;
	if (!from)
		i = 0;
	if (token_list_end(&l->tokens, i) != from)
		return UINT32_MAX;
	uint32_t border = from;
	for (size_t a = i, b = j; a < end && b < read_end;) {
		uint32_t x = kept[a].end, y = read->p[b].end;
		a += x <= y;
		b += y <= x;
		if (x != y || (a < end && kept[a].end == x) ||
			(b < read_end && read->p[b].end == y))
			continue; /* no border of both, or not the last token that ends here */
		if (!may_stand(kept + i, a - i, read->p + j, b - j))
			break;
		border = x;
		i = a;
		j = b;
	}
	return border;
}

static void drop_front(struct token_list *l, size_t n)
{
	if (l->n > n) /* an empty list has no memory to name */
		memmove(l->p, l->p + n, (l->n - n) * sizeof *l->p);
	l->n -= n;
}

/* There must be something to compute: the last token kept is computed again. */
static void leave_one(const struct lane *l, struct lane_match *m)
{
	if (m->rest.n || !m->keep)
		return;
	token_list_add(&m->rest, l->tokens.p[--m->keep]);
}

void lane_match(
	const struct lane *l, const struct prompt *p, const struct vocab *v, struct lane_match *out)
{
	*out = (struct lane_match){ 0 };
	uint32_t limit = l ? agreed(l, p, (uint32_t)lane_common(l, p)) : 0;
	size_t mark = prompt_mark_from(p, limit + 1); /* of those before it, spans may be cut */
	while (limit) {
		uint32_t from = 0;
		if (mark > 0) {
			const struct prompt_mark *m = &p->marks[--mark];
			from = m->end <= limit ? m->end : m->at;
		}
		token_list_truncate(&out->rest, 0);
		prompt_tokenize(p, v, from, &out->rest);
		uint32_t border = last_border(l, from, &out->rest, limit);
		if (border != UINT32_MAX && border > 0) {
			out->keep = token_list_before(&l->tokens, border);
			if (out->keep > l->in_cache)
				out->keep = l->in_cache;
			drop_front(&out->rest, token_list_before(&out->rest, border));
			leave_one(l, out);
			return;
		}
		if (from == 0)
			break;
	}
	token_list_truncate(&out->rest, 0);
	prompt_tokenize(p, v, 0, &out->rest);
}

void lane_match_back(const struct lane *l, struct lane_match *m, size_t keep)
{
	struct token_list rest = { 0 };
	if (keep == m->keep)
		return;
	for (size_t i = keep; i < m->keep; i++)
		token_list_add(&rest, l->tokens.p[i]);
	for (size_t i = 0; i < m->rest.n; i++)
		token_list_add(&rest, m->rest.p[i]);
	token_list_clear(&m->rest);
	*m = (struct lane_match){ .keep = keep, .rest = rest };
}

size_t lane_until_stop(const struct lane *l)
{
	size_t n = l->tokens.n - l->in_cache;
	for (size_t i = 0; i < sizeof l->stops / sizeof l->stops[0]; i++)
		if (l->stops[i] > l->in_cache && l->stops[i] - l->in_cache < n)
			n = l->stops[i] - l->in_cache;
	return n;
}

void lane_take(struct lane *l, const struct prompt *p, const struct lane_match *m)
{
	lane_truncate(l, m->keep);
	MUST(l->in_cache == m->keep);
	buf_reset(&l->text);
	buf_add(&l->text, buf_str(&p->bytes));
	for (size_t i = 0; i < m->rest.n; i++)
		token_list_add(&l->tokens, m->rest.p[i]);
}
