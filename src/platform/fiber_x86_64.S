/*
 * Changing stacks on x86-64, System V: what a called function must preserve is
 * kept on the stack that is left, and with it the chain of activations.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform/assembly.inc"
#include "platform/fiber_offsets.h"
#include "platform/guest_offsets.h"

        .text

/*
 * void proa_fiber_swap(void **from rdi, void *to rsi)
 * The control words are loaded only when they differ: loading waits for
 * everything before it.
 */
function proa_fiber_swap
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        subq    $16, %rsp
        .cfi_def_cfa_offset 72
        .cfi_offset %rbx, -24
        .cfi_offset %r12, -32
        .cfi_offset %r13, -40
        .cfi_offset %r14, -48
        .cfi_offset %r15, -56
        movq    proa_guest_thread@gottpoff(%rip), %r11
        movq    %fs:(%r11), %rax
        stmxcsr PROA_FIBER_MXCSR(%rsp)
        fnstcw  PROA_FIBER_X87(%rsp)
        movq    %rax, PROA_FIBER_ACTIVATION(%rsp)
        movl    PROA_FIBER_MXCSR(%rsp), %ecx
        movzwl  PROA_FIBER_X87(%rsp), %edx
        movq    %rsp, (%rdi)
        movq    %rsi, %rsp
        cmpl    PROA_FIBER_MXCSR(%rsp), %ecx
        jne     2f
1:      cmpw    PROA_FIBER_X87(%rsp), %dx
        jne     3f
4:      movq    PROA_FIBER_ACTIVATION(%rsp), %rax
        movq    %rax, %fs:(%r11)
        movq    PROA_FIBER_R15(%rsp), %r15
        movq    PROA_FIBER_R14(%rsp), %r14
        movq    PROA_FIBER_R13(%rsp), %r13
        movq    PROA_FIBER_R12(%rsp), %r12
        movq    PROA_FIBER_RBX(%rsp), %rbx
        movq    PROA_FIBER_RBP(%rsp), %rbp
        movq    PROA_FIBER_RIP(%rsp), %rcx
        addq    $PROA_FIBER_FRAME_SIZE, %rsp
        .cfi_def_cfa_offset 0
        .cfi_register %rip, %rcx
        .cfi_same_value %rbp
        .cfi_same_value %rbx
        .cfi_same_value %r12
        .cfi_same_value %r13
        .cfi_same_value %r14
        .cfi_same_value %r15
        /* The processor's own stack of return addresses is another fiber's. */
        jmpq    *%rcx
2:      ldmxcsr PROA_FIBER_MXCSR(%rsp)
        jmp     1b
3:      fldcw   PROA_FIBER_X87(%rsp)
        jmp     4b
end proa_fiber_swap

/* Where a new fiber begins: rbx is the fiber. The frames end here. */
function proa_fiber_begin
        .cfi_undefined %rip
        xorl    %ebp, %ebp
        movq    %rbx, %rdi
        callq   proa_fiber_run
        ud2
end proa_fiber_begin

/*
 * Where the handler lets a thread go on that it took guest code from: rsp is at
 * the signal frame that was kept. The window is one as in guest_*.S.
 */
function proa_fiber_landing
        .cfi_undefined %rip
        xorl    %ebp, %ebp
1:      callq   proa_preempt_leave
mark proa_fiber_window
        cmpl    $0, PROA_GUEST_INTERRUPT(%rax)
        jne     2f
        movl    $PROA_RT_SIGRETURN, %eax
        syscall
mark proa_fiber_window_end
        ud2
2:      callq   proa_preempt_trap
        testq   %rax, %rax
        je      1b
        movq    %rax, %rsp
        movl    $PROA_GUEST_TRAP_INTERRUPT, %eax
        jmp     proa_guest_landing
end proa_fiber_landing

        .section .note.GNU-stack, "", @progbits
