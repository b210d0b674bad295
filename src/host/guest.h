/*
 * What a guest hands to a host function: addresses in its memory, checked, and
 * the values found there. Nothing here trusts an address, a count or a size.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HOST_GUEST_H
#define PROA_HOST_GUEST_H

#include <string.h>

#include "proa/store.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "a guest's memory is little endian, and so must the host be");

/*
 * `count` items of `item_size` bytes at `address` in the guest's memory, or
 * NULL when any byte of them is out of bounds. No bytes at all are always in
 * bounds: the pointer is then not NULL and may not be read. The memory has no
 * alignment and may change whenever the guest runs: copy before checking.
 */
void *proa_guest_array(const struct proa_call *call, uint32_t address,
                       uint32_t count, uint32_t item_size);

/* `size` bytes at `address`; NULL as above. */
static inline void *proa_guest_bytes(const struct proa_call *call,
                                     uint32_t address, uint32_t size)
{
    return proa_guest_array(call, address, size, 1);
}

enum proa_guest_text {
    PROA_GUEST_TEXT_OK,
    PROA_GUEST_TEXT_FAULT,   /* out of bounds */
    PROA_GUEST_TEXT_LONG,    /* does not fit in `to` with its terminator */
    PROA_GUEST_TEXT_NUL,     /* has a zero byte inside */
    PROA_GUEST_TEXT_ILLEGAL, /* is not UTF-8 */
};

/*
 * Copy a string of `size` bytes and terminate it. `to` has room for
 * `room` bytes and is written only on PROA_GUEST_TEXT_OK.
 */
PROA_NODISCARD enum proa_guest_text
proa_guest_text_copy(const struct proa_call *call, uint32_t address,
                     uint32_t size, char *to, uint32_t room);

/* Values in a guest's memory, at any alignment. */
static inline uint16_t proa_guest_load_u16(const uint8_t *from)
{
    uint16_t value;

    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint32_t proa_guest_load_u32(const uint8_t *from)
{
    uint32_t value;

    memcpy(&value, from, sizeof value);
    return value;
}

static inline uint64_t proa_guest_load_u64(const uint8_t *from)
{
    uint64_t value;

    memcpy(&value, from, sizeof value);
    return value;
}

static inline void proa_guest_store_u16(uint8_t *to, uint16_t value)
{
    memcpy(to, &value, sizeof value);
}

static inline void proa_guest_store_u32(uint8_t *to, uint32_t value)
{
    memcpy(to, &value, sizeof value);
}

static inline void proa_guest_store_u64(uint8_t *to, uint64_t value)
{
    memcpy(to, &value, sizeof value);
}

#endif
