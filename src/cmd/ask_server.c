/*
 * ask_server.c - see ask_server.h.
 *
 * Layer: wire.
 */
#include "cmd/ask_server.h"

#include "base/loop.h"
#include "chat/dialect.h"
#include "net/http_client.h"

enum { CONNECT_MS = 3000, TOTAL_MS = 10000 };

struct asking {
	struct loop *loop;
	json_t *models;
	struct err *e;
	bool is_ok;
};

static void take_answer(void *ctx, const struct http_answer *answer, const struct err *e)
{
	struct asking *asking = ctx;
	if (e)
		*asking->e = *e;
	else
		asking->is_ok = http_check_status(answer, asking->e) &&
				dialect_openai.read_models(answer->body, asking->models, asking->e);
	loop_stop(asking->loop);
}

json_t *ask_models(struct str url, struct str key, struct arena *a, struct err *e)
{
	struct err unused = { 0 };
	struct asking asking = { .loop = loop_new(), .models = json_array(), .e = e ? e : &unused };
	struct http_client *client = http_client_new(asking.loop);
	struct http_header authorization = { STR("Authorization"),
		arena_printf(a, "Bearer %.*s", STR_ARG(key)) };
	struct http_call_spec spec = {
		.url = arena_printf(a, "%.*s/v1/models", STR_ARG(url)).p,
		.headers = &authorization,
		.header_count = key.n > 0,
		.connect_ms = CONNECT_MS,
		.total_ms = TOTAL_MS,
		.on_end = take_answer,
		.ctx = &asking,
	};
	if (http_call_start(client, &spec, e))
		loop_run(asking.loop);
	http_client_free(client);
	loop_free(asking.loop);
	if (asking.is_ok)
		return asking.models;
	json_decref(asking.models);
	return NULL;
}
