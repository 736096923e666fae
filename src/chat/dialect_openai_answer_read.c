/*
 * dialect_openai_answer_read.c - an upstream's Chat Completions answer becomes events.
 *
 * A whole document is read as a stream of one chunk. Upstreams differ in how they send calls (index
 * missing or repeated, id or name late, arguments as an object, empty lists, calls interleaved), so
 * each call has a slot that gathers what is known of it; slots are told one after the other, the
 * first open one as it comes, the next when it is complete.
 *
 * A call ends only if its arguments are one JSON object; anything else ends the answer with a fault
 * rather than with invented arguments, unless the limit of tokens cut it. An end counts only if the
 * upstream said so by a finish reason or [DONE].
 *
 * Layer: wire (what is malformed), parse (a call that broke inside its arguments).
 */
#include "chat/dialect_openai.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/must.h"
#include "base/utf8.h"

enum { ID_BYTES = 256, NAME_BYTES = 1024, NO_INDEX = -1 };

/* One call of the answer. */
struct slot {
	int64_t index; /* as the upstream numbers it, or NO_INDEX */
	struct buf id, name, args;
	size_t told; /* bytes of args that were sent on */
	/* How far args were scanned, and what the scan knows. */
	size_t scanned;
	size_t depth;
	bool is_string, is_escaped;
	bool is_object;  /* it begins with '{', so it can be sent on as it comes */
	size_t complete; /* where the object closed; 0: not yet */
	bool is_begun;
};

struct openai_reader {
	struct dialect_reader base;
	struct chat_sink sink;
	struct slot slots[LIMIT_CALLS];
	size_t slot_count;
	size_t current; /* the first slot that has not ended */
	char answer_id[ID_BYTES];
	size_t answer_id_n;
	size_t bytes; /* of text and arguments so far */
	struct chat_usage usage;
	bool has_usage, has_words, has_finish, is_over;
	bool has_told; /* the chunk being read gave an event */
	enum chat_stop stop;
	struct buf late[2]; /* words that came inside an open call: told behind it; see late_of */
};

static struct openai_reader *own(struct dialect_reader *rd)
{
	return (struct openai_reader *)rd;
}

struct dialect_reader *openai_reader_new(struct chat_sink sink)
{
	struct openai_reader *rd = must_calloc(1, sizeof *rd);
	rd->base.dialect = &dialect_openai;
	rd->sink = sink;
	buf_init(&rd->late[0], LIMIT_ANSWER_BYTES);
	buf_init(&rd->late[1], LIMIT_ANSWER_BYTES);
	return &rd->base;
}

void openai_reader_free(struct dialect_reader *base)
{
	if (!base)
		return;
	for (size_t i = 0; i < own(base)->slot_count; i++) {
		buf_clear(&own(base)->slots[i].id);
		buf_clear(&own(base)->slots[i].name);
		buf_clear(&own(base)->slots[i].args);
	}
	buf_clear(&own(base)->late[0]);
	buf_clear(&own(base)->late[1]);
	free(base);
}

/* The end by a fault: what was counted is told before it. */
static void end_badly(struct openai_reader *rd, const struct err *e)
{
	if (rd->is_over)
		return;
	rd->is_over = true;
	if (rd->has_usage)
		chat_send_usage(rd->sink, &rd->usage);
	chat_send_fail(rd->sink, e);
}

static bool count_bytes(struct openai_reader *rd, size_t bytes, struct err *e)
{
	rd->bytes += bytes;
	if (rd->bytes <= LIMIT_ANSWER_BYTES)
		return true;
	return fail(e, ERR_TOO_BIG, LAYER_WIRE, "over the limit of %zu bytes",
		(size_t)LIMIT_ANSWER_BYTES);
}

static void tell_words(struct openai_reader *rd, enum chat_event_type type, struct str text)
{
	rd->has_told = rd->has_words = true;
	chat_send(rd->sink, &(struct chat_event){ .type = type, .text = text });
}

static struct buf *late_of(struct openai_reader *rd, enum chat_event_type type)
{
	return &rd->late[type == CHAT_THINK ? 0 : 1];
}

static void tell_late(struct openai_reader *rd)
{
	static const enum chat_event_type types[] = { CHAT_THINK, CHAT_TEXT };
	for (int i = 0; i < 2; i++) {
		struct buf *late = late_of(rd, types[i]);
		if (late->n)
			tell_words(rd, types[i], buf_str(late));
		buf_reset(late);
	}
}

/* ---- calls ---- */

/* Follows brackets and strings of the arguments until their object closes. */
static void scan_args(struct slot *s)
{
	for (; s->scanned < s->args.n && !s->complete; s->scanned++) {
		char c = s->args.p[s->scanned];
		if (s->is_escaped)
			s->is_escaped = false;
		else if (s->is_string && c == '\\')
			s->is_escaped = true;
		else if (s->is_string)
			s->is_string = c != '"';
		else if (c == '"')
			s->is_string = true;
		else if (c == '{' || c == '[')
			s->depth++;
		else if ((c == '}' || c == ']') && s->depth && --s->depth == 0)
			s->complete = s->scanned + 1;
		if (s->depth == 1 && c == '{' && !s->is_string && !s->is_object)
			s->is_object = str_trim_left(str_n(s->args.p, s->scanned)).n == 0;
	}
}

static void begin_call(struct openai_reader *rd, struct slot *s)
{
	char invented[DIALECT_CALL_ID_CHARS + 1];
	struct str id = buf_str(&s->id);
	if (!id.n)
		id = dialect_call_id(
			str_n(rd->answer_id, rd->answer_id_n), (unsigned)rd->current, invented);
	chat_send_tool_begin(rd->sink, (unsigned)rd->current, id, buf_str(&s->name));
	s->is_begun = true;
	rd->has_told = true;
}

static void tell_args(struct openai_reader *rd, struct slot *s)
{
	size_t end = s->complete ? s->complete : s->args.n;
	if (!s->is_object || end <= s->told)
		return;
	chat_send_tool_args(
		rd->sink, (unsigned)rd->current, str_sub(buf_str(&s->args), s->told, end));
	s->told = end;
	rd->has_told = true;
}

/* The limit of tokens was reached: the last call may be unfinished, and then it never ends. */
static bool is_cut(const struct openai_reader *rd)
{
	return rd->has_finish && rd->stop == CHAT_STOP_LENGTH;
}

static bool fail_args(const struct slot *s, const char *why, struct err *e)
{
	return fail(e, ERR_BAD_DATA, LAYER_PARSE,
		"the arguments of the call of '%.*s' are no JSON object (%s): %.*s",
		STR_ARG(buf_str(&s->name)), why,
		STR_ARG(str_sub(buf_str(&s->args), 0, LIMIT_QUOTE_BYTES)));
}

/* Arguments that are a string with the object inside: encoded once too often. */
static bool tell_unwrapped(
	struct openai_reader *rd, const struct slot *s, const json_t *string, struct err *e)
{
	struct err why = { 0 };
	json_t *inner = js_parse(js_text(string), LAYER_WIRE, &why);
	bool is_object = json_is_object(inner);
	json_decref(inner);
	if (!is_object)
		return fail_args(s, "it is a string", e);
	chat_send_tool_args(rd->sink, (unsigned)rd->current, js_text(string));
	return true;
}

/* All of the call has come: what is held back is told if it is sound. */
static bool finish_args(struct openai_reader *rd, struct slot *s, struct err *e)
{
	struct str args = str_trim(buf_str(&s->args));
	struct err why = { 0 };
	if (!args.n || str_eq_z(args, "null")) {
		chat_send_tool_args(rd->sink, (unsigned)rd->current, STR("{}"));
		return true;
	}
	json_t *value = js_parse(args, LAYER_WIRE, &why);
	bool ok = true;
	if (json_is_string(value))
		ok = tell_unwrapped(rd, s, value, e);
	else if (!json_is_object(value))
		ok = fail_args(s, value ? "another type" : why.what, e);
	json_decref(value);
	return ok;
}

static bool end_call(struct openai_reader *rd, struct slot *s, struct err *e)
{
	if (!s->name.n)
		return fail(e, ERR_BAD_DATA, LAYER_WIRE, "a tool call came without a name");
	if (!s->is_begun)
		begin_call(rd, s);
	tell_args(rd, s);
	if (!finish_args(rd, s, e))
		return false;
	chat_send_tool_end(rd->sink, (unsigned)rd->current);
	rd->has_told = true;
	rd->current++;
	tell_late(rd);
	return true;
}

/* Tells what may be told: of the first open call as it comes; it ends when it is complete and
 * another one has begun, or when nothing more can come. */
static bool tell_calls(struct openai_reader *rd, bool is_last, struct err *e)
{
	while (rd->current < rd->slot_count) {
		struct slot *s = &rd->slots[rd->current];
		bool is_known = s->name.n && (s->id.n || s->args.n);
		if (is_known && !s->is_begun)
			begin_call(rd, s);
		if (s->is_begun)
			tell_args(rd, s);
		bool has_next = rd->current + 1 < rd->slot_count;
		if (!is_last && !(has_next && s->complete))
			return true;
		if (!has_next && !s->complete && is_cut(rd))
			return true;
		if (!end_call(rd, s, e))
			return false;
	}
	return true;
}

static struct slot *new_slot(struct openai_reader *rd, int64_t index, struct err *e)
{
	if (rd->slot_count == LIMIT_CALLS) {
		fail(e, ERR_TOO_BIG, LAYER_WIRE, "the answer has more than %d tool calls",
			LIMIT_CALLS);
		return NULL;
	}
	struct slot *s = &rd->slots[rd->slot_count++];
	s->index = index;
	buf_init(&s->id, ID_BYTES);
	buf_init(&s->name, NAME_BYTES);
	buf_init(&s->args, LIMIT_ANSWER_BYTES);
	return s;
}

/*
 * The call that a delta is about. By index, unless it brings another id and a name: then the
 * upstream numbers two calls alike. Without an index by id; without both it is about the last call,
 * unless it names a tool, which begins a new one.
 */
static struct slot *find_slot(
	struct openai_reader *rd, int64_t index, struct str id, struct str name, struct err *e)
{
	for (size_t i = rd->slot_count; i-- > 0;) {
		struct slot *s = &rd->slots[i];
		bool is_same_id = id.n && str_eq(buf_str(&s->id), id);
		if (index == NO_INDEX ? is_same_id : s->index == index) {
			bool is_other = id.n && s->id.n && name.n && !is_same_id;
			return is_other ? new_slot(rd, index, e) : s;
		}
	}
	if (index == NO_INDEX && !id.n && !name.n && rd->slot_count)
		return &rd->slots[rd->slot_count - 1];
	return new_slot(rd, index, e);
}

static bool add_args(
	struct openai_reader *rd, struct slot *s, const struct js_at *at, struct err *e)
{
	struct str piece = { 0 };
	size_t before = s->args.n;
	if (json_is_object(at->value))
		js_write(at->value, &s->args);
	else if (!js_opt_str(at, &piece, e))
		return false;
	else
		buf_add(&s->args, piece);
	if (s->args.overflow)
		return count_bytes(rd, LIMIT_ANSWER_BYTES + 1, e);
	scan_args(s);
	return count_bytes(rd, s->args.n - before, e);
}

static bool read_call(struct openai_reader *rd, const struct js_at *at,
	const struct js_at *function, struct err *e)
{
	struct js_at index_at = js_key(at, "index"), id_at = js_key(at, "id"),
		     name_at = js_key(function, "name"), args = js_key(function, "arguments");
	int64_t index = NO_INDEX;
	struct str id = { 0 }, name = { 0 };
	if (!js_opt_i64(&index_at, &index, e) || !js_opt_str(&id_at, &id, e) ||
		!js_opt_str(&name_at, &name, e))
		return false;
	struct slot *s = find_slot(rd, index, id, name, e);
	if (!s)
		return false;
	if (rd->slots + rd->current > s && str_trim(js_text(args.value)).n)
		return fail(e, ERR_BAD_DATA, LAYER_WIRE,
			"the call of '%.*s' went on after its arguments were complete",
			STR_ARG(buf_str(&s->name)));
	if (!s->id.n)
		buf_add(&s->id, id);
	if (!s->name.n)
		buf_add(&s->name, name);
	if (s->id.overflow || s->name.overflow)
		return fail(e, ERR_TOO_BIG, LAYER_WIRE, "a tool call has a name of %zu bytes",
			name.n > id.n ? name.n : id.n);
	return add_args(rd, s, &args, e);
}

static bool read_calls(struct openai_reader *rd, const struct js_at *message, struct err *e)
{
	struct js_at calls = js_key(message, "tool_calls"),
		     older = js_key(message, "function_call");
	size_t count = 0;
	if (js_has(&calls) && !js_get_array(&calls, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at call = js_item(&calls, i), function = js_key(&call, "function");
		if (!js_get_object(&call, e) || !read_call(rd, &call, &function, e))
			return false;
	}
	if (js_has(&older) && !read_call(rd, &older, &older, e))
		return false;
	return tell_calls(rd, false, e);
}

/* ---- words ---- */

/* Words never stand inside a call: one that is complete ends before them, else they wait for its
 * end. */
static bool read_word(
	struct openai_reader *rd, enum chat_event_type type, struct str text, struct err *e)
{
	struct slot *open = rd->current < rd->slot_count ? &rd->slots[rd->current] : NULL;
	if (!text.n)
		return true;
	if (!count_bytes(rd, text.n, e))
		return false;
	if (open && open->is_begun && open->complete) {
		if (!end_call(rd, open, e))
			return false;
	} else if (open && open->is_begun) {
		buf_add(late_of(rd, type), text);
		return true;
	}
	tell_words(rd, type, text);
	return true;
}

/* Some upstreams send content as a list of parts. */
static bool read_parts(struct openai_reader *rd, const struct js_at *parts, struct err *e)
{
	for (size_t i = 0; i < json_array_size(parts->value); i++) {
		struct js_at part = js_item(parts, i), text = js_key(&part, "text"),
			     thought = js_key(&part, "thinking");
		if (json_is_string(text.value) && !read_word(rd, CHAT_TEXT, js_text(text.value), e))
			return false;
		if (json_is_string(thought.value) &&
			!read_word(rd, CHAT_THINK, js_text(thought.value), e))
			return false;
	}
	return true;
}

static bool read_words(struct openai_reader *rd, const struct js_at *message, struct err *e)
{
	struct js_at thought = js_key(message, "reasoning_content"),
		     other = js_key(message, "reasoning"), content = js_key(message, "content"),
		     refusal = js_key(message, "refusal");
	struct str think = { 0 }, text = { 0 }, refused = { 0 };
	if (!js_opt_str(js_has(&thought) ? &thought : &other, &think, e) ||
		!read_word(rd, CHAT_THINK, think, e))
		return false;
	if (json_is_array(content.value))
		return read_parts(rd, &content, e);
	return js_opt_str(&content, &text, e) && read_word(rd, CHAT_TEXT, text, e) &&
	       js_opt_str(&refusal, &refused, e) && read_word(rd, CHAT_TEXT, refused, e);
}

/* ---- the end ---- */

static const struct {
	const char *name;
	enum chat_stop stop;
} finish_names[] = {
	{ "stop", CHAT_STOP_END },
	{ "tool_calls", CHAT_STOP_CALLS },
	{ "function_call", CHAT_STOP_CALLS },
	{ "length", CHAT_STOP_LENGTH },
	{ "max_tokens", CHAT_STOP_LENGTH },
	{ "content_filter", CHAT_STOP_FILTER },
	{ "refusal", CHAT_STOP_FILTER },
};

static bool read_finish(struct openai_reader *rd, const struct js_at *at, struct err *e)
{
	struct str name = { 0 };
	if (!js_opt_str(at, &name, e))
		return false;
	if (!name.n)
		return true;
	if (str_eq_z(name, "error"))
		return fail(e, ERR_UPSTREAM, LAYER_WIRE,
			"the upstream ended its answer with the finish reason 'error'");
	rd->has_finish = true;
	rd->stop = CHAT_STOP_END;
	for (size_t i = 0; i < sizeof finish_names / sizeof finish_names[0]; i++)
		if (str_eq_z(name, finish_names[i].name))
			rd->stop = finish_names[i].stop;
	return tell_calls(rd, true, e);
}

/* An answer without anything in it is no success. If tokens were counted, somebody's reader lost
 * them. */
static bool check_not_empty(const struct openai_reader *rd, struct err *e)
{
	bool may_be_empty = rd->stop == CHAT_STOP_FILTER || rd->stop == CHAT_STOP_LENGTH;
	if (rd->has_words || rd->slot_count || may_be_empty)
		return true;
	int64_t tokens = rd->usage.answer_tokens;
	if (tokens > 1)
		return fail(e, ERR_UPSTREAM, LAYER_PARSE,
			"the upstream counts %lld tokens of answer, but sent no text and no call",
			(long long)tokens);
	return fail(
		e, ERR_UPSTREAM, LAYER_WIRE, "the upstream's answer is empty: no text, no call");
}

/* The upstream has said that it is done. */
static void end_well(struct openai_reader *rd)
{
	struct err e = { 0 };
	if (rd->is_over)
		return;
	if (!tell_calls(rd, true, &e) || !check_not_empty(rd, &e)) {
		end_badly(rd, &e);
		return;
	}
	rd->is_over = true;
	if (rd->has_usage)
		chat_send_usage(rd->sink, &rd->usage);
	if (rd->stop == CHAT_STOP_END || rd->stop == CHAT_STOP_CALLS)
		rd->stop = rd->slot_count ? CHAT_STOP_CALLS : CHAT_STOP_END;
	chat_send_stop(rd->sink, rd->stop);
}

void openai_read_end(struct dialect_reader *base, const struct err *why)
{
	struct openai_reader *rd = own(base);
	struct err e = { 0 };
	if (rd->has_finish) {
		end_well(rd);
		return;
	}
	if (why) {
		e = *why;
		if (rd->bytes)
			err_context(&e, "after %zu bytes of the answer", rd->bytes);
	} else {
		fail(&e, ERR_CUT, LAYER_WIRE,
			"the upstream's answer ended after %zu bytes without a finish reason",
			rd->bytes);
		err_mend(&e, "ask again");
	}
	end_badly(rd, &e);
}

/* ---- chunks ---- */

static int64_t count_at(const struct js_at *at, const char *key)
{
	struct js_at number = js_key(at, key);
	double value = json_is_number(number.value) ? json_number_value(number.value) : 0;
	return value > 0 && value < 1e15 ? (int64_t)value : 0;
}

static int64_t us_at(const struct js_at *at, const char *key)
{
	struct js_at number = js_key(at, key);
	double ms = json_is_number(number.value) ? json_number_value(number.value) : 0;
	return ms > 0 && ms < 1e12 ? (int64_t)(ms * 1000 + 0.5) : 0;
}

static void read_usage(struct openai_reader *rd, const struct js_at *chunk)
{
	struct js_at usage = js_key(chunk, "usage"), timings = js_key(chunk, "timings");
	if (json_is_object(timings.value)) {
		rd->usage.prefill_us = us_at(&timings, "prompt_ms");
		rd->usage.decode_us = us_at(&timings, "predicted_ms");
	}
	if (!json_is_object(usage.value))
		return;
	struct js_at prompt = js_key(&usage, "prompt_tokens_details"),
		     answer = js_key(&usage, "completion_tokens_details"),
		     estimate = js_key(&usage, "is_estimate");
	rd->has_usage = true;
	rd->usage.prompt_tokens = count_at(&usage, "prompt_tokens");
	rd->usage.answer_tokens = count_at(&usage, "completion_tokens");
	rd->usage.cached_tokens = count_at(&prompt, "cached_tokens");
	rd->usage.thinking_tokens = count_at(&answer, "reasoning_tokens");
	rd->usage.is_estimate = json_is_true(estimate.value);
}

static bool read_choices(struct openai_reader *rd, const struct js_at *chunk, struct err *e)
{
	struct js_at choices = js_key(chunk, "choices");
	size_t count;
	if (!js_has(&choices))
		return true;
	if (!js_get_array(&choices, &count, e))
		return false;
	for (size_t i = 0; i < count; i++) {
		struct js_at choice = js_item(&choices, i), delta = js_key(&choice, "delta"),
			     message = js_key(&choice, "message"),
			     logprobs = js_key(&choice, "logprobs"),
			     reason = js_key(&choice, "finish_reason");
		if (count_at(&choice, "index") != 0)
			continue;
		const struct js_at *said = js_has(&delta) ? &delta : &message;
		if (!rd->has_finish && openai_read_logprobs(&logprobs, rd->sink))
			rd->has_told = true;
		if (!read_words(rd, said, e) || !read_calls(rd, said, e) ||
			!read_finish(rd, &reason, e))
			return false;
	}
	return true;
}

static void remember_id(struct openai_reader *rd, const struct js_at *chunk)
{
	struct js_at id = js_key(chunk, "id");
	if (rd->answer_id_n || !json_is_string(id.value))
		return;
	struct str text = str_sub(js_text(id.value), 0, sizeof rd->answer_id);
	for (size_t i = 0; i < text.n; i++)
		rd->answer_id[i] = text.p[i];
	rd->answer_id_n = text.n;
}

static void tell_alive(struct openai_reader *rd, const struct js_at *chunk)
{
	struct js_at progress = js_key(chunk, "prompt_progress");
	if (!rd->has_told && !rd->has_finish)
		chat_send_alive(
			rd->sink, count_at(&progress, "processed"), count_at(&progress, "total"));
}

/* An error object may stand in an answer of status 200, as a member or as the whole chunk. */
static bool check_no_error(const struct js_at *chunk, struct err *e)
{
	struct js_at error = js_key(chunk, "error"), object = js_key(chunk, "object");
	bool is_error = json_is_string(object.value) && str_eq_z(js_text(object.value), "error");
	if (js_has(&error))
		return openai_read_error_value((int)count_at(&error, "code"), error.value, e);
	return !is_error || openai_read_error_value((int)count_at(chunk, "code"), chunk->value, e);
}

static bool read_chunk(struct openai_reader *rd, const json_t *value, struct err *e)
{
	struct js_at chunk = js_root(value, LAYER_WIRE);
	if (!js_get_object(&chunk, e))
		return err_context(e, "the upstream's answer");
	if (!check_no_error(&chunk, e))
		return false;
	rd->has_told = false;
	remember_id(rd, &chunk);
	read_usage(rd, &chunk);
	if (!read_choices(rd, &chunk, e))
		return err_context(e, "the upstream's answer");
	tell_alive(rd, &chunk);
	return true;
}

static bool looks_like_page(struct str text)
{
	return str_starts(str_trim_left(text), STR("<"));
}

static bool read_text(struct openai_reader *rd, struct str text, struct err *e)
{
	json_t *value = js_parse(text, LAYER_WIRE, e);
	if (!value) {
		if (looks_like_page(text))
			err_mend(e, "it is a web page: look for a captive portal or a proxy "
				    "between here and the upstream");
		return err_context(e, "the upstream's answer");
	}
	bool ok = read_chunk(rd, value, e);
	json_decref(value);
	return ok;
}

void openai_read_piece(struct dialect_reader *base, struct str name, struct str data)
{
	struct openai_reader *rd = own(base);
	struct err e = { 0 };
	if (rd->is_over || !str_trim(data).n)
		return;
	if (str_eq_z(str_trim(data), "[DONE]")) {
		end_well(rd);
		return;
	}
	if (str_eq_z(name, "error"))
		openai_read_error(0, data, &e);
	else
		read_text(rd, data, &e);
	if (err_is_set(&e))
		end_badly(rd, &e);
}

void openai_read_document(struct dialect_reader *base, struct str body)
{
	struct openai_reader *rd = own(base);
	struct err e = { 0 };
	if (rd->is_over)
		return;
	if (!read_text(rd, body, &e))
		end_badly(rd, &e);
	else
		openai_read_end(base, NULL);
}
