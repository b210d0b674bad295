/*
 * Features of an x86-64 processor, as the C library found them at its start:
 * what the processor has and the kernel saves. Asking the processor again would
 * take longer than starting a small guest, as cpuid leaves a virtual machine.
 * https://www.gnu.org/software/libc/manual/html_node/X86.html
 * Levels: https://gitlab.com/x86-psABIs/x86-64-ABI (table "Micro-Architecture
 * Levels")
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform/cpu.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/platform/x86.h>

struct feature {
    const char *name;
    uint16_t index;   /* glibc's */
    uint8_t level;    /* from this x86-64-vN on it is part of the level */
    bool is_for_code; /* the compiler may make use of it for wasm code */
};

enum { NO_LEVEL = 9, LEVEL_MAX = 4 };

static const struct feature features[] = {
    { "sse3", x86_cpu_SSE3, 2, true },
    { "ssse3", x86_cpu_SSSE3, 2, true },
    { "sse4.1", x86_cpu_SSE4_1, 2, true },
    { "sse4.2", x86_cpu_SSE4_2, 2, true },
    { "crc32", x86_cpu_SSE4_2, 2, true },
    { "popcnt", x86_cpu_POPCNT, 2, true },
    { "cx16", x86_cpu_CMPXCHG16B, 2, true },
    { "sahf", x86_cpu_LAHF64_SAHF64, 2, true },
    { "avx", x86_cpu_AVX, 3, true },
    { "avx2", x86_cpu_AVX2, 3, true },
    { "bmi", x86_cpu_BMI1, 3, true },
    { "bmi2", x86_cpu_BMI2, 3, true },
    { "f16c", x86_cpu_F16C, 3, true },
    { "fma", x86_cpu_FMA, 3, true },
    { "lzcnt", x86_cpu_LZCNT, 3, true },
    { "movbe", x86_cpu_MOVBE, 3, true },
    { "avx512f", x86_cpu_AVX512F, 4, true },
    { "avx512bw", x86_cpu_AVX512BW, 4, true },
    { "avx512cd", x86_cpu_AVX512CD, 4, true },
    { "avx512dq", x86_cpu_AVX512DQ, 4, true },
    { "avx512vl", x86_cpu_AVX512VL, 4, true },
    { "avx512ifma", x86_cpu_AVX512_IFMA, NO_LEVEL, true },
    { "avx512vbmi", x86_cpu_AVX512_VBMI, NO_LEVEL, true },
    { "avx512vbmi2", x86_cpu_AVX512_VBMI2, NO_LEVEL, true },
    { "avx512vnni", x86_cpu_AVX512_VNNI, NO_LEVEL, true },
    { "avx512bitalg", x86_cpu_AVX512_BITALG, NO_LEVEL, true },
    { "avx512vpopcntdq", x86_cpu_AVX512_VPOPCNTDQ, NO_LEVEL, true },
    { "avx512bf16", x86_cpu_AVX512_BF16, NO_LEVEL, true },
    { "avx512fp16", x86_cpu_AVX512_FP16, NO_LEVEL, true },
    { "avxvnni", x86_cpu_AVX_VNNI, NO_LEVEL, true },
    { "gfni", x86_cpu_GFNI, NO_LEVEL, true },
    { "adx", x86_cpu_ADX, NO_LEVEL, true },
    { "sse4a", x86_cpu_SSE4A, NO_LEVEL, true },
    { "pclmul", x86_cpu_PCLMULQDQ, NO_LEVEL, false },
    { "aes", x86_cpu_AES, NO_LEVEL, false },
    { "sha", x86_cpu_SHA, NO_LEVEL, false },
    { "vaes", x86_cpu_VAES, NO_LEVEL, false },
    { "vpclmulqdq", x86_cpu_VPCLMULQDQ, NO_LEVEL, false },
    { "rdrnd", x86_cpu_RDRAND, NO_LEVEL, false },
    { "rdseed", x86_cpu_RDSEED, NO_LEVEL, false },
    { "fsgsbase", x86_cpu_FSGSBASE, NO_LEVEL, false },
};
enum { FEATURE_COUNT = sizeof features / sizeof features[0] };

/* Of every x86-64 processor. */
static const char *const baseline[] = { "x87", "cmov", "cx8",  "fxsr",
                                        "mmx", "sse",  "sse2", "64bit" };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool present[FEATURE_COUNT];
static int level;
static char list[1024];

static void list_append(const char *name)
{
    size_t used = strlen(list);
    size_t size = strlen(name);

    if (used + size + 2 > sizeof list)
        return;
    if (used > 0)
        list[used++] = ',';
    memcpy(list + used, name, size + 1);
}

/* x86_cpu_active() of the C library, but for its shift into the sign bit. */
static bool is_active(uint32_t index)
{
    enum { WORD_BITS = 32, WORD_COUNT = 4 };
    const struct cpuid_feature *leaf =
        __x86_get_cpuid_feature_leaf(index / (WORD_BITS * WORD_COUNT));
    uint32_t word = leaf->active_array[index / WORD_BITS % WORD_COUNT];

    return (word >> index % WORD_BITS & 1) != 0;
}

static void detect(void)
{
    level = LEVEL_MAX;
    for (int i = 0; i < FEATURE_COUNT; i++) {
        const struct feature *f = &features[i];

        present[i] = is_active(f->index);
        if (present[i] && f->is_for_code)
            list_append(f->name);
        if (!present[i] && f->level <= level)
            level = f->level - 1;
    }
}

static void detect_once(void)
{
    (void)pthread_once(&once, detect);
}

bool proa_cpu_has(const char *feature)
{
    detect_once();
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (strcmp(features[i].name, feature) == 0)
            return present[i];
    for (size_t i = 0; i < sizeof baseline / sizeof baseline[0]; i++)
        if (strcmp(baseline[i], feature) == 0)
            return true;
    return false;
}

const char *proa_cpu_features(void)
{
    detect_once();
    return list;
}

const char *proa_cpu_level(void)
{
    static const char *const names[] = { "x86-64", "x86-64", "x86-64-v2",
                                         "x86-64-v3", "x86-64-v4" };

    detect_once();
    return names[level];
}

const char *proa_cpu_triple(void)
{
    return "x86_64-unknown-linux-gnu";
}
