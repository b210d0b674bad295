/*
 * What the processor we run on can do, in LLVM's words.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_PLATFORM_CPU_H
#define PROA_PLATFORM_CPU_H

#include <stdbool.h>
#include <stddef.h>

/*
 * True when the processor and the kernel offer a feature, by LLVM's name:
 * "avx2", "sse4.2". False for a name that is unknown. Threads: any.
 */
bool proa_cpu_has(const char *feature);

/*
 * The features that compiled code may use here, "avx,avx2,...", in a fixed
 * order. A constant string. Threads: any.
 */
const char *proa_cpu_features(void);

/*
 * The widest of LLVM's generic processors that this one is: "x86-64-v3".
 * A constant string. Threads: any.
 */
const char *proa_cpu_level(void);

/* "x86_64-unknown-linux-gnu": LLVM's triple of this machine. */
const char *proa_cpu_triple(void);

#endif
