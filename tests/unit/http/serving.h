/*
 * A server on a thread of its own, whose handler is the test's, and blocking
 * sockets as its clients. "/hold" is answered by the test, "/thread" on another
 * thread.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_TESTS_HTTP_SERVING_H
#define PROA_TESTS_HTTP_SERVING_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "http/server.h"

struct fixture {
    void (*fill)(struct proa_http_exchange *exchange); /* answers */
    struct proa_http_server *server;
    pthread_t loop;
    int stop_fd;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct proa_http_exchange *held; /* of "/hold" */
    uint32_t log_count;
    uint32_t cut_count;
    bool is_told_to_go; /* the second thread shall answer "/hold" */
    bool was_abandoned;
};

static struct fixture *fixture;

static inline void *answer(void *argument)
{
    struct proa_http_exchange *exchange = argument;

    fixture->fill(exchange);
    proa_http_exchange_respond(exchange);
    return NULL;
}

static inline void handle(void *env, struct proa_http_exchange *exchange)
{
    pthread_t thread;

    (void)env;
    CHECK_EQ(strcmp(exchange->client_address, "127.0.0.1"), 0);
    if (proa_http_text_equals(exchange->request->path, "/hold")) {
        (void)pthread_mutex_lock(&fixture->lock);
        fixture->held = exchange;
        (void)pthread_cond_signal(&fixture->changed);
        (void)pthread_mutex_unlock(&fixture->lock);
        return;
    }
    if (proa_http_text_equals(exchange->request->path, "/thread")) {
        CHECK_EQ(pthread_create(&thread, NULL, answer, exchange), 0);
        (void)pthread_detach(thread);
        return;
    }
    (void)answer(exchange);
}

static inline void count_log(void *env, const struct proa_http_log_entry *entry)
{
    (void)env;
    (void)pthread_mutex_lock(&fixture->lock);
    fixture->log_count++;
    fixture->cut_count += entry->is_cut;
    (void)pthread_cond_signal(&fixture->changed);
    (void)pthread_mutex_unlock(&fixture->lock);
}

static inline void *run_loop(void *argument)
{
    struct proa_error err = { 0 };

    (void)argument;
    CHECK_EQ(proa_http_server_run(fixture->server, &err), PROA_OK);
    return NULL;
}

static inline struct proa_http_server_limits default_limits(void)
{
    struct proa_http_server_limits limits = PROA_HTTP_SERVER_LIMITS_DEFAULT;

    /* No time-out may do what something else should have done. */
    limits.head_ms_max = limits.body_ms_max = limits.write_ms_max = 3600000;
    limits.idle_ms_max = limits.drain_ms_max = limits.linger_ms_max = 3600000;
    limits.request.body_bytes_max = 1000;
    return limits;
}

static inline void start(struct proa_http_server_limits limits,
                         void (*fill)(struct proa_http_exchange *exchange))
{
    static struct fixture made;
    struct proa_error err = { 0 };
    struct proa_http_server_options options = {
        .address = "127.0.0.1:0",
        .limits = limits,
        .handle = handle,
        .log = count_log,
    };

    made = (struct fixture){ .fill = fill,
                             .lock = PTHREAD_MUTEX_INITIALIZER,
                             .changed = PTHREAD_COND_INITIALIZER };
    fixture = &made;
    made.stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    options.stop_fd = made.stop_fd;
    CHECK_EQ(proa_http_server_create(&options, &made.server, &err), PROA_OK);
    CHECK_EQ(pthread_create(&made.loop, NULL, run_loop, NULL), 0);
}

static inline void tell_stop(void)
{
    uint64_t one = 1;

    CHECK_EQ(write(fixture->stop_fd, &one, sizeof one), sizeof one);
}

static inline void finish(void)
{
    (void)pthread_join(fixture->loop, NULL);
    proa_http_server_destroy(fixture->server);
    (void)close(fixture->stop_fd);
}

static inline int connect_client(void)
{
    const char *address = proa_http_server_address(fixture->server);
    struct sockaddr_in to = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
        .sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1)),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK_EQ(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline void send_bytes(int fd, const void *bytes, size_t size)
{
    const uint8_t *rest = bytes;

    while (size > 0) {
        ssize_t sent = send(fd, rest, size, MSG_NOSIGNAL);
        CHECK_EQ(sent > 0, 1);
        rest += sent;
        size -= (size_t)sent;
    }
}

static inline void send_text(int fd, const char *text)
{
    send_bytes(fd, text, strlen(text));
}

/* All until the server closes. */
static inline void receive_all(int fd, struct proa_buffer *out)
{
    static uint8_t bytes[65536];
    ssize_t size;

    while ((size = recv(fd, bytes, sizeof bytes, 0)) > 0)
        CHECK_EQ(proa_buffer_append(out, bytes, (size_t)size), 1);
    CHECK_EQ(size, 0);
}

static inline struct proa_http_exchange *wait_held(void)
{
    (void)pthread_mutex_lock(&fixture->lock);
    while (fixture->held == NULL)
        (void)pthread_cond_wait(&fixture->changed, &fixture->lock);
    struct proa_http_exchange *held = fixture->held;
    fixture->held = NULL;
    (void)pthread_mutex_unlock(&fixture->lock);
    return held;
}

#endif
