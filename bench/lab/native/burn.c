/*
 * A noisy neighbour: computes and pauses by turns until it is ended.
 *
 *   lab_burn SEED BUSY_US PAUSE_US
 *
 * Each turn's length is drawn around the mean with the seed; PAUSE_US 0: never
 * pauses.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000;
}

/* From half the mean to one and a half. */
static uint64_t draw(uint64_t *state, uint64_t mean)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return mean / 2 + (mean == 0 ? 0 : (*state >> 33) % mean);
}

int main(int argc, char **argv)
{
    static uint8_t memory[2][1 << 20]; /* uses the cache, too */
    uint64_t state, busy, pause;

    if (argc != 4) {
        (void)fprintf(stderr, "usage: lab_burn SEED BUSY_US PAUSE_US\n");
        return 2;
    }
    state = strtoull(argv[1], NULL, 10);
    busy = strtoull(argv[2], NULL, 10);
    pause = strtoull(argv[3], NULL, 10);
    for (;;) {
        uint64_t end = now_us() + draw(&state, busy), us;
        struct timespec time;

        while (now_us() < end) {
            memcpy(memory[0], memory[1], sizeof memory[0] / 8);
            memory[1][state % sizeof memory[1]]++;
        }
        us = draw(&state, pause);
        time = (struct timespec){ .tv_sec = (time_t)(us / 1000000),
                                  .tv_nsec = (long)(us % 1000000) * 1000 };
        if (us > 0)
            (void)nanosleep(&time, NULL);
    }
}
