/*
 * cmd_serve.c - `offgrid serve`: models for other programs.
 */
#include <signal.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/limits.h"
#include "base/loop.h"
#include "cmd/command.h"
#include "cmd/open_local.h"
#include "route/upstreams.h"
#include "serve/serve.h"

enum { MS_PER_S = 1000 };

struct args {
	struct str listen;
	struct opt_list hosts;
	struct str client_keys;
	struct str client_key_env;
	struct opt_list upstreams;
	struct str api;
	struct str key_env;
	struct model_args model;
	struct str embeddings;
	struct str script;
	bool no_guard;
	bool allow_pull;
	bool no_quirks;
	bool no_store;
};

static const struct opt options[] = {
	OPT_HEADING("who may ask"),
	{ .name = "listen",
		.letter = 'l',
		OPT_INTO(struct args, listen),
		.arg = "ADDRESS:PORT",
		.initial = "127.0.0.1:8093",
		.env = "OFFGRID_LISTEN",
		.help = "where to listen; an address that others can reach needs an API key" },
	{ .name = "client-keys",
		OPT_INTO(struct args, client_keys),
		.arg = "FILE",
		.completes = OPT_FILES,
		.help = "API keys that clients must show, one a line; nobody else may read the "
			"file" },
	{ .name = "client-key-env",
		OPT_INTO(struct args, client_key_env),
		.arg = "NAME",
		.help = "the variable that holds the API key that clients must show" },
	{ .name = "host",
		OPT_INTO(struct args, hosts),
		.arg = "NAME",
		.help = "a name by which clients call this server" },
	{ .name = "allow-pull",
		OPT_INTO(struct args, allow_pull),
		.help = "let clients fetch models by POST /api/pull, which are served from then "
			"on; whoever may ask can then fill the disk" },
	OPT_HEADING("who answers"),
	{ .name = "upstream",
		.letter = 'u',
		OPT_INTO(struct args, upstreams),
		.arg = "NAME=URL",
		.help = "a server that answers, such as desk=http://127.0.0.1:8080/v1" },
	{ .name = "api",
		OPT_INTO(struct args, api),
		.arg = "NAME",
		.initial = "openai",
		.help = "what the upstreams given here speak" },
	{ .name = "key-env",
		OPT_INTO(struct args, key_env),
		.arg = "NAME",
		.help = "the variable that holds the key of the upstreams given here" },
	MODEL_OPTIONS(struct args, model),
	{ .name = "embeddings",
		OPT_INTO(struct args, embeddings),
		.arg = "MODEL",
		.help = "a model of this machine that makes vectors of texts, beside whoever "
			"answers" },
	{ .name = "script",
		OPT_INTO(struct args, script),
		.arg = "FILE",
		.completes = OPT_FILES,
		.help = "answers from a file, for trying things without a model" },
	{ .name = "no-guard",
		OPT_INTO(struct args, no_guard),
		.help = "pass answers to requests with tools as they come: mend no calls and never "
			"ask a model again" },
	{ .name = "no-quirks",
		OPT_INTO(struct args, no_quirks),
		.help = "give a model of this machine what clients send as they send it "
			"(docs/quirks.md)" },
	OPT_HEADING("what is kept"),
	{ .name = "no-store",
		OPT_INTO(struct args, no_store),
		.help = "write down neither traces nor the ledger" },
	OPT_END,
};

static const char *const examples[] = {
	"offgrid serve",
	"offgrid serve --model my-model.gguf --context 16k",
	"offgrid serve --upstream desk=http://127.0.0.1:8080/v1",
	"offgrid serve --embeddings nomic-embed-text-v1.5.Q8_0.gguf",
	"offgrid serve --listen 0.0.0.0:8093 --client-key-env OFFGRID_KEY",
	NULL,
};

/* A model that was fetched while the server runs. */
struct guest {
	struct guest *next;
	struct model_args args;
	struct backend *backend; /* owned by the router */
};

/* All that lives as long as the server. */
struct house {
	struct arena *arena;
	struct loop *loop;
	struct http_client *client;
	struct router *router;
	struct store_writer *writer;
	struct keys *keys;
	struct serve *serve;
	struct loop_signal *signals[2];
	struct backend *local, *embedder; /* owned by the router; NULL: none */
	struct model_args vectors;        /* for the embedder */
	struct guest *guests;
	int64_t context_tokens, threads; /* for models to come */
	struct err failure;              /* why it stopped serving */
	int64_t began_ms;
};

static void house_clear(struct house *h)
{
	for (size_t i = 0; i < sizeof h->signals / sizeof h->signals[0]; i++)
		loop_signal_free(h->signals[i]);
	serve_free(h->serve);
	keys_free(h->keys);
	store_writer_free(h->writer);
	router_free(h->router);
	http_client_free(h->client);
	loop_free(h->loop);
}

static bool read_listen(struct arena *a, struct str text, struct serve_options *out, struct err *e)
{
	size_t colon = str_find_last(text, STR(":"));
	uint64_t port = SERVE_PORT;
	struct str address = str_sub(text, 0, colon);
	bool ok = colon == SIZE_MAX || str_to_u64(str_from(text, colon + 1), &port);
	if (str_starts(address, STR("[")) && str_ends(address, STR("]")))
		address = str_sub(address, 1, address.n - 1);
	if (str_eq_nocase(address, STR("localhost")))
		address = STR("127.0.0.1");
	if (!ok || !address.n || port > UINT16_MAX) {
		fail(e, ERR_USAGE, LAYER_CLIENT, "--listen: '%.*s' is no address and port",
			STR_ARG(text));
		return err_mend(e, "write it as 127.0.0.1:8093 or [::1]:8093");
	}
	out->address = arena_z(a, address);
	out->port = (int)port;
	return true;
}

static bool read_keys(struct house *h, const struct args *args, struct err *e)
{
	h->keys = keys_new();
	if (args->client_keys.n && !keys_add_file(h->keys, args->client_keys.p, e))
		return false;
	return !args->client_key_env.n || keys_add_env(h->keys, args->client_key_env.p, e);
}

static bool add_given(struct house *h, const struct args *args, struct err *e)
{
	for (size_t i = 0; i < args->upstreams.count; i++) {
		struct upstream_spec spec;
		if (!upstream_parse(h->arena, args->upstreams.items[i], &spec, e))
			return false;
		spec.api = args->api;
		spec.key_env = args->key_env;
		if (!upstream_add(h->router, h->loop, h->client, &spec, e))
			return false;
	}
	struct upstream_spec script = { .name = STR("script"), .script = args->script };
	return !args->script.n || upstream_add(h->router, h->loop, h->client, &script, e);
}

/* The model is there, or there will be none: then there is no reason to stay, since a person asked
 * for it. */
static void on_loaded(void *owner, const struct err *e)
{
	struct house *h = owner;
	if (e) {
		h->failure = *e;
		loop_stop(h->loop);
		return;
	}
	printf("the model is loaded, after %.1f s\n",
		(double)(clock_ms() - h->began_ms) / MS_PER_S);
	fflush(stdout);
}

static bool add_local(struct house *h, const struct args *args, struct err *e)
{
	h->began_ms = clock_ms();
	h->local = open_local_apart(h->loop, &args->model, on_loaded, h, e);
	if (h->local)
		router_add(h->router, "local", h->local, false);
	return h->local != NULL;
}

/* Alone, it is the model that --context is about. */
static bool add_embedder(struct house *h, const struct args *args, bool is_alone, struct err *e)
{
	if (!args->embeddings.n)
		return true;
	h->began_ms = clock_ms();
	h->vectors = (struct model_args){ .model = args->embeddings,
		.threads = args->model.threads,
		.embeds = true,
		.context_tokens = is_alone ? args->model.context_tokens : 0 };
	h->embedder = open_local_apart(h->loop, &h->vectors, on_loaded, h, e);
	if (h->embedder)
		router_add(h->router, "embeddings", h->embedder, false);
	return h->embedder != NULL;
}

/* Those of the command line, those of the configuration file, and a model of this machine if one
 * was named or nobody else is there. */
static bool add_upstreams(
	struct house *h, const struct args *args, const struct config *config, struct err *e)
{
	size_t count = args->upstreams.count + (args->script.n > 0);
	if (!add_given(h, args, e) ||
		!upstreams_add(h->router, h->loop, h->client, config, &count, e))
		return false;
	bool wants_local = !count || args->model.model.n;
	return (!wants_local || add_local(h, args, e)) && add_embedder(h, args, !wants_local, e);
}

static bool is_served(struct house *h, struct str model)
{
	bool found = false;
	json_t *models = router_models(h->router);
	for (size_t i = 0; i < json_array_size(models) && !found; i++)
		found = str_eq(js_text_of(json_array_get(models, i), "id"), model);
	json_decref(models);
	return found;
}

/* Serves one model more, as it would be if it had been named at the start. */
static bool adopt(void *owner, struct str name, struct err *e)
{
	struct house *h = owner;
	if (is_served(h, name))
		return true;
	struct guest *g = arena_calloc(h->arena, 1, sizeof *g);
	g->args = (struct model_args){ .model = arena_str(h->arena, name),
		.context_tokens = h->context_tokens,
		.threads = h->threads };
	g->backend = open_local_on_demand(h->loop, &g->args, e);
	if (!g->backend)
		return false;
	g->next = h->guests;
	h->guests = g;
	router_add(h->router, g->args.model.p, g->backend, false);
	return true;
}

static bool open_store(struct house *h, const struct args *args, struct err *e)
{
	if (args->no_store)
		return true;
	struct store *store = store_open(store_default_path(h->arena).p, e);
	if (!store)
		return err_mend(e, "or start with --no-store");
	h->writer = store_writer_new(store);
	return true;
}

static void on_stopped(void *ctx)
{
	loop_stop(((struct house *)ctx)->loop);
}

static void on_signal(void *ctx)
{
	struct house *h = ctx;
	if (h->local)
		loading_cancel(h->local);
	if (h->embedder)
		loading_cancel(h->embedder);
	for (struct guest *g = h->guests; g; g = g->next)
		loading_cancel(g->backend);
	serve_stop(h->serve, on_stopped, h);
}

static void say_where(const struct house *h, const struct serve_options *o)
{
	bool is_v6 = str_find_char(str_z(o->address), ':') != SIZE_MAX;
	printf("offgrid serves http://%s%s%s:%d/v1%s\n", is_v6 ? "[" : "", o->address,
		is_v6 ? "]" : "", serve_port(h->serve),
		keys_count(h->keys) ? ", API key needed" : "");
	fflush(stdout);
}

static bool open_house(struct house *h, const struct invocation *in, struct err *e)
{
	const struct args *args = in->args;
	struct serve_options o = { .hosts = args->hosts.items,
		.host_count = args->hosts.count,
		.is_unguarded = args->no_guard,
		.keeps_quirks = args->no_quirks };
	h->arena = in->arena;
	/* A client and its upstream each, and the files of the house. */
	fd_raise_limit(2 * LIMIT_HTTP_CONNECTIONS + 256);
	h->loop = loop_new();
	h->client = http_client_new(h->loop);
	o.puller = args->allow_pull ? h->client : NULL;
	o.adopt = adopt;
	o.owner = h;
	h->context_tokens = args->model.context_tokens;
	h->threads = args->model.threads;
	h->router = router_new(h->loop);
	if (!read_listen(in->arena, args->listen, &o, e) || !read_keys(h, args, e) ||
		!add_upstreams(h, args, in->config, e) || !open_store(h, args, e))
		return false;
	o.keys = h->keys;
	h->serve = serve_new(h->loop, &o, h->router, h->writer, e);
	if (!h->serve)
		return false;
	h->signals[0] = loop_signal_new(h->loop, SIGINT, on_signal, h);
	h->signals[1] = loop_signal_new(h->loop, SIGTERM, on_signal, h);
	say_where(h, &o);
	return true;
}

static int run(const struct invocation *in, struct err *e)
{
	struct house house = { 0 };
	bool ok = open_house(&house, in, e);
	if (ok)
		loop_run(house.loop);
	house_clear(&house);
	if (err_is_set(&house.failure))
		*e = house.failure;
	return err_exit_code(e);
}

const struct command cmd_serve = {
	.name = "serve",
	.group = GROUP_SERVE,
	.about = "serve models to other programs, tool calls that arrive",
	.text = "The APIs of OpenAI (Chat Completions, Responses, bare completions, vectors), "
		"Anthropic, Google and Ollama for the programs of this machine, on one port; GET "
		"/v1/models, /health and /metrics beside them. `offgrid connect` sets programs up "
		"to use it. A request goes to the first healthy upstream that serves its "
		"model; `offgrid trace` shows where it went and where it stopped.\n\n"
		"Upstreams may also stand in the configuration file, as [upstream \"NAME\"] with "
		"url (or script), api, key-env and models. Without any, a model of this machine "
		"answers.",
	.examples = examples,
	.options = options,
	.args_bytes = sizeof(struct args),
	.run = run,
};
