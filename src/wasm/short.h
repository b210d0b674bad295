/*
 * Integers of few bytes, which nearly all in code are.
 * https://webassembly.github.io/spec/core/binary/values.html#integers
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_SHORT_H
#define PROA_WASM_SHORT_H

#include <stdint.h>

#include "wasm/instruction.h"

enum {
    PROA_SHORT_BYTES_MAX = 4,
    /* An opcode, flags, such an integer, and nothing is read beyond them. */
    PROA_SHORT_INSTRUCTION_BYTES_MAX = 2 + PROA_SHORT_BYTES_MAX,
};

/* LEB128 of up to four bytes: how many they are; 0: it has more. */
static inline uint32_t proa_short_unsigned(const uint8_t *at, uint32_t *value)
{
    uint32_t bits = at[0];

    *value = bits;
    if (bits < 0x80)
        return 1;
    bits = (bits & 0x7f) | (uint32_t)at[1] << 7;
    *value = bits;
    if (at[1] < 0x80)
        return 2;
    bits = (bits & 0x3fff) | (uint32_t)at[2] << 14;
    *value = bits;
    if (at[2] < 0x80)
        return 3;
    *value = (bits & 0x1fffff) | (uint32_t)at[3] << 21;
    return at[3] < 0x80 ? 4 : 0;
}

static inline uint32_t proa_short_signed(const uint8_t *at, int32_t *value)
{
    uint32_t bits = 0;
    uint32_t count = proa_short_unsigned(at, &bits);
    uint32_t sign = 1U << (7 * count) >> 1;

    *value = (int32_t)((bits ^ sign) - sign);
    return count;
}

/* Of a value type that every engine has, or none: 1; 0: it is another. */
static inline uint32_t proa_short_blocktype(const uint8_t *at,
                                            struct proa_blocktype *type)
{
    uint8_t byte = at[0];

    type->type_index = UINT32_MAX;
    type->result =
        byte == 0x40 ? (enum proa_valtype)0 : (enum proa_valtype)byte;
    return byte == 0x40 || (byte >= PROA_F64 && byte <= PROA_I32);
}

#endif
