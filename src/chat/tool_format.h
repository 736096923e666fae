/*
 * tool_format.h - how a model family writes its calls: rows, and the reader that turns its bytes
 * into events.
 *
 * A row says what stands around a call's name and arguments. From it the guide knows what to force,
 * the prompted format what to write, and the reader what to look for. A family is one row; a new
 * shape of call is one more reader.
 *
 * The reader is a push machine over what the model said: text, thinking and calls come out as
 * chat_events, whatever the cuts. It never leaves markup in the text: a beginning of a mark is held
 * back until it is decided. What it forgives is noted in the trace: a closer that is missing,
 * doubled or another, a fence around the object, a call without marks at the front of the answer or
 * in a fence, a call inside an unfinished thought, and what tool_json.h and json_mend.h forgive.
 * What it cannot read is an error of layer `parse` with the raw text.
 *
 * Source: the wire forms of each family as their templates render them.
 */
#ifndef OFFGRID_CHAT_TOOL_FORMAT_H
#define OFFGRID_CHAT_TOOL_FORMAT_H

#include "base/trace.h"
#include "chat/event.h"

/* One call is: call_open before_name NAME before_args ARGUMENTS call_close; several are separated
 * by call_separator. */
struct tool_format {
	const char *name;
	const char *mark_open;  /* tells a reader that a call begins: the fixed part of call_open;
				   NULL: none ever does */
	const char *mark_close; /* ends a call */
	const char *call_open;  /* as the family's own template writes it */
	const char *before_name;
	const char *before_args;
	const char *call_close;
	const char *call_separator;
	bool is_spacing_free; /* models of this family were seen to write other blanks between the
				 tokens of a call */
	const char *think_open, *think_close; /* NULL: the family does not think aloud */
};

extern const struct tool_format
	tool_format_hermes; /* Hermes 2/3, Qwen2.5, QwQ, Qwen3, MiMo, Granite 4 */
extern const struct tool_format
	tool_format_prompted; /* ours, for templates that know no tools; see prompted.h */
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
				     with a call holds none */
};

/*
 * `id_seed` makes the calls' ids: the same seed gives the same ids. `how` holds bits of
 * tool_reading. Events go to the sink from inside feed and end; it must not free the reader.
 */
struct tool_reader *tool_reader_new(const struct tool_format *format, uint64_t id_seed,
	unsigned how, struct trace *t, struct chat_sink sink);
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
