/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/preempt.h"

#include <stddef.h>

#include "platform/fiber_state.h"
#include "platform/guest.h"
#include "platform/poll.h"
#include "platform/signal.h"

/* Labels of fiber_*.S. */
extern const char proa_fiber_landing[];
extern const char proa_fiber_window[];
extern const char proa_fiber_window_end[];

/* Called by it. */
struct proa_guest *proa_preempt_leave(void);
struct proa_activation *proa_preempt_trap(void);

bool proa_preempt_is_due(void)
{
    uint64_t end = atomic_load_explicit(&proa_fiber_here.slice.end_ns,
                                        memory_order_relaxed);

    return proa_fiber_here.fiber != NULL && end != 0 && proa_clock_now() >= end;
}

void proa_preempt_save(void *ucontext)
{
    struct proa_fiber *fiber = proa_fiber_here.fiber;

    if (proa_ucontext_copy(ucontext, fiber->context, PROA_FIBER_CONTEXT_SIZE) !=
        0)
        proa_preempt_again(ucontext);
}

void proa_preempt_again(void *ucontext)
{
    proa_ucontext_jump(ucontext, proa_fiber_landing,
                       proa_fiber_here.fiber->context);
}

bool proa_preempt_is_returning(uintptr_t pc, const void **kept)
{
    if (pc < (uintptr_t)proa_fiber_window ||
        pc >= (uintptr_t)proa_fiber_window_end)
        return false;
    *kept = proa_fiber_here.fiber->context;
    return true;
}

struct proa_guest *proa_preempt_leave(void)
{
    struct proa_guest *guest = proa_guest_current()->guest;

    atomic_store_explicit(&guest->yield, 0, memory_order_relaxed);
    proa_fiber_stop(proa_fiber_here.fiber, PROA_FIBER_PREEMPTED);
    return guest;
}

/* Before the guest goes on: the activation to land at, when it is to end. */
struct proa_activation *proa_preempt_trap(void)
{
    struct proa_activation *activation = proa_guest_current();
    const void *kept = proa_fiber_here.fiber->context;

    if (!proa_guest_take_interrupt(activation->guest))
        return NULL;
    (void)proa_guest_record(activation->guest, PROA_GUEST_TRAP_INTERRUPT,
                            proa_ucontext_pc(kept) + 1,
                            proa_ucontext_frame(kept));
    return activation;
}

void proa_preempt_yield(struct proa_guest *guest)
{
    atomic_store_explicit(&guest->yield, 0, memory_order_relaxed);
    if (proa_preempt_is_due())
        proa_fiber_stop(proa_fiber_here.fiber, PROA_FIBER_PREEMPTED);
}
