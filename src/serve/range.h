/*
 * Range and the conditions of a request for a file.
 * https://www.rfc-editor.org/rfc/rfc9110#section-13
 * https://www.rfc-editor.org/rfc/rfc9110#section-14
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_RANGE_H
#define PROA_SERVE_RANGE_H

#include <stdbool.h>

#include "http/message.h"

/* What a file is at this moment. */
struct proa_file_state {
    uint64_t size;
    const char *etag;     /* with its quotes */
    const char *modified; /* an HTTP date */
};

struct proa_file_part {
    uint16_t status; /* 200, 206, 304, 412 or 416 */
    uint64_t offset;
    uint64_t size;
};

/*
 * Which part of a file answers this GET or HEAD. More than one range, or one
 * that is no range of bytes, is answered with the whole file.
 * Trust: the fields may be anything.
 */
struct proa_file_part proa_file_part(const struct proa_http_request *request,
                                     const struct proa_file_state *state);

#endif
