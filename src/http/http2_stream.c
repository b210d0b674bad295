/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http2_stream.h"

#include <inttypes.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/head.h"

/* --- request -------------------------------------------------------------- */

static void refuse(struct proa_http2_stream *stream, uint16_t status)
{
    if (stream->refusal == 0)
        stream->refusal = status;
}

static bool make_room(struct proa_http2_stream *stream)
{
    uint32_t capacity =
        stream->span_capacity == 0 ? 16 : stream->span_capacity * 2;
    struct proa_http2_span *spans;

    if (stream->span_count < stream->span_capacity)
        return true;
    spans = realloc(stream->spans, capacity * sizeof *spans);
    if (spans == NULL)
        return false;
    stream->spans = spans;
    stream->span_capacity = capacity;
    return true;
}

void proa_http2_stream_field(struct proa_http2_stream *stream,
                             const struct proa_http1_limits *limits,
                             struct proa_http_text name,
                             struct proa_http_text value)
{
    struct proa_buffer *head = &stream->request->head;
    bool is_pseudo = name.size > 0 && name.bytes[0] == ':';
    /* Four fields with a colon stand for HTTP/1's request line and Host. */
    uint32_t count_max = limits->field_count_max + 4;

    if (stream->refusal != 0)
        return;
    if (is_pseudo && value.size > limits->line_bytes_max) {
        refuse(stream, 414);
    } else if (stream->span_count == count_max ||
               name.size + value.size > head->size_max - head->size) {
        refuse(stream, 431);
    } else if (!make_room(stream)) {
        refuse(stream, 503);
    } else {
        struct proa_http2_span *span = &stream->spans[stream->span_count];
        span->name_at = head->size;
        span->name_size = name.size;
        span->value_at = head->size + name.size;
        span->value_size = value.size;
        if (proa_buffer_append(head, name.bytes, name.size) &&
            proa_buffer_append(head, value.bytes, value.size))
            stream->span_count++;
        else
            refuse(stream, 503);
    }
}

static struct proa_http_text text_at(const struct proa_http_request *request,
                                     size_t at, size_t size)
{
    return (struct proa_http_text){ (const char *)request->head.bytes + at,
                                    size };
}

static void add_field(struct proa_http_request *request,
                      struct proa_http_text name, struct proa_http_text value)
{
    request->fields[request->field_count++] =
        (struct proa_http_field){ name, value };
}

/* The fields are in their place for good now: point at them. */
static bool place_fields(struct proa_http2_stream *stream)
{
    struct proa_http_request *request = stream->request;
    struct proa_http_text authority = { "", 0 };

    /* One more, for Host. */
    request->fields = calloc(stream->span_count + 1, sizeof *request->fields);
    if (request->fields == NULL)
        return false;
    request->field_capacity = stream->span_count + 1;
    for (uint32_t i = 0; i < stream->span_count; i++) {
        const struct proa_http2_span *span = &stream->spans[i];
        struct proa_http_text name =
            text_at(request, span->name_at, span->name_size);
        struct proa_http_text value =
            text_at(request, span->value_at, span->value_size);
        if (proa_http_text_equals(name, ":method"))
            request->method = value;
        else if (proa_http_text_equals(name, ":path"))
            request->target = value;
        else if (proa_http_text_equals(name, ":authority"))
            authority = value;
        else if (name.size > 0 && name.bytes[0] != ':')
            add_field(request, name, value);
    }
    if (authority.size > 0) {
        const struct proa_http_field *host =
            proa_http_request_field(request, "host", NULL);
        if (host == NULL)
            add_field(request, proa_http_text_of("host"), authority);
        else if (host->value.size != authority.size ||
                 memcmp(host->value.bytes, authority.bytes, authority.size) !=
                     0)
            refuse(stream, 400); /* two hosts: which one is meant? */
    }
    return true;
}

bool proa_http2_stream_head(struct proa_http2_stream *stream,
                            const struct proa_http1_limits *limits)
{
    struct proa_http_request *request = stream->request;
    struct proa_http_framing framing = { 0 };
    uint16_t status;

    request->version_major = 2;
    if (!place_fields(stream))
        refuse(stream, 503);
    free(stream->spans);
    stream->spans = NULL;
    stream->span_count = stream->span_capacity = 0;
    stream->is_head = proa_http_text_equals(request->method, "HEAD");
    if (stream->refusal != 0)
        return false;
    status = proa_http_head_target(request);
    /* The form with a scheme is for proxies, and was for HTTP/1. */
    if (status == 0 && request->target.bytes[0] != '/' &&
        !proa_http_text_equals(request->target, "*"))
        status = 400;
    if (status == 0)
        status =
            proa_http_head_fields(request, limits->body_bytes_max, &framing);
    if (status == 0 && request->authority.size == 0)
        status = 400;
    if (status != 0)
        refuse(stream, status);
    request->has_length =
        proa_http_request_field(request, "content-length", NULL) != NULL;
    request->length = framing.content_length;
    return status == 0 && framing.expects_continue;
}

/* --- response ------------------------------------------------------------- */

/* NOLINTNEXTLINE(readability-function-size): nghttp2's parameters */
static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *bytes,
                         size_t size, uint32_t *flags,
                         nghttp2_data_source *source, void *env)
{
    struct proa_http2_stream *stream = source->ptr;
    const struct proa_http_response *response = &stream->response;
    const struct proa_buffer *body = &response->body;

    (void)session;
    (void)id;
    (void)env;
    if (stream->sent >= body->size && response->file != NULL) {
        size = proa_http_file_read(response->file, stream->sent - body->size,
                                   bytes, size);
        if (size == 0)
            return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    } else {
        if (size > body->size - stream->sent)
            size = (size_t)(body->size - stream->sent);
        memcpy(bytes, body->bytes + stream->sent, size);
    }
    stream->sent += size;
    if (stream->sent == proa_http_response_size(response))
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)size;
}

/* The same of a body that comes in pieces. */
/* NOLINTNEXTLINE(readability-function-size): nghttp2's parameters */
static ssize_t read_piece(nghttp2_session *session, int32_t id, uint8_t *bytes,
                          size_t size, uint32_t *flags,
                          nghttp2_data_source *source, void *env)
{
    struct proa_http2_stream *stream = source->ptr;
    const struct proa_buffer *body = &stream->response.body;
    size_t here = body->size - stream->piece_at;

    (void)session;
    (void)id;
    (void)env;
    if (here == 0 && !stream->is_ended) {
        stream->is_deferred = true;
        return NGHTTP2_ERR_DEFERRED;
    }
    if (size > here)
        size = here;
    if (size > 0)
        memcpy(bytes, body->bytes + stream->piece_at, size);
    stream->piece_at += size;
    stream->sent += size;
    if (stream->is_ended && size == here)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)size;
}

static bool is_bodiless(uint16_t status)
{
    return status < 200 || status == 204 || status == 304;
}

/* Fields that HTTP/2 has no use for, and clients refuse. */
static bool is_left_out(struct proa_http_text name)
{
    static const char *const names[] = { "connection", "keep-alive",
                                         "proxy-connection",
                                         "transfer-encoding", "upgrade" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (proa_http_text_is(name, names[i]))
            return true;
    return false;
}

static struct proa_http_text trim(char *bytes, size_t size)
{
    while (size > 0 && (*bytes == ' ' || *bytes == '\t')) {
        bytes++;
        size--;
    }
    while (size > 0 && (bytes[size - 1] == ' ' || bytes[size - 1] == '\t'))
        size--;
    return (struct proa_http_text){ bytes, size };
}

static nghttp2_nv field_of(struct proa_http_text name,
                           struct proa_http_text value)
{
    return (nghttp2_nv){ .name = (uint8_t *)name.bytes,
                         .namelen = name.size,
                         .value = (uint8_t *)value.bytes,
                         .valuelen = value.size,
                         .flags = NGHTTP2_NV_FLAG_NONE };
}

/* "Name: value" CR LF: the name is made lower case in its place. */
static uint32_t split_lines(char *bytes, size_t size, nghttp2_nv *fields)
{
    uint32_t count = 0;

    while (size > 0) {
        char *end = memchr(bytes, '\r', size);
        char *colon = memchr(bytes, ':', size);
        if (end == NULL || colon == NULL || colon > end)
            break;
        for (char *at = bytes; at < colon; at++)
            if (*at >= 'A' && *at <= 'Z')
                *at = (char)(*at + ('a' - 'A'));
        struct proa_http_text name = { bytes, (size_t)(colon - bytes) };
        if (!is_left_out(name))
            fields[count++] =
                field_of(name, trim(colon + 1, (size_t)(end - colon - 1)));
        size -= (size_t)(end - bytes) + 2;
        bytes = end + 2;
    }
    return count;
}

static uint32_t line_count(const struct proa_buffer *lines)
{
    uint32_t count = 0;

    for (size_t i = 0; i < lines->size; i++)
        count += lines->bytes[i] == '\n';
    return count;
}

bool proa_http2_stream_submit(struct nghttp2_session *session,
                              struct proa_http2_stream *stream,
                              int64_t unix_seconds)
{
    struct proa_http_response *response = &stream->response;
    nghttp2_data_provider body = { .source.ptr = stream,
                                   .read_callback = stream->is_in_pieces
                                                        ? read_piece
                                                        : read_body };
    nghttp2_nv *fields =
        calloc(line_count(&response->fields) + 3, sizeof *fields);
    char date[PROA_HTTP_DATE_SIZE], status[8], length[24];
    size_t count = 0;

    if (fields == NULL)
        return false;
    uint64_t size = response->has_length ? response->length
                                         : proa_http_response_size(response);
    bool tells_length = !stream->is_in_pieces || response->has_length;
    (void)snprintf(status, sizeof status, "%03u", (unsigned)response->status);
    (void)snprintf(length, sizeof length, "%" PRIu64, size);
    proa_http_date(unix_seconds, date);
    fields[count++] =
        field_of(proa_http_text_of(":status"), proa_http_text_of(status));
    fields[count++] =
        field_of(proa_http_text_of("date"), proa_http_text_of(date));
    if (!is_bodiless(response->status) && tells_length)
        fields[count++] = field_of(proa_http_text_of("content-length"),
                                   proa_http_text_of(length));
    count += split_lines((char *)response->fields.bytes, response->fields.size,
                         fields + count);
    bool has_body =
        !stream->is_head && !is_bodiless(response->status) &&
        (stream->is_in_pieces || proa_http_response_size(response) > 0);
    stream->is_head = stream->is_head || is_bodiless(response->status);
    int result = nghttp2_submit_response(session, stream->id, fields, count,
                                         has_body ? &body : NULL);
    free(fields);
    return result == 0;
}
