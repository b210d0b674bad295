/*
 * Modules for tests, put together from bytes.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_WASM_BYTES_H
#define PROA_TESTS_WASM_BYTES_H

#include "../check.h"

enum { BYTES_MAX = 4096 };

struct bytes {
    uint8_t at[BYTES_MAX];
    uint32_t size;
};

static inline void put(struct bytes *to, const void *bytes, uint32_t size)
{
    CHECK_EQ(size <= BYTES_MAX - to->size, 1);
    memcpy(to->at + to->size, bytes, size);
    to->size += size;
}

static inline void put_byte(struct bytes *to, unsigned byte)
{
    uint8_t value = (uint8_t)byte;

    put(to, &value, 1);
}

static inline void put_u32(struct bytes *to, uint32_t value)
{
    for (; value >= 0x80; value >>= 7)
        put_byte(to, (value & 0x7f) | 0x80);
    put_byte(to, value);
}

static inline void put_header(struct bytes *to)
{
    put(to, "\0asm\1\0\0\0", 8);
}

static inline void put_section(struct bytes *to, unsigned id, const void *bytes,
                               uint32_t size)
{
    put_byte(to, id);
    put_u32(to, size);
    put(to, bytes, size);
}

/* The same from a string literal. */
#define PUT_SECTION(to, id, literal)                                           \
    put_section(to, id, literal, sizeof(literal) - 1)

#endif
