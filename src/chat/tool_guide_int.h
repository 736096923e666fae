/*
 * tool_guide_int.h - what a request and a row of a tool format are laid out as; for tool_guide*.c
 * only.
 */
#ifndef OFFGRID_CHAT_TOOL_GUIDE_INT_H
#define OFFGRID_CHAT_TOOL_GUIDE_INT_H

#include "chat/guide_text.h"
#include "chat/schema.h"
#include "chat/tool_guide.h"

enum {
	GUIDE_MARK_BYTES = 64,
	GUIDE_NAME_BYTES =
		200 /* of a name without quotes: readers look for its end so far and a bit */
};

/* Marks that are looked for in free text. */
enum guide_mark {
	GUIDE_MARK_CALL,  /* a call begins */
	GUIDE_MARK_ALSO,  /* a call begins in the row's other spelling */
	GUIDE_MARK_INNER, /* a call begins whose section was not opened */
	GUIDE_MARK_THINK, /* a thought begins */
	GUIDE_MARK_END,   /* the thought ends */
	GUIDE_MARK_COUNT
};

/* A fixed text, and for each of its beginnings the longest end of it that begins it again. It is
 * found in either case, as readers find it: a call that nobody watched could be any. */
struct mark {
	struct str text; /* empty: never found */
	unsigned char back[GUIDE_MARK_BYTES];
};

/* What an answer may open with where text does not do. */
enum opener {
	OPENS_CALL,
	OPENS_ALSO, /* in the row's other spelling */
	OPENS_THOUGHT,
	OPENS_VALUE,
};

struct openers {
	const struct dfa *words; /* NULL: there are none */
	const struct dfa_span *spans;
	enum opener *kinds; /* by number of the word */
};

/* What is awaited. */
enum place {
	AT_TEXT,   /* anything; the mark of a call, if one may come */
	AT_THINK,  /* anything, up to the mark that closes the thought */
	AT_ENTRY,  /* blanks after a thought or a call, then one of the openers, or the value */
	AT_HEAD,   /* from the mark up to the name */
	AT_ALSO,   /* from the mark of the other spelling up to the name */
	AT_INNER,  /* from the mark of a call without its section up to the name */
	AT_NAME,   /* a name that was offered */
	AT_MIDDLE, /* up to the arguments */
	AT_ARGS,   /* the arguments */
	AT_TAIL,   /* the rest of the call */
	AT_NEXT,   /* in a section: one more call, or its end */
	AT_VALUE,  /* the JSON value that is the answer */
	AT_DONE,   /* nothing */
};

struct tool_guide {
	struct guide guide;
	struct arena *mem;
	struct schema *schema;
	struct str *names; /* as the row spells them, and the word of text, sorted */
	uint32_t *roots;   /* by name: the arguments, or GUIDE_NO_ROOT for the word of text */
	size_t n_tools;
	struct schema *value_schema; /* NULL without a value */
	uint32_t value_root;
	bool has_value; /* response_format */
	bool has_tools;
	bool is_limited;  /* thoughts are: they are watched even if none was to come */
	bool is_idle;     /* nothing to guide */
	bool is_owed;     /* a call or value is demanded: text does not do */
	bool may_think;   /* a demanded answer may open with a thought */
	bool has_section; /* calls stand between section_open and section_close */
	bool has_close;   /* a mark tells readers that calls are over: text may follow */
	bool is_front;    /* a call is only the first thing of an answer */
	bool marks_text;  /* text has a name's place behind the mark of a call */
	uint16_t max_calls;
	uint64_t first_number; /* of the calls in this answer */
	enum place start;
	struct str begun; /* bytes of the prompt that belong to the answer */
	struct mark marks[GUIDE_MARK_COUNT];
	const struct guide_text *head, *also, *inner, *middle, *tail;
	const struct guide_text *more; /* in a section: from a call up to the next one's name */
	const struct guide_text *close;
	const struct dfa *name_words;
	const struct dfa_span *name_spans;
	struct openers openers;       /* without a thought */
	struct openers first_openers; /* with one */
};

#define GUIDE_NO_ROOT UINT32_MAX

/* A letter of ASCII in the other case; any other byte as it is. */
static inline unsigned char other_case(unsigned char c)
{
	bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	return is_letter ? c ^ 0x20 : c;
}

static inline bool is_same_letter(char a, char b)
{
	return a == b || (unsigned char)a == other_case((unsigned char)b);
}

/* Makes all of it but the ops. */
struct tool_guide *tool_guide_lay(const struct chat_request *r, const struct tool_format *format,
	enum tool_thinking thinking, struct trace *t);

#endif
