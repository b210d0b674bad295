/* SPDX-License-Identifier: Apache-2.0 */
#include "http/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"

enum { BACKLOG = 1024 };

struct host_port {
    char host[256];
    char port[6];
};

static bool split(const char *address, struct host_port *parts)
{
    const char *colon = strrchr(address, ':');
    const char *host = address;

    if (colon == NULL || colon == address)
        return false;
    size_t host_size = (size_t)(colon - address);
    if (address[0] == '[') {
        if (host_size < 3 || colon[-1] != ']')
            return false;
        host++;
        host_size -= 2;
    } else if (memchr(address, ':', host_size) != NULL) {
        return false; /* an IPv6 address without its brackets */
    }
    size_t port_size = strlen(colon + 1);
    if (host_size >= sizeof parts->host || port_size == 0 ||
        port_size >= sizeof parts->port ||
        strspn(colon + 1, "0123456789") != port_size)
        return false;
    memcpy(parts->host, host, host_size);
    parts->host[host_size] = '\0';
    memcpy(parts->port, colon + 1, port_size + 1);
    return true;
}

/*
 * A first one sets SO_REUSEPORT behind its bind(): so it fails when another
 * program listens there, and twins may be bound beside it.
 */
static int listen_one(const struct sockaddr *address, socklen_t size,
                      bool is_twin)
{
    int fd = socket(address->sa_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;

    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        (address->sa_family != AF_INET6 ||
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) == 0) &&
        (!is_twin ||
         setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0) &&
        bind(fd, address, size) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) == 0 &&
        listen(fd, BACKLOG) == 0)
        return fd;
    int cause = errno;
    (void)close(fd);
    errno = cause;
    return -1;
}

enum proa_status proa_http_listen(const char *address, int *fd,
                                  struct proa_error *err)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
    struct addrinfo *infos = NULL;
    struct host_port parts;
    int found = -1;

    if (!split(address, &parts))
        return proa_fail(err, PROA_USAGE, 0,
                         "address \"%.100s\" is not HOST:PORT, such as "
                         "127.0.0.1:8080, 0.0.0.0:80 or [::]:80",
                         address);
    if (strtoul(parts.port, NULL, 10) > UINT16_MAX)
        return proa_fail(err, PROA_USAGE, 0, "port %s is above 65535",
                         parts.port);
    int result = getaddrinfo(parts.host, parts.port, &hints, &infos);
    if (result != 0)
        return proa_fail(err, PROA_IO, 0, "address \"%.100s\": %s", address,
                         gai_strerror(result));
    for (struct addrinfo *info = infos; info != NULL && found < 0;
         info = info->ai_next)
        found = listen_one(info->ai_addr, info->ai_addrlen, false);
    int cause = errno;
    freeaddrinfo(infos);
    if (found < 0)
        return proa_fail(err, PROA_IO, 0, "cannot listen on %.100s: %s",
                         address, strerror(cause));
    *fd = found;
    return PROA_OK;
}

enum proa_status proa_http_listen_twin(int first, int *fd,
                                       struct proa_error *err)
{
    union {
        struct sockaddr any;
        struct sockaddr_storage storage;
    } address = { 0 };
    socklen_t size = sizeof address;

    if (getsockname(first, &address.any, &size) != 0)
        return proa_fail(err, PROA_IO, 0, "getsockname: %s", strerror(errno));
    int found = listen_one(&address.any, size, true);
    if (found < 0)
        return proa_fail(err, PROA_IO, 0, "cannot listen twice: %s",
                         strerror(errno));
    *fd = found;
    return PROA_OK;
}

void proa_http_address_text(const struct sockaddr_storage *address,
                            char text[PROA_HTTP_ADDRESS_SIZE], uint16_t *port)
{
    text[0] = '\0';
    *port = 0;
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)address;
        (void)inet_ntop(AF_INET, &in->sin_addr, text, PROA_HTTP_ADDRESS_SIZE);
        *port = ntohs(in->sin_port);
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const void *)address;
        /* An inherited socket may hear IPv4 too, in IPv6's clothes. */
        if (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr))
            (void)inet_ntop(AF_INET, &in->sin6_addr.s6_addr[12], text,
                            PROA_HTTP_ADDRESS_SIZE);
        else
            (void)inet_ntop(AF_INET6, &in->sin6_addr, text,
                            PROA_HTTP_ADDRESS_SIZE);
        *port = ntohs(in->sin6_port);
    } else if (address->ss_family == AF_UNIX) {
        /* Its clients have no address; one for programs that want some. */
        memcpy(text, "unix:", sizeof "unix:");
    }
}
