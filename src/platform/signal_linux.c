/*
 * The handlers look only at memory that is published before guest code runs:
 * this thread's activation, its guest, and the list of code ranges.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform/signal.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

#include "platform/code.h"
#include "platform/fiber_state.h"
#include "platform/guest.h"
#include "platform/preempt.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_installed;
static struct sigaction previous_segv;
static struct sigaction previous_bus;
static struct sigaction previous_interrupt;

/* Libraries that use real-time signals tend to take the first few. */
int proa_signal_interrupt(void)
{
    return SIGRTMIN + 7;
}

/* Call whoever had the signal before; false: no one. */
static bool call_previous(const struct sigaction *previous, int number,
                          siginfo_t *info, void *ucontext)
{
    if (previous->sa_handler == SIG_DFL || previous->sa_handler == SIG_IGN)
        return false;
    if ((previous->sa_flags & SA_SIGINFO) != 0)
        previous->sa_sigaction(number, info, ucontext);
    else
        previous->sa_handler(number);
    return true;
}

static void pass_on(const struct sigaction *previous, int number,
                    siginfo_t *info, void *ucontext)
{
    if (call_previous(previous, number, info, ucontext))
        return;
    /* A fault happens again on return, and then has its default effect. */
    (void)signal(number, SIG_DFL);
    if (info->si_code <= 0)
        (void)raise(number);
}

/* The trap that a fault stands for; 0: it is none of the guest's. */
static uint32_t fault_trap(const struct proa_guest *guest,
                           const siginfo_t *info, uintptr_t pc)
{
    uintptr_t address = (uintptr_t)info->si_addr;
    const void *owner;

    if (info->si_code <= 0 || !proa_code_find(pc, &owner))
        return 0;
    if (address >= (uintptr_t)guest->stack &&
        address < (uintptr_t)guest->stack_low)
        return PROA_GUEST_TRAP_STACK_OVERFLOW;
    if (guest->owns(guest, address))
        return PROA_GUEST_TRAP_MEMORY_BOUNDS;
    return 0;
}

static void on_fault(int number, siginfo_t *info, void *ucontext)
{
    struct proa_activation *activation = proa_guest_current();
    uintptr_t pc = proa_ucontext_pc(ucontext);
    int error = errno;
    uint32_t trap = 0;

    if (activation != NULL)
        trap = fault_trap(activation->guest, info, pc);
    if (trap == 0) {
        pass_on(number == SIGSEGV ? &previous_segv : &previous_bus, number,
                info, ucontext);
        errno = error;
        return;
    }
    /* Recorded addresses are return addresses: one more than the place. */
    (void)proa_guest_record(activation->guest, trap, pc + 1,
                            proa_ucontext_frame(ucontext));
    proa_ucontext_land(ucontext, activation, trap);
    errno = error;
}

/* What was interrupted, guest code, ends here. */
static void end_guest(struct proa_activation *activation, void *ucontext,
                      const void *interrupted)
{
    (void)proa_guest_record(activation->guest, PROA_GUEST_TRAP_INTERRUPT,
                            proa_ucontext_pc(interrupted) + 1,
                            proa_ucontext_frame(interrupted));
    proa_ucontext_land(ucontext, activation, PROA_GUEST_TRAP_INTERRUPT);
}

/*
 * In a guest: end it or move it off the processor. In C code there is nothing
 * to do but to set a flag: it is looked at on the way back, and a blocking
 * system call has been ended by our being called at all.
 */
static void interrupt_guest(struct proa_activation *activation, void *ucontext)
{
    struct proa_guest *guest = activation->guest;
    uintptr_t pc = proa_ucontext_pc(ucontext);
    const void *owner, *kept;

    if (proa_preempt_is_returning(pc, &kept)) {
        if (proa_guest_take_interrupt(guest))
            end_guest(activation, ucontext, kept);
        else if (proa_preempt_is_due())
            proa_preempt_again(ucontext);
    } else if (proa_guest_is_window(pc) || proa_code_find(pc, &owner)) {
        if (proa_guest_take_interrupt(guest))
            end_guest(activation, ucontext, ucontext);
        else if (proa_preempt_is_due())
            proa_preempt_save(ucontext);
    } else if (proa_preempt_is_due()) {
        atomic_store_explicit(&guest->yield, 1, memory_order_relaxed);
    }
}

static void on_interrupt(int number, siginfo_t *info, void *ucontext)
{
    struct proa_activation *activation = proa_guest_current();
    int error = errno;

    proa_slice_tick();
    if (activation != NULL)
        interrupt_guest(activation, ucontext);
    else
        (void)call_previous(&previous_interrupt, number, info, ucontext);
    errno = error;
}

static bool install(int number, void (*handler)(int, siginfo_t *, void *),
                    struct sigaction *previous)
{
    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };

    action.sa_sigaction = handler;
    (void)sigemptyset(&action.sa_mask);
    return sigaction(number, &action, previous) == 0;
}

bool proa_signal_install(void)
{
    (void)pthread_mutex_lock(&lock);
    if (!is_installed) {
        is_installed =
            install(SIGSEGV, on_fault, &previous_segv) &&
            install(SIGBUS, on_fault, &previous_bus) &&
            install(proa_signal_interrupt(), on_interrupt, &previous_interrupt);
    }
    bool done = is_installed;
    (void)pthread_mutex_unlock(&lock);
    return done;
}
