/*
 * cmd_rm.c - `offgrid rm`: removes a model of ours, after asking.
 */
#include <stdio.h>
#include <unistd.h>

#include "cmd/command.h"
#include "model/card.h"
#include "model/remove.h"

struct args {
	struct str name;
	bool yes;
};

static const struct opt options[] = {
	{ .name = "MODEL",
		.is_positional = true,
		.is_required = true,
		OPT_INTO(struct args, name),
		.help = "a name from `offgrid list`, or its beginning" },
	{ .name = "yes",
		.letter = 'y',
		.line_only = true,
		OPT_INTO(struct args, yes),
		.help = "do not ask" },
	OPT_END,
};

/* Asks on the terminal; without one it takes --yes. */
static bool is_wanted(const struct model_file *m, struct err *e)
{
	char size[CARD_BYTES_TEXT], answer[8] = "";
	if (!isatty(STDIN_FILENO)) {
		fail(e, ERR_USAGE, LAYER_NONE, "there is nobody to ask whether %s may be removed",
			m->name.p);
		return err_mend(e, "offgrid rm --yes %s", m->name.p);
	}
	printf("remove %s (%s)? [y/N] ", m->path.p, card_bytes(m->bytes, size));
	fflush(stdout);
	if (fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	return fail(e, ERR_CANCELLED, LAYER_NONE, "nothing was removed");
}

static int run(const struct invocation *in, struct err *e)
{
	const struct args *args = in->args;
	struct model_files files;
	char size[CARD_BYTES_TEXT];
	files_scan(in->arena, &files);
	const struct model_file *m = files_find(in->arena, &files, args->name, e);
	if (!m || !remove_allowed(m, e))
		return 1;
	if (!args->yes && !is_wanted(m, e))
		return 1;
	if (!remove_model(in->arena, m, e))
		return 1;
	printf("removed %s: %s are free again\n", m->name.p, card_bytes(m->bytes, size));
	return 0;
}

static const char *const examples[] = { "offgrid rm qwen3-8b", "offgrid rm --yes Qwen3-8B-Q4_K_M",
	NULL };

const struct command cmd_rm = {
	.name = "rm",
	.group = GROUP_MODELS,
	.about = "remove a model",
	.text = "Only what we downloaded ourselves. A model that another program owns is used "
		"where "
		"it lies and stays; the refusal says how that program removes it.",
	.examples = examples,
	.options = options,
	.args_bytes = sizeof(struct args),
	.run = run,
};
