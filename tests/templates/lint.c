/*
 * lint.c - what is found about each chat template named: one line for each, for lint.py.
 *
 *   NAME FORMAT answers of lint_rows in their order, kept percent, reason, workarounds,
 * milliseconds
 *
 * as JSON, so that the test can compare single answers.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/must.h"
#include "cmd/template_view.h"

static double now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static json_t *describe(const struct chat_template *t, const char *path, double ms)
{
	const char *name = strrchr(path, '/');
	json_t *line = template_view_json(t);
	const char *opens = template_format(t)->think_open;
	json_object_set_new(line, "template", json_string(name ? name + 1 : path));
	json_object_set_new(line, "thoughts", opens ? json_string(opens) : json_null());
	json_object_set_new(line, "renders", json_integer(template_findings(t)->renders));
	json_object_set_new(line, "ms", json_real(ms));
	return line;
}

static void print_line(json_t *value)
{
	struct buf line;
	buf_init(&line, LIMIT_PROMPT_BYTES);
	MUST(js_write(value, &line));
	printf("%s\n", buf_z(&line));
	buf_clear(&line);
	json_decref(value);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct buf text;
		struct err e = { 0 };
		buf_init(&text, LIMIT_JINJA_TEMPLATE_BYTES);
		MUST(fs_read(argv[i], &text, &e));
		double from = now_ms();
		struct chat_template *t = template_open(
			&(struct template_source){
				.text = buf_str(&text), .bos = STR("<BOS>"), .eos = STR("<EOS>") },
			&e);
		if (!t) {
			fprintf(stderr, "%s: %s\n", argv[i], e.what);
			return 1;
		}
		print_line(describe(t, argv[i], now_ms() - from));
		template_free(t);
		buf_clear(&text);
	}
	return 0;
}
