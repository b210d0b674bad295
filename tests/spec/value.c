/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    uint32_t lane_bytes;
} lane_types[] = {
    { "i8", 1 },  { "i16", 2 }, { "i32", 4 },
    { "i64", 8 }, { "f32", 4 }, { "f64", 8 },
};

static const char *text_of(const json_t *json, const char *key)
{
    const char *text = json_string_value(json_object_get(json, key));

    return text != NULL ? text : "";
}

/* Numbers are written signed or unsigned; floats as their bits. */
static bool parse_bits(const char *text, uint64_t *bits)
{
    char *end;

    errno = 0;
    if (text[0] == '-')
        *bits = (uint64_t)strtoll(text, &end, 10);
    else
        *bits = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static uint32_t lane_bytes_of(const json_t *json)
{
    const char *name = text_of(json, "lane_type");

    for (size_t i = 0; i < sizeof lane_types / sizeof lane_types[0]; i++) {
        if (strcmp(name, lane_types[i].name) == 0)
            return lane_types[i].lane_bytes;
    }
    return 0;
}

static bool parse_v128(const json_t *json, union proa_value *value)
{
    const json_t *lanes = json_object_get(json, "value");
    uint32_t lane_bytes = lane_bytes_of(json);
    uint64_t bits;

    if (lane_bytes == 0 || json_array_size(lanes) != 16 / lane_bytes)
        return false;
    for (uint32_t i = 0; i < 16 / lane_bytes; i++) {
        const char *text = json_string_value(json_array_get(lanes, i));

        if (text == NULL || !parse_bits(text, &bits))
            return false;
        memcpy(value->v128 + i * lane_bytes, &bits, lane_bytes);
    }
    return true;
}

/* Host reference N is the pointer N + 1, so that 0 is not null. */
static bool parse_externref(const char *text, void **externref)
{
    uint64_t bits = 0;

    if (strcmp(text, "null") != 0 && !parse_bits(text, &bits))
        return false;
    bits += strcmp(text, "null") != 0;
    *externref = (void *)(uintptr_t)bits; /* NOLINT: never dereferenced */
    return true;
}

bool value_parse(const json_t *json, union proa_value *value)
{
    const char *type = text_of(json, "type");
    const char *text = text_of(json, "value");

    memset(value, 0, sizeof *value); /* all of it, not its first member */
    if (strcmp(type, "v128") == 0)
        return parse_v128(json, value);
    if (strcmp(type, "externref") == 0)
        return parse_externref(text, &value->externref);
    if (strcmp(type, "funcref") == 0)
        return strcmp(text, "null") == 0;
    return parse_bits(text, &value->u64);
}

/* A number of 4 or 8 bytes, or a class of NaNs. */
static bool lane_matches(const char *text, const void *lane, uint32_t size)
{
    uint64_t quiet = size == 4 ? 0x7fc00000 : 0x7ff8000000000000;
    uint64_t sign = size == 4 ? 0x80000000 : 0x8000000000000000;
    uint64_t mask = size == 8 ? UINT64_MAX : (UINT64_C(1) << size * 8) - 1;
    uint64_t bits = 0;
    uint64_t wanted;

    memcpy(&bits, lane, size);
    if (strcmp(text, "nan:canonical") == 0)
        return (bits & ~sign) == quiet;
    if (strcmp(text, "nan:arithmetic") == 0)
        return (bits & quiet) == quiet;
    return parse_bits(text, &wanted) && bits == (wanted & mask);
}

static bool v128_matches(const json_t *expected, const uint8_t *bytes)
{
    const json_t *lanes = json_object_get(expected, "value");
    uint32_t lane_bytes = lane_bytes_of(expected);

    if (lane_bytes == 0 || json_array_size(lanes) != 16 / lane_bytes)
        return false;
    for (uint32_t i = 0; i < 16 / lane_bytes; i++) {
        const char *text = json_string_value(json_array_get(lanes, i));

        if (text == NULL ||
            !lane_matches(text, bytes + i * lane_bytes, lane_bytes))
            return false;
    }
    return true;
}

/* Without a value, `funcref` and `externref` are any that are not null. */
static bool ref_matches(const json_t *expected, const void *pointer)
{
    const char *text = json_string_value(json_object_get(expected, "value"));
    void *wanted;

    if (text == NULL)
        return pointer != NULL;
    return parse_externref(text, &wanted) && pointer == wanted;
}

static bool is_null_type(const char *name)
{
    return strcmp(name, "refnull") == 0 || strcmp(name, "nullfuncref") == 0 ||
           strcmp(name, "nullexternref") == 0;
}

static bool either_matches(const json_t *expected, enum proa_valtype type,
                           const union proa_value *value)
{
    const json_t *one;
    size_t i;

    json_array_foreach(json_object_get(expected, "values"), i, one)
    {
        if (value_matches(one, type, value))
            return true;
    }
    return false;
}

bool value_matches(const json_t *expected, enum proa_valtype type,
                   const union proa_value *value)
{
    const char *name = text_of(expected, "type");
    const char *text = text_of(expected, "value");

    if (strcmp(name, "either") == 0)
        return either_matches(expected, type, value);
    if (type == PROA_FUNCREF || type == PROA_EXTERNREF) {
        const void *pointer = type == PROA_FUNCREF
                                  ? (const void *)value->funcref
                                  : value->externref;

        if (is_null_type(name))
            return pointer == NULL;
        return strcmp(name, proa_valtype_name(type)) == 0 &&
               ref_matches(expected, pointer);
    }
    if (strcmp(name, proa_valtype_name(type)) != 0)
        return false;
    if (type == PROA_V128)
        return v128_matches(expected, value->v128);
    return lane_matches(text, value,
                        type == PROA_I32 || type == PROA_F32 ? 4 : 8);
}

void value_print(enum proa_valtype type, const union proa_value *value,
                 char *text, size_t text_size)
{
    uint64_t low;
    uint64_t high;

    memcpy(&low, value->v128, 8);
    memcpy(&high, value->v128 + 8, 8);
    if (type == PROA_V128)
        snprintf(text, text_size, "v128 0x%016llx%016llx",
                 (unsigned long long)high, (unsigned long long)low);
    else if (type == PROA_I32 || type == PROA_F32)
        snprintf(text, text_size, "%s 0x%08x", proa_valtype_name(type),
                 value->u32);
    else
        snprintf(text, text_size, "%s 0x%016llx", proa_valtype_name(type),
                 (unsigned long long)low);
}
