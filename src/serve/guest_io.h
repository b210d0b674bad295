/*
 * The standard streams of a guest that answers a request: the request's body
 * goes in, the response comes out, what it complains of goes to the log.
 *
 * A response that is short, and whose guest did not wait, is kept until its end
 * and sent whole. Else it is begun, and sent as it comes.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_GUEST_IO_H
#define PROA_SERVE_GUEST_IO_H

#include "http/exchange.h"
#include "serve/cgi_response.h"
#include "serve/task.h"
#include "wasi/wasi.h"

struct proa_guest_io {
    struct proa_http_exchange *exchange; /* borrowed; NULL: no input */
    struct proa_task *task;              /* likewise; that the guest runs in */
    uint64_t body_bytes_max;
    uint64_t response_bytes_max;
    uint64_t taken;            /* of the request's body */
    struct proa_buffer output; /* until the response is begun */
    bool is_begun;
    bool is_bad;               /* no more output is taken, as... */
    struct proa_error bad;     /* ...this is wrong with it */
    struct proa_cgi_head head; /* once it is begun */
    uint64_t put;              /* of its body */
    struct proa_buffer errors;
    bool errors_are_cut;
    struct proa_wasi_stream streams[3];
};

/* Without an exchange: for a check, or a guest with nothing to read. */
void proa_guest_io_init(struct proa_guest_io *io);

/* For a request of a function, whose guest reads its body and answers it. */
void proa_guest_io_open(struct proa_guest_io *io,
                        struct proa_http_exchange *exchange,
                        struct proa_task *task);

void proa_guest_io_deinit(struct proa_guest_io *io);

/* Give them to a guest; what it prints goes to the log, too, if so told. */
void proa_guest_io_offer(struct proa_guest_io *io, int null_fd,
                         bool logs_output, struct proa_wasi_options *options);

/*
 * The guest has ended well: make the response of what it printed, or end the
 * one that was begun.
 *
 * @return PROA_OK, PROA_MALFORMED (the text says why), PROA_NOMEM
 */
PROA_NODISCARD enum proa_status proa_guest_io_finish(struct proa_guest_io *io,
                                                     struct proa_error *err);

/* What it complained of, a line each. */
void proa_guest_io_log(const struct proa_guest_io *io, struct proa_buffer *log);

/*
 * Wait for all of a request's body, which is then in it.
 *
 * @return 0, or the status to answer with
 */
PROA_NODISCARD uint16_t
proa_guest_io_read_body(struct proa_http_exchange *exchange,
                        struct proa_task *task, uint64_t bytes_max);

#endif
