#include "../unit.h"

#include <stdlib.h>

#include "../cuts.h"
#include "base/limits.h"
#include "net/sse.h"

static bool note_event(void *ctx, const struct sse_event *event, struct err *e)
{
	if (str_eq(event->data, STR("refuse")))
		return fail(e, ERR_BAD_DATA, LAYER_WIRE, "refused");
	buf_printf(ctx, "[%.*s|%.*s|%.*s]", STR_ARG(event->type), STR_ARG(event->data),
		STR_ARG(event->id));
	return true;
}

static void note_comment(void *ctx, struct str text)
{
	buf_printf(ctx, "(%.*s)", STR_ARG(text));
}

static bool is_json; /* what all readers below are told */

static void transcribe(const struct str *pieces, size_t count, struct buf *out)
{
	struct sse_reader r;
	struct err e = { 0 };
	sse_init(&r, note_event, out);
	r.is_json = is_json;
	r.on_comment = note_comment;
	bool ok = true;
	for (size_t i = 0; ok && i < count; i++)
		ok = sse_feed(&r, pieces[i], &e);
	if (ok)
		ok = sse_end(&r, &e);
	if (!ok)
		buf_printf(out, "!%s", err_kinds[e.kind].name);
	if (r.retry_ms >= 0)
		buf_printf(out, " retry %lld", (long long)r.retry_ms);
	sse_clear(&r);
}

static void gives(struct str input, const char *expected)
{
	struct buf out = assert_every_cut(input, transcribe);
	assert_string_equal(buf_z(&out), expected);
	buf_clear(&out);
}

static void an_event_ends_with_an_empty_line(void **state)
{
	(void)state;
	gives(STR("data: a\n\ndata: b\n\n"), "[|a|][|b|]");
	gives(STR("event: delta\ndata: {\"x\":1}\nid: 7\n\ndata:b\n\n"),
		"[delta|{\"x\":1}|7][|b|7]");
}

static void all_line_ends_count(void **state)
{
	(void)state;
	gives(STR("data: a\r\n\r\ndata: b\r\rdata: c\n\n"), "[|a|][|b|][|c|]");
	gives(STR("data: a\r\n\ndata: b\n\r\ndata: c\r\n\r"), "[|a|][|b|][|c|]");
}

static void lines_of_data_are_joined(void **state)
{
	(void)state;
	gives(STR("data: a\ndata\ndata:  b\n\n"), "[|a\n\n b|]");
	gives(STR("data:\n\n"), "[||]");
}

static void events_of_json_are_told_apart_without_empty_lines(void **state)
{
	(void)state;
	static const char crowded[] = "data: {\"a\":1}\ndata: {\"b\":\ndata: 2}\ndata: [DONE]\n";
	gives(str_z(crowded), "[|{\"a\":1}\n{\"b\":\n2}\n[DONE]|]");
	is_json = true;
	gives(str_z(crowded), "[|{\"a\":1}|][|{\"b\":\n2}|][|[DONE]|]");
	gives(STR("data: {\ndata: \"a\":\ndata: {}}\n\ndata: {}\n\n"), "[|{\n\"a\":\n{}}|][|{}|]");
	is_json = false;
}

static void what_the_standard_ignores_is_ignored(void **state)
{
	(void)state;
	gives(STR("event: x\n\nid: 1\n\nfoo: bar\nnothing\n\ndata: a\n\n"), "[|a|1]");
	gives(STR("id: 1\0\ndata: a\n\n"), "[|a|]");
	gives(STR("retry: 10s\nretry: 2500\ndata: a\n\n"), "[|a|] retry 2500");
	gives(STR("Data: a\n data: b\n\n"), "");
}

static void comments_are_seen_but_are_no_events(void **state)
{
	(void)state;
	gives(STR(": OPENROUTER PROCESSING\n\n:\ndata: a\n:x\ndata: b\n\n"),
		"( OPENROUTER PROCESSING)()(x)[|a\nb|]");
}

static void a_bom_counts_at_the_beginning_only(void **state)
{
	(void)state;
	gives(STR("\xEF\xBB\xBF"
		  "data: a\n\n\xEF\xBB\xBF"
		  "data: b\n\n"),
		"[|a|]");
}

static void an_end_between_lines_gives_the_event_and_one_within_is_a_cut(void **state)
{
	(void)state;
	gives(STR("data: a\n\ndata: [DONE]\n"), "[|a|][|[DONE]|]");
	gives(STR("data: a\n\ndata: {\"cho"), "[|a|]!cut");
	gives(STR("data: a\n\ndata: b\ndata: c"), "[|a|]!cut");
	gives(STR(""), "");
}

static void a_refusal_ends_the_reading(void **state)
{
	(void)state;
	gives(STR("data: a\n\ndata: refuse\n\ndata: c\n\n"), "[|a|]!bad_data");
}

static void an_event_over_the_limit_is_refused(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, MIB);
	size_t n = LIMIT_SSE_EVENT_BYTES / 2 + 100;
	char *x = malloc(n);
	memset(x, 'x', n);
	const struct str lines[] = { STR("data: "), str_n(x, n), STR("\ndata: "), str_n(x, n),
		STR("\n\n") };
	transcribe(lines, 5, &out);
	assert_string_equal(buf_z(&out), "!too_big");
	buf_reset(&out);
	const struct str line[] = { STR("data: "), str_n(x, n), str_n(x, n) };
	transcribe(line, 3, &out);
	assert_string_equal(buf_z(&out), "!too_big");
	buf_clear(&out);
	free(x);
}

static void what_is_written_is_read(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 1000);
	assert_true(sse_write(&out, STR("delta"), STR("a")));
	assert_true(sse_write(&out, STR(""), STR("b\nc\r\nd\re\n")));
	assert_true(sse_write(&out, STR(""), STR("")));
	assert_true(sse_write_comment(&out, STR("still here")));
	assert_str(buf_str(&out), "event: delta\ndata: a\n\n"
				  "data: b\ndata: c\ndata: d\ndata: e\ndata: \n\n"
				  "data: \n\n:still here\n\n");
	gives(buf_str(&out), "[delta|a|][|b\nc\nd\ne\n|][||](still here)");
	buf_clear(&out);
}

static void what_does_not_fit_is_not_written_by_halves(void **state)
{
	(void)state;
	struct buf out;
	buf_init(&out, 20);
	assert_true(sse_write(&out, STR(""), STR("abc")));
	assert_false(sse_write(&out, STR(""), STR("defghi")));
	assert_str(buf_str(&out), "data: abc\n\n");
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_ends_with_an_empty_line),
		cmocka_unit_test(all_line_ends_count),
		cmocka_unit_test(lines_of_data_are_joined),
		cmocka_unit_test(events_of_json_are_told_apart_without_empty_lines),
		cmocka_unit_test(what_the_standard_ignores_is_ignored),
		cmocka_unit_test(comments_are_seen_but_are_no_events),
		cmocka_unit_test(a_bom_counts_at_the_beginning_only),
		cmocka_unit_test(an_end_between_lines_gives_the_event_and_one_within_is_a_cut),
		cmocka_unit_test(a_refusal_ends_the_reading),
		cmocka_unit_test(an_event_over_the_limit_is_refused),
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_does_not_fit_is_not_written_by_halves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
