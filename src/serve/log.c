/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/log.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* A line's target is cut here: it may be as long as a request line. */
enum { TARGET_SHOWN_MAX = 2048 };

/* `also`: two characters that are escaped besides the control characters. */
static void append_escaped(struct proa_buffer *out, struct proa_http_text text,
                           const char *also)
{
    static const char digits[] = "0123456789abcdef";

    /* Without memory a line is cut, which its reader sees. */
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = (uint8_t)text.bytes[i];
        bool is_special = byte == (uint8_t)also[0] || byte == (uint8_t)also[1];
        if (byte >= 0x20 && byte != 0x7f && !is_special) {
            (void)proa_buffer_append(out, &byte, 1);
            continue;
        }
        char escape[4] = { '\\', 'x', digits[byte >> 4], digits[byte & 15] };
        if (byte == '\t')
            (void)proa_buffer_append(out, "\t", 1);
        else
            (void)proa_buffer_append(out, escape, sizeof escape);
    }
}

static void append_time(struct proa_buffer *out, int64_t unix_seconds)
{
    char date[PROA_HTTP_DATE_SIZE]; /* "Sun, 06 Nov 1994 08:49:37 GMT" */

    proa_http_date(unix_seconds, date);
    (void)proa_buffer_printf(out, "%.2s/%.3s/%.4s:%.8s +0000", date + 5,
                             date + 8, date + 12, date + 17);
}

void proa_log_access_line(const struct proa_http_log_entry *entry,
                          int64_t unix_seconds, struct proa_buffer *out)
{
    struct proa_http_text target = entry->target;

    if (target.size > TARGET_SHOWN_MAX)
        target.size = TARGET_SHOWN_MAX;
    (void)proa_buffer_printf(out, "%s - - [", entry->client_address);
    append_time(out, unix_seconds);
    (void)proa_buffer_printf(out, "] \"");
    if (entry->target.size > 0) {
        append_escaped(out, entry->method, "\"\\");
        (void)proa_buffer_append(out, " ", 1);
        append_escaped(out, target, "\"\\");
        (void)proa_buffer_printf(out, " HTTP/%u.%u",
                                 entry->version_major == 2 ? 2u : 1u,
                                 (unsigned)entry->version_minor);
    } else {
        (void)proa_buffer_append(out, "-", 1);
    }
    (void)proa_buffer_printf(out, "\" %u %llu %llu.%03llums%s\n",
                             (unsigned)entry->status,
                             (unsigned long long)entry->body_bytes,
                             (unsigned long long)(entry->ns / 1000000),
                             (unsigned long long)(entry->ns / 1000 % 1000),
                             entry->is_cut ? " cut" : "");
}

void proa_log_lines(const char *prefix, struct proa_http_text text,
                    struct proa_buffer *out)
{
    while (text.size > 0) {
        struct proa_http_text line = { text.bytes, 0 };
        while (line.size < text.size && line.bytes[line.size] != '\n')
            line.size++;
        size_t used = line.size < text.size ? line.size + 1 : line.size;
        text.bytes += used;
        text.size -= used;
        (void)proa_buffer_printf(out, "%s", prefix);
        append_escaped(out, line, "\0");
        (void)proa_buffer_append(out, "\n", 1);
    }
}

void proa_log_write(const struct proa_buffer *lines)
{
    size_t offset = 0;

    while (offset < lines->size) {
        ssize_t size =
            write(STDERR_FILENO, lines->bytes + offset, lines->size - offset);
        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return;
        offset += (size_t)size;
    }
}
