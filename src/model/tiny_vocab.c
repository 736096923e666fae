/*
 * tiny_vocab.c - the vocabulary of a tiny model: its own, or one taken from a file; see tiny.h.
 *
 * Its own follows what llama.cpp 0.5.0 asks of a byte-level vocabulary ("gpt2" with pre-tokenizer
 * "smollm"): the alphabet is GPT-2's printable stand-ins for bytes, and every token but the control
 * ones is either such a byte or a merge of two tokens.
 */
#include <stdlib.h>

#include "base/must.h"
#include "base/utf8.h"
#include "model/tiny_int.h"

enum { BYTES = 256, WORD_BYTES = 64 };

/* As llama.cpp numbers kinds of tokens. */
enum token_kind { TOKEN_NORMAL = 1, TOKEN_CONTROL = 3, TOKEN_USER_DEFINED = 4 };

struct special_row {
	const char *text;
	enum token_kind kind;
};

static const struct special_row specials[] = {
	{ "<|endoftext|>", TOKEN_CONTROL },
	{ "<|im_start|>", TOKEN_CONTROL },
	{ "<|im_end|>", TOKEN_CONTROL },
	{ "<tool_call>", TOKEN_USER_DEFINED },
	{ "</tool_call>", TOKEN_USER_DEFINED },
	{ "<tool_response>", TOKEN_USER_DEFINED },
	{ "</tool_response>", TOKEN_USER_DEFINED },
	{ "<think>", TOKEN_USER_DEFINED },
	{ "</think>", TOKEN_USER_DEFINED },
};

struct merge_row {
	const char *left, *right; /* raw bytes; each a byte or an earlier merge */
};

static const struct merge_row merges[] = {
	{ "h", "e" },
	{ " ", "t" },
	{ " t", "he" },
	{ "i", "n" },
	{ "e", "r" },
	{ "o", "n" },
	{ " ", "a" },
	{ "l", "l" },
	{ "he", "ll" },
	{ "hell", "o" },
	{ "a", "t" },
	{ "r", "e" },
	{ "n", "a" },
	{ "m", "e" },
	{ "na", "me" },
	{ " ", " " },
	{ "  ", "  " },
	{ "\n", "\n" },
	{ "1", "0" },
	/* pieces of JSON, some across its borders */
	{ "{", "\"" },
	{ "\"", ":" },
	{ "\":", " " },
	{ "\": ", "\"" },
	{ "\"", "," },
	{ "\",", " " },
	{ "\", ", "\"" },
	{ "\"", "}" },
	{ "}", "}" },
	{ "\"}", "}" },
	{ "}", "\n" },
	{ "\\", "n" },
	{ "[", "]" },
	/* pieces of characters, and some whole ones */
	{ "\xc3", "\xa9" },
	{ "\xe2", "\x80" },
	{ "\xe2\x80", "\x94" },
	{ "\xf0", "\x9f" },
	{ "\xf0\x9f", "\x98" },
	{ "\xf0\x9f\x98", "\x80" },
};

enum {
	N_SPECIALS = sizeof(specials) / sizeof(specials[0]),
	N_MERGES = sizeof(merges) / sizeof(merges[0]),
	N_TOKENS = N_SPECIALS + BYTES + N_MERGES
};

/* GPT-2's alphabet: a printable Latin-1 character stands for its own byte, the others get the
 * characters from U+0100 on, in order. */
static bool stands_for_itself(unsigned byte)
{
	return (byte >= '!' && byte <= '~') || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

static void add_byte(struct buf *b, unsigned char byte)
{
	uint32_t code = byte;
	if (!stands_for_itself(byte)) {
		code = 0x100;
		for (unsigned before = 0; before < byte; before++)
			code += !stands_for_itself(before);
	}
	utf8_add(b, code);
}

static struct str in_alphabet(struct arena *a, struct str left, struct str right)
{
	struct buf b;
	buf_init(&b, WORD_BYTES);
	for (size_t i = 0; i < left.n; i++)
		add_byte(&b, (unsigned char)left.p[i]);
	for (size_t i = 0; i < right.n; i++)
		add_byte(&b, (unsigned char)right.p[i]);
	MUST(!b.overflow);
	struct str s = arena_str(a, buf_str(&b));
	buf_clear(&b);
	return s;
}

/* ---- the words of a vocabulary in the making ---- */

struct words {
	struct arena *a;
	struct str *text;
	int32_t *kinds;
	size_t n; /* there is room for all specials of the recipe behind them */
};

static void words_init(struct words *w, struct arena *a, size_t room)
{
	*w = (struct words){ .a = a,
		.text = arena_calloc(a, room, sizeof(struct str)),
		.kinds = arena_calloc(a, room, sizeof(int32_t)) };
}

static void add_word(struct words *w, struct str text, enum token_kind kind)
{
	w->text[w->n] = text;
	w->kinds[w->n++] = (int32_t)kind;
}

/* SIZE_MAX if it is not there. */
static size_t find_word(const struct words *w, struct str text)
{
	for (size_t i = 0; i < w->n; i++)
		if (str_eq(w->text[i], text))
			return i;
	return SIZE_MAX;
}

/* Names that makers give to places nobody uses. */
static bool is_place_holder(struct str text)
{
	static const char *const begins[] = { "[PAD", "<|reserved_", "<SPECIAL_", "<unused" };
	for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
		if (str_starts(text, str_z(begins[i])))
			return true;
	return false;
}

/* The tokens of a family that this vocabulary lacks, as a fine-tune gives them their places. */
static void add_specials(struct words *w, const struct tiny_vocabulary *v)
{
	size_t free_place = 0;
	for (size_t i = 0; i < v->special_count; i++) {
		const struct tiny_special *s = &v->specials[i];
		size_t at = find_word(w, s->text);
		while (at == SIZE_MAX && free_place < w->n && !is_place_holder(w->text[free_place]))
			free_place++;
		if (at == SIZE_MAX)
			at = free_place < w->n ? free_place++ : w->n++;
		w->text[at] = s->text;
		w->kinds[at] = s->is_control ? TOKEN_CONTROL : TOKEN_USER_DEFINED;
	}
}

static void put_words(struct gg_writer *w, const struct words *words)
{
	gg_put_strs(w, "tokenizer.ggml.tokens", words->text, words->n);
	gg_put_i32s(w, "tokenizer.ggml.token_type", words->kinds, words->n);
}

static void put_id(struct gg_writer *w, const char *key, const struct words *words, struct str text)
{
	size_t id = find_word(words, text);
	if (text.n && id != SIZE_MAX)
		gg_put_u32(w, key, (uint32_t)id);
}

/* ---- our own ---- */

static void make_words(struct words *w)
{
	for (size_t i = 0; i < N_SPECIALS; i++)
		add_word(w, str_z(specials[i].text), specials[i].kind);
	for (unsigned byte = 0; byte < BYTES; byte++) {
		char c = (char)byte;
		add_word(w, in_alphabet(w->a, str_n(&c, 1), STR("")), TOKEN_NORMAL);
	}
	for (size_t i = 0; i < N_MERGES; i++)
		add_word(w, in_alphabet(w->a, str_z(merges[i].left), str_z(merges[i].right)),
			TOKEN_NORMAL);
}

static void put_merges(struct gg_writer *w, struct arena *a)
{
	struct str pairs[N_MERGES];
	for (size_t i = 0; i < N_MERGES; i++)
		pairs[i] =
			arena_printf(a, "%s %s", in_alphabet(a, str_z(merges[i].left), STR("")).p,
				in_alphabet(a, str_z(merges[i].right), STR("")).p);
	gg_put_strs(w, "tokenizer.ggml.merges", pairs, N_MERGES);
}

static size_t put_own(struct gg_writer *w, struct arena *a, const struct tiny_vocabulary *v)
{
	struct words words;
	words_init(&words, a, N_TOKENS + v->special_count);
	make_words(&words);
	add_specials(&words, v);
	gg_put_str(w, "tokenizer.ggml.model", STR("gpt2"));
	gg_put_str(w, "tokenizer.ggml.pre", STR("smollm"));
	put_words(w, &words);
	put_merges(w, a);
	put_id(w, "tokenizer.ggml.bos_token_id", &words, v->bos.n ? v->bos : STR("<|im_start|>"));
	put_id(w, "tokenizer.ggml.eos_token_id", &words, v->eos.n ? v->eos : STR("<|im_end|>"));
	put_id(w, "tokenizer.ggml.unknown_token_id", &words, STR("<|endoftext|>"));
	put_id(w, "tokenizer.ggml.padding_token_id", &words, STR("<|endoftext|>"));
	gg_put_bool(w, "tokenizer.ggml.add_bos_token", false);
	return words.n;
}

/* ---- one of a file ---- */

static void take_words(struct words *w, const struct gg_file *f, const struct gg_array *tokens)
{
	struct gg_array kinds = { 0 };
	struct str rest = tokens->bytes, text;
	gg_opt_array(f, "tokenizer.ggml.token_type", &kinds, NULL);
	bool knows_kinds = kinds.count == tokens->count && gg_is_integer(kinds.kind);
	while (gg_next_str(&rest, &text))
		add_word(w, text,
			knows_kinds ? (enum token_kind)gg_item_i64(&kinds, w->n) : TOKEN_NORMAL);
}

/* Whether the key is written as it stands in the file. */
static bool is_kept(struct str key, const struct tiny_vocabulary *v)
{
	return str_starts(key, STR("tokenizer.")) &&
	       !str_starts(key, STR("tokenizer.chat_template")) &&
	       !str_eq_z(key, "tokenizer.ggml.tokens") &&
	       !str_eq_z(key, "tokenizer.ggml.token_type") &&
	       !(v->bos.n && str_eq_z(key, "tokenizer.ggml.bos_token_id")) &&
	       !(v->eos.n && str_eq_z(key, "tokenizer.ggml.eos_token_id"));
}

static size_t put_taken(struct gg_writer *w, struct arena *a, const struct tiny_vocabulary *v)
{
	struct gg_array tokens = { 0 };
	struct words words;
	gg_opt_array(v->from, "tokenizer.ggml.tokens", &tokens, NULL);
	MUST(tokens.kind == GG_STR || !tokens.count);
	words_init(&words, a, (size_t)tokens.count + v->special_count);
	take_words(&words, v->from, &tokens);
	add_specials(&words, v);
	for (size_t i = 0; i < gg_key_count(v->from); i++) {
		struct gg_value value = gg_key_at(v->from, i);
		if (is_kept(value.key, v))
			gg_put_value(w, &value);
	}
	put_words(w, &words);
	put_id(w, "tokenizer.ggml.bos_token_id", &words, v->bos);
	put_id(w, "tokenizer.ggml.eos_token_id", &words, v->eos);
	return words.n;
}

size_t tiny_put_vocabulary(struct gg_writer *w, struct arena *a, const struct tiny_vocabulary *v)
{
	return v->from ? put_taken(w, a, v) : put_own(w, a, v);
}
