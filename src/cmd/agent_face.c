/*
 * agent_face.c - see agent_face.h.
 */
#include "cmd/agent_face.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/utf8.h"

enum {
	CALL_COLUMNS = 76,
	RESULT_LINES = 12,
	DIFF_LINES = 40,
	LINE_COLUMNS = 160,
	PAGE_BYTES = 1 << 20
};

static const char *const plain = "\033[0m", *const bold = "\033[1m", *const dim = "\033[2m",
			 *const red = "\033[31m", *const green = "\033[32m",
			 *const yellow = "\033[33m", *const cyan = "\033[36m";

static void colour(const struct face *f, const char *code)
{
	if (f->has_colour)
		fputs(code, stdout);
}

static void wipe_progress(struct face *f)
{
	if (f->has_progress)
		fputs("\r\033[K", stdout);
	f->has_progress = false;
}

static void fresh_line(struct face *f)
{
	wipe_progress(f);
	if (f->is_mid_line)
		putchar('\n');
	f->is_mid_line = false;
}

/* Letters, newlines and tabs; other control characters become U+FFFD. */
static void put_clean(struct str text)
{
	while (text.n) {
		uint32_t code;
		int n = utf8_next(text, &code);
		bool is_control = n <= 0 || (code < ' ' && code != '\n' && code != '\t') ||
				  (code >= 0x7f && code < 0xa0);
		if (is_control)
			fputs("\xef\xbf\xbd", stdout);
		else
			fwrite(text.p, 1, (size_t)n, stdout);
		text = str_from(text, n > 0 ? (size_t)n : 1);
	}
}

static struct str first_columns(struct str text, size_t columns)
{
	struct str kept = str_sub(text, 0, columns);
	kept.n = utf8_whole(kept);
	return kept;
}

static void put_line(struct face *f, const char *code, struct str line)
{
	struct str kept = first_columns(line, LINE_COLUMNS);
	colour(f, code);
	put_clean(kept);
	if (kept.n < line.n)
		fputs("…", stdout);
	colour(f, plain);
	putchar('\n');
}

static void put_words(struct face *f, struct str text, bool is_thinking)
{
	if (is_thinking != f->is_thinking)
		fresh_line(f);
	f->is_thinking = is_thinking;
	wipe_progress(f);
	colour(f, is_thinking ? dim : "");
	put_clean(text);
	colour(f, is_thinking ? plain : "");
	if (text.n)
		f->is_mid_line = text.p[text.n - 1] != '\n';
}

static void put_call(struct face *f, const struct agent_event *event)
{
	size_t room = CALL_COLUMNS > event->name.n ? CALL_COLUMNS - event->name.n : 1;
	struct str args = first_columns(event->arguments, room);
	fresh_line(f);
	colour(f, cyan);
	fputs("→ ", stdout);
	colour(f, bold);
	put_clean(event->name);
	colour(f, plain);
	putchar(' ');
	put_clean(args);
	puts(args.n < event->arguments.n ? "…" : "");
}

static const char *diff_colour(struct str line)
{
	if (str_starts(line, STR("+")))
		return green;
	if (str_starts(line, STR("-")))
		return red;
	return str_starts(line, STR("@@")) ? cyan : dim;
}

static void put_diff(struct face *f, struct str diff)
{
	struct str line;
	size_t count = 0;
	while (str_cut(&diff, '\n', &line)) {
		if (line.n == 0 && diff.n == 0)
			break;
		if (count++ < DIFF_LINES) {
			fputs("  ", stdout);
			put_line(f, diff_colour(line), line);
		}
	}
	if (count > DIFF_LINES)
		printf("  … %zu more lines\n", count - DIFF_LINES);
}

static void put_result(struct face *f, const struct tool_result *r)
{
	struct str rest = buf_str(&r->text), line;
	size_t count = 0, most = r->diff.n ? 1 : RESULT_LINES;
	while (str_cut(&rest, '\n', &line)) {
		if (count++ >= most)
			continue;
		fputs("  ", stdout);
		put_line(f, r->is_error ? red : dim, line);
	}
	if (count > most)
		printf("  … %zu more lines\n", count - most);
	put_diff(f, buf_str(&r->diff));
}

static void put_receipt(struct face *f, const struct receipt *r)
{
	struct buf page;
	buf_init(&page, PAGE_BYTES);
	receipt_show(r, f->has_colour, &page);
	fputs(buf_z(&page), stdout);
	buf_clear(&page);
}

static void take_as_text(struct face *f, const struct agent_event *event)
{
	switch (event->type) {
	case AGENT_TEXT: put_words(f, event->text, false); break;
	case AGENT_THINK: put_words(f, event->text, true); break;
	case AGENT_ALIVE:
		if (event->alive.prompt_tokens)
			face_progress(f, "reading the prompt",
				(double)event->alive.done_tokens /
					(double)event->alive.prompt_tokens);
		break;
	case AGENT_CALL: put_call(f, event); break;
	case AGENT_RESULT:
		fresh_line(f);
		put_result(f, event->result);
		break;
	case AGENT_NOTE: face_say(f, "%.*s", STR_ARG(event->text)); break;
	case AGENT_CHECKING: face_say(f, "the judge: %.*s", STR_ARG(event->text)); break;
	case AGENT_END:
		fresh_line(f);
		put_receipt(f, event->receipt);
		break;
	case AGENT_TURN:
	case AGENT_ASK: /* asked by whoever reads the answer */
	case AGENT_EVENT_TYPE_COUNT: break;
	}
}

static void take_as_json(const struct agent_event *event)
{
	json_t *o = json_object();
	struct buf line;
	buf_init(&line, LIMIT_JSON_BYTES);
	json_object_set_new(o, "event", json_string(agent_event_names[event->type]));
	if (event->type == AGENT_TURN)
		json_object_set_new(o, "turn", json_integer(event->turn));
	if (event->text.n)
		json_object_set_new(o, "text", js_new_text(event->text));
	if (event->name.n)
		json_object_set_new(o, "name", js_new_text(event->name));
	if (event->type == AGENT_CALL || event->type == AGENT_ASK)
		json_object_set_new(o, "arguments", js_new_text(event->arguments));
	if (event->result) {
		json_object_set_new(o, "text", js_new_text(buf_str(&event->result->text)));
		json_object_set_new(o, "is_error", json_boolean(event->result->is_error));
		json_object_set_new(o, "diff", js_new_text(buf_str(&event->result->diff)));
	}
	if (event->receipt)
		json_object_set_new(o, "receipt", receipt_json(event->receipt));
	js_write(o, &line);
	puts(buf_z(&line));
	buf_clear(&line);
	json_decref(o);
}

void face_take(struct face *f, const struct agent_event *event)
{
	if (!f->is_json)
		take_as_text(f, event);
	else if (event->type != AGENT_ALIVE)
		take_as_json(event);
	fflush(stdout);
}

void face_progress(struct face *f, const char *what, double done)
{
	if (f->is_json || !f->is_terminal || f->is_mid_line)
		return;
	printf("\r\033[K%s%s %.0f %%%s", f->has_colour ? dim : "", what, done * 100,
		f->has_colour ? plain : "");
	f->has_progress = true;
	fflush(stdout);
}

void face_say(struct face *f, const char *format, ...)
{
	char text[ERR_WHAT_BYTES];
	va_list args;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (f->is_json) {
		take_as_json(&(struct agent_event){ .type = AGENT_NOTE, .text = str_z(text) });
		return;
	}
	fresh_line(f);
	colour(f, yellow);
	fputs("! ", stdout);
	put_clean(str_z(text));
	colour(f, plain);
	putchar('\n');
	fflush(stdout);
}
