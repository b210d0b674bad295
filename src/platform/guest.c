/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/guest.h"

#include <assert.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/map.h"
#include "platform/signal.h"
#include "platform/thread.h"

#define GUEST_AT(field, offset)                                                \
    static_assert(offsetof(struct proa_guest, field) == (offset), "assembly")
#define HOST_AT(field, offset)                                                 \
    static_assert(offsetof(struct proa_host_head, field) == (offset),          \
                  "assembly")
#define INVOKE_AT(field, offset)                                               \
    static_assert(offsetof(struct proa_guest_invoke, field) == (offset),       \
                  "assembly")

GUEST_AT(activation, PROA_GUEST_ACTIVATION);
GUEST_AT(stack_limit, PROA_GUEST_STACK_LIMIT);
GUEST_AT(exit_frame, PROA_GUEST_EXIT_FRAME);
GUEST_AT(pending, PROA_GUEST_PENDING);
GUEST_AT(interrupt, PROA_GUEST_INTERRUPT);
GUEST_AT(yield, PROA_GUEST_YIELD);
GUEST_AT(thread, PROA_GUEST_THREAD);
GUEST_AT(stack_high, PROA_GUEST_STACK_HIGH);
HOST_AT(fn, PROA_HOST_FN);
HOST_AT(guest, PROA_HOST_GUEST);
HOST_AT(stack_words, PROA_HOST_STACK_WORDS);
INVOKE_AT(ints, PROA_INVOKE_INTS);
INVOKE_AT(floats, PROA_INVOKE_FLOATS);
INVOKE_AT(stack, PROA_INVOKE_STACK);
INVOKE_AT(stack_words, PROA_INVOKE_STACK_WORDS);
INVOKE_AT(int_result, PROA_INVOKE_INT_RESULT);
INVOKE_AT(float_result, PROA_INVOKE_FLOAT_RESULT);

/* Labels of guest_*.S. */
extern const char proa_guest_enter_window[];
extern const char proa_guest_enter_window_end[];
extern const char proa_guest_return_window[];
extern const char proa_guest_return_window_end[];

/* This thread's innermost activation; the assembly sets it. initial-exec: a
 * handler may read it without a call that allocates. */
extern _Thread_local struct proa_activation *proa_guest_thread
    __attribute__((tls_model("initial-exec")));
_Thread_local struct proa_activation *proa_guest_thread;

/* What proa_thread_prepare() said; -1: not asked yet. No guest's is that. */
extern _Thread_local int proa_guest_thread_id
    __attribute__((tls_model("initial-exec")));
_Thread_local int proa_guest_thread_id = -1;

struct proa_activation *proa_guest_current(void)
{
    return proa_guest_thread;
}

bool proa_guest_is_window(uintptr_t pc)
{
    return (pc >= (uintptr_t)proa_guest_enter_window &&
            pc < (uintptr_t)proa_guest_enter_window_end) ||
           (pc >= (uintptr_t)proa_guest_return_window &&
            pc < (uintptr_t)proa_guest_return_window_end);
}

bool proa_guest_init(struct proa_guest *guest, uint64_t stack_size,
                     bool (*owns)(const struct proa_guest *, uintptr_t))
{
    const uint64_t extra = PROA_GUEST_GUARD_SIZE + PROA_GUEST_HOST_RESERVE;
    uint64_t size = proa_map_round(stack_size);

    if (size == 0 || size > UINT64_MAX - extra)
        return false;
    size += extra;
    uint8_t *stack = proa_map_stack(size, PROA_GUEST_GUARD_SIZE);
    if (stack == NULL)
        return false;
    guest->stack = stack;
    guest->stack_size = size;
    guest->stack_low = stack + PROA_GUEST_GUARD_SIZE;
    guest->stack_high = stack + size;
    guest->stack_limit = guest->stack_low + PROA_GUEST_HOST_RESERVE;
    guest->owns = owns;
    return true;
}

void proa_guest_deinit(struct proa_guest *guest)
{
    assert(guest->activation == NULL);
    proa_map_release(guest->stack, guest->stack_size);
    guest->stack = NULL;
}

void proa_guest_trim(struct proa_guest *guest)
{
    assert(guest->activation == NULL);
    (void)proa_map_discard(guest->stack_low,
                           (uint64_t)(guest->stack_high - guest->stack_low) -
                               PROA_GUEST_STACK_KEPT);
}

static bool is_on_stack(const struct proa_guest *guest, const void *address)
{
    const uint8_t *place = address;

    return place >= guest->stack_low && place < guest->stack_high;
}

/*
 * Where the guest's frames begin: the top of its stack, or NULL: here, when it
 * is its stack we are on. When it called the host, which runs another guest,
 * which calls us, its stack is in use down to where the other one was entered.
 */
static void *stack_start(const struct proa_guest *guest, const void *here)
{
    struct proa_activation *activation = proa_guest_thread;

    if (is_on_stack(guest, here))
        return NULL;
    while (activation != NULL && !is_on_stack(guest, activation))
        activation = activation->previous;
    return activation == NULL ? (void *)guest->stack_high : activation;
}

/*
 * proa_guest_enter() the first time on a thread, or from within a guest's call.
 * The flag of an interrupt is looked at after the thread is published, and a
 * sender looks at the thread after it set the flag: one sees the other.
 */
uint32_t proa_guest_prepare(struct proa_guest *guest, void **stack)
{
    uint8_t *here = __builtin_frame_address(0);

    assert(guest->pending == 0);
    guest->frame_count = 0;
    if (proa_guest_thread_id < 0) {
        int thread = proa_thread_prepare();

        if (thread == 0)
            return PROA_GUEST_TRAP_OUT_OF_MEMORY;
        proa_guest_thread_id = thread;
    }
    atomic_store(&guest->thread, proa_guest_thread_id);
    uint8_t *start = stack_start(guest, here);
    if ((start != NULL ? start : here) < guest->stack_limit)
        return PROA_GUEST_TRAP_STACK_OVERFLOW;
    *stack = start;
    return 0;
}

void proa_guest_interrupt(struct proa_guest *guest)
{
    atomic_store(&guest->interrupt, 1);
    int target = atomic_load(&guest->thread);
    if (target != 0)
        (void)syscall(SYS_tgkill, getpid(), target, proa_signal_interrupt());
}

bool proa_guest_take_interrupt(struct proa_guest *guest)
{
    return atomic_exchange(&guest->interrupt, 0) != 0;
}

static void frame_add(struct proa_guest *guest, uintptr_t pc)
{
    if (guest->frame_count < PROA_GUEST_FRAMES_MAX)
        guest->frames[guest->frame_count++] = pc;
    else
        guest->frames_are_cut = true;
}

/* A frame lies on the guest's stack and above the one before it. */
static bool frame_is_good(const struct proa_guest *guest, uintptr_t frame,
                          uintptr_t least)
{
    return frame >= least && frame % sizeof(uintptr_t) == 0 &&
           frame >= (uintptr_t)guest->stack_low &&
           frame <= (uintptr_t)guest->stack_high - 2 * sizeof(uintptr_t);
}

/* The frame pointer that the assembly had when it went in. */
static uintptr_t entry_frame(const struct proa_activation *activation)
{
    return (uintptr_t)activation + PROA_ACTIVATION_FRAME;
}

uint32_t proa_guest_record(struct proa_guest *guest, uint32_t trap,
                           uintptr_t pc, uintptr_t frame)
{
    const struct proa_activation *activation = guest->activation;
    uintptr_t least = 0;

    if (trap == 0) {
        trap = guest->pending;
        guest->pending = 0;
        if (trap == 0 && proa_guest_take_interrupt(guest))
            trap = PROA_GUEST_TRAP_INTERRUPT;
    }
    guest->frame_count = 0;
    guest->frames_are_cut = false;
    if (pc != 0)
        frame_add(guest, pc);
    /* With the stack all but full we may be above the frames, on them. */
    const void *here = __builtin_frame_address(0);
    if (is_on_stack(guest, here) && (uintptr_t)here > frame)
        return trap;
    while (activation != NULL && !guest->frames_are_cut) {
        if (frame == entry_frame(activation)) {
            frame = (uintptr_t)activation->exit_frame;
            activation = activation->outer;
            least = 0;
        }
        if (!frame_is_good(guest, frame, least))
            break;
        const uint8_t *place =
            guest->stack_low + (frame - (uintptr_t)guest->stack_low);
        const uintptr_t *words = (const uintptr_t *)(const void *)place;
        if (words[1] != (uintptr_t)proa_guest_enter_window_end)
            frame_add(guest, words[1]);
        least = frame + 2 * sizeof(uintptr_t);
        frame = words[0];
    }
    return trap;
}
