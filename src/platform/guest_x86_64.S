/*
 * Going in and out of guest code on x86-64, System V.
 *
 * Two windows are known by address: from a look at the flags (of an interrupt,
 * of a slice that is over) to the first instruction of guest code. A signal that arrives there acts as if it
 * had found guest code, so that no interrupt falls between the look and the
 * guest.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform/assembly.inc"
#include "platform/guest_offsets.h"

        .text

/*
 * uint32_t proa_guest_enter(guest rdi, adapter rsi, code rdx, context rcx,
 *                           args r8, results r9)
 * At once when this thread runs no guest and ran this one last.
 */
function proa_guest_enter
        movq    proa_guest_thread@gottpoff(%rip), %r11
        movq    proa_guest_thread_id@gottpoff(%rip), %rax
        movq    PROA_GUEST_STACK_HIGH(%rdi), %r10
        movl    %fs:(%rax), %eax
        cmpq    $0, %fs:(%r11)
        jne     enter_slowly
        cmpl    %eax, PROA_GUEST_THREAD(%rdi)
        jne     enter_slowly
/* r10: where the guest's frames begin, or 0 to go on where we are; r11: where
 * this thread keeps its activation. */
enter_on_stack:
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        pushq   %rbx
        pushq   %r12
        pushq   %r13
        pushq   %r14
        pushq   %r15
        .cfi_offset %rbx, -24
        .cfi_offset %r12, -32
        .cfi_offset %r13, -40
        .cfi_offset %r14, -48
        .cfi_offset %r15, -56
        /* The activation, its last field first. */
        pushq   %r11
        pushq   PROA_GUEST_EXIT_FRAME(%rdi)
        pushq   PROA_GUEST_ACTIVATION(%rdi)
        pushq   %fs:(%r11)
        pushq   %rdi
        movq    %rsp, PROA_GUEST_ACTIVATION(%rdi)
        movq    %rsp, %fs:(%r11)
        movq    %rdi, %r11
        testq   %r10, %r10
        cmovneq %r10, %rsp
        movq    %rsi, %rax
        movq    %rdx, %rdi
        movq    %rcx, %rsi
        movq    %r8, %rdx
        movq    %r9, %rcx
mark proa_guest_enter_window
        cmpl    $0, PROA_GUEST_INTERRUPT(%r11)
        jne     1f
        callq   *%rax
mark proa_guest_enter_window_end
        movq    -80(%rbp), %rdi
        movq    -72(%rbp), %rdx
        movq    -64(%rbp), %rcx
        movq    -56(%rbp), %rsi
        movq    -48(%rbp), %r11
        movq    %rdx, %fs:(%r11)
        movq    %rcx, PROA_GUEST_ACTIVATION(%rdi)
        movq    %rsi, PROA_GUEST_EXIT_FRAME(%rdi)
        xorl    %eax, %eax
        leave
        .cfi_def_cfa %rsp, 8
        ret
/* A trap comes here: eax is the trap, rsp the activation. */
mark proa_guest_landing
        .cfi_def_cfa %rsp, 96
        popq    %rdi
        popq    %rdx
        popq    PROA_GUEST_ACTIVATION(%rdi)
        popq    PROA_GUEST_EXIT_FRAME(%rdi)
        popq    %r11
        movq    %rdx, %fs:(%r11)
        popq    %r15
        popq    %r14
        popq    %r13
        popq    %r12
        popq    %rbx
        popq    %rbp
        .cfi_def_cfa %rsp, 8
        ret
        .cfi_def_cfa %rbp, 16
1:      cmpw    $0, PROA_GUEST_INTERRUPT(%r11)
        jne     2f
        /* Only a slice that is over. */
        pushq   %rax
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        pushq   %rcx
        pushq   %r11
        movq    %r11, %rdi
        callq   proa_preempt_yield
        popq    %r11
        popq    %rcx
        popq    %rdx
        popq    %rsi
        popq    %rdi
        popq    %rax
        jmp     proa_guest_enter_window
2:      movq    %r11, %rdi
        xorl    %esi, %esi
        xorl    %edx, %edx
        xorl    %ecx, %ecx
        jmp     leave_guest
        .cfi_def_cfa %rsp, 8
enter_slowly:
        pushq   %rdi
        pushq   %rsi
        pushq   %rdx
        pushq   %rcx
        pushq   %r8
        pushq   %r9
        .cfi_def_cfa_offset 56
        pushq   $0
        .cfi_adjust_cfa_offset 8
        movq    %rsp, %rsi
        callq   proa_guest_prepare
        popq    %r10
        .cfi_adjust_cfa_offset -8
        popq    %r9
        popq    %r8
        popq    %rcx
        popq    %rdx
        popq    %rsi
        popq    %rdi
        .cfi_def_cfa_offset 8
        movq    proa_guest_thread@gottpoff(%rip), %r11
        testl   %eax, %eax
        je      enter_on_stack
        ret
end proa_guest_enter

/* void trap(context rdi, trap esi): never returns. */
function proa_guest_trap
        movq    PROA_CONTEXT_INSTANCE(%rdi), %rdi
        movq    (%rdi), %rdi
        movq    (%rsp), %rdx
        movq    %rbp, %rcx
end proa_guest_trap

/*
 * Leave guest rdi by trap esi (0: by what is pending); rdx is the address that
 * the innermost frame goes on at, rcx its frame pointer. The frames are read
 * first, from below them if there is room: the landing may be on the same
 * stack, above them.
 */
leave_guest:
        .cfi_startproc
        .cfi_undefined %rip
        movq    PROA_GUEST_ACTIVATION(%rdi), %rax
        cmpq    PROA_GUEST_STACK_LIMIT(%rdi), %rsp
        cmovbq  %rax, %rsp
        andq    $-16, %rsp
        pushq   %rax
        pushq   %rax
        callq   proa_guest_record
        popq    %rsp
        jmp     proa_guest_landing
        .cfi_endproc

/*
 * A host function's stand-in. rdi is a struct proa_host_head, all other
 * arguments are already where C wants them.
 */
function proa_guest_host_call
        movq    PROA_HOST_GUEST(%rdi), %r10
        cmpq    PROA_GUEST_STACK_LIMIT(%r10), %rsp
        jb      overflow
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        movq    %rbp, PROA_GUEST_EXIT_FRAME(%r10)
        pushq   %r10
        pushq   %r10
        callq   *PROA_HOST_FN(%rdi)
return_to_guest:
        movq    -8(%rbp), %r10
mark proa_guest_return_window
        cmpq    $0, PROA_GUEST_PENDING(%r10)
        jne     1f
        leave
        .cfi_def_cfa %rsp, 8
        ret
mark proa_guest_return_window_end
        .cfi_def_cfa %rbp, 16
1:      cmpl    $0, PROA_GUEST_PENDING(%r10)
        jne     2f
        cmpw    $0, PROA_GUEST_INTERRUPT(%r10)
        jne     2f
        /* Only a slice that is over; what the function returned is kept. */
        pushq   %rax
        pushq   %rax
        subq    $16, %rsp
        movups  %xmm0, (%rsp)
        movq    %r10, %rdi
        callq   proa_preempt_yield
        movups  (%rsp), %xmm0
        addq    $16, %rsp
        popq    %rax
        popq    %rax
        jmp     return_to_guest
2:      movq    %r10, %rdi
        xorl    %esi, %esi
        movq    8(%rbp), %rdx
        movq    (%rbp), %rcx
        jmp     leave_guest
end proa_guest_host_call

/* The same with arguments on the stack, which are handed on. */
function proa_guest_host_call_stack
        movq    PROA_HOST_GUEST(%rdi), %r10
        cmpq    PROA_GUEST_STACK_LIMIT(%r10), %rsp
        jb      overflow
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        movq    %rbp, PROA_GUEST_EXIT_FRAME(%r10)
        pushq   %r10
        movq    PROA_HOST_STACK_WORDS(%rdi), %rax
        testb   $1, %al
        jnz     1f
        pushq   %r10
1:      pushq   8(%rbp,%rax,8)
        decq    %rax
        jnz     1b
        callq   *PROA_HOST_FN(%rdi)
        jmp     return_to_guest
end proa_guest_host_call_stack

/* The stack is too low for C; rsp is at the return address to the guest. */
overflow:
        .cfi_startproc
        movq    %r10, %rdi
        movl    $PROA_GUEST_TRAP_STACK_OVERFLOW, %esi
        movq    (%rsp), %rdx
        movq    %rbp, %rcx
        jmp     leave_guest
        .cfi_endproc

/*
 * A builtin's stand-in: rdi is the context, whose builtins are followed by the
 * C functions.
 */
        .macro builtin index
function proa_guest_builtin_\index
        movl    $(\index * 8), %eax
        jmp     builtin_call
end proa_guest_builtin_\index
        .endm

        builtin 1
        builtin 2
        builtin 3
        builtin 4
        builtin 5
        builtin 6
        builtin 7
        builtin 8
        builtin 9
        builtin 10

builtin_call:
        .cfi_startproc
        movq    PROA_CONTEXT_INSTANCE(%rdi), %r10
        movq    (%r10), %r10
        cmpq    PROA_GUEST_STACK_LIMIT(%r10), %rsp
        jb      overflow
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        pushq   %r10
        pushq   %r10
        movq    PROA_CONTEXT_BUILTINS(%rdi), %r11
        callq   *PROA_BUILTIN_BODIES(%r11,%rax)
        jmp     return_to_guest
        .cfi_endproc

/* Adapter: code(context). */
function proa_guest_call_plain
        movq    %rdi, %rax
        movq    %rsi, %rdi
        jmp     *%rax
end proa_guest_call_plain

/* Adapter: code rdi, context rsi, struct proa_guest_invoke rcx. */
function proa_guest_call_host
        pushq   %rbp
        .cfi_def_cfa_offset 16
        .cfi_offset %rbp, -16
        movq    %rsp, %rbp
        .cfi_def_cfa_register %rbp
        pushq   %rbx
        .cfi_offset %rbx, -24
        pushq   %rcx
        movq    %rcx, %rbx
        movq    %rdi, %r11
        movq    %rsi, %rdi
        movq    PROA_INVOKE_STACK_WORDS(%rbx), %rax
        movq    PROA_INVOKE_STACK(%rbx), %r10
        testb   $1, %al
        jz      2f
        pushq   %rax
        jmp     2f
1:      pushq   -8(%r10,%rax,8)
        decq    %rax
2:      testq   %rax, %rax
        jnz     1b
        movsd   PROA_INVOKE_FLOATS+0(%rbx), %xmm0
        movsd   PROA_INVOKE_FLOATS+8(%rbx), %xmm1
        movsd   PROA_INVOKE_FLOATS+16(%rbx), %xmm2
        movsd   PROA_INVOKE_FLOATS+24(%rbx), %xmm3
        movsd   PROA_INVOKE_FLOATS+32(%rbx), %xmm4
        movsd   PROA_INVOKE_FLOATS+40(%rbx), %xmm5
        movsd   PROA_INVOKE_FLOATS+48(%rbx), %xmm6
        movsd   PROA_INVOKE_FLOATS+56(%rbx), %xmm7
        movq    PROA_INVOKE_INTS+0(%rbx), %rsi
        movq    PROA_INVOKE_INTS+8(%rbx), %rdx
        movq    PROA_INVOKE_INTS+16(%rbx), %rcx
        movq    PROA_INVOKE_INTS+24(%rbx), %r8
        movq    PROA_INVOKE_INTS+32(%rbx), %r9
        callq   *%r11
        movq    %rax, PROA_INVOKE_INT_RESULT(%rbx)
        movsd   %xmm0, PROA_INVOKE_FLOAT_RESULT(%rbx)
        movq    -8(%rbp), %rbx
        leave
        .cfi_def_cfa %rsp, 8
        ret
end proa_guest_call_host

        .section .note.GNU-stack, "", @progbits
