/*
 * card.c - metadata keys to the fields of a card; see card.h.
 *
 * Layer: engine. Keys by the GGUF specification ("general.*", "ARCH.*", "tokenizer.*").
 */
#include "model/card.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/utf8.h"

enum { KEY_BYTES = 256 };

const char *const card_kind_names[] = {
	[CARD_MODEL] = "model",
	[CARD_ADAPTER] = "adapter",
	[CARD_PROJECTOR] = "projector",
	[CARD_OTHER] = "other",
};
_Static_assert(
	sizeof(card_kind_names) / sizeof(card_kind_names[0]) == CARD_KIND_COUNT, "a name a kind");

const char *const card_pooling_names[] = {
	[CARD_POOLING_NONE] = "none",
	[CARD_POOLING_MEAN] = "mean",
	[CARD_POOLING_CLS] = "cls",
	[CARD_POOLING_LAST] = "last",
	[CARD_POOLING_RANK] = "rank",
};
_Static_assert(sizeof(card_pooling_names) / sizeof(card_pooling_names[0]) == CARD_POOLING_COUNT,
	"a name a pooling");

/* Names in a file are not to be trusted with a terminal. */
static struct str printable(struct arena *a, struct str s)
{
	struct buf b;
	buf_init(&b, LIMIT_CARD_TEXT_BYTES);
	s = str_sub(s, 0, utf8_whole(str_sub(s, 0, LIMIT_CARD_TEXT_BYTES / 3)));
	utf8_mend(s, &b);
	for (size_t i = 0; i < b.n; i++)
		if ((unsigned char)b.p[i] < ' ' || b.p[i] == 0x7f)
			b.p[i] = ' ';
	struct str safe = arena_str(a, str_trim(buf_str(&b)));
	buf_clear(&b);
	return safe;
}

static struct str text(const struct gg_file *f, struct arena *a, const char *key)
{
	struct str s = STR("");
	gg_opt_str(f, key, &s, NULL);
	return printable(a, s);
}

/* "ARCH.key" into out; false if that is too long to be a key of any model. */
static bool arch_key(const struct gg_file *f, const char *key, char out[KEY_BYTES])
{
	struct str arch = STR("");
	gg_opt_str(f, "general.architecture", &arch, NULL);
	int n = snprintf(out, KEY_BYTES, "%.*s.%s", STR_ARG(arch), key);
	return n > 0 && n < KEY_BYTES;
}

static bool is_array(const struct gg_file *f, const char *key, struct gg_array *items)
{
	*items = (struct gg_array){ 0 };
	return gg_opt_array(f, key, items, NULL) && items->count && gg_is_integer(items->kind);
}

bool card_number(const struct gg_file *f, const char *key, uint64_t *out, struct err *e)
{
	char full[KEY_BYTES];
	struct gg_array items;
	if (!arch_key(f, key, full))
		return true;
	if (!is_array(f, full, &items))
		return gg_opt_u64(f, full, out, e);
	uint64_t most = 0;
	for (uint64_t i = 0; i < items.count; i++) {
		int64_t n = gg_item_i64(&items, i);
		if (n > 0 && (uint64_t)n > most)
			most = (uint64_t)n;
	}
	*out = most;
	return true;
}

bool card_layer_number(
	const struct gg_file *f, const char *key, uint64_t layer, uint64_t *out, struct err *e)
{
	char full[KEY_BYTES];
	struct gg_array items;
	if (!arch_key(f, key, full))
		return true;
	if (!is_array(f, full, &items))
		return gg_opt_u64(f, full, out, e);
	if (layer >= items.count)
		return fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"key '%s' of the model file has %" PRIu64 " numbers, layer %" PRIu64
			" has none",
			full, items.count, layer);
	int64_t n = gg_item_i64(&items, layer);
	if (n < 0)
		return fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"key '%s' of the model file is negative for layer %" PRIu64, full, layer);
	*out = (uint64_t)n;
	return true;
}

struct str card_template(const struct gg_file *f)
{
	struct str s = STR("");
	gg_opt_str(f, "tokenizer.chat_template.tool_use", &s, NULL);
	if (s.n == 0)
		gg_opt_str(f, "tokenizer.chat_template", &s, NULL);
	return s;
}

static enum card_kind kind_of(const struct gg_file *f)
{
	struct str type = STR(""), arch = STR("");
	gg_opt_str(f, "general.type", &type, NULL);
	gg_opt_str(f, "general.architecture", &arch, NULL);
	if (str_eq_z(type, "adapter"))
		return CARD_ADAPTER;
	if (str_eq_z(type, "mmproj") || str_eq_z(type, "projector") || str_eq_z(arch, "clip"))
		return CARD_PROJECTOR;
	return type.n == 0 || str_eq_z(type, "model") ? CARD_MODEL : CARD_OTHER;
}

/* What most of the weights are stored as. */
static const char *commonest_type(const struct gg_file *f)
{
	uint64_t bytes[GG_TENSOR_TYPES] = { 0 };
	uint32_t most = 0;
	for (size_t i = 0; i < gg_tensor_count(f); i++) {
		const struct gg_tensor *t = gg_tensor_at(f, i);
		bytes[t->type_id] += t->bytes;
		if (bytes[t->type_id] > bytes[most])
			most = t->type_id;
	}
	return gg_tensor_count(f) ? gg_tensor_type(most)->name : "";
}

static struct str quantisation_of(const struct gg_file *f)
{
	uint64_t id = UINT32_MAX;
	gg_opt_u64(f, "general.file_type", &id, NULL);
	const char *name = id <= UINT32_MAX ? gg_file_type_name((uint32_t)id) : NULL;
	return str_z(name ? name : commonest_type(f));
}

static void read_shape(const struct gg_file *f, struct card *c)
{
	const struct {
		const char *key;
		uint64_t *to;
	} rows[] = {
		{ "context_length", &c->context_tokens },
		{ "block_count", &c->layers },
		{ "embedding_length", &c->width },
		{ "attention.head_count", &c->heads },
		{ "attention.head_count_kv", &c->kv_heads },
		{ "expert_count", &c->experts },
		{ "expert_used_count", &c->experts_used },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		card_number(f, rows[i].key, rows[i].to, NULL);
	if (c->kv_heads == 0)
		c->kv_heads = c->heads;
}

/* A number that nobody knows is none. */
static enum card_pooling pooling_of(const struct gg_file *f)
{
	uint64_t number = CARD_POOLING_NONE;
	card_number(f, "pooling_type", &number, NULL);
	return number < CARD_POOLING_COUNT ? (enum card_pooling)number : CARD_POOLING_NONE;
}

bool card_read(const struct gg_file *f, struct arena *a, struct card *out, struct err *e)
{
	struct str arch, template = card_template(f);
	struct gg_array tokens = { 0 };
	if (!gg_get_str(f, "general.architecture", &arch, e))
		return false;
	struct card c = {
		.kind = kind_of(f),
		.title = text(f, a, "general.name"),
		.architecture = printable(a, arch),
		.quantisation = quantisation_of(f),
		.licence = text(f, a, "general.license"),
		.tokenizer = text(f, a, "tokenizer.ggml.model"),
		.template_bytes = template.n,
		.has_tool_template = str_find(template, STR("tools")) != SIZE_MAX,
		.pooling = pooling_of(f),
		.is_merged = text(f, a, CARD_MERGED_KEY).n > 0,
	};
	read_shape(f, &c);
	gg_opt_array(f, "tokenizer.ggml.tokens", &tokens, NULL);
	c.vocabulary = tokens.count;
	for (size_t i = 0; i < gg_tensor_count(f); i++)
		c.parameters += gg_tensor_at(f, i)->count;
	*out = c;
	return true;
}

const char *card_count(uint64_t count, char out[CARD_COUNT_BYTES])
{
	static const struct {
		double unit;
		const char *letter;
	} rows[] = { { 1e12, "T" }, { 1e9, "B" }, { 1e6, "M" }, { 1e3, "K" }, { 1, "" } };
	const double round_up = 0.9995; /* 999.95M is 1.0B */
	size_t i = 0;
	while (i + 1 < sizeof(rows) / sizeof(rows[0]) && (double)count < rows[i].unit * round_up)
		i++;
	double n = (double)count / rows[i].unit;
	const double no_decimals_from = 99.5;
	bool is_whole = n >= no_decimals_from || i + 1 == sizeof(rows) / sizeof(rows[0]);
	snprintf(out, CARD_COUNT_BYTES, is_whole ? "%.0f%s" : "%.1f%s", n, rows[i].letter);
	return out;
}

const char *card_bytes(uint64_t bytes, char out[CARD_BYTES_TEXT])
{
	const double mib = (double)MIB, gib = (double)GIB, ten = 9.95;
	double n = (double)bytes;
	if (n >= gib * 0.9995)
		snprintf(out, CARD_BYTES_TEXT, "%.1f GiB", n / gib);
	else
		snprintf(out, CARD_BYTES_TEXT, n / mib < ten ? "%.1f MiB" : "%.0f MiB", n / mib);
	return out;
}
