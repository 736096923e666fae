/*
 * tool_search.c - search(pattern, path): lines that match, as "FILE:LINE: text".
 *
 * The pattern is a PCRE2 regular expression; one that does not compile is searched as plain text,
 * and the result says so. What git ignores is passed over, so are binary and very large files
 * (counted). Each match has PCRE2's own bounds on backtracking, so that no pattern hangs the agent.
 *
 * Layer: act
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <fcntl.h>
#include <unistd.h>

#include "agent/ignore.h"
#include "agent/tool.h"
#include "agent/walk.h"
#include "base/limits.h"
#include "base/utf8.h"

enum { MATCH_STEPS = 200000, MATCH_HEAP_KIB = 8192, NOTE_BYTES = 256, REASON_BYTES = 128 };

struct hunt {
	const struct tool_context *c;
	struct str prefix; /* put in front of each path: "" or "folder/" */
	struct str start;  /* the folder as the walk names it: a part that the prefix has already */
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *bounds;
	struct buf *out;
	size_t matches, too_big, too_costly;
	bool is_full;
};

/* Compiles; as plain text if it is no regular expression, with a note in `out`. */
static bool compile(struct hunt *h, struct str pattern, struct err *e)
{
	const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF;
	int code;
	PCRE2_SIZE at;
	PCRE2_UCHAR reason[REASON_BYTES];
	h->code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n, options, &code, &at, NULL);
	if (!h->code) {
		pcre2_get_error_message(code, reason, sizeof reason);
		buf_printf(h->out, "[no regular expression (%s): searched as plain text]\n",
			(const char *)reason);
		h->code = pcre2_compile((PCRE2_SPTR)pattern.p, pattern.n,
			PCRE2_UTF | PCRE2_LITERAL | PCRE2_MATCH_INVALID_UTF, &code, &at, NULL);
	}
	if (!h->code)
		return fail(e, ERR_BAD_DATA, LAYER_ACT, "the pattern cannot be searched for");
	(void)pcre2_jit_compile(h->code, PCRE2_JIT_COMPLETE);
	h->data = pcre2_match_data_create_from_pattern(h->code, NULL);
	h->bounds = pcre2_match_context_create(NULL);
	pcre2_set_match_limit(h->bounds, MATCH_STEPS);
	pcre2_set_heap_limit(h->bounds, MATCH_HEAP_KIB);
	return true;
}

static void tell_match(struct hunt *h, struct str path, size_t number, struct str line)
{
	struct str shown = str_sub(str_trim_right(line), 0, LIMIT_SEARCH_LINE_BYTES);
	bool is_cut = shown.n < str_trim_right(line).n;
	shown.n = is_cut ? utf8_whole(shown) : shown.n;
	size_t needed = h->prefix.n + path.n + shown.n + NOTE_BYTES;
	if (h->matches == LIMIT_SEARCH_MATCHES || h->out->n + needed > h->out->max) {
		h->is_full = true;
		return;
	}
	h->matches++;
	buf_printf(h->out, "%.*s%.*s:%zu: ", STR_ARG(h->prefix), STR_ARG(path), number);
	utf8_mend(shown, h->out);
	buf_add_z(h->out, is_cut ? "…\n" : "\n");
}

static void search_text(struct hunt *h, struct str path, struct str text)
{
	struct str line;
	for (size_t number = 1; !h->is_full && str_cut(&text, '\n', &line); number++) {
		int rc = pcre2_match(h->code, (PCRE2_SPTR)(line.n ? line.p : ""), line.n, 0, 0,
			h->data, h->bounds);
		if (rc >= 0)
			tell_match(h, path, number, line);
		else if (rc != PCRE2_ERROR_NOMATCH && rc != PCRE2_ERROR_PARTIAL)
			h->too_costly++;
	}
}

static bool is_cancelled(const struct hunt *h)
{
	return h->c->is_cancelled && *h->c->is_cancelled;
}

static bool visit(void *owner, const struct walk_entry *entry)
{
	struct hunt *h = owner;
	if (!S_ISREG(entry->st.st_mode))
		return !is_cancelled(h);
	if ((uint64_t)entry->st.st_size > LIMIT_SEARCH_FILE_BYTES) {
		h->too_big++;
		return true;
	}
	int fd = openat(entry->dir_fd, entry->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return true;
	struct buf bytes;
	buf_init(&bytes, LIMIT_SEARCH_FILE_BYTES);
	char *to = buf_room(&bytes, (size_t)entry->st.st_size);
	ssize_t n = to ? pread(fd, to, (size_t)entry->st.st_size, 0) : -1;
	close(fd);
	if (n > 0) {
		buf_grew(&bytes, (size_t)n);
		struct str below = entry->path;
		if (!str_eq_z(h->start, "."))
			below = str_from(below, h->start.n + 1);
		if (!tool_is_binary(buf_str(&bytes)))
			search_text(h, below, buf_str(&bytes));
	}
	buf_clear(&bytes);
	return !h->is_full && !is_cancelled(h);
}

static bool search_file(struct hunt *h, const struct place *at, struct err *e)
{
	struct buf bytes;
	buf_init(&bytes, LIMIT_SEARCH_FILE_BYTES);
	bool ok = place_read(h->c->paths, at, &bytes, e);
	if (ok && tool_is_binary(buf_str(&bytes)))
		ok = fail(e, ERR_BAD_DATA, LAYER_ACT, "%.*s: is no text file (%zu bytes)",
			STR_ARG(at->shown), bytes.n);
	if (ok)
		search_text(h, at->shown, buf_str(&bytes));
	buf_clear(&bytes);
	return ok;
}

static bool search_folder(struct hunt *h, const struct place *at, struct arena *a, struct err *e)
{
	struct ignore *ignore = ignore_new(paths_root(h->c->paths, at->root));
	h->start = at->rel;
	if (!str_eq_z(at->shown, "."))
		h->prefix = arena_printf(a, "%.*s/", STR_ARG(at->shown));
	struct walk walk = {
		.root_fd = paths_root_fd(h->c->paths, at->root),
		.start = at->rel,
		.max_entries = LIMIT_SEARCH_ENTRIES,
		.ignore = ignore,
		.owner = h,
		.visit = visit,
	};
	bool ok = walk_run(&walk) ||
		  fail(e, ERR_DENIED, LAYER_ACT, "%.*s: may not be read", STR_ARG(at->shown));
	ignore_free(ignore);
	return ok;
}

static void tell_rest(struct hunt *h)
{
	if (h->is_full)
		buf_printf(h->out, "[cut: the first %zu matches are shown]\n", h->matches);
	if (h->too_costly)
		buf_printf(h->out, "[the pattern was too costly on %zu lines]\n", h->too_costly);
	if (h->matches == 0)
		buf_add_z(h->out, "no matches\n");
	if (h->too_big)
		buf_printf(h->out, "[%zu files over %zu bytes not searched]\n", h->too_big,
			(size_t)LIMIT_SEARCH_FILE_BYTES);
	buf_truncate(h->out, h->out->n - 1);
}

static bool run(
	const struct tool_context *c, const json_t *args, struct tool_result *r, struct err *e)
{
	struct hunt h = { .c = c, .out = &r->text };
	struct place at;
	struct stat st;
	struct str pattern = tool_arg(args, "pattern");
	if (!paths_find(c->paths, r->arena, tool_arg(args, "path"), &at, e))
		return false;
	if (pattern.n == 0)
		return fail(e, ERR_USAGE, LAYER_ACT, "the pattern is empty");
	if (!place_stat(c->paths, &at, &st))
		return fail(e, ERR_NOT_FOUND, LAYER_ACT, "%.*s: no such file", STR_ARG(at.shown));
	bool ok = compile(&h, pattern, e);
	if (ok && S_ISDIR(st.st_mode))
		ok = search_folder(&h, &at, r->arena, e);
	else if (ok)
		ok = search_file(&h, &at, e);
	if (ok)
		tell_rest(&h);
	pcre2_match_context_free(h.bounds);
	pcre2_match_data_free(h.data);
	pcre2_code_free(h.code);
	return ok;
}

const struct agent_tool tool_search = {
	.name = "search",
	.description = "find text in files",
	.schema = "{\"type\":\"object\",\"properties\":{\"pattern\":{\"type\":\"string\"},"
		  "\"path\":{\"type\":\"string\"}},"
		  "\"required\":[\"pattern\",\"path\"],\"additionalProperties\":false}",
	.risk = TOOL_READS,
	.run = run,
};
