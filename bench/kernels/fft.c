/*
 * numeric: fast Fourier transform, radix 2, in place, forward and back.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

#include <math.h>

enum { BITS = 15, SIZE = 1 << BITS, ROUNDS = 12 };

static double re[SIZE], im[SIZE], cosines[SIZE / 2], sines[SIZE / 2];
static uint32_t mirror[SIZE];

void kernel_setup(void)
{
    uint32_t seed = 5;

    /* By recurrence: no libm, so the same bits everywhere. */
    double step_re = 0.99999998161642930;
    double step_im = 0.00019174759731070;
    double x = 1, y = 0;

    for (int i = 0; i < SIZE; i++) {
        re[i] = kernel_random_double(&seed);
        im[i] = 0;
        mirror[i] = (mirror[i >> 1] >> 1) | ((uint32_t)(i & 1) << (BITS - 1));
    }
    for (int i = 0; i < SIZE / 2; i++) {
        double next = x * step_re - y * step_im;

        cosines[i] = x;
        sines[i] = y;
        y = x * step_im + y * step_re;
        x = next;
    }
}

static void transform(double sign)
{
    for (uint32_t i = 0; i < SIZE; i++) {
        uint32_t j = mirror[i];

        if (j > i) {
            double t = re[i];

            re[i] = re[j];
            re[j] = t;
            t = im[i];
            im[i] = im[j];
            im[j] = t;
        }
    }
    for (int half = 1; half < SIZE; half *= 2) {
        int stride = SIZE / (2 * half);

        for (int block = 0; block < SIZE; block += 2 * half) {
            for (int k = 0; k < half; k++) {
                double c = cosines[k * stride];
                double s = sign * sines[k * stride];
                int low = block + k;
                int high = low + half;
                double x = re[high] * c - im[high] * s;
                double y = re[high] * s + im[high] * c;

                re[high] = re[low] - x;
                im[high] = im[low] - y;
                re[low] += x;
                im[low] += y;
            }
        }
    }
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int round = 0; round < ROUNDS; round++) {
        transform(-1);
        transform(1);
        for (int i = 0; i < SIZE; i++) {
            re[i] /= (double)SIZE;
            im[i] /= (double)SIZE;
        }
    }
    for (int i = 0; i < SIZE; i += 97)
        sum = kernel_mix_double(sum, re[i] + im[i]);
    return sum;
}
