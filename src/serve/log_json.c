/*
 * The access log as JSON, an object a line.
 * https://www.rfc-editor.org/rfc/rfc8259#section-7
 * SPDX-License-Identifier: Apache-2.0
 */
#include <time.h>

#include "base/json_text.h"
#include "serve/log.h"

enum { TARGET_SHOWN_MAX = 2048 };

static void append_member(struct proa_buffer *out, const char *name,
                          struct proa_http_text value)
{
    (void)proa_buffer_printf(out, ",\"%s\":", name);
    proa_json_text(out, value.bytes,
                   value.size < TARGET_SHOWN_MAX ? value.size
                                                 : TARGET_SHOWN_MAX);
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
