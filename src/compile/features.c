/*
 * https://gitlab.com/x86-psABIs/x86-64-ABI (micro-architecture levels)
 * SPDX-License-Identifier: Apache-2.0
 */
#include "compile/features.h"

#include <stddef.h>
#include <string.h>

struct named_level {
    const char *name;
    int level;
};

/* What a level adds to those below it. */
static const struct named_level feature_levels[] = {
    { "cmov", 1 },     { "mmx", 1 },      { "sse", 1 },      { "sse2", 1 },
    { "cx16", 2 },     { "popcnt", 2 },   { "sse3", 2 },     { "ssse3", 2 },
    { "sse4.1", 2 },   { "sse4.2", 2 },   { "avx", 3 },      { "avx2", 3 },
    { "bmi", 3 },      { "bmi2", 3 },     { "f16c", 3 },     { "fma", 3 },
    { "lzcnt", 3 },    { "movbe", 3 },    { "xsave", 3 },    { "avx512f", 4 },
    { "avx512bw", 4 }, { "avx512cd", 4 }, { "avx512dq", 4 }, { "avx512vl", 4 },
};

/* CPUs by LLVM's names; one that is not here counts as level 1. */
static const struct named_level cpu_levels[] = {
    { "x86-64", 1 },         { "x86-64-v2", 2 },      { "x86-64-v3", 3 },
    { "x86-64-v4", 4 },      { "nehalem", 2 },        { "westmere", 2 },
    { "sandybridge", 2 },    { "ivybridge", 2 },      { "silvermont", 2 },
    { "goldmont", 2 },       { "goldmont-plus", 2 },  { "tremont", 2 },
    { "haswell", 3 },        { "broadwell", 3 },      { "skylake", 3 },
    { "alderlake", 3 },      { "raptorlake", 3 },     { "gracemont", 3 },
    { "meteorlake", 3 },     { "arrowlake", 3 },      { "lunarlake", 3 },
    { "sierraforest", 3 },   { "znver1", 3 },         { "znver2", 3 },
    { "znver3", 3 },         { "znver4", 4 },         { "znver5", 4 },
    { "skylake-avx512", 4 }, { "cascadelake", 4 },    { "cooperlake", 4 },
    { "icelake-client", 4 }, { "icelake-server", 4 }, { "tigerlake", 4 },
    { "rocketlake", 4 },     { "sapphirerapids", 4 }, { "emeraldrapids", 4 },
    { "graniterapids", 4 },
};

struct proa_features proa_features_make(const char *triple, const char *cpu,
                                        const char *list)
{
    struct proa_features features = { .list = list == NULL ? "" : list };

    if (strncmp(triple, "x86_64", 6) != 0)
        return features;
    features.level = 1;
    for (size_t i = 0; i < sizeof cpu_levels / sizeof cpu_levels[0]; i++)
        if (strcmp(cpu_levels[i].name, cpu) == 0)
            features.level = cpu_levels[i].level;
    return features;
}

/* 1 for "+name" in the list, -1 for "-name", 0 for neither; the last wins. */
static int listed(const char *list, const char *name)
{
    size_t size = strlen(name);
    int found = 0;

    for (const char *at = list; *at != '\0';) {
        size_t item = strcspn(at, ",");

        if (item == size + 1 && strncmp(at + 1, name, size) == 0)
            found = *at == '+' ? 1 : -1;
        at += item;
        at += *at == ',';
    }
    return found;
}

bool proa_features_have(const struct proa_features *features, const char *name)
{
    int found = listed(features->list, name);

    if (found != 0)
        return found > 0;
    for (size_t i = 0; i < sizeof feature_levels / sizeof feature_levels[0];
         i++)
        if (strcmp(feature_levels[i].name, name) == 0)
            return features->level >= feature_levels[i].level;
    return false;
}
