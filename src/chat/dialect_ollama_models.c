/*
 * dialect_ollama_models.c - models in Ollama's API: their list, those loaded, one in all detail,
 * and how far a download is.
 *
 * Nothing here is made up: what is not known of a model behind an upstream is empty. A digest that
 * is not known is of zeros, since clients cut it without looking. A model that is loaded stays,
 * which this API says by the time before all others.
 *
 * Layer: client, wire.
 */
#include "base/clock.h"
#include "base/limits.h"
#include "chat/dialect_library.h"
#include "chat/dialect_ollama.h"

#define NO_DIGEST "0000000000000000000000000000000000000000000000000000000000000000"
#define NO_TIME   "0001-01-01T00:00:00Z"

enum { MS_PER_S = 1000, SHORT_DIGEST = 12 };

static struct str text_of(const json_t *model, const char *name)
{
	return js_text_of(model, name);
}

static int64_t number_of(const json_t *model, const char *name)
{
	return json_integer_value(json_object_get(model, name));
}

static bool is_said(const json_t *model, const char *name)
{
	return json_is_true(json_object_get(model, name));
}

/* ---- one model ---- */

static void write_time(const json_t *model, struct buf *out)
{
	char text[CLOCK_TEXT_BYTES];
	clock_utc_text(number_of(model, "modified_unix_s") * MS_PER_S, text);
	js_member_text(out, "modified_at", str_z(text));
}

static void write_details(const json_t *model, struct buf *out)
{
	struct str family = text_of(model, "architecture");
	js_member(out, "details");
	buf_add_char(out, '{');
	js_member_text(out, "parent_model", STR(""));
	js_member_text(out, "format", STR("gguf"));
	js_member_text(out, "family", family);
	js_member(out, "families");
	buf_add_char(out, '[');
	if (family.n)
		js_quote(family, out);
	buf_add_char(out, ']');
	js_member_text(out, "parameter_size", text_of(model, "parameter_size"));
	js_member_text(out, "quantization_level", text_of(model, "quantisation"));
	buf_add_char(out, '}');
}

static void write_capabilities(const json_t *model, struct buf *out)
{
	js_member(out, "capabilities");
	if (is_said(model, "embeds")) {
		buf_add(out, STR("[\"embedding\"]"));
		return;
	}
	buf_add(out, STR("[\"completion\",\"tools\""));
	if (is_said(model, "thinks"))
		buf_add(out, STR(",\"thinking\""));
	if (is_said(model, "fills_gaps"))
		buf_add(out, STR(",\"insert\""));
	buf_add_char(out, ']');
}

static void write_context(const json_t *model, struct buf *out)
{
	int64_t context = number_of(model, "context_tokens");
	js_member(out, "model_info");
	buf_add_char(out, '{');
	if (context > 0)
		js_member_i64(out, "general.context_length", context);
	buf_add_char(out, '}');
}

/* What a model is called, how large it is and what it is: up to what each list adds. */
static void begin_model(const json_t *model, struct buf *out)
{
	struct str id = text_of(model, "id"), digest = text_of(model, "sha256");
	buf_add_char(out, '{');
	js_member_text(out, "name", id);
	js_member_text(out, "model", id);
	js_member_i64(out, "size", number_of(model, "bytes"));
	js_member_text(out, "digest", digest.n ? digest : STR(NO_DIGEST));
	write_details(model, out);
}

void ollama_write_model(const json_t *model, struct buf *out)
{
	begin_model(model, out);
	write_time(model, out);
	write_capabilities(model, out);
	write_context(model, out);
	buf_add_char(out, '}');
}

void ollama_write_models(const json_t *models, struct buf *out)
{
	buf_add(out, STR("{\"models\":["));
	for (size_t i = 0; i < json_array_size(models); i++) {
		js_next(out);
		ollama_write_model(json_array_get(models, i), out);
	}
	buf_add(out, STR("]}"));
}

/* ---- the lists of others ---- */

static int64_t context_of(const json_t *model)
{
	const char *key;
	json_t *value;
	json_object_foreach(json_object_get(model, "model_info"), key, value)
	{
		if (str_ends(str_z(key), STR(".context_length")))
			return json_integer_value(value);
	}
	return 0;
}

bool ollama_read_models(struct str body, json_t *models, struct err *e)
{
	static const struct dialect_model_list as = {
		.list = "models", .name = "name", .context = context_of
	};
	return dialect_read_models_as(&as, body, models, e);
}

/* ---- those loaded ---- */

static void write_loaded(const json_t *models, struct buf *out)
{
	buf_add(out, STR("{\"models\":["));
	for (size_t i = 0; i < json_array_size(models); i++) {
		const json_t *model = json_array_get(models, i);
		if (json_is_false(json_object_get(model, "is_loaded")))
			continue;
		js_next(out);
		begin_model(model, out);
		js_member_text(out, "expires_at", STR(NO_TIME));
		js_member_i64(out, "size_vram", 0);
		js_member_i64(out, "context_length", number_of(model, "context_tokens"));
		buf_add_char(out, '}');
	}
	buf_add(out, STR("]}"));
}

/* ---- one in all detail ---- */

static bool read_name(struct str body, struct arena *a, struct dialect_named *out, struct err *e)
{
	json_t *doc = js_parse(body, LAYER_CLIENT, e);
	struct js_at root = js_root(doc, LAYER_CLIENT), model = js_key(&root, "model"),
		     older = js_key(&root, "name"), whole = js_key(&root, "verbose"),
		     stream = js_key(&root, "stream");
	struct dialect_named named = { .is_stream = true };
	bool ok =
		doc && js_get_object(&root, e) &&
		js_get_str(js_has(&model) || !js_has(&older) ? &model : &older, &named.model, e) &&
		js_opt_bool(&whole, &named.is_whole, e) &&
		js_opt_bool(&stream, &named.is_stream, e);
	if (ok) {
		named.model = arena_str(a, named.model);
		*out = named;
	}
	json_decref(doc);
	return ok;
}

/* A line for each setting that its file or this server has for it. */
static void write_parameters(const struct dialect_about *about, struct buf *out)
{
	static const char own[] = "general.sampling.";
	struct buf lines;
	const char *key;
	json_t *value;
	int64_t context = number_of(about->model, "context_tokens");
	buf_init(&lines, LIMIT_CARD_TEXT_BYTES);
	if (context > 0)
		buf_printf(&lines, "num_ctx %lld", (long long)context);
	json_object_foreach((json_t *)about->keys, key, value)
	{
		if (!str_starts(str_z(key), str_z(own)) || !json_is_number(value))
			continue;
		buf_printf(&lines, "%s%s %g", lines.n ? "\n" : "", key + sizeof own - 1,
			json_number_value(value));
	}
	js_member_text(out, "parameters", buf_str(&lines));
	buf_clear(&lines);
}

static void write_about(const struct dialect_about *about, struct buf *out)
{
	const json_t *model = about->model;
	struct str licence = text_of(model, "licence"), id = text_of(model, "id");
	struct buf file;
	buf_init(&file, id.n + LIMIT_QUOTE_BYTES);
	buf_printf(&file, "FROM %.*s\n", STR_ARG(id));
	buf_add_char(out, '{');
	if (licence.n)
		js_member_text(out, "license", licence);
	js_member_text(out, "modelfile", buf_str(&file));
	buf_clear(&file);
	write_parameters(about, out);
	js_member_text(out, "template", about->chat_template);
	write_details(model, out);
	if (about->keys) {
		js_member(out, "model_info");
		js_write(about->keys, out);
	} else {
		write_context(model, out);
	}
	write_capabilities(model, out);
	write_time(model, out);
	buf_add_char(out, '}');
}

/* ---- fetching one ---- */

static void write_digest(const struct dialect_pull *p, struct buf *out)
{
	struct buf text;
	buf_init(&text, sizeof NO_DIGEST + LIMIT_QUOTE_BYTES);
	struct str digest = p->sha256.n ? p->sha256 : STR(NO_DIGEST);
	buf_printf(&text, "pulling %.*s", STR_ARG(str_sub(digest, 0, SHORT_DIGEST)));
	js_member_text(out, "status", buf_str(&text));
	buf_reset(&text);
	buf_printf(&text, "sha256:%.*s", STR_ARG(digest));
	js_member_text(out, "digest", buf_str(&text));
	buf_clear(&text);
	js_member_i64(out, "total", (int64_t)p->all_bytes);
	js_member_i64(out, "completed", (int64_t)p->done_bytes);
}

static void write_pull(const struct dialect_pull *p, struct buf *out)
{
	static const char *const words[DIALECT_PULL_STAGE_COUNT] = {
		[DIALECT_PULL_LOOKING] = "pulling manifest",
		[DIALECT_PULL_CHECKING] = "verifying sha256 digest",
		[DIALECT_PULL_DONE] = "success",
	};
	buf_add_char(out, '{');
	if (p->stage == DIALECT_PULL_COMING)
		write_digest(p, out);
	else
		js_member_text(out, "status",
			p->stage == DIALECT_PULL_NOTE ? p->words : str_z(words[p->stage]));
	buf_add(out, STR("}\n"));
}

const struct dialect_library ollama_library = {
	.read_name = read_name,
	.write_about = write_about,
	.write_loaded = write_loaded,
	.write_pull = write_pull,
};
