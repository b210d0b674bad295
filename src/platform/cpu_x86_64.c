/*
 * Features of an x86-64 processor, by cpuid and xgetbv.
 * https://www.intel.com/content/www/us/en/developer/articles/technical/intel-sdm.html
 * (volume 2, CPUID and XGETBV); levels:
 * https://gitlab.com/x86-psABIs/x86-64-ABI (table "Micro-Architecture Levels")
 * SPDX-License-Identifier: Apache-2.0
 */
#include "platform/cpu.h"

#include <cpuid.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

/* Which words of cpuid are read. */
enum leaf { LEAF_1, LEAF_7, LEAF_7_1, LEAF_EXTENDED, LEAF_COUNT };
enum word { EAX, EBX, ECX, EDX, WORD_COUNT };

/* What the kernel must save for the registers to be usable. */
enum saved { SAVED_ALWAYS, SAVED_AVX, SAVED_AVX512 };

struct feature {
    const char *name;
    uint8_t leaf;
    uint8_t word;
    uint8_t bit;
    uint8_t saved;
    uint8_t level;    /* from this x86-64-vN on it is part of the level */
    bool is_for_code; /* the compiler may make use of it for wasm code */
};

enum { NO_LEVEL = 9, LEVEL_MAX = 4 };

static const struct feature features[] = {
    { "sse3", LEAF_1, ECX, 0, SAVED_ALWAYS, 2, true },
    { "ssse3", LEAF_1, ECX, 9, SAVED_ALWAYS, 2, true },
    { "sse4.1", LEAF_1, ECX, 19, SAVED_ALWAYS, 2, true },
    { "sse4.2", LEAF_1, ECX, 20, SAVED_ALWAYS, 2, true },
    { "crc32", LEAF_1, ECX, 20, SAVED_ALWAYS, 2, true },
    { "popcnt", LEAF_1, ECX, 23, SAVED_ALWAYS, 2, true },
    { "cx16", LEAF_1, ECX, 13, SAVED_ALWAYS, 2, true },
    { "sahf", LEAF_EXTENDED, ECX, 0, SAVED_ALWAYS, 2, true },
    { "avx", LEAF_1, ECX, 28, SAVED_AVX, 3, true },
    { "avx2", LEAF_7, EBX, 5, SAVED_AVX, 3, true },
    { "bmi", LEAF_7, EBX, 3, SAVED_ALWAYS, 3, true },
    { "bmi2", LEAF_7, EBX, 8, SAVED_ALWAYS, 3, true },
    { "f16c", LEAF_1, ECX, 29, SAVED_AVX, 3, true },
    { "fma", LEAF_1, ECX, 12, SAVED_AVX, 3, true },
    { "lzcnt", LEAF_EXTENDED, ECX, 5, SAVED_ALWAYS, 3, true },
    { "movbe", LEAF_1, ECX, 22, SAVED_ALWAYS, 3, true },
    { "avx512f", LEAF_7, EBX, 16, SAVED_AVX512, 4, true },
    { "avx512bw", LEAF_7, EBX, 30, SAVED_AVX512, 4, true },
    { "avx512cd", LEAF_7, EBX, 28, SAVED_AVX512, 4, true },
    { "avx512dq", LEAF_7, EBX, 17, SAVED_AVX512, 4, true },
    { "avx512vl", LEAF_7, EBX, 31, SAVED_AVX512, 4, true },
    { "avx512ifma", LEAF_7, EBX, 21, SAVED_AVX512, NO_LEVEL, true },
    { "avx512vbmi", LEAF_7, ECX, 1, SAVED_AVX512, NO_LEVEL, true },
    { "avx512vbmi2", LEAF_7, ECX, 6, SAVED_AVX512, NO_LEVEL, true },
    { "avx512vnni", LEAF_7, ECX, 11, SAVED_AVX512, NO_LEVEL, true },
    { "avx512bitalg", LEAF_7, ECX, 12, SAVED_AVX512, NO_LEVEL, true },
    { "avx512vpopcntdq", LEAF_7, ECX, 14, SAVED_AVX512, NO_LEVEL, true },
    { "avx512bf16", LEAF_7_1, EAX, 5, SAVED_AVX512, NO_LEVEL, true },
    { "avx512fp16", LEAF_7, EDX, 23, SAVED_AVX512, NO_LEVEL, true },
    { "avxvnni", LEAF_7_1, EAX, 4, SAVED_AVX, NO_LEVEL, true },
    { "avxifma", LEAF_7_1, EAX, 23, SAVED_AVX, NO_LEVEL, true },
    { "gfni", LEAF_7, ECX, 8, SAVED_ALWAYS, NO_LEVEL, true },
    { "adx", LEAF_7, EBX, 19, SAVED_ALWAYS, NO_LEVEL, true },
    { "sse4a", LEAF_EXTENDED, ECX, 6, SAVED_ALWAYS, NO_LEVEL, true },
    { "pclmul", LEAF_1, ECX, 1, SAVED_ALWAYS, NO_LEVEL, false },
    { "aes", LEAF_1, ECX, 25, SAVED_ALWAYS, NO_LEVEL, false },
    { "sha", LEAF_7, EBX, 29, SAVED_ALWAYS, NO_LEVEL, false },
    { "vaes", LEAF_7, ECX, 9, SAVED_AVX, NO_LEVEL, false },
    { "vpclmulqdq", LEAF_7, ECX, 10, SAVED_AVX, NO_LEVEL, false },
    { "rdrnd", LEAF_1, ECX, 30, SAVED_ALWAYS, NO_LEVEL, false },
    { "rdseed", LEAF_7, EBX, 18, SAVED_ALWAYS, NO_LEVEL, false },
    { "fsgsbase", LEAF_7, EBX, 0, SAVED_ALWAYS, NO_LEVEL, false },
};
enum { FEATURE_COUNT = sizeof features / sizeof features[0] };

/* Of every x86-64 processor. */
static const char *const baseline[] = { "x87", "cmov", "cx8",  "fxsr",
                                        "mmx", "sse",  "sse2", "64bit" };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool present[FEATURE_COUNT];
static int level;
static char list[1024];

static void leaf_read(uint32_t number, uint32_t sub, uint32_t words[WORD_COUNT])
{
    /* Checks the highest leaf; the words stay zero when there is none. */
    if (!__get_cpuid_count(number, sub, &words[EAX], &words[EBX], &words[ECX],
                           &words[EDX]))
        memset(words, 0, WORD_COUNT * sizeof words[0]);
}

/* The register states that the kernel saves: XCR0. */
static uint64_t xcr0_read(void)
{
    uint32_t low;
    uint32_t high;

    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

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

static void detect(void)
{
    enum { OSXSAVE = 1 << 27, XCR0_AVX = 0x6, XCR0_AVX512 = 0xe6 };
    uint32_t leaves[LEAF_COUNT][WORD_COUNT] = { { 0 } };
    uint64_t xcr0 = 0;

    leaf_read(1, 0, leaves[LEAF_1]);
    leaf_read(7, 0, leaves[LEAF_7]);
    if (leaves[LEAF_7][EAX] >= 1)
        leaf_read(7, 1, leaves[LEAF_7_1]);
    leaf_read(0x80000001, 0, leaves[LEAF_EXTENDED]);
    if ((leaves[LEAF_1][ECX] & OSXSAVE) != 0)
        xcr0 = xcr0_read();

    bool saved[] = {
        [SAVED_ALWAYS] = true,
        [SAVED_AVX] = (xcr0 & XCR0_AVX) == XCR0_AVX,
        [SAVED_AVX512] = (xcr0 & XCR0_AVX512) == XCR0_AVX512,
    };
    level = LEVEL_MAX;
    for (int i = 0; i < FEATURE_COUNT; i++) {
        const struct feature *f = &features[i];

        present[i] =
            saved[f->saved] && ((leaves[f->leaf][f->word] >> f->bit) & 1) != 0;
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
