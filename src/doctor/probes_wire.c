/*
 * probes_wire.c - our own two ends of HTTP, over the loopback: what a client would send reaches us,
 * what we answer reaches it.
 *
 * Layer: wire.
 */
#include "base/loop.h"
#include "doctor/probes_int.h"
#include "net/http_client.h"
#include "net/http_server.h"

enum { WAIT_MS = 10000 };

struct loopback {
	struct loop *loop;
	struct buf body;
	bool is_asked;
	int status;
	struct err err;
};

static void answer(void *ctx, struct http_exchange *x)
{
	struct loopback *l = ctx;
	l->is_asked = str_eq(http_request_of(x)->body, STR("question"));
	http_stream_begin(x, 200, "text/event-stream");
	http_stream_write(x, STR("data: one\n\n"));
	http_stream_write(x, STR("data: two\n\n"));
	http_stream_end(x);
}

static void end(void *ctx, const struct http_answer *a, const struct err *e)
{
	struct loopback *l = ctx;
	l->status = a ? a->status : 0;
	if (a)
		buf_add(&l->body, a->body);
	if (e)
		l->err = *e;
	loop_stop(l->loop);
}

static bool roundtrip(struct doctor *d, struct loopback *l, struct http_server **server,
	struct http_client **client, struct err *e)
{
	*server = http_server_new(l->loop,
		&(struct http_server_config){
			.address = "127.0.0.1", .on_request = answer, .ctx = l },
		e);
	if (!*server)
		return false;
	*client = http_client_new(l->loop);
	struct http_call_spec spec = {
		.method = "POST",
		.url = arena_printf(
			d->arena, "http://127.0.0.1:%d/probe", http_server_port(*server))
			       .p,
		.body = STR("question"),
		.total_ms = WAIT_MS,
		.on_end = end,
		.ctx = l,
	};
	if (!http_call_start(*client, &spec, e))
		return false;
	loop_run(l->loop);
	if (err_is_set(&l->err)) {
		*e = l->err;
		return false;
	}
	bool is_whole = l->is_asked && l->status == 200 &&
			str_eq(buf_str(&l->body), STR("data: one\n\ndata: two\n\n"));
	return is_whole || fail(e, ERR_BROKEN, LAYER_WIRE,
				   "a stream of 22 bytes came back as %zu bytes with status %d",
				   l->body.n, l->status);
}

static void run_loopback(struct doctor *d, struct finding *f)
{
	struct err e = { .kind = ERR_NONE };
	struct loopback l = { .loop = loop_new() };
	struct http_server *server = NULL;
	struct http_client *client = NULL;
	buf_init(&l.body, 4096);
	if (roundtrip(d, &l, &server, &client, &e))
		finding_pass(d, f, "a request and its stream pass over the loopback, whole");
	else
		finding_fail(d, f, &e);
	http_client_free(client);
	http_server_free(server);
	loop_free(l.loop);
	buf_clear(&l.body);
}

const struct probe probe_wire_loopback = {
	.id = "wire.loopback",
	.layer = LAYER_WIRE,
	.title = "HTTP passes over the loopback",
	.needs = "",
	.run = run_loopback,
};
