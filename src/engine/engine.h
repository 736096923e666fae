/*
 * engine.h - runs one model: takes prompts, gives back bytes.
 *
 * An engine owns a model loaded through libllama and one thread that computes. Jobs are posted from
 * any thread, each with its whole prompt; what the model's cache already knows of it is found by
 * itself, and callers never reason about positions. Several jobs run at once, decoded together in
 * one batch; a long prompt is read in chunks, so that no stream waits longer than for one chunk.
 * Everything about a job comes back as events in a mailbox of the caller's choice.
 *
 * What the model said is kept as the tokens it said. A later prompt that contains the same bytes
 * finds them again, however those bytes would have been cut into tokens.
 *
 * The same prompt at temperature 0 gives the same answer again only as far as numbers are added in
 * the same order. They are not when another number of threads computes (crew.h takes some away on a
 * busy machine), when the prompt lies in other cells of the cache (because other conversations are
 * known beside it), or when more of it was known. Logits then differ in the third to sixth digit,
 * and where two tokens are nearly as likely the answers part there. Measured with random weights,
 * where such ties are frequent: with one thread and one conversation every answer is the same to
 * the last bit, read slowly or not; nothing that a reader does changes what is computed.
 *
 * Layer: engine. A prompt that does not fit is ERR_CONTEXT of layer prompt.
 */
#ifndef OFFGRID_ENGINE_ENGINE_H
#define OFFGRID_ENGINE_ENGINE_H

#include "base/err.h"
#include "base/str.h"

struct buf;
struct engine;
struct guide;
struct mailbox;
struct engine_vectors;

/* ---- opening ---- */

/* A LoRA adapter. It is refused if it was made for another base: by hash where the hash it expects
 * is known, and always by architecture and shape. */
struct engine_adapter {
	const char *path;
	float scale;             /* 0: 1.0 */
	const char *base_sha256; /* hex, of the model file it was made for; NULL: what its own key
				    `adapter.base_sha256` says, if it has one */
};

enum engine_stage { ENGINE_CHECKING, ENGINE_LOADING, ENGINE_PROBING, ENGINE_STAGE_COUNT };

/* Called on the thread that opens; false cancels the opening (ERR_CANCELLED). */
struct engine_watcher {
	bool (*tell)(void *owner, enum engine_stage stage, double done); /* done: 0 to 1 */
	void *owner;
};

/* A zeroed struct with a path is a good set of options. */
struct engine_options {
	const char *model_path;
	const char *model_sha256; /* hex, if the caller knows it; NULL: read when an adapter asks */
	const struct engine_adapter *adapters;
	size_t adapter_count;
	int context_tokens; /* most tokens of one conversation; 0: the model's own, as far as memory
			       goes. More than fits is refused, never cut. */
	int sequences;      /* conversations at once; 0: ENGINE_SEQUENCES */
	int threads;        /* 0: one for each core */
	int chunk_tokens;   /* most prompt tokens read in one go; 0: ENGINE_CHUNK_TOKENS */
	const char *devices;   /* names from `offgrid plan`, separated by commas; "none": processor
				  only; NULL: all there are */
	uint64_t memory_bytes; /* what may be used; 0: what the system says is free */
	/* This program's own path: a model file not seen before is first opened in a child, run as
	 * PATH with the arguments that engine_child knows, because libllama ends the process on
	 * some damaged files. NULL: trust the file. */
	const char *self;
	bool skips_probe; /* do not measure the speed */
	bool embeds; /* a model that makes vectors of texts (embed.h) instead of one that answers;
			the other kind is refused */
	struct engine_watcher watcher;
};

enum { ENGINE_SEQUENCES = 4, ENGINE_CHUNK_TOKENS = 512 };

/* Loads the model; blocks until it is ready. */
struct engine *engine_open(const struct engine_options *options, struct err *e);

/* Cancels what runs (each job still gets its ENGINE_DONE), ends the thread, frees the model. NULL
 * is fine. */
void engine_free(struct engine *g);

/* To be called first in main() by every program whose path is given as `self`. The exit code if the
 * arguments were meant for it, else -1. */
int engine_child(int argc, char **argv);

/* ---- facts ---- */

/* How to choose the next token, applied in this order: penalties and biases, top_k, top_p, min_p,
 * temperature. Made by engine_sampling, or copied from the facts and changed. */
struct engine_bias {
	int token;
	float bias; /* added to the logit; -100 or less bans */
};

struct engine_sampling {
	float temperature;                         /* 0: always the likeliest */
	int top_k;                                 /* 0: off */
	float top_p;                               /* 1: off */
	float min_p;                               /* 0: off */
	float repeat_penalty;                      /* 1: off */
	float presence_penalty, frequency_penalty; /* 0: off */
	int penalty_tokens;                        /* how far back penalties look */
	uint64_t seed;                             /* 0: a fresh one each time */
	const struct engine_bias *biases;          /* copied by engine_start */
	size_t bias_count;
};

/* Bits: what a model's file says itself about sampling. */
enum engine_wish {
	ENGINE_WISH_TEMPERATURE = 1,
	ENGINE_WISH_TOP_K = 2,
	ENGINE_WISH_TOP_P = 4,
	ENGINE_WISH_MIN_P = 8
};

/* What is usual where a model says nothing: 0.8, top_k 40, top_p 0.95, min_p 0.05, no penalties. */
struct engine_sampling engine_sampling(void);

/* What is known of the model and how it was loaded. Owned by the engine, constant once it is open.
 */
struct engine_facts {
	struct str name;         /* general.name; may be empty */
	struct str architecture; /* "llama", "qwen3", ... */
	struct str quantisation; /* "Q4_1" */
	uint64_t parameters, weight_bytes, kv_bytes, compute_bytes;
	int context_tokens, trained_context_tokens, vocabulary_tokens, layers;
	int sequences, threads;
	int embedding_width;      /* numbers of a vector; 0: it answers, see embed.h */
	struct str pooling;       /* how a vector is made: "mean", "cls", "last" */
	struct str chat_template; /* Jinja; empty if the file has none */
	struct str tool_template; /* the one for tools, where the file has two */
	struct str bos, eos, eot; /* their text; empty if there is none */
	/* What stands before a text with a gap, at the gap, and behind all of it, where what fills
	 * the gap is to come; empty if the model was not trained for it. */
	struct str gap_prefix, gap_suffix, gap_middle;
	bool adds_bos, adds_eos;
	bool can_rewind; /* false: a changed prompt is read again from a checkpoint (recurrent
			    models) */
	struct engine_sampling sampling; /* the model's own wishes over the usual */
	unsigned wishes;                 /* bits of engine_wish: which of them are its own */
	struct str library;              /* "libllama 0.5.0-dev" */
	struct str devices;              /* "CPU (AMD EPYC)" */
	int64_t load_us;
	/* The probe: 0 if it was skipped. `limit` is what the memory's speed allows. */
	double decode_tokens_s, limit_tokens_s, memory_bytes_s;
	struct str warnings; /* one a line; empty if all is well */
};

const struct engine_facts *engine_facts(const struct engine *g);

/* The last 200 lines that libllama wrote, of the whole process. Any thread. */
void engine_log(struct buf *out);

/* The text of a token, and whether it is a control token; false if there is no such token. Any
 * thread. */
bool engine_token(const struct engine *g, int32_t token, struct str *text, bool *is_control);

/* Tokens of the text as the model would read it. Any thread. */
int64_t engine_count_tokens(const struct engine *g, struct str text, bool is_literal);

/* ---- jobs ---- */

/* A piece of the prompt. Literal text (what users, tools and files say) never becomes a control
 * token, whatever it spells; it may still be one word with its neighbours. */
struct engine_segment {
	struct str text;
	bool is_literal;
};

/* Tokens of a whole prompt as a job would read it. Any thread. */
int64_t engine_count_prompt(
	const struct engine *g, const struct engine_segment *segments, size_t count);

enum { ENGINE_NO_LOGPROBS = -1, ENGINE_NO_THOUGHTS = -1 };

struct engine_job {
	const struct engine_segment *segments; /* copied */
	size_t segment_count;
	struct engine_sampling sampling;
	const struct guide *guide; /* NULL: none. Must live, with its grammar, until ENGINE_DONE */
	const struct str *stops;   /* texts that end the answer and are not part of it; copied */
	size_t stop_count;
	int max_tokens; /* 0: to the end of the context */
	/* So many tokens of thoughts, then what ends a thought is fed; 0: no limit;
	 * ENGINE_NO_THOUGHTS: a thought ends as soon as it is open. Only with a guide that knows
	 * thoughts. */
	int thinking_tokens;
	int top_logprobs;   /* ENGINE_NO_LOGPROBS, or how many beside the one that was taken */
	bool is_side;       /* what it leaves in the cache is the first to go */
	struct mailbox *to; /* of struct engine_event; outlives the job */
	void *owner;        /* given back in each event */
};

/* Posts a job and returns its number, never 0. Any thread; never fails: what is wrong with it comes
 * as the error of its ENGINE_DONE. */
uint64_t engine_start(struct engine *g, const struct engine_job *job);

/* Ends it within one chunk; what was read of its prompt stays known. Its ENGINE_DONE still comes.
 * Any thread; fine if it is over. */
void engine_cancel(struct engine *g, uint64_t job);

/* ---- events ---- */

enum engine_event_type {
	ENGINE_PROGRESS, /* the prompt is being read: progress; once with done == cached at its
			    start */
	ENGINE_TEXT,     /* text: whole UTF-8 characters, nothing that could begin a stop text */
	ENGINE_VECTORS,  /* vectors: the end of an engine_embed, and its only event */
	ENGINE_DONE,     /* done: always the last event of a job, exactly once */
	ENGINE_EVENT_TYPE_COUNT
};

enum engine_end {
	ENGINE_END_TURN,   /* the model ended its turn */
	ENGINE_END_STOP,   /* a stop text came */
	ENGINE_END_LENGTH, /* max_tokens, or the end of the context */
	ENGINE_END_CANCELLED,
	ENGINE_END_ERROR,
	ENGINE_END_COUNT
};

struct engine_progress {
	int64_t prompt_tokens, done_tokens, cached_tokens; /* done includes cached */
};

struct engine_token_logprob {
	struct str bytes;
	float logprob;
};

/* One token of the answer: `taken` and the `top_count` likeliest, best first. */
struct engine_logprob {
	struct engine_token_logprob taken;
	const struct engine_token_logprob *top;
	size_t top_count;
};

struct engine_text {
	struct str bytes;
	const struct engine_logprob *logprobs; /* of the tokens that end in these bytes */
	size_t logprob_count;
};

struct engine_done {
	enum engine_end end;
	struct err err;      /* set if end is ENGINE_END_ERROR */
	struct str end_text; /* the control token that ended the turn ("<|im_end|>"), or the stop
				text */
	/* Of the prompt: cached and read ones are all of them once it was read to its end. */
	int64_t prompt_tokens, cached_tokens, read_tokens;
	int64_t prompt_bytes; /* of the segments that these tokens cover */
	int64_t sampled_tokens, forced_tokens;
	int64_t queued_us, prefill_us, decode_us;
	int64_t refused_tokens;  /* choices of the model that the guide refused */
	int64_t thinking_tokens; /* of the sampled ones, inside thoughts that the guide knew of */
	int64_t ended_thoughts;  /* that were ended because of the limit on them */
};

/* Small, copied through the mailbox; what it points at belongs to whoever received it until
 * engine_event_clear. */
struct engine_event {
	enum engine_event_type type;
	uint64_t job;
	void *owner;
	struct engine_progress progress;
	struct engine_text *text;
	struct engine_vectors *vectors;
	struct engine_done *done;
};

/* A mailbox for events, which drops what nobody received. */
struct mailbox *engine_mailbox(void);
void engine_event_clear(struct engine_event *event);

extern const char *const engine_end_names[ENGINE_END_COUNT]; /* "turn", "stop", "length", ... */

#endif
