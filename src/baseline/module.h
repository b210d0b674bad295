/*
 * A whole module in one pass over its functions: bytes to artifact in
 * milliseconds. The artifact is of the same format as LLVM's, with the same
 * calling convention, trap codes and names.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_BASELINE_MODULE_H
#define PROA_BASELINE_MODULE_H

#include <stddef.h>

#include "base/sink.h"
#include "proa/error.h"

struct proa_baseline_request {
    const uint8_t *bytes; /* the module; may be hostile */
    size_t size;
    const uint8_t *sha256; /* of the module: 32 bytes */
    const char *producer;
    uint32_t thread_count; /* at least 1 */
    bool counts_fuel;      /* see wasm/fuel.h */
};

/* What code of this tier needs of the processor, by LLVM's names. */
#define PROA_BASELINE_FEATURES "sse3,ssse3,sse4.1,sse4.2,popcnt"

/*
 * Decode, validate, emit, write. For x86-64. The same request gives the same
 * bytes whatever the number of threads.
 *
 * @param artifact where it goes; nothing was put there yet
 * @return PROA_OK, PROA_MALFORMED, PROA_INVALID, PROA_UNSUPPORTED, PROA_LIMIT,
 *         PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_baseline_compile(const struct proa_baseline_request *request,
                      struct proa_sink *artifact, struct proa_error *err);

#endif
