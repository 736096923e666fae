/*
 * passage_request.c - a client's request on its way to an upstream of its own dialect, in the
 * client's own bytes.
 *
 * Seals have come back with their makers' names (seal.h). Of the upstream that is asked they are
 * found in the bytes again and lose the name there: each must stand where a seal stands, as the
 * value of a member that holds seals, in the order in which the reader found them, without an
 * escape. Whatever else is found, a seal of somebody else above all, and the request is written
 * anew, by which what this upstream may not see is left out. So a member of that name in a tool's
 * arguments is never touched: it is one too many.
 *
 * Layer: wire.
 */
#include "chat/passage.h"
#include "chat/seal.h"

enum { SEAL_BYTES = 4 * 1024 * 1024 };

/* Members that hold seals, in all dialects. */
static const char *const seal_members[] = { "signature", "data", "thoughtSignature",
	"thought_signature", "encrypted_content" };

/* ---- which seals there are ---- */

static const struct chat_block *block_at(const struct chat_request *r, size_t *message, size_t *at)
{
	while (*message < r->message_count && *at >= r->messages[*message].block_count) {
		++*message;
		*at = 0;
	}
	return *message < r->message_count ? &r->messages[*message].blocks[(*at)++] : NULL;
}

/* Why an upstream may not see them as they are, or NULL. */
static const char *why_not_all(
	const struct chat_request *r, const struct dialect *upstream, struct str origin)
{
	bool has_sealed = false, has_bare = false;
	const struct chat_block *b;
	for (size_t m = 0, i = 0; (b = block_at(r, &m, &i));) {
		bool is_sealed = b->opaque.n || b->origin.n;
		if (is_sealed && !seal_is_for(r, b, upstream, origin))
			return "a thought in it has another maker's seal";
		has_sealed |= is_sealed;
		has_bare |= b->type == CHAT_BLOCK_THINK && !is_sealed;
	}
	/* Who seals thoughts refuses those without a seal; Gemini seals only some. */
	if (has_sealed && has_bare && upstream != &dialect_gemini)
		return "some thoughts in it have a seal and others have none";
	return NULL;
}

/* ---- taking their names away ---- */

/* The string that begins at `text[quote]` is the value of a member that holds seals. */
static bool is_seals_value(struct str text, size_t quote)
{
	struct str before = str_trim_right(str_sub(text, 0, quote));
	if (!str_ends(before, STR(":")))
		return false;
	before = str_trim_right(str_sub(before, 0, before.n - 1));
	if (!str_ends(before, STR("\"")))
		return false;
	before = str_sub(before, 0, before.n - 1);
	for (size_t i = 0; i < sizeof seal_members / sizeof seal_members[0]; i++) {
		struct str name = str_z(seal_members[i]);
		if (str_ends(before, name) &&
			str_ends(str_sub(before, 0, before.n - name.n), STR("\"")))
			return true;
	}
	return false;
}

/* Where the next named seal begins, behind its quote; SIZE_MAX: there is none. */
static size_t next_seal(struct str text, size_t from)
{
	static const char begins[] = "\"" SEAL_MARK;
	for (size_t at = from, n; (n = str_find(str_from(text, at), str_z(begins))) != SIZE_MAX;) {
		at += n + 1;
		if (is_seals_value(text, at - 1))
			return at;
	}
	return SIZE_MAX;
}

/* Appends the seal at text[at] without its maker's name, as it stands there; returns where its
 * string ends, or SIZE_MAX if another one stands there. */
static size_t add_bare(
	struct str text, size_t at, const struct chat_block *b, struct buf *named, struct buf *out)
{
	buf_reset(named);
	seal_write(b->origin, b->opaque, named);
	buf_add_char(named, '"');
	if (at == SIZE_MAX || !str_starts(str_from(text, at), buf_str(named)))
		return SIZE_MAX;
	buf_add(out, b->opaque);
	return at + named->n - 1;
}

static bool add_unnamed(const struct chat_request *r, struct str text, struct buf *out)
{
	struct buf named;
	const struct chat_block *b;
	size_t done = 0;
	buf_init(&named, SEAL_BYTES);
	for (size_t m = 0, i = 0; done != SIZE_MAX && (b = block_at(r, &m, &i));) {
		if (!b->origin.n)
			continue;
		size_t at = next_seal(text, done);
		buf_add(out, str_sub(text, done, at == SIZE_MAX ? done : at));
		done = add_bare(text, at, b, &named, out);
	}
	bool ok = done != SIZE_MAX && next_seal(text, done) == SIZE_MAX &&
		  buf_add(out, str_from(text, done));
	buf_clear(&named);
	return ok;
}

/* ---- the body ---- */

/* Where a stream tells its usage only if it is asked to; what is left of the body behind it. */
static bool add_wish(const struct dialect *d, const struct chat_request *r, struct str *body,
	struct buf *out, const char **why)
{
	static const char wish[] = "{\"stream_options\":{\"include_usage\":true},";
	if (!d->asks_for_usage || !r->is_stream || r->wants_usage)
		return true;
	struct str rest = str_trim_left(*body);
	if (!str_starts(rest, STR("{")) || str_find(rest, STR("\"stream_options\"")) != SIZE_MAX) {
		*why = "it asks for no usage, in words of its own";
		return false;
	}
	*body = str_from(rest, 1);
	return buf_add_z(out, wish);
}

bool passage_request(const struct chat_request *r, const struct dialect *upstream,
	struct str origin, struct buf *out, const char **why)
{
	size_t n = out->n;
	struct str body = r->body;
	*why = NULL;
	if (r->dialect != upstream)
		return false;
	*why = r->body.n ? why_not_all(r, upstream, origin) : r->unpassed;
	if (!r->body.n || *why || !add_wish(upstream, r, &body, out, why))
		return false;
	if (add_unnamed(r, body, out))
		return true;
	buf_truncate(out, n);
	*why = "the seals of its thoughts do not stand where they are looked for";
	return false;
}
