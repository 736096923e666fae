/*
 * library.c - what clients ask about the models here beyond their list; what is never done is
 * refused with what to do instead.
 *
 * Details come from the model's file where it is one of this machine, keys and all; of what stands
 * behind an upstream no more is told than is known.
 *
 * Layer: client, route.
 */
#include "base/limits.h"
#include "chat/dialect_library.h"
#include "model/card.h"
#include "serve/serve_int.h"

enum { LONG_LIST = 64 /* lists of more are told to those only who want all */ };

/* What Ollama puts behind a name that has none. */
#define LATEST ":latest"

static bool is_called(const json_t *model, struct str name)
{
	struct str id = js_text_of(model, "id");
	if (str_eq(id, name))
		return true;
	struct str tag = STR(LATEST);
	return str_ends(name, tag) && str_eq(id, str_sub(name, 0, name.n - tag.n));
}

/* ---- a file's keys as JSON ---- */

static json_t *item_of(const struct gg_array *a, uint64_t index)
{
	if (a->kind == GG_BOOL)
		return json_boolean(gg_item_i64(a, index));
	return gg_is_integer(a->kind) ? json_integer(gg_item_i64(a, index))
				      : json_real(gg_item_double(a, index));
}

static json_t *list_of(const struct gg_array *a)
{
	json_t *list = json_array();
	struct str rest = a->bytes, text;
	if (a->kind == GG_STR)
		while (gg_next_str(&rest, &text))
			json_array_append_new(list, js_new_text(text));
	else
		for (uint64_t i = 0; i < a->count; i++)
			json_array_append_new(list, item_of(a, i));
	return list;
}

static bool is_list(const struct gg_value *v)
{
	return v->kind == GG_ARRAY;
}

static json_t *value_of(const struct gg_value *v, bool is_whole)
{
	struct str rest = v->array.bytes, text;
	if (is_list(v))
		return is_whole || v->array.count <= LONG_LIST ? list_of(&v->array) : json_null();
	if (v->kind == GG_STR)
		return gg_next_str(&rest, &text) ? js_new_text(text) : json_null();
	return item_of(&v->array, 0);
}

static json_t *keys_of(const struct gg_file *f, bool is_whole)
{
	json_t *keys = json_object();
	for (size_t i = 0; i < gg_key_count(f); i++) {
		struct gg_value v = gg_key_at(f, i);
		char name[LIMIT_QUOTE_BYTES + 1];
		if (str_starts(v.key, STR("tokenizer.chat_template")) || v.key.n >= sizeof name)
			continue;
		snprintf(name, sizeof name, "%.*s", STR_ARG(v.key));
		json_object_set_new(keys, name, value_of(&v, is_whole));
	}
	return keys;
}

/* ---- the questions ---- */

static void reply(struct http_exchange *x, const struct buf *body)
{
	http_reply(x, 200, "application/json", buf_str(body));
}

static void write_about(
	const struct dialect *d, const json_t *model, bool is_whole, struct buf *out)
{
	struct dialect_about about = { .model = model };
	struct str path = js_text_of(model, "path");
	struct gg_file *f = path.n ? gg_open(path.p, NULL) : NULL;
	json_t *keys = f ? keys_of(f, is_whole) : NULL;
	about.keys = keys;
	if (f)
		about.chat_template = card_template(f);
	d->library->write_about(&about, out);
	json_decref(keys);
	gg_free(f);
}

void library_about(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	struct err e = { 0 };
	struct dialect_named named;
	struct buf body;
	json_t *models = router_catalog(s->router), *wanted = NULL;
	(void)path;
	bool ok = d->library->read_name(http_request_of(x)->body, http_arena(x), &named, &e);
	for (size_t i = 0; ok && i < json_array_size(models) && !wanted; i++)
		if (is_called(json_array_get(models, i), named.model))
			wanted = json_array_get(models, i);
	if (ok && !wanted)
		fail(&e, ERR_NOT_FOUND, LAYER_ROUTE, "no upstream serves the model '%.*s'",
			STR_ARG(str_sub(named.model, 0, LIMIT_QUOTE_BYTES)));
	buf_init(&body, LIMIT_JSON_BYTES);
	if (wanted) {
		write_about(d, wanted, named.is_whole, &body);
		reply(x, &body);
	} else {
		serve_reply_error(x, d, &e);
	}
	buf_clear(&body);
	json_decref(models);
}

void library_loaded(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	struct buf body;
	json_t *models = router_catalog(s->router);
	(void)path;
	buf_init(&body, LIMIT_JSON_BYTES);
	d->library->write_loaded(models, &body);
	reply(x, &body);
	buf_clear(&body);
	json_decref(models);
}

void library_refuse(
	struct serve *s, struct http_exchange *x, const struct dialect *d, struct str path)
{
	struct err e = { 0 };
	const struct http_request *q = http_request_of(x);
	(void)s;
	fail(&e, ERR_DENIED, LAYER_CLIENT, "%.*s %.*s: this server serves models and changes none",
		STR_ARG(q->method), STR_ARG(str_sub(q->path, 0, LIMIT_QUOTE_BYTES)));
	err_mend(&e, "%.*s", STR_ARG(path));
	serve_reply_error(x, d, &e);
}
