/*
 * Custom sections, and the one that names things.
 * https://webassembly.github.io/spec/core/appendix/custom.html
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "base/fail.h"
#include "wasm/decode/section.h"
#include "wasm/limits.h"

enum {
    NAMES_OF_MODULE = 0,
    NAMES_OF_FUNCTIONS = 1,
};

enum proa_status proa_decode_custom(struct proa_wasm_module *module,
                                    struct proa_cursor *in,
                                    struct proa_error *err)
{
    struct proa_wasm_custom custom = { .bytes = NULL };
    enum proa_status status = proa_decode_name(in, &custom.name, err);

    if (status != PROA_OK)
        return status;
    custom.size = proa_cursor_left(in);
    status = proa_cursor_bytes(in, custom.size, &custom.bytes, err);
    if (status == PROA_OK)
        module->customs[module->custom_count++] = custom;
    return status;
}

/* Read one function's name; set it when `is_applied`. */
static enum proa_status read_function_name(struct proa_wasm_module *module,
                                           struct proa_cursor *in,
                                           bool is_applied,
                                           struct proa_error *err)
{
    uint32_t index = 0;
    struct proa_name name;
    enum proa_status status = proa_cursor_u32(in, &index, err);

    if (status == PROA_OK)
        status = proa_decode_name(in, &name, err);
    if (status == PROA_OK && index >= module->function_count)
        return proa_fail(err, PROA_MALFORMED, in->offset, "unknown function");
    if (status == PROA_OK && is_applied)
        module->functions[index].name = name;
    return status;
}

static enum proa_status read_subsection(struct proa_wasm_module *module,
                                        struct proa_cursor *in, bool is_applied,
                                        struct proa_error *err)
{
    uint8_t id = 0;
    uint32_t size = 0;
    uint32_t count = 0;
    struct proa_cursor body = *in;
    struct proa_name name;
    enum proa_status status = proa_cursor_u8(in, &id, err);

    if (status == PROA_OK)
        status = proa_cursor_u32(in, &size, err);
    if (status == PROA_OK)
        status = proa_cursor_window(in, size, &body, err);
    if (status != PROA_OK)
        return status;

    if (id == NAMES_OF_MODULE) {
        status = proa_decode_name(&body, &name, err);
        if (status == PROA_OK && is_applied)
            module->name = name;
    } else if (id == NAMES_OF_FUNCTIONS) {
        status =
            proa_decode_count(&body, PROA_FUNCTIONS_MAX, "names", &count, err);
        for (uint32_t i = 0; status == PROA_OK && i < count; i++)
            status = read_function_name(module, &body, is_applied, err);
    }
    return status;
}

/* Twice, so that a section that is malformed at its end leaves nothing. */
void proa_decode_name_section(struct proa_wasm_module *module,
                              struct proa_cursor in)
{
    for (int pass = 0; pass < 2; pass++) {
        struct proa_cursor at = in;
        struct proa_error ignored = { 0 };

        while (proa_cursor_left(&at) > 0)
            if (read_subsection(module, &at, pass == 1, &ignored) != PROA_OK)
                return;
    }
}
