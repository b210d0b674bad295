/*
 * A server with a handler in C, for clients of others:
 * server [--tls CERTIFICATE KEY] [--proxy] ADDRESS...
 *
 * It answers with what it was asked, for a path "/bytes/N" with N zeros, for
 * "/file/N" with N zeros of a file. SIGHUP: the certificate is read again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/server.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { BYTES_MAX = 32 << 20, FILE_MAX = 1 << 30 };

/* Zeros that are nowhere: however many, they take no memory. */
static bool send_file(struct proa_http_response *response, uint64_t size)
{
    int fd = memfd_create("zeros", MFD_CLOEXEC);

    if (fd < 0)
        return false;
    if (size <= FILE_MAX && ftruncate(fd, (off_t)size) == 0)
        return proa_http_response_file(response, fd, 0, size);
    (void)close(fd);
    return false;
}

static void handle(void *env, struct proa_http_exchange *exchange)
{
    static const char bytes[] = "/bytes/", file[] = "/file/";
    const struct proa_http_request *request = exchange->request;
    struct proa_buffer *body = &exchange->response.body;
    bool good;

    (void)env;
    if (request->path.size > sizeof bytes - 1 &&
        memcmp(request->path.bytes, bytes, sizeof bytes - 1) == 0)
        good = proa_buffer_append_zeros(
            body, strtoul(request->path.bytes + sizeof bytes - 1, NULL, 10) %
                      (BYTES_MAX + 1));
    else if (request->path.size > sizeof file - 1 &&
             memcmp(request->path.bytes, file, sizeof file - 1) == 0)
        good =
            send_file(&exchange->response,
                      strtoul(request->path.bytes + sizeof file - 1, NULL, 10));
    else
        good = proa_buffer_printf(
            body, "%.*s %.*s HTTP/%u %s %s %zu\n", (int)request->method.size,
            request->method.bytes, (int)request->target.size,
            request->target.bytes, (unsigned)request->version_major,
            exchange->is_tls ? "https" : "http", exchange->client_address,
            request->body.size);
    if (!good)
        proa_http_response_error(&exchange->response, 503);
    proa_http_exchange_respond(exchange);
}

struct reloading {
    struct proa_http_server *server;
    int fd;
};

static void *reload(void *argument)
{
    const struct reloading *reloading = argument;
    struct signalfd_siginfo info;

    while (read(reloading->fd, &info, sizeof info) == sizeof info) {
        struct proa_error err = { 0 };
        if (proa_http_server_reload(reloading->server, &err) == PROA_OK)
            puts("reloaded");
        else
            printf("not reloaded: %s\n", err.text);
        (void)fflush(stdout);
    }
    return NULL;
}

static int signal_fd(int number, int other, int flags)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, number);
    (void)sigaddset(&set, other);
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | flags);
}

static bool read_arguments(int argc, char **argv,
                           struct proa_http_server_options *options)
{
    int at = 1;

    for (; at < argc && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--proxy") == 0) {
            options->reads_proxy_header = true;
        } else if (strcmp(argv[at], "--tls") == 0 && at + 2 < argc) {
            options->tls_certificate_path = argv[++at];
            options->tls_key_path = argv[++at];
        } else {
            return false;
        }
    }
    if (at == argc)
        return false;
    options->address = argv[at];
    options->more_addresses = (const char *const *)argv + at + 1;
    options->more_address_count = (uint32_t)(argc - at - 1);
    return true;
}

int main(int argc, char **argv)
{
    struct proa_http_server_options options = {
        .limits = PROA_HTTP_SERVER_LIMITS_DEFAULT,
        .handle = handle,
        .stop_fd = signal_fd(SIGTERM, SIGINT, SFD_NONBLOCK),
    };
    struct reloading reloading = { .fd = signal_fd(SIGHUP, SIGHUP, 0) };
    struct proa_error err = { 0 };
    pthread_t thread;

    (void)signal(SIGPIPE, SIG_IGN);
    if (!read_arguments(argc, argv, &options))
        return 2;
    enum proa_status status =
        proa_http_server_create(&options, &reloading.server, &err);
    if (status == PROA_OK &&
        pthread_create(&thread, NULL, reload, &reloading) == 0) {
        const char *address;
        for (uint32_t i = 0;
             (address = proa_http_server_address_at(reloading.server, i)) !=
             NULL;
             i++)
            printf("%s%s", i == 0 ? "listening on " : " ", address);
        puts("");
        (void)fflush(stdout);
        status = proa_http_server_run(reloading.server, &err);
        (void)pthread_cancel(thread);
        (void)pthread_join(thread, NULL);
    }
    proa_http_server_destroy(reloading.server);
    if (status != PROA_OK)
        fprintf(stderr, "%s\n", err.text);
    return status == PROA_OK ? 0 : 1;
}
