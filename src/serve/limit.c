/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/limit.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum { WAYS = 4 };

struct client {
    atomic_ullong key;     /* 0: nobody */
    atomic_ullong full_ns; /* when the bucket is full */
};

struct proa_limit {
    uint64_t secret[2];
    uint64_t set_count;
    struct client clients[]; /* WAYS in each set */
};

struct proa_limit *proa_limit_create(uint32_t client_count)
{
    uint64_t set_count = (client_count + WAYS - 1) / WAYS;
    struct proa_limit *limit =
        calloc(1, sizeof *limit + set_count * WAYS * sizeof limit->clients[0]);

    if (limit == NULL || set_count == 0) {
        free(limit);
        return NULL;
    }
    limit->set_count = set_count;
    if (getrandom(limit->secret, sizeof limit->secret, 0) !=
        (ssize_t)sizeof limit->secret) {
        free(limit);
        return NULL;
    }
    return limit;
}

void proa_limit_destroy(struct proa_limit *limit)
{
    free(limit);
}

__extension__ typedef unsigned __int128 wide;

/* Both halves of the product of two numbers: every bit depends on all. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

uint64_t proa_limit_key(const struct proa_limit *limit, const char *address,
                        uint64_t function)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    uint8_t bytes[16] = { 0 };
    uint64_t network = 0, kind = 6;

    if (inet_pton(AF_INET, address, bytes) == 1) {
        memcpy(&network, bytes, 4);
        kind = 4;
    } else if (inet_pton(AF_INET6, address, bytes) != 1) {
        return 0;
    } else if (memcmp(bytes, mapped, sizeof mapped) == 0) {
        memcpy(&network, bytes + 12, 4);
        kind = 4;
    } else {
        memcpy(&network, bytes, 8);
    }
    uint64_t key = mix(network ^ limit->secret[0], kind ^ limit->secret[1]);
    key = mix(key ^ function, limit->secret[0] | 1);
    return key == 0 ? 1 : key;
}

/* The client's, or that of whoever can be forgotten first. */
static struct client *find(struct proa_limit *limit, uint64_t key,
                           uint64_t now_ns)
{
    struct client *set = &limit->clients[key % limit->set_count * WAYS];
    struct client *oldest = &set[0];

    for (uint32_t i = 0; i < WAYS; i++) {
        if (atomic_load(&set[i].key) == key)
            return &set[i];
        if (atomic_load(&set[i].full_ns) < atomic_load(&oldest->full_ns))
            oldest = &set[i];
    }
    atomic_store(&oldest->full_ns, now_ns);
    atomic_store(&oldest->key, key);
    return oldest;
}

uint64_t proa_limit_take(struct proa_limit *limit, uint64_t key,
                         const struct proa_admission_limits *limits,
                         uint64_t now_ns)
{
    uint64_t interval_ns = limits->rate_interval_ns;
    uint64_t ahead_ns_max =
        interval_ns * (limits->burst == 0 ? 0 : limits->burst - 1);

    if (interval_ns == 0 || key == 0)
        return 0;
    struct client *client = find(limit, key, now_ns);
    unsigned long long full_ns = atomic_load(&client->full_ns);
    for (;;) {
        unsigned long long from_ns = full_ns > now_ns ? full_ns : now_ns;
        if (from_ns - now_ns > ahead_ns_max)
            return from_ns - now_ns - ahead_ns_max;
        if (atomic_compare_exchange_weak(&client->full_ns, &full_ns,
                                         from_ns + interval_ns))
            return 0;
    }
}

uint32_t proa_limit_seconds(uint64_t ns)
{
    uint64_t seconds = ns / 1000000000 + (ns % 1000000000 > 0);

    if (seconds == 0)
        return 1;
    return seconds > 3600 ? 3600 : (uint32_t)seconds;
}
