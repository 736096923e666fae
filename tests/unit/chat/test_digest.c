#include "../unit.h"

#include "chat/digest.h"

static struct digest of(const char *text, size_t cut)
{
	struct digest d;
	digest_init(&d);
	struct chat_sink sink = digest_sink(&d);
	chat_send_alive(sink, 1, 2);
	chat_send_think(sink, STR("hm"));
	chat_send_text(sink, str_sub(str_z(text), 0, cut));
	chat_send_text(sink, str_from(str_z(text), cut));
	chat_send_tool_begin(sink, 0, STR("id"), STR("write"));
	chat_send_tool_args(sink, 0, STR("{}"));
	chat_send_tool_end(sink, 0);
	chat_send_stop(sink, CHAT_STOP_CALLS);
	return d;
}

static void how_pieces_were_cut_does_not_count(void **state)
{
	(void)state;
	struct digest whole = of("hello", 0), pieces = of("hello", 3), other = of("hallo", 3);
	assert_true(digest_is_same(&whole, &pieces));
	assert_false(digest_is_same(&whole, &other));
}

static void where_a_name_ends_counts(void **state)
{
	(void)state;
	struct digest a, b;
	digest_init(&a);
	digest_init(&b);
	chat_send_tool_begin(digest_sink(&a), 0, STR("1"), STR("ab"));
	chat_send_tool_begin(digest_sink(&b), 0, STR("1a"), STR("b"));
	assert_false(digest_is_same(&a, &b));
}

static void words_are_no_thoughts(void **state)
{
	(void)state;
	struct digest a, b;
	digest_init(&a);
	digest_init(&b);
	chat_send_text(digest_sink(&a), STR("x"));
	chat_send_think(digest_sink(&b), STR("x"));
	assert_false(digest_is_same(&a, &b));
	chat_send_text(digest_sink(&b), STR("x"));
	assert_false(digest_is_same(&a, &b));
	a.has_no_thoughts = true;
	assert_true(digest_is_same(&a, &b));
}

static void it_is_told_in_words(void **state)
{
	(void)state;
	struct digest d = of("hello", 2);
	struct buf out;
	buf_init(&out, 200);
	digest_describe(&d, &out);
	assert_str(buf_str(&out), "5 bytes of text, 2 of thoughts, 1 calls of 9");
	buf_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(how_pieces_were_cut_does_not_count),
		cmocka_unit_test(where_a_name_ends_counts),
		cmocka_unit_test(words_are_no_thoughts),
		cmocka_unit_test(it_is_told_in_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
