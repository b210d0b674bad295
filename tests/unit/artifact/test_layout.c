/* SPDX-License-Identifier: Apache-2.0 */
#include "artifact/abi.h"

#include "../check.h"

static const enum proa_valtype some[] = {
    PROA_I32,  PROA_I32,     PROA_I64,       PROA_F32, PROA_F64,
    PROA_V128, PROA_FUNCREF, PROA_EXTERNREF, PROA_I32, PROA_I32,
    PROA_I32,  PROA_I32,     PROA_I32,       PROA_I32, PROA_I32,
};

static uint64_t signature(uint32_t params, uint32_t results)
{
    struct proa_functype type = { some, some, params, results };

    return proa_signature_narrow(&type);
}

/* Different types, different numbers; never 0 while they fit. */
static void signatures_are_one_to_one(void)
{
    for (uint32_t a = 0; a < 15; a++)
        for (uint32_t b = 0; b + a < 15; b++) {
            CHECK_EQ(signature(a, b) != 0, 1);
            for (uint32_t c = 0; c < 15; c++)
                for (uint32_t d = 0; d + c < 15; d++)
                    CHECK_EQ(signature(a, b) == signature(c, d),
                             a == c && b == d);
        }
    CHECK_EQ(signature(15, 0), 0);
    CHECK_EQ(signature(7, 8), 0);
    CHECK_EQ(signature(14, 0) >> 60, 0); /* the top digit stays free */
}

static void arrays_do_not_overlap(void)
{
    struct proa_layout_counts counts = { 3, 2, 1, 5, 7, 4 };
    struct proa_layout layout = proa_layout_make(&counts);

    CHECK_EQ(layout.memories, sizeof(struct proa_context));
    CHECK_EQ(layout.globals - layout.memories, 2 * 16);
    CHECK_EQ(layout.tables - layout.globals, 7 * 16);
    CHECK_EQ(layout.imported_globals - layout.tables, 16);
    CHECK_EQ(layout.imports - layout.imported_globals >= 5 * 8, 1);
    CHECK_EQ(layout.funcs - layout.imports >= 3 * 24, 1);
    CHECK_EQ(layout.size - layout.funcs, 4 * 64);
    CHECK_EQ(layout.globals % 16, 0);
    CHECK_EQ(layout.funcs % 16, 0);
}

int main(void)
{
    signatures_are_one_to_one();
    arrays_do_not_overlap();
    return 0;
}
