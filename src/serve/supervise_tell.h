/*
 * What a server and the process above it send each other: a byte down; up, a
 * record and a descriptor.
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef PROA_SERVE_SUPERVISE_TELL_H
#define PROA_SERVE_SUPERVISE_TELL_H

#include "serve/held.h"

enum proa_told_kind {
    PROA_TOLD_SOCKET = 1, /* with it */
    PROA_TOLD_GRANTED,    /* with a file */
    PROA_TOLD_READY,
};

struct proa_told {
    uint32_t kind;
    struct proa_held_socket socket; /* of that kind */
};

/* -1: without a descriptor; it stays the caller's. @return false: not sent */
bool proa_tell_send(int socket_fd, const void *bytes, size_t size, int fd,
                    int flags);
/* What one says next. @param fd set to what came with it, owned; -1: nothing
 * @return false: there is none */
bool proa_tell_receive(int socket_fd, struct proa_told *told, int *fd);

#endif
