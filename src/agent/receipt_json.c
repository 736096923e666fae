/*
 * receipt_json.c - a receipt for programs.
 *
 *   {"end": "done", "why": "", "verdict": "unverified", "exit_code": 0,
 *    "created": [{"path", "bytes", "lines_added", "lines_removed", "diff" | "no_diff"}], "changed":
 * [...], "deleted": [...], "folders_created": ["src"], "folders_deleted": [], "not_watched":
 * [{"path", "why"}], "commands": [{"command", "exit_code", "ms", "timed_out", "caged"}], "refused":
 * [{"tool", "subject", "why"}], "calls": 3, "failed_calls": 0, "claims": 1, "not_so": [{"sentence",
 * "why"}], "check": {"command", "exit_code"} | null, "tokens": {"prompt", "cached", "answer",
 * "thinking", "estimated"}, "turns": 2, "ms": 1900, "upstream": "local", "model": "...", "session":
 * "...", "traces": ["..."], "final": "...", "error": {"kind", "layer", "what", "mend"} | null}
 *
 * Only files stand in created, changed and deleted.
 */
#include "agent/receipt.h"

static void set_text(json_t *object, const char *key, struct str text)
{
	json_object_set_new(object, key, js_new_text(text));
}

static json_t *change_json(const struct change *c)
{
	json_t *o = json_object();
	set_text(o, "path", c->path);
	json_object_set_new(o, "bytes",
		json_integer(c->kind == CHANGE_DELETED ? c->bytes_before : c->bytes_after));
	json_object_set_new(o, "lines_added", json_integer((json_int_t)c->lines_added));
	json_object_set_new(o, "lines_removed", json_integer((json_int_t)c->lines_removed));
	if (c->no_diff)
		json_object_set_new(o, "no_diff", json_string(c->no_diff));
	else
		set_text(o, "diff", c->diff);
	return o;
}

static void add_changes(json_t *o, const struct changes *changes)
{
	static const char *const folders[] = {
		[CHANGE_CREATED] = "folders_created",
		[CHANGE_CHANGED] = "folders_changed",
		[CHANGE_DELETED] = "folders_deleted",
	};
	for (int k = 0; k < CHANGE_KIND_COUNT; k++) {
		json_object_set_new(o, change_kind_names[k], json_array());
		json_object_set_new(o, folders[k], json_array());
	}
	for (size_t i = 0; changes && i < changes->count; i++) {
		const struct change *c = &changes->items[i];
		const char *key = c->is_folder ? folders[c->kind] : change_kind_names[c->kind];
		json_array_append_new(json_object_get(o, key),
			c->is_folder ? js_new_text(c->path) : change_json(c));
	}
	json_t *blind = json_array();
	for (size_t i = 0; changes && i < changes->blind_count; i++) {
		json_t *item = json_object();
		set_text(item, "path", changes->blind[i].path);
		json_object_set_new(item, "why", json_string(changes->blind[i].why));
		json_array_append_new(blind, item);
	}
	json_object_set_new(o, "not_watched", blind);
}

static json_t *command_json(const struct deed *d)
{
	json_t *o = json_object();
	set_text(o, "command", d->subject);
	json_object_set_new(o, "exit_code", json_integer(d->exit_code));
	json_object_set_new(o, "ms", json_integer(d->ms));
	json_object_set_new(o, "timed_out", json_boolean(d->is_timed_out));
	json_object_set_new(o, "caged", json_boolean(d->is_caged));
	return o;
}

static void add_deeds(json_t *o, const struct receipt *r)
{
	json_t *commands = json_array(), *refused = json_array();
	json_int_t failed = 0;
	for (size_t i = 0; i < r->deed_count; i++) {
		const struct deed *d = &r->deeds[i];
		failed += d->is_error;
		if (d->is_command)
			json_array_append_new(commands, command_json(d));
		if (!d->refused.n)
			continue;
		json_t *item = json_object();
		set_text(item, "tool", d->tool);
		set_text(item, "subject", d->subject);
		set_text(item, "why", d->refused);
		json_array_append_new(refused, item);
	}
	json_object_set_new(o, "commands", commands);
	json_object_set_new(o, "refused", refused);
	json_object_set_new(o, "calls", json_integer((json_int_t)r->deed_count));
	json_object_set_new(o, "failed_calls", json_integer(failed));
}

static void add_claims(json_t *o, const struct receipt *r)
{
	json_t *not_so = json_array();
	for (size_t i = 0; i < r->untruth_count; i++) {
		json_t *item = json_object();
		set_text(item, "sentence", r->untruths[i].claim.sentence);
		set_text(item, "why", r->untruths[i].why);
		json_array_append_new(not_so, item);
	}
	json_object_set_new(o, "claims", json_integer((json_int_t)r->claim_count));
	json_object_set_new(o, "not_so", not_so);
	json_t *check = json_null();
	if (r->check.n) {
		check = json_object();
		set_text(check, "command", r->check);
		json_object_set_new(check, "exit_code", json_integer(r->check_exit));
	}
	json_object_set_new(o, "check", check);
}

static void add_cost(json_t *o, const struct receipt *r)
{
	json_t *tokens = json_object(), *traces = json_array();
	const struct chat_usage *u = &r->usage;
	json_object_set_new(tokens, "prompt", json_integer(u->prompt_tokens));
	json_object_set_new(tokens, "cached", json_integer(u->cached_tokens));
	json_object_set_new(tokens, "answer", json_integer(u->answer_tokens));
	json_object_set_new(tokens, "thinking", json_integer(u->thinking_tokens));
	json_object_set_new(tokens, "prefill_us", json_integer(u->prefill_us));
	json_object_set_new(tokens, "decode_us", json_integer(u->decode_us));
	json_object_set_new(tokens, "estimated", json_boolean(u->is_estimate));
	json_object_set_new(o, "tokens", tokens);
	json_object_set_new(o, "turns", json_integer(r->turns));
	json_object_set_new(o, "ms", json_integer(r->ms));
	set_text(o, "upstream", r->upstream);
	set_text(o, "model", r->model);
	set_text(o, "session", r->session);
	for (size_t i = 0; i < r->trace_count; i++)
		json_array_append_new(traces, js_new_text(r->traces[i]));
	json_object_set_new(o, "traces", traces);
}

json_t *receipt_json(const struct receipt *r)
{
	json_t *o = json_object(), *error = json_null();
	json_object_set_new(o, "end", json_string(run_end_names[r->end]));
	set_text(o, "why", r->why);
	json_object_set_new(o, "verdict", json_string(receipt_verdict(r)));
	json_object_set_new(o, "exit_code", json_integer(receipt_exit_code(r)));
	add_changes(o, r->changes);
	add_deeds(o, r);
	add_claims(o, r);
	add_cost(o, r);
	set_text(o, "final", r->final);
	if (err_is_set(&r->err)) {
		error = json_object();
		json_object_set_new(error, "kind", json_string(err_kinds[r->err.kind].name));
		json_object_set_new(error, "layer", json_string(layers[r->err.layer].name));
		set_text(error, "what", str_z(r->err.what));
		set_text(error, "mend", str_z(r->err.mend));
	}
	json_object_set_new(o, "error", error);
	return o;
}
