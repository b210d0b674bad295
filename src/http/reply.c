/*
 * A response's head in HTTP/1.
 * https://www.rfc-editor.org/rfc/rfc9112#section-4
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>

#include "http/http1.h"

/* Statuses that never have a body, nor a Content-Length. */
static bool is_bodiless(uint16_t status)
{
    return status < 200 || status == 204 || status == 304;
}

bool proa_http1_write_head(const struct proa_http_response *response,
                           const struct proa_http1_reply *reply,
                           struct proa_buffer *out)
{
    char date[PROA_HTTP_DATE_SIZE];
    uint64_t length = proa_http_response_size(response);
    bool has_body = !reply->is_head && !is_bodiless(response->status);

    if (response->has_length)
        length = response->length;
    proa_http_date(reply->unix_seconds, date);
    /* `out` tells by is_full whether all of this had room. */
    (void)proa_buffer_printf(out, "HTTP/1.1 %03u %s\r\nDate: %s\r\n",
                             (unsigned)response->status,
                             proa_http_reason(response->status), date);
    if (reply->is_chunked && !is_bodiless(response->status))
        (void)proa_buffer_printf(out, "Transfer-Encoding: chunked\r\n");
    else if (!reply->is_open && !is_bodiless(response->status))
        (void)proa_buffer_printf(out, "Content-Length: %" PRIu64 "\r\n",
                                 length);
    if (!reply->keeps_alive)
        (void)proa_buffer_printf(out, "Connection: close\r\n");
    else if (reply->version_minor == 0)
        (void)proa_buffer_printf(out, "Connection: keep-alive\r\n");
    (void)proa_buffer_append(out, response->fields.bytes,
                             response->fields.size);
    (void)proa_buffer_append(out, "\r\n", 2);
    return has_body;
}
