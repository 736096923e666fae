/*
 * upstreams.c - upstreams as people write them; see upstreams.h.
 *
 * Layer: route.
 */
#include "route/upstreams.h"

#include <string.h>

#include "base/limits.h"
#include "route/script.h"

enum { MODELS_MAX = 64 };

/* ---- one upstream ---- */

/* "https://api.example.com:443/v1" is named "api.example.com:443". */
static struct str host_of(struct str url)
{
	size_t scheme = str_find(url, STR("://"));
	struct str host = scheme == SIZE_MAX ? url : str_from(url, scheme + 3);
	size_t at = str_find_last(str_sub(host, 0, str_find_char(host, '/')), STR("@"));
	if (at != SIZE_MAX)
		host = str_from(host, at + 1);
	return str_sub(host, 0, str_find_char(host, '/'));
}

bool upstream_parse(struct arena *a, struct str text, struct upstream_spec *out, struct err *e)
{
	size_t equals = str_find_char(text, '='), scheme = str_find(text, STR("://"));
	bool has_name = equals != SIZE_MAX && (scheme == SIZE_MAX || equals < scheme);
	struct upstream_spec spec = { .url = has_name ? str_from(text, equals + 1) : text };
	spec.name = has_name ? str_sub(text, 0, equals) : host_of(text);
	if (!spec.name.n || !spec.url.n) {
		fail(e, ERR_USAGE, LAYER_ROUTE, "'%.*s' names no upstream",
			STR_ARG(str_sub(text, 0, LIMIT_QUOTE_BYTES)));
		return err_mend(e, "write NAME=URL");
	}
	spec.name = arena_str(a, spec.name);
	spec.url = arena_str(a, spec.url);
	*out = spec;
	return true;
}

static size_t split_names(struct str text, struct str names[MODELS_MAX])
{
	size_t count = 0;
	while (text.n && count < MODELS_MAX) {
		size_t n = 0;
		while (n < text.n && !strchr(", \t", text.p[n]))
			n++;
		if (n)
			names[count++] = str_sub(text, 0, n);
		text = str_from(text, n + 1);
	}
	return count;
}

static struct backend *open_remote(struct arena *a, struct loop *loop, struct http_client *client,
	const struct upstream_spec *spec, struct str names[MODELS_MAX], size_t count, struct err *e)
{
	const struct dialect *d = dialect_find(spec->api.n ? spec->api : STR("openai"), e);
	if (!d)
		return NULL;
	struct remote_options options = { .base_url = arena_z(a, spec->url),
		.dialect = d,
		.key_env = arena_z(a, spec->key_env),
		.models = names,
		.model_count = count };
	return remote_new(loop, client, &options, e);
}

static bool check_guard(const struct upstream_spec *spec, struct err *e)
{
	if (!spec->guard.n || str_eq_z(spec->guard, "on") || str_eq_z(spec->guard, "off"))
		return true;
	fail(e, ERR_USAGE, LAYER_ROUTE, "guard should be on or off, is '%.*s'",
		STR_ARG(str_sub(spec->guard, 0, LIMIT_QUOTE_BYTES)));
	return false;
}

static struct backend *open_backend(struct arena *a, struct loop *loop, struct http_client *client,
	const struct upstream_spec *spec, struct str names[MODELS_MAX], size_t count, struct err *e)
{
	if (!check_guard(spec, e))
		return NULL;
	return spec->script.n ? script_open(loop, arena_z(a, spec->script), e)
			      : open_remote(a, loop, client, spec, names, count, e);
}

bool upstream_add(struct router *r, struct loop *loop, struct http_client *client,
	const struct upstream_spec *spec, struct err *e)
{
	struct str names[MODELS_MAX];
	size_t count = split_names(spec->models, names);
	struct arena *a = arena_new();
	struct backend *b = open_backend(a, loop, client, spec, names, count, e);
	if (b)
		router_add(r, arena_z(a, spec->name), b, !spec->script.n && count == 0);
	if (b && str_eq_z(spec->guard, "off"))
		router_unguard(r, arena_z(a, spec->name));
	arena_free(a);
	return b || err_context(e, "upstream '%.*s'", STR_ARG(spec->name));
}

/* ---- the configuration file ---- */

static const struct {
	const char *key;
	size_t at;
} members[] = {
	{ "url", offsetof(struct upstream_spec, url) },
	{ "script", offsetof(struct upstream_spec, script) },
	{ "api", offsetof(struct upstream_spec, api) },
	{ "key-env", offsetof(struct upstream_spec, key_env) },
	{ "models", offsetof(struct upstream_spec, models) },
	{ "guard", offsetof(struct upstream_spec, guard) },
};

static bool is_upstream(const struct config_entry *entry)
{
	return str_eq_z(entry->section, "upstream");
}

static bool set_member(const struct config *c, const struct config_entry *entry,
	struct upstream_spec *spec, struct err *e)
{
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
		if (!str_eq_z(entry->key, members[i].key))
			continue;
		*(struct str *)((char *)spec + members[i].at) = entry->value;
		return true;
	}
	config_fail(c, entry, e, "an upstream has no key '%.*s'", STR_ARG(entry->key));
	return err_mend(e, "it has url, script, api, key-env, models and guard");
}

/* The upstream that this entry begins, gathered from all its entries; nothing is gathered if an
 * entry before it has the same name. */
static bool gather(const struct config *c, size_t first, struct upstream_spec *spec, struct err *e)
{
	const struct config_entry *begin = config_get(c, first);
	*spec = (struct upstream_spec){ 0 };
	for (size_t i = 0; i < config_count(c); i++) {
		const struct config_entry *entry = config_get(c, i);
		if (!is_upstream(entry) || !str_eq(entry->name, begin->name))
			continue;
		if (i < first)
			return true;
		if (!set_member(c, entry, spec, e))
			return false;
	}
	spec->name = begin->name;
	if (!spec->name.n)
		return config_fail(c, begin, e, "an upstream needs a name: [upstream \"NAME\"]");
	if (!spec->url.n == !spec->script.n)
		return config_fail(c, begin, e, "upstream '%.*s' needs either url or script",
			STR_ARG(spec->name));
	return true;
}

bool upstreams_add(struct router *r, struct loop *loop, struct http_client *client,
	const struct config *config, size_t *count, struct err *e)
{
	for (size_t i = 0; i < config_count(config); i++) {
		struct upstream_spec spec;
		if (!is_upstream(config_get(config, i)))
			continue;
		if (!gather(config, i, &spec, e))
			return false;
		if (!spec.name.n)
			continue;
		if (!upstream_add(r, loop, client, &spec, e))
			return err_context(
				e, "%s:%d", config_path(config), config_get(config, i)->line);
		(*count)++;
	}
	return true;
}
