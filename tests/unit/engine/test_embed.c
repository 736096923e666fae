/*
 * test_embed.c - engine/embed.c: vectors of tiny random models, an encoder and two decoders,
 * against libllama used directly.
 */
#include "engine/embed.h"
#include "engine/library.h"

#include <llama.h>
#include <math.h>

#include "base/fs.h"
#include "base/limits.h"
#include "fixture.h"

enum { CONTEXT = 96, WIDTH = 64, MOST = 16 };

/* What sums of the same numbers in another order may differ by. */
static const double close_enough = 1e-4;

/* Of a kind of model that embeds. */
struct kind {
	const char *architecture;
	enum card_pooling pooling;
	bool is_encoder;
};

static const struct kind kinds[] = {
	{ "bert", CARD_POOLING_CLS, true },
	{ "bert", CARD_POOLING_MEAN, true },
	{ "qwen3", CARD_POOLING_LAST, false },
	{ "llama", CARD_POOLING_MEAN, false },
};

static const struct str texts[] = {
	{ "hello", 5 }, { "the name of the hello is 10", 27 },
	{ "\xf0\x9f\x98\x80 \xe2\x80\x94 \xc3\xa9", 11 },
	{ "<|im_end|>", 10 }, /* words, not a control token */
};

enum { TEXTS = sizeof texts / sizeof texts[0] };

static const char *make_model(struct arena *a, const struct kind *kind)
{
	struct err e = { 0 };
	struct str dir;
	struct tiny_recipe r = { .arch = kind->architecture,
		.seed = 5,
		.context_tokens = CONTEXT,
		.pooling = kind->pooling };
	struct gg_writer *w = tiny_model(&r, &e);
	assert_non_null(w);
	assert_true(fs_temp_dir(a, "offgrid-embed", &dir, &e));
	const char *path = arena_z(a, fs_join(a, dir, STR("tiny.gguf")));
	assert_true(gg_writer_save(w, path, &e));
	gg_writer_free(w);
	return path;
}

static struct engine *open_model(const char *path, int chunk_tokens)
{
	struct err e = { 0 };
	struct engine_options o = {
		.model_path = path, .chunk_tokens = chunk_tokens, .threads = 1, .embeds = true
	};
	struct engine *g = engine_open(&o, &e);
	if (!g)
		print_error("%s\n", e.what);
	assert_non_null(g);
	return g;
}

/* The only event of a job; to be cleared. */
static struct engine_event vectors_of(
	struct engine *g, const struct engine_input *inputs, size_t count, bool truncates)
{
	struct mailbox *to = engine_mailbox();
	struct engine_event event;
	struct engine_embed_job job = {
		.inputs = inputs, .count = count, .truncates = truncates, .to = to, .owner = g
	};
	uint64_t id = engine_embed(g, &job);
	assert_true(mailbox_receive(to, &event));
	assert_int_equal(event.type, ENGINE_VECTORS);
	assert_int_equal(event.job, id);
	assert_ptr_equal(event.owner, g);
	mailbox_free(to);
	return event;
}

static void read_texts(struct engine_input out[TEXTS])
{
	for (size_t i = 0; i < TEXTS; i++)
		out[i] = (struct engine_input){ .text = texts[i] };
}

static double cosine(const float *a, const float *b)
{
	double sum = 0;
	for (size_t i = 0; i < WIDTH; i++)
		sum += (double)a[i] * (double)b[i];
	return sum;
}

static void assert_close(const float *a, const float *b)
{
	for (size_t i = 0; i < WIDTH; i++)
		assert_true(fabs((double)a[i] - (double)b[i]) < close_enough);
}

/* Runs `check` with an engine for each kind of model. */
static void with_each(void (*check)(struct engine *g, const char *path, const struct kind *kind))
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct arena *a = arena_new();
		const char *path = make_model(a, &kinds[i]);
		struct engine *g = open_model(path, 0);
		check(g, path, &kinds[i]);
		engine_free(g);
		fixture_clean(a, path);
		arena_free(a);
	}
}

static void check_facts(struct engine *g, const char *path, const struct kind *kind)
{
	const struct engine_facts *f = engine_facts(g);
	(void)path;
	assert_int_equal(f->embedding_width, WIDTH);
	assert_true(str_eq_z(f->pooling, card_pooling_names[kind->pooling]));
	assert_int_equal(f->context_tokens, CONTEXT);
}

static void the_facts_say_how_vectors_are_made(void **state)
{
	(void)state;
	with_each(check_facts);
}

static void check_alone(struct engine *g, const char *path, const struct kind *kind)
{
	struct engine_input inputs[TEXTS];
	(void)path;
	(void)kind;
	read_texts(inputs);
	struct engine_event all = vectors_of(g, inputs, TEXTS, false);
	assert_false(err_is_set(&all.vectors->err));
	assert_int_equal(all.vectors->count, TEXTS);
	assert_int_equal(all.vectors->width, WIDTH);
	int64_t tokens = 0;
	for (size_t i = 0; i < TEXTS; i++) {
		const float *v = all.vectors->values + i * WIDTH;
		struct engine_event one = vectors_of(g, &inputs[i], 1, false);
		assert_close(v, one.vectors->values);
		assert_true(fabs(cosine(v, v) - 1) < close_enough);
		for (size_t k = 0; k < i; k++)
			assert_true(cosine(v, all.vectors->values + k * WIDTH) < 0.9999);
		tokens += one.vectors->prompt_tokens;
		engine_event_clear(&one);
	}
	assert_int_equal(all.vectors->prompt_tokens, tokens);
	engine_event_clear(&all);
}

static void a_vector_is_the_same_alone_and_among_others(void **state)
{
	(void)state;
	with_each(check_alone);
}

/* As a program does that has libllama and nothing else. */
static void embed_directly(const char *path, const struct kind *kind, struct str text, float *out)
{
	struct llama_context_params c = llama_context_default_params();
	struct llama_model *model = llama_model_load_from_file(path, llama_model_default_params());
	llama_token tokens[CONTEXT];
	c.n_ctx = c.n_batch = c.n_ubatch = CONTEXT;
	c.embeddings = true;
	c.n_outputs_max = 0;
	c.n_threads = c.n_threads_batch = 1;
	assert_non_null(model);
	struct llama_context *context = llama_init_from_model(model, c);
	assert_non_null(context);
	assert_int_equal(llama_pooling_type(context), (int)kind->pooling);
	int32_t n = llama_tokenize(llama_model_get_vocab(model), text.p, (int32_t)text.n, tokens,
		CONTEXT, true, false);
	assert_true(n > 0);
	struct llama_batch batch = llama_batch_get_one(tokens, n);
	assert_int_equal(
		kind->is_encoder ? llama_encode(context, batch) : llama_decode(context, batch), 0);
	const float *v = llama_get_embeddings_seq(context, 0);
	double sum = 0;
	assert_non_null(v);
	for (size_t i = 0; i < WIDTH; i++)
		sum += (double)v[i] * (double)v[i];
	for (size_t i = 0; i < WIDTH; i++)
		out[i] = (float)((double)v[i] / sqrt(sum));
	llama_free(context);
	llama_model_free(model);
}

static void check_directly(struct engine *g, const char *path, const struct kind *kind)
{
	struct engine_input inputs[TEXTS];
	float direct[WIDTH];
	read_texts(inputs);
	struct engine_event all = vectors_of(g, inputs, TEXTS, false);
	for (size_t i = 0; i < TEXTS; i++) {
		embed_directly(path, kind, texts[i], direct);
		assert_close(all.vectors->values + i * WIDTH, direct);
	}
	engine_event_clear(&all);
}

static void vectors_are_those_of_libllama_itself(void **state)
{
	(void)state;
	with_each(check_directly);
}

/* More tokens than sequences: where the last token's vector counts, the others go before it. */
static void check_row_of_long(struct engine *g, const char *path, const struct kind *kind)
{
	char text[CONTEXT];
	float direct[WIDTH];
	struct engine_input inputs[TEXTS];
	for (size_t i = 0; i < sizeof text; i++)
		text[i] = (char)('a' + i % 23);
	for (size_t i = 0; i < TEXTS; i++)
		inputs[i] =
			(struct engine_input){ .text = { text + i, sizeof text / (i + 1) - i } };
	struct engine_event all = vectors_of(g, inputs, TEXTS, true);
	assert_false(err_is_set(&all.vectors->err));
	assert_true(all.vectors->prompt_tokens > engine_facts(g)->sequences);
	for (size_t i = 0; i < TEXTS; i++) {
		embed_directly(path, kind, inputs[i].text, direct);
		assert_true(cosine(all.vectors->values + i * WIDTH, direct) > 1 - close_enough);
	}
	engine_event_clear(&all);
}

static void long_texts_together_have_the_vectors_of_libllama_itself(void **state)
{
	(void)state;
	with_each(check_row_of_long);
}

/* libllama would end the process if more were asked for. */
static void logits_have_room_for_the_ends_of_texts_only(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct buf log, words;
	buf_init(&log, LIMIT_TEXT_FILE_BYTES);
	buf_init(&words, 100);
	const char *path = make_model(a, &kinds[2]);
	size_t mark = library_log_mark();
	struct engine *g = open_model(path, 0);
	library_log_since(mark, &log);
	assert_true(engine_facts(g)->sequences < CONTEXT);
	buf_printf(&words, "n_outputs_max         = %d\n", engine_facts(g)->sequences);
	assert_true(str_find(buf_str(&log), buf_str(&words)) != SIZE_MAX);
	engine_free(g);
	buf_clear(&log);
	buf_clear(&words);
	fixture_clean(a, path);
	arena_free(a);
}

static void a_context_made_smaller_is_said_with_what_the_model_could_read(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	struct err e = { 0 };
	const char *path = make_model(a, &kinds[2]);
	struct engine_options o = {
		.model_path = path, .threads = 1, .embeds = true, .context_tokens = CONTEXT / 2
	};
	struct engine *g = engine_open(&o, &e);
	assert_non_null(g);
	char text[CONTEXT - 6];
	memset(text, 'x', sizeof text);
	struct engine_input in = { .text = { text, sizeof text } };
	struct engine_event event = vectors_of(g, &in, 1, false);
	assert_int_equal(event.vectors->err.kind, ERR_CONTEXT);
	assert_non_null(strstr(event.vectors->err.what, "90 tokens"));
	assert_non_null(strstr(event.vectors->err.what, "at most 48 here, of the 96"));
	assert_non_null(strstr(event.vectors->err.mend, "--context 90"));
	engine_event_clear(&event);
	engine_free(g);
	fixture_clean(a, path);
	arena_free(a);
}

static void check_long(struct engine *g, const char *path, const struct kind *kind)
{
	char text[CONTEXT * 2];
	(void)path;
	(void)kind;
	memset(text, 'x', sizeof text);
	struct engine_input too_long = { .text = { text, sizeof text } },
			    fits = { .text = { text, CONTEXT } };
	struct engine_event event = vectors_of(g, &too_long, 1, false);
	assert_int_equal(event.vectors->err.kind, ERR_CONTEXT);
	assert_int_equal(event.vectors->err.layer, LAYER_PROMPT);
	assert_non_null(strstr(event.vectors->err.what, "192 tokens"));
	assert_non_null(strstr(event.vectors->err.what, "at most 96"));
	assert_null(event.vectors->values);
	engine_event_clear(&event);
	struct engine_event cut = vectors_of(g, &too_long, 1, true);
	struct engine_event whole = vectors_of(g, &fits, 1, true);
	assert_int_equal(cut.vectors->cut_inputs, 1);
	assert_int_equal(cut.vectors->longest_tokens, 192);
	assert_int_equal(cut.vectors->prompt_tokens, CONTEXT);
	assert_int_equal(whole.vectors->cut_inputs, 0);
	assert_close(cut.vectors->values, whole.vectors->values);
	engine_event_clear(&cut);
	engine_event_clear(&whole);
}

static void a_text_that_is_too_long_is_an_error_or_cut(void **state)
{
	(void)state;
	with_each(check_long);
}

static void tokens_may_be_given_and_are_checked(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	const char *path = make_model(a, &kinds[0]);
	struct engine *g = open_model(path, 0);
	const int32_t good[] = { 20, 30, 40 }, bad[] = { 20, 100000 };
	struct engine_input in = { .tokens = good, .token_count = 3 };
	struct engine_event event = vectors_of(g, &in, 1, false);
	assert_false(err_is_set(&event.vectors->err));
	assert_int_equal(event.vectors->prompt_tokens, 3);
	engine_event_clear(&event);
	in = (struct engine_input){ .tokens = bad, .token_count = 2 };
	event = vectors_of(g, &in, 1, false);
	assert_int_equal(event.vectors->err.kind, ERR_USAGE);
	assert_non_null(strstr(event.vectors->err.what, "100000 is no token"));
	engine_event_clear(&event);
	in = (struct engine_input){ .text = STR("") };
	event = vectors_of(g, &in, 1, false);
	assert_non_null(strstr(event.vectors->err.what, "input 0 is empty"));
	engine_event_clear(&event);
	engine_free(g);
	fixture_clean(a, path);
	arena_free(a);
}

static void a_long_text_is_read_in_pieces_where_that_is_the_same(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	const char *path = make_model(a, &kinds[2]);
	struct engine *whole = open_model(path, 0), *pieces = open_model(path, 7);
	struct engine_input inputs[TEXTS];
	read_texts(inputs);
	struct engine_event one = vectors_of(whole, inputs, TEXTS, false),
			    other = vectors_of(pieces, inputs, TEXTS, false);
	for (size_t i = 0; i < TEXTS; i++)
		assert_close(one.vectors->values + i * WIDTH, other.vectors->values + i * WIDTH);
	engine_event_clear(&one);
	engine_event_clear(&other);
	engine_free(whole);
	engine_free(pieces);
	fixture_clean(a, path);
	arena_free(a);
}

/* Which of two jobs is computed first, nobody knows: one that is cancelled ends either way. */
static void many_jobs_end_each_once_cancelled_or_not(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	const char *path = make_model(a, &kinds[0]);
	struct engine *g = open_model(path, 0);
	struct mailbox *to = engine_mailbox();
	struct engine_input inputs[TEXTS];
	unsigned seen[MOST] = { 0 };
	uint64_t first = 0;
	read_texts(inputs);
	for (size_t i = 0; i < MOST; i++) {
		struct engine_embed_job job = { .inputs = inputs, .count = TEXTS, .to = to };
		uint64_t id = engine_embed(g, &job);
		first = first ? first : id;
		if (i % 2)
			engine_cancel(g, id);
	}
	for (size_t i = 0; i < MOST; i++) {
		struct engine_event event;
		assert_true(mailbox_receive(to, &event));
		seen[event.job - first]++;
		bool is_cancelled = event.vectors->err.kind == ERR_CANCELLED;
		assert_true(is_cancelled || event.vectors->count == TEXTS);
		assert_true(!is_cancelled || (event.job - first) % 2);
		engine_event_clear(&event);
	}
	for (size_t i = 0; i < MOST; i++)
		assert_int_equal(seen[i], 1);
	engine_free(g);
	mailbox_free(to);
	fixture_clean(a, path);
	arena_free(a);
}

static void closing_an_engine_ends_what_waits(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	const char *path = make_model(a, &kinds[0]);
	struct engine *g = open_model(path, 0);
	struct mailbox *to = engine_mailbox();
	struct engine_input inputs[TEXTS];
	read_texts(inputs);
	for (size_t i = 0; i < MOST; i++)
		engine_embed(g,
			&(struct engine_embed_job){ .inputs = inputs, .count = TEXTS, .to = to });
	engine_free(g);
	size_t ended = 0;
	struct engine_event event;
	while (mailbox_take(to, &event)) {
		ended++;
		engine_event_clear(&event);
	}
	assert_int_equal(ended, MOST);
	mailbox_free(to);
	fixture_clean(a, path);
	arena_free(a);
}

static void assert_refused(const char *path, bool embeds, const char *words)
{
	struct err e = { 0 };
	struct engine_options o = { .model_path = path, .threads = 1, .embeds = embeds };
	assert_null(engine_open(&o, &e));
	assert_int_equal(e.kind, ERR_BAD_DATA);
	assert_int_equal(e.layer, LAYER_ENGINE);
	assert_non_null(strstr(e.what, words));
}

static void a_model_of_the_other_kind_is_refused(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	const struct kind ranks = { "bert", CARD_POOLING_RANK, true };
	const char *answers = fixture_model(a, 3, CONTEXT), *embeds = make_model(a, &kinds[0]),
		   *ranker = make_model(a, &ranks);
	assert_refused(answers, true, "makes no vectors of texts");
	assert_refused(embeds, false, "it does not answer");
	assert_refused(ranker, true, "ranks texts");
	assert_refused(ranker, false, "ranks texts");
	fixture_clean(a, answers);
	fixture_clean(a, embeds);
	fixture_clean(a, ranker);
	arena_free(a);
}

static void an_engine_that_answers_refuses_to_embed_and_the_other_way_round(void **state)
{
	(void)state;
	struct arena *a = arena_new();
	const char *answers = fixture_model(a, 3, CONTEXT), *embeds = make_model(a, &kinds[0]);
	struct engine *g = fixture_open(answers, 1, 0), *h = open_model(embeds, 0);
	struct engine_input in = { .text = STR("hello") };
	struct engine_event event = vectors_of(g, &in, 1, false);
	assert_int_equal(event.vectors->err.kind, ERR_USAGE);
	engine_event_clear(&event);
	struct mailbox *to = engine_mailbox();
	struct engine_segment segment = { STR("hello"), false };
	struct engine_job job = fixture_job(&segment, to, 4);
	struct answer answer;
	answer_of(h, &job, &answer);
	assert_int_equal(answer.done.end, ENGINE_END_ERROR);
	answer_clear(&answer);
	mailbox_free(to);
	engine_free(g);
	engine_free(h);
	fixture_clean(a, answers);
	fixture_clean(a, embeds);
	arena_free(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_facts_say_how_vectors_are_made),
		cmocka_unit_test(a_vector_is_the_same_alone_and_among_others),
		cmocka_unit_test(vectors_are_those_of_libllama_itself),
		cmocka_unit_test(long_texts_together_have_the_vectors_of_libllama_itself),
		cmocka_unit_test(logits_have_room_for_the_ends_of_texts_only),
		cmocka_unit_test(a_context_made_smaller_is_said_with_what_the_model_could_read),
		cmocka_unit_test(a_text_that_is_too_long_is_an_error_or_cut),
		cmocka_unit_test(tokens_may_be_given_and_are_checked),
		cmocka_unit_test(a_long_text_is_read_in_pieces_where_that_is_the_same),
		cmocka_unit_test(many_jobs_end_each_once_cancelled_or_not),
		cmocka_unit_test(closing_an_engine_ends_what_waits),
		cmocka_unit_test(a_model_of_the_other_kind_is_refused),
		cmocka_unit_test(an_engine_that_answers_refuses_to_embed_and_the_other_way_round),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
