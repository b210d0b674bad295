/*
 * pointers: a binary search tree, filled, searched and walked.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { COUNT = 50000, SEARCHES = 100000 };

static struct node {
    struct node *left;
    struct node *right;
    uint32_t key;
    uint32_t hits;
} nodes[COUNT];
static uint32_t used;

void kernel_setup(void)
{
    used = 0;
}

static struct node *insert(struct node *root, uint32_t key)
{
    struct node **at = &root;

    while (*at != NULL) {
        if ((*at)->key == key)
            return root;
        at = key < (*at)->key ? &(*at)->left : &(*at)->right;
    }
    *at = &nodes[used++];
    **at = (struct node){ .key = key };
    return root;
}

static uint64_t walk(const struct node *node, uint64_t sum)
{
    if (node == NULL)
        return sum;
    sum = walk(node->left, sum);
    sum = kernel_mix(sum, node->key ^ (uint64_t)node->hits << 32);
    return walk(node->right, sum);
}

uint64_t kernel_run(void)
{
    struct node *root = NULL;
    uint32_t seed = 31;

    for (int i = 0; i < COUNT; i++)
        root = insert(root, kernel_random(&seed) % 1000000);
    for (int i = 0; i < SEARCHES; i++) {
        uint32_t key = kernel_random(&seed) % 1000000;
        struct node *node = root;

        while (node != NULL && node->key != key)
            node = key < node->key ? node->left : node->right;
        if (node != NULL)
            node->hits++;
    }
    return walk(root, used);
}
