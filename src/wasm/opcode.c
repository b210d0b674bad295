/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/opcode.h"

#include <stddef.h>

const struct proa_opcode proa_opcodes[PROA_OP_COUNT] = {
#define OP(name, text, code, immediate, feature, signature, align)             \
    {                                                                          \
        text, signature, code, PROA_IMM_##immediate, PROA_FEATURE_##feature,   \
        align                                                                  \
    },
#include "wasm/opcode.def"
#undef OP
};

const uint16_t proa_opcode_slots[PROA_SLOT_COUNT] = {
#define OP(name, text, code, immediate, feature, signature, align)             \
    [PROA_SLOT_OF(code)] = PROA_OP_##name + 1,
#include "wasm/opcode.def"
#undef OP
};

const struct proa_opcode_form proa_opcode_forms[PROA_SLOT_COUNT] = {
#define OP(name, text, code, immediate, feature, signature, align)             \
    [PROA_SLOT_OF(code)] = { PROA_OP_##name,                                   \
                             PROA_FEATURE_##feature <                          \
                                     PROA_FEATURE_FIRST_UNSUPPORTED            \
                                 ? PROA_IMM_##immediate + 1                    \
                                 : 0 },
#include "wasm/opcode.def"
#undef OP
};

static const char *const feature_names[PROA_FEATURE_COUNT] = {
    [PROA_FEATURE_WASM1] = "wasm1",
    [PROA_FEATURE_SIGN_EXTENSION] = "sign-extension",
    [PROA_FEATURE_SATURATING_FLOAT_TO_INT] = "nontrapping-float-to-int",
    [PROA_FEATURE_MULTI_VALUE] = "multi-value",
    [PROA_FEATURE_MUTABLE_GLOBALS] = "mutable-globals",
    [PROA_FEATURE_BULK_MEMORY] = "bulk-memory",
    [PROA_FEATURE_REFERENCE_TYPES] = "reference-types",
    [PROA_FEATURE_SIMD] = "simd",
    [PROA_FEATURE_TAIL_CALL] = "tail-call",
    [PROA_FEATURE_EXTENDED_CONST] = "extended-const",
    [PROA_FEATURE_MULTI_MEMORY] = "multi-memory",
    [PROA_FEATURE_MEMORY64] = "memory64",
    [PROA_FEATURE_RELAXED_SIMD] = "relaxed-simd",
    [PROA_FEATURE_EXCEPTIONS] = "exceptions",
    [PROA_FEATURE_FUNCTION_REFERENCES] = "function-references",
    [PROA_FEATURE_GC] = "gc",
    [PROA_FEATURE_THREADS] = "threads",
};

const char *proa_feature_name(enum proa_feature feature)
{
    if ((unsigned)feature >= PROA_FEATURE_COUNT)
        return "?";
    return feature_names[feature];
}
