/*
 * keys.c - the API keys that clients must show; see keys.h.
 *
 * Layer: client.
 */
#include "serve/keys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/sha256.h"

enum { KEY_BYTES_MIN = 8, OTHERS_MAY = 077 };

struct keys {
	size_t count;
	char hashes[LIMIT_CLIENT_KEYS][SHA256_TEXT_BYTES];
};

static void hash_of(struct str key, char out[SHA256_TEXT_BYTES])
{
	struct sha256 h;
	sha256_start(&h);
	sha256_feed(&h, key);
	sha256_end(&h, out);
}

struct keys *keys_new(void)
{
	return must_calloc(1, sizeof(struct keys));
}

void keys_free(struct keys *k)
{
	free(k);
}

size_t keys_count(const struct keys *k)
{
	return k->count;
}

bool keys_add(struct keys *k, struct str key, struct err *e)
{
	if (key.n < KEY_BYTES_MIN) {
		fail(e, ERR_USAGE, LAYER_CLIENT,
			"an API key of %zu bytes is too short to be a secret", key.n);
		return err_mend(e, "take at least %d, for example from: openssl rand -hex 24",
			KEY_BYTES_MIN);
	}
	if (k->count == LIMIT_CLIENT_KEYS)
		return fail(
			e, ERR_TOO_BIG, LAYER_CLIENT, "more than %d API keys", LIMIT_CLIENT_KEYS);
	hash_of(key, k->hashes[k->count++]);
	return true;
}

static bool add_lines(struct keys *k, struct str text, struct err *e)
{
	struct str line;
	while (str_cut(&text, '\n', &line)) {
		line = str_trim(line);
		if (line.n && line.p[0] != '#' && !keys_add(k, line, e))
			return false;
	}
	return true;
}

static bool is_private(const char *path, struct err *e)
{
	struct stat st;
	if (stat(path, &st) != 0 || !(st.st_mode & OTHERS_MAY))
		return true; /* reading it tells what is wrong */
	fail(e, ERR_DENIED, LAYER_CLIENT,
		"%s: others on this machine can read the keys (mode %03o)", path,
		(unsigned)(st.st_mode & 0777));
	return err_mend(e, "chmod 600 %s", path);
}

bool keys_add_file(struct keys *k, const char *path, struct err *e)
{
	struct buf text;
	size_t before = k->count;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	bool ok = is_private(path, e) && fs_read(path, &text, e) && add_lines(k, buf_str(&text), e);
	if (ok && k->count == before)
		ok = fail(e, ERR_USAGE, LAYER_CLIENT, "%s holds no key", path);
	if (text.cap)
		explicit_bzero(text.p, text.cap);
	buf_clear(&text);
	return ok;
}

bool keys_add_env(struct keys *k, const char *variable, struct err *e)
{
	const char *value = getenv(variable);
	size_t before = k->count;
	struct str rest = str_z(value);
	while (rest.n) {
		size_t n = 0;
		while (n < rest.n && !strchr(", \t\n", rest.p[n]))
			n++;
		if (n && !keys_add(k, str_sub(rest, 0, n), e))
			return err_context(e, "%s", variable);
		rest = str_from(rest, n + 1);
	}
	return k->count > before ||
	       fail(e, ERR_DENIED, LAYER_CLIENT,
		       "the variable %s, which should hold the API key of clients, is not set",
		       variable);
}

bool keys_fit(const struct keys *k, struct str shown)
{
	char hash[SHA256_TEXT_BYTES];
	unsigned found = 0;
	hash_of(shown, hash);
	for (size_t i = 0; i < k->count; i++) {
		unsigned differs = 0;
		for (int c = 0; c < SHA256_HEX; c++)
			differs |= (unsigned)(hash[c] ^ k->hashes[i][c]);
		found |= differs == 0;
	}
	return found || k->count == 0;
}
