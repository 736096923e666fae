/*
 * probes_parse.c - the known-good control of the parser: what a model would have said, fed in small
 * pieces, must come out as exactly one call.
 *
 * Layer: parse.
 */
#include "chat/tool_format.h"
#include "doctor/probes_int.h"

enum { PIECE_BYTES = 3 };

static const char said[] = "I will write it.\n<tool_call>{\"name\": \"write\", \"arguments\": "
			   "{\"path\": \"a.txt\", \"content\": \"hi\"}}"
			   "</tool_call>";
static const char wanted[] = "{\"path\": \"a.txt\", \"content\": \"hi\"}";

struct seen {
	struct buf text, args;
	unsigned begun, ended;
};

static void take(void *owner, const struct chat_event *event)
{
	struct seen *s = owner;
	if (event->type == CHAT_TEXT)
		buf_add(&s->text, event->text);
	if (event->type == CHAT_TOOL_ARGS)
		buf_add(&s->args, event->text);
	s->begun += event->type == CHAT_TOOL_BEGIN;
	s->ended += event->type == CHAT_TOOL_END;
}

static bool read_in_pieces(struct seen *seen, struct err *e)
{
	struct chat_sink sink = { take, seen };
	struct tool_reader *r =
		tool_reader_new(&tool_format_prompted, NULL, 1, TOOL_READ_WORDS, NULL, sink);
	bool ok = true;
	for (struct str rest = str_z(said); ok && rest.n; rest = str_from(rest, PIECE_BYTES))
		ok = tool_reader_feed(r, str_sub(rest, 0, PIECE_BYTES), e);
	ok = ok && tool_reader_end(r, false, e);
	tool_reader_free(r);
	return ok;
}

static void run_control(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	struct seen seen = { .begun = 0 };
	buf_init(&seen.text, sizeof said);
	buf_init(&seen.args, sizeof said);
	bool ok = read_in_pieces(&seen, &e);
	if (ok && (seen.begun != 1 || seen.ended != 1 || !str_eq_z(buf_str(&seen.args), wanted) ||
			  !str_eq(buf_str(&seen.text), STR("I will write it."))))
		ok = fail(&e, ERR_BROKEN, LAYER_PARSE,
			"a correct call was read as %u calls with arguments %s", seen.begun,
			buf_z(&seen.args));
	if (ok)
		finding_pass(d, f, "a correct call, in pieces of %d bytes, is read as one call",
			PIECE_BYTES);
	else
		finding_fail(d, f, &e);
	buf_clear(&seen.text);
	buf_clear(&seen.args);
}

const struct probe probe_parse_control = {
	.id = "parse.control",
	.layer = LAYER_PARSE,
	.title = "a correct call is read",
	.needs = "",
	.run = run_control,
};
