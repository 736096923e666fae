/*
 * tool_format.h - how a model family writes its calls: rows, and the reader that turns its bytes
 * into events.
 *
 * A row says what stands around a call's name and arguments, and in which of a few syntaxes the
 * arguments are. From it the guide knows what to force, the prompted format what to write, and the
 * reader what to look for. A family is one row; a row may also be derived from a template by
 * rendering it with probes (template.h). A new shape of arguments is one more machine.
 *
 * The reader is a push machine over what the model said: text, thinking and calls come out as
 * chat_events, whatever the cuts. It never leaves markup in the text: a beginning of a mark is held
 * back until it is decided. What it forgives is noted in the trace: a closer that is missing,
 * doubled or another, a fence around the call, a call without marks (at the front of the answer, or
 * at the front of a line if its tool was offered), a call inside an unfinished thought (told at
 * once, and no second time behind it: thought_calls.h), a call in another family's syntax
 * (tool_marks.h), control tokens as text, and what the machines forgive (tool_call.h). What is
 * quoted with backticks is text; a fence is text unless all it holds is calls of offered tools.
 * What cannot be read is an error of layer `parse` with the raw text.
 *
 * Source: the wire forms of each family as their templates render them.
 */
#ifndef OFFGRID_CHAT_TOOL_FORMAT_H
#define OFFGRID_CHAT_TOOL_FORMAT_H

#include "base/trace.h"
#include "chat/event.h"
#include "chat/request.h"

/* How a call's arguments are written. */
enum tool_arguments {
	TOOL_ARGS_JSON,     /* one JSON object */
	TOOL_ARGS_RAW,      /* one pair of tags for each parameter: param_open KEY after_key VALUE
			       param_close. Strings stand as they are, up to the last param_close
			       before what may follow; any other value is JSON. */
	TOOL_ARGS_ELEMENTS, /* as RAW, but objects and arrays are nested elements, <key>…</key> and
			       <item>…</item>, each tag behind `element_mark` */
	TOOL_ARGS_PYTHON,   /* key=value, key=value: Python literals */
	TOOL_ARGS_BARE,     /* key:value,key:value: bare keys, strings between two `quote` marks and
			       unescaped, objects in {} and arrays in [] the same way */
	TOOL_ARGS_COUNT
};

/* Bytes in a row's texts that stand for something. None of them can occur in a real text. */
#define TOOL_HOLE_INDEX     "\001" /* digits: the call's number, counted from `first_index` */
#define TOOL_HOLE_ID        "\002" /* an id that the model makes up: `id_chars` of a-z and 0-9 */
#define TOOL_HOLE_NAME      "\003" /* the call's name once more */
#define TOOL_HOLE_KEY       "\004" /* the parameter's name once more */
#define TOOL_HOLE_TYPE      "\005" /* the value's JSON type: string number boolean object array null */
#define TOOL_HOLE_IS_STRING "\006" /* true or false */

/*
 * The calls of one turn are: section_open CALL call_separator CALL … section_close. One CALL is:
 * call_open before_name NAME before_args ARGUMENTS call_close. All texts are as the family's own
 * template writes them; NULL counts as "".
 */
struct tool_format {
	const char *name;
	enum tool_arguments arguments;
	const char *mark_open;  /* tells a reader that calls begin: the fixed part of section_open
				   and call_open; NULL: none ever does */
	const char *mark_also;  /* another spelling of it, or NULL */
	const char *mark_close; /* ends a call, or the section if there is one; NULL: only the end
				   of the answer, or the next mark, does */
	const char *section_open, *section_close;
	const char *call_open;
	const char *before_name;
	const char *before_args;
	const char *call_close;
	const char *call_separator;
	/* Another way to write before_args that models of the family use, as an expression
	 * (pattern.h, PATTERN_BYTES), or NULL. */
	const char *before_args_also;
	/* ---- TOOL_ARGS_RAW, TOOL_ARGS_ELEMENTS, TOOL_ARGS_BARE ---- */
	const char *param_open, *after_key, *param_close;
	/* RAW: around a string with bytes of `wrapped_bytes` in it; NULL: it stands as it is. */
	const char *wrap_open, *wrap_close, *wrapped_bytes;
	const char *element_mark;
	const char *quote;
	/* ---- */
	int first_index;      /* what TOOL_HOLE_INDEX begins with */
	int id_chars;         /* of TOOL_HOLE_ID */
	bool counts_all;      /* the index counts over the whole conversation, not over the turn */
	bool is_spacing_free; /* models of this family were seen to write other blanks between the
				 tokens of a call */
	bool is_front_only;   /* a call can only be the first thing of an answer: its mark is too
				 plain to be looked for elsewhere */
	bool is_single;       /* one call a turn: the template or the family has no more */
	/* ---- what stands around thoughts and text ---- */
	const char *think_open, *think_close; /* NULL: the family does not think aloud */
	const char *text_open, *text_close;   /* around the words of an answer; NULL: nothing */
	const char *turn_again; /* between a thought, text and calls of one answer: dropped */
	/* The answer is messages with headers of their own: one begins with `turn_again` or
	 * `header_open`, names a recipient and a channel, and ends with `header_end`. NULL: no. */
	const char *header_open, *header_end;
	const char *prompt_tail; /* the end of a prompt that belongs to what the model says: readers
				    and guides are given it first. NULL: nothing */
};

/* All rows that a template can turn out to have, ending with NULL, in the order in which they are
 * tried; tool_rows.c. */
extern const struct tool_format *const tool_formats[];

/* The row of that name, or NULL. */
const struct tool_format *tool_format_find(struct str name);

extern const struct tool_format
	tool_format_hermes; /* Hermes 2/3, Qwen2.5, QwQ, Qwen3, MiMo, Granite 4 */
extern const struct tool_format
	tool_format_prompted; /* ours, for templates that know no tools; see prompted.h */
extern const struct tool_format
	tool_format_rescue; /* text of unknown origin: every family's calls are looked for, and what
			       does not read as one is text. No template has it. */
extern const struct tool_format
	tool_format_plain; /* no calls at all: for a reader where no tools are offered */

struct tool_reader;

enum {
	TOOL_CALL_ID_CHARS = 9
}; /* letters and digits: some templates want exactly nine, some clients strip the rest */

/* What is known of the answer beforehand. */
enum tool_reading {
	TOOL_READ_WORDS = 0,
	TOOL_READ_IN_THOUGHT = 1, /* the prompt ended inside an opened thought */
	TOOL_READ_VALUE = 2,      /* it is one JSON value or calls, never both: what does not begin
				     with a call holds none; no matter if a call is demanded */
	TOOL_READ_GUIDED = 4,     /* a guide of the same row held it: the row's marks mean calls
				     wherever they stand, quoted too, and those of other families
				     mean none. A call without any mark, which no guide sees, is
				     forgiven here too. */
};

/*
 * `offered`: the request whose tools were offered; borrowed until the reader is freed. A value that
 * a family writes bare is a string or JSON as that tool's schema says; NULL: by its looks. Where it
 * offers none no calls are read, and their marks are words; thoughts are told apart all the same.
 * `id_seed` makes the calls' ids: the same seed gives the same ids. `how` holds bits of
 * tool_reading. Events go to the sink from inside feed and end; it must not free the reader.
 */
struct tool_reader *tool_reader_new(const struct tool_format *format,
	const struct chat_request *offered, uint64_t id_seed, unsigned how, struct trace *t,
	struct chat_sink sink);
void tool_reader_free(struct tool_reader *r); /* NULL is fine */

/* Takes more bytes. False: a call cannot be read (ERR_BAD_DATA, layer parse); nothing more may be
 * fed. */
bool tool_reader_feed(struct tool_reader *r, struct str bytes, struct err *e);

/*
 * The model said no more. `is_cut`: it was stopped by a limit, so that an unfinished call is no
 * fault (its TOOL_END does not come). Sends no STOP; that is for who knows why it ended.
 */
bool tool_reader_end(struct tool_reader *r, bool is_cut, struct err *e);

unsigned tool_reader_calls(const struct tool_reader *r); /* calls that were begun */

#endif
