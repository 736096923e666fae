#include "../unit.h"

#include "net/http.h"

static void headers_are_found_whatever_their_case(void **state)
{
	(void)state;
	const struct http_header headers[] = { { STR("Content-Type"), STR("a") },
		{ STR("content-type"), STR("b") }, { STR("X-Empty"), STR("") } };
	assert_str(http_header_find(headers, 3, "CONTENT-TYPE"), "a");
	assert_non_null(http_header_find(headers, 3, "x-empty").p);
	assert_null(http_header_find(headers, 3, "x-other").p);
}

static void lists_and_types_are_read(void **state)
{
	(void)state;
	assert_true(http_has_token(STR("keep-alive, Upgrade"), "upgrade"));
	assert_false(http_has_token(STR("keep-alive"), "alive"));
	assert_true(http_type_is(STR("Text/Event-Stream; charset=utf-8"), "text/event-stream"));
	assert_false(http_type_is(STR("text/event-streams"), "text/event-stream"));
	assert_false(http_type_is(str_z(NULL), "text/html"));
}

static void escapes_are_decoded_or_refused(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct str out;
	assert_true(http_decode_path(a, STR("/v1/a%20b%2F+c%c3%A4"), &out));
	assert_str(out, "/v1/a b/+c\xC3\xA4");
	assert_false(http_decode_path(a, STR("/%"), &out));
	assert_false(http_decode_path(a, STR("/%4"), &out));
	assert_false(http_decode_path(a, STR("/%zz"), &out));
	assert_false(http_decode_path(a, STR("/%00"), &out));
	assert_true(http_query_find(a, STR("a=1&b+c=x%26y&d"), "b c", &out));
	assert_str(out, "x&y");
	assert_true(http_query_find(a, STR("a=1&d"), "d", &out));
	assert_str(out, "");
	assert_false(http_query_find(a, STR("a=1"), "b", &out));
	struct buf b;
	buf_init(&b, 100);
	assert_true(http_encode(&b, STR("a b/c~\xFF")));
	assert_str(buf_str(&b), "a%20b%2Fc~%FF");
	buf_clear(&b);
	arena_free(a);
}

static void people_see_no_secrets_of_a_url(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	assert_str(http_url_for_people(a, STR("https://me:pw@h:8/v1/x?key=abc#f")),
		"https://h:8/v1/x");
	assert_str(http_url_for_people(a, STR("http://h?key=abc")), "http://h");
	assert_str(http_url_for_people(a, STR("nonsense")), "nonsense");
	arena_free(a);
}

static void this_machine_is_known(void **state)
{
	(void)state;
	assert_true(http_url_is_loopback(STR("http://127.0.0.1:8080/x")));
	assert_true(http_url_is_loopback(STR("http://LocalHost/")));
	assert_true(http_url_is_loopback(STR("http://[::1]:80/")));
	assert_false(http_url_is_loopback(STR("http://127.0.0.1.example.org/")));
	assert_false(http_url_is_loopback(STR("http://127.0.0.1@example.org/")));
	assert_false(http_url_is_loopback(STR("http://localhost.example.org/")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_are_found_whatever_their_case),
		cmocka_unit_test(lists_and_types_are_read),
		cmocka_unit_test(escapes_are_decoded_or_refused),
		cmocka_unit_test(people_see_no_secrets_of_a_url),
		cmocka_unit_test(this_machine_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
