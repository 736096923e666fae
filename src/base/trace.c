/*
 * trace.c - the way of one request; see trace.h. Records live in one arena; pieces being appended
 * live in one buffer until another record begins.
 */
#include "base/trace.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/must.h"

enum { FIRST_ROOM = 16 };

struct trace {
	char id[TRACE_ID_CHARS + 1];
	int64_t began_us, began_unix_ms;
	struct arena *arena;
	struct trace_record *records;
	size_t count, room;
	/* The text of each layer's last record while trace_append goes on with it. */
	struct open {
		struct buf text;
		size_t record;
		bool is_open;
	} open[LAYER_COUNT];
	unsigned broken[LAYER_COUNT];
	bool has_fault, forgets_bytes;
	struct err fault;
};

static void make_id(char id[TRACE_ID_CHARS + 1])
{
	static const char letters[] =
		"abcdefghijkmnpqrstuvwxyz23456789"; /* 32, none that look alike */
	unsigned char noise[TRACE_ID_CHARS];
	MUST(getentropy(noise, sizeof noise) == 0);
	for (int i = 0; i < TRACE_ID_CHARS; i++)
		id[i] = letters[noise[i] % 32];
	id[TRACE_ID_CHARS] = 0;
}

struct trace *trace_new(void)
{
	struct trace *t = must_calloc(1, sizeof *t);
	make_id(t->id);
	t->began_us = clock_us();
	t->began_unix_ms = clock_unix_ms();
	t->arena = arena_new();
	for (int i = 0; i < LAYER_COUNT; i++)
		buf_init(&t->open[i].text, LIMIT_TRACE_TEXT_BYTES);
	return t;
}

void trace_free(struct trace *t)
{
	if (!t)
		return;
	for (int i = 0; i < LAYER_COUNT; i++)
		buf_clear(&t->open[i].text);
	arena_free(t->arena);
	free(t->records);
	free(t);
}

const char *trace_id(const struct trace *t)
{
	return t ? t->id : "";
}

int64_t trace_began_unix_ms(const struct trace *t)
{
	return t ? t->began_unix_ms : 0;
}

/* Moves the text that was being appended into the arena, where it stays. */
static void close_open(struct trace *t, struct open *o)
{
	if (!o->is_open)
		return;
	MUST(t->records && o->record < t->count);
	t->records[o->record].text = arena_str(t->arena, buf_str(&o->text));
	buf_reset(&o->text);
	o->is_open = false;
}

static struct trace_record *add(struct trace *t, enum layer layer, const char *what)
{
	close_open(t, &t->open[layer]);
	if (t->count == LIMIT_TRACE_RECORDS)
		return NULL;
	if (t->count == t->room) {
		t->room = t->room ? t->room * 2 : FIRST_ROOM;
		t->records = must_realloc(t->records, t->room * sizeof *t->records);
	}
	struct trace_record *r = &t->records[t->count++];
	*r = (struct trace_record){
		.layer = layer, .what = what, .at_us = clock_us() - t->began_us, .bytes = -1
	};
	return r;
}

static void note(struct trace *t, struct trace_record *r, const char *before, const char *format,
	va_list args)
{
	char words[ERR_WHAT_BYTES];
	int n = vsnprintf(words, sizeof words, format, args);
	r->is_cut = n >= (int)sizeof words;
	r->text = *before ? arena_printf(t->arena, "%s%s", before, words)
			  : arena_str(t->arena, str_z(words));
}

void trace_note(struct trace *t, enum layer layer, const char *what, const char *format, ...)
{
	struct trace_record *r = t ? add(t, layer, what) : NULL;
	va_list args;
	if (!r)
		return;
	va_start(args, format);
	note(t, r, "", format, args);
	va_end(args);
}

void trace_broken(struct trace *t, enum layer layer, const char *format, ...)
{
	struct trace_record *r = t ? add(t, layer, TRACE_BROKEN) : NULL;
	va_list args;
	if (t)
		t->broken[layer]++;
	if (!r)
		return;
	va_start(args, format);
	note(t, r, "broken: ", format, args);
	va_end(args);
}

unsigned trace_broken_count(const struct trace *t, enum layer layer)
{
	return t ? t->broken[layer] : 0;
}

void trace_forget_bytes(struct trace *t)
{
	if (t)
		t->forgets_bytes = true;
}

void trace_bytes(struct trace *t, enum layer layer, const char *what, struct str bytes)
{
	struct trace_record *r = t && !t->forgets_bytes ? add(t, layer, what) : NULL;
	if (!r)
		return;
	r->bytes = (int64_t)bytes.n;
	r->is_cut = bytes.n > LIMIT_TRACE_TEXT_BYTES;
	r->text = arena_str(t->arena, str_sub(bytes, 0, LIMIT_TRACE_TEXT_BYTES));
}

void trace_append(struct trace *t, enum layer layer, const char *what, struct str bytes)
{
	if (!t || t->forgets_bytes)
		return;
	struct open *o = &t->open[layer];
	struct trace_record *r = o->is_open ? &t->records[o->record] : NULL;
	if (!r || !str_eq_z(str_z(r->what), what)) {
		r = add(t, layer, what);
		if (!r)
			return;
		r->bytes = 0;
		o->record = t->count - 1;
		o->is_open = true;
	}
	r->bytes += (int64_t)bytes.n;
	size_t room = o->text.max - o->text.n;
	r->is_cut = r->is_cut || bytes.n > room;
	buf_add(&o->text, str_sub(bytes, 0, room));
	r->text = buf_str(&o->text);
}

void trace_fault(struct trace *t, const struct err *e)
{
	if (!t)
		return;
	trace_note(t, e->layer, "fault", "%s", e->what);
	if (!t->has_fault)
		t->fault = *e;
	t->has_fault = true;
}

size_t trace_count(const struct trace *t)
{
	return t ? t->count : 0;
}

const struct trace_record *trace_get(const struct trace *t, size_t index)
{
	MUST(index < t->count);
	return &t->records[index];
}

void trace_recovered(struct trace *t)
{
	if (t)
		t->has_fault = false;
}

const struct err *trace_get_fault(const struct trace *t)
{
	return t && t->has_fault ? &t->fault : NULL;
}

/* Our own readers of JSON refuse the NUL, which a model may say. */
static void write_text(struct str text, struct buf *out)
{
	struct buf clean;
	struct str piece;
	buf_init(&clean, text.n * 3 + 3);
	while (str_cut(&text, 0, &piece)) {
		buf_add(&clean, piece);
		if (text.p)
			buf_add(&clean, STR("\xef\xbf\xbd"));
	}
	js_member_text(out, "text", buf_str(&clean));
	buf_clear(&clean);
}

static void write_record(const struct trace_record *r, struct buf *out)
{
	js_next(out);
	buf_add_char(out, '{');
	js_member_text(out, "layer", str_z(layers[r->layer].name));
	js_member_text(out, "what", str_z(r->what));
	js_member_i64(out, "at_us", r->at_us);
	js_member_i64(out, "bytes", r->bytes);
	if (str_find_char(r->text, 0) == SIZE_MAX)
		js_member_text(out, "text", r->text);
	else
		write_text(r->text, out);
	js_member_bool(out, "cut", r->is_cut);
	buf_add_char(out, '}');
}

static void write_fault(const struct err *fault, struct buf *out)
{
	js_member(out, "fault");
	buf_add_char(out, '{');
	js_member_text(out, "kind", str_z(err_kinds[fault->kind].name));
	js_member_text(out, "layer", str_z(layers[fault->layer].name));
	js_member_i64(out, "code", fault->code);
	js_member_text(out, "what", str_z(fault->what));
	js_member_text(out, "mend", str_z(fault->mend));
	buf_add_char(out, '}');
}

bool trace_write(const struct trace *t, struct buf *out)
{
	buf_add_char(out, '{');
	js_member_text(out, "id", str_z(t->id));
	js_member_i64(out, "began_unix_ms", t->began_unix_ms);
	js_member(out, "records");
	buf_add_char(out, '[');
	for (size_t i = 0; i < t->count; i++)
		write_record(&t->records[i], out);
	buf_add_char(out, ']');
	if (t->has_fault)
		write_fault(&t->fault, out);
	return buf_add_char(out, '}') && !out->overflow;
}

static enum layer layer_named(struct str name)
{
	for (int l = 0; l < LAYER_COUNT; l++)
		if (str_eq_z(name, layers[l].name))
			return (enum layer)l;
	return LAYER_NONE;
}

static enum err_kind kind_named(struct str name)
{
	for (int k = 0; k < ERR_KIND_COUNT; k++)
		if (str_eq_z(name, err_kinds[k].name))
			return (enum err_kind)k;
	return ERR_BROKEN;
}

static bool read_record(struct trace *t, const struct js_at *at, struct err *e)
{
	struct js_at layer = js_key(at, "layer"), what = js_key(at, "what"),
		     text = js_key(at, "text");
	struct js_at at_us = js_key(at, "at_us"), bytes = js_key(at, "bytes"),
		     cut = js_key(at, "cut");
	struct str layer_name, what_text, words;
	if (!js_get_str(&layer, &layer_name, e) || !js_get_str(&what, &what_text, e) ||
		!js_get_str(&text, &words, e))
		return false;
	struct trace_record *r = add(t, layer_named(layer_name), arena_z(t->arena, what_text));
	if (!r)
		return js_fail(at, e, "more than %d records", LIMIT_TRACE_RECORDS);
	r->text = arena_str(t->arena, words);
	t->broken[r->layer] += str_eq_z(what_text, TRACE_BROKEN);
	return js_get_i64(&at_us, &r->at_us, e) && js_get_i64(&bytes, &r->bytes, e) &&
	       js_opt_bool(&cut, &r->is_cut, e);
}

static bool read_fault(struct trace *t, const struct js_at *at, struct err *e)
{
	struct js_at kind = js_key(at, "kind"), layer = js_key(at, "layer"),
		     code = js_key(at, "code");
	struct js_at what = js_key(at, "what"), mend = js_key(at, "mend");
	struct str kind_name, layer_name, words, way;
	int64_t number = 0;
	if (!js_get_str(&kind, &kind_name, e) || !js_get_str(&layer, &layer_name, e) ||
		!js_opt_i64(&code, &number, e) || !js_get_str(&what, &words, e) ||
		!js_get_str(&mend, &way, e))
		return false;
	fail(&t->fault, kind_named(kind_name), layer_named(layer_name), "%.*s", STR_ARG(words));
	err_mend(&t->fault, "%.*s", STR_ARG(way));
	t->fault.code = (int)number;
	t->has_fault = true;
	return true;
}

struct trace *trace_from_json(const json_t *value, struct err *e)
{
	struct js_at root = js_root(value, LAYER_DISK), id = js_key(&root, "id"),
		     began = js_key(&root, "began_unix_ms");
	struct js_at records = js_key(&root, "records"), fault = js_key(&root, "fault");
	struct trace *t = trace_new();
	struct str name = { 0 };
	size_t count = 0;
	bool ok = js_get_str(&id, &name, e) && js_get_i64(&began, &t->began_unix_ms, e) &&
		  js_get_array(&records, &count, e);
	snprintf(t->id, sizeof t->id, "%.*s", STR_ARG(name));
	for (size_t i = 0; ok && i < count; i++) {
		struct js_at item = js_item(&records, i);
		ok = read_record(t, &item, e);
	}
	if (ok && js_has(&fault))
		ok = read_fault(t, &fault, e);
	if (ok)
		return t;
	trace_free(t);
	return NULL;
}
