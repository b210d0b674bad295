/* SPDX-License-Identifier: Apache-2.0 */
#include "cache/target.h"

#include "../check.h"
#include "platform/cpu.h"

struct target_case {
    const char *machine;
    const char *cpu;
    enum proa_status status;
    const char *triple;
    const char *llvm_cpu;
    const char *feature; /* one that must be there, as "+avx2" */
    const char *absent;  /* one that must not */
};

static const struct target_case cases[] = {
    { "x86_64", "x86-64-v3", PROA_OK, "x86_64-unknown-linux-gnu", "x86-64-v3",
      "+avx2", "+avx512f" },
    { "x86_64-unknown-linux-gnu", "x86-64-v2", PROA_OK,
      "x86_64-unknown-linux-gnu", "x86-64-v2", "+sse4.2", "+avx" },
    { "x86_64-linux", "x86-64", PROA_OK, "x86_64-unknown-linux-gnu", "x86-64",
      "", "+" },
    { "x86_64", "znver4", PROA_OK, "x86_64-unknown-linux-gnu", "znver4",
      "+avx512vnni", "+avxvnni" },
    { "x86_64", "alderlake", PROA_OK, "x86_64-unknown-linux-gnu", "alderlake",
      "+sse3", "+avx512f" },
    { "aarch64", NULL, PROA_OK, "aarch64-unknown-linux-gnu", "generic", "+neon",
      "+avx2" },
    { "aarch64", "neoverse-n1", PROA_OK, "aarch64-unknown-linux-gnu",
      "neoverse-n1", "+lse", "+sse3" },
    { "aarch64", "x86-64-v3", PROA_USAGE, NULL, NULL, NULL, NULL },
    { "x86_64", "z80", PROA_USAGE, NULL, NULL, NULL, NULL },
    { "x86_64", "", PROA_USAGE, NULL, NULL, NULL, NULL },
    { "x86_64-windows", NULL, PROA_USAGE, NULL, NULL, NULL, NULL },
    { "sparc", NULL, PROA_USAGE, NULL, NULL, NULL, NULL },
    { "", NULL, PROA_USAGE, NULL, NULL, NULL, NULL },
};

/* Whole names, between commas. */
static bool has(const char *features, const char *name)
{
    size_t size = strlen(name);

    for (const char *at = strstr(features, name); at != NULL && size > 0;
         at = strstr(at + 1, name))
        if ((at == features || at[-1] == ',') &&
            (at[size] == ',' || at[size] == '\0'))
            return true;
    return size == 0;
}

static void names_resolve(void)
{
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct target_case *c = &cases[i];
        struct proa_target target = { .triple = "kept" };
        struct proa_error err = { 0 };

        CHECK_EQ(proa_target_resolve(c->machine, c->cpu, &target, &err),
                 c->status);
        CHECK_EQ(err.status, c->status);
        if (c->status != PROA_OK) {
            CHECK_EQ(strcmp(target.triple, "kept"), 0);
            continue;
        }
        CHECK_EQ(strcmp(target.triple, c->triple), 0);
        CHECK_EQ(strcmp(target.cpu, c->llvm_cpu), 0);
        CHECK_EQ(has(target.features, c->feature), 1);
        CHECK_EQ(has(target.features, c->absent), 0);
        CHECK_EQ(strstr(target.features, ",,") == NULL, 1);
    }
}

/* What native names is what this processor has: nothing more. */
static void native_is_this_processor(void)
{
    struct proa_target target;
    struct proa_error err = { 0 };
    char *rest = target.features;
    char *name;

    CHECK_EQ(proa_target_resolve(NULL, NULL, &target, &err), PROA_OK);
    CHECK_EQ(strcmp(target.cpu, proa_cpu_level()), 0);
    CHECK_EQ(strcmp(target.triple, proa_cpu_triple()), 0);
    while ((name = strsep(&rest, ",")) != NULL && *name != '\0') {
        CHECK_EQ(name[0], '+');
        CHECK_EQ(proa_cpu_has(name + 1), 1);
    }
    CHECK_EQ(proa_target_resolve("aarch64", "native", &target, &err),
             strncmp(proa_cpu_triple(), "aarch64", 7) == 0 ? PROA_OK
                                                           : PROA_USAGE);
}

int main(void)
{
    names_resolve();
    native_is_this_processor();
    return 0;
}
