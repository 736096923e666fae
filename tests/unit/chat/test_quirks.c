/*
 * test_quirks.c - what the rows of quirks.h do, and that docs/quirks.md says the same.
 *
 *   test_chat_quirks docs/quirks.md
 */
#include "../unit.h"

#include <string.h>

#include "base/fs.h"
#include "base/limits.h"
#include "chat/quirks.h"
#include "describe.h"

static const char *page_path;

struct fixture {
	struct arena *arena;
	struct chat_request *request;
	struct trace *trace;
	struct buf text;
};

static struct fixture begin(void)
{
	struct fixture f = { .arena = arena_new(), .trace = trace_new() };
	f.request = chat_request_new(f.arena);
	buf_init(&f.text, MIB);
	return f;
}

static void end(struct fixture *f)
{
	chat_request_free(f->request);
	trace_free(f->trace);
	arena_free(f->arena);
	buf_clear(&f->text);
}

static const char *settled(struct fixture *f)
{
	buf_reset(&f->text);
	describe_request(quirks_for_model(f->request, f->trace), &f->text);
	return buf_z(&f->text);
}

static size_t notes_of(const struct fixture *f, enum quirk q)
{
	size_t n = 0;
	for (size_t i = 0; i < trace_count(f->trace); i++) {
		const struct trace_record *r = trace_get(f->trace, i);
		n += strcmp(r->what, "quirk") == 0 && str_starts(r->text, str_z(quirks[q].name));
	}
	return n;
}

static void a_system_text_changes_once_an_hour(void **state)
{
	static const struct {
		const char *says, *seen;
	} rows[] = {
		{ "Current time: 2026-11-22T21:25:13.123Z",
			"Current time: 2026-11-22T21:00:00.000Z" },
		{ "Current date and time: Sun, Nov 22 2026, 9:25 PM\nBe kind.",
			"Current date and time: Sun, Nov 22 2026, 9:00 PM\nBe kind." },
		{ "Conversation started: 2026-11-22 21:25",
			"Conversation started: 2026-11-22 21:00" },
		{ "Today's date is 2026-11-22.", "Today's date is 2026-11-22." },
		{ "Wake me at 07:45 in 2027.", "Wake me at 07:45 in 2027." },
		{ "Current time: 21:25:13", "Current time: 21:25:13" },
		{ "a\nToken usage: 1200/200000; 198800 remaining\nb", "a\nb" },
		{ "Token usage: see the manual", "Token usage: see the manual" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fixture f = begin();
		chat_add_text(f.request, CHAT_SYSTEM, str_z(rows[i].says));
		chat_add_text(f.request, CHAT_USER, str_z(rows[i].says));
		const struct chat_request *r = quirks_for_model(f.request, f.trace);
		assert_string_equal(r->messages[0].blocks[0].text.p, rows[i].seen);
		assert_string_equal(r->messages[1].blocks[0].text.p, rows[i].says);
		assert_string_equal(f.request->messages[0].blocks[0].text.p, rows[i].says);
		bool is_changed = strcmp(rows[i].says, rows[i].seen) != 0;
		assert_int_equal(
			notes_of(&f, QUIRK_CLOCK) + notes_of(&f, QUIRK_COUNTDOWN), is_changed);
		end(&f);
	}
}

static void system_texts_at_the_front_are_one(void **state)
{
	(void)state;
	struct fixture f = begin();
	chat_add_text(f.request, CHAT_SYSTEM, STR("one"));
	chat_add_text(f.request, CHAT_DEVELOPER, STR("two"));
	chat_add_text(f.request, CHAT_USER, STR("hello"));
	chat_add_text(f.request, CHAT_USER, STR("again"));
	chat_add_text(f.request, CHAT_DEVELOPER, STR("late"));
	const struct chat_request *r = quirks_for_model(f.request, f.trace);
	assert_int_equal(r->message_count, 4);
	assert_int_equal(f.request->message_count, 5);
	assert_str(chat_message_text(&r->messages[0], f.arena), "one\n\ntwo");
	assert_int_equal(notes_of(&f, QUIRK_SYSTEMS), 1);
	assert_int_equal(notes_of(&f, QUIRK_LATE_SYSTEM), 1);
	assert_int_equal(notes_of(&f, QUIRK_TWO_USERS), 1);
	end(&f);
}

static void what_has_no_quirk_stays(void **state)
{
	(void)state;
	struct fixture f = begin();
	struct buf before;
	buf_init(&before, MIB);
	chat_add_text(f.request, CHAT_SYSTEM, STR("Be kind."));
	chat_add_text(f.request, CHAT_USER, STR("hello"));
	describe_request(f.request, &before);
	assert_string_equal(settled(&f), buf_z(&before));
	quirks_mark(f.request, f.trace);
	assert_false(f.request->is_side);
	assert_int_equal(trace_count(f.trace), 0);
	buf_clear(&before);
	end(&f);
}

static void it_can_be_turned_off(void **state)
{
	(void)state;
	struct fixture f = begin();
	f.request->keeps_quirks = true;
	chat_add_text(f.request, CHAT_SYSTEM, STR("Current time: 2026-11-22 21:25"));
	chat_add_text(f.request, CHAT_USER, STR("Generate a title for this conversation:"));
	assert_ptr_equal(quirks_for_model(f.request, f.trace), f.request);
	quirks_mark(f.request, f.trace);
	assert_false(f.request->is_side);
	assert_int_equal(trace_count(f.trace), 0);
	end(&f);
}

static void work_beside_the_conversation_is_known(void **state)
{
	static const struct {
		enum quirk quirk;
		const char *says;
	} rows[] = {
		{ QUIRK_TITLE, "You are a title generator. You output ONLY a thread title. Nothing "
			       "else." },
		{ QUIRK_MEMORY, "You are now acting as the managed memory extraction subagent for "
				"an AI coding assistant." },
		{ QUIRK_COMMIT,
			"You are an expert software engineer that generates concise, one-line Git "
			"commit messages" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int at = 0; at < 2; at++) {
			struct fixture f = begin();
			chat_add_text(
				f.request, CHAT_SYSTEM, at ? STR("Be kind.") : str_z(rows[i].says));
			chat_add_text(f.request, CHAT_USER, STR("hello"));
			chat_add_text(
				f.request, CHAT_USER, at ? str_z(rows[i].says) : STR("hello"));
			quirks_mark(f.request, f.trace);
			assert_true(f.request->is_side);
			assert_int_equal(notes_of(&f, rows[i].quirk), 1);
			end(&f);
		}
}

static void what_is_only_told_is_told(void **state)
{
	(void)state;
	struct fixture f = begin();
	struct buf words;
	buf_init(&words, MIB);
	buf_add_fill(&words, 'x', 110 * 1000);
	chat_add_text(f.request, CHAT_USER, STR("hello"));
	chat_add_tool(f.request, STR("t"), buf_str(&words), NULL);
	f.request->extra =
		chat_request_keep(f.request, json_pack("{s:{s:i}}", "options", "num_ctx", 4096));
	quirks_for_model(f.request, f.trace);
	assert_int_equal(notes_of(&f, QUIRK_MANY_TOOLS), 1);
	assert_int_equal(notes_of(&f, QUIRK_NUM_CTX), 1);
	buf_clear(&words);
	end(&f);
}

static void some_notes_change_no_bytes(void **state)
{
	(void)state;
	struct fixture f = begin();
	quirk_note(QUIRK_BILLING, f.trace, "9 bytes");
	quirk_note(QUIRK_IDS, f.trace, "'a1' answers 'a_1'");
	trace_note(f.trace, LAYER_CLIENT, "tools", "billing header");
	assert_true(quirk_changes_nothing(trace_get(f.trace, 0)));
	assert_false(quirk_changes_nothing(trace_get(f.trace, 1)));
	assert_false(quirk_changes_nothing(trace_get(f.trace, 2)));
	end(&f);
}

static void the_page_says_the_same(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct buf page;
	struct str line, rest;
	size_t rows = 0;
	buf_init(&page, MIB);
	assert_true(fs_read(page_path, &page, NULL));
	for (size_t i = 0; i < QUIRK_COUNT; i++) {
		const struct quirk_row *q = &quirks[i];
		struct str row = arena_printf(a, "| %s | %s | %s | %s | %s | %s |\n", q->name,
			q->who, q->what, q->why, q->does, quirk_where_names[q->where]);
		if (str_find(buf_str(&page), row) == SIZE_MAX)
			print_error("docs/quirks.md lacks: %s", row.p);
		assert_true(str_find(buf_str(&page), row) != SIZE_MAX);
	}
	for (rest = buf_str(&page); str_cut(&rest, '\n', &line);)
		rows += str_starts(line, STR("| "));
	assert_int_equal(rows, QUIRK_COUNT + 1);
	buf_clear(&page);
	arena_free(a);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_system_text_changes_once_an_hour),
		cmocka_unit_test(system_texts_at_the_front_are_one),
		cmocka_unit_test(what_has_no_quirk_stays),
		cmocka_unit_test(it_can_be_turned_off),
		cmocka_unit_test(work_beside_the_conversation_is_known),
		cmocka_unit_test(what_is_only_told_is_told),
		cmocka_unit_test(some_notes_change_no_bytes),
		cmocka_unit_test(the_page_says_the_same),
	};
	assert_int_equal(argc, 2);
	page_path = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
