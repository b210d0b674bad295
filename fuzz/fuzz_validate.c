/*
 * Validating. An input is a module; or 0xff, a type and a function's body,
 * which is put into a module that has something of every kind, so that the
 * fuzzer can spend its time on instructions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "wasm/decode.h"
#include "wasm/instruction.h"
#include "wasm/validate.h"

enum { BODY_BYTES_MAX = 1 << 16, TYPE_COUNT = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Types, an imported function, three tables, two memories, globals, segments;
 * function 1 is what follows. */
static const char head[] =
    "\0asm\1\0\0\0"
    "\x01\x21\x06\x60\x00\x00\x60\x01\x7f\x01\x7f\x60\x00\x01\x7f"
    "\x60\x02\x7e\x7f\x02\x7f\x7e\x60\x01\x70\x01\x6f"
    "\x60\x02\x7b\x7d\x03\x7c\x7b\x7f"
    "\x02\x07\x01\x01m\x01"
    "f\x00\x01"
    "\x03\x03\x02";
static const char middle[] =
    "\x00"
    "\x04\x0a\x03\x70\x00\x01\x6f\x00\x01\x70\x04\x01"
    "\x05\x05\x02\x00\x01\x04\x01"
    "\x06\x22\x06\x7f\x00\x41\x00\x0b\x7e\x01\x42\x00\x0b"
    "\x7d\x01\x43\x00\x00\x00\x00\x0b\x70\x01\xd0\x70\x0b"
    "\x6f\x01\xd0\x6f\x0b\x7f\x01\x41\x00\x0b"
    "\x07\x05\x01\x01z\x00\x02"
    "\x09\x0b\x02\x01\x00\x01\x01\x05\x6f\x01\xd0\x6f\x0b"
    "\x0c\x01\x01"
    "\x0a";
static const char tail[] = "\x02\x00\x0b"
                           "\x0b\x04\x01\x01\x01x";

static bool put_u32(struct proa_buffer *to, uint32_t value)
{
    uint8_t bytes[5];
    size_t count = 0;

    for (; value >= 0x80; value >>= 7)
        bytes[count++] = (uint8_t)(value | 0x80);
    bytes[count++] = (uint8_t)value;
    return proa_buffer_append(to, bytes, count);
}

static uint32_t u32_size(uint32_t value)
{
    uint32_t size = 1;

    for (; value >= 0x80; value >>= 7)
        size++;
    return size;
}

static bool wrap(struct proa_buffer *to, uint8_t type, const uint8_t *body,
                 uint32_t size)
{
    proa_buffer_append(to, head, sizeof head - 1);
    type = (uint8_t)(type % TYPE_COUNT);
    proa_buffer_append(to, &type, 1);
    proa_buffer_append(to, middle, sizeof middle - 1);
    put_u32(to, 1 + u32_size(size) + size + 3);
    proa_buffer_append(to, "\x02", 1);
    put_u32(to, size);
    proa_buffer_append(to, body, size);
    proa_buffer_append(to, tail, sizeof tail - 1);
    return !to->is_full;
}

/* What was proved can be read, to the last instruction. */
static void read_bodies(const struct proa_wasm_module *module)
{
    for (uint32_t i = module->imported_function_count;
         i < module->function_count; i++) {
        struct proa_cursor in = module->functions[i].body;
        struct proa_instruction instruction = { .op = PROA_OP_NOP };
        struct proa_error err = { 0 };
        uint32_t run_count = 0;

        if (proa_cursor_u32(&in, &run_count, &err) != PROA_OK)
            abort();
        for (; run_count > 0; run_count--) {
            uint32_t count;
            uint8_t type;
            if (proa_cursor_u32(&in, &count, &err) != PROA_OK ||
                proa_cursor_u8(&in, &type, &err) != PROA_OK)
                abort();
        }
        while (proa_cursor_left(&in) > 0)
            if (proa_instruction_read(&in, &instruction, &err) != PROA_OK)
                abort();
        if (instruction.op != PROA_OP_END)
            abort();
    }
}

static void validate(const uint8_t *bytes, size_t size, bool is_wrapped)
{
    struct proa_wasm_module module;
    struct proa_error err = { 0 };

    if (proa_wasm_decode(bytes, size, &module, &err) != PROA_OK) {
        if (is_wrapped) /* only the body is the fuzzer's */
            abort();
        return;
    }
    if (proa_wasm_validate(&module, &err) == PROA_OK)
        read_bodies(&module);
    else if (err.status == PROA_OK || err.text[0] == '\0')
        abort();
    proa_wasm_module_deinit(&module);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct proa_buffer buffer;

    if (size < 2 || bytes[0] != 0xff) {
        validate(bytes, size, false);
        return 0;
    }
    if (size > BODY_BYTES_MAX)
        return 0;
    proa_buffer_init(&buffer, (size_t)2 * BODY_BYTES_MAX);
    if (wrap(&buffer, bytes[1], bytes + 2, (uint32_t)(size - 2)))
        validate(buffer.bytes, buffer.size, true);
    proa_buffer_deinit(&buffer);
    return 0;
}
