/* SPDX-License-Identifier: Apache-2.0 */
#include "http/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"
#include "http/address.h"

enum {
    BACKLOG = 1024,
    INHERITED_FD = 3, /* the first that systemd passes */
};

static const char unix_prefix[] = "unix:";
/* A socket that listens, of this process: ours from now on. */
static const char open_prefix[] = "fd:";

static struct proa_http_listener *add(struct proa_http_listeners *listeners,
                                      struct proa_error *err)
{
    if (listeners->count == PROA_HTTP_LISTENER_COUNT_MAX) {
        (void)proa_fail(err, PROA_USAGE, 0, "more than %d addresses",
                        PROA_HTTP_LISTENER_COUNT_MAX);
        return NULL;
    }
    struct proa_http_listener *listener = &listeners->items[listeners->count++];
    *listener = (struct proa_http_listener){ .fd = -1 };
    return listener;
}

/* What the socket is bound to, as a text. */
static enum proa_status describe(struct proa_http_listener *listener,
                                 struct proa_error *err)
{
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
        struct sockaddr_un local;
    } address = { 0 };
    /* One byte stays: a path may fill its field without an end. */
    socklen_t size = sizeof address.storage - 1;

    if (getsockname(listener->fd, &address.any, &size) != 0)
        return proa_fail(err, PROA_IO, 0, "getsockname: %s", strerror(errno));
    if (address.any.sa_family == AF_UNIX) {
        (void)snprintf(listener->text, sizeof listener->text, "%s%.*s",
                       unix_prefix, (int)sizeof address.local.sun_path,
                       address.local.sun_path);
        return PROA_OK;
    }
    proa_http_address_text(&address.storage, listener->address,
                           &listener->port);
    (void)snprintf(listener->text, sizeof listener->text,
                   strchr(listener->address, ':') != NULL ? "[%s]:%u" : "%s:%u",
                   listener->address, (unsigned)listener->port);
    return PROA_OK;
}

/* --- sockets in the file system ------------------------------------------- */

/* A socket whose server is gone; anything else is left alone. */
static bool is_stale(const struct sockaddr_un *address)
{
    struct stat found;

    if (lstat(address->sun_path, &found) != 0 || !S_ISSOCK(found.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool is_refused =
        connect(fd, (const struct sockaddr *)address, sizeof *address) != 0 &&
        errno == ECONNREFUSED;
    (void)close(fd);
    return is_refused;
}

static bool bind_path(int fd, const struct sockaddr_un *address)
{
    const struct sockaddr *any = (const struct sockaddr *)address;

    if (bind(fd, any, sizeof *address) == 0)
        return true;
    if (errno != EADDRINUSE || !is_stale(address) ||
        unlink(address->sun_path) != 0) {
        errno = EADDRINUSE;
        return false;
    }
    return bind(fd, any, sizeof *address) == 0;
}

static enum proa_status open_path(struct proa_http_listener *listener,
                                  const char *path, struct proa_error *err)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct stat made;

    if (path[0] != '/' || strlen(path) >= sizeof address.sun_path)
        return proa_fail(err, PROA_USAGE, 0,
                         "a Unix socket's path starts with / and has at most "
                         "%zu bytes: \"%.200s\"",
                         sizeof address.sun_path - 1, path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    listener->fd =
        socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener->fd < 0 || !bind_path(listener->fd, &address))
        return proa_fail(err, PROA_IO, 0, "cannot listen on unix:%.200s: %s",
                         path, strerror(errno));
    if (lstat(path, &made) == 0) {
        listener->is_made = true;
        listener->device = made.st_dev;
        listener->inode = made.st_ino;
    }
    if (listen(listener->fd, BACKLOG) != 0)
        return proa_fail(err, PROA_IO, 0, "cannot listen on unix:%.200s: %s",
                         path, strerror(errno));
    return PROA_OK;
}

/* The path may be another server's by now. */
static void remove_path(const struct proa_http_listener *listener)
{
    const char *path = listener->text + sizeof unix_prefix - 1;
    struct stat found;

    if (lstat(path, &found) == 0 && found.st_dev == listener->device &&
        found.st_ino == listener->inode)
        (void)unlink(path);
}

/* --- sockets that systemd opened ------------------------------------------ */

static bool read_number(const char *name, long *value)
{
    const char *text = getenv(name);
    char *end;

    if (text == NULL || *text == '\0')
        return false;
    *value = strtol(text, &end, 10);
    return *end == '\0' && *value > 0;
}

static enum proa_status open_inherited(struct proa_http_listener *listener,
                                       int fd, struct proa_error *err)
{
    int type = 0, accepts = 0;
    socklen_t type_size = sizeof type, accepts_size = sizeof accepts;
    int flags = fcntl(fd, F_GETFL);

    listener->fd = fd;
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0 ||
        getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &accepts_size) !=
            0 ||
        type != SOCK_STREAM || accepts == 0)
        return proa_fail(err, PROA_USAGE, 0,
                         "descriptor %d is no stream socket that "
                         "listens (Accept= must be no)",
                         fd);
    return PROA_OK;
}

/* "5", or "5,6,7". */
static enum proa_status open_numbered(struct proa_http_listener *listener,
                                      const char *numbers,
                                      struct proa_error *err)
{
    char *end = NULL;
    long fd = strtol(numbers, &end, 10);

    if (numbers[0] < '0' || numbers[0] > '9' || fd > INT_MAX ||
        (*end != '\0' && *end != ','))
        return proa_fail(err, PROA_USAGE, 0, "\"fd:%.100s\" is no descriptor",
                         numbers);
    listener->others = *end == ',' ? end + 1 : NULL;
    return open_inherited(listener, (int)fd, err);
}

static enum proa_status open_others(struct proa_http_listener *listener,
                                    struct proa_http_listener *original,
                                    struct proa_error *err)
{
    enum proa_status status = open_numbered(listener, original->others, err);

    original->others = listener->others;
    listener->others = NULL;
    return status;
}

static enum proa_status open_systemd(struct proa_http_listeners *listeners,
                                     struct proa_error *err)
{
    long pid, count;

    if (!read_number("LISTEN_PID", &pid) || pid != (long)getpid() ||
        !read_number("LISTEN_FDS", &count))
        return proa_fail(err, PROA_USAGE, 0,
                         "systemd passes no sockets (LISTEN_PID, LISTEN_FDS)");
    for (int i = 0; i < count; i++) {
        struct proa_http_listener *listener = add(listeners, err);
        if (listener == NULL)
            return PROA_USAGE;
        enum proa_status status =
            open_inherited(listener, INHERITED_FD + i, err);
        if (status == PROA_OK)
            status = describe(listener, err);
        if (status != PROA_OK)
            return status;
    }
    return PROA_OK;
}

enum proa_status proa_http_listeners_open(struct proa_http_listeners *listeners,
                                          const char *address,
                                          struct proa_error *err)
{
    bool is_open = strncmp(address, open_prefix, sizeof open_prefix - 1) == 0;
    enum proa_status status;

    if (strcmp(address, "systemd") == 0)
        return open_systemd(listeners, err);
    struct proa_http_listener *listener = add(listeners, err);
    if (listener == NULL)
        return PROA_USAGE;
    if (strncmp(address, unix_prefix, sizeof unix_prefix - 1) == 0)
        status = open_path(listener, address + sizeof unix_prefix - 1, err);
    else if (is_open)
        status = open_numbered(listener, address + sizeof open_prefix - 1, err);
    else
        status = proa_http_listen(address, &listener->fd, err);
    if (status == PROA_OK)
        status = describe(listener, err);
    /* One that was handed over alone may be another's, too. */
    listener->is_port =
        listener->port != 0 && (!is_open || listener->others != NULL);
    return status;
}

enum proa_status proa_http_listeners_twin(struct proa_http_listeners *listeners,
                                          struct proa_http_listeners *first,
                                          struct proa_error *err)
{
    for (uint32_t i = 0; i < first->count; i++) {
        struct proa_http_listener *original = &first->items[i];
        struct proa_http_listener *listener = add(listeners, err);
        enum proa_status status = PROA_OK;
        if (listener == NULL)
            return PROA_USAGE;
        *listener = *original;
        listener->fd = -1;
        listener->is_made = false;
        listener->is_shared = !original->is_port;
        listener->others = NULL;
        if (original->others != NULL)
            status = open_others(listener, original, err);
        else if (original->is_port)
            status = proa_http_listen_twin(original->fd, &listener->fd, err);
        else
            listener->fd = fcntl(original->fd, F_DUPFD_CLOEXEC, 0);
        if (status != PROA_OK)
            return status;
        if (listener->fd < 0)
            return proa_fail(err, PROA_IO, 0, "cannot listen twice: %s",
                             strerror(errno));
    }
    return PROA_OK;
}

void proa_http_listener_close(struct proa_http_listener *listener)
{
    if (listener->fd < 0)
        return;
    if (listener->is_made)
        remove_path(listener);
    (void)close(listener->fd);
    listener->fd = -1;
}

void proa_http_listeners_close(struct proa_http_listeners *listeners)
{
    for (uint32_t i = 0; i < listeners->count; i++)
        proa_http_listener_close(&listeners->items[i]);
}
