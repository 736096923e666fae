/*
 * cmd_show.c - `offgrid show`: what is known about one model, from its own header and this
 * machine's memory.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "cmd/command.h"
#include "cmd/model_view.h"
#include "cmd/print.h"
#include "cmd/template_view.h"
#include "model/guard.h"
#include "model/hardware.h"
#include "model/hash.h"

struct args {
	struct str name;
	int64_t context_tokens;
	bool keys;
	bool template;
	bool hash;
	bool json;
};

static const struct opt options[] = {
	{ .name = "MODEL",
		.is_positional = true,
		OPT_INTO(struct args, name),
		.help = "a name from `offgrid list` or the catalog, its beginning, or a path; "
			"without one the starter model; or a template, FILE.jinja" },
	{ .name = "context",
		.letter = 'c',
		OPT_INTO(struct args, context_tokens),
		.unit = OPT_TOKENS,
		.arg = "TOKENS",
		.max = (int64_t)LIMIT_CONTEXT_TOKENS,
		.help = "reckon its memory for a context of this size" },
	{ .name = "keys", OPT_INTO(struct args, keys), .help = "every key in its header" },
	{ .name = "template",
		OPT_INTO(struct args, template),
		.help = "its chat template, as it is" },
	{ .name = "hash",
		OPT_INTO(struct args, hash),
		.help = "read the file and print its SHA-256" },
	{ .name = "json", OPT_INTO(struct args, json), .help = "print JSON" },
	OPT_END,
};

enum { KEY_COLUMN = 40, VALUE_SHOWN = 60 };

/* ---- every key ---- */

static void add_text_value(struct str s, struct buf *out)
{
	struct buf clean;
	buf_init(&clean, PRINT_MAX);
	utf8_mend(str_sub(s, 0, utf8_whole(str_sub(s, 0, VALUE_SHOWN))), &clean);
	buf_add_char(out, '"');
	for (size_t i = 0; i < clean.n; i++)
		buf_add_char(out, (unsigned char)clean.p[i] < ' ' ? ' ' : clean.p[i]);
	buf_add_z(out, s.n > VALUE_SHOWN ? "\"..." : "\"");
	buf_clear(&clean);
}

static void add_value(const struct gg_value *v, struct buf *out)
{
	struct str rest = v->array.bytes, text;
	if (v->kind == GG_ARRAY)
		buf_printf(out, "%" PRIu64 " of %s", v->array.count, gg_kinds[v->array.kind].name);
	else if (v->kind == GG_STR && gg_next_str(&rest, &text))
		add_text_value(text, out);
	else if (v->kind == GG_BOOL)
		buf_add_z(out, gg_item_i64(&v->array, 0) ? "true" : "false");
	else if (v->kind == GG_U64)
		buf_printf(out, "%" PRIu64, (uint64_t)gg_item_i64(&v->array, 0));
	else if (gg_is_integer(v->kind))
		buf_printf(out, "%" PRId64, gg_item_i64(&v->array, 0));
	else
		buf_printf(out, "%g", gg_item_double(&v->array, 0));
}

static void print_keys(const struct gg_file *f)
{
	struct buf out;
	char name[GG_QUOTE_BYTES];
	buf_init(&out, PRINT_MAX);
	for (size_t i = 0; i < gg_key_count(f); i++) {
		struct gg_value v = gg_key_at(f, i);
		buf_printf(&out, "%-*s ", KEY_COLUMN, gg_quote(v.key, name));
		add_value(&v, &out);
		buf_add_char(&out, '\n');
	}
	buf_printf(&out, "%-*s %zu\n", KEY_COLUMN, "tensors", gg_tensor_count(f));
	print_text(&out);
}

static void print_template(const struct gg_file *f)
{
	struct str text = card_template(f);
	fwrite(text.n ? text.p : "", 1, text.n, stdout);
}

/* ---- the page ---- */

static bool reckon(struct model_page *p, const struct args *args, struct arena *a, struct err *e)
{
	struct hardware here;
	struct estimate_model model;
	struct estimate_use use = { .context_tokens = (uint64_t)args->context_tokens };
	if (!estimate_read_path(p->choice.path.p, &model, e))
		return false;
	hardware_read(a, &here);
	p->free_bytes = here.free_bytes;
	p->need = estimate_of(&model, &use);
	p->longest_tokens = estimate_longest(&model, &use, here.free_bytes);
	return true;
}

/* The template of a model's file, as the engine would open it. */
static struct chat_template *open_template(const struct gg_file *f, struct err *e)
{
	struct template_source source = { .text = card_template(f) };
	gg_opt_str(f, "general.name", &source.name, NULL);
	gg_opt_str(f, "general.architecture", &source.architecture, NULL);
	return source.text.n ? template_open(&source, e) : NULL;
}

/* Under the page, or as its member. A template that cannot be compiled is told in its place. */
static void add_template(const struct gg_file *f, json_t *page, struct buf *text)
{
	struct err e = { 0 };
	struct chat_template *t = open_template(f, &e);
	if (t && page)
		json_object_set_new(page, "template", template_view_json(t));
	else if (t)
		template_view(t, text);
	else if (err_is_set(&e) && page)
		json_object_set_new(page, "template", json_pack("{s:s}", "broken", e.what));
	else if (err_is_set(&e))
		buf_printf(text, "  the chat template is broken: %s\n", e.what);
	template_free(t);
	err_clear(&e);
}

/* A template by itself. */
static bool print_template_file(const struct args *args, struct arena *a, struct err *e)
{
	struct buf text, out;
	buf_init(&text, LIMIT_JINJA_TEMPLATE_BYTES);
	buf_init(&out, PRINT_MAX);
	const char *path = arena_z(a, args->name);
	struct chat_template *t = NULL;
	if (fs_read(path, &text, e))
		t = template_open(&(struct template_source){ .text = buf_str(&text) }, e);
	if (t && args->json) {
		print_json(template_view_json(t));
	} else if (t) {
		buf_printf(&out, "%s\n", path);
		template_view(t, &out);
		print_text(&out);
	}
	bool ok = t != NULL;
	template_free(t);
	buf_clear(&text);
	buf_clear(&out);
	return ok;
}

static bool print_page(struct model_page *p, const struct gg_file *f, const struct args *args,
	struct arena *a, struct err *e)
{
	struct buf text;
	guard_check(f, &p->unsafe);
	if (!files_card(a, p->choice.file, &p->card, e) || !reckon(p, args, a, e))
		return false;
	if (args->json) {
		json_t *page = model_view_page_json(p);
		add_template(f, page, NULL);
		print_json(page);
		return true;
	}
	buf_init(&text, PRINT_MAX);
	model_view_page(p, &text);
	add_template(f, NULL, &text);
	print_text(&text);
	return true;
}

static int run(const struct invocation *in, struct err *e)
{
	const struct args *args = in->args;
	struct model_page page = { 0 };
	if (str_ends(args->name, STR(".jinja")))
		return print_template_file(args, in->arena, e) ? 0 : 1;
	if (!choose_model(in->arena, args->name, &page.choice, e))
		return 1;
	struct str *sha256 = &page.choice.sha256;
	if (args->hash && !hash_of_file(in->arena, page.choice.path, NULL, sha256, e))
		return 1;
	struct gg_file *f = gg_open(page.choice.path.p, e);
	bool ok = f != NULL;
	if (ok && args->hash && !args->json)
		printf("%s  %s\n", sha256->p, page.choice.path.p);
	else if (ok && args->keys)
		print_keys(f);
	else if (ok && args->template)
		print_template(f);
	else if (ok)
		ok = print_page(&page, f, args, in->arena, e);
	gg_free(f);
	return ok ? 0 : 1;
}

static const char *const examples[] = {
	"offgrid show",
	"offgrid show qwen3-8b -c 32k",
	"offgrid show ./model.gguf --keys",
	"offgrid show ./chat_template.jinja",
	NULL,
};

const struct command cmd_show = {
	.name = "show",
	.group = GROUP_MODELS,
	.about = "what is known about a model",
	.text = "From the file's own header: nothing is loaded. The memory is what it will take "
		"here for a context of that size, term by term. What the chat template does with "
		"tools, calls and results was found by rendering it.",
	.examples = examples,
	.options = options,
	.args_bytes = sizeof(struct args),
	.run = run,
};
