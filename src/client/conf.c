/*
 * conf.c - paths, and what the formats share; see conf.h.
 *
 * Layer: client.
 */
#include "client/conf_int.h"

#include "base/limits.h"
#include "base/must.h"

static const struct conf_ops *const formats[] = {
	[CONF_JSON] = &conf_json,
	[CONF_TOML] = &conf_toml,
	[CONF_YAML] = &conf_yaml,
	[CONF_ENV] = &conf_env,
};

_Static_assert(sizeof formats / sizeof *formats == CONF_FORMAT_COUNT, "a row for each format");

static struct conf_part part_of(struct str text)
{
	if (str_starts(text, STR("<")) && str_ends(text, STR(">")))
		return (struct conf_part){ .name = str_sub(text, 1, text.n - 1),
			.kind = CONF_MEMBER };
	if (str_eq(text, STR("[]")))
		return (struct conf_part){ .kind = CONF_ITEM };
	if (!str_starts(text, STR("[")) || !str_ends(text, STR("]")))
		return (struct conf_part){ .name = text, .kind = CONF_MEMBER };
	struct str value = str_sub(text, 1, text.n - 1), name;
	str_cut(&value, '=', &name);
	return (struct conf_part){ .name = name, .value = value, .kind = CONF_ELEMENT };
}

/* The slash that ends the part; one inside brackets belongs to the part. */
static size_t part_end(struct str text)
{
	size_t depth = 0;
	for (size_t i = 0; i < text.n; i++) {
		depth += text.p[i] == '[' || text.p[i] == '<';
		depth -= (text.p[i] == ']' || text.p[i] == '>') && depth;
		if (text.p[i] == '/' && !depth)
			return i;
	}
	return text.n;
}

struct conf_path conf_path(struct str text)
{
	struct conf_path path = { .count = 0 };
	while (text.n) {
		size_t end = part_end(text);
		MUST(path.count < CONF_PATH_PARTS);
		path.parts[path.count++] = part_of(str_sub(text, 0, end));
		text = str_from(text, end + 1);
	}
	MUST(path.count > 0);
	return path;
}

json_t *conf_get(
	enum conf_format format, struct str text, const struct conf_path *path, struct err *e)
{
	return formats[format]->get(text, path, e);
}

bool conf_set(enum conf_format format, struct buf *text, const struct conf_path *path,
	const json_t *value, struct err *e)
{
	return formats[format]->set(text, path, value, e);
}

bool conf_replace(struct buf *text, struct conf_span at, struct str with, struct err *e)
{
	struct buf changed;
	buf_init(&changed, text->max);
	buf_add(&changed, str_sub(buf_str(text), 0, at.from));
	buf_add(&changed, with);
	buf_add(&changed, str_from(buf_str(text), at.to));
	bool ok = !changed.overflow;
	if (ok) {
		struct buf old = *text;
		*text = changed;
		changed = old;
	}
	buf_clear(&changed);
	return ok || fail(e, ERR_TOO_BIG, LAYER_CLIENT, "the file would pass %zu bytes", text->max);
}

size_t conf_line(struct str text, size_t at)
{
	size_t line = 1;
	for (size_t i = 0; i < at && i < text.n; i++)
		line += text.p[i] == '\n';
	return line;
}

bool conf_fail(struct str text, size_t at, const char *words, struct err *e)
{
	fail(e, ERR_BAD_DATA, LAYER_CLIENT, "line %zu: %s", conf_line(text, at), words);
	return err_mend(e, "mend the file by hand, then try again");
}

struct str conf_indent(struct str text, size_t at)
{
	size_t from = at, to;
	while (from > 0 && text.p[from - 1] != '\n')
		from--;
	for (to = from; to < text.n && (text.p[to] == ' ' || text.p[to] == '\t'); to++)
		;
	return str_sub(text, from, to);
}

json_t *conf_word(struct str word)
{
	int64_t whole;
	double real;
	if (str_eq(word, STR("true")) || str_eq(word, STR("false")))
		return json_boolean(word.p[0] == 't');
	if (str_eq(word, STR("null")) || str_eq(word, STR("~")))
		return json_null();
	if (str_to_i64(word, &whole))
		return json_integer(whole);
	if (str_to_double(word, &real))
		return json_real(real);
	return js_new_text(word);
}
