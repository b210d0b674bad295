/*
 * What the assembly of guest_*.S knows of C's structs: offsets in bytes, and
 * the numbers of three traps. guest.c and the runtime assert them.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_GUEST_OFFSETS_H
#define PROA_PLATFORM_GUEST_OFFSETS_H

/* struct proa_guest */
#define PROA_GUEST_ACTIVATION 0
#define PROA_GUEST_STACK_LIMIT 8
#define PROA_GUEST_EXIT_FRAME 16
#define PROA_GUEST_PENDING 24
#define PROA_GUEST_INTERRUPT 28 /* 2 bytes */
#define PROA_GUEST_YIELD 30     /* 2 bytes */
#define PROA_GUEST_STACK_HIGH 32
#define PROA_GUEST_THREAD 40

/* From a struct proa_activation to the frame it is in. */
#define PROA_ACTIVATION_FRAME 80

/* struct proa_host_head */
#define PROA_HOST_FN 0
#define PROA_HOST_GUEST 8
#define PROA_HOST_STACK_WORDS 16

/* struct proa_guest_invoke */
#define PROA_INVOKE_INTS 0
#define PROA_INVOKE_FLOATS 40
#define PROA_INVOKE_STACK 104
#define PROA_INVOKE_STACK_WORDS 112
#define PROA_INVOKE_INT_RESULT 120
#define PROA_INVOKE_FLOAT_RESULT 128

/* The engine's context, whose instance begins with its guest; and the bytes
 * from its table of builtins to the C functions behind them. */
#define PROA_CONTEXT_BUILTINS 0
#define PROA_CONTEXT_INSTANCE 24
#define PROA_BUILTIN_BODIES 88

/* enum proa_trap */
#define PROA_GUEST_TRAP_MEMORY_BOUNDS 2
#define PROA_GUEST_TRAP_STACK_OVERFLOW 10
#define PROA_GUEST_TRAP_OUT_OF_MEMORY 11
#define PROA_GUEST_TRAP_INTERRUPT 12

#endif
