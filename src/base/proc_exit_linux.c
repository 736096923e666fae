/*
 * proc_exit_linux.c - the end of a child as a readable descriptor: a pidfd (Linux 5.3 and later).
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "base/proc_int.h"

int proc_exit_fd(int pid)
{
	/* The kernel sets close-on-exec by itself. */
	return (int)syscall(SYS_pidfd_open, pid, 0);
}
