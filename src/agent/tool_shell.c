/*
 * tool_shell.c - shell(command): run a command line in the cage; "exit CODE" and what it said.
 *
 * The beginning and the end of a flood are kept. A command that does not end in time is stopped
 * with its whole process group. Whether commands may run at all is the policy's business.
 *
 * Layer: act
 */
#include "agent/cage.h"
#include "agent/tool.h"
#include "base/utf8.h"

enum { NOTE_BYTES = 256, SIGNAL_EXIT = 128, MS_PER_S = 1000, MEND_GROWTH = 3 };

static bool plan(const struct tool_context *c, const json_t *args, struct tool_result *r,
	struct proc_spec *spec, struct err *e)
{
	struct str command = str_trim(tool_arg(args, "command"));
	if (command.n == 0)
		return fail(e, ERR_USAGE, LAYER_ACT, "the command is empty");
	r->is_command = true;
	r->command = arena_str(r->arena, command);
	*spec = (struct proc_spec){
		.io = PROC_MERGED,
		.max_output_bytes = (r->text.max - NOTE_BYTES) / 2,
		.deadline_ms = c->command_ms,
	};
	cage_wrap(c->cage, r->arena, command, spec);
	return true;
}

/* As text: what is no UTF-8 and NUL replaced, trailing white space gone. */
static void add_output(const struct proc_result *end, struct buf *out)
{
	struct buf raw, text;
	size_t most = end->out[PROC_OUT].max + NOTE_BYTES;
	buf_init(&raw, most);
	buf_init(&text, most * MEND_GROWTH);
	capture_write(&end->out[PROC_OUT], &raw);
	utf8_mend(str_trim_right(buf_str(&raw)), &text);
	for (size_t i = 0; i < text.n; i++)
		if (text.p[i] == 0)
			text.p[i] = '?';
	struct str kept = str_sub(buf_str(&text), 0, out->max - out->n);
	kept.n = utf8_whole(kept);
	buf_add(out, kept);
	buf_clear(&raw);
	buf_clear(&text);
}

static void tell(const struct tool_context *c, const struct proc_result *end, struct tool_result *r)
{
	r->exit_code = end->signal ? SIGNAL_EXIT + end->signal : end->exit_code;
	r->is_timed_out = end->timed_out;
	r->is_error = r->exit_code != 0 || end->timed_out;
	if (end->timed_out)
		buf_printf(&r->text, "error: stopped, because it did not end in %lld s\n",
			(long long)(c->command_ms / MS_PER_S));
	else if (end->was_stopped)
		buf_add_z(&r->text, "error: stopped by the user\n");
	else
		buf_printf(&r->text, "exit %d\n", r->exit_code);
	size_t head = r->text.n;
	add_output(end, &r->text);
	if (r->text.n == head)
		buf_truncate(&r->text, head - 1);
}

const struct agent_tool tool_shell = {
	.name = "shell",
	.description = "run a command",
	.schema = "{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"string\"}},"
		  "\"required\":[\"command\"],\"additionalProperties\":false}",
	.risk = TOOL_RUNS,
	.plan = plan,
	.tell = tell,
};
