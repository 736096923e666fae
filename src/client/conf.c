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

/* Some editors put it before a text; no format knows it. */
#define BYTE_ORDER_MARK STR("\xEF\xBB\xBF")

static size_t mark_of(struct str text)
{
	return str_starts(text, BYTE_ORDER_MARK) ? BYTE_ORDER_MARK.n : 0;
}

json_t *conf_get(
	enum conf_format format, struct str text, const struct conf_path *path, struct err *e)
{
	return formats[format]->get(str_from(text, mark_of(text)), path, e);
}

bool conf_set(enum conf_format format, struct buf *text, const struct conf_path *path,
	const json_t *value, struct err *e)
{
	size_t mark = mark_of(buf_str(text));
	if (!mark)
		return formats[format]->set(text, path, value, e);
	struct buf bare;
	buf_init(&bare, text->max);
	buf_add(&bare, str_from(buf_str(text), mark));
	bool ok = formats[format]->set(&bare, path, value, e);
	if (ok) {
		buf_reset(text);
		buf_add(text, BYTE_ORDER_MARK);
		buf_add(text, buf_str(&bare));
	}
	buf_clear(&bare);
	return ok;
}

static bool has_crlf(struct str text)
{
	size_t end = str_find_char(text, '\n');
	return end != SIZE_MAX && end > 0 && text.p[end - 1] == '\r';
}

/* Lines end as the text's first one does. */
static void add_lines(struct str with, bool is_crlf, struct buf *out)
{
	for (size_t i = 0; i < with.n; i++) {
		if (is_crlf && with.p[i] == '\n')
			buf_add_char(out, '\r');
		buf_add_char(out, with.p[i]);
	}
}

bool conf_replace(struct buf *text, struct conf_span at, struct str with, struct err *e)
{
	struct buf changed;
	buf_init(&changed, text->max);
	buf_add(&changed, str_sub(buf_str(text), 0, at.from));
	add_lines(with, has_crlf(buf_str(text)), &changed);
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
	return err_mend(e, "change that line by hand, then try again");
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
