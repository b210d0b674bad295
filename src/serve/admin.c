/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/admin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/fail.h"
#include "serve/status.h"
#include "serve/supervise.h"

struct proa_admin {
    struct proa_service *service;
    struct proa_http_server *server;
    uint64_t start_ns;
    pthread_t thread;
    bool has_thread;
    int stop_fd;
};

static void add(struct proa_http_response *response, const char *name,
                const char *value)
{
    /* Without memory for this field the answer is still right. */
    (void)proa_http_response_add(response, proa_http_text_of(name),
                                 proa_http_text_of(value));
}

static void answer_text(struct proa_http_response *response, uint16_t status,
                        const char *text)
{
    response->status = status;
    add(response, "Content-Type", "text/plain; charset=utf-8");
    add(response, "Cache-Control", "no-store");
    if (!proa_buffer_append(&response->body, text, strlen(text)))
        proa_http_response_error(response, 503);
}

static void answer_metrics(struct proa_admin *admin,
                           struct proa_http_response *response)
{
    const struct proa_supervised *above = admin->service->options.supervised;

    add(response, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    proa_metrics_write(&admin->service->metrics, &response->body);
    if (above != NULL)
        (void)proa_buffer_printf(
            &response->body,
            "# HELP proa_restarts_total Servers that were killed, or ended, "
            "and started again.\n"
            "# TYPE proa_restarts_total counter\n"
            "proa_restarts_total %llu\n",
            (unsigned long long)atomic_load(above->restarts));
    if (response->body.is_full)
        proa_http_response_error(response, 503);
}

/* Nothing from elsewhere runs in the page, and nothing is sent elsewhere. */
static void answer_page(const struct proa_status_file *file,
                        struct proa_http_response *response)
{
    add(response, "Content-Type", file->type);
    add(response, "Cache-Control", "no-cache");
    add(response, "X-Content-Type-Options", "nosniff");
    add(response, "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'");
    if (!proa_buffer_append(&response->body, file->bytes, file->size))
        proa_http_response_error(response, 503);
}

static void answer_status(struct proa_admin *admin,
                          struct proa_http_response *response)
{
    add(response, "Content-Type", "application/json");
    add(response, "Cache-Control", "no-store");
    if (!proa_status_write(
            &admin->service->metrics, proa_http_now_ns() - admin->start_ns,
            atomic_load(&admin->service->is_ready), &response->body))
        proa_http_response_error(response, 503);
}

static void handle(void *env, struct proa_http_exchange *exchange)
{
    struct proa_admin *admin = env;
    struct proa_http_text path = exchange->request->path;
    struct proa_http_text method = exchange->request->method;
    struct proa_http_response *response = &exchange->response;
    const struct proa_status_file *file =
        proa_status_file_find(path.bytes, path.size);

    if (!proa_http_text_equals(method, "GET") &&
        !proa_http_text_equals(method, "HEAD")) {
        proa_http_response_error(response, 405);
        add(response, "Allow", "GET, HEAD");
    } else if (file != NULL) {
        answer_page(file, response);
    } else if (proa_http_text_equals(path, "/status.json")) {
        answer_status(admin, response);
    } else if (proa_http_text_equals(path, "/metrics")) {
        answer_metrics(admin, response);
    } else if (proa_http_text_equals(path, "/healthz")) {
        answer_text(response, 200, "ok\n");
    } else if (proa_http_text_equals(path, "/readyz")) {
        bool is_ready = atomic_load(&admin->service->is_ready);
        answer_text(response, is_ready ? 200 : 503,
                    is_ready ? "ready\n" : "not ready\n");
    } else {
        proa_http_response_error(response, 404);
    }
    proa_http_exchange_respond(exchange);
}

static void *work(void *argument)
{
    struct proa_admin *admin = argument;
    struct proa_error err = { 0 };

    /* Without it the functions are served all the same. */
    (void)!proa_http_server_run(admin->server, &err);
    return NULL;
}

static enum proa_status open_server(struct proa_admin *admin,
                                    const char *address, struct proa_error *err)
{
    const struct proa_http_server_options options = {
        .address = address,
        .limits = PROA_HTTP_SERVER_LIMITS_DEFAULT,
        .handle = handle,
        .env = admin,
        .stop_fd = admin->stop_fd,
        .reload_fd = -1,
    };

    return proa_http_server_create(&options, &admin->server, err);
}

enum proa_status proa_admin_start(struct proa_admin *admin,
                                  struct proa_error *err)
{
    int result = pthread_create(&admin->thread, NULL, work, admin);

    if (result != 0)
        return proa_fail(err, PROA_IO, 0, "no thread: %s", strerror(result));
    admin->has_thread = true;
    return PROA_OK;
}

enum proa_status proa_admin_create(struct proa_service *service,
                                   const char *address,
                                   struct proa_admin **admin,
                                   struct proa_error *err)
{
    struct proa_admin *made = calloc(1, sizeof *made);
    enum proa_status status;

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory for a listener");
    made->service = service;
    made->start_ns = proa_http_now_ns();
    made->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK | EFD_SEMAPHORE);
    status = made->stop_fd < 0
                 ? proa_fail(err, PROA_IO, 0, "eventfd: %s", strerror(errno))
                 : open_server(made, address, err);
    if (status != PROA_OK) {
        if (made->stop_fd >= 0)
            (void)close(made->stop_fd);
        free(made);
        return status;
    }
    *admin = made;
    return PROA_OK;
}

const char *proa_admin_address(const struct proa_admin *admin)
{
    return proa_http_server_address(admin->server);
}

void proa_admin_leave(struct proa_admin *admin)
{
    const uint64_t one = 1;

    if (admin != NULL)
        (void)!write(admin->stop_fd, &one, sizeof one);
}

void proa_admin_destroy(struct proa_admin *admin)
{
    uint64_t at_once = 2;

    if (admin == NULL)
        return;
    (void)!write(admin->stop_fd, &at_once, sizeof at_once);
    if (admin->has_thread)
        (void)pthread_join(admin->thread, NULL);
    proa_http_server_destroy(admin->server);
    (void)close(admin->stop_fd);
    free(admin);
}
