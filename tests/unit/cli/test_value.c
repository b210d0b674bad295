/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/value.h"

#include "../check.h"

struct value_case {
    enum proa_valtype type;
    const char *text;
    bool is_good;
    uint64_t bits;       /* the low 8 bytes */
    const char *printed; /* NULL: as it was given */
};

static const struct value_case cases[] = {
    { PROA_I32, "0", true, 0, NULL },
    { PROA_I32, "-1", true, 0xffffffff, NULL },
    { PROA_I32, "2147483647", true, 0x7fffffff, NULL },
    { PROA_I32, "-2147483648", true, 0x80000000, NULL },
    { PROA_I32, "4294967295", true, 0xffffffff, "-1" },
    { PROA_I32, "0xFF", true, 255, "255" },
    { PROA_I32, "-0x80000000", true, 0x80000000, "-2147483648" },
    { PROA_I32, "+7", true, 7, "7" },
    { PROA_I32, "007", true, 7, "7" },
    { PROA_I32, "4294967296", false, 0, NULL },
    { PROA_I32, "-2147483649", false, 0, NULL },
    { PROA_I32, "", false, 0, NULL },
    { PROA_I32, "-", false, 0, NULL },
    { PROA_I32, " 1", false, 0, NULL },
    { PROA_I32, "1 ", false, 0, NULL },
    { PROA_I32, "0x", false, 0, NULL },
    { PROA_I32, "1.0", false, 0, NULL },
    { PROA_I32, "--1", false, 0, NULL },
    { PROA_I64, "18446744073709551615", true, UINT64_MAX, "-1" },
    { PROA_I64, "-9223372036854775808", true, 0x8000000000000000, NULL },
    { PROA_I64, "18446744073709551616", false, 0, NULL },
    { PROA_I64, "-9223372036854775809", false, 0, NULL },
    { PROA_F32, "1.5", true, 0x3fc00000, NULL },
    { PROA_F32, "0.1", true, 0x3dcccccd, NULL },
    { PROA_F32, "16777216", true, 0x4b800000, "16777216" },
    { PROA_F32, "3.4028235e+38", true, 0x7f7fffff, NULL },
    { PROA_F32, "109757624", true, 0x4cd15897, NULL }, /* all nine digits */
    { PROA_F32, "1e-45", true, 1, NULL },
    { PROA_F32, "1e-50", true, 0, "0" },
    { PROA_F32, "-0", true, 0x80000000, NULL },
    { PROA_F32, "0x1p3", true, 0x41000000, "8" },
    { PROA_F32, "inf", true, 0x7f800000, NULL },
    { PROA_F32, "-inf", true, 0xff800000, NULL },
    { PROA_F32, "nan", true, 0x7fc00000, NULL },
    { PROA_F32, "-nan", true, 0xffc00000, NULL },
    { PROA_F32, "nan:0x200000", true, 0x7fa00000, NULL },
    { PROA_F32, "nan:0x1", true, 0x7f800001, NULL },
    { PROA_F32, "nan:0x0", false, 0, NULL },
    { PROA_F32, "nan:0x800000", false, 0, NULL },
    { PROA_F32, "nano", false, 0, NULL },
    { PROA_F32, "1e39", false, 0, NULL },
    { PROA_F32, "1f", false, 0, NULL },
    { PROA_F32, " 1", false, 0, NULL },
    { PROA_F32, "", false, 0, NULL },
    { PROA_F64, "0.1", true, 0x3fb999999999999a, NULL },
    { PROA_F64, "0.30000000000000004", true, 0x3fd3333333333334, NULL },
    { PROA_F64, "5e-324", true, 1, NULL },
    { PROA_F64, "1.7976931348623157e+308", true, 0x7fefffffffffffff, NULL },
    { PROA_F64, "nan:0x4000000000000", true, 0x7ff4000000000000, NULL },
    { PROA_F64, "1e309", false, 0, NULL },
    { PROA_V128, "0x0102030405060708090a0b0c0d0e0f10", true, 0x090a0b0c0d0e0f10,
      NULL },
    { PROA_V128, "0xaBc", true, 0xabc, "0x00000000000000000000000000000abc" },
    { PROA_V128, "0x", false, 0, NULL },
    { PROA_V128, "12", false, 0, NULL },
    { PROA_V128, "0x000000000000000000000000000000001", false, 0, NULL },
    { PROA_V128, "0x1g", false, 0, NULL },
    { PROA_FUNCREF, "null", true, 0, NULL },
    { PROA_EXTERNREF, "null", true, 0, NULL },
    { PROA_EXTERNREF, "0", false, 0, NULL },
};

int main(void)
{
    char printed[PROA_VALUE_TEXT_SIZE];

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct value_case *c = &cases[i];
        union proa_value value = { .u64 = 7 };

        if (proa_value_parse(c->type, c->text, &value) != c->is_good)
            fprintf(stderr, "case '%s'\n", c->text);
        value.u64 = 7;
        CHECK_EQ(proa_value_parse(c->type, c->text, &value), c->is_good);
        CHECK_EQ(value.u64, c->is_good ? c->bits : 7);
        if (!c->is_good)
            continue;
        proa_value_format(c->type, &value, printed);
        if (strcmp(printed, c->printed != NULL ? c->printed : c->text) != 0)
            fprintf(stderr, "'%s' is printed as '%s'\n", c->text, printed);
        CHECK_EQ(strcmp(printed, c->printed != NULL ? c->printed : c->text), 0);
    }
    union proa_value reference = { .externref = &reference };
    proa_value_format(PROA_EXTERNREF, &reference, printed);
    CHECK_EQ(strcmp(printed, "externref"), 0);
    return 0;
}
