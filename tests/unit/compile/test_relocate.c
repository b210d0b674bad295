/* SPDX-License-Identifier: Apache-2.0 */
#include <elf.h>

#include "compile/link.h"

#include "../check.h"

static uint32_t word(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof value);
    return value;
}

static void x86_64(void)
{
    uint8_t place[8] = { 0 };

    CHECK_EQ(proa_relocate_x86_64(R_X86_64_PC32, place, 0x1000, 0x1100), 1);
    CHECK_EQ(word(place), 0x100);
    CHECK_EQ(proa_relocate_x86_64(R_X86_64_PLT32, place, 0x1100, 0x1000), 1);
    CHECK_EQ(word(place), 0xffffff00U);
    /* Out of reach, or of a kind that needs a loader: refused. */
    CHECK_EQ(proa_relocate_x86_64(R_X86_64_PC32, place, 0, 0x80000000), 0);
    CHECK_EQ(proa_relocate_x86_64(R_X86_64_64, place, 0, 0), 0);
    CHECK_EQ(proa_relocate_x86_64(R_X86_64_GOTPCREL, place, 0, 0), 0);
}

struct arm_case {
    uint32_t type;
    uint32_t before;
    uint64_t place;
    uint64_t target;
    uint32_t after;
};

/* Instruction words by the A64 encodings: bl, adrp, add, ldr. */
static const struct arm_case arm_cases[] = {
    { R_AARCH64_CALL26, 0x94000000, 0x1000, 0x1008, 0x94000002 },
    { R_AARCH64_CALL26, 0x94000000, 0x1008, 0x1000, 0x97fffffe },
    { R_AARCH64_ADR_PREL_PG_HI21, 0x90000000, 0x1004, 0x3008, 0xd0000000 },
    { R_AARCH64_ADD_ABS_LO12_NC, 0x91000000, 0, 0x3008, 0x91002000 },
    { R_AARCH64_LDST64_ABS_LO12_NC, 0xf9400000, 0, 0x3008, 0xf9400400 },
    { R_AARCH64_LDST128_ABS_LO12_NC, 0x3dc00000, 0, 0x3010, 0x3dc00400 },
    { R_AARCH64_PREL32, 0, 0x10, 0x18, 8 },
};

static void aarch64(void)
{
    uint8_t place[8];

    for (size_t i = 0; i < sizeof arm_cases / sizeof arm_cases[0]; i++) {
        const struct arm_case *c = &arm_cases[i];
        memcpy(place, &c->before, sizeof c->before);
        CHECK_EQ(proa_relocate_aarch64(c->type, place, c->place, c->target), 1);
        CHECK_EQ(word(place), c->after);
    }
    /* Not aligned to the access; too far; unknown. */
    CHECK_EQ(proa_relocate_aarch64(R_AARCH64_LDST64_ABS_LO12_NC, place, 0, 4),
             0);
    CHECK_EQ(proa_relocate_aarch64(R_AARCH64_CALL26, place, 0, 1 << 28), 0);
    CHECK_EQ(proa_relocate_aarch64(R_AARCH64_ABS64, place, 0, 0), 0);
}

int main(void)
{
    x86_64();
    aarch64();
    return 0;
}
