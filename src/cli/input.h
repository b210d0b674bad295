/*
 * The file a command works on: wasm, its text form, or an artifact.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_INPUT_H
#define PROA_CLI_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proa/error.h"

enum proa_input_kind {
    PROA_INPUT_WASM,     /* or anything else: the compiler will say */
    PROA_INPUT_ARTIFACT, /* an ELF file; whether it is ours, the loader says */
};

struct proa_input {
    enum proa_input_kind kind;
    const char *name; /* as it was given; borrowed */
    uint8_t *bytes;   /* owned; NULL for an artifact */
    size_t size;
    int fd; /* of an artifact; owned; else -1 */
};

/*
 * Read a file, standard input for "-", or what a URL names (fetch.h). Text is
 * turned into wasm by wat2wasm.
 *
 * @param input set on success; end with proa_input_deinit()
 * @return PROA_OK, PROA_USAGE (no such file), PROA_MALFORMED (bad text),
 *         PROA_LIMIT, PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_input_read(const char *name,
                                                struct proa_input *input,
                                                struct proa_error *err);
void proa_input_deinit(struct proa_input *input);

/* True for the text form: by its name, or because it begins like one. */
bool proa_input_is_text(const char *name, const uint8_t *bytes, size_t size);

#endif
