/*
 * dialect_responses_adopt.c - the writer of Responses answers takes over from an upstream whose own
 * pieces went out: ids, numbers and open items are as those pieces said.
 *
 * A piece is parsed only where one begins or ends something; of all others the number alone counts.
 */
#include "base/limits.h"
#include "chat/dialect_responses_writer.h"
#include "chat/gather.h"

static void adopt_response(struct responses_writer *w, const json_t *piece)
{
	const json_t *response = json_object_get(piece, "response"),
		     *created = json_object_get(response, "created_at");
	struct str id = js_text_of(response, "id"), model = js_text_of(response, "model");
	if (id.n && id.n <= w->id.max) {
		buf_reset(&w->id);
		buf_add(&w->id, id);
	}
	if (!w->model.n && model.n && buf_add(&w->model, model))
		w->about.model = buf_str(&w->model);
	if (json_is_number(created))
		w->about.unix_s = (int64_t)json_number_value(created);
}

static void number_item(struct responses_writer *w, const json_t *piece)
{
	struct js_at at = js_root(piece, LAYER_WIRE);
	w->item_count = w->adopted_count = (size_t)gather_count(&at, "output_index") + 1;
}

static void adopt_added(struct responses_writer *w, const json_t *piece)
{
	const json_t *item = json_object_get(piece, "item");
	struct str type = js_text_of(item, "type"), id = js_text_of(item, "id");
	bool is_call = str_eq_z(type, responses_items[OPEN_CALL].type) && w->open >= OPEN_CALL;
	number_item(w, piece);
	if (str_eq_z(type, responses_items[OPEN_TEXT].type))
		responses_begin_item(w, OPEN_TEXT);
	else if (str_eq_z(type, responses_items[OPEN_THOUGHT].type))
		responses_begin_item(w, OPEN_THOUGHT);
	else if (!is_call) /* a call's event has come with it */
		responses_begin_item(w, OPEN_OTHER);
	buf_reset(&w->other);
	if (w->open == OPEN_OTHER)
		js_write(item, &w->other);
	if (id.n <= w->item_id.max)
		buf_add(&w->item_id, id);
	w->adopted = w->open;
}

static void adopt_done(struct responses_writer *w, const json_t *piece)
{
	number_item(w, piece);
	js_next(&w->items);
	js_write(json_object_get(piece, "item"), &w->items);
	w->adopted_bytes = w->items.n;
	w->open = w->adopted = OPEN_NONE;
}

static void adopt_part_added(struct responses_writer *w, const json_t *piece)
{
	struct js_at at = js_root(piece, LAYER_WIRE);
	const char *index = responses_items[w->adopted].part_index;
	w->part = index ? gather_count(&at, index) : 0;
	w->has_part = true;
	buf_reset(&w->grown);
}

static void adopt_part_done(struct responses_writer *w, const json_t *piece)
{
	js_next(&w->parts);
	js_write(json_object_get(piece, "part"), &w->parts);
	w->part++;
	w->has_part = false;
	buf_reset(&w->grown);
}

static const struct {
	const char *type;
	void (*adopt)(struct responses_writer *w, const json_t *piece);
} adoptions[] = {
	{ "response.created", adopt_response },
	{ "response.in_progress", adopt_response },
	{ "response.output_item.added", adopt_added },
	{ "response.output_item.done", adopt_done },
	{ "response.content_part.added", adopt_part_added },
	{ "response.content_part.done", adopt_part_done },
	{ "response.reasoning_summary_part.added", adopt_part_added },
	{ "response.reasoning_summary_part.done", adopt_part_done },
};

/* Not parsed: what is only counted. */
static int64_t number_in(struct str data, int64_t absent)
{
	static const char member[] = "\"sequence_number\"";
	size_t at = str_find(data, str_z(member)), n = 0;
	struct str rest = at == SIZE_MAX ? STR("") : str_from(data, at + sizeof member - 1);
	uint64_t number;
	rest = str_trim_left(str_from(str_trim_left(rest), rest.n ? 1 : 0));
	while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
		n++;
	return str_to_u64(str_sub(rest, 0, n), &number) && number < INT64_MAX ? (int64_t)number
									      : absent;
}

/* What is open and what is told is as the pieces say, whatever their events were. */
void responses_adopt(struct dialect_writer *base, struct str name, struct str data)
{
	struct responses_writer *w = responses_writer_of(base);
	json_t *piece = NULL;
	w->has_begun = true;
	w->sequence = number_in(data, w->sequence) + 1;
	buf_truncate(&w->items, w->adopted_bytes);
	w->open = w->open == OPEN_NONE ? w->adopted : w->open;
	if (!name.n)
		piece = js_parse(data, LAYER_WIRE, &(struct err){ 0 });
	struct str type = name.n ? name : js_text_of(piece, "type");
	for (size_t i = 0; i < sizeof adoptions / sizeof adoptions[0]; i++) {
		if (!str_eq_z(type, adoptions[i].type))
			continue;
		if (!piece)
			piece = js_parse(data, LAYER_WIRE, &(struct err){ 0 });
		adoptions[i].adopt(w, piece);
	}
	if (w->adopted != OPEN_NONE) {
		w->open = w->adopted;
		w->item_count = w->adopted_count;
	}
	json_decref(piece);
}
