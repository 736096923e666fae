/*
 * call_args.c - see call_args.h.
 *
 * Layer: model.
 */
#include "chat/call_args.h"

#include "base/limits.h"
#include "chat/json_graft.h"
#include "chat/json_mend.h"
#include "chat/schema_check.h"
#include "chat/schema_coerce.h"

void call_args_init(struct call_args *a)
{
	*a = (struct call_args){ .verdict = CALL_ARGS_RIGHT };
	buf_init(&a->text, LIMIT_ANSWER_BYTES);
	buf_init(&a->did, SCHEMA_CHECK_WHY_BYTES);
	buf_init(&a->why, SCHEMA_CHECK_WHY_BYTES);
}

void call_args_clear(struct call_args *a)
{
	buf_clear(&a->text);
	buf_clear(&a->did);
	buf_clear(&a->why);
	call_args_init(a);
}

static void add_did(struct call_args *a, const char *what)
{
	buf_printf(&a->did, "%s%s", a->did.n ? "; " : "", what);
}

static void replace_text(struct call_args *a, struct buf *better)
{
	buf_clear(&a->text);
	a->text = *better;
}

/* JSON that is not quite JSON; false if it cannot be read even so. */
static bool mend_text(struct call_args *a, const char **why)
{
	struct json_mend m;
	struct buf out;
	struct str text = buf_str(&a->text);
	bool ok = true;
	json_mend_init(&m);
	buf_init(&out, LIMIT_ANSWER_BYTES);
	for (size_t i = 0; ok && i < text.n && !json_mend_is_done(&m); i++)
		ok = json_mend_feed(&m, text.p[i], &out, why);
	if (ok && !json_mend_is_done(&m)) {
		*why = "it is cut off";
		ok = false;
	}
	if (!ok || out.overflow) {
		buf_clear(&out);
		return false;
	}
	for (unsigned i = 0; i < JSON_MEND_COUNT; i++)
		if (m.mended >> i & 1)
			add_did(a, json_mend_words[i]);
	replace_text(a, &out);
	return true;
}

static void fault(struct call_args *a, const char *why)
{
	a->verdict = CALL_ARGS_UNREADABLE;
	buf_printf(&a->why, "the arguments are no JSON object: %s", why);
}

/* The text as a value, mended if need be. */
static json_t *read_text(struct call_args *a)
{
	struct err e = { 0 };
	const char *why = e.what;
	json_t *value = js_parse(buf_str(&a->text), LAYER_MODEL, &e);
	bool may_mend = !value && str_starts(str_trim_left(buf_str(&a->text)), STR("{"));
	if (may_mend && mend_text(a, &why))
		value = js_parse(buf_str(&a->text), LAYER_MODEL, NULL);
	if (!value)
		fault(a, why);
	return value;
}

/* An object that was encoded once too often. */
static json_t *unpack(struct call_args *a, json_t *string)
{
	struct buf inner;
	buf_init(&inner, LIMIT_ANSWER_BYTES);
	buf_add(&inner, js_text(string));
	json_decref(string);
	replace_text(a, &inner);
	add_did(a, "arguments written as a string were unpacked");
	return read_text(a);
}

static void coerce(struct call_args *a, const json_t *schema, const json_t *value)
{
	struct buf text;
	json_t *better = schema_coerce(NULL, schema, value, &a->did);
	if (!json_equal(better, value)) {
		buf_init(&text, LIMIT_ANSWER_BYTES);
		json_graft(buf_str(&a->text), value, better, &text);
		replace_text(a, &text);
	}
	if (!schema_check(NULL, schema, better, &a->why))
		a->verdict = CALL_ARGS_WRONG;
	json_decref(better);
}

void call_args_settle(struct call_args *a, struct str text, const json_t *schema)
{
	call_args_clear(a);
	struct str trimmed = str_trim(text);
	bool is_nothing = !trimmed.n || str_eq_z(trimmed, "null");
	buf_add(&a->text, is_nothing ? STR("{}") : text);
	json_t *value = read_text(a);
	if (json_is_string(value))
		value = unpack(a, value);
	if (value && !json_is_object(value))
		fault(a, "they are of another type");
	else if (value && schema)
		coerce(a, schema, value);
	json_decref(value);
}
