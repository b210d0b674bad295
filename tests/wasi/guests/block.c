/*
 * A guest that waits for ever, in the way that its argument names.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static char bytes[1 << 16];
    const char *how = argc > 1 ? argv[1] : "";

    for (;;) {
        if (strcmp(how, "read") == 0) {
            if (read(0, bytes, sizeof bytes) <= 0)
                return 1;
        } else if (strcmp(how, "write") == 0) {
            if (write(1, bytes, sizeof bytes) < 0)
                return 2;
        } else if (strcmp(how, "poll") == 0) {
            struct pollfd in = { .fd = 0, .events = POLLRDNORM };

            if (poll(&in, 1, -1) != 0)
                return 3;
        } else if (strcmp(how, "sleep") == 0) {
            struct timespec hour = { .tv_sec = 3600 };

            if (nanosleep(&hour, NULL) != 0)
                return 4;
        } else {
            return 5;
        }
    }
}
