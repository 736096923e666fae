/*
 * cmd_demo.c - `offgrid demo`: what `make run` shows. A model on this machine changes a file in a
 * scratch folder, and every layer of the way is seen on one screen.
 *
 * The exit code is the disk's: 0 only if the file that was asked for is there (for a task of one's
 * own: if the receipt says that the run ended by itself and nothing was claimed in vain).
 */
#include <stdio.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/fs.h"
#include "base/limits.h"
#include "cmd/command.h"
#include "cmd/open_local.h"
#include "model/hardware.h"

#define DEMO_FILE "hello.txt"
#define DEMO_TASK "Create " DEMO_FILE " with: hello from the desk"

enum {
	PAGE_COLUMNS = 80,
	LABEL_COLUMNS = 9,
	ANSWER_TOKENS = 256,
	TURNS = 6,
	RUN_MS = 10 * 60 * 1000,
	COMMAND_MS = 60 * 1000,
	RESULT_BYTES = 8 * 1024,
	US_PER_MS = 1000
};

struct args {
	struct str task;
	struct model_args model;
};

static const struct opt options[] = {
	{ .name = "TASK",
		.is_positional = true,
		OPT_INTO(struct args, task),
		.help = "what to do; without it: " DEMO_TASK },
	MODEL_OPTIONS(struct args, model),
	OPT_END,
};

struct demo {
	struct loop *loop;
	struct arena *arena;
	bool has_color;
	bool in_text; /* the last line of the answer is open */
	unsigned calls, results, errors;
	int code;
};

/* ---- the page ---- */

/* "label    " at the left, in bold on a terminal; only the first line of a block has one. */
static void label(const struct demo *d, const char *word)
{
	printf("%s%-*s%s", d->has_color ? "\033[1m" : "", LABEL_COLUMNS, word,
		d->has_color ? "\033[0m" : "");
}

/* Lines wrapped to the page, hanging under the label. */
static void say(const struct demo *d, const char *word, struct str text)
{
	struct buf wrapped;
	buf_init(&wrapped, LIMIT_ANSWER_BYTES);
	opt_wrap(text, LABEL_COLUMNS, &wrapped);
	label(d, word);
	fputs(wrapped.n > LABEL_COLUMNS ? buf_z(&wrapped) + LABEL_COLUMNS : "\n", stdout);
	buf_clear(&wrapped);
}

static void say_machine(const struct demo *d)
{
	struct hardware h;
	hardware_read(d->arena, &h);
	say(d, "machine",
		arena_printf(d->arena, "%.*s, %u cores, %.1f GiB of memory (%.1f free)",
			STR_ARG(h.cpu), h.cores, (double)h.memory_bytes / (double)GIB,
			(double)h.free_bytes / (double)GIB));
}

static void say_model(const struct demo *d, const struct backend *b, const struct model_choice *c)
{
	const struct engine_facts *f = local_facts(b);
	say(d, "library",
		arena_printf(d->arena, "%.*s on %.*s", STR_ARG(f->library), STR_ARG(f->devices)));
	say(d, "model",
		arena_printf(d->arena, "%.*s: %.*s %.*s, %.0f MB%s, %d tokens of context",
			STR_ARG(c->name), STR_ARG(f->architecture), STR_ARG(f->quantisation),
			(double)f->weight_bytes / 1e6, c->adapter.n ? ", taught by an adapter" : "",
			f->context_tokens));
	if (f->decode_tokens_s > 0 && f->decode_tokens_s < f->limit_tokens_s)
		say(d, "",
			arena_printf(d->arena,
				"decodes %.0f tokens/s; this memory would allow %.0f",
				f->decode_tokens_s, f->limit_tokens_s));
	else if (f->decode_tokens_s > 0)
		say(d, "",
			arena_printf(d->arena, "decodes %.0f tokens/s, all that this memory allows",
				f->decode_tokens_s));
	say(d, "tools",
		arena_printf(
			d->arena, "offered as %s: %s", local_tool_format(b), local_tool_reason(b)));
	struct str rest = f->warnings, line;
	while (rest.n && str_cut(&rest, '\n', &line))
		if (line.n)
			say(d, "", arena_printf(d->arena, "note: %.*s", STR_ARG(line)));
}

/* ---- what the agent tells ---- */

static void close_text(struct demo *d)
{
	if (d->in_text)
		putchar('\n');
	d->in_text = false;
}

/* Text streams as it comes; line breaks hang under the label. */
static void show_text(struct demo *d, struct str text)
{
	if (!d->in_text)
		label(d, "says");
	d->in_text = true;
	for (size_t i = 0; i < text.n; i++) {
		putchar(text.p[i]);
		if (text.p[i] == '\n')
			printf("%*s", LABEL_COLUMNS, "");
	}
	fflush(stdout);
}

static void show_diff(const struct demo *d, struct str diff)
{
	struct str line;
	while (diff.n && str_cut(&diff, '\n', &line)) {
		if (line.n == 0 || str_starts(line, STR("---")) || str_starts(line, STR("+++")) ||
			str_starts(line, STR("@@")) || str_starts(line, STR("diff ")) ||
			str_starts(line, STR("\\")))
			continue;
		const char *color = !d->has_color      ? ""
				    : line.p[0] == '+' ? "\033[32m"
				    : line.p[0] == '-' ? "\033[31m"
						       : "";
		printf("%*s%s%.*s%s\n", LABEL_COLUMNS, "", color, STR_ARG(line),
			*color ? "\033[0m" : "");
	}
}

static void take(void *owner, const struct agent_event *event)
{
	struct demo *d = owner;
	if (event->type == AGENT_TEXT) {
		show_text(d, event->text);
		return;
	}
	if (event->type != AGENT_THINK && event->type != AGENT_ALIVE)
		close_text(d);
	switch (event->type) {
	case AGENT_CALL:
		d->calls++;
		say(d, "call",
			arena_printf(d->arena, "%.*s %.*s", STR_ARG(event->name),
				STR_ARG(event->arguments)));
		break;
	case AGENT_RESULT:
		d->results++;
		d->errors += event->result->is_error;
		say(d, "", buf_str(&event->result->text));
		show_diff(d, buf_str(&event->result->diff));
		break;
	case AGENT_NOTE: say(d, "note", event->text); break;
	case AGENT_END:
		d->code = receipt_exit_code(event->receipt);
		loop_stop(d->loop);
		break;
	default: break;
	}
}

/* ---- the end ---- */

/* One line: every layer of the way and its figure. */
static void say_layers(const struct demo *d, const struct receipt *r)
{
	const struct chat_usage *u = &r->usage;
	double in_s = u->prefill_us > 0 ? (double)(u->prompt_tokens - u->cached_tokens) * 1e6 /
						  (double)u->prefill_us
					: 0;
	double out_s = u->decode_us > 0 ? (double)u->answer_tokens * 1e6 / (double)u->decode_us : 0;
	size_t files = r->changes ? r->changes->count : 0;
	say(d, "layers",
		arena_printf(d->arena,
			"route %.*s → prompt %lld tokens, %lld known → engine %.0f/s in, %.0f/s "
			"out → model %lld tokens → "
			"parse %u call%s → act %u ok, %u failed → disk %zu changed",
			STR_ARG(r->upstream), (long long)u->prompt_tokens,
			(long long)u->cached_tokens, in_s, out_s, (long long)u->answer_tokens,
			d->calls, d->calls == 1 ? "" : "s", d->results - d->errors, d->errors,
			files));
}

static void say_end(const struct demo *d, const struct receipt *r, const char *folder)
{
	struct buf text;
	buf_init(&text, LIMIT_ANSWER_BYTES);
	receipt_show(r, d->has_color, &text);
	putchar('\n');
	fputs(buf_z(&text), stdout);
	putchar('\n');
	buf_clear(&text);
	say_layers(d, r);
	say(d, "next",
		arena_printf(d->arena,
			"ls %s; offgrid trace last; make run TASK=\"Create notes.md with: milk and "
			"bread\"; TAUGHT=0 make run",
			folder));
}

/* What the disk says; the task of one's own is judged by the receipt. */
static int verdict(const struct demo *d, const struct args *args, const char *folder)
{
	if (args->task.n)
		return d->code;
	struct str path = fs_join(d->arena, str_z(folder), STR(DEMO_FILE));
	bool is_there = fs_is_file(path.p);
	printf("\n%s %s\n", path.p,
		is_there ? "is there." : "is not there: the model talked, and did nothing.");
	return is_there ? d->code : 1;
}

static void ask_agent(struct demo *d, const struct args *args, struct router *router,
	struct paths *paths, struct store *store)
{
	struct agent *agent = agent_new(&(struct agent_options){
		.loop = d->loop,
		.router = router,
		.paths = paths,
		.store = store,
		.policy = POLICY_EDITS,
		.cage = "auto",
		.budget = { .turns = TURNS, .ms = RUN_MS },
		.answer_tokens = ANSWER_TOKENS,
		.command_ms = COMMAND_MS,
		.max_text_bytes = RESULT_BYTES,
		.take = take,
		.owner = d,
	});
	agent_do(agent, args->task.n ? args->task : STR(DEMO_TASK));
	loop_run(d->loop);
	say_end(d, agent_receipt(agent), paths_root(paths, 0));
	agent_free(agent);
}

static int run_in(struct demo *d, const struct args *args, const char *folder, struct err *e)
{
	struct model_choice choice;
	struct store *store = NULL;
	int code = 1;
	struct router *router = router_new(d->loop);
	struct paths *paths = paths_new(folder, e);
	say_machine(d);
	struct backend *b = paths ? open_local(d->arena, d->loop, &args->model,
					    (struct engine_watcher){ NULL, NULL }, &choice, e)
				  : NULL;
	if (!b)
		goto out;
	say_model(d, b, &choice);
	router_add(router, "local", b, true);
	store = store_open(store_default_path(d->arena).p, e);
	if (!store)
		goto out;
	say(d, "folder", str_z(folder));
	putchar('\n');
	say(d, "task", args->task.n ? args->task : STR(DEMO_TASK));
	ask_agent(d, args, router, paths, store);
	code = verdict(d, args, folder);
out:
	router_free(router);
	store_close(store);
	paths_free(paths);
	return code;
}

static int run(const struct invocation *in, struct err *e)
{
	struct demo d = { .arena = in->arena, .has_color = isatty(STDOUT_FILENO) };
	struct str folder;
	if (!fs_temp_dir(in->arena, "offgrid-run", &folder, e))
		return 1;
	d.loop = loop_new();
	int code = run_in(&d, in->args, folder.p, e);
	loop_free(d.loop);
	return code;
}

static const char *const examples[] = {
	"offgrid demo",
	"offgrid demo \"Create notes.md with: milk and bread\"",
	"offgrid demo --model smollm2-135m",
	NULL,
};

const struct command cmd_demo = {
	.name = "demo",
	.group = GROUP_WORK,
	.about = "see it work: a model here changes a file in a scratch folder",
	.text = "Loads a model (the starter model, unless another is named), lets it do one small "
		"task in a fresh folder through the "
		"real agent, and shows every layer of the way on one screen.",
	.examples = examples,
	.options = options,
	.args_bytes = sizeof(struct args),
	.run = run,
};
