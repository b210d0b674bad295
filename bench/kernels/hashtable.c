/*
 * pointers: a hash table with chains, string keys: counted, looked up, removed.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "kernel.h"

enum { BUCKETS = 1 << 14, ENTRIES = 40000, LOOKUPS = 300000, KEY_MAX = 12 };

static struct entry {
    struct entry *next;
    uint32_t hash;
    uint32_t count;
    char key[KEY_MAX];
} entries[ENTRIES], *buckets[BUCKETS];
static uint32_t used;

void kernel_setup(void)
{
    used = 0;
    memset(buckets, 0, sizeof buckets);
}

static uint32_t make_key(char *key, uint32_t number)
{
    uint32_t size = 0;

    do {
        key[size++] = (char)('a' + number % 16);
        number /= 16;
    } while (number != 0);
    key[size] = '\0';
    return size;
}

static uint32_t hash(const char *key)
{
    uint32_t h = 2166136261u;

    for (; *key != '\0'; key++)
        h = (h ^ (uint8_t)*key) * 16777619u;
    return h;
}

static int is_equal(const char *a, const char *b)
{
    for (; *a == *b; a++, b++) {
        if (*a == '\0')
            return 1;
    }
    return 0;
}

static struct entry *look_up(const char *key, uint32_t h)
{
    struct entry *e = buckets[h % BUCKETS];

    while (e != NULL && (e->hash != h || !is_equal(e->key, key)))
        e = e->next;
    return e;
}

uint64_t kernel_run(void)
{
    uint32_t seed = 32;
    uint64_t sum = 0;

    for (int i = 0; i < LOOKUPS; i++) {
        char key[KEY_MAX];
        uint32_t size = make_key(key, kernel_random(&seed) % 60000);
        uint32_t h = hash(key);
        struct entry *e = look_up(key, h);

        if (e == NULL && used < ENTRIES) {
            e = &entries[used++];
            memcpy(e->key, key, size + 1);
            e->hash = h;
            e->count = 0;
            e->next = buckets[h % BUCKETS];
            buckets[h % BUCKETS] = e;
        }
        if (e != NULL)
            sum += ++e->count;
    }
    for (uint32_t i = 0; i < used; i++)
        sum = kernel_mix(sum, entries[i].count ^ entries[i].hash);
    return sum;
}
