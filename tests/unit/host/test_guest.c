/*
 * Addresses from a guest, up to the last byte of its memory and past it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/guest.h"

#include "../check.h"

enum { MEMORY_SIZE = 64 };

struct proa_call {
    uint8_t *memory;
};

void *proa_call_memory(const struct proa_call *call, uint64_t address,
                       uint64_t size)
{
    if (address > MEMORY_SIZE || size > MEMORY_SIZE - address)
        return NULL;
    return call->memory + address;
}

static void test_arrays(const struct proa_call *call)
{
    static const struct {
        uint32_t address, count, item_size;
        bool is_inside;
    } arrays[] = {
        { 0, 64, 1, true },
        { 0, 65, 1, false },
        { 0, 8, 8, true },
        { 1, 8, 8, false },
        { 63, 1, 1, true },
        { 64, 1, 1, false },
        { 64, 0, 8, true },
        { UINT32_MAX, 0, 8, true },
        { UINT32_MAX, 1, 1, false },
        { 8, UINT32_MAX, UINT32_MAX, false },
        { 8, 0x20000000, 8, false }, /* 0 in 32 bits */
        { 8, 0x10000001, 16, false },
    };

    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        void *at = proa_guest_array(call, arrays[i].address, arrays[i].count,
                                    arrays[i].item_size);

        CHECK_EQ(at != NULL, arrays[i].is_inside);
        if (arrays[i].count > 0 && at != NULL)
            CHECK_EQ((uint8_t *)at - call->memory, arrays[i].address);
    }
    CHECK_EQ(proa_guest_bytes(call, 60, 4) != NULL, 1);
    CHECK_EQ(proa_guest_bytes(call, 61, 4) == NULL, 1);
}

static void test_texts(const struct proa_call *call)
{
    static const struct {
        const char *bytes;
        uint32_t size;
        enum proa_guest_text result;
    } texts[] = {
        { "", 0, PROA_GUEST_TEXT_OK },
        { "abc", 3, PROA_GUEST_TEXT_OK },
        { "\xc3\xa9", 2, PROA_GUEST_TEXT_OK },
        { "1234567", 7, PROA_GUEST_TEXT_OK },
        { "12345678", 8, PROA_GUEST_TEXT_LONG },
        { "a\0b", 3, PROA_GUEST_TEXT_NUL },
        { "ab\0", 3, PROA_GUEST_TEXT_NUL },
        { "\xff", 1, PROA_GUEST_TEXT_ILLEGAL },
        { "\xc3", 1, PROA_GUEST_TEXT_ILLEGAL },
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        uint32_t address = MEMORY_SIZE - texts[i].size; /* the very end */
        char *to = malloc(8);

        memset(to, 'x', 8);
        if (texts[i].size > 0)
            memcpy(call->memory + address, texts[i].bytes, texts[i].size);
        CHECK_EQ(proa_guest_text_copy(call, address, texts[i].size, to, 8),
                 texts[i].result);
        if (texts[i].result == PROA_GUEST_TEXT_OK) {
            CHECK_EQ(strlen(to), texts[i].size);
            CHECK_EQ(memcmp(to, texts[i].bytes, texts[i].size), 0);
        } else {
            CHECK_EQ(to[0], 'x');
        }
        CHECK_EQ(proa_guest_text_copy(call, address + 1, texts[i].size, to, 8),
                 texts[i].size > 0 ? PROA_GUEST_TEXT_FAULT
                                   : PROA_GUEST_TEXT_OK);
        free(to);
    }
    CHECK_EQ(proa_guest_text_copy(call, 0, UINT32_MAX, NULL, 0),
             PROA_GUEST_TEXT_FAULT);
}

static void test_values(void)
{
    uint8_t bytes[9] = { 0 };

    proa_guest_store_u64(bytes + 1, 0x8877665544332211);
    CHECK_EQ(bytes[0], 0);
    CHECK_EQ(bytes[1], 0x11);
    CHECK_EQ(bytes[8], 0x88);
    CHECK_EQ(proa_guest_load_u16(bytes + 1), 0x2211);
    CHECK_EQ(proa_guest_load_u32(bytes + 1), 0x44332211);
    CHECK_EQ(proa_guest_load_u64(bytes + 1) == 0x8877665544332211, 1);
    proa_guest_store_u16(bytes + 1, 0xbbaa);
    proa_guest_store_u32(bytes + 5, 0);
    CHECK_EQ(proa_guest_load_u64(bytes + 1), 0x4433bbaa);
}

int main(void)
{
    struct proa_call call = { calloc(1, MEMORY_SIZE) };

    test_arrays(&call);
    test_texts(&call);
    test_values();
    free(call.memory);
    return 0;
}
