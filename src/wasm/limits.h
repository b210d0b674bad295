/*
 * What a module may hold at most. The figures follow the limits that the
 * JavaScript embedding agreed on, larger where backends need it.
 * https://webassembly.github.io/spec/js-api/index.html#limits
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASM_LIMITS_H
#define PROA_WASM_LIMITS_H

enum {
    PROA_MODULE_BYTES_MAX = 1024 * 1024 * 1024,
    PROA_TYPES_MAX = 1000000,
    PROA_FUNCTIONS_MAX = 1000000,
    PROA_IMPORTS_MAX = 1000000,
    PROA_EXPORTS_MAX = 1000000,
    PROA_GLOBALS_MAX = 1000000,
    PROA_TABLES_MAX = 100000,
    PROA_MEMORIES_MAX = 100,
    PROA_DATA_SEGMENTS_MAX = 100000,
    PROA_ELEM_SEGMENTS_MAX = 100000,
    PROA_TABLE_ELEMENTS_MAX = 10000000,
    PROA_PARAMS_MAX = 1000,
    PROA_RESULTS_MAX = 1000,
    PROA_FUNCTION_BYTES_MAX = 7654321,
    PROA_LOCALS_MAX = 50000,
    PROA_BLOCK_DEPTH_MAX = 50000,
    PROA_OPERANDS_MAX = 1000000, /* on a function's operand stack at once */
    PROA_BR_TABLE_MAX = 65520,
    PROA_CONSTANT_DEPTH_MAX = 256, /* values on a constant expression's stack */
    PROA_NAME_BYTES_MAX = 100000,
    PROA_CUSTOM_SECTIONS_MAX = 10000,
    PROA_MODULE_ARENA_BYTES_MAX =
        1024 * 1024 * 1024, /* the module as decoded */
};

#endif
