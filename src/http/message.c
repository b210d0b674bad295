/* SPDX-License-Identifier: Apache-2.0 */
#include "http/message.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct proa_http_request *proa_http_request_create(size_t head_bytes_max,
                                                   size_t body_bytes_max)
{
    struct proa_http_request *request = calloc(1, sizeof *request);

    if (request == NULL)
        return NULL;
    request->version_major = 1;
    proa_buffer_init(&request->head, head_bytes_max);
    proa_buffer_init(&request->body, body_bytes_max);
    return request;
}

void proa_http_request_destroy(struct proa_http_request *request)
{
    if (request == NULL)
        return;
    proa_buffer_deinit(&request->head);
    proa_buffer_deinit(&request->body);
    free(request->fields);
    free(request);
}

void proa_http_request_compact(struct proa_http_request *request)
{
    struct proa_buffer *body = &request->body;

    if (request->body_taken == 0)
        return;
    body->size -= request->body_taken;
    if (body->size > 0)
        memmove(body->bytes, body->bytes + request->body_taken, body->size);
    request->body_taken = 0;
}

static uint8_t lower(char letter)
{
    uint8_t byte = (uint8_t)letter;

    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

bool proa_http_text_is(struct proa_http_text text, const char *word)
{
    for (size_t i = 0; i < text.size; i++)
        if (word[i] == '\0' || lower(text.bytes[i]) != lower(word[i]))
            return false;
    return word[text.size] == '\0';
}

bool proa_http_text_equals(struct proa_http_text text, const char *word)
{
    return text.size == strlen(word) &&
           (text.size == 0 || memcmp(text.bytes, word, text.size) == 0);
}

struct proa_http_text proa_http_text_of(const char *terminated)
{
    return (struct proa_http_text){ terminated, strlen(terminated) };
}

/* A bit a byte: a letter, a digit or one of !#$%&'*+-.^_`|~ */
static const uint64_t token_chars[4] = { 0x03ff6cfa00000000, 0x57ffffffc7fffffe,
                                         0, 0 };

bool proa_http_is_token_char(uint8_t byte)
{
    return ((token_chars[byte / 64] >> (byte % 64)) & 1) != 0;
}

const struct proa_http_field *
proa_http_request_field(const struct proa_http_request *request,
                        const char *name, uint32_t *count)
{
    const struct proa_http_field *first = NULL;
    uint32_t found = 0;

    for (uint32_t i = 0; i < request->field_count; i++) {
        if (!proa_http_text_is(request->fields[i].name, name))
            continue;
        if (found++ == 0)
            first = &request->fields[i];
    }
    if (count != NULL)
        *count = found;
    return first;
}

void proa_http_response_init(struct proa_http_response *response,
                             size_t fields_bytes_max, size_t body_bytes_max)
{
    *response = (struct proa_http_response){ .status = 200 };
    proa_buffer_init(&response->fields, fields_bytes_max);
    proa_buffer_init(&response->body, body_bytes_max);
}

void proa_http_response_deinit(struct proa_http_response *response)
{
    proa_buffer_deinit(&response->fields);
    proa_buffer_deinit(&response->body);
    if (response->file != NULL)
        (void)close(response->file->fd);
    free(response->file);
    response->file = NULL;
}

bool proa_http_response_file(struct proa_http_response *response, int fd_take,
                             uint64_t offset, uint64_t size)
{
    struct proa_http_file *file =
        response->file == NULL ? calloc(1, sizeof *file) : NULL;

    if (file == NULL) {
        (void)close(fd_take);
        return false;
    }
    file->fd = fd_take;
    file->offset = offset;
    file->size = size;
    response->file = file;
    return true;
}

size_t proa_http_file_read(const struct proa_http_file *file, uint64_t at,
                           void *bytes, size_t size)
{
    ssize_t result;

    if (size > file->size - at)
        size = (size_t)(file->size - at);
    do {
        result = pread(file->fd, bytes, size, (off_t)(file->offset + at));
    } while (result < 0 && errno == EINTR);
    return result > 0 ? (size_t)result : 0;
}

uint64_t proa_http_response_size(const struct proa_http_response *response)
{
    return response->body.size +
           (response->file != NULL ? response->file->size : 0);
}

static bool is_name(struct proa_http_text name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!proa_http_is_token_char((uint8_t)name.bytes[i]))
            return false;
    return name.size > 0;
}

static bool is_value(struct proa_http_text value)
{
    for (size_t i = 0; i < value.size; i++) {
        uint8_t byte = (uint8_t)value.bytes[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f)
            return false;
    }
    return true;
}

static char *put(char *to, const char *bytes, size_t size)
{
    if (size > 0)
        memcpy(to, bytes, size);
    return to + size;
}

bool proa_http_response_add(struct proa_http_response *response,
                            struct proa_http_text name,
                            struct proa_http_text value)
{
    size_t all = name.size + value.size + 4;

    if (!is_name(name) || !is_value(value))
        return false;
    char *line = (char *)proa_buffer_reserve(&response->fields, all);
    if (line == NULL)
        return false;
    line = put(line, name.bytes, name.size);
    line = put(line, ": ", 2);
    line = put(line, value.bytes, value.size);
    (void)put(line, "\r\n", 2);
    return true;
}

void proa_http_response_error(struct proa_http_response *response,
                              uint16_t status)
{
    size_t fields_max = response->fields.size_max;
    size_t body_max = response->body.size_max;

    proa_http_response_deinit(response);
    proa_http_response_init(response, fields_max, body_max);
    response->status = status;
    /* Without memory for the text the status alone is still an answer. */
    (void)proa_http_response_add(
        response, proa_http_text_of("Content-Type"),
        proa_http_text_of("text/plain; charset=utf-8"));
    (void)proa_buffer_printf(&response->body, "%u %s\n", (unsigned)status,
                             proa_http_reason(status));
}

struct reason {
    uint16_t status;
    const char *text;
};

/* https://www.iana.org/assignments/http-status-codes, in ascending order */
static const struct reason reasons[] = {
    { 100, "Continue" },
    { 101, "Switching Protocols" },
    { 200, "OK" },
    { 201, "Created" },
    { 202, "Accepted" },
    { 203, "Non-Authoritative Information" },
    { 204, "No Content" },
    { 205, "Reset Content" },
    { 206, "Partial Content" },
    { 207, "Multi-Status" },
    { 208, "Already Reported" },
    { 226, "IM Used" },
    { 300, "Multiple Choices" },
    { 301, "Moved Permanently" },
    { 302, "Found" },
    { 303, "See Other" },
    { 304, "Not Modified" },
    { 305, "Use Proxy" },
    { 307, "Temporary Redirect" },
    { 308, "Permanent Redirect" },
    { 400, "Bad Request" },
    { 401, "Unauthorized" },
    { 402, "Payment Required" },
    { 403, "Forbidden" },
    { 404, "Not Found" },
    { 405, "Method Not Allowed" },
    { 406, "Not Acceptable" },
    { 407, "Proxy Authentication Required" },
    { 408, "Request Timeout" },
    { 409, "Conflict" },
    { 410, "Gone" },
    { 411, "Length Required" },
    { 412, "Precondition Failed" },
    { 413, "Content Too Large" },
    { 414, "URI Too Long" },
    { 415, "Unsupported Media Type" },
    { 416, "Range Not Satisfiable" },
    { 417, "Expectation Failed" },
    { 421, "Misdirected Request" },
    { 422, "Unprocessable Content" },
    { 423, "Locked" },
    { 424, "Failed Dependency" },
    { 425, "Too Early" },
    { 426, "Upgrade Required" },
    { 428, "Precondition Required" },
    { 429, "Too Many Requests" },
    { 431, "Request Header Fields Too Large" },
    { 451, "Unavailable For Legal Reasons" },
    { 500, "Internal Server Error" },
    { 501, "Not Implemented" },
    { 502, "Bad Gateway" },
    { 503, "Service Unavailable" },
    { 504, "Gateway Timeout" },
    { 505, "HTTP Version Not Supported" },
    { 507, "Insufficient Storage" },
    { 508, "Loop Detected" },
    { 511, "Network Authentication Required" },
};

const char *proa_http_reason(uint16_t status)
{
    size_t low = 0, high = sizeof reasons / sizeof reasons[0];

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (reasons[middle].status == status)
            return reasons[middle].text;
        if (reasons[middle].status < status)
            low = middle + 1;
        else
            high = middle;
    }
    return "";
}
