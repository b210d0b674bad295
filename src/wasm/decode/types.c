/*
 * The type section, and the types of things.
 * https://webassembly.github.io/spec/core/binary/types.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/fail.h"
#include "wasm/decode/section.h"
#include "wasm/limits.h"
#include "wasm/valtype.h"

enum {
    FORM_FUNC = 0x60,
    LIMIT_HAS_MAX = 1,
    LIMIT_IS_SHARED = 2,
    LIMIT_IS_64 = 4,
};

/* The parameters or the results of a function type. */
struct list {
    const enum proa_valtype *types;
    uint32_t count;
};

static enum proa_status read_list(struct proa_wasm_module *module,
                                  struct proa_cursor *in, uint32_t count_max,
                                  const char *what, struct list *list,
                                  struct proa_error *err)
{
    uint32_t count = 0;
    void *array = NULL;
    enum proa_status status =
        proa_decode_count(in, count_max, what, &count, err);

    if (status == PROA_OK)
        status = proa_decode_array(module, count, sizeof(enum proa_valtype),
                                   &array, err);
    if (status != PROA_OK)
        return status;

    enum proa_valtype *types = array;
    for (uint32_t i = 0; i < count; i++) {
        status = proa_valtype_read(in, &types[i], err);
        if (status != PROA_OK)
            return status;
    }
    *list = (struct list){ .types = types, .count = count };
    return PROA_OK;
}

static enum proa_status read_functype(struct proa_wasm_module *module,
                                      struct proa_cursor *in,
                                      struct proa_functype *type,
                                      struct proa_error *err)
{
    uint8_t form;
    struct list params = { .count = 0 };
    struct list results = { .count = 0 };
    enum proa_status status = proa_cursor_u8(in, &form, err);

    if (status != PROA_OK)
        return status;
    if (form == 0x4e || form == 0x4f || form == 0x50 || form == 0x5e ||
        form == 0x5f) /* rec, sub final, sub, array, struct */
        return proa_fail(err, PROA_UNSUPPORTED, in->offset - 1,
                         "feature not supported: %s (type form 0x%02x)",
                         proa_feature_name(PROA_FEATURE_GC), form);
    if (form != FORM_FUNC)
        return proa_fail(err, PROA_MALFORMED, in->offset - 1,
                         "malformed type form 0x%02x", form);
    status = read_list(module, in, PROA_PARAMS_MAX, "parameters", &params, err);
    if (status == PROA_OK)
        status =
            read_list(module, in, PROA_RESULTS_MAX, "results", &results, err);
    *type = (struct proa_functype){ .params = params.types,
                                    .results = results.types,
                                    .param_count = params.count,
                                    .result_count = results.count };
    return status;
}

enum proa_status proa_decode_types(struct proa_wasm_module *module,
                                   struct proa_cursor *in,
                                   struct proa_error *err)
{
    uint32_t count = 0;
    void *array = NULL;
    enum proa_status status =
        proa_decode_count(in, PROA_TYPES_MAX, "types", &count, err);

    if (status == PROA_OK)
        status = proa_decode_array(module, count, sizeof(struct proa_functype),
                                   &array, err);
    module->types = array;
    for (uint32_t i = 0; status == PROA_OK && i < count; i++)
        status = read_functype(module, in, &module->types[i], err);
    module->type_count = count;
    return status;
}

static enum proa_status read_limits(struct proa_cursor *in, bool is_memory,
                                    struct proa_limits *limits,
                                    struct proa_error *err)
{
    uint8_t flags;
    uint32_t offset = in->offset;
    enum proa_status status = proa_cursor_u8(in, &flags, err);

    if (status != PROA_OK)
        return status;
    if (flags > (LIMIT_HAS_MAX | LIMIT_IS_SHARED | LIMIT_IS_64) ||
        (!is_memory && (flags & LIMIT_IS_SHARED) != 0))
        return proa_fail(err, PROA_MALFORMED, offset,
                         "malformed limits flags 0x%02x", flags);
    if ((flags & LIMIT_IS_SHARED) != 0)
        return proa_fail(err, PROA_UNSUPPORTED, offset,
                         "feature not supported: %s (shared memory)",
                         proa_feature_name(PROA_FEATURE_THREADS));
    limits->is_64 = (flags & LIMIT_IS_64) != 0;
    limits->max = UINT64_MAX;
    status = proa_cursor_u64(in, &limits->min, err);
    if (status == PROA_OK && (flags & LIMIT_HAS_MAX) != 0)
        status = proa_cursor_u64(in, &limits->max, err);
    if (status != PROA_OK)
        return status;
    /* The value that stands for none: only a 64-bit table may go so far. */
    if ((flags & LIMIT_HAS_MAX) != 0 && limits->max == UINT64_MAX &&
        (is_memory || !limits->is_64))
        return proa_fail(err, PROA_INVALID, offset,
                         "%s size must be within the reach of its addresses",
                         is_memory ? "memory" : "table");
    return PROA_OK;
}

enum proa_status proa_decode_tabletype(struct proa_cursor *in,
                                       struct proa_tabletype *type,
                                       struct proa_error *err)
{
    enum proa_status status = proa_reftype_read(in, &type->element, err);

    if (status == PROA_OK)
        status = read_limits(in, false, &type->limits, err);
    return status;
}

enum proa_status proa_decode_memorytype(struct proa_cursor *in,
                                        struct proa_memorytype *type,
                                        struct proa_error *err)
{
    return read_limits(in, true, &type->limits, err);
}

enum proa_status proa_decode_globaltype(struct proa_cursor *in,
                                        struct proa_globaltype *type,
                                        struct proa_error *err)
{
    uint8_t mutability = 0;
    enum proa_status status = proa_valtype_read(in, &type->type, err);

    if (status == PROA_OK)
        status = proa_cursor_u8(in, &mutability, err);
    if (status != PROA_OK)
        return status;
    if (mutability > 1)
        return proa_fail(err, PROA_MALFORMED, in->offset - 1,
                         "malformed mutability 0x%02x", mutability);
    type->is_mutable = mutability == 1;
    return PROA_OK;
}
