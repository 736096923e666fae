/*
 * engine_int.h - what an engine is made of; for the files of this folder only.
 *
 * Everything below `thread` belongs to the engine's thread once it runs; what stands above is set
 * while opening and constant afterwards.
 */
#ifndef OFFGRID_ENGINE_ENGINE_INT_H
#define OFFGRID_ENGINE_ENGINE_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "engine/crew.h"
#include "engine/engine.h"
#include "engine/lane.h"
#include "engine/llama_api.h"
#include "engine/task.h"
#include "engine/vocab.h"

struct mailbox;
struct embed_task;

/* So few tokens of a lane are computed at once with the answers of others: forced text, the end of
 * a prompt. More of them share what is left of the batch. */
enum { ENGINE_SHORT_TOKENS = 16 };

/* What callers post: a task, texts to be made vectors of, or the number of one to cancel. */
struct engine_message {
	struct task *task;
	struct embed_task *embed;
	uint64_t cancel;
};

struct engine {
	struct arena *arena; /* the facts' strings */
	struct engine_facts facts;
	struct llama_model *model;
	struct llama_context *context;
	struct ggml_threadpool *threadpool;
	struct crew crew;
	bool is_processor_only; /* no device computes beside the crew */
	struct vocab vocab;
	struct mailbox *inbox;
	atomic_uint_fast64_t last_id;
	pthread_t thread;
	bool has_thread;

	uint64_t checkpoint_bytes; /* most that all lanes' checkpoints may take */
	struct lane *lanes;
	size_t lane_count;
	struct llama_batch batch;
	size_t batch_room;         /* tokens that the batch can hold */
	bool reads_in_pieces;      /* vectors: see embed.c */
	size_t chunk_tokens;       /* of these, for prompts */
	struct task *first, *last; /* waiting, in order */
	bool may_admit;            /* something changed since the first of them had to wait */
	uint64_t uses;
	double prefill_tokens_s; /* as measured on the last chunks; 0: not yet */
};

/* The thread's function: serves until the inbox is closed, then ends every task. */
void *engine_work(void *engine);

/* admit.c: gives waiting tasks a lane, as long as there are lanes and cells. */
void engine_admit(struct engine *g);
/* Takes the lane from its task; what was computed stays known. */
void engine_leave_lane(struct engine *g, struct lane *l);
/* Makes room for what the lanes are about to compute: forgets idle lanes, then parks the youngest
 * task. False if not even that helps. */
bool engine_make_room(struct engine *g);
/* Forgets everything that the lane holds. */
void engine_forget(struct engine *g, struct lane *l);

/* rewind.c: of the lane's first `keep` tokens, how many it can go back to. */
size_t engine_reach(const struct engine *g, const struct lane *l, size_t keep);
/* Cuts an idle lane back to so many tokens, which it can reach; or to none if that fails. */
void engine_rewind(struct engine *g, struct lane *l, size_t keep);
/* Gives an empty lane the first `keep` tokens of the source, which can reach them; the lane stays
 * empty if that fails. */
void engine_share(struct engine *g, struct lane *to, const struct lane *source, size_t keep);
/* Says where to keep checkpoints while the lane's prompt is read: where it parted from what was
 * known (later ones may part there too), and where the answer's message begins. */
void engine_plan_stops(const struct engine *g, struct lane *l, size_t parted);
/* Keeps one if this is such a place. */
void engine_stop_here(struct engine *g, struct lane *l);

/* embed.c: the same for an engine that makes vectors. */
void *engine_embed_work(void *engine);
/* Ends one that came to an engine that answers. */
void engine_embed_refuse(struct embed_task *t);
void engine_embed_drop(struct embed_task *t); /* NULL is fine */
/* The event's payload. NULL is fine. */
void engine_vectors_free(struct engine_vectors *v);

/* load.c */
bool engine_load(struct engine *g, const struct engine_options *o, struct err *e);
void engine_unload(struct engine *g);

#endif
