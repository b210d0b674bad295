/*
 * Standard streams that may be closed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/stdio.h"

#include <fcntl.h>
#include <stdbool.h>

static bool is_closed[3];

void proa_stdio_init(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            /* The lowest free number is this one. */
            is_closed[fd] = open("/dev/null", O_RDWR) == fd;
}

int proa_stdio_fd(int fd)
{
    return is_closed[fd] ? -1 : fd;
}
