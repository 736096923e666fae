/*
 * guard.c - the assertions of libllama 0.5.0 about metadata, asked before it asks; see guard.h.
 *
 * Layer: engine. Follows llama_model_base::load_hparams and llama_vocab::impl::load there.
 */
#include "model/guard.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/must.h"
#include "model/card.h"

enum { MAX_LAYERS = 512, MAX_EXPERTS = 1024 };

static bool bad(struct err *e, const char *key, uint64_t is, const char *should)
{
	fail(e, ERR_BAD_DATA, LAYER_ENGINE,
		"the model file says %s is %" PRIu64 ", it should be %s", key, is, should);
	return err_mend(e, "the file is damaged or made by a broken converter: take another one");
}

static bool check_layers(const struct gg_file *f, struct err *e)
{
	uint64_t blocks = 0, next = 0;
	if (!card_number(f, "block_count", &blocks, e) ||
		!card_number(f, "nextn_predict_layers", &next, e))
		return false;
	if (blocks == 0 || blocks > MAX_LAYERS)
		return bad(e, "block_count", blocks, "1 to 512");
	return next <= blocks || bad(e, "nextn_predict_layers", next, "at most block_count");
}

static bool check_groups(uint64_t experts, uint64_t groups, uint64_t groups_used, struct err *e)
{
	if (groups >= experts)
		return bad(e, "expert_group_count", groups, "less than expert_count");
	if (groups <= 1)
		return true;
	if (experts % groups)
		return bad(e, "expert_group_count", groups, "a divisor of expert_count");
	return (groups_used > 0 && groups_used < groups) ||
	       bad(e, "expert_group_used_count", groups_used,
		       "from 1 to less than expert_group_count");
}

static bool check_experts(const struct gg_file *f, struct err *e)
{
	uint64_t experts = 0, used = 0, groups = 0, groups_used = 0;
	if (!card_number(f, "expert_count", &experts, e) ||
		!card_number(f, "expert_used_count", &used, e) ||
		!card_number(f, "expert_group_count", &groups, e) ||
		!card_number(f, "expert_group_used_count", &groups_used, e))
		return false;
	if (experts > MAX_EXPERTS)
		return bad(e, "expert_count", experts, "at most 1024");
	if (used > experts)
		return bad(e, "expert_used_count", used, "at most expert_count");
	if (experts == 0)
		return groups == 0 || bad(e, "expert_group_count", groups, "0 without experts");
	return used > 0 ? check_groups(experts, groups, groups_used, e)
			: bad(e, "expert_used_count", used, "at least 1");
}

struct numbered {
	struct str word;
	size_t id;
};

static int compare_words(const void *a, const void *b)
{
	return str_cmp(((const struct numbered *)a)->word, ((const struct numbered *)b)->word);
}

/* The same word twice is an assertion there, and no tokenizer could tell the two apart. */
static bool check_words(const struct gg_array *tokens, struct err *e)
{
	size_t count = (size_t)tokens->count;
	struct numbered *words = must_calloc(count, sizeof(*words));
	struct str rest = tokens->bytes;
	bool ok = true;
	for (size_t i = 0; i < count; i++) {
		words[i].id = i;
		MUST(gg_next_str(&rest, &words[i].word));
	}
	qsort(words, count, sizeof(*words), compare_words);
	for (size_t i = 1; ok && i < count; i++) {
		char quote[GG_QUOTE_BYTES];
		/* an empty one gets a name of its own there */
		if (words[i].word.n == 0 || !str_eq(words[i - 1].word, words[i].word))
			continue;
		ok = fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"the model file's vocabulary has the word '%s' twice (ids %zu and %zu)",
			gg_quote(words[i].word, quote), words[i - 1].id, words[i].id);
		err_mend(e, "the file is damaged or made by a broken converter: take another one");
	}
	free(words);
	return ok;
}

static bool check_vocabulary(const struct gg_file *f, struct err *e)
{
	struct gg_array tokens = { 0 };
	if (!gg_opt_array(f, "tokenizer.ggml.tokens", &tokens, e))
		return false;
	if (tokens.count && tokens.kind != GG_STR)
		return fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"the model file's vocabulary is not a list of strings");
	return check_words(&tokens, e);
}

static bool check_rope(const struct gg_file *f, struct err *e)
{
	static const char *const known[] = { "none", "linear", "yarn", "longrope" };
	char key[GG_QUOTE_BYTES + 32], quote[GG_QUOTE_BYTES];
	struct str arch = STR(""), type = STR("");
	if (!gg_opt_str(f, "general.architecture", &arch, e))
		return false;
	snprintf(key, sizeof(key), "%s.rope.scaling.type", gg_quote(arch, quote));
	if (!gg_opt_str(f, key, &type, e))
		return false;
	if (type.n == 0)
		return true;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (str_eq_z(type, known[i]))
			return true;
	return fail(e, ERR_BAD_DATA, LAYER_ENGINE,
		"the model file asks for an unknown rope scaling '%s'", gg_quote(type, quote));
}

bool guard_check(const struct gg_file *f, struct err *e)
{
	struct str type = STR(""), arch = STR("");
	gg_opt_str(f, "general.type", &type, NULL);
	gg_opt_str(f, "general.architecture", &arch, NULL);
	if ((type.n && !str_eq_z(type, "model")) || str_eq_z(arch, "clip"))
		return true;
	return check_layers(f, e) && check_experts(f, e) && check_rope(f, e) &&
	       check_vocabulary(f, e);
}
