/*
 * words.c - see words.h.
 */
#include "chat/words.h"

#include <ctype.h>

static const char *const endings[] = { "asm", "awk", "bak", "bash", "bat", "bin", "c", "cc", "cfg",
	"cjs", "clj", "cmake", "conf", "cpp", "cs", "css", "csv", "cxx", "dart", "dat", "db",
	"diff", "dockerfile", "doc", "docx", "ejs", "env", "erl", "ex", "exs", "fish", "gif",
	"gitignore", "go", "gradle", "graphql", "gz", "h", "hh", "hpp", "hs", "html", "htm", "ico",
	"ini", "ipynb", "java", "jpeg", "jpg", "js", "json", "jsonl", "jsx", "kt", "less", "lisp",
	"lock", "log", "lua", "m", "make", "map", "markdown", "md", "mjs", "mk", "ml", "mp3", "mp4",
	"nim", "org", "out", "patch", "pdf", "php", "pl", "plist", "png", "properties", "proto",
	"ps1", "py", "pyi", "r", "rb", "rs", "rst", "sass", "scala", "scss", "service", "sh", "sql",
	"sqlite", "svelte", "svg", "swift", "tar", "tex", "tf", "tgz", "toml", "ts", "tsv", "tsx",
	"txt", "vue", "wasm", "webp", "xls", "xlsx", "xml", "yaml", "yml", "zig", "zip", "zsh",
	NULL };

static const char *const customary[] = { "Makefile", "Dockerfile", "README", "LICENSE", "CHANGELOG",
	"CMakeLists", "Gemfile", "Rakefile", "Vagrantfile", "Jenkinsfile", "Procfile", ".gitignore",
	".gitattributes", ".dockerignore", ".editorconfig", ".env", ".bashrc", ".profile", NULL };

/* Products whose names look like files. */
static const char *const products[] = { "node.js", "vue.js", "next.js", "nuxt.js", "three.js",
	"express.js", "d3.js", "react.js", "chart.js", "nest.js", "alpine.js", "socket.io",
	"asp.net", "llama.cpp", "ggml.c", NULL };

static const char *const abbreviations[] = { "e.g", "i.e", "etc", "vs", "cf", "approx", NULL };

/* What may stand around a word. */
static const char *const marks[] = { "\"", "'", "(", ")", "[", "]", "{", "}", "<", ">", "*", ".",
	",", ";", ":", "!", "?", "“", "”", "‘", "’", "«", "»", "…", NULL };

static bool in_list(struct str s, const char *const *list)
{
	for (; *list; list++)
		if (str_eq_nocase(s, str_z(*list)))
			return true;
	return false;
}

bool word_is(const struct word *w, const char *const *list)
{
	return in_list(w->text, list);
}

static bool has_only_name_bytes(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c < 0x80 && !isalnum(c) && !str_eq_z(str_n(s.p + i, 1), "_") &&
			str_find_char(STR("./+-~@#"), (char)c) == SIZE_MAX)
			return false;
	}
	return s.n > 0;
}

static struct str base_of(struct str path)
{
	size_t slash = str_find_last(path, STR("/"));
	return slash == SIZE_MAX ? path : str_from(path, slash + 1);
}

bool word_is_file(const struct word *w)
{
	struct str base = base_of(w->text);
	if (!has_only_name_bytes(w->text) || w->text.p[0] == '-' || base.n == 0)
		return false;
	if (in_list(w->text, products))
		return false;
	for (const char *const *name = customary; *name; name++)
		if (str_eq_z(base, *name))
			return true;
	size_t dot = str_find_last(base, STR("."));
	return dot != SIZE_MAX && dot > 0 && in_list(str_from(base, dot + 1), endings);
}

/* ---- cutting ---- */

static bool is_fence(struct str line)
{
	struct str s = str_trim_left(line);
	return str_starts(s, STR("```")) || str_starts(s, STR("~~~"));
}

/* Bytes of the marker of a list ("- ", "* ", "3. ", "• ") at the front; 0 if there is none. */
static size_t bullet_bytes(struct str s)
{
	size_t digits = 0;
	if (str_starts(s, STR("- ")) || str_starts(s, STR("* ")) || str_starts(s, STR("+ ")))
		return 2;
	if (str_starts(s, STR("• ")))
		return STR("• ").n;
	while (digits < s.n && isdigit((unsigned char)s.p[digits]))
		digits++;
	struct str after = str_from(s, digits);
	bool is_number = digits && (str_starts(after, STR(". ")) || str_starts(after, STR(") ")));
	return is_number ? digits + 2 : 0;
}

/* Whether the sentence may end after the byte at `i`, which is '.', '!' or '?'. */
static bool ends_here(struct str line, size_t i)
{
	if (i + 1 < line.n && !isspace((unsigned char)line.p[i + 1]))
		return false;
	size_t from = i;
	while (from > 0 && !isspace((unsigned char)line.p[from - 1]))
		from--;
	return !in_list(str_sub(line, from, i), abbreviations);
}

/* Bytes of the first sentence of a line; what stands in backticks does not end one. */
static size_t sentence_bytes(struct str line)
{
	bool is_code = false;
	for (size_t i = 0; i < line.n; i++) {
		char c = line.p[i];
		if (c == '`')
			is_code = !is_code;
		else if (!is_code && (c == '.' || c == '!' || c == '?') && ends_here(line, i))
			return i + 1;
	}
	return line.n;
}

/* ---- words ---- */

/* Bytes of punctuation at the front of `s`, one character at a time; 0 if there is none. A dot that
 * begins a name (.env, ./a, ../a) stays. */
static size_t front_edge(struct str s)
{
	if (s.n > 1 && s.p[0] == '.' &&
		(isalpha((unsigned char)s.p[1]) || s.p[1] == '/' || s.p[1] == '.'))
		return 0;
	for (const char *const *mark = marks; *mark; mark++)
		if (str_starts(s, str_z(*mark)))
			return str_z(*mark).n;
	return 0;
}

static size_t back_edge(struct str s)
{
	for (const char *const *mark = marks; *mark; mark++)
		if (str_ends(s, str_z(*mark)))
			return str_z(*mark).n;
	return 0;
}

static bool has_letter(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (isalnum((unsigned char)s.p[i]))
			return true;
	return false;
}

/* The bytes up to the next white space, or up to the closing backtick. */
static struct str cut_piece(struct str *rest)
{
	size_t n = 0;
	bool is_code = false;
	while (n < rest->n && (is_code || !isspace((unsigned char)rest->p[n])))
		is_code ^= rest->p[n++] == '`';
	struct str piece = str_sub(*rest, 0, n);
	*rest = str_trim_left(str_from(*rest, n));
	return piece;
}

static bool ends_clause(struct str piece)
{
	return piece.n && str_find_char(STR(",;:"), piece.p[piece.n - 1]) != SIZE_MAX;
}

static struct word make_word(struct str piece)
{
	struct word w = { .ends_clause = ends_clause(piece) };
	size_t open = str_find_char(piece, '`'), close = str_find_last(piece, STR("`"));
	if (open != SIZE_MAX && close > open) {
		w.is_code = true;
		w.text = str_trim(str_sub(piece, open + 1, close));
		return w;
	}
	while (front_edge(piece))
		piece = str_from(piece, front_edge(piece));
	while (back_edge(piece))
		piece.n -= back_edge(piece);
	while (piece.n > 2 && piece.p[0] == '_' && piece.p[piece.n - 1] == '_')
		piece = str_sub(piece, 1, piece.n - 1); /* emphasis */
	w.text = piece;
	return w;
}

/* +1 if a quotation of several words begins in this piece, -1 if it ends. */
static int quote_turn(struct str piece)
{
	bool opens = str_starts(piece, STR("\"")) || str_starts(piece, STR("“"));
	size_t last = str_find_last(piece, STR("\"")), curly = str_find(piece, STR("”"));
	bool closes = (last != SIZE_MAX && last > 0) || curly != SIZE_MAX;
	return (int)opens - (int)closes;
}

static void cut_words(struct sentence *s)
{
	struct str rest = s->text;
	int depth = 0;
	while (rest.n && s->count < SENTENCE_WORDS) {
		struct str piece = cut_piece(&rest);
		struct word w = make_word(piece);
		int turn = w.is_code ? 0 : quote_turn(piece);
		depth = depth + turn < 0 ? 0 : depth + turn;
		w.is_quoted = depth > 0 || turn < 0;
		bool is_dash = str_eq_z(piece, "-") || str_eq_z(piece, "–") || str_eq_z(piece, "—");
		if (w.is_code || has_letter(w.text))
			s->words[s->count++] = w;
		else if (s->count && (is_dash || ends_clause(piece)))
			s->words[s->count - 1].ends_clause = true;
	}
}

static void make_sentence(struct str text, bool is_item, struct sentence *out)
{
	*out = (struct sentence){ .text = str_trim(text), .is_item = is_item };
	out->is_question = str_ends(out->text, STR("?"));
	struct str bare = out->text;
	while (bare.n && (bare.p[bare.n - 1] == '*' || bare.p[bare.n - 1] == '_'))
		bare.n--;
	out->ends_open = str_ends(bare, STR(":"));
	cut_words(out);
}

bool sentence_next(struct str *rest, bool *in_code, struct sentence *out)
{
	while (rest->n) {
		size_t line_bytes = str_find_char(*rest, '\n');
		struct str line = str_sub(*rest, 0, line_bytes);
		struct str trimmed = str_trim_left(line);
		size_t front = (size_t)(trimmed.p - line.p), bullet = bullet_bytes(trimmed);
		bool is_prose = !*in_code && !is_fence(line) && !str_starts(trimmed, STR(">"));
		if (is_fence(line))
			*in_code = !*in_code;
		if (!is_prose) {
			*rest = str_from(*rest, line.n < rest->n ? line.n + 1 : line.n);
			continue;
		}
		struct str body = str_from(trimmed, bullet);
		size_t n = sentence_bytes(body);
		make_sentence(str_sub(body, 0, n), bullet > 0, out);
		size_t used = front + bullet + n;
		*rest = str_from(*rest, used < rest->n && rest->p[used] == '\n' ? used + 1 : used);
		if (out->count)
			return true;
	}
	return false;
}
