/*
 * What a guest printed, read as a CGI response.
 * https://www.rfc-editor.org/rfc/rfc3875#section-6
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_CGI_RESPONSE_H
#define PROA_SERVE_CGI_RESPONSE_H

#include "http/message.h"

enum { PROA_CGI_HEAD_BYTES_MAX = 32 * 1024 };

struct proa_cgi_head {
    size_t size;             /* the body starts here */
    bool has_length;         /* the guest told a Content-Length... */
    uint64_t content_length; /* ...of this many bytes */
};

/*
 * Read status and fields, up to the empty line, into a response that is empty.
 * Lines end with LF or CR LF. At least one of Content-Type, Location and Status
 * must be there. Location without Status means 302. What concerns the
 * connection, the date or the length is ours to say and is left out.
 *
 * @param bytes    the output, or its first PROA_CGI_HEAD_BYTES_MAX bytes
 * @param response changed also on failure: make an error of it then
 * @param head     written only on success
 * @return PROA_OK, PROA_MALFORMED (the text says why), PROA_NOMEM
 * Trust: the bytes may be anything.
 */
PROA_NODISCARD enum proa_status
proa_cgi_head_read(const uint8_t *bytes, size_t size,
                   struct proa_http_response *response,
                   struct proa_cgi_head *head, struct proa_error *err);

/* Whether the empty line behind the fields is there. */
bool proa_cgi_head_is_whole(const uint8_t *bytes, size_t size);

/*
 * The body is in the response: compare its size with what the guest told.
 *
 * @param is_head answer to HEAD: the body may be left out
 * @return PROA_OK, PROA_MALFORMED
 */
PROA_NODISCARD enum proa_status
proa_cgi_length_check(const struct proa_cgi_head *head, bool is_head,
                      struct proa_http_response *response,
                      struct proa_error *err);

#endif
