/*
 * What fiber_*.S puts on the stack of a fiber that is not running, in bytes
 * from its stack pointer; fiber.c prepares the first one by hand.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_FIBER_OFFSETS_H
#define PROA_PLATFORM_FIBER_OFFSETS_H

#define PROA_FIBER_ACTIVATION 0 /* the innermost, see guest.h */
#define PROA_FIBER_MXCSR 8      /* 4 bytes */
#define PROA_FIBER_X87 12       /* the control word, 4 bytes */
#define PROA_FIBER_R15 16
#define PROA_FIBER_R14 24
#define PROA_FIBER_R13 32
#define PROA_FIBER_R12 40
#define PROA_FIBER_RBX 48
#define PROA_FIBER_RBP 56
#define PROA_FIBER_RIP 64
#define PROA_FIBER_FRAME_SIZE 72

/* The number of the system call that ends a signal handler. */
#define PROA_RT_SIGRETURN 15

#endif
