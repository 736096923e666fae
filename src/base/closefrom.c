/*
 * closefrom.c - for systems whose C library has no closefrom (macOS, glibc before 2.34).
 *
 * Called between fork and exec, so nothing here allocates.
 */
#include <sys/resource.h>
#include <unistd.h>

#include "base/proc_int.h"

enum { MOST_FDS = 65536 };

void closefrom(int first)
{
	struct rlimit limit;
	int end = MOST_FDS;
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < MOST_FDS)
		end = (int)limit.rlim_cur;
	for (int fd = first; fd < end; fd++)
		close(fd);
}
