/*
 * Waits four seconds, then answers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <time.h>
#include <unistd.h>

int main(void)
{
    static const char answer[] = "Content-Type: text/plain\n\nslept\n";
    struct timespec pause = { .tv_sec = 4 };

    if (nanosleep(&pause, NULL) != 0)
        return 1;
    return write(STDOUT_FILENO, answer, sizeof answer - 1) > 0 ? 0 : 1;
}
