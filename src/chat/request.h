/*
 * request.h - the waist, half two: what is asked of a model.
 *
 * A request is a conversation (messages made of blocks), the tools offered, and how to sample.
 * Dialects read it from a client's JSON and write it to an upstream's; template.h renders it for a
 * local model; the agent builds it. Everything a request points at lives in one arena, given at
 * birth, and dies with it; JSON values it refers to are released then too. Not thread-safe; treated
 * as read-only once handed to route/.
 */
#ifndef OFFGRID_CHAT_REQUEST_H
#define OFFGRID_CHAT_REQUEST_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"

enum chat_role {
	CHAT_SYSTEM,
	CHAT_DEVELOPER,
	CHAT_USER,
	CHAT_ASSISTANT,
	CHAT_TOOL,
	CHAT_ROLE_COUNT
};

enum chat_block_type {
	CHAT_BLOCK_TEXT,   /* text */
	CHAT_BLOCK_THINK,  /* text; opaque: a signature of the upstream in `origin`, which only that
			      upstream may see again */
	CHAT_BLOCK_CALL,   /* id, name, text: the arguments' JSON exactly as they came */
	CHAT_BLOCK_RESULT, /* id: of the call it answers, name if known, text: what the tool said,
			      is_error */
	CHAT_BLOCK_IMAGE,  /* text: a data: URL or another URL; id: of the call whose result it
			      belongs to, if to any */
	CHAT_BLOCK_RAW, /* extra: a block that only its own dialect knows, whole; text: what stands
			   for it everywhere else, may be empty */
	CHAT_BLOCK_TYPE_COUNT
};

struct chat_block {
	enum chat_block_type type;
	struct str text;
	struct str id;
	struct str name;
	struct str opaque;
	struct str origin;
	bool is_error;
	bool is_sealed; /* of a thought: only `opaque` of it is there */
	const json_t
		*extra; /* members of the block that we do not know, see chat_request.dialect */
};

struct chat_message {
	enum chat_role role;
	struct chat_block *blocks;
	size_t block_count;
	size_t block_room; /* private */
};

struct chat_tool {
	struct str name;
	struct str description;   /* may be empty */
	const json_t *parameters; /* a JSON Schema of type object; NULL: no parameters */
	bool is_strict;
	const json_t *extra; /* as of a block */
};

enum chat_tool_choice {
	CHAT_CHOICE_AUTO,
	CHAT_CHOICE_NONE,
	CHAT_CHOICE_REQUIRED,
	CHAT_CHOICE_NAMED, /* choice_name */
	CHAT_CHOICE_COUNT
};

struct chat_logit_bias {
	int token;
	double bias; /* -100 bans, 100 forces */
};

/* How to sample. A field that was not given holds its _UNSET value and the model's own default
 * counts. */
#define CHAT_UNSET_DOUBLE (-1e9)
enum { CHAT_UNSET_INT = -1 };

struct chat_sampling {
	double temperature, top_p, min_p;
	double repeat_penalty, presence_penalty, frequency_penalty;
	int top_k;
	int64_t seed; /* CHAT_UNSET_INT: random */
	int64_t max_tokens;
	const struct str *stops;
	size_t stop_count;
	const struct chat_logit_bias *biases;
	size_t bias_count;
	int top_logprobs; /* CHAT_UNSET_INT: no logprobs; 0: of the chosen token only */
};

enum chat_format { CHAT_FORMAT_TEXT, CHAT_FORMAT_JSON, CHAT_FORMAT_SCHEMA, CHAT_FORMAT_COUNT };

/* A header of the client's request that belongs to its dialect. */
struct chat_header {
	struct str name, value;
};

/* A text to be gone on with as it stands: no conversation, no template. */
struct chat_raw {
	struct str prompt; /* the request's only message has it too, for those who know no other way
			    */
	const int32_t *tokens; /* the prompt as the model's own tokens, in place of the text */
	size_t token_count;
	struct str suffix; /* what stands behind the gap that is to be filled */
	bool has_suffix;
	bool echoes;               /* the client wants the prompt before the answer */
	struct chat_request *next; /* of the same client's request, to be answered after this
					    one; NULL: none */
};

/* What only an upstream of the request's own dialect can answer: it names something that is kept
 * there. */
struct chat_bound {
	struct str id;  /* of the answer that it goes on from; may be empty */
	struct err why; /* what is said if no such upstream is there */
};

struct dialect;
struct passage;

struct chat_request {
	struct arena *arena;
	/*
	 * Who read it: NULL if it was made here. What is `extra`, here and in blocks and tools, is
	 * in the words of this dialect, and so are the headers: they go on to an upstream that
	 * speaks it too, and to no other.
	 */
	const struct dialect *dialect;
	const struct chat_header *headers;
	size_t header_count;
	/*
	 * The client's body as it came, for an upstream of the same dialect; borrowed, and empty as
	 * soon as anything in it was mended or added. Whoever changes the request empties it.
	 */
	struct str body;
	const char *unpassed;    /* why the body is empty, in words; NULL: it is not asked for */
	struct passage *passage; /* where the upstream's own bytes may be handed in (passage.h);
				    NULL: they are not wanted */
	struct str model;
	struct chat_message *messages;
	size_t message_count;
	struct chat_tool *tools;
	size_t tool_count;
	enum chat_tool_choice tool_choice;
	struct str choice_name;
	bool allows_parallel_calls;
	struct chat_sampling sampling;
	enum chat_format format;
	const json_t *format_schema; /* for CHAT_FORMAT_SCHEMA */
	struct str reasoning_effort; /* "none", "low", "medium", "high" or empty */
	int64_t thinking_tokens;     /* most tokens of thoughts; CHAT_UNSET_INT: as the effort says
				      */
	bool is_stream;              /* the client wants a stream; route/ always streams */
	bool wants_usage;            /* the client wants usage in its stream */
	bool hides_thoughts; /* the client asked for no thoughts and expects none: a model that
				can do without is told so, and what is thought all the same is
				not shown */
	bool wants_thoughts; /* the client asked for thinking, perhaps without naming an effort:
				where nobody thinks unasked, this is to ask */
	bool continues_assistant;   /* the last message is an assistant's, to be continued and not
				       answered */
	const struct chat_raw *raw; /* NULL: it is a conversation */
	const struct chat_bound *bound; /* NULL: anybody may answer it */
	bool loads_only;     /* the client wants the model loaded and nothing said: no messages */
	bool is_side;        /* work beside the conversation, such as its title: quirks.h */
	bool keeps_quirks;   /* quirks.h leaves it alone */
	const json_t *extra; /* members of the client's body that we do not know, or that say more
				than we understand; NULL if none */
	/* Private: growth and what to release; see request.c. */
	size_t message_room, tool_room;
	struct chat_ref *refs;
};

/* A request in the arena: no messages, no tools, everything unset, parallel calls allowed. */
struct chat_request *chat_request_new(struct arena *arena);
/* Releases the JSON values it refers to. Call before the arena goes. NULL is fine. */
void chat_request_free(struct chat_request *r);

/* Keeps `value` (stealing the reference) alive as long as the request; returns it. */
const json_t *chat_request_keep(struct chat_request *r, json_t *value);

/* Appends; strings are copied into the arena. The pointer is good until the next chat_add_message.
 */
struct chat_message *chat_add_message(struct chat_request *r, enum chat_role role);
/* Appends to the last message; what `block` points at is copied. */
struct chat_block *chat_add_block(struct chat_request *r, struct chat_block block);
/* Both in one: a message of one text block. */
void chat_add_text(struct chat_request *r, enum chat_role role, struct str text);
/* Steals the reference to `parameters` (may be NULL). */
void chat_add_tool(
	struct chat_request *r, struct str name, struct str description, json_t *parameters);

/* The tool of that name, or NULL. */
const struct chat_tool *chat_find_tool(const struct chat_request *r, struct str name);

/*
 * Most tokens of thoughts: its own number, or what goes with its effort; CHAT_UNSET_INT: no limit.
 *
 *   none 0   minimal 256   low 2048   medium 8192   high, none said: no limit
 *
 * Of a client that expects no thoughts: 0.
 */
int64_t chat_thinking_budget(const struct chat_request *r);

/* Tokens of its prompt, guessed by its characters: within about a third. */
int64_t chat_estimate_tokens(const struct chat_request *r);

/* All text blocks of a message joined, in the arena. */
struct str chat_message_text(const struct chat_message *m, struct arena *a);

extern const char *const
	chat_role_names[CHAT_ROLE_COUNT]; /* "system", "developer", "user", "assistant", "tool" */

#endif
