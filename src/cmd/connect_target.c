/*
 * connect_target.c - see connect_target.h.
 *
 * Layer: client, route.
 */
#include "cmd/connect_target.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"
#include "chat/dialect.h"
#include "cmd/ask_server.h"

enum { MOST_OUTPUT = 8192, OUTPUT_SHARE = 4, NO_CONTEXT = 0 };

/* The address without what clients add themselves, and with what people leave out. */
static bool bare_url(struct str url, struct arena *a, struct str *out, struct err *e)
{
	static const char *const added[] = { "/chat/completions", "/v1" };
	struct str scheme = STR("://");
	for (size_t i = 0; i <= sizeof added / sizeof *added; i++) {
		while (str_ends(url, STR("/")))
			url.n--;
		if (i < sizeof added / sizeof *added && str_ends(url, str_z(added[i])))
			url.n -= strlen(added[i]);
	}
	if (!url.n)
		*out = arena_printf(a, "http://127.0.0.1:%d", SERVE_PORT);
	else if (str_find(url, scheme) == SIZE_MAX)
		*out = arena_printf(a, "http://%.*s", STR_ARG(url));
	else
		*out = arena_str(a, url);
	return str_starts(*out, STR("http://")) || str_starts(*out, STR("https://")) ||
	       fail(e, ERR_USAGE, LAYER_NONE, "'%.*s' is not an http or https address",
		       STR_ARG(*out));
}

static bool key_of(const struct target_args *args, struct client_target *t, struct err *e)
{
	t->key = STR("offgrid"); /* clients want one, whether the server does or not */
	if (!args->key_env.n)
		return true;
	const char *key = getenv(args->key_env.p);
	if (!key || !*key)
		return fail(
			e, ERR_USAGE, LAYER_NONE, "the variable %s holds no key", args->key_env.p);
	t->key = str_z(key);
	return true;
}

static const json_t *choose_model(
	const json_t *models, const struct client_target *t, struct err *e)
{
	size_t i;
	json_t *model;
	json_array_foreach(models, i, model)
	{
		if (!t->model.n || str_eq(js_text_of(model, "id"), t->model))
			return model;
	}
	if (!json_array_size(models))
		fail(e, ERR_NOT_FOUND, LAYER_ROUTE, "the server at %.*s serves no model",
			STR_ARG(t->url));
	else
		fail(e, ERR_NOT_FOUND, LAYER_ROUTE, "the server at %.*s has no model '%.*s'",
			STR_ARG(t->url), STR_ARG(t->model));
	return NULL;
}

static bool ask(
	const struct target_args *args, struct arena *a, struct client_target *t, struct err *e)
{
	struct err why = { 0 };
	json_t *models = ask_models(t->url, t->key, a, &why);
	if (!models && why.kind == ERR_UNREACHABLE) {
		fail(e, why.kind, why.layer, "%s", why.what);
		return err_mend(e, "start the server: offgrid serve; where it is elsewhere, --url; "
				   "where it runs later, --model and --context");
	}
	if (!models && why.kind == ERR_DENIED) {
		fail(e, why.kind, why.layer, "%s", why.what);
		return err_mend(e, "name the variable that holds the server's key: --key-env NAME");
	}
	if (!models) {
		*e = why;
		return false;
	}
	const json_t *model = choose_model(models, t, e);
	if (model) {
		t->model = arena_str(a, js_text_of(model, "id"));
		int64_t context = json_integer_value(json_object_get(model, "context_tokens"));
		t->context = args->context ? args->context : context;
	}
	json_decref(models);
	return model != NULL;
}

static bool fits(const struct client *c, const struct client_target *t, struct err *e)
{
	if (t->context == NO_CONTEXT) {
		fail(e, ERR_USAGE, LAYER_CLIENT,
			"the server does not say how large the context of "
			"'%.*s' is",
			STR_ARG(t->model));
		return err_mend(e, "say it: --context 32k");
	}
	if (t->context < c->least_context) {
		fail(e, ERR_TOO_BIG, LAYER_CLIENT,
			"%s does not start with less than %lld tokens of "
			"context; '%.*s' has %lld",
			c->title, (long long)c->least_context, STR_ARG(t->model),
			(long long)t->context);
		return err_mend(e, "serve with a larger one: offgrid serve --context %lldk",
			(long long)(c->least_context / 1024 + 1));
	}
	if (t->output < t->context)
		return true;
	return fail(e, ERR_USAGE, LAYER_CLIENT,
		"answers of %lld tokens do not fit a context of %lld", (long long)t->output,
		(long long)t->context);
}

bool connect_target(const struct client *c, const struct target_args *args, struct arena *a,
	struct client_target *out, struct err *e)
{
	*out = (struct client_target){ .model = args->model, .context = args->context };
	if (!bare_url(args->url, a, &out->url, e))
		return false;
	if (!dialect_find(str_z(c->dialect), e)) {
		err_mend(e, "%s speaks the dialect '%s' only", c->title, c->dialect);
		return err_context(e, "%s cannot be served yet", c->title);
	}
	if (!key_of(args, out, e))
		return false;
	if ((!args->model.n || !args->context) && !ask(args, a, out, e))
		return false;
	int64_t share = out->context / OUTPUT_SHARE;
	out->output = args->output ? args->output : share < MOST_OUTPUT ? share : MOST_OUTPUT;
	return fits(c, out, e);
}

bool connect_has_program(const char *program, struct arena *a)
{
	struct str path = str_z(getenv("PATH")), dir;
	while (str_cut(&path, ':', &dir))
		if (dir.n && access(fs_join(a, dir, str_z(program)).p, X_OK) == 0)
			return true;
	return false;
}
