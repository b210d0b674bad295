/*
 * What the two files of HTTP/1's flow share: bodies in pieces.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_FLOW1_PIECES_H
#define PROA_HTTP_FLOW1_PIECES_H

#include "http/connection.h"

enum { PROA_HTTP_FLOW1_HEAD_BYTES_MAX = PROA_HTTP_FIELDS_BYTES_MAX + 1024 };

/* The response under way is sent as it is put. */
bool proa_http_flow1_is_in_pieces(
    const struct proa_http_connection *connection);

/* Bytes of it that lie in `head` or are lent, and are not sent. */
size_t proa_http_flow1_staged(const struct proa_http_connection *connection);

/* Send of them what goes now, and tell the handler that there is room; false:
 * the connection is gone. */
bool proa_http_flow1_send_staged(struct proa_http_connection *connection);

/* There is room for more of the request's body. */
bool proa_http_flow1_wants_body(const struct proa_http_connection *connection);

/* Whom do we wait for? Each 64 KiB has its time, if it is the client. */
void proa_http_flow1_limit_pieces(struct proa_http_connection *connection);

/* Wait for whatever may come; the connection may be gone then. */
void proa_http_flow1_watch_pieces(struct proa_http_connection *connection);

/* Something came that is not wanted now: be told of no more; likewise. */
void proa_http_flow1_ignore_pieces(struct proa_http_connection *connection);

/* The rest of the body will not come, or is not wanted. */
void proa_http_flow1_refuse_body(struct proa_http_connection *connection,
                                 uint16_t status);

#endif
