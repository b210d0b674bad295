/*
 * The PROXY header: whatever the bytes are, what is told lies within them, and
 * no shorter piece of them says something else.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "http/proxy.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct proa_http_proxy whole, part;
    enum proa_http_proxy_state state =
        proa_http_proxy_read(bytes, size, &whole);

    if (state == PROA_HTTP_PROXY_DONE &&
        (whole.size > size || whole.size > PROA_HTTP_PROXY_BYTES_MAX ||
         whole.has_addresses != (whole.client_address[0] != '\0')))
        abort();
    if (state == PROA_HTTP_PROXY_MORE && size >= PROA_HTTP_PROXY_BYTES_MAX)
        abort();
    for (size_t i = 0; i < size; i++) {
        enum proa_http_proxy_state before =
            proa_http_proxy_read(bytes, i, &part);
        if (before == PROA_HTTP_PROXY_MORE)
            continue;
        /* What is once said, stays said. */
        if (before != state)
            abort();
        if (before == PROA_HTTP_PROXY_DONE &&
            (part.size != whole.size || part.client_port != whole.client_port ||
             strcmp(part.client_address, whole.client_address) != 0))
            abort();
        break;
    }
    return 0;
}
