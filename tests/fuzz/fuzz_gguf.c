/*
 * fuzz_gguf.c - a model file's header from anywhere: read it, and look at everything it offers.
 *
 * Each input is taken twice: as a whole file, and as the front of a file large enough to hold any
 * tensor, because most inputs have no data and would be refused for that alone. In corpus/gguf:
 * fronts of files that mktiny wrote, up to their data, and one file with a value of every kind.
 */
#include "base/must.h"
#include "fuzz.h"
#include "model/card.h"
#include "model/estimate.h"
#include "model/guard.h"

static void visit_value(const struct gg_value *v)
{
	struct str rest = v->array.bytes, item;
	uint64_t count = 0;
	char quote[GG_QUOTE_BYTES];
	gg_quote(v->key, quote);
	while (v->array.kind == GG_STR && gg_next_str(&rest, &item))
		count++;
	MUST(v->array.kind != GG_STR || (count == v->array.count && rest.n == 0));
	for (uint64_t i = 0; v->array.kind != GG_STR && i < v->array.count; i++)
		gg_item_double(&v->array, i);
}

static void visit_tensor(const struct gg_file *f, const struct gg_tensor *t)
{
	MUST(t->type && t->count && t->bytes);
	MUST(t->offset >= gg_data_start(f) && t->offset + t->bytes <= gg_file_bytes(f));
}

/* Whatever the header says, the sum is one and grows with the context. */
static void visit_estimate(const struct gg_file *f)
{
	struct err e = { 0 };
	struct estimate_model m;
	const struct gg_file *const parts[] = { f };
	struct estimate_use use = { .context_tokens = 1000, .sequences = 4 };
	if (!estimate_read(parts, 1, &m, &e)) {
		MUST(err_is_set(&e));
		return;
	}
	struct estimate small = estimate_of(&m, &use);
	use.context_tokens = UINT64_MAX;
	struct estimate large = estimate_of(&m, &use);
	MUST(small.all_bytes >= small.weights_bytes && large.all_bytes >= small.all_bytes);
	use.context_tokens = 0;
	MUST(estimate_longest(&m, &use, small.weights_bytes) <= large.context_tokens);
}

static void visit(struct gg_file *f)
{
	struct err e = { 0 };
	struct card card;
	struct arena *a = arena_new();
	for (size_t i = 0; i < gg_key_count(f); i++) {
		struct gg_value v = gg_key_at(f, i);
		visit_value(&v);
	}
	for (size_t i = 0; i < gg_tensor_count(f); i++)
		visit_tensor(f, gg_tensor_at(f, i));
	MUST(card_read(f, a, &card, &e) != err_is_set(&e));
	err_clear(&e);
	MUST(guard_check(f, &e) != err_is_set(&e));
	visit_estimate(f);
	arena_free(a);
	gg_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	const uint64_t large = UINT64_C(1) << 40, sizes[] = { n, large };
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct err e = { 0 };
		struct gg_file *f =
			gg_open_bytes(str_n((const char *)bytes, n), sizes[i], "fuzz", &e);
		MUST((f != NULL) != err_is_set(&e));
		if (f)
			visit(f);
	}
	return 0;
}
