/*
 * checkup.c - see checkup.h.
 *
 * Layer: client, disk.
 */
#include "client/checkup.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/limits.h"
#include "client/connect.h"

/* ---- what outweighs ---- */

static bool read_text(struct str path, struct arena *a, struct str *out, struct err *e)
{
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	bool ok = fs_read(path.p, &text, e);
	*out = arena_str(a, buf_str(&text));
	buf_clear(&text);
	return ok;
}

/* One place of client_over; what is not there has no name. */
static bool read_over(
	const struct client_over *o, struct arena *a, struct checkup_over *out, struct err *e)
{
	char kind = o->place[0];
	const char *value = kind == '$' || kind == '=' ? getenv(o->place + 1) : o->place;
	*out = (struct checkup_over){ .file = o->file };
	if (kind == '=') {
		out->name = value && *value ? str_z(o->place + 1) : STR("");
		out->text = str_z(value);
		return true;
	}
	if (!value || !fs_is_file(value))
		return true;
	out->name = arena_str(a, str_z(value));
	return read_text(out->name, a, &out->text, e);
}

/* The name of the variable that outweighs this top key of the file, or NULL. */
static const char *variable_name(const struct client_file *f, const char *path, struct arena *a)
{
	if (!f->env || strchr(path, '/'))
		return NULL;
	char *name = arena_z(a, arena_printf(a, "%s%s", f->env, path));
	for (char *c = name; *c; c++)
		*c = (char)(*c == '-' ? '_' : toupper((unsigned char)*c));
	return name;
}

static bool add_variable(const struct client_file *f, const char *path, struct arena *a,
	struct buf *text, struct err *e)
{
	const char *name = variable_name(f, path, a), *value = name ? getenv(name) : NULL;
	if (!value)
		return true;
	struct conf_path place = conf_path(str_z(path));
	json_t *word = js_new_text(str_z(value));
	bool ok = conf_set(f->format, text, &place, word, e);
	json_decref(word);
	return ok;
}

/* The environment as far as the rows of this file name it, in the file's own format. */
static bool read_environment(const struct client *c, unsigned file, struct arena *a,
	struct checkup_over *out, struct err *e)
{
	const struct client_file *f = &c->files[file];
	struct buf text;
	bool ok = true;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	for (const struct client_setting *s = c->settings; s->path && ok; s++)
		ok = s->file != file || add_variable(f, s->path, a, &text, e);
	for (const struct client_warning *w = c->warnings; w && w->path && ok; w++)
		ok = w->file != file || add_variable(f, w->path, a, &text, e);
	*out = (struct checkup_over){ file, STR("the environment"), arena_str(a, buf_str(&text)) };
	buf_clear(&text);
	return ok;
}

bool checkup_find_over(
	const struct client *c, struct arena *a, struct checkup_overs *out, struct err *e)
{
	size_t most = CLIENT_FILES;
	for (const struct client_over *o = c->over; o && o->place; o++)
		most++;
	*out = (struct checkup_overs){ arena_calloc(a, most, sizeof *out->list), 0 };
	for (const struct client_over *o = c->over; o && o->place; o++) {
		struct checkup_over *next = &out->list[out->count];
		if (!read_over(o, a, next, e))
			return err_context(e, "%s", o->place);
		out->count += next->name.n > 0;
	}
	for (unsigned i = 0; i < CLIENT_FILES; i++) {
		struct checkup_over *next = &out->list[out->count];
		if (!c->files[i].env)
			continue;
		if (!read_environment(c, i, a, next, e))
			return false;
		out->count += next->text.n > 0;
	}
	return true;
}

const char *const *checkup_variables(
	const struct client *c, const struct client_target *t, struct arena *a)
{
	size_t most = 1, count = 0;
	for (const struct client_setting *s = c->settings; s->path; s++)
		most++;
	const char **list = arena_calloc(a, most, sizeof *list);
	for (const struct client_setting *s = c->settings; s->path; s++) {
		const char *name = variable_name(&c->files[s->file], s->path, a);
		struct str value = client_fill(a, s->value, t, false);
		if (!name || !getenv(name))
			continue;
		if (str_starts(value, STR("\"")))
			value = str_sub(value, 1, value.n - 1);
		list[count++] = arena_printf(a, "%s=%.*s", name, STR_ARG(value)).p;
	}
	return list;
}

/* ---- all of it ---- */

static bool check_file(const struct client *c, unsigned file, const struct client_target *t,
	struct arena *a, struct checkup_part *out, struct err *e)
{
	struct str text = STR("");
	*out = (struct checkup_part){ .name = connect_path(c, file, STR(""), a) };
	out->is_there = fs_exists(out->name.p);
	if (out->is_there && !read_text(out->name, a, &text, e))
		return false;
	return client_check(c, file, text, t, a, &out->found, e) ||
	       err_context(e, "%s", out->name.p);
}

bool checkup(const struct client *c, const struct client_target *t, struct arena *a,
	struct checkup_parts *out, struct err *e)
{
	struct checkup_overs overs;
	if (!checkup_find_over(c, a, &overs, e))
		return false;
	*out = (struct checkup_parts){
		arena_calloc(a, CLIENT_FILES + overs.count, sizeof *out->list), 0
	};
	for (unsigned i = 0; i < CLIENT_FILES && c->files[i].place; i++)
		if (!check_file(c, i, t, a, &out->list[out->count++], e))
			return false;
	for (size_t i = 0; i < overs.count; i++) {
		const struct checkup_over *over = &overs.list[i];
		struct checkup_part *part = &out->list[out->count];
		*part = (struct checkup_part){
			.name = over->name, .is_there = true, .is_over = true
		};
		if (!client_check_over(c, over->file, over->text, t, a, &part->found, e))
			return err_context(e, "%.*s", STR_ARG(over->name));
		out->count += part->found.count > 0;
	}
	return true;
}

bool checkup_matters(const struct client_finding *f)
{
	if (f->kind == CLIENT_PLACEBO)
		return false;
	return f->kind == CLIENT_TOOLS_OFF || f->weight != CLIENT_QUIET;
}
