/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/cpu.h"

#include "../check.h"

/* Each level holds what the one below it does: no processor has gaps that a
 * level's name would hide. */
static void level_is_backed_by_features(void)
{
    static const char *const needed[][4] = {
        { "x86-64-v2", "sse4.2", "popcnt", "cx16" },
        { "x86-64-v3", "avx2", "fma", "bmi2" },
        { "x86-64-v4", "avx512f", "avx512vl", "avx512bw" },
    };

    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (strcmp(proa_cpu_level(), needed[i][0]) >= 0 &&
            strlen(proa_cpu_level()) == strlen(needed[i][0]))
            for (int f = 1; f < 4; f++)
                CHECK_EQ(proa_cpu_has(needed[i][f]), 1);
}

static void every_listed_feature_is_present(void)
{
    char list[1024];
    char *rest = list;
    char *name;

    snprintf(list, sizeof list, "%s", proa_cpu_features());
    while ((name = strsep(&rest, ",")) != NULL && *name != '\0')
        CHECK_EQ(proa_cpu_has(name), 1);
}

static void agrees_with_the_compiler(void)
{
    /* The compiler's own detection: another implementation. */
    __builtin_cpu_init();
    CHECK_EQ(proa_cpu_has("sse4.2"), __builtin_cpu_supports("sse4.2") != 0);
    CHECK_EQ(proa_cpu_has("popcnt"), __builtin_cpu_supports("popcnt") != 0);
    CHECK_EQ(proa_cpu_has("avx"), __builtin_cpu_supports("avx") != 0);
    CHECK_EQ(proa_cpu_has("avx2"), __builtin_cpu_supports("avx2") != 0);
    CHECK_EQ(proa_cpu_has("bmi"), __builtin_cpu_supports("bmi") != 0);
    CHECK_EQ(proa_cpu_has("bmi2"), __builtin_cpu_supports("bmi2") != 0);
    CHECK_EQ(proa_cpu_has("fma"), __builtin_cpu_supports("fma") != 0);
    CHECK_EQ(proa_cpu_has("avx512f"), __builtin_cpu_supports("avx512f") != 0);
    CHECK_EQ(proa_cpu_has("avx512bw"), __builtin_cpu_supports("avx512bw") != 0);
    CHECK_EQ(proa_cpu_has("avx512vl"), __builtin_cpu_supports("avx512vl") != 0);
    CHECK_EQ(proa_cpu_has("avx512vbmi2"),
             __builtin_cpu_supports("avx512vbmi2") != 0);
    CHECK_EQ(proa_cpu_has("gfni"), __builtin_cpu_supports("gfni") != 0);
    CHECK_EQ(proa_cpu_has("aes"), __builtin_cpu_supports("aes") != 0);
    CHECK_EQ(proa_cpu_has("sse4a"), __builtin_cpu_supports("sse4a") != 0);
}

int main(void)
{
    CHECK_EQ(proa_cpu_has("sse2"), 1);
    CHECK_EQ(proa_cpu_has("no-such-feature"), 0);
    CHECK_EQ(proa_cpu_has(""), 0);
    CHECK_EQ(proa_cpu_has("avx2,fma"), 0);
    level_is_backed_by_features();
    every_listed_feature_is_present();
    agrees_with_the_compiler();
    return 0;
}
