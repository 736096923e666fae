/*
 * proc_exit_kqueue.c - the end of a child as a readable descriptor: a kqueue that watches it (macOS
 * and the BSDs).
 */
#include <sys/types.h>

#include <sys/event.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/proc_int.h"

int proc_exit_fd(int pid)
{
	int fd = kqueue();
	struct kevent watch;
	EV_SET(&watch, pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, NULL);
	if (fd >= 0 && (!fd_set_cloexec(fd) || kevent(fd, &watch, 1, NULL, 0, NULL) != 0))
		fd_close(&fd);
	return fd;
}
