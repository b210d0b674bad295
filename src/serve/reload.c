/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/reload.h"

#include <errno.h>
#include <libgen.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fail.h"

/* Changes mostly come in groups: wait until none came for this long. */
enum { QUIET_MS = 100, QUIET_COUNT_MAX = 50, FOLDER_BYTES_MAX = 4096 };

struct proa_reload {
    struct proa_reload_options options;
    pthread_t thread;
    int request_fd;
    int end_fd;
    int notify_fd; /* -1: nothing is watched */
};

static int event_fd(void)
{
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

static void drain(int fd)
{
    char bytes[4096];

    while (fd >= 0 && read(fd, bytes, sizeof bytes) > 0)
        continue;
}

static void watch_folder(const struct proa_reload *reload, const char *folder)
{
    /* A folder that is gone by now is seen by the one above. */
    (void)inotify_add_watch(reload->notify_fd, folder,
                            IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM |
                                IN_CREATE | IN_DELETE);
}

/* Folders of before stay watched: watching one again changes nothing. */
static void watch_plan(const struct proa_reload *reload)
{
    struct proa_app *app = proa_service_app(reload->options.service);
    const struct proa_plan *plan = proa_app_plan(app);
    char path[FOLDER_BYTES_MAX];

    for (uint32_t i = 0; i < plan->folder_count; i++)
        watch_folder(reload, plan->folders[i]);
    for (uint32_t i = 0; i < plan->count; i++) {
        if (!proa_plan_is_file(plan->items[i].path) ||
            strlen(plan->items[i].path) >= sizeof path)
            continue;
        memcpy(path, plan->items[i].path, strlen(plan->items[i].path) + 1);
        watch_folder(reload, dirname(path));
    }
    proa_app_release(app);
}

static void wait_for_quiet(const struct proa_reload *reload)
{
    struct pollfd wait = { .fd = reload->notify_fd, .events = POLLIN };

    for (int i = 0; i < QUIET_COUNT_MAX; i++) {
        drain(reload->notify_fd);
        if (poll(&wait, 1, QUIET_MS) <= 0)
            return;
    }
}

static void reload_once(struct proa_reload *reload)
{
    struct proa_metrics *metrics = &reload->options.service->metrics;
    struct proa_app *app = reload->options.make(reload->options.env);

    atomic_fetch_add(&metrics->reloads, 1);
    if (app != NULL)
        proa_service_set_app(reload->options.service, app);
    if (reload->notify_fd >= 0)
        watch_plan(reload);
}

static void *work(void *argument)
{
    struct proa_reload *reload = argument;
    struct pollfd waits[] = {
        { .fd = reload->end_fd, .events = POLLIN },
        { .fd = reload->request_fd, .events = POLLIN },
        { .fd = reload->notify_fd, .events = POLLIN },
    };

    for (;;) {
        if (poll(waits, 3, -1) < 0)
            continue;
        if (waits[0].revents != 0)
            return NULL;
        drain(reload->request_fd);
        if (waits[2].revents != 0)
            wait_for_quiet(reload);
        reload_once(reload);
    }
}

static void close_all(struct proa_reload *reload)
{
    const int fds[] = { reload->request_fd, reload->end_fd, reload->notify_fd };

    for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
        if (fds[i] >= 0)
            (void)close(fds[i]);
    free(reload);
}

enum proa_status proa_reload_create(const struct proa_reload_options *options,
                                    struct proa_reload **reload,
                                    struct proa_error *err)
{
    struct proa_reload *made = calloc(1, sizeof *made);

    if (made == NULL)
        return proa_fail(err, PROA_NOMEM, 0, "no memory to reload");
    made->options = *options;
    made->request_fd = event_fd();
    made->end_fd = event_fd();
    made->notify_fd = -1;
    if (options->watches) {
        made->notify_fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
        if (made->notify_fd >= 0)
            watch_plan(made);
    }
    int result = 0;
    bool is_open = made->request_fd >= 0 && made->end_fd >= 0 &&
                   (!options->watches || made->notify_fd >= 0);
    if (is_open)
        result = pthread_create(&made->thread, NULL, work, made);
    if (!is_open || result != 0) {
        int number = is_open ? result : errno;
        close_all(made);
        return proa_fail(err, PROA_IO, 0, "cannot watch for new versions: %s",
                         strerror(number));
    }
    *reload = made;
    return PROA_OK;
}

void proa_reload_request(struct proa_reload *reload)
{
    const uint64_t one = 1;

    (void)!write(reload->request_fd, &one, sizeof one);
}

void proa_reload_destroy(struct proa_reload *reload)
{
    const uint64_t one = 1;

    if (reload == NULL)
        return;
    (void)!write(reload->end_fd, &one, sizeof one);
    (void)pthread_join(reload->thread, NULL);
    close_all(reload);
}
