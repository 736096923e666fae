/*
 * mktiny.c - writes a random model (or an adapter for it) to a file: model/tiny.h on a command
 * line.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/limits.h"
#include "model/tiny.h"

static const char usage[] =
	"usage: mktiny OUT.gguf [--arch NAME] [--name TEXT] [--template FILE] [--seed N] [--ctx "
	"N]\n"
	"              [--vocab FILE.gguf] [--control TOKEN]... [--mark TOKEN]... [--bos TOKEN]\n"
	"              [--eos TOKEN] [--pooling mean|cls|last] [--adapter]\n";

enum { MAX_SPECIALS = 64 };

struct request {
	const char *out, *template_path, *vocabulary_path;
	bool is_adapter;
	struct tiny_special specials[MAX_SPECIALS];
	struct tiny_recipe recipe;
};

static bool number(const char *text, uint64_t *out, struct err *e)
{
	return str_to_u64(str_z(text), out) ||
	       fail(e, ERR_USAGE, LAYER_CLIENT, "'%s' is not a number", text);
}

static bool special(struct request *r, const char *text, bool is_control, struct err *e)
{
	struct tiny_vocabulary *v = &r->recipe.vocabulary;
	if (v->special_count == MAX_SPECIALS)
		return fail(
			e, ERR_USAGE, LAYER_CLIENT, "more than %d special tokens", MAX_SPECIALS);
	r->specials[v->special_count++] = (struct tiny_special){ str_z(text), is_control };
	return true;
}

static bool small_number(const char *text, uint32_t *out, struct err *e)
{
	uint64_t n = 0;
	if (!number(text, &n, e))
		return false;
	*out = (uint32_t)n;
	return true;
}

static bool pooling(const char *text, enum card_pooling *out, struct err *e)
{
	for (int i = 0; i < CARD_POOLING_COUNT; i++) {
		if (!str_eq_z(str_z(text), card_pooling_names[i]))
			continue;
		*out = (enum card_pooling)i;
		return true;
	}
	return fail(e, ERR_USAGE, LAYER_CLIENT, "there is no pooling '%s'", text);
}

static bool take(struct request *r, struct str name, const char *value, struct err *e)
{
	struct tiny_recipe *recipe = &r->recipe;
	if (str_eq_z(name, "--arch"))
		recipe->arch = value;
	else if (str_eq_z(name, "--name"))
		recipe->name = value;
	else if (str_eq_z(name, "--template"))
		r->template_path = value;
	else if (str_eq_z(name, "--vocab"))
		r->vocabulary_path = value;
	else if (str_eq_z(name, "--bos"))
		recipe->vocabulary.bos = str_z(value);
	else if (str_eq_z(name, "--eos"))
		recipe->vocabulary.eos = str_z(value);
	else if (str_eq_z(name, "--control"))
		return special(r, value, true, e);
	else if (str_eq_z(name, "--mark"))
		return special(r, value, false, e);
	else if (str_eq_z(name, "--seed"))
		return number(value, &recipe->seed, e);
	else if (str_eq_z(name, "--pooling"))
		return pooling(value, &recipe->pooling, e);
	else if (str_eq_z(name, "--ctx"))
		return small_number(value, &recipe->context_tokens, e);
	else
		return fail(e, ERR_USAGE, LAYER_CLIENT, "unknown option %.*s", STR_ARG(name));
	return true;
}

/* One option; moves *at past its value. */
static bool option(struct request *r, char **argv, int argc, int *at, struct err *e)
{
	struct str name = str_z(argv[*at]);
	if (!str_starts(name, STR("--"))) {
		r->out = argv[*at];
		return true;
	}
	if (str_eq_z(name, "--adapter")) {
		r->is_adapter = true;
		return true;
	}
	if (*at + 1 == argc)
		return fail(e, ERR_USAGE, LAYER_CLIENT, "%s needs a value", argv[*at]);
	return take(r, name, argv[++*at], e);
}

static bool make(struct request *r, struct err *e)
{
	struct buf template;
	buf_init(&template, LIMIT_TEXT_FILE_BYTES);
	struct gg_writer *w = NULL;
	struct gg_file *vocabulary = NULL;
	bool ok = !r->template_path || fs_read(r->template_path, &template, e);
	if (ok && r->vocabulary_path)
		ok = (vocabulary = gg_open(r->vocabulary_path, e)) != NULL;
	if (ok) {
		r->recipe.chat_template = buf_str(&template);
		r->recipe.vocabulary.from = vocabulary;
		r->recipe.vocabulary.specials = r->specials;
		w = r->is_adapter ? tiny_adapter(&r->recipe, e) : tiny_model(&r->recipe, e);
	}
	ok = w && gg_writer_save(w, r->out, e);
	gg_writer_free(w);
	gg_free(vocabulary);
	buf_clear(&template);
	return ok;
}

int main(int argc, char **argv)
{
	struct request r = { .recipe = { .arch = "llama", .seed = 1 } };
	struct err e = { 0 };
	bool ok = true;
	for (int i = 1; ok && i < argc; i++)
		ok = option(&r, argv, argc, &i, &e);
	if (ok && !r.out)
		ok = fail(&e, ERR_USAGE, LAYER_CLIENT, "where to write the model is missing");
	ok = ok && make(&r, &e);
	if (!ok)
		fprintf(stderr, "mktiny: %s\n%s", e.what, e.kind == ERR_USAGE ? usage : "");
	return err_exit_code(&e);
}
