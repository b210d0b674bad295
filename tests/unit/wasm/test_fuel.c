/*
 * What instructions cost, and what setting up an instance does.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/fuel.h"

#include "../check.h"

static void test_costs(void)
{
    static const enum proa_op free_ones[] = {
        PROA_OP_NOP,         PROA_OP_DROP,   PROA_OP_BLOCK, PROA_OP_LOOP,
        PROA_OP_UNREACHABLE, PROA_OP_RETURN, PROA_OP_ELSE,  PROA_OP_END,
    };
    uint32_t sum = 0;

    for (uint32_t i = 0; i < PROA_OP_COUNT; i++)
        sum += proa_fuel_cost((enum proa_op)i);
    CHECK_EQ(sum, PROA_OP_COUNT - 8);
    for (int i = 0; i < 8; i++)
        CHECK_EQ(proa_fuel_cost(free_ones[i]), 0);
}

/* Whatever leaves a function shows the count before. */
static void test_points(void)
{
    CHECK_EQ(proa_fuel_point(PROA_OP_CALL), PROA_FUEL_SHOWN);
    CHECK_EQ(proa_fuel_point(PROA_OP_RETURN_CALL_INDIRECT), PROA_FUEL_SHOWN);
    CHECK_EQ(proa_fuel_point(PROA_OP_BR_TABLE), PROA_FUEL_ADDED);
    CHECK_EQ(proa_fuel_point(PROA_OP_BLOCK), PROA_FUEL_GOES_ON);
    CHECK_EQ(proa_fuel_point(PROA_OP_I32_LOAD), PROA_FUEL_GOES_ON);
    CHECK_EQ(proa_fuel_is_bulk(PROA_OP_TABLE_GROW), true);
    CHECK_EQ(proa_fuel_is_bulk(PROA_OP_MEMORY_GROW), false);
}

static void test_init(void)
{
    struct proa_wasm_global globals[] = { { .type = { PROA_I32, true } },
                                          { .type = { PROA_FUNCREF, false } } };
    struct proa_wasm_elem elem = { .mode = PROA_SEGMENT_ACTIVE };
    struct proa_wasm_module module = {
        .globals = globals,
        .global_count = 1,
        .elems = &elem,
        .elem_count = 1,
        .start_function = UINT32_MAX,
    };

    CHECK_EQ(proa_fuel_of_init(&module), 0);
    elem.mode = PROA_SEGMENT_PASSIVE;
    CHECK_EQ(proa_fuel_of_init(&module), 1);
    module.start_function = 0;
    CHECK_EQ(proa_fuel_of_init(&module), 2);
    module.global_count = 2;
    CHECK_EQ(proa_fuel_of_init(&module), 3);
}

int main(void)
{
    test_costs();
    test_points();
    test_init();
    return 0;
}
