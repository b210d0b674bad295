/*
 * What a guest finds in the place of its standard streams, told by the exit
 * code: two bits a stream, 0 closed, 1 open, 2 a terminal. With an argument,
 * the errno of: "write", writing to stdout; "nonblock", reading from stdin
 * after it was told not to block.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int code = 0;
    char byte;

    if (argc > 1 && strcmp(argv[1], "write") == 0)
        return write(1, "x", 1) == 1 ? 0 : errno;
    if (argc > 1 && strcmp(argv[1], "nonblock") == 0) {
        if (fcntl(0, F_SETFL, O_NONBLOCK) != 0)
            return 125;
        return read(0, &byte, 1) >= 0 ? 0 : errno;
    }
    for (int fd = 0; fd < 3; fd++) {
        struct stat st;

        if (fstat(fd, &st) == 0)
            code |= (isatty(fd) ? 2 : 1) << (2 * fd);
    }
    return code;
}
