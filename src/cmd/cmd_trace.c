/*
 * cmd_trace.c - `offgrid trace` lists the requests that were traced, `offgrid trace ID` draws the
 * way of one.
 */
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "cmd/command.h"
#include "cmd/print.h"
#include "cmd/trace_view.h"
#include "store/store.h"

enum { MS_PER_S = 1000, YEAR_CHARS = sizeof "2026-" - 1 };

struct args {
	struct str id;
	int64_t limit;
	bool full;
	bool json;
};

static const struct opt options[] = {
	{ .name = "ID",
		.is_positional = true,
		OPT_INTO(struct args, id),
		.help = "a request: the beginning of its id, or \"last\"" },
	{ .name = "limit",
		.letter = 'n',
		OPT_INTO(struct args, limit),
		.arg = "COUNT",
		.initial = "20",
		.min = 1,
		.max = LIMIT_TRACES_KEPT,
		.help = "how many requests to list, the newest first" },
	{ .name = "full",
		OPT_INTO(struct args, full),
		.help = "show whole texts instead of their beginnings" },
	{ .name = "json", OPT_INTO(struct args, json), .help = "print JSON" },
	OPT_END,
};

enum { PAGE_COLUMNS = 80 };

static int page_columns(void)
{
	struct winsize size;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
									       : PAGE_COLUMNS;
}

static bool print_trace(const struct trace *t, struct err *e)
{
	struct buf text;
	buf_init(&text, LIMIT_JSON_BYTES);
	trace_write(t, &text);
	json_t *value = js_parse(buf_str(&text), LAYER_DISK, e);
	buf_clear(&text);
	if (value)
		print_json(value);
	return value != NULL;
}

static bool show_one(struct store *s, const struct args *args, struct err *e)
{
	struct trace *t = store_trace_get(s, args->id.p, e);
	if (!t)
		return false;
	bool ok = true;
	if (args->json) {
		ok = print_trace(t, e);
	} else {
		struct trace_view view = { .columns = page_columns(),
			.is_full = args->full,
			.has_color = isatty(STDOUT_FILENO) };
		struct buf text;
		buf_init(&text, PRINT_MAX);
		trace_view_draw(t, &view, &text);
		print_text(&text);
	}
	trace_free(t);
	return ok;
}

static json_t *line_json(const struct store_trace_line *line)
{
	return json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:I, s:I}", "id", line->id,
		"began_unix_ms", (json_int_t)line->began_unix_ms, "took_ms",
		(json_int_t)line->took_ms, "client", js_new_text(line->client), "model",
		js_new_text(line->model), "upstream", js_new_text(line->upstream), "outcome",
		js_new_text(line->outcome), "prompt_tokens", (json_int_t)line->prompt_tokens,
		"answer_tokens", (json_int_t)line->answer_tokens);
}

static void print_line(const struct store_trace_line *line)
{
	char when[CLOCK_TEXT_BYTES];
	clock_local_text(line->began_unix_ms, when);
	printf("%.8s  %.11s  %-6.6s %-13.13s %-8.8s %6d %5d %5.1f  %.*s\n", line->id,
		when + YEAR_CHARS, line->client.p, line->model.p, line->upstream.p,
		(int)line->prompt_tokens, (int)line->answer_tokens,
		(double)line->took_ms / MS_PER_S, STR_ARG(line->outcome));
}

static bool list_them(struct store *s, const struct args *args, struct arena *a, struct err *e)
{
	struct store_trace_line *lines;
	size_t count;
	if (!store_trace_list(s, a, (size_t)args->limit, &lines, &count, e))
		return false;
	if (args->json) {
		json_t *list = json_array();
		for (size_t i = 0; i < count; i++)
			json_array_append_new(list, line_json(&lines[i]));
		print_json(list);
		return true;
	}
	if (count == 0)
		puts("no request was traced yet: offgrid agent, or a request to offgrid serve, "
		     "leaves one");
	else
		puts("id        when         client model         upstream prompt   out  secs  "
		     "outcome");
	for (size_t i = 0; i < count; i++)
		print_line(&lines[i]);
	return true;
}

static int run(const struct invocation *in, struct err *e)
{
	const struct args *args = in->args;
	struct store *s = store_open(store_default_path(in->arena).p, e);
	if (!s)
		return 1;
	bool ok = args->id.n ? show_one(s, args, e) : list_them(s, args, in->arena, e);
	store_close(s);
	return ok ? 0 : 1;
}

static const char *const examples[] = {
	"offgrid trace",
	"offgrid trace last",
	"offgrid trace k3f9 --full",
	NULL,
};

const struct command cmd_trace = {
	.name = "trace",
	.group = GROUP_DIAGNOSE,
	.about = "show the way of a request through the layers",
	.text = "Every request leaves a trace: what each layer took in, decided and gave out. The "
		"picture reads from top to "
		"bottom; where a request stopped, the layer and the mend stand last.",
	.examples = examples,
	.options = options,
	.args_bytes = sizeof(struct args),
	.run = run,
};
