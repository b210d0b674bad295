/*
 * The text form of wasm, through the wat2wasm program of wabt.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_CLI_WAT_H
#define PROA_CLI_WAT_H

#include <stddef.h>
#include <stdint.h>

#include "proa/error.h"

/*
 * @param wasm set on success; owned: free() it
 * @return PROA_OK, PROA_USAGE (the text is bad, or there is no wat2wasm),
 *         PROA_IO, PROA_NOMEM
 */
PROA_NODISCARD enum proa_status
proa_wat_convert(const uint8_t *text, size_t text_size, uint8_t **wasm,
                 size_t *wasm_size, struct proa_error *err);

#endif
