/*
 * https://webassembly.github.io/spec/core/binary/instructions.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/instruction.h"

#include <string.h>

#include "base/fail.h"
#include "wasm/limits.h"
#include "wasm/short.h"
#include "wasm/valtype.h"

static enum proa_status read_pair(struct proa_cursor *in,
                                  struct proa_instruction *out,
                                  struct proa_error *err)
{
    enum proa_status status = proa_cursor_u32(in, &out->index, err);

    if (status == PROA_OK)
        status = proa_cursor_u32(in, &out->index2, err);
    return status;
}

static enum proa_status read_blocktype(struct proa_cursor *in,
                                       struct proa_blocktype *type,
                                       struct proa_error *err)
{
    uint8_t first =
        in->offset < in->size ? in->bytes[in->offset] : (uint8_t)0x80;

    type->type_index = UINT32_MAX;
    type->result = (enum proa_valtype)0;
    if (first == 0x40) { /* no result */
        in->offset++;
        return PROA_OK;
    }
    if (first > 0x40 && first < 0x80) /* a negative s33 of one byte */
        return proa_valtype_read(in, &type->result, err);

    int64_t index = 0;
    uint32_t offset = in->offset;
    enum proa_status status = proa_cursor_s33(in, &index, err);
    if (status != PROA_OK)
        return status;
    if (index < 0)
        return proa_fail(err, PROA_MALFORMED, offset, "malformed block type");
    type->type_index = (uint32_t)index;
    return PROA_OK;
}

static enum proa_status read_labels(struct proa_cursor *in,
                                    struct proa_instruction *out,
                                    struct proa_error *err)
{
    uint32_t offset = in->offset;
    uint32_t count = 0;
    enum proa_status status = proa_cursor_u32(in, &count, err);

    if (status != PROA_OK)
        return status;
    if (count >= proa_cursor_left(in)) /* a byte each at least, and a default */
        return proa_fail(err, PROA_MALFORMED, offset,
                         "unexpected end: br_table with %u labels", count);
    if (count > PROA_BR_TABLE_MAX)
        return proa_fail(err, PROA_LIMIT, offset,
                         "br_table with %u labels, at most %d", count,
                         PROA_BR_TABLE_MAX);

    struct proa_cursor labels = *in;
    for (uint32_t i = 0; i <= count; i++) {
        uint32_t label;
        status = proa_cursor_u32(in, &label, err);
        if (status != PROA_OK)
            return status;
    }
    labels.size = in->offset;
    out->labels = labels;
    out->label_count = count;
    return PROA_OK;
}

/* A `select` with types: any number may be written, only one is valid. */
static enum proa_status read_types(struct proa_cursor *in,
                                   enum proa_valtype *type,
                                   struct proa_error *err)
{
    uint32_t count = 0;
    enum proa_status status = proa_cursor_u32(in, &count, err);

    *type = (enum proa_valtype)0;
    for (uint32_t i = 0; status == PROA_OK && i < count; i++)
        status = proa_valtype_read(in, type, err);
    if (count != 1)
        *type = (enum proa_valtype)0;
    return status;
}

static enum proa_status read_memarg(struct proa_cursor *in,
                                    struct proa_memarg *memarg,
                                    struct proa_error *err)
{
    uint32_t offset = in->offset;
    uint32_t flags = 0;
    enum proa_status status = proa_cursor_u32(in, &flags, err);

    if (status != PROA_OK)
        return status;
    if (flags >= 0x80)
        return proa_fail(err, PROA_MALFORMED, offset,
                         "malformed memop flags 0x%x", flags);
    memarg->align = flags & 0x3f;
    memarg->memory_index = 0;
    if ((flags & 0x40) != 0) {
        status = proa_cursor_u32(in, &memarg->memory_index, err);
        if (status != PROA_OK)
            return status;
    }
    if (in->offset < in->size && in->bytes[in->offset] < 0x80) {
        memarg->offset = in->bytes[in->offset++];
        return PROA_OK;
    }
    return proa_cursor_u64(in, &memarg->offset, err);
}

static enum proa_status read_sixteen(struct proa_cursor *in,
                                     struct proa_instruction *out,
                                     struct proa_error *err)
{
    const uint8_t *bytes = NULL;
    enum proa_status status =
        proa_cursor_bytes(in, sizeof out->bytes, &bytes, err);

    if (status == PROA_OK)
        memcpy(out->bytes, bytes, sizeof out->bytes);
    return status;
}

/* What follows the opcode of `out->op`. */
static enum proa_status read_immediate(struct proa_cursor *in,
                                       struct proa_instruction *out,
                                       struct proa_error *err)
{
    enum proa_status status;

    switch ((enum proa_immediate)proa_opcodes[out->op].immediate) {
    case PROA_IMM_NONE:
        return PROA_OK;
    case PROA_IMM_LABEL:
    case PROA_IMM_FUNC:
    case PROA_IMM_TYPE:
    case PROA_IMM_LOCAL:
    case PROA_IMM_GLOBAL:
    case PROA_IMM_TABLE:
    case PROA_IMM_ELEM:
    case PROA_IMM_MEMORY:
    case PROA_IMM_DATA:
    case PROA_IMM_TAG:
        return proa_cursor_u32(in, &out->index, err);
    case PROA_IMM_TYPE_TABLE:
    case PROA_IMM_TABLE_TABLE:
    case PROA_IMM_ELEM_TABLE:
    case PROA_IMM_MEMORY_MEMORY:
    case PROA_IMM_DATA_MEMORY:
        return read_pair(in, out, err);
    case PROA_IMM_BLOCK:
    case PROA_IMM_TRY_TABLE:
        return read_blocktype(in, &out->block, err);
    case PROA_IMM_LABELS:
        return read_labels(in, out, err);
    case PROA_IMM_TYPES:
        return read_types(in, &out->type, err);
    case PROA_IMM_MEMARG:
        return read_memarg(in, &out->memarg, err);
    case PROA_IMM_MEMARG_LANE:
        status = read_memarg(in, &out->memarg, err);
        return status == PROA_OK ? proa_cursor_u8(in, &out->lane, err) : status;
    case PROA_IMM_LANE:
        return proa_cursor_u8(in, &out->lane, err);
    case PROA_IMM_SHUFFLE:
    case PROA_IMM_V128:
        return read_sixteen(in, out, err);
    case PROA_IMM_I32:
        return proa_cursor_s32(in, &out->i32, err);
    case PROA_IMM_I64:
        return proa_cursor_s64(in, &out->i64, err);
    case PROA_IMM_F32:
        return proa_cursor_fixed32(in, &out->f32_bits, err);
    case PROA_IMM_F64:
        return proa_cursor_fixed64(in, &out->f64_bits, err);
    case PROA_IMM_REFTYPE:
        return proa_heaptype_read(in, &out->type, err);
    }
    return proa_fail(err, PROA_MALFORMED, out->offset, "illegal opcode");
}

/* Opcodes of 0xfc and 0xfd, and the prefixes of features we only know of. */
static enum proa_status find_prefixed(struct proa_cursor *in, uint8_t prefix,
                                      uint32_t *slot, struct proa_error *err)
{
    uint32_t offset = in->offset - 1;
    uint32_t sub = 0;

    if (prefix == 0xfb || prefix == 0xfe)
        return proa_fail(err, PROA_UNSUPPORTED, offset,
                         "feature not supported: %s (opcode prefix 0x%02x)",
                         proa_feature_name(prefix == 0xfb
                                               ? PROA_FEATURE_GC
                                               : PROA_FEATURE_THREADS),
                         prefix);
    enum proa_status status = proa_cursor_u32(in, &sub, err);
    if (status != PROA_OK)
        return status;

    uint32_t first = prefix == 0xfc ? PROA_SLOT_FC : PROA_SLOT_FD;
    uint32_t end = prefix == 0xfc ? PROA_SLOT_FD : PROA_SLOT_COUNT;
    if (sub >= end - first || proa_opcode_slots[first + sub] == 0)
        return proa_fail(err, PROA_MALFORMED, offset,
                         "illegal opcode 0x%02x %u", prefix, sub);
    *slot = first + sub;
    return PROA_OK;
}

/*
 * An instruction in the form that nearly all have: an opcode of one byte, and
 * integers of few. False: not one of these, or something is wrong with it.
 */
static inline bool read_short(struct proa_cursor *in,
                              struct proa_instruction *out)
{
    uint32_t size = 0;
    uint32_t value = 0;
    int32_t number = 0;

    /* Also where bytes is NULL. */
    if (in->size - in->offset < PROA_SHORT_INSTRUCTION_BYTES_MAX)
        return false;
    const uint8_t *at = in->bytes + in->offset;
    const struct proa_opcode_form *form = &proa_opcode_forms[at[0]];
    out->op = (enum proa_op)form->op;
    out->offset = in->offset;
    switch (form->immediate) {
    case PROA_IMM_NONE + 1:
        in->offset += 1;
        return true;
    case PROA_IMM_LABEL + 1:
    case PROA_IMM_FUNC + 1:
    case PROA_IMM_LOCAL + 1:
    case PROA_IMM_GLOBAL + 1:
        size = proa_short_unsigned(at + 1, &out->index);
        break;
    case PROA_IMM_MEMARG + 1:
        size = at[1] < 0x40 ? proa_short_unsigned(at + 2, &value) : 0;
        out->memarg = (struct proa_memarg){ .offset = value, .align = at[1] };
        in->offset += size != 0 ? 2 + size : 0;
        return size != 0;
    case PROA_IMM_I32 + 1:
        size = proa_short_signed(at + 1, &out->i32);
        break;
    case PROA_IMM_I64 + 1:
        size = proa_short_signed(at + 1, &number);
        out->i64 = number;
        break;
    case PROA_IMM_BLOCK + 1:
        size = proa_short_blocktype(at + 1, &out->block);
        break;
    default:
        return false;
    }
    in->offset += size != 0 ? 1 + size : 0;
    return size != 0;
}

/* Apart, so that the short ones save no registers for it. */
static __attribute__((noinline)) enum proa_status
read_long(struct proa_cursor *in, struct proa_instruction *out,
          struct proa_error *err)
{
    uint32_t offset = in->offset;

    if (offset == in->size)
        return proa_fail(err, PROA_MALFORMED, offset,
                         "unexpected end of section or function");

    uint8_t first = in->bytes[in->offset++];
    uint32_t slot = first;
    if (first >= 0xfb && first <= 0xfe) {
        enum proa_status status = find_prefixed(in, first, &slot, err);
        if (status != PROA_OK)
            return status;
    }

    uint32_t found = proa_opcode_slots[slot];
    if (found == 0)
        return proa_fail(err, PROA_MALFORMED, offset, "illegal opcode 0x%02x",
                         first);

    out->op = (enum proa_op)(found - 1);
    out->offset = offset;
    const struct proa_opcode *opcode = &proa_opcodes[out->op];
    if (opcode->feature >= PROA_FEATURE_FIRST_UNSUPPORTED)
        return proa_fail(err, PROA_UNSUPPORTED, offset,
                         "feature not supported: %s (instruction %s)",
                         proa_feature_name((enum proa_feature)opcode->feature),
                         opcode->text);
    return read_immediate(in, out, err);
}

enum proa_status proa_instruction_read(struct proa_cursor *in,
                                       struct proa_instruction *out,
                                       struct proa_error *err)
{
    return read_short(in, out) ? PROA_OK : read_long(in, out, err);
}

enum proa_status proa_instruction_skip_locals(struct proa_cursor *in,
                                              struct proa_error *err)
{
    uint32_t group_count;
    enum proa_status status = proa_cursor_u32(in, &group_count, err);

    for (uint32_t i = 0; status == PROA_OK && i < group_count; i++) {
        uint32_t count;
        uint8_t type;

        status = proa_cursor_u32(in, &count, err);
        if (status == PROA_OK)
            status = proa_cursor_u8(in, &type, err);
    }
    return status;
}
