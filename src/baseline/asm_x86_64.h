/*
 * An assembler for x86-64, as a table of encodings: an instruction is a number
 * (prefix, map, opcode), an operand is a register or a place in memory.
 * Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_ASM_X86_64_H
#define PROA_BASELINE_ASM_X86_64_H

#include "base/buffer.h"
#include "baseline/opcode_x86_64.h"

/* General registers by their number in the encoding; XMM registers likewise. */
enum proa_gpr {
    PROA_RAX,
    PROA_RCX,
    PROA_RDX,
    PROA_RBX,
    PROA_RSP,
    PROA_RBP,
    PROA_RSI,
    PROA_RDI,
    PROA_R8,
    PROA_R9,
    PROA_R10,
    PROA_R11,
    PROA_R12,
    PROA_R13,
    PROA_R14,
    PROA_R15,
    PROA_NO_GPR = 0xff,
};

/* [base + index * 2^scale + offset] */
struct proa_place {
    uint8_t base;  /* enum proa_gpr */
    uint8_t index; /* PROA_NO_GPR: none; never PROA_RSP */
    uint8_t scale; /* log2 */
    int32_t offset;
};

/* Conditions, as they stand in jcc, setcc and cmovcc. */
enum proa_condition {
    PROA_CC_O = 0x0,
    PROA_CC_NO = 0x1,
    PROA_CC_B = 0x2,
    PROA_CC_AE = 0x3,
    PROA_CC_E = 0x4,
    PROA_CC_NE = 0x5,
    PROA_CC_BE = 0x6,
    PROA_CC_A = 0x7,
    PROA_CC_S = 0x8,
    PROA_CC_NS = 0x9,
    PROA_CC_P = 0xa,
    PROA_CC_NP = 0xb,
    PROA_CC_L = 0xc,
    PROA_CC_GE = 0xd,
    PROA_CC_LE = 0xe,
    PROA_CC_G = 0xf,
};

/* A place in the code that is jumped to, before or after it is known. */
struct proa_label {
    uint32_t at;   /* code offset, once bound */
    uint32_t uses; /* last jump to it plus 1: a chain through the code; 0: none
                    */
    uint8_t is_bound;
};

/* No x86 instruction is longer than 15 bytes. */
enum { PROA_ASM_BYTES_MAX = 16 };

struct proa_asm {
    uint8_t *at;              /* the next instruction's place */
    uint8_t *limit;           /* below it there is room for the longest */
    uint8_t *start;           /* offset 0 */
    struct proa_buffer *code; /* borrowed; its `is_full` is the only error */
    uint8_t nowhere[PROA_ASM_BYTES_MAX]; /* to write to when it is full */
};

/* Assemble behind what is in the buffer, which nobody else changes until it is
 * synchronised: only then it has its new size. It can be gone on from there. */
void proa_asm_open(struct proa_asm *as, struct proa_buffer *code);
void proa_asm_sync(struct proa_asm *as);

/* Instructions of two operands. `reg` and a register `rm` are numbers of
 * general or XMM registers as the instruction wants. */
void proa_asm_rr(struct proa_asm *as, uint32_t op, unsigned reg, unsigned rm);
void proa_asm_rm(struct proa_asm *as, uint32_t op, unsigned reg,
                 const struct proa_place *place);
/* The same followed by one byte. */
void proa_asm_rri(struct proa_asm *as, uint32_t op, unsigned reg, unsigned rm,
                  uint8_t immediate);
void proa_asm_rmi(struct proa_asm *as, uint32_t op, unsigned reg,
                  const struct proa_place *place, uint8_t immediate);

/* rm OP= immediate. `wide`: 64-bit operands, the immediate sign-extended. */
void proa_asm_group_ri(struct proa_asm *as, enum proa_asm_group1 op, bool wide,
                       unsigned rm, int32_t immediate);
void proa_asm_group_mi(struct proa_asm *as, enum proa_asm_group1 op, bool wide,
                       const struct proa_place *place, int32_t immediate);
/* reg = rm * immediate */
void proa_asm_imul_rri(struct proa_asm *as, bool wide, unsigned reg,
                       unsigned rm, int32_t immediate);
void proa_asm_shift_ri(struct proa_asm *as, enum proa_asm_shift op, bool wide,
                       unsigned rm, uint8_t count);
void proa_asm_shift_cl(struct proa_asm *as, enum proa_asm_shift op, bool wide,
                       unsigned rm);
void proa_asm_unary(struct proa_asm *as, enum proa_asm_unary op, bool wide,
                    unsigned rm);
void proa_asm_sign_extend_rax(struct proa_asm *as, bool wide); /* cdq, cqo */

/* The shortest way to put a constant into a register; flags may change. */
void proa_asm_constant(struct proa_asm *as, unsigned reg, uint64_t value);
/* reg = 0 with the flags as they were. */
void proa_asm_move_zero(struct proa_asm *as, unsigned reg);
/* Store an immediate of `size` 1, 2, 4 or 8 (sign-extended) bytes. */
void proa_asm_store_immediate(struct proa_asm *as, unsigned size,
                              const struct proa_place *place,
                              int32_t immediate);
void proa_asm_setcc(struct proa_asm *as, enum proa_condition condition,
                    unsigned reg); /* the low byte */
void proa_asm_cmov(struct proa_asm *as, enum proa_condition condition,
                   bool wide, unsigned reg, unsigned rm);

void proa_asm_push(struct proa_asm *as, unsigned reg);
void proa_asm_pop(struct proa_asm *as, unsigned reg);
void proa_asm_ret(struct proa_asm *as);
void proa_asm_leave(struct proa_asm *as);
void proa_asm_int3(struct proa_asm *as);
/* int3 up to an offset that is a multiple of 16. */
void proa_asm_align(struct proa_asm *as);

/* Jumps take 32-bit distances always: one pass cannot know better. */
void proa_asm_bind(struct proa_asm *as, struct proa_label *label);
void proa_asm_jmp(struct proa_asm *as, struct proa_label *label);
void proa_asm_jcc(struct proa_asm *as, enum proa_condition condition,
                  struct proa_label *label);
/* reg = the label's address */
void proa_asm_lea_label(struct proa_asm *as, unsigned reg,
                        struct proa_label *label);
/* A call through 8 bytes of memory at a distance of 0, to be patched: the
 * offset of the distance's 4 bytes. */
uint32_t proa_asm_call_later(struct proa_asm *as);
uint32_t proa_asm_jmp_later(struct proa_asm *as);
/* Write the distance from behind the 4 bytes at `at` to `target`. */
void proa_asm_patch(struct proa_asm *as, uint32_t at, uint32_t target);
void proa_asm_call_r(struct proa_asm *as, unsigned reg);
void proa_asm_call_m(struct proa_asm *as, const struct proa_place *place);
void proa_asm_jmp_r(struct proa_asm *as, unsigned reg);
void proa_asm_jmp_m(struct proa_asm *as, const struct proa_place *place);

static inline uint32_t proa_asm_offset(const struct proa_asm *as)
{
    return (uint32_t)(as->at - as->start);
}

static inline struct proa_place proa_place(unsigned base, int32_t offset)
{
    return (struct proa_place){ .base = (uint8_t)base,
                                .index = PROA_NO_GPR,
                                .offset = offset };
}

#endif
