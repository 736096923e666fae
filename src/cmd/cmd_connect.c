/*
 * cmd_connect.c - `offgrid connect`: sets up another program to use a server of ours, or says what
 * is wrong in its set-up.
 *
 * Layer: client.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/diff.h"
#include "base/fs.h"
#include "base/limits.h"
#include "client/checkup.h"
#include "client/connect.h"
#include "cmd/command.h"
#include "cmd/connect_target.h"
#include "cmd/print.h"

struct args {
	struct str client;
	struct target_args target;
	bool check, dry_run, yes;
};

static const struct opt options[] = {
	{ .name = "CLIENT",
		.is_positional = true,
		OPT_INTO(struct args, client),
		.help = "which program; without it, all that are known" },
	TARGET_OPTIONS(struct args, target),
	{ .name = "check",
		.line_only = true,
		OPT_INTO(struct args, check),
		.help = "say what is wrong in its set-up and change nothing" },
	{ .name = "dry-run",
		.letter = 'n',
		.line_only = true,
		OPT_INTO(struct args, dry_run),
		.help = "show what would change and change nothing" },
	{ .name = "yes",
		.letter = 'y',
		.line_only = true,
		OPT_INTO(struct args, yes),
		.help = "do not ask" },
	OPT_END,
};

enum { NOTE_INDENT = 8 };

/* ---- the list ---- */

static int list(struct arena *a)
{
	printf("%-15s%-15s%-12s%-11s%s\n", "client", "program", "installed", "connected",
		"known from");
	for (size_t i = 0; i < client_count; i++) {
		const struct client *c = &clients[i];
		if (c->program)
			printf("%-15s%-15s%-12s%-11s%s\n", c->name, c->title,
				connect_has_program(c->program, a) ? "yes" : "no",
				connect_is_done(c, a) ? "yes" : "no",
				c->measured ? "runs" : "its source");
		else
			printf("%-15s%s\n", c->name, c->title);
	}
	printf("\nset one up: offgrid connect CLIENT\n");
	return 0;
}

/* "note: …" in lines of at most 80 columns, each behind `before`. */
static void print_note(const struct client *c, const char *before)
{
	struct buf wrapped;
	struct str rest, line;
	if (!c->note)
		return;
	buf_init(&wrapped, LIMIT_TEXT_FILE_BYTES);
	opt_wrap(str_z(c->note), NOTE_INDENT, &wrapped);
	rest = str_trim(buf_str(&wrapped));
	for (const char *mark = "note: "; str_cut(&rest, '\n', &line); mark = "      ")
		printf("%s%s%.*s\n", before, mark, STR_ARG(str_trim(line)));
	buf_clear(&wrapped);
}

/* ---- checking ---- */

static const char *const finding_words[] = {
	[CLIENT_MISSING] = "missing",
	[CLIENT_DIFFERS] = "differs",
	[CLIENT_TOOLS_OFF] = "harms",
	[CLIENT_PLACEBO] = "placebo",
};

static void print_finding(const struct client_finding *f)
{
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	printf("  %-8s %.*s", finding_words[f->kind], STR_ARG(f->path));
	if (f->is.n && !f->is_secret)
		printf(": %.*s", STR_ARG(f->is));
	putchar('\n');
	if (f->is_secret) /* what is shown is pasted somewhere one day */
		buf_add_z(&text, "should hold this server's key: ");
	else if (f->kind == CLIENT_MISSING || f->kind == CLIENT_DIFFERS)
		buf_printf(&text, "should be %.*s: ", STR_ARG(f->should));
	buf_add_z(&text, f->why);
	struct buf wrapped;
	buf_init(&wrapped, LIMIT_TEXT_FILE_BYTES);
	opt_wrap(buf_str(&text), 11, &wrapped);
	print_text(&wrapped);
	buf_clear(&text);
}

/* What was found, and how much of it. */
struct tally {
	size_t wrong, mendable;
};

static void print_findings(const struct client_findings *found, struct tally *tally)
{
	for (size_t k = 0; k < found->count; k++) {
		print_finding(&found->list[k]);
		tally->wrong += checkup_matters(&found->list[k]);
		tally->mendable += found->list[k].can_mend;
	}
}

static void print_part(const struct checkup_part *part, struct tally *tally)
{
	printf("%.*s%s\n", STR_ARG(part->name),
		part->is_over     ? " (outweighs the above; mend it by hand)"
		: !part->is_there ? " (not there)"
				  : "");
	print_findings(&part->found, tally);
	if (!part->found.count)
		printf("  as it should be\n");
}

static int check(const struct client *c, const struct args *args, const struct client_target *t,
	struct arena *a, struct err *e)
{
	const struct target_args *given = &args->target;
	bool is_given = given->url.n || given->model.n || given->key_env.n || given->context ||
			given->output;
	struct tally tally = { 0 };
	struct checkup_parts parts;
	if (!checkup(c, t, a, &parts, e))
		return 1;
	for (size_t i = 0; i < parts.count; i++)
		print_part(&parts.list[i], &tally);
	if (!parts.count) {
		printf("the environment holds none of its variables; which: offgrid connect %s\n",
			c->name);
		return 1;
	}
	print_note(c, "");
	if (tally.mendable)
		printf("mend it: offgrid connect %s%s\n", c->name,
			is_given ? ", with the same options" : "");
	return tally.wrong ? 1 : 0;
}

/* ---- connecting ---- */

static void print_change(const struct connect_change *change)
{
	struct buf diff;
	printf("%s%s\n", change->path.p, change->is_new ? " (new)" : "");
	if (str_eq(change->before, change->after)) {
		printf("  as it should be\n");
		return;
	}
	buf_init(&diff, LIMIT_TEXT_FILE_BYTES);
	diff_texts(change->path, change->before, change->after, &diff);
	print_text(&diff);
}

static bool is_wanted(const struct client *c, struct err *e)
{
	char answer[8] = "";
	if (!isatty(STDIN_FILENO)) {
		fail(e, ERR_USAGE, LAYER_NONE, "there is nobody to ask whether to write this");
		return err_mend(e, "offgrid connect --yes %s", c->name);
	}
	printf("write this? [y/N] ");
	fflush(stdout);
	if (fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	return fail(e, ERR_CANCELLED, LAYER_NONE, "nothing was changed");
}

/* What is written counts less than this. */
static bool print_over(
	const struct client *c, const struct client_target *t, struct arena *a, struct err *e)
{
	struct tally tally = { 0 };
	struct checkup_parts parts;
	if (!checkup(c, t, a, &parts, e))
		return false;
	for (size_t i = 0; i < parts.count; i++)
		if (parts.list[i].is_over)
			print_part(&parts.list[i], &tally);
	return true;
}

/* For a program that nothing is known of: what to tell it. */
static int tell(
	const struct client *c, const struct client_target *t, struct arena *a, struct err *e)
{
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	bool ok = client_write(c, 0, t, a, &text, e);
	if (ok) {
		printf("# context: %lld tokens; most of one answer: %lld\n", (long long)t->context,
			(long long)t->output);
		print_text(&text);
		print_note(c, "# ");
	}
	buf_clear(&text);
	return ok ? 0 : 1;
}

static int set_up(const struct client *c, const struct args *args, const struct client_target *t,
	struct arena *a, struct err *e)
{
	struct connect_change changes[CLIENT_FILES];
	size_t count, changed = 0;
	if (!connect_plan(c, t, STR(""), a, changes, &count, e))
		return 1;
	for (size_t i = 0; i < count; i++) {
		print_change(&changes[i]);
		changed += !str_eq(changes[i].before, changes[i].after);
	}
	if (!changed || args->dry_run)
		return 0;
	if (!args->yes && !is_wanted(c, e))
		return 1;
	if (!connect_write(c, t, changes, count, a, e))
		return 1;
	printf("%s uses %.*s at %.*s now\nundo: offgrid disconnect %s\n", c->title,
		STR_ARG(t->model), STR_ARG(t->url), c->name);
	print_note(c, "");
	return print_over(c, t, a, e) ? 0 : 1;
}

/* The server that is to be used; to check against where it does not run: what it was connected to.
 */
static bool find_target(const struct client *c, const struct args *args, struct arena *a,
	struct client_target *out, struct err *e)
{
	struct err why = { 0 };
	if (connect_target(c, &args->target, a, out, &why))
		return true;
	bool is_recalled = args->check && why.kind == ERR_UNREACHABLE && connect_recall(c, a, out);
	if (is_recalled)
		printf("no server answers; held against what it was connected to: %.*s at %.*s\n",
			STR_ARG(out->model), STR_ARG(out->url));
	else
		*e = why;
	return is_recalled;
}

static int run(const struct invocation *in, struct err *e)
{
	const struct args *args = in->args;
	struct client_target target;
	if (!args->client.n)
		return list(in->arena);
	const struct client *c = client_find(args->client, e);
	if (!c || !find_target(c, args, in->arena, &target, e))
		return 1;
	if (args->check)
		return check(c, args, &target, in->arena, e);
	return c->files[0].place ? set_up(c, args, &target, in->arena, e)
				 : tell(c, &target, in->arena, e);
}

static const char *const examples[] = { "offgrid connect", "offgrid connect opencode",
	"offgrid connect codex --check", "offgrid connect claude-code --model qwen3 --context 64k",
	NULL };

const struct command cmd_connect = {
	.name = "connect",
	.group = GROUP_SERVE,
	.about = "set up OpenCode, Codex, Claude Code, ... and undo it",
	.text = "Finds the program's configuration in the place and format it really uses, shows "
		"what will change, and changes that alone: comments and all other settings stay. "
		"Address, model, the limits of the model that is really served, and patience for "
		"a long prompt. The file as it was is kept; offgrid disconnect puts it back.\n\n"
		"With --check nothing is changed: it says what is missing, what differs, what "
		"takes tools away, which settings do nothing at all, and what outweighs the "
		"file.\n\n"
		"offgrid connect any prints what a program has to be told that is not known here.",
	.examples = examples,
	.options = options,
	.args_bytes = sizeof(struct args),
	.run = run,
};
