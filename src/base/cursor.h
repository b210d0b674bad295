/*
 * A bounded view of input bytes: the only way a decoder may touch its input.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASE_CURSOR_H
#define PROA_BASE_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "proa/error.h"

/*
 * A window on `bytes`: from `offset` up to `size`. Offsets count from the start
 * of the whole input also in a window cut from it, so that an error's offset
 * needs no translation.
 */
struct proa_cursor {
    const uint8_t *bytes; /* of the whole input */
    uint32_t size;        /* where this window ends */
    uint32_t offset;      /* always <= size */
};

static inline uint32_t proa_cursor_left(const struct proa_cursor *in)
{
    return in->size - in->offset;
}

PROA_NODISCARD enum proa_status
proa_cursor_u8(struct proa_cursor *in, uint8_t *value, struct proa_error *err);

/* LEB128, of at most that many bits; a stray high bit is malformed, not lost.
 */
PROA_NODISCARD enum proa_status proa_cursor_u32_long(struct proa_cursor *in,
                                                     uint32_t *value,
                                                     struct proa_error *err);
/* Most have one byte: that case is no call. */
PROA_NODISCARD static inline enum proa_status
proa_cursor_u32(struct proa_cursor *in, uint32_t *value, struct proa_error *err)
{
    if (in->offset < in->size && in->bytes[in->offset] < 0x80) {
        *value = in->bytes[in->offset++];
        return PROA_OK;
    }
    return proa_cursor_u32_long(in, value, err);
}
PROA_NODISCARD enum proa_status proa_cursor_u64(struct proa_cursor *in,
                                                uint64_t *value,
                                                struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_cursor_s32(struct proa_cursor *in, int32_t *value, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_cursor_s33(struct proa_cursor *in, int64_t *value, struct proa_error *err);
PROA_NODISCARD enum proa_status
proa_cursor_s64(struct proa_cursor *in, int64_t *value, struct proa_error *err);

/* Fixed size, little endian. */
PROA_NODISCARD enum proa_status proa_cursor_fixed32(struct proa_cursor *in,
                                                    uint32_t *value,
                                                    struct proa_error *err);
PROA_NODISCARD enum proa_status proa_cursor_fixed64(struct proa_cursor *in,
                                                    uint64_t *value,
                                                    struct proa_error *err);

/* The next `size` bytes, in place. */
PROA_NODISCARD enum proa_status proa_cursor_bytes(struct proa_cursor *in,
                                                  uint32_t size,
                                                  const uint8_t **bytes,
                                                  struct proa_error *err);

/* Cut the next `size` bytes off `in` as a window of their own. */
PROA_NODISCARD enum proa_status proa_cursor_window(struct proa_cursor *in,
                                                   uint32_t size,
                                                   struct proa_cursor *window,
                                                   struct proa_error *err);

#endif
