/*
 * numeric: how long z = z * z + c stays small; a loop that leaves early.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { WIDTH = 240, HEIGHT = 200, LIMIT = 400 };

void kernel_setup(void)
{
}

static uint32_t escape(double cx, double cy)
{
    double x = 0, y = 0;
    uint32_t n = 0;

    while (n < LIMIT && x * x + y * y < 4) {
        double next = x * x - y * y + cx;

        y = 2 * x * y + cy;
        x = next;
        n++;
    }
    return n;
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int row = 0; row < HEIGHT; row++) {
        for (int column = 0; column < WIDTH; column++)
            sum = kernel_mix(sum, escape(column * (3.0 / (double)WIDTH) - 2.1,
                                         row * (2.4 / (double)HEIGHT) - 1.2));
    }
    return sum;
}
