/*
 * child.c - asking a question of libllama in a process that may die of it; see child.h.
 */
#include "engine/child.h"

#include <stdio.h>

#include "base/env.h"
#include "base/limits.h"
#include "base/proc.h"

enum { DEADLINE_MS = 120000 /* a slow disk: the header of a model alone may be 100 MB */ };

/* Set in every child: a program that names itself but forgets to call engine_child would else start
 * itself without end. */
#define CHILD_VARIABLE "OFFGRID_ENGINE_CHILD"

int child_tell(json_t *value, const struct err *e)
{
	struct buf text;
	if (!value)
		value = json_pack("{s:{s:i, s:s, s:s}}", "error", "kind", (int)e->kind, "what",
			e->what, "mend", e->mend);
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	bool ok = js_write(value, &text) && fwrite(text.p, 1, text.n, stdout) == text.n &&
		  fflush(stdout) == 0;
	buf_clear(&text);
	json_decref(value);
	return ok ? 0 : 1;
}

/* The line in which a library says why it gives up, else the last one. */
static struct str last_words(struct str text)
{
	static const struct str signs[] = { { "GGML_ASSERT", 11 }, { "what():", 7 },
		{ "fatal error", 11 } };
	struct str line, last = STR("");
	while (str_cut(&text, '\n', &line)) {
		for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
			if (str_find(line, signs[i]) != SIZE_MAX)
				return str_trim(line);
		if (str_trim(line).n)
			last = str_trim(line);
	}
	return last;
}

static void fail_dead(const char *subject, const struct proc_result *r, struct err *e)
{
	struct buf said;
	buf_init(&said, LIMIT_TEXT_FILE_BYTES);
	capture_write(&r->out[PROC_ERR], &said);
	struct str words = str_sub(last_words(buf_str(&said)), 0, LIMIT_QUOTE_BYTES);
	if (r->timed_out)
		fail(e, ERR_BAD_DATA, LAYER_ENGINE, "looking at %s took over %d seconds", subject,
			DEADLINE_MS / 1000);
	else
		fail(e, ERR_BAD_DATA, LAYER_ENGINE,
			"%s ends libllama (signal %d, exit code %d): %.*s", subject, r->signal,
			r->exit_code, STR_ARG(words));
	err_mend(e, "the file is damaged or not made for this libllama: fetch it again or take "
		    "another one");
	buf_clear(&said);
}

/* The error that the child told; false if it told none. */
static bool fail_told(const json_t *said, struct err *e)
{
	struct js_at root = js_root(said, LAYER_ENGINE), error = js_key(&root, "error");
	struct js_at kind = js_key(&error, "kind"), what = js_key(&error, "what"),
		     mend = js_key(&error, "mend");
	struct str words = STR(""), help = STR("");
	int64_t number = ERR_BAD_DATA;
	if (!js_get_str(&what, &words, NULL))
		return false;
	js_opt_str(&mend, &help, NULL);
	js_opt_i64(&kind, &number, NULL);
	if (number <= ERR_NONE || number >= ERR_KIND_COUNT)
		number = ERR_BAD_DATA;
	fail(e, (enum err_kind)number, LAYER_ENGINE, "%.*s", STR_ARG(words));
	if (help.n)
		err_mend(e, "%.*s", STR_ARG(help));
	return true;
}

/* Runs it and reads what it said; NULL with e. */
static json_t *run(
	const char *const *argv, const char *const *env, const char *subject, struct err *e)
{
	struct proc_spec spec = { .argv = argv, .env = env, .deadline_ms = DEADLINE_MS };
	struct proc_result r = { 0 };
	struct err why = { 0 };
	struct buf text;
	if (!proc_run(&spec, &r, &why)) {
		fail(e, why.kind, LAYER_ENGINE, "cannot look at %s in a child process: %s", subject,
			why.what);
		return NULL;
	}
	buf_init(&text, LIMIT_TEXT_FILE_BYTES);
	capture_write(&r.out[PROC_OUT], &text);
	json_t *said = r.exit_code == 0 ? js_parse(buf_str(&text), LAYER_ENGINE, NULL) : NULL;
	if (!said)
		fail_dead(subject, &r, e);
	buf_clear(&text);
	proc_result_clear(&r);
	return said;
}

json_t *child_ask(const char *const *argv, const char *subject, struct err *e)
{
	if (getenv(CHILD_VARIABLE)) {
		fail(e, ERR_USAGE, LAYER_ENGINE, "%s does not call engine_child first", argv[0]);
		return NULL;
	}
	struct arena *a = arena_new();
	const char *const mark[] = { CHILD_VARIABLE "=1", NULL };
	json_t *said = run(argv, env_for_child(a, mark), subject, e);
	if (said && fail_told(said, e)) {
		json_decref(said);
		said = NULL;
	}
	arena_free(a);
	return said;
}
