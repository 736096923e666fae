/*
 * fuzz_json.c - JSON from outside: what is accepted is written and read again to the same value.
 */
#include "fuzz.h"

#include "base/json.h"
#include "base/must.h"

enum { WRITTEN_MAX = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct err e = { 0 };
	json_t *value = js_parse(str_n((const char *)bytes, n), LAYER_WIRE, &e);
	if (!value)
		return 0;
	struct buf written;
	buf_init(&written, WRITTEN_MAX);
	MUST(js_write(value, &written));
	json_t *again = js_parse(buf_str(&written), LAYER_WIRE, &e);
	MUST(again && json_equal(value, again));
	json_decref(again);
	json_decref(value);
	buf_clear(&written);
	return 0;
}
