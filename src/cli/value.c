/*
 * Values of wasm types as text, for `proa run --invoke`.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cli/value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a NaN is made of. */
struct float_form {
    int fraction_bits;
    uint64_t infinity; /* its bits */
    uint64_t sign;
    uint64_t quiet; /* the fraction of the usual NaN */
};

static const struct float_form f32_form = { 23, 0x7f800000, 0x80000000,
                                            0x400000 };
static const struct float_form f64_form = { 52, 0x7ff0000000000000,
                                            0x8000000000000000,
                                            0x8000000000000 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool integer_parse(const char *text, int bits, uint64_t *value)
{
    bool is_negative = text[0] == '-';
    const char *digits = text + (text[0] == '-' || text[0] == '+');
    bool is_hex = digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X');
    uint64_t max = is_negative ? (uint64_t)1 << (bits - 1)
                               : (bits == 64 ? UINT64_MAX : UINT32_MAX);
    uint64_t number;
    char *end = NULL;

    if (!is_digit(digits[0]))
        return false;
    errno = 0;
    number = strtoull(digits, &end, is_hex ? 16 : 10);
    if (errno != 0 || *end != '\0' || number > max)
        return false;
    *value = is_negative ? 0 - number : number;
    return true;
}

/* "nan" and "nan:0x1234", with a sign. False: it is none. */
static bool nan_parse(const struct float_form *form, const char *text,
                      uint64_t *bits)
{
    uint64_t sign = text[0] == '-' ? form->sign : 0;
    uint64_t fraction = form->quiet;

    text += text[0] == '-' || text[0] == '+';
    if (strncmp(text, "nan", 3) != 0)
        return false;
    if (text[3] == ':') {
        if (!integer_parse(text + 4, 64, &fraction) || fraction == 0 ||
            fraction >> form->fraction_bits != 0)
            return false;
    } else if (text[3] != '\0') {
        return false;
    }
    *bits = sign | form->infinity | fraction;
    return true;
}

/* True when strtod() may be given the text: it would skip spaces. */
static bool is_float_text(const char *text)
{
    text += text[0] == '-' || text[0] == '+';
    return is_digit(text[0]) || text[0] == '.' || strcmp(text, "inf") == 0 ||
           strcmp(text, "infinity") == 0;
}

static bool f32_parse(const char *text, union proa_value *value)
{
    uint64_t bits;
    char *end = NULL;
    float number;

    if (nan_parse(&f32_form, text, &bits)) {
        value->u32 = (uint32_t)bits;
        return true;
    }
    if (!is_float_text(text))
        return false;
    number = strtof(text, &end);
    if (*end != '\0' || (isinf(number) && strstr(text, "inf") == NULL))
        return false;
    value->f32 = number;
    return true;
}

static bool f64_parse(const char *text, union proa_value *value)
{
    uint64_t bits;
    char *end = NULL;
    double number;

    if (nan_parse(&f64_form, text, &bits)) {
        value->u64 = bits;
        return true;
    }
    if (!is_float_text(text))
        return false;
    number = strtod(text, &end);
    if (*end != '\0' || (isinf(number) && strstr(text, "inf") == NULL))
        return false;
    value->f64 = number;
    return true;
}

static int hex_digit(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool v128_parse(const char *text, union proa_value *value)
{
    uint8_t bytes[16] = { 0 };
    size_t size;

    if (strncmp(text, "0x", 2) != 0)
        return false;
    text += 2;
    size = strlen(text);
    if (size == 0 || size > 32)
        return false;
    for (size_t i = 0; i < size; i++) {
        int digit = hex_digit(text[size - 1 - i]);

        if (digit < 0)
            return false;
        bytes[i / 2] |= (uint8_t)(digit << (i % 2 * 4));
    }
    memcpy(value->v128, bytes, sizeof bytes);
    return true;
}

bool proa_value_parse(enum proa_valtype type, const char *text,
                      union proa_value *value)
{
    union proa_value made = { .v128 = { 0 } };
    uint64_t number = 0;
    bool is_good = false;

    switch (type) {
    case PROA_I32:
        is_good = integer_parse(text, 32, &number);
        made.u32 = (uint32_t)number;
        break;
    case PROA_I64:
        is_good = integer_parse(text, 64, &number);
        made.u64 = number;
        break;
    case PROA_F32:
        is_good = f32_parse(text, &made);
        break;
    case PROA_F64:
        is_good = f64_parse(text, &made);
        break;
    case PROA_V128:
        is_good = v128_parse(text, &made);
        break;
    case PROA_FUNCREF:
    case PROA_EXTERNREF:
        is_good = strcmp(text, "null") == 0;
        break;
    }
    if (is_good)
        *value = made;
    return is_good;
}

static void nan_format(const struct float_form *form, uint64_t bits, char *text)
{
    uint64_t fraction = bits & (((uint64_t)1 << form->fraction_bits) - 1);
    const char *sign = (bits & form->sign) != 0 ? "-" : "";

    if (fraction == form->quiet)
        (void)snprintf(text, PROA_VALUE_TEXT_SIZE, "%snan", sign);
    else
        (void)snprintf(text, PROA_VALUE_TEXT_SIZE, "%snan:0x%" PRIx64, sign,
                       fraction);
}

static void f32_format(const union proa_value *value, char *text)
{
    if (isnan(value->f32)) {
        nan_format(&f32_form, value->u32, text);
        return;
    }
    for (int digits = 1; digits <= 9; digits++) {
        (void)snprintf(text, PROA_VALUE_TEXT_SIZE, "%.*g", digits,
                       (double)value->f32);
        if (strtof(text, NULL) == value->f32)
            return;
    }
}

static void f64_format(const union proa_value *value, char *text)
{
    if (isnan(value->f64)) {
        nan_format(&f64_form, value->u64, text);
        return;
    }
    for (int digits = 1; digits <= 17; digits++) {
        (void)snprintf(text, PROA_VALUE_TEXT_SIZE, "%.*g", digits, value->f64);
        if (strtod(text, NULL) == value->f64)
            return;
    }
}

void proa_value_format(enum proa_valtype type, const union proa_value *value,
                       char text[PROA_VALUE_TEXT_SIZE])
{
    switch (type) {
    case PROA_I32:
        (void)snprintf(text, PROA_VALUE_TEXT_SIZE, "%" PRId32, value->i32);
        return;
    case PROA_I64:
        (void)snprintf(text, PROA_VALUE_TEXT_SIZE, "%" PRId64, value->i64);
        return;
    case PROA_F32:
        f32_format(value, text);
        return;
    case PROA_F64:
        f64_format(value, text);
        return;
    case PROA_V128:
        (void)snprintf(text, PROA_VALUE_TEXT_SIZE, "0x");
        for (size_t i = 0; i < 16; i++)
            (void)snprintf(text + 2 + 2 * i, 3, "%02x", value->v128[15 - i]);
        return;
    case PROA_FUNCREF:
    case PROA_EXTERNREF:
        (void)snprintf(text, PROA_VALUE_TEXT_SIZE, "%s",
                       value->externref == NULL ? "null"
                                                : proa_valtype_name(type));
        return;
    }
    (void)snprintf(text, PROA_VALUE_TEXT_SIZE, "?");
}
