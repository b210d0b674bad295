/*
 * The encodings that the assembler knows by name.
 * Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_OPCODE_X86_64_H
#define PROA_BASELINE_OPCODE_X86_64_H

/*
 * Encodings: opcode in the low byte, then what it needs. For an instruction
 * that is not named here: combine by hand.
 */
enum {
    PROA_ASM_0F = 1 << 8,   /* two-byte map */
    PROA_ASM_0F38 = 2 << 8, /* three-byte maps */
    PROA_ASM_0F3A = 3 << 8,
    PROA_ASM_MAP = 3 << 8,
    PROA_ASM_66 = 1 << 10, /* mandatory prefixes */
    PROA_ASM_F3 = 1 << 11,
    PROA_ASM_F2 = 1 << 12,
    PROA_ASM_W = 1 << 13,        /* 64-bit operands */
    PROA_ASM_BYTE_REG = 1 << 14, /* reg is a byte register: sil needs REX */
    PROA_ASM_BYTE_RM = 1 << 15,  /* rm likewise, when it is a register */
};

/* reg OP= rm, except where said; add PROA_ASM_W for 64 bits. */
enum proa_asm_op {
    PROA_ASM_ADD = 0x03,
    PROA_ASM_OR = 0x0b,
    PROA_ASM_ADC = 0x13,
    PROA_ASM_SBB = 0x1b,
    PROA_ASM_AND = 0x23,
    PROA_ASM_SUB = 0x2b,
    PROA_ASM_XOR = 0x33,
    PROA_ASM_CMP = 0x3b,
    PROA_ASM_TEST = 0x85,
    PROA_ASM_MOV = 0x8b,       /* reg = rm */
    PROA_ASM_MOV_STORE = 0x89, /* rm = reg */
    PROA_ASM_MOV8_STORE = 0x88 | PROA_ASM_BYTE_REG,
    PROA_ASM_MOV16_STORE = 0x89 | PROA_ASM_66,
    PROA_ASM_LEA = 0x8d,
    PROA_ASM_MOVSXD = 0x63 | PROA_ASM_W,
    PROA_ASM_MOVZX8 = 0xb6 | PROA_ASM_0F | PROA_ASM_BYTE_RM,
    PROA_ASM_MOVZX16 = 0xb7 | PROA_ASM_0F,
    PROA_ASM_MOVSX8 = 0xbe | PROA_ASM_0F | PROA_ASM_BYTE_RM,
    PROA_ASM_MOVSX16 = 0xbf | PROA_ASM_0F,
    PROA_ASM_IMUL = 0xaf | PROA_ASM_0F,
    PROA_ASM_BSF = 0xbc | PROA_ASM_0F,
    PROA_ASM_BSR = 0xbd | PROA_ASM_0F,
    PROA_ASM_POPCNT = 0xb8 | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_TZCNT = 0xbc | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_LZCNT = 0xbd | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_XCHG = 0x87,

    /* Scalar and packed floats: xmm OP= xmm or memory. */
    PROA_ASM_MOVSS = 0x10 | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_MOVSD = 0x10 | PROA_ASM_0F | PROA_ASM_F2,
    PROA_ASM_MOVSS_STORE = 0x11 | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_MOVSD_STORE = 0x11 | PROA_ASM_0F | PROA_ASM_F2,
    PROA_ASM_MOVAPS = 0x28 | PROA_ASM_0F,
    PROA_ASM_MOVUPS = 0x10 | PROA_ASM_0F,
    PROA_ASM_MOVUPS_STORE = 0x11 | PROA_ASM_0F,
    /* xmm = gpr and gpr = xmm; with PROA_ASM_W all 64 bits. */
    PROA_ASM_MOVD_TO_XMM = 0x6e | PROA_ASM_0F | PROA_ASM_66,
    PROA_ASM_MOVD_FROM_XMM = 0x7e | PROA_ASM_0F | PROA_ASM_66,
    PROA_ASM_UCOMISS = 0x2e | PROA_ASM_0F,
    PROA_ASM_UCOMISD = 0x2e | PROA_ASM_0F | PROA_ASM_66,
    PROA_ASM_SQRTSS = 0x51 | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_SQRTSD = 0x51 | PROA_ASM_0F | PROA_ASM_F2,
    PROA_ASM_ANDPS = 0x54 | PROA_ASM_0F,
    PROA_ASM_ANDNPS = 0x55 | PROA_ASM_0F,
    PROA_ASM_ORPS = 0x56 | PROA_ASM_0F,
    PROA_ASM_XORPS = 0x57 | PROA_ASM_0F,
    PROA_ASM_ADDSS = 0x58 | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_ADDSD = 0x58 | PROA_ASM_0F | PROA_ASM_F2,
    PROA_ASM_MULSS = 0x59 | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_MULSD = 0x59 | PROA_ASM_0F | PROA_ASM_F2,
    PROA_ASM_SUBSS = 0x5c | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_SUBSD = 0x5c | PROA_ASM_0F | PROA_ASM_F2,
    PROA_ASM_MINSS = 0x5d | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_MINSD = 0x5d | PROA_ASM_0F | PROA_ASM_F2,
    PROA_ASM_DIVSS = 0x5e | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_DIVSD = 0x5e | PROA_ASM_0F | PROA_ASM_F2,
    PROA_ASM_MAXSS = 0x5f | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_MAXSD = 0x5f | PROA_ASM_0F | PROA_ASM_F2,
    PROA_ASM_CVTSS2SD = 0x5a | PROA_ASM_0F | PROA_ASM_F3,
    PROA_ASM_CVTSD2SS = 0x5a | PROA_ASM_0F | PROA_ASM_F2,
    PROA_ASM_CVTSI2SS = 0x2a | PROA_ASM_0F | PROA_ASM_F3,  /* from gpr */
    PROA_ASM_CVTSI2SD = 0x2a | PROA_ASM_0F | PROA_ASM_F2,  /* from gpr */
    PROA_ASM_CVTTSS2SI = 0x2c | PROA_ASM_0F | PROA_ASM_F3, /* to gpr */
    PROA_ASM_CVTTSD2SI = 0x2c | PROA_ASM_0F | PROA_ASM_F2, /* to gpr */
    PROA_ASM_ROUNDSS = 0x0a | PROA_ASM_0F3A | PROA_ASM_66, /* and imm8 */
    PROA_ASM_ROUNDSD = 0x0b | PROA_ASM_0F3A | PROA_ASM_66, /* and imm8 */
};

/* One-operand and immediate forms: the number in the reg field. */
enum proa_asm_group1 { /* 0x81, 0x83: OP rm, imm */
                       PROA_ASM_GROUP_ADD = 0,
                       PROA_ASM_GROUP_OR = 1,
                       PROA_ASM_GROUP_AND = 4,
                       PROA_ASM_GROUP_SUB = 5,
                       PROA_ASM_GROUP_XOR = 6,
                       PROA_ASM_GROUP_CMP = 7,
};
enum proa_asm_shift { /* 0xc1 imm8, 0xd3 cl */
                      PROA_ASM_ROL = 0,
                      PROA_ASM_ROR = 1,
                      PROA_ASM_SHL = 4,
                      PROA_ASM_SHR = 5,
                      PROA_ASM_SAR = 7,
};
enum proa_asm_unary { /* 0xf7 */
                      PROA_ASM_NOT = 2,
                      PROA_ASM_NEG = 3,
                      PROA_ASM_MUL = 4, /* rdx:rax = rax * rm */
                      PROA_ASM_DIV = 6,
                      PROA_ASM_IDIV = 7,
};

#endif
