/*
 * A guest's output as a response: never a field that splits it.
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "serve/cgi_response.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check(const struct proa_http_response *response)
{
    const struct proa_buffer *fields = &response->fields;

    if (response->status < 200 || response->status > 599)
        abort();
    for (size_t i = 0; i < fields->size; i++) {
        uint8_t byte = fields->bytes[i];
        bool ends = byte == '\r' && i + 1 < fields->size &&
                    fields->bytes[i + 1] == '\n';
        bool follows = byte == '\n' && i > 0 && fields->bytes[i - 1] == '\r';
        if (byte < 0x20 && byte != '\t' && !ends && !follows)
            abort();
    }
    if (fields->size >= 4 &&
        memmem(fields->bytes, fields->size, "\r\n\r\n", 4) != NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct proa_http_response response;
    struct proa_cgi_head head = { 0 };
    struct proa_error err = { 0 };

    proa_http_response_init(&response, 1000, 1 << 20);
    if (proa_cgi_head_read(bytes, size, &response, &head, &err) == PROA_OK) {
        if (head.size > size)
            abort();
        check(&response);
    }
    proa_http_response_deinit(&response);
    return 0;
}
