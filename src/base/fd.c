/*
 * fd.c - file descriptors; see fd.h.
 *
 * A child forked by another thread between pipe() and fcntl() would hold the descriptor; proc.c
 * closes everything in a child, so that cannot happen here.
 */
#include "base/fd.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

bool fd_set_cloexec(int fd)
{
	int flags = fcntl(fd, F_GETFD);
	return flags >= 0 && fcntl(fd, F_SETFD, flags | FD_CLOEXEC) == 0;
}

bool fd_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

bool fd_pipe(int fds[2])
{
	if (pipe(fds) != 0)
		return false;
	if (fd_set_cloexec(fds[0]) && fd_set_cloexec(fds[1]))
		return true;
	fd_close(&fds[0]);
	fd_close(&fds[1]);
	return false;
}

void fd_raise_limit(unsigned wanted)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	setrlimit(RLIMIT_NOFILE, &limit);
}

void fd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}
