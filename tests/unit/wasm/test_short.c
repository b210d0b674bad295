/* Integers of few bytes: what they are worth, and which are left to others.
 * SPDX-License-Identifier: Apache-2.0 */
#include "wasm/short.h"

#include "../check.h"

static const struct {
    uint8_t bytes[5];
    uint32_t size; /* 0: too long */
    uint32_t number;
    int32_t with_sign;
} integers[] = {
    { { 0x00 }, 1, 0, 0 },
    { { 0x3f, 0xff }, 1, 63, 63 },
    { { 0x40 }, 1, 64, -64 },
    { { 0x7f, 0x80 }, 1, 127, -1 },
    { { 0x80, 0x00 }, 2, 0, 0 },
    { { 0x80, 0x01 }, 2, 128, 128 },
    { { 0xff, 0x3f, 0xff }, 2, 8191, 8191 },
    { { 0x80, 0x40 }, 2, 8192, -8192 },
    { { 0xff, 0x7f }, 2, 16383, -1 },
    { { 0x80, 0x80, 0x01 }, 3, 1 << 14, 1 << 14 },
    { { 0xff, 0xff, 0x7f, 0x80 }, 3, (1 << 21) - 1, -1 },
    { { 0x80, 0x80, 0x40 }, 3, 1 << 20, -(1 << 20) },
    { { 0x81, 0x82, 0x83, 0x04 }, 4, 0x80c101, 0x80c101 },
    { { 0x80, 0x80, 0x80, 0x40 }, 4, 1 << 27, -(1 << 27) },
    { { 0xff, 0xff, 0xff, 0x7f }, 4, (1 << 28) - 1, -1 },
    { { 0x80, 0x80, 0x80, 0x80, 0x01 }, 0, 0, 0 },
    { { 0xff, 0xff, 0xff, 0xff, 0x0f }, 0, 0, 0 },
};

static const struct {
    uint8_t byte;
    uint32_t size; /* 0: another, or one that not every engine has */
    enum proa_valtype result;
} blocktypes[] = {
    { 0x40, 1, (enum proa_valtype)0 },
    { PROA_I32, 1, PROA_I32 },
    { PROA_I64, 1, PROA_I64 },
    { PROA_F32, 1, PROA_F32 },
    { PROA_F64, 1, PROA_F64 },
    { PROA_V128, 0, PROA_V128 },
    { PROA_FUNCREF, 0, PROA_FUNCREF },
    { 0x00, 0, PROA_I32 },
    { 0x3f, 0, PROA_I32 },
    { 0x80, 0, PROA_I32 },
};

int main(void)
{
    for (size_t i = 0; i < sizeof integers / sizeof *integers; i++) {
        uint32_t number = 0;
        int32_t with_sign = 0;
        CHECK_EQ(proa_short_unsigned(integers[i].bytes, &number),
                 integers[i].size);
        CHECK_EQ(proa_short_signed(integers[i].bytes, &with_sign),
                 integers[i].size);
        if (integers[i].size == 0)
            continue;
        CHECK_EQ(number, integers[i].number);
        CHECK_EQ(with_sign, integers[i].with_sign);
    }
    for (size_t i = 0; i < sizeof blocktypes / sizeof *blocktypes; i++) {
        struct proa_blocktype type;
        CHECK_EQ(proa_short_blocktype(&blocktypes[i].byte, &type),
                 blocktypes[i].size);
        if (blocktypes[i].size == 0)
            continue;
        CHECK_EQ(type.type_index, UINT32_MAX);
        CHECK_EQ(type.result, blocktypes[i].result);
    }
    return 0;
}
