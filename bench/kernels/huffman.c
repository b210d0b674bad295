/*
 * integer: canonical Huffman codes made from counts; a text coded and decoded
 * bit by bit.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { SIZE = 500000, NODES = 511 };

static uint8_t text[SIZE], coded[SIZE * 2], back[SIZE];
static uint32_t weight[NODES];
static int16_t child[NODES][2];
static uint32_t code[256];
static uint8_t length[256];

void kernel_setup(void)
{
    uint32_t seed = 26;

    for (int i = 0; i < SIZE; i++) {
        uint32_t r = kernel_random(&seed);

        /* Few letters are frequent, many are rare. */
        text[i] = (uint8_t)(r & 7 ? 'a' + (r >> 8) % 12 : (r >> 8) % 256);
    }
    memset(coded, 0, sizeof coded);
}

static int lightest(const uint8_t *is_used, int count)
{
    int best = -1;

    for (int i = 0; i < count; i++) {
        if (!is_used[i] && weight[i] > 0 &&
            (best < 0 || weight[i] < weight[best]))
            best = i;
    }
    return best;
}

static int build(void)
{
    uint8_t is_used[NODES] = { 0 };
    int count = 256;

    memset(weight, 0, sizeof weight);
    for (int i = 0; i < SIZE; i++)
        weight[text[i]]++;
    for (;;) {
        int a = lightest(is_used, count);
        int b;

        is_used[a] = 1;
        b = lightest(is_used, count);
        if (b < 0)
            return a;
        is_used[b] = 1;
        child[count][0] = (int16_t)a;
        child[count][1] = (int16_t)b;
        weight[count] = weight[a] + weight[b];
        count++;
    }
}

static void assign(int node, uint32_t bits, uint8_t depth)
{
    if (node < 256) {
        code[node] = bits;
        length[node] = depth;
        return;
    }
    assign(child[node][0], bits << 1, (uint8_t)(depth + 1));
    assign(child[node][1], bits << 1 | 1, (uint8_t)(depth + 1));
}

static uint32_t encode(void)
{
    uint32_t at = 0;

    for (int i = 0; i < SIZE; i++) {
        uint32_t bits = code[text[i]];

        for (int k = length[text[i]] - 1; k >= 0; k--, at++)
            coded[at >> 3] |= (uint8_t)((bits >> k & 1) << (at & 7));
    }
    return at;
}

static void decode(int root)
{
    uint32_t at = 0;

    for (int i = 0; i < SIZE; i++) {
        int node = root;

        while (node >= 256) {
            node = child[node][coded[at >> 3] >> (at & 7) & 1];
            at++;
        }
        back[i] = (uint8_t)node;
    }
}

uint64_t kernel_run(void)
{
    int root = build();
    uint32_t bit_count;
    uint64_t sum;

    assign(root, 0, 0);
    bit_count = encode();
    sum = bit_count;
    decode(root);
    for (int i = 0; i < SIZE; i++) {
        if (back[i] != text[i])
            return 0;
    }
    for (uint32_t i = 0; i < bit_count / 8; i += 53)
        sum = kernel_mix(sum, coded[i]);
    return sum;
}
