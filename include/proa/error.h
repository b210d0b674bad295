/*
 * Errors: a status says what kind, a caller-owned record says where and why.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_ERROR_H
#define PROA_ERROR_H

#include <stdint.h>

#define PROA_NODISCARD __attribute__((warn_unused_result))

#pragma GCC visibility push(default)
#ifdef __cplusplus
extern "C" {
#endif

enum proa_status {
    PROA_OK = 0,
    PROA_MALFORMED,   /* the bytes are not a wasm binary (or not an artifact) */
    PROA_INVALID,     /* a wasm binary that breaks a typing rule */
    PROA_UNSUPPORTED, /* correct, but a feature that is not built yet */
    PROA_LIMIT,       /* correct, but larger than a limit */
    PROA_UNLINKABLE,  /* an import is missing or has another type */
    PROA_INCOMPATIBLE, /* an artifact of another version, CPU or ABI */
    PROA_COMPILER,     /* the compiler process failed or was killed */
    PROA_NOMEM,
    PROA_IO,
    PROA_USAGE, /* the caller asked for something that makes no sense */
    PROA_TRAP,  /* the guest stopped itself: an answer, not a fault of ours */
    PROA_EXIT,  /* the guest ended with proc_exit: see the store's exit code */
};

/* Owned by the caller; start from `{ 0 }`. The first error wins. */
struct proa_error {
    enum proa_status status;
    uint64_t offset; /* byte offset in the input, or 0 */
    char text[400]; /* one line; no allocation, so PROA_NOMEM can be told too */
};

/* "malformed module", "trap" ...: a constant string. Threads: any. */
const char *proa_status_name(enum proa_status status);

#ifdef __cplusplus
}
#endif
#pragma GCC visibility pop
#endif
