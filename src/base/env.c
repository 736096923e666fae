/*
 * env.c - the environment of a child; see env.h.
 */
#include "base/env.h"

extern char **environ;

static const char *const secret_words[] = { "KEY", "KEYS", "TOKEN", "TOKENS", "SECRET", "SECRETS",
	"PASS", "PASSWORD", "PASSWD", "PASSPHRASE", "PWD", "CREDENTIAL", "CREDENTIALS", "AUTH",
	"PAT", "COOKIE", "COOKIES" };

static bool ends_in_secret_word(struct str word)
{
	for (size_t i = 0; i < sizeof secret_words / sizeof secret_words[0]; i++) {
		struct str secret = str_z(secret_words[i]);
		if (word.n >= secret.n && str_eq_nocase(str_from(word, word.n - secret.n), secret))
			return true;
	}
	return false;
}

/* "scheme://user:password@..." */
static bool has_password(struct str url)
{
	size_t scheme = str_find(url, STR("://"));
	if (scheme == SIZE_MAX)
		return false;
	struct str rest = str_from(url, scheme + 3), host;
	str_cut(&rest, '/', &host);
	size_t colon = str_find_char(host, ':'), at = str_find_char(host, '@');
	return at != SIZE_MAX && colon < at;
}

bool env_is_secret(struct str name, struct str value)
{
	if (str_eq(name, STR("PWD")) || str_eq(name, STR("OLDPWD")))
		return false;
	struct str word;
	while (str_cut(&name, '_', &word))
		if (ends_in_secret_word(word))
			return true;
	return has_password(value);
}

static struct str name_of(const char *entry)
{
	struct str rest = str_z(entry), name;
	str_cut(&rest, '=', &name);
	return name;
}

static struct str value_of(const char *entry)
{
	return str_from(str_z(entry), name_of(entry).n + 1);
}

static size_t count_of(const char *const *env)
{
	size_t n = 0;
	while (env && env[n])
		n++;
	return n;
}

static bool has_name(const char *const *env, struct str name)
{
	for (size_t i = 0; env && env[i]; i++)
		if (str_eq(name_of(env[i]), name))
			return true;
	return false;
}

const char *const *env_for_child(struct arena *a, const char *const *more)
{
	const char *const *ours = (const char *const *)environ;
	const char **env = arena_calloc(a, count_of(ours) + count_of(more) + 1, sizeof *env);
	size_t n = 0;
	for (size_t i = 0; ours && ours[i]; i++)
		if (!env_is_secret(name_of(ours[i]), value_of(ours[i])) &&
			!has_name(more, name_of(ours[i])))
			env[n++] = arena_z(a, str_z(ours[i]));
	for (size_t i = 0; more && more[i]; i++)
		env[n++] = arena_z(a, str_z(more[i]));
	return env;
}

struct str env_get(const char *const *env, const char *name)
{
	for (size_t i = 0; env && env[i]; i++)
		if (str_eq_z(name_of(env[i]), name))
			return value_of(env[i]);
	return str_z(NULL);
}
