/*
 * Every dialect against every other: what one side said is what the other side hears, but for what
 * a dialect has no word for, which this table names. A new row of dialects[] needs a row here.
 *
 *   test_chat_dialect_pairs docs/dialects.md
 *
 * prints the table as it stands there.
 */
#include "../record.h"
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/limits.h"
#include "chat/check.h"
#include "chat/dialect.h"
#include "describe.h"
#include "invent_chat.h"

static const struct {
	const struct dialect *dialect;
	unsigned lost;
} rows[] = {
	{ &dialect_openai, LOSES_SEALS | LOSES_STORED_TOKENS | LOSES_STOP_TEXT | LOSES_ERRORS },
	{ &dialect_anthropic,
		LOSES_LOGPROBS | LOSES_PENALTIES | LOSES_SEED | LOSES_THOUGHTS | LOSES_JSON_WISH },
	{ &dialect_responses, LOSES_OTHER_LOGPROBS | LOSES_PENALTIES | LOSES_SEED | LOSES_THOUGHTS |
				      LOSES_STORED_TOKENS | LOSES_STOP_TEXT | LOSES_ERRORS |
				      LOSES_STOPS | LOSES_TOP_K },
	{ &dialect_ollama, LOSES_SEALS | LOSES_LOGPROBS | LOSES_BIASES | LOSES_STORED_TOKENS |
				   LOSES_STOP_TEXT | LOSES_ERRORS | LOSES_ORDER },
	{ &dialect_gemini, LOSES_LOGPROBS | LOSES_REPEAT | LOSES_BIASES | LOSES_SINGLE |
				   LOSES_THOUGHTS | LOSES_STORED_TOKENS | LOSES_STOP_TEXT |
				   LOSES_STRICT },
};

/* What each loss is called in docs/dialects.md; NULL: there is none of it there. */
static const struct {
	unsigned lost;
	const char *answers, *requests;
} losses[] = {
	{ LOSES_LOGPROBS, "log probabilities", NULL },
	{ LOSES_OTHER_LOGPROBS, "log probabilities of what is no text", NULL },
	{ LOSES_SEALS, "seals of thoughts", "seals of thoughts" },
	{ LOSES_THOUGHTS, NULL, "thoughts without a seal" },
	{ LOSES_STORED_TOKENS, "tokens put into a cache", NULL },
	{ LOSES_STOP_TEXT, "which stop string was reached", NULL },
	{ LOSES_ERRORS, NULL, "that a tool failed (its text says so)" },
	{ LOSES_PENALTIES, NULL, "`min_p`, repeat, presence and frequency penalties" },
	{ LOSES_REPEAT, NULL, "`min_p`, repeat penalty" },
	{ LOSES_SEED, NULL, "seed, biases" },
	{ LOSES_BIASES, NULL, "biases" },
	{ LOSES_TOP_K, NULL, "`top_k`" },
	{ LOSES_STOPS, NULL, "stop strings" },
	{ LOSES_JSON_WISH, NULL, "JSON without a schema" },
	{ LOSES_STRICT, NULL, "`strict` of a tool" },
	{ LOSES_SINGLE, NULL, "the wish for one call at a time" },
	{ LOSES_ORDER, NULL, "the order of texts and images, addresses of images (told in words)" },
};

enum { ANSWERS = 60, REQUESTS = 60, PAGE_BYTES = 1 << 20 };

static const char *page_path;

static unsigned lost_by(const struct dialect *d)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].dialect == d)
			return rows[i].lost;
	print_message("%s has no row in this test\n", d->name);
	assert_true(false);
	return 0;
}

/* ---- answers ---- */

/* Events into a dialect's writer. */
struct tap {
	const struct dialect *dialect;
	struct dialect_writer *writer;
	struct buf out;
};

static void tap_take(void *owner, const struct chat_event *event)
{
	struct tap *t = owner;
	t->dialect->write(t->writer, event, &t->out);
}

static void tap_init(struct tap *t, const struct dialect *d, bool is_stream)
{
	t->dialect = d;
	t->writer = d->writer_new(&(struct dialect_answer){ .id = STR("t1"),
		.model = STR("m\"x"),
		.is_stream = is_stream,
		.wants_usage = true });
	buf_init(&t->out, LIMIT_ANSWER_BYTES);
}

static void tap_clear(struct tap *t)
{
	t->dialect->writer_free(t->writer);
	buf_clear(&t->out);
}

static void read_sse(const struct dialect *d, struct dialect_reader *rd, struct str stream)
{
	struct str line, name = STR("");
	while (str_cut(&stream, '\n', &line)) {
		if (str_starts(line, STR("event: ")))
			name = str_from(line, 7);
		else if (str_starts(line, STR("data: ")))
			d->read_piece(rd, name, str_from(line, 6));
		else
			name = STR("");
	}
}

static void read_lines(const struct dialect *d, struct dialect_reader *rd, struct str stream)
{
	struct str line;
	while (str_cut(&stream, '\n', &line))
		d->read_piece(rd, STR(""), line);
}

static void read_answer(
	const struct dialect *d, struct str body, bool is_stream, struct chat_sink sink)
{
	struct dialect_reader *rd = d->reader_new(sink);
	if (!is_stream)
		d->read_document(rd, body);
	else if (d->framing == DIALECT_SSE)
		read_sse(d, rd, body);
	else
		read_lines(d, rd, body);
	if (is_stream)
		d->read_end(rd, NULL);
	d->reader_free(rd);
}

/* What is left of an answer, and whether its events stand in order. */
struct left {
	struct record record;
	struct chat_check check;
	unsigned lost;
};

static void left_take(void *owner, const struct chat_event *event)
{
	struct left *l = owner;
	struct chat_event copy = *event;
	assert_true(chat_check_event(&l->check, event, NULL));
	if (invent_event_left(&copy, l->lost))
		record_take(&l->record, &copy);
}

static void left_init(struct left *l, unsigned lost)
{
	l->lost = lost;
	record_init(&l->record);
	chat_check_init(&l->check);
}

static void left_clear(struct left *l)
{
	record_clear(&l->record);
	chat_check_clear(&l->check);
}

static void try_answer(const struct dialect *client, const struct dialect *upstream, bool is_stream,
	uint64_t seed, struct walk_random *cuts)
{
	struct left said, heard;
	struct tap from, to;
	unsigned lost = lost_by(client) | lost_by(upstream);
	left_init(&said, lost);
	left_init(&heard,
		lost & LOSES_OTHER_LOGPROBS); /* which of them is left depends on what it is of */
	tap_init(&from, upstream, (seed & 1) == 0);
	tap_init(&to, client, is_stream);
	invent_answer((struct chat_sink){ left_take, &said }, seed, cuts);
	invent_answer((struct chat_sink){ tap_take, &from }, seed, cuts);
	read_answer(
		upstream, buf_str(&from.out), (seed & 1) == 0, (struct chat_sink){ tap_take, &to });
	read_answer(client, buf_str(&to.out), is_stream, (struct chat_sink){ left_take, &heard });
	if (strcmp(buf_z(&heard.record.text), buf_z(&said.record.text)) != 0)
		print_message("%s from %s, %s, seed %llu\n%s\n", client->name, upstream->name,
			is_stream ? "stream" : "whole", (unsigned long long)seed, buf_z(&to.out));
	assert_string_equal(buf_z(&heard.record.text), buf_z(&said.record.text));
	assert_int_equal(heard.record.usage.stored_tokens, said.record.usage.stored_tokens);
	assert_int_equal(heard.record.usage.is_estimate, said.record.usage.is_estimate);
	tap_clear(&from);
	tap_clear(&to);
	left_clear(&said);
	left_clear(&heard);
}

static void an_answer_passes_through_any_two(void **state)
{
	(void)state;
	struct walk_random cuts = { .state = 99991 };
	for (size_t i = 0; dialects[i]; i++)
		for (size_t k = 0; dialects[k]; k++)
			for (uint64_t seed = 1; seed <= ANSWERS; seed++)
				for (int is_stream = 0; is_stream < 2; is_stream++)
					try_answer(
						dialects[i], dialects[k], is_stream, seed, &cuts);
}

static void a_failure_passes_through_any_two(void **state)
{
	(void)state;
	struct err e = { 0 };
	fail(&e, ERR_CONTEXT, LAYER_PROMPT, "12 tokens, the context holds 8");
	err_mend(&e, "send less");
	for (size_t i = 0; dialects[i]; i++) {
		struct tap tap;
		struct record r;
		record_init(&r);
		tap_init(&tap, dialects[i], true);
		struct chat_sink sink = { tap_take, &tap };
		chat_send_text(sink, STR("half"));
		chat_send_fail(sink, &e);
		chat_send_text(sink, STR("more"));
		read_answer(dialects[i], buf_str(&tap.out), true, record_sink(&r));
		assert_string_equal(buf_z(&r.text), "text half\nfail context_exceeded prompt");
		assert_string_equal(r.fault.what, e.what);
		assert_string_equal(r.fault.mend, e.mend);
		tap_clear(&tap);
		record_clear(&r);
	}
}

static void what_breaks_off_is_no_end(void **state)
{
	(void)state;
	for (size_t i = 0; dialects[i]; i++) {
		struct tap tap;
		tap_init(&tap, dialects[i], true);
		chat_send_text((struct chat_sink){ tap_take, &tap }, STR("half"));
		struct record r;
		record_init(&r);
		read_answer(dialects[i], buf_str(&tap.out), true, record_sink(&r));
		assert_string_equal(buf_z(&r.text), "text half\nfail cut wire");
		record_clear(&r);
		tap_clear(&tap);
	}
}

static void silence_is_broken_by_data(void **state)
{
	(void)state;
	for (size_t i = 0; dialects[i]; i++) {
		struct tap tap;
		struct record r;
		record_init(&r);
		tap_init(&tap, dialects[i], true);
		chat_send_alive((struct chat_sink){ tap_take, &tap }, 1, 9);
		size_t once = tap.out.n;
		chat_send_alive((struct chat_sink){ tap_take, &tap }, 2, 9);
		assert_true(once > 0 && tap.out.n > once);
		assert_null(strstr(buf_z(&tap.out), "\n:"));
		chat_send_text((struct chat_sink){ tap_take, &tap }, STR("x"));
		chat_send_stop((struct chat_sink){ tap_take, &tap }, CHAT_STOP_END);
		read_answer(dialects[i], buf_str(&tap.out), true, record_sink(&r));
		assert_true(r.alive >= 2);
		record_clear(&r);
		tap_clear(&tap);
	}
}

/* ---- requests ---- */

/* Clients send results as they come; told is which call each belongs to. */
static void swap_results(struct chat_request *r)
{
	for (size_t i = 0; i + 1 < r->message_count; i++) {
		struct chat_message *m = &r->messages[i], first = m[0];
		if (m[0].role != CHAT_TOOL || m[1].role != CHAT_TOOL)
			continue;
		m[0] = m[1];
		m[1] = first;
		i++;
	}
}

/* What a route's '*' stands for where the path holds the model. */
static struct str rest_of_path(
	const struct dialect *d, const struct chat_request *r, struct arena *a)
{
	static const char prefix[] = "/models/";
	if (d->routes->word)
		return str_z(d->routes->word);
	struct buf path, plain;
	buf_init(&path, LIMIT_JSON_BYTES);
	buf_init(&plain, LIMIT_JSON_BYTES);
	d->path(r, true, &path);
	struct str query = buf_str(&path), rest;
	str_cut(&query, '?', &rest);
	bool has_model = str_starts(rest, str_z(prefix));
	for (size_t i = sizeof prefix - 1; has_model && i < rest.n; i++) {
		unsigned byte = (unsigned char)rest.p[i];
		if (byte == '%') {
			assert_int_equal(sscanf(rest.p + i + 1, "%2x", &byte), 1);
			i += 2;
		}
		buf_add_char(&plain, (char)byte);
	}
	struct str kept = arena_str(a, buf_str(&plain));
	buf_clear(&path);
	buf_clear(&plain);
	return kept;
}

static struct chat_request *through(
	const struct chat_request *r, const struct dialect *d, struct arena *a)
{
	struct buf body;
	struct err e = { 0 };
	buf_init(&body, LIMIT_JSON_BYTES);
	assert_true(d->write_request(r, STR("up"), NULL, &body, &e));
	struct chat_request *again =
		d->read_request(rest_of_path(d, r, a), buf_str(&body), a, NULL, &e);
	if (!again)
		print_message("%s: %s\n%s\n", d->name, e.what, buf_z(&body));
	assert_non_null(again);
	buf_clear(&body);
	return again;
}

/* A description without what only the last dialect knows of it. */
static void describe(struct chat_request *r, struct buf *out)
{
	buf_reset(out);
	r->extra = NULL;
	describe_request(r, out);
}

static void try_request(
	const struct dialect *client, const struct dialect *upstream, struct walk_random *dice)
{
	struct arena *a = arena_new();
	struct buf said, heard;
	buf_init(&said, LIMIT_JSON_BYTES);
	buf_init(&heard, LIMIT_JSON_BYTES);
	struct chat_request *r = invent_request(dice, a);
	r->dialect = client;
	swap_results(r);
	struct chat_request *asked = through(r, client, a);
	swap_results(r);
	struct chat_request *passed = through(asked, upstream, a);
	invent_lose(r, lost_by(client));
	describe(r, &said);
	describe(asked, &heard);
	assert_string_equal(buf_z(&heard), buf_z(&said));
	unsigned seals = client == upstream ? 0 : LOSES_SEALS;
	invent_lose(r, lost_by(upstream) | seals);
	describe(r, &said);
	describe(passed, &heard);
	if (strcmp(buf_z(&heard), buf_z(&said)) != 0)
		print_message("%s to %s\n", client->name, upstream->name);
	assert_string_equal(buf_z(&heard), buf_z(&said));
	chat_request_free(r);
	chat_request_free(asked);
	chat_request_free(passed);
	buf_clear(&said);
	buf_clear(&heard);
	arena_free(a);
}

static void a_request_passes_through_any_two(void **state)
{
	(void)state;
	struct walk_random dice = { .state = 4711 };
	for (size_t i = 0; dialects[i]; i++)
		for (size_t k = 0; dialects[k]; k++)
			for (int n = 0; n < REQUESTS; n++)
				try_request(dialects[i], dialects[k], &dice);
}

/* ---- the page ---- */

static void add_losses(unsigned lost, bool of_requests, struct buf *out)
{
	size_t before = out->n;
	for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
		const char *word = of_requests ? losses[i].requests : losses[i].answers;
		if (lost & losses[i].lost && word)
			buf_printf(out, "%s%s", out->n > before ? ", " : "", word);
	}
	if (out->n == before)
		buf_add_z(out, "–");
}

static void the_page_says_what_each_cannot_carry(void **state)
{
	(void)state;
	struct buf page, row;
	struct err e = { 0 };
	unsigned named = 0;
	buf_init(&page, PAGE_BYTES);
	buf_init(&row, PAGE_BYTES);
	assert_true(fs_read(page_path, &page, &e));
	for (size_t i = 0; dialects[i]; i++) {
		buf_reset(&row);
		buf_printf(&row, "| `%s` | ", dialects[i]->name);
		add_losses(lost_by(dialects[i]), false, &row);
		buf_add_z(&row, " | ");
		add_losses(lost_by(dialects[i]), true, &row);
		buf_add_z(&row, " |\n");
		print_message("%s", buf_z(&row));
		if (str_find(buf_str(&page), buf_str(&row)) == SIZE_MAX)
			print_error("docs/dialects.md lacks this row\n");
		assert_true(str_find(buf_str(&page), buf_str(&row)) != SIZE_MAX);
	}
	for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++)
		named |= losses[i].lost;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(rows[i].lost & ~named, 0);
	buf_clear(&page);
	buf_clear(&row);
}

static void every_row_is_complete(void **state)
{
	(void)state;
	for (size_t i = 0; dialects[i]; i++) {
		const struct dialect *d = dialects[i];
		struct err e = { 0 };
		assert_ptr_equal(dialect_find(str_z(d->name), &e), d);
		assert_true(d->about && d->version && d->id_header && d->key_header &&
			    d->key_prefix && d->models_path);
		for (const struct dialect_route *r = d->routes; r->method; r++)
			assert_true(r->path[0] == '/' && r->ask < DIALECT_ASK_COUNT &&
				    (r->ask != DIALECT_TOKENS || d->write_tokens));
	}
}

/* Whoever reads the body instead of the status asks again as it must. */
static void a_rate_limit_is_told_as_one(void **state)
{
	(void)state;
	static const struct {
		const struct dialect *dialect;
		const char *says;
	} words[] = {
		{ &dialect_openai, "\"type\":\"rate_limit_error\"" },
		{ &dialect_anthropic, "\"type\":\"rate_limit_error\"" },
		{ &dialect_responses, "\"type\":\"rate_limit_error\"" },
		{ &dialect_gemini, "{\"error\":{\"code\":429," },
		{ &dialect_gemini, "\"status\":\"RESOURCE_EXHAUSTED\"" },
	};
	struct err e = { 0 };
	dialect_refusal(429, STR("not now"), &e);
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		struct buf out;
		buf_init(&out, MIB);
		words[i].dialect->write_error(&e, &out);
		assert_non_null(strstr(buf_z(&out), words[i].says));
		buf_clear(&out);
	}
}

/* Google's clients send back each piece of a stream by itself. */
static void contents_of_one_answer_are_one_message(void **state)
{
	(void)state;
	static const char body[] =
		"{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"go\"}]},"
		"{\"role\":\"model\",\"parts\":[{\"text\":\"Two\"}]},"
		"{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"id\":\"a\",\"name\":\"f\","
		"\"args\":{}}}]},{\"role\":\"model\",\"parts\":[{\"text\":\"\"}]},"
		"{\"role\":\"user\",\"parts\":[{\"functionResponse\":{\"name\":\"f\","
		"\"response\":{\"result\":\"ok\"}}}]}]}";
	struct arena *a = arena_new();
	struct trace *t = trace_new();
	struct err e = { 0 };
	struct chat_request *r =
		dialect_gemini.read_request(STR("m:generateContent"), str_z(body), a, t, &e);
	assert_non_null(r);
	assert_int_equal(r->message_count, 3);
	assert_int_equal(r->messages[1].block_count, 2);
	assert_str(r->messages[2].blocks[0].id, "a");
	chat_request_free(r);
	trace_free(t);
	arena_free(a);
}

int main(int argc, char **argv)
{
	page_path = argc > 1 ? argv[1] : "docs/dialects.md";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_complete),
		cmocka_unit_test(an_answer_passes_through_any_two),
		cmocka_unit_test(a_failure_passes_through_any_two),
		cmocka_unit_test(what_breaks_off_is_no_end),
		cmocka_unit_test(silence_is_broken_by_data),
		cmocka_unit_test(a_request_passes_through_any_two),
		cmocka_unit_test(a_rate_limit_is_told_as_one),
		cmocka_unit_test(contents_of_one_answer_are_one_message),
		cmocka_unit_test(the_page_says_what_each_cannot_carry),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
