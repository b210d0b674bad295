/*
 * Guest code that keeps as much as it can in registers, flags, vectors and
 * below its stack pointer, and calls a host function now and then. Both take
 * (context, slot) and return a checksum.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_PREEMPT_CODE_H
#define PROA_TESTS_PREEMPT_CODE_H

extern const char test_work_start[];
extern const char test_work_end[];
void test_work(void);     /* with SSE */
void test_work_avx(void); /* the same with 32 bytes a register */

#define WORK(name, fill, step, fold)                                           \
    ".globl " name "\n" name ":\n"                                             \
    "  push %rbp\n"                                                            \
    "  mov %rsp, %rbp\n"                                                       \
    "  push %rbx\n"                                                            \
    "  push %r12\n"                                                            \
    "  push %r13\n"                                                            \
    "  push %r14\n"                                                            \
    "  push %r15\n"                                                            \
    "  sub $136, %rsp\n"                                                       \
    "  mov %rsi, %rbx\n"                                                       \
    "  mov $0x9e3779b97f4a7c15, %r13\n"                                        \
    "  mov %r13, %r14\n"                                                       \
    "  mov $4, %r12d\n" /* turns, a host call each */                          \
    "1:\n"                                                                     \
    "  mov $3, %r15d\n"                                                        \
    "  mov %r13, %rcx\n" fill "2:\n"                                           \
    "  imul %r13, %r14\n"                                                      \
    "  add %r14, %r13\n" /* the carry stays ... */                             \
    "  lea 1(%r14), %rdx\n"                                                    \
    "  mov %r13, -64(%rsp)\n" /* ... and so does this */                       \
    "  adc %rcx, %rdx\n"                                                       \
    "  std\n"                                                                  \
    "  cld\n"                                                                  \
    "  rol $13, %rdx\n"                                                        \
    "  xor -64(%rsp), %rdx\n"                                                  \
    "  mov %rdx, %r14\n" step "  dec %r15d\n"                                  \
    "  jnz 2b\n" fold "  xor %rcx, %r13\n"                                     \
    "  mov (%rbx), %rax\n"                                                     \
    "  mov 8(%rbx), %rdi\n"                                                    \
    "  mov %r13, %rsi\n"                                                       \
    "  call *%rax\n"                                                           \
    "  add %rax, %r13\n"                                                       \
    "  dec %r12d\n"                                                            \
    "  jnz 1b\n"                                                               \
    "  mov %r13, %rax\n"                                                       \
    "  add $136, %rsp\n"                                                       \
    "  pop %r15\n"                                                             \
    "  pop %r14\n"                                                             \
    "  pop %r13\n"                                                             \
    "  pop %r12\n"                                                             \
    "  pop %rbx\n"                                                             \
    "  pop %rbp\n"                                                             \
    "  ret\n"

/* Registers 0 to 15 get their number, times rcx. */
#define SSE_FILL                                                               \
    "  pxor %xmm0, %xmm0\n"                                                    \
    "  movq %rcx, %xmm1\n"                                                     \
    "  movlhps %xmm1, %xmm1\n"                                                 \
    "  .irp n,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"                             \
    "  movdqa %xmm1, %xmm\\n\n"                                                \
    "  psllq $\\n, %xmm\\n\n"                                                  \
    "  .endr\n"
#define SSE_STEP                                                               \
    "  .irp n,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"                           \
    "  paddq %xmm\\n, %xmm0\n"                                                 \
    "  .endr\n"                                                                \
    "  pxor %xmm0, %xmm15\n"
#define SSE_FOLD                                                               \
    "  movq %xmm0, %rcx\n"                                                     \
    "  movhlps %xmm15, %xmm0\n"                                                \
    "  movq %xmm0, %rdx\n"                                                     \
    "  add %rdx, %rcx\n"

#define AVX_FILL                                                               \
    "  vpxor %xmm0, %xmm0, %xmm0\n"                                            \
    "  vmovq %rcx, %xmm1\n"                                                    \
    "  vpbroadcastq %xmm1, %ymm1\n"                                            \
    "  .irp n,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"                             \
    "  vpsllq $\\n, %ymm1, %ymm\\n\n"                                          \
    "  .endr\n"
#define AVX_STEP                                                               \
    "  .irp n,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"                           \
    "  vpaddq %ymm\\n, %ymm0, %ymm0\n"                                         \
    "  .endr\n"                                                                \
    "  vpxor %ymm0, %ymm15, %ymm15\n"
/* From the upper halves. */
#define AVX_FOLD                                                               \
    "  vextracti128 $1, %ymm15, %xmm0\n"                                       \
    "  vmovq %xmm0, %rcx\n"

__asm__(".pushsection .text.test_work,\"ax\",@progbits\n"
        ".globl test_work_start\n"
        "test_work_start:\n" WORK("test_work", SSE_FILL, SSE_STEP, SSE_FOLD)
            WORK("test_work_avx", AVX_FILL, AVX_STEP, AVX_FOLD) //
        ".globl test_work_end\n"
        "test_work_end:\n"
        ".popsection\n");

#endif
