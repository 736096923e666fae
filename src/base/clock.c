/*
 * clock.c - time; see clock.h.
 */
#include "base/clock.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
	struct timespec now;
	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_us(void)
{
	return read_us(CLOCK_MONOTONIC);
}

int64_t clock_ms(void)
{
	return clock_us() / 1000;
}

int64_t clock_cpu_us(void)
{
	return read_us(CLOCK_PROCESS_CPUTIME_ID);
}

int64_t clock_unix_ms(void)
{
	return read_us(CLOCK_REALTIME) / 1000;
}

void clock_utc_text(int64_t unix_ms, char out[CLOCK_TEXT_BYTES])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm parts;
	gmtime_r(&seconds, &parts);
	if (strftime(out, CLOCK_TEXT_BYTES, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		out[0] = 0;
}

void clock_local_text(int64_t unix_ms, char out[CLOCK_TEXT_BYTES])
{
	time_t seconds = (time_t)(unix_ms / 1000);
	struct tm parts;
	localtime_r(&seconds, &parts);
	if (strftime(out, CLOCK_TEXT_BYTES, "%Y-%m-%d %H:%M:%S", &parts) == 0)
		out[0] = 0;
}
