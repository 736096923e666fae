/*
 * commands.c - the table of subcommands: one line each. Those without a run are not built yet and
 * say so.
 */
#include "cmd/command.h"

/* clang-format off */
extern const struct command cmd_agent;
extern const struct command cmd_demo;
extern const struct command cmd_serve;
extern const struct command cmd_connect;
extern const struct command cmd_disconnect;
extern const struct command cmd_launch;
extern const struct command cmd_trace;
extern const struct command cmd_pull;
extern const struct command cmd_list;
extern const struct command cmd_show;
extern const struct command cmd_rm;
extern const struct command cmd_doctor;
extern const struct command cmd_help;
extern const struct command cmd_version;
extern const struct command cmd_completion;

#define NOT_BUILT(its_name, its_group, line) \
	&(const struct command){ .name = its_name, .group = its_group, .about = line, .no_config = true }
/* clang-format on */

const struct command *const commands[] = {
	&cmd_agent,
	&cmd_demo,
	&cmd_serve,
	NOT_BUILT("switch", GROUP_SERVE, "change between the cloud and this machine"),
	NOT_BUILT("drill", GROUP_SERVE, "practise the blackout before it comes"),
	&cmd_connect,
	&cmd_disconnect,
	&cmd_launch,
	&cmd_doctor,
	&cmd_trace,
	NOT_BUILT("eval", GROUP_DIAGNOSE, "real tasks, judged by what is on disk"),
	NOT_BUILT("plan", GROUP_MODELS, "which model fits this machine, and how fast"),
	&cmd_pull,
	&cmd_list,
	&cmd_show,
	&cmd_rm,
	&cmd_help,
	&cmd_version,
	&cmd_completion,
	NULL,
};
