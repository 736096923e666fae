/*
 * render.c - renders chat templates for compare.py: one JSON request a line in, one answer a line
 * out.
 *
 * Request:  {"template": text, "settings": {}, "conversation": {}, "now": seconds since 1970, UTC}
 * Answer:   {"text": ..., "spans": [[from, to], ...]} or {"refused": what, "kind": number}
 * The last template is kept compiled, so requests for one template should follow each other.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "jinja/jinja.h"

static json_t *answer_refused(const struct err *e)
{
	json_t *answer = json_object();
	json_object_set_new(answer, "refused", json_string(e->what));
	json_object_set_new(answer, "kind", json_integer(e->kind));
	return answer;
}

static json_t *answer_text(const struct buf *out, const struct jinja_spans *spans)
{
	json_t *answer = json_object(), *list = json_array();
	for (size_t i = 0; i < spans->n; i++) {
		json_t *pair = json_array();
		json_array_append_new(pair, json_integer((json_int_t)spans->p[i].from));
		json_array_append_new(pair, json_integer((json_int_t)spans->p[i].to));
		json_array_append_new(list, pair);
	}
	json_object_set_new(answer, "text", json_stringn(out->p ? out->p : "", out->n));
	json_object_set_new(answer, "spans", list);
	return answer;
}

static json_t *answer(const struct jinja *program, const json_t *request)
{
	struct jinja_input in = { .conversation = json_object_get(request, "conversation"),
		.settings = json_object_get(request, "settings") };
	time_t now = (time_t)json_integer_value(json_object_get(request, "now"));
	struct jinja_spans spans;
	struct buf out;
	struct err e = { 0 };
	gmtime_r(&now, &in.now);
	jinja_spans_init(&spans);
	buf_init(&out, LIMIT_PROMPT_BYTES);
	json_t *made = jinja_render(program, &in, &out, &spans, &e) ? answer_text(&out, &spans)
								    : answer_refused(&e);
	buf_clear(&out);
	jinja_spans_clear(&spans);
	return made;
}

static void print_line(json_t *value)
{
	struct buf line;
	buf_init(&line, SIZE_MAX / 2);
	MUST(js_write(value, &line));
	printf("%s\n", buf_z(&line));
	fflush(stdout);
	buf_clear(&line);
	json_decref(value);
}

int main(void)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	struct jinja *program = NULL;
	struct buf known;
	buf_init(&known, LIMIT_JINJA_TEMPLATE_BYTES);
	while ((n = getline(&line, &cap, stdin)) > 0) {
		struct err e = { 0 };
		json_t *request = js_parse(str_n(line, (size_t)n), LAYER_PROMPT, &e);
		MUST(request);
		struct str text = js_text(json_object_get(request, "template"));
		if (!program || !str_eq(text, buf_str(&known))) {
			jinja_free(program);
			buf_reset(&known);
			MUST(buf_add(&known, text));
			program = jinja_compile(text, &e);
		}
		print_line(program ? answer(program, request) : answer_refused(&e));
		json_decref(request);
	}
	jinja_free(program);
	buf_clear(&known);
	free(line);
	return 0;
}
