/*
 * dialect.c - the list of dialects and what they all do alike; see dialect.h.
 *
 * Layer: wire (a refusal), route (a refused key, a model that is not there).
 */
#include "chat/dialect.h"

#include "base/limits.h"

const struct dialect *const dialects[] = { &dialect_openai, &dialect_anthropic, &dialect_responses,
	&dialect_gemini, &dialect_ollama, NULL };

const struct dialect *dialect_find(struct str name, struct err *e)
{
	struct buf names;
	for (size_t i = 0; dialects[i]; i++)
		if (str_eq_z(name, dialects[i]->name))
			return dialects[i];
	buf_init(&names, ERR_WHAT_BYTES);
	for (size_t i = 0; dialects[i]; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", dialects[i]->name);
	fail(e, ERR_USAGE, LAYER_ROUTE, "no API is named '%.*s'",
		STR_ARG(str_sub(name, 0, LIMIT_QUOTE_BYTES)));
	err_mend(e, "there is: %s", buf_z(&names));
	buf_clear(&names);
	return NULL;
}

/* How servers say that a prompt does not fit, in lower case. */
static const char *const overflow_words[] = {
	"context_length_exceeded",
	"exceed_context_size",
	"maximum context length",
	"context length exceeded",
	"exceeds the available context",
	"exceeds the context",
	"context window",
	"prompt is too long",
	"input is too long",
	"too many input tokens",
};

static bool has_nocase(struct str text, struct str word)
{
	for (size_t i = 0; i + word.n <= text.n; i++)
		if (str_eq_nocase(str_sub(text, i, i + word.n), word))
			return true;
	return false;
}

static bool is_overflow(int status, struct str words)
{
	if (status == 429 || status == 401 || status == 403 || status == 404)
		return false;
	for (size_t i = 0; i < sizeof overflow_words / sizeof overflow_words[0]; i++)
		if (has_nocase(words, str_z(overflow_words[i])))
			return true;
	return false;
}

/* Servers that read their model's calls themselves say so when they cannot: it is not they who are
 * at fault, and asked the same again they say the same. */
static bool is_unread(int status, struct str words)
{
	return status >= 500 && has_nocase(words, STR("failed to parse"));
}

/* Refusals by status, from the most exact to the widest range. */
static const struct refusal {
	int from, to;
	enum err_kind kind;
	enum layer layer;
	const char *mend;
} refusals[] = {
	{ 300, 399, ERR_UPSTREAM, LAYER_WIRE,
		"it sends us elsewhere: check the base URL, or log in to the network" },
	{ 401, 403, ERR_DENIED, LAYER_ROUTE, "check the key and the account of this upstream" },
	{ 404, 404, ERR_NOT_FOUND, LAYER_ROUTE, "check the model's name and the base URL" },
	{ 407, 407, ERR_DENIED, LAYER_WIRE, "the proxy wants a login" },
	{ 408, 408, ERR_TIMEOUT, LAYER_WIRE, "try again" },
	{ 409, 409, ERR_BUSY, LAYER_WIRE, "try again later" },
	{ 413, 413, ERR_TOO_BIG, LAYER_WIRE, "send less, or smaller images" },
	{ 425, 425, ERR_BUSY, LAYER_WIRE, "try again later" },
	{ 429, 429, ERR_BUSY, LAYER_WIRE, "its rate limit is reached: try again later" },
	{ 400, 499, ERR_USAGE, LAYER_WIRE, "" },
	{ 501, 501, ERR_USAGE, LAYER_WIRE, "" },
	{ 503, 503, ERR_BUSY, LAYER_WIRE, "try again later" },
	{ 504, 504, ERR_TIMEOUT, LAYER_WIRE, "try again" },
	{ 522, 522, ERR_TIMEOUT, LAYER_WIRE, "try again" },
	{ 524, 524, ERR_TIMEOUT, LAYER_WIRE, "try again" },
	{ 529, 529, ERR_BUSY, LAYER_WIRE, "it is overloaded: try again later" },
};

static const struct refusal *find_refusal(int status)
{
	static const struct refusal any = { 0, 0, ERR_UPSTREAM, LAYER_WIRE, "" };
	for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
		if (status >= refusals[i].from && status <= refusals[i].to)
			return &refusals[i];
	return &any;
}

bool dialect_refusal(int status, struct str words, struct err *e)
{
	const struct refusal *row = find_refusal(status);
	enum err_kind kind = row->kind;
	enum layer layer = row->layer;
	const char *mend = row->mend;
	if (is_overflow(status, words)) {
		kind = ERR_CONTEXT;
		layer = LAYER_PROMPT;
		mend = "send less, or use a model with a larger context";
	} else if (is_unread(status, words)) {
		kind = ERR_BAD_DATA;
		layer = LAYER_PARSE;
		mend = "say it in other words, or let the upstream pass its model's text on unread";
	}
	struct str said =
		words.n ? str_sub(words, 0, LIMIT_QUOTE_BYTES * 2) : STR("no reason given");
	if (status)
		fail(e, kind, layer, "the upstream refused (HTTP %d): %.*s", status, STR_ARG(said));
	else
		fail(e, kind, layer, "the upstream reported an error: %.*s", STR_ARG(said));
	if (e && !e->code)
		e->code = status;
	if (mend[0])
		err_mend(e, "%s", mend);
	return false;
}

/* ---- errors ---- */

void dialect_write_message(const struct err *e, const char *known, struct buf *out)
{
	struct buf message;
	buf_init(&message, ERR_WHAT_BYTES + ERR_MEND_BYTES + LIMIT_QUOTE_BYTES);
	buf_printf(&message, "%s: %s%s%s%s", layers[e->layer].name, known, e->what,
		e->mend[0] ? "; " : "", e->mend);
	js_member_text(out, "message", buf_str(&message));
	buf_clear(&message);
}

void dialect_write_error_members(const struct err *e, struct buf *out)
{
	js_member_text(out, "layer", str_z(layers[e->layer].name));
	js_member_text(out, "kind", str_z(err_kinds[e->kind].name));
	js_member_text(out, "what", str_z(e->what));
	if (e->mend[0])
		js_member_text(out, "mend", str_z(e->mend));
}

static enum err_kind kind_named(struct str name)
{
	for (int i = 0; i < ERR_KIND_COUNT; i++)
		if (str_eq_z(name, err_kinds[i].name))
			return (enum err_kind)i;
	return ERR_NONE;
}

static enum layer layer_named(struct str name)
{
	for (int i = 0; i < LAYER_COUNT; i++)
		if (str_eq_z(name, layers[i].name))
			return (enum layer)i;
	return LAYER_NONE;
}

/* An error of our own making, written by another of us. */
static bool read_our_error(int status, const json_t *error, struct err *e)
{
	enum err_kind kind = kind_named(js_text_of(error, "kind"));
	enum layer layer = layer_named(js_text_of(error, "layer"));
	struct str what = js_text_of(error, "what"), mend = js_text_of(error, "mend");
	if (kind == ERR_NONE || layer == LAYER_NONE || !what.n)
		return false;
	fail(e, kind, layer, "%.*s", STR_ARG(what));
	if (e && !e->code)
		e->code = status;
	err_mend(e, "%.*s", STR_ARG(mend));
	return true;
}

static void add_word(struct buf *words, struct str word)
{
	if (word.n && str_find(buf_str(words), word) == SIZE_MAX)
		buf_printf(words, "%s%.*s", words->n ? ", " : "", STR_ARG(word));
}

bool dialect_read_error_value(int status, const json_t *value, struct err *e)
{
	static const char *const members[] = { "message", "detail", "code", "type" };
	const json_t *inner = json_object_get(value, "error");
	const json_t *error = inner && !json_is_null(inner) ? inner : value;
	if (read_our_error(status, error, e))
		return false;
	struct buf words;
	buf_init(&words, LIMIT_JSON_BYTES);
	if (json_is_string(error))
		add_word(&words, js_text(error));
	for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
		add_word(&words, js_text_of(error, members[i]));
	if (!words.n)
		js_write(error, &words);
	dialect_refusal(status, buf_str(&words), e);
	buf_clear(&words);
	return false;
}

bool dialect_read_error(int status, struct str body, struct err *e)
{
	struct err why = { 0 };
	json_t *value = js_parse(body, LAYER_WIRE, &why);
	if (value) {
		dialect_read_error_value(status, value, e);
		json_decref(value);
		return false;
	}
	struct str text = str_trim(body);
	dialect_refusal(status, str_starts(text, STR("<")) ? STR("a web page") : text, e);
	return false;
}

/* ---- models ---- */

static int64_t number_at(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	return json_is_integer(value) && json_integer_value(value) > 0 ? json_integer_value(value)
								       : 0;
}

/* What servers call the size of a model's context. */
static int64_t context_of(const json_t *model)
{
	static const char *const names[] = { "context_length", "max_model_len", "context_window",
		"max_context_length", "max_input_tokens", "n_ctx" };
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (number_at(model, names[i]))
			return number_at(model, names[i]);
	return number_at(json_object_get(model, "meta"), "n_ctx");
}

static bool read_list(const struct dialect_model_list *as, const struct js_at *list, json_t *models,
	struct err *e)
{
	size_t count;
	if (!js_get_array(list, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at model = js_item(list, i), at = js_key(&model, as->name);
		struct str name;
		if (!js_get_str(&at, &name, e))
			return false;
		if (str_starts(name, as->prefix))
			name = str_from(name, as->prefix.n);
		json_t *row = json_object();
		json_object_set_new(row, "id", js_new_text(name));
		json_object_set_new(row, "context_tokens", json_integer(as->context(model.value)));
		json_array_append_new(models, row);
	}
	return true;
}

bool dialect_read_models_as(
	const struct dialect_model_list *as, struct str body, json_t *models, struct err *e)
{
	json_t *doc = js_parse(body, LAYER_WIRE, e);
	struct js_at root = js_root(doc, LAYER_WIRE), list = js_key(&root, as->list);
	bool ok = doc && read_list(as, &list, models, e);
	json_decref(doc);
	return ok || err_context(e, "the upstream's list of models");
}

bool dialect_read_models(struct str body, json_t *models, struct err *e)
{
	static const struct dialect_model_list usual = {
		.list = "data", .name = "id", .context = context_of
	};
	return dialect_read_models_as(&usual, body, models, e);
}

struct str dialect_call_id(struct str answer, unsigned call, char out[DIALECT_CALL_ID_CHARS + 1])
{
	static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
	enum { LETTERS = sizeof letters - 1 };
	uint64_t hash = str_hash(answer) ^ ((uint64_t)call + 1) * UINT64_C(0x9e3779b97f4a7c15);
	for (int i = 0; i < DIALECT_CALL_ID_CHARS; i++) {
		out[i] = letters[hash % LETTERS];
		hash /= LETTERS;
	}
	out[DIALECT_CALL_ID_CHARS] = 0;
	return str_n(out, DIALECT_CALL_ID_CHARS);
}
