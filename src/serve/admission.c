/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/admission.h"

#include <assert.h>
#include <stddef.h>

void proa_admission_init(struct proa_admission *admission,
                         struct proa_admission_total *total)
{
    *admission = (struct proa_admission){ .total = total };
}

/* --- what is shared ----------------------------------------------------- */

static bool take_one(atomic_uint *count, uint32_t count_max)
{
    unsigned now = atomic_load(count);

    while (now < count_max)
        if (atomic_compare_exchange_weak(count, &now, now + 1))
            return true;
    return false;
}

/* An instance that is larger than all there is may run alone. */
static uint64_t memory_of(const struct proa_admission_total *total,
                          const struct proa_admission_gate *gate)
{
    return gate->memory_bytes < total->memory_bytes_max
               ? gate->memory_bytes
               : total->memory_bytes_max;
}

static bool take_memory(struct proa_admission_total *total, uint64_t bytes)
{
    unsigned long long now = atomic_load(&total->memory_bytes);

    while (bytes <= total->memory_bytes_max - now)
        if (atomic_compare_exchange_weak(&total->memory_bytes, &now,
                                         now + bytes))
            return true;
    return false;
}

static bool take_place(struct proa_admission_total *total,
                       const struct proa_admission_gate *gate)
{
    uint32_t running_max = gate->limits.running_max;

    if (running_max > 0 && !take_one(&gate->count->running, running_max))
        return false;
    if (total->memory_bytes_max == 0 ||
        take_memory(total, memory_of(total, gate)))
        return true;
    if (running_max > 0)
        atomic_fetch_sub(&gate->count->running, 1);
    return false;
}

/* --- the worker's queue ------------------------------------------------- */

static void append(struct proa_admission *admission,
                   struct proa_admission_ticket *ticket)
{
    ticket->next = NULL;
    ticket->previous = admission->last;
    if (admission->last != NULL)
        admission->last->next = ticket;
    else
        admission->first = ticket;
    admission->last = ticket;
    admission->count++;
}

void proa_admission_withdraw(struct proa_admission *admission,
                             struct proa_admission_ticket *ticket)
{
    if (ticket->previous != NULL)
        ticket->previous->next = ticket->next;
    else
        admission->first = ticket->next;
    if (ticket->next != NULL)
        ticket->next->previous = ticket->previous;
    else
        admission->last = ticket->previous;
    assert(admission->count > 0);
    admission->count--;
    atomic_fetch_sub(&ticket->gate->count->waiting, 1);
    if (admission->total->memory_bytes_max > 0)
        atomic_fetch_sub(&admission->total->waiting, 1);
}

static uint64_t deadline_of(const struct proa_admission_limits *limits,
                            uint64_t now_ns, uint64_t deadline_ns)
{
    uint64_t wait_ns = limits->wait_ns_max;

    if (wait_ns == 0 || wait_ns > deadline_ns - now_ns)
        return deadline_ns;
    return now_ns + wait_ns;
}

enum proa_admission_answer proa_admission_enter(
    struct proa_admission *admission, const struct proa_admission_gate *gate,
    struct proa_admission_ticket *ticket, uint64_t now_ns, uint64_t deadline_ns)
{
    struct proa_admission_total *total = admission->total;
    const struct proa_admission_limits *limits = &gate->limits;
    uint32_t waiting_max = limits->waiting_max;

    if (limits->running_max == 0 && total->memory_bytes_max == 0)
        return PROA_ADMISSION_ADMIT;
    /* Who comes now goes behind those that wait. */
    if (atomic_load(&gate->count->waiting) == 0 && take_place(total, gate))
        return PROA_ADMISSION_ADMIT;
    if (waiting_max == 0)
        waiting_max = PROA_ADMISSION_WAITING_DEFAULT;
    if (waiting_max == PROA_ADMISSION_NONE || now_ns >= deadline_ns ||
        !take_one(&gate->count->waiting, waiting_max))
        return PROA_ADMISSION_REFUSE;
    if (total->memory_bytes_max > 0)
        atomic_fetch_add(&total->waiting, 1);
    ticket->gate = gate;
    ticket->deadline_ns = deadline_of(limits, now_ns, deadline_ns);
    append(admission, ticket);
    return PROA_ADMISSION_QUEUE;
}

bool proa_admission_leave(struct proa_admission *admission,
                          const struct proa_admission_gate *gate)
{
    struct proa_admission_total *total = admission->total;
    bool is_wanted = false;

    if (gate->limits.running_max > 0) {
        atomic_fetch_sub(&gate->count->running, 1);
        is_wanted = atomic_load(&gate->count->waiting) > 0;
    }
    if (total->memory_bytes_max > 0) {
        atomic_fetch_sub(&total->memory_bytes, memory_of(total, gate));
        is_wanted = is_wanted || atomic_load(&total->waiting) > 0;
    }
    return is_wanted;
}

struct proa_admission_ticket *
proa_admission_next(struct proa_admission *admission, uint64_t now_ns,
                    enum proa_admission_answer *answer)
{
    for (struct proa_admission_ticket *ticket = admission->first;
         ticket != NULL; ticket = ticket->next) {
        bool is_late = now_ns >= ticket->deadline_ns;
        if (!is_late && !take_place(admission->total, ticket->gate))
            continue;
        proa_admission_withdraw(admission, ticket);
        *answer = is_late ? PROA_ADMISSION_REFUSE : PROA_ADMISSION_ADMIT;
        return ticket;
    }
    return NULL;
}
