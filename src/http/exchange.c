/* SPDX-License-Identifier: Apache-2.0 */
#include "http/exchange.h"

#include <string.h>

#include "http/connection.h"
#include "http/flow1.h"
#include "http/http2.h"

void proa_http_exchange_change(struct proa_http_exchange *exchange)
{
    if (exchange->changed == NULL)
        return;
    if (exchange->connection != NULL)
        exchange->connection->shared->has_changed = true;
    exchange->changed(exchange);
}

size_t proa_http_exchange_take(struct proa_http_exchange *exchange,
                               uint8_t *bytes, size_t size)
{
    struct proa_http_request *request = exchange->request;
    struct proa_buffer *body = &request->body;
    size_t here = body->size - request->body_taken;

    if (size > here)
        size = here;
    if (size > 0)
        memcpy(bytes, body->bytes + request->body_taken, size);
    request->body_taken += size;
    if (request->body_taken == body->size) {
        proa_buffer_clear(body);
        request->body_taken = 0;
    }
    if (!exchange->body_is_open || exchange->connection == NULL)
        return size;
    exchange->is_asked = true;
    if (exchange->stream != NULL)
        proa_http2_took(exchange->stream, size);
    proa_http_connection_touch(exchange->connection);
    return size;
}

void proa_http_exchange_place(struct proa_http_exchange *exchange,
                              uint8_t *bytes, size_t size)
{
    exchange->request->place = (struct proa_http_place){ bytes, size, 0 };
}

size_t proa_http_exchange_placed(struct proa_http_exchange *exchange)
{
    size_t size = exchange->request->place.filled;

    exchange->request->place = (struct proa_http_place){ 0 };
    return size;
}

bool proa_http_exchange_waits(const struct proa_http_exchange *exchange)
{
    const struct proa_http_request *request = exchange->request;

    return request->place.filled == 0 &&
           request->body.size == request->body_taken &&
           exchange->body_is_open && exchange->connection != NULL;
}

void proa_http_exchange_begin(struct proa_http_exchange *exchange)
{
    exchange->is_begun = true;
    if (exchange->connection == NULL)
        return;
    if (exchange->stream != NULL)
        proa_http2_begin(exchange->stream, &exchange->response);
    else
        proa_http_flow1_begin_pieces(exchange->connection);
    proa_http_connection_touch(exchange->connection);
}

size_t proa_http_exchange_room(const struct proa_http_exchange *exchange)
{
    if (exchange->connection == NULL)
        return PROA_HTTP_PIECES_BYTES_MAX;
    return exchange->stream != NULL
               ? proa_http2_room(exchange->stream)
               : proa_http_flow1_room(exchange->connection);
}

bool proa_http_exchange_lend(struct proa_http_exchange *exchange,
                             const uint8_t *bytes, size_t size)
{
    struct proa_http_connection *connection = exchange->connection;

    if (connection == NULL || exchange->stream != NULL ||
        !proa_http_flow1_lend(connection, bytes, size))
        return false;
    proa_http_connection_touch(connection);
    return true;
}

size_t proa_http_exchange_lent(const struct proa_http_exchange *exchange)
{
    return exchange->connection == NULL || exchange->stream != NULL
               ? 0
               : exchange->connection->lent_size;
}

void proa_http_exchange_unlend(struct proa_http_exchange *exchange)
{
    if (proa_http_exchange_lent(exchange) == 0)
        return;
    exchange->connection->lent = NULL;
    exchange->connection->lent_size = 0;
    exchange->is_cut = true;
}

bool proa_http_exchange_put(struct proa_http_exchange *exchange,
                            const uint8_t *bytes, size_t size)
{
    if (exchange->connection == NULL)
        return true;
    bool is_put = exchange->stream != NULL
                      ? proa_http2_put(exchange->stream, bytes, size)
                      : proa_http_flow1_put(exchange->connection, bytes, size);
    if (!is_put)
        exchange->is_cut = true;
    proa_http_connection_touch(exchange->connection);
    return is_put;
}
