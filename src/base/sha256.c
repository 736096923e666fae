/*
 * sha256.c - nettle's SHA-256 with our types; see sha256.h.
 */
#include "base/sha256.h"

#include <nettle/base16.h>

void sha256_start(struct sha256 *h)
{
	sha256_init(&h->state);
}

void sha256_feed(struct sha256 *h, struct str bytes)
{
	sha256_update(&h->state, bytes.n, (const uint8_t *)bytes.p);
}

void sha256_end(struct sha256 *h, char out[SHA256_TEXT_BYTES])
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	sha256_digest(&h->state, sizeof(digest), digest);
	base16_encode_update(out, sizeof(digest), digest);
	out[SHA256_HEX] = 0;
}

bool sha256_is_text(struct str s)
{
	if (s.n != SHA256_HEX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
			return false;
	}
	return true;
}

bool sha256_same(struct str a, struct str b)
{
	return sha256_is_text(a) && str_eq_nocase(a, b);
}
