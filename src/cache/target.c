/*
 * What code is made for: a machine, a processor and its features.
 *
 * A processor's features are written out here, not left to LLVM, because the
 * artifact must name what it needs and LLVM's C interface does not tell it.
 * Only features that compiled code may make use of are named.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "cache/target.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fail.h"
#include "platform/cpu.h"

struct model {
    const char *name;
    const char *base; /* a row above whose features it has too */
    const char *more;
};

static const struct model x86_64_models[] = {
    { "x86-64", NULL, "" },
    { "x86-64-v2", "x86-64",
      "sse3,ssse3,sse4.1,sse4.2,crc32,popcnt,cx16,sahf" },
    { "x86-64-v3", "x86-64-v2", "avx,avx2,bmi,bmi2,f16c,fma,lzcnt,movbe" },
    { "x86-64-v4", "x86-64-v3", "avx512f,avx512bw,avx512cd,avx512dq,avx512vl" },
    { "nehalem", "x86-64-v2", "" },
    { "sandybridge", "nehalem", "avx" },
    { "ivybridge", "sandybridge", "f16c" },
    { "haswell", "x86-64-v3", "" },
    { "broadwell", "haswell", "adx" },
    { "skylake", "broadwell", "" },
    { "alderlake", "skylake", "avxvnni,gfni" },
    { "skylake-avx512", "x86-64-v4", "adx" },
    { "cascadelake", "skylake-avx512", "avx512vnni" },
    { "icelake-server", "cascadelake",
      "avx512ifma,avx512vbmi,avx512vbmi2,avx512bitalg,avx512vpopcntdq,gfni" },
    { "sapphirerapids", "icelake-server", "avx512bf16,avx512fp16,avxvnni" },
    { "graniterapids", "sapphirerapids", "" },
    { "znver1", "x86-64-v3", "adx,sse4a" },
    { "znver2", "znver1", "" },
    { "znver3", "znver2", "" },
    { "znver4", "x86-64-v4",
      "adx,sse4a,avx512vnni,avx512ifma,avx512vbmi,avx512vbmi2,avx512bitalg,"
      "avx512vpopcntdq,avx512bf16,gfni" },
    { "znver5", "znver4", "avxvnni" },
    { NULL, NULL, NULL },
};

static const struct model aarch64_models[] = {
    { "generic", NULL, "fp-armv8,neon" },
    { "cortex-a72", "generic", "crc" },
    { "neoverse-n1", "cortex-a72", "lse,rdm,dotprod,fullfp16,rcpc" },
    { NULL, NULL, NULL },
};

struct machine {
    const char *name;
    const char *triple;
    const struct model *models; /* the first is the generic one */
};

static const struct machine machines[] = {
    { "x86_64", "x86_64-unknown-linux-gnu", x86_64_models },
    { "aarch64", "aarch64-unknown-linux-gnu", aarch64_models },
};
enum { MACHINE_COUNT = sizeof machines / sizeof machines[0] };

/* "x86_64", "x86_64-linux", "x86_64-unknown-linux-gnu". */
static bool machine_is(const struct machine *machine, const char *name)
{
    size_t size = strlen(machine->name);
    const char *rest = name + size;

    if (strncmp(name, machine->name, size) != 0)
        return false;
    return *rest == '\0' || strcmp(rest, "-linux") == 0 ||
           strcmp(rest, "-linux-gnu") == 0 ||
           strcmp(rest, "-unknown-linux-gnu") == 0;
}

static const struct machine *machine_find(const char *name)
{
    if (name == NULL)
        name = proa_cpu_triple();
    for (int i = 0; i < MACHINE_COUNT; i++)
        if (machine_is(&machines[i], name))
            return &machines[i];
    return NULL;
}

static const struct model *model_find(const struct model *models,
                                      const char *name)
{
    for (const struct model *model = models; model->name != NULL; model++)
        if (strcmp(model->name, name) == 0)
            return model;
    return NULL;
}

/* Append "a,b" as "+a,+b". The table is ours and fits. */
static void features_append(char *features, size_t size, const char *list)
{
    size_t used = strlen(features);

    for (const char *c = list; *c != '\0' && used + 3 < size; c++) {
        bool is_start = c == list || c[-1] == ',';

        if (is_start && used > 0 && features[used - 1] != ',')
            features[used++] = ',';
        if (is_start)
            features[used++] = '+';
        features[used++] = *c;
    }
    features[used] = '\0';
}

static enum proa_status unknown_cpu(const struct machine *machine,
                                    const char *cpu, struct proa_error *err)
{
    char known[320] = "native";

    for (const struct model *model = machine->models; model->name != NULL;
         model++) {
        size_t used = strlen(known);

        (void)snprintf(known + used, sizeof known - used, " %s", model->name);
    }
    return proa_fail(err, PROA_USAGE, 0,
                     "unknown processor '%.32s'; known are: %s", cpu, known);
}

enum proa_status proa_target_resolve(const char *machine, const char *cpu,
                                     struct proa_target *target,
                                     struct proa_error *err)
{
    const struct machine *found = machine_find(machine);
    const struct model *model;
    bool is_own;

    if (found == NULL)
        return proa_fail(err, PROA_USAGE, 0,
                         "unknown target '%.64s'; known are: x86_64 aarch64",
                         machine);
    is_own = strcmp(found->triple, proa_cpu_triple()) == 0;
    if (cpu == NULL)
        cpu = is_own ? "native" : found->models[0].name;
    if (strcmp(cpu, "native") == 0) {
        if (!is_own)
            return proa_fail(err, PROA_USAGE, 0,
                             "'native' is no processor of %s", found->triple);
        target->triple = found->triple;
        target->cpu = proa_cpu_level();
        target->features[0] = '\0';
        features_append(target->features, sizeof target->features,
                        proa_cpu_features());
        return PROA_OK;
    }
    model = model_find(found->models, cpu);
    if (model == NULL)
        return unknown_cpu(found, cpu, err);
    target->triple = found->triple;
    target->cpu = model->name;
    target->features[0] = '\0';
    for (; model != NULL; model = model->base == NULL
                                      ? NULL
                                      : model_find(found->models, model->base))
        features_append(target->features, sizeof target->features, model->more);
    return PROA_OK;
}
