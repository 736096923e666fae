/*
 * sse.c - server-sent events; see sse.h.
 *
 * Layer: wire. The reader knows lines only: a line that lies whole in one piece is used where it
 * is, one that is cut is put together in `line`. Between lines it awaits the next one; `after_cr`
 * means that a newline coming now belongs to the line end before it. An event ends with an empty
 * line.
 */
#include "net/sse.h"

#include <string.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"

void sse_init(struct sse_reader *r,
	bool (*on_event)(void *ctx, const struct sse_event *event, struct err *e), void *ctx)
{
	*r = (struct sse_reader){ .on_event = on_event, .ctx = ctx, .retry_ms = -1 };
	buf_init(&r->line, LIMIT_SSE_EVENT_BYTES);
	buf_init(&r->data, LIMIT_SSE_EVENT_BYTES);
	buf_init(&r->type, LIMIT_SSE_EVENT_BYTES);
	buf_init(&r->id, LIMIT_SSE_EVENT_BYTES);
}

void sse_clear(struct sse_reader *r)
{
	buf_clear(&r->line);
	buf_clear(&r->data);
	buf_clear(&r->type);
	buf_clear(&r->id);
	void (*on_comment)(void *, struct str) = r->on_comment;
	bool is_json = r->is_json;
	sse_init(r, r->on_event, r->ctx);
	r->on_comment = on_comment;
	r->is_json = is_json;
}

/* ---- events ---- */

static bool end_event(struct sse_reader *r, struct err *e)
{
	bool ok = true;
	if (r->has_data) {
		struct sse_event event = { buf_str(&r->type), buf_str(&r->data), buf_str(&r->id) };
		event.data.n--; /* each line added a newline, the last one does not count */
		r->events++;
		ok = r->on_event(r->ctx, &event, e);
	}
	buf_reset(&r->data);
	buf_reset(&r->type);
	r->has_data = false;
	return ok;
}

static void take_data(struct sse_reader *r, struct str value)
{
	buf_add(&r->data, value);
	buf_add_char(&r->data, '\n');
	r->has_data = true;
}

static void take_type(struct sse_reader *r, struct str value)
{
	buf_reset(&r->type);
	buf_add(&r->type, value);
}

static void take_id(struct sse_reader *r, struct str value)
{
	if (str_find_char(value, 0) != SIZE_MAX)
		return;
	buf_reset(&r->id);
	buf_add(&r->id, value);
}

static void take_retry(struct sse_reader *r, struct str value)
{
	uint64_t ms;
	if (str_to_u64(value, &ms) && ms <= INT64_MAX)
		r->retry_ms = (int64_t)ms;
}

static const struct {
	const char *name;
	void (*take)(struct sse_reader *r, struct str value);
} fields[] = {
	{ "data", take_data },
	{ "event", take_type },
	{ "id", take_id },
	{ "retry", take_retry },
};

/* This line of data belongs to another event than those before it, see is_json. */
static bool is_next_event(const struct sse_reader *r, struct str value)
{
	bool may_begin = str_starts(value, STR("{")) || str_eq(value, STR("[DONE]"));
	if (!r->is_json || !r->has_data || !may_begin)
		return false;
	json_t *whole = js_parse(buf_str(&r->data), LAYER_WIRE, &(struct err){ 0 });
	json_decref(whole);
	return whole != NULL;
}

static bool take_field(struct sse_reader *r, struct str line, struct err *e)
{
	struct str value = line, name;
	str_cut(&value, ':', &name);
	if (str_starts(value, STR(" ")))
		value = str_from(value, 1);
	if (str_eq(name, STR("data")) && is_next_event(r, value) && !end_event(r, e))
		return false;
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (str_eq_z(name, fields[i].name)) {
			fields[i].take(r, value);
			break;
		}
	return true;
}

/* ---- lines ---- */

static bool too_big(struct sse_reader *r, struct err *e)
{
	r->has_failed = true;
	return fail(e, ERR_TOO_BIG, LAYER_WIRE, "an event of the stream is over %zu bytes",
		LIMIT_SSE_EVENT_BYTES);
}

static bool take_line(struct sse_reader *r, struct str line, struct err *e)
{
	if (!r->has_begun && str_starts(line, STR("\xEF\xBB\xBF")))
		line = str_from(line, 3);
	r->has_begun = true;
	if (line.n == 0)
		return end_event(r, e);
	bool ok = true;
	if (line.p[0] != ':')
		ok = take_field(r, line, e);
	else if (r->on_comment)
		r->on_comment(r->ctx, str_from(line, 1));
	return ok && (!r->data.overflow || too_big(r, e));
}

/* Index of the first CR or LF, or SIZE_MAX. */
static size_t find_line_end(struct str s)
{
	size_t lf = str_find_char(s, '\n');
	size_t cr = str_find_char(str_sub(s, 0, lf), '\r');
	return cr < lf ? cr : lf;
}

/* The line that ends here, put together with what came before. */
static bool finish_line(struct sse_reader *r, struct str last_piece, struct err *e)
{
	if (r->line.n == 0)
		return take_line(r, last_piece, e);
	if (!buf_add(&r->line, last_piece))
		return too_big(r, e);
	bool ok = take_line(r, buf_str(&r->line), e);
	buf_reset(&r->line);
	return ok;
}

bool sse_feed(struct sse_reader *r, struct str bytes, struct err *e)
{
	while (bytes.n && !r->has_failed) {
		if (r->after_cr && bytes.p[0] == '\n')
			bytes = str_from(bytes, 1);
		r->after_cr = false;
		size_t end = find_line_end(bytes);
		if (end == SIZE_MAX)
			return buf_add(&r->line, bytes) || too_big(r, e);
		r->after_cr = bytes.p[end] == '\r';
		if (!finish_line(r, str_sub(bytes, 0, end), e))
			r->has_failed = true;
		bytes = str_from(bytes, end + 1);
	}
	return !r->has_failed;
}

bool sse_end(struct sse_reader *r, struct err *e)
{
	if (r->has_failed)
		return false;
	if (r->line.n) {
		r->has_failed = true;
		return fail(e, ERR_CUT, LAYER_WIRE,
			"the stream ended in the middle of an event, after %llu whole ones",
			(unsigned long long)r->events);
	}
	r->has_failed = !end_event(r, e);
	return !r->has_failed;
}

/* ---- writing ---- */

bool sse_write(struct buf *out, struct str type, struct str data)
{
	MUST(find_line_end(type) == SIZE_MAX);
	size_t before = out->n;
	if (type.n) {
		buf_add_z(out, "event: ");
		buf_add(out, type);
		buf_add_char(out, '\n');
	}
	for (;;) {
		size_t end = find_line_end(data);
		buf_add_z(out, "data: ");
		buf_add(out, str_sub(data, 0, end));
		buf_add_char(out, '\n');
		if (end == SIZE_MAX)
			break;
		bool is_crlf = data.p[end] == '\r' && end + 1 < data.n && data.p[end + 1] == '\n';
		data = str_from(data, end + 1 + is_crlf);
	}
	buf_add_char(out, '\n');
	if (out->overflow)
		buf_truncate(out, before);
	return !out->overflow;
}

bool sse_write_comment(struct buf *out, struct str text)
{
	MUST(find_line_end(text) == SIZE_MAX);
	size_t before = out->n;
	buf_add_char(out, ':');
	buf_add(out, text);
	buf_add_z(out, "\n\n");
	if (out->overflow)
		buf_truncate(out, before);
	return !out->overflow;
}
