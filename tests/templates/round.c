/*
 * round.c - calls there and back: for each chat template named, calls are rendered by the template
 * as history and read again by the reader of the format that the template was found to have.
 *
 * A line of JSON for each template: {"template", "format", "cells", "faults": [{"case", "got"}]}.
 */
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/must.h"
#include "chat/template.h"

static const struct {
	const char *name, *arguments;
} cases[] = {
	{ "plain", "{\"path\": \"a \\\"q\\\".txt\", \"mode\": 420}" },
	{ "none", "{}" },
	{ "empty", "{\"path\": \"\"}" },
	{ "lines", "{\"path\": \"a.c\", \"text\": \"int main(void)\\n{\\n\\treturn 0;\\n}\\n\"}" },
	{ "unicode",
		"{\"text\": \"h\\u00f6flich \\u2014 \\u4f60\\u597d \\ud83d\\ude42 \\\\ / '\"}" },
	{ "blanks", "{\"text\": \"  before, and after  \"}" },
	{ "numbers", "{\"mode\": -3, \"ratio\": 1.5}" },
	{ "words", "{\"on\": true, \"off\": false}" },
	{ "null", "{\"any\": null}" },
	{ "nested", "{\"list\": [\"a\", 1, {\"k\": \"v\"}], \"deep\": {\"a\": {\"b\": [true]}}}" },
	{ "json in text", "{\"text\": \"{\\\"a\\\": 1}\", \"path\": \"42\"}" },
	{ "markup", "{\"text\": \"</parameter> </arg_value> </tool_call> [/TOOL_CALLS] }}\"}" },
};

static const char schema[] =
	"{\"type\": \"object\", \"properties\": {\"path\": {\"type\": \"string\", \"description\": "
	"\"p\"}, \"text\": {\"type\": \"string\", \"description\": \"t\"}, \"mode\": {\"type\": "
	"\"integer\", \"description\": \"m\"}, \"ratio\": {\"type\": \"number\", \"description\": "
	"\"r\"}, \"on\": {\"type\": \"boolean\", \"description\": \"o\"}, \"off\": {\"type\": "
	"\"boolean\", \"description\": \"f\"}, \"any\": {\"type\": [\"string\", \"null\"], "
	"\"description\": \"a\"}, \"list\": {\"type\": \"array\", \"description\": \"l\"}, "
	"\"deep\": "
	"{\"type\": \"object\", \"description\": \"d\"}}, \"required\": []}";

static struct chat_request *ask(struct arena *a)
{
	struct chat_request *r = chat_request_new(a);
	chat_add_tool(
		r, STR("do_it"), STR("Does it."), js_parse(str_z(schema), LAYER_CLIENT, NULL));
	chat_add_text(r, CHAT_USER, STR("Please do it."));
	return r;
}

static struct str render(const struct chat_template *t, const struct chat_request *r)
{
	struct rendered out;
	struct err e = { 0 };
	rendered_init(&out);
	bool ok = template_render(t, r, 0, NULL, &out, &e);
	struct str text = ok ? arena_str(r->arena, buf_str(&out.text)) : str_z(NULL);
	rendered_clear(&out);
	err_clear(&e);
	return text;
}

static size_t common_bytes(struct str a, struct str b)
{
	size_t n = 0;
	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	return n;
}

/* The assistant's turn: behind the prompt, up to what follows an assistant's words. */
static struct str cut_turn(const struct chat_template *t, struct str prompt, struct str whole)
{
	size_t from = common_bytes(prompt, whole);
	while (from && from < prompt.n && prompt.p[from - 1] != '>' && prompt.p[from - 1] != '\n' &&
		prompt.p[from - 1] != ']')
		from--; /* not into a mark that both begin alike */
	struct str turn = str_from(whole, from);
	struct str words = template_findings(t)->turns.words;
	size_t says = str_find(words, STR(PROBE_SAYS));
	struct str end = says == SIZE_MAX ? str_z(NULL) : str_from(words, says + STR(PROBE_SAYS).n);
	end = str_trim(end);
	size_t at = end.n ? str_find_last(turn, end) : SIZE_MAX;
	return at == SIZE_MAX ? turn : str_sub(turn, 0, at);
}

struct heard {
	struct buf name, args;
	unsigned ended;
};

static void take(void *owner, const struct chat_event *event)
{
	struct heard *h = owner;
	if (event->type == CHAT_TOOL_BEGIN)
		buf_add(&h->name, event->text);
	else if (event->type == CHAT_TOOL_ARGS)
		buf_add(&h->args, event->text);
	else if (event->type == CHAT_TOOL_END)
		h->ended++;
}

static bool hear(const struct chat_template *t, const struct chat_request *r, struct str turn,
	struct heard *h)
{
	struct chat_sink sink = { take, h };
	struct tool_reader *reader =
		tool_reader_new(template_format(t), r, 1, TOOL_READ_WORDS, NULL, sink);
	bool ok = tool_reader_feed(reader, turn, NULL) && tool_reader_end(reader, false, NULL);
	tool_reader_free(reader);
	return ok && h->ended == 1;
}

static bool is_same(const struct heard *h, const char *arguments)
{
	json_t *got = js_parse(buf_str(&h->args), LAYER_PARSE, NULL);
	json_t *sent = js_parse(str_z(arguments), LAYER_PARSE, NULL);
	bool ok = got && json_equal(got, sent) && str_eq_z(buf_str(&h->name), "do_it");
	json_decref(got);
	json_decref(sent);
	return ok;
}

/* NULL if the call came back, else what did. */
static json_t *try_case(const struct chat_template *t, size_t i)
{
	struct arena *a = arena_new();
	struct chat_request *r = ask(a);
	struct heard h = { .ended = 0 };
	buf_init(&h.name, LIMIT_ANSWER_BYTES);
	buf_init(&h.args, LIMIT_ANSWER_BYTES);
	struct str prompt = render(t, r);
	chat_add_message(r, CHAT_ASSISTANT);
	chat_add_block(r, (struct chat_block){ .type = CHAT_BLOCK_CALL,
				  .id = STR("abcdefghi"),
				  .name = STR("do_it"),
				  .text = str_z(cases[i].arguments) });
	r->continues_assistant = true; /* so that the render ends with the call's turn */
	struct str turn = cut_turn(t, prompt, render(t, r));
	bool ok = hear(t, r, turn, &h) && is_same(&h, cases[i].arguments);
	json_t *fault = ok ? NULL
			   : json_pack("{s:s, s:o, s:o}", "case", cases[i].name, "written",
				     js_new_text(turn), "got", js_new_text(buf_str(&h.args)));
	buf_clear(&h.name);
	buf_clear(&h.args);
	chat_request_free(r);
	arena_free(a);
	return fault;
}

static json_t *try_template(const struct chat_template *t, const char *path)
{
	const char *name = strrchr(path, '/');
	json_t *faults = json_array();
	enum { COUNT = sizeof cases / sizeof *cases };
	for (size_t i = 0; i < COUNT; i++) {
		json_t *fault = try_case(t, i);
		if (fault)
			json_array_append_new(faults, fault);
	}
	return json_pack("{s:s, s:s, s:i, s:o}", "template", name ? name + 1 : path, "format",
		template_format(t)->name, "cells", COUNT, "faults", faults);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct buf text, line;
		struct err e = { 0 };
		buf_init(&text, LIMIT_JINJA_TEMPLATE_BYTES);
		buf_init(&line, LIMIT_PROMPT_BYTES);
		MUST(fs_read(argv[i], &text, &e));
		struct template_source source = {
			.text = buf_str(&text), .bos = STR("<BOS>"), .eos = STR("<EOS>")
		};
		struct chat_template *t = template_open(&source, &e);
		MUST(t);
		json_t *told = try_template(t, argv[i]);
		MUST(js_write(told, &line));
		printf("%s\n", buf_z(&line));
		json_decref(told);
		template_free(t);
		buf_clear(&text);
		buf_clear(&line);
	}
	return 0;
}
