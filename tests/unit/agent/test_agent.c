#include "scratch.h"

#include <stdlib.h>
#include <string.h>

#include "agent/agent.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/must.h"
#include "route/script.h"

/*
 * An agent on a script. What happened is written down as one line of text for each event; the
 * script is the "turns" array of a script file.
 */
static struct loop *loop;
static struct router *router;
static struct paths *paths;
static struct store *store;
static struct agent *agent;
static struct agent_options options;
static struct buf seen;
static bool answer_to_ask;
static enum agent_event_type cancel_at; /* AGENT_END: never */

static void take(void *owner, const struct agent_event *event)
{
	(void)owner;
	switch (event->type) {
	case AGENT_CALL: buf_printf(&seen, "call %.*s\n", STR_ARG(event->name)); break;
	case AGENT_RESULT: buf_printf(&seen, "%s\n", buf_z(&event->result->text)); break;
	case AGENT_NOTE: buf_printf(&seen, "note %.*s\n", STR_ARG(event->text)); break;
	case AGENT_ASK:
		buf_printf(&seen, "ask %.*s\n", STR_ARG(event->name));
		agent_decide(agent, answer_to_ask);
		break;
	case AGENT_END: loop_stop(loop); break;
	default: break;
	}
	if (event->type == cancel_at && cancel_at != AGENT_END)
		agent_cancel(agent);
}

static int set_up(void **state)
{
	struct err e = { 0 };
	if (scratch_make(state) != 0)
		return -1;
	loop = loop_new();
	paths = paths_new(scratch_dir(), &e);
	store = NULL;
	buf_init(&seen, MIB);
	cancel_at = AGENT_END;
	options = (struct agent_options){
		.loop = loop,
		.paths = paths,
		.cage = "none",
		.policy = POLICY_EDITS,
		.budget = { .turns = 20 },
		.command_ms = 20000,
		.take = take,
	};
	return 0;
}

static int tear_down(void **state)
{
	agent_free(agent);
	agent = NULL;
	router_free(router);
	router = NULL;
	store_close(store);
	paths_free(paths);
	loop_free(loop);
	buf_clear(&seen);
	return scratch_remove(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

static void make_agent(const char *turns)
{
	struct err e = { 0 };
	struct str text = arena_printf(scratch_arena(), "{\"turns\":%s}", turns);
	struct backend *b = script_new(loop, text, &e);
	if (!b)
		print_error("%s\n", e.what);
	assert_non_null(b);
	router_free(router);
	router = router_new(loop);
	router_add(router, "script", b, true);
	options.router = router;
	options.store = store;
	agent = agent_new(&options);
}

static const struct receipt *go_on(const char *task)
{
	buf_reset(&seen);
	agent_do(agent, str_z(task));
	loop_run(loop);
	assert_false(agent_is_running(agent));
	return agent_receipt(agent);
}

static const struct receipt *run(const char *turns)
{
	make_agent(turns);
	return go_on("do it");
}

#define WRITE(path, content)                                                                       \
	"{\"calls\":[{\"name\":\"write\",\"arguments\":{\"path\":\"" path                          \
	"\",\"content\":\"" content "\"}}]}"
#define SHELL(command)                                                                             \
	"{\"calls\":[{\"name\":\"shell\",\"arguments\":{\"command\":\"" command "\"}}]}"
#define SAY(text) "{\"text\":\"" text "\"}"

static void a_run_writes_a_file_and_says_so(void **state)
{
	(void)state;
	const struct receipt *r =
		run("[" WRITE("hello.txt", "hi\\n") "," SAY("hello.txt is written.") "]");
	assert_string_equal(buf_z(&seen), "call write\nok: hello.txt created, 3 bytes\n");
	assert_str(scratch_read("hello.txt"), "hi\n");
	assert_int_equal(r->end, END_DONE);
	assert_int_equal(receipt_exit_code(r), 0);
	assert_int_equal(r->turns, 2);
	assert_int_equal(r->changes->count, 1);
	assert_int_equal(r->claim_count, 1);
	assert_str(r->final, "hello.txt is written.");
	assert_str(r->upstream, "script");
	assert_true(r->usage.prompt_tokens > 0);
}

static void several_calls_of_one_answer_run_in_order(void **state)
{
	(void)state;
	run("[{\"calls\":[{\"name\":\"write\",\"arguments\":{\"path\":\"a\",\"content\":\"1\"}},"
	    "{\"name\":\"edit\",\"arguments\":{\"path\":\"a\",\"old\":\"1\",\"new\":\"2\"}},"
	    "{\"name\":\"read\",\"arguments\":{\"path\":\"a\"}}]}," SAY("Done.") "]");
	assert_string_equal(buf_z(&seen),
		"call write\nok: a created, 1 bytes\ncall edit\nok: 1 replacement in a\ncall "
		"read\n2\n");
}

static void an_announcement_is_answered_once(void **state)
{
	(void)state;
	const struct receipt *r = run("[" SAY("I'll create a.txt now.") "," WRITE(
		"a.txt", "x") "," SAY("a.txt is written.") "]");
	assert_string_equal(buf_z(&seen),
		"note it said what it would do and called no tool: asked once to do it\n"
		"call write\nok: a.txt created, 1 bytes\n");
	assert_int_equal(receipt_exit_code(r), 0);
	agent_free(agent);
	r = run("[" SAY("I'll create b.txt now.") "," SAY("I will create it now.") "]");
	assert_int_equal(r->turns, 2);
	assert_int_equal(r->end, END_DONE);
	assert_int_equal(r->changes->count, 0);
}

static void an_empty_answer_is_answered_once(void **state)
{
	(void)state;
	const struct receipt *r = run("[{\"think\":\"hm\"}," SAY("Nothing to do.") "]");
	assert_string_equal(
		buf_z(&seen), "note it said nothing and called no tool: asked once to go on\n");
	assert_int_equal(r->turns, 2);
}

static void a_false_claim_is_answered_once_and_then_counts(void **state)
{
	(void)state;
	const struct receipt *r =
		run("[" SAY("hello.txt is written.") "," SAY("hello.txt is written.") "]");
	assert_string_equal(buf_z(&seen),
		"note it said what is not so: asked once to do it or to say what is true\n");
	assert_int_equal(r->end, END_DONE);
	assert_int_equal(r->untruth_count, 1);
	assert_int_equal(receipt_exit_code(r), 1);
	agent_free(agent);
	r = run("[" SAY("hello.txt is written.") "," WRITE("hello.txt", "x") "," SAY("Done.") "]");
	assert_int_equal(receipt_exit_code(r), 0);
}

static void an_unknown_tool_is_answered_with_the_names(void **state)
{
	(void)state;
	const struct receipt *r =
		run("[{\"calls\":[{\"name\":\"bash\",\"arguments\":{}}]}," SAY("Well.") "]");
	assert_string_equal(buf_z(&seen),
		"call bash\nerror: there is no tool bash; the tools are: read, write, edit, list, "
		"search, shell\n");
	assert_int_equal(r->deed_count, 1);
	assert_true(r->deeds[0].is_error);
}

static void wrong_arguments_are_answered_with_what_the_tool_takes(void **state)
{
	(void)state;
	run("[{\"calls\":[{\"name\":\"read\",\"arguments\":{\"file\":[1]}}]},"
	    "{\"calls\":[{\"name\":\"read\",\"arguments\":\"{\\\"path\\\":\"}]}," SAY("Well.") "]");
	assert_non_null(strstr(buf_z(&seen),
		"error: read: the argument path is missing; it has no argument file; it takes path "
		"(string)\n"));
	assert_non_null(strstr(buf_z(&seen),
		"the answer could not be read (the call of 'read' cannot be used: the arguments "
		"are no JSON object: it is cut off): asked for again"));
}

static void the_same_call_with_the_same_result_ends_the_run(void **state)
{
	(void)state;
	const struct receipt *r = run("[{\"calls\":[{\"name\":\"list\",\"arguments\":{\"path\":"
				      "\".\"}}],\"repeat\":true}]");
	assert_int_equal(r->end, END_REPEATED);
	assert_int_equal(r->turns, 3);
	assert_int_equal(receipt_exit_code(r), 1);
}

static void budgets_end_the_run(void **state)
{
	(void)state;
	options.budget = (struct agent_budget){ .turns = 2 };
	const struct receipt *r =
		run("[" WRITE("a", "1") "," WRITE("b", "1") "," WRITE("c", "1") "]");
	assert_int_equal(r->end, END_BUDGET);
	assert_str(r->why, "all 2 turns are used up");
	assert_false(scratch_has("c"));
	agent_free(agent);
	options.budget = (struct agent_budget){ .tokens = 10 };
	r = run("[{\"calls\":[{\"name\":\"list\",\"arguments\":{\"path\":\".\"}}],\"usage\":{"
		"\"prompt\":20,\"cached\":15,\"answer\":5}}," SAY("Done.") "]");
	assert_int_equal(r->end, END_BUDGET);
	assert_str(r->why, "10 of 10 tokens are used up");
	agent_free(agent);
	options.budget = (struct agent_budget){ .ms = 50 };
	r = run("[{\"delay_ms\":100000,\"text\":\"x\"}]");
	assert_int_equal(r->end, END_BUDGET);
	assert_int_equal(receipt_exit_code(r), 1);
}

static void an_answer_cut_by_its_limit_is_no_success(void **state)
{
	(void)state;
	const struct receipt *r = run("[{\"text\":\"hello.txt is\",\"stop\":\"length\"}]");
	assert_int_equal(r->end, END_LENGTH);
	assert_int_equal(receipt_exit_code(r), 1);
}

static void a_failing_upstream_is_told_with_its_layer(void **state)
{
	(void)state;
	const struct receipt *r = run("[{\"fail\":{\"kind\":\"unreachable\",\"layer\":\"wire\","
				      "\"what\":\"no route\"}}]");
	assert_int_equal(r->end, END_FAILED);
	assert_err(r->err, ERR_UNREACHABLE, LAYER_WIRE);
	assert_int_equal(receipt_exit_code(r), 7);
	agent_free(agent);
	r = run("[{\"refuse\":{\"kind\":\"denied\",\"layer\":\"route\",\"what\":\"no key\"}}]");
	assert_int_equal(r->end, END_FAILED);
	assert_int_equal(r->err.layer, LAYER_ROUTE);
	agent_free(agent);
	r = run("[{\"text\":\"No.\",\"stop\":\"filter\"}]");
	assert_int_equal(r->end, END_REFUSED);
}

static void an_unreadable_answer_is_asked_for_again_twice(void **state)
{
	(void)state;
	const struct receipt *r =
		run("[{\"fail\":{\"kind\":\"bad_data\",\"layer\":\"parse\",\"what\":\"half a "
		    "call\"},\"repeat\":true}]");
	assert_int_equal(r->turns, 3);
	assert_int_equal(r->end, END_FAILED);
	assert_int_equal(r->err.layer, LAYER_PARSE);
}

static void what_would_ask_is_refused_when_nobody_is_there(void **state)
{
	(void)state;
	const struct receipt *r = run("[" SHELL("touch x") "," SAY("I could not.") "]");
	assert_non_null(strstr(buf_z(&seen), "error: refused: running a command without a cage"));
	assert_false(scratch_has("x"));
	assert_int_equal(r->deed_count, 1);
	assert_true(r->deeds[0].refused.n > 0);
	assert_false(r->deeds[0].is_command);
	agent_free(agent);
	options.policy = POLICY_READ_ONLY;
	run("[" WRITE("a.txt", "x") "," SAY("I could not.") "]");
	assert_non_null(strstr(buf_z(&seen), "error: refused: the policy \"read-only\" forbids"));
	assert_false(scratch_has("a.txt"));
}

static void a_person_decides_where_one_is_there(void **state)
{
	(void)state;
	options.policy = POLICY_ASK;
	options.can_ask = true;
	answer_to_ask = true;
	run("[" WRITE("a.txt", "x") "," SAY("Done.") "]");
	assert_string_equal(buf_z(&seen), "call write\nask write\nok: a.txt created, 1 bytes\n");
	agent_free(agent);
	answer_to_ask = false;
	run("[" WRITE("b.txt", "x") "," SAY("I could not.") "]");
	assert_string_equal(buf_z(&seen), "call write\nask write\nerror: refused by the user\n");
	assert_false(scratch_has("b.txt"));
}

static void commands_run_and_are_in_the_receipt(void **state)
{
	(void)state;
	options.policy = POLICY_AUTO;
	const struct receipt *r = run("[" SHELL("echo hi; echo x > made.txt; exit 3") "," SAY(
		"It failed with exit code 3.") "]");
	assert_non_null(strstr(buf_z(&seen), "exit 3\nhi\n"));
	assert_int_equal(r->deeds[0].exit_code, 3);
	assert_true(r->deeds[0].is_command);
	assert_str(r->changes->items[0].path, "made.txt");
	assert_int_equal(receipt_exit_code(r), 0);
}

static void the_check_decides(void **state)
{
	(void)state;
	options.check = STR("test -f hello.txt");
	const struct receipt *r = run("[" SAY("Nothing to do.") "]");
	assert_int_equal(r->check_exit, 1);
	assert_int_equal(receipt_exit_code(r), 1);
	agent_free(agent);
	r = run("[" WRITE("hello.txt", "x") "," SAY("I created other.txt.") "," SAY("Done.") "]");
	assert_int_equal(r->check_exit, 0);
	assert_int_equal(receipt_exit_code(r), 0);
}

static void a_run_can_be_cancelled_at_any_moment(void **state)
{
	(void)state;
	static const enum agent_event_type moments[] = { AGENT_TURN, AGENT_TEXT, AGENT_CALL,
		AGENT_RESULT, AGENT_ASK };
	options.policy = POLICY_ASK;
	options.can_ask = true;
	answer_to_ask = true;
	for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
		cancel_at = moments[i];
		const struct receipt *r = run("[{\"text\":\"Well. More words than one piece.\","
					      "\"calls\":[{\"name\":\"shell\",\"arguments\":{"
					      "\"command\":\"true\"}}]}," SAY("Done.") "]");
		assert_int_equal(r->end, END_CANCELLED);
		assert_int_equal(receipt_exit_code(r), 130);
		agent_free(agent);
	}
	agent = NULL;
}

static void cancel_when_begun(void *ctx)
{
	(void)ctx;
	if (scratch_has("begun"))
		agent_cancel(agent);
}

static void cancelling_stops_a_command(void **state)
{
	(void)state;
	options.policy = POLICY_AUTO;
	make_agent("[" SHELL("sleep 1000") "]");
	cancel_at = AGENT_CALL;
	const struct receipt *r = go_on("sleep");
	assert_int_equal(r->end, END_CANCELLED);
	assert_int_equal(r->deed_count, 0);
	agent_free(agent);
	make_agent("[" SHELL("touch begun; sleep 1000") "]");
	cancel_at = AGENT_END;
	struct loop_timer *look = loop_timer_new(loop, cancel_when_begun, NULL);
	loop_timer_repeat(look, 5);
	r = go_on("sleep");
	loop_timer_free(look);
	assert_int_equal(r->end, END_CANCELLED);
	assert_int_equal(r->deed_count, 1);
	assert_false(r->deeds[0].is_timed_out);
}

static void after_a_run_the_conversation_goes_on(void **state)
{
	(void)state;
	make_agent("[" WRITE("a.txt", "x") "," SAY("a.txt is written.") "," SAY(
		"I created a.txt before.") "]");
	go_on("first");
	const struct receipt *r = go_on("second");
	assert_int_equal(r->turns, 1);
	assert_int_equal(r->changes->count, 0);
	assert_int_equal(receipt_exit_code(r), 0);
}

static void open_store(void)
{
	struct err e = { 0 };
	store = store_open(arena_printf(scratch_arena(), "%s/state.db", scratch_top()).p, &e);
	assert_non_null(store);
}

static void sessions_are_kept_and_taken_up_again(void **state)
{
	(void)state;
	struct err e = { 0 };
	struct store_session s;
	open_store();
	const struct receipt *r = run("[" WRITE("a.txt", "x") "," SAY("a.txt is written.") "]");
	assert_true(r->session.n > 0);
	assert_int_equal(r->trace_count, 2);
	assert_true(store_session_latest(store, scratch_arena(), str_z(scratch_dir()), &s, &e));
	assert_true(str_eq_z(r->session, s.id));
	assert_int_equal(s.messages, 4);
	assert_str(s.title, "do it");
	agent_free(agent);
	make_agent("[{\"match\":\"again\",\"text\":\"I created a.txt.\"}]");
	assert_true(agent_resume(agent, &s, &e));
	r = go_on("again");
	assert_int_equal(receipt_exit_code(r), 0);
	assert_true(store_session_get(store, scratch_arena(), s.id, &s, &e));
	assert_int_equal(s.messages, 6);
}

static void a_session_that_broke_off_in_a_call_can_go_on(void **state)
{
	(void)state;
	struct err e = { 0 };
	open_store();
	struct store_session s = {
		.cwd = str_z(scratch_dir()), .model = STR(""), .title = STR("t")
	};
	assert_true(store_session_new(store, &s, &e));
	assert_true(store_session_add(store, s.id,
		STR("{\"role\":\"user\",\"blocks\":[{\"type\":\"text\",\"text\":\"go\"}]}"), &e));
	assert_true(store_session_add(store, s.id,
		STR("{\"role\":\"assistant\",\"blocks\":[{\"type\":\"call\",\"id\":\"1\",\"name\":"
		    "\"read\",\"text\":\"{}\"}]}"),
		&e));
	make_agent("[{\"match\":\"on\",\"text\":\"Fine.\"}]");
	assert_true(agent_resume(agent, &s, &e));
	const struct receipt *r = go_on("on");
	assert_int_equal(r->end, END_DONE);
	assert_true(store_session_get(store, scratch_arena(), s.id, &s, &e));
	assert_int_equal(s.messages, 6);
}

static void an_agent_may_be_freed_while_it_runs(void **state)
{
	(void)state;
	make_agent("[{\"delay_ms\":100000,\"text\":\"x\"}]");
	agent_do(agent, STR("wait"));
	assert_true(agent_is_running(agent));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_run_writes_a_file_and_says_so),
		TEST(several_calls_of_one_answer_run_in_order),
		TEST(an_announcement_is_answered_once),
		TEST(an_empty_answer_is_answered_once),
		TEST(a_false_claim_is_answered_once_and_then_counts),
		TEST(an_unknown_tool_is_answered_with_the_names),
		TEST(wrong_arguments_are_answered_with_what_the_tool_takes),
		TEST(the_same_call_with_the_same_result_ends_the_run),
		TEST(budgets_end_the_run),
		TEST(an_answer_cut_by_its_limit_is_no_success),
		TEST(a_failing_upstream_is_told_with_its_layer),
		TEST(an_unreadable_answer_is_asked_for_again_twice),
		TEST(what_would_ask_is_refused_when_nobody_is_there),
		TEST(a_person_decides_where_one_is_there),
		TEST(commands_run_and_are_in_the_receipt),
		TEST(the_check_decides),
		TEST(a_run_can_be_cancelled_at_any_moment),
		TEST(cancelling_stops_a_command),
		TEST(after_a_run_the_conversation_goes_on),
		TEST(sessions_are_kept_and_taken_up_again),
		TEST(a_session_that_broke_off_in_a_call_can_go_on),
		TEST(an_agent_may_be_freed_while_it_runs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
