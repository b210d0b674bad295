/*
 * Deadlines of a few kinds, each kind with one duration: so each kind's list
 * is in order of time by itself, and setting and ending cost the same always.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_DEADLINE_H
#define PROA_HTTP_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

enum proa_http_deadline_kind {
    PROA_HTTP_DEADLINE_HEAD,
    PROA_HTTP_DEADLINE_BODY,
    PROA_HTTP_DEADLINE_WRITE,
    PROA_HTTP_DEADLINE_IDLE,
    PROA_HTTP_DEADLINE_LINGER,
    PROA_HTTP_DEADLINE_STREAM_BODY, /* of one stream in HTTP/2 */
    PROA_HTTP_DEADLINE_STREAM_WRITE,
    PROA_HTTP_DEADLINE_KIND_COUNT,
};

/* Within what it limits. Start from `{ 0 }`: not set. */
struct proa_http_deadline {
    struct proa_http_deadline *next; /* NULL when it is not set */
    struct proa_http_deadline *previous;
    uint64_t at_ms;
    enum proa_http_deadline_kind kind;
};

struct proa_http_deadlines {
    struct proa_http_deadline heads[PROA_HTTP_DEADLINE_KIND_COUNT];
    uint32_t ms[PROA_HTTP_DEADLINE_KIND_COUNT];
};

/* Must not move afterwards. The durations are copied. */
void proa_http_deadlines_init(struct proa_http_deadlines *all,
                              const uint32_t ms[PROA_HTTP_DEADLINE_KIND_COUNT]);

/* Set anew, whatever it was set to. */
void proa_http_deadline_set(struct proa_http_deadlines *all,
                            struct proa_http_deadline *deadline,
                            enum proa_http_deadline_kind kind, uint64_t now_ms);

/* Does nothing when it is not set. */
void proa_http_deadline_unset(struct proa_http_deadline *deadline);

/* One that is over, unset, or NULL. */
struct proa_http_deadline *
proa_http_deadline_over(struct proa_http_deadlines *all, uint64_t now_ms);

/* Milliseconds until the next one; -1 when none is set. */
int64_t proa_http_deadline_wait(const struct proa_http_deadlines *all,
                                uint64_t now_ms);

#endif
