/*
 * template_pin.c - see template_pin.h.
 */
#include "chat/template_pin.h"

#include "base/limits.h"

/* One render with what users wrote of it. */
struct piece {
	struct buf text;
	struct jinja_spans inputs;
};

static void piece_init(struct piece *p)
{
	buf_init(&p->text, LIMIT_PROMPT_BYTES);
	jinja_spans_init(&p->inputs);
}

static void piece_clear(struct piece *p)
{
	buf_clear(&p->text);
	jinja_spans_clear(&p->inputs);
}

/* The conversation up to its first question; without messages if there is none. */
static struct chat_request opening_of(const struct chat_request *r)
{
	struct chat_request opening = *r;
	size_t n = 0;
	while (n < r->message_count && r->messages[n].role != CHAT_USER)
		n++;
	opening.message_count = n < r->message_count ? n + 1 : 0;
	opening.continues_assistant = false;
	return opening;
}

static struct chat_request without_tools(const struct chat_request *r)
{
	struct chat_request plain = *r;
	plain.tool_count = 0;
	return plain;
}

static size_t common_bytes(struct str a, struct str b)
{
	size_t n = 0;
	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	return n;
}

/* What the tools add to the opening is put into the whole at the same place. */
static bool put_in(const struct piece *whole, const struct piece *plain, const struct piece *with,
	struct buf *out, struct jinja_spans *inputs)
{
	struct str all = buf_str(&whole->text), without = buf_str(&plain->text);
	size_t at = common_bytes(without, buf_str(&with->text));
	if (with->text.n <= plain->text.n || common_bytes(all, without) < at)
		return false;
	jinja_spans_cut(inputs, &whole->inputs, 0, at, out->n);
	buf_add(out, str_sub(all, 0, at));
	size_t end = at + with->text.n - plain->text.n;
	jinja_spans_cut(inputs, &with->inputs, at, end, out->n);
	buf_add(out, str_sub(buf_str(&with->text), at, end));
	jinja_spans_cut(inputs, &whole->inputs, at, all.n, out->n);
	buf_add(out, str_from(all, at));
	return true;
}

bool template_render_pinned(const struct template_text *t, const struct template_way *way,
	const struct chat_request *r, const struct jinja_input *how, struct buf *out,
	struct jinja_spans *inputs)
{
	const struct chat_request opening = opening_of(r);
	const struct chat_request requests[] = { without_tools(r), without_tools(&opening),
		opening };
	enum { COUNT = sizeof requests / sizeof *requests };
	struct piece pieces[COUNT];
	bool ok = opening.message_count > 0;
	for (size_t i = 0; i < COUNT; i++) {
		piece_init(&pieces[i]);
		ok = ok && template_text_render(t, way, &requests[i], how, &pieces[i].text,
				   &pieces[i].inputs, NULL);
	}
	ok = ok && put_in(&pieces[0], &pieces[1], &pieces[2], out, inputs);
	for (size_t i = 0; i < COUNT; i++)
		piece_clear(&pieces[i]);
	return ok;
}
