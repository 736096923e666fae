/*
 * cmd_pull.c - `offgrid pull`: fetches a model, with a bar that says how long it will take.
 *
 * On a terminal the bar is one line that is written over; elsewhere a line comes at every tenth.
 * Ctrl-C stops and keeps what has come.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/loop.h"
#include "cmd/command.h"
#include "cmd/print.h"
#include "cmd/pull_view.h"
#include "model/card.h"
#include "model/choose.h"
#include "model/hardware.h"
#include "net/http_client.h"

struct args {
	struct str what;
	bool json;
};

static const struct opt options[] = {
	{ .name = "MODEL",
		.is_positional = true,
		OPT_INTO(struct args, what),
		.help = "a name of the catalog, hf:OWNER/REPO, hf:OWNER/REPO:QUANTISATION, "
			"hf:OWNER/REPO/FILE, or the https address of a GGUF file; without one the "
			"catalog is listed" },
	{ .name = "json", OPT_INTO(struct args, json), .help = "print the end as JSON" },
	OPT_END,
};

struct run {
	struct arena *arena;
	struct loop *loop;
	struct pull *pull;
	const struct pull_plan *plan;
	const struct args *args;
	bool is_terminal, is_done;
	int tenths; /* shown so far, without a terminal */
	struct err *e;
};

enum { LINE_BYTES = 4096, TENTHS = 10, MODE_BYTES = 65536 };

static void note_memory(struct run *r, struct buf *out)
{
	char need[CARD_BYTES_TEXT], have[CARD_BYTES_TEXT];
	struct hardware here;
	hardware_read(r->arena, &here);
	if (r->plan->all_bytes > here.memory_bytes && here.memory_bytes)
		buf_printf(out, "  its weights alone are %s; this machine has %s of memory\n",
			card_bytes(r->plan->all_bytes, need), card_bytes(here.memory_bytes, have));
}

static void show_plan(void *owner, const struct pull_plan *plan)
{
	struct run *r = owner;
	struct buf text;
	r->plan = plan;
	if (r->args->json)
		return;
	buf_init(&text, MODE_BYTES);
	pull_view_plan(plan, &text);
	note_memory(r, &text);
	print_text(&text);
	fflush(stdout);
}

static bool is_worth_a_line(struct run *r, const struct pull_progress *p)
{
	if (r->is_terminal)
		return true;
	int tenths =
		p->all_bytes ? (int)((double)p->done_bytes / (double)p->all_bytes * TENTHS) : 0;
	if (tenths <= r->tenths)
		return false;
	r->tenths = tenths;
	return true;
}

static void show_progress(void *owner, const struct pull_progress *p)
{
	struct run *r = owner;
	struct buf line;
	if (r->args->json || !r->plan || !is_worth_a_line(r, p))
		return;
	buf_init(&line, LINE_BYTES);
	pull_view_progress(r->plan, p, &line);
	if (r->is_terminal)
		printf("\r\x1b[K%s", buf_z(&line));
	else
		printf("  %s\n", buf_z(&line));
	fflush(stdout);
	buf_clear(&line);
}

static void end_line(const struct run *r)
{
	if (r->is_terminal && r->plan && !r->args->json)
		printf("\r\x1b[K");
}

static json_t *plan_json(const struct pull_plan *plan)
{
	json_t *files = json_array();
	for (size_t i = 0; i < plan->count; i++)
		json_array_append_new(files,
			json_pack("{s:o, s:o, s:I}", "path", js_new_text(plan->parts[i].path),
				"sha256", js_new_text(plan->parts[i].sha256), "bytes",
				(json_int_t)plan->parts[i].bytes));
	return json_pack("{s:o, s:o}", "name", js_new_text(plan->name), "files", files);
}

static void show_end(void *owner, const struct pull_plan *plan, const struct err *e)
{
	struct run *r = owner;
	end_line(r);
	if (e)
		*r->e = *e;
	else if (r->args->json)
		print_json(plan_json(plan));
	else
		printf("%s is there: %s\n  next: offgrid show %s\n", plan->name.p,
			plan->parts[0].path.p, plan->name.p);
	r->is_done = e == NULL;
	loop_stop(r->loop);
}

static void interrupted(void *ctx)
{
	struct run *r = ctx;
	end_line(r);
	fail(r->e, ERR_CANCELLED, LAYER_NONE, "stopped; what has come is kept");
	err_mend(r->e, "the same command goes on where it was");
	loop_stop(r->loop);
}

static int pull_it(const struct invocation *in, struct err *e)
{
	const struct args *args = in->args;
	struct run r = { .arena = in->arena,
		.loop = loop_new(),
		.args = args,
		.is_terminal = isatty(STDOUT_FILENO) == 1,
		.e = e };
	const struct pull_watcher watcher = { show_plan, show_progress, show_end, &r };
	struct http_client *client = http_client_new(r.loop);
	struct loop_signal *stop = loop_signal_new(r.loop, SIGINT, interrupted, &r);
	struct loop_signal *end = loop_signal_new(r.loop, SIGTERM, interrupted, &r);
	r.pull = pull_start(r.loop, client, args->what, &watcher, e);
	if (r.pull)
		loop_run(r.loop);
	pull_free(r.pull);
	loop_signal_free(end);
	loop_signal_free(stop);
	http_client_free(client);
	loop_free(r.loop);
	return r.is_done ? 0 : 1;
}

static int list_catalog(const struct invocation *in)
{
	struct catalog c = catalog_own(in->arena);
	bool *is_here = arena_calloc(in->arena, c.count, sizeof(*is_here));
	struct model_choice choice;
	struct buf text;
	for (size_t i = 0; i < c.count; i++)
		is_here[i] = choose_model(in->arena, c.rows[i].name, &choice, NULL);
	buf_init(&text, MODE_BYTES);
	pull_view_catalog(&c, is_here, &text);
	print_text(&text);
	return 0;
}

static int run(const struct invocation *in, struct err *e)
{
	const struct args *args = in->args;
	return args->what.n ? pull_it(in, e) : list_catalog(in);
}

static const char *const examples[] = {
	"offgrid pull",
	"offgrid pull qwen3-8b",
	"offgrid pull hf:Qwen/Qwen3-4B-GGUF:Q8_0",
	NULL,
};

const struct command cmd_pull = {
	.name = "pull",
	.group = GROUP_MODELS,
	.about = "download a model, resumable and verified",
	.text = "Before anything is written it is known how much comes and that the disk has room. "
		"An interrupted pull goes on where it stopped. A file is kept only if its hash is "
		"the one the catalog or the hub names. HF_TOKEN is sent to the hub, and to nobody "
		"else; HF_ENDPOINT names a mirror.",
	.examples = examples,
	.options = options,
	.args_bytes = sizeof(struct args),
	.run = run,
};
