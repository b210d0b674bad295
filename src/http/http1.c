/* SPDX-License-Identifier: Apache-2.0 */
#include "http/http1.h"

#include <assert.h>
#include <llhttp.h>
#include <stdlib.h>
#include <string.h>

#include "http/head.h"
#include "http/scan.h"

/* Framing bytes that a chunked body may have for each byte of data. */
enum { FRAMING_PER_BYTE_MAX = 16 };

/* Room is made for no more than twice of what a client has sent. */
enum { ROOM_FROM_BYTES = 32 * 1024, ROOM_BYTES_MAX = 64 * 1024 };

struct proa_http1 {
    enum proa_http1_state state;
    uint16_t status;
    bool keeps_alive;
    bool wants_continue;
    bool is_head_parsed; /* further fields are trailers */
    bool is_shared;      /* `request` is another's */
    bool reads_to_place; /* which the handler named */
    uint64_t body_bytes; /* of data so far */
    struct proa_http1_limits limits;
    struct proa_http_request *request;
    struct proa_http_scan scan;
    struct proa_http_framing framing;
    struct proa_http_lines lines;
    uint64_t framing_bytes; /* of the chunked body so far */
    const uint8_t *unread;  /* within a feed: the first byte that was not yet
                               seen as data or framing */
    llhttp_settings_t settings;
    llhttp_t parser;
};

void proa_http1_refuse(struct proa_http1 *http1, uint16_t status)
{
    if (http1->state == PROA_HTTP1_REFUSED)
        return;
    http1->state = PROA_HTTP1_REFUSED;
    http1->status = status;
}

/* A callback refuses: llhttp stops and yields HPE_USER. */
static int refuse(struct proa_http1 *http1, uint16_t status)
{
    proa_http1_refuse(http1, status);
    return HPE_USER;
}

static int on_name(llhttp_t *parser, const char *at, size_t size)
{
    struct proa_http1 *http1 = parser->data;
    struct proa_http_request *request = http1->request;

    /* Trailers are read, checked as lines, and not handed on. */
    if (http1->is_head_parsed)
        return 0;
    if (request->field_count == http1->limits.field_count_max)
        return refuse(http1, 431);
    if (request->field_count == request->field_capacity) {
        uint32_t capacity =
            request->field_capacity == 0 ? 16 : request->field_capacity * 2;
        struct proa_http_field *fields =
            realloc(request->fields, capacity * sizeof *fields);
        if (fields == NULL)
            return refuse(http1, 503);
        request->fields = fields;
        request->field_capacity = capacity;
    }
    request->fields[request->field_count++] =
        (struct proa_http_field){ .name = { at, size },
                                  .value = { at + size, 0 } };
    return 0;
}

static int on_value(llhttp_t *parser, const char *at, size_t size)
{
    struct proa_http1 *http1 = parser->data;
    struct proa_http_request *request = http1->request;

    if (http1->is_head_parsed)
        return 0;
    if (request->field_count == 0)
        return refuse(http1, 400);
    /* The head is one piece: a value told in parts is still one stretch. */
    struct proa_http_text *value =
        &request->fields[request->field_count - 1].value;
    if (value->size == 0)
        value->bytes = at;
    value->size = (size_t)(at + size - value->bytes);
    return 0;
}

static int on_head(llhttp_t *parser)
{
    struct proa_http1 *http1 = parser->data;

    http1->is_head_parsed = true;
    http1->keeps_alive = llhttp_should_keep_alive(parser) != 0;
    /* No other protocol is spoken here: a wish to change is not heard. */
    parser->upgrade = 0;
    return 0;
}

/* All between two pieces of data is framing: look at its line ends. */
static bool framing_is_good(struct proa_http1 *http1, const uint8_t *end)
{
    size_t size = (size_t)(end - http1->unread);
    uint64_t data_bytes = http1->body_bytes;

    if (!proa_http_lines_feed(&http1->lines, http1->unread, size)) {
        proa_http1_refuse(http1, 400);
        return false;
    }
    http1->framing_bytes += size;
    if (http1->framing_bytes >
        http1->limits.head_bytes_max + FRAMING_PER_BYTE_MAX * data_bytes) {
        proa_http1_refuse(http1, 431);
        return false;
    }
    http1->unread = end;
    return true;
}

static int on_data(llhttp_t *parser, const char *at, size_t size)
{
    struct proa_http1 *http1 = parser->data;
    struct proa_http_request *request = http1->request;

    if (!framing_is_good(http1, (const uint8_t *)at))
        return HPE_USER;
    if (http1->lines.previous == '\r')
        return refuse(http1, 400);
    http1->unread = (const uint8_t *)at + size;
    http1->lines.previous = 0;
    if (size > http1->limits.body_bytes_max - http1->body_bytes)
        return refuse(http1, 413);
    http1->body_bytes += size;
    if (request == NULL)
        return 0;
    proa_http_request_compact(request);
    return proa_buffer_append(&request->body, at, size) ? 0
                                                        : refuse(http1, 503);
}

static int on_message(llhttp_t *parser)
{
    struct proa_http1 *http1 = parser->data;

    http1->state = PROA_HTTP1_REQUEST;
    return HPE_PAUSED;
}

struct proa_http1 *proa_http1_create(const struct proa_http1_limits *limits)
{
    struct proa_http1 *http1 = calloc(1, sizeof *http1);

    if (http1 == NULL)
        return NULL;
    http1->limits = *limits;
    llhttp_settings_init(&http1->settings);
    http1->settings.on_header_field = on_name;
    http1->settings.on_header_value = on_value;
    http1->settings.on_headers_complete = on_head;
    http1->settings.on_body = on_data;
    http1->settings.on_message_complete = on_message;
    return http1;
}

void proa_http1_destroy(struct proa_http1 *http1)
{
    if (http1 == NULL)
        return;
    if (!http1->is_shared)
        proa_http_request_destroy(http1->request);
    free(http1);
}

static struct proa_http_text trim(struct proa_http_text text)
{
    while (text.size > 0 && (text.bytes[text.size - 1] == ' ' ||
                             text.bytes[text.size - 1] == '\t'))
        text.size--;
    while (text.size > 0 && (text.bytes[0] == ' ' || text.bytes[0] == '\t')) {
        text.bytes++;
        text.size--;
    }
    return text;
}

/* The whole head lies in one piece: let llhttp read it, then check it. */
static void head_parse(struct proa_http1 *http1)
{
    struct proa_http_request *request = http1->request;
    const char *head = (const char *)request->head.bytes;
    struct proa_http_text line = { head + http1->scan.line_start,
                                   http1->scan.line_size };
    uint16_t status = proa_http_head_line(request, line);

    if (status != 0) {
        proa_http1_refuse(http1, status);
        return;
    }
    llhttp_init(&http1->parser, HTTP_REQUEST, &http1->settings);
    http1->parser.data = http1;
    http1->is_head_parsed = false;
    http1->state = PROA_HTTP1_BODY;
    enum llhttp_errno result =
        llhttp_execute(&http1->parser, head + http1->scan.line_start,
                       request->head.size - http1->scan.line_start);
    bool is_whole = http1->state == PROA_HTTP1_REQUEST;
    if (result == HPE_INVALID_METHOD)
        proa_http1_refuse(http1, 501);
    else if (result != (is_whole ? HPE_PAUSED : HPE_OK) ||
             !http1->is_head_parsed)
        proa_http1_refuse(http1, 400); /* or what a callback said before */
    if (http1->state == PROA_HTTP1_REFUSED)
        return;
    for (uint32_t i = 0; i < request->field_count; i++)
        request->fields[i].value = trim(request->fields[i].value);
    status = proa_http_head_fields(request, http1->limits.body_bytes_max,
                                   &http1->framing);
    if (status != 0) {
        proa_http1_refuse(http1, status);
        return;
    }
    request->is_chunked = http1->framing.is_chunked;
    request->has_length = !request->is_chunked;
    request->length = http1->framing.content_length;
    http1->wants_continue = http1->framing.expects_continue;
    /* The two readings of the framing must agree. */
    if (is_whole !=
        (!request->is_chunked && http1->framing.content_length == 0))
        proa_http1_refuse(http1, 400);
}

static size_t head_feed(struct proa_http1 *http1, const uint8_t *bytes,
                        size_t size)
{
    if (http1->request == NULL) {
        http1->request = proa_http_request_create(
            http1->limits.head_bytes_max, (size_t)http1->limits.body_bytes_max);
        if (http1->request == NULL) {
            proa_http1_refuse(http1, 503);
            return 0;
        }
    }
    struct proa_buffer *head = &http1->request->head;
    struct proa_http_scan *scan = &http1->scan;
    size_t used = proa_http_scan_feed(scan, bytes, size);

    if (scan->line_size > http1->limits.line_bytes_max)
        proa_http1_refuse(http1, 414);
    else if (used > head->size_max - head->size)
        proa_http1_refuse(http1, 431);
    else if (scan->state == PROA_HTTP_SCAN_BAD)
        proa_http1_refuse(http1, 400);
    else if (!proa_buffer_append(head, bytes, used))
        proa_http1_refuse(http1, 503);
    else if (scan->state == PROA_HTTP_SCAN_DONE)
        head_parse(http1);
    return used;
}

static uint64_t length_left(const struct proa_http1 *http1)
{
    return http1->framing.content_length - http1->body_bytes;
}

static void length_count(struct proa_http1 *http1, size_t size)
{
    http1->wants_continue = false;
    http1->body_bytes += size;
    if (length_left(http1) == 0)
        http1->state = PROA_HTTP1_REQUEST;
}

/* A body that has a length: there is nothing in it to be read by a parser. */
static size_t length_feed(struct proa_http1 *http1, const uint8_t *bytes,
                          size_t size)
{
    struct proa_http_request *request = http1->request;

    if (size > length_left(http1))
        size = (size_t)length_left(http1);
    if (request != NULL) {
        proa_http_request_compact(request);
        if (!proa_buffer_append(&request->body, bytes, size)) {
            proa_http1_refuse(http1, 503);
            return size;
        }
    }
    length_count(http1, size);
    return size;
}

/* One that would make reads short is none. */
static bool has_place(const struct proa_http1 *http1, size_t room)
{
    const struct proa_http_request *request = http1->request;

    return request->place.bytes != NULL && request->place.size >= room &&
           request->body.size == request->body_taken;
}

uint8_t *proa_http1_room(struct proa_http1 *http1, size_t *size)
{
    struct proa_http_request *request = http1->request;
    size_t room = ROOM_BYTES_MAX;

    http1->reads_to_place = false;
    if (http1->state != PROA_HTTP1_BODY || http1->framing.is_chunked ||
        request == NULL)
        return NULL;
    if (room > length_left(http1))
        room = (size_t)length_left(http1);
    if (has_place(http1, room)) {
        http1->reads_to_place = true;
        *size = request->place.size;
        if (*size > length_left(http1))
            *size = (size_t)length_left(http1);
        return request->place.bytes;
    }
    if (http1->body_bytes < ROOM_FROM_BYTES)
        return NULL;
    proa_http_request_compact(request);
    uint8_t *bytes = proa_buffer_reserve(&request->body, room);
    if (bytes == NULL)
        return NULL;
    request->body.size -= room;
    *size = room;
    return bytes;
}

void proa_http1_filled(struct proa_http1 *http1, size_t size)
{
    assert(http1->state == PROA_HTTP1_BODY && size <= length_left(http1));
    if (http1->reads_to_place)
        http1->request->place = (struct proa_http_place){ .filled = size };
    else
        http1->request->body.size += size;
    length_count(http1, size);
}

static size_t body_feed(struct proa_http1 *http1, const uint8_t *bytes,
                        size_t size)
{
    if (!http1->framing.is_chunked)
        return length_feed(http1, bytes, size);
    http1->wants_continue = false;
    http1->unread = bytes;
    enum llhttp_errno result =
        llhttp_execute(&http1->parser, (const char *)bytes, size);
    const uint8_t *end = bytes + size;

    if (result == HPE_PAUSED)
        end = (const uint8_t *)llhttp_get_error_pos(&http1->parser);
    else if (result != HPE_OK)
        proa_http1_refuse(http1, 400); /* or what a callback said before */
    if (http1->state == PROA_HTTP1_REFUSED)
        return size;
    (void)framing_is_good(http1, end);
    return (size_t)(end - bytes);
}

size_t proa_http1_feed(struct proa_http1 *http1, const uint8_t *bytes,
                       size_t size)
{
    if (size == 0)
        return 0;
    if (http1->state == PROA_HTTP1_HEAD)
        return head_feed(http1, bytes, size);
    if (http1->state == PROA_HTTP1_BODY)
        return body_feed(http1, bytes, size);
    return 0;
}

enum proa_http1_state proa_http1_state(const struct proa_http1 *http1)
{
    return http1->state;
}

uint16_t proa_http1_status(const struct proa_http1 *http1)
{
    return http1->status;
}

bool proa_http1_is_busy(const struct proa_http1 *http1)
{
    return http1->request != NULL && !http1->is_shared;
}

bool proa_http1_wants_continue(struct proa_http1 *http1)
{
    bool wants = http1->state == PROA_HTTP1_BODY && http1->wants_continue;

    http1->wants_continue = false;
    return wants;
}

bool proa_http1_keeps_alive(const struct proa_http1 *http1)
{
    return (http1->state == PROA_HTTP1_REQUEST ||
            http1->state == PROA_HTTP1_BODY) &&
           http1->keeps_alive;
}

const struct proa_http_request *
proa_http1_request(const struct proa_http1 *http1)
{
    return http1->request;
}

static void begin_head(struct proa_http1 *http1)
{
    http1->request = NULL;
    http1->is_shared = false;
    http1->state = PROA_HTTP1_HEAD;
    http1->scan = (struct proa_http_scan){ 0 };
    http1->framing = (struct proa_http_framing){ 0 };
    http1->lines = (struct proa_http_lines){ 0 };
    http1->framing_bytes = 0;
    http1->body_bytes = 0;
    http1->wants_continue = false;
}

struct proa_http_request *proa_http1_take(struct proa_http1 *http1)
{
    struct proa_http_request *request = http1->request;

    assert(http1->state == PROA_HTTP1_REQUEST && !http1->is_shared);
    begin_head(http1);
    return request;
}

struct proa_http_request *proa_http1_share(struct proa_http1 *http1)
{
    assert(http1->state == PROA_HTTP1_BODY && !http1->is_shared);
    http1->is_shared = true;
    return http1->request;
}

void proa_http1_leave(struct proa_http1 *http1)
{
    if (!http1->is_shared)
        return;
    http1->request = NULL;
    if (http1->state == PROA_HTTP1_REQUEST)
        begin_head(http1);
}

bool proa_http1_discards(const struct proa_http1 *http1)
{
    return http1->is_shared && http1->request == NULL;
}

void proa_http1_next(struct proa_http1 *http1)
{
    assert(http1->state == PROA_HTTP1_REQUEST && http1->is_shared);
    begin_head(http1);
}
