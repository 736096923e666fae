/*
 * fd.h - file descriptors: the few things that need care each time.
 *
 * Every descriptor made by this program is closed on exec.
 */
#ifndef OFFGRID_BASE_FD_H
#define OFFGRID_BASE_FD_H

#include <stdbool.h>

bool fd_pipe(int fds[2]); /* [0] reads, [1] writes; false with errno */
bool fd_set_nonblocking(int fd);
bool fd_set_cloexec(int fd);
/* Lets this process have so many at once, or as many as the system allows it. */
void fd_raise_limit(unsigned wanted);
void fd_close(int *fd); /* and sets it to -1; fine if it is that already */

#endif
