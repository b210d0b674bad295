/*
 * numeric: shortest paths between all pairs, 32-bit integers.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 320 };

static int32_t distance[SIZE][SIZE];

void kernel_setup(void)
{
    uint32_t seed = 9;

    for (int i = 0; i < SIZE; i++) {
        for (int j = 0; j < SIZE; j++)
            distance[i][j] = (int32_t)(kernel_random(&seed) % 10000) + 1;
    }
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int k = 0; k < SIZE; k++) {
        for (int i = 0; i < SIZE; i++) {
            for (int j = 0; j < SIZE; j++) {
                int32_t over = distance[i][k] + distance[k][j];

                if (over < distance[i][j])
                    distance[i][j] = over;
            }
        }
    }
    for (int i = 0; i < SIZE; i++)
        sum = kernel_mix(sum, (uint64_t)distance[i][(i * 11) % SIZE]);
    return sum;
}
