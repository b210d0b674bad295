/*
 * pointers: a linked list in random order: walked, reversed, merge-sorted.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { COUNT = 60000, WALKS = 20 };

static struct node {
    struct node *next;
    uint32_t value;
} nodes[COUNT];
static struct node *head;

void kernel_setup(void)
{
    static uint32_t order[COUNT];
    uint32_t seed = 30;

    for (uint32_t i = 0; i < COUNT; i++)
        order[i] = i;
    for (uint32_t i = COUNT - 1; i > 0; i--) {
        uint32_t j = kernel_random(&seed) % (i + 1);
        uint32_t t = order[i];

        order[i] = order[j];
        order[j] = t;
    }
    head = NULL;
    for (uint32_t i = 0; i < COUNT; i++) {
        struct node *node = &nodes[order[i]];

        node->value = kernel_random(&seed);
        node->next = head;
        head = node;
    }
}

static struct node *reverse(struct node *list)
{
    struct node *result = NULL;

    while (list != NULL) {
        struct node *next = list->next;

        list->next = result;
        result = list;
        list = next;
    }
    return result;
}

static struct node *merge(struct node *a, struct node *b)
{
    struct node first;
    struct node *last = &first;

    while (a != NULL && b != NULL) {
        struct node **from = b->value < a->value ? &b : &a;

        last->next = *from;
        last = *from;
        *from = (*from)->next;
    }
    last->next = a != NULL ? a : b;
    return first.next;
}

static struct node *sort(struct node *list, uint32_t count)
{
    struct node *middle = list;
    struct node *rest;

    if (count < 2)
        return list;
    for (uint32_t i = 1; i < count / 2; i++)
        middle = middle->next;
    rest = middle->next;
    middle->next = NULL;
    return merge(sort(list, count / 2), sort(rest, count - count / 2));
}

uint64_t kernel_run(void)
{
    uint64_t sum = 0;

    for (int walk = 0; walk < WALKS; walk++) {
        for (const struct node *n = head; n != NULL; n = n->next)
            sum = sum * 31 + n->value;
        head = reverse(head);
    }
    head = sort(head, COUNT);
    for (const struct node *n = head; n != NULL; n = n->next)
        sum = kernel_mix(sum, n->value);
    return sum;
}
