/*
 * timed.c - runs commands many times in turn, A B A B ..., and says what each run took.
 *
 *   timed RUNS COMMAND [ARG...] [-- COMMAND [ARG...]]...
 *
 * Time and memory are the system's own account of each run. In turn, so that a machine that grows
 * busy meanwhile is so for all of them; from a program as small as this one, because the memory of
 * whoever starts a program counts as that program's at first. An argument "{}" becomes the number
 * of the run. What the commands print is thrown away; the first run of each is not counted.
 *
 * Prints one JSON array with an object for each command; `code` is the largest exit code.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

enum { MOST_COMMANDS = 8, MOST_RUNS = 10000, NUMBER_BYTES = 16 };

struct sample {
	double wall_us, cpu_us;
	long peak_kib;
	int code; /* exit code; 128 and the signal if one ended it; 127 if it could not start */
};

struct command {
	char **argv;
	struct sample *samples;
};

static double now_us(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double in_us(struct timeval t)
{
	return (double)t.tv_sec * 1e6 + (double)t.tv_usec;
}

static struct sample run_once(char **argv, posix_spawn_file_actions_t *quiet)
{
	struct sample s = { .code = 127 };
	struct rusage used;
	pid_t pid;
	int status;
	double began = now_us();
	if (posix_spawnp(&pid, argv[0], quiet, NULL, argv, environ) != 0 ||
		wait4(pid, &status, 0, &used) < 0)
		return s;
	s.wall_us = now_us() - began;
	s.cpu_us = in_us(used.ru_utime) + in_us(used.ru_stime);
	s.peak_kib = used.ru_maxrss;
	s.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return s;
}

/* A copy of the arguments in which "{}" is the number of the run; numbers[] holds its text. */
static char **with_number(char **argv, char *number, char **out)
{
	size_t i = 0;
	for (; argv[i]; i++)
		out[i] = strcmp(argv[i], "{}") == 0 ? number : argv[i];
	out[i] = NULL;
	return out;
}

static size_t split(char **words, struct command *out)
{
	size_t count = 0;
	while (*words && count < MOST_COMMANDS) {
		out[count++].argv = words;
		while (*words && strcmp(*words, "--") != 0)
			words++;
		if (*words)
			*words++ = NULL;
	}
	return count;
}

static void print(const struct command *c, int runs, int is_last)
{
	int code = 0;
	for (int i = 0; i <= runs; i++)
		code = c->samples[i].code > code ? c->samples[i].code : code;
	printf("{\"code\": %d, \"wall_us\": [", code);
	for (int i = 1; i <= runs; i++)
		printf("%s%.1f", i > 1 ? ", " : "", c->samples[i].wall_us);
	printf("], \"cpu_us\": [");
	for (int i = 1; i <= runs; i++)
		printf("%s%.1f", i > 1 ? ", " : "", c->samples[i].cpu_us);
	printf("], \"peak_kib\": [");
	for (int i = 1; i <= runs; i++)
		printf("%s%ld", i > 1 ? ", " : "", c->samples[i].peak_kib);
	printf("]}%s\n", is_last ? "" : ",");
}

int main(int argc, char **argv)
{
	struct command commands[MOST_COMMANDS] = { { 0 } };
	long runs = argc > 2 ? strtol(argv[1], NULL, 10) : 0;
	if (runs < 1 || runs > MOST_RUNS) {
		fputs("usage: timed RUNS COMMAND [ARG...] [-- COMMAND [ARG...]]...\n", stderr);
		return 2;
	}
	size_t count = split(argv + 2, commands);
	posix_spawn_file_actions_t quiet;
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
	char number[NUMBER_BYTES], **words = calloc((size_t)argc + 1, sizeof *words);
	for (size_t i = 0; i < count; i++)
		commands[i].samples = calloc((size_t)runs + 1, sizeof(struct sample));
	for (int run = 0; run <= runs; run++) {
		snprintf(number, sizeof number, "%d", run);
		for (size_t i = 0; i < count; i++)
			commands[i].samples[run] =
				run_once(with_number(commands[i].argv, number, words), &quiet);
	}
	printf("[");
	for (size_t i = 0; i < count; i++) {
		print(&commands[i], (int)runs, i + 1 == count);
		free(commands[i].samples);
	}
	printf("]\n");
	free(words);
	return 0;
}
