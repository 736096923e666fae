/*
 * conf_env.c - KEY=value lines, as .env files have them; see conf.h.
 *
 * A path is one name. "export " in front, quotes around a value and comment lines are taken as
 * shells take them; a name that stands twice counts where it stands last.
 *
 * Layer: client.
 */
#include <string.h>

#include "base/limits.h"
#include "base/must.h"
#include "client/conf_int.h"

/* The value of the last line that sets `name`. */
static bool find(struct str text, struct str name, struct conf_span *out)
{
	bool is_found = false;
	struct str rest = text, line;
	while (str_cut(&rest, '\n', &line)) {
		struct str body = str_trim_left(line);
		if (str_starts(body, STR("export ")))
			body = str_trim_left(str_from(body, 7));
		size_t equals = str_find_char(body, '=');
		if (equals == SIZE_MAX || !str_eq(str_trim(str_sub(body, 0, equals)), name))
			continue;
		struct str value = str_trim(str_from(body, equals + 1));
		out->from = value.n ? (size_t)(value.p - text.p)
				    : (size_t)(body.p - text.p) + equals + 1;
		out->to = out->from + value.n;
		is_found = true;
	}
	return is_found;
}

static json_t *get(struct str text, const struct conf_path *path, struct err *e)
{
	struct conf_span at;
	(void)e;
	MUST(path->count == 1);
	if (!find(text, path->parts[0].name, &at))
		return NULL;
	struct str value = str_sub(text, at.from, at.to);
	bool is_quoted = value.n >= 2 && (value.p[0] == '"' || value.p[0] == '\'') &&
			 value.p[value.n - 1] == value.p[0];
	return is_quoted ? js_new_text(str_sub(value, 1, value.n - 1)) : conf_word(value);
}

/* Quotes where a shell would need them. */
static void write_value(const json_t *value, struct buf *out)
{
	struct buf plain;
	buf_init(&plain, LIMIT_TEXT_FILE_BYTES);
	if (json_is_string(value))
		buf_add(&plain, js_text(value));
	else
		js_write(value, &plain);
	char quote = str_find_char(buf_str(&plain), '\'') == SIZE_MAX ? '\'' : '"';
	bool needs_quotes = false;
	for (size_t i = 0; i < plain.n; i++)
		needs_quotes = needs_quotes || strchr(" \t#'\"$`\\;&|<>()", plain.p[i]);
	if (needs_quotes)
		buf_add_char(out, quote);
	buf_add(out, buf_str(&plain));
	if (needs_quotes)
		buf_add_char(out, quote);
	buf_clear(&plain);
}

static bool set(struct buf *text, const struct conf_path *path, const json_t *value, struct err *e)
{
	struct conf_span at;
	struct buf written;
	MUST(path->count == 1);
	struct str name = path->parts[0].name;
	json_t *now = get(buf_str(text), path, e);
	bool is_same = now && json_equal(now, value);
	json_decref(now);
	if (is_same)
		return true;
	buf_init(&written, LIMIT_TEXT_FILE_BYTES);
	bool is_there = find(buf_str(text), name, &at);
	if (!is_there) {
		at = (struct conf_span){ text->n, text->n };
		bool is_open = text->n && text->p[text->n - 1] != '\n';
		buf_printf(&written, "%s%.*s=", is_open ? "\n" : "", STR_ARG(name));
	}
	write_value(value, &written);
	if (!is_there)
		buf_add_char(&written, '\n');
	bool ok = conf_replace(text, at, buf_str(&written), e);
	buf_clear(&written);
	return ok;
}

const struct conf_ops conf_env = { get, set };
