/*
 * ask.c - one question to a model on this machine, events as they come: `ask MODEL [--tools] TEXT`.
 * For trying things out.
 */
#include <stdio.h>
#include <string.h>

#include "cmd/open_local.h"
#include "engine/engine.h"

struct asking {
	struct loop *loop;
	int code;
};

static void take(void *owner, const struct chat_event *event)
{
	struct asking *a = owner;
	printf("[%s] %.*s\n", chat_event_names[event->type], STR_ARG(event->text));
	if (event->type == CHAT_USAGE)
		printf("   prompt %lld, cached %lld, answer %lld\n",
			(long long)event->usage.prompt_tokens,
			(long long)event->usage.cached_tokens,
			(long long)event->usage.answer_tokens);
	if (event->type == CHAT_FAIL) {
		printf("   %s: %s\n   %s\n", layers[event->err->layer].name, event->err->what,
			event->err->mend);
		a->code = 1;
	}
	if (event->type == CHAT_STOP || event->type == CHAT_FAIL)
		loop_stop(a->loop);
}

static void add_tool(struct chat_request *r, const char *name, const char *about, const char *first,
	const char *second)
{
	json_t *properties = json_object(), *required = json_array();
	const char *names[] = { first, second };
	for (int i = 0; i < 2 && names[i]; i++) {
		json_object_set_new(properties, names[i], json_pack("{s:s}", "type", "string"));
		json_array_append_new(required, json_string(names[i]));
	}
	chat_add_tool(r, str_z(name), str_z(about),
		json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
			required));
}

int main(int argc, char **argv)
{
	int child = engine_child(argc, argv);
	if (child >= 0)
		return child;
	if (argc < 3)
		return 2;
	struct err e = { .kind = ERR_NONE };
	struct arena *a = arena_new();
	struct asking asking = { .loop = loop_new() };
	struct model_args args = { .model = str_z(argv[1]) };
	struct backend *b =
		open_local(a, asking.loop, &args, (struct engine_watcher){ NULL, NULL }, NULL, &e);
	struct chat_request *r = chat_request_new(a);
	struct trace *t = trace_new();
	if (strcmp(argv[2], "--tools") == 0) {
		add_tool(r, "read", "return a file", "path", NULL);
		add_tool(r, "write", "create or replace a file", "path", "content");
		add_tool(r, "edit", "replace text in a file", "path", "old");
		add_tool(r, "list", "list a folder", "path", NULL);
		add_tool(r, "search", "find text in files", "pattern", "path");
		add_tool(r, "shell", "run a command", "command", NULL);
		chat_add_text(r, CHAT_SYSTEM,
			STR("You are offgrid, an agent that works with files. Use the tools; do "
			    "not say you did what you did not do."));
	}
	r->sampling.max_tokens = 200;
	chat_add_text(r, CHAT_USER, str_z(argv[argc - 1]));
	struct backend_call *call =
		b ? b->ops->start(b, r, t, (struct chat_sink){ take, &asking }, &e) : NULL;
	if (!call) {
		printf("%s: %s\n  %s\n", layers[e.layer].name, e.what, e.mend);
		return 1;
	}
	loop_run(asking.loop);
	for (size_t i = 0; i < trace_count(t); i++)
		printf("  %s %s: %.*s\n", layers[trace_get(t, i)->layer].name,
			trace_get(t, i)->what, STR_ARG(trace_get(t, i)->text));
	b->ops->end(call);
	b->ops->free(b);
	loop_free(asking.loop);
	trace_free(t);
	chat_request_free(r);
	arena_free(a);
	return asking.code;
}
