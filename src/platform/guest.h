/*
 * Guest code on its own stack: going in, coming out, and leaving by a trap.
 *
 * Going in saves the host's registers in an activation; a trap, whether raised
 * by a call or by a signal, jumps to the innermost activation's landing. No C
 * frame is ever skipped: between an activation and the guest code that traps
 * there are only frames of guest code and of guest_*.S.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_GUEST_H
#define PROA_PLATFORM_GUEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "platform/guest_offsets.h"

enum {
    PROA_GUEST_FRAMES_MAX = 64,
    /* Of the stack, below the limit: what a host function may use. */
    PROA_GUEST_HOST_RESERVE = 256 * 1024,
    PROA_GUEST_GUARD_SIZE = 64 * 1024,
    PROA_GUEST_STACK_KEPT = 64 * 1024, /* by proa_guest_trim() */
};

/*
 * One going in. It lies in the frame of proa_guest_enter(), right below the
 * registers that are saved there: a trap lands with it as the stack pointer.
 */
struct proa_activation {
    struct proa_guest *guest;
    struct proa_activation *previous; /* of this thread */
    struct proa_activation *outer;    /* of this guest */
    void *exit_frame;                 /* of the guest, before this one */
    uintptr_t thread;                 /* where this thread keeps its own */
};

/* What a store is to this layer: a stack and who runs on it. */
struct proa_guest {
    struct proa_activation *activation; /* the innermost; NULL: not running */
    uint8_t *stack_limit;    /* a host call needs the stack pointer above it */
    void *exit_frame;        /* of the last call to a host function */
    uint32_t pending;        /* a host function's trap, taken when it returns */
    atomic_ushort interrupt; /* 1: trap as soon as possible; sticky */
    atomic_ushort yield;     /* 1: its fiber's slice is over, see preempt.h */
    uint8_t *stack_high;
    atomic_int thread; /* the last thread that ran it, 0: none yet */
    /* The assembly knows nothing of what follows. */
    uint8_t *stack; /* the mapping: guard, reserve, guest's part */
    uint64_t stack_size;
    uint8_t *stack_low; /* above the guard */
    /* Is this address in one of the guest's memories, guards included? Called
     * in a signal handler. */
    bool (*owns)(const struct proa_guest *guest, uintptr_t address);
    /* Of the last trap: return addresses, the innermost first. */
    uint32_t frame_count;
    bool frames_are_cut;
    uintptr_t frames[PROA_GUEST_FRAMES_MAX];
};

/* The head of what a host function gets as its first argument. */
struct proa_host_head {
    void (*fn)(void);
    struct proa_guest *guest;
    uint64_t stack_words; /* arguments on the stack, in words of 8 bytes */
};

/* Arguments and result of a call of a host function by the host. */
struct proa_guest_invoke {
    uint64_t ints[5]; /* after the first, which is the context */
    uint64_t floats[8];
    const uint64_t *stack;
    uint64_t stack_words;
    uint64_t int_result;
    uint64_t float_result;
};

/* Room for the stack; false: no memory. `guest` starts zeroed. */
bool proa_guest_init(struct proa_guest *guest, uint64_t stack_size,
                     bool (*owns)(const struct proa_guest *, uintptr_t));
void proa_guest_deinit(struct proa_guest *guest);

/* Give back what calls used of the stack, but for its top. Not while running.
 */
void proa_guest_trim(struct proa_guest *guest);

typedef void (*proa_guest_adapter)(void (*code)(void), void *context,
                                   const void *args, void *results);

/*
 * Call adapter(code, context, args, results) on the guest's stack.
 *
 * @return 0, or the trap by which it was left
 * Threads: one at a time a guest.
 */
uint32_t proa_guest_enter(struct proa_guest *guest, proa_guest_adapter adapter,
                          void (*code)(void), void *context, const void *args,
                          void *results);

/* Make the guest trap; see proa_store_interrupt(). Threads: any. */
void proa_guest_interrupt(struct proa_guest *guest);

/* Forget an interrupt that was asked for; true when there was one. */
bool proa_guest_take_interrupt(struct proa_guest *guest);

/* The innermost activation of this thread. Also in a signal handler. */
struct proa_activation *proa_guest_current(void);

/*
 * Keep the return addresses of a guest that traps. `trap` 0: what is pending,
 * else an interrupt. Returns the trap. Also in a signal handler.
 */
uint32_t proa_guest_record(struct proa_guest *guest, uint32_t trap,
                           uintptr_t pc, uintptr_t frame);

/*
 * What the assembly asks where it does not know better: may this thread run the
 * guest, and where do its frames begin? *stack NULL: where the caller is.
 *
 * @return 0, or the trap that the call ends by
 */
uint32_t proa_guest_prepare(struct proa_guest *guest, void **stack);
/* The `trap` builtin: guest code calls it; it never returns. */
void proa_guest_trap(void);
/* What guest code calls in a host function's place: the second when arguments
 * lie on the stack. */
void proa_guest_host_call(void);
void proa_guest_host_call_stack(void);
/* Adapters: code(context), and a host function with a proa_guest_invoke. */
void proa_guest_call_plain(void (*code)(void), void *context, const void *args,
                           void *results);
void proa_guest_call_host(void (*code)(void), void *context, const void *args,
                          void *invoke);
/* What guest code calls in the place of builtins 1 to 10. */
void proa_guest_builtin_1(void);
void proa_guest_builtin_2(void);
void proa_guest_builtin_3(void);
void proa_guest_builtin_4(void);
void proa_guest_builtin_5(void);
void proa_guest_builtin_6(void);
void proa_guest_builtin_7(void);
void proa_guest_builtin_8(void);
void proa_guest_builtin_9(void);
void proa_guest_builtin_10(void);

/* The ELF machine number of the code that runs here; one file a CPU. */
uint32_t proa_guest_machine(void);

/* True when a signal that finds this address may trap at once: the pieces of
 * assembly between a look at `interrupt` and guest code. */
bool proa_guest_is_window(uintptr_t pc);

#endif
