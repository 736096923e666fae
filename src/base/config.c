/*
 * config.c - the configuration file, through inih; see config.h.
 *
 * The reader that hands lines to inih takes away their indent, because inih would take an indented
 * line for a continuation of the one before, and counts them. inih cuts lines at its buffer without
 * a word, so a line that does not fit is refused here.
 */
#include "base/config.h"

#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/must.h"

struct config {
	struct arena *arena;
	struct str path;
	struct config_entry *entries;
	size_t count, cap;
	/* While parsing. */
	struct str rest;
	int line;
	bool has_long_line;
};

enum { FIRST_ENTRIES = 32 };

/* Like fgets: the next line, with its newline, into out. */
static char *next_line(char *out, int size, void *stream)
{
	struct config *c = stream;
	struct str line;
	if (c->has_long_line || !str_cut(&c->rest, '\n', &line) || (!c->rest.p && line.n == 0))
		return NULL;
	c->line++;
	line = str_trim(line);
	if (line.n + 2 > (size_t)size) {
		c->has_long_line = true;
		return NULL;
	}
	snprintf(out, (size_t)size, "%.*s\n", STR_ARG(line));
	return out;
}

/* upstream "desk" -> upstream, desk; false if it is neither a word nor a word and a quoted name. */
static bool split_section(struct arena *a, struct str raw, struct config_entry *entry)
{
	size_t quote = str_find_char(raw, '"');
	entry->section = arena_str(a, str_trim(str_sub(raw, 0, quote)));
	entry->name = arena_str(a, str_z(""));
	if (quote == SIZE_MAX)
		return entry->section.n > 0;
	struct str name = str_trim(str_from(raw, quote + 1));
	if (name.n == 0 || name.p[name.n - 1] != '"')
		return false;
	entry->name = arena_str(a, str_sub(name, 0, name.n - 1));
	return entry->section.n > 0 && str_find_char(entry->name, '"') == SIZE_MAX;
}

static int take_entry(void *ctx, const char *section, const char *key, const char *value)
{
	struct config *c = ctx;
	struct config_entry entry = { .line = c->line };
	if (!split_section(c->arena, str_z(section), &entry))
		return 0;
	entry.key = arena_str(c->arena, str_z(key));
	entry.value = arena_str(c->arena, str_z(value));
	if (c->count == c->cap) {
		size_t cap = c->cap ? 2 * c->cap : FIRST_ENTRIES;
		struct config_entry *grown = arena_calloc(c->arena, cap, sizeof *grown);
		if (c->count)
			memcpy(grown, c->entries, c->count * sizeof *grown);
		c->entries = grown;
		c->cap = cap;
	}
	c->entries[c->count++] = entry;
	return 1;
}

static bool refuse(const struct config *c, int line, const char *what, struct err *e)
{
	fail(e, ERR_USAGE, LAYER_NONE, "%s:%d: %s", c->path.p, line, what);
	return err_mend(e, "lines are [section], [section \"name\"], key = value, or # comment");
}

struct config *config_parse(struct str text, const char *path, struct err *e)
{
	struct arena *a = arena_new();
	struct config *c = arena_alloc(a, sizeof *c);
	*c = (struct config){ .arena = a, .path = arena_str(a, str_z(path)), .rest = text };
	if (memchr(text.n ? text.p : "", 0, text.n))
		refuse(c, 1, "holds a NUL byte", e);
	else if (text.n) {
		int bad_line = ini_parse_stream(next_line, c, take_entry, c);
		if (c->has_long_line)
			refuse(c, c->line, "this line is too long", e);
		else if (bad_line)
			refuse(c, bad_line, "cannot be read", e);
		else
			return c;
	} else {
		return c;
	}
	config_free(c);
	return NULL;
}

struct config *config_load(const char *path, struct err *e)
{
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	bool ok = !fs_exists(path) || fs_read(path, &text, e);
	struct config *c = ok ? config_parse(buf_str(&text), path, e) : NULL;
	buf_clear(&text);
	return c;
}

void config_free(struct config *c)
{
	if (c)
		arena_free(c->arena);
}

const char *config_path(const struct config *c)
{
	return c->path.p;
}

size_t config_count(const struct config *c)
{
	return c ? c->count : 0;
}

const struct config_entry *config_get(const struct config *c, size_t index)
{
	MUST(index < config_count(c));
	return &c->entries[index];
}

const struct config_entry *config_find(
	const struct config *c, const char *section, const char *name, const char *key)
{
	for (size_t i = config_count(c); i-- > 0;) {
		const struct config_entry *entry = &c->entries[i];
		if (str_eq_z(entry->section, section) && str_eq_z(entry->name, name) &&
			str_eq_z(entry->key, key))
			return entry;
	}
	return NULL;
}

bool config_fail(const struct config *c, const struct config_entry *entry, struct err *e,
	const char *format, ...)
{
	char what[ERR_WHAT_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	return fail(e, ERR_USAGE, LAYER_NONE, "%s:%d: %s", c->path.p, entry->line, what);
}
