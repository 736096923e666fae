/*
 * fuzz_json.c - JSON from outside: what is accepted is written and read again to the same value,
 * and is what jansson by itself reads.
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
	json_t *slow = json_loadb((const char *)bytes, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY,
		&(json_error_t){ 0 });
	MUST(slow && json_equal(value, slow));
	json_decref(slow);
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
