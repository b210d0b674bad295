/*
 * Sizes and times as people write them.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/quantity.h"

#include <stddef.h>
#include <string.h>

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit byte_units[] = {
    { "", 1 },
    { "B", 1 },
    { "K", 1ULL << 10 },
    { "KB", 1ULL << 10 },
    { "KiB", 1ULL << 10 },
    { "M", 1ULL << 20 },
    { "MB", 1ULL << 20 },
    { "MiB", 1ULL << 20 },
    { "G", 1ULL << 30 },
    { "GB", 1ULL << 30 },
    { "GiB", 1ULL << 30 },
    { "T", 1ULL << 40 },
    { "TB", 1ULL << 40 },
    { "TiB", 1ULL << 40 },
    { NULL, 0 },
};

static const struct unit time_units[] = {
    { "", 1000000000ULL },
    { "ns", 1 },
    { "us", 1000 },
    { "ms", 1000000 },
    { "s", 1000000000ULL },
    { "m", 60 * 1000000000ULL },
    { "min", 60 * 1000000000ULL },
    { "h", 3600 * 1000000000ULL },
    { NULL, 0 },
};

static const struct unit *unit_find(const struct unit *units, const char *name)
{
    for (const struct unit *unit = units; unit->name != NULL; unit++)
        if (strcmp(unit->name, name) == 0)
            return unit;
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits, a fraction of at most nine more, a unit. Exact: no floats. */
static bool quantity_parse(const struct unit *units, const char *text,
                           uint64_t *value)
{
    const struct unit *unit;
    uint64_t whole = 0;
    uint64_t fraction = 0;
    uint64_t scale = 1;
    uint64_t part;

    if (!is_digit(*text))
        return false;
    for (; is_digit(*text); text++)
        if (__builtin_mul_overflow(whole, 10U, &whole) ||
            __builtin_add_overflow(whole, (uint64_t)(*text - '0'), &whole))
            return false;
    if (*text == '.') {
        text++;
        if (!is_digit(*text))
            return false;
        for (; is_digit(*text); text++) {
            if (scale >= 1000000000)
                return false;
            fraction = fraction * 10 + (uint64_t)(*text - '0');
            scale *= 10;
        }
    }
    unit = unit_find(units, text);
    if (unit == NULL || __builtin_mul_overflow(whole, unit->factor, &whole))
        return false;
    /* fraction * factor / scale, where the product may need 73 bits. */
    part = (unit->factor / scale) * fraction +
           (unit->factor % scale) * fraction / scale;
    return !__builtin_add_overflow(whole, part, value);
}

bool proa_quantity_bytes(const char *text, uint64_t *bytes)
{
    uint64_t value;

    if (!quantity_parse(byte_units, text, &value))
        return false;
    *bytes = value;
    return true;
}

bool proa_quantity_ns(const char *text, uint64_t *ns)
{
    uint64_t value;

    if (!quantity_parse(time_units, text, &value))
        return false;
    *ns = value;
    return true;
}
