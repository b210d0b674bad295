/*
 * HTTP/2 on a connection of the event loop.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_FLOW2_H
#define PROA_HTTP_FLOW2_H

#include "http/connection.h"

/* In each of them the connection may be gone afterwards. */

/* Begin with the connection's first bytes. */
void proa_http_flow2_begin(struct proa_http_connection *connection,
                           const uint8_t *bytes, size_t size);
void proa_http_flow2_event(struct proa_http_connection *connection,
                           uint32_t events);
void proa_http_flow2_done(struct proa_http_exchange *exchange);
void proa_http_flow2_go_on(struct proa_http_connection *connection);
void proa_http_flow2_over(struct proa_http_connection *connection);
void proa_http_flow2_drain(struct proa_http_connection *connection);

/* A deadline of one stream is over. */
void proa_http_flow2_stream_over(struct proa_http_deadline *deadline);

/* Exchanges under way are abandoned. NULL does nothing. */
void proa_http_flow2_destroy(struct proa_http_flow2 *flow2);

#endif
