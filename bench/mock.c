/*
 * mock.c - an upstream that answers at once: what a proxy in front of it takes is the proxy's own.
 *
 *   mock PORT      serves 127.0.0.1:PORT until it is killed
 *
 * POST under /whole: a Chat Completions answer of about 1.9 KB; elsewhere: EVENTS events at once,
 * their end and [DONE]. GET: a list of one model. Every answer is made once, at the start; requests
 * are not looked at.
 */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { EVENTS = 100, ANSWER_WORDS = 290, EVENT_BYTES = 256, STREAM_BYTES = 65536 };

struct mock {
	char answer[4096], stream[STREAM_BYTES];
	size_t answer_bytes, stream_bytes;
};

static const char models[] =
	"{\"object\":\"list\",\"data\":[{\"id\":\"mock\",\"object\":\"model\"}]}";

static void make_answer(struct mock *m)
{
	char words[ANSWER_WORDS * 6 + 1] = "";
	for (int i = 0; i < ANSWER_WORDS; i++)
		memcpy(words + (size_t)i * 6, "words ", 7);
	m->answer_bytes = (size_t)snprintf(m->answer, sizeof m->answer,
		"{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion\",\"created\":1700000000,"
		"\"model\":\"mock\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
		"\"content\":\"%s\"},\"finish_reason\":\"stop\"}],"
		"\"usage\":{\"prompt_tokens\":400,\"completion_tokens\":290,\"total_tokens\":690}}",
		words);
}

static size_t add_event(char *out, size_t room, const char *delta, const char *finish)
{
	return (size_t)snprintf(out, room,
		"data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
		"\"created\":1700000000,\"model\":\"mock\",\"choices\":[{\"index\":0,"
		"\"delta\":{%s},\"finish_reason\":%s}]}\n\n",
		delta, finish);
}

static void make_stream(struct mock *m)
{
	char *out = m->stream;
	size_t n = add_event(out, STREAM_BYTES, "\"role\":\"assistant\",\"content\":\"\"", "null");
	for (int i = 0; i < EVENTS; i++)
		n += add_event(out + n, STREAM_BYTES - n, "\"content\":\"words \"", "null");
	n += add_event(out + n, STREAM_BYTES - n, "", "\"stop\"");
	n += (size_t)snprintf(out + n, STREAM_BYTES - n, "data: [DONE]\n\n");
	m->stream_bytes = n;
}

static void send_now(struct evhttp_request *request)
{
	struct bufferevent *b =
		evhttp_connection_get_bufferevent(evhttp_request_get_connection(request));
	int on = 1;
	setsockopt(bufferevent_getfd(b), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void answer(struct evhttp_request *request, void *mock)
{
	const struct mock *m = mock;
	struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
	struct evbuffer *out = evbuffer_new();
	int is_post = evhttp_request_get_command(request) == EVHTTP_REQ_POST;
	int is_whole = strncmp(evhttp_request_get_uri(request), "/whole", 6) == 0;
	int is_stream = is_post && !is_whole;
	send_now(request);
	evhttp_add_header(
		headers, "Content-Type", is_stream ? "text/event-stream" : "application/json");
	if (is_stream)
		evbuffer_add_reference(out, m->stream, m->stream_bytes, NULL, NULL);
	else if (is_post)
		evbuffer_add_reference(out, m->answer, m->answer_bytes, NULL, NULL);
	else
		evbuffer_add_reference(out, models, sizeof models - 1, NULL, NULL);
	if (is_stream) { /* chunked, as every server of models does it */
		evhttp_send_reply_start(request, HTTP_OK, "OK");
		evhttp_send_reply_chunk(request, out);
		evhttp_send_reply_end(request);
	} else {
		evhttp_send_reply(request, HTTP_OK, "OK", out);
	}
	evbuffer_free(out);
}

int main(int argc, char **argv)
{
	long port = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
	struct mock mock = { .answer_bytes = 0 };
	struct event_base *base = event_base_new();
	struct evhttp *http = evhttp_new(base);
	make_answer(&mock);
	make_stream(&mock);
	signal(SIGPIPE, SIG_IGN); /* a client that leaves is its own affair */
	evhttp_set_gencb(http, answer, &mock);
	if (port <= 0 || evhttp_bind_socket(http, "127.0.0.1", (unsigned short)port) != 0) {
		fprintf(stderr, "usage: mock PORT (one that is free)\n");
		return 2;
	}
	event_base_dispatch(base);
	return 0;
}
