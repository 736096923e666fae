/*
 * seal.c - see seal.h.
 */
#include "chat/seal.h"

static const char mark[] = SEAL_MARK;

void seal_write(struct str origin, struct str opaque, struct buf *out)
{
	if (origin.n)
		buf_printf(out, "%s%.*s/", mark, STR_ARG(origin));
	buf_add(out, opaque);
}

void seal_read(struct str kept, struct str *origin, struct str *opaque)
{
	*origin = STR("");
	*opaque = kept;
	if (!str_starts(kept, str_z(mark)))
		return;
	struct str rest = str_from(kept, sizeof mark - 1);
	size_t slash = str_find_char(rest, '/');
	if (slash == SIZE_MAX)
		return;
	*origin = str_sub(rest, 0, slash);
	*opaque = str_from(rest, slash + 1);
}

bool seal_is_for(const struct chat_request *r, const struct chat_block *thought,
	const struct dialect *dialect, struct str origin)
{
	if (!thought->opaque.n)
		return false;
	return thought->origin.n ? str_eq(thought->origin, origin) : r->dialect == dialect;
}
