/*
 * crew.c - how many threads compute; see crew.h.
 */
#include "engine/crew.h"

enum {
	WINDOW_US = 100 * 1000, /* of computing before anything is decided */
	LEAST_WAIT_US = 1000 * 1000,
	MOST_WAIT_US = 16 * 1000 * 1000
};
/* Threads that get less of a processor than this stand in each other's way. */
#define CROWDED 0.75

void crew_init(struct crew *c, int most)
{
	*c = (struct crew){ .most = most, .now = most, .wait_us = LEAST_WAIT_US };
}

static void shrink(struct crew *c, double processors)
{
	if (c->now == c->most) /* tried again in vain: the next trial can wait longer */
		c->wait_us = c->wait_us < MOST_WAIT_US ? c->wait_us * 2 : MOST_WAIT_US;
	c->now = processors < c->now - 1 ? (int)processors : c->now - 1;
	if (c->now < 1)
		c->now = 1;
	c->away_us = 0;
}

int crew_note(struct crew *c, int64_t wall_us, int64_t cpu_us)
{
	c->wall_us += wall_us;
	c->cpu_us += cpu_us;
	if (c->now < c->most)
		c->away_us += wall_us;
	if (c->wall_us < WINDOW_US)
		return c->now;
	double processors = (double)c->cpu_us / (double)c->wall_us;
	c->wall_us = c->cpu_us = 0;
	if (processors < CROWDED * c->now && c->now > 1)
		shrink(c, processors);
	else if (c->now == c->most)
		c->wait_us = LEAST_WAIT_US;
	else if (c->away_us >= c->wait_us)
		c->now = c->most;
	return c->now;
}
