/*
 * Arguments and environment: lists of strings that the guest copies out.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_WASI_TEXT_H
#define PROA_WASI_TEXT_H

#include <stdint.h>

#include "proa/error.h"

struct proa_call;

/* Strings one after the other, each with its terminator. */
struct proa_wasi_text {
    uint32_t *starts; /* of each within `bytes`; owned */
    char *bytes;      /* lie behind them */
    uint32_t size;
    uint32_t count;
};

/* PROA_OK, PROA_LIMIT, PROA_NOMEM */
PROA_NODISCARD enum proa_status proa_wasi_text_init(struct proa_wasi_text *text,
                                                    const char *const *strings,
                                                    uint32_t count,
                                                    struct proa_error *err);
void proa_wasi_text_deinit(struct proa_wasi_text *text);

/* Write the strings to `to` and where each begins to `list`. */
uint32_t proa_wasi_text_get(const struct proa_call *call,
                            const struct proa_wasi_text *text, uint32_t list,
                            uint32_t to);
uint32_t proa_wasi_text_sizes(const struct proa_call *call,
                              const struct proa_wasi_text *text, uint32_t count,
                              uint32_t size);

#endif
