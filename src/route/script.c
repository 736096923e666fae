/*
 * script.c - answers from a JSON file; see script.h. The file is checked whole when it is opened; a
 * call turns its turn into a list of steps (a pause, then an event), which a timer plays.
 *
 * Layer: route.
 */
#include "route/script.h"

#include <stdlib.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"
#include "chat/dialect.h"
#include "chat/tool_format.h"
#include "route/nothing.h"
#include "route/script_vectors.h"

enum { CHUNK_BYTES = 16, FIRST_STEPS = 16, BYTES_PER_TOKEN = 4 };

/* One answer, as read; texts are borrowed from the document. */
struct turn {
	struct str match;
	bool repeats;
	int64_t delay_ms, gap_ms, alive;
	struct str think, text, raw;
	const struct tool_format *format;
	const json_t *calls;
	bool has_usage, has_no_usage, has_stop;
	struct chat_usage usage;
	enum chat_stop stop;
	struct err refusal, fault; /* ERR_NONE: none */
};

struct script {
	struct backend base;
	struct loop *loop;
	struct arena *arena;
	json_t *doc;
	const json_t *models;
	int64_t context_tokens, chunk_bytes;
	int64_t vectors; /* numbers of one; 0: it makes none */
	struct turn *turns;
	size_t turn_count;
};

struct step {
	int64_t wait_ms;
	struct chat_event event;
};

struct script_call {
	struct backend_call base;
	struct loop_timer *timer;
	struct chat_sink sink;
	struct arena *arena;
	struct step *steps;
	size_t step_count, step_room, next;
	struct err fault;
	bool is_busy, is_ended; /* inside the sink; to be freed */
	bool is_paused;
};

/* ---- reading the file ---- */

static bool find_name(
	const struct js_at *at, const char *const *names, int count, int *out, struct err *e)
{
	struct str name;
	if (!js_get_str(at, &name, e))
		return false;
	for (int i = 0; i < count; i++) {
		if (str_eq_z(name, names[i])) {
			*out = i;
			return true;
		}
	}
	return js_fail(at, e, "'%.*s' is not known", STR_ARG(name));
}

static bool read_kind(const struct js_at *at, enum err_kind *kind, struct err *e)
{
	const char *names[ERR_KIND_COUNT];
	int found = ERR_NONE;
	for (int i = 0; i < ERR_KIND_COUNT; i++)
		names[i] = err_kinds[i].name;
	if (!find_name(at, names, ERR_KIND_COUNT, &found, e))
		return false;
	*kind = (enum err_kind)found;
	return *kind != ERR_NONE || js_fail(at, e, "'none' is no fault");
}

static bool read_layer(const struct js_at *at, enum layer *layer, struct err *e)
{
	const char *names[LAYER_COUNT];
	int found = *layer;
	for (int i = 0; i < LAYER_COUNT; i++)
		names[i] = layers[i].name;
	if (js_has(at) && !find_name(at, names, LAYER_COUNT, &found, e))
		return false;
	*layer = (enum layer)found;
	return true;
}

static bool read_fault(const struct js_at *at, struct err *out, struct err *e)
{
	struct js_at kind_at = js_key(at, "kind"), layer_at = js_key(at, "layer"),
		     what_at = js_key(at, "what"), mend_at = js_key(at, "mend");
	enum err_kind kind = ERR_NONE;
	enum layer layer = LAYER_WIRE;
	struct str what = STR("the script says so"), mend = { 0 };
	if (!js_has(at))
		return true;
	if (!js_get_object(at, e) || !read_kind(&kind_at, &kind, e) ||
		!read_layer(&layer_at, &layer, e) || !js_opt_str(&what_at, &what, e) ||
		!js_opt_str(&mend_at, &mend, e))
		return false;
	fail(out, kind, layer, "%.*s", STR_ARG(what));
	err_mend(out, "%.*s", STR_ARG(mend));
	return true;
}

static bool read_usage(const struct js_at *turn, struct turn *t, struct err *e)
{
	struct js_at at = js_key(turn, "usage"), prompt = js_key(&at, "prompt"),
		     cached = js_key(&at, "cached"), answer = js_key(&at, "answer"),
		     thinking = js_key(&at, "thinking");
	t->has_no_usage = json_is_null(json_object_get(turn->value, "usage"));
	t->has_usage = js_has(&at);
	return !js_has(&at) ||
	       (js_get_object(&at, e) && js_opt_i64(&prompt, &t->usage.prompt_tokens, e) &&
		       js_opt_i64(&cached, &t->usage.cached_tokens, e) &&
		       js_opt_i64(&answer, &t->usage.answer_tokens, e) &&
		       js_opt_i64(&thinking, &t->usage.thinking_tokens, e));
}

static bool read_calls(const struct js_at *at, struct turn *t, struct err *e)
{
	size_t count;
	if (!js_has(at))
		return true;
	if (!js_get_array(at, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at call = js_item(at, i), name = js_key(&call, "name"),
			     id = js_key(&call, "id");
		struct str text;
		if (!js_get_object(&call, e) || !js_get_str(&name, &text, e) ||
			!js_opt_str(&id, &text, e))
			return false;
	}
	t->calls = at->value;
	return true;
}

static bool read_end(const struct js_at *at, struct turn *t, struct err *e)
{
	struct js_at stop = js_key(at, "stop"), cut = js_key(at, "cut"), fault = js_key(at, "fail"),
		     refusal = js_key(at, "refuse");
	int found = 0;
	bool is_cut = false;
	t->has_stop = js_has(&stop);
	if (js_has(&stop) && !find_name(&stop, chat_stop_names, CHAT_STOP_COUNT, &found, e))
		return false;
	t->stop = (enum chat_stop)found;
	if (!js_opt_bool(&cut, &is_cut, e) || !read_fault(&fault, &t->fault, e) ||
		!read_fault(&refusal, &t->refusal, e))
		return false;
	if (is_cut)
		fail(&t->fault, ERR_CUT, LAYER_WIRE, "the script's answer breaks off here");
	return true;
}

static bool read_raw(const struct js_at *at, struct turn *t, struct err *e)
{
	struct js_at raw = js_key(at, "raw"), format = js_key(at, "format");
	struct str name = { 0 };
	if (!js_has(&raw))
		return true;
	if (!js_get_str(&raw, &t->raw, e) || !js_get_str(&format, &name, e))
		return false;
	t->format = tool_format_find(name);
	return t->format || js_fail(&format, e, "'%.*s' is not known", STR_ARG(name));
}

static const char *const turn_members[] = { "match", "repeat", "refuse", "delay_ms", "alive",
	"gap_ms", "think", "text", "calls", "raw", "format", "usage", "stop", "cut", "fail" };

static bool check_members(
	const struct js_at *at, const char *const *known, size_t count, struct err *e)
{
	const char *name;
	json_t *value;
	json_object_foreach((json_t *)at->value, name, value)
	{
		size_t i = 0;
		while (i < count && !str_eq_z(str_z(name), known[i]))
			i++;
		if (i == count)
			return js_fail(
				at, e, "has a member '%s' that a script does not know", name);
	}
	return true;
}

static bool read_turn(const struct js_at *at, struct turn *t, struct err *e)
{
	struct js_at match = js_key(at, "match"), repeat = js_key(at, "repeat"),
		     delay = js_key(at, "delay_ms"), gap = js_key(at, "gap_ms"),
		     alive = js_key(at, "alive"), think = js_key(at, "think"),
		     text = js_key(at, "text"), calls = js_key(at, "calls");
	return js_get_object(at, e) &&
	       check_members(at, turn_members, sizeof turn_members / sizeof turn_members[0], e) &&
	       js_opt_str(&match, &t->match, e) && js_opt_bool(&repeat, &t->repeats, e) &&
	       js_opt_i64(&delay, &t->delay_ms, e) && js_opt_i64(&gap, &t->gap_ms, e) &&
	       js_opt_i64(&alive, &t->alive, e) && js_opt_str(&think, &t->think, e) &&
	       js_opt_str(&text, &t->text, e) && read_calls(&calls, t, e) && read_raw(at, t, e) &&
	       read_usage(at, t, e) && read_end(at, t, e);
}

static const char *const script_members[] = { "models", "context_tokens", "chunk_bytes", "vectors",
	"turns" };

static bool read_vectors(const struct js_at *at, struct script *s, struct err *e)
{
	if (!js_opt_i64(at, &s->vectors, e))
		return false;
	return (s->vectors >= 0 && s->vectors <= SCRIPT_VECTORS_MOST) ||
	       js_fail(at, e, "is %lld, should be 0 to %d", (long long)s->vectors,
		       SCRIPT_VECTORS_MOST);
}

static bool read_script(struct script *s, struct err *e)
{
	struct js_at root = js_root(s->doc, LAYER_ROUTE), models = js_key(&root, "models"),
		     context = js_key(&root, "context_tokens"),
		     chunk = js_key(&root, "chunk_bytes"), vectors = js_key(&root, "vectors"),
		     turns = js_key(&root, "turns");
	size_t model_count = 0;
	s->chunk_bytes = CHUNK_BYTES;
	if (!js_get_object(&root, e) ||
		!check_members(&root, script_members,
			sizeof script_members / sizeof script_members[0], e) ||
		!js_opt_i64(&context, &s->context_tokens, e) ||
		!js_opt_i64(&chunk, &s->chunk_bytes, e) || !read_vectors(&vectors, s, e) ||
		(js_has(&models) && !js_get_array(&models, &model_count, e)) ||
		!js_get_array(&turns, &s->turn_count, e))
		return false;
	s->models = models.value;
	s->turns = arena_calloc(s->arena, s->turn_count + 1, sizeof *s->turns);
	for (size_t i = 0; i < s->turn_count; i++) {
		struct js_at turn = js_item(&turns, i);
		if (!read_turn(&turn, &s->turns[i], e))
			return false;
	}
	for (size_t i = 0; i < model_count; i++) {
		struct js_at model = js_item(&models, i);
		struct str name;
		if (!js_get_str(&model, &name, e))
			return false;
	}
	return true;
}

/* ---- choosing the turn ---- */

struct place {
	struct str user_text;  /* the last words of the user */
	size_t answered;       /* assistant messages in the conversation */
	size_t answered_since; /* after the user's last words */
};

static struct place find_place(const struct chat_request *r, struct arena *a)
{
	struct place place = { 0 };
	for (size_t i = 0; i < r->message_count; i++) {
		if (r->messages[i].role == CHAT_ASSISTANT) {
			place.answered++;
			place.answered_since++;
		} else if (r->messages[i].role == CHAT_USER) {
			place.user_text = chat_message_text(&r->messages[i], a);
			place.answered_since = 0;
		}
	}
	return place;
}

static bool fits(const struct turn *t, const struct place *place)
{
	return t->match.n && str_find(place->user_text, t->match) != SIZE_MAX;
}

static const struct turn *choose_turn(
	const struct script *s, const struct chat_request *r, struct arena *a, struct err *e)
{
	struct place place = find_place(r, a);
	bool has_match = false;
	for (size_t i = 0; i < s->turn_count; i++)
		has_match = has_match || fits(&s->turns[i], &place);
	size_t wanted = has_match ? place.answered_since : place.answered, seen = 0;
	const struct turn *last = NULL;
	for (size_t i = 0; i < s->turn_count; i++) {
		const struct turn *t = &s->turns[i];
		if (has_match ? !fits(t, &place) : t->match.n > 0)
			continue;
		if (seen++ == wanted)
			return t;
		last = t;
	}
	if (last && last->repeats)
		return last;
	fail(e, ERR_NOT_FOUND, LAYER_ROUTE,
		"the script has %zu turns for this conversation, turn %zu was asked for", seen,
		wanted + 1);
	err_mend(e, "add the turn, or \"repeat\": true to the last one");
	return NULL;
}

/* ---- from a turn to steps ---- */

static void add_step(struct script_call *c, int64_t wait_ms, struct chat_event event)
{
	if (c->step_count == c->step_room) {
		c->step_room = c->step_room ? c->step_room * 2 : FIRST_STEPS;
		c->steps = must_realloc(c->steps, c->step_room * sizeof *c->steps);
	}
	c->steps[c->step_count++] = (struct step){ wait_ms, event };
}

/* Text in pieces of at most `bytes`, each of whole characters. */
static void add_text(struct script_call *c, int64_t gap_ms, int64_t bytes, struct chat_event event)
{
	struct str rest = event.text;
	while (rest.n) {
		size_t n = bytes > 0 ? utf8_whole(str_sub(rest, 0, (size_t)bytes)) : rest.n;
		uint32_t code;
		if (n == 0)
			n = (size_t)utf8_next(rest, &code);
		event.text = str_sub(rest, 0, n);
		add_step(c, gap_ms, event);
		rest = str_from(rest, n);
	}
}

static struct str call_arguments(struct script_call *c, const json_t *value)
{
	struct buf text;
	if (json_is_string(value))
		return js_text(value);
	if (!value)
		return STR("{}");
	buf_init(&text, LIMIT_JSON_BYTES);
	js_write(value, &text);
	struct str copy = arena_str(c->arena, buf_str(&text));
	buf_clear(&text);
	return copy;
}

static void add_call(struct script_call *c, const struct script *s, const struct turn *t, size_t i)
{
	const json_t *call = json_array_get(t->calls, i), *id = json_object_get(call, "id");
	char made[DIALECT_CALL_ID_CHARS + 1];
	struct str turn = arena_printf(c->arena, "turn %zu", (size_t)(t - s->turns));
	struct chat_event event = { .type = CHAT_TOOL_BEGIN, .call = (unsigned)i };
	event.text = js_text_of(call, "name");
	event.id = arena_str(c->arena,
		json_is_string(id) ? js_text(id) : dialect_call_id(turn, (unsigned)i, made));
	add_step(c, t->gap_ms, event);
	add_text(c, t->gap_ms, s->chunk_bytes,
		(struct chat_event){ .type = CHAT_TOOL_ARGS,
			.call = (unsigned)i,
			.text = call_arguments(c, json_object_get(call, "arguments")) });
	add_step(c, 0, (struct chat_event){ .type = CHAT_TOOL_END, .call = (unsigned)i });
}

struct raw_reading {
	struct script_call *call;
	int64_t gap_ms;
	unsigned calls;
};

/* The sink of the reader: what it tells becomes steps. */
static void add_read(void *owner, const struct chat_event *event)
{
	struct raw_reading *g = owner;
	struct chat_event copy = *event;
	copy.text = arena_str(g->call->arena, event->text);
	copy.id = arena_str(g->call->arena, event->id);
	if (event->type == CHAT_TOOL_BEGIN)
		g->calls++;
	add_step(g->call, g->gap_ms, copy);
}

/* Gives the number of calls in it; a fault of the reader ends the answer. */
static size_t add_raw(struct script_call *c, const struct script *s, const struct turn *t,
	const struct chat_request *r, struct trace *trace)
{
	struct raw_reading g = { .call = c, .gap_ms = t->gap_ms };
	struct str rest = t->raw;
	if (!t->format)
		return 0;
	struct tool_reader *reader = tool_reader_new(t->format, r->tool_count ? r : NULL,
		str_hash(t->raw), TOOL_READ_WORDS, trace, (struct chat_sink){ add_read, &g });
	bool ok = true;
	trace_bytes(trace, LAYER_MODEL, "raw", t->raw);
	while (ok && rest.n) {
		size_t n = s->chunk_bytes > 0 ? (size_t)s->chunk_bytes : rest.n;
		ok = tool_reader_feed(reader, str_sub(rest, 0, n), &c->fault);
		rest = str_from(rest, n);
	}
	if (ok)
		tool_reader_end(reader, t->stop == CHAT_STOP_LENGTH, &c->fault);
	tool_reader_free(reader);
	return g.calls;
}

static struct chat_usage usage_of(
	const struct script_call *c, const struct turn *t, const struct chat_request *r)
{
	size_t answer = 0;
	if (t->has_usage)
		return t->usage;
	for (size_t i = 0; i < c->step_count; i++)
		answer += c->steps[i].event.text.n;
	return (struct chat_usage){
		.prompt_tokens = chat_estimate_tokens(r),
		.answer_tokens = (int64_t)(answer / BYTES_PER_TOKEN + 1),
		.thinking_tokens = (int64_t)(t->think.n / BYTES_PER_TOKEN),
		.is_estimate = true,
	};
}

static void make_steps(struct script_call *c, const struct script *s, const struct turn *t,
	const struct chat_request *r, struct trace *trace)
{
	int64_t pause = t->alive > 0 ? t->delay_ms / (t->alive + 1) : t->delay_ms;
	for (int64_t i = 0; i < t->alive; i++)
		add_step(c, pause,
			(struct chat_event){ .type = CHAT_ALIVE, .alive = { t->alive, i + 1 } });
	size_t first = c->step_count;
	add_text(c, t->gap_ms, s->chunk_bytes,
		(struct chat_event){ .type = CHAT_THINK, .text = t->think });
	add_text(c, t->gap_ms, s->chunk_bytes,
		(struct chat_event){ .type = CHAT_TEXT, .text = t->text });
	for (size_t i = 0; i < json_array_size(t->calls); i++)
		add_call(c, s, t, i);
	size_t calls = json_array_size(t->calls) + add_raw(c, s, t, r, trace);
	if (!t->has_no_usage)
		add_step(c, 0,
			(struct chat_event){ .type = CHAT_USAGE, .usage = usage_of(c, t, r) });
	if (!err_is_set(&c->fault))
		c->fault = t->fault;
	if (err_is_set(&c->fault)) {
		add_step(c, 0, (struct chat_event){ .type = CHAT_FAIL, .err = &c->fault });
	} else {
		enum chat_stop stop = calls ? CHAT_STOP_CALLS : CHAT_STOP_END;
		add_step(c, 0,
			(struct chat_event){
				.type = CHAT_STOP, .stop = t->has_stop ? t->stop : stop });
	}
	c->steps[first].wait_ms = pause;
}

/* ---- playing ---- */

static void call_free(struct script_call *c)
{
	loop_timer_free(c->timer);
	arena_free(c->arena);
	free(c->steps);
	free(c);
}

static void play(void *ctx)
{
	struct script_call *c = ctx;
	c->is_busy = true;
	do {
		chat_send(c->sink, &c->steps[c->next++].event);
	} while (!c->is_ended && !c->is_paused && c->next < c->step_count &&
		 !c->steps[c->next].wait_ms);
	c->is_busy = false;
	if (c->is_ended)
		call_free(c);
	else if (c->next < c->step_count && !c->is_paused)
		loop_timer_start(c->timer, c->steps[c->next].wait_ms);
}

static void script_pause(struct backend_call *base, bool is_paused)
{
	struct script_call *c = (struct script_call *)base;
	c->is_paused = is_paused;
	if (is_paused)
		loop_timer_stop(c->timer);
	else if (!c->is_busy && c->next < c->step_count)
		loop_timer_start(c->timer, 0);
}

static struct backend_call *script_start(struct backend *b, const struct chat_request *r,
	struct trace *t, struct chat_sink sink, struct err *e)
{
	struct script *s = (struct script *)b;
	if (r->loads_only)
		return nothing_start(s->loop, t, sink);
	struct arena *a = arena_new();
	const struct turn *turn = choose_turn(s, r, a, e);
	if (turn && err_is_set(&turn->refusal)) {
		if (e && !err_is_set(e))
			*e = turn->refusal;
		turn = NULL;
	}
	if (!turn) {
		arena_free(a);
		return NULL;
	}
	trace_note(t, LAYER_ROUTE, "script", "turn %zu of %zu", (size_t)(turn - s->turns) + 1,
		s->turn_count);
	struct script_call *c = must_calloc(1, sizeof *c);
	*c = (struct script_call){ .base = { b->ops }, .sink = sink, .arena = a };
	make_steps(c, s, turn, r, t);
	c->timer = loop_timer_new(s->loop, play, c);
	loop_timer_start(c->timer, c->steps[0].wait_ms);
	return &c->base;
}

static void script_end(struct backend_call *base)
{
	struct script_call *c = (struct script_call *)base;
	if (c->is_busy)
		c->is_ended = true;
	else
		call_free(c);
}

static struct backend_call *script_embed(struct backend *b, const struct embed_request *r,
	struct trace *t, struct embed_sink sink, struct err *e)
{
	struct script *s = (struct script *)b;
	if (s->vectors)
		return script_vectors_start(s->loop, (size_t)s->vectors, r, t, sink);
	fail(e, ERR_USAGE, LAYER_ROUTE, "the script makes no vectors of texts");
	err_mend(e, "write \"vectors\": 64 into it");
	return NULL;
}

static void add_model(const struct script *s, struct str name, json_t *models)
{
	json_t *model = json_object();
	json_object_set_new(model, "id", js_new_text(name));
	json_object_set_new(model, "context_tokens", json_integer(s->context_tokens));
	json_array_append_new(models, model);
}

static void script_list(struct backend *b, json_t *models)
{
	const struct script *s = (const struct script *)b;
	if (!s->models)
		add_model(s, STR("script"), models);
	for (size_t i = 0; i < json_array_size(s->models); i++)
		add_model(s, js_text(json_array_get(s->models, i)), models);
}

static void script_free(struct backend *b)
{
	struct script *s = (struct script *)b;
	json_decref(s->doc);
	arena_free(s->arena);
	free(s);
}

static const struct backend_ops script_ops = {
	.kind = "script",
	.start = script_start,
	.end = script_end,
	.pause = script_pause,
	.embed = script_embed,
	.list = script_list,
	.free = script_free,
};

struct backend *script_new(struct loop *loop, struct str text, struct err *e)
{
	json_t *doc = js_parse(text, LAYER_ROUTE, e);
	if (!doc)
		return NULL;
	struct script *s = must_calloc(1, sizeof *s);
	*s = (struct script){
		.base = { &script_ops }, .loop = loop, .doc = doc, .arena = arena_new()
	};
	if (read_script(s, e))
		return &s->base;
	script_free(&s->base);
	return NULL;
}

struct backend *script_open(struct loop *loop, const char *path, struct err *e)
{
	struct buf text;
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	struct backend *b = fs_read(path, &text, e) ? script_new(loop, buf_str(&text), e) : NULL;
	buf_clear(&text);
	if (!b)
		err_context(e, "%s", path);
	return b;
}
