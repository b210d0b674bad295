/*
 * The environment.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "wasi/preview1.h"
#include "wasi/state.h"
#include "wasi/text.h"

uint32_t proa_wasi_environ_get(struct proa_call *call, uint32_t environ_list,
                               uint32_t environ_buf)
{
    return proa_wasi_text_get(call, &proa_wasi_of(call)->env, environ_list,
                              environ_buf);
}

uint32_t proa_wasi_environ_sizes_get(struct proa_call *call, uint32_t count,
                                     uint32_t size)
{
    return proa_wasi_text_sizes(call, &proa_wasi_of(call)->env, count, size);
}
