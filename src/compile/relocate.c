/*
 * https://gitlab.com/x86-psABIs/x86-64-ABI chapter 4.4
 * https://github.com/ARM-software/abi-aa/blob/main/aaelf64/aaelf64.rst
 * SPDX-License-Identifier: Apache-2.0
 */
#include <elf.h>
#include <string.h>

#include "compile/link.h"

static bool store_relative32(uint8_t *place, int64_t distance)
{
    int32_t value = (int32_t)distance;

    if (value != distance)
        return false;
    memcpy(place, &value, sizeof value);
    return true;
}

bool proa_relocate_x86_64(uint32_t type, uint8_t *place, uint64_t place_address,
                          uint64_t target_address)
{
    int64_t distance = (int64_t)(target_address - place_address);

    switch (type) {
    case R_X86_64_PC32:
    case R_X86_64_PLT32: /* all our symbols are in reach: nothing lies between
                          */
        return store_relative32(place, distance);
    case R_X86_64_PC64:
        memcpy(place, &distance, sizeof distance);
        return true;
    default:
        return false;
    }
}

/* Put the low `count` bits of `value` into the instruction at bit `shift`. */
static void insert_bits(uint8_t *place, uint64_t value, unsigned count,
                        unsigned shift)
{
    uint32_t instruction;
    uint32_t mask = (uint32_t)((UINT64_C(1) << count) - 1);

    memcpy(&instruction, place, sizeof instruction);
    instruction &= ~(mask << shift);
    instruction |= ((uint32_t)value & mask) << shift;
    memcpy(place, &instruction, sizeof instruction);
}

static bool fits(int64_t value, unsigned bits)
{
    int64_t limit = INT64_C(1) << (bits - 1);

    return value >= -limit && value < limit;
}

/* The low 12 bits of an address, scaled by the access size (log2). */
static bool store_low12(uint8_t *place, uint64_t address, unsigned scale)
{
    uint64_t low = address & 0xfff;

    if ((low & ((1U << scale) - 1)) != 0)
        return false;
    insert_bits(place, low >> scale, 12, 10);
    return true;
}

static bool store_branch(uint8_t *place, int64_t distance, unsigned bits,
                         unsigned shift)
{
    if ((distance & 3) != 0 || !fits(distance, bits + 2))
        return false;
    insert_bits(place, (uint64_t)(distance >> 2), bits, shift);
    return true;
}

static bool store_adr(uint8_t *place, int64_t value)
{
    if (!fits(value, 21))
        return false;
    insert_bits(place, (uint64_t)value & 3, 2, 29);
    insert_bits(place, (uint64_t)(value >> 2), 19, 5);
    return true;
}

bool proa_relocate_aarch64(uint32_t type, uint8_t *place,
                           uint64_t place_address, uint64_t target_address)
{
    const uint64_t page = ~UINT64_C(0xfff);
    int64_t distance = (int64_t)(target_address - place_address);

    switch (type) {
    case R_AARCH64_PREL32:
        return store_relative32(place, distance);
    case R_AARCH64_PREL64:
        memcpy(place, &distance, sizeof distance);
        return true;
    case R_AARCH64_CALL26:
    case R_AARCH64_JUMP26:
        return store_branch(place, distance, 26, 0);
    case R_AARCH64_CONDBR19:
    case R_AARCH64_LD_PREL_LO19:
        return store_branch(place, distance, 19, 5);
    case R_AARCH64_TSTBR14:
        return store_branch(place, distance, 14, 5);
    case R_AARCH64_ADR_PREL_LO21:
        return store_adr(place, distance);
    case R_AARCH64_ADR_PREL_PG_HI21:
        distance = (int64_t)((target_address & page) - (place_address & page));
        return store_adr(place, distance >> 12);
    case R_AARCH64_ADD_ABS_LO12_NC:
    case R_AARCH64_LDST8_ABS_LO12_NC:
        return store_low12(place, target_address, 0);
    case R_AARCH64_LDST16_ABS_LO12_NC:
        return store_low12(place, target_address, 1);
    case R_AARCH64_LDST32_ABS_LO12_NC:
        return store_low12(place, target_address, 2);
    case R_AARCH64_LDST64_ABS_LO12_NC:
        return store_low12(place, target_address, 3);
    case R_AARCH64_LDST128_ABS_LO12_NC:
        return store_low12(place, target_address, 4);
    default:
        return false;
    }
}
