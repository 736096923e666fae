#include "jinja_gives.h"

#include "../unit.h"

#include "base/json.h"
#include "base/limits.h"

/* Enough for every test that is not about running out. */
enum { STEPS_MAX = 100000, BYTES_MAX = 4 << 20 };

struct rendered jinja_rendered(const char *template, const char *conversation, const char *settings)
{
	struct rendered r = { .ok = false };
	struct err bad = { 0 };
	json_t *given = js_parse(str_z(conversation), LAYER_CLIENT, &bad);
	json_t *set = js_parse(str_z(settings), LAYER_CLIENT, &bad);
	assert_non_null(given);
	assert_non_null(set);
	struct jinja_input in = { .conversation = given,
		.settings = set,
		.max_steps = STEPS_MAX,
		.max_bytes = BYTES_MAX };
	in.now = (struct tm){
		.tm_year = 126, .tm_mon = 10, .tm_mday = 22, .tm_hour = 13, .tm_min = 5, .tm_sec = 9
	};
	buf_init(&r.text, LIMIT_PROMPT_BYTES);
	jinja_spans_init(&r.spans);
	struct jinja *j = jinja_compile(str_z(template), &r.e);
	if (j)
		r.ok = jinja_render(j, &in, &r.text, &r.spans, &r.e);
	jinja_free(j);
	json_decref(given);
	json_decref(set);
	return r;
}

void jinja_rendered_clear(struct rendered *r)
{
	buf_clear(&r->text);
	jinja_spans_clear(&r->spans);
}

void gives_with(const char *template, const char *conversation, const char *expected)
{
	struct rendered r = jinja_rendered(template, conversation, "{}");
	assert_string_equal(r.ok ? buf_z(&r.text) : r.e.what, expected);
	jinja_rendered_clear(&r);
}

void gives(const char *template, const char *expected)
{
	gives_with(template, "{}", expected);
}
