/*
 * Which CPU features a target has, by LLVM's names.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_FEATURES_H
#define PROA_COMPILE_FEATURES_H

#include <stdbool.h>

/* LLVM's C interface cannot be asked, so this knows the x86-64 levels. */
struct proa_features {
    const char *list; /* "+avx2,-fma", borrowed: wins over the level */
    int level;        /* of x86-64: 1 to 4; 0 on another architecture */
};

/* All strings are borrowed for the life of what is returned. */
struct proa_features proa_features_make(const char *triple, const char *cpu,
                                        const char *list);

bool proa_features_have(const struct proa_features *features, const char *name);

#endif
