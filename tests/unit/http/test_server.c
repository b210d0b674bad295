/*
 * The server with a handler in C, and blocking sockets as its clients.
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/server.h"

#include <sys/mman.h>

#include "golden.h"
#include "serving.h"

enum { BIG_BODY_SIZE = 3 << 20, FILE_SIZE = 1000000 };

static uint8_t file_byte(size_t at)
{
    return (uint8_t)(at * 7 + at / 256);
}

/* "abc", and a file but for its first 10 bytes; for "/short" some are missing.
 */
static void fill_file(struct proa_http_exchange *exchange)
{
    static uint8_t bytes[FILE_SIZE];
    bool is_short = proa_http_text_equals(exchange->request->path, "/short");
    size_t size = is_short ? sizeof bytes - 1 : sizeof bytes;
    int fd = memfd_create("file", MFD_CLOEXEC);

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = file_byte(i);
    CHECK_EQ(write(fd, bytes, size), size);
    CHECK_EQ(proa_buffer_append(&exchange->response.body, "abc", 3), 1);
    CHECK_EQ(
        proa_http_response_file(&exchange->response, fd, 10, FILE_SIZE - 10),
        1);
}

static void fill(struct proa_http_exchange *exchange)
{
    const struct proa_http_request *request = exchange->request;
    struct proa_buffer *body = &exchange->response.body;
    bool good = true;

    if (proa_http_text_equals(request->path, "/none")) {
        exchange->response.status = 204;
        return;
    }
    if (proa_http_text_equals(request->path, "/big")) {
        good = proa_buffer_append_zeros(body, BIG_BODY_SIZE);
        CHECK_EQ(good, 1);
        return;
    }
    if (proa_http_text_equals(request->path, "/file") ||
        proa_http_text_equals(request->path, "/short")) {
        fill_file(exchange);
        return;
    }
    if (proa_http_text_equals(request->path, "/field")) {
        CHECK_EQ(proa_http_response_add(&exchange->response,
                                        proa_http_text_of("X-Good"),
                                        proa_http_text_of("yes")),
                 1);
        CHECK_EQ(proa_http_response_add(&exchange->response,
                                        proa_http_text_of("X-Bad"),
                                        proa_http_text_of("a\r\nX-Split: b")),
                 0);
        CHECK_EQ(proa_http_response_add(&exchange->response,
                                        proa_http_text_of("X Bad"),
                                        proa_http_text_of("a")),
                 0);
    }
    good = proa_buffer_printf(body, "%.*s %.*s %zu %.*s\n",
                              (int)request->method.size, request->method.bytes,
                              (int)request->path.size, request->path.bytes,
                              request->body.size, (int)request->body.size,
                              (const char *)request->body.bytes);
    CHECK_EQ(good, 1);
}

/* Without CR and Date lines, and with a newline at the end if anything came. */
static void simplify(const struct proa_buffer *in, struct proa_buffer *out)
{
    size_t start = 0;

    for (size_t i = 0; i < in->size; i++) {
        if (in->bytes[i] != '\n')
            continue;
        size_t size = i - start;
        const uint8_t *line = in->bytes + start;
        start = i + 1;
        if (size > 0 && line[size - 1] == '\r')
            size--;
        if (size >= 6 && memcmp(line, "Date: ", 6) == 0)
            continue;
        CHECK_EQ(proa_buffer_append(out, line, size), 1);
        CHECK_EQ(proa_buffer_append(out, "\n", 1), 1);
    }
    CHECK_EQ(start, in->size);
    if (in->size > 0)
        CHECK_EQ(proa_buffer_append(out, "\n", 1), 1);
}

static void run_case(const struct golden_case *c)
{
    struct proa_buffer got, simple;
    int fd = connect_client();

    proa_buffer_init(&got, 1 << 20);
    proa_buffer_init(&simple, 1 << 20);
    send_bytes(fd, c->input.bytes, c->input.size);
    CHECK_EQ(shutdown(fd, SHUT_WR), 0);
    receive_all(fd, &got);
    (void)close(fd);
    simplify(&got, &simple);
    if (simple.size != c->expected.size ||
        (simple.size > 0 &&
         memcmp(simple.bytes, c->expected.bytes, simple.size) != 0)) {
        fprintf(stderr, "%s:\n%.*sexpected:\n%.*s", c->name, (int)simple.size,
                (const char *)simple.bytes, (int)c->expected.size,
                (const char *)c->expected.bytes);
        exit(1);
    }
    proa_buffer_deinit(&got);
    proa_buffer_deinit(&simple);
}

static void test_golden(void)
{
    start(default_limits(), fill);
    CHECK_EQ(golden_run(__FILE__, "server.txt", run_case) > 10, 1);
    tell_stop();
    finish();
}

/* "100 Continue" comes first; the client sends nothing before it. */
static void test_continue(void)
{
    char text[25];
    struct proa_buffer got;

    start(default_limits(), fill);
    int fd = connect_client();
    send_text(fd, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                  "Expect: 100-continue\r\n\r\n");
    CHECK_EQ(recv(fd, text, sizeof text, MSG_WAITALL), sizeof text);
    CHECK_EQ(memcmp(text, PROA_HTTP1_CONTINUE, sizeof text), 0);
    send_text(fd, "hi");
    CHECK_EQ(shutdown(fd, SHUT_WR), 0);
    proa_buffer_init(&got, 1 << 20);
    receive_all(fd, &got);
    CHECK_EQ(memcmp(got.bytes, "HTTP/1.1 200 OK\r\n", 17), 0);
    proa_buffer_deinit(&got);
    (void)close(fd);
    tell_stop();
    finish();
}

/*
 * Files are read as they are sent, one response after the other; a file that
 * became shorter ends the connection before the response has its length.
 */
static void test_file(void)
{
    static const char *const last_paths[] = { "/file", "/short" };

    start(default_limits(), fill);
    for (size_t i = 0; i < 2; i++) {
        struct proa_buffer got;
        char text[200];
        int fd = connect_client();
        proa_buffer_init(&got, (size_t)4 * FILE_SIZE);
        (void)snprintf(text, sizeof text,
                       "GET /file HTTP/1.1\r\nHost: x\r\n\r\n"
                       "HEAD /file HTTP/1.1\r\nHost: x\r\n\r\n"
                       "GET %s HTTP/1.1\r\nHost: x\r\n"
                       "Connection: close\r\n\r\n",
                       last_paths[i]);
        send_text(fd, text);
        receive_all(fd, &got);
        (void)close(fd);
        const uint8_t *at = memmem(got.bytes, got.size, "\r\n\r\nabc", 7);
        CHECK_EQ(at != NULL, 1);
        CHECK_EQ(memmem(got.bytes, 200, "Content-Length: 999993\r\n", 24) !=
                     NULL,
                 1);
        for (size_t j = 10; j < FILE_SIZE; j++)
            CHECK_EQ(at[7 + j - 10], file_byte(j));
        const uint8_t *last = at + 7 + FILE_SIZE - 10;
        size_t left = got.size - (size_t)(last - got.bytes);
        CHECK_EQ(memcmp(last, "HTTP/1.1 200 OK\r\n", 17), 0);
        last = memmem(last, left, "\r\n\r\nabc", 7);
        CHECK_EQ(last != NULL, 1);
        left = got.size - (size_t)(last + 7 - got.bytes);
        CHECK_EQ(left, FILE_SIZE - 10 - i);
        CHECK_EQ(last[7 + left - 1], file_byte(FILE_SIZE - 1 - i));
        proa_buffer_deinit(&got);
    }
    (void)pthread_mutex_lock(&fixture->lock);
    while (fixture->log_count < 6)
        (void)pthread_cond_wait(&fixture->changed, &fixture->lock);
    CHECK_EQ(fixture->cut_count, 1);
    (void)pthread_mutex_unlock(&fixture->lock);
    tell_stop();
    finish();
}

/* A client that sends slowly is told 408, one that reads slowly is cut. */
static void test_slow_clients(void)
{
    static const char *const starts[] = {
        "G",
        "GET / HTTP/1.1\r\nHost: x\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
    };
    struct proa_http_server_limits limits = default_limits();
    struct proa_buffer got;

    limits.head_ms_max = limits.body_ms_max = limits.write_ms_max = 20;
    start(limits, fill);
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        int fd = connect_client();
        send_text(fd, starts[i]);
        proa_buffer_init(&got, 1 << 20);
        receive_all(fd, &got);
        CHECK_EQ(memcmp(got.bytes, "HTTP/1.1 408 ", 13), 0);
        proa_buffer_deinit(&got);
        (void)close(fd);
    }
    int silent = connect_client();
    proa_buffer_init(&got, 1 << 20);
    receive_all(silent, &got);
    CHECK_EQ(got.size, 0);
    (void)close(silent);

    int reader = connect_client();
    for (int i = 0; i < 4; i++)
        send_text(reader, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    (void)pthread_mutex_lock(&fixture->lock);
    while (fixture->cut_count == 0)
        (void)pthread_cond_wait(&fixture->changed, &fixture->lock);
    (void)pthread_mutex_unlock(&fixture->lock);
    (void)close(reader);
    tell_stop();
    finish();
}

/*
 * While a request is under way: idle connections close, new ones are refused,
 * the request is answered and its connection closed.
 */
static void test_drain(void)
{
    struct proa_buffer got;

    start(default_limits(), fill);
    proa_buffer_init(&got, 1 << 20);
    int idle = connect_client();
    int busy = connect_client();
    send_text(busy, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    struct proa_http_exchange *held = wait_held();
    tell_stop();
    receive_all(idle, &got);
    CHECK_EQ(got.size, 0);
    (void)close(idle);
    (void)answer(held);
    receive_all(busy, &got);
    CHECK_EQ(memcmp(got.bytes, "HTTP/1.1 200 OK\r\n", 17), 0);
    CHECK_EQ(memmem(got.bytes, got.size, "Connection: close", 17) != NULL, 1);
    (void)close(busy);
    proa_buffer_deinit(&got);
    finish();
}

/* Told twice, the server goes though a request is under way. */
static void test_stop_at_once(void)
{
    struct proa_buffer got;

    start(default_limits(), fill);
    proa_buffer_init(&got, 1 << 20);
    int idle = connect_client();
    int busy = connect_client();
    send_text(busy, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    struct proa_http_exchange *held = wait_held();
    tell_stop();
    receive_all(idle, &got); /* the first wish was heard */
    tell_stop();
    receive_all(busy, &got);
    CHECK_EQ(got.size, 0);
    (void)pthread_join(fixture->loop, NULL);
    CHECK_EQ(atomic_load(&held->is_abandoned), 1);
    (void)answer(held);
    proa_http_server_destroy(fixture->server);
    (void)close(fixture->stop_fd);
    (void)close(idle);
    (void)close(busy);
}

/* A client resets while its request is under way: others do not notice. */
static void test_abandoned(void)
{
    struct linger reset = { .l_onoff = 1 };
    char byte;

    start(default_limits(), fill);
    for (int i = 0; i < 50; i++) {
        int gone = connect_client();
        send_text(gone, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
        struct proa_http_exchange *held = wait_held();
        CHECK_EQ(setsockopt(gone, SOL_SOCKET, SO_LINGER, &reset, sizeof reset),
                 0);
        (void)close(gone);
        int other = connect_client();
        send_text(other, "GET /a HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK_EQ(recv(other, &byte, 1, 0), 1);
        (void)answer(held);
        (void)close(other);
    }
    tell_stop();
    finish();
}

/* More connections than allowed wait until others end. */
static void test_connection_limit(void)
{
    struct proa_http_server_limits limits = default_limits();
    int fds[6];
    char byte;

    limits.connection_count_max = 2;
    start(limits, fill);
    for (int i = 0; i < 6; i++) {
        fds[i] = connect_client();
        send_text(fds[i], "GET /a HTTP/1.1\r\nHost: x\r\n"
                          "Connection: close\r\n\r\n");
    }
    for (int i = 0; i < 6; i++) {
        CHECK_EQ(recv(fds[i], &byte, 1, 0), 1);
        (void)close(fds[i]);
    }
    tell_stop();
    finish();
}

static void test_bad_addresses(void)
{
    static const struct {
        const char *address;
        enum proa_status status;
    } cases[] = {
        { "", PROA_USAGE },
        { "8080", PROA_USAGE },
        { ":8080", PROA_USAGE },
        { "127.0.0.1:", PROA_USAGE },
        { "127.0.0.1:x", PROA_USAGE },
        { "127.0.0.1:65536", PROA_USAGE },
        { "::1:80", PROA_USAGE },
        { "[]:80", PROA_USAGE },
        { "[::1:80", PROA_USAGE },
        { "192.0.2.1:0", PROA_IO },
    };
    struct proa_http_server_options options = {
        .limits = PROA_HTTP_SERVER_LIMITS_DEFAULT, .stop_fd = -1
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct proa_http_server *server = NULL;
        struct proa_error err = { 0 };
        options.address = cases[i].address;
        CHECK_EQ(proa_http_server_create(&options, &server, &err),
                 cases[i].status);
        CHECK_EQ(server == NULL, 1);
    }
}

int main(void)
{
    test_golden();
    test_continue();
    test_file();
    test_slow_clients();
    test_drain();
    test_stop_at_once();
    test_abandoned();
    test_connection_limit();
    test_bad_addresses();
    return 0;
}
