/*
 * The process and its scheduler.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <sched.h>
#include <stdio.h>

#include "wasi/preview1.h"
#include "wasi/state.h"

/* Signals by number: name, and whether its default is to do nothing. */
static const struct {
    const char *name;
    bool is_ignored;
} signals[] = {
    { "none", true },  { "HUP", false },    { "INT", false },
    { "QUIT", false }, { "ILL", false },    { "TRAP", false },
    { "ABRT", false }, { "BUS", false },    { "FPE", false },
    { "KILL", false }, { "USR1", false },   { "SEGV", false },
    { "USR2", false }, { "PIPE", false },   { "ALRM", false },
    { "TERM", false }, { "CHLD", true },    { "CONT", true },
    { "STOP", false }, { "TSTP", false },   { "TTIN", false },
    { "TTOU", false }, { "URG", true },     { "XCPU", false },
    { "XFSZ", false }, { "VTALRM", false }, { "PROF", false },
    { "WINCH", true }, { "POLL", false },   { "PWR", false },
    { "SYS", false },
};

void proa_wasi_proc_exit(struct proa_call *call, uint32_t exit_code)
{
    proa_call_exit(call, exit_code);
}

/*
 * A guest has no handlers, so a signal does what it does by default: nothing,
 * or the end. It is the guest that ends; the host never sees the signal.
 */
uint32_t proa_wasi_proc_raise(struct proa_call *call, uint32_t signal)
{
    char text[64];

    if (signal >= sizeof signals / sizeof signals[0])
        return PROA_WASI_EINVAL;
    if (signals[signal].is_ignored)
        return PROA_WASI_SUCCESS;
    snprintf(text, sizeof text, "signal %s raised", signals[signal].name);
    proa_call_trap(call, text);
    return PROA_WASI_SUCCESS;
}

uint32_t proa_wasi_sched_yield(struct proa_call *call)
{
    (void)call;
    sched_yield(); /* cannot fail on Linux */
    return PROA_WASI_SUCCESS;
}
