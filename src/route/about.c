/*
 * about.c - what a model's file says of it; see about.h.
 */
#include "route/about.h"

#include <sys/stat.h>

#include "model/card.h"
#include "model/split.h"

static void set_number(json_t *about, const char *name, uint64_t number)
{
	if (number)
		json_object_set_new(about, name, json_integer((json_int_t)number));
}

static void set_text(json_t *about, const char *name, struct str text)
{
	if (text.n)
		json_object_set_new(about, name, js_new_text(text));
}

/* A model that can fill a gap has a token for each side of it. */
static bool fills_gaps(const struct gg_file *f)
{
	return (gg_has(f, "tokenizer.ggml.fim_pre_token_id") ||
		       gg_has(f, "tokenizer.ggml.prefix_token_id")) &&
	       (gg_has(f, "tokenizer.ggml.fim_suf_token_id") ||
		       gg_has(f, "tokenizer.ggml.suffix_token_id"));
}

static void add_card(json_t *about, const struct gg_file *f)
{
	struct arena *a = arena_new();
	struct card card;
	char size[CARD_COUNT_BYTES];
	if (card_read(f, a, &card, NULL)) {
		set_text(about, "architecture", card.architecture);
		set_text(about, "quantisation", card.quantisation);
		set_text(about, "licence", card.licence);
		set_text(about, "parameter_size", str_z(card_count(card.parameters, size)));
		set_number(about, "parameters", card.parameters);
		set_number(about, "trained_tokens", card.context_tokens);
		set_number(about, "width", card.width);
		set_number(about, "vocabulary", card.vocabulary);
		if (card_embeds(&card))
			json_object_set_new(about, "embeds", json_true());
		if (fills_gaps(f))
			json_object_set_new(about, "fills_gaps", json_true());
	}
	arena_free(a);
}

/* Of all parts together. */
static void add_size(json_t *about, const char *path)
{
	struct arena *a = arena_new();
	struct split parts = { .parts = 1 };
	bool is_split = split_of(str_z(path), &parts);
	uint64_t bytes = 0;
	for (unsigned i = 0; i < parts.parts; i++) {
		struct stat s;
		const char *part = is_split ? split_path(a, &parts, i + 1).p : path;
		if (stat(part, &s) != 0)
			continue;
		bytes += (uint64_t)s.st_size;
		set_number(about, "modified_unix_s", (uint64_t)s.st_mtime);
	}
	set_number(about, "bytes", bytes);
	arena_free(a);
}

json_t *about_model_file(const char *path, const char *sha256)
{
	json_t *about = json_object();
	struct gg_file *f = gg_open(path, NULL);
	set_text(about, "path", str_z(path));
	set_text(about, "sha256", str_z(sha256));
	add_size(about, path);
	if (f)
		add_card(about, f);
	gg_free(f);
	return about;
}
