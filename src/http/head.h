/*
 * What a parsed HTTP/1 head must say before anyone acts on it: the request
 * line, Host and how the body is framed.
 * https://www.rfc-editor.org/rfc/rfc9112#section-3
 * https://www.rfc-editor.org/rfc/rfc9112#section-6
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_HEAD_H
#define PROA_HTTP_HEAD_H

#include "http/message.h"

/* How the body follows; written only when the head is good. */
struct proa_http_framing {
    uint64_t content_length; /* 0 when chunked, or when there is no body */
    bool is_chunked;
    bool expects_continue; /* the client waits for "100 Continue" */
};

/*
 * Read the request line, without its CR LF, into method, target, path, query,
 * authority and version. It lies within request->head.
 *
 * @return 0, or the status to refuse the request with
 */
PROA_NODISCARD uint16_t proa_http_head_line(struct proa_http_request *request,
                                            struct proa_http_text line);

/*
 * Check method and target of a request, and read path, query and authority out
 * of the target.
 *
 * @return 0, or the status to refuse the request with
 */
PROA_NODISCARD uint16_t
proa_http_head_target(struct proa_http_request *request);

/*
 * Check the fields of a request whose line was read.
 *
 * @return 0, or the status to refuse the request with
 */
PROA_NODISCARD uint16_t proa_http_head_fields(
    struct proa_http_request *request, uint64_t body_bytes_max,
    struct proa_http_framing *framing);

#endif
