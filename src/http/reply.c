/*
 * A response's head in HTTP/1.
 * https://www.rfc-editor.org/rfc/rfc9112#section-4
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "http/http1.h"

/* Statuses that never have a body, nor a Content-Length. */
static bool is_bodiless(uint16_t status)
{
    return status < 200 || status == 204 || status == 304;
}

static void put(struct proa_buffer *out, const char *text)
{
    (void)proa_buffer_append(out, text, strlen(text));
}

static void put_number(struct proa_buffer *out, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    (void)proa_buffer_append(out, digits + at, sizeof digits - at);
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
    put(out, "HTTP/1.1 ");
    put_number(out, response->status);
    put(out, " ");
    put(out, proa_http_reason(response->status));
    put(out, "\r\nDate: ");
    put(out, date);
    put(out, "\r\n");
    if (reply->is_chunked && !is_bodiless(response->status)) {
        put(out, "Transfer-Encoding: chunked\r\n");
    } else if (!reply->is_open && !is_bodiless(response->status)) {
        put(out, "Content-Length: ");
        put_number(out, length);
        put(out, "\r\n");
    }
    if (!reply->keeps_alive)
        put(out, "Connection: close\r\n");
    else if (reply->version_minor == 0)
        put(out, "Connection: keep-alive\r\n");
    (void)proa_buffer_append(out, response->fields.bytes,
                             response->fields.size);
    put(out, "\r\n");
    return has_body;
}
