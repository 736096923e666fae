/*
 * fuzz_openai_request.c - what is read as a request can be written, and what was written reads back
 * as the same: writing it again gives the same bytes.
 */
#include "fuzz.h"

#include "base/must.h"
#include "chat/dialect.h"

enum { WRITTEN_MAX = 1 << 26 };

static struct buf written(const struct chat_request *r)
{
	struct buf out;
	buf_init(&out, WRITTEN_MAX);
	MUST(dialect_openai.write_request(r, STR(""), NULL, &out, NULL));
	return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct err e = { 0 };
	struct arena *a = arena_new();
	struct trace *t = trace_new();
	struct str body = str_n((const char *)bytes, n);
	struct chat_request *r = dialect_openai.read_request(STR(""), body, a, t, &e);
	MUST(!r == err_is_set(&e));
	if (r) {
		struct buf once = written(r);
		struct chat_request *again =
			dialect_openai.read_request(STR(""), buf_str(&once), a, NULL, &e);
		MUST(again);
		struct buf twice = written(again);
		MUST(str_eq(buf_str(&once), buf_str(&twice)));
		buf_clear(&once);
		buf_clear(&twice);
		chat_request_free(again);
	}
	chat_request_free(r);
	trace_free(t);
	arena_free(a);
	return 0;
}
