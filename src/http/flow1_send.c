/* SPDX-License-Identifier: Apache-2.0 */
#include "http/flow1_send.h"

enum { FILE_PIECE_BYTES = 64 * 1024, SENT_BYTES_MAX = 1 << 20 /* at once */ };

void proa_http_flow1_begin_file(struct proa_http_connection *connection)
{
    connection->sends_file = true;
    connection->staged_sent = 0;
    proa_buffer_clear(&connection->head);
}

static enum proa_http_io send_file(struct proa_http_connection *connection,
                                   size_t *sent)
{
    struct proa_buffer *piece = &connection->head;

    if (connection->transport.ssl == NULL) {
        const struct proa_http_file *file = connection->response.file;
        uint64_t left = connection->all - connection->sent;
        return proa_http_transport_send_file(
            &connection->transport, file->fd, file->offset + file->size - left,
            left < SENT_BYTES_MAX ? (size_t)left : SENT_BYTES_MAX, sent);
    }
    if (connection->staged_sent == piece->size) {
        const struct proa_http_file *file = connection->response.file;
        size_t read = proa_http_file_read(
            file, file->size - (connection->all - connection->sent),
            connection->shared->scratch, FILE_PIECE_BYTES);
        proa_buffer_clear(piece);
        connection->staged_sent = 0;
        if (read == 0 ||
            !proa_buffer_append(piece, connection->shared->scratch, read))
            return PROA_HTTP_IO_FAILED;
    }
    const struct iovec parts[2] = {
        { piece->bytes + connection->staged_sent,
          piece->size - connection->staged_sent },
        { NULL, 0 },
    };
    enum proa_http_io result =
        proa_http_transport_write(&connection->transport, parts, sent);
    if (result == PROA_HTTP_IO_DONE)
        connection->staged_sent += *sent;
    return result;
}

enum proa_http_io proa_http_flow1_send(struct proa_http_connection *connection,
                                       size_t *sent)
{
    const struct proa_buffer *head = &connection->head;
    const struct proa_buffer *body = &connection->response.body;
    size_t head_offset =
        connection->sent < head->size ? connection->sent : head->size;
    size_t body_offset = (size_t)(connection->sent - head_offset);
    struct iovec parts[2] = {
        { head->bytes + head_offset, head->size - head_offset },
        { NULL, 0 },
    };

    if (connection->sends_file)
        return send_file(connection, sent);
    if (connection->sends_body && body->size > body_offset)
        parts[1] = (struct iovec){ body->bytes + body_offset,
                                   body->size - body_offset };
    return proa_http_transport_write(&connection->transport, parts, sent);
}
