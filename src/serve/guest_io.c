/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/guest_io.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "serve/log.h"

enum { ERRORS_BYTES_MAX = 64 * 1024 };

static ssize_t take_input(void *env, const struct proa_call *call,
                          const struct iovec *parts, int count)
{
    struct proa_guest_io *io = env;
    size_t taken = 0;

    (void)call;
    if (io->exchange == NULL)
        return 0;
    const struct proa_buffer *body = &io->exchange->request->body;
    for (int i = 0; i < count; i++) {
        size_t size = body->size - io->taken;
        if (size > parts[i].iov_len)
            size = parts[i].iov_len;
        if (size > 0)
            memcpy(parts[i].iov_base, body->bytes + io->taken, size);
        io->taken += size;
        taken += size;
    }
    return (ssize_t)taken;
}

static ssize_t put_output(void *env, const struct proa_call *call,
                          const struct iovec *parts, int count)
{
    struct proa_guest_io *io = env;
    size_t put = 0;

    (void)call;
    for (int i = 0; i < count; i++) {
        if (!proa_buffer_append(&io->output, parts[i].iov_base,
                                parts[i].iov_len)) {
            errno = EFBIG;
            return -1;
        }
        put += parts[i].iov_len;
    }
    return (ssize_t)put;
}

/* Of what is too much nothing is kept, and the guest is not told. */
static ssize_t put_errors(void *env, const struct proa_call *call,
                          const struct iovec *parts, int count)
{
    struct proa_guest_io *io = env;
    struct proa_buffer *errors = &io->errors;
    size_t put = 0;

    (void)call;
    for (int i = 0; i < count; i++) {
        size_t size = parts[i].iov_len;
        size_t room = errors->size_max - errors->size;
        if (size > room) {
            io->errors_are_cut = true;
            size = room;
        }
        if (!proa_buffer_append(errors, parts[i].iov_base, size))
            io->errors_are_cut = true;
        put += parts[i].iov_len;
    }
    return (ssize_t)put;
}

static bool is_ready(void *env)
{
    (void)env;
    return true;
}

void proa_guest_io_init(struct proa_guest_io *io,
                        struct proa_http_exchange *exchange,
                        uint64_t output_bytes_max)
{
    *io = (struct proa_guest_io){ .exchange = exchange };
    io->streams[0] = (struct proa_wasi_stream){ io, take_input, is_ready };
    io->streams[1] = (struct proa_wasi_stream){ io, put_output, is_ready };
    io->streams[2] = (struct proa_wasi_stream){ io, put_errors, is_ready };
    proa_buffer_init(&io->output, (size_t)output_bytes_max);
    proa_buffer_init(&io->errors, ERRORS_BYTES_MAX);
}

void proa_guest_io_deinit(struct proa_guest_io *io)
{
    proa_buffer_deinit(&io->output);
    proa_buffer_deinit(&io->errors);
}

void proa_guest_io_offer(struct proa_guest_io *io, int null_fd,
                         bool logs_output, struct proa_wasi_options *options)
{
    options->stdin_fd = options->stdout_fd = options->stderr_fd = null_fd;
    options->streams[0] = &io->streams[0];
    options->streams[1] = &io->streams[logs_output ? 2 : 1];
    options->streams[2] = &io->streams[2];
}

void proa_guest_io_log(const struct proa_guest_io *io, struct proa_buffer *log)
{
    const struct proa_buffer *errors = &io->errors;

    if (errors->size > 0)
        proa_log_lines("guest: ",
                       (struct proa_http_text){ (const char *)errors->bytes,
                                                errors->size },
                       log);
    if (io->errors_are_cut)
        proa_log_lines(
            "proa: ", proa_http_text_of("the guest's log is cut here"), log);
}
