/*
 * cmd_list.c - `offgrid list`: the models on this machine, ours and those of other programs.
 */
#include <sys/stat.h>

#include "cmd/command.h"
#include "cmd/model_view.h"
#include "cmd/print.h"

enum { MS_PER_S = 1000 };

struct args {
	bool json;
};

static const struct opt options[] = {
	{ .name = "json", OPT_INTO(struct args, json), .help = "print JSON" },
	OPT_END,
};

static int64_t written_unix_ms(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? (int64_t)st.st_mtime * MS_PER_S : 0;
}

static int run(const struct invocation *in, struct err *e)
{
	(void)e;
	const struct args *args = in->args;
	struct model_files files;
	struct buf text;
	files_scan(in->arena, &files);
	struct model_row *rows = arena_calloc(in->arena, files.count + 1, sizeof(*rows));
	for (size_t i = 0; i < files.count; i++) {
		rows[i].file = &files.items[i];
		files_card(in->arena, &files.items[i], &rows[i].card, &rows[i].why);
		rows[i].made_unix_ms = written_unix_ms(files.items[i].path.p);
	}
	model_view_link(rows, files.count);
	if (args->json) {
		print_json(model_view_list_json(rows, files.count));
		return 0;
	}
	buf_init(&text, PRINT_MAX);
	model_view_list(rows, files.count, &text);
	print_text(&text);
	return 0;
}

static const char *const examples[] = { "offgrid list", "offgrid list --json", NULL };

const struct command cmd_list = {
	.name = "list",
	.group = GROUP_MODELS,
	.about = "the models on this machine",
	.text = "Also those that Ollama, LM Studio, the Hugging Face cache or llama.cpp already "
		"downloaded: they are used where they lie, never copied, and never removed by us. "
		"A file that cannot be used is listed with the reason.",
	.examples = examples,
	.options = options,
	.args_bytes = sizeof(struct args),
	.run = run,
};
