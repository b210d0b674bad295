/*
 * Calls without an engine: what the runtime does for host functions.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_WASI_CALL_H
#define PROA_TESTS_WASI_CALL_H

#include <stdatomic.h>
#include <stdio.h>

#include "host/guest.h"
#include "platform/poll.h"

struct proa_wasi;

enum { GUEST_MEMORY_SIZE = 1 << 18, GUEST_ROOT_FD = 3 };

struct proa_call {
    struct proa_wasi *wasi;
    uint8_t *memory;
    uint32_t used; /* what guest_room() has handed out */
    atomic_bool is_interrupted;
    void (*on_look)(void); /* after a look at is_interrupted; may be NULL */
    bool has_exited;
    uint32_t exit_code;
    char trap[161];
};

void *proa_call_env(const struct proa_call *call)
{
    return call->wasi;
}

void *proa_call_memory(const struct proa_call *call, uint64_t address,
                       uint64_t size)
{
    if (address > GUEST_MEMORY_SIZE || size > GUEST_MEMORY_SIZE - address)
        return NULL;
    return call->memory + address;
}

void proa_call_trap(struct proa_call *call, const char *text)
{
    snprintf(call->trap, sizeof call->trap, "%s", text);
}

void proa_call_exit(struct proa_call *call, uint32_t exit_code)
{
    call->has_exited = true;
    call->exit_code = exit_code;
}

bool proa_call_interrupted(const struct proa_call *call)
{
    bool is_interrupted = atomic_load(&call->is_interrupted);

    if (call->on_look != NULL)
        call->on_look();
    return is_interrupted;
}

static inline bool guest_is_over(const void *call)
{
    return proa_call_interrupted(call);
}

int proa_call_wait(const struct proa_call *call, struct proa_wait *wait)
{
    return proa_poll(wait->fds, wait->count, wait->deadline_ns, guest_is_over,
                     call);
}

#endif
