/*
 * The access log as JSON, an object a line.
 * https://www.rfc-editor.org/rfc/rfc8259#section-7
 * SPDX-License-Identifier: Apache-2.0
 */
#include <time.h>

#include "serve/log.h"

enum { TARGET_SHOWN_MAX = 2048 };

/* What is no ASCII is told as its bytes: a target may be in any encoding. */
static void append_string(struct proa_buffer *out, struct proa_http_text text)
{
    (void)proa_buffer_append(out, "\"", 1);
    for (size_t i = 0; i < text.size && i < TARGET_SHOWN_MAX; i++) {
        uint8_t byte = (uint8_t)text.bytes[i];
        if (byte < 0x20 || byte >= 0x7f)
            (void)proa_buffer_printf(out, "\\u%04x", byte);
        else if (byte == '"' || byte == '\\')
            (void)proa_buffer_printf(out, "\\%c", byte);
        else
            (void)proa_buffer_append(out, &byte, 1);
    }
    (void)proa_buffer_append(out, "\"", 1);
}

static void append_member(struct proa_buffer *out, const char *name,
                          struct proa_http_text value)
{
    (void)proa_buffer_printf(out, ",\"%s\":", name);
    append_string(out, value);
}

void proa_log_access_json(const struct proa_http_log_entry *entry,
                          int64_t unix_seconds, const char *function,
                          const char *trace, struct proa_buffer *out)
{
    char date[40] = "";
    time_t seconds = (time_t)unix_seconds;
    struct tm utc;

    if (gmtime_r(&seconds, &utc) != NULL)
        (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", &utc);
    (void)proa_buffer_printf(out, "{\"time\":\"%s\"", date);
    append_member(out, "client", proa_http_text_of(entry->client_address));
    if (entry->target.size > 0) {
        append_member(out, "method", entry->method);
        append_member(out, "target", entry->target);
        (void)proa_buffer_printf(out, ",\"protocol\":\"HTTP/%u.%u\"",
                                 entry->version_major == 2 ? 2u : 1u,
                                 (unsigned)entry->version_minor);
    }
    (void)proa_buffer_printf(
        out, ",\"status\":%u,\"bytes\":%llu,\"ms\":%llu.%03llu,\"cut\":%s",
        (unsigned)entry->status, (unsigned long long)entry->body_bytes,
        (unsigned long long)(entry->ns / 1000000),
        (unsigned long long)(entry->ns / 1000 % 1000),
        entry->is_cut ? "true" : "false");
    if (function != NULL)
        append_member(out, "function", proa_http_text_of(function));
    if (trace != NULL)
        (void)proa_buffer_printf(
            out, ",\"trace_id\":\"%.32s\",\"span_id\":\"%.16s\"", trace + 3,
            trace + 36);
    (void)proa_buffer_append(out, "}\n", 2);
}
