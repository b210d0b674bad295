/*
 * pointers: shortest ways in a sparse graph with a binary heap.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { NODES = 80000, EDGES = 6, HEAP = NODES * EDGES + 1 };

static struct edge {
    uint32_t to;
    uint32_t cost;
} edges[NODES][EDGES];
static uint32_t distance[NODES];
static struct item {
    uint32_t distance;
    uint32_t node;
} heap[HEAP];
static uint32_t count;

void kernel_setup(void)
{
    uint32_t seed = 33;

    for (int i = 0; i < NODES; i++) {
        for (int k = 0; k < EDGES; k++) {
            edges[i][k].to = kernel_random(&seed) % NODES;
            edges[i][k].cost = 1 + kernel_random(&seed) % 1000;
        }
    }
}

static void push(struct item item)
{
    uint32_t at = count++;

    while (at > 0 && heap[(at - 1) / 2].distance > item.distance) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = item;
}

static struct item pop(void)
{
    struct item top = heap[0];
    struct item last = heap[--count];
    uint32_t at = 0;

    for (;;) {
        uint32_t down = 2 * at + 1;

        if (down >= count)
            break;
        if (down + 1 < count && heap[down + 1].distance < heap[down].distance)
            down++;
        if (heap[down].distance >= last.distance)
            break;
        heap[at] = heap[down];
        at = down;
    }
    heap[at] = last;
    return top;
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int i = 0; i < NODES; i++)
        distance[i] = UINT32_MAX;
    distance[0] = 0;
    count = 0;
    push((struct item){ 0, 0 });
    while (count > 0) {
        struct item item = pop();

        if (item.distance > distance[item.node])
            continue;
        for (int k = 0; k < EDGES; k++) {
            const struct edge *edge = &edges[item.node][k];
            uint32_t d = item.distance + edge->cost;

            if (d < distance[edge->to]) {
                distance[edge->to] = d;
                push((struct item){ d, edge->to });
            }
        }
    }
    for (int i = 0; i < NODES; i++)
        sum = kernel_mix(sum, distance[i]);
    return sum;
}
