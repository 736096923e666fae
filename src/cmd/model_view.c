/*
 * model_view.c - the table and the page; see model_view.h.
 */
#include "cmd/model_view.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/opt.h"

enum { NAME_COLUMN = 28, LABEL_COLUMN = 15, REASON_INDENT = 4, HASH_SHOWN = 16, DAY_CHARS = 10 };

const char *model_view_number(uint64_t n, char out[MODEL_VIEW_NUMBER])
{
	char digits[MODEL_VIEW_NUMBER];
	int count = snprintf(digits, sizeof(digits), "%" PRIu64, n), to = 0;
	for (int i = 0; i < count; i++) {
		if (i && (count - i) % 3 == 0)
			out[to++] = ',';
		out[to++] = digits[i];
	}
	out[to] = 0;
	return out;
}

/* ---- the list ---- */

static const char *tools_word(const struct card *c)
{
	if (c->kind != CARD_MODEL)
		return card_kind_names[c->kind];
	if (c->template_bytes == 0)
		return "no chat";
	return c->has_tool_template ? "yes" : "no";
}

/* A file's name may hold anything; the terminal gets no control characters of it. */
static void add_clean(struct str s, struct buf *out)
{
	for (size_t i = 0; i < s.n; i++)
		buf_add_char(out, (unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f ? '?' : s.p[i]);
}

static void add_name(struct str name, struct buf *out)
{
	add_clean(name, out);
	if (name.n < NAME_COLUMN)
		buf_add_fill(out, ' ', NAME_COLUMN - name.n);
	if (name.n > NAME_COLUMN)
		buf_printf(out, "\n%-*s", NAME_COLUMN, "");
}

/* 8192 -> "8k", as people write the sizes of contexts. */
static const char *short_tokens(uint64_t n, char out[MODEL_VIEW_NUMBER])
{
	const uint64_t k = 1024, m = k * k;
	if (n >= m && n % m == 0)
		snprintf(out, MODEL_VIEW_NUMBER, "%" PRIu64 "M", n / m);
	else if (n >= k && n % k == 0)
		snprintf(out, MODEL_VIEW_NUMBER, "%" PRIu64 "k", n / k);
	else
		snprintf(out, MODEL_VIEW_NUMBER, "%" PRIu64, n);
	return out;
}

static void add_row(const struct model_row *r, struct buf *out)
{
	char size[CARD_BYTES_TEXT], count[CARD_COUNT_BYTES], context[MODEL_VIEW_NUMBER];
	const struct model_file *m = r->file;
	add_name(m->name, out);
	buf_printf(out, " %8s", card_bytes(m->bytes, size));
	if (err_is_set(&r->why)) {
		buf_printf(out, "  broken, in %s\n", model_source_names[m->source]);
		opt_wrap(str_z(r->why.what), REASON_INDENT, out);
		return;
	}
	buf_printf(out, " %6s %-7.*s %7s %-9s %s\n", card_count(r->card.parameters, count),
		STR_ARG(r->card.quantisation), short_tokens(r->card.context_tokens, context),
		tools_word(&r->card), model_source_names[m->source]);
}

static struct str stem_of(const struct model_file *m)
{
	struct str stem = m->path;
	if (str_ends(stem, STR(".gguf")))
		stem.n -= sizeof ".gguf" - 1;
	return stem;
}

static bool is_base_of(const struct model_row *base, const struct model_row *merged)
{
	struct str stem = stem_of(base->file), path = merged->file->path;
	return base != merged && str_starts(path, stem) &&
	       str_starts(str_from(path, stem.n), STR("+"));
}

void model_view_link(struct model_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count && rows[i].card.is_merged; k++)
			if (is_base_of(&rows[k], &rows[i]) && !rows[k].card.is_merged)
				rows[i].base = &rows[k];
}

/* The merged files of a base, below it. */
static void add_notes(
	const struct model_row *base, const struct model_row *rows, size_t count, struct buf *out)
{
	char size[CARD_BYTES_TEXT], when[CLOCK_TEXT_BYTES];
	for (size_t i = 0; i < count; i++) {
		if (rows[i].base != base)
			continue;
		clock_local_text(rows[i].made_unix_ms, when);
		buf_printf(out, "  taught: with its adapter merged, %.*s, %s, in %s\n", DAY_CHARS,
			when, card_bytes(rows[i].file->bytes, size),
			model_source_names[rows[i].file->source]);
	}
}

void model_view_list(const struct model_row *rows, size_t count, struct buf *out)
{
	size_t models = 0;
	char all[CARD_BYTES_TEXT], ours[CARD_BYTES_TEXT];
	uint64_t all_bytes = 0, own_bytes = 0;
	if (count == 0) {
		buf_add_z(out, "no model is on this machine yet\n"
			       "  try: make model, in the source tree: the starter model\n"
			       "       offgrid pull, it lists what the catalog has\n");
		return;
	}
	buf_printf(out, "%-*s %8s %6s %-7s %7s %-9s %s\n", NAME_COLUMN, "name", "size", "params",
		"quant", "context", "tools", "from");
	for (size_t i = 0; i < count; i++) {
		if (!rows[i].base) {
			add_row(&rows[i], out);
			add_notes(&rows[i], rows, count, out);
			models++;
		}
		all_bytes += rows[i].file->bytes;
		own_bytes += rows[i].file->source == MODEL_OWN ? rows[i].file->bytes : 0;
	}
	buf_printf(out, "%zu model%s, %s on disk, %s of them ours\n", models,
		models == 1 ? "" : "s", card_bytes(all_bytes, all), card_bytes(own_bytes, ours));
}

static json_t *number_or_null(uint64_t n)
{
	return n ? json_integer((json_int_t)n) : json_null();
}

static json_t *text_or_null(struct str s)
{
	return s.n ? js_new_text(s) : json_null();
}

static void add_card_json(json_t *object, const struct card *c)
{
	json_t *card = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b}", "kind",
		card_kind_names[c->kind], "title", text_or_null(c->title), "architecture",
		text_or_null(c->architecture), "quantisation", text_or_null(c->quantisation),
		"licence", text_or_null(c->licence), "parameters", number_or_null(c->parameters),
		"context_tokens", number_or_null(c->context_tokens), "has_template",
		c->template_bytes > 0, "has_tool_template", c->has_tool_template);
	json_object_update(object, card);
	json_decref(card);
}

static json_t *file_json(const struct model_file *m)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:i, s:I, s:o}", "name", js_new_text(m->name),
		"full_name", js_new_text(m->full), "source", model_source_names[m->source], "path",
		js_new_text(m->path), "parts", (int)m->parts, "bytes", (json_int_t)m->bytes,
		"sha256", text_or_null(m->sha256));
}

json_t *model_view_list_json(const struct model_row *rows, size_t count)
{
	json_t *list = json_array();
	for (size_t i = 0; i < count; i++) {
		json_t *item = file_json(rows[i].file);
		if (err_is_set(&rows[i].why))
			json_object_set_new(item, "broken", json_string(rows[i].why.what));
		else
			add_card_json(item, &rows[i].card);
		if (rows[i].base)
			json_object_set_new(
				item, "merged_into", js_new_text(rows[i].base->file->name));
		json_array_append_new(list, item);
	}
	return list;
}

/* ---- the page ---- */

static const char *const owners[] = {
	[MODEL_OWN] = "ours",
	[MODEL_OLLAMA] = "downloaded by Ollama",
	[MODEL_LMSTUDIO] = "downloaded by LM Studio",
	[MODEL_HUB] = "in the Hugging Face cache",
	[MODEL_LLAMACPP] = "downloaded by llama.cpp",
	[MODEL_PATH] = "named by its path",
};
_Static_assert(sizeof(owners) / sizeof(owners[0]) == MODEL_SOURCE_COUNT, "an owner a source");

static void begin_line(const char *label, struct buf *out)
{
	buf_printf(out, "  %-*s", LABEL_COLUMN, label);
}

static void add_file(const struct model_choice *c, struct buf *out)
{
	char size[CARD_BYTES_TEXT];
	begin_line("file", out);
	add_clean(c->path, out);
	buf_add_char(out, '\n');
	begin_line("", out);
	buf_printf(out, "%s", card_bytes(c->bytes, size));
	if (c->file->parts > 1)
		buf_printf(out, " in %u parts", c->file->parts);
	buf_printf(out, ", %s", owners[c->file->source]);
	if (c->sha256.n)
		buf_printf(out, ", sha256 %.*s...", HASH_SHOWN, c->sha256.p);
	buf_add_char(out, '\n');
	if (c->adapter.n) {
		begin_line("adapter", out);
		buf_printf(out, "%s\n", c->adapter.p);
	}
}

static void add_shape(const struct card *c, struct buf *out)
{
	char count[CARD_COUNT_BYTES], words[MODEL_VIEW_NUMBER];
	begin_line("parameters", out);
	buf_printf(out, "%s as %.*s\n", card_count(c->parameters, count), STR_ARG(c->quantisation));
	begin_line("architecture", out);
	buf_printf(out, "%.*s", STR_ARG(c->architecture));
	if (c->layers)
		buf_printf(out,
			": %" PRIu64 " layers, width %" PRIu64 ", %" PRIu64 " heads (%" PRIu64
			" for keys)",
			c->layers, c->width, c->heads, c->kv_heads);
	if (c->experts)
		buf_printf(
			out, ", %" PRIu64 " of %" PRIu64 " experts", c->experts_used, c->experts);
	buf_add_char(out, '\n');
	if (c->vocabulary) {
		begin_line("vocabulary", out);
		buf_printf(out, "%s words, %.*s\n", model_view_number(c->vocabulary, words),
			STR_ARG(c->tokenizer));
	}
}

static void add_use(const struct card *c, struct buf *out)
{
	char number[MODEL_VIEW_NUMBER];
	begin_line("chat template", out);
	if (c->template_bytes)
		buf_printf(out, "%s bytes, %s\n", model_view_number(c->template_bytes, number),
			c->has_tool_template ? "knows tools" : "knows no tools");
	else
		buf_add_z(out, "none: it was not made for conversation\n");
	if (c->licence.n) {
		begin_line("licence", out);
		buf_printf(out, "%.*s\n", STR_ARG(c->licence));
	}
}

static void add_memory(const struct model_page *p, struct buf *out)
{
	char all[CARD_BYTES_TEXT], weights[CARD_BYTES_TEXT], cache[CARD_BYTES_TEXT],
		work[CARD_BYTES_TEXT], have[CARD_BYTES_TEXT], trained[MODEL_VIEW_NUMBER],
		fits[MODEL_VIEW_NUMBER];
	const struct estimate *n = &p->need;
	begin_line("context", out);
	buf_printf(out, "%s tokens trained, %s fit here now\n",
		model_view_number(p->card.context_tokens, trained),
		model_view_number(p->longest_tokens, fits));
	begin_line("memory", out);
	buf_printf(out, "%s for %s tokens, %s are free\n", card_bytes(n->all_bytes, all),
		model_view_number(n->context_tokens, trained), card_bytes(p->free_bytes, have));
	begin_line("", out);
	buf_printf(out, "weights %s, context %s, work %s\n", card_bytes(n->weights_bytes, weights),
		card_bytes(n->cache_bytes + n->state_bytes, cache),
		card_bytes(n->work_bytes, work));
}

void model_view_page(const struct model_page *p, struct buf *out)
{
	buf_printf(out, "%s\n", p->choice.name.p);
	if (p->card.title.n)
		buf_printf(out, "  %.*s\n", STR_ARG(p->card.title));
	add_file(&p->choice, out);
	add_shape(&p->card, out);
	if (p->card.kind == CARD_MODEL) {
		add_use(&p->card, out);
		add_memory(p, out);
	} else {
		begin_line("kind", out);
		buf_printf(out, "%s: not a model by itself\n", card_kind_names[p->card.kind]);
	}
	if (err_is_set(&p->unsafe)) {
		buf_add_z(out, "  it will not be loaded:\n");
		opt_wrap(str_z(p->unsafe.what), REASON_INDENT, out);
	}
}

json_t *model_view_page_json(const struct model_page *p)
{
	json_t *page = file_json(p->choice.file);
	json_object_set_new(page, "name", js_new_text(p->choice.name));
	json_object_set_new(page, "adapter", text_or_null(p->choice.adapter));
	json_object_set_new(page, "sha256", text_or_null(p->choice.sha256));
	add_card_json(page, &p->card);
	json_object_set_new(page, "memory",
		json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "context_tokens",
			(json_int_t)p->need.context_tokens, "weights_bytes",
			(json_int_t)p->need.weights_bytes, "cache_bytes",
			(json_int_t)p->need.cache_bytes + (json_int_t)p->need.state_bytes,
			"work_bytes", (json_int_t)p->need.work_bytes, "all_bytes",
			(json_int_t)p->need.all_bytes, "free_bytes", (json_int_t)p->free_bytes,
			"longest_tokens", (json_int_t)p->longest_tokens));
	if (err_is_set(&p->unsafe))
		json_object_set_new(page, "broken", json_string(p->unsafe.what));
	return page;
}
