/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "host/guest.h"

#include "base/utf8.h"

void *proa_guest_array(const struct proa_call *call, uint32_t address,
                       uint32_t count, uint32_t item_size)
{
    static uint8_t nothing[1];
    uint64_t size = (uint64_t)count * item_size; /* cannot overflow 64 bits */

    if (size == 0)
        return nothing;
    return proa_call_memory(call, address, size);
}

enum proa_guest_text proa_guest_text_copy(const struct proa_call *call,
                                          uint32_t address, uint32_t size,
                                          char *to, uint32_t room)
{
    const char *from = proa_guest_bytes(call, address, size);

    if (from == NULL)
        return PROA_GUEST_TEXT_FAULT;
    if (size >= room)
        return PROA_GUEST_TEXT_LONG;
    if (memchr(from, 0, size) != NULL)
        return PROA_GUEST_TEXT_NUL;
    if (!proa_utf8_is_valid(from, size))
        return PROA_GUEST_TEXT_ILLEGAL;
    memcpy(to, from, size);
    to[size] = 0;
    return PROA_GUEST_TEXT_OK;
}
