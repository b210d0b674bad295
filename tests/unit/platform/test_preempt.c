/*
 * Guests that are moved off the processor at every moment go on as if nothing
 * had happened.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <signal.h>
#include <ucontext.h>

#include "../check.h"
#include "guest_code.h"
#include "platform/fiber.h"
#include "platform/poll.h"
#include "platform/sanitizer.h"
#include "platform/slice.h"
#include "preempt_code.h"

/* The thread sanitizer keeps signals back until the thread calls something it
 * knows: what they find is not what they interrupted. */
static const bool signals_are_late = PROA_THREAD_SANITIZED;

static const uint64_t slice_over = 1; /* long ago */
static const uint64_t stack_size = 256 * 1024;
static const greg_t trap_flag = 0x100;

static struct proa_fiber_pool *pool;
static struct proa_guest guest;

struct host {
    struct proa_host_head head; /* first */
    void (*act)(void);          /* NULL: nothing */
};

static uint64_t on_host(struct host *host, uint64_t argument)
{
    if (host->act != NULL)
        host->act();
    return argument * 3;
}

/* A guest's call, on a fiber. */
struct work {
    struct proa_guest *guest; /* NULL: the one that all share */
    void (*code)(void);
    bool is_stepped;
    struct host host;
    uint32_t trap;
    uint64_t result;
    uint32_t preempted_count;
};

/* What a scheduler may do to registers. */
static void spoil_vectors(void)
{
    __asm__ volatile(".irp n,0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
                     "  pcmpeqd %%xmm\\n, %%xmm\\n\n"
                     "  .endr\n" ::
                         : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                           "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                           "xmm12", "xmm13", "xmm14", "xmm15");
}

static void step_begin(void)
{
    __asm__ volatile("pushf; orl $0x100, (%%rsp); popf" ::: "cc", "memory");
}

static void step_end(void)
{
    __asm__ volatile("pushf; andl $~0x100, (%%rsp); popf" ::: "cc", "memory");
}

static void do_work(void *env)
{
    struct work *work = env;
    struct test_slot slot = { proa_guest_host_call, &work->host };

    if (work->guest == NULL)
        work->guest = &guest;
    work->host.head =
        (struct proa_host_head){ (void (*)(void))on_host, work->guest, 0 };
    work->result = (uint64_t)(uintptr_t)&slot;
    if (work->is_stepped)
        step_begin();
    work->trap = test_enter(work->guest, work->code, &work->result);
    if (work->is_stepped)
        step_end();
}

/* Until it is done. */
static void run(struct work *work, uint64_t slice_end_ns)
{
    struct proa_fiber *fiber = proa_fiber_create(pool, do_work, work);
    enum proa_fiber_state state;

    CHECK_EQ(fiber != NULL, true);
    work->preempted_count = 0;
    while ((state = proa_fiber_resume(fiber, slice_end_ns)) !=
           PROA_FIBER_FINISHED) {
        step_end();
        CHECK_EQ(state, PROA_FIBER_PREEMPTED);
        CHECK_EQ(proa_fiber_current() == NULL, true);
        CHECK_EQ(proa_guest_current() == NULL, true);
        work->preempted_count++;
        spoil_vectors();
    }
    CHECK_EQ(guest.activation == NULL, true);
}

enum { STEPS_MAX = 100000 };

static volatile sig_atomic_t step_count;
static volatile sig_atomic_t step_wanted; /* 0: every one of guest code */
static uintptr_t places[STEPS_MAX];
static uintptr_t last_place;
static void (*at_step)(void);

static bool is_work(uintptr_t pc)
{
    return pc >= (uintptr_t)test_work_start && pc < (uintptr_t)test_work_end;
}

static void raise_interrupt(void)
{
    CHECK_EQ(raise(proa_signal_interrupt()), 0);
}

static void on_step(int number, siginfo_t *info, void *env)
{
    greg_t *registers = ((ucontext_t *)env)->uc_mcontext.gregs;
    uintptr_t pc = (uintptr_t)registers[REG_RIP];

    (void)number;
    (void)info;
    if (step_count == STEPS_MAX)
        abort();
    if (step_wanted == 0) {
        /* A context that was restored traps once more where it was kept. */
        bool is_new = is_work(pc) && pc != last_place;
        last_place = pc;
        step_count += is_new;
        if (is_new && at_step != NULL)
            at_step();
        return;
    }
    places[step_count] = pc;
    if (++step_count != step_wanted)
        return;
    registers[REG_EFL] &= ~trap_flag;
    at_step();
}

static void step_setup(void)
{
    struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };

    action.sa_sigaction = on_step;
    /* Not within the handler: when it returns, at the instruction. */
    (void)sigemptyset(&action.sa_mask);
    (void)sigaddset(&action.sa_mask, proa_signal_interrupt());
    (void)sigaddset(&action.sa_mask, SIGUSR1);
    CHECK_EQ(sigaction(SIGTRAP, &action, NULL), 0);
}

static uint64_t undisturbed(void (*code)(void))
{
    struct work work = { .code = code };

    run(&work, 0);
    CHECK_EQ(work.trap, 0);
    CHECK_EQ(work.preempted_count, 0);
    return work.result;
}

/* At each instruction of guest code, in one run; again and again. */
static void test_every_instruction(void (*code)(void))
{
    uint64_t expected = undisturbed(code);
    uint32_t count = 0;

    at_step = raise_interrupt;
    while (count < 2500) {
        struct work work = { .code = code, .is_stepped = true };

        step_wanted = 0;
        step_count = 0;
        run(&work, slice_over);
        CHECK_EQ(work.trap, 0);
        CHECK_EQ(work.result == expected, true);
        CHECK_EQ(work.preempted_count, step_count);
        CHECK_EQ(work.preempted_count > 100, true);
        count += work.preempted_count;
    }
}

/* Every place in assembly, some in C and in loops, where order matters less. */
static bool is_worthwhile(int step)
{
    uintptr_t start = (uintptr_t)proa_guest_enter;

    return step % 61 == 0 || places[step] - start < 1024 ||
           (is_work(places[step]) && step < 150);
}

/* Steps of one run, up to where it is back in C for good. */
static int count_steps(void (*code)(void))
{
    struct work work = { .code = code, .is_stepped = true };

    step_wanted = STEPS_MAX - 1;
    step_count = 0;
    run(&work, 0);
    return step_count;
}

/* One at each place of the way in, through host calls, and out. */
static void test_every_place(void (*code)(void), uint32_t trap,
                             void (*act)(void))
{
    uint64_t expected = undisturbed(code);
    int count = count_steps(code);

    at_step = act;
    for (int step = 1; step <= count; step++) {
        struct work work = { .code = code, .is_stepped = true };

        if (!is_worthwhile(step - 1))
            continue;
        step_wanted = step;
        step_count = 0;
        run(&work, slice_over);
        bool is_pending = proa_guest_take_interrupt(&guest);
        CHECK_EQ(work.trap == 0 || work.trap == trap, true);
        if (trap != 0 && step_count == step)
            CHECK_EQ((work.trap != 0) + is_pending, 1);
        if (work.trap == 0)
            CHECK_EQ(work.result == expected, true);
        CHECK_EQ(work.preempted_count <= 1, true);
    }
}

static void interrupt(void)
{
    proa_guest_interrupt(&guest);
}

/* The host function is where the slice ends. */
static void test_host_calls(void)
{
    uint64_t expected = undisturbed(test_work);
    struct work work = { .code = test_work, .host.act = raise_interrupt };

    run(&work, slice_over);
    CHECK_EQ(work.preempted_count, 4);
    CHECK_EQ(work.trap, 0);
    CHECK_EQ(work.result == expected, true);
}

/* What begins there is preempted when it returns. */
static void on_user_signal(int number)
{
    (void)number;
    raise_interrupt();
}

static void raise_user_signal(void)
{
    CHECK_EQ(raise(SIGUSR1), 0);
}

static void test_signal_handlers(void)
{
    struct sigaction action = { .sa_flags = SA_ONSTACK };

    action.sa_handler = on_user_signal;
    (void)sigemptyset(&action.sa_mask);
    CHECK_EQ(sigaction(SIGUSR1, &action, NULL), 0);
    test_every_place(test_work, 0, raise_user_signal);
}

extern const char proa_fiber_window_end[];

/* Preempted in a loop without end, and told to end at each instruction of the
 * way back to it: one that is lost hangs. */
static void test_end_while_going_on(void)
{
    bool is_over = false;

    for (int step = 1; !is_over; step++) {
        struct work work = { .code = test_host_spin,
                             .host.act = raise_interrupt };
        struct proa_fiber *fiber = proa_fiber_create(pool, do_work, &work);

        CHECK_EQ(fiber != NULL, true);
        CHECK_EQ(proa_fiber_resume(fiber, slice_over), PROA_FIBER_PREEMPTED);
        /* Now in guest code: the first signal finds it there. */
        CHECK_EQ(proa_fiber_resume(fiber, slice_over), PROA_FIBER_PREEMPTED);
        at_step = interrupt;
        step_wanted = step;
        step_count = 0;
        step_begin();
        enum proa_fiber_state state = proa_fiber_resume(fiber, 0);
        step_end();
        CHECK_EQ(state, PROA_FIBER_FINISHED);
        CHECK_EQ(work.trap, PROA_GUEST_TRAP_INTERRUPT);
        /* The last one is the system call that goes back to the guest. */
        is_over = places[step - 1] + 2 == (uintptr_t)proa_fiber_window_end;
    }
}

/* Told while it is off the processor. */
static void test_end_while_preempted(void)
{
    struct work work = { .code = test_spin };
    struct proa_fiber *fiber = proa_fiber_create(pool, do_work, &work);

    CHECK_EQ(fiber != NULL, true);
    for (int i = 0; i < 10; i++)
        CHECK_EQ(proa_fiber_resume(fiber, proa_clock_now() + 100000),
                 PROA_FIBER_PREEMPTED);
    proa_guest_interrupt(&guest);
    CHECK_EQ(proa_fiber_resume(fiber, 0), PROA_FIBER_FINISHED);
    CHECK_EQ(work.trap, PROA_GUEST_TRAP_INTERRUPT);
    CHECK_EQ(guest.frame_count > 0, true);
    CHECK_EQ(guest.frames[0] - 1 == (uintptr_t)test_spin, true);
}

/* Guests that would never end share a thread. */
static void test_turns(void)
{
    enum { COUNT = 5 };
    struct proa_guest others[COUNT] = { 0 };
    struct proa_fiber *fibers[COUNT];
    struct work works[COUNT];

    proa_slice_start();
    for (int i = 0; i < COUNT; i++) {
        works[i] = (struct work){ .code = test_spin, .guest = &others[i] };
        CHECK_EQ(proa_guest_init(&others[i], stack_size, test_owns), true);
        fibers[i] = proa_fiber_create(pool, do_work, &works[i]);
        CHECK_EQ(fibers[i] != NULL, true);
    }
    for (int i = 0; i < COUNT * 5; i++)
        CHECK_EQ(
            proa_fiber_resume(fibers[i % COUNT], proa_clock_now() + 100000),
            PROA_FIBER_PREEMPTED);
    for (int i = 0; i < COUNT; i++) {
        proa_guest_interrupt(&others[i]);
        CHECK_EQ(proa_fiber_resume(fibers[i], 0), PROA_FIBER_FINISHED);
        CHECK_EQ(works[i].trap, PROA_GUEST_TRAP_INTERRUPT);
        proa_guest_deinit(&others[i]);
    }
    proa_slice_stop();
}

int main(void)
{
    test_setup();
    struct proa_code_slot *code = proa_code_add(
        test_work_start, (uint64_t)(test_work_end - test_work_start), NULL);
    pool = proa_fiber_pool_create(NULL);
    CHECK_EQ(code != NULL && pool != NULL, true);
    CHECK_EQ(proa_guest_init(&guest, stack_size, test_owns), true);
    test_host_calls();
    if (!signals_are_late) {
        step_setup();
        test_every_instruction(test_work);
        test_every_place(test_work, 0, raise_interrupt);
        test_every_place(test_work, PROA_GUEST_TRAP_INTERRUPT, interrupt);
        if (__builtin_cpu_supports("avx2")) {
            test_every_instruction(test_work_avx);
            test_every_place(test_work_avx, 0, raise_interrupt);
        }
        test_signal_handlers();
        proa_slice_start();
        test_end_while_preempted();
        test_end_while_going_on();
        proa_slice_stop();
        test_turns();
    }
    proa_guest_deinit(&guest);
    proa_fiber_pool_destroy(pool);
    proa_code_remove(code);
    test_teardown();
    return 0;
}
