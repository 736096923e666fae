#include "../unit.h"

#include <string.h>

#include "../cuts.h"
#include "../record.h"
#include "base/limits.h"
#include "base/must.h"
#include "chat/check.h"
#include "chat/guard.h"

/* A guard between a list of events and a recorder that knows every piece. */
struct fixture {
	struct arena *arena;
	struct chat_request *request;
	struct guard *guard;
	struct trace *trace;
	struct record record;
	struct chat_check check;
	struct buf pieces; /* every event by itself */
	struct buf asked;  /* what was asked again */
	bool is_willing;   /* to ask again */
};

static void take(void *owner, const struct chat_event *event)
{
	struct fixture *f = owner;
	struct err e = { 0 };
	assert_true(chat_check_event(&f->check, event, &e));
	record_take(&f->record, event);
	buf_printf(&f->pieces, "%s %.*s|", chat_event_names[event->type], STR_ARG(event->text));
}

static bool again(void *owner, const struct guard_again *what)
{
	struct fixture *f = owner;
	if (!f->is_willing)
		return false;
	buf_printf(&f->asked, "%s: said '%.*s'", what->about, STR_ARG(what->text));
	if (what->name.n)
		buf_printf(
			&f->asked, " called %.*s %.*s", STR_ARG(what->name), STR_ARG(what->args));
	buf_printf(&f->asked, ", told '%.*s'", STR_ARG(what->words));
	return true;
}

static void offer(struct fixture *f)
{
	chat_add_tool(f->request, STR("write"), STR("writes a file"),
		json_loads("{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"},"
			   "\"content\":{\"type\":\"string\"},\"mode\":{\"type\":\"integer\"}},"
			   "\"required\":[\"path\",\"content\"],\"additionalProperties\":false}",
			0, NULL));
	chat_add_tool(f->request, STR("list_dir"), STR("lists"), NULL);
}

static struct fixture *begin(bool is_willing)
{
	struct fixture *f = must_calloc(1, sizeof *f);
	f->arena = arena_new();
	f->trace = trace_new();
	f->request = chat_request_new(f->arena);
	f->request->is_stream = true;
	f->is_willing = is_willing;
	offer(f);
	record_init(&f->record);
	chat_check_init(&f->check);
	buf_init(&f->pieces, RECORD_MAX_BYTES);
	buf_init(&f->asked, RECORD_MAX_BYTES);
	f->guard = guard_new(&(struct guard_options){ .request = f->request,
		.id_seed = 7,
		.trace = f->trace,
		.sink = { take, f },
		.again = again,
		.owner = f });
	return f;
}

static void end(struct fixture *f)
{
	guard_free(f->guard);
	trace_free(f->trace);
	chat_request_free(f->request);
	arena_free(f->arena);
	record_clear(&f->record);
	chat_check_clear(&f->check);
	buf_clear(&f->pieces);
	buf_clear(&f->asked);
	free(f);
}

static struct chat_sink into(struct fixture *f)
{
	return (struct chat_sink){ (void (*)(void *, const struct chat_event *))guard_take,
		f->guard };
}

static void text(struct fixture *f, const char *words)
{
	chat_send_text(into(f), str_z(words));
}

static void call(struct fixture *f, unsigned number, const char *name, const char *args)
{
	char id[] = { 'i', 'd', (char)('0' + number), 0 };
	chat_send_tool_begin(into(f), number, str_z(id), str_z(name));
	chat_send_tool_args(into(f), number, str_z(args));
	chat_send_tool_end(into(f), number);
}

static void stop(struct fixture *f, enum chat_stop why)
{
	chat_send_stop(into(f), why);
}

static bool has_note(const struct fixture *f, const char *words)
{
	for (size_t i = 0; i < trace_count(f->trace); i++)
		if (str_find(trace_get(f->trace, i)->text, str_z(words)) != SIZE_MAX)
			return true;
	return false;
}

/* ---- the law: what is healthy passes as it is ---- */

static void a_healthy_answer_passes_piece_by_piece(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	static const char *const pieces[] = { "Hi ", " there,", "\n", "\n", "a[0] = ", "b", " {x};",
		"\n", "if (a ", "< b)", "…", " of\n", "[link](x)\n" };
	struct buf wanted;
	buf_init(&wanted, 10000);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
		text(f, pieces[i]);
		buf_printf(&wanted, "text %s|", pieces[i]);
	}
	text(f, "done");
	chat_send_tool_begin(into(f), 0, STR("id0"), STR("write"));
	static const char *const args[] = { "{", "\"path\":", " \"a", "\",\n", "\"content\": \"",
		"x\\n", "\"", "}" };
	buf_add_z(&wanted, "text done|tool_begin write|");
	for (size_t i = 0; i < sizeof args / sizeof *args; i++) {
		chat_send_tool_args(into(f), 0, str_z(args[i]));
		buf_printf(&wanted, "tool_args %s|", args[i]);
	}
	chat_send_tool_end(into(f), 0);
	chat_send_usage(into(f), &(struct chat_usage){ .answer_tokens = 5 });
	stop(f, CHAT_STOP_CALLS);
	buf_add_z(&wanted, "tool_end |usage |stop |");
	assert_string_equal(buf_z(&f->pieces), buf_z(&wanted));
	assert_int_equal(trace_count(f->trace), 0);
	buf_clear(&wanted);
	end(f);
}

static void text_is_held_only_where_a_mark_may_begin(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	text(f, "a ");
	assert_string_equal(buf_z(&f->pieces), "text a |");
	text(f, "<tool");
	text(f, "_cal");
	assert_string_equal(buf_z(&f->pieces), "text a |");
	text(f, "m>");
	assert_string_equal(buf_z(&f->pieces), "text a |text <tool|text _cal|text m>|");
	text(f, "\n```");
	text(f, "python\n");
	text(f, "import");
	assert_non_null(strstr(buf_z(&f->pieces), "|text \n```|text python\n|text import|"));
	end(f);
}

static void a_long_call_is_told_before_it_is_whole(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	char long_text[GUARD_HELD_BYTES + 1];
	memset(long_text, 'x', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = 0;
	chat_send_tool_begin(into(f), 0, STR("id0"), STR("write"));
	chat_send_tool_args(into(f), 0, STR("{\"path\":\"a\",\"content\":\""));
	chat_send_tool_args(into(f), 0, str_z(long_text));
	assert_int_equal(f->check.calls, 1);
	chat_send_tool_args(into(f), 0, STR("more"));
	assert_non_null(strstr(buf_z(&f->pieces), "tool_args more|"));
	chat_send_tool_args(into(f), 0, STR("\",\"mo"));
	chat_send_tool_args(into(f), 0, STR("de\":"));
	chat_send_tool_args(into(f), 0, STR("\"420\"}"));
	assert_null(strstr(buf_z(&f->pieces), "420"));
	chat_send_tool_end(into(f), 0);
	assert_non_null(strstr(buf_z(&f->pieces), "tool_args \",\"mode\":420}|tool_end |"));
	end(f);
}

/* ---- calls that came as text ---- */

static const char wanted_call[] = "tool_begin 0 ID write\ntool_args {\"path\": \"a.txt\", "
				  "\"content\": \"hi\"}\ntool_end 0\nstop calls";

/* The record without the invented ids. */
static void add_without_ids(const struct record *r, struct buf *out)
{
	struct str rest = buf_str(&r->text), line;
	while (str_cut(&rest, '\n', &line)) {
		if (str_starts(line, STR("tool_begin ")))
			buf_printf(out, "%.*s ID %.*s", STR_ARG(str_sub(line, 0, 12)),
				STR_ARG(str_from(line, str_find_last(line, STR(" ")) + 1)));
		else
			buf_add(out, line);
		if (rest.n)
			buf_add_char(out, '\n');
	}
}

static void transcribe(const struct str *pieces, size_t count, struct buf *out)
{
	struct fixture *f = begin(false);
	for (size_t i = 0; i < count; i++)
		chat_send_text(into(f), pieces[i]);
	stop(f, CHAT_STOP_END);
	add_without_ids(&f->record, out);
	end(f);
}

#define ARGS "{\"path\": \"a.txt\", \"content\": \"hi\"}"
#define CALL "{\"name\": \"write\", \"arguments\": " ARGS "}"

static void a_call_in_any_form_becomes_a_call_however_it_is_cut(void **state)
{
	(void)state;
	static const char *const forms[] = {
		"<tool_call>\n" CALL "\n</tool_call>",
		"<tool_call>" CALL "</tool_call>",
		"<tool_call>" CALL,
		CALL,
		CALL "\n",
		CALL "\n</tool_call>",
		"```json\n" CALL "\n```",
		"```\n" CALL "\n```\n",
		"<|python_tag|>" CALL,
		"{\"name\": \"write\", \"parameters\": " ARGS "}",
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct buf seen = assert_every_cut(str_z(forms[i]), transcribe);
		if (strcmp(buf_z(&seen), wanted_call) != 0)
			print_error("%s\n", forms[i]);
		assert_string_equal(buf_z(&seen), wanted_call);
		buf_clear(&seen);
	}
}

static void words_before_a_call_stay(void **state)
{
	(void)state;
	static const char *const forms[] = {
		"Sure.\n\n<tool_call>\n" CALL "\n</tool_call>",
		"Sure.\n```json\n" CALL "\n```",
		"Sure.\n" CALL,
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct fixture *f = begin(false);
		text(f, forms[i]);
		stop(f, CHAT_STOP_END);
		struct buf seen;
		buf_init(&seen, 10000);
		add_without_ids(&f->record, &seen);
		assert_true(str_starts(buf_str(&seen), STR("text Sure.\n")));
		assert_non_null(strstr(buf_z(&seen), wanted_call));
		assert_true(has_note(f, "a call delivered as text was taken as a call"));
		buf_clear(&seen);
		end(f);
	}
}

static void what_only_looks_like_a_call_stays_text(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"Qwen writes <tool_call> and </tool_call> around it.",
		"```json\n{\"name\": \"my-app\", \"version\": \"1\"}\n```",
		"{\"name\": \"write\"}",
		"`" CALL "` is how.",
		"a < b, [x], {y} and `z`",
		"{\"name\": \"wri",
		"<tool_",
		"[1, 2]",
		"[write",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char wanted[400];
		snprintf(wanted, sizeof wanted, "text %s\nstop end", texts[i]);
		struct buf seen = assert_every_cut(str_z(texts[i]), transcribe);
		assert_string_equal(buf_z(&seen), wanted);
		buf_clear(&seen);
	}
}

static void a_call_left_in_a_thought_is_a_call(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	chat_send_think(into(f), STR("I write it. <tool_call>\n" CALL));
	stop(f, CHAT_STOP_END);
	struct buf seen;
	buf_init(&seen, 10000);
	add_without_ids(&f->record, &seen);
	assert_non_null(strstr(buf_z(&seen), wanted_call));
	assert_true(has_note(f, "a call inside a thought"));
	buf_clear(&seen);
	end(f);
}

static void our_own_engines_words_are_words(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	guard_reads_text(f->guard, false);
	text(f, "<tool_call>\n" CALL "\n</tool_call>");
	stop(f, CHAT_STOP_END);
	assert_non_null(strstr(buf_z(&f->record.text), "</tool_call>\nstop end"));
	end(f);
}

/* ---- names, ids, arguments, stops ---- */

static void a_name_that_means_one_tool_is_put_right(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	call(f, 0, "functions.Write", ARGS);
	call(f, 1, "ListDir", "");
	stop(f, CHAT_STOP_CALLS);
	assert_record(&f->record, "tool_begin 0 id0 write\ntool_args " ARGS
				  "\ntool_end 0\ntool_begin 1 id1 list_dir\ntool_args "
				  "{}\ntool_end 1\nstop calls");
	assert_true(has_note(f, "the tool's name functions.Write was read as write"));
	end(f);
}

static void an_id_that_came_twice_becomes_another(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	call(f, 0, "list_dir", "{}");
	chat_send_tool_begin(into(f), 1, STR("id0"), STR("list_dir"));
	chat_send_tool_args(into(f), 1, STR("{}"));
	chat_send_tool_end(into(f), 1);
	stop(f, CHAT_STOP_CALLS);
	assert_non_null(strstr(buf_z(&f->record.text), "tool_begin 0 id0 list_dir"));
	assert_null(strstr(buf_z(&f->record.text), "tool_begin 1 id0"));
	end(f);
}

static void arguments_become_what_the_tool_takes(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "{'path': 'a', 'content': 'b',}", "{\"path\": \"a\", \"content\": \"b\"}" },
		{ "{\"path\":\"a\", \"content\":5}", "{\"path\":\"a\", \"content\":\"5\"}" },
		{ "{\"path\":\"a\",\"text\":\"b\"}", "{\"path\":\"a\",\"content\":\"b\"}" },
		{ "{\"path\":\"a\",\"content\":\"b\",\"mode\":null}",
			"{\"path\":\"a\",\"content\":\"b\"}" },
		{ "\"{\\\"path\\\":\\\"a\\\",\\\"content\\\":\\\"b\\\"}\"",
			"{\"path\":\"a\",\"content\":\"b\"}" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fixture *f = begin(true);
		char wanted[400];
		call(f, 0, "write", rows[i][0]);
		stop(f, CHAT_STOP_CALLS);
		snprintf(wanted, sizeof wanted,
			"tool_begin 0 id0 write\ntool_args %s\ntool_end 0\nstop calls", rows[i][1]);
		assert_string_equal(buf_z(&f->record.text), wanted);
		assert_int_equal(f->asked.n, 0);
		end(f);
	}
}

static void a_stop_agrees_with_the_calls(void **state)
{
	(void)state;
	struct fixture *f = begin(false);
	call(f, 0, "list_dir", "{}");
	stop(f, CHAT_STOP_END);
	assert_non_null(strstr(buf_z(&f->record.text), "stop calls"));
	end(f);
	f = begin(false);
	text(f, "Done.");
	stop(f, CHAT_STOP_CALLS);
	assert_record(&f->record, "text Done.\nstop end");
	end(f);
	f = begin(false);
	chat_send_tool_begin(into(f), 0, STR("id0"), STR("write"));
	chat_send_tool_args(into(f), 0, STR("{\"path"));
	stop(f, CHAT_STOP_LENGTH);
	assert_record(&f->record, "tool_begin 0 id0 write\ntool_args {\"path\nstop length");
	end(f);
}

/* ---- asking again ---- */

static void answer_well(struct fixture *f)
{
	call(f, 0, "write", ARGS);
	chat_send_usage(into(f), &(struct chat_usage){ .prompt_tokens = 10, .answer_tokens = 2 });
	stop(f, CHAT_STOP_CALLS);
}

static void an_unknown_tool_is_asked_for_again(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	text(f, "So.");
	call(f, 0, "writ", "{\"path\": 1}");
	chat_send_usage(into(f), &(struct chat_usage){ .prompt_tokens = 5, .answer_tokens = 1 });
	stop(f, CHAT_STOP_CALLS);
	assert_string_equal(buf_z(&f->asked),
		"it called an unknown tool: said 'So.' called writ {\"path\": 1}, told 'error: "
		"there is no tool writ (did you mean write?); the tools are: write, list_dir'");
	answer_well(f);
	assert_record(&f->record, "text So.\ntool_begin 0 id0 write\ntool_args " ARGS
				  "\ntool_end 0\nusage 15 0 3 0\nstop calls");
	end(f);
}

static void wrong_arguments_are_told_in_the_schemas_words(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	call(f, 0, "write", "{\"path\": []}");
	stop(f, CHAT_STOP_CALLS);
	assert_string_equal(buf_z(&f->asked),
		"its call had wrong arguments: said '' called write {\"path\": []}, told 'error: "
		"write: the argument content is missing; the argument path should be a string, is "
		"an array; it takes path (string), content (string), mode (integer, may be left "
		"out)'");
	call(f, 0, "write", "{\"path\": []}");
	stop(f, CHAT_STOP_CALLS);
	assert_non_null(strstr(buf_z(&f->record.text), "tool_args {\"path\": []}"));
	end(f);
}

static void a_call_that_cannot_be_read_is_asked_for_again_and_then_a_fault(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	for (int i = 0; i < 2; i++) {
		call(f, 0, "write", "{\"path\": \"a");
		stop(f, CHAT_STOP_CALLS);
	}
	assert_non_null(strstr(buf_z(&f->asked), "could not be read: said ''"));
	assert_record(&f->record, "fail bad_data parse");
	end(f);
	f = begin(true);
	for (int i = 0; i < 2; i++) {
		text(f, "<tool_call>{\"name\": \"write\", \"arguments\": {\"path\": ");
		stop(f, CHAT_STOP_END);
	}
	assert_non_null(strstr(buf_z(&f->asked), "it could not be read"));
	assert_record(&f->record, "fail bad_data parse");
	end(f);
}

static void a_deed_announced_and_not_done_is_asked_for_once(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	text(f, "I will now create the file.");
	stop(f, CHAT_STOP_END);
	assert_non_null(strstr(buf_z(&f->asked), "You called no tool"));
	answer_well(f);
	assert_non_null(strstr(buf_z(&f->record.text), "tool_end 0"));
	end(f);
	f = begin(true);
	chat_send_think(into(f), STR("Hm."));
	stop(f, CHAT_STOP_END);
	assert_non_null(strstr(buf_z(&f->asked), "You said nothing"));
	text(f, "I will now create the file.");
	stop(f, CHAT_STOP_END);
	assert_record(&f->record, "think Hm.\ntext I will now create the file.\nstop end");
	end(f);
}

static void nothing_is_asked_where_nothing_is_owed(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	text(f, "The capital of France is Paris.");
	stop(f, CHAT_STOP_END);
	assert_int_equal(f->asked.n, 0);
	end(f);
	f = begin(true);
	f->request->tool_choice = CHAT_CHOICE_NONE;
	text(f, "I will now create the file.");
	stop(f, CHAT_STOP_END);
	assert_int_equal(f->asked.n, 0);
	end(f);
	f = begin(true);
	text(f, "I will now create the file.");
	stop(f, CHAT_STOP_LENGTH);
	assert_int_equal(f->asked.n, 0);
	end(f);
}

static void after_a_call_was_told_nothing_is_asked_again(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	call(f, 0, "list_dir", "{}");
	call(f, 1, "writ", "{}");
	stop(f, CHAT_STOP_CALLS);
	assert_int_equal(f->asked.n, 0);
	assert_non_null(strstr(buf_z(&f->record.text), "tool_begin 1 id1 writ"));
	end(f);
}

/* ---- failures ---- */

static void a_failure_inside_a_call_that_can_be_mended_is_none(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	struct err e = { 0 };
	fail(&e, ERR_BAD_DATA, LAYER_PARSE, "no JSON");
	chat_send_tool_begin(into(f), 0, STR("id0"), STR("write"));
	chat_send_tool_args(into(f), 0, STR("{'path': 'a', 'content': 'b'}"));
	chat_send_fail(into(f), &e);
	assert_record(&f->record,
		"tool_begin 0 id0 write\ntool_args {\"path\": \"a\", \"content\": "
		"\"b\"}\ntool_end 0\nstop calls");
	end(f);
}

static void after_whole_calls_a_missing_end_is_no_failure(void **state)
{
	(void)state;
	static const struct {
		const char *args, *end;
	} rows[] = {
		{ "{\"path\": \"a\", \"content\": \"b\"}",
			"tool_begin 0 id0 write\ntool_args {\"path\": \"a\", \"content\": "
			"\"b\"}\ntool_end 0\nstop calls" },
		{ "{\"path\": \"a\", \"content\": \"b", "fail cut wire" },
		{ "{\"path\": \"a\"}", "fail cut wire" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct fixture *f = begin(false);
		struct err e = { 0 };
		fail(&e, ERR_CUT, LAYER_WIRE, "it ended without a reason");
		chat_send_tool_begin(into(f), 0, STR("id0"), STR("write"));
		chat_send_tool_args(into(f), 0, str_z(rows[i].args));
		chat_send_fail(into(f), &e);
		assert_record(&f->record, rows[i].end);
		end(f);
	}
}

static void an_empty_answer_is_asked_for_again(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	struct err e = { 0 };
	fail(&e, ERR_UPSTREAM, LAYER_WIRE, "the upstream's answer is empty");
	chat_send_fail(into(f), &e);
	answer_well(f);
	assert_non_null(strstr(buf_z(&f->record.text), "stop calls"));
	end(f);
}

static void other_failures_pass(void **state)
{
	(void)state;
	struct fixture *f = begin(true);
	struct err e = { 0 };
	fail(&e, ERR_CUT, LAYER_WIRE, "it broke off");
	text(f, "half <tool_");
	chat_send_fail(into(f), &e);
	assert_record(&f->record, "text half <tool_\nfail cut wire");
	assert_int_equal(f->asked.n, 0);
	assert_true(guard_is_over(f->guard));
	end(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_answer_passes_piece_by_piece),
		cmocka_unit_test(text_is_held_only_where_a_mark_may_begin),
		cmocka_unit_test(a_long_call_is_told_before_it_is_whole),
		cmocka_unit_test(a_call_in_any_form_becomes_a_call_however_it_is_cut),
		cmocka_unit_test(words_before_a_call_stay),
		cmocka_unit_test(what_only_looks_like_a_call_stays_text),
		cmocka_unit_test(a_call_left_in_a_thought_is_a_call),
		cmocka_unit_test(our_own_engines_words_are_words),
		cmocka_unit_test(a_name_that_means_one_tool_is_put_right),
		cmocka_unit_test(an_id_that_came_twice_becomes_another),
		cmocka_unit_test(arguments_become_what_the_tool_takes),
		cmocka_unit_test(a_stop_agrees_with_the_calls),
		cmocka_unit_test(an_unknown_tool_is_asked_for_again),
		cmocka_unit_test(wrong_arguments_are_told_in_the_schemas_words),
		cmocka_unit_test(a_call_that_cannot_be_read_is_asked_for_again_and_then_a_fault),
		cmocka_unit_test(a_deed_announced_and_not_done_is_asked_for_once),
		cmocka_unit_test(nothing_is_asked_where_nothing_is_owed),
		cmocka_unit_test(after_a_call_was_told_nothing_is_asked_again),
		cmocka_unit_test(a_failure_inside_a_call_that_can_be_mended_is_none),
		cmocka_unit_test(after_whole_calls_a_missing_end_is_no_failure),
		cmocka_unit_test(an_empty_answer_is_asked_for_again),
		cmocka_unit_test(other_failures_pass),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
