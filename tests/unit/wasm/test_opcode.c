/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasm/opcode.h"

#include <stdbool.h>

#include "../check.h"

static bool is_signature(const char *text)
{
    const char *colon = strchr(text, ':');

    return colon != NULL && colon - text <= 3 && strlen(colon) <= 2 &&
           strspn(text, "iIfFva") == (size_t)(colon - text) &&
           strspn(colon + 1, "iIfFva") == strlen(colon + 1);
}

/* Every row can be found by its code, and its columns make sense. */
static void check_row(uint32_t op)
{
    const struct proa_opcode *row = &proa_opcodes[op];
    bool is_memory = row->immediate == PROA_IMM_MEMARG ||
                     row->immediate == PROA_IMM_MEMARG_LANE;

    CHECK_EQ(proa_opcode_slots[PROA_SLOT_OF(row->code)], op + 1);
    CHECK_EQ(row->feature < PROA_FEATURE_COUNT, 1);
    CHECK_EQ(row->text[0] != '\0', 1);
    if (row->signature != NULL)
        CHECK_EQ(is_signature(row->signature), 1);
    /* With a memory argument there is an address to pop, and only then may
     * there be an alignment. */
    if (is_memory)
        CHECK_EQ(row->signature[0], 'a');
    else
        CHECK_EQ(row->align, 0);
    if (op > 0)
        CHECK_EQ(proa_opcodes[op - 1].code < row->code, 1);
}

int main(void)
{
    uint32_t found = 0;

    for (uint32_t op = 0; op < PROA_OP_COUNT; op++)
        check_row(op);
    for (uint32_t slot = 0; slot < PROA_SLOT_COUNT; slot++)
        found += proa_opcode_slots[slot] != 0;
    CHECK_EQ(found, PROA_OP_COUNT);
    for (int i = 0; i < PROA_FEATURE_COUNT; i++)
        CHECK_EQ(strcmp(proa_feature_name((enum proa_feature)i), "?") != 0, 1);
    CHECK_EQ(strcmp(proa_feature_name(PROA_FEATURE_COUNT), "?"), 0);
    return 0;
}
