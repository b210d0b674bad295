/* SPDX-License-Identifier: Apache-2.0 */
#include "http/deadline.h"

#include <stddef.h>

void proa_http_deadlines_init(struct proa_http_deadlines *all,
                              const uint32_t ms[PROA_HTTP_DEADLINE_KIND_COUNT])
{
    for (int kind = 0; kind < PROA_HTTP_DEADLINE_KIND_COUNT; kind++) {
        struct proa_http_deadline *head = &all->heads[kind];
        *head = (struct proa_http_deadline){ .next = head, .previous = head };
        all->ms[kind] = ms[kind];
    }
}

void proa_http_deadline_unset(struct proa_http_deadline *deadline)
{
    if (deadline->next == NULL)
        return;
    deadline->next->previous = deadline->previous;
    deadline->previous->next = deadline->next;
    deadline->next = NULL;
    deadline->previous = NULL;
}

void proa_http_deadline_set(struct proa_http_deadlines *all,
                            struct proa_http_deadline *deadline,
                            enum proa_http_deadline_kind kind, uint64_t now_ms)
{
    struct proa_http_deadline *head = &all->heads[kind];

    proa_http_deadline_unset(deadline);
    deadline->kind = kind;
    deadline->at_ms = now_ms + all->ms[kind];
    deadline->next = head;
    deadline->previous = head->previous;
    head->previous->next = deadline;
    head->previous = deadline;
}

struct proa_http_deadline *
proa_http_deadline_over(struct proa_http_deadlines *all, uint64_t now_ms)
{
    for (int kind = 0; kind < PROA_HTTP_DEADLINE_KIND_COUNT; kind++) {
        struct proa_http_deadline *first = all->heads[kind].next;
        if (first != &all->heads[kind] && first->at_ms <= now_ms) {
            proa_http_deadline_unset(first);
            return first;
        }
    }
    return NULL;
}

int64_t proa_http_deadline_wait(const struct proa_http_deadlines *all,
                                uint64_t now_ms)
{
    int64_t wait = -1;

    for (int kind = 0; kind < PROA_HTTP_DEADLINE_KIND_COUNT; kind++) {
        const struct proa_http_deadline *first = all->heads[kind].next;
        if (first == &all->heads[kind])
            continue;
        int64_t left =
            first->at_ms <= now_ms ? 0 : (int64_t)(first->at_ms - now_ms);
        if (wait < 0 || left < wait)
            wait = left;
    }
    return wait;
}
