/*
 * The standard streams of a guest that answers a request: the request's body
 * goes in, the response comes out, what it complains of goes to the log.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_GUEST_IO_H
#define PROA_SERVE_GUEST_IO_H

#include "http/exchange.h"
#include "serve/task.h"
#include "wasi/wasi.h"

struct proa_guest_io {
    struct proa_http_exchange *exchange; /* borrowed; NULL: no input */
    size_t taken;                        /* of the request's body */
    struct proa_buffer output;           /* is_full: it was too much */
    struct proa_buffer errors;
    bool errors_are_cut;
    struct proa_wasi_stream streams[3];
};

/* `exchange` may be NULL: then there is no input. */
void proa_guest_io_init(struct proa_guest_io *io,
                        struct proa_http_exchange *exchange,
                        uint64_t output_bytes_max);
void proa_guest_io_deinit(struct proa_guest_io *io);

/* Give them to a guest; what it prints goes to the log, too, if so told. */
void proa_guest_io_offer(struct proa_guest_io *io, int null_fd,
                         bool logs_output, struct proa_wasi_options *options);

/* What it complained of, a line each. */
void proa_guest_io_log(const struct proa_guest_io *io, struct proa_buffer *log);

#endif
