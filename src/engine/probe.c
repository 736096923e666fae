/*
 * probe.c - how fast the model answers; see probe.h.
 *
 * Layer: engine.
 */
#include "engine/probe.h"

#include "base/clock.h"
#include "engine/engine_int.h"
#include "engine/memory_speed.h"
#include "model/card.h"

enum { LEAST_TOKENS = 3, MOST_TOKENS = 16, LONG_ENOUGH_US = 120000 };
#define USUAL_SHARE 0.6 /* of the limit, for dense models on processors and cards alike */

static bool contains(const struct gg_tensor *t, struct str part)
{
	return str_find(t->name, part) != SIZE_MAX;
}

uint64_t probe_active_bytes(const struct gg_file *f)
{
	uint64_t experts = 0, used = 0, dense = 0, sparse = 0, embedding = 0;
	card_number(f, "expert_count", &experts, NULL);
	card_number(f, "expert_used_count", &used, NULL);
	for (size_t i = 0; i < gg_tensor_count(f); i++) {
		const struct gg_tensor *t = gg_tensor_at(f, i);
		if (contains(t, STR("_exps")))
			sparse += t->bytes;
		else if (str_eq_z(t->name, "token_embd.weight"))
			embedding = t->bytes;
		else
			dense += t->bytes;
	}
	if (!gg_tensor(f, "output.weight"))
		dense += embedding;
	return dense + (experts && used < experts ? sparse / experts * used : sparse);
}

/* Decodes one token at this place of the first sequence; false if that does not work. */
static bool decode_one(struct engine *g, int at)
{
	struct llama_batch *b = &g->batch;
	b->n_tokens = 1;
	b->token[0] = g->vocab.bos >= 0 ? g->vocab.bos : 0;
	b->pos[0] = at;
	b->n_seq_id[0] = 1;
	b->seq_id[0][0] = 0;
	b->logits[0] = true;
	if (llama_decode(g->context, *b) != 0)
		return false;
	llama_synchronize(g->context);
	return true;
}

static double decode_tokens_s(struct engine *g)
{
	int at = 0;
	if (!decode_one(g, at++)) /* reads the weights into memory and warms what wants it */
		return 0;
	int64_t began = clock_us(), best = INT64_MAX, before = began;
	while (at <= LEAST_TOKENS || (at <= MOST_TOKENS && before - began < LONG_ENOUGH_US)) {
		if (at >= g->facts.context_tokens || !decode_one(g, at++))
			break;
		int64_t now = clock_us();
		best = now - before < best ? now - before : best;
		before = now;
	}
	llama_memory_clear(llama_get_memory(g->context), false);
	return best < INT64_MAX && best > 0 ? 1e6 / (double)best : 0;
}

void probe_speed(struct engine *g, const char *model_path, bool is_processor_only)
{
	struct engine_facts *f = &g->facts;
	f->decode_tokens_s = decode_tokens_s(g);
	if (!is_processor_only)
		return;
	struct gg_file *file = gg_open(model_path, NULL);
	uint64_t active = file ? probe_active_bytes(file) : 0;
	gg_free(file);
	f->memory_bytes_s = memory_read_bytes_s(f->threads);
	if (active)
		f->limit_tokens_s = f->memory_bytes_s / (double)active;
}

bool probe_is_slow(const struct engine_facts *facts)
{
	return facts->limit_tokens_s > 0 && facts->decode_tokens_s > 0 &&
	       facts->decode_tokens_s < facts->limit_tokens_s * USUAL_SHARE / 2;
}
