/* SPDX-License-Identifier: Apache-2.0 */
#include "proa/types.h"

#include <stddef.h>

const char *proa_valtype_name(enum proa_valtype type)
{
    switch (type) {
    case PROA_I32:
        return "i32";
    case PROA_I64:
        return "i64";
    case PROA_F32:
        return "f32";
    case PROA_F64:
        return "f64";
    case PROA_V128:
        return "v128";
    case PROA_FUNCREF:
        return "funcref";
    case PROA_EXTERNREF:
        return "externref";
    }
    return "?";
}

const char *proa_kind_name(enum proa_kind kind)
{
    static const char *const names[] = {
        [PROA_KIND_FUNC] = "func",
        [PROA_KIND_TABLE] = "table",
        [PROA_KIND_MEMORY] = "memory",
        [PROA_KIND_GLOBAL] = "global",
    };
    if ((size_t)kind >= sizeof names / sizeof names[0])
        return "?";
    return names[kind];
}
