/*
 * The messages are those of the official test suite.
 * https://github.com/WebAssembly/spec/tree/main/test/core
 * SPDX-License-Identifier: Apache-2.0
 */
#include "runtime/trap.h"

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/fail.h"
#include "runtime/module.h"
#include "runtime/store.h"

const char *proa_trap_message(enum proa_trap trap)
{
    static const char *const messages[PROA_TRAP_COUNT] = {
        [PROA_TRAP_UNREACHABLE] = "unreachable",
        [PROA_TRAP_MEMORY_BOUNDS] = "out of bounds memory access",
        [PROA_TRAP_TABLE_BOUNDS] = "out of bounds table access",
        [PROA_TRAP_UNDEFINED_ELEMENT] = "undefined element",
        [PROA_TRAP_UNINITIALIZED_ELEMENT] = "uninitialized element",
        [PROA_TRAP_SIGNATURE] = "indirect call type mismatch",
        [PROA_TRAP_DIVIDE_BY_ZERO] = "integer divide by zero",
        [PROA_TRAP_INTEGER_OVERFLOW] = "integer overflow",
        [PROA_TRAP_INVALID_CONVERSION] = "invalid conversion to integer",
        [PROA_TRAP_STACK_OVERFLOW] = "call stack exhausted",
        [PROA_TRAP_OUT_OF_MEMORY] = "out of memory",
        [PROA_TRAP_INTERRUPT] = "interrupt",
        [PROA_TRAP_HOST] = "host function trapped",
        [PROA_TRAP_EXIT] = "exit",
        [PROA_TRAP_FUEL] = "all fuel consumed",
    };

    if ((uint32_t)trap >= PROA_TRAP_COUNT || messages[trap] == NULL)
        return "unknown trap";
    return messages[trap];
}

enum proa_status proa_trap_status(struct proa_store *store, uint32_t trap,
                                  struct proa_error *err)
{
    free(store->backtrace);
    store->backtrace = NULL;
    if (trap == PROA_TRAP_EXIT)
        return proa_fail(err, PROA_EXIT, 0, "exit with code %u",
                         store->exit_code);
    if (trap == PROA_TRAP_OUT_OF_MEMORY) /* ours, not the guest's */
        return proa_fail(err, PROA_NOMEM, 0, "no memory to run a guest");
    if (trap == PROA_TRAP_HOST)
        return proa_fail(err, PROA_TRAP, 0, "%s", store->trap_text);
    return proa_fail(err, PROA_TRAP, 0, "%s",
                     proa_trap_message((enum proa_trap)trap));
}

/* A name comes from the module: it must not write lines or steer a terminal. */
static void copy_name(const char *name, char *text)
{
    size_t size = strnlen(name, PROA_BACKTRACE_NAME_MAX);

    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)name[i];
        text[i] = name[i];
        if (byte < 0x20 || byte == 0x7f)
            text[i] = '?';
    }
    text[size] = '\0';
}

struct frame {
    const struct proa_module *module; /* NULL: not a guest's function */
    uint32_t index;
    bool is_tail;
};

static struct frame find_frame(uintptr_t pc)
{
    struct frame frame = { 0 };
    const void *owner;

    /* A return address may lie past the end of the function that called. */
    if (!proa_code_find(pc - 1, &owner) || owner == NULL)
        return frame;
    const struct proa_module *module = owner;
    const struct proa_artifact *artifact = &module->artifact;
    uint64_t offset =
        pc - 1 - ((uintptr_t)module->base + artifact->text_offset);
    frame.index = proa_artifact_find_function(artifact, offset, &frame.is_tail);
    if (frame.index != PROA_ARTIFACT_NONE)
        frame.module = module;
    return frame;
}

static bool write_frame(struct proa_buffer *buffer, uint32_t number,
                        const struct frame *frame)
{
    const struct proa_artifact *artifact = &frame->module->artifact;
    char name[PROA_BACKTRACE_NAME_MAX + 1];

    copy_name(artifact->strings + artifact->functions[frame->index].name, name);
    if (name[0] == '\0')
        return proa_buffer_printf(buffer, "%3u: function %u\n", number,
                                  frame->index);
    return proa_buffer_printf(buffer, "%3u: %s (function %u)\n", number, name,
                              frame->index);
}

/* The other form of a function does no more than call its tail form. */
static bool is_same_call(const struct frame *inner, const struct frame *outer)
{
    return inner->module == outer->module && inner->index == outer->index &&
           inner->is_tail && !outer->is_tail;
}

/* The text outlives the buffer that it was written to. */
static char *write_backtrace(const struct proa_guest *guest)
{
    struct proa_buffer buffer;
    struct frame inner = { 0 };
    uint32_t number = 0;

    proa_buffer_init(&buffer, PROA_BACKTRACE_MAX);
    for (uint32_t i = 0; i < guest->frame_count; i++) {
        struct frame frame = find_frame(guest->frames[i]);

        if (frame.module != NULL && !is_same_call(&inner, &frame))
            number += write_frame(&buffer, number, &frame);
        inner = frame;
    }
    if (guest->frames_are_cut)
        (void)proa_buffer_printf(&buffer, "  ...\n");
    char *text = malloc(buffer.size + 1);
    if (text != NULL) {
        if (buffer.size > 0)
            memcpy(text, buffer.bytes, buffer.size);
        text[buffer.size] = '\0';
    }
    proa_buffer_deinit(&buffer);
    return text;
}

const char *proa_store_backtrace(const struct proa_store *store)
{
    /* The text is made when someone asks: most traps are only counted. */
    struct proa_store *owner = (struct proa_store *)store;

    if (owner->backtrace == NULL)
        owner->backtrace = write_backtrace(&store->guest);
    return owner->backtrace == NULL ? "" : owner->backtrace;
}
