/*
 * tool_machine.c - the machine for the syntax of a row; see tool_machine.h.
 */
#include "chat/tool_machine.h"

void tool_machine_init(struct tool_machine *m)
{
	tool_json_init(&m->json);
	tool_named_init(&m->named);
	tool_raw_init(&m->raw);
	tool_elements_init(&m->elements);
	tool_python_init(&m->python);
	tool_bare_init(&m->bare);
}

void tool_machine_clear(struct tool_machine *m)
{
	tool_json_clear(&m->json);
	tool_named_clear(&m->named);
	tool_raw_clear(&m->raw);
	tool_elements_clear(&m->elements);
	tool_python_clear(&m->python);
	tool_bare_clear(&m->bare);
}

bool tool_is_object_row(const struct tool_format *f)
{
	return f->arguments == TOOL_ARGS_JSON && str_starts(str_z(f->before_name), STR("{"));
}

void tool_machine_begin(struct tool_machine *m, const struct tool_call *c)
{
	switch (c->format->arguments) {
	case TOOL_ARGS_JSON:
		tool_json_begin(&m->json);
		tool_named_begin(&m->named);
		break;
	case TOOL_ARGS_RAW: tool_raw_begin(&m->raw); break;
	case TOOL_ARGS_ELEMENTS: tool_elements_begin(&m->elements); break;
	case TOOL_ARGS_PYTHON: tool_python_begin(&m->python); break;
	case TOOL_ARGS_BARE: tool_bare_begin(&m->bare); break;
	case TOOL_ARGS_COUNT: break;
	}
}

enum call_step tool_machine_take(
	struct tool_machine *m, struct tool_call *c, struct str s, bool is_end, size_t *taken)
{
	*taken = 0;
	switch (c->format->arguments) {
	case TOOL_ARGS_JSON:
		return tool_is_object_row(c->format)
			       ? tool_json_take(&m->json, c, s, is_end, taken)
			       : tool_named_take(&m->named, c, s, is_end, taken);
	case TOOL_ARGS_RAW: return tool_raw_take(&m->raw, c, s, is_end, taken);
	case TOOL_ARGS_ELEMENTS: return tool_elements_take(&m->elements, c, s, is_end, taken);
	case TOOL_ARGS_PYTHON: return tool_python_take(&m->python, c, s, is_end, taken);
	case TOOL_ARGS_BARE: return tool_bare_take(&m->bare, c, s, is_end, taken);
	case TOOL_ARGS_COUNT: break;
	}
	return tool_call_fault(c, "its syntax is unknown");
}
