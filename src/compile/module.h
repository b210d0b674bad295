/*
 * A whole module: bytes to artifact.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_COMPILE_MODULE_H
#define PROA_COMPILE_MODULE_H

#include "artifact/artifact.h"
#include "compile/object.h"

struct proa_compile_request {
    const uint8_t *bytes; /* the module; may be hostile */
    size_t size;
    struct proa_codegen_options codegen;
    enum proa_arch arch;           /* of codegen.triple */
    const char *artifact_features; /* "avx2,fma": what the artifact needs */
    const char *producer;
    uint32_t thread_count; /* at least 1 */
    /* Only these functions, and small ones that they call; the rest becomes
     * jumps through slots. The artifact is not whole then. */
    const uint32_t *functions;
    uint32_t function_count; /* 0: all */
    const uint32_t *hot;     /* when all: see compile/hot.h */
    uint32_t hot_count;
    /* Called from one thread at a time, never two at once; may be NULL. */
    void (*progress)(void *env, uint64_t done_bytes, uint64_t all_bytes);
    void *progress_env;
};

/*
 * Decode, validate, compile, link, write. The same request gives the same bytes
 * whatever the number of threads.
 *
 * @param artifact appended to; must be empty
 * @return PROA_OK, PROA_MALFORMED, PROA_INVALID, PROA_UNSUPPORTED, PROA_LIMIT,
 *         PROA_NOMEM, PROA_COMPILER
 */
PROA_NODISCARD enum proa_status
proa_compile_module(const struct proa_compile_request *request,
                    struct proa_buffer *artifact, struct proa_error *err);

#endif
