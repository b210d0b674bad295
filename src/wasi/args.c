/*
 * The arguments.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/preview1.h"
#include "wasi/state.h"
#include "wasi/text.h"

uint32_t proa_wasi_args_get(struct proa_call *call, uint32_t argv,
                            uint32_t argv_buf)
{
    return proa_wasi_text_get(call, &proa_wasi_of(call)->args, argv, argv_buf);
}

uint32_t proa_wasi_args_sizes_get(struct proa_call *call, uint32_t count,
                                  uint32_t size)
{
    return proa_wasi_text_sizes(call, &proa_wasi_of(call)->args, count, size);
}
