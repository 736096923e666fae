/*
 * connect.c - see connect.h.
 *
 * The record of a client is one JSON file, state/clients/NAME.json: for each file its path, what
 * stood there (null: nothing), what we wrote, and the topmost thing that we made for it. It is
 * written before the client's own file is, so that a crash in between leaves something to undo,
 * never something lost. Beside it NAME.target.json holds what it was connected to; it is written
 * last.
 *
 * Layer: client, disk.
 */
#include "client/connect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/utf8.h"

enum { OWNER_ONLY = 0600 }; /* a key may stand in it */

/* A place for this user; see connect_path. */
static struct str place_of(
	const struct client *c, struct str place, struct str home, struct arena *a)
{
	const char *moved = !home.n && c->moved.by ? getenv(c->moved.by) : NULL;
	if (moved && *moved && str_starts(place, str_z(c->moved.what)))
		return fs_join(a, str_z(moved), str_from(place, strlen(c->moved.what)));
	return fs_join(a, home.n ? home : str_z(getenv("HOME")), str_from(place, strlen("~/")));
}

struct str connect_path(const struct client *c, unsigned file, struct str home, struct arena *a)
{
	const struct client_file *f = &c->files[file];
	if (f->also) {
		struct str also = place_of(c, str_z(f->also), home, a);
		if (fs_is_file(also.p))
			return also;
	}
	return place_of(c, str_z(f->place), home, a);
}

/* ---- planning ---- */

static bool read_now(struct str path, struct buf *text, bool *is_new, struct err *e)
{
	struct stat link;
	*is_new = !fs_exists(path.p);
	if (*is_new && lstat(path.p, &link) == 0) {
		fail(e, ERR_BAD_DATA, LAYER_CLIENT, "%s: is a link to what is not there", path.p);
		return err_mend(e, "make the file that it names, or remove the link");
	}
	if (*is_new)
		return true;
	if (!fs_read(path.p, text, e))
		return false;
	if (utf8_is_valid(buf_str(text)) && !memchr(text->p, 0, text->n))
		return true;
	fail(e, ERR_BAD_DATA, LAYER_CLIENT, "%s: is no text in UTF-8", path.p);
	return err_mend(e, "save it as UTF-8, then try again");
}

static bool plan_file(const struct client *c, unsigned file, const struct client_target *t,
	struct str home, struct arena *a, struct connect_change *out, struct err *e)
{
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	*out = (struct connect_change){ .path = connect_path(c, file, home, a) };
	bool ok = read_now(out->path, &text, &out->is_new, e);
	if (ok) {
		out->before = arena_str(a, buf_str(&text));
		ok = client_write(c, file, t, a, &text, e) || err_context(e, "%s", out->path.p);
	}
	if (ok)
		out->after = arena_str(a, buf_str(&text));
	buf_clear(&text);
	return ok;
}

bool connect_plan(const struct client *c, const struct client_target *t, struct str home,
	struct arena *a, struct connect_change *changes, size_t *count, struct err *e)
{
	*count = 0;
	if (!home.n && !str_z(getenv("HOME")).n)
		return fail(e, ERR_USAGE, LAYER_CLIENT,
			"the variable HOME is not set, and the files of %s lie there", c->title);
	for (unsigned i = 0; i < CLIENT_FILES && c->files[i].place; i++)
		if (!plan_file(c, i, t, home, a, &changes[(*count)++], e))
			return false;
	return true;
}

/* ---- the record ---- */

static const char *record_path(const struct client *c, struct arena *a)
{
	struct str dir = fs_join(a, fs_place(a, FS_STATE), STR("clients"));
	return fs_join(a, dir, arena_printf(a, "%s.json", c->name)).p;
}

bool connect_is_done(const struct client *c, struct arena *a)
{
	return fs_is_file(record_path(c, a));
}

/* Our turn among the processes that change records, until it is closed; -1 with an error. */
static int take_turn(const struct client *c, struct arena *a, struct err *e)
{
	struct str dir = arena_str(a, fs_parent(str_z(record_path(c, a))));
	if (!fs_make_dirs(dir.p, true, e))
		return -1;
	const char *path = fs_join(a, dir, STR("lock")).p;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, OWNER_ONLY);
	if (fd >= 0 && flock(fd, LOCK_EX) == 0)
		return fd;
	fail_errno(e, LAYER_DISK, errno, "cannot lock %s", path);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* An array of files, or an empty one; a new reference. NULL if it cannot be read. */
static json_t *read_record(const struct client *c, struct arena *a, struct err *e)
{
	const char *path = record_path(c, a);
	struct buf text;
	if (!fs_is_file(path))
		return json_array();
	buf_init(&text, LIMIT_JSON_BYTES);
	json_t *record = fs_read(path, &text, e) ? js_parse(buf_str(&text), LAYER_DISK, e) : NULL;
	buf_clear(&text);
	if (!record)
		err_context(e, "%s", path);
	return record;
}

static bool write_record(
	const struct client *c, const json_t *record, struct arena *a, struct err *e)
{
	const char *path = record_path(c, a);
	struct str dir = arena_str(a, fs_parent(str_z(path)));
	struct buf text;
	buf_init(&text, LIMIT_JSON_BYTES);
	js_write_pretty(record, &text);
	bool ok = fs_make_dirs(dir.p, true, e) && fs_write(path, buf_str(&text), OWNER_ONLY, e);
	buf_clear(&text);
	return ok;
}

static struct str text_at(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_string(value) ? js_text(value) : STR("");
}

static json_t *find_file(json_t *record, struct str path)
{
	size_t i;
	json_t *file;
	json_array_foreach(record, i, file)
	{
		if (str_eq(text_at(file, "path"), path))
			return file;
	}
	return NULL;
}

static bool is_file_of(const struct client *c, unsigned i, struct str path)
{
	const struct client_file *f = &c->files[i];
	struct str base = fs_base(path);
	return f->place && (str_eq(base, fs_base(str_z(f->place))) ||
				   (f->also && str_eq(base, fs_base(str_z(f->also)))));
}

/* Puts what stands in `now` at this place into `text`; false where nothing does. */
static bool take_over(enum conf_format format, const char *place, struct str now, struct buf *text)
{
	struct conf_path path = conf_path(str_z(place));
	struct err e = { 0 };
	json_t *value = conf_get(format, now, &path, &e);
	bool ok = value && conf_set(format, text, &path, value, &e);
	json_decref(value);
	err_clear(&e);
	return ok;
}

/* The same values: some programs write their file anew at every start, in a layout of their own. */
static bool is_same_json(struct str one, struct str other)
{
	struct err e = { 0 };
	json_t *a = js_parse(one, LAYER_CLIENT, &e), *b = js_parse(other, LAYER_CLIENT, &e);
	bool is_same = a && b && json_equal(a, b);
	json_decref(a);
	json_decref(b);
	err_clear(&e);
	return is_same;
}

/* The file holds what we wrote, but for what the program itself keeps there (CLIENT_ONCE): the
 * version of its format, the time of its last change. */
static bool is_as_left(const struct client *c, struct str path, struct str left, struct str now)
{
	if (str_eq(left, now))
		return true;
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	buf_add(&text, left);
	for (const struct client_setting *s = c->settings; s->path; s++)
		if (s->weight == CLIENT_ONCE && is_file_of(c, s->file, path))
			take_over(c->files[s->file].format, s->path, now, &text);
	bool is_same = str_eq(buf_str(&text), now) || is_same_json(buf_str(&text), now);
	buf_clear(&text);
	return is_same;
}

static const char *target_path(const struct client *c, struct arena *a)
{
	struct str dir = arena_str(a, fs_parent(str_z(record_path(c, a))));
	return fs_join(a, dir, arena_printf(a, "%s.target.json", c->name)).p;
}

static bool write_target(
	const struct client *c, const struct client_target *t, struct arena *a, struct err *e)
{
	json_t *target = json_object();
	struct buf text;
	json_object_set_new(target, "url", js_new_text(t->url));
	json_object_set_new(target, "model", js_new_text(t->model));
	json_object_set_new(target, "key", js_new_text(t->key));
	json_object_set_new(target, "context", json_integer(t->context));
	json_object_set_new(target, "output", json_integer(t->output));
	buf_init(&text, LIMIT_JSON_BYTES);
	js_write_pretty(target, &text);
	bool ok = fs_write(target_path(c, a), buf_str(&text), OWNER_ONLY, e);
	buf_clear(&text);
	json_decref(target);
	return ok;
}

bool connect_recall(const struct client *c, struct arena *a, struct client_target *out)
{
	struct buf text;
	struct err e = { 0 };
	buf_init(&text, LIMIT_JSON_BYTES);
	bool ok = connect_is_done(c, a) && fs_read(target_path(c, a), &text, &e);
	json_t *target = ok ? js_parse(buf_str(&text), LAYER_DISK, &e) : NULL;
	if (target)
		*out = (struct client_target){
			.url = arena_str(a, text_at(target, "url")),
			.model = arena_str(a, text_at(target, "model")),
			.key = arena_str(a, text_at(target, "key")),
			.context = json_integer_value(json_object_get(target, "context")),
			.output = json_integer_value(json_object_get(target, "output")),
		};
	ok = target != NULL;
	json_decref(target);
	buf_clear(&text);
	err_clear(&e);
	return ok;
}

/* The topmost folder on the way to this file that is not there yet; the file itself if all are. */
static struct str topmost_missing(struct str path, struct arena *a)
{
	for (;;) {
		struct str parent = arena_str(a, fs_parent(path));
		if (fs_exists(parent.p) || parent.n >= path.n)
			return path;
		path = parent;
	}
}

/* What stood there before the first change stays known, also where it stands there still, since a
 * crash came before the writing. Where the user rewrote the file since, what is undone is the last
 * change alone, and the first text is kept beside the record. */
static bool note_change(const struct client *c, json_t *record, const struct connect_change *change,
	struct arena *a, struct err *e)
{
	json_t *file = find_file(record, change->path);
	bool is_unwritten =
		file && (change->is_new ? json_is_null(json_object_get(file, "before"))
					: str_eq(text_at(file, "before"), change->before));
	if (file && (is_unwritten ||
			    is_as_left(c, change->path, text_at(file, "after"), change->before))) {
		json_object_set_new(file, "after", js_new_text(change->after));
		return true;
	}
	if (!file) {
		file = json_object();
		json_object_set_new(file, "made", js_new_text(topmost_missing(change->path, a)));
		json_array_append_new(record, file);
	} else if (!json_is_string(json_object_get(file, "first"))) {
		struct str dir = fs_parent(str_z(record_path(c, a)));
		struct str kept = fs_join(a, arena_str(a, dir),
			arena_printf(a, "%s-%.*s.first", c->name, STR_ARG(fs_base(change->path))));
		if (!fs_write(kept.p, text_at(file, "before"), OWNER_ONLY, e))
			return false;
		json_object_set_new(file, "first", js_new_text(kept));
	}
	json_object_set_new(file, "path", js_new_text(change->path));
	json_object_set_new(
		file, "before", change->is_new ? json_null() : js_new_text(change->before));
	json_object_set_new(file, "after", js_new_text(change->after));
	return true;
}

/* Nobody has changed the files since their change was planned. */
static bool is_as_planned(
	const struct client *c, const struct connect_change *changes, size_t count, struct err *e)
{
	bool ok = true;
	for (size_t i = 0; i < count && ok; i++) {
		struct buf now;
		bool is_new;
		buf_init(&now, LIMIT_TEXT_FILE_BYTES);
		ok = read_now(changes[i].path, &now, &is_new, e);
		if (ok && !str_eq(buf_str(&now), changes[i].before)) {
			ok = fail(e, ERR_BUSY, LAYER_CLIENT,
				"%s was changed while this was being decided", changes[i].path.p);
			err_mend(e, "look at it again: offgrid connect %s", c->name);
		}
		buf_clear(&now);
	}
	return ok;
}

static bool write_files(
	const struct connect_change *changes, size_t count, struct arena *a, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		struct str dir = arena_str(a, fs_parent(changes[i].path));
		if (str_eq(changes[i].before, changes[i].after))
			continue;
		if (!fs_make_dirs(dir.p, false, e) ||
			!fs_write(changes[i].path.p, changes[i].after, OWNER_ONLY, e))
			return false;
	}
	return true;
}

/* After a write that failed: files and record as they were, as far as the disk lets us. */
static void take_back(const struct client *c, const json_t *record,
	const struct connect_change *changes, size_t count, struct arena *a)
{
	bool is_whole = true;
	for (size_t i = 0; i < count; i++) {
		struct buf now;
		bool is_new;
		buf_init(&now, LIMIT_TEXT_FILE_BYTES);
		bool is_ours = read_now(changes[i].path, &now, &is_new, NULL) && !is_new &&
			       str_eq(buf_str(&now), changes[i].after) &&
			       !str_eq(changes[i].before, changes[i].after);
		if (is_ours && changes[i].is_new)
			is_whole = unlink(changes[i].path.p) == 0 && is_whole;
		else if (is_ours)
			is_whole =
				fs_write(changes[i].path.p, changes[i].before, OWNER_ONLY, NULL) &&
				is_whole;
		buf_clear(&now);
	}
	if (is_whole && json_array_size(record))
		write_record(c, record, a, NULL);
	else if (is_whole)
		fs_remove_tree(record_path(c, a), NULL);
}

bool connect_write(const struct client *c, const struct client_target *t,
	const struct connect_change *changes, size_t count, struct arena *a, struct err *e)
{
	int turn = take_turn(c, a, e);
	if (turn < 0)
		return false;
	json_t *record = is_as_planned(c, changes, count, e) ? read_record(c, a, e) : NULL;
	json_t *before = record ? json_deep_copy(record) : NULL;
	bool ok = record != NULL;
	for (size_t i = 0; i < count && ok; i++)
		if (!str_eq(changes[i].before, changes[i].after))
			ok = note_change(c, record, &changes[i], a, e);
	if (ok && !(write_record(c, record, a, e) && write_files(changes, count, a, e) &&
			  write_target(c, t, a, e))) {
		take_back(c, before, changes, count, a);
		ok = false;
	}
	json_decref(before);
	json_decref(record);
	close(turn);
	return ok;
}

/* ---- undoing ---- */

static bool is_untouched(const struct client *c, const json_t *file, struct arena *a, struct err *e)
{
	const char *path = arena_z(a, text_at(file, "path"));
	struct buf text;
	bool is_gone;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	bool ok = read_now(str_z(path), &text, &is_gone, e);
	if (ok && !is_gone && !is_as_left(c, str_z(path), text_at(file, "after"), buf_str(&text)) &&
		!str_eq(buf_str(&text), text_at(file, "before"))) {
		ok = fail(e, ERR_BUSY, LAYER_CLIENT,
			"%s was changed since; undoing would lose that change", path);
		err_mend(e,
			"take our settings out by hand, or: offgrid disconnect %s --force, "
			"which keeps a copy of it",
			c->name);
	}
	buf_clear(&text);
	return ok;
}

/* The folders that were made for the file, as far as nothing else is in them. */
static void remove_folders(struct str path, struct str made, struct arena *a)
{
	while (made.n && path.n > made.n) {
		path = arena_str(a, fs_parent(path));
		if (rmdir(path.p) != 0)
			return;
	}
}

static bool put_back(const json_t *file, struct arena *a, struct err *e)
{
	const char *path = arena_z(a, text_at(file, "path"));
	const json_t *before = json_object_get(file, "before");
	if (json_is_string(before))
		return fs_make_dirs(arena_z(a, fs_parent(str_z(path))), false, e) &&
		       fs_write(path, js_text(before), OWNER_ONLY, e);
	if (fs_exists(path) && unlink(path) != 0)
		return fail_errno(e, LAYER_DISK, errno, "cannot remove %s", path);
	remove_folders(str_z(path), text_at(file, "made"), a);
	return true;
}

/* A file that its user changed, kept before it is put back: in `kept`, or that stays empty. */
static bool keep_changed(const struct client *c, const json_t *file, struct arena *a,
	struct str *kept, struct err *e)
{
	struct err why = { 0 };
	struct buf now;
	bool is_untouched_yet = is_untouched(c, file, a, &why);
	err_clear(&why);
	if (is_untouched_yet)
		return true;
	struct str path = text_at(file, "path"), dir = fs_parent(str_z(record_path(c, a)));
	struct str name = arena_printf(a, "%s-%.*s.changed", c->name, STR_ARG(fs_base(path)));
	buf_init(&now, LIMIT_TEXT_FILE_BYTES);
	*kept = fs_join(a, arena_str(a, dir), name);
	bool ok = fs_read(arena_z(a, path), &now, e) &&
		  fs_write(kept->p, buf_str(&now), OWNER_ONLY, e);
	buf_clear(&now);
	return ok;
}

static bool undo_all(const struct client *c, const json_t *record, bool is_forced, struct arena *a,
	struct connect_undone *out, struct err *e)
{
	size_t i;
	json_t *file;
	bool ok = true;
	json_array_foreach(record, i, file)
	{
		ok = ok && (is_forced ? keep_changed(c, file, a, &out->changed, e)
				      : is_untouched(c, file, a, e));
	}
	json_array_foreach(record, i, file)
	{
		ok = ok && put_back(file, a, e);
		if (text_at(file, "first").n)
			out->first = arena_str(a, text_at(file, "first"));
	}
	return ok && fs_remove_tree(target_path(c, a), e) && fs_remove_tree(record_path(c, a), e);
}

bool connect_undo(const struct client *c, bool is_forced, struct arena *a,
	struct connect_undone *out, struct err *e)
{
	*out = (struct connect_undone){ .first = STR(""), .changed = STR("") };
	if (!connect_is_done(c, a))
		return fail(e, ERR_NOT_FOUND, LAYER_CLIENT,
			"%s was not connected by us: there is nothing to undo", c->title);
	int turn = take_turn(c, a, e);
	if (turn < 0)
		return false;
	json_t *record = read_record(c, a, e);
	bool ok = record && undo_all(c, record, is_forced, a, out, e);
	json_decref(record);
	close(turn);
	return ok;
}
