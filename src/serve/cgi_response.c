/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/cgi_response.h"

#include <string.h>

#include "base/fail.h"

struct reading {
    struct proa_http_response *response;
    struct proa_cgi_head head;
    bool has_status;
    bool has_location;
    bool has_type;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct proa_http_text trim(struct proa_http_text text)
{
    while (text.size > 0 && is_blank(text.bytes[text.size - 1]))
        text.size--;
    while (text.size > 0 && is_blank(text.bytes[0])) {
        text.bytes++;
        text.size--;
    }
    return text;
}

/* "404" or "404 Not Found"; the reason is replaced by the registered one. */
static enum proa_status read_status(struct reading *reading,
                                    struct proa_http_text value,
                                    struct proa_error *err)
{
    uint16_t status = 0;

    if (reading->has_status)
        return proa_fail(err, PROA_MALFORMED, 0, "two Status fields");
    for (size_t i = 0; i < value.size && i < 3; i++) {
        if (value.bytes[i] < '0' || value.bytes[i] > '9')
            return proa_fail(err, PROA_MALFORMED, 0, "Status is no number");
        status = (uint16_t)(status * 10 + value.bytes[i] - '0');
    }
    if (status < 200 || status > 599 ||
        (value.size > 3 && !is_blank(value.bytes[3])))
        return proa_fail(err, PROA_MALFORMED, 0,
                         "Status is not within 200 to 599");
    reading->response->status = status;
    reading->has_status = true;
    return PROA_OK;
}

static enum proa_status read_length(struct reading *reading,
                                    struct proa_http_text value,
                                    struct proa_error *err)
{
    uint64_t length = 0;

    if (reading->head.has_length)
        return proa_fail(err, PROA_MALFORMED, 0, "two Content-Length fields");
    if (value.size == 0 || value.size > 18)
        return proa_fail(err, PROA_MALFORMED, 0, "Content-Length is no number");
    for (size_t i = 0; i < value.size; i++) {
        if (value.bytes[i] < '0' || value.bytes[i] > '9')
            return proa_fail(err, PROA_MALFORMED, 0,
                             "Content-Length is no number");
        length = length * 10 + (uint64_t)(value.bytes[i] - '0');
    }
    reading->head.has_length = true;
    reading->head.content_length = length;
    return PROA_OK;
}

static bool is_ours(struct proa_http_text name)
{
    static const char *const names[] = {
        "connection", "date",    "keep-alive",        "proxy-connection",
        "te",         "trailer", "transfer-encoding", "upgrade",
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (proa_http_text_is(name, names[i]))
            return true;
    return false;
}

static enum proa_status read_field(struct reading *reading,
                                   struct proa_http_text line,
                                   struct proa_error *err)
{
    const char *colon = memchr(line.bytes, ':', line.size);

    if (colon == NULL)
        return proa_fail(err, PROA_MALFORMED, 0,
                         "a line before the empty line is no field");
    struct proa_http_text name = { line.bytes, (size_t)(colon - line.bytes) };
    struct proa_http_text value =
        trim((struct proa_http_text){ colon + 1, line.size - name.size - 1 });
    if (proa_http_text_is(name, "status"))
        return read_status(reading, value, err);
    if (proa_http_text_is(name, "content-length"))
        return read_length(reading, value, err);
    if (is_ours(name))
        return PROA_OK;
    if (proa_http_text_is(name, "location"))
        reading->has_location = true;
    if (proa_http_text_is(name, "content-type"))
        reading->has_type = true;
    if (proa_http_response_add(reading->response, name, value))
        return PROA_OK;
    return proa_fail(err, PROA_MALFORMED, 0,
                     "field \"%.*s\" has characters that no field may have, "
                     "or is too long",
                     (int)(name.size < 40 ? name.size : 40), name.bytes);
}

static enum proa_status finish(struct reading *reading, struct proa_error *err)
{
    if (!reading->has_status && !reading->has_location && !reading->has_type)
        return proa_fail(err, PROA_MALFORMED, 0,
                         "no Content-Type, Location or Status");
    if (reading->has_location && !reading->has_status)
        reading->response->status = 302;
    return PROA_OK;
}

enum proa_status proa_cgi_head_read(const uint8_t *bytes, size_t size,
                                    struct proa_http_response *response,
                                    struct proa_cgi_head *head,
                                    struct proa_error *err)
{
    struct reading reading = { .response = response };
    size_t offset = 0;

    if (size == 0)
        return proa_fail(err, PROA_MALFORMED, 0, "it printed nothing");
    while (offset < size) {
        const uint8_t *end = memchr(bytes + offset, '\n', size - offset);
        if (end == NULL)
            break;
        struct proa_http_text line = { (const char *)bytes + offset,
                                       (size_t)(end - bytes) - offset };
        offset = (size_t)(end - bytes) + 1;
        if (line.size > 0 && line.bytes[line.size - 1] == '\r')
            line.size--;
        if (line.size == 0) {
            enum proa_status status = finish(&reading, err);
            reading.head.size = offset;
            if (status == PROA_OK)
                *head = reading.head;
            return status;
        }
        enum proa_status status = read_field(&reading, line, err);
        if (status != PROA_OK)
            return status;
    }
    return proa_fail(err, PROA_MALFORMED, 0,
                     size < PROA_CGI_HEAD_BYTES_MAX
                         ? "no empty line behind the fields"
                         : "the fields are longer than allowed");
}

bool proa_cgi_head_is_whole(const uint8_t *bytes, size_t size)
{
    const uint8_t *line = bytes, *end;

    while ((end = memchr(line, '\n', size)) != NULL) {
        if (end == line || (end == line + 1 && *line == '\r'))
            return true;
        size -= (size_t)(end + 1 - line);
        line = end + 1;
    }
    return false;
}

enum proa_status proa_cgi_length_check(const struct proa_cgi_head *head,
                                       bool is_head,
                                       struct proa_http_response *response,
                                       struct proa_error *err)
{
    if (!head->has_length || head->content_length == response->body.size)
        return PROA_OK;
    if (is_head && response->body.size == 0) {
        response->has_length = true;
        response->length = head->content_length;
        return PROA_OK;
    }
    return proa_fail(err, PROA_MALFORMED, 0,
                     "Content-Length is %llu, but the body has %zu bytes",
                     (unsigned long long)head->content_length,
                     response->body.size);
}
