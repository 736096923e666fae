/*
 * client.c - a client's rows put into its files and held against them; see client.h.
 *
 * Layer: client.
 */
#include "client/client.h"

#include <string.h>

#include "base/limits.h"
#include "base/must.h"

const char *const client_weight_names[] = {
	[CLIENT_NEEDED] = "needed",
	[CLIENT_LIMIT] = "limit",
	[CLIENT_PATIENCE] = "patience",
	[CLIENT_QUIET] = "quiet",
	[CLIENT_ONCE] = "once",
	[CLIENT_LISTED] = "listed",
};

_Static_assert(sizeof client_weight_names / sizeof *client_weight_names == CLIENT_WEIGHT_COUNT,
	"a name for each");

enum { COMPACT_PERCENT = 80, ASSUMED_CONTEXT = 1048576 };

/* ---- holes ---- */

static struct str number(struct arena *a, int64_t n)
{
	return arena_printf(a, "%lld", (long long)n);
}

static int64_t compact_at(const struct client_target *t)
{
	return t->context * COMPACT_PERCENT / 100;
}

/* What a hole stands for; false if there is no such hole. */
static bool hole(struct arena *a, struct str name, const struct client_target *t, struct str *out)
{
	const struct {
		const char *name;
		struct str value;
	} holes[] = {
		{ "url", t->url },
		{ "model", t->model },
		{ "key", t->key },
		{ "context", number(a, t->context) },
		{ "output", number(a, t->output) },
		{ "compact", number(a, compact_at(t)) },
		{ "share", arena_printf(a, "%.4f", (double)compact_at(t) / ASSUMED_CONTEXT) },
		{ "patience", number(a, CLIENT_PATIENCE_MS) },
	};
	for (size_t i = 0; i < sizeof holes / sizeof *holes; i++) {
		if (!str_eq_z(name, holes[i].name))
			continue;
		*out = holes[i].value;
		return true;
	}
	return false;
}

static void add_escaped(struct str value, struct buf *out)
{
	struct buf quoted;
	buf_init(&quoted, LIMIT_TEXT_FILE_BYTES);
	js_quote(value, &quoted);
	buf_add(out, str_sub(buf_str(&quoted), 1, quoted.n - 1));
	buf_clear(&quoted);
}

struct str client_fill(
	struct arena *a, const char *text, const struct client_target *t, bool is_json)
{
	struct buf filled;
	struct str rest = str_z(text), value;
	buf_init(&filled, LIMIT_TEXT_FILE_BYTES);
	while (rest.n) {
		size_t open = str_find_char(rest, '{');
		size_t close = open == SIZE_MAX ? SIZE_MAX : str_find_char(rest, '}');
		bool is_hole = close != SIZE_MAX && close > open &&
			       hole(a, str_sub(rest, open + 1, close), t, &value);
		size_t taken = is_hole ? open : open == SIZE_MAX ? rest.n : open + 1;
		buf_add(&filled, str_sub(rest, 0, taken));
		if (is_hole && is_json)
			add_escaped(value, &filled);
		else if (is_hole)
			buf_add(&filled, value);
		rest = str_from(rest, is_hole ? close + 1 : taken);
	}
	struct str kept = arena_str(a, buf_str(&filled));
	buf_clear(&filled);
	return kept;
}

/* The value of a row; a new reference. */
static json_t *value_of(struct arena *a, const char *text, const struct client_target *t)
{
	json_t *value = js_parse(client_fill(a, text, t, true), LAYER_CLIENT, NULL);
	MUST(value);
	return value;
}

static struct str shown(struct arena *a, const json_t *value)
{
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	if (value)
		js_write_spaced(value, &text);
	struct str kept = arena_str(a, buf_str(&text));
	buf_clear(&text);
	return kept;
}

/* "1" and 1 are one where the format has no types of its own. */
static bool is_same(const json_t *is, const json_t *should, enum conf_format format)
{
	if (json_equal(is, should))
		return true;
	if (format != CONF_ENV && format != CONF_YAML)
		return false;
	struct arena *a = arena_new();
	struct str left = json_is_string(is) ? js_text(is) : shown(a, is);
	struct str right = json_is_string(should) ? js_text(should) : shown(a, should);
	bool same = str_eq(left, right);
	arena_free(a);
	return same;
}

static bool names(const json_t *list, const json_t *value)
{
	size_t i;
	json_t *item;
	json_array_foreach(list, i, item)
	{
		if (json_equal(item, value))
			return true;
	}
	return false;
}

/* What stands there will do. */
static bool is_right(const struct client_setting *s, const json_t *is, const json_t *should,
	enum conf_format format)
{
	switch (s->weight) {
	case CLIENT_ONCE: return is != NULL;
	case CLIENT_LISTED: return !is || names(is, should);
	default: return is && is_same(is, should, format);
	}
}

/* ---- writing ---- */

static bool write_setting(const struct client_setting *s, enum conf_format format,
	const struct client_target *t, struct arena *a, struct buf *text, struct err *e)
{
	struct conf_path path = conf_path(client_fill(a, s->path, t, false));
	json_t *is = conf_get(format, buf_str(text), &path, NULL);
	json_t *should = value_of(a, s->value, t);
	bool ok = is_right(s, is, should, format) || conf_set(format, text, &path, should, e);
	json_decref(is);
	json_decref(should);
	return ok;
}

/* Only where the harmful value itself stands. */
static bool mend_warning(const struct client_warning *w, enum conf_format format,
	const struct client_target *t, struct arena *a, struct buf *text, struct err *e)
{
	struct conf_path path = conf_path(client_fill(a, w->path, t, false));
	json_t *is = conf_get(format, buf_str(text), &path, NULL);
	json_t *meant = value_of(a, w->value, t), *mend = value_of(a, w->mend, t);
	bool is_harm = is && is_same(is, meant, format);
	bool ok = !is_harm || conf_set(format, text, &path, mend, e);
	json_decref(is);
	json_decref(meant);
	json_decref(mend);
	return ok;
}

bool client_write(const struct client *c, unsigned file, const struct client_target *t,
	struct arena *a, struct buf *text, struct err *e)
{
	enum conf_format format = c->files[file].format;
	bool ok = true;
	for (const struct client_setting *s = c->settings; s->path && ok; s++)
		if (s->file == file)
			ok = write_setting(s, format, t, a, text, e);
	for (const struct client_warning *w = c->warnings; w && w->path && ok; w++)
		if (w->file == file && w->mend)
			ok = mend_warning(w, format, t, a, text, e);
	return ok;
}

/* ---- checking ---- */

static void add_finding(struct client_findings *out, struct client_finding finding)
{
	out->list[out->count++] = finding;
}

static size_t count_rows(const struct client *c)
{
	size_t count = 0;
	for (const struct client_setting *s = c->settings; s->path; s++)
		count++;
	for (const struct client_warning *w = c->warnings; w && w->path; w++)
		count++;
	return count;
}

/* A list's place as its user knows it. */
static struct str without_item(struct str place)
{
	struct str item = STR("/[]");
	return str_ends(place, item) ? str_sub(place, 0, place.n - item.n) : place;
}

/* A text that is held against the rows. */
struct checked {
	const struct client *client;
	unsigned file;
	struct str text;
	bool is_over; /* it outweighs the file */
};

static bool check_setting(const struct checked *k, const struct client_setting *s,
	const struct client_target *t, struct arena *a, struct client_findings *out, struct err *e)
{
	enum conf_format format = k->client->files[k->file].format;
	struct str place = client_fill(a, s->path, t, false);
	struct conf_path path = conf_path(place);
	struct err why = { 0 };
	json_t *is = conf_get(format, k->text, &path, &why), *should = value_of(a, s->value, t);
	bool is_wrong = !is_right(s, is, should, format) && (is || !k->is_over);
	if (is_wrong && !err_is_set(&why))
		add_finding(out, (struct client_finding){
					 .kind = is ? CLIENT_DIFFERS : CLIENT_MISSING,
					 .weight = s->weight,
					 .path = without_item(place),
					 .is = shown(a, is),
					 .should = shown(a, should),
					 .why = s->why,
					 .is_secret = strstr(s->value, "{key}") != NULL,
					 .can_mend = !k->is_over,
				 });
	json_decref(is);
	json_decref(should);
	if (err_is_set(&why) && e)
		*e = why;
	return !err_is_set(&why);
}

/* What stands there is what the row warns of. */
static bool is_meant(const json_t *is, const json_t *meant, bool is_list, enum conf_format format)
{
	if (is_list)
		return meant ? names(is, meant) : json_array_size(is) > 0;
	return is && (!meant || is_same(is, meant, format));
}

static void check_warning(const struct checked *k, const struct client_warning *w,
	const struct client_target *t, struct arena *a, struct client_findings *out)
{
	enum conf_format format = k->client->files[k->file].format;
	struct str row = client_fill(a, w->path, t, false), place = without_item(row);
	struct conf_path path = conf_path(place);
	json_t *is = conf_get(format, k->text, &path, NULL);
	json_t *meant = w->value ? value_of(a, w->value, t) : NULL;
	if (is_meant(is, meant, place.n < row.n, format))
		add_finding(out, (struct client_finding){
					 .kind = w->is_placebo ? CLIENT_PLACEBO : CLIENT_TOOLS_OFF,
					 .path = place,
					 .is = shown(a, is),
					 .why = w->why,
					 .can_mend = w->mend && !k->is_over,
				 });
	json_decref(is);
	json_decref(meant);
}

static bool check(const struct checked *k, const struct client_target *t, struct arena *a,
	struct client_findings *out, struct err *e)
{
	const struct client *c = k->client;
	*out = (struct client_findings){ arena_calloc(a, count_rows(c), sizeof *out->list), 0 };
	for (const struct client_setting *s = c->settings; s->path; s++)
		if (s->file == k->file && !check_setting(k, s, t, a, out, e))
			return false;
	for (const struct client_warning *w = c->warnings; w && w->path; w++)
		if (w->file == k->file)
			check_warning(k, w, t, a, out);
	return true;
}

bool client_check(const struct client *c, unsigned file, struct str text,
	const struct client_target *t, struct arena *a, struct client_findings *out, struct err *e)
{
	return check(&(struct checked){ c, file, text, false }, t, a, out, e);
}

bool client_check_over(const struct client *c, unsigned file, struct str text,
	const struct client_target *t, struct arena *a, struct client_findings *out, struct err *e)
{
	return check(&(struct checked){ c, file, text, true }, t, a, out, e);
}
