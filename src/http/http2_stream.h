/*
 * One stream of HTTP/2: fields to a request, a response to fields.
 * https://www.rfc-editor.org/rfc/rfc9113#section-8
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_HTTP2_STREAM_H
#define PROA_HTTP_HTTP2_STREAM_H

#include "http/http2.h"

/* Keep a field; sets `refusal` when a limit is reached. */
void proa_http2_stream_field(struct proa_http2_stream *stream,
                             const struct proa_http1_limits *limits,
                             struct proa_http_text name,
                             struct proa_http_text value);

/*
 * All fields came: make the request of them, or set `refusal`.
 *
 * @return whether the client waits for "100 Continue"
 */
bool proa_http2_stream_head(struct proa_http2_stream *stream,
                            const struct proa_http1_limits *limits);

/* Send "100 Continue". A client that never gets it begins after a while. */
void proa_http2_stream_continue(struct nghttp2_session *session,
                                const struct proa_http2_stream *stream);

/* Keep some more of a body that is open; sets `body_refusal` at a limit. */
void proa_http2_stream_data(struct proa_http2_stream *stream,
                            const struct proa_http1_limits *limits,
                            const uint8_t *bytes, size_t size);

/*
 * Hand the response's head to nghttp2, and how to get its body.
 *
 * @return whether that could be done
 */
PROA_NODISCARD bool proa_http2_stream_submit(struct nghttp2_session *session,
                                             struct proa_http2_stream *stream,
                                             int64_t unix_seconds);

#endif
