/*
 * The log: whole lines on standard error, with nothing in them that a terminal
 * or a reader of lines could take for something else.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_LOG_H
#define PROA_SERVE_LOG_H

#include "http/server.h"

/*
 * One line in the common log format, and the time it took behind it:
 * 127.0.0.1 - - [06/Nov/1994:08:49:37 +0000] "GET / HTTP/1.1" 200 12 0.815ms
 * A response that did not reach its client whole ends in " cut".
 */
void proa_log_access_line(const struct proa_http_log_entry *entry,
                          int64_t unix_seconds, struct proa_buffer *out);

/*
 * The same as one object of JSON. `function` and `trace` (a traceparent) may be
 * NULL.
 */
void proa_log_access_json(const struct proa_http_log_entry *entry,
                          int64_t unix_seconds, const char *function,
                          const char *trace, struct proa_buffer *out);

/* Each line of a text, behind a prefix; control characters as \xNN. */
void proa_log_lines(const char *prefix, struct proa_http_text text,
                    struct proa_buffer *out);

/* To standard error, at once; what cannot be written is lost. Threads: any. */
void proa_log_write(const struct proa_buffer *lines);

#endif
