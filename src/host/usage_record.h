/*
 * What a run or a request used, as a JSON object on a line.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HOST_USAGE_RECORD_H
#define PROA_HOST_USAGE_RECORD_H

#include "base/buffer.h"
#include "base/sha256.h"
#include "proa/usage.h"

enum { PROA_USAGE_HASH_SIZE = 2 * PROA_SHA256_SIZE + 1 };

struct proa_module;

/* Of a request besides; texts may be anything. */
struct proa_usage_request {
    const char *time;     /* "2024-02-29T12:00:00Z" */
    const char *function; /* its name */
    const char *trace_id; /* 32 digits */
    uint16_t status;      /* of its answer */
};

/* All borrowed. */
struct proa_usage_record {
    const struct proa_usage *usage;
    const struct proa_module *module;
    const char *artifact; /* see below */
    enum proa_status status;
    int exit_code;
    const char *trap;                         /* NULL: none */
    const struct proa_usage_request *request; /* NULL: of a run */
};

/*
 * The SHA-256 of a module's artifact, of the file: what is mapped was written
 * to.
 *
 * @return PROA_OK, PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_usage_artifact(const struct proa_module *module,
                    char hash[PROA_USAGE_HASH_SIZE], struct proa_error *err);

/* The object without its last brace: whoever signs it may add to it. */
void proa_usage_record_write(const struct proa_usage_record *record,
                             struct proa_buffer *out);

#endif
