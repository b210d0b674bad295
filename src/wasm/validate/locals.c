/*
 * https://webassembly.github.io/spec/core/binary/modules.html#code-section
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/validate/locals.h"

#include <stdlib.h>

#include "base/fail.h"
#include "wasm/limits.h"
#include "wasm/valtype.h"

void proa_locals_deinit(struct proa_locals *locals)
{
    free(locals->runs);
    locals->runs = NULL;
    locals->run_capacity = 0;
}

static enum proa_status make_room(struct proa_locals *locals, uint32_t count,
                                  uint32_t offset, struct proa_error *err)
{
    if (count <= locals->run_capacity)
        return PROA_OK;

    uint32_t capacity = count + count / 2 + 64;
    struct proa_local_run *runs =
        realloc(locals->runs, capacity * sizeof *runs);
    if (runs == NULL)
        return proa_fail(err, PROA_NOMEM, offset, "no memory for locals");
    locals->runs = runs;
    locals->run_capacity = capacity;
    return PROA_OK;
}

/* There must be room. The count may pass the limit here, not 32 bits. */
static void append(struct proa_locals *locals, uint32_t count,
                   enum proa_valtype type)
{
    for (uint32_t i = locals->count; i < PROA_LOCALS_NEAR; i++) {
        if (i - locals->count == count)
            break;
        locals->near[i] = type;
    }
    locals->count += count;
    locals->runs[locals->run_count++] =
        (struct proa_local_run){ .end = locals->count, .type = type };
}

enum proa_status proa_locals_read(struct proa_locals *locals,
                                  const struct proa_functype *type,
                                  struct proa_cursor *in,
                                  struct proa_error *err)
{
    uint32_t offset = in->offset;
    uint32_t run_count = 0;
    enum proa_status status = proa_cursor_u32(in, &run_count, err);

    if (status != PROA_OK)
        return status;
    if (run_count > proa_cursor_left(in) / 2) /* two bytes each at least */
        return proa_fail(err, PROA_MALFORMED, offset,
                         "unexpected end of section or function: %u runs of "
                         "locals",
                         run_count);
    status = make_room(locals, type->param_count + run_count, offset, err);
    if (status != PROA_OK)
        return status;

    locals->count = 0;
    locals->run_count = 0;
    for (uint32_t i = 0; i < type->param_count; i++)
        append(locals, 1, type->params[i]);
    for (uint32_t i = 0; i < run_count; i++) {
        uint32_t count = 0;
        enum proa_valtype local = PROA_I32;
        status = proa_cursor_u32(in, &count, err);
        if (status == PROA_OK && count > UINT32_MAX - locals->count)
            return proa_fail(err, PROA_MALFORMED, offset, "too many locals");
        if (status == PROA_OK)
            status = proa_valtype_read(in, &local, err);
        if (status != PROA_OK)
            return status;
        append(locals, count, local);
    }
    if (locals->count > PROA_LOCALS_MAX)
        return proa_fail(err, PROA_LIMIT, offset,
                         "too many locals: %u, at most %d", locals->count,
                         PROA_LOCALS_MAX);
    return PROA_OK;
}

enum proa_valtype proa_locals_far(const struct proa_locals *locals,
                                  uint32_t index)
{
    uint32_t low = 0;
    uint32_t high = locals->run_count - 1;

    while (low < high) { /* the first run whose end is above the index */
        uint32_t middle = low + (high - low) / 2;
        if (locals->runs[middle].end > index)
            high = middle;
        else
            low = middle + 1;
    }
    return locals->runs[low].type;
}
