/*
 * Find the end of a request's head, byte by byte, and refuse on the way what
 * two servers could read in two ways: a bare CR or LF, a control character, a
 * folded line, a space around a field's name.
 * https://www.rfc-editor.org/rfc/rfc9112#section-2.2
 *
 * The head's meaning is llhttp's to tell; this only lets nothing ambiguous
 * reach it.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_SCAN_H
#define PROA_HTTP_SCAN_H

#include <stddef.h>
#include <stdint.h>

enum proa_http_scan_state {
    PROA_HTTP_SCAN_START = 0, /* before the request line */
    PROA_HTTP_SCAN_START_LF,
    PROA_HTTP_SCAN_LINE,
    PROA_HTTP_SCAN_LINE_LF,
    PROA_HTTP_SCAN_NAME_FIRST, /* the first byte of a line of fields */
    PROA_HTTP_SCAN_NAME,
    PROA_HTTP_SCAN_VALUE,
    PROA_HTTP_SCAN_VALUE_LF,
    PROA_HTTP_SCAN_END_LF,
    PROA_HTTP_SCAN_DONE, /* the empty line was read */
    PROA_HTTP_SCAN_BAD,
};

/* Start from `{ 0 }`. */
struct proa_http_scan {
    enum proa_http_scan_state state;
    size_t byte_count; /* read so far */
    size_t line_start; /* of the request line, counted from the first byte */
    size_t line_size;  /* without its CR LF; grows while it is read */
};

/*
 * Read on; stops behind the end of the head, or at a byte that is refused.
 *
 * @return how many bytes were read; look at the state
 */
size_t proa_http_scan_feed(struct proa_http_scan *scan, const uint8_t *bytes,
                           size_t size);

/*
 * The lines between the data of a chunked body: CR only before LF, LF only
 * after CR, no control character, no folded line. Start from `{ 0 }`.
 */
struct proa_http_lines {
    uint8_t previous;
};

/* false when a byte is refused. */
_Bool proa_http_lines_feed(struct proa_http_lines *lines, const uint8_t *bytes,
                           size_t size);

#endif
