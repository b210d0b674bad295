/*
 * Computes for some 200 ms, as a neighbour that shares the server.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdint.h>
#include <time.h>
#include <unistd.h>

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int main(void)
{
    static const char answer[] = "Content-Type: text/plain\n\nburnt\n";
    uint64_t end = now_ms() + 200;
    volatile uint32_t sum = 0;

    while (now_ms() < end)
        for (uint32_t i = 0; i < 1000000; i++)
            sum += i;
    return write(STDOUT_FILENO, answer, sizeof answer - 1) > 0 ? 0 : 1;
}
