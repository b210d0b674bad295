/*
 * What code is made for: a machine, a processor and its features.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CACHE_TARGET_H
#define PROA_CACHE_TARGET_H

#include "proa/error.h"

struct proa_target {
    const char *triple;  /* a constant string */
    const char *cpu;     /* LLVM's name; a constant string */
    char features[1024]; /* LLVM's form, "+avx2,+fma", all of them named */
};

/*
 * Resolve the names that a person gives.
 *
 * @param machine "x86_64", "aarch64" or a triple of these; NULL: our own
 * @param cpu     "native", "x86-64-v3" or one of the processors in the table;
 *                NULL: native, or the machine's generic one
 * @return PROA_OK, PROA_USAGE (unknown; the text lists what is known)
 */
PROA_NODISCARD enum proa_status proa_target_resolve(const char *machine,
                                                    const char *cpu,
                                                    struct proa_target *target,
                                                    struct proa_error *err);

#endif
