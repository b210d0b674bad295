/*
 * What HTTP/1 sends of a response that is whole: head, body, and a file behind.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_FLOW1_SEND_H
#define PROA_HTTP_FLOW1_SEND_H

#include "http/connection.h"

/* Head and body are sent: the head's place is for the file now. */
void proa_http_flow1_begin_file(struct proa_http_connection *connection);

/* Some of what comes next. @param sent set with PROA_HTTP_IO_DONE */
enum proa_http_io proa_http_flow1_send(struct proa_http_connection *connection,
                                       size_t *sent);

#endif
