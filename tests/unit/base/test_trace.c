#include "../unit.h"

#include <string.h>

#include "base/limits.h"
#include "base/trace.h"

static json_t *parsed(const struct trace *t)
{
	struct buf text;
	struct err e = { 0 };
	buf_init(&text, MIB);
	assert_true(trace_write(t, &text));
	json_t *value = js_parse(buf_str(&text), LAYER_NONE, &e);
	assert_string_equal(e.what, "");
	buf_clear(&text);
	return value;
}

static void a_trace_survives_the_way_to_json_and_back(void **state)
{
	(void)state;
	struct trace *t = trace_new();
	struct err e = { 0 };
	trace_note(t, LAYER_ROUTE, "decision", "model %s goes to %s", "m", "local");
	trace_append(t, LAYER_MODEL, "raw", STR("<tool_"));
	trace_append(t, LAYER_MODEL, "raw", STR("call>"));
	fail(&e, ERR_TIMEOUT, LAYER_WIRE, "no byte in 5 s");
	err_mend(&e, "wait longer");
	trace_fault(t, &e);
	trace_bytes(t, LAYER_MODEL, "raw", STR("a\0b\xff"));
	json_t *json = parsed(t);
	err_clear(&e);
	struct trace *back = trace_from_json(json, &e);
	assert_non_null(back);
	assert_string_equal(trace_id(back), trace_id(t));
	assert_int_equal(strlen(trace_id(t)), TRACE_ID_CHARS);
	assert_int_equal(trace_count(back), 4);
	assert_str(trace_get(back, 3)->text, "a\xef\xbf\xbd"
					     "b\xef\xbf\xbd");
	assert_str(trace_get(back, 0)->text, "model m goes to local");
	assert_str(trace_get(back, 1)->text, "<tool_call>");
	assert_int_equal(trace_get(back, 1)->bytes, 11);
	assert_int_equal(trace_get(back, 1)->layer, LAYER_MODEL);
	assert_int_equal(trace_get_fault(back)->kind, ERR_TIMEOUT);
	assert_string_equal(trace_get_fault(back)->mend, "wait longer");
	json_decref(json);
	trace_free(t);
	trace_free(back);
}

static void what_is_broken_is_counted_by_layer(void **state)
{
	(void)state;
	struct trace *t = trace_new();
	trace_broken(t, LAYER_PARSE, "%d things", 2);
	trace_broken(t, LAYER_PARSE, "more");
	trace_broken(t, LAYER_CLIENT, "a call");
	trace_broken(NULL, LAYER_CLIENT, "nobody looks");
	assert_str(trace_get(t, 0)->text, "broken: 2 things");
	json_t *json = parsed(t);
	struct trace *back = trace_from_json(json, NULL);
	for (const struct trace *each = t; each; each = each == t ? back : NULL) {
		assert_int_equal(trace_broken_count(each, LAYER_PARSE), 2);
		assert_int_equal(trace_broken_count(each, LAYER_CLIENT), 1);
		assert_int_equal(trace_broken_count(each, LAYER_MODEL), 0);
	}
	assert_int_equal(trace_broken_count(NULL, LAYER_PARSE), 0);
	json_decref(json);
	trace_free(t);
	trace_free(back);
}

static void two_layers_may_follow_one_stream(void **state)
{
	(void)state;
	struct trace *t = trace_new();
	trace_append(t, LAYER_WIRE, "received", STR("<a"));
	trace_append(t, LAYER_PARSE, "text", STR("a"));
	trace_append(t, LAYER_WIRE, "received", STR("b>"));
	trace_append(t, LAYER_PARSE, "text", STR("b"));
	trace_note(t, LAYER_PARSE, "call", "f");
	trace_append(t, LAYER_PARSE, "text", STR("c"));
	trace_append(t, LAYER_WIRE, "received", STR("<c>"));
	assert_int_equal(trace_count(t), 4);
	assert_str(trace_get(t, 0)->text, "<ab><c>");
	assert_int_equal(trace_get(t, 0)->bytes, 7);
	assert_str(trace_get(t, 1)->text, "ab");
	assert_str(trace_get(t, 3)->text, "c");
	trace_free(t);
}

static void what_is_cut_says_so(void **state)
{
	(void)state;
	struct trace *t = trace_new();
	struct buf big;
	buf_init(&big, LIMIT_TRACE_TEXT_BYTES * 2);
	buf_add_fill(&big, 'x', LIMIT_TRACE_TEXT_BYTES + 1);
	trace_bytes(t, LAYER_WIRE, "body", buf_str(&big));
	assert_true(trace_get(t, 0)->is_cut);
	assert_int_equal(trace_get(t, 0)->bytes, LIMIT_TRACE_TEXT_BYTES + 1);
	assert_int_equal(trace_get(t, 0)->text.n, LIMIT_TRACE_TEXT_BYTES);
	for (int i = 0; i < 3; i++)
		trace_append(t, LAYER_MODEL, "raw",
			str_sub(buf_str(&big), 0, LIMIT_TRACE_TEXT_BYTES / 2));
	assert_true(trace_get(t, 1)->is_cut);
	assert_int_equal(trace_get(t, 1)->text.n, LIMIT_TRACE_TEXT_BYTES);
	buf_clear(&big);
	trace_free(t);
}

static void nobody_traces_for_free(void **state)
{
	(void)state;
	trace_note(NULL, LAYER_ROUTE, "decision", "x");
	trace_append(NULL, LAYER_MODEL, "raw", STR("x"));
	trace_free(NULL);
	assert_int_equal(trace_count(NULL), 0);
	assert_string_equal(trace_id(NULL), "");
}

static void what_nobody_keeps_is_not_copied(void **state)
{
	(void)state;
	struct trace *t = trace_new();
	trace_forget_bytes(t);
	trace_bytes(t, LAYER_CLIENT, "request", STR("x"));
	trace_append(t, LAYER_MODEL, "raw", STR("x"));
	assert_int_equal(trace_count(t), 0);
	trace_note(t, LAYER_ROUTE, "decision", "y");
	assert_int_equal(trace_count(t), 1);
	trace_forget_bytes(NULL);
	trace_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trace_survives_the_way_to_json_and_back),
		cmocka_unit_test(what_is_broken_is_counted_by_layer),
		cmocka_unit_test(two_layers_may_follow_one_stream),
		cmocka_unit_test(what_is_cut_says_so),
		cmocka_unit_test(nobody_traces_for_free),
		cmocka_unit_test(what_nobody_keeps_is_not_copied),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
