/*
 * numeric: a five by five filter over a picture of floats, as image code does.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { WIDTH = 512, HEIGHT = 384, TAPS = 5, ROUNDS = 60 };

static float picture[HEIGHT + TAPS][WIDTH + TAPS], result[HEIGHT][WIDTH];
static float filter[TAPS][TAPS];

void kernel_setup(void)
{
    uint32_t seed = 8;

    for (int y = 0; y < HEIGHT + TAPS; y++) {
        for (int x = 0; x < WIDTH + TAPS; x++)
            picture[y][x] = (float)kernel_random_double(&seed);
    }
    for (int y = 0; y < TAPS; y++) {
        for (int x = 0; x < TAPS; x++)
            filter[y][x] = (float)kernel_random_double(&seed) - 0.5f;
    }
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                float total = 0;

                for (int v = 0; v < TAPS; v++) {
                    for (int u = 0; u < TAPS; u++)
                        total += picture[y + v][x + u] * filter[v][u];
                }
                result[y][x] = total;
            }
        }
        filter[0][0] += 0.125f;
    }
    for (int y = 0; y < HEIGHT; y++)
        sum = kernel_mix_double(sum, (double)result[y][(y * 5) % WIDTH]);
    return sum;
}
