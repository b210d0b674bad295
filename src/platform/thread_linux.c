/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/map.h"
#include "platform/signal.h"

enum { SIGNAL_STACK_SIZE = 64 * 1024 };

static _Thread_local int thread_id; /* 0: not prepared yet */

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool key_exists;

/* Only for a stack of ours: `address` is its mapping. */
static void stack_drop(void *address)
{
    const stack_t none = { .ss_flags = SS_DISABLE };
    stack_t now;

    if (sigaltstack(NULL, &now) == 0 && now.ss_sp == address)
        (void)sigaltstack(&none, NULL);
    proa_map_release(address, SIGNAL_STACK_SIZE);
}

static void key_make(void)
{
    key_exists = pthread_key_create(&key, stack_drop) == 0;
}

static bool stack_give(void)
{
    stack_t now;

    if (sigaltstack(NULL, &now) != 0)
        return false;
    long least = sysconf(_SC_MINSIGSTKSZ); /* larger with wide vectors */
    if (least < 0)
        least = 0;
    if ((now.ss_flags & SS_DISABLE) == 0 && now.ss_size >= (size_t)least + 8192)
        return true;
    (void)pthread_once(&key_once, key_make);
    if (!key_exists || least > SIGNAL_STACK_SIZE / 2)
        return false;
    stack_t stack = { .ss_size = SIGNAL_STACK_SIZE };
    stack.ss_sp = proa_map_reserve(SIGNAL_STACK_SIZE);
    if (stack.ss_sp == NULL)
        return false;
    if (!proa_map_commit(stack.ss_sp, SIGNAL_STACK_SIZE) ||
        pthread_setspecific(key, stack.ss_sp) != 0 ||
        sigaltstack(&stack, NULL) != 0) {
        (void)pthread_setspecific(key, NULL);
        proa_map_release(stack.ss_sp, SIGNAL_STACK_SIZE);
        return false;
    }
    return true;
}

int proa_thread_prepare(void)
{
    sigset_t set;

    if (thread_id != 0)
        return thread_id;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGSEGV);
    (void)sigaddset(&set, SIGBUS);
    (void)sigaddset(&set, proa_signal_interrupt());
    if (pthread_sigmask(SIG_UNBLOCK, &set, NULL) != 0 || !stack_give())
        return 0;
    thread_id = (int)syscall(SYS_gettid);
    return thread_id;
}
