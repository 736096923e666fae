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
	"usage: mktiny OUT.gguf [--arch llama|qwen2|qwen3] [--template FILE] [--seed N] [--ctx N]\n"
	"              [--adapter]\n";

struct request {
	const char *out, *template_path;
	bool is_adapter;
	struct tiny_recipe recipe;
};

static bool number(const char *text, uint64_t *out, struct err *e)
{
	return str_to_u64(str_z(text), out) ||
	       fail(e, ERR_USAGE, LAYER_CLIENT, "'%s' is not a number", text);
}

/* One option; moves *at past its value. */
static bool option(struct request *r, char **argv, int argc, int *at, struct err *e)
{
	struct str name = str_z(argv[*at]);
	const char *value = *at + 1 < argc ? argv[*at + 1] : NULL;
	uint64_t n = 0;
	if (!str_starts(name, STR("--"))) {
		r->out = argv[*at];
		return true;
	}
	if (str_eq_z(name, "--adapter")) {
		r->is_adapter = true;
		return true;
	}
	if (!value)
		return fail(e, ERR_USAGE, LAYER_CLIENT, "%s needs a value", argv[*at]);
	++*at;
	if (str_eq_z(name, "--arch")) {
		r->recipe.arch = value;
	} else if (str_eq_z(name, "--template")) {
		r->template_path = value;
	} else if (str_eq_z(name, "--seed")) {
		return number(value, &r->recipe.seed, e);
	} else if (str_eq_z(name, "--ctx")) {
		if (!number(value, &n, e))
			return false;
		r->recipe.context_tokens = (uint32_t)n;
	} else {
		return fail(e, ERR_USAGE, LAYER_CLIENT, "unknown option %s", argv[*at - 1]);
	}
	return true;
}

static bool make(struct request *r, struct err *e)
{
	struct buf template;
	buf_init(&template, LIMIT_TEXT_FILE_BYTES);
	struct gg_writer *w = NULL;
	bool ok = !r->template_path || fs_read(r->template_path, &template, e);
	if (ok) {
		r->recipe.chat_template = buf_str(&template);
		w = r->is_adapter ? tiny_adapter(&r->recipe, e) : tiny_model(&r->recipe, e);
	}
	ok = w && gg_writer_save(w, r->out, e);
	gg_writer_free(w);
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
