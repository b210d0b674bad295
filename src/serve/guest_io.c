/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/guest_io.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>

#include "base/fail.h"
#include "serve/log.h"

enum {
    ERRORS_BYTES_MAX = 64 * 1024,
    /* Not more than has room when a response is begun. */
    OUTPUT_BYTES_MAX = PROA_HTTP_PIECES_BYTES_MAX,
};

static void begin_early(void *env);

/* --- input ---------------------------------------------------------------- */

/* What the guest has said so far is held back for a moment: most bodies come
 * soon. */
static bool wait_for_input(struct proa_guest_io *io)
{
    if (!proa_task_park(io->task, proa_http_now_ns() + PROA_TASK_MOMENT_NS))
        return false;
    if (!proa_http_exchange_waits(io->exchange))
        return true;
    begin_early(io);
    return proa_task_park(io->task, UINT64_MAX);
}

/* What is wrong with it ends the guest: see changed() of service.c. */
static ssize_t take_input(void *env, const struct proa_call *call,
                          const struct iovec *parts, int count)
{
    struct proa_guest_io *io = env;
    struct proa_http_exchange *exchange = io->exchange;
    size_t taken = 0;

    (void)call;
    while (exchange != NULL && taken == 0) {
        for (int i = 0; i < count; i++)
            taken += proa_http_exchange_take(exchange, parts[i].iov_base,
                                             parts[i].iov_len);
        if (taken > 0 || count == 0 || !proa_http_exchange_waits(exchange))
            break;
        /* Whatever comes of it, none of it is read to there afterwards. */
        proa_http_exchange_place(exchange, parts[0].iov_base, parts[0].iov_len);
        bool goes_on = wait_for_input(io);
        taken = proa_http_exchange_placed(exchange);
        if (!goes_on) {
            errno = EINTR;
            return -1;
        }
    }
    io->taken += taken;
    if (exchange != NULL && io->taken > io->body_bytes_max)
        exchange->refusal = 413;
    if (exchange != NULL && exchange->refusal != 0) {
        errno = EIO;
        return -1;
    }
    return (ssize_t)taken;
}

static bool input_is_ready(void *env)
{
    const struct proa_guest_io *io = env;

    return io->exchange == NULL || !proa_http_exchange_waits(io->exchange);
}

uint16_t proa_guest_io_read_body(struct proa_http_exchange *exchange,
                                 struct proa_task *task, uint64_t bytes_max)
{
    struct proa_buffer body;
    uint8_t bytes[4096];
    size_t size;

    if (!exchange->body_is_open)
        return exchange->refusal;
    proa_buffer_init(&body, (size_t)bytes_max);
    for (;;) {
        size = proa_http_exchange_take(exchange, bytes, sizeof bytes);
        if (size > 0 && !proa_buffer_append(&body, bytes, size))
            exchange->refusal = body.size + size > bytes_max ? 413 : 503;
        if (exchange->refusal != 0 ||
            (size == 0 && !proa_http_exchange_waits(exchange)))
            break;
        if (size == 0 && !proa_task_park(task, UINT64_MAX))
            exchange->refusal = task->is_late ? 504 : 503;
    }
    proa_buffer_deinit(&exchange->request->body);
    exchange->request->body = body;
    exchange->request->body_taken = 0;
    return exchange->refusal;
}

/* --- output --------------------------------------------------------------- */

static enum proa_status check_size(const struct proa_guest_io *io,
                                   uint64_t size, struct proa_error *err)
{
    if (size <= io->response_bytes_max)
        return PROA_OK;
    return proa_fail(err, PROA_MALFORMED, 0,
                     "the response is larger than %llu bytes",
                     (unsigned long long)io->response_bytes_max);
}

/* Put what there is room at once. */
static size_t put_some(struct proa_guest_io *io, const uint8_t *bytes,
                       size_t size)
{
    size_t room = proa_http_exchange_room(io->exchange);

    if (size > room)
        size = room;
    if (size > 0 && !proa_http_exchange_put(io->exchange, bytes, size))
        (void)proa_fail(&io->bad, PROA_MALFORMED, 0,
                        "the body is longer than its Content-Length");
    io->put += size;
    return size;
}

/* The head is whole: send it, and what is behind it. */
static enum proa_status begin(struct proa_guest_io *io)
{
    struct proa_http_response *response = &io->exchange->response;
    const struct proa_buffer *output = &io->output;
    size_t size = output->size < PROA_CGI_HEAD_BYTES_MAX
                      ? output->size
                      : PROA_CGI_HEAD_BYTES_MAX;
    enum proa_status status =
        proa_cgi_head_read(output->bytes, size, response, &io->head, &io->bad);

    if (status == PROA_OK)
        status = check_size(io, output->size - io->head.size, &io->bad);
    if (status == PROA_OK && io->head.has_length)
        status = check_size(io, io->head.content_length, &io->bad);
    if (status != PROA_OK)
        return status;
    response->has_length = io->head.has_length;
    response->length = io->head.content_length;
    io->is_begun = true;
    proa_http_exchange_begin(io->exchange);
    size = output->size - io->head.size;
    /* There is room for all of it: see OUTPUT_BYTES_MAX. */
    (void)put_some(io, output->bytes + io->head.size, size);
    proa_buffer_deinit(&io->output);
    return PROA_OK;
}

/* What the guest has said is sent before it waits. */
static void begin_early(void *env)
{
    struct proa_guest_io *io = env;

    if (io->is_begun || io->is_bad || io->output.size == 0 ||
        !proa_cgi_head_is_whole(io->output.bytes, io->output.size))
        return;
    io->is_bad = begin(io) != PROA_OK;
}

/* @return how many bytes, 0: none now; what is bad says so */
static size_t put_bytes(struct proa_guest_io *io, const uint8_t *bytes,
                        size_t size)
{
    size_t room = OUTPUT_BYTES_MAX - io->output.size;

    if (io->is_begun) {
        size = put_some(io, bytes, size);
        io->is_bad = io->bad.text[0] != '\0' ||
                     check_size(io, io->put, &io->bad) != PROA_OK;
        return size;
    }
    /* What is long, but not too long, goes at once to where it is sent from. */
    if (room == 0 ||
        (size > room && io->output.size + size <= io->response_bytes_max &&
         proa_cgi_head_is_whole(io->output.bytes, io->output.size))) {
        io->is_bad = begin(io) != PROA_OK;
        return 0;
    }
    if (size > room)
        size = room;
    if (!proa_buffer_append(&io->output, bytes, size)) {
        io->is_bad = true;
        (void)proa_fail(&io->bad, PROA_NOMEM, 0, "no memory for the response");
    }
    return size;
}

static bool output_is_ready(void *env)
{
    const struct proa_guest_io *io = env;

    return !io->is_begun || proa_http_exchange_room(io->exchange) > 0;
}

/* All of it goes from where it is, while the guest waits; otherwise likewise.
 */
static bool wait_for_lent(struct proa_guest_io *io, size_t size)
{
    io->put += size;
    while (proa_http_exchange_lent(io->exchange) > 0) {
        if (proa_task_park(io->task, UINT64_MAX))
            continue;
        proa_http_exchange_unlend(io->exchange);
        errno = EINTR;
        return false;
    }
    return true;
}

/* What has to wait for room anyway need not be copied. */
static bool can_lend(const struct proa_guest_io *io, const uint8_t *bytes,
                     size_t size)
{
    return io->is_begun && size > proa_http_exchange_room(io->exchange) &&
           size <= io->response_bytes_max - io->put &&
           proa_http_exchange_lend(io->exchange, bytes, size);
}

/* All of a part, waiting for room; false: errno says why not. */
static bool put_part(struct proa_guest_io *io, const struct iovec *part)
{
    const uint8_t *bytes = part->iov_base;
    size_t put = 0;

    while (put < part->iov_len) {
        if (can_lend(io, bytes + put, part->iov_len - put))
            return wait_for_lent(io, part->iov_len - put);
        put += put_bytes(io, bytes + put, part->iov_len - put);
        if (io->is_bad) {
            errno = EFBIG;
            return false;
        }
        if (put < part->iov_len && !output_is_ready(io) &&
            !proa_task_park(io->task, UINT64_MAX)) {
            errno = EINTR;
            return false;
        }
    }
    return true;
}

static ssize_t put_output(void *env, const struct proa_call *call,
                          const struct iovec *parts, int count)
{
    struct proa_guest_io *io = env;
    size_t put = 0;

    (void)call;
    for (int i = 0; i < count; i++) {
        if (io->exchange == NULL || io->is_bad || !put_part(io, &parts[i])) {
            if (io->is_bad)
                errno = EFBIG;
            return -1;
        }
        put += parts[i].iov_len;
    }
    return (ssize_t)put;
}

static enum proa_status make_whole(struct proa_guest_io *io,
                                   struct proa_error *err)
{
    struct proa_http_response *response = &io->exchange->response;
    const struct proa_buffer *output = &io->output;
    size_t size = output->size < PROA_CGI_HEAD_BYTES_MAX
                      ? output->size
                      : PROA_CGI_HEAD_BYTES_MAX;
    enum proa_status status =
        proa_cgi_head_read(output->bytes, size, response, &io->head, err);

    if (status == PROA_OK)
        status = check_size(io, output->size - io->head.size, err);
    if (status != PROA_OK)
        return status;
    if (!proa_buffer_append(&response->body, output->bytes + io->head.size,
                            output->size - io->head.size))
        return proa_fail(err, PROA_NOMEM, 0, "no memory for the response");
    return proa_cgi_length_check(
        &io->head, proa_http_text_equals(io->exchange->request->method, "HEAD"),
        response, err);
}

enum proa_status proa_guest_io_finish(struct proa_guest_io *io,
                                      struct proa_error *err)
{
    if (io->is_bad)
        return proa_fail(err, PROA_MALFORMED, 0, "%s", io->bad.text);
    if (!io->is_begun)
        return make_whole(io, err);
    bool is_head = proa_http_text_equals(io->exchange->request->method, "HEAD");
    if (io->head.has_length && io->put != io->head.content_length &&
        !(is_head && io->put == 0))
        return proa_fail(err, PROA_MALFORMED, 0,
                         "Content-Length is %llu, but the body has %llu bytes",
                         (unsigned long long)io->head.content_length,
                         (unsigned long long)io->put);
    return PROA_OK;
}

/* --- errors --------------------------------------------------------------- */

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

static bool errors_are_ready(void *env)
{
    (void)env;
    return true;
}

void proa_guest_io_init(struct proa_guest_io *io)
{
    *io = (struct proa_guest_io){ 0 };
    io->streams[0] =
        (struct proa_wasi_stream){ io, take_input, input_is_ready };
    io->streams[1] =
        (struct proa_wasi_stream){ io, put_output, output_is_ready };
    io->streams[2] =
        (struct proa_wasi_stream){ io, put_errors, errors_are_ready };
    proa_buffer_init(&io->output, OUTPUT_BYTES_MAX);
    proa_buffer_init(&io->errors, ERRORS_BYTES_MAX);
}

void proa_guest_io_open(struct proa_guest_io *io,
                        struct proa_http_exchange *exchange,
                        struct proa_task *task)
{
    io->exchange = exchange;
    io->task = task;
    task->waits = begin_early;
    task->waits_env = io;
}

void proa_guest_io_deinit(struct proa_guest_io *io)
{
    if (io->task != NULL)
        io->task->waits = NULL;
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
