/* SPDX-License-Identifier: Apache-2.0 */
#include "base/quantity.h"

#include "../check.h"

struct quantity_case {
    const char *text;
    bool is_good;
    uint64_t value;
};

static const struct quantity_case bytes_cases[] = {
    { "0", true, 0 },
    { "4096", true, 4096 },
    { "64K", true, 65536 },
    { "1.5M", true, 1572864 },
    { "2G", true, 2147483648 },
    { "2GiB", true, 2147483648 },
    { "16777215T", true, 18446742974197923840ULL },
    { "0.000000001G", true, 1 },
    { "18446744073709551615", true, UINT64_MAX },
    { "18446744073709551616", false, 0 },
    { "16777216T", false, 0 },
    { "99999999999999999999", false, 0 },
    { "", false, 0 },
    { "K", false, 0 },
    { "-1", false, 0 },
    { "+1", false, 0 },
    { " 1", false, 0 },
    { "1 K", false, 0 },
    { "1k", false, 0 },
    { "1.", false, 0 },
    { ".5", false, 0 },
    { "1.0000000001G", false, 0 },
    { "1Kx", false, 0 },
};

static const struct quantity_case ns_cases[] = {
    { "2", true, 2000000000 },
    { "2s", true, 2000000000 },
    { "500ms", true, 500000000 },
    { "1.5s", true, 1500000000 },
    { "10us", true, 10000 },
    { "7ns", true, 7 },
    { "3m", true, 180000000000 },
    { "1h", true, 3600000000000 },
    { "0.25h", true, 900000000000 },
    { "0.000000001h", true, 3600 },
    { "5124095h", true, 18446742000000000000ULL },
    { "5124096h", false, 0 },
    { "2 s", false, 0 },
    { "s", false, 0 },
    { "2d", false, 0 },
};

static void check(const struct quantity_case *c,
                  bool (*parse)(const char *, uint64_t *))
{
    uint64_t value = 7; /* untouched on failure */

    if (parse(c->text, &value) != c->is_good)
        fprintf(stderr, "case '%s'\n", c->text);
    value = 7;
    CHECK_EQ(parse(c->text, &value), c->is_good);
    CHECK_EQ(value, c->is_good ? c->value : 7);
}

int main(void)
{
    for (size_t i = 0; i < sizeof bytes_cases / sizeof bytes_cases[0]; i++)
        check(&bytes_cases[i], proa_quantity_bytes);
    for (size_t i = 0; i < sizeof ns_cases / sizeof ns_cases[0]; i++)
        check(&ns_cases[i], proa_quantity_ns);
    return 0;
}
