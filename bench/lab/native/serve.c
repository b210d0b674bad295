/*
 * SPDX-License-Identifier: Apache-2.0
 */
#include "serve.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    CONNECTION_COUNT_MAX = 20000,
    /* What the allocator keeps of what was freed; guests' memory stays, too. */
    KEPT_BYTES_MAX = 64 << 20,
};

static bool add_field(struct proa_http_response *response, const char *name,
                      const char *value)
{
    return proa_http_response_add(response, proa_http_text_of(name),
                                  proa_http_text_of(value));
}

void lab_respond(struct proa_http_exchange *exchange, int status,
                 const char *type, const char *allow, const void *bytes,
                 size_t size)
{
    struct proa_http_response *response = &exchange->response;

    response->status = (uint16_t)status;
    if (!add_field(response, "Content-Type", type) ||
        (allow != NULL && !add_field(response, "Allow", allow)) ||
        !proa_buffer_append(&response->body, bytes, size))
        proa_http_response_error(response, 500);
    proa_http_exchange_respond(exchange);
}

/* Readable when we are told to stop. */
static int stop_signals(void)
{
    sigset_t stops;

    (void)sigemptyset(&stops);
    (void)sigaddset(&stops, SIGTERM);
    (void)sigaddset(&stops, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &stops, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &stops, SFD_NONBLOCK | SFD_CLOEXEC);
}

int lab_serve(int argc, char **argv,
              void (*handle)(void *env, struct proa_http_exchange *exchange))
{
    struct proa_http_server_options options = {
        .address = argc == 2 ? argv[1] : NULL,
        .limits = PROA_HTTP_SERVER_LIMITS_DEFAULT,
        .handle = handle,
        .reload_fd = -1,
    };
    struct proa_http_server *server = NULL;
    struct proa_error err = { 0 };
    enum proa_status status;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: %s HOST:PORT\n", argv[0]);
        return 2;
    }
    /* Otherwise each answer of 1 MB is mapped, faulted in and unmapped. */
    (void)mallopt(M_MMAP_THRESHOLD, KEPT_BYTES_MAX / 2);
    (void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES_MAX);
    options.limits.connection_count_max = CONNECTION_COUNT_MAX;
    options.stop_fd = stop_signals();
    status = proa_http_server_create(&options, &server, &err);
    if (status == PROA_OK) {
        (void)fprintf(stderr, "listening on %s\n",
                      proa_http_server_address(server));
        status = proa_http_server_run(server, &err);
    }
    if (status != PROA_OK)
        (void)fprintf(stderr, "%s: %s\n", argv[0], err.text);
    proa_http_server_destroy(server);
    (void)close(options.stop_fd);
    return status == PROA_OK ? 0 : 1;
}
