/* SPDX-License-Identifier: Apache-2.0 */
#include "http/scan.h"

#include <stdbool.h>

#include "http/message.h"

static bool is_text(uint8_t byte)
{
    return byte >= 0x20 && byte != 0x7f;
}

static enum proa_http_scan_state step_line(struct proa_http_scan *scan,
                                           uint8_t byte)
{
    switch (scan->state) {
    case PROA_HTTP_SCAN_START:
        if (byte == '\r')
            return PROA_HTTP_SCAN_START_LF;
        if (!proa_http_is_token_char(byte))
            return PROA_HTTP_SCAN_BAD;
        scan->line_start = scan->byte_count;
        scan->line_size = 1;
        return PROA_HTTP_SCAN_LINE;
    case PROA_HTTP_SCAN_START_LF:
        return byte == '\n' ? PROA_HTTP_SCAN_START : PROA_HTTP_SCAN_BAD;
    case PROA_HTTP_SCAN_LINE:
        if (byte == '\r')
            return PROA_HTTP_SCAN_LINE_LF;
        scan->line_size++;
        return is_text(byte) && byte < 0x80 ? PROA_HTTP_SCAN_LINE
                                            : PROA_HTTP_SCAN_BAD;
    default:
        return byte == '\n' ? PROA_HTTP_SCAN_NAME_FIRST : PROA_HTTP_SCAN_BAD;
    }
}

static enum proa_http_scan_state step_field(enum proa_http_scan_state state,
                                            uint8_t byte)
{
    switch (state) {
    case PROA_HTTP_SCAN_NAME_FIRST:
        if (byte == '\r')
            return PROA_HTTP_SCAN_END_LF;
        return proa_http_is_token_char(byte) ? PROA_HTTP_SCAN_NAME
                                             : PROA_HTTP_SCAN_BAD;
    case PROA_HTTP_SCAN_NAME:
        if (byte == ':')
            return PROA_HTTP_SCAN_VALUE;
        return proa_http_is_token_char(byte) ? PROA_HTTP_SCAN_NAME
                                             : PROA_HTTP_SCAN_BAD;
    case PROA_HTTP_SCAN_VALUE:
        if (byte == '\r')
            return PROA_HTTP_SCAN_VALUE_LF;
        return is_text(byte) || byte == '\t' ? PROA_HTTP_SCAN_VALUE
                                             : PROA_HTTP_SCAN_BAD;
    case PROA_HTTP_SCAN_VALUE_LF:
        return byte == '\n' ? PROA_HTTP_SCAN_NAME_FIRST : PROA_HTTP_SCAN_BAD;
    default:
        return byte == '\n' ? PROA_HTTP_SCAN_DONE : PROA_HTTP_SCAN_BAD;
    }
}

size_t proa_http_scan_feed(struct proa_http_scan *scan, const uint8_t *bytes,
                           size_t size)
{
    size_t i = 0;

    while (i < size && scan->state < PROA_HTTP_SCAN_DONE) {
        if (scan->state <= PROA_HTTP_SCAN_LINE_LF)
            scan->state = step_line(scan, bytes[i]);
        else
            scan->state = step_field(scan->state, bytes[i]);
        scan->byte_count++;
        i++;
    }
    return i;
}

_Bool proa_http_lines_feed(struct proa_http_lines *lines, const uint8_t *bytes,
                           size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = bytes[i];
        if ((lines->previous == '\r') != (byte == '\n'))
            return false;
        if (lines->previous == '\n' && (byte == ' ' || byte == '\t'))
            return false;
        if (byte != '\r' && byte != '\n' && byte != '\t' && !is_text(byte))
            return false;
        lines->previous = byte;
    }
    return true;
}
