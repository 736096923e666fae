/*
 * gen.c - one prompt through the engine, from the command line: for looking at a model by hand.
 *
 * The prompt is template text (control tokens are recognised). Prints the answer, then on stderr
 * what it took.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/mailbox.h"
#include "engine/engine.h"

static const char usage[] =
	"usage: gen MODEL PROMPT|@FILE [-n TOKENS] [-t TEMPERATURE] [-s SEED] [-c CONTEXT]\n"
	"           [-j THREADS] [-a ADAPTER] [-r REPEATS]\n";

struct request {
	const char *model, *prompt;
	struct engine_adapter adapter;
	int tokens, context, threads, repeats;
	double temperature;
	uint64_t seed;
};

static bool option(struct request *r, char name, const char *value)
{
	int n = (int)strtol(value, NULL, 10);
	switch (name) {
	case 'n': r->tokens = n; return true;
	case 'c': r->context = n; return true;
	case 'j': r->threads = n; return true;
	case 'r': r->repeats = n; return true;
	case 's': r->seed = strtoull(value, NULL, 10); return true;
	case 't': return str_to_double(str_z(value), &r->temperature);
	case 'a': r->adapter.path = value; return true;
	default: return false;
	}
}

static bool read_arguments(struct request *r, int argc, char **argv)
{
	if (argc < 3)
		return false;
	r->model = argv[1];
	r->prompt = argv[2];
	for (int i = 3; i < argc; i += 2)
		if (argv[i][0] != '-' || i + 1 == argc || !option(r, argv[i][1], argv[i + 1]))
			return false;
	return true;
}

static bool answer(struct engine *g, const struct request *r, struct str prompt, struct err *e)
{
	struct mailbox *events = engine_mailbox();
	struct engine_segment segment = { .text = prompt };
	struct engine_job job = { .segments = &segment,
		.segment_count = 1,
		.sampling = engine_facts(g)->sampling,
		.max_tokens = r->tokens,
		.top_logprobs = ENGINE_NO_LOGPROBS,
		.to = events };
	job.sampling.temperature = (float)r->temperature;
	job.sampling.seed = r->seed;
	engine_start(g, &job);
	struct engine_event event;
	bool is_over = false;
	while (!is_over && mailbox_receive(events, &event)) {
		if (event.type == ENGINE_TEXT) {
			fwrite(event.text->bytes.p, 1, event.text->bytes.n, stdout);
			fflush(stdout);
		}
		if (event.type == ENGINE_DONE) {
			struct engine_done *d = event.done;
			is_over = true;
			*e = d->err;
			double decoded = (double)(d->sampled_tokens + d->forced_tokens - 1);
			fprintf(stderr,
				"\n[%s %.*s: prompt %lld, cached %lld, sampled %lld; prefill %.1f "
				"ms, "
				"decode %.1f ms, %.1f tokens/s]\n",
				engine_end_names[d->end], STR_ARG(d->end_text),
				(long long)d->prompt_tokens, (long long)d->cached_tokens,
				(long long)d->sampled_tokens, (double)d->prefill_us / 1000,
				(double)d->decode_us / 1000, decoded * 1e6 / (double)d->decode_us);
		}
		engine_event_clear(&event);
	}
	mailbox_free(events);
	return !err_is_set(e);
}

static bool run(const struct request *r, struct err *e)
{
	struct engine_options options = { .model_path = r->model,
		.context_tokens = r->context,
		.threads = r->threads,
		.adapters = &r->adapter,
		.adapter_count = r->adapter.path ? 1 : 0 };
	struct buf file;
	buf_init(&file, LIMIT_PROMPT_BYTES);
	struct str prompt = str_z(r->prompt);
	bool ok = r->prompt[0] != '@' || fs_read(r->prompt + 1, &file, e);
	struct engine *g = ok ? engine_open(&options, e) : NULL;
	if (g) {
		const struct engine_facts *f = engine_facts(g);
		fprintf(stderr, "[%.*s %.*s, %d tokens of context, %s, loaded in %.1f ms]\n%.*s",
			STR_ARG(f->architecture), STR_ARG(f->quantisation), f->context_tokens,
			f->devices.p, (double)f->load_us / 1000, STR_ARG(f->warnings));
		if (file.n)
			prompt = buf_str(&file);
		for (int i = 0; i < r->repeats && ok; i++)
			ok = answer(g, r, prompt, e);
	}
	engine_free(g);
	buf_clear(&file);
	return g && ok;
}

int main(int argc, char **argv)
{
	int child = engine_child(argc, argv);
	if (child >= 0)
		return child;
	struct request r = { .tokens = 64, .repeats = 1, .seed = 1 };
	struct err e = { 0 };
	if (!read_arguments(&r, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	if (!run(&r, &e))
		fprintf(stderr, "gen: %s\n", e.what);
	return err_exit_code(&e);
}
