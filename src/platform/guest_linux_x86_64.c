/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>
#include <ucontext.h>

#include "platform/guest.h"
#include "platform/signal.h"

extern const char proa_guest_landing[];

uintptr_t proa_ucontext_pc(const void *ucontext)
{
    const ucontext_t *context = ucontext;

    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
}

uintptr_t proa_ucontext_frame(const void *ucontext)
{
    const ucontext_t *context = ucontext;

    return (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
}

void proa_ucontext_land(void *ucontext, void *sp, uint32_t trap)
{
    const greg_t direction_flag = 0x400; /* C wants it clear */
    greg_t *registers = ((ucontext_t *)ucontext)->uc_mcontext.gregs;

    registers[REG_RIP] = (greg_t)(uintptr_t)proa_guest_landing;
    registers[REG_RSP] = (greg_t)(uintptr_t)sp;
    registers[REG_RAX] = (greg_t)trap;
    registers[REG_EFL] &= ~direction_flag;
}

uint32_t proa_guest_machine(void)
{
    return EM_X86_64;
}
