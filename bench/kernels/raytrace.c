/*
 * numeric: spheres hit by rays, nearest first, one mirror bounce; scalar floats
 * with branches between.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

#include <math.h>

enum { SPHERES = 24, WIDTH = 400, HEIGHT = 240 };

struct vec {
    float x, y, z;
};
static struct sphere {
    struct vec centre;
    float radius;
    float shade;
} spheres[SPHERES];

void kernel_setup(void)
{
    uint32_t seed = 11;

    for (int i = 0; i < SPHERES; i++) {
        struct sphere *s = &spheres[i];

        s->centre.x = (float)(8 * kernel_random_double(&seed) - 4);
        s->centre.y = (float)(6 * kernel_random_double(&seed) - 3);
        s->centre.z = (float)(6 + 6 * kernel_random_double(&seed));
        s->radius = (float)(0.4 + kernel_random_double(&seed));
        s->shade = (float)kernel_random_double(&seed);
    }
}

static float dot(struct vec a, struct vec b)
{
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

static struct vec along(struct vec from, struct vec way, float t)
{
    return (struct vec){ from.x + t * way.x, from.y + t * way.y,
                         from.z + t * way.z };
}

static const struct sphere *nearest(struct vec from, struct vec way, float *t)
{
    const struct sphere *best = NULL;

    *t = 1e30f;
    for (int i = 0; i < SPHERES; i++) {
        const struct sphere *s = &spheres[i];
        struct vec to = along(s->centre, from, -1);
        float b = dot(to, way);
        float d = b * b - dot(to, to) + s->radius * s->radius;
        float hit;

        if (d < 0)
            continue;
        hit = b - sqrtf(d);
        if (hit > 0.001f && hit < *t) {
            *t = hit;
            best = s;
        }
    }
    return best;
}

static float trace(struct vec from, struct vec way, int bounces)
{
    float t;
    const struct sphere *s = nearest(from, way, &t);
    struct vec place, normal;

    if (s == NULL)
        return 0.1f;
    place = along(from, way, t);
    normal = along(place, s->centre, -1);
    normal = along((struct vec){ 0, 0, 0 }, normal, 1 / s->radius);
    if (bounces == 0)
        return s->shade;
    return 0.7f * s->shade +
           0.3f * trace(place, along(way, normal, -2 * dot(way, normal)),
                        bounces - 1);
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int row = 0; row < HEIGHT; row++) {
        for (int column = 0; column < WIDTH; column++) {
            struct vec way = { (float)(column - WIDTH / 2) / (float)WIDTH,
                               (float)(row - HEIGHT / 2) / (float)WIDTH, 1 };
            float length = sqrtf(dot(way, way));
            float light;

            way = along((struct vec){ 0, 0, 0 }, way, 1 / length);
            light = trace((struct vec){ 0, 0, 0 }, way, 3);
            sum = kernel_mix(sum, (uint64_t)(light * 65536));
        }
    }
    return sum;
}
