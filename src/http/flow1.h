/*
 * HTTP/1 on a connection of the event loop.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_FLOW1_H
#define PROA_HTTP_FLOW1_H

#include "http/connection.h"

/* In each of them the connection may be gone afterwards. */

/* Begin with the connection's first bytes. */
void proa_http_flow1_begin(struct proa_http_connection *connection,
                           const uint8_t *bytes, size_t size);
void proa_http_flow1_event(struct proa_http_connection *connection,
                           uint32_t events);
void proa_http_flow1_done(struct proa_http_connection *connection);
void proa_http_flow1_go_on(struct proa_http_connection *connection);
void proa_http_flow1_over(struct proa_http_connection *connection);
void proa_http_flow1_drain(struct proa_http_connection *connection);

/* For exchange.c: they only fill a buffer. */
void proa_http_flow1_begin_pieces(struct proa_http_connection *connection);
size_t proa_http_flow1_room(const struct proa_http_connection *connection);
bool proa_http_flow1_put(struct proa_http_connection *connection,
                         const uint8_t *bytes, size_t size);
bool proa_http_flow1_lend(struct proa_http_connection *connection,
                          const uint8_t *bytes, size_t size);

/* Release what it holds. */
void proa_http_flow1_deinit(struct proa_http_connection *connection);

#endif
