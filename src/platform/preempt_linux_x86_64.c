/*
 * The signal frame of Linux on x86-64: what rt_sigreturn(2) reads.
 * https://man7.org/linux/man-pages/man2/sigreturn.2.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include "platform/preempt.h"

/* The kernel's part of a ucontext_t: up to 64 signals. */
static const uint64_t kernel_size = offsetof(ucontext_t, uc_sigmask) + 8;
static const uint64_t alignment = 64; /* of what XRSTOR reads */

/* Of the vector registers' state, whose first part is that of FXSAVE. */
enum {
    FXSAVE_SIZE = 512,
    MAGIC_AT = 464, /* 4 bytes, then as many with the size of all */
    STATE_BITS_AT = 512,
};
static const uint32_t magic = 0x46505853;

/* AVX, AVX-512 and AMX: C code that begins has nothing in them. */
static const uint64_t vector_bits = 1u << 2 | 7u << 5 | 3u << 17;

/* 0: it is only FXSAVE's. */
static uint32_t extended_size(const uint8_t *state)
{
    uint32_t words[2];

    memcpy(words, state + MAGIC_AT, sizeof words);
    return words[0] == magic ? words[1] : 0;
}

uint64_t proa_ucontext_copy(const void *ucontext, void *copy, uint64_t size)
{
    const ucontext_t *context = ucontext;
    const uint8_t *state = (const uint8_t *)context->uc_mcontext.fpregs;
    uint64_t at = (kernel_size + alignment - 1) / alignment * alignment;
    uint64_t state_size = extended_size(state);

    if (state_size == 0)
        state_size = FXSAVE_SIZE;
    if (at + state_size > size)
        return 0;
    memcpy(copy, context, kernel_size);
    ((ucontext_t *)copy)->uc_mcontext.fpregs =
        (fpregset_t)(void *)((uint8_t *)copy + at);
    memcpy((uint8_t *)copy + at, state, state_size);
    return at + state_size;
}

void proa_ucontext_jump(void *ucontext, const void *pc, void *sp)
{
    /* C wants the direction clear; who steps through the guest wants that. */
    const greg_t flags = 0x400 | 0x100;
    ucontext_t *context = ucontext;
    uint8_t *state = (uint8_t *)context->uc_mcontext.fpregs;
    uint64_t bits;

    context->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)pc;
    context->uc_mcontext.gregs[REG_RSP] = (greg_t)(uintptr_t)sp;
    context->uc_mcontext.gregs[REG_EFL] &= ~flags;
    if (extended_size(state) == 0)
        return;
    memcpy(&bits, state + STATE_BITS_AT, sizeof bits);
    bits &= ~vector_bits;
    memcpy(state + STATE_BITS_AT, &bits, sizeof bits);
}
