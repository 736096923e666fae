/*
 * vocab.c - the tokens of one model, as bytes; see vocab.h.
 *
 * Layer: engine.
 */
#include "engine/vocab.h"

#include "base/must.h"
#include "base/utf8.h"
#include "engine/llama_api.h"
#include "engine/token_list.h"

/* ---- bytes and flags ---- */

static uint8_t flags_of(const struct llama_vocab *llama, int token)
{
	unsigned attr = llama_vocab_get_attr(llama, token), flags = 0;
	if (attr & LLAMA_TOKEN_ATTR_CONTROL)
		flags |= VOCAB_CONTROL;
	if (attr & (LLAMA_TOKEN_ATTR_UNUSED | LLAMA_TOKEN_ATTR_UNKNOWN))
		flags |= VOCAB_UNUSED;
	if (attr & LLAMA_TOKEN_ATTR_LSTRIP)
		flags |= VOCAB_STRIP_LEFT;
	if (attr & LLAMA_TOKEN_ATTR_RSTRIP)
		flags |= VOCAB_STRIP_RIGHT;
	if (llama_vocab_is_eog(llama, token))
		flags |= VOCAB_END;
	return (uint8_t)flags;
}

static void read_bytes(struct vocab *v)
{
	size_t room = (size_t)v->count * 8, used = 0;
	v->bytes = must_alloc(room);
	for (int t = 0; t < v->count; t++) {
		int32_t left = (int32_t)(room - used < INT32_MAX ? room - used : INT32_MAX);
		int32_t n = llama_token_to_piece(v->llama, t, v->bytes + used, left, 0, true);
		if (n < 0) {
			room = room * 2 + (size_t)-n;
			v->bytes = must_realloc(v->bytes, room);
			n = llama_token_to_piece(v->llama, t, v->bytes + used, -n, 0, true);
			MUST(n >= 0);
		}
		v->offsets[t] = (uint32_t)used;
		used += (size_t)n;
		v->flags[t] = flags_of(v->llama, t);
	}
	v->offsets[v->count] = (uint32_t)used;
}

struct str vocab_bytes(const struct vocab *v, int token)
{
	MUST(token >= 0 && token < v->count);
	return str_n(v->bytes + v->offsets[token], v->offsets[token + 1] - v->offsets[token]);
}

/* Which token stands for a byte alone. */
static void find_byte_tokens(struct vocab *v)
{
	for (int i = 0; i < 256; i++)
		v->byte_tokens[i] = -1;
	for (int t = 0; t < v->count; t++) {
		struct str bytes = vocab_bytes(v, t);
		if (bytes.n == 1 && !vocab_is(v, t, VOCAB_CONTROL | VOCAB_UNUSED))
			v->byte_tokens[(uint8_t)bytes.p[0]] = t;
	}
}

/* ---- tries ---- */

static bool is_among(const struct vocab *v, int token, unsigned with, unsigned without)
{
	unsigned flags = v->flags[token];
	return vocab_bytes(v, token).n && (flags & with) == with && !(flags & without);
}

/* A trie of the tokens that have bytes, all flags of `with` and none of `without`. */
static void build(const struct vocab *v, struct trie *t, unsigned with, unsigned without)
{
	struct trie_entry *entries = must_calloc((size_t)v->count + 1, sizeof *entries);
	size_t count = 0;
	for (int32_t i = 0; i < v->count; i++)
		if (is_among(v, i, with, without))
			entries[count++] = (struct trie_entry){ vocab_bytes(v, i), i };
	trie_build(t, entries, count);
	free(entries);
}

void vocab_need_trie(struct vocab *v)
{
	const unsigned without = VOCAB_END | VOCAB_UNUSED;
	if (v->all.nodes)
		return;
	build(v, &v->all, 0, without);
	v->others = must_calloc((size_t)v->count + 1, sizeof *v->others);
	for (int32_t i = 0; i < v->count; i++)
		if (!is_among(v, i, 0, without))
			v->others[v->other_count++] = i;
}

/* ---- life ---- */

void vocab_init(struct vocab *v, const struct llama_vocab *llama)
{
	*v = (struct vocab){ .llama = llama,
		.count = llama_vocab_n_tokens(llama),
		.bos = llama_vocab_bos(llama),
		.adds_bos = llama_vocab_get_add_bos(llama) };
	v->offsets = must_calloc((size_t)v->count + 1, sizeof *v->offsets);
	v->flags = must_calloc((size_t)v->count + 1, sizeof *v->flags);
	read_bytes(v);
	build(v, &v->control, VOCAB_CONTROL, 0);
	find_byte_tokens(v);
}

void vocab_clear(struct vocab *v)
{
	trie_clear(&v->all);
	trie_clear(&v->control);
	free(v->others);
	free(v->offsets);
	free(v->flags);
	free(v->bytes);
	*v = (struct vocab){ 0 };
}

/* ---- text to tokens ---- */

int vocab_control_at(const struct vocab *v, struct str text)
{
	const struct trie *t = &v->control;
	int found = -1;
	uint32_t at = 0, end = t->node_count;
	for (size_t i = 0; i < text.n; i++) {
		while (at < end && t->nodes[at].byte != (uint8_t)text.p[i])
			at = t->nodes[at].end;
		if (at >= end)
			break;
		int32_t token = trie_token(t, at);
		found = token >= 0 ? token : found;
		end = t->nodes[at].end;
		at++;
	}
	return found;
}

/* Lays tokens over the text they came from. A tokenizer of SentencePiece kind puts a space in front
 * of what follows a control token: that space is not of the text. */
static bool lay_over(const struct vocab *v, const int32_t *ids, size_t count, struct str text,
	uint32_t base, struct token *out)
{
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		struct str bytes = vocab_bytes(v, ids[i]), rest = str_from(text, at);
		if (i == 0 && str_starts(bytes, STR(" ")) && !str_starts(rest, bytes))
			bytes = str_from(bytes, 1);
		if (!str_starts(rest, bytes))
			return false;
		at += bytes.n;
		out[i] = (struct token){ .id = ids[i], .end = base + (uint32_t)at };
	}
	return at == text.n;
}

/* A token that covers nothing ends where the next one ends: no border between them is a place to
 * cut. */
static void close_gaps(struct token *tokens, size_t count, uint32_t base)
{
	for (size_t i = count; i-- > 0;) {
		uint32_t start = i ? tokens[i - 1].end : base;
		if (tokens[i].end == start && i + 1 < count)
			tokens[i].end = tokens[i + 1].end;
	}
}

/* Tokens of text that is UTF-8: libllama throws, and so ends the process, on what is not. */
static void tokenize_valid(
	const struct vocab *v, struct str text, uint32_t base, struct token_list *out)
{
	int32_t room = (int32_t)text.n + 2;
	int32_t *ids = must_calloc((size_t)room, sizeof *ids);
	int32_t n = llama_tokenize(v->llama, text.p, (int32_t)text.n, ids, room, false, false);
	if (n < 0) {
		ids = must_realloc(ids, (size_t)-n * sizeof *ids);
		n = llama_tokenize(v->llama, text.p, (int32_t)text.n, ids, -n, false, false);
		MUST(n >= 0);
	}
	struct token *tokens = must_calloc((size_t)n + 1, sizeof *tokens);
	if (!lay_over(v, ids, (size_t)n, text, base, tokens))
		for (int32_t i = 0; i < n; i++)
			tokens[i] = (struct token){ .id = ids[i], .end = base + (uint32_t)text.n };
	close_gaps(tokens, (size_t)n, base);
	for (int32_t i = 0; i < n; i++)
		token_list_add(out, tokens[i]);
	free(tokens);
	free(ids);
}

/* Bytes at the front that are whole characters. */
static size_t valid_bytes(struct str text)
{
	uint32_t code;
	size_t at = 0;
	for (int n; (n = utf8_next(str_from(text, at), &code)) > 0;)
		at += (size_t)n;
	return at;
}

void vocab_tokenize(const struct vocab *v, struct str text, uint32_t base, struct token_list *out)
{
	for (size_t at = 0; at < text.n;) {
		size_t n = valid_bytes(str_from(text, at));
		if (n) {
			tokenize_valid(v, str_sub(text, at, at + n), base + (uint32_t)at, out);
			at += n;
			continue;
		}
		int32_t token = v->byte_tokens[(uint8_t)text.p[at++]];
		if (token >= 0)
			token_list_add(
				out, (struct token){ .id = token, .end = base + (uint32_t)at });
	}
}
