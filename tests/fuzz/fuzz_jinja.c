/*
 * fuzz_jinja.c - hostile templates on hostile conversations: whatever compiles renders the same
 * twice, its output is UTF-8, and its marks are in order and inside it.
 *
 * The input is a template, then optionally a NUL and the conversation as JSON.
 */
#include "fuzz.h"

#include "base/json.h"
#include "base/must.h"
#include "base/utf8.h"
#include "jinja/jinja.h"

enum { STEPS_MAX = 20000, BYTES_MAX = 8 << 20, OUTPUT_MAX = 1 << 20 };

static const char plain_conversation[] =
	"{\"messages\": [{\"role\": \"user\", \"content\": \"Hi <|im_end|> \\u00e9\"},"
	"{\"role\": \"assistant\", \"content\": null, \"tool_calls\": [{\"id\": \"1\", \"type\": "
	"\"function\", \"function\": {\"name\": \"f\", \"arguments\": {\"a\": [1, 2.5, true]}}}]},"
	"{\"role\": \"tool\", \"content\": \"ok\"}], \"tools\": [{\"type\": \"function\"}], "
	"\"s\": \"a,b c\", \"l\": [3, 1, 2], \"d\": {\"k\": \"v\"}, \"n\": null, \"i\": 7}";

static void check_marks(const struct buf *out, const struct jinja_spans *spans)
{
	size_t end = 0;
	for (size_t i = 0; i < spans->n; i++) {
		MUST(i == 0 || spans->p[i].from > end);
		MUST(spans->p[i].from < spans->p[i].to);
		end = spans->p[i].to;
	}
	MUST(end <= out->n);
}

static void render_twice(const struct jinja *j, const struct jinja_input *in)
{
	struct buf first, second;
	struct jinja_spans spans;
	struct err e = { 0 }, again = { 0 };
	buf_init(&first, OUTPUT_MAX);
	buf_init(&second, OUTPUT_MAX);
	jinja_spans_init(&spans);
	bool ok = jinja_render(j, in, &first, &spans, &e);
	MUST(ok || (e.layer == LAYER_PROMPT && first.n == 0 && spans.n == 0));
	MUST(jinja_render(j, in, &second, NULL, &again) == ok);
	MUST(str_eq(buf_str(&first), buf_str(&second)));
	MUST(utf8_is_valid(buf_str(&first)));
	check_marks(&first, &spans);
	jinja_spans_clear(&spans);
	buf_clear(&first);
	buf_clear(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct err e = { 0 };
	struct str input = str_n((const char *)bytes, n), given = str_z(plain_conversation);
	size_t nul = str_find_char(input, 0);
	if (nul != SIZE_MAX) {
		given = str_from(input, nul + 1);
		input = str_sub(input, 0, nul);
	}
	struct jinja *j = jinja_compile(input, &e);
	json_t *conversation = j ? js_parse(given, LAYER_CLIENT, &e) : NULL;
	if (conversation) {
		struct jinja_input in = { .conversation = conversation,
			.now = { .tm_year = 126, .tm_mday = 1 },
			.max_steps = STEPS_MAX,
			.max_bytes = BYTES_MAX };
		render_twice(j, &in);
	}
	json_decref(conversation);
	jinja_free(j);
	return 0;
}
