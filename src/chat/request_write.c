/*
 * request_write.c - see request_write.h.
 *
 * Layer: wire.
 */
#include "chat/request_write.h"

#include "chat/dialect.h"

void request_write_double(struct buf *out, const char *name, double value)
{
	if (value != CHAT_UNSET_DOUBLE)
		js_member_double(out, name, value);
}

void request_write_integer(struct buf *out, const char *name, int64_t value)
{
	if (value != CHAT_UNSET_INT)
		js_member_i64(out, name, value);
}

void request_write_stops(struct buf *out, const char *name, const struct chat_sampling *s)
{
	if (!s->stop_count)
		return;
	js_member(out, name);
	buf_add_char(out, '[');
	for (size_t i = 0; i < s->stop_count; i++) {
		js_next(out);
		js_quote(s->stops[i], out);
	}
	buf_add_char(out, ']');
}

void request_write_call_id(struct buf *out, const char *name, struct str id)
{
	enum { LONGEST = 64 };
	char other[DIALECT_CALL_ID_CHARS + 1];
	js_member_text(out, name, id.n <= LONGEST ? id : dialect_call_id(id, 0, other));
}

static bool is_among(const char *name, const char *const *names)
{
	for (; names && *names; names++)
		if (str_eq_z(str_z(name), *names))
			return true;
	return false;
}

void request_write_extra(struct buf *out, const struct chat_request *r,
	const struct dialect *dialect, const char *const *but)
{
	const char *name;
	json_t *value;
	if (r->dialect != dialect)
		return;
	json_object_foreach((json_t *)r->extra, name, value)
	{
		if (is_among(name, but))
			continue;
		js_next(out);
		js_quote(str_z(name), out);
		buf_add_char(out, ':');
		js_write(value, out);
	}
}
