/*
 * The PROXY protocol, versions 1 and 2: what a load balancer says first of
 * the client it stands before.
 * https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_HTTP_PROXY_H
#define PROA_HTTP_PROXY_H

#include "http/exchange.h"

/* More is refused; version 2 could say up to 64 KiB. */
enum { PROA_HTTP_PROXY_BYTES_MAX = 4096 };

enum proa_http_proxy_state {
    PROA_HTTP_PROXY_MORE, /* good so far, and not whole */
    PROA_HTTP_PROXY_DONE,
    PROA_HTTP_PROXY_BAD,
};

struct proa_http_proxy {
    size_t size;        /* of the header: the connection begins behind it */
    bool has_addresses; /* else the connection's own count */
    char client_address[PROA_HTTP_ADDRESS_SIZE];
    char server_address[PROA_HTTP_ADDRESS_SIZE];
    uint16_t client_port;
    uint16_t server_port;
};

/*
 * Read a header from its first byte on.
 *
 * @param found written only when DONE
 * Trust: the bytes may be anything.
 */
enum proa_http_proxy_state proa_http_proxy_read(const uint8_t *bytes,
                                                size_t size,
                                                struct proa_http_proxy *found);

#endif
