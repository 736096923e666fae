/*
 * cmd_agent.c - `offgrid agent`: a model that changes files here, and a receipt of what it did.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "agent/context.h"
#include "base/limits.h"
#include "base/must.h"
#include "cmd/agent_lines.h"
#include "cmd/command.h"
#include "cmd/open_local.h"
#include "route/upstreams.h"

struct args {
	struct str task;
	bool takes_up_last;
	struct str resume;
	struct model_args model;
	struct str upstream, api, key_env, script;
	struct str cwd;
	struct opt_list allow;
	int policy;
	struct str cage;
	struct str check;
	bool json;
	bool no_store;
	int64_t max_turns, max_tokens, max_minutes, max_answer, command_ms;
};

static const struct opt options[] = {
	{ .name = "TASK",
		.is_positional = true,
		OPT_INTO(struct args, task),
		.help = "what is to be done; without it, tasks are read line by line" },
	{ .name = "continue",
		OPT_INTO(struct args, takes_up_last),
		.line_only = true,
		.help = "go on with the last session of this directory" },
	{ .name = "resume",
		OPT_INTO(struct args, resume),
		.arg = "ID",
		.line_only = true,
		.help = "go on with this session" },
	{ .name = "check",
		OPT_INTO(struct args, check),
		.arg = "COMMAND",
		.help = "run at the end, outside of the cage; its exit code decides" },
	{ .name = "json", OPT_INTO(struct args, json), .help = "print JSON, one event a line" },
	OPT_HEADING("who answers"),
	MODEL_OPTIONS(struct args, model),
	{ .name = "upstream",
		OPT_INTO(struct args, upstream),
		.arg = "URL",
		.help = "ask a server instead of running a model here" },
	{ .name = "api",
		OPT_INTO(struct args, api),
		.arg = "NAME",
		.initial = "openai",
		.help = "what the server speaks" },
	{ .name = "key-env",
		OPT_INTO(struct args, key_env),
		.arg = "NAME",
		.help = "the environment variable that holds the server's key" },
	{ .name = "script",
		OPT_INTO(struct args, script),
		.arg = "FILE",
		.completes = OPT_FILES,
		.help = "answers from a file, to try things without a model" },
	OPT_HEADING("what it may do"),
	{ .name = "cwd",
		.letter = 'C',
		OPT_INTO(struct args, cwd),
		.arg = "DIR",
		.initial = ".",
		.line_only = true,
		.completes = OPT_DIRS,
		.help = "the directory it works in" },
	{ .name = "allow",
		OPT_INTO(struct args, allow),
		.arg = "DIR",
		.completes = OPT_DIRS,
		.help = "another directory that it may read and write" },
	{ .name = "policy",
		OPT_INTO(struct args, policy),
		.arg = "NAME",
		.initial = "edits",
		.choices = policy_names,
		.help = "edits: accept edits, and commands in the cage; ask: ask first; auto: "
			"accept "
			"everything; read-only: change nothing" },
	{ .name = "cage",
		OPT_INTO(struct args, cage),
		.arg = "NAME",
		.initial = "auto",
		.help = "how commands are confined: auto, none, or one of bubblewrap, landlock, "
			"seatbelt" },
	OPT_HEADING("how much"),
	{ .name = "max-turns",
		OPT_INTO(struct args, max_turns),
		.arg = "COUNT",
		.initial = "50",
		.max = 100000,
		.help = "answers in one run; 0: no limit" },
	{ .name = "max-tokens",
		OPT_INTO(struct args, max_tokens),
		.unit = OPT_TOKENS,
		.arg = "TOKENS",
		.initial = "0",
		.help = "tokens read and said in one run; 0: no limit" },
	{ .name = "max-minutes",
		OPT_INTO(struct args, max_minutes),
		.arg = "COUNT",
		.initial = "60",
		.max = 100000,
		.help = "minutes of one run; 0: no limit" },
	{ .name = "max-answer",
		OPT_INTO(struct args, max_answer),
		.unit = OPT_TOKENS,
		.arg = "TOKENS",
		.initial = "0",
		.help = "tokens of one answer; 0: the model's own limit" },
	{ .name = "command-time",
		OPT_INTO(struct args, command_ms),
		.unit = OPT_MS,
		.arg = "TIME",
		.initial = "2m",
		.help = "time that one command may take" },
	OPT_HEADING("what is kept"),
	{ .name = "no-store",
		OPT_INTO(struct args, no_store),
		.help = "write down neither the session nor traces" },
	OPT_END,
};

static const char *const examples[] = {
	"offgrid agent \"create hello.txt with: hello from the desk\"",
	"offgrid agent --check \"make test\" \"make the tests pass\"",
	"offgrid agent --upstream http://127.0.0.1:8080/v1 --model qwen3 \"add a README\"",
	"offgrid agent --continue",
	NULL,
};

/* The starter model is small: an answer of its own that is longer than this is going nowhere. */
enum { STARTER_ANSWER_TOKENS = 320, MS_PER_MINUTE = 60 * 1000 };

/* A result may take a quarter of the context: so many bytes for each token of it. */
enum { RESULT_BYTES_PER_TOKEN = 1, RESULT_BYTES_LEAST = 2048, RESULT_BYTES_MOST = 32 * 1024 };

/* All that lives as long as the command. */
struct house {
	struct arena *arena;
	const struct args *args;
	struct loop *loop;
	struct http_client *client; /* NULL: nobody is asked over the network */
	struct router *router;
	struct paths *paths;
	struct store *store;
	struct str model;
	struct agent *agent;
	struct lines *lines; /* NULL: one task, headless */
	struct loop_signal *signals[2];
	struct face face;
};

static void house_clear(struct house *h)
{
	for (size_t i = 0; i < sizeof h->signals / sizeof h->signals[0]; i++)
		loop_signal_free(h->signals[i]);
	lines_free(h->lines);
	agent_free(h->agent);
	router_free(h->router);
	http_client_free(h->client);
	store_close(h->store);
	paths_free(h->paths);
	loop_free(h->loop);
}

/* ---- who answers ---- */

static bool tell_loading(void *owner, enum engine_stage stage, double done)
{
	if (stage == ENGINE_LOADING)
		face_progress(owner, "loading the model", done);
	return true;
}

static bool add_script(struct house *h, struct err *e)
{
	struct upstream_spec spec = { .name = STR("script"), .script = h->args->script };
	return upstream_add(h->router, h->loop, NULL, &spec, e);
}

static bool add_server(struct house *h, struct err *e)
{
	const struct args *args = h->args;
	struct upstream_spec spec;
	if (!h->model.n) {
		fail(e, ERR_USAGE, LAYER_ROUTE, "--upstream: which model is to be asked for?");
		return err_mend(e, "name it with --model NAME");
	}
	if (!upstream_parse(h->arena, args->upstream, &spec, e))
		return false;
	spec.api = args->api;
	spec.key_env = args->key_env;
	spec.models = h->model;
	h->client = http_client_new(h->loop);
	return upstream_add(h->router, h->loop, h->client, &spec, e);
}

/* A model of this machine; one that is not here may be known to an upstream of the configuration.
 */
static bool add_local_or_configured(struct house *h, const struct config *config, struct err *e)
{
	struct model_choice choice;
	struct engine_watcher watcher = { tell_loading, &h->face };
	struct err why = { 0 };
	size_t count = 0;
	struct backend *b = open_local(h->arena, h->loop, &h->args->model, watcher, &choice, &why);
	if (b) {
		h->model = choice.name;
		router_add(h->router, "local", b, true);
		return true;
	}
	if (why.kind == ERR_NOT_FOUND && h->model.n) {
		h->client = http_client_new(h->loop);
		if (!upstreams_add(h->router, h->loop, h->client, config, &count, e))
			return false;
	}
	if (count == 0)
		*e = why;
	return count > 0;
}

static bool open_router(struct house *h, const struct config *config, struct err *e)
{
	h->model = h->args->model.model;
	h->router = router_new(h->loop);
	if (h->args->script.n)
		return add_script(h, e);
	return h->args->upstream.n ? add_server(h, e) : add_local_or_configured(h, config, e);
}

/* 0 if nobody says. */
static int64_t context_tokens(struct house *h)
{
	json_t *models = router_models(h->router);
	int64_t tokens =
		json_integer_value(json_object_get(json_array_get(models, 0), "context_tokens"));
	json_decref(models);
	return tokens;
}

static size_t result_bytes(int64_t tokens)
{
	size_t bytes = (size_t)tokens * RESULT_BYTES_PER_TOKEN;
	if (tokens <= 0 || bytes > RESULT_BYTES_MOST)
		return RESULT_BYTES_MOST;
	return bytes < RESULT_BYTES_LEAST ? RESULT_BYTES_LEAST : bytes;
}

/* ---- where, and what is kept ---- */

static bool open_paths(struct house *h, struct err *e)
{
	h->paths = paths_new(h->args->cwd.p, e);
	for (size_t i = 0; h->paths && i < h->args->allow.count; i++)
		if (!paths_allow(h->paths, h->args->allow.items[i].p, e))
			return false;
	return h->paths != NULL;
}

/* Work goes on without a store, unless it is to be taken up from there. */
static bool open_store(struct house *h, struct err *e)
{
	const struct args *args = h->args;
	bool is_needed = args->takes_up_last || args->resume.n;
	if (args->no_store)
		return !is_needed ||
		       fail(e, ERR_USAGE, LAYER_CLIENT, "--no-store has no session to go on with");
	struct err why = { 0 };
	h->store = store_open(store_default_path(h->arena).p, &why);
	if (h->store)
		return true;
	if (is_needed) {
		*e = why;
		return false;
	}
	face_say(&h->face, "this session is not kept: %s", why.what);
	return true;
}

static bool take_up(struct house *h, struct err *e)
{
	const struct args *args = h->args;
	struct store_session s;
	if (!args->takes_up_last && !args->resume.n)
		return true;
	bool ok = args->resume.n ? store_session_get(h->store, h->arena, args->resume.p, &s, e)
				 : store_session_latest(h->store, h->arena,
					   str_z(paths_root(h->paths, 0)), &s, e);
	return ok && agent_resume(h->agent, &s, e);
}

/* ---- the run ---- */

static void take(void *owner, const struct agent_event *event)
{
	struct house *h = owner;
	if (h->lines) {
		lines_take(h->lines, event);
		return;
	}
	face_take(&h->face, event);
	if (event->type == AGENT_END)
		loop_stop(h->loop);
}

static void on_interrupt(void *ctx)
{
	struct house *h = ctx;
	if (h->lines)
		lines_interrupt(h->lines);
	else
		agent_cancel(h->agent);
}

static void on_terminate(void *ctx)
{
	struct house *h = ctx;
	agent_cancel(h->agent);
	if (h->lines)
		loop_stop(h->loop);
}

static struct context read_context(struct house *h, int64_t tokens)
{
	struct context c =
		context_read(h->arena, str_z(paths_root(h->paths, 0)), result_bytes(tokens));
	for (size_t i = 0; i < c.count; i++)
		if (c.files[i].taken < c.files[i].bytes)
			face_say(&h->face, "%s: only %zu of %zu bytes are taken", c.files[i].path.p,
				c.files[i].taken, c.files[i].bytes);
	return c;
}

static void make_agent(struct house *h)
{
	const struct args *args = h->args;
	int64_t tokens = context_tokens(h);
	bool is_starter = !args->script.n && !args->upstream.n && !args->model.model.n;
	struct agent_options o = {
		.loop = h->loop,
		.router = h->router,
		.paths = h->paths,
		.store = h->store,
		.model = h->model,
		.context = read_context(h, tokens).text,
		.policy = (enum policy)args->policy,
		.can_ask = args->task.n == 0,
		.cage = args->cage.p,
		.budget = { args->max_turns, args->max_tokens, args->max_minutes * MS_PER_MINUTE },
		.answer_tokens =
			is_starter && !args->max_answer ? STARTER_ANSWER_TOKENS : args->max_answer,
		.command_ms = args->command_ms,
		.max_text_bytes = result_bytes(tokens),
		.check = args->check,
		.take = take,
		.owner = h,
	};
	h->agent = agent_new(&o);
}

static bool open_house(struct house *h, const struct config *config, struct err *e)
{
	h->loop = loop_new();
	h->face.is_json = h->args->json;
	h->face.is_terminal = isatty(STDOUT_FILENO);
	h->face.has_colour = h->face.is_terminal && !getenv("NO_COLOR");
	if (!open_paths(h, e) || !open_store(h, e) || !open_router(h, config, e))
		return false;
	make_agent(h);
	return take_up(h, e);
}

static int run(const struct invocation *in, struct err *e)
{
	struct house h = { .arena = in->arena, .args = in->args };
	bool ok = open_house(&h, in->config, e);
	if (ok) {
		h.signals[0] = loop_signal_new(h.loop, SIGINT, on_interrupt, &h);
		h.signals[1] = loop_signal_new(h.loop, SIGTERM, on_terminate, &h);
		if (h.args->task.n) {
			agent_do(h.agent, h.args->task);
			loop_run(h.loop);
		} else {
			h.lines = lines_new(h.loop, h.agent, &h.face);
			lines_run(h.lines);
		}
	}
	const struct receipt *r = ok ? agent_receipt(h.agent) : NULL;
	int code = r ? receipt_exit_code(r) : 0;
	house_clear(&h);
	return code;
}

const struct command cmd_agent = {
	.name = "agent",
	.group = GROUP_WORK,
	.about = "let a model change files here, and see what it really did",
	.text = "The model reads, writes and edits files in the working directory and runs "
		"commands "
		"in a cage: the directory and a private temporary folder are writable, the rest is "
		"read-only, there is no network. At the end stands a receipt: what was created, "
		"changed and deleted, told from the disk and not from what the model says; "
		"commands with their exit codes; and what it claims that is not so.\n\n"
		"The exit code is 0 only if the run ended by itself and nothing was claimed in "
		"vain; with --check that command decides.",
	.examples = examples,
	.options = options,
	.args_bytes = sizeof(struct args),
	.run = run,
};
